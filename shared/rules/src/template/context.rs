//! Variables of templates.

use crate::variables::UNKNOWN;
use minijinja::value::{Value, merge_maps};
use signoff_core::approval::{Choice, Vote};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest};
use signoff_core::facts::Health;
use signoff_core::happened::{Approver, Decided, Happened};
use signoff_core::issue::Issue;
use signoff_core::mrkdwn::{escape, link};
use std::collections::BTreeMap;

/// The variable that says which rules stopped.
pub const FAILED_RULES: &str = "failed_rules";

/// The variables whose values an approval brings: nobody knows them before it ended.
pub const LATE: [&str; 4] = ["outcome", "approval", "votes", "approved_by"];

/// The variables whose values change with time, and are not the deploy's own.
pub(super) const CHANGING: [&str; 2] = ["health", FAILED_RULES];

/// Text for the authors of a deploy that has none.
const NOBODY_KNOWN: &str = "the authors";

/// The variables that mention the authors, for whom Slack is asked.
pub(super) const MENTIONS: [&str; 2] = ["authors_slack", "slack_mention_authors"];

/// The Slack accounts of people, where they have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions(BTreeMap<String, String>);

impl Mentions {
    /// Nobody's account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `person` is `user_id` (`U…` or `W…`) in Slack. What is not such an id is not noted: the
    /// person is then shown by name.
    pub fn insert(&mut self, person: &Person, user_id: &str) {
        if is_user_id(user_id) {
            self.0.insert(key(person), user_id.to_owned());
        }
    }

    /// The Slack user id of a person, if they have one.
    pub fn get(&self, person: &Person) -> Option<&str> {
        self.0.get(&key(person)).map(String::as_str)
    }

    /// A person in a message: a mention, else the (escaped) name.
    pub fn slack(&self, person: &Person) -> String {
        match self.get(person) {
            Some(user_id) => format!("<@{user_id}>"),
            None => escape(&shown(person)),
        }
    }
}

/// Whom two [`Person`]s have to agree in to be one, as in [`Deploy::authors`].
fn key(person: &Person) -> String {
    match &person.email {
        Some(email) => format!("<{}>", email.to_lowercase()),
        None => person.name.to_lowercase(),
    }
}

/// The name that a person is shown by: the first that is known of name, account and e-mail address.
fn shown(person: &Person) -> String {
    let known = [Some(&person.name), person.username.as_ref(), person.email.as_ref()];
    let name = known.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty());
    // A line break would put the rest of a prompt on another line.
    name.unwrap_or("somebody").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The values of a template's variables for one deploy.
///
/// [`TEMPLATE_VARIABLES`](crate::reference::TEMPLATE_VARIABLES) says what each of them is.
#[derive(Clone, Debug)]
pub struct Context {
    slack: Value,
    plain: Value,
}

impl Context {
    /// The values for `deploy`, whose page is `deploy_url`.
    pub fn new(deploy: &Deploy, deploy_url: &str, mentions: &Mentions) -> Self {
        let authors = deploy.authors();
        let mentioned: Vec<String> = authors.iter().map(|person| mentions.slack(person)).collect();
        let named: Vec<String> = authors.iter().map(|person| shown(person)).collect();
        let linked: Vec<String> =
            deploy.pull_requests.iter().map(|pull| link(&pull.url, &pull_request_title(pull))).collect();
        let titled: Vec<String> = deploy.pull_requests.iter().map(pull_request_title).collect();

        let mut plain = common(deploy, deploy_url, &authors);
        let mut slack = plain.clone();
        for name in MENTIONS {
            slack.insert(name, Value::from_safe_string(joined(&mentioned)));
            plain.insert(name, Value::from(joined(&named)));
        }
        slack.insert("deploy_slack", Value::from_safe_string(link(deploy_url, &deploy.title())));
        plain.insert("deploy_slack", Value::from(deploy.title()));
        slack.insert("pull_request_slack", Value::from_safe_string(linked.join(", ")));
        plain.insert("pull_request_slack", Value::from(titled.join(", ")));
        Self { slack: Value::from(slack), plain: Value::from(plain) }
    }

    /// The same, where the deploy is this healthy and the rules with these names stopped.
    pub fn with_known(self, health: Option<Health>, failed_rules: &[String]) -> Self {
        let known = known(health, failed_rules);
        self.and(known.clone(), known)
    }

    /// The same, where all this happened by the time the action runs. What people voted on stays as it was.
    pub fn with(self, happened: &Happened) -> Self {
        let mut plain = known(happened.health, &happened.failed_rules);
        if let Some(then) = &happened.at_opening {
            plain = known(then.health, &then.failed_rules);
            let tags = Value::from_iter(then.tags.iter().map(String::as_str));
            plain.extend([("deploy_tags", tags.clone()), ("tags", tags)]);
        }
        plain.insert("outcome", Value::from(happened.outcome()));
        plain.insert("votes", Value::from_iter(happened.votes().iter().map(vote)));
        if let Some(decided) = &happened.decided {
            plain.insert("approval", approval(decided));
        }
        let mut slack = plain.clone();
        let approvers = happened.approved_by();
        plain.insert("approved_by", Value::from_iter(approvers.iter().map(|approver| approver.name)));
        slack.insert("approved_by", Value::from_iter(approvers.iter().map(mentioned)));
        self.and(slack, plain)
    }

    fn and(self, slack: BTreeMap<&'static str, Value>, plain: BTreeMap<&'static str, Value>) -> Self {
        Self {
            slack: merge_maps([self.slack, Value::from(slack)]),
            plain: merge_maps([self.plain, Value::from(plain)]),
        }
    }

