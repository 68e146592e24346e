//! Actions, but for approvals.

use super::approvals::{QUOTA, QUOTA_EXAMPLE};
use super::denied::is_nobody;
use super::events::EVENT_ACTION;
use super::freeze::{WINDOW, WINDOW_EXAMPLE};
use super::issues::{TRANSITION, TRANSITION_EXAMPLE, UPDATE, UPDATE_EXAMPLE};
use super::monitors::{MONITOR, MONITOR_EXAMPLE};
use super::on_failure::{taken_out, without_on_failure};
use super::personal::{PERSONAL, PERSONAL_EXAMPLE};
use super::reader::Reader;
use super::shape::{Named, has_unknown, synonym};
use crate::edit::Edit;
use crate::problem::{Position, one_line};
use crate::reference::{
    ACTIONS, ACTIONS_NOT_YET, APPROVAL, BUILD, CHANNEL_MESSAGE, DEFAULT_COMMENT, Key, RULE, TRIGGER_BUILD,
    has, names,
};
use crate::suggest::{closest, did_you_mean};
use crate::template::{LATE, is_late, sample_of};
use crate::yaml::{Content, Entry, Node};
use signoff_core::action::{Action, BuildRef, ChannelMessage, ParameterValue, TriggerSpec};
use std::collections::BTreeMap;
use std::rc::Rc;

const BUILD_KEYS: [&str; BUILD.len()] = names(&BUILD);
const TRIGGER_KEYS: [&str; TRIGGER_BUILD.len()] = names(&TRIGGER_BUILD);
const MESSAGE_KEYS: [&str; CHANNEL_MESSAGE.len()] = names(&CHANNEL_MESSAGE);

const EXAMPLE: &str = "`- auto_approve_build: 'name-of-the-build'`";

