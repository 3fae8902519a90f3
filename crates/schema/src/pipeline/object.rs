//! `[source.object]`: objects of an object store (S3, Google Cloud Storage, Azure Blob Storage).

use super::http::{Limits, check_address, variables};
use super::problem::suggestion;
use super::section::Section;

/// Objects of one bucket.
#[derive(Debug, Clone)]
pub struct ObjectSource {
    /// Whose protocol the store speaks.
    pub service: Service,
    /// The bucket, or the container of Azure.
    pub bucket: String,
    /// The key of one object, or a glob of keys.
    pub key: String,
    /// The address of the store, where it is not the service's own.
    pub endpoint: Option<String>,
    /// The region of a bucket of S3.
    pub region: Option<String>,
    /// The account of a container of Azure.
    pub account: Option<String>,
    /// Whether it is asked without credentials.
    pub anonymous: bool,
    /// Credentials and the environment variables that have them.
    pub secrets: Vec<(String, String)>,
    /// Most objects that the glob may name.
    pub most_objects: u64,
    /// How far to go for an object.
    pub limits: Limits,
}

/// A protocol of object stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `s3://`
    S3,
    /// `gs://`
    Gcs,
    /// `az://`
    Azure,
}

impl Service {
    /// The scheme of its addresses.
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// Sets of credentials that let somebody in, each with what it may have besides.
    const fn credentials(self) -> &'static [(&'static [&'static str], &'static [&'static str])] {
        match self {
            Self::S3 => &[(&["access_key_id", "secret_access_key"], &["session_token"])],
            Self::Gcs => &[(&["service_account_key"], &[]), (&["bearer_token"], &[])],
            Self::Azure => &[(&["access_key"], &[]), (&["sas_token"], &[]), (&["bearer_token"], &[])],
        }
    }
}

impl ObjectSource {
    /// Reads `object` of a source, where there is one.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let object = section.section("object")?;
        let url = object.required_text("url", "such as \"s3://bucket/reports/*.csv\"");
        let parsed = url.as_ref().and_then(|url| {
            let parsed = parse(&url.value);
            if parsed.is_none() {
                let help = "write `s3://BUCKET/KEY`, `gs://BUCKET/KEY` or `az://CONTAINER/KEY`; the key may be a glob";
                let message = "this is not the address of objects";
                object.findings().report(url.span.clone(), message, Some(help.into()));
            }
            parsed
        });
        if let (Some(url), Some((_, _, key))) = (&url, &parsed)
            && let Err(error) = glob::Pattern::new(key)
        {
            object.findings().report(url.span.clone(), format!("the key is not a valid glob: {error}"), None);
        }
        let endpoint = object.text("endpoint");
        if let Some(endpoint) = &endpoint {
            check_address(&object, endpoint);
        }
        let (anonymous, secrets) = (object.flag("anonymous").unwrap_or(false), variables(&object, "secrets"));
        let (region, account) = (object.text("region"), object.text("account"));
        if let Some((service, ..)) = parsed {
            check_credentials(&object, service, anonymous, &secrets);
            if service == Service::Azure && account.is_none() {
                object.missing("account", "the storage account of the container");
            }
        }
        let limits = Limits::read(&object, 512);
        let most_objects = object.number("most_objects", 1..=1_000_000).unwrap_or(10_000);
        object.finish();
        let (service, bucket, key) = parsed?;
        Some(Self {
            service,
            bucket,
            key,
            endpoint: endpoint.map(|text| text.value),
            region: region.map(|text| text.value),
            account: account.map(|text| text.value),
            anonymous,
            secrets,
            most_objects,
            limits,
        })
    }
}

/// Service, bucket and key of an address.
fn parse(url: &str) -> Option<(Service, String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let service = match scheme {
        "s3" => Service::S3,
        "gs" => Service::Gcs,
        "az" => Service::Azure,
        _ => return None,
    };
    let (bucket, key) = rest.split_once('/')?;
    let whole = !bucket.is_empty() && !key.is_empty() && !bucket.contains(['@', ':', '?', '*', '[']);
    whole.then(|| (service, bucket.to_owned(), key.to_owned()))
}

/// That exactly one way in is named: without any, libraries would look for one on the machine and in its network.
fn check_credentials(object: &Section<'_, '_>, service: Service, anonymous: bool, secrets: &[(String, String)]) {
    let has = |name: &str| secrets.iter().any(|(known, _)| known == name);
    let fits = |(needed, more): &(&[&str], &[&str])| {
        needed.iter().all(|name| has(name))
            && secrets.iter().all(|(name, _)| needed.contains(&name.as_str()) || more.contains(&name.as_str()))
    };
    let ways = service.credentials();
    if anonymous == secrets.is_empty() && (anonymous || ways.iter().any(fits)) {
        return;
    }
    let known: Vec<&str> = ways.iter().flat_map(|(needed, more)| needed.iter().chain(*more)).copied().collect();
    for (name, _) in secrets.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let message = format!("`{name}` is no credential of `{}://`", service.scheme());
        object.findings().report(object.span(), message, suggestion(name, known.iter().copied()));
    }
    let ways: Vec<String> = ways.iter().map(|(needed, _)| format!("`{}`", needed.join("` and `"))).collect();
    let help = format!(
        "`anonymous = true`, or `secrets` with {}, each naming the environment variable that has it",
        ways.join(", or with ")
    );
    let message = match (anonymous, secrets.is_empty()) {
        (true, false) => "`anonymous` says that no credentials are needed, and `secrets` names some".to_owned(),
        _ => format!("it is not said how `{}://` lets us in", service.scheme()),
    };
    object.findings().report(object.span(), message, Some(help));
}
