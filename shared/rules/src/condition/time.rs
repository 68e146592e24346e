//! When a condition holds, as far as time alone decides: nobody has to ask again and again.

use super::{Comparison, Condition, Operand, Snapshot, Value, parse_duration};
use std::time::Duration;

/// The variable that changes with time.
pub(crate) const DEPLOYED_FOR: &str = "deployed_for";

/// The whole seconds at which something begins to hold, ceases to hold, begins again, and so on; ascending.
type Turns = Vec<u64>;

impl Condition {
    /// The first value of `deployed_for` after the snapshot's, in whole seconds, with which it holds if it does not hold
    /// now, or the other way round, while every other variable stays as it is. `None`: there is none, or the snapshot has no
    /// `deployed_for`.
    pub fn next_change(&self, snapshot: &Snapshot) -> Option<Duration> {
        let Some(Value::Duration(now)) = snapshot.get(DEPLOYED_FOR) else { return None };
        let now = now.as_secs();
        let next = self.turns(&mut snapshot.clone()).into_iter().find(|turn| *turn > now);
        next.map(Duration::from_secs)
    }

    /// Whether it names `deployed_for`.
    pub fn depends_on_time(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::depends_on_time),
            Self::Comparison(comparison) => comparison.depends_on_time(),
        }
    }

    /// When it holds; `deployed_for` of the snapshot is not kept.
    fn turns(&self, snapshot: &mut Snapshot) -> Turns {
        let mut of_all = |parts: &[Self]| parts.iter().map(|part| part.turns(snapshot)).collect::<Vec<_>>();
        match self {
            Self::And(parts) => together(&of_all(parts), parts.len()),
            Self::Or(parts) => together(&of_all(parts), 1),
            Self::Comparison(comparison) => comparison.turns(snapshot),
        }
    }
}

impl Comparison {
    fn depends_on_time(&self) -> bool {
        self.variable == DEPLOYED_FOR
            || matches!(&self.value, Operand::Variable(name) if name == DEPLOYED_FOR)
    }

    /// When it holds: before, at and after the duration that `deployed_for` is compared with it is asked how it holds.
    fn turns(&self, snapshot: &mut Snapshot) -> Turns {
        let mut seconds = vec![0];
        if let Some(threshold) = self.threshold(snapshot).map(|threshold| threshold.as_secs()) {
            seconds.extend([threshold, threshold.saturating_add(1)]);
            seconds.dedup();
        }
        let mut turns = Turns::new();
        let mut held = false;
        for second in seconds {
            if self.depends_on_time() {
                snapshot.set(DEPLOYED_FOR, Value::Duration(Duration::from_secs(second)));
            }
            if self.holds(snapshot) != held {
                held = !held;
                turns.push(second);
            }
        }
        turns
    }

    /// The duration that `deployed_for` is compared with; `None` where its value makes no difference.
    fn threshold(&self, snapshot: &Snapshot) -> Option<Duration> {
        let other = match &self.value {
            Operand::Text(text) if self.variable == DEPLOYED_FOR => return parse_duration(text),
            Operand::Variable(name) if self.variable == DEPLOYED_FOR => name,
            Operand::Variable(name) if name == DEPLOYED_FOR => &self.variable,
            _ => return None,
        };
        match snapshot.get(other).filter(|_| other != DEPLOYED_FOR)? {
            Value::Text(text) => parse_duration(text),
            Value::Duration(duration) => Some(*duration),
            Value::Number(_) | Value::Bool(_) | Value::List(_) => None,
        }
    }
}

