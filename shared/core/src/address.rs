//! Addresses that Signoff never calls: those of the machine itself, of its network's link and of the metadata
//! services of clouds. Private ranges are no part of them: many receivers are internal, and a function that
//! is in no VPC can't reach them.
//!
//! Ranges: <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// True if `host` is the name of a cloud's metadata service, Google Cloud's.
/// <https://docs.cloud.google.com/compute/docs/metadata/overview>
pub fn is_metadata_name(host: &str) -> bool {
    host.trim_end_matches('.').eq_ignore_ascii_case("metadata.google.internal")
}

/// The address that the host of an `https://` address stands for, read as clients read it: of version 6 in
/// brackets, of version 4 as one to four numbers, each of them decimal, octal or hexadecimal. `None`: it is a
/// name, or no host.
///
/// <https://url.spec.whatwg.org/#concept-ipv4-parser>
pub fn ip_of(host: &str) -> Option<IpAddr> {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let numbers: Vec<u64> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    // The last number fills the bytes that the ones before it leave.
    let bits = 32_u32.checked_sub(8 * u32::try_from(first.len()).ok()?).filter(|bits| *bits > 0)?;
    if first.iter().any(|number| *number > 255) || *last >> bits != 0 {
        return None;
    }
    let before = first.iter().fold(0_u64, |before, number| (before << 8) | number);
    u32::try_from((before << bits) | last).ok().map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
}

/// A part of an address of version 4.
fn number(text: &str) -> Option<u64> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, text.strip_prefix('0')) {
        (Some(""), _) => return Some(0),
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        (None, _) => (text, 10),
    };
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

/// True if Signoff never calls the address `ip`.
pub fn is_refused(ip: IpAddr, loopback: Loopback) -> bool {
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
    fn host_is_read_as_the_address_that_clients_call() {
        for (host, expected) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("127.1", Some("127.0.0.1")),
            ("10.1.258", Some("10.1.1.2")),
            ("2130706433", Some("127.0.0.1")),
            ("0x7f000001", Some("127.0.0.1")),
            ("0X7F.0.0.1", Some("127.0.0.1")),
            ("0177.0.0.01", Some("127.0.0.1")),
            ("0x", Some("0.0.0.0")),
            ("169.254.169.254.", Some("169.254.169.254")),
            ("4294967295", Some("255.255.255.255")),
            ("[::ffff:169.254.169.254]", Some("::ffff:169.254.169.254")),
            ("4294967296", None),
            ("99999999999999999999999", None),
            ("256.0.0.1", None),
            ("1.2.3.256", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("08", None),
            ("+1", None),
            ("", None),
            ("[::1", None),
            ("example.com", None),
            ("1.example", None),
        ] {
            assert_eq!(ip_of(host), expected.map(|ip| ip.parse().unwrap()), "{host}");
        }
    }
}
