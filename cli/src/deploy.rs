//! A deploy as a file describes it: what `register_deploy` takes and the issues of the trackers, in JSON or YAML.

mod issues;

use crate::files::as_yaml;
use approval::deploy::{Deploy, Slug};
use approval::id::DeployId;
use jiff::Timestamp;
use providers::register::{self, ParseError, Registration};
use rules::problem::{Position, Problem, Source};
use rules::suggest::did_you_mean;
use rules::yaml::{Content, Entry, Node};
use serde_json::{Map, Value};

/// What is deployed where the file does not say.
const DEPLOYMENT: &str = "acme/checkout";
/// A deploy as it can be written.
const EXAMPLE: &str = "write, for example, {sha: 7bf7226, environment: Staging}";
/// What a file may say of a deploy; the last two mean something to `register_deploy` alone.
const KEYS: [&str; 14] = [
    "deployment",
    "sha",
    "environment",
    "date",
    "branch",
    "tags",
    "email",
    "links",
    "commits",
    "files",
    "pull_requests",
    "issues",
    "ignore_if_duplicate",
    "api_key",
];

/// Reads the deploy that a file's text describes. `now` is when it was deployed if it has no `date`.
pub(crate) fn parse(text: &str, path: &str, now: Timestamp) -> Result<Deploy, Vec<Problem>> {
    let text = as_yaml(text);
    let source = Source::new(path, &text);
    read(&source, rules::yaml::load(&source, EXAMPLE)?.as_ref(), now)
}

/// Reads the deploy that `node` describes, as the webhook would.
pub(crate) fn read(source: &Source<'_>, node: &Node, now: Timestamp) -> Result<Deploy, Vec<Problem>> {
    let Content::Mapping(entries) = &node.content else {
        let message = format!("a deploy takes keys with values{}", node.instead());
        return Err(vec![source.problem(node.start, message, EXAMPLE.to_owned())]);
    };
    let mut problems = Vec::new();
    for entry in entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        problems.push(unknown_key(source, entry, "a deploy", &KEYS[..12]));
    }
    let deployment = entries.iter().find(|entry| entry.key == "deployment");
    let slug = deployment.map_or_else(|| slug(DEPLOYMENT), |entry| slug(&entry.value.as_scalar()?.text));
    if let (None, Some(entry)) = (&slug, deployment) {
        let suggestion = format!("write owner/name, for example {DEPLOYMENT}");
        problems.push(source.problem(entry.value.start, "deployment: this is none", suggestion));
    }
    let issues = entries.iter().find(|entry| entry.key == "issues");
    let issues = issues.map(|entry| issues::read(source, &entry.value)).unwrap_or_else(|| Ok(Vec::new()));
    let issues = issues.unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Vec::new()
    });
    // Whether a date lies in the future is of no interest here.
    let body = value(node).to_string();
    let registration = register::parse(Some("application/json"), "", body.as_bytes(), Timestamp::MAX);
    match (registration, slug) {
        (Ok(registration), Some(slug)) if problems.is_empty() => {
            Ok(Deploy { issues, ..deploy(slug, registration, now) })
        }
        (Ok(_), _) => Err(problems),
        (Err(error), _) => {
            let at = match &error {
                ParseError::Parameter { name, .. } => place(node, name),
                ParseError::TooLarge | ParseError::Body(_) => node.start,
            };
            problems.push(source.problem(at, error.to_string(), None));
            Err(problems)
        }
    }
}

/// A key that means nothing.
pub(crate) fn unknown_key(source: &Source<'_>, entry: &Entry, of: &str, known: &[&str]) -> Problem {
    let suggestion = did_you_mean(&entry.key, known.iter().copied())
        .unwrap_or_else(|| format!("it takes {}", known.join(", ")));
    source.problem(entry.at, format!("{of} takes no key `{}`", entry.key), suggestion)
}

fn slug(text: &str) -> Option<Slug> {
    let (organization, name) = text.split_once('/')?;
    Slug::new(organization, name)
}

/// A node as JSON. Every scalar is text, however it is written: a SHA of digits alone (`1234567`) is no number.
fn value(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) => Value::from(scalar.text.as_str()),
        Content::Sequence(nodes) => nodes.iter().map(|node| value(node)).collect(),
        Content::Mapping(entries) => Value::Object(
            entries.iter().map(|entry| (entry.key.clone(), value(&entry.value))).collect::<Map<_, _>>(),
        ),
    }
}

/// Where the value of `name` (`commits[2].author`) stands, or of the innermost part of it that is there.
fn place(node: &Node, name: &str) -> Position {
    let mut innermost = node;
    for part in name.split(['.', '[']) {
        let next = match &innermost.content {
            Content::Scalar(_) => None,
            Content::Sequence(nodes) => {
                part.strip_suffix(']').and_then(|index| nodes.get(index.parse::<usize>().ok()?))
            }
            Content::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == part).map(|entry| &entry.value)
            }
        };
        let Some(next) = next else { break };
        innermost = next;
    }
    innermost.start
}

