//! The difference between the rules file in force and another one, and the approvals that it touches.
//!
//! A change is *harmless* where it provably touches no approval of the file in force and lets nothing new
//! act. Anything else touches approvals: those that it removes, changes or has asked at other times, or all
//! of them where it may let something new act. What can't be told apart counts as the latter.

mod coupled;
mod spec;

use crate::file::{Rule, RulesFile};
use coupled::Coupled;
use signoff_core::action::{Action, ApprovalSpec, Kind, OnFailure};
use std::collections::BTreeSet;

/// Difference between two rules files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The changes, in the order of the file in force; what is new comes last.
    pub changes: Vec<RuleChange>,
    /// True if the file in force asks for an approval in any rule.
    pub is_guarded: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// A sentence for people, without its full stop: "removes the approval for Production".
    pub text: String,
    /// The approvals of the file in force that it touches.
    pub touches: Touches,
}

/// The approvals of the file in force that a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touches {
    /// None: the change is harmless.
    Nothing,
    /// These, each by its rule's name and its own.
    Approvals(BTreeSet<(String, String)>),
    /// All of them: something new may act.
    Everything,
}

impl Difference {
    /// True if the other file needs an approval before it counts.
    pub fn needs_approval(&self) -> bool {
        self.is_guarded && self.changes.iter().any(|change| change.touches != Touches::Nothing)
    }

    /// The approvals of `in_force` that are touched, each with its rule's name, in the file's order.
    pub fn touched<'r>(&self, in_force: &'r RulesFile) -> Vec<(&'r str, &'r ApprovalSpec)> {
        let is_touched = |rule: &str, name: &str| {
            self.changes.iter().any(|change| match &change.touches {
                Touches::Nothing => false,
                Touches::Approvals(these) => these.iter().any(|(of, this)| of == rule && this == name),
                Touches::Everything => true,
            })
        };
        let rules = in_force.rules.iter();
        let all = rules.flat_map(|rule| approvals(rule).into_iter().map(|spec| (rule.name.as_str(), spec)));
        all.filter(|(rule, spec)| is_touched(rule, &spec.name)).collect()
    }
}

/// Compares `proposal` with `in_force`. `tags_changed`: true if the default tags that stand beside the file
/// changed too.
pub fn difference(in_force: &RulesFile, proposal: &RulesFile, tags_changed: bool) -> Difference {
    let before: Vec<&Rule> = in_force.rules.iter().filter(|rule| opens(rule)).collect();
    let after: Vec<&Rule> = proposal.rules.iter().filter(|rule| opens(rule)).collect();
    let coupled = Coupled::of(before.iter().chain(&after).copied());
    let named = |rules: &[&Rule], name: &str| rules.iter().any(|rule| rule.name == name);
    let mut changes = Vec::new();
    for old in &before {
        let of_rule = match after.iter().find(|new| new.name == old.name) {
            None => removed(old),
            Some(new) if new.hash == old.hash => continue,
            Some(new) => changed(old, new),
        };
        let new = after.iter().copied().find(|new| new.name == old.name);
        changes.extend(coupled.judge(of_rule, Some(old), new));
    }
    for new in after.iter().filter(|new| !named(&before, &new.name)) {
        changes.extend(coupled.judge(vec![added(new)], None, Some(new)));
    }
    let not_opened: Vec<&Rule> = in_force.rules.iter().filter(|rule| !rule.unsupported.is_empty()).collect();
    for new in proposal.rules.iter().filter(|rule| !rule.unsupported.is_empty()) {
        if not_opened.iter().any(|old| old.name == new.name && old.hash == new.hash) {
            continue;
        }
        // Another version of Signoff may open it, and nobody can say yet what it does then.
        let text = format!("has the rule `{}` use what this version of Signoff does not support", new.name);
        changes.push(RuleChange { text, touches: Touches::Everything });
    }
    // This version does not open them, and another one may have no guard by then.
    for old in not_opened.iter().filter(|old| !approvals(old).is_empty()) {
        let stays = |new: &Rule| new.name == old.name && new.hash == old.hash && !new.unsupported.is_empty();
        if !proposal.rules.iter().any(stays) {
            let name = &old.name;
            let text =
                format!("removes or changes the rule `{name}`, which this version of Signoff does not open");
            changes.push(RuleChange { text, touches: all_of(old) });
        }
    }
    if tags_changed {
        let touches = if coupled.by_tags() { Touches::Everything } else { Touches::Nothing };
        changes.push(RuleChange { text: "changes the default tags".to_owned(), touches });
    }
    // Also in a rule that this version does not open: its voters decide what else may act.
    Difference { changes, is_guarded: in_force.rules.iter().any(|rule| !approvals(rule).is_empty()) }
}

