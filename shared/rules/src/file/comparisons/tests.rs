//! Findings about comparisons: each is so for every deploy.

use super::*;
use crate::condition::{Clock, Condition, Deploys, Snapshot, Value, parse};
use crate::variables::FUTURE_DEPLOY;
use proptest::prelude::*;
use std::time::Duration;

fn said(text: &str) -> String {
    let Condition::Comparison(comparison) = parse(text).unwrap() else { panic!("{text} is no comparison") };
    match finding(&comparison) {
        None => format!("{text}: fine"),
        Some(Finding::Problem(why, right)) => format!("{text}: problem: {why}; {right}"),
        Some(Finding::Never(why, right)) => format!("{text}: never: {why}; {right}"),
        Some(Finding::Always(why, right)) => format!("{text}: always: {why}; {right}"),
        Some(Finding::Unlikely(why, right)) => format!("{text}: as it stands: {why}; {right}"),
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
        "magnitude>'Large'",
        "health<'Unhealthy'",
        "deployed_for<'0s'",
        "deployed_for>='0s'",
        "drift_to_qa>100",
        "drift_to_qa>=101",
        "drift_to_qa=150",
        "drift_to_qa!=0.5",
        "tags>=0",
        "tags!=''",
        "tags~='^web'",
        "branch!='release/*'",
        "branch~='refs/heads/main'",
        "revision~='v1'",
        "environment=environment",
        "deployed_for<deployed_for",
        "pr_authors='@ana'",
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
    pr_labels>='fix': never: a list is compared by its length, and 'fix' is not a number; write, for example, `pr_labels>=1`, or `pr_labels='fix'`
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
    environment=[]: never: `environment` is not a list; write, for example, `environment='staging'`
    drift_to_production='10': problem: `drift_to_production` is compared with the text '10'; write `drift_to_production=10` for a number of deploys, or, for example, '10h' for a time
    drift_to_production~='2h': never: `~=` matches texts, and `drift_to_production` is none; write, for example, `drift_to_production>='2h'` or `drift_to_production>=3`
    pr_labels<1.5: fine
    tags<0: never: `tags` counts, and a count is a whole number from 0; write `tags!=[]` where it is to have any, or, for example, `tags='#web'`
    tags=health: fine
    health>deployed_for: never: `health` and `deployed_for` are of different kinds, or have no order; write, for example, `health='Healthy'`
    failed_rules>failed_rules: never: `failed_rules` and `failed_rules` are of different kinds, or have no order; write `failed_rules!=[]` where it is to have any, or, for example, `failed_rules=[]`
    magnitude>'Large': never: no value of `magnitude` fits; write, for example, `magnitude='Medium'`
    health<'Unhealthy': never: no value of `health` fits; write, for example, `health='Healthy'`
    deployed_for<'0s': never: no value of `deployed_for` fits; write, for example, `deployed_for>='5m'`
    deployed_for>='0s': always: every value of `deployed_for` fits; write, for example, `deployed_for>='5m'`
    drift_to_qa>100: never: no value of `drift_to_qa` fits; write, for example, `drift_to_qa>='2h'` or `drift_to_qa>=3`
    drift_to_qa>=101: never: no value of `drift_to_qa` fits; write, for example, `drift_to_qa>='2h'` or `drift_to_qa>=3`
    drift_to_qa=150: never: no value of `drift_to_qa` fits; write, for example, `drift_to_qa>='2h'` or `drift_to_qa>=3`
    drift_to_qa!=0.5: always: `drift_to_qa` counts, and a count is a whole number from 0; write, for example, `drift_to_qa>='2h'` or `drift_to_qa>=3`
    tags>=0: always: `tags` counts, and a count is a whole number from 0; write `tags!=[]` where it is to have any, or, for example, `tags='#web'`
    tags!='': always: `tags` start with `#`: no deploy has the tag ''; write `tags!=[]`
    tags~='^web': never: `tags` start with `#`, and '^web' matches from the start; did you mean '#web'?
    branch!='release/*': always: git has no branch or tag called 'release/*'; a pattern stands behind `~=`: 'release/.*'
    branch~='refs/heads/main': never: `branch` is a name without `refs/heads/`, and 'refs/heads/main' matches from the start; the pattern begins with the branch's own name
    revision~='v1': never: `revision` is a full SHA, and 'v1' matches from the start; a SHA has the digits 0 to 9 and a to f alone
    environment=environment: always: `environment` is compared with itself; write, for example, `environment='staging'`
    deployed_for<deployed_for: never: `deployed_for` is compared with itself; write, for example, `deployed_for>='5m'`
    pr_authors='@ana': never: `pr_authors` has accounts, and never '@ana'; did you mean 'ana'?
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
        "deployed_for>='5m'",
        "deployed_for>=stale_for",
        "drift_to_production>10",
        "drift_to_production!=0",
        "drift_to_production!=100.5",
        "drift_to_production>=100",
        "branch='v1.2.0'",
        "branch~='ref.*'",
        "revision~='7BF'",
        "health>=health",
        "tags<=0",
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
    let deploys = prop_oneof![
        (0..=100_u32).prop_map(|counted| Deploys { counted, or_more: false }),
        Just(Deploys { counted: 100, or_more: true }),
    ];
    match kind_of(variable).unwrap() {
        Kind::Text if texts.is_empty() => text.prop_map(Value::Text).boxed(),
        Kind::Text => proptest::sample::select(texts).prop_map(|text| Value::Text(text.to_owned())).boxed(),
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
                None | Some(Finding::Unlikely(..)) => true,
                Some(Finding::Always(..)) => comparison.holds(&snapshot),
                Some(Finding::Never(..) | Finding::Problem(..)) => !comparison.holds(&snapshot),
            };
            prop_assert!(fits, "{text} for {snapshot:?}");
        }
    }
}

#[test]
fn open_ended_count_holds_only_for_every_number() {
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
