//! Slips of each kind, with each variable: a corrected line is shown only where it is sure, and means what
//! the slip meant.

use super::{Mended, mended, told};
use signoff_rules::condition::{Clock, Condition, Deploys, Snapshot, Value, parse};
use std::fmt::Write;

/// A slip, and what it means.
type Meaning = (&'static str, &'static str);
/// A variable, and two of its values.
type Named = (&'static str, [&'static str; 2]);

/// Slips of comparisons with a text, and what they mean.
const OF_TEXTS: [(&str, &str); 20] = [
    ("VAR=AAA", "VAR='AAA'"),
    ("VAR == \"AAA\"", "VAR='AAA'"),
    ("VAR is 'AAA'", "VAR='AAA'"),
    ("VAR is not 'AAA'", "VAR!='AAA'"),
    ("VAR≠'AAA'", "VAR!='AAA'"),
    ("not VAR='AAA'", "VAR!='AAA'"),
    ("'AAA'=VAR", "VAR='AAA'"),
    ("VAR=\"AAA'", "VAR='AAA'"),
    ("VAR='AAA", "VAR='AAA'"),
    ("VAR=‘AAA’", "VAR='AAA'"),
    ("VAR=`AAA`", "VAR='AAA'"),
    ("VAR in ['AAA', 'BBB']", "VAR='AAA' or VAR='BBB'"),
    ("VAR not in ['AAA', 'BBB']", "VAR!='AAA' and VAR!='BBB'"),
    ("VAR='AAA' or 'BBB'", "VAR='AAA' or VAR='BBB'"),
    ("VAR='AAA' or 'BBB' and rollback", "(VAR='AAA' or VAR='BBB') and rollback"),
    ("VAR=('AAA' or 'BBB')", "VAR='AAA' or VAR='BBB'"),
    ("VAR!='AAA' and 'BBB'", "VAR!='AAA' and VAR!='BBB'"),
    ("{{ VAR }}='AAA'", "VAR='AAA'"),
    ("${{ VAR == 'AAA' }}", "VAR='AAA'"),
    ("VAR='AAA' || rollback", "VAR='AAA' or rollback"),
];

/// Slips of comparisons with a list, and what they mean.
const OF_LISTS: [(&str, &str); 13] = [
    ("VAR=AAA", "VAR='AAA'"),
    ("VAR contains 'AAA'", "VAR='AAA'"),
    ("'AAA' in VAR", "VAR='AAA'"),
    ("'AAA' not in VAR", "VAR!='AAA'"),
    ("contains(VAR, 'AAA')", "VAR='AAA'"),
    ("!contains(VAR, 'AAA')", "VAR!='AAA'"),
    ("VAR='AAA' and 'BBB'", "VAR='AAA' and VAR='BBB'"),
    ("VAR='AAA' or 'BBB'", "VAR='AAA' or VAR='BBB'"),
    ("VAR is empty", "VAR=[]"),
    ("VAR is not empty", "VAR!=[]"),
    ("VAR=null", "VAR=[]"),
    ("VAR!=none", "VAR!=[]"),
    ("not VAR", "VAR=[]"),
];

/// Slips of comparisons with a truth, and what they mean.
const OF_TRUTHS: [(&str, &str); 10] = [
    ("VAR='no'", "VAR=false"),
    ("VAR='off'", "VAR=false"),
    ("VAR=0", "VAR=false"),
    ("VAR!='no'", "VAR"),
    ("VAR='yes'", "VAR"),
    ("VAR='1'", "VAR"),
    ("VAR=1", "VAR"),
    ("not VAR", "VAR=false"),
    ("!VAR", "VAR=false"),
    ("VAR == true", "VAR"),
];

/// Slips of comparisons with a time, and what they mean.
const OF_TIMES: [(&str, &str); 10] = [
    ("VAR>=5m", "VAR>='5m'"),
    ("VAR >= 5 minutes", "VAR>='5m'"),
    ("VAR>='5 min'", "VAR>='5m'"),
    ("VAR≥'5m'", "VAR>='5m'"),
    ("'5m'<=VAR", "VAR>='5m'"),
    ("VAR>='1w'", "VAR>='7d'"),
    ("VAR>='1h30m'", "VAR>='90m'"),
    ("VAR>='1.5h'", "VAR>='90m'"),
    ("VAR>='PT5M'", "VAR>='5m'"),
    ("VAR between '5m' and '1h'", "VAR>='5m' and VAR<='1h'"),
];

