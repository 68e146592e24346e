//! Each clash is so for every deploy, and each two comparisons that are at odds are found.

use super::*;
use crate::condition::{Deploys, Snapshot, Value, parse};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn found(conditions: &[&Condition]) -> Vec<Clash> {
    let mut work = MAX_WORK;
    clashes(conditions, &mut work)
}

/// The clashes of conditions, all of which have to hold: `never` or `always`, and the comparisons.
fn told(conditions: &[&str]) -> String {
    let conditions: Vec<Condition> = conditions.iter().map(|text| parse(text).unwrap()).collect();
    let whole: Vec<&Condition> = conditions.iter().collect();
    let all: Vec<&Comparison> = conditions.iter().flat_map(Condition::comparisons).collect();
    let clash = |Clash { of, is_always }: Clash| {
        let of: Vec<String> = of.iter().map(|number| all[*number].to_string()).collect();
        format!("{} {}", if is_always { "always" } else { "never" }, of.join(" "))
    };
    let told: Vec<String> = found(&whole).into_iter().map(clash).collect();
    told.join("; ")
}

#[test]
fn comparisons_at_odds_are_found() {
    for (text, expected) in [
        ("branch='main' and branch='dev'", "never branch='main' branch='dev'"),
        ("branch='main' and branch='Main'", "never branch='main' branch='Main'"),
        ("environment='Staging' and environment='staging'", ""),
        (
            "environment='Staging' and environment!='STAGING'",
            "never environment='Staging' environment!='STAGING'",
        ),
        ("branch='main' and (branch='dev')", "never branch='main' branch='dev'"),
        ("branch='main' and (branch='dev' or tags='#a')", "never branch='main' branch='dev'"),
        ("branch='main' and (branch='dev' or branch='qa')", "never branch='main' branch='dev'"),
        (
            "branch='main' and (tags='#a' or (rollback and branch!='main'))",
            "never branch='main' branch!='main'",
        ),
        ("branch='main' or branch='dev'", ""),
        ("branch!='main' and branch!='dev'", ""),
        ("branch='main' and branch~='rel.*'", "never branch='main' branch~='rel.*'"),
        ("branch~='main' and branch~='rel.*'", ""),
        ("branch!='main' or branch!='dev'", "always branch!='main' branch!='dev'"),
        ("branch='main' or branch!='main'", "always branch='main' branch!='main'"),
        ("branch='main' or branch!='dev'", ""),
        ("rollback or (branch!='main' or branch!='dev')", "always branch!='main' branch!='dev'"),
        ("magnitude>='Large' and magnitude<'Medium'", "never magnitude>='Large' magnitude<'Medium'"),
        ("magnitude>='Medium' and magnitude<='Medium'", ""),
        ("magnitude>='Medium' or magnitude<'Medium'", ""),
        ("magnitude>='Small' or magnitude='Unknown'", "always magnitude>='Small' magnitude='Unknown'"),
        (
            "magnitude>'Small' and magnitude!='Medium' and magnitude<'Large'",
            "never magnitude>'Small' magnitude!='Medium' magnitude<'Large'",
        ),
        ("deployed_for>='5m' and deployed_for<'300s'", "never deployed_for>='5m' deployed_for<'300s'"),
        ("deployed_for>='5m' or deployed_for<'6m'", "always deployed_for>='5m' deployed_for<'6m'"),
        (
            "deploy_message_reaction_plus_1>1 and deploy_message_reaction_plus_1<2",
            "never deploy_message_reaction_plus_1>1 deploy_message_reaction_plus_1<2",
        ),
        ("deploy_message_reaction_plus_1>1 and deploy_message_reaction_plus_1<3", ""),
        ("drift_to_qa>3 and drift_to_qa<'1h'", ""),
        ("drift_to_qa>3 and drift_to_qa<=3", "never drift_to_qa>3 drift_to_qa<=3"),
        // Of more deploys than are counted neither holds.
        ("drift_to_qa>200 or drift_to_qa<=200", ""),
        ("tags='#a' and tags='#b'", ""),
        ("tags='#a' and tags!='#a'", "never tags='#a' tags!='#a'"),
        ("tags='#a' and tags='#b' and tags<2", "never tags='#a' tags='#b' tags<2"),
        ("tags=[] and tags~='#.*'", "never tags=[] tags~='#.*'"),
        ("deployer='Ana' and deployer!='ana'", "never deployer='Ana' deployer!='ana'"),
        ("pr_labels='a' and pr_labels!='A'", ""),
        // Each commit may have other tags, and each base another way.
        ("tags='#a' or tags!='#a'", ""),
        ("rollback or rollback=false", ""),
        ("rollback and rollback=false", "never rollback=true rollback=false"),
        ("future_deploy or future_deploy=false", "always future_deploy=true future_deploy=false"),
        ("pr_authors=deployer and pr_authors!=deployer", "never pr_authors=deployer pr_authors!=deployer"),
        // What is wrong by itself is told of by itself.
        ("health='healthy' and health='ailing'", ""),
        ("base_synced='x' and base_synced='y'", ""),
    ] {
        assert_eq!(told(&[text]), expected, "{text}");
    }
    assert_eq!(
        told(&["environment='Staging'", "branch='main' or tags='#a'", "environment='Production'"]),
        "never environment='Staging' environment='Production'"
    );
}

