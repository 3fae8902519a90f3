//! A captured document as the readers get it.

use std::borrow::Cow;

use quipu_readers::{Content, Limits};
use quipu_schema::{Digest, Result};

/// A captured document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    /// Its name in messages and tables: a file name or URL.
    pub(crate) name: &'a str,
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
    /// Its bytes, as archived.
    pub(crate) content: Content<'a>,
    /// How many later editions of it there are.
    pub(crate) earlier: usize,
    /// What stands behind the vintage of its rows.
    pub(crate) suffix: Option<&'a str>,
}

impl<'a> Input<'a> {
    /// All its bytes, for what is read as a whole.
    ///
    /// # Errors
    /// More bytes than one document may have in memory.
    pub(crate) fn bytes(&self) -> Result<Cow<'a, [u8]>> {
        self.content.all(&Limits::default()).map_err(|fault| fault.at(self.name))
    }
}
