//! Names that an approval keeps beside the ids of its people.

use crate::samples::{approval, at, authors};
use signoff_core::approval::{Approval, Command, Electorate, decide};

fn known(id: &str) -> Option<String> {
    (id != "U2").then(|| format!("Name of {id}"))
}

#[test]
fn names_of_mentioned_people_and_approvers_are_kept() {
    let except = vec!["U9".to_owned()];
    let electorate = Electorate { except, ..authors(3) };
    let asked = Approval { prompt: "<@U8>, promote?".to_owned(), electorate, ..approval() }.named(known);
    assert_eq!(asked.names.keys().collect::<Vec<_>>(), ["U1", "U3", "U8", "U9"]);
    assert_eq!(asked.names["U8"], "Name of U8");
    // Another look may tell other names, and takes none away.
    let electorate = Electorate { groups: vec!["@sre".to_owned()], ..authors(1) };
    let judge = Command::Judge { electorate, base: None, round: 1 };
    let judged = decide(&asked, judge, at(9)).expect("it is open").next;
    let renamed = judged.named(|id| (id == "U1").then(|| "Ana".to_owned()));
    assert_eq!((renamed.names["U1"].as_str(), renamed.names["U3"].as_str()), ("Ana", "Name of U3"));
}

#[test]
fn five_hundred_approvers_keep_a_row_small() {
    let long = "\u{1f469}".repeat(400);
    let asked = Approval { electorate: authors(500), ..approval() };
    let bytes = |approval: &Approval| serde_json::to_vec(approval).expect("it can be written").len();
    let before = bytes(&asked);
    let named = asked.named(|_| Some(long.clone()));
    assert_eq!(named.names.len(), 100);
    assert!(bytes(&named) - before < 40_000, "{} bytes more", bytes(&named) - before);
}
