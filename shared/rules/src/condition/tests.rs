//! Tests of the texts and the verdicts of conditions.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

/// Variables of every kind.
pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new();
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).to_owned()).collect());
    snapshot.set("environment", Value::Text("Production".into()));
    snapshot.set("magnitude", Value::Text("Small".into()));
    snapshot.set("tags", list(&["#web", "#v12"]));
    snapshot.set("pr_labels", list(&["quickfix"]));
    snapshot.set("failed_rules", list(&[]));
    snapshot.set("reactions", Value::Number(2.0));
    snapshot.set("limit", Value::Number(2.0));
    snapshot.set("draft", Value::Bool(false));
    snapshot.set("merged", Value::Bool(true));
    snapshot.set("deployed_for", Value::Duration(Duration::from_secs(300)));
    snapshot.set("stale_for", Value::Duration(Duration::from_secs(3600)));
    snapshot.set("target", Value::Text("production".into()));
    snapshot
}

#[test]
fn comparisons_hold_as_the_language_says() {
    let cases: &[(&str, bool)] = &[
        ("environment='Production'", true),
        ("environment='production'", true),
        ("environment!='PRODUCTION'", false),
        ("environment<>'Staging'", true),
        ("environment~='prod'", true),
        ("environment~='duction'", false),
        ("environment=target", true),
        ("target=environment", true),
        ("target~='Prod'", false),
        ("magnitude='small'", false),
        ("magnitude=\"Small\"", true),
        ("tags='#web'", true),
        ("tags='#Web'", false),
        ("tags='web'", false),
        ("tags!='#api'", true),
        ("tags!='#web'", false),
        (r"tags~='#v\d+$'", true),
        (r"tags~='v\d+'", false),
        ("tags=2", true),
        ("tags>1", true),
        ("tags>=3", false),
        ("tags<'#z'", false),
        ("tags=[]", false),
        ("tags!=[]", true),
        ("tags!=pr_labels", true),
        ("tags=tags", true),
        ("failed_rules=0", true),
        ("failed_rules=''", false),
        ("failed_rules!=''", true),
        ("failed_rules=[]", true),
        ("failed_rules~='.*'", false),
        ("reactions=2", true),
        ("reactions='2'", true),
        ("reactions>1.5", true),
        ("reactions<=limit", true),
        ("reactions=tags", true),
        ("limit<tags", false),
        ("draft=false", true),
        ("draft='False'", true),
        ("draft!=true", true),
        ("draft", false),
        ("merged", true),
        ("MERGED", false),
        ("deployed_for>='5m'", true),
        ("deployed_for>'5m'", false),
        ("deployed_for<'1d'", true),
        ("deployed_for<stale_for", true),
        ("stale_for='1h'", true),
        // What cannot be compared is false either way.
        ("environment=5", false),
        ("environment!=5", false),
        ("environment>true", false),
        ("draft>merged", false),
        ("deployed_for!='a while'", false),
        ("deployed_for!=300", false),
        ("reactions!='many'", false),
        ("health='Healthy'", false),
        ("health!='Healthy'", false),
        ("environment!=health", false),
        ("environment=[]", false),
        ("environment!=[]", false),
    ];
    for (text, expected) in cases {
        match parse(text) {
            Ok(condition) => assert_eq!(condition.holds(&snapshot()), *expected, "{text}"),
            Err(error) => assert!(!*expected && text.contains(">true"), "{text}: {error}"),
        }
    }
}

#[test]
fn and_binds_tighter_than_or() {
    for (text, expected) in [
        ("merged or draft and draft", true),
        ("(merged or draft) and draft", false),
        ("draft AND draft Or merged", true),
        ("draft and (draft or merged)", false),
        ("((merged))", true),
    ] {
        assert_eq!(parse(text).unwrap().holds(&snapshot()), expected, "{text}");
    }
}

