//! Setup of a deployment's deploys: what to paste where, with this stack's real address.

use super::fields::copied;
use super::page;
use super::secrets::{self, ShownSecret};
use super::tokens::tokens;
use crate::address::site::Site;
use crate::auth::visitor::{Access, Visitor};
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_runtime::connections::Connected;
use signoff_store::KeptRepository;

/// The page of `deployment`, which stands as `connected` says.
pub(crate) fn setup(
    deployment: &Slug,
    connected: &Connected,
    incoming: &ShownSecret,
    kept: Option<&KeptRepository>,
    site: &Site,
    visitor: Option<&Visitor>,
) -> Markup {
    let repository = connected.connection().map_or(deployment.as_str(), |connection| &connection.repository);
    let body = html! {
        p.crumbs { a href=(format!("/deployments/{deployment}")) { (deployment) } }
        h1 { "Set up " (deployment) }
        @if connected.connection().is_none() {
            p.notice.problem {
                (deployment) " isn\u{2019}t connected, so Signoff refuses its deploys. "
                a href=(format!("/deployments/{deployment}/edit")) { "An admin can connect it" } "."
            }
        }
        p.lead { "Report each deploy to Signoff in one of these ways. Signoff reads the rules from .signoff/rules.yml in " (repository) "." }
        (key(visitor))
        h2 { "From any CI" }
        p { "Run this after the deploy, with your environment\u{2019}s name instead of Staging:" }
        (copied("register", "How to register a deploy", &register(deployment, site)))
        h2 { "From GitHub Actions" }
        (without_key(deployment, repository, kept, site))
        p { "Or use an API key, stored as the secret SIGNOFF_KEY of the repository or organization:" }
        (copied("actions-key", "A step of GitHub Actions with a key", &github_step(deployment, site)))
        h2 { "From CircleCI" }
        p { "Add this step to the job that deploys. Store the key as the environment variable SIGNOFF_KEY of the project or a context." }
        (copied("circleci", "A step of CircleCI", &circleci_step(deployment, site)))
        h2 { "From GitLab, CircleCI or Buildkite without a key" }
        p {
            "Their jobs have tokens, too. An admin adds the first line of one of these to the "
            a href=(format!("/deployments/{deployment}/edit")) { "settings" }
            ", with your ids. The job then sends $SIGNOFF_TOKEN instead of $SIGNOFF_KEY."
        }
        (copied("tokens", "Tokens of other CIs", &other_tokens(repository, site)))
        h2 { "From GitHub\u{2019}s deployments" }
        p { "If your CI already creates GitHub deployments, you don\u{2019}t need a key. In " (repository) ", open Settings, Webhooks, Add webhook:" }
        (webhook(deployment, incoming, site))
        h2 { "Report health" }
        p { "If your rules use the health of deploys, your monitoring reports it: " code { "healthy" } ", " code { "ailing" } " or " code { "unhealthy" } "." }
        (copied("health", "How to report health", &health(deployment, site)))
        (tokens())
    };
    page(&format!("Set up {deployment}"), None, visitor, &body)
}

fn key(visitor: Option<&Visitor>) -> Markup {
    let admin = visitor.is_some_and(|visitor| visitor.may(Access::Admin));
    html! {
        p {
            "Jobs of GitHub Actions, GitLab, CircleCI and Buildkite need no key. Everything else needs an API key with the scope " code { "register" } ": "
            @if admin { a href="/settings/keys" { "create one" } } @else { "an admin can create one" }
            ", and store it as a secret of your CI. The commands read it from the environment variable SIGNOFF_KEY."
        }
    }
}

/// The line of the settings that takes the tokens of `kept` on GitHub Actions.
pub(super) fn own_line(kept: &KeptRepository) -> String {
    format!("github repository_id={}", kept.id)
}

/// Instructions for a job of GitHub Actions that registers a deploy with its own token.
fn without_key(deployment: &Slug, repository: &str, kept: Option<&KeptRepository>, site: &Site) -> Markup {
    let line = kept.map_or_else(|| "github repository_id=ID".to_owned(), own_line);
    html! {
        p {
            "You don\u{2019}t need an API key: the job uses the token that GitHub gives it. First, an admin adds this line to the "
            a href=(format!("/deployments/{deployment}/edit")) { "settings" } ":"
        }
        (copied("actions-line", "The line for the settings", &line))
        @if kept.is_none() {
            p.meta { "ID is the repository\u{2019}s number: " code { "gh api repos/" (repository) " --jq .id" } }
        }
        p { "Then the job that deploys needs the permission and, at its end, the step:" }
        (copied("actions", "A job of GitHub Actions", &github_job(deployment, site)))
        p.meta {
            "Jobs of pull requests are refused. A deploy that a job of another branch than the default branch registers counts only \
             where the branch is protected, or its line names it, such as ref=refs/heads/release."
        }
    }
}

fn webhook(deployment: &Slug, incoming: &ShownSecret, site: &Site) -> Markup {
    html! {
        ol.steps {
            li { "Payload URL:" (copied("payload-url", "The payload URL", &format!("{}/webhooks/github", site.origin()))) }
            li { "Content type: " code { "application/json" } "." }
            li { (secrets::incoming(incoming, &format!("/deployments/{deployment}/edit"))) }
            li { "Which events: let me select individual events; only " strong { "Deployment statuses" } "." }
        }
    }
}