impl Reader<'_> {
    /// A list of actions. `what` is the key that it stands under.
    pub(super) fn actions(&mut self, node: &Node, what: &str, rule: &str) -> Vec<Action> {
        // Nobody who rejected means to approve a build.
        let example = match what {
            "on_reject" | "on_expire" => "`- notify_deployer: 'It is not out.'`",
            _ => EXAMPLE,
        };
        let nodes = self.list(node, what, example).unwrap_or_default();
        self.each(nodes, |reader, node| reader.action(node, rule))
    }

    /// One action: a bare name, `name: scalar` or `name: map`.
    fn action(&mut self, node: &Node, rule: &str) -> Option<Action> {
        let entries = match &node.content {
            Content::Mapping(entries) => entries.as_slice(),
            Content::Scalar(_) | Content::Sequence(_) => {
                let name = self.text(node, "an action")?;
                return self.named_action(name.trim(), node.start, None, rule);
            }
        };
        let (entries, mut said) = without_on_failure(entries);
        let entry = match entries.as_slice() {
            [entry] if !self.names_an_action(entry) => entry.clone(),
            [] => {
                self.problem(
                    node.start,
                    "an action without a name",
                    format!("write, for example, {EXAMPLE}"),
                );
                return None;
            }
            [_, ..] => match self.put_together(&entries, Named::Action) {
                Some(entry) => entry,
                None => {
                    for entry in entries.iter().filter(|entry| has(&ACTIONS_NOT_YET, &entry.key)) {
                        self.unsupported(entry.at, &entry.key);
                    }
                    return None;
                }
            },
        };
        let (name, entry) = (entry.key.trim(), taken_out(&entry, &mut said));
        let action = self.named_action(name, entry.at, Some(&entry), rule)?;
        Some(self.with_on_failure(action, name, &said))
    }

    /// True if a key is no action and its value is one: `- uses: trigger_build`.
    fn names_an_action(&self, entry: &Entry) -> bool {
        let is_action = |name: &str| ACTIONS.iter().any(|action| action.name == name);
        let value = entry.value.as_scalar().map_or("", |scalar| scalar.text.trim());
        !is_action(&entry.key) && is_action(value)
    }

    fn named_action(
        &mut self,
        name: &str,
        at: Position,
        entry: Option<&Entry>,
        rule: &str,
    ) -> Option<Action> {
        if has(&ACTIONS_NOT_YET, name) {
            self.unsupported(at, name);
            return None;
        }
        if ACTIONS.iter().all(|action| action.name != name) {
            let names = ACTIONS.iter().map(|action| action.name);
            let known = names.chain(ACTIONS_NOT_YET.iter().map(|action| action.name));
            let is_of = |keys: &[Key]| keys.iter().any(|key| key.name == name);
            let suggestion = if is_of(&RULE) {
                Some("it is a key of the rule: write it beside `actions`, without `- `".to_owned())
            } else if is_of(&APPROVAL) {
                Some("indent it under `slack_channel_approval`, without `- `".to_owned())
            } else {
                did_you_mean(name, known)
            };
            let all = || "`signoff rules reference` lists the actions".to_owned();
            self.problem(at, format!("unknown action `{name}`"), suggestion.unwrap_or_else(all));
            return None;
        }
        let value = entry.map(|entry| entry.value.as_ref()).filter(|node| !node.is_null());
        match (name, value) {
            ("trigger_build", None) => Some(Action::TriggerBuild(TriggerSpec {
                workflow: None,
                parameters: BTreeMap::new(),
                revision: None,
            })),
            ("notify_mentioned_issues", None) => {
                Some(Action::NotifyMentionedIssues(DEFAULT_COMMENT.to_owned()))
            }
            (EVENT_ACTION, None) => Some(Action::SendEvent(Self::default_event())),
            (_, None) if entry.is_some_and(|entry| self.is_commented(entry, name)) => {
                let node = entry.map(|entry| Rc::clone(&entry.value))?;
                self.text(&node, name);
                None
            }
            (_, None) => {
                let message = format!("`{name}` needs a value");
                self.problem(at, message, format!("write {}", example(name)));
                None
            }
            ("slack_channel_approval", Some(node)) => {
                self.approval(node, rule).map(Action::SlackChannelApproval)
            }
            ("auto_approve_build", Some(node)) => self.build(node).map(Action::AutoApproveBuild),
            ("trigger_build", Some(node)) => self.trigger(node).map(Action::TriggerBuild),
            ("slack_channel_message", Some(node)) => {
                self.channel_message(node).map(Action::SlackChannelMessage)
            }
            (PERSONAL, Some(node)) => self.personal_message(node).map(Action::SlackPersonalMessage),
            ("add_deploy_tag", Some(node)) => self.tag(node, name).map(Action::AddDeployTag),
            (MONITOR, Some(node)) => self.drift_monitor(node, rule).map(Action::MonitorDrift),
            ("slack_deploy_message", Some(node)) => self.template(node, name).map(Action::SlackDeployMessage),
            (EVENT_ACTION, Some(node)) => self.event(node).map(Action::SendEvent),
            ("webhook", Some(node)) => self.webhook(node).map(Action::Webhook),
            ("notify_mentioned_issues", Some(node)) => {
                self.template(node, name).map(Action::NotifyMentionedIssues)
            }
            (TRANSITION, Some(node)) => self.issue_transition(node).map(Action::TransitionMentionedIssues),
            ("transition_issues", Some(node)) => self.template(node, name).map(Action::TransitionIssues),
            (UPDATE, Some(node)) => self.issue_field(node).map(Action::UpdateMentionedIssues),
            ("notify_deploy_authors", Some(node)) => {
                self.template(node, name).map(Action::NotifyDeployAuthors)
            }
            ("notify_deployer", Some(node)) => self.template(node, name).map(Action::NotifyDeployer),
            (_, Some(node)) => self.template(node, name).map(Action::AddToDeployMessageThread),
        }
    }

    /// True where the text of an action begins with a `#`, which makes a comment of it.
    fn is_commented(&self, entry: &Entry, name: &str) -> bool {
        let takes_text = example(name).ends_with("'text'`") || name == "add_deploy_tag";
        let rest = self.source.from(entry.at).strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
        let commented = rest.and_then(|rest| rest.trim_start().strip_prefix('#'));
        takes_text && commented.is_some_and(|text| text.starts_with(char::is_alphanumeric))
    }

    /// A template that becomes one word. What it becomes is known when the action runs; a text without
    /// anything to fill in is known now.
    fn tag(&mut self, node: &Node, name: &str) -> Option<String> {
        let text = self.template(node, name)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        if let Some(joined) = one_word(text.trim()) {
            let message = format!("{name} fails: a tag is one word, and a space stands in this one");
            self.notice(node.start, message, format!("write `{name}: '{joined}'`"));
        } else if text.contains('{')
            && let Some(tag) = sample_of(&text)
            && tag.trim().contains(char::is_whitespace)
        {
            let tag = one_line(tag.trim().to_owned());
            let message =
                format!("{name} fails: a tag is one word, and this one becomes, for example, `{tag}`");
            self.notice(node.start, message, "take the spaces out".to_owned());
        }
        if text.trim() == "#" {
            let message = format!("{name} always fails: `#` alone is no tag");
            self.notice(node.start, message, format!("write, for example, {}", example(name)));
        }
        if let Some(tag) = text.trim().strip_prefix("##") {
            let message = format!("`{}` has two `#`, and no condition can name such a tag", text.trim());
            self.notice(node.start, message, format!("write `{name}: '#{}'`", tag.trim_start_matches('#')));
        }
        if let ([_], true, false) = (words.as_slice(), text.contains(','), text.contains('{')) {
            let message = format!("{name} adds one tag, and `{}` has a comma", text.trim());
            self.notice(node.start, message, "give each tag an action of its own".to_owned());
        }
        if !text.contains('{') && words.len() > 1 {
            let message =
                format!("{name} always fails: a tag is one word, and `{}` is {}", text.trim(), words.len());
            let is_several = words.iter().filter(|word| word.starts_with('#')).count() > 1;
            let right = match text.contains(',') || is_several {
                true => "give each tag an action of its own".to_owned(),
                false => format!("write `{name}: '{}'`", words.join("-")),
            };
            self.notice(node.start, message, right);
        }
        Some(text)
    }

    /// `'build'` or `{build, job}`.
    fn build(&mut self, node: &Node) -> Option<BuildRef> {
        let name = "auto_approve_build";
        let Content::Mapping(entries) = &node.content else {
            return self.template(node, name).map(|build| BuildRef { build, job: None });
        };
        let (mut build, mut job) = (None, None);
        for entry in self.known(entries, name, &BUILD_KEYS) {
            match entry.key.as_str() {
                "build" => build = self.template(&entry.value, "build"),
                "job" => job = self.template(&entry.value, "job"),
                _ => {}
            }
        }
        self.required(node, entries, name, "build")?;
        Some(BuildRef { build: build?, job })
    }

    /// `{parameters, revision}`.
    fn trigger(&mut self, node: &Node) -> Option<TriggerSpec> {
        let name = "trigger_build";
        let mut spec = TriggerSpec { workflow: None, parameters: BTreeMap::new(), revision: None };
        if let Some(scalar) =
            node.as_scalar().filter(|scalar| !scalar.text.contains([',', '{', '}', '\'', '#', '\n']))
        {
            if scalar.as_bool() == Some(false) || is_nobody(&scalar.text) || scalar.text.trim() == "0" {
                // It has been switched off, and without its value it is on.
                let message = format!("{name} takes keys with values{}", node.instead());
                self.problem(
                    node.start,
                    message,
                    "take the whole action out: without a value, it runs".to_owned(),
                );
                return None;
            }
            if scalar.as_bool().is_some() || scalar.as_integer().is_some() {
                let message = format!("{name} takes keys with values{}", node.instead());
                let removed = scalar.text.chars().count();
                let is_there = self.source.from(node.start).starts_with(&scalar.text);
                let edit = Edit { at: node.start, removed, put: String::new() };
                let edits = if is_there { vec![edit] } else { Vec::new() };
                self.problem_with(node.start, message, "leave the value out".to_owned(), edits);
                return None;
            }
            let message = format!("{name} takes keys with values, not a text");
            let code = format!("parameters: {{name: '{}'}}", scalar.text.trim());
            let edits = self.under_key(node, &code);
            self.problem_with(node.start, message, format!("write `{code}` under it"), edits);
            return None;
        }
        let entries = self.mapping(node, name, example(name))?;
        for entry in self.known(entries, name, &TRIGGER_KEYS) {
            match entry.key.as_str() {
                "revision" => spec.revision = self.early(&entry.value, "revision"),
                "parameters" if entry.value.is_null() => {}
                "parameters" => self.parameters(&entry.value, &mut spec),
                _ => {}
            }
        }
        Some(spec)
    }

    fn parameters(&mut self, node: &Node, spec: &mut TriggerSpec) {
        let example = "`parameters:` with a name and a value each";
        let entries = self.mapping(node, "parameters", example).unwrap_or_default();
        for entry in entries {
            if entry.key.trim().is_empty() {
                self.problem(
                    entry.at,
                    "a parameter has no name",
                    "write, for example, `name: value`".to_owned(),
                );
                continue;
            }
            let what = format!("the parameter `{}`", entry.key);
            self.name_of_a_workflow(entry, entries);
            let scalar = entry.value.as_scalar();
            if entry.key == "name" {
                spec.workflow = self.early(&entry.value, &what);
            } else if let Some(truth) = scalar.and_then(|scalar| scalar.as_bool()) {
                spec.parameters.insert(entry.key.clone(), ParameterValue::Bool(truth));
            } else if let Some(number) = scalar.and_then(|scalar| scalar.as_integer()) {
                spec.parameters.insert(entry.key.clone(), ParameterValue::Integer(number));
            } else if scalar.is_some_and(|scalar| !scalar.is_null() && scalar.text.trim().is_empty()) {
                // An empty text in quotes is a value that a build may want.
                spec.parameters.insert(entry.key.clone(), ParameterValue::Text(String::new()));
            } else if let Some(text) = self.template(&entry.value, &what) {
                spec.parameters.insert(entry.key.clone(), ParameterValue::Text(text));
            }
        }
    }

    /// Tells of `workflow: deploy.yml` where no parameter is called `name`, which says what GitHub starts.
    fn name_of_a_workflow(&mut self, entry: &Entry, entries: &[Entry]) {
        let text = entry.value.as_scalar().map_or("", |scalar| scalar.text.trim());
        let is_file = text.ends_with(".yml") || text.ends_with(".yaml");
        let is_named = entries.iter().any(|entry| entry.key == "name");
        let is_like =
            matches!(entry.key.to_lowercase().as_str(), "name" | "workflow" | "workflow_id" | "file");
        if entry.key == "name" || is_named || !is_file || !is_like {
            return;
        }
        let is_there = self.source.from(entry.at).starts_with(&entry.key);
        let edit = Edit { at: entry.at, removed: entry.key.chars().count(), put: "name".to_owned() };
        let message = format!("`{}` is a parameter of the build, and names no workflow", entry.key);
        let edits = if is_there { vec![edit] } else { Vec::new() };
        self.notice_with(entry.at, message, "did you mean `name`?".to_owned(), edits);
    }

    /// A template of something that people vote on: it names nothing that is known only when the action runs.
    fn early(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.template(node, what)?;
        if !is_late(&text) {
            return Some(text);
        }
        let late = LATE.iter().filter(|name| text.contains(**name)).map(|name| format!("`{name}`"));
        let late = late.collect::<Vec<_>>().join(" and ");
        let message = format!("{what} says what is built, and {late} is not known before people vote");
        self.problem(
            node.start,
            message,
            format!("leave out {late}, or give it to the build as another parameter"),
        );
        None
    }

    /// `{channel, message}`.
    fn channel_message(&mut self, node: &Node) -> Option<ChannelMessage> {
        let name = "slack_channel_message";
        let entries = self.mapping(node, name, example(name))?;
        let (mut channel, mut message) = (None, None);
        for entry in self.known(entries, name, &MESSAGE_KEYS) {
            match entry.key.as_str() {
                "channel" => channel = self.channel(&entry.value, "channel"),
                "message" => message = self.template(&entry.value, "message"),
                _ => {}
            }
        }
        let present = self.required(node, entries, name, "channel");
        self.required(node, entries, name, "message").and(present)?;
        Some(ChannelMessage { channel: channel?, message: message? })
    }

    /// A key that must be there.
    pub(super) fn required(&mut self, node: &Node, entries: &[Entry], of: &str, key: &str) -> Option<()> {
        if entries.iter().any(|entry| entry.key == key) {
            return Some(());
        }
        // A misspelt key has been told already, and so has one that is meant for it.
        let is_meant =
            |entry: &Entry| closest(&entry.key, [key]).is_some() || synonym(of, &entry.key) == Some(key);
        if !has_unknown(of, entries) && !entries.iter().any(is_meant) {
            self.problem(node.start, format!("{of} has no `{key}`"), format!("write {}", example(of)));
        }
        None
    }
}