#[test]
fn work_has_a_bound() {
    let long = |count: usize| (0..count).map(|n| format!("branch!='{n}'")).collect::<Vec<_>>().join(" or ");
    assert!(told(&[&long(MAX_TOGETHER)]).starts_with("always branch!='"));
    assert_eq!(told(&[&long(MAX_TOGETHER + 1)]), "");
    let text = parse("branch='main' and branch='dev'").unwrap();
    assert_eq!(clashes(&[&text], &mut 5), []);
    assert_eq!(clashes(&[&text], &mut 6).len(), 1);
}

/// The variables of the drawn conditions, with what they are compared with, and their values.
fn variables() -> Vec<(&'static str, Vec<&'static str>, Vec<Value>)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).to_owned()).collect());
    let (some, ordered) = (
        ["='main'", "='Main'", "='dev'", "!='main'", "!='dev'", "~='m.*'"].to_vec(),
        [
            "='Small'",
            "!='Small'",
            "='Unknown'",
            "!='Unknown'",
            ">'Small'",
            ">='Medium'",
            "<'Medium'",
            "<='Medium'",
            ">='Large'",
            "~='[SL].*'",
        ]
        .to_vec(),
    );
    let counted = ["=0", "=2", "!=2", ">1", ">=2", "<2", "<=1", ">2.5", "<0.5", "='2'"].to_vec();
    let counts = (0..5).map(|count| Value::Number(f64::from(count))).collect();
    let times = ["='5m'", "!='5m'", ">'5m'", ">='299s'", "<'5m'", "<='301s'"];
    let seconds = [0, 298, 299, 300, 301, 302].map(Duration::from_secs);
    let behind = seconds.into_iter().flat_map(|time| {
        // Time passes only where a deploy is missing.
        let least = u32::from(!time.is_zero());
        let known = (least..5).map(|counted| Deploys { counted, or_more: false });
        let deploys = known.chain([false, true].map(|or_more| Deploys { counted: 100, or_more }));
        deploys.map(move |deploys| Value::Behind(time, deploys))
    });
    let lists =
        ["='#a'", "='#A'", "!='#a'", "='#b'", "!='#b'", "=[]", "!=[]", "=1", "<2", ">1", ">=1", "~='#.*'"];
    let of_list = [
        &[][..],
        &["#a"],
        &["#b"],
        &["#c"],
        &["#a", "#b"],
        &["#A"],
        &["#a", "#A"],
        &["#A", "#b"],
        &["#c", "#d"],
        &["#a", "#b", "#c"],
    ];
    vec![
        ("branch", some.clone(), ["main", "Main", "dev", "other"].map(text).to_vec()),
        ("environment", some, ["main", "Main", "dev", "other"].map(text).to_vec()),
        ("magnitude", ordered, ["Small", "Medium", "Large", "Unknown"].map(text).to_vec()),
        ("deploy_message_reaction_plus_1", counted.clone(), counts),
        ("deployed_for", times.to_vec(), seconds.map(Value::Duration).to_vec()),
        ("drift_to_qa", [&times[..], &counted[..9]].concat(), behind.collect()),
        ("tags", lists.to_vec(), of_list.map(list).to_vec()),
        ("rollback", vec!["", "=false", "='True'", "!=false"], [true, false].map(Value::Bool).to_vec()),
        ("future_deploy", vec!["", "=false"], [true, false].map(Value::Bool).to_vec()),
    ]
}

