//! Secrets that headers of webhooks send, checked against those that a stack has.

use super::RulesFile;
use crate::problem::Problem;
use crate::suggest::did_you_mean;
use signoff_core::deploy::Slug;
use signoff_core::header_secret::{HeaderSecrets, Misuse};

/// One place at which the value of a header is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// The secret's name.
    pub secret: String,
    /// The host that it goes to.
    pub host: String,
    /// The place of its name, as a problem without a message.
    pub(super) place: Problem,
    /// The place of the address that it goes to, in the same way.
    pub(super) address: Problem,
}

impl SecretUse {
    fn problem(&self, misuse: Misuse, known: &HeaderSecrets, deployment: &Slug) -> Problem {
        let Self { secret, host, place, address } = self;
        let (at, message, right) = match misuse {
            Misuse::Unknown => {
                let right = did_you_mean(secret, known.names(deployment)).unwrap_or_else(|| {
                    "have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and \
                     deployments that it is for"
                        .to_owned()
                });
                (place, format!("the stack has no secret `{secret}` for {deployment}"), right)
            }
            Misuse::OtherHost => (
                address,
                format!("the secret `{secret}` may not go to {host}"),
                "correct the address, or have an admin add the host to the secret's `hosts` in the stack's WriteSecret"
                    .to_owned(),
            ),
        };
        Problem { message, suggestion: Some(right), ..at.clone() }
    }
}

impl RulesFile {
    /// The problems of a file whose rules send secrets that the stack does not have for `deployment`, or to
    /// hosts that they may not go to; in the order of the file. `known` are the stack's secrets.
    pub fn misused_secrets(&self, known: &HeaderSecrets, deployment: &Slug) -> Vec<Problem> {
        let misused = |named: &SecretUse| {
            let misuse = known.misuse(&named.secret, deployment, &named.host)?;
            Some(named.problem(misuse, known, deployment))
        };
        self.header_secrets.iter().filter_map(misused).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use jiff::Timestamp;
    use signoff_core::header_secret::Destinations;

    const RULES: &str = "\
rules:
  - tell:
      actions:
        - webhook: {url: 'https://events.example.com/{{ revision }}', headers: {Authorization: {secret: pager}}}
        - webhook:
            url: https://evil.example/x
            headers: {X-Team: payments, Authorization: {secret: pager}}
        - slack_channel_approval:
            channel: '#a'
            prompt: Ship?
            on_success:
              - webhook: {url: https://events.example.com, headers: {X-Token: {secret: pagr}, X-Other: {secret: billing}}}
  - closed:
      triggers: [pr_updated]
      actions:
        - webhook: {url: https://evil.example, headers: {Authorization: {secret: pager}}}
";

    #[test]
    fn misused_secret_is_a_problem_at_its_place() {
        let file = parse(RULES, "rules.yml").unwrap();
        let to = Destinations {
            hosts: vec!["events.example.com".to_owned()],
            deployments: vec!["acme/checkout".to_owned()],
        };
        let known =
            HeaderSecrets { read_at: Timestamp::UNIX_EPOCH, secrets: [("pager".to_owned(), to)].into() };
        let told = |slug: Slug| {
            let problems = file.misused_secrets(&known, &slug);
            problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told(Slug::new("acme", "checkout").unwrap()), @"
        rules.yml:6:18: the secret `pager` may not go to evil.example; correct the address, or have an admin add the host to the secret's `hosts` in the stack's WriteSecret
        rules.yml:12:88: the stack has no secret `pagr` for acme/checkout; did you mean `pager`?
        rules.yml:12:113: the stack has no secret `billing` for acme/checkout; have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for
        ");
        // A secret of others is not told apart from none.
        insta::assert_snapshot!(told(Slug::new("acme", "web").unwrap()), @"
        rules.yml:4:105: the stack has no secret `pager` for acme/web; have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for
        rules.yml:7:65: the stack has no secret `pager` for acme/web; have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for
        rules.yml:12:88: the stack has no secret `pagr` for acme/web; have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for
        rules.yml:12:113: the stack has no secret `billing` for acme/web; have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for
        ");
        assert_eq!(file.header_secrets.len(), 4);
    }
}
