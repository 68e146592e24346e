//! A deploy as a file describes it: what `register_deploy` takes and the issues of the trackers, in JSON or
//! YAML.

mod issues;

use crate::files::as_yaml;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use signoff_core::approval::Dialog;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::facts::{API, Facts, Health, MAX_KEPT, Reaction, Report, Thumb};
use signoff_core::id::DeployId;
use signoff_core::range::Direction;
use signoff_providers::register::{self, ParseError, Registration};
use signoff_rules::Snapshot;
use signoff_rules::condition::{Deploys, parse_duration};
use signoff_rules::problem::{Position, Problem, Source};
use signoff_rules::suggest::did_you_mean;
use signoff_rules::template::{Context, Mentions};
use signoff_rules::variables::{Behind, Known};
use signoff_rules::yaml::{Content, Entry, Node};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Deployment of a deploy whose file names none.
const DEPLOYMENT: &str = "acme/checkout";
/// A deploy as it can be written.
const EXAMPLE: &str = "write, for example, {sha: 7bf7226, environment: Staging}";
/// Keys that a file may describe a deploy with. [`since`] reads those for what becomes known later; the last
/// two mean something to `register_deploy` alone.
const KEYS: [&str; 20] = [
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
    "health",
    "failed_rules",
    "direction",
    "drift",
    "plus_1",
    "minus_1",
    "ignore_if_duplicate",
    "api_key",
];

/// A deploy, and what is known of it.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) deploy: Deploy,
    facts: Facts,
    failed_rules: Vec<String>,
    drift: BTreeMap<String, Option<Behind>>,
}

impl From<Deploy> for Described {
    fn from(deploy: Deploy) -> Self {
        let facts = Facts::none(&deploy.id);
        Self { deploy, facts, failed_rules: Vec::new(), drift: BTreeMap::new() }
    }
}

impl Described {
    /// A deploy, and what became known of it.
    pub(crate) fn known(deploy: Deploy, facts: Facts) -> Self {
        Self { facts, ..Self::from(deploy) }
    }

    /// Variables for the templates of its rules. `deploy_url` is the address of its page.
    pub(crate) fn context(&self, deploy_url: &str) -> Context {
        Context::new(&self.deploy, deploy_url, &Mentions::new())
            .with_known(self.facts.health(), &self.failed_rules)
    }

    /// The variables of its rules' conditions at `now`.
    pub(crate) fn at(&self, now: Timestamp) -> Snapshot {
        let facts = Cow::Borrowed(&self.facts);
        let (failed_rules, drift) = (self.failed_rules.clone(), self.drift.clone());
        Snapshot::at(&Known { facts, failed_rules, drift, ..Known::new(&self.deploy) }, now)
    }
}

/// Reads the deploy that a file's text describes. `now` is when it was deployed if it has no `date`.
pub(crate) fn parse(text: &str, path: &str, now: Timestamp) -> Result<Described, Vec<Problem>> {
    let text = as_yaml(text);
    let source = Source::new(path, &text);
    read(&source, signoff_rules::yaml::load(&source, EXAMPLE)?.as_ref(), now)
}

