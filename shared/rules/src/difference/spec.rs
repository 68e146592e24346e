//! The changes of approvals that a rule of both files has, key by key.

use super::{RuleChange, Touches, all_of, approvals, one};
use crate::file::Rule;
use jiff::SignedDuration;
use signoff_core::action::{Action, ApprovalSpec, QuotaSpec, Reasons};

/// The approvals of `old` that `new` removes or changes.
pub(super) fn changed(old: &Rule, new: &Rule) -> Vec<RuleChange> {
    let mut changes = Vec::new();
    let all = approvals(new);
    let (were, are) = (paths(&old.actions, ""), paths(&new.actions, ""));
    for spec in approvals(old) {
        let change = |text: String| RuleChange {
            text: format!("{text} of the approval \u{201c}{}\u{201d}", spec.name),
            touches: one(old, spec),
        };
        let stands = of(&are, &spec.name);
        if !stands.is_empty() && of(&were, &spec.name) != stands {
            let text = format!("moves the approval \u{201c}{}\u{201d} of the rule `{}`", spec.name, old.name);
            // What it guards, and who is asked before, may be others: whoever is asked in the rule decides.
            changes.push(RuleChange { text, touches: all_of(old) });
        }
        match all.iter().find(|new| new.name == spec.name) {
            None => changes.push(RuleChange {
                text: format!(
                    "removes the approval \u{201c}{}\u{201d} from the rule `{}`",
                    spec.name, old.name
                ),
                touches: one(old, spec),
            }),
            Some(new) if *new == spec => {}
            Some(new) => {
                let of_keys = keys(spec, new);
                // What follows an approval may act without asking those who voted on it.
                let new_act =
                    follows(new).iter().any(|action| action.may_act() && !follows(spec).contains(action));
                for text in of_keys {
                    let acts = new_act && text.contains("`on_");
                    let moves = spec.range.promotes_to != new.range.promotes_to;
                    let RuleChange { text, touches } = change(text);
                    let touches = if acts || moves { Touches::Everything } else { touches };
                    changes.push(RuleChange { text, touches });
                }
            }
        }
    }
    changes
}

/// The approvals of these actions: the name of each, and under which others it stands.
fn paths(actions: &[Action], at: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for action in actions {
        let Action::SlackChannelApproval(spec) = action else { continue };
        found.push((spec.name.clone(), at.to_owned()));
        let next = [("success", &spec.on_success), ("reject", &spec.on_reject), ("expire", &spec.on_expire)];
        for (when, then) in next {
            found.extend(paths(then, &format!("{at}/{:?} {when}", spec.name)));
        }
    }
    found.sort();
    found
}

/// Returns the paths of the approvals called `name`.
fn of<'p>(paths: &'p [(String, String)], name: &str) -> Vec<&'p str> {
    paths.iter().filter(|(known, _)| known == name).map(|(_, at)| at.as_str()).collect()
}

fn follows(spec: &ApprovalSpec) -> Vec<&Action> {
    [&spec.on_success, &spec.on_reject, &spec.on_expire].into_iter().flatten().collect()
}

/// The keys that differ, as the beginnings of sentences.
fn keys(old: &ApprovalSpec, new: &ApprovalSpec) -> Vec<String> {
    let mut texts = Vec::new();
    let mut number = |key: &str, old: u32, new: u32| {
        if old != new {
            let verb = if new < old { "lowers" } else { "raises" };
            texts.push(format!("{verb} `{key}` from {old} to {new}"));
        }
    };
    number("votes_required", old.votes_required, new.votes_required);
    number("rejections_required", old.rejections_required, new.rejections_required);
    let mut text = |key: &str, old: String, new: String| {
        if old != new {
            texts.push(format!("changes `{key}` from {old} to {new}"));
        }
    };
    text("channel", old.channel.clone(), new.channel.clone());
    text("approvers", people(&old.approvers), people(&new.approvers));
    text("votes_required by group", quotas(&old.quotas), quotas(&new.quotas));
    text("break_glass", breakers(&old.break_glass), breakers(&new.break_glass));
    text("authors_only", old.authors_only.to_string(), new.authors_only.to_string());
    text("self_approval", old.self_approval.to_string(), new.self_approval.to_string());
    text("ask_again", old.ask_again.to_string(), new.ask_again.to_string());
    let (range, now) = (&old.range, &new.range);
    text("verified_commits", range.verified_commits.to_string(), now.verified_commits.to_string());
    text("unknown_makers", allowed(range.allow_unknown_makers), allowed(now.allow_unknown_makers));
    text("rollback", rollback(range.rollback_four_eyes), rollback(now.rollback_four_eyes));
    text("promotes_to", place(&range.promotes_to), place(&now.promotes_to));
    text("require_reason", reasons(old.require_reason), reasons(new.require_reason));
    text("expires_after", time(old.expires_after), time(new.expires_after));
    text("remind_after", time(old.remind_after), time(new.remind_after));
    text("supersede", old.supersede.to_string(), new.supersede.to_string());
    text("undo_window", time(old.undo_window), time(new.undo_window));
    for (key, old, new) in [
        ("on_success", &old.on_success, &new.on_success),
        ("on_reject", &old.on_reject, &new.on_reject),
        ("on_expire", &old.on_expire, &new.on_expire),
    ] {
        if old != new {
            texts.push(format!("changes `{key}` {}", super::from_to(old, new)));
        }
    }
    if old.prompt != new.prompt {
        texts.push("changes the `prompt`".to_owned());
    }
    if old.freeze != new.freeze {
        texts.push("changes the `freeze`".to_owned());
    }
    if texts.is_empty() {
        texts.push("changes other keys".to_owned());
    }
    texts
}

fn people(people: &Option<Vec<String>>) -> String {
    people.as_ref().map_or_else(|| "anyone in the channel".to_owned(), |people| people.join(", "))
}

fn breakers(people: &[String]) -> String {
    if people.is_empty() { "nobody".to_owned() } else { people.join(", ") }
}

fn allowed(allowed: bool) -> String {
    if allowed { "allow" } else { "none" }.to_owned()
}

fn rollback(four_eyes: bool) -> String {
    if four_eyes { "four_eyes" } else { "none" }.to_owned()
}

fn place(place: &Option<String>) -> String {
    place.clone().unwrap_or_else(|| "none".to_owned())
}

fn quotas(quotas: &[QuotaSpec]) -> String {
    let each: Vec<_> =
        quotas.iter().map(|quota| format!("{} from {}", quota.votes, quota.from.join(", "))).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(" and ") }
}

fn reasons(reasons: Reasons) -> String {
    match reasons {
        Reasons::Never => "never",
        Reasons::Approve => "approve",
        Reasons::Reject => "reject",
        Reasons::Both => "both",
    }
    .to_owned()
}

fn time(time: Option<SignedDuration>) -> String {
    time.map_or_else(|| "none".to_owned(), |time| format!("{time:#}"))
}
