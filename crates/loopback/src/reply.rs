//! An answer, whole or broken.

use std::sync::Arc;
use std::time::Duration;

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    /// Bytes are sent.
    Send(Vec<u8>),
    /// Bytes are sent, so many times.
    Repeat(Arc<Vec<u8>>, u64),
    /// Nothing is, for so long.
    Wait(Duration),
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is kept for the next request.
    Keep,
    /// It is closed.
    Close,
}

/// An answer: a head, a body, and what goes wrong with them.
#[derive(Debug, Clone)]
pub struct Reply {
    status: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// What `Content-Length` says, where it is not the length of the body; `None` for no such header.
    stated: Option<Option<u64>>,
    /// Bytes of the body that are sent, and what comes then.
    cut: Option<(usize, Option<Duration>)>,
    /// What the body is in place of `body`: a piece, so many times.
    long: Option<(Arc<Vec<u8>>, u64)>,
    raw: Option<Vec<Step>>,
    pub(crate) then: Then,
}

impl Reply {
    /// A status, such as `404 Not Found`, and a body.
    pub fn of(status: &str, body: impl Into<Vec<u8>>) -> Self {
        let (headers, body, then) = (Vec::new(), body.into(), Then::Keep);
        Self { status: status.to_owned(), headers, body, stated: None, cut: None, long: None, raw: None, then }
    }

    /// `200 OK` with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::of("200 OK", body)
    }

    /// `200 OK` with a body that is a piece over and over, so that it takes no memory.
    pub fn long(piece: Arc<Vec<u8>>, times: u64) -> Self {
        let length = piece.len() as u64 * times;
        Self { long: Some((piece, times)), ..Self::ok(Vec::new()) }.stating(Some(length))
    }

    /// An answer without a body.
    pub fn status(status: &str) -> Self {
        Self::of(status, Vec::new())
    }

    /// The part of a body from byte `first` on, as a server that knows ranges sends it.
    pub fn part(body: &[u8], first: usize) -> Self {
        let rest = body.get(first..).unwrap_or_default();
        let range = format!("bytes {first}-{}/{}", body.len().saturating_sub(1), body.len());
        Self { body: rest.to_vec(), ..Self::status("206 Partial Content") }.header("Content-Range", &range)
    }

    /// Bytes and pauses as they are, and the end of the connection.
    pub fn raw(steps: Vec<Step>) -> Self {
        Self { raw: Some(steps), then: Then::Close, ..Self::status("") }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// States another length than the body has, or none.
    #[must_use]
    pub const fn stating(mut self, length: Option<u64>) -> Self {
        self.stated = Some(length);
        self
    }

    /// Sends so many bytes of the body, and closes the connection.
    #[must_use]
    pub const fn broken_after(mut self, bytes: usize) -> Self {
        self.cut = Some((bytes, None));
        self.then = Then::Close;
        self
    }

    /// Sends so many bytes of the body, is silent for so long, and closes the connection.
    #[must_use]
    pub const fn silent_after(mut self, bytes: usize, silence: Duration) -> Self {
        self.cut = Some((bytes, Some(silence)));
        self.then = Then::Close;
        self
    }

    /// Closes the connection behind the answer.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.then = Then::Close;
        self
    }

    /// What is done on the wire.
    pub(crate) fn steps(&self, head_only: bool) -> Vec<Step> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut head = format!("HTTP/1.1 {}\r\n", self.status);
        let mut line = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        self.headers.iter().for_each(|(name, value)| line(name, value));
        if self.then == Then::Close {
            line("Connection", "close");
        }
        let bodiless = self.status.starts_with("304") || self.status.starts_with("204");
        if let Some(length) = self.stated.unwrap_or(Some(self.body.len() as u64)).filter(|_| !bodiless) {
            line("Content-Length", &length.to_string());
        }
        head.push_str("\r\n");
        let mut steps = vec![Step::Send(head.into_bytes())];
        if head_only || bodiless {
            return steps;
        }
        if let Some((piece, times)) = &self.long {
            steps.push(Step::Repeat(piece.clone(), *times));
            return steps;
        }
        let (sent, silence) = self.cut.unwrap_or((self.body.len(), None));
        steps.push(Step::Send(self.body.get(..sent.min(self.body.len())).unwrap_or_default().to_vec()));
        steps.extend(silence.map(Step::Wait));
        steps
    }
}
