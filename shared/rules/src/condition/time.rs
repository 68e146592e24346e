//! Times at which a condition begins or ceases to hold by time alone, so that nobody has to ask again and
//! again.

use super::{Clock, Comparison, Condition, Operand, Snapshot, Value, parse_duration};
use jiff::SignedDuration;
use std::time::Duration;

/// Times until something begins to hold, ceases to hold, begins again, and so on; ascending. Zero is the
/// snapshot's time.
type Turns = Vec<Duration>;

impl Condition {
    /// Returns the time until the verdict changes while nothing but time does. `None`: time alone does not
    /// change it.
    /// `None`: time alone does not change it.
    ///
    /// Two variables that time changes are taken to keep their distance when they are compared with each
    /// other.
    pub fn next_change(&self, snapshot: &Snapshot) -> Option<Duration> {
        self.turns(snapshot).into_iter().find(|turn| !turn.is_zero())
    }

    /// Returns the times at which it begins and ceases to hold.
    fn turns(&self, snapshot: &Snapshot) -> Turns {
        let of_all = |parts: &[Self]| parts.iter().map(|part| part.turns(snapshot)).collect::<Vec<_>>();
        match self {
            Self::And(parts) => together(&of_all(parts), parts.len()),
            Self::Or(parts) => together(&of_all(parts), 1),
            Self::Comparison(comparison) => comparison.turns(snapshot),
        }
    }
}

impl Comparison {
    /// Returns the times at which it begins and ceases to hold: it is evaluated now, and whenever a clock
    /// reaches the value that it is compared with.
    fn turns(&self, snapshot: &Snapshot) -> Turns {
        let mut times = vec![Duration::ZERO];
        for name in self.variables() {
            let candidates = match snapshot.clock(name) {
                Some(Clock::Since(ago) | Clock::Behind(ago, _)) => {
                    self.threshold(name, snapshot).map_or_else(Vec::new, |threshold| {
                        let second = SignedDuration::from_secs(1);
                        vec![
                            threshold.saturating_sub(ago),
                            threshold.saturating_add(second).saturating_sub(ago),
                        ]
                    })
                }
                Some(Clock::Ahead(ago)) => vec![SignedDuration::ZERO.saturating_sub(ago)],
                None => Vec::new(),
            };
            times.extend(candidates.into_iter().filter_map(|time| Duration::try_from(time).ok()));
        }
        times.sort_unstable();
        times.dedup();
        let names: Vec<_> = self.variables().collect();
        let mut turns = Turns::new();
        for time in times {
            if self.holds(&snapshot.later(&names, time)) == turns.len().is_multiple_of(2) {
                turns.push(time);
            }
        }
        turns
    }

    /// The whole seconds that the clock `name` is compared with; `None` where its value makes no difference.
    fn threshold(&self, name: &str, snapshot: &Snapshot) -> Option<SignedDuration> {
        let other = match &self.value {
            Operand::Text(text) => return whole_seconds(parse_duration(text)?),
            Operand::Variable(other) if self.variable == name => other,
            Operand::Variable(_) => &self.variable,
            Operand::Pattern(_) | Operand::Number(_) | Operand::Bool(_) | Operand::EmptyList => return None,
        };
        if snapshot.clock(other).is_some() {
            return None;
        }
        match snapshot.get(other)? {
            Value::Text(text) => whole_seconds(parse_duration(text)?),
            Value::Duration(duration) | Value::Behind(duration, _) => whole_seconds(*duration),
            Value::Number(_) | Value::Bool(_) | Value::List(_) => None,
        }
    }
}

/// Without the part of a second; `None`: longer than all time.
fn whole_seconds(duration: Duration) -> Option<SignedDuration> {
    i64::try_from(duration.as_secs()).ok().map(SignedDuration::from_secs)
}

