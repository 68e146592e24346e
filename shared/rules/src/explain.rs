//! Explanation of a condition's verdict: a tree that mirrors the condition, with the value of each variable.

use crate::condition::{Comparison, Condition, Deploys, Operand, Snapshot, Value};
use crate::file::RuleCondition;
use crate::problem::one_line;
use jiff::{SignedDuration, Span, SpanRound, Unit};
use std::time::Duration;

/// A condition with its verdict; each of its parts has one, too.
#[derive(Clone, Debug, PartialEq)]
pub enum Explanation {
    /// All of the parts have to hold.
    All {
        /// True if they all do.
        holds: bool,
        /// The parts, in the condition's order.
        parts: Vec<Explanation>,
    },
    /// One of the parts has to hold.
    Any {
        /// True if one does.
        holds: bool,
        /// The parts, in the condition's order.
        parts: Vec<Explanation>,
    },
    /// A variable against a value.
    Comparison(Compared),
}

/// A comparison with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The comparison.
    pub comparison: Comparison,
    /// True if it holds.
    pub holds: bool,
    /// True if it holds of the deploy's own commits and fails of another one since the last approval.
    pub fails_since: bool,
    /// The variables that it names, each once, with what they stand for; `None` where that is not known.
    pub variables: Vec<(String, Option<Value>)>,
}

/// Explains the verdict of `condition` for `snapshot`. The verdicts are those of [`Condition::holds`].
pub fn explain(condition: &Condition, snapshot: &Snapshot) -> Explanation {
    let all = |parts: &[Condition]| parts.iter().map(|part| explain(part, snapshot)).collect::<Vec<_>>();
    match condition {
        Condition::And(parts) => {
            let parts = all(parts);
            Explanation::All { holds: parts.iter().all(Explanation::holds), parts }
        }
        Condition::Or(parts) => {
            let parts = all(parts);
            Explanation::Any { holds: parts.iter().any(Explanation::holds), parts }
        }
        Condition::Comparison(comparison) => {
            let mut names = vec![&comparison.variable];
            if let Operand::Variable(name) = &comparison.value
                && *name != comparison.variable
            {
                names.push(name);
            }
            let also = comparison.fails_also(snapshot).filter(|_| comparison.holds_of_own(snapshot));
            let shown = |name: &String| also.and_then(|also| also.get(name)).or_else(|| snapshot.get(name));
            let value = |name: &String| (name.clone(), shown(name).cloned());
            Explanation::Comparison(Compared {
                comparison: comparison.clone(),
                holds: comparison.holds(snapshot),
                fails_since: also.is_some(),
                variables: names.into_iter().map(value).collect(),
            })
        }
    }
}

impl Explanation {
    /// True if it holds.
    pub fn holds(&self) -> bool {
        match self {
            Self::All { holds, .. } | Self::Any { holds, .. } => *holds,
            Self::Comparison(compared) => compared.holds,
        }
    }

    /// The condition that it explains.
    pub fn condition(&self) -> Condition {
        let all = |parts: &[Self]| parts.iter().map(Self::condition).collect();
        match self {
            Self::All { parts, .. } => Condition::And(all(parts)),
            Self::Any { parts, .. } => Condition::Or(all(parts)),
            Self::Comparison(compared) => Condition::Comparison(compared.comparison.clone()),
        }
    }

    /// The comparisons that the verdict follows from, in the condition's order: those with the verdict of
    /// everything that they are a part of. In `a and (b or c)` that fails, with `a` true: `b` and `c`.
    pub fn deciding(&self) -> Vec<&Compared> {
        match self {
            Self::All { holds, parts } | Self::Any { holds, parts } => {
                parts.iter().filter(|part| part.holds() == *holds).flat_map(Self::deciding).collect()
            }
            Self::Comparison(compared) => vec![compared],
        }
    }
}

/// Returns the reasons for which a rule with these `conditions` does not hold for `snapshot`, in clauses: the
/// comparisons that decide it, with their values. Empty if it holds.
pub fn failures(conditions: &[RuleCondition], snapshot: &Snapshot) -> Vec<String> {
    let explained = conditions.iter().map(|entry| explain(&entry.condition, snapshot));
    let failing = explained.filter(|explanation| !explanation.holds());
    let clauses =
        |failing: Explanation| failing.deciding().into_iter().map(Compared::failure).collect::<Vec<_>>();
    failing.flat_map(clauses).collect()
}

impl Compared {
    /// Returns the failure as a clause: ``environment='Production' fails: environment is `Staging` ``.
    pub fn failure(&self) -> String {
        let since = if self.fails_since { " for a change since the last approval" } else { "" };
        format!("{} fails{since}: {}", one_line(self.comparison.to_string()), self.values())
    }

    /// Returns the values of its variables as a clause: ``environment is `Staging` ``.
    pub fn values(&self) -> String {
        let clause = |(name, value): &(String, Option<Value>)| match value {
            Some(value) => format!("{name} is {}", shown(value)),
            None => format!("{name} is not known"),
        };
        self.variables.iter().map(clause).collect::<Vec<_>>().join(", ")
    }
}

