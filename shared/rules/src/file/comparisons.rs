//! Comparisons that are known to be wrong before there is any deploy: by the kinds of the variable and of its value.

use super::forms::{begins_with_letters, of_another_form};
use crate::condition::{Comparison, Operand, Operator, meant_time, meant_truth, order_of, parse_duration};
use crate::reference::{Kind, VARIABLES};
use crate::suggest::closest;
use crate::variables::{kind_of, texts_of};

/// A finding about a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// A mistake: what is wrong, and what to write.
    Problem(String, String),
    /// It never holds: why, and what to write.
    Never(String, String),
    /// It always holds: why, and what to write.
    Always(String, String),
}

/// The first thing that is known to be wrong in a comparison, whatever the deploy.
pub(super) fn finding(comparison: &Comparison) -> Option<Finding> {
    let Comparison { variable, operator, value } = comparison;
    // A variable that no condition can use is told of elsewhere.
    let kind = kind_of(variable)?;
    let of = Compared { variable, operator: *operator, kind };
    match value {
        Operand::Text(text) => of.with_text(text),
        Operand::Pattern(pattern) => of.with_pattern(pattern.text(), |text| pattern.matches(text)),
        Operand::Number(number) => of.with_number(*number),
        Operand::Bool(truth) => of.with_bool(*truth),
        Operand::EmptyList if kind == Kind::List => None,
        Operand::EmptyList => of.never(format!("`{variable}` is no list"), of.example()),
        Operand::Variable(other) => of.with_variable(other, kind_of(other)?),
    }
}

struct Compared<'c> {
    variable: &'c str,
    operator: Operator,
    kind: Kind,
}

