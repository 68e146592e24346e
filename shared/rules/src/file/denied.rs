//! Keys that say the opposite of one that there is, or something beside it: `no_self_approval`.

use super::reader::{MAX_REPEATED, Reader};
use crate::condition::{meant_truth, negated};
use crate::edit::Edit;
use crate::suggest::{Sense, denied};
use crate::yaml::{Content, Entry};

/// Keys of an approval that are true or false.
const TRUTHS: [&str; 5] = ["self_approval", "ask_again", "supersede", "authors_only", "verified_commits"];
/// Keys of other systems that are true where nobody approves a change of their own.
const FOUR_EYES: [&str; 6] = [
    "prevent_self_review",
    "prevent_self_approval",
    "four_eyes",
    "require_four_eyes",
    "two_person_rule",
    "separation_of_duties",
];
/// Words before a condition that has not to hold.
pub(super) const DENYING: [&str; 9] =
    ["not", "unless", "except", "none", "none_of", "neither", "nor", "no", "never"];

/// The condition that holds where the one in `text` does not; `None`: there is none in one line.
pub(super) fn turned_round(text: &str) -> Option<String> {
    negated(text).filter(|turned| turned.chars().count() <= MAX_REPEATED)
}

impl Reader<'_> {
    /// Tells of a key of `of` that denies one of `known`, or changes what it says: nobody means that one.
    /// False: the key is none of these. `message` says that it is not known.
    pub(super) fn denied_key(&mut self, entry: &Entry, of: &str, known: &[&str], message: &str) -> bool {
        let key = entry.key.as_str();
        if of == "a rule" && matches!(key, "unless" | "except" | "only" | "ignore" | "exclude") {
            self.filter_of_others(entry, message);
            return true;
        }
        if of == "a condition" && DENYING.contains(&key.to_lowercase().as_str()) {
            let right = "negate the expression: use `!=` for `=`".to_owned();
            self.problem(entry.at, message, right);
            return true;
        }
        let is_approval = of == "slack_channel_approval";
        let found = match is_approval && FOUR_EYES.contains(&key) {
            true => Some(("self_approval", Sense::Opposite)),
            false => denied(key, known.iter().copied()),
        };
        let Some((name, sense)) = found else { return false };
        let text = entry.value.as_scalar().map_or("", |scalar| scalar.text.trim());
        let truth = meant_truth(text).filter(|_| is_approval && TRUTHS.contains(&name));
        if let (Some(truth), Sense::Opposite) = (truth, sense) {
            let right = format!("write `{name}: {}`", !truth);
            let edits = self.key_and_value(entry, name, &(!truth).to_string());
            self.problem_with(entry.at, message, right, edits);
            return true;
        }
        let right = match name {
            "approvers" | "from" | "break_glass" => {
                "list the people who can vote: you can't exclude anyone by name".to_owned()
            }
            "on_success" | "on_reject" | "on_expire" => {
                "`on_success` runs after an approval, `on_reject` after a rejection, and `on_expire` after the deadline".to_owned()
            }
            "votes_required" | "rejections_required" => {
                format!("`{name}` is the number that is enough: there is no upper limit")
            }
            "conditions" if sense == Sense::Other => {
                "every entry of `conditions` has to hold: join the ones of which one is enough with `or`, in one entry"
                    .to_owned()
            }
            "conditions" => "negate each condition: use `!=` for `=`".to_owned(),
            "days" | "dates" => "list the days on which the rule must not act".to_owned(),
            _ => format!("no key says the opposite of `{name}`"),
        };
        self.problem(entry.at, message, right);
        true
    }

    /// `unless:`, `except:` or `only:` of a rule, as other systems choose what runs.
    fn filter_of_others(&mut self, entry: &Entry, message: &str) {
        let is_out = entry.key != "only";
        let text =
            entry.value.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.trim());
        if let Some(turned) =
            text.filter(|text| is_out && text.contains(['=', '<', '>'])).and_then(turned_round)
        {
            let edits = self.under_another_list(entry, "conditions", &turned);
            let right = format!("write `conditions:` and under it `- {turned}`");
            return self.problem_with(entry.at, message, right, edits);
        }
        if entry.key == "unless" {
            let right = "the list `conditions:` says what has to hold: negate it there, with `!=` for `=`";
            return self.problem(entry.at, message, right.to_owned());
        }
        let names: Vec<&str> = match &entry.value.content {
            Content::Scalar(_) => text.into_iter().collect(),
            Content::Sequence(nodes) => {
                nodes.iter().filter_map(|node| Some(node.as_scalar()?.text.trim())).collect()
            }
            Content::Mapping(_) => Vec::new(),
        };
        let is_name = |name: &&str| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'))
        };
        let names = if names.iter().all(is_name) && !names.is_empty() { names } else { vec!["main"] };
        let (sign, word) = if is_out { ("!=", " and ") } else { ("=", " or ") };
        let each: Vec<String> = names.iter().map(|name| format!("branch{sign}'{name}'")).collect();
        let right = format!("write, for example, `- {}` in the list `conditions:`", each.join(word));
        self.problem(entry.at, message, right);
    }

    /// The changes that give an entry another key and another value; none where one of the two is not there
    /// as it is read.
    pub(super) fn key_and_value(&self, entry: &Entry, key: &str, value: &str) -> Vec<Edit> {
        let is_there = self.source.from(entry.at).starts_with(&entry.key);
        let edits = self.rewritten(&entry.value, value);
        let put = |edit: Edit| Edit { put: value.to_owned(), ..edit };
        match edits.into_iter().next().filter(|_| is_there) {
            Some(edit) => {
                let removed = entry.key.chars().count();
                vec![Edit { at: entry.at, removed, put: key.to_owned() }, put(edit)]
            }
            None => Vec::new(),
        }
    }
}

/// True if a word says that nobody is meant.
pub(super) fn is_nobody(text: &str) -> bool {
    let plain = text.trim().trim_start_matches('@').to_lowercase().replace(['_', '-', ' '], "");
    matches!(
        plain.as_str(),
        "none" | "nobody" | "noone" | "false" | "no" | "off" | "never" | "disabled" | "n/a"
    )
}
