//! A condition.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use signoff_fuzz::{assert_told, deploy};
use signoff_rules::Snapshot;
use signoff_rules::condition::{Value, parse};
use signoff_rules::variables::Known;
use std::sync::LazyLock;
use std::time::Duration;

/// The variables of a deploy, and one of each other kind of value.
static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| {
    let mut snapshot = Snapshot::of(&Known::new(&deploy()));
    snapshot.set("reactions", Value::Number(2.0));
    snapshot.set("merged", Value::Bool(true));
    snapshot.set("deployed_for", Value::Duration(Duration::from_secs(300)));
    snapshot
});

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else { return Corpus::Reject };
    match parse(text) {
        Ok(condition) => {
            let holds = condition.holds(&SNAPSHOT);
            assert!(condition.may_hold(&SNAPSHOT) || !holds, "holds and can't: {condition}");
            let shown = condition.to_string();
            let again = parse(&shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(again, condition, "reads back as something else");
            assert_eq!(again.holds(&SNAPSHOT), holds, "{shown}");
        }
        Err(error) => {
            assert!(error.offset <= text.chars().count(), "{error}");
            let before: String = text.chars().take(error.offset).collect();
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            assert_eq!((error.at.line, error.at.column), (before.matches('\n').count() + 1, column));
            assert_told(&error.to_string());
        }
    }
    Corpus::Keep
});
