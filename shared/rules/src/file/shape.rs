//! Entries that are put together wrongly: a name that stands as a value, and keys beside the one that they
//! belong to.

use super::approvals::QUOTA;
use super::on_failure::is_on_failure;
use super::reader::Reader;
use crate::edit::Edit;
use crate::problem::Position;
use crate::reference::{
    ACTIONS, ACTIONS_NOT_YET, APPROVAL, ASKING, Key, ON_FAILURE, RULE, Takes, WATCHING, has,
};
use crate::suggest::closest;
use crate::variables::{Variable, look_up};
use crate::yaml::{Content, Entry, Node};
use std::rc::Rc;

/// Keys whose value other systems take for the name of an entry.
const NAMING: [&str; 7] = ["name", "type", "uses", "action", "id", "kind", "rule"];
/// Keys with the name of a rule, where what it does stands beside them.
const TITLES: [&str; 5] = ["title", "job", "step", "stage", "policy"];
/// Names of a time limit that have a unit behind them.
const LIMITS: [&str; 6] = ["timeout", "timeout_in", "expires", "expires_in", "expires_after", "ttl"];
/// Keys under which other systems put what an entry takes.
const TAKING: [&str; 4] = ["with", "args", "inputs", "options"];

/// Kind of an entry of a list: a rule or an action, each of which has its name as its only key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// An entry of `rules`.
    Rule,
    /// An entry of a list of actions.
    Action,
}

impl Named {
    /// The word for it, with its article.
    fn article(self) -> &'static str {
        match self {
            Self::Rule => "a rule",
            Self::Action => "an action",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Action => "action",
        }
    }

    /// True if `key` may stand under the entry that is called `name`.
    fn takes(self, name: &str, key: &str) -> bool {
        match self {
            Self::Rule => RULE.iter().any(|known| known.name == key),
            Self::Action => keys_of(name).iter().any(|known| known.name == key),
        }
    }
}