/// The deploy as it would be on record, registered at the time at which it was deployed.
fn deploy(deployment: Slug, registration: Registration, now: Timestamp) -> Deploy {
    let registered_at = registration.deployed_at.unwrap_or(now);
    let repository = deployment.to_string();
    registration.deploy(DeployId::from_text("example"), deployment, repository, registered_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::issue::Tracker;

    fn problems(text: &str) -> String {
        match parse(text, "deploy.json", Timestamp::UNIX_EPOCH) {
            Ok(deploy) => format!("fine: {}", deploy.title()),
            Err(problems) => problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn json_and_yaml_are_read_as_the_webhook_reads_them() {
        let json = "{\n\t\"sha\": \"7BF7226\",\n\t\"environment\": \"Staging\", \"date\": \"2999-01-01\", \"api_key\": \"k\", \"tags\": \"web,api\",\n\
            \"pull_requests\": [{\"number\": 12, \"title\": \"\\ud83d\\ude80 \\u00e9\\/ \\\\ud83d\", \"labels\": [\"fix\"]}], \"commits\": [], \"email\": \"\"}\n";
        let deploy = parse(json, "deploy.json", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(deploy.title(), "7bf7226 - checkout (Staging)");
        assert_eq!(deploy.deployed_at.to_string(), "2999-01-01T00:00:00Z");
        assert_eq!((deploy.tags, deploy.deployer), (vec!["#web".to_owned(), "#api".to_owned()], None));
        assert_eq!(deploy.issues, []);
        let issues = "{sha: 7bf7226, issues: [{key: SHOP-7, type: Bug, labels: [a, b]}, {key: WEB-1, title: One, priority: High, tracker: linear}]}";
        let issues = parse(issues, "deploy.yml", Timestamp::UNIX_EPOCH).unwrap().issues;
        assert_eq!((issues[0].kind.as_deref(), issues[0].labels.len()), (Some("Bug"), 2));
        assert_eq!((issues[1].priority.as_deref(), issues[1].tracker), (Some("High"), Tracker::Linear));
        assert_eq!(deploy.pull_requests[0].title, "🚀 é/ \\ud83d");
        assert_eq!(
            problems("{sha: 1234567, deployment: acme/web, environment: QA}"),
            "fine: 1234567 - web (QA)"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let told: Vec<_> = [
            "[]",
            "{}",
            "",
            "environment: Staging\n",
            "sha: main\n",
            "sha: 7bf7226\nenviroment: Staging\nregion: eu\n",
            "sha: 7bf7226\ndeployment: checkout\n",
            "sha: 7bf7226\ntags: ['#two words']\n",
            "sha: 7bf7226\nemail: ana\ncolour: red\n",
            "sha: 7bf7226\ndate: yesterday\n",
            "sha: 7bf7226\ncommits:\n  - revision: 7bf7226\n  - revision: 7bf7227\n    author: {email: ana}\n",
            "sha: 7bf7226\npull_requests: [{title: no number}]\n",
            "sha: 7bf7226\nissues: [SHOP-7, {key: shop}, {title: x, kind: Bug}, {key: SHOP-7, labels: fix, tracker: github}]\n",
            "sha: 7bf7226\nissues: {key: SHOP-7}\n",
        ]
        .into_iter()
        .map(problems)
        .collect();
        insta::assert_snapshot!(told.join("\n"), @"
        deploy.json:1:1: a deploy takes keys with values, not a list; write, for example, {sha: 7bf7226, environment: Staging}
        deploy.json:1:1: sha: it is missing: send the git SHA of the commit that was deployed
        deploy.json:1:1: the file is empty; write, for example, {sha: 7bf7226, environment: Staging}
        deploy.json:1:1: sha: it is missing: send the git SHA of the commit that was deployed
        deploy.json:1:6: sha: `main` is not a git SHA: it must be 4 to 64 hexadecimal digits
        deploy.json:2:1: a deploy takes no key `enviroment`; did you mean `environment`?
        deploy.json:3:1: a deploy takes no key `region`; it takes deployment, sha, environment, date, branch, tags, email, links, commits, files, pull_requests, issues
        deploy.json:2:13: deployment: this is none; write owner/name, for example acme/checkout
        deploy.json:2:7: tags: `#two words` is not a tag: it must be one word such as #api
        deploy.json:3:1: a deploy takes no key `colour`; it takes deployment, sha, environment, date, branch, tags, email, links, commits, files, pull_requests, issues
        deploy.json:2:8: email: `ana` is not an e-mail address
        deploy.json:2:7: date: `yesterday` is not a date and time in ISO 8601, such as 2021-05-11T11:42:00Z
        deploy.json:5:21: commits[1].author.email: `ana` is not an e-mail address
        deploy.json:2:17: pull_requests[0].number: it must be the pull request's number
        deploy.json:2:10: an issue takes keys with values, not a text; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:24: key: it must be an issue's key; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:42: an issue takes no key `kind`; it takes key, title, url, priority, labels, type, tracker
        deploy.json:2:31: key: it must be an issue's key; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:90: tracker: `github` is none that is known; write jira or linear
        deploy.json:2:76: labels takes a list, not a text; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:9: issues takes a list, not keys with values; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        ");
    }
}
