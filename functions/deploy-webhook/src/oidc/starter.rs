//! The person who started a CI job, by the word of its CI's token.
//!
//! Claims: <https://docs.github.com/en/actions/reference/security/oidc>,
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>. The tokens of CircleCI and Buildkite name
//! nobody.

use super::claims::text;
use approval::range::{Account, Identity};
use providers::oidc::Claims;
use store::CiProject;

/// The person who started the job of `project` with these verified claims; `None`: they name nobody. The
/// accounts of GitHub Actions are the source host's own, of another CI the address counts.
pub(super) fn starter(project: &CiProject, claims: &Claims) -> Option<Identity> {
    let said = |name: &str| text(claims, name).filter(|text| !text.is_empty());
    match project {
        CiProject::Github { .. } => {
            let (login, id) = (said("actor")?, said("actor_id")?.parse().ok()?);
            let account = Account { id, is_bot: login.ends_with("[bot]"), login: login.clone() };
            Some(Identity { name: login, email: None, account: Some(account), vouched: true })
        }
        CiProject::Gitlab { .. } => {
            let email = said("user_email")?;
            let name = said("user_login").unwrap_or_else(|| email.clone());
            Some(Identity { name, email: Some(email), account: None, vouched: false })
        }
        CiProject::Circleci { .. } | CiProject::Buildkite { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use store::CiTrust;

    #[test]
    fn starter_is_told_by_the_claims_of_each_ci() {
        let uuid = "00000000-0000-4000-8000-000000001001";
        let circleci = format!(
            "circleci organization={uuid} project={uuid} origin=github.com/acme/pay ref=refs/heads/main"
        );
        let buildkite = format!("buildkite organization={uuid} pipeline={uuid} ref=refs/heads/main");
        let claims = json!({"actor": "ada", "actor_id": "3003", "user_id": "3003", "user_login": "ada",
            "user_email": "ada@acme.example"});
        for (line, taken_out, expected) in [
            ("github repository_id=2002", "", Some((Some(3003), None))),
            ("github repository_id=2002", "actor_id", None),
            ("github repository_id=2002", "actor", None),
            ("gitlab project_id=2002", "user_login", Some((None, Some("ada@acme.example")))),
            ("gitlab project_id=2002", "user_email", None),
            (&circleci, "", None),
            (&buildkite, "", None),
        ] {
            let mut claims = claims.as_object().unwrap().clone();
            claims.remove(taken_out);
            let found = starter(&CiTrust::parse(line).unwrap().project, &claims);
            let told =
                found.as_ref().map(|one| (one.account.as_ref().map(|one| one.id), one.email.as_deref()));
            assert_eq!(told, expected, "{line} without {taken_out}");
        }
    }
}
