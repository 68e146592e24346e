//! Addresses that the `webhook` action may call.
//!
//! A rules file may be written by people who may not deploy, so the address that it names is not trusted.
//! Signoff runs where credentials are a request away: on loopback (Lambda's runtime API) and on link-local
//! addresses (the metadata services of clouds). Neither is called, however it is spelled, and whatever a name
//! resolves to. Which ones these are stands in [`signoff_core::address`].

use crate::failure::Failure;
use crate::http::Refused;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use signoff_core::address::{Loopback, is_metadata_name, is_refused};
use std::net::SocketAddr;

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
        Err(_) => is_metadata_name(host),
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

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::address::ip_of;

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
            // A check of a rules file reads the same, but for letters that a name is mapped from.
            let read = ip_of(host).is_some_and(|ip| is_refused(ip, Loopback::Refused));
            assert!(read || is_metadata_name(host) || !host.is_ascii(), "{host}");
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
            assert!(ip_of(host).is_none_or(|ip| !is_refused(ip, Loopback::Refused)), "{host}");
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