/// True if deploys open `rule` at all.
pub(crate) fn opens(rule: &Rule) -> bool {
    rule.applies_to_deploys() && rule.unsupported.is_empty()
}

/// Every approval of `rule`, at whatever depth.
pub(crate) fn approvals(rule: &Rule) -> Vec<&ApprovalSpec> {
    rule.actions.iter().flat_map(Action::approvals).collect()
}

/// True if `rule` acts at whatever depth.
fn acts(rule: &Rule) -> bool {
    rule.actions.iter().any(Action::may_act)
}

fn all_of(rule: &Rule) -> Touches {
    let names: BTreeSet<_> =
        approvals(rule).into_iter().map(|spec| (rule.name.clone(), spec.name.clone())).collect();
    if names.is_empty() { Touches::Nothing } else { Touches::Approvals(names) }
}

/// True if approvals of `rule` have the same name, so that nobody can tell which of them became which.
fn has_twins(rule: &Rule) -> bool {
    let mut names = BTreeSet::new();
    approvals(rule).into_iter().any(|spec| !names.insert(&spec.name))
}

fn removed(old: &Rule) -> Vec<RuleChange> {
    let of_approval = |spec: &ApprovalSpec| RuleChange {
        text: format!("removes the approval \u{201c}{}\u{201d} with the rule `{}`", spec.name, old.name),
        touches: one(old, spec),
    };
    let changes: Vec<_> = approvals(old).into_iter().map(of_approval).collect();
    if changes.is_empty() {
        let text = format!("removes the rule `{}`, which asks for no approval", old.name);
        return vec![RuleChange { text, touches: Touches::Nothing }];
    }
    changes
}

fn one(rule: &Rule, spec: &ApprovalSpec) -> Touches {
    Touches::Approvals(BTreeSet::from([(rule.name.clone(), spec.name.clone())]))
}

fn added(new: &Rule) -> RuleChange {
    let lines: Vec<_> = new.actions.iter().map(ToString::to_string).collect();
    let (name, lines) = (&new.name, lines.join(", "));
    match (acts(new), approvals(new).is_empty()) {
        (true, true) => {
            let text = format!("adds the rule `{name}`, which acts without asking anybody: {lines}");
            RuleChange { text, touches: Touches::Everything }
        }
        (true, false) => {
            let text = format!("adds the rule `{name}`, which acts after an approval of its own: {lines}");
            RuleChange { text, touches: Touches::Everything }
        }
        (false, _) => {
            let touches = if moves_bases(new) { Touches::Everything } else { Touches::Nothing };
            RuleChange { text: format!("adds the rule `{name}`: {lines}"), touches }
        }
    }
}

