//! What the action posts, as receivers of Sleuth's `webhook` action read it.

use approval::deploy::Deploy;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    organization: Named<'a>,
    name: String,
    on: String,
    branch: Option<&'a str>,
    revision: &'a str,
    environment: Named<'a>,
    change_source: Named<'a>,
    health: &'static str,
    author: Author<'a>,
}

#[derive(Serialize)]
struct Named<'a> {
    slug: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    email: Option<&'a str>,
}

/// The body that describes a deploy, as JSON. `author` is who deployed, else the first author whose address is known;
/// what is not known is null. A deploy that an action runs for counts as healthy.
pub fn body(deploy: &Deploy) -> serde_json::Result<Vec<u8>> {
    with_body(deploy, |body| serde_json::to_vec(body))
}

/// The same as a JSON object, for who has more to say of the deploy.
pub fn description(deploy: &Deploy) -> serde_json::Result<Value> {
    with_body(deploy, |body| serde_json::to_value(body))
}

fn with_body<T>(deploy: &Deploy, write: impl FnOnce(&Body<'_>) -> T) -> T {
    let people = deploy.deployer.iter().chain(deploy.authors());
    write(&Body {
        organization: Named { slug: deploy.deployment.organization() },
        name: deploy.title(),
        on: deploy.deployed_at.to_string(),
        branch: deploy.branch.as_deref(),
        revision: &deploy.revision,
        environment: Named { slug: &slug(&deploy.environment) },
        change_source: Named { slug: deploy.deployment.name() },
        health: "healthy",
        author: Author { email: people.filter_map(|person| person.email.as_deref()).next() },
    })
}

/// A name as a slug: lower case, with hyphens for what is no letter or digit (`QA / EU` becomes `qa-eu`).
fn slug(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::deploy::{Person, Slug, Source};
    use approval::id::DeployId;

    #[test]
    fn a_deploy_is_described_as_receivers_know_it() {
        let mut deploy = Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".into(),
            environment: "Staging EU".into(),
            revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".into(),
            branch: Some("main".into()),
            deployed_at: "2021-05-11T11:40:00Z".parse().unwrap(),
            registered_at: "2021-05-11T11:40:01Z".parse().unwrap(),
            source: Source::RegisterDeploy,
            tags: vec![],
            links: [].into(),
            size: None,
            deployer: Some(Person {
                name: "Ana".into(),
                email: Some("ana@example.com".into()),
                username: None,
            }),
            commits: vec![],
            pull_requests: vec![],
            previous_revision: None,
            rules_change: approval::deploy::RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: approval::confirmation::Confirmation::Confirmed,
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        };
        let full = String::from_utf8(body(&deploy).unwrap()).unwrap();
        (deploy.branch, deploy.deployer) = (None, None);
        let sparse = String::from_utf8(body(&deploy).unwrap()).unwrap();
        insta::assert_snapshot!(format!("{full}\n{sparse}"));
    }
}