#[test]
fn a_condition_reads_back_as_it_was_meant() {
    for (text, shown) in [
        ("environment = 'Staging'", "environment='Staging'"),
        ("a <> \"it's\"", "a!=\"it's\""),
        ("draft", "draft=true"),
        ("a=TRUE or b=False", "a=true or b=false"),
        ("a and b and c", "a=true and b=true and c=true"),
        ("a and (b and c)", "a=true and (b=true and c=true)"),
        ("(a and b) or c", "a=true and b=true or c=true"),
        ("(a or b) and c", "(a=true or b=true) and c=true"),
        ("a > -1.50", "a>-1.5"),
        ("a=[ ]", "a=[]"),
        ("android='x' and order='y'", "android='x' and order='y'"),
        ("a\n  and b", "a=true and b=true"),
    ] {
        assert_eq!(parse(text).unwrap().to_string(), shown, "{text}");
    }
}

#[test]
fn what_does_not_belong_is_named_with_its_place() {
    let deep = format!("{}a{}", "(".repeat(40), ")".repeat(40));
    let huge = format!("tags~='{}'", "x".repeat(501));
    let bad = [
        "",
        "   ",
        "environment='X' nonsense",
        "environment='X' 'Y'",
        "environment='X')",
        "(environment='X'",
        "(environment='X' tags='#a')",
        "environment",
        "environment=",
        "environment='X' and",
        "environment='X' and\n  or tags='#a'",
        "='X'",
        "'X'=environment",
        "environment=='X'",
        "environment=~'X'",
        "environment!'X'",
        "environment 'X'",
        "environment='X",
        "environment=“X”",
        "environment='X' && draft",
        "environment='X' || draft",
        "not draft",
        "not (draft)",
        "5='X'",
        "true",
        "environment=and",
        "deployed_for>5m",
        "environment=v1.2",
        "tags=['#a']",
        "tags>[]",
        "draft>=true",
        "tags~=5",
        "tags~=environment",
        "tags~='('",
        "tags~='(?=x)'",
        r"tags~='(\w{100}){100}'",
        "tags~='(k{100}){30}'",
        "environment~='(k{100}){30}'",
        "tags=#web",
        "environment={{ environment }}",
        &deep,
        &huge,
    ];
    let mut told = String::new();
    for text in bad {
        let outcome = match parse(text) {
            Ok(condition) => format!("fine: {condition}"),
            Err(error) => error.to_string(),
        };
        let text: String = text.chars().take(50).collect();
        told.push_str(&format!("{text:?}\n    {outcome}\n"));
    }
    insta::assert_snapshot!(told, @r#"
    ""
        line 1, column 1: the condition is empty; write, for example, `environment='Staging'`
    "   "
        line 1, column 1: the condition is empty; write, for example, `environment='Staging'`
    "environment='X' nonsense"
        line 1, column 17: `nonsense` after the end of the condition; join conditions with `and` or `or`
    "environment='X' 'Y'"
        line 1, column 17: the text 'Y' after the end of the condition; join conditions with `and` or `or`
    "environment='X')"
        line 1, column 16: this `)` closes nothing; take it out
    "(environment='X'"
        line 1, column 1: this `(` is never closed; close it with `)`
    "(environment='X' tags='#a')"
        line 1, column 18: `tags` where `and`, `or` or `)` belongs
    "environment"
        fine: environment=true
    "environment="
        line 1, column 13: no value after `environment=`; write, for example, `environment='text'`
    "environment='X' and"
        line 1, column 20: the condition ends where a variable belongs; write, for example, `environment='Staging'`
    "environment='X' and\n  or tags='#a'"
        line 2, column 3: `or` where a variable belongs; leave one of the two out
    "='X'"
        line 1, column 1: `=` where a variable belongs; write, for example, `environment='Staging'`
    "'X'=environment"
        line 1, column 1: a variable belongs here, and its name has no quotes; write, for example, `environment='Staging'`
    "environment=='X'"
        line 1, column 12: unknown operator `==`; write `=`
    "environment=~'X'"
        line 1, column 12: unknown operator `=~`; write `~=`
    "environment!'X'"
        line 1, column 12: unknown operator `!`; write `!=`
    "environment 'X'"
        line 1, column 13: no operator between `environment` and its value; write `environment=…`
    "environment='X"
        line 1, column 13: this quote is never closed; close it with the same quote
    "environment=“X”"
        line 1, column 13: `“` (U+201C) is not a quote in YAML; write `"`
    "environment='X' && draft"
        line 1, column 17: `&` means nothing here; write `and`
    "environment='X' || draft"
        line 1, column 17: `|` means nothing here; write `or`
    "not draft"
        line 1, column 1: there is no `not`; write `!=`, or `=false`
    "not (draft)"
        line 1, column 1: there is no `not`; write `!=`, or `=false`
    "5='X'"
        line 1, column 1: `5` where a variable belongs; write, for example, `environment='Staging'`
    "true"
        line 1, column 1: `true` where a variable belongs; write, for example, `environment='Staging'`
    "environment=and"
        line 1, column 13: `and` where a value belongs; write, for example, `environment='text'`
    "deployed_for>5m"
        line 1, column 14: `5m` is not in quotes; write '5m'
    "environment=v1.2"
        line 1, column 13: `v1.2` is neither a number nor a variable; texts stand in quotes: 'v1.2'
    "tags=['#a']"
        line 1, column 6: a list cannot be written here; `[]` is the only one; compare with each text, and join with `or`
    "tags>[]"
        line 1, column 6: `>` takes no `[]`; compare with `=` or `!=`
    "draft>=true"
        line 1, column 8: `>=` takes no `true`; compare with `=` or `!=`
    "tags~=5"
        line 1, column 7: `~=` takes a regular expression; write it in quotes, for example 'text'
    "tags~=environment"
        line 1, column 7: `~=` takes a regular expression; write it in quotes, for example 'text'
    "tags~='('"
        line 1, column 7: not a regular expression that can be used: unclosed group
    "tags~='(?=x)'"
        line 1, column 7: not a regular expression that can be used: look-around, including look-ahead and look-behind, is not supported
    "tags~='(\\w{100}){100}'"
        line 1, column 7: not a regular expression that can be used: it is too large
    "tags~='(k{100}){30}'"
        fine: tags~='(k{100}){30}'
    "environment~='(k{100}){30}'"
        line 1, column 14: not a regular expression that can be used: it is too large
    "tags=#web"
        line 1, column 6: `#` means nothing here; texts stand in quotes: 'text'
    "environment={{ environment }}"
        line 1, column 13: `{` means nothing here; conditions take no templates; name the variable alone
    "((((((((((((((((((((((((((((((((((((((((a)))))))))"
        line 1, column 33: parentheses nested more than 32 deep
    "tags~='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        line 1, column 7: the regular expression is longer than 500 characters
    "#);
}

#[test]
fn the_longest_condition_is_read_and_no_longer_one() {
    let text = |length: usize| format!("environment='{}'", "x".repeat(length - 14));
    assert!(parse(&text(MAX_LENGTH)).is_ok());
    insta::assert_snapshot!(parse(&text(MAX_LENGTH + 1)).unwrap_err(), @r"
    line 1, column 1: the condition is longer than 10000 characters; split it: the entries of a list all have to hold
    ");
}

#[test]
fn a_pattern_that_backtracks_elsewhere_takes_linear_time_here() {
    let mut snapshot = Snapshot::new();
    snapshot.set("tags", Value::List(vec![format!("{}!", "a".repeat(50_000))]));
    assert!(!parse("tags~='(a+)+$'").unwrap().holds(&snapshot));
    assert!(parse("tags~='(a+)+!$'").unwrap().holds(&snapshot));
}

#[test]
fn durations_are_whole_numbers_with_a_unit() {
    for (text, seconds) in [
        ("30s", Some(30)),
        ("5m", Some(300)),
        ("4h", Some(14_400)),
        ("1d", Some(86_400)),
        ("0s", Some(0)),
        ("5", None),
        ("m", None),
        ("5 m", None),
        ("5min", None),
        ("-5m", None),
        ("1.5h", None),
        ("5é", None),
        ("99999999999999999999d", None),
        ("9999999999999999999d", None),
        ("", None),
    ] {
        assert_eq!(parse_duration(text), seconds.map(Duration::from_secs), "{text}");
    }
}

/// Any operand that can be parsed.
fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        "[^']{0,12}".prop_map(Operand::Text),
        "[^\"]{0,12}".prop_map(Operand::Text),
        (-1e12..1e12).prop_map(Operand::Number),
        any::<i32>().prop_map(|number| Operand::Number(number.into())),
        any::<bool>().prop_map(Operand::Bool),
        name().prop_map(Operand::Variable),
        Just(Operand::EmptyList),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let fine =
        |name: &String| !["and", "or", "true", "false"].iter().any(|word| name.eq_ignore_ascii_case(word));
    prop_oneof![
        Just("environment".to_owned()),
        Just("tags".to_owned()),
        Just("deployed_for".to_owned()),
        Just("reactions".to_owned()),
        "[a-zA-Z_][a-zA-Z0-9_-]{0,8}".prop_filter("not a keyword", fine),
    ]
}

fn comparison() -> impl Strategy<Value = Condition> {
    let operators = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Matches,
    ];
    (name(), proptest::sample::select(operators.to_vec()), operand()).prop_map(
        |(variable, operator, value)| {
            let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual | Operator::Matches);
            let pattern = match &value {
                Operand::Text(text) if operator == Operator::Matches => {
                    Pattern::new(text, variable == "environment").ok()
                }
                _ => None,
            };
            let operator = match &value {
                Operand::EmptyList | Operand::Bool(_) if ordered => Operator::NotEqual,
                _ if operator == Operator::Matches && pattern.is_none() => Operator::Equal,
                _ => operator,
            };
            let value = pattern.map_or(value, Operand::Pattern);
            Condition::Comparison(Comparison { variable, operator, value })
        },
    )
}

