//! Releases: Parquet, data package, dictionary, manifest.