    pub(super) fn slack(&self) -> &Value {
        &self.slack
    }

    pub(super) fn plain(&self) -> &Value {
        &self.plain
    }
}

/// The values that are the same in Slack and elsewhere.
fn common(deploy: &Deploy, deploy_url: &str, authors: &[&Person]) -> BTreeMap<&'static str, Value> {
    let tags = Value::from_iter(deploy.tags.iter().map(String::as_str));
    let author = deploy.deployer.as_ref().or(authors.first().copied());
    let first = deploy.pull_requests.first();
    let nothing = || Value::from("");
    BTreeMap::from([
        ("deploy_url", Value::from(deploy_url)),
        ("deploy_name", Value::from(deploy.title())),
        ("deploy_revision", Value::from(deploy.revision.as_str())),
        ("revision", Value::from(deploy.revision.as_str())),
        ("deploy_tags", tags.clone()),
        ("tags", tags),
        ("deploy_author_name", author.map_or_else(nothing, |person| Value::from(shown(person)))),
        ("deployment", Value::from(deploy.deployment.as_str())),
        ("deployment_name", Value::from(deploy.deployment.name())),
        ("environment", Value::from(deploy.environment.as_str())),
        ("branch", deploy.branch.as_deref().map_or_else(nothing, Value::from)),
        ("previous_revision", deploy.previous_revision.as_deref().map_or_else(nothing, Value::from)),
        ("commits", Value::from_iter(deploy.commits.iter().map(commit))),
        ("links", Value::from_iter(deploy.links.iter().map(|(name, url)| named_link(name, url)))),
        ("pull_request_id", first.map_or_else(nothing, |pull| Value::from(pull.number))),
        ("pr_url", first.map_or_else(nothing, |pull| Value::from(pull.url.as_str()))),
        ("prs", Value::from_iter(deploy.pull_requests.iter().map(pull_request))),
        ("issues", Value::from_iter(deploy.issues.iter().map(issue))),
        (FAILED_RULES, Value::from_iter(std::iter::empty::<Value>())),
        ("votes", Value::from_iter(std::iter::empty::<Value>())),
        ("approved_by", Value::from_iter(std::iter::empty::<Value>())),
    ])
}

/// The values that facts give.
fn known(health: Option<Health>, failed_rules: &[String]) -> BTreeMap<&'static str, Value> {
    let health = health.map_or_else(|| UNKNOWN.to_owned(), |health| health.to_string());
    BTreeMap::from([
        ("health", Value::from(health)),
        (FAILED_RULES, Value::from_iter(failed_rules.iter().map(String::as_str))),
    ])
}

fn commit(commit: &Commit) -> Value {
    let author = commit.authors.first().map_or_else(String::new, shown);
    Value::from(BTreeMap::from([
        ("revision", Value::from(commit.revision.as_str())),
        ("title", Value::from(commit.title.as_str())),
        ("author", Value::from(author)),
        ("url", Value::from(commit.url.as_deref().unwrap_or_default())),
    ]))
}

fn named_link(name: &str, url: &str) -> Value {
    Value::from(BTreeMap::from([("name", name.to_owned()), ("url", url.to_owned())]))
}

fn approval(decided: &Decided) -> Value {
    let glass = decided.glass.as_ref();
    let reason = decided.reason.as_deref().or(glass.map(|glass| glass.reason.as_str()));
    Value::from(BTreeMap::from([
        ("name", decided.name.clone()),
        ("rule", decided.rule.clone()),
        ("outcome", decided.outcome.to_owned()),
        ("opened_at", decided.opened_at.to_string()),
        ("closed_at", decided.closed_at.to_string()),
        ("reason", reason.unwrap_or_default().to_owned()),
        ("glass_broken_by", glass.map(|glass| glass.name.clone()).unwrap_or_default()),
    ]))
}

fn vote(vote: &Vote) -> Value {
    let choice = match vote.choice {
        Choice::Approve => "approve",
        Choice::Reject => "reject",
    };
    Value::from(BTreeMap::from([
        ("name", vote.name.clone()),
        ("choice", choice.to_owned()),
        ("reason", vote.reason.clone().unwrap_or_default()),
        ("at", vote.at.to_string()),
    ]))
}

/// A mention; what is no user id of Slack's is shown by name.
fn mentioned(approver: &Approver<'_>) -> Value {
    if is_user_id(approver.id) {
        return Value::from_safe_string(format!("<@{}>", approver.id));
    }
    Value::from(approver.name)
}

/// True if this is a Slack user id (`U…` or `W…`).
fn is_user_id(id: &str) -> bool {
    id.starts_with(['U', 'W']) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn pull_request(pull: &PullRequest) -> Value {
    Value::from(BTreeMap::from([
        ("url", Value::from(pull.url.as_str())),
        ("title", Value::from(pull.title.as_str())),
        ("author", Value::from(pull.author.as_str())),
        ("number", Value::from(pull.number)),
        ("labels", Value::from_iter(pull.labels.iter().map(String::as_str))),
    ]))
}

fn issue(issue: &Issue) -> Value {
    let word = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
    Value::from(BTreeMap::from([
        ("url", Value::from(issue.url.as_str())),
        ("key", Value::from(issue.key.as_str())),
        ("title", Value::from(issue.title.as_str())),
        ("priority", word(&issue.priority)),
        ("labels", Value::from_iter(issue.labels.iter().map(String::as_str))),
        ("type", word(&issue.kind)),
    ]))
}

fn pull_request_title(pull: &PullRequest) -> String {
    format!("#{} {}", pull.number, pull.title)
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { NOBODY_KNOWN.to_owned() } else { names.join(", ") }
}
