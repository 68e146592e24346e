//! Addresses that the `webhook` action may call.
//!
//! A rules file may be written by people who may not deploy, so the address that it names is not trusted.
//! Signoff runs where credentials are a request away: on loopback (Lambda's runtime API) and on link-local
//! addresses (the metadata services of clouds). Neither is called, however it is spelled, and whatever a name
//! resolves to. Private ranges are allowed: many receivers are internal, and a function that is in no VPC
//! can't reach them.
//!
//! Ranges: <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>.

use crate::failure::Failure;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Addresses outside of the refused ranges on which clouds answer their machines: Azure's and Alibaba
/// Cloud's.
const METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];

/// Receivers and issuers on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// They are refused.
    #[default]
    Refused,
    /// They are called: for the local stack.
    Allowed,
}

impl Loopback {
    /// Reads the setting `WEBHOOK_LOOPBACK`, which only the local stack sets to `allowed`; `None` for any
    /// other text.
    pub fn of_setting(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Refused),
            Some("allowed") => Some(Self::Allowed),
            Some(_) => None,
        }
    }
}

/// A name that resolves to an address which is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its name leads to an address of the machine itself, of its network's link or of a cloud's metadata")]
pub(crate) struct Refused;

/// Looks names up as the system does, and refuses a name if any of its addresses is refused. What it answers
/// is what is connected to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded(pub(crate) Loopback);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(loopback) = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(permitted(found.collect(), loopback)?.into_iter()) as Addrs)
        })
    }
}

fn permitted(found: Vec<SocketAddr>, loopback: Loopback) -> Result<Vec<SocketAddr>, Refused> {
    let refused = found.iter().any(|address| is_refused(address.ip(), loopback));
    if refused { Err(Refused) } else { Ok(found) }
}

/// Reads an address, and refuses one that is not called.
///
/// # Errors
///
/// [`Failure::Permanent`] that says why. It does not repeat the address, which may hold a secret.
pub(crate) fn target(address: &str, loopback: Loopback) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::Permanent(format!("the webhook's address {why}: check it in the rule"));
    let (_, rest) =
        address.split_once("://").ok_or_else(|| refuse("is not an address (https://host/path)"))?;
    let url = Url::parse(address).map_err(|_| refuse("is not an address (https://host/path)"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("does not start with https:// or http://"));
    }
    if has_dot_segment(rest) {
        return Err(refuse("has `.` or `..` between slashes, which would lead elsewhere"));
    }
    let host = url.host_str().unwrap_or_default();
    let refused = match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(ip) => is_refused(ip, loopback),
        Err(_) => host.trim_end_matches('.').eq_ignore_ascii_case("metadata.google.internal"),
    };
    if refused {
        return Err(refuse("is one of the machine itself, of its network's link or of a cloud's metadata"));
    }
    Ok(url)
}

/// True if a segment of the path is `.` or `..`, in any spelling that the URL parser takes for one: a value
/// that is `..` must not lead out of the place where the rule has it.
fn has_dot_segment(rest: &str) -> bool {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let is_dots = |segment: &str| {
        let shown: String =
            segment.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect();
        matches!(shown.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    };
    path.split(['/', '\\']).skip(1).any(is_dots)
}

/// True if Signoff refuses to call an address.
fn is_refused(ip: IpAddr, loopback: Loopback) -> bool {
    match ip {
        IpAddr::V4(ip) => is_refused_v4(ip, loopback),
        IpAddr::V6(ip) => is_refused_v6(ip, loopback),
    }
}

/// Loopback, link-local, metadata, and addresses that stand for no machine: this network (0.0.0.0/8),
/// protocol assignments (192.0.0.0/24, with Oracle Cloud's metadata), multicast and what is reserved above
/// it.
fn is_refused_v4(ip: Ipv4Addr, loopback: Loopback) -> bool {
    match ip.octets() {
        [127, ..] => loopback == Loopback::Refused,
        [0 | 224..=255, ..] | [169, 254, ..] | [192, 0, 0, _] => true,
        _ => METADATA.contains(&ip),
    }
}

/// The same for version 6, and addresses that hold one of version 4: of an IPv4-mapped, NAT64 or ISATAP
/// address the inner one counts, which must not be private either. The other ways to embed one are out of use
/// and refused whole.
fn is_refused_v6(ip: Ipv6Addr, loopback: Loopback) -> bool {
    if ip.is_loopback() {
        return loopback == Loopback::Refused;
    }
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2000..=0x3fff, _, _, _, 0 | 0x200, 0x5efe, high, low] => is_refused_inside(high, low),
        // Unspecified and IPv4-compatible, IPv4-translated, NAT64 of a network's own, 6to4, Teredo.
        [0, 0, 0, 0, 0, 0, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 1, ..]
        | [0x2002, ..]
        | [0x2001, 0, ..] => true,
        // Link-local and site-local, multicast, the metadata of AWS and of Google Cloud.
        [0xfe80..=0xffff, ..] | [0xfd00, 0x0ec2, ..] | [0xfd20, 0x00ce, ..] => true,
        _ => false,
    }
}

