//! The body that the action posts, as receivers of Sleuth's `webhook` action read it, and what Signoff adds.

use serde::Serialize;
use serde_json::{Value, json};
use signoff_core::approval::{Choice, Vote};
use signoff_core::deploy::{Commit, Deploy};
use signoff_core::facts::Health;
use signoff_core::happened::{Decided, Happened};
use std::collections::BTreeMap;

/// The most bytes of JSON that each list takes: what does not fit is counted.
const LIST: usize = 40_000;

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
    #[serde(flatten)]
    more: More<'a>,
}

/// The part that Sleuth's body has not.
#[derive(Serialize)]
struct More<'a> {
    outcome: &'static str,
    approval: Option<Approval<'a>>,
    votes: Vec<Value>,
    votes_left_out: usize,
    approved_by: Vec<Value>,
    previous_revision: Option<&'a str>,
    commits: Vec<Value>,
    commits_left_out: usize,
    links: &'a BTreeMap<String, String>,
    url: &'a str,
}

#[derive(Serialize)]
struct Named<'a> {
    slug: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct Approval<'a> {
    name: &'a str,
    rule: &'a str,
    outcome: &'static str,
    opened_at: String,
    closed_at: String,
    reason: Option<&'a str>,
    glass: Option<Value>,
}

/// The body that describes a deploy and what happened to it, as JSON; `url` is its page. `author` is who
/// deployed, else the first author whose address is known; what is not known is null.
pub fn body(deploy: &Deploy, happened: &Happened, url: &str) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&described(deploy, happened, url))
}

/// The same as a JSON object, for who has more to say of the deploy.
pub fn description(deploy: &Deploy, happened: &Happened, url: &str) -> serde_json::Result<Value> {
    serde_json::to_value(described(deploy, happened, url))
}

fn described<'a>(deploy: &'a Deploy, happened: &'a Happened, url: &'a str) -> Value {
    let environment = slug(&deploy.environment);
    let people = deploy.deployer.iter().chain(deploy.authors());
    let older = deploy.reading.older.commits;
    // Of a large change the newest commits are told.
    let (mut commits, left_out) = fitting(deploy.commits.iter().rev().map(commit));
    commits.reverse();
    let (votes, votes_left_out) = fitting(happened.votes().iter().map(vote));
    let approvers = happened.approved_by();
    let (approved_by, _) =
        fitting(approvers.iter().map(|approver| json!({"id": approver.id, "name": approver.name})));
    let body = Body {
        organization: Named { slug: deploy.deployment.organization() },
        name: deploy.title(),
        on: deploy.deployed_at.to_string(),
        branch: deploy.branch.as_deref(),
        revision: &deploy.revision,
        environment: Named { slug: &environment },
        change_source: Named { slug: deploy.deployment.name() },
        health: health(happened.health),
        author: Author { email: people.filter_map(|person| person.email.as_deref()).next() },
        more: More {
            outcome: happened.outcome(),
            approval: happened.decided.as_ref().map(approval),
            votes,
            votes_left_out,
            approved_by,
            previous_revision: deploy.previous_revision.as_deref(),
            commits,
            commits_left_out: left_out + older,
            links: &deploy.links,
            url,
        },
    };
    json!(body)
}

/// The health in one word: `unknown` until somebody reports any.
fn health(health: Option<Health>) -> &'static str {
    match health {
        Some(Health::Healthy) => "healthy",
        Some(Health::Ailing) => "ailing",
        Some(Health::Unhealthy) => "unhealthy",
        None => "unknown",
    }
}

fn approval(decided: &Decided) -> Approval<'_> {
    Approval {
        name: &decided.name,
        rule: &decided.rule,
        outcome: decided.outcome,
        opened_at: decided.opened_at.to_string(),
        closed_at: decided.closed_at.to_string(),
        reason: decided.reason.as_deref(),
        glass: decided.glass.as_ref().map(|glass| {
            json!({
                "broken_by": {"id": glass.by, "name": glass.name},
                "at": glass.at.to_string(),
                "reason": glass.reason,
            })
        }),
    }
}

fn vote(vote: &Vote) -> Value {
    let choice = match vote.choice {
        Choice::Approve => "approve",
        Choice::Reject => "reject",
    };
    json!({
        "id": vote.voter,
        "name": vote.name,
        "choice": choice,
        "at": vote.at.to_string(),
        "reason": vote.reason,
    })
}

fn commit(commit: &Commit) -> Value {
    let author = commit.authors.first();
    json!({
        "revision": commit.revision,
        "title": commit.title,
        "url": commit.url,
        "author": {
            "name": author.map(|person| &person.name),
            "email": author.and_then(|person| person.email.as_ref()),
        },
    })
}