/// A value as a text of one line: texts in backticks, a list's elements with commas between, a duration as
/// `5m 30s`.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{}`", one_line(text.clone())),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::List(list) if list.is_empty() => "empty".to_owned(),
        Value::List(list) => {
            list.iter().map(|text| format!("`{}`", one_line(text.clone()))).collect::<Vec<_>>().join(", ")
        }
        Value::Duration(duration) => shown_time(*duration),
        Value::Behind(time, Deploys { counted, or_more }) => {
            let deploys = if *counted == 1 { "deploy" } else { "deploys" };
            let more = if *or_more { " or more" } else { "" };
            format!("{}, {counted}{more} {deploys}", shown_time(*time))
        }
    }
}

fn shown_time(time: Duration) -> String {
    shown_duration(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
}

/// A duration as a text: `1d 2h 5m 30s`, of which what is nothing is left out.
pub fn shown_duration(duration: SignedDuration) -> String {
    let days = SpanRound::new().largest(Unit::Day).days_are_24_hours();
    match Span::try_from(duration).and_then(|span| span.round(days)) {
        Ok(span) => format!("{span:#}"),
        // Longer than all time has days.
        Err(_) => format!("{duration:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::parse;
    use crate::condition::tests::{condition, snapshot, snapshots};
    use proptest::prelude::*;

    #[test]
    fn what_a_verdict_follows_from_is_named_with_its_values() {
        let mut told = String::new();
        for text in [
            "environment='Staging'",
            "environment='production'",
            "environment='Production' and (tags='#api' or pr_labels='risky')",
            "merged or draft or environment='Production'",
            "merged and (draft or tags>1 and deployed_for>='5m')",
            "draft and failed_rules=0 and deployed_for>='1h'",
            "reactions>limit",
            "environment=target and environment=environment",
            "health='Healthy'",
            "(draft or draft) and (merged or draft)",
        ] {
            let explanation = explain(&parse(text).unwrap(), &snapshot());
            let verdict = |holds| if holds { "holds" } else { "fails" };
            told.push_str(&format!("{text} {}\n", verdict(explanation.holds())));
            for compared in explanation.deciding() {
                let (comparison, values) = (&compared.comparison, compared.values());
                told.push_str(&format!("    {comparison} {}: {values}\n", verdict(compared.holds)));
            }
        }
        insta::assert_snapshot!(told, @r"
        environment='Staging' fails
            environment='Staging' fails: environment is `Production`
        environment='production' holds
            environment='production' holds: environment is `Production`
        environment='Production' and (tags='#api' or pr_labels='risky') fails
            tags='#api' fails: tags is `#web`, `#v12`
            pr_labels='risky' fails: pr_labels is `quickfix`
        merged or draft or environment='Production' holds
            merged=true holds: merged is true
            environment='Production' holds: environment is `Production`
        merged and (draft or tags>1 and deployed_for>='5m') holds
            merged=true holds: merged is true
            tags>1 holds: tags is `#web`, `#v12`
            deployed_for>='5m' holds: deployed_for is 5m
        draft and failed_rules=0 and deployed_for>='1h' fails
            draft=true fails: draft is false
            deployed_for>='1h' fails: deployed_for is 5m
        reactions>limit fails
            reactions>limit fails: reactions is 2, limit is 2
        environment=target and environment=environment holds
            environment=target holds: environment is `Production`, target is `production`
            environment=environment holds: environment is `Production`
        health='Healthy' fails
            health='Healthy' fails: health is not known
        (draft or draft) and (merged or draft) fails
            draft=true fails: draft is false
            draft=true fails: draft is false
        ");
    }

    #[test]
    fn a_value_is_one_line_of_bounded_length() {
        let list = Value::List(vec!["a\nb\u{1b}[31m".to_owned(), "é".repeat(10_000)]);
        let line = shown(&list);
        assert!(line.starts_with("`a b [31m`, `é") && line.len() < 1000, "{line}");
        assert_eq!(shown(&Value::Duration(Duration::from_secs(90_061))), "1d 1h 1m 1s");
        assert_eq!(shown_duration(SignedDuration::ZERO), "0s");
        assert_eq!(shown_duration(SignedDuration::from_hours(24 * 30)), "30d");
        assert_eq!(shown(&Value::Duration(Duration::MAX)).lines().count(), 1);
    }

    proptest! {
        #[test]
        fn an_explanation_agrees_with_the_verdict(condition in condition(), snapshot in snapshots()) {
            let explanation = explain(&condition, &snapshot);
            let holds = condition.holds(&snapshot);
            prop_assert_eq!(explanation.holds(), holds);
            prop_assert_eq!(explanation.condition(), condition);
            let deciding = explanation.deciding();
            prop_assert!(!deciding.is_empty());
            for compared in deciding {
                prop_assert_eq!(compared.holds, holds);
                prop_assert_eq!(compared.comparison.holds(&snapshot), holds);
                for (name, value) in &compared.variables {
                    prop_assert_eq!(snapshot.get(name), value.as_ref());
                }
            }
        }
    }
}