/// True if Signoff refuses the IPv4 address in these 32 bits inside of another address: nobody writes a
/// private address or loopback that way but to get around a check.
fn is_refused_inside(high: u16, low: u16) -> bool {
    let ip = Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    let is_shared = matches!(ip.octets(), [100, 64..=127, ..]);
    is_refused_v4(ip, Loopback::Refused) || ip.is_private() || is_shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_refused_address_is_called() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.8.9.10",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "0x7f000001",
            "127.0.0.1.",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::7f00:1]",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
            "[2a00:1::5efe:7f00:1]",
            "[2a00:1::200:5efe:a9fe:a9fe]",
            "0.0.0.0",
            "0",
            "0.1.2.3",
            "[::]",
            "169.254.169.254",
            "0xA9FEA9FE",
            "2852039166",
            "[fe80::1]",
            "[febf::1]",
            "[fec0::1]",
            "[::ffff:169.254.169.254]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[::ffff:192.168.0.1]",
            "[::ffff:172.16.0.1]",
            "[::ffff:100.64.0.1]",
            "[fd00:ec2::254]",
            "[fd20:ce::254]",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[ff02::1]",
            "metadata.google.internal.",
            "Metadata.Google.Internal",
            "①②⑦.⓪.⓪.①",
        ] {
            let address = format!("http://{host}:8080/hook");
            let refused = target(&address, Loopback::Refused);
            assert!(matches!(refused, Err(Failure::Permanent(_))), "{address}: {refused:?}");
        }
    }

    #[test]
    fn public_and_private_addresses_are_called() {
        for host in [
            "example.com",
            "10.0.0.1",
            "172.16.5.4",
            "192.168.1.1",
            "100.64.0.1",
            "93.184.216.34",
            "[2606:4700::1111]",
            "[fd12:3456::1]",
            "[::ffff:93.184.216.34]",
            "[64:ff9b::93.184.216.34]",
        ] {
            let address = format!("https://{host}/hook?key=1");
            assert!(target(&address, Loopback::Refused).is_ok(), "{address}");
        }
    }

    #[test]
    fn the_local_stack_calls_loopback_and_nothing_else_more() {
        for address in ["http://127.0.0.1:9/", "http://[::1]:9/"] {
            assert!(target(address, Loopback::Allowed).is_ok(), "{address}");
        }
        for address in
            ["http://169.254.169.254/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://[::]/"]
        {
            assert!(target(address, Loopback::Allowed).is_err(), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for address in [
            "",
            "example.com/hook-of-ana",
            "ftp://example.com/hook-of-ana",
            "file:///etc/hook-of-ana",
            "https:example.com/hook-of-ana",
            "https://exa mple.com/hook-of-ana",
            "https://example.com:port/hook-of-ana",
            "https://example.com/a/../hook-of-ana",
            "https://example.com/a/%2E%2e/hook-of-ana",
            "https://example.com/./hook-of-ana",
            "https://example.com/a/.%2e",
            "https://example.com\\..\\hook-of-ana",
            "https://example.com/a/.\t./hook-of-ana",
            "https://a%2fb.example.com/hook-of-ana",
            "https://a%40b.example.com/hook-of-ana",
        ] {
            let refused = target(address, Loopback::Refused).expect_err(address);
            assert!(!format!("{refused:?}").contains("hook-of-ana"), "{refused:?}");
        }
        for address in [
            "https://example.com/a..b/...",
            "https://example.com/a?b=/../c",
            "https://example.com/a%2F..%2Fb",
        ] {
            assert!(target(address, Loopback::Refused).is_ok(), "{address}");
        }
    }

    #[test]
    fn a_name_with_one_refused_address_is_refused() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
        let (public, private) = (at("93.184.216.34"), at("10.0.0.1"));
        assert_eq!(permitted(vec![public, private], Loopback::Refused), Ok(vec![public, private]));
        for refused in ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "::ffff:10.0.0.1"] {
            assert_eq!(permitted(vec![public, at(refused)], Loopback::Refused), Err(Refused), "{refused}");
        }
    }
}