/// Reads the deploy that `node` describes, as the webhook would.
pub(crate) fn read(source: &Source<'_>, node: &Node, now: Timestamp) -> Result<Described, Vec<Problem>> {
    let Content::Mapping(entries) = &node.content else {
        let message = format!("a deploy takes keys with values{}", node.instead());
        return Err(vec![source.problem(node.start, message, EXAMPLE.to_owned())]);
    };
    let mut problems = Vec::new();
    for entry in entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        problems.push(unknown_key(source, entry, "a deploy", &KEYS[..18]));
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
    if let Ok(registration) = &registration {
        let left_out = registration.left_out.iter();
        problems.extend(
            left_out.map(|error| source.problem(place(node, error.logged()), error.to_string(), None)),
        );
    }
    match (registration, slug) {
        (Ok(registration), Some(slug)) if problems.is_empty() => {
            since(source, entries, Deploy { issues, ..deploy(slug, registration, now) })
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

/// Reads what becomes known of `deploy` after it arrived: `direction` (relative to the deploy before it;
/// forward if it is left out), `health`, `failed_rules`, `drift` (how far other environments are behind, by
/// their names), and how many people reacted with `plus_1` and `minus_1`. All of it is dated to the time of
/// the deploy.
fn since(source: &Source<'_>, entries: &[Entry], deploy: Deploy) -> Result<Described, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut described = Described::from(deploy);
    let reading = &mut described.deploy.reading;
    // What a file says counts.
    (reading.direction, reading.on_branch, reading.may_report) = (Some(Direction::Forward), true, true);
    let at = described.deploy.deployed_at;
    for Entry { key, value: node, .. } in entries {
        let mut problem = |node: &Node, right: &str| {
            problems.push(source.problem(node.start, format!("{key}: this is none"), right.to_owned()));
        };
        let text = |node: &Node| {
            node.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.clone())
        };
        match (key.as_str(), &node.content) {
            ("health", _) => match text(node).and_then(|text| health(&text)) {
                Some(health) => {
                    described.facts.reports.insert(API.to_owned(), Report { health, at });
                }
                None => problem(node, "write Healthy, Ailing or Unhealthy"),
            },
            ("direction", _) => match text(node).and_then(|text| direction(&text)) {
                Some(direction) => described.deploy.reading.direction = Some(direction),
                None => problem(node, "write forward, rollback, diverged or same"),
            },
            ("plus_1", _) => match text(node).and_then(|text| text.parse().ok()) {
                Some(count) => described.facts.reactions.extend(thumbs(Thumb::Plus1, count, at)),
                None => problem(node, "write how many people, for example 2"),
            },
            ("minus_1", _) => match text(node).and_then(|text| text.parse().ok()) {
                Some(count) => described.facts.reactions.extend(thumbs(Thumb::Minus1, count, at)),
                None => problem(node, "write how many people, for example 2"),
            },
            ("failed_rules", Content::Sequence(nodes)) => {
                described.failed_rules.extend(nodes.iter().filter_map(|node| text(node)));
            }
            ("failed_rules", _) => problem(node, "write a list of rules' names"),
            ("drift", Content::Mapping(environments)) => {
                for Entry { key, value, .. } in environments {
                    match text(value).and_then(|text| behind(&text, at)) {
                        Some(behind) => {
                            let behind = Some(behind).filter(|behind| behind.since < at);
                            described.drift.insert(key.to_lowercase(), behind);
                        }
                        None => problem(value, "write for how long, and how many deploys: '2h', or '2h 3'"),
                    }
                }
            }
            ("drift", _) => problem(node, "write, for example, {production: '2h'}"),
            _ => {}
        }
    }
    if problems.is_empty() { Ok(described) } else { Err(problems) }
}

/// Reads how far an environment is behind at `at`: a time, then after a blank the number of deploys (1 if it
/// is left out), such as `2h 3`.
fn behind(text: &str, at: Timestamp) -> Option<Behind> {
    let (time, count) = text.split_once(' ').unwrap_or((text, "1"));
    let time = SignedDuration::try_from(parse_duration(time)?).ok()?;
    let deploys = Deploys { counted: count.trim().parse().ok()?, or_more: false };
    Some(Behind { since: at.checked_sub(time).ok()?, deploys })
}

fn health(text: &str) -> Option<Health> {
    let all = [Health::Healthy, Health::Ailing, Health::Unhealthy];
    all.into_iter().find(|health| health.to_string().eq_ignore_ascii_case(text))
}

fn direction(text: &str) -> Option<Direction> {
    let all = [
        ("forward", Direction::Forward),
        ("rollback", Direction::Rollback),
        ("diverged", Direction::Diverged),
        ("same", Direction::Same),
    ];
    all.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, direction)| direction)
}