/// A comparison with one of the first variables.
fn comparison(variable: usize) -> impl Strategy<Value = String> {
    let (name, with, _) = variables().swap_remove(variable);
    proptest::sample::select(with).prop_map(move |with| format!("{name}{with}"))
}

/// A condition with comparisons of these variables.
fn condition(of: [usize; 2]) -> impl Strategy<Value = String> {
    let one = prop_oneof![comparison(of[0]), comparison(of[1])];
    one.prop_recursive(3, 8, 4, |inner| {
        (proptest::collection::vec(inner, 2..4), prop_oneof![Just(" and "), Just(" or ")]).prop_map(
            |(parts, word)| {
                let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
                parts.join(word)
            },
        )
    })
}

/// Every deploy that has one of its values for each of these variables.
fn deploys(of: [usize; 2]) -> Vec<Snapshot> {
    let known = variables();
    let [(first, _, values), (second, _, others)] = of.map(|index| &known[index]);
    let mut all = Vec::new();
    for value in values {
        for other in others {
            let mut snapshot = Snapshot::new();
            snapshot.set(*first, value.clone());
            snapshot.set(*second, other.clone());
            all.push(snapshot);
        }
    }
    all
}

/// The whole condition with the comparisons of a clash in it, joined as they are at odds.
fn of_clash(condition: &Condition, clash: &Clash) -> Condition {
    let all = condition.comparisons();
    let of = clash.of.iter().map(|number| Condition::Comparison(all[*number].clone())).collect();
    if clash.is_always { Condition::Or(of) } else { Condition::And(of) }
}

fn drawn() -> impl Strategy<Value = ([usize; 2], String)> {
    let count = variables().len();
    (0..count, 0..count).prop_flat_map(|(first, second)| {
        let of = [first, second];
        condition(of).prop_map(move |text| (of, text))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_told_is_so_for_every_deploy((of, text) in drawn()) {
        let condition = parse(&text).unwrap();
        for clash in found(&[&condition]) {
            let joined = of_clash(&condition, &clash);
            for snapshot in deploys(of) {
                prop_assert_eq!(joined.holds(&snapshot), clash.is_always, "{} in {} for {:?}", &joined, &text, snapshot);
            }
        }
    }

    #[test]
    fn clash_is_so_for_several_values_too((of, text) in drawn(), others in proptest::collection::vec(any::<proptest::sample::Index>(), 3)) {
        let condition = parse(&text).unwrap();
        let known = variables();
        for clash in found(&[&condition]).into_iter().filter(|clash| !clash.is_always) {
            let joined = of_clash(&condition, &clash);
            for mut snapshot in deploys(of) {
                for other in &others {
                    let more = of.map(|index| (known[index].0.to_owned(), other.get(&known[index].2).clone()));
                    snapshot.also_for("rule", BTreeMap::from(more));
                }
                prop_assert!(!joined.holds(&snapshot.of_rule("rule")), "{joined} in {text}");
            }
        }
    }
}

#[test]
fn two_comparisons_at_odds_are_all_found() {
    let mut missed = Vec::new();
    for (index, (name, with, _)) in variables().into_iter().enumerate() {
        let deploys = deploys([index, index]);
        // A pattern may match texts that are not among these values.
        let is_plain = |with: &&&str| !with.starts_with("~=") || name == "magnitude";
        let pairs = with
            .iter()
            .filter(is_plain)
            .flat_map(|one| with.iter().filter(is_plain).map(move |other| (one, other)));
        for (one, other) in pairs {
            let [never, always] = ["and", "or"].map(|word| format!("{name}{one} {word} {name}{other}"));
            let holding = |text: &str| {
                let condition = parse(text).unwrap();
                deploys.iter().filter(|deploy| condition.holds(deploy)).count()
            };
            let is_whole = |text: &str| {
                let condition = parse(text).unwrap();
                condition.comparisons().iter().all(|comparison| finding(comparison).is_none())
            };
            if holding(&never) == 0 && is_whole(&never) && told(&[&never]).is_empty() {
                missed.push(never);
            }
            if has_one_value(name)
                && holding(&always) == deploys.len()
                && is_whole(&always)
                && told(&[&always]).is_empty()
            {
                missed.push(always);
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
