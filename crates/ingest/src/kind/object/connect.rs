//! How an object store is reached: the library speaks its protocol, and every request goes out through the fetcher.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt, io};

use http_body_util::{BodyExt as _, Limited};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use quipu_fetch::{Exchanged, Fetcher, Limits, Unanswered, redact_text};
use quipu_schema::pipeline::{ObjectSource, Service};
use quipu_schema::{ErrorKind, Fault, Result};
use reqwest::Url;

use super::super::http::secret;

/// Longest time for which one request is tried again: credentials in it do not live longer.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(4);

/// Largest page of a list, and largest error, in bytes: both are held in memory.
const LARGEST_LIST: usize = 16 << 20;
/// Most characters of what a store says of an error.
const LONGEST: usize = 400;

/// The store of a source, with its credentials.
///
/// # Errors
/// `Source` for an environment variable without a value, or credentials that are none.
pub(super) fn open(source: &ObjectSource, fetcher: &Arc<Fetcher>) -> Result<Opened> {
    let secrets = source.secrets.iter().map(|(name, variable)| Ok((name.as_str(), secret(variable)?)));
    let secrets = secrets.collect::<Result<Vec<(&str, String)>>>()?;
    let of = |wanted: &str| secrets.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    let plain = source.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let connector = Connector(Arc::new(Through {
        fetcher: fetcher.clone(),
        limits: source.limits,
        plain,
        refused: AtomicBool::new(false),
    }));
    let through = connector.0.clone();
    let retry = RetryConfig {
        max_retries: usize::try_from(source.limits.tries.saturating_sub(1)).unwrap_or(0),
        retry_timeout: source.limits.total_timeout.min(PATIENCE),
        ..RetryConfig::default()
    };
    let built: object_store::Result<Arc<dyn ObjectStore>> = match source.service {
        Service::S3 => {
            let mut builder = AmazonS3Builder::new()
                .with_bucket_name(&source.bucket)
                .with_skip_signature(source.anonymous)
                .with_allow_http(plain)
                .with_retry(retry)
                .with_http_connector(connector);
            if let Some((id, key)) = of("access_key_id").zip(of("secret_access_key")) {
                builder = builder.with_access_key_id(id).with_secret_access_key(key);
            }
            for (value, set) in [
                (of("session_token"), AmazonS3Builder::with_token as fn(_, String) -> _),
                (source.region.clone(), AmazonS3Builder::with_region),
                (source.endpoint.clone(), AmazonS3Builder::with_endpoint),
            ] {
                builder = match value {
                    Some(value) => set(builder, value),
                    None => builder,
                };
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
        Service::Gcs => {
            let mut builder = GoogleCloudStorageBuilder::new()
                .with_bucket_name(&source.bucket)
                .with_skip_signature(source.anonymous)
                .with_retry(retry)
                .with_client_options(ClientOptions::new().with_allow_http(plain))
                .with_http_connector(connector);
            if let Some(key) = of("service_account_key") {
                builder = builder.with_service_account_key(key);
            }
            if let Some(token) = of("bearer_token") {
                builder = builder.with_bearer_token(token);
            }
            if let Some(endpoint) = &source.endpoint {
                builder = builder.with_base_url(endpoint.trim_end_matches('/'));
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
        Service::Azure => {
            let mut builder = MicrosoftAzureBuilder::new()
                .with_container_name(&source.bucket)
                .with_account(source.account.clone().unwrap_or_default())
                .with_skip_signature(source.anonymous)
                .with_allow_http(plain)
                .with_retry(retry)
                .with_http_connector(connector);
            if let Some(key) = of("access_key") {
                builder = builder.with_access_key(key);
            }
            if let Some(token) = of("bearer_token") {
                builder = builder.with_bearer_token_authorization(token);
            }
            if let Some(token) = of("sas_token") {
                builder = builder.with_sas_authorization(sas(&token));
            }
            if let Some(endpoint) = &source.endpoint {
                builder = builder.with_endpoint(endpoint.clone());
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
    };
    built.map(|store| Opened { store, through }).map_err(|error| {
        // What the library says of a credential may repeat it.
        let message = "the object store cannot be set up with what the pipeline file and the environment say";
        Fault::new(ErrorKind::Source, message)
            .at(format!("{}://{}", source.service.scheme(), source.bucket))
            .because(told(&error))
            .help("look at `endpoint`, `region` and the variables that `secrets` names")
    })
}

/// What the library says of an error: without secrets, on one line, and no longer than somebody reads.
fn told(error: &object_store::Error) -> io::Error {
    let text = redact_text(&error.to_string());
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect::<String>();
    io::Error::other(line)
}

/// The keys and values of a shared access signature.
fn sas(token: &str) -> Vec<(String, String)> {
    let pairs = Url::parse(&format!("http://h/?{}", token.trim_start_matches('?'))).ok();
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .flat_map(|url| url.query_pairs())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    // Also the signature alone is a secret.
    pairs.iter().filter(|(key, _)| key == "sig").for_each(|(_, value)| quipu_fetch::conceal(value));
    pairs
}

/// Gives the library the fetcher for a client.
#[derive(Debug, Clone)]
struct Connector(Arc<Through>);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// The fetcher, and how far it goes.
struct Through {
    fetcher: Arc<Fetcher>,
    limits: Limits,
    /// Whether addresses without encryption may be asked, because the pipeline file names one.
    plain: bool,
    /// Whether the store ever refused. The library tells it of objects, and not of lists.
    refused: AtomicBool,
}

/// A store, and the way to it.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ObjectStore>,
    through: Arc<Through>,
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fetcher")
    }
}

#[async_trait::async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let refused = |why: &'static str| HttpError::new(HttpErrorKind::Unknown, io::Error::other(why));
        let url: Url = parts.uri.to_string().parse().map_err(|_| refused("the store's address is none"))?;
        if url.scheme() != "https" && !self.0.plain {
            return Err(refused("only https is spoken with the store"));
        }
        let is_list = url.query().is_some_and(|query| query.contains("list-type=") || query.contains("comp=list"));
        let body = body.as_bytes().cloned().ok_or_else(|| refused("the request has no body at hand"))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());
        match self.0.fetcher.exchange(request, &self.0.limits).await {
            Ok(Exchanged { response, turn }) => {
                if matches!(response.status().as_u16(), 401 | 403 | 451) {
                    self.0.refused.store(true, Ordering::Relaxed);
                }
                let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
                // Until all of it has come, or it broke off: whoever asks for the rest needs a turn of his own.
                let mut turn = Some(turn);
                let body = body.map_err(move |error| {
                    drop(turn.take());
                    HttpError::new(HttpErrorKind::Interrupted, error.without_url())
                });
                let body = if is_list || !parts.status.is_success() {
                    let wrong = |error| HttpError::new_boxed(HttpErrorKind::Decode, error);
                    HttpResponseBody::new(Limited::new(body, LARGEST_LIST).map_err(wrong))
                } else {
                    HttpResponseBody::new(body)
                };
                Ok(HttpResponse::from_parts(parts, body))
            }
            Err(Unanswered::Final(fault)) => Err(HttpError::new(HttpErrorKind::Unknown, fault)),
            Err(Unanswered::Again(cause)) => Err(HttpError::new(HttpErrorKind::Request, io::Error::other(cause))),
        }
    }
}

impl Opened {
    /// What an error of the library means for a list of objects.
    pub(super) fn fault_of_list(&self, error: &object_store::Error, name: &str) -> Fault {
        if matches!(error, object_store::Error::Generic { .. }) && self.through.refused.load(Ordering::Relaxed) {
            return refusal(error, name);
        }
        fault(error, name)
    }
}

fn refusal(error: &object_store::Error, name: &str) -> Fault {
    Fault::new(ErrorKind::Refused, "the store refuses")
        .at(name)
        .because(told(error))
        .help("ask the owner of the bucket for access; a refusal is not worked around")
}

/// What an error of the library means for the object of this name.
pub(super) fn fault(error: &object_store::Error, name: &str) -> Fault {
    let mut cause = Some(error as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        if let Some(own) = error.downcast_ref::<Fault>() {
            let fault = Fault::new(own.kind(), own.message()).at(own.place().unwrap_or(name));
            return match own.advice() {
                Some(help) => fault.help(help),
                None => fault,
            };
        }
        if error.is::<object_store::path::Error>() {
            return Fault::new(ErrorKind::Source, "the store has a key here that is no path")
                .at(name)
                .because(io::Error::other(redact_text(&error.to_string())))
                .help("keys with `//`, or with parts such as `.`, are not read: begin the glob with a folder without them");
        }
        cause = error.source();
    }
    let mut deepest = error as &(dyn std::error::Error + 'static);
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let unanswered = format!("the store does not answer as it should: {}", redact_text(&deepest.to_string()));
    let (kind, message, help) = match error {
        object_store::Error::NotFound { .. } => {
            (ErrorKind::Source, "the store has no such object or bucket", "look at the name and the region")
        }
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            return refusal(error, name);
        }
        object_store::Error::Precondition { .. } => {
            (ErrorKind::Upstream, "the object was changed while it was read", "run again")
        }
        _ => (ErrorKind::Upstream, unanswered.as_str(), "run again later; what was published before stays as it is"),
    };
    Fault::new(kind, message).at(name).because(told(error)).help(help)
}