/// The changes of a rule that both files have.
fn changed(old: &Rule, new: &Rule) -> Vec<RuleChange> {
    let name = &old.name;
    let (was, is) = (conditions(old), conditions(new));
    let when = when(old, new);
    let stays = old.promotes_to == new.promotes_to || !approvals(old).is_empty();
    if when.is_empty() && old.actions == new.actions && stays {
        let text = format!("changes the description of the rule `{name}`");
        return vec![RuleChange { text, touches: Touches::Nothing }];
    }
    if has_twins(old) || has_twins(new) {
        let text = format!(
            "changes the rule `{name}`, in which approvals have the same name (give each a `name` of its own), {}",
            from_to(&old.actions, &new.actions)
        );
        return vec![RuleChange { text, touches: Touches::Everything }];
    }
    if approvals(old).is_empty() {
        return vec![unguarded(old, new, &when, is_superset(&is, &was))];
    }
    let mut changes = Vec::new();
    for text in when {
        changes.push(RuleChange { text: format!("{text} of the rule `{name}`"), touches: all_of(old) });
    }
    changes.extend(spec::changed(old, new));
    changes.extend(around_approvals(old, new));
    if changes.is_empty() {
        let text = format!("changes messages of the rule `{name}`");
        changes.push(RuleChange { text, touches: Touches::Nothing });
    }
    changes
}

/// The changes of when a rule opens, as sentences.
fn when(old: &Rule, new: &Rule) -> Vec<String> {
    let mut texts = Vec::new();
    let (was, is) = (conditions(old), conditions(new));
    if was != is {
        texts.push(format!("changes the conditions from {} to {}", listed(&was), listed(&is)));
    }
    if sorted(&old.after) != sorted(&new.after) {
        texts.push(format!("changes `after` from {} to {}", listed(&old.after), listed(&new.after)));
    }
    if old.freeze != new.freeze {
        texts.push("changes the freeze".to_owned());
    }
    texts
}

/// The change of a rule that asks for no approval in the file in force.
fn unguarded(old: &Rule, new: &Rule, when: &[String], narrower: bool) -> RuleChange {
    let name = &old.name;
    if !acts(new) && !moves_bases(new) {
        return RuleChange {
            text: format!("changes the rule `{name}`, which does not act"),
            touches: Touches::Nothing,
        };
    }
    if !acts(old) || (moves_bases(new) && !moves_bases(old)) {
        let text = format!("lets the rule `{name}` act: {}", lines(&new.actions));
        return RuleChange { text, touches: Touches::Everything };
    }
    // An approval that starts nothing only holds back what stands after it.
    let kept: Vec<_> = skeleton(new).into_iter().filter(|action| action.kind() == Kind::Acts).collect();
    let holds_back = skeleton(new).iter().all(|action| action.kind() == Kind::Acts || !action.may_act());
    let does_less = holds_back && skeleton(old).starts_with(&kept);
    // By another place it is judged from elsewhere.
    let stays = old.promotes_to == new.promotes_to;
    let opens_less = narrower && is_superset(&new.after, &old.after) && old.freeze == new.freeze && stays;
    if does_less && opens_less {
        let text = format!("has the rule `{name}` act less");
        return RuleChange { text, touches: Touches::Nothing };
    }
    let mut texts = when.to_vec();
    if !stays {
        let named = |rule: &Rule| rule.promotes_to.clone().unwrap_or_else(|| "nothing".to_owned());
        texts.push(format!("changes `promotes_to` from {} to {}", named(old), named(new)));
    }
    if skeleton(old) != skeleton(new) {
        texts.push(format!("changes what is done {}", from_to(&old.actions, &new.actions)));
    }
    let text = format!("changes the rule `{name}`, which acts: {}", texts.join("; "));
    RuleChange { text, touches: Touches::Everything }
}