impl Reader<'_> {
    /// The entry that is meant where its keys are put together wrongly, which is told; `None`: it can't be
    /// known. `entries` are the keys of one entry of a list.
    pub(super) fn put_together(&mut self, entries: &[Entry], what: Named) -> Option<Entry> {
        let (first, rest) = entries.split_first()?;
        if let Some(named) = named_by_value(entries, what) {
            let (entry, name) = named;
            let under = match what {
                Named::Rule => "its `conditions:` and `actions:` indented under it",
                Named::Action => "what it takes indented under it",
            };
            let message = format!("the name of {} is its key", what.article());
            self.problem(entry.at, message, format!("write `- {name}:`, and {under}"));
            let body =
                entries.iter().filter(|other| !NAMING.contains(&other.key.as_str()) || name == other.key);
            let body = body.filter(|other| other.at != entry.at);
            return Some(meant(&name, entry, unwrapped(body.cloned().collect())));
        }
        if let Some(entry) = self.action_with_a_title(entries, what) {
            return Some(entry);
        }
        let is_of_a_rule = |entry: &Entry| Named::Rule.takes("", &entry.key);
        if what == Named::Action
            && entries.iter().all(is_of_a_rule)
            && entries.iter().any(|entry| entry.key == "actions")
        {
            let message = "a rule stands among the actions of another".to_owned();
            let right =
                "start a rule of its own in the list `rules:`, and write the keys under its name".to_owned();
            self.problem(first.at, message, right);
            return None;
        }
        if let Some(name) =
            first.value.as_scalar().filter(|_| what == Named::Action && NAMING.contains(&first.key.as_str()))
        {
            let name = name.text.trim();
            let right = closest(name, ACTIONS.iter().map(|action| action.name)).unwrap_or("trigger_build");
            let message = format!("unknown action `{name}`, and the name of an action is its key");
            let right = format!("write, for example, `- {right}:`, and what it takes indented under it");
            self.problem(first.at, message, right);
            return None;
        }
        let second = rest.first()?;
        let beside = format!("`{}` stands beside `{}` instead of under it", second.key, first.key);
        let keys = listed(rest);
        let belongs = |entry: &Entry| what.takes(&first.key, &entry.key);
        if first.value.is_null() && (what == Named::Action || belongs(second)) {
            self.problem(second.at, beside, format!("indent {keys} under `{}`", first.key));
            return Some(meant(&first.key, first, rest.to_vec()));
        }
        match &first.value.content {
            Content::Mapping(inner) if rest.iter().all(belongs) => {
                let is_flow = self.source.from(first.value.start).starts_with('{');
                let right = match is_flow {
                    true => format!("write {keys} into the braces of `{}`", first.key),
                    false => format!("indent {keys} under `{}`", first.key),
                };
                self.problem(second.at, beside, right);
                Some(meant(&first.key, first, [inner.as_slice(), rest].concat()))
            }
            Content::Scalar(_) if belongs(second) => {
                let right = format!("write `{}:` without a value, and indent {keys} under it", first.key);
                self.problem(second.at, beside, right);
                None
            }
            _ if what.takes("", &first.key)
                || (what == Named::Action && belongs_to_an_action(&first.key)) =>
            {
                let message = format!("{} without a name", what.article());
                let right = format!(
                    "write `- name-of-the-{}:` above `{}`, and indent {} under it",
                    what.word(),
                    first.key,
                    listed(entries)
                );
                let right = match what {
                    Named::Rule => right,
                    Named::Action => right.replace("name-of-the-action", action_of(&first.key)),
                };
                self.problem(first.at, message, right);
                None
            }
            _ if what == Named::Action && !is_action(&second.key) => {
                let message = format!("an action takes no `{}` beside it", second.key);
                if is_on_failure(&second.key) && ![ASKING, WATCHING].contains(&first.key.as_str()) {
                    self.on_failure_of_others(second, message);
                    return None;
                }
                let right = match second.key.as_str() {
                    "if" | "when" | "conditions" | "condition" => {
                        "write what has to hold in the `conditions:` of the rule".to_owned()
                    }
                    "unless" => {
                        "the `conditions:` of the rule say what has to hold: negate it there, with `!=` for `=`"
                            .to_owned()
                    }
                    key => format!("take `{key}` out"),
                };
                self.problem(second.at, message, right);
                None
            }
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => {
                let message = format!("`{}` in the entry of `{}`", second.key, first.key);
                let edits = self.with_dash(first, second);
                self.problem_with(second.at, message, format!("start each {} with `- `", what.word()), edits);
                None
            }
        }
    }
}

impl Reader<'_> {
    /// The change that makes an entry of its own of a key which stands under the first of another entry.
    fn with_dash(&self, first: &Entry, second: &Entry) -> Vec<Edit> {
        let before = |entry: &Entry| -> String {
            self.source.line(entry.at.line).chars().take(entry.at.column.saturating_sub(1)).collect()
        };
        let is_below = before(second).trim().is_empty() && first.at.column == second.at.column;
        if !is_below || !before(first).ends_with("- ") {
            return Vec::new();
        }
        let at = Position { column: second.at.column - 2, ..second.at };
        vec![Edit { at, removed: 2, put: "- ".to_owned() }]
    }

    /// Reports a time limit of an approval that has its unit in its key, as `timeout_minutes: 30`. True if it
    /// is one.
    pub(super) fn limit_with_a_unit(&mut self, entry: &Entry, of: &str, message: &str) -> bool {
        let key = entry.key.to_lowercase().replace('-', "_");
        let (name, unit) = key.rsplit_once('_').unwrap_or((&key, ""));
        let unit = match unit {
            "minutes" | "mins" | "min" => 'm',
            "hours" | "hrs" => 'h',
            "days" => 'd',
            _ => return false,
        };
        if of != ASKING || !LIMITS.contains(&name) {
            return false;
        }
        let number = entry.value.as_scalar().map(|scalar| scalar.text.trim());
        let Some(number) = number.filter(|text| text.parse().is_ok_and(|number: u16| number > 0)) else {
            let right = format!("write, for example, `expires_after: '24{unit}'`");
            self.problem(entry.at, message.to_owned(), right);
            return true;
        };
        let right = format!("expires_after: '{number}{unit}'");
        let written = format!("{}: {number}", entry.key);
        let is_there = self.source.from(entry.at).starts_with(&written);
        let edit = Edit { at: entry.at, removed: written.chars().count(), put: right.clone() };
        let edits = if is_there { vec![edit] } else { Vec::new() };
        self.problem_with(entry.at, message.to_owned(), format!("write `{right}`"), edits);
        true
    }

    /// `- name: Ask` beside `slack_channel_approval:`, as steps of other systems have a title.
    fn action_with_a_title(&mut self, entries: &[Entry], what: Named) -> Option<Entry> {
        let is_action = |entry: &&Entry| is_action(&entry.key);
        let mut titles = entries.iter().filter(|entry| !is_action(entry));
        let title = titles.next()?;
        let actions: Vec<&Entry> = entries.iter().filter(is_action).collect();
        let [action] = actions.as_slice() else { return None };
        let is_title = |entry: &Entry| NAMING.contains(&entry.key.as_str()) || entry.key == "title";
        if what == Named::Rule || !is_title(title) || !titles.all(is_title) {
            return None;
        }
        let message = format!("an action takes no `{}` beside its own name", title.key);
        self.problem(title.at, message, format!("take `{}` out", title.key));
        Some((*action).clone())
    }
}

