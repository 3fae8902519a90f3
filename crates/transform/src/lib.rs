//! Readers, interpreters, contracts, quarantine.