/// Any condition that can be parsed.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    comparison().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            proptest::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,8}".prop_map(Value::Text),
        any::<f64>().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
        proptest::collection::vec(".{0,4}", 0..4).prop_map(Value::List),
        any::<u64>().prop_map(|seconds| Value::Duration(Duration::from_secs(seconds))),
    ]
}

/// Any values of some of the variables that [`condition`] names.
pub(crate) fn snapshots() -> impl Strategy<Value = Snapshot> {
    proptest::collection::vec((name(), value()), 0..6).prop_map(|values| {
        let mut snapshot = Snapshot::new();
        for (name, value) in values {
            snapshot.set(name, value);
        }
        snapshot
    })
}

proptest! {
    #[test]
    fn every_condition_parses_back_to_itself(condition in condition()) {
        let text = condition.to_string();
        prop_assert_eq!(parse(&text), Ok(condition), "{}", text);
    }

    #[test]
    fn evaluating_never_panics(condition in condition(), snapshot in snapshots()) {
        let holds = condition.holds(&snapshot);
        prop_assert!(condition.may_hold(&snapshot) || !holds);
        // Whatever it is, it is the same again, and its text holds as it does.
        prop_assert_eq!(parse(&condition.to_string()).map(|condition| condition.holds(&snapshot)), Ok(holds));
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn parsing_what_looks_like_a_condition_never_panics(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "a", "environment", "=", "!=", "~=", ">", "(", ")", "[]", "and", "OR", "'x'", "\"y\"", "'", "5", "-1.5", "true", "\n", "5m", "é",
        ]), 0..20)
    ) {
        for separator in ["", " "] {
            let text = words.join(separator);
            if let Err(error) = parse(&text) {
                prop_assert!(error.offset <= text.chars().count());
            }
        }
    }
}