fn is_action(key: &str) -> bool {
    ACTIONS.iter().any(|action| action.name == key) || has(&ACTIONS_NOT_YET, key)
}

/// Keys under which other systems put what a rule does.
fn is_what_it_does(key: &str) -> bool {
    matches!(key, "steps" | "jobs" | "do" | "then" | "run" | "action" | "tasks")
}

/// The list of a rule that a key of other systems, or a misspelt one, is meant for; `None`: it is meant for
/// none.
pub(super) fn list_meant(key: &str, of: &str, known: &[&str]) -> Option<&'static str> {
    if of != "a rule" {
        return None;
    }
    match key {
        "if" | "when" | "only_if" | "where" => Some("conditions"),
        "on" | "event" | "events" | "trigger" => Some("triggers"),
        _ if is_what_it_does(key) => Some("actions"),
        _ => ["conditions", "actions", "triggers"]
            .into_iter()
            .find(|list| closest(key, known.iter().copied()) == Some(list)),
    }
}

/// Other systems' words for keys, with the name here, by the thing that takes the key.
const SYNONYMS: [(&str, &[&str], &str); 38] = [
    ("monitor_drift", &["actions", "then", "do", "over", "above", "on_drift", "on_exceeded"], "on_over"),
    ("monitor_drift", &["under", "below", "on_recovered", "on_resolved"], "on_under"),
    ("monitor_drift", &["limit", "max", "max_drift", "drift"], "threshold"),
    ("monitor_drift", &["env", "stage", "target"], "environment"),
    ("a rule", &["needs", "depends_on", "dependsOn", "depends-on", "requires", "wait_for"], "after"),
    ("a rule", &["desc", "comment", "summary"], "description"),
    (
        "slack_channel_approval",
        &["on_approve", "on_approval", "on_approved", "then", "approved"],
        "on_success",
    ),
    ("slack_channel_approval", &["on_deny", "on_denied", "on_decline", "rejected", "else"], "on_reject"),
    ("slack_channel_approval", &["on_timeout", "on_expiry", "on_expired", "expired"], "on_expire"),
    ("slack_channel_approval", &["room", "slack_channel", "slack-channel"], "channel"),
    ("slack_channel_approval", &["only_authors"], "authors_only"),
    ("slack_channel_approval", &["reason_required"], "require_reason"),
    (
        "slack_channel_approval",
        &["minimum_approvals", "min_approvals", "required_approvals"],
        "votes_required",
    ),
    ("slack_personal_message", &["recipient", "recipients", "emails", "to"], "email"),
    (
        "slack_channel_approval",
        &["required", "approvals", "count", "min_votes", "required_votes", "minimum_votes"],
        "votes_required",
    ),
    ("slack_channel_approval", &["reviewers", "voters", "users", "groups"], "approvers"),
    ("slack_channel_approval", &["timeout", "expires", "ttl", "expiry", "expiration"], "expires_after"),
    ("slack_channel_approval", &["message", "text", "question"], "prompt"),
    ("slack_channel_approval", &["title", "label", "id"], "name"),
    (QUOTA, &["group", "groups", "who", "team", "user", "users", "approvers", "members"], "from"),
    (QUOTA, &["count", "number", "min", "votes_required", "required", "amount"], "votes"),
    ("slack_channel_message", &["text", "body", "prompt"], "message"),
    ("auto_approve_build", &["name", "workflow", "pipeline"], "build"),
    ("auto_approve_build", &["step", "stage"], "job"),
    ("trigger_build", &["inputs", "variables", "params", "args", "with"], "parameters"),
    ("trigger_build", &["ref", "branch", "sha", "commit"], "revision"),
    ("webhook", &["address", "link", "href", "endpoint", "uri"], "url"),
    ("webhook", &["data", "payload", "json", "content", "message"], "body"),
    ("webhook", &["header"], "headers"),
    ("webhook", &["verb", "type"], "method"),
    ("send_event", &["name", "event", "type"], "detail_type"),
    ("send_event", &["data", "payload", "body"], "detail"),
    ("transition_mentioned_issues", &["to", "status", "transition"], "state"),
    ("update_mentioned_issues", &["field", "name"], "field_name"),
    ("update_mentioned_issues", &["value", "to"], "field_value"),
    ("a freeze window", &["tz", "timezone", "zone"], "time_zone"),
    ("a freeze window", &["start", "begin"], "from"),
    ("a freeze window", &["end", "until"], "to"),
];