/// Slips of which nobody knows what they mean: no corrected line is shown.
const UNSURE: [&str; 21] = [
    "environment='a' and 'b'",
    "environment!='a' or 'b'",
    "environment=*",
    "environment=null",
    "branch~=/release.*/",
    "rollback='maybe'",
    "deployed_for>='soon'",
    "deployed_for>='-5m'",
    "deployed_for>='5–10m'",
    "deployed_for>5",
    "drift_to_production='10'",
    "drift_to_production='Staging'",
    "drift_to>1",
    "drift_to_ENV>1",
    "magnitude='Huge'",
    "magnitude>2",
    "hour>=9",
    "weather='x'",
    "tags",
    "environment",
    "deployment='checkout'",
];

/// Values of keys of which nobody knows what they mean.
const UNSURE_KEYS: [&str; 16] = [
    "channel: '#Release Team'",
    "channel: '#{{ environment }}'",
    "channel: U0123ABCDEF",
    "approvers: '@Sre Team'",
    "approvers: sre",
    "approvers: '@here'",
    "approvers: ana @acme.io",
    "require_reason: true",
    "votes_required: two",
    "expires_after: soon",
    "rollback: true",
    "on_success: [{auto_approve_build: x, on_failure: retry}]",
    "on_success: [{webhook: {url: 'https://acme.io', method: HEAD}}]",
    "on_success: [{webhok: 'https://acme.io/secret'}]",
    "prompt: See #12",
    "prompt: {{ .Values.x }}",
];

fn file(condition: &str) -> String {
    let quoted = condition.replace('\'', "''");
    format!("rules:\n  - a:\n      conditions:\n        - '{quoted}'\n      actions: [notify_deployer: x]\n")
}

/// The corrected file that is shown for the first message of a file.
fn corrected(text: &str) -> Option<Mended> {
    let (_, messages) = told(text);
    assert_eq!(messages.len(), 1, "one slip is one problem: {text}{messages:?}");
    mended(text, messages.first()?).filter(|mended| mended.is_exact)
}

/// Deploys that differ in everything that the tables ask for.
fn deploys() -> Vec<Snapshot> {
    let texts = ["AAA", "BBB", "other"];
    let lists: [&[&str]; 4] = [&[], &["AAA"], &["AAA", "BBB"], &["other"]];
    let minutes = [0, 5, 30, 60, 89, 90, 7 * 24 * 60 - 1, 7 * 24 * 60];
    let mut all = Vec::new();
    for number in 0..96 {
        let list = lists[number % 4].iter().map(|text| (*text).to_owned()).collect();
        let minutes = jiff::SignedDuration::from_mins(minutes[number % 8]);
        let mut snapshot = Snapshot::new();
        snapshot.set("text", Value::Text(texts[number % 3].to_owned()));
        snapshot.set("list", Value::List(list));
        snapshot.set("rollback", Value::Bool(number % 2 == 0));
        snapshot.set("truth", Value::Bool(number / 3 % 2 == 0));
        snapshot.run("time", Clock::Since(minutes));
        snapshot.run("behind", Clock::Behind(minutes, Deploys { counted: 3, or_more: false }));
        all.push(snapshot);
    }
    all
}

/// A deploy of [`deploys`] with the variable `name` in the place of that of its kind.
fn renamed(snapshot: &Snapshot, kind: &str, name: &str, values: [&str; 2]) -> Snapshot {
    let named = |text: &String| match text.as_str() {
        "AAA" => values[0].to_owned(),
        "BBB" => values[1].to_owned(),
        other => other.to_owned(),
    };
    let mut seen = snapshot.clone();
    let value = match snapshot.get(kind).unwrap() {
        Value::Text(text) => Value::Text(named(text)),
        Value::List(texts) => Value::List(texts.iter().map(named).collect()),
        other => other.clone(),
    };
    seen.set(name, value);
    seen
}

fn condition_of(text: &str) -> Condition {
    let file = signoff_rules::parse(text, "f").unwrap();
    Condition::And(file.rules[0].conditions.iter().map(|entry| entry.condition.clone()).collect())
}