impl Compared<'_> {
    fn is_equality(&self) -> bool {
        matches!(self.operator, Operator::Equal | Operator::NotEqual)
    }

    fn never(&self, why: String, right: String) -> Option<Finding> {
        Some(Finding::Never(why, right))
    }

    /// A value that the variable never has: `=` never holds, and `!=` always.
    fn impossible(&self, why: String, right: String) -> Option<Finding> {
        Some(match self.operator {
            Operator::NotEqual => Finding::Always(why, right),
            Operator::Equal
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Matches => Finding::Never(why, right),
        })
    }

    /// A comparison with the variable that can hold.
    fn example(&self) -> String {
        let variable = self.variable;
        let described = VARIABLES.iter().find(|described| described.name == variable);
        let example = described.and_then(|described| described.examples.first()).copied().unwrap_or_default();
        match self.kind {
            Kind::Text | Kind::Number | Kind::Duration => format!("write, for example, `{example}`"),
            Kind::List => {
                format!("write `{variable}!=[]` where it is to have any, or, for example, `{example}`")
            }
            Kind::Bool => format!("write `{variable}` or `{variable}=false`"),
            Kind::Behind => format!("write, for example, `{variable}>='2h'` or `{variable}>=3`"),
        }
    }

    fn with_text(&self, text: &str) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        match self.kind {
            Kind::Text if self.is_equality() => self.one_of(text),
            Kind::Text if order_of(variable).contains(&text) => None,
            Kind::Text if !order_of(variable).is_empty() => {
                let order = order_of(variable);
                let right =
                    closest(text, order.iter().copied()).map(|right| format!("did you mean '{right}'?"));
                self.never(
                    format!("'{text}' has no place in the order of `{variable}`"),
                    right.unwrap_or_else(|| format!("it is '{}'", order.join("' < '"))),
                )
            }
            Kind::Text => Some(Finding::Problem(
                format!("the texts of `{variable}` have no order"),
                format!("compare with `=`, `!=` or `~=`, not with `{operator}`"),
            )),
            Kind::List if self.is_equality() => self.a_tag(text),
            Kind::List if text.trim().parse::<u32>().is_ok() => self.never(
                format!("a list is compared by its length, and '{text}' is a text"),
                format!("write `{variable}{operator}{}`", text.trim()),
            ),
            Kind::List => self.never(
                format!("a list is compared by its length, and '{text}' is no number"),
                format!("write, for example, `{variable}{operator}1`, or `{variable}='{text}'`"),
            ),
            Kind::Number if text.trim().parse::<f64>().is_ok() => None,
            Kind::Number => {
                self.never(format!("`{variable}` is a number, and '{text}' is none"), self.example())
            }
            Kind::Bool if self.is_equality() && is_truth(text) => None,
            Kind::Bool => self.never(
                format!("`{variable}` is true or false, and never '{text}'"),
                self.truth(meant_truth(text)),
            ),
            Kind::Duration | Kind::Behind if parse_duration(text).is_some() => None,
            Kind::Behind if text.trim().parse::<u32>().is_ok() => Some(Finding::Problem(
                format!("`{variable}` is compared with the text '{text}'"),
                format!(
                    "write `{variable}{operator}{0}` for a number of deploys, or, for example, '{0}h' for a time",
                    text.trim()
                ),
            )),
            Kind::Duration | Kind::Behind => Some(Finding::Problem(
                format!("`{variable}` is compared with '{text}'"),
                meant_time(text).map_or_else(
                    || "write a duration: '30s', '5m', '4h' or '1d'".to_owned(),
                    |time| format!("write '{time}'"),
                ),
            )),
        }
    }

    /// A comparison of a truth with the one that is meant.
    fn truth(&self, meant: Option<bool>) -> String {
        match meant.filter(|_| self.is_equality()) {
            Some(truth) => format!("write `{}{}{truth}`", self.variable, self.operator),
            None => self.example(),
        }
    }

    /// Whether a variable of few texts is ever this one.
    fn one_of(&self, text: &str) -> Option<Finding> {
        let texts = texts_of(self.variable);
        if texts.is_empty() {
            let (why, right) = of_another_form(self.variable, text)?;
            return self.impossible(why, right);
        }
        if texts.contains(&text) {
            return None;
        }
        let right = closest(text, texts.iter().copied()).map(|right| format!("did you mean '{right}'?"));
        let all = || format!("it is one of '{}'", texts.join("', '"));
        self.impossible(format!("`{}` is never '{text}'", self.variable), right.unwrap_or_else(all))
    }

    /// Whether a deploy can have this tag.
    fn a_tag(&self, text: &str) -> Option<Finding> {
        if self.variable != "tags" || text.is_empty() || text.starts_with('#') {
            return None;
        }
        self.impossible(
            format!("`tags` start with `#`: no deploy has the tag '{text}'"),
            format!("did you mean '#{text}'?"),
        )
    }

    fn with_pattern(&self, pattern: &str, matches: impl Fn(&str) -> bool) -> Option<Finding> {
        let Self { variable, .. } = self;
        match self.kind {
            Kind::Text => {
                let texts = texts_of(variable);
                let any = texts.is_empty() || texts.iter().any(|text| matches(text));
                let all = format!("it is one of '{}'", texts.join("', '"));
                if any { None } else { self.never(format!("`{variable}` never matches '{pattern}'"), all) }
            }
            Kind::List if *variable == "tags" && begins_with_letters(pattern) => self.never(
                format!("`tags` start with `#`, and '{pattern}' matches from the start"),
                format!("did you mean '#{pattern}'?"),
            ),
            Kind::List => None,
            Kind::Number | Kind::Bool | Kind::Duration | Kind::Behind => {
                self.never(format!("`~=` matches texts, and `{variable}` is none"), self.example())
            }
        }
    }

    fn with_number(&self, number: f64) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        match self.kind {
            Kind::Number | Kind::List | Kind::Behind => self.beyond(number),
            Kind::Text if !texts_of(variable).is_empty() => self.never(
                format!("`{variable}` is a text, and {number} is a number"),
                format!("it is one of '{}'", texts_of(variable).join("', '")),
            ),
            Kind::Text => self.never(
                format!("`{variable}` is a text, and {number} is a number"),
                format!(
                    "write `{variable}{}'{number}'`",
                    if self.is_equality() { *operator } else { Operator::Equal }
                ),
            ),
            Kind::Bool => self.never(
                format!("`{variable}` is true or false, and never the number {number}"),
                self.truth(meant_truth(&number.to_string())),
            ),
            Kind::Duration => self.never(
                format!("`{variable}` is a time, and {number} has no unit"),
                format!("write, for example, `{variable}{operator}'{}m'`", number.abs().trunc()),
            ),
        }
    }

    /// Whether a count, which is never below 0, can be so.
    fn beyond(&self, number: f64) -> Option<Finding> {
        let holds = match self.operator {
            Operator::Equal => number >= 0.0 && number.fract() == 0.0,
            Operator::Less => number > 0.0,
            Operator::LessOrEqual => number >= 0.0,
            Operator::Greater | Operator::GreaterOrEqual | Operator::NotEqual | Operator::Matches => true,
        };
        let why = format!("`{}` counts, and a count is a whole number from 0", self.variable);
        if holds { None } else { self.never(why, self.example()) }
    }

    fn with_bool(&self, truth: bool) -> Option<Finding> {
        match self.kind {
            Kind::Bool => None,
            Kind::Text | Kind::List | Kind::Number | Kind::Duration | Kind::Behind => {
                self.never(format!("`{}` is never `{truth}`", self.variable), self.example())
            }
        }
    }

    fn with_variable(&self, other: &str, kind: Kind) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        let fits = match (self.kind, kind) {
            (Kind::Text, Kind::Text) if self.is_equality() => true,
            (Kind::Text, Kind::Text) => {
                let order = order_of(variable);
                if !order.is_empty() && order == order_of(other) {
                    return None;
                }
                return Some(Finding::Problem(
                    format!("the texts of `{variable}` and `{other}` have no common order"),
                    format!("compare with `=` or `!=`, not with `{operator}`"),
                ));
            }
            (Kind::List, Kind::List | Kind::Text) | (Kind::Text, Kind::List) | (Kind::Bool, Kind::Bool) => {
                self.is_equality()
            }
            (Kind::Number, Kind::Number | Kind::List | Kind::Behind)
            | (Kind::List | Kind::Behind, Kind::Number)
            | (Kind::Duration | Kind::Behind, Kind::Duration | Kind::Behind) => true,
            (Kind::Text | Kind::List | Kind::Number | Kind::Bool | Kind::Duration | Kind::Behind, _) => false,
        };
        let why = format!("`{variable}` and `{other}` are of different kinds, or have no order");
        if fits { None } else { self.never(why, self.example()) }
    }
}

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Clock, Condition, Deploys, Snapshot, Value, parse};
    use crate::variables::FUTURE_DEPLOY;
    use proptest::prelude::*;
    use std::time::Duration;

    fn said(text: &str) -> String {
        let Condition::Comparison(comparison) = parse(text).unwrap() else {
            panic!("{text} is no comparison")
        };
        match finding(&comparison) {
            None => format!("{text}: fine"),
            Some(Finding::Problem(why, right)) => format!("{text}: problem: {why}; {right}"),
            Some(Finding::Never(why, right)) => format!("{text}: never: {why}; {right}"),
            Some(Finding::Always(why, right)) => format!("{text}: always: {why}; {right}"),
        }
    }

    #[test]
    fn a_comparison_that_never_holds_is_told_with_what_to_write() {
        let texts = [
            "tags",
            "pr_labels=true",
            "environment",
            "environment!=5",
            "deployed_for",
            "deployed_for>5",
            "deployed_for!=5",
            "deployed_for~='5m'",
            "deployed_for>='soon'",
            "future_deploy='no'",
            "future_deploy=0",
            "pr_labels>='fix'",
            "deploy_message_reaction_plus_1>='three'",
            "deploy_message_reaction_plus_1=-1",
            "tags~='web'",
            "tags~='(web|api)'",
            "tags='web'",
            "tags!='web'",
            "health!='healthy'",
            "health~='healthy'",
            "health='healthy'",
            "health>='Unknown'",
            "environment>'Staging'",
            "magnitude<environment",
            "environment=[]",
            "drift_to_production='10'",
            "drift_to_production~='2h'",
            "pr_labels<1.5",
            "tags<0",
            "tags=health",
            "health>deployed_for",
            "failed_rules>failed_rules",
        ];
        insta::assert_snapshot!(texts.map(said).join("\n"), @r#"
        tags: never: `tags` is never `true`; write `tags!=[]` where it is to have any, or, for example, `tags='#web'`
        pr_labels=true: never: `pr_labels` is never `true`; write `pr_labels!=[]` where it is to have any, or, for example, `pr_labels~='fix|feature'`
        environment: never: `environment` is never `true`; write, for example, `environment='staging'`
        environment!=5: never: `environment` is a text, and 5 is a number; write `environment!='5'`
        deployed_for: never: `deployed_for` is never `true`; write, for example, `deployed_for>='5m'`
        deployed_for>5: never: `deployed_for` is a time, and 5 has no unit; write, for example, `deployed_for>'5m'`
        deployed_for!=5: never: `deployed_for` is a time, and 5 has no unit; write, for example, `deployed_for!='5m'`
        deployed_for~='5m': never: `~=` matches texts, and `deployed_for` is none; write, for example, `deployed_for>='5m'`
        deployed_for>='soon': problem: `deployed_for` is compared with 'soon'; write a duration: '30s', '5m', '4h' or '1d'
        future_deploy='no': never: `future_deploy` is true or false, and never 'no'; write `future_deploy=false`
        future_deploy=0: never: `future_deploy` is true or false, and never the number 0; write `future_deploy=false`
        pr_labels>='fix': never: a list is compared by its length, and 'fix' is no number; write, for example, `pr_labels>=1`, or `pr_labels='fix'`
        deploy_message_reaction_plus_1>='three': never: `deploy_message_reaction_plus_1` is a number, and 'three' is none; write, for example, `deploy_message_reaction_plus_1>=2`
        deploy_message_reaction_plus_1=-1: never: `deploy_message_reaction_plus_1` counts, and a count is a whole number from 0; write, for example, `deploy_message_reaction_plus_1>=2`
        tags~='web': never: `tags` start with `#`, and 'web' matches from the start; did you mean '#web'?
        tags~='(web|api)': never: `tags` start with `#`, and '(web|api)' matches from the start; did you mean '#(web|api)'?
        tags='web': never: `tags` start with `#`: no deploy has the tag 'web'; did you mean '#web'?
        tags!='web': always: `tags` start with `#`: no deploy has the tag 'web'; did you mean '#web'?
        health!='healthy': always: `health` is never 'healthy'; did you mean 'Healthy'?
        health~='healthy': never: `health` never matches 'healthy'; it is one of 'Healthy', 'Ailing', 'Unhealthy', 'Unknown'
        health='healthy': never: `health` is never 'healthy'; did you mean 'Healthy'?
        health>='Unknown': never: 'Unknown' has no place in the order of `health`; it is 'Unhealthy' < 'Ailing' < 'Healthy'
        environment>'Staging': problem: the texts of `environment` have no order; compare with `=`, `!=` or `~=`, not with `>`
        magnitude<environment: problem: the texts of `magnitude` and `environment` have no common order; compare with `=` or `!=`, not with `<`
        environment=[]: never: `environment` is no list; write, for example, `environment='staging'`
        drift_to_production='10': problem: `drift_to_production` is compared with the text '10'; write `drift_to_production=10` for a number of deploys, or, for example, '10h' for a time
        drift_to_production~='2h': never: `~=` matches texts, and `drift_to_production` is none; write, for example, `drift_to_production>='2h'` or `drift_to_production>=3`
        pr_labels<1.5: fine
        tags<0: never: `tags` counts, and a count is a whole number from 0; write `tags!=[]` where it is to have any, or, for example, `tags='#web'`
        tags=health: fine
        health>deployed_for: never: `health` and `deployed_for` are of different kinds, or have no order; write, for example, `health='Healthy'`
        failed_rules>failed_rules: never: `failed_rules` and `failed_rules` are of different kinds, or have no order; write `failed_rules!=[]` where it is to have any, or, for example, `failed_rules=[]`
        "#);
    }

    #[test]
    fn a_comparison_that_can_hold_is_fine() {
        for text in [
            "tags='#web'",
            "tags~='#web'",
            "tags~='.*web'",
            "tags~='w*#a'",
            "tags~='(#web)'",
            "tags!=[]",
            "tags>=1",
            "environment~='stag'",
            "environment='true'",
            "health>='Ailing'",
            "magnitude<'Large'",
            "magnitude=magnitude",
            "deployed_for>='5m'",
            "deployed_for>=stale_for",
            "drift_to_production>10",
            "drift_to_production!=0",
            "drift_to_production>'2h'",
            "future_deploy",
            "future_deploy=false",
            "future_deploy='True'",
            "deploy_message_reaction_plus_1>='3'",
            "pr_label=pr_labels",
            "pr_authors=environment",
            "failed_rules=[]",
        ] {
            assert_eq!(said(text), format!("{text}: fine"));
        }
    }

    /// Any value that a variable of this kind can have.
    fn value(variable: &'static str) -> BoxedStrategy<Value> {
        let texts = texts_of(variable);
        // An environment that is called `true`, `5` or `5m` is compared as such; nobody has one.
        let text = "[P-S][a-z]{0,6}";
        let tag = "[a-z]{1,4}".prop_map(|name| format!("#{name}"));
        let deploys = (0..100_u32, any::<bool>()).prop_map(|(counted, or_more)| Deploys { counted, or_more });
        match kind_of(variable).unwrap() {
            Kind::Text if texts.is_empty() => text.prop_map(Value::Text).boxed(),
            Kind::Text => {
                proptest::sample::select(texts).prop_map(|text| Value::Text(text.to_owned())).boxed()
            }
            Kind::List if variable == "tags" => {
                proptest::collection::vec(tag, 0..3).prop_map(Value::List).boxed()
            }
            Kind::List => proptest::collection::vec(text, 0..3).prop_map(Value::List).boxed(),
            Kind::Number => (0..5_u32).prop_map(|count| Value::Number(f64::from(count))).boxed(),
            Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::Duration => {
                (0..1_000_u64).prop_map(|seconds| Value::Duration(Duration::from_secs(seconds))).boxed()
            }
            Kind::Behind => (0..1_000_u64, deploys)
                .prop_map(|(seconds, deploys)| Value::Behind(Duration::from_secs(seconds), deploys))
                .boxed(),
        }
    }

    const NAMES: [&str; 9] = [
        "environment",
        "tags",
        "pr_labels",
        "deployed_for",
        "drift_to_qa",
        FUTURE_DEPLOY,
        "health",
        "magnitude",
        "deploy_message_reaction_plus_1",
    ];

    fn case() -> impl Strategy<Value = (String, Snapshot)> {
        let operand = prop_oneof![
            Just("'web'"),
            Just("'#web'"),
            Just("'5m'"),
            Just("'true'"),
            Just("'Ailing'"),
            Just("'Medium'"),
            Just("'3'"),
            Just("3"),
            Just("-1"),
            Just("0"),
            Just("true"),
            Just("[]"),
            Just("environment"),
            Just("tags"),
            Just("pr_labels"),
            Just("deployed_for"),
            Just("health"),
            Just("magnitude"),
            Just("deploy_message_reaction_plus_1"),
        ];
        let operator = proptest::sample::select(&["=", "!=", ">", ">=", "<", "<=", "~="][..]);
        let snapshot = NAMES.map(|name| value(name).prop_map(move |value| (name, value))).to_vec();
        let snapshot = snapshot.prop_map(|values| {
            let mut snapshot = Snapshot::new();
            values.into_iter().for_each(|(name, value)| snapshot.set(name, value));
            snapshot
        });
        (proptest::sample::select(&NAMES[..]), operator, operand, snapshot)
            .prop_map(|(name, operator, operand, snapshot)| (format!("{name}{operator}{operand}"), snapshot))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_comparison_holds_as_it_is_told((text, snapshot) in case()) {
            if let Ok(Condition::Comparison(comparison)) = parse(&text) {
                let fits = match finding(&comparison) {
                    None => true,
                    Some(Finding::Always(..)) => comparison.holds(&snapshot),
                    Some(Finding::Never(..) | Finding::Problem(..)) => !comparison.holds(&snapshot),
                };
                prop_assert!(fits, "{text} for {snapshot:?}");
            }
        }
    }

    #[test]
    fn a_number_of_deploys_that_may_be_more_holds_only_for_all_of_them() {
        let mut snapshot = Snapshot::new();
        let deploys = Deploys { counted: 100, or_more: true };
        snapshot.run("drift_to_qa", Clock::Behind(jiff::SignedDuration::from_hours(3), deploys));
        let holding = [
            "drift_to_qa>99",
            "drift_to_qa>=100",
            "drift_to_qa!=99",
            "drift_to_qa>'2h'",
            "99<drift_to_qa",
            "drift_to_qa>100",
            "drift_to_qa=100",
            "drift_to_qa!=100",
            "drift_to_qa<200",
            "drift_to_qa<='2h'",
        ];
        let holds = |text: &&str| parse(text).is_ok_and(|condition| condition.holds(&snapshot));
        let holding: Vec<_> = holding.into_iter().filter(holds).collect();
        assert_eq!(holding, ["drift_to_qa>99", "drift_to_qa>=100", "drift_to_qa!=99", "drift_to_qa>'2h'"]);
    }
}