/// The changes of what a rule with approvals does beside them.
fn around_approvals(old: &Rule, new: &Rule) -> Vec<RuleChange> {
    let name = &old.name;
    let known: BTreeSet<&str> = approvals(old).into_iter().map(|spec| spec.name.as_str()).collect();
    let mut changes = Vec::new();
    // Each step by what it is in the order of the file: an approval by its name, which `spec::changed`
    // compares.
    let mut steps = Vec::new();
    for action in skeleton(new) {
        match action {
            Action::SlackChannelApproval(spec) if !known.contains(spec.name.as_str()) => {
                let lets_through = action.may_act() || action_moves_bases(action);
                let touches = if lets_through { Touches::Everything } else { Touches::Nothing };
                let text = format!("adds the approval \u{201c}{}\u{201d} to the rule `{name}`", spec.name);
                changes.push(RuleChange { text, touches });
            }
            other => steps.push(other),
        }
    }
    // One that is gone is told already; one that stands elsewhere by now is not where it was.
    let still = approvals(new);
    let stays = |action: &&&Action| match action {
        Action::SlackChannelApproval(spec) => still.iter().any(|new| new.name == spec.name),
        _ => true,
    };
    let old_steps = skeleton(old);
    let before: Vec<String> = old_steps.iter().filter(stays).map(|action| step(action)).collect();
    let after: Vec<String> = steps.iter().map(|action| step(action)).collect();
    if before == after {
        return changes;
    }
    let new_act = steps.iter().any(|action| action.kind() == Kind::Acts && !before.contains(&step(action)));
    let touches = if new_act { Touches::Everything } else { all_of(old) };
    let text = format!(
        "changes what the rule `{name}` does beside its approvals, {}",
        from_to(&old.actions, &new.actions)
    );
    changes.push(RuleChange { text, touches });
    changes
}

/// An approval of `rule` names the place that it lets revisions through to: it moves the base of that place,
/// also where nothing acts after it.
fn moves_bases(rule: &Rule) -> bool {
    rule.actions.iter().any(action_moves_bases)
}

/// The same of one action of a rule.
fn action_moves_bases(action: &Action) -> bool {
    action.approvals().iter().any(|spec| spec.range.promotes_to.is_some())
}

/// A step by what it does; an approval by its name.
fn step(action: &Action) -> String {
    match action {
        Action::SlackChannelApproval(spec) => format!("asks {}", spec.name),
        other => format!("{other:?}"),
    }
}

/// The actions of a rule without those that only tell, and that never keep the others from running.
fn skeleton(rule: &Rule) -> Vec<&Action> {
    let tells = |action: &&Action| action.kind() == Kind::Tells && action.on_failure() == OnFailure::Continue;
    rule.actions.iter().filter(|action| !tells(action)).collect()
}

fn conditions(rule: &Rule) -> Vec<String> {
    let mut conditions: Vec<_> = rule.conditions.iter().map(|entry| entry.condition.to_string()).collect();
    conditions.sort();
    conditions
}

fn is_superset(all: &[String], some: &[String]) -> bool {
    some.iter().all(|one| all.contains(one))
}

fn sorted(texts: &[String]) -> Vec<&String> {
    let mut sorted: Vec<_> = texts.iter().collect();
    sorted.sort();
    sorted
}

/// Texts as a list for people.
fn listed(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("`{text}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(" and ") }
}

fn lines(actions: &[Action]) -> String {
    let lines: Vec<_> = actions.iter().map(|action| format!("`{action}`")).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}

/// Describes two lists of actions as the end of a sentence: a line each, or their full text where the lines
/// are the same.
fn from_to(old: &[Action], new: &[Action]) -> String {
    let (was, is) = (lines(old), lines(new));
    if was != is {
        return format!("from {was} to {is}");
    }
    let whole = |actions: &[Action], others: &[Action]| {
        let differing = actions.iter().filter(|action| !others.contains(action));
        let whole: Vec<_> = differing.map(|action| format!("`{}`", spelt_out(action))).collect();
        if whole.is_empty() { "the same in another order".to_owned() } else { whole.join(", ") }
    };
    format!("from {} to {}", whole(old, new), whole(new, old))
}

/// All that an action says, on one line.
fn spelt_out(action: &Action) -> String {
    serde_json::to_string(action).unwrap_or_else(|_| format!("{action:?}"))
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