/// Returns the times at which at least `enough` of `parts` begin and cease to hold.
fn together(parts: &[Turns], enough: usize) -> Turns {
    let turns = parts.iter().flat_map(|turns| turns.iter().enumerate());
    let mut turns: Vec<(Duration, bool)> = turns.map(|(index, time)| (*time, index % 2 == 0)).collect();
    turns.sort_unstable();
    let (mut holding, mut held) = (0_usize, enough == 0);
    let mut both = if held { vec![Duration::ZERO] } else { Turns::new() };
    for same in turns.chunk_by(|one, other| one.0 == other.0) {
        for (_, begins) in same {
            holding = if *begins { holding + 1 } else { holding.saturating_sub(1) };
        }
        if let Some((time, _)) = same.first().filter(|_| (holding >= enough) != held) {
            held = !held;
            both.push(*time);
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::super::{Operator, parse};
    use super::*;
    use crate::variables::DEPLOYED_FOR;
    use proptest::prelude::*;

    fn snapshot(seconds: u64) -> Snapshot {
        let mut snapshot = Snapshot::new();
        snapshot.run(DEPLOYED_FOR, Clock::Since(SignedDuration::from_secs(i64::try_from(seconds).unwrap())));
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
                now += next.as_secs();
                found.push(now);
            }
            assert_eq!(found, changes, "{text}");
        }
    }

    #[test]
    fn without_a_time_nothing_changes() {
        assert_eq!(parse("deployed_for>='5m'").unwrap().next_change(&Snapshot::new()), None);
        let mut last = Snapshot::new();
        last.set(DEPLOYED_FOR, Value::Duration(Duration::ZERO));
        assert_eq!(parse("deployed_for>'5m'").unwrap().next_change(&last), None);
        last.run(DEPLOYED_FOR, Clock::Since(SignedDuration::MAX));
        assert_eq!(parse("deployed_for>'5m'").unwrap().next_change(&last), None);
    }

    #[test]
    fn each_clock_has_its_own_time() {
        let mut snapshot = Snapshot::new();
        snapshot.run(DEPLOYED_FOR, Clock::Since(SignedDuration::from_millis(-2_500)));
        snapshot.run("stale_for", Clock::Since(SignedDuration::from_millis(90_250)));
        snapshot.run("future_deploy", Clock::Ahead(SignedDuration::from_millis(-2_500)));
        snapshot.set("limit", Value::Duration(Duration::from_secs(100)));
        for (text, holds, milliseconds) in [
            ("deployed_for>='5m'", false, Some(302_500)),
            ("stale_for>limit", false, Some(10_750)),
            ("limit<=stale_for", false, Some(9_750)),
            ("future_deploy", true, Some(2_500)),
            ("future_deploy=false", false, Some(2_500)),
            ("future_deploy=false and stale_for>='95s'", false, Some(4_750)),
            ("future_deploy or stale_for>='91s'", true, None),
            ("future_deploy or stale_for>='93s'", true, Some(2_500)),
            ("deployed_for<='0s'", true, Some(3_500)),
            // They keep their distance.
            ("deployed_for<stale_for", true, None),
        ] {
            let condition = parse(text).unwrap();
            let next = condition.next_change(&snapshot).map(|next| next.as_millis());
            assert_eq!((condition.holds(&snapshot), next), (holds, milliseconds), "{text}");
        }
    }

    #[test]
    fn a_condition_names_its_variables_on_either_side() {
        for (text, expected) in [
            ("merged and (draft or stale_for>'1m')", false),
            ("merged and (draft or stale_for>deployed_for)", true),
            ("deployed_for<'1m'", true),
            ("environment='deployed_for'", false),
        ] {
            assert_eq!(parse(text).unwrap().names(&|name| name == DEPLOYED_FOR), expected, "{text}");
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
            let next = condition.next_change(&snapshot(now)).map(|next| now + next.as_secs());
            prop_assert_eq!(next, expected, "{}", condition);
        }
    }
}
