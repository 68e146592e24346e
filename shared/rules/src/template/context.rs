//! What a template can name.

use approval::deploy::{Deploy, Person, PullRequest};
use approval::issue::Issue;
use approval::mrkdwn::{escape, link};
use minijinja::value::{Value, merge_maps};
use std::collections::BTreeMap;

/// The variable that says which rules stopped.
pub const FAILED_RULES: &str = "failed_rules";

/// What stands for the authors of a deploy that has none.
const NOBODY_KNOWN: &str = "the authors";

/// The Slack accounts of people, where they have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions(BTreeMap<String, String>);

impl Mentions {
    /// Nobody's account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `person` is `user_id` (`U…` or `W…`) in Slack. What is not such an id is not noted: the person is then
    /// shown by name.
    pub fn insert(&mut self, person: &Person, user_id: &str) {
        if user_id.starts_with(['U', 'W'])
            && user_id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
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
        for name in ["authors_slack", "slack_mention_authors"] {
            slack.insert(name, Value::from_safe_string(joined(&mentioned)));
            plain.insert(name, Value::from(joined(&named)));
        }
        slack.insert("deploy_slack", Value::from_safe_string(link(deploy_url, &deploy.title())));
        plain.insert("deploy_slack", Value::from(deploy.title()));
        slack.insert("pull_request_slack", Value::from_safe_string(linked.join(", ")));
        plain.insert("pull_request_slack", Value::from(titled.join(", ")));
        Self { slack: Value::from(slack), plain: Value::from(plain) }
    }

    /// The same, where the rules with these names stopped.
    pub fn with_failed_rules(self, names: &[String]) -> Self {
        let names = Value::from_iter(names.iter().map(String::as_str));
        let with =
            |values| merge_maps([values, Value::from(BTreeMap::from([(FAILED_RULES, names.clone())]))]);
        Self { slack: with(self.slack), plain: with(self.plain) }
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
        ("pull_request_id", first.map_or_else(nothing, |pull| Value::from(pull.number))),
        ("pr_url", first.map_or_else(nothing, |pull| Value::from(pull.url.as_str()))),
        ("prs", Value::from_iter(deploy.pull_requests.iter().map(pull_request))),
        ("issues", Value::from_iter(deploy.issues.iter().map(issue))),
        (FAILED_RULES, Value::from_iter(std::iter::empty::<Value>())),
    ])
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
