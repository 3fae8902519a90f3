//! Sources and the fetcher.
