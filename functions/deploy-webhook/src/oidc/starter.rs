//! The person who started a CI job, by the word of its CI's token.
//!
//! Claims: <https://docs.github.com/en/actions/reference/security/oidc>,
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>,
//! <https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/>. The tokens of
//! Buildkite name nobody: <https://buildkite.com/docs/agent/cli/reference/oidc>.

use super::claims::text;
use signoff_core::people::CiUser;
use signoff_core::range::{Account, Identity};
use signoff_providers::oidc::Claims;
use signoff_store::CiProject;

/// The starter of a Buildkite job, whom nothing names: the `email` of a registration is the job's own word.
const BUILDKITE_STARTER: &str = "who started the Buildkite build";

/// The person who started the job of `project` with these verified claims. The accounts of GitHub Actions
/// are the source host's own; GitLab names an address, and CircleCI a user of its own, whom the page People
/// knows. Whoever they don't name is a maker who is not found. `None`: GitHub is asked for the run.
pub(super) fn starter(project: &CiProject, claims: &Claims) -> Option<Identity> {
    let said = |name: &str| text(claims, name).filter(|text| !text.is_empty());
    match project {
        CiProject::Github { .. } => {
            let (login, id) = (said("actor")?, said("actor_id")?.parse().ok()?);
            let account = Account::on_github(id, &login, false);
            Some(Identity { name: login, email: None, account: Some(account), vouched: true })
        }
        CiProject::Gitlab { .. } => {
            let who = Identity::untold("who started the GitLab job");
            Some(Identity { email: said("user_email"), ..who })
        }
        CiProject::Circleci { .. } => {
            let user = said("sub").as_deref().and_then(circleci_user);
            let untold = || Identity::untold("who started the CircleCI job");
            Some(user.as_ref().map_or_else(untold, Identity::of_ci))
        }
        CiProject::Buildkite { .. } => Some(Identity::untold(BUILDKITE_STARTER)),
    }
}

/// The user in the subject `org/UUID/project/UUID/user/UUID`, which may go on.
fn circleci_user(subject: &str) -> Option<CiUser> {
    let parts: Vec<&str> = subject.split('/').collect();
    match parts.as_slice() {
        ["org", _, "project", _, "user", id, ..] => CiUser::circleci(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use signoff_store::CiTrust;

    const UUID: &str = "00000000-0000-4000-8000-000000001001";
    const USER: &str = "00000000-0000-4000-8000-000000003003";

    #[test]
    fn starter_is_told_by_the_claims_of_each_ci() {
        let circleci = format!(
            "circleci organization={UUID} project={UUID} origin=github.com/acme/pay ref=refs/heads/main"
        );
        let buildkite = format!("buildkite organization={UUID} pipeline={UUID} ref=refs/heads/main");
        let claims = json!({"actor": "ada", "actor_id": "3003", "user_id": "3003", "user_login": "ada",
            "user_email": "ada@acme.example",
            "sub": format!("org/{UUID}/project/{UUID}/user/{USER}/vcs-origin/github.com/acme/pay/vcs-ref/refs/heads/main")});
        let untold = |what: &str| (what.to_owned(), None, None);
        let gitlab = "who started the GitLab job";
        let of_circleci = format!("circleci:{USER}");
        for (line, taken_out, expected) in [
            ("github repository_id=2002", "", Some(("ada".to_owned(), Some(3003), None))),
            ("github repository_id=2002", "actor_id", None),
            ("github repository_id=2002", "actor", None),
            ("gitlab project_id=2002", "", Some((gitlab.to_owned(), None, Some("ada@acme.example")))),
            ("gitlab project_id=2002", "user_email", Some(untold(gitlab))),
            (&circleci, "", Some(untold(&of_circleci))),
            (&circleci, "sub", Some(untold("who started the CircleCI job"))),
            (&buildkite, "", Some(untold(BUILDKITE_STARTER))),
        ] {
            let mut claims = claims.as_object().unwrap().clone();
            claims.remove(taken_out);
            let found = starter(&CiTrust::parse(line).unwrap().project, &claims);
            let told = found
                .as_ref()
                .map(|one| (one.name.clone(), one.account.as_ref().map(|one| one.id), one.email.as_deref()));
            assert_eq!(told, expected, "{line} without {taken_out}");
            assert!(found.is_none_or(|one| one.vouched), "{line}: whoever is not found blocks");
        }
    }

    #[test]
    fn user_of_circleci_is_read_from_its_place_in_the_subject() {
        let of = |user: &str| format!("org/{UUID}/project/{UUID}/user/{user}");
        assert_eq!(circleci_user(&of(USER)), CiUser::circleci(USER));
        for subject in [
            of(""),
            of("ada"),
            format!("org/{UUID}/project/{UUID}"),
            format!("org/{UUID}/project/{UUID}/vcs-origin/user/{USER}"),
            format!("user/{USER}"),
        ] {
            assert_eq!(circleci_user(&subject), None, "{subject}");
        }
    }
}