/// The key of `of` that `key` is called elsewhere.
pub(super) fn synonym(of: &str, key: &str) -> Option<&'static str> {
    let found = SYNONYMS.iter().find(|(other, words, _)| *other == of && words.contains(&key));
    found.map(|(.., name)| *name)
}

/// The clause that says where a key belongs that `of` does not take.
pub(super) fn misplaced(key: &str, of: &str) -> Option<String> {
    let is_action = is_action(key);
    let is_of = |keys: &[Key]| keys.iter().any(|known| known.name == key);
    match of {
        "a rules file" if is_of(&RULE) => {
            Some("indent it under the name of its rule, in the list `rules:`".to_owned())
        }
        "a rule" if key == "name" => Some("the name of a rule is its key: take this out".to_owned()),
        "a rule" if is_action => Some(format!("write `- {key}:` in the list `actions:`")),
        "a rule" if is_what_it_does(key) => {
            Some("write what the rule does in the list `actions:`".to_owned())
        }
        "a rule" if is_of(&APPROVAL) => Some("indent it under `slack_channel_approval`".to_owned()),
        "a rule" if matches!(key, "if" | "when") => {
            Some("write what has to hold in the list `conditions:`".to_owned())
        }
        "a rule" if look_up(key) == Variable::Supported => {
            Some(format!("write `- {key}='…'` in the list `conditions:`"))
        }
        "a rule" if matches!(key, "branches" | "filters") => {
            Some("write, for example, `- branch='main'` in the list `conditions:`".to_owned())
        }
        "a rule" if matches!(key, "environments" | "stage" | "env" | "target") => {
            Some("write, for example, `- environment='Staging'` in the list `conditions:`".to_owned())
        }
        "a rule" if matches!(key, "schedule" | "cron" | "window" | "blackout") => Some(
            "a rule is opened by deploys; the time in which it must not act stands under `freeze:`"
                .to_owned(),
        ),
        "a rule" if matches!(key, "before" | "priority" | "order" | "weight") => {
            Some("rules that wait for others say so with `after:`".to_owned())
        }
        "slack_channel_approval" if is_on_failure(key) => {
            Some("write `on_reject:` for a rejection, or `on_expire:` for a deadline that passes".to_owned())
        }
        "a rule" if is_on_failure(key) || key == ON_FAILURE.name => Some(format!(
            "take `{key}` out: an action says it beside its name, and other rules ask for `failed_rules`"
        )),
        _ if synonym(of, key).is_some() => synonym(of, key).map(|name| format!("did you mean `{name}`?")),
        "trigger_build" if matches!(key, "name" | "workflow" | "environment" | "version" | "tags") => {
            let name = if key == "workflow" { "name" } else { key };
            Some(format!("write `{name}:` under `parameters:`"))
        }
        "slack_channel_approval" if is_action => Some(format!("write `- {key}:` in the list `on_success:`")),
        "slack_channel_approval" if is_of(&RULE) => {
            Some("it is a key of the rule: write it beside `actions`".to_owned())
        }
        _ => None,
    }
}

