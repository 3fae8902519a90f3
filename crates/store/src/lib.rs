//! Where things lie: archive, ledger, lock, table files, snapshots.