/// When at least `enough` of `parts` hold.
fn together(parts: &[Turns], enough: usize) -> Turns {
    let turns = parts.iter().flat_map(|turns| turns.iter().enumerate());
    let mut turns: Vec<(u64, bool)> = turns.map(|(index, second)| (*second, index % 2 == 0)).collect();
    turns.sort_unstable();
    let (mut holding, mut held) = (0_usize, enough == 0);
    let mut both = if held { vec![0] } else { Turns::new() };
    for same in turns.chunk_by(|one, other| one.0 == other.0) {
        for (_, begins) in same {
            holding = if *begins { holding + 1 } else { holding.saturating_sub(1) };
        }
        if let Some((second, _)) = same.first().filter(|_| (holding >= enough) != held) {
            held = !held;
            both.push(*second);
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::super::{Operator, parse};
    use super::*;
    use proptest::prelude::*;

    fn snapshot(seconds: u64) -> Snapshot {
        let mut snapshot = Snapshot::new();
        snapshot.set(DEPLOYED_FOR, Value::Duration(Duration::from_secs(seconds)));
        snapshot.set("stale_for", Value::Duration(Duration::from_secs(90)));
        snapshot.set("since", Value::Duration(Duration::from_millis(1_500)));
        snapshot.set("environment", Value::Text("2m".to_owned()));
        snapshot.set("draft", Value::Bool(false));
        snapshot.set("merged", Value::Bool(true));
        snapshot
    }

    #[test]
    fn a_verdict_changes_at_known_seconds() {
        for (text, changes) in [
            ("deployed_for>='5m'", &[300][..]),
            ("deployed_for>'5m'", &[301]),
            ("deployed_for<'5m'", &[300]),
            ("deployed_for<='5m'", &[301]),
            ("deployed_for='5m'", &[300, 301]),
            ("deployed_for!='5m'", &[300, 301]),
            ("deployed_for>='0s'", &[]),
            ("deployed_for>'0s'", &[1]),
            ("deployed_for='0s'", &[1]),
            ("deployed_for<'0s'", &[]),
            // Against other variables, on either side.
            ("deployed_for>=stale_for", &[90]),
            ("stale_for<deployed_for", &[91]),
            ("deployed_for>environment", &[121]),
            ("environment<=deployed_for", &[120]),
            ("deployed_for>since", &[2]),
            ("deployed_for=since", &[]),
            ("deployed_for>=deployed_for", &[]),
            // What is never true, whatever the time.
            ("deployed_for>='soon'", &[]),
            ("deployed_for!=300", &[]),
            ("deployed_for~='5m'", &[]),
            ("deployed_for>=draft", &[]),
            ("deployed_for>=nowhere", &[]),
            // With others.
            ("deployed_for>='5m' and merged", &[300]),
            ("deployed_for>='5m' and draft", &[]),
            ("deployed_for>='5m' or merged", &[]),
            ("deployed_for>='5m' or draft", &[300]),
            ("deployed_for>='1m' and deployed_for<'2m'", &[60, 120]),
            ("deployed_for>='2m' and deployed_for<'1m'", &[]),
            ("deployed_for<'1m' or deployed_for>='2m'", &[60, 120]),
            ("deployed_for<'1m' or deployed_for>='1m'", &[]),
            ("deployed_for>='1m' and (draft or deployed_for>='2m' and merged)", &[120]),
            ("merged", &[]),
            ("deployed_for>='9999999999999d'", &[9_999_999_999_999 * 86_400]),
        ] {
            let condition = parse(text).unwrap();
            let mut found = Vec::new();
            let mut now = 0;
            while let Some(next) = condition.next_change(&snapshot(now)) {
                now = next.as_secs();
                found.push(now);
            }
            assert_eq!(found, changes, "{text}");
        }
    }

    #[test]
    fn without_a_time_nothing_changes() {
        assert_eq!(parse("deployed_for>='5m'").unwrap().next_change(&Snapshot::new()), None);
        let mut last = Snapshot::new();
        last.set(DEPLOYED_FOR, Value::Duration(Duration::MAX));
        assert_eq!(parse("deployed_for>'5m'").unwrap().next_change(&last), None);
    }

    #[test]
    fn only_conditions_with_the_time_depend_on_it() {
        for (text, expected) in [
            ("merged and (draft or stale_for>'1m')", false),
            ("merged and (draft or stale_for>deployed_for)", true),
            ("deployed_for<'1m'", true),
            ("environment='deployed_for'", false),
        ] {
            assert_eq!(parse(text).unwrap().depends_on_time(), expected, "{text}");
        }
    }

    fn comparison() -> impl Strategy<Value = Condition> {
        let operators = [
            Operator::Equal,
            Operator::NotEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::Less,
            Operator::LessOrEqual,
        ];
        let variables = [DEPLOYED_FOR, DEPLOYED_FOR, "stale_for", "since", "draft", "merged", "environment"];
        let value = prop_oneof![
            (0_u32..40).prop_map(|seconds| Operand::Text(format!("{seconds}s"))),
            proptest::sample::select(variables.to_vec()).prop_map(|name| Operand::Variable(name.to_owned())),
            any::<bool>().prop_map(Operand::Bool),
        ];
        let variable = proptest::sample::select(variables.to_vec());
        (variable, proptest::sample::select(operators.to_vec()), value).prop_map(
            |(variable, operator, value)| {
                Condition::Comparison(Comparison { variable: variable.to_owned(), operator, value })
            },
        )
    }

    fn condition() -> impl Strategy<Value = Condition> {
        comparison().prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
                proptest::collection::vec(inner, 0..4).prop_map(Condition::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_next_change_is_the_first_second_with_another_verdict(condition in condition(), now in 0_u64..130) {
            let verdict = condition.holds(&snapshot(now));
            // No threshold lies beyond two minutes.
            let expected = (now + 1..130).find(|second| condition.holds(&snapshot(*second)) != verdict);
            prop_assert_eq!(condition.next_change(&snapshot(now)), expected.map(Duration::from_secs), "{}", condition);
        }
    }
}
