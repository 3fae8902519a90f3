//! Which addresses may be asked: those of the public internet, and others only where somebody said so.
//!
//! A name is judged by the addresses that it resolves to, at the moment of connecting and anew for every redirect, so that
//! neither a name that changes its address nor a redirect leads into a private network.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Private(String);

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is in a private network, or this machine itself", self.0)
    }
}

impl std::error::Error for Private {}

/// Whether an address is one of the public internet, by the registries of special-purpose addresses (RFC 6890 and its
/// successors).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // This network, shared with providers (RFC 6598), protocol assignments, benchmarks (RFC 2544), and reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An address of version 4 in the clothes of version 6 is judged as what it is.
    if let Some(inner) = address.to_ipv4_mapped().or_else(|| embedded(address)) {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    // Only global unicast is public: that leaves out loopback, unique local, link local and multicast. In it are the
    // documentation prefixes, and those of protocols.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && (second == 0xdb8 || second < 0x200)) && first != 0x3fff
}

/// The address of version 4 to which a translator (RFC 6052) or 6to4 (RFC 3056) would send.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// The hosts whose addresses may be private: `name` or `name:port`, in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed(Arc<BTreeSet<String>>);

impl Allowed {
    pub(crate) fn new(hosts: impl Iterator<Item = String>) -> Self {
        Self(Arc::new(hosts.map(|host| host.to_ascii_lowercase()).collect()))
    }

    /// Whether the host of an address was allowed by name.
    pub(crate) fn has(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        self.0.contains(host)
            || url.port_or_known_default().is_some_and(|port| self.0.contains(&format!("{host}:{port}")))
    }

    /// Judges an address whose host is a number: it is never resolved. Names are judged when they are.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Private> {
        let host = url.host_str().unwrap_or_default();
        let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match number {
            Ok(number) if !is_public(number) && !self.has(url) => Err(Private(host.to_owned())),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Resolves names as the system does, and gives only addresses that may be asked.
pub(crate) struct Resolver {
    /// Whether private ones may.
    pub(crate) private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let name = name.as_str().to_ascii_lowercase();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let may_be_asked = |address: &SocketAddr| private || is_public(address.ip());
            let open: Vec<SocketAddr> = found.into_iter().filter(may_be_asked).collect();
            if open.is_empty() {
                return Err(Box::new(Private(name)) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "::7f00:1",
        ] {
            assert!(!is_public(private.parse().expect(private)), "{private}");
        }
    }

    #[test]
    fn numbers_are_judged_as_the_parser_of_addresses_reads_them() {
        let allowed = Allowed::new(["10.0.0.1:8080".to_owned(), "Intranet".to_owned()].into_iter());
        let judged = |url: &str| allowed.check(&url.parse().expect(url)).is_ok();
        for bad in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:80/",
            "http://10.0.0.1/",
            "http://10.0.0.1:81/",
        ] {
            assert!(!judged(bad), "{bad}");
        }
        assert!(judged("http://10.0.0.1:8080/x") && judged("https://1.1.1.1/") && judged("https://example.org/"));
        let has = |url: &str| allowed.has(&url.parse().expect(url));
        assert!(
            has("http://intranet:99/")
                && has("http://10.0.0.1:8080/")
                && !has("http://10.0.0.1/")
                && !has("http://other/")
        );
    }
}
