//! The hosts of addresses that a rules file names.

use signoff_core::address::{Loopback, ip_of, is_metadata_name, is_refused};
use std::net::Ipv6Addr;

/// The host and the port of an address; `None`: it has no scheme, or a template makes them.
fn host_and_port(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains("{{") || authority.contains("{%") {
        return None;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let end = match host.strip_prefix('[') {
        Some(_) => host.find(']').map(|at| at + 1),
        None => host.find(':'),
    };
    let (host, port) = host.split_at_checked(end.unwrap_or(host.len()))?;
    Some((host, port.strip_prefix(':').unwrap_or(port)))
}

/// True if an address has a host and a port that there can be, or a template makes them.
pub(super) fn has_sound_host(address: &str) -> bool {
    let (_, rest) = address.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Whoever calls the address takes a `\` for a `/`, and digits of other scripts for ASCII ones.
    let is_spoofed = |c: char| c == '\\' || (c.is_numeric() && !c.is_ascii());
    if authority.contains(is_spoofed) {
        return false;
    }
    let Some((host, port)) = host_and_port(address) else { return true };
    let is_of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_host = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.chars().all(is_of_a_name),
    };
    is_host && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// True if no Signoff calls the host of an address, however it is spelled. What its name leads to is not
/// known here.
pub(super) fn is_never_called(address: &str) -> bool {
    host_and_port(address).is_some_and(|(host, _)| {
        is_metadata_name(host) || ip_of(host).is_some_and(|ip| is_refused(ip, Loopback::Allowed))
    })
}

/// True if only the local stack calls the host of an address: it is the machine itself.
pub(super) fn is_this_machine(address: &str) -> bool {
    host_and_port(address).is_some_and(|(host, _)| {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let is_loopback = ip_of(host).is_some_and(|ip| is_refused(ip, Loopback::Refused));
        name == "localhost" || name.ends_with(".localhost") || (is_loopback && !is_never_called(address))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_that_no_webhook_calls_is_known_by_its_spelling() {
        for address in [
            "http://169.254.169.254/latest",
            "http://0xA9FEA9FE:80",
            "http://2852039166?x=1",
            "http://[::ffff:169.254.169.254]/",
            "http://[fd00:ec2::254]",
            "https://Metadata.Google.Internal./x",
            "http://0.0.0.0/",
        ] {
            assert!(is_never_called(address) && !is_this_machine(address), "{address}");
        }
        for address in [
            "http://localhost:9000/x",
            "http://hooks.localhost/x",
            "http://127.0.0.1",
            "http://127.1/x",
            "http://0x7f000001/x",
            "http://2130706433/x",
            "http://[::1]:9000/x",
        ] {
            assert!(is_this_machine(address) && !is_never_called(address), "{address}");
        }
        for address in [
            "https://10.0.0.1/x",
            "https://example.com",
            "https://localhost.example",
            "http://{{ tag }}/127.0.0.1",
        ] {
            assert!(!is_this_machine(address) && !is_never_called(address), "{address}");
        }
    }
}
