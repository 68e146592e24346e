//! The key `on_failure` of an action: it stands beside the action's name, or among its keys.

use super::reader::Reader;
use super::shape::meant;
use crate::condition::meant_truth;
use crate::edit::Edit;
use crate::problem::Position;
use crate::reference::{ASKING, ON_FAILURE, ON_FAILURES, WATCHING};
use crate::yaml::{Content, Entry};
use signoff_core::action::{Action, OnFailure};

const KEY: &str = ON_FAILURE.name;

/// The entries of an action without its `on_failure`, and each `on_failure` that stands there.
pub(super) fn without_on_failure(entries: &[Entry]) -> (Vec<Entry>, Vec<Entry>) {
    let (said, rest): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| entry.key == KEY);
    (rest, said)
}

/// An action's entry without the `on_failure` among its keys, which joins `said`.
pub(super) fn taken_out(entry: &Entry, said: &mut Vec<Entry>) -> Entry {
    let Content::Mapping(keys) = &entry.value.content else { return entry.clone() };
    let (rest, inner) = without_on_failure(keys);
    if inner.is_empty() {
        return entry.clone();
    }
    said.extend(inner);
    meant(&entry.key, entry, rest)
}

/// Other systems' words for what `on_failure` says, without their `_` and `-`.
const ELSEWHERE: [&str; 8] =
    ["onfail", "onfailed", "onfails", "onfailure", "onfailures", "onerror", "onerrors", "iffailed"];
/// Other systems' keys that are true where the rest goes on after a failure, without their `_` and `-`.
const CONTINUING: [&str; 9] = [
    "continueonerror",
    "continueonfailure",
    "ignoreerrors",
    "ignoreerror",
    "ignorefailure",
    "ignorefailures",
    "allowfailure",
    "allowfailures",
    "softfail",
];
/// Those that are true where nothing goes on.
const STOPPING: [&str; 9] = [
    "failfast",
    "stoponfailure",
    "stoponerror",
    "abortonfailure",
    "abortonerror",
    "haltonerror",
    "haltonfailure",
    "failonerror",
    "exitonerror",
];
/// Values with which these let the rest go on, and with which they do not.
const WORDS: [(&str, &[&str]); 2] = [
    ("continue", &["continue", "ignore", "skip", "warn", "next", "proceed", "resume", "pass"]),
    ("stop", &["stop", "abort", "fail", "exit", "halt", "cancel", "break", "error"]),
];

fn plain(key: &str) -> String {
    key.replace(['_', '-'], "").to_lowercase()
}

/// True for a key that is called `on_failure` here.
pub(super) fn is_on_failure(key: &str) -> bool {
    key != KEY && ELSEWHERE.contains(&plain(key).as_str()) || goes_on(key).is_some()
}

/// True if the rest goes on after a failure where the value of this key of other systems is true; `None`: it
/// is no such key.
fn goes_on(key: &str) -> Option<bool> {
    let plain = plain(key);
    let continues = CONTINUING.contains(&plain.as_str());
    (continues || STOPPING.contains(&plain.as_str())).then_some(continues)
}

