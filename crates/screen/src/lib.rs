//! Key normalisation and matching of checks against records.
