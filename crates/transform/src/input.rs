//! A captured document as the readers get it.

use quipu_schema::Digest;

/// A captured document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    /// Its name in messages and tables: a file name or URL.
    pub(crate) name: &'a str,
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
    /// Its bytes, as archived.
    pub(crate) bytes: &'a [u8],
}