/// True if one of `entries` is a key that the action `of` does not take.
pub(super) fn has_unknown(of: &str, entries: &[Entry]) -> bool {
    let keys = keys_of(of);
    !keys.is_empty() && entries.iter().any(|entry| keys.iter().all(|known| known.name != entry.key))
}

/// The keys that an action takes.
fn keys_of(action: &str) -> &'static [Key] {
    let takes = ACTIONS.iter().find(|known| known.name == action).map_or(&[][..], |known| known.takes);
    let keys = takes.iter().find_map(|takes| match takes {
        Takes::Keys(keys) => Some(*keys),
        _ => None,
    });
    keys.unwrap_or_default()
}

fn belongs_to_an_action(key: &str) -> bool {
    ACTIONS.iter().any(|action| keys_of(action.name).iter().any(|known| known.name == key))
}

/// The action that a key most likely belongs to: the first that takes it.
fn action_of(key: &str) -> &'static str {
    let takes = |name: &str| keys_of(name).iter().any(|known| known.name == key);
    ACTIONS.iter().map(|action| action.name).find(|name| takes(name)).unwrap_or("name-of-the-action")
}

/// The entry whose value is the name of what the others belong to, and that name.
fn named_by_value(entries: &[Entry], what: Named) -> Option<(&Entry, String)> {
    let has_body = entries.iter().any(|entry| matches!(entry.key.as_str(), "conditions" | "actions"));
    let is_naming = |entry: &&Entry| {
        let key = entry.key.as_str();
        NAMING.contains(&key) || (what == Named::Rule && has_body && TITLES.contains(&key))
    };
    let named = entries.iter().filter(is_naming).find_map(|entry| {
        let scalar = entry.value.as_scalar().filter(|scalar| !scalar.is_null())?;
        // `uses: trigger_build@v1`, as GitHub's actions have a version.
        let text = scalar.text.trim();
        let name = if what == Named::Action { text.split('@').next().unwrap_or(text) } else { text };
        let is_one = match what {
            Named::Rule => !name.is_empty(),
            Named::Action => ACTIONS.iter().any(|action| action.name == name) || has(&ACTIONS_NOT_YET, name),
        };
        is_one.then(|| (entry, name.to_owned()))
    })?;
    Some(named)
}

/// Moves the entries under `with:` up beside it.
fn unwrapped(body: Vec<Entry>) -> Vec<Entry> {
    let inner = |entry: Entry| match (&entry.value.content, TAKING.contains(&entry.key.as_str())) {
        (Content::Mapping(inner), true) => inner.clone(),
        _ => vec![entry],
    };
    body.into_iter().flat_map(inner).collect()
}

/// The entry `name` with `body` under it, in the place of `at`.
pub(super) fn meant(name: &str, at: &Entry, body: Vec<Entry>) -> Entry {
    let value = if body.is_empty() { Node::nothing(at.at) } else { Node::of_entries(body, at.at) };
    Entry { key: name.to_owned(), at: at.at, value: Rc::new(value) }
}

/// The names of keys, as a list in a sentence; of many, the first.
fn listed(entries: &[Entry]) -> String {
    match entries {
        [one] => format!("`{}`", one.key),
        [one, two] => format!("`{}` and `{}`", one.key, two.key),
        [one, ..] => format!("`{}` and what follows it", one.key),
        [] => "it".to_owned(),
    }
}
