//! Single requests of a protocol that is spoken elsewhere, by the rules for hosts that hold here.
//!
//! Object stores have protocols of their own, and libraries that speak them. What they send goes out here: to public
//! addresses or those that are allowed, in turn, and not while a host wants to be left alone. Their `robots.txt` is not asked
//! for: it is about pages, and here somebody has an account or was invited.

use reqwest::{Request, Response};
use tokio::time::timeout;

use crate::attempt::{Failure, chain, is_private, private};
use crate::backoff;
use crate::host::Turn;
use crate::{Fetcher, Limits};
use quipu_schema::Fault;

/// An answer, and the leave to read it.
#[derive(Debug)]
pub struct Exchanged {
    /// The head of the answer, and its body as it comes.
    pub response: Response,
    /// Held until the body has come.
    pub turn: Turn,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Another try would end the same way.
    Final(Fault),
    /// Another try may succeed; the cause names no address.
    Again(String),
}

impl Fetcher {
    /// Sends one request, and waits for the head of its answer.
    ///
    /// # Errors
    /// `Refused` for an address in a private network that is not allowed; where a host cannot be reached or wants to be left
    /// alone.
    pub async fn exchange(&self, request: Request, limits: &Limits) -> Result<Exchanged, Unanswered> {
        let url = request.url().clone();
        self.allowed.check(&url).map_err(|_| private(&url))?;
        let host = self.hosts.of(&url);
        let turn = host.turn(&url).await?;
        let client = self.client(limits, &url)?;
        let patience = limits.connect_timeout.saturating_add(limits.idle_timeout);
        let response = match timeout(patience, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if is_private(&error) => return Err(private(&url).into()),
            Ok(Err(error)) => return Err(Unanswered::Again(chain(error))),
            Err(_) => return Err(Unanswered::Again(format!("no answer within {patience:?}"))),
        };
        let status = response.status();
        if (status.as_u16() == 429 || status.is_server_error())
            && let Some(wait) = backoff::asked(response.headers())
        {
            host.leave_alone(wait);
        }
        Ok(Exchanged { response, turn })
    }
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Final(fault) => Self::Final(fault),
            Failure::Again { cause, .. } => Self::Again(cause),
            Failure::Afresh => Self::Again("it has to begin afresh".to_owned()),
        }
    }
}