/// The first of `values` that fit into [`LIST`], and how many do not.
fn fitting(values: impl Iterator<Item = Value>) -> (Vec<Value>, usize) {
    let (mut kept, mut left, mut left_out) = (Vec::new(), LIST, 0);
    for value in values {
        let size = value.to_string().len() + 1;
        match left.checked_sub(size).filter(|_| left_out == 0) {
            Some(rest) => {
                left = rest;
                kept.push(value);
            }
            None => left_out += 1,
        }
    }
    (kept, left_out)
}

/// A name as a slug: lower case, with hyphens for what is no letter or digit (`QA / EU` becomes `qa-eu`).
fn slug(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::deploy::{Person, Slug, Source};
    use signoff_core::id::DeployId;

    fn deploy() -> Deploy {
        Deploy {
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
            links: [("Build".to_owned(), "https://ci.example.com/1".to_owned())].into(),
            size: None,
            deployer: Some(Person {
                name: "Ana".into(),
                email: Some("ana@example.com".into()),
                username: None,
            }),
            commits: vec![],
            pull_requests: vec![],
            previous_revision: Some("645f46a0c9b8a7f6e5d4c3b2a19080716253445f".into()),
            rules_change: signoff_core::deploy::RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: signoff_core::confirmation::Confirmation::Confirmed,
            state: Default::default(),
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        }
    }

    fn change(number: usize, title: &str) -> Commit {
        let ana = Person { name: "Ana".into(), email: Some("ana@example.com".into()), username: None };
        Commit {
            revision: format!("{number:040x}"),
            title: title.to_owned(),
            authors: vec![ana],
            url: None,
            issues: Vec::new(),
        }
    }

    fn decided(votes: Vec<Vote>) -> Decided {
        Decided {
            name: "Promote".into(),
            rule: "promote".into(),
            outcome: "approved",
            opened_at: "2021-05-11T11:41:00Z".parse().unwrap(),
            closed_at: "2021-05-11T11:42:00Z".parse().unwrap(),
            reason: None,
            votes,
            glass: None,
        }
    }

    fn cast(voter: &str, choice: Choice, reason: Option<String>) -> Vote {
        let at = "2021-05-11T11:42:00Z".parse().unwrap();
        Vote { voter: voter.into(), name: voter.to_lowercase(), named: true, choice, reason, at }
    }

    fn told(deploy: &Deploy, happened: &Happened) -> String {
        serde_json::to_string_pretty(
            &description(deploy, happened, "https://signoff.example.com/deploys/d1").unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn body_tells_who_approved_and_what_was_deployed() {
        let deploy = Deploy { commits: vec![change(1, "Take cards")], ..deploy() };
        let votes =
            vec![cast("U1", Choice::Approve, Some("tested".into())), cast("U2", Choice::Reject, None)];
        let health = Some(Health::Ailing);
        let happened = Happened { health, decided: Some(decided(votes)), ..Happened::default() };
        insta::assert_snapshot!(told(&deploy, &happened));
    }

    #[test]
    fn body_of_an_action_by_itself_claims_no_approval() {
        let deploy =
            Deploy { branch: None, deployer: None, previous_revision: None, links: [].into(), ..deploy() };
        insta::assert_snapshot!(told(&deploy, &Happened::default()));
    }

    #[test]
    fn lists_end_where_they_would_be_too_long() {
        let commits = (0..250).map(|number| change(number, &"x".repeat(200))).collect();
        let deploy = Deploy { commits, ..deploy() };
        let voter =
            |number: usize| cast(&format!("U{number}"), Choice::Approve, Some("\u{1f600}".repeat(500)));
        let decided = decided((0..500).map(voter).collect());
        let happened = Happened { decided: Some(decided), ..Happened::default() };
        let told = description(&deploy, &happened, "https://signoff.example.com").unwrap();
        assert!(told.to_string().len() < 128 * 1024, "{}", told.to_string().len());
        for (list, whole) in [("commits", 250), ("votes", 500)] {
            let (kept, left_out) = (told[list].as_array().unwrap(), &told[format!("{list}_left_out")]);
            assert!(!kept.is_empty() && left_out.as_u64().unwrap() > 0, "{list}");
            assert_eq!(kept.len() as u64 + left_out.as_u64().unwrap(), whole, "{list}");
        }
        assert_eq!(told["commits"].as_array().unwrap().last().unwrap()["revision"], format!("{:040x}", 249));
    }
}