/// So many people's reactions, as many as are kept.
fn thumbs(thumb: Thumb, count: usize, at: Timestamp) -> impl Iterator<Item = Reaction> {
    (1..=count.min(MAX_KEPT)).map(move |number| {
        let message = Dialog { channel: "C1".to_owned(), ts: "1.1".to_owned() };
        let (user, name) = (format!("U{number}"), format!("Person {number}"));
        Reaction { message, user, name, thumb, is_there: true, at }
    })
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

/// A node as JSON. Every scalar is text, however it is written: a SHA of digits alone (`1234567`) is no
/// number.
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

/// Position of the value of `name` (`commits[2].author`), or of the innermost part of it that is there.
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
    use signoff_core::issue::Tracker;

    fn problems(text: &str) -> String {
        match parse(text, "deploy.json", Timestamp::UNIX_EPOCH) {
            Ok(described) => format!("fine: {}", described.deploy.title()),
            Err(problems) => problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn json_and_yaml_are_read_as_the_webhook_reads_them() {
        let json = "{\n\t\"sha\": \"7BF7226\",\n\t\"environment\": \"Staging\", \"date\": \"2999-01-01\", \"api_key\": \"k\", \"tags\": \"web,api\",\n\
            \"pull_requests\": [{\"number\": 12, \"title\": \"\\ud83d\\ude80 \\u00e9\\/ \\\\ud83d\", \"labels\": [\"fix\"]}], \"commits\": [], \"email\": \"\"}\n";
        let deploy = parse(json, "deploy.json", Timestamp::UNIX_EPOCH).unwrap().deploy;
        assert_eq!(deploy.title(), "7bf7226 - checkout (Staging)");
        assert_eq!(deploy.deployed_at.to_string(), "2999-01-01T00:00:00Z");
        assert_eq!((deploy.tags, deploy.deployer), (vec!["#web".to_owned(), "#api".to_owned()], None));
        assert_eq!(deploy.issues, []);
        let issues = "{sha: 7bf7226, issues: [{key: SHOP-7, type: Bug, labels: [a, b]}, {key: WEB-1, title: One, priority: High, tracker: linear}]}";
        let issues = parse(issues, "deploy.yml", Timestamp::UNIX_EPOCH).unwrap().deploy.issues;
        assert_eq!((issues[0].kind.as_deref(), issues[0].labels.len()), (Some("Bug"), 2));
        assert_eq!((issues[1].priority.as_deref(), issues[1].tracker), (Some("High"), Tracker::Linear));
        assert_eq!(deploy.pull_requests[0].title, "🚀 é/ \\ud83d");
        assert_eq!(
            problems("{sha: 1234567, deployment: acme/web, environment: QA}"),
            "fine: 1234567 - web (QA)"
        );
    }

    #[test]
    fn what_became_known_of_it_is_in_its_variables() {
        let text = "sha: 7bf7226\nhealth: ailing\ndirection: Rollback\nfailed_rules: [promote]\ndrift: {Production: '2h', qa: 0s}\nplus_1: 2\nminus_1: '1'\n\
            files: [{path: a, additions: 7}]\n";
        let described = parse(text, "deploy.json", Timestamp::UNIX_EPOCH).unwrap();
        let snapshot = described.at(Timestamp::UNIX_EPOCH + SignedDuration::from_mins(5));
        for condition in [
            "health='Ailing' and magnitude='Small'",
            "failed_rules='promote'",
            "drift_to_production='125m' and drift_to_qa='0s'",
            "deploy_message_reaction_plus_1=2 and deploy_message_reaction_minus_1=1",
            "rollback and diverged=false",
        ] {
            assert!(signoff_rules::condition::parse(condition).unwrap().holds(&snapshot), "{condition}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let told: Vec<_> = [
            "[]",
            "{}",
            "",
            "environment: Staging\n",
            "sha: main~1\n",
            "sha: 7bf7226\nenviroment: Staging\nregion: eu\n",
            "sha: 7bf7226\ndeployment: checkout\n",
            "sha: 7bf7226\ntags: ['#two words']\n",
            "sha: 7bf7226\nemail: ana\ncolour: red\n",
            "sha: 7bf7226\ndate: yesterday\n",
            "sha: 7bf7226\npull_requests: [{title: no number}]\n",
            "sha: 7bf7226\nhealth: fine\nfailed_rules: promote\ndrift: 2h\nplus_1: -1\nminus_1: some\n",
            "sha: 7bf7226\ndirection: back\n",
            "sha: 7bf7226\ndrift: {production: long, qa: 0s}\n",
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
        deploy.json:1:6: sha: `main~1` is neither a git SHA nor a tag: it must be 4 to 64 hexadecimal digits, or the tag's name
        deploy.json:2:1: a deploy takes no key `enviroment`; did you mean `environment`?
        deploy.json:3:1: a deploy takes no key `region`; it takes deployment, sha, environment, date, branch, tags, email, links, commits, files, pull_requests, issues, health, failed_rules, direction, drift, plus_1, minus_1
        deploy.json:2:13: deployment: this is none; write owner/name, for example acme/checkout
        deploy.json:2:7: tags: `#two words` is not a tag: it must be one word such as #api
        deploy.json:3:1: a deploy takes no key `colour`; it takes deployment, sha, environment, date, branch, tags, email, links, commits, files, pull_requests, issues, health, failed_rules, direction, drift, plus_1, minus_1
        deploy.json:2:8: email: `ana` is not an e-mail address
        deploy.json:2:7: date: `yesterday` is not a date and time in ISO 8601, such as 2021-05-11T11:42:00Z
        deploy.json:2:17: pull_requests[0].number: it must be the pull request's number
        deploy.json:2:9: health: this is none; write Healthy, Ailing or Unhealthy
        deploy.json:3:15: failed_rules: this is none; write a list of rules' names
        deploy.json:4:8: drift: this is none; write, for example, {production: '2h'}
        deploy.json:5:9: plus_1: this is none; write how many people, for example 2
        deploy.json:6:10: minus_1: this is none; write how many people, for example 2
        deploy.json:2:12: direction: this is none; write forward, rollback, diverged or same
        deploy.json:2:21: drift: this is none; write for how long, and how many deploys: '2h', or '2h 3'
        deploy.json:2:10: an issue takes keys with values, not a text; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:24: key: it must be an issue's key; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:42: an issue takes no key `kind`; it takes key, title, url, priority, labels, type, tracker
        deploy.json:2:31: key: it must be an issue's key; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:90: tracker: `github` is not supported; write jira or linear
        deploy.json:2:76: labels takes a list, not a text; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        deploy.json:2:9: issues takes a list, not keys with values; write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}
        ");
    }
}
