use super::*;
use jiff::Timestamp;
use signoff_core::people::{By, Claim};
use signoff_core::range::Account;

fn by(id: &str) -> By {
    By { id: id.to_owned(), name: id.to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn member(id: &str) -> Claim {
    Claim::Member { id: id.to_owned(), name: id.to_owned() }
}

fn nobody(kind: Nobody) -> Claim {
    Claim::NobodyHere { kind, reason: "known".to_owned() }
}

/// An entry of which the admin `ADMIN` made `claim`, confirmed by the admin `SECOND` or not.
fn entry(handle: &Handle, claim: Claim, confirmed: bool) -> Entry {
    let said = Entry::new(handle.clone()).say("name", claim, by("ADMIN")).unwrap();
    if confirmed { said.confirm_as_admin(0, by("SECOND")).unwrap() } else { said }
}

fn shown(found: &Found) -> String {
    let members = found
        .members
        .iter()
        .map(|member| if member.by_list { format!("{} (list)", member.id) } else { member.id.clone() });
    let members = members.collect::<Vec<_>>().join(", ");
    format!("{:?} [{members}] [{}]", found.known, found.unconfirmed_by.join(", "))
}

/// The Slack account with this id: a guest's if the id begins with `G`.
fn slack_account(id: &str) -> SlackAccount {
    SlackAccount { id: id.to_owned(), name: id.to_lowercase(), is_member: !id.starts_with('G') }
}

#[test]
fn account_and_address_lead_to_all_their_members() {
    let (account, address) = (Handle::github(7), Handle::email("ana@acme.example").unwrap());
    let handles = [account.clone(), address.clone()];
    let bot = Handle::github(49_699_333);
    let of = |entries: &[Entry], by_address: &[&str]| {
        let listed = entries.iter().map(|entry| (entry.handle.clone(), entry.clone())).collect();
        let by_address: Vec<_> = by_address.iter().map(|id| slack_account(id)).collect();
        let bots = [bot.clone()];
        let handles =
            if entries.first().is_some_and(|entry| entry.handle == bot) { &bots[..] } else { &handles };
        shown(&together(handles, &listed, &by_address))
    };
    let left = || nobody(Nobody::Left);
    let moved = entry(&account, member("U1"), true).say("name", member("U2"), by("ADMIN")).unwrap();
    let removed = entry(&account, member("U1"), true).say("name", Claim::Removed, by("ADMIN")).unwrap();
    for (entries, by_address, expected) in [
        (vec![], &[][..], "NotFound [] []"),
        (vec![], &["U1"], "Member [U1] []"),
        (vec![entry(&account, member("U1"), true)], &[], "Member [U1 (list)] []"),
        (vec![entry(&account, member("U1"), true)], &["U1"], "Member [U1] []"),
        (vec![entry(&account, member("U1"), true)], &["U2"], "Member [U2, U1 (list)] []"),
        (
            vec![entry(&account, member("U1"), true), entry(&address, member("U2"), true)],
            &[],
            "Member [U1 (list), U2 (list)] []",
        ),
        // An address that is nobody's here says nothing of the account that has it.
        (vec![entry(&address, left(), true)], &[], "NotFound [] []"),
        // A statement that nobody else confirmed finds nobody, and whoever made it may not vote.
        (vec![entry(&account, member("U1"), false)], &[], "NotFound [] [ADMIN]"),
        (vec![entry(&account, member("U1"), false)], &["U2"], "Member [U2] [ADMIN]"),
        (vec![entry(&account, left(), false)], &[], "NotFound [] [ADMIN]"),
        (vec![moved], &[], "NotFound [U1 (list)] [ADMIN]"),
        (vec![removed], &[], "Member [U1 (list)] [ADMIN]"),
        // It takes no maker away.
        (vec![entry(&account, left(), true)], &["U2"], "Member [U2] []"),
        (vec![entry(&account, left(), true)], &[], "NobodyHere [] []"),
        (vec![entry(&account, nobody(Nobody::Bot), true)], &[], "Bot [] []"),
        (vec![Entry::new(bot.clone())], &[], "Bot [] []"),
    ] {
        assert_eq!(of(&entries, by_address), expected, "{entries:?} {by_address:?}");
    }
}

#[test]
fn an_account_that_stands_for_people_is_found_by_no_entry() {
    for id in [41_898_282, 118_344_674] {
        let handle = Handle::github(id);
        for (claim, expected) in [
            (member("U1"), "NotFound [U1 (list)] []"),
            (nobody(Nobody::Left), "NotFound [] []"),
            (nobody(Nobody::Assistant), "NotFound [] []"),
            (nobody(Nobody::Bot), "NotFound [] []"),
        ] {
            let said = entry(&handle, claim.clone(), false);
            let handles = std::slice::from_ref(&handle);
            let waits = together(handles, &HashMap::from([(handle.clone(), said)]), &[]);
            assert_eq!((waits.known, waits.said), (Known::NotFound, None), "{claim:?}");
            let listed = HashMap::from([(handle.clone(), entry(&handle, claim, true))]);
            assert_eq!(shown(&together(handles, &listed, &[])), expected);
        }
    }
}

#[test]
fn a_guest_account_finds_nobody() {
    let (handle, address) = (Handle::github(7), Handle::email("ana@acme.example").unwrap());
    let handles = [handle.clone(), address];
    let of = |entries: &[Entry], by_address: &[&str]| {
        let listed = entries.iter().map(|entry| (entry.handle.clone(), entry.clone())).collect();
        let by_address: Vec<_> = by_address.iter().map(|id| slack_account(id)).collect();
        let found = together(&handles, &listed, &by_address);
        format!("{} {:?}", shown(&found), found.others)
    };
    let member = |confirmed| entry(&handle, member("U1"), confirmed);
    let nobody_here = |confirmed| entry(&handle, nobody(Nobody::Left), confirmed);
    for (entries, by_address, expected) in [
        (vec![], &["G1"][..], r#"NotFound [] [] ["G1"]"#),
        (vec![], &["G1", "G1", "U2"], r#"Member [U2] [] ["G1"]"#),
        (vec![member(true)], &["G1"], r#"Member [U1 (list)] [] ["G1"]"#),
        (vec![member(false)], &["G1"], r#"NotFound [] [ADMIN] ["G1"]"#),
        (vec![nobody_here(true)], &["G1"], r#"NobodyHere [] [] ["G1"]"#),
        (vec![nobody_here(false)], &["G1"], r#"NotFound [] [ADMIN] ["G1"]"#),
    ] {
        assert_eq!(of(&entries, by_address), expected, "{entries:?} {by_address:?}");
    }
}

#[test]
fn an_identity_is_looked_up_by_account_and_address() {
    let identity = |id: Option<u64>, email: Option<&str>| Identity {
        name: "Ana".to_owned(),
        email: email.map(str::to_owned),
        account: id.map(|id| Account { id, login: "ana".to_owned(), is_bot: false }),
        vouched: false,
    };
    let of = |id, email| {
        let handles = handles(&identity(id, email));
        handles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of(Some(7), Some("Ana@Acme.example")), "github:7 ana@acme.example");
    assert_eq!(of(None, Some("7+ana@users.noreply.github.com")), "github:7");
    assert_eq!(of(Some(7), Some("7+ana@users.noreply.github.com")), "github:7");
    assert_eq!(of(Some(7), Some("8+ben@users.noreply.github.com")), "github:7 github:8", "the union");
    assert_eq!(of(None, None), "");
}

#[test]
fn a_message_mentions_who_is_found() {
    let person = |name: &str| Person { name: name.to_owned(), ..Person::default() };
    let found = |id: &str, by_list, known| Found {
        members: vec![FoundMember { id: id.to_owned(), by_list }],
        others: Vec::new(),
        known,
        unconfirmed_by: Vec::new(),
        said: None,
    };
    let makers = Makers(vec![
        (person("Ana"), found("U1", false, Known::Member)),
        (person("Ben"), found("U2", true, Known::Member)),
        (person("Chiara"), found("U3", true, Known::NotFound)),
        (person("Dan"), Found { others: vec!["U9".to_owned()], ..Found::nobody() }),
    ]);
    let mentions = makers.mentions();
    assert_eq!(mentions.get(&person("Ana")), Some("U1"));
    assert_eq!(mentions.get(&person("Ben")), Some("U2"), "a message may mention them");
    assert_eq!(mentions.get(&person("Chiara")), None);
    assert_eq!(mentions.get(&person("Dan")), Some("U9"), "a guest may be mentioned");
}