/// A template of a tag with hyphens for the spaces outside of its code; `None`: it has none, or what it
/// shows is not known before.
fn one_word(text: &str) -> Option<String> {
    if !text.contains("{{") || text.contains("{%") || text.contains("{#") || text.contains(['\'', '\n']) {
        return None;
    }
    let mut written = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let end = start + rest.get(start..)?.find("}}")? + 2;
        written.push_str(&rest.get(..start)?.replace(' ', "-"));
        written.push_str(rest.get(start..end)?);
        rest = rest.get(end..)?;
    }
    written.push_str(&rest.replace(' ', "-"));
    Some(written).filter(|written| written != text)
}

/// An action, or an entry of one, as it can be written.
fn example(name: &str) -> &'static str {
    match name {
        "slack_channel_approval" => "`channel: '#name-of-the-channel'` and what else it takes under it",
        "auto_approve_build" => "`auto_approve_build: 'name-of-the-build'`, or `build:` and `job:` under it",
        "trigger_build" => "`parameters:` with a name and a value each under it",
        "slack_channel_message" => "`channel: '#name-of-the-channel'` and `message: 'text'` under it",
        "notify_deploy_authors" => "`notify_deploy_authors: 'text'`",
        "notify_deployer" => "`notify_deployer: 'text'`",
        PERSONAL => PERSONAL_EXAMPLE,
        "add_deploy_tag" => "`add_deploy_tag: '#soaked'`",
        MONITOR => MONITOR_EXAMPLE,
        "slack_deploy_message" => "`slack_deploy_message: 'text'`",
        "webhook" => "`webhook: https://example.com/hook`",
        TRANSITION => TRANSITION_EXAMPLE,
        "transition_issues" => "`transition_issues: Done`",
        UPDATE => UPDATE_EXAMPLE,
        QUOTA => QUOTA_EXAMPLE,
        WINDOW => WINDOW_EXAMPLE,
        _ => "`add_to_deploy_message_thread: 'text'`",
    }
}