#[test]
fn corrected_condition_means_what_the_slip_meant() {
    let texts = [
        ("environment", ["Staging", "QA"]),
        ("branch", ["main", "release/1"]),
        ("magnitude", ["Small", "Medium"]),
        ("health", ["Healthy", "Ailing"]),
    ];
    let lists = [("tags", ["#web", "#db"]), ("pr_labels", ["fix", "hold"]), ("issue_type", ["Bug", "Story"])];
    let none = ["", ""];
    let truths = [("future_deploy", none), ("rollback", none), ("diverged", none)];
    let times = [("deployed_for", none), ("stale_for", none), ("drift_to_production", none)];
    let tables: [(&str, &[Meaning], &[Named]); 4] = [
        ("text", &OF_TEXTS, &texts),
        ("list", &OF_LISTS, &lists),
        ("truth", &OF_TRUTHS, &truths),
        ("time", &OF_TIMES, &times),
    ];
    let mut wrong = String::new();
    let deploys = deploys();
    for (kind, slips, variables) in tables {
        for ((slip, meant), (name, values)) in
            slips.iter().flat_map(|slip| variables.iter().map(move |variable| (slip, variable)))
        {
            let filled =
                |text: &str| text.replace("VAR", name).replace("AAA", values[0]).replace("BBB", values[1]);
            let (slip, meant) = (filled(slip), parse(&filled(meant)).unwrap());
            let Some(mended) = corrected(&file(&slip)) else {
                writeln!(wrong, "{slip}: no corrected line, {:?}", told(&file(&slip)).1).unwrap();
                continue;
            };
            let (is_sound, after) = told(&mended.text);
            if !is_sound || !after.is_empty() {
                writeln!(wrong, "{slip}: the corrected line is told of: {after:?}").unwrap();
                continue;
            }
            let condition = condition_of(&mended.text);
            let mut held = [false, false];
            for deploy in &deploys {
                let kind = if *name == "drift_to_production" { "behind" } else { kind };
                let deploy = renamed(deploy, kind, name, *values);
                let holds = condition.holds(&deploy);
                held[usize::from(holds)] = true;
                if holds != meant.holds(&deploy) {
                    writeln!(wrong, "{slip}: {condition} is not {meant} of {deploy:?}").unwrap();
                    break;
                }
            }
            if held != [true, true] {
                writeln!(wrong, "{slip}: {condition} never changes").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn unsure_slip_has_no_corrected_line() {
    let mut wrong = String::new();
    let keys = UNSURE_KEYS.iter().map(|key| {
        let channel = if key.starts_with("channel") { "" } else { "            channel: '#a'\n" };
        let approval = "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n";
        format!("{approval}{channel}            {key}\n")
    });
    for text in UNSURE.iter().map(|condition| file(condition)).chain(keys) {
        let messages = told(&text).1;
        if messages.is_empty() {
            writeln!(wrong, "nothing is told of\n{text}").unwrap();
        }
        for message in messages {
            if let Some(mended) = mended(&text, &message).filter(|mended| mended.is_exact) {
                writeln!(wrong, "{message}\n{}", mended.rendered().unwrap_or_default()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn corrected_line_is_told_of_nothing_more() {
    let exact = super::FOLLOWED
        .iter()
        .filter_map(|followed| Some((followed, followed.mended.as_ref().filter(|mended| mended.is_exact)?)));
    for (followed, mended) in exact {
        let (is_sound, after) = told(&mended.text);
        let lines = mended.line..mended.line + mended.lines.len();
        let left = after.iter().find(|told| lines.contains(&told.line));
        assert!(is_sound || left.is_none(), "{}: {left:?}", followed.problem);
    }
}

/// Constants that are written for what stands there, and no example of it.
const WRITTEN: [&str; 13] = [
    "write `and`",
    "write `https://`",
    "write `none`",
    "write `is none`",
    "write `startingwith`",
    "write `endingwith`",
    "write `on_failure: continue` under the action",
    "write `rules:` and under it a list of rules",
    "write all rules under one `rules:`, without the `---`",
    "write the name that the secret has in the stack's WriteSecret, not its value",
    "write what has to hold in the `conditions:` of the rule",
    "write what has to hold in the list `conditions:`",
    "write what the rule does in the list `actions:`",
];

#[test]
fn code_that_is_the_same_for_all_is_called_an_example() {
    let is_constant = |text: &str| {
        let code = text.split('`').skip(1).step_by(2).chain(text.split('\'').skip(1).step_by(2));
        code.into_iter()
            .any(|code| code.contains(|c: char| c.is_alphanumeric()) && !code.contains(['{', '…']))
    };
    let unsure = super::sentences::all().into_iter().filter(|sentence| {
        sentence.text.starts_with("write ")
            && !sentence.text.contains('{')
            && !sentence.text.contains("for example")
            && !sentence.text.contains(" or ")
            && is_constant(&sentence.text)
            && !WRITTEN.contains(&sentence.text.as_str())
    });
    let unsure: Vec<String> =
        unsure.map(|sentence| format!("{}: {}", sentence.file, sentence.text)).collect();
    assert!(unsure.is_empty(), "{}", unsure.join("\n"));
}