impl Reader<'_> {
    /// Tells of a key of an action, or beside its name, that other systems have for `on_failure`.
    pub(super) fn on_failure_of_others(&mut self, entry: &Entry, message: String) {
        let text = entry.value.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| &scalar.text);
        let Some(text) = text else {
            if goes_on(&entry.key).is_some() {
                let right = format!("write `{KEY}: continue` or `{KEY}: stop`");
                return self.problem(entry.at, message, right);
            }
            let right = format!("take `{}` out: a failure is told in any case", entry.key);
            return self.problem(entry.at, message, right);
        };
        let lower = text.to_lowercase();
        let word = match goes_on(&entry.key) {
            // `fail_fast: false` goes on, and `allow_failure: false` does not.
            Some(goes_on) => {
                meant_truth(text).map(|truth| if truth == goes_on { "continue" } else { "stop" })
            }
            None => {
                WORDS.into_iter().find(|(_, words)| words.contains(&lower.as_str())).map(|(word, _)| word)
            }
        };
        let Some(word) = word else {
            let right = format!("write `{KEY}: continue` or `{KEY}: stop`");
            return self.problem(entry.at, message, right);
        };
        // Nothing but the key and the value: what stands between them stays.
        let edit = |at: Position, old: &str, put: &str| {
            let is_there = self.source.from(at).starts_with(old);
            is_there.then(|| Edit { at, removed: old.chars().count(), put: put.to_owned() })
        };
        let edits = [edit(entry.at, &entry.key, KEY), edit(entry.value.start, text, word)];
        let edits = if edits.iter().all(Option::is_some) { edits } else { [None, None] };
        let edits = edits.into_iter().flatten().collect();
        self.problem_with(entry.at, message, format!("write `{KEY}: {word}`"), edits);
    }

    /// `action`, called `name`, with what its entries `said` say of a failure.
    pub(super) fn with_on_failure(&mut self, action: Action, name: &str, said: &[Entry]) -> Action {
        let Some((first, more)) = said.split_first() else { return action };
        if let Some(again) = more.first() {
            self.problem(again.at, format!("`{KEY}` stands here twice"), format!("take one `{KEY}` out"));
        }
        if name == ASKING || name == WATCHING {
            let why = match name {
                ASKING => "nothing goes on without the approval",
                _ => "it never fails",
            };
            self.problem(first.at, format!("{name} takes no `{KEY}`: {why}"), format!("take `{KEY}` out"));
            return action;
        }
        // People first try to write here what is to be done.
        if first.value.as_scalar().is_none_or(|scalar| scalar.is_null()) {
            let message = format!("{KEY} says if the rule goes on, and takes no actions");
            let right = format!("write `{KEY}: continue` or `{KEY}: stop`: a failure is told in any case");
            self.problem(first.at, message, right);
            return action;
        }
        let word = self.word(&first.value, KEY, &ON_FAILURES);
        let on_failure = OnFailure::ALL.into_iter().find(|known| word.as_deref() == Some(known.word()));
        on_failure.map_or(action.clone(), |on_failure| action.with_on_failure(on_failure))
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use signoff_core::action::OnFailure;

    fn read(action: &str) -> Result<OnFailure, String> {
        let text = format!("rules:\n  - ship:\n      actions:\n        - {action}\n");
        match parse(&text, "rules.yml") {
            Ok(file) => Ok(file.rules[0].actions[0].on_failure()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    #[test]
    fn an_action_says_what_its_failure_means() {
        let beside = "auto_approve_build: deploy\n          on_failure: continue";
        let among_its_keys = "auto_approve_build: {build: deploy, on_failure: continue}";
        let bare = "trigger_build:\n          on_failure: continue";
        let alone = "trigger_build: {on_failure: continue}";
        for continues in [beside, among_its_keys, bare, alone, "notify_deployer: 'Done.'"] {
            assert_eq!(read(continues), Ok(OnFailure::Continue), "{continues}");
        }
        let told = "slack_channel_message: {channel: '#a', message: 'Done.', on_failure: stop}";
        for stops in [told, "auto_approve_build: deploy", "{notify_deployer: 'Done.', on_failure: stop}"] {
            assert_eq!(read(stops), Ok(OnFailure::Stop), "{stops}");
        }
    }

    #[test]
    fn wrong_on_failure_is_a_problem() {
        let problems = [
            "auto_approve_build: {build: deploy, on_failure: contine}",
            "{auto_approve_build: {build: deploy, on_failure: stop}, on_failure: continue}",
            "slack_channel_approval: {channel: '#a', on_failure: continue}",
            "on_failure: continue",
        ]
        .map(|action| read(action).unwrap_err());
        insta::assert_snapshot!(problems.join("\n"), @"
        rules.yml:4:59: on_failure can't be `contine`; did you mean `continue`?
        rules.yml:4:48: `on_failure` stands here twice; take one `on_failure` out
        rules.yml:4:51: slack_channel_approval takes no `on_failure`: nothing goes on without the approval; take `on_failure` out
        rules.yml:4:11: an action without a name; write, for example, `- auto_approve_build: 'name-of-the-build'`
        ");
    }
}