fn address(deployment: &Slug, site: &Site) -> String {
    format!("{}/api/1/deployments/{deployment}", site.origin())
}

/// Command that registers a deploy of an example deployment by hand.
pub(crate) fn example(site: &Site) -> String {
    Slug::new("acme", "checkout").map(|slug| register(&slug, site)).unwrap_or_default()
}

/// Command that registers a deploy of `deployment` by hand, with the key in the environment.
fn register(deployment: &Slug, site: &Site) -> String {
    format!(
        "curl --fail-with-body \"{}/register_deploy\" \\\n  -H \"Authorization: Bearer $SIGNOFF_KEY\" \\\n  \
         -d sha=\"$(git rev-parse HEAD)\" \\\n  --data-urlencode branch=\"$(git branch --show-current)\" \\\n  -d environment=Staging",
        address(deployment, site)
    )
}

fn health(deployment: &Slug, site: &Site) -> String {
    format!(
        "curl --fail-with-body \"{}/$(git rev-parse HEAD)/health\" \\\n  -H \"Authorization: Bearer $SIGNOFF_KEY\" \\\n  \
         -d health=healthy \\\n  -d environment=Staging",
        address(deployment, site)
    )
}

// A job that is run again registers the same deploy again, which is no error then.
fn github_step(deployment: &Slug, site: &Site) -> String {
    format!(
        "- name: Register the deploy\n  env:\n    SIGNOFF_KEY: ${{{{ secrets.SIGNOFF_KEY }}}}\n  run: |\n    \
         curl --fail-with-body \"{}/register_deploy\" \\\n      -H \"Authorization: Bearer $SIGNOFF_KEY\" \\\n      \
         -d sha=\"$GITHUB_SHA\" --data-urlencode branch=\"$GITHUB_REF_NAME\" \\\n      -d environment=Staging -d ignore_if_duplicate=true\n",
        address(deployment, site)
    )
}

fn github_job(deployment: &Slug, site: &Site) -> String {
    format!(
        "permissions:\n  contents: read\n  id-token: write\nsteps:\n  - name: Register the deploy\n    run: |\n      \
         token=$(curl --fail --silent --show-error --get \"$ACTIONS_ID_TOKEN_REQUEST_URL\" \\\n        \
         -H \"Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN\" \\\n        \
         --data-urlencode audience={audience} | jq --raw-output .value)\n      echo \"::add-mask::$token\"\n      \
         curl --fail-with-body \"{address}/register_deploy\" \\\n        -H \"Authorization: Bearer $token\" \\\n        \
         -d sha=\"$GITHUB_SHA\" --data-urlencode branch=\"$GITHUB_REF_NAME\" \\\n        \
         -d environment=Staging -d ignore_if_duplicate=true\n",
        audience = site.origin(),
        address = address(deployment, site)
    )
}

/// For each other CI the line of the settings, and how a job gets a token for this stack.
fn other_tokens(repository: &str, site: &Site) -> String {
    let audience = site.origin();
    format!(
        "# gitlab project_id=ID\nid_tokens:\n  SIGNOFF_TOKEN:\n    aud: {audience}\n\n\
         # circleci organization=UUID project=UUID origin=github.com/{repository}\n\
         SIGNOFF_TOKEN=$(circleci run oidc get --claims '{{\"aud\":\"{audience}\"}}')\n\n\
         # buildkite organization=UUID pipeline=UUID\n\
         SIGNOFF_TOKEN=$(buildkite-agent oidc request-token --audience {audience} --claim organization_id,pipeline_id)\n"
    )
}

fn circleci_step(deployment: &Slug, site: &Site) -> String {
    format!(
        "- run:\n    name: Register the deploy\n    command: |\n      curl --fail-with-body \"{}/register_deploy\" \\\n        \
         -H \"Authorization: Bearer $SIGNOFF_KEY\" \\\n        -d sha=\"$CIRCLE_SHA1\" --data-urlencode branch=\"$CIRCLE_BRANCH\" \\\n        \
         -d environment=Staging -d ignore_if_duplicate=true\n",
        address(deployment, site)
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use signoff_runtime::deployments::Connection;
    use signoff_store::{GitHost, SecretNumbers};

    #[test]
    fn what_to_paste_where() {
        let site = Site::new("https://signoff.example.com").unwrap();
        let slug = Slug::new("acme", "checkout").unwrap();
        let connection = Connection {
            is_of_organization: false,
            deployment: slug.clone(),
            repository: "acme/shop".to_owned(),
            channel: None,
            circleci_project: "gh/acme/shop".to_owned(),
            circleci_definition: None,
            git_host: GitHost::Github,
            secrets: SecretNumbers::default(),
            ci: Vec::new(),
        };
        let connected = Connected::Yes(connection);
        let incoming = ShownSecret::This { secret: "webhook-secret".into(), one_before: true };
        let kept = KeptRepository::first(2002);
        let shown = setup(&slug, &connected, &incoming, Some(&kept), &site, Some(&sample::visitor()));
        insta::assert_snapshot!(lines(&shown));
        let unknown = setup(&slug, &Connected::Unknown, &ShownSecret::OnceConnected, None, &site, None).0;
        assert!(unknown.contains("gh api repos/acme/checkout --jq .id"), "{unknown}");
        assert!(
            unknown.contains("acme/checkout isn\u{2019}t connected")
                && unknown.contains("an admin can create one")
        );
    }
}
