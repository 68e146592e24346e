//! Changes that other rules may notice: which rules opened, what they tagged, and what people reacted to. A
//! rule that only tells listens too where another one comes after it.

use super::{RuleChange, Touches, acts, approvals};
use crate::file::Rule;
use crate::template::FAILED_RULES;
use signoff_core::action::{Action, ApprovalSpec};
use std::collections::BTreeSet;

/// Things that the rules which ask or act listen to.
#[derive(Debug)]
pub(super) struct Coupled {
    /// True if one asks for failed rules, or shows them to what it starts.
    failures: bool,
    /// True if one asks for tags, or shows them to what it starts.
    tags: bool,
    /// True if one asks for reactions to messages.
    reactions: bool,
    /// The rules that one comes after, directly or not.
    awaited: BTreeSet<String>,
}

impl Coupled {
    /// Finds the things that `rules`, those of both files, listen to.
    pub(super) fn of<'r>(rules: impl Iterator<Item = &'r Rule> + Clone) -> Self {
        let is_weighty = |rule: &Rule| acts(rule) || !approvals(rule).is_empty();
        let weighty = || rules.clone().filter(|rule| is_weighty(rule));
        let mut awaited: BTreeSet<String> = weighty().flat_map(|rule| rule.after.iter().cloned()).collect();
        loop {
            let further: BTreeSet<_> = rules
                .clone()
                .filter(|rule| awaited.contains(&rule.name))
                .flat_map(|rule| rule.after.iter().cloned())
                .filter(|name| !awaited.contains(name))
                .collect();
            if further.is_empty() {
                break;
            }
            awaited.extend(further);
        }
        let asks = |rule: &Rule, which: &dyn Fn(&str) -> bool| {
            rule.conditions.iter().any(|entry| entry.condition.names(&|name| which(name)))
        };
        let shows = |what: &str| weighty().any(|rule| format!("{:?}", rule.actions).contains(what));
        // What opens one that only tells decides whether those after it are opened, and whether its run can
        // stop.
        let is_awaited = |rule: &Rule| is_weighty(rule) || awaited.contains(&rule.name);
        let failures = shows(FAILED_RULES)
            || rules.clone().any(|rule| is_awaited(rule) && asks(rule, &|name| name == "failed_rules"));
        let any = |which: &dyn Fn(&str) -> bool| {
            rules.clone().any(|rule| (failures || is_awaited(rule)) && asks(rule, which))
        };
        Self {
            failures,
            tags: any(&|name| name == "tags") || shows("tags"),
            reactions: any(&|name| name.starts_with("deploy_message_reaction")),
            awaited,
        }
    }

    /// True if a rule may notice a change of tags.
    pub(super) fn by_tags(&self) -> bool {
        self.tags
    }

    /// `changes`, which made `new` of the rule `old`. Where other rules may notice them, one that seems
    /// harmless touches everything.
    pub(super) fn judge(
        &self,
        changes: Vec<RuleChange>,
        old: Option<&Rule>,
        new: Option<&Rule>,
    ) -> Vec<RuleChange> {
        let both = || old.into_iter().chain(new);
        let is_described = old.zip(new).is_some_and(|(old, new)| says_the_same(old, new));
        let heard = self.failures
            || both().any(|rule| self.awaited.contains(&rule.name))
            || self.reactions && both().any(|rule| !rule.actions.is_empty())
            || self.tags && both().any(|rule| tags(&rule.actions));
        if is_described || !heard {
            return changes;
        }
        let judged = changes.into_iter().map(|RuleChange { text, touches }| match touches {
            Touches::Nothing => {
                RuleChange { text: format!("{text}; other rules depend on it"), touches: Touches::Everything }
            }
            Touches::Approvals(_) | Touches::Everything => RuleChange { text, touches },
        });
        judged.collect()
    }
}

/// True if two rules differ at most in their names and descriptions.
fn says_the_same(old: &Rule, new: &Rule) -> bool {
    let conditions = |rule: &Rule| -> Vec<String> {
        rule.conditions.iter().map(|entry| entry.condition.to_string()).collect()
    };
    old.actions == new.actions
        && old.promotes_to == new.promotes_to
        && old.after == new.after
        && old.freeze == new.freeze
        && conditions(old) == conditions(new)
}

/// True if one of `actions` gives tags, at whatever depth.
fn tags(actions: &[Action]) -> bool {
    let under =
        |spec: &ApprovalSpec| tags(&spec.on_success) || tags(&spec.on_reject) || tags(&spec.on_expire);
    actions.iter().any(|action| match action.plain() {
        Action::AddDeployTag(_) => true,
        Action::SlackChannelApproval(spec) => under(spec),
        _ => false,
    })
}
