//! Nine ports in a row, or free ones where those are taken.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Ports, in the order in which they are counted from the first.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Slack's stand-in.
    pub slack: u16,
    /// Signoff's HTTP API.
    pub api: u16,
    /// CircleCI's stand-in.
    pub circleci: u16,
    /// GitHub's stand-in.
    pub github: u16,
    /// The AWS services.
    pub endpoint: u16,
    /// Port of the demo, which makes deploys.
    pub demo: u16,
    /// Jira's stand-in.
    pub jira: u16,
    /// Linear's stand-in.
    pub linear: u16,
    /// The issuer of CI tokens.
    pub issuer: u16,
}

impl Ports {
    /// Looks for ports from `first` on; 0 takes any that are free.
    pub fn choose(first: u16) -> std::io::Result<Self> {
        // All are held until all are chosen, so that no free one is found twice.
        let held = (0..9)
            .map(|offset| {
                let wanted = if first == 0 { 0 } else { first.saturating_add(offset) };
                TcpListener::bind((Ipv4Addr::LOCALHOST, wanted))
                    .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut ports = held.iter().map(|listener| listener.local_addr().map(|address| address.port()));
        let mut next = || ports.next().unwrap_or(Ok(0));
        Ok(Self {
            slack: next()?,
            api: next()?,
            circleci: next()?,
            github: next()?,
            endpoint: next()?,
            demo: next()?,
            jira: next()?,
            linear: next()?,
            issuer: next()?,
        })
    }
}

/// Base addresses, without a slash at the end.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Slack's page.
    pub slack: String,
    /// CircleCI's page.
    pub circleci: String,
    /// GitHub's page.
    pub github: String,
    /// Signoff's HTTP API, which is the console too.
    pub api: String,
    /// The AWS services.
    pub endpoint: String,
    /// Address of the demo, which makes deploys.
    pub demo: String,
    /// Jira's page.
    pub jira: String,
    /// Linear's page.
    pub linear: String,
    /// The issuer of CI tokens.
    pub issuer: String,
}

impl From<Ports> for Addresses {
    fn from(ports: Ports) -> Self {
        let url = |port| format!("http://{}", loopback(port));
        Self {
            slack: url(ports.slack),
            circleci: url(ports.circleci),
            github: url(ports.github),
            api: url(ports.api),
            endpoint: url(ports.endpoint),
            demo: url(ports.demo),
            jira: url(ports.jira),
            linear: url(ports.linear),
            issuer: url(ports.issuer),
        }
    }
}

/// A port of this machine that no other can reach.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let first = taken.local_addr().unwrap().port();
        let ports = Ports::choose(first).unwrap();
        assert_ne!(ports.slack, first);
        let all = [
            ports.slack,
            ports.api,
            ports.circleci,
            ports.github,
            ports.endpoint,
            ports.demo,
            ports.jira,
            ports.linear,
            ports.issuer,
        ];
        let distinct: std::collections::BTreeSet<u16> = all.into_iter().collect();
        assert_eq!(distinct.len(), 9, "{all:?}");
        assert!(!distinct.contains(&0));
    }
}
