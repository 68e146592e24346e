//! Secrets of webhooks' headers: the places that each may go to.

use crate::slug::Slug;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header secrets of a stack, without their values, as action-execution last read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderSecrets {
    /// The time at which Secrets Manager was asked for them.
    pub read_at: Timestamp,
    /// The destinations of each, by the names that rules have for them.
    pub secrets: BTreeMap<String, Destinations>,
}

/// The places that a header's secret may go to. A list without entries names none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destinations {
    /// The hosts: a name, or `*.example.com` for all below it.
    pub hosts: Vec<String>,
    /// The deployments whose rules may send it: `organization/name` or `organization/*`.
    pub deployments: Vec<String>,
}

/// A reason for which a rule may not send a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// The stack has no secret of that name for the deployment.
    Unknown,
    /// It may not go to the host.
    OtherHost,
}

impl HeaderSecrets {
    /// The names of the secrets that rules of `deployment` may send.
    pub fn names<'s>(&'s self, deployment: &Slug) -> impl Iterator<Item = &'s str> {
        let of_deployment = self.secrets.iter().filter(|(_, to)| is_for(&to.deployments, deployment));
        of_deployment.map(|(name, _)| name.as_str())
    }

    /// The reason for which rules of `deployment` may not send the secret called `name` to `host`; `None`:
    /// they may. A secret for other deployments is unknown to this one.
    pub fn misuse(&self, name: &str, deployment: &Slug, host: &str) -> Option<Misuse> {
        match self.secrets.get(name).filter(|to| is_for(&to.deployments, deployment)) {
            None => Some(Misuse::Unknown),
            Some(to) => (!goes_to(&to.hosts, host)).then_some(Misuse::OtherHost),
        }
    }
}

/// True if one of `patterns` names `deployment`: `organization/name` or `organization/*`.
pub fn is_for(patterns: &[String], deployment: &Slug) -> bool {
    patterns.iter().any(|named| match named.trim().strip_suffix("/*") {
        Some(organization) => organization.eq_ignore_ascii_case(deployment.organization()),
        None => named.trim().eq_ignore_ascii_case(deployment.as_str()),
    })
}

/// True if one of `patterns` names `host`, or is `*.NAME` and the host is below `NAME`. No other `*` stands
/// for anything.
pub fn goes_to(patterns: &[String], host: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, host))
}

fn covers(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.trim().to_ascii_lowercase(), host.to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            let below = host.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.'));
            !parent.is_empty() && !parent.contains('*') && below.is_some_and(|name| !name.is_empty())
        }
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_goes_to_its_hosts_for_its_deployments_alone() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let to = |hosts: &[&str], deployments: &[&str]| Destinations {
            hosts: texts(hosts),
            deployments: texts(deployments),
        };
        let secrets = HeaderSecrets {
            read_at: Timestamp::UNIX_EPOCH,
            secrets: [
                ("pager".to_owned(), to(&["events.example.com", "*.pager.example"], &["acme/*"])),
                ("other".to_owned(), to(&["events.example.com"], &["beta/checkout"])),
                ("nowhere".to_owned(), to(&[], &["acme/checkout"])),
            ]
            .into(),
        };
        let deployment = Slug::new("acme", "Checkout").unwrap();
        for (name, host, expected) in [
            ("pager", "EVENTS.example.com", None),
            ("pager", "eu.pager.example", None),
            ("pager", "pager.example", Some(Misuse::OtherHost)),
            ("pager", "evil.example", Some(Misuse::OtherHost)),
            ("nowhere", "events.example.com", Some(Misuse::OtherHost)),
            ("other", "events.example.com", Some(Misuse::Unknown)),
            ("pagr", "events.example.com", Some(Misuse::Unknown)),
        ] {
            assert_eq!(secrets.misuse(name, &deployment, host), expected, "{name} {host}");
        }
        assert_eq!(secrets.names(&deployment).collect::<Vec<_>>(), ["nowhere", "pager"]);
    }
}
