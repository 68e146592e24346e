use super::super::tests::lines;
use super::*;
use crate::sample;
use signoff_core::people::{By, Claim};

fn page_of(people: &People, wanted: &str, part: usize, shown: &Shown) -> Markup {
    super::people(&PeoplePage { people, wanted, part, shown }, Some(&sample::visitor()), sample::at(0))
}

fn listed() -> People {
    People { entries: sample::people(), is_cut: false }
}

#[test]
fn the_list() {
    insta::assert_snapshot!(lines(&page_of(&listed(), "", 1, &Shown::List)));
}

#[test]
fn a_form_of_an_entry_with_its_history() {
    let entry = sample::people().remove(1);
    insta::assert_snapshot!(lines(&page_of(
        &listed(),
        "nothing is found",
        1,
        &Shown::Late(PersonForm::of(&entry))
    )));
}

#[test]
fn a_file_with_problems() {
    let text = "account,member\noctocat,U2\n".to_owned();
    let problems = crate::forms::people_file::read(&text).unwrap_err();
    let shown = Shown::Import(Import { text, problems });
    insta::assert_snapshot!(lines(&page_of(&listed(), "nothing is found", 1, &shown)));
}

#[test]
fn the_search_finds_accounts_addresses_and_members() {
    let found = |wanted: &str| {
        let page = page_of(&listed(), wanted, 1, &Shown::List).0;
        page.matches("<td role=\"cell\" class=\"whole\"><strong").count()
    };
    for (wanted, count) in [
        ("", 6),
        ("CHIARA", 1),
        ("583231+x@users.noreply.github.com", 1),
        ("old@acme.example", 1),
        ("U2", 1),
        ("in May", 1),
        ("bot", 2),
        ("<b>", 1),
        ("zzz", 0),
    ] {
        assert_eq!(found(wanted), count, "{wanted}");
    }
}

#[test]
fn a_program_changes_nothing_and_is_told_so() {
    let key = Visitor {
        who: crate::auth::visitor::Who::Key(crate::auth::visitor::KeyHolder {
            id: "k1".into(),
            name: "ci".into(),
            reads: true,
            is_admin: true,
        }),
        form_token: None,
    };
    let people = listed();
    let page = PeoplePage { people: &people, wanted: "", part: 1, shown: &Shown::List };
    let page = super::people(&page, Some(&key), sample::at(0)).0;
    assert!(
        page.contains("Sign in with Slack as an admin")
            && !page.contains("method=\"post\" action=\"/settings")
    );
}

#[test]
fn the_longest_page_is_small_enough() {
    let long = "\"".repeat(LONGEST_NAME);
    let by = |id: &str| By { id: id.to_owned(), name: long.clone(), at: sample::at(0) };
    let entry = |number: u64| {
        let claim = |id: &str| Claim::Member { id: id.to_owned(), name: long.clone() };
        let mut entry = Entry::new(Handle::github(number));
        for time in 0..30 {
            entry = entry.say(&long, claim(&format!("U{time}")), by("U9")).unwrap();
        }
        Entry { version: 30, ..entry }
    };
    let people = People { entries: (1..=500).map(entry).collect(), is_cut: true };
    let problem = || LineProblem { line: 1, problem: "\"".repeat(1000) };
    let import =
        |bytes| Import { text: "\"".repeat(bytes), problems: (0..1000).map(|_| problem()).collect() };
    let mut form = PersonForm::of(&people.entries[0]);
    form.reason = Field { text: "\"".repeat(60_000), problem: Some("no".to_owned()) };
    for shown in [
        Shown::List,
        Shown::Form(form.clone()),
        Shown::Late(form),
        Shown::Import(import(8000)),
        Shown::Import(import(1_000_000)),
    ] {
        for wanted in ["", "\""] {
            let page = page_of(&people, wanted, 1, &shown).0;
            assert!(page.len() < 60 * 1024, "{} bytes: {shown:.60?}", page.len());
        }
    }
    assert!(page_of(&people, "", 25, &Shown::List).0.contains("page=24"));
}
