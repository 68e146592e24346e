use super::*;

fn by(id: &str) -> By {
    By { id: id.to_owned(), name: id.to_lowercase(), at: Timestamp::UNIX_EPOCH }
}

fn member(id: &str) -> Claim {
    Claim::Member { id: id.to_owned(), name: id.to_lowercase() }
}

fn left() -> Claim {
    Claim::NobodyHere { kind: Nobody::Left, reason: "left in May".to_owned() }
}

fn bot() -> Claim {
    Claim::NobodyHere { kind: Nobody::Bot, reason: "merges by itself".to_owned() }
}

/// An entry as it is on record after `ANA` made `claim`.
fn said(claim: Claim) -> Entry {
    saved(Entry::new(Handle::github(7)).say("octocat", claim, by("ANA")).unwrap())
}

fn saved(entry: Entry) -> Entry {
    Entry { version: entry.version + 1, ..entry }
}

/// The same, confirmed by the admin `BEN`.
fn confirmed(claim: Claim) -> Entry {
    saved(said(claim).confirm_as_admin(1, by("BEN")).unwrap())
}

fn standing(entry: &Entry) -> String {
    match entry.standing() {
        Standing::Unknown { kept: None } => "unknown".to_owned(),
        Standing::Unknown { kept: Some(kept) } => format!("unknown, but {kept}"),
        Standing::Member { id } => id.to_owned(),
        Standing::NobodyHere { kind } => kind.name().to_owned(),
    }
}

#[test]
fn a_claim_counts_once_somebody_else_confirmed_it() {
    let chiara = said(member("CHIARA"));
    assert_eq!(standing(&chiara), "unknown");
    assert_eq!(chiara.confirm_as_admin(1, by("ANA")), Err(Refusal::OwnWord));
    assert_eq!(chiara.confirm_as_member(1, by("BEN")), Err(Refusal::NotYours));
    assert_eq!(chiara.confirm_as_member(0, by("CHIARA")), Err(Refusal::Outdated));
    for right in [chiara.confirm_as_member(1, by("CHIARA")), chiara.confirm_as_admin(1, by("BEN"))] {
        let right = right.unwrap();
        assert_eq!(standing(&right), "CHIARA");
        assert_eq!(right.counts.as_ref().and_then(Statement::only_by), None);
    }
    let gone = said(left());
    assert_eq!(standing(&gone), "unknown");
    assert_eq!(gone.confirm_as_admin(1, by("ANA")), Err(Refusal::OwnWord));
    assert_eq!(gone.confirm_as_member(1, by("BEN")), Err(Refusal::NotYours));
    assert_eq!(standing(&confirmed(left())), "left");
}

#[test]
fn an_admin_confirms_their_own_account_and_no_other() {
    let own = said(member("ANA")).confirm_as_admin(1, by("ANA")).unwrap();
    assert_eq!(standing(&own), "ANA");
    assert_eq!(
        own.counts.as_ref().and_then(Statement::only_by),
        Some("ANA"),
        "they may not vote on what needs it"
    );
}

#[test]
fn a_change_counts_only_once_it_is_confirmed_anew() {
    let before = confirmed(member("CHIARA"));
    let change = |claim| saved(before.say("octocat", claim, by("ANA")).unwrap());
    let other = change(member("DEV"));
    assert_eq!(standing(&other), "unknown, but CHIARA", "neither counts, and the old one may still not vote");
    assert_eq!(other.confirm_as_member(3, by("CHIARA")), Err(Refusal::NotYours));
    assert_eq!(other.confirm_as_admin(3, by("CHIARA")), Err(Refusal::OwnAccount));
    // Neither the new member nor whoever said it takes the account from the old one.
    assert_eq!(other.confirm_as_member(3, by("DEV")), Err(Refusal::OfAnother));
    assert_eq!(other.confirm_as_admin(3, by("DEV")), Err(Refusal::OfAnother));
    assert_eq!(other.confirm_as_admin(3, by("ANA")), Err(Refusal::OwnWord));
    assert_eq!(standing(&other.confirm_as_admin(3, by("BEN")).unwrap()), "DEV");
    assert_eq!(standing(&other.decline(3, by("DEV")).unwrap()), "CHIARA");
    for (claim, after) in [(left(), "left"), (Claim::Removed, "unknown")] {
        let change = change(claim);
        assert_eq!(standing(&change), "CHIARA", "what names nobody takes nobody away");
        assert_eq!(change.confirm_as_admin(3, by("ANA")), Err(Refusal::OwnWord));
        assert_eq!(change.confirm_as_admin(3, by("CHIARA")), Err(Refusal::OwnAccount));
        assert_eq!(standing(&change.confirm_as_admin(3, by("BEN")).unwrap()), after);
    }
    let back = saved(other.say("octocat", member("CHIARA"), by("ANA")).unwrap());
    assert_eq!((standing(&back).as_str(), back.waits), ("CHIARA", None), "it takes the change back");
}

#[test]
fn what_never_counted_is_removed_at_once() {
    for entry in [said(member("CHIARA")), said(left()), confirmed(left())] {
        let removed = entry.say("octocat", Claim::Removed, by("BEN")).unwrap();
        assert!(removed.is_removed());
        let line = removed.history.last().unwrap();
        assert_eq!((line.by.id.as_str(), &line.did), ("BEN", &Did::Say { claim: Claim::Removed }));
    }
    assert_eq!(Entry::new(Handle::github(7)).say("", Claim::Removed, by("ANA")), None);
}

#[test]
fn the_same_claim_again_changes_nothing() {
    for entry in [said(member("CHIARA")), said(left()), confirmed(member("CHIARA")), confirmed(left())] {
        let claim = entry.newest().unwrap().claim.clone();
        assert_eq!(entry.say("octocat", claim.clone(), by("BEN")), None);
        let renamed = entry.say("octopus", claim, by("BEN")).unwrap();
        assert_eq!(Entry { name: "octocat".to_owned(), ..renamed }, entry);
    }
}

#[test]
fn well_known_bots_are_listed_until_somebody_removes_them() {
    for bot in Entry::built_in() {
        assert_eq!(standing(&bot), "bot");
        assert!(bot.say(&bot.name, Claim::Removed, by("ANA")).unwrap().is_removed());
    }
    assert_eq!(standing(&Entry::new(Handle::github(49_699_332))), "unknown");
}

#[test]
fn listing_a_bot_takes_two_admins_and_removing_it_one() {
    let listed = said(bot());
    assert_eq!((standing(&listed).as_str(), listed.nobody_here_waits()), ("unknown", None));
    assert_eq!(listed.confirm_as_admin(1, by("ANA")), Err(Refusal::OwnWord));
    let confirmed = confirmed(bot());
    assert_eq!(standing(&confirmed), "bot");
    let removed = saved(confirmed.say("octocat", Claim::Removed, by("ANA")).unwrap());
    assert_eq!(standing(&removed), "unknown", "it counts at once");
    let again = removed.say("octocat", bot(), by("ANA")).unwrap();
    assert_eq!(standing(&again), "unknown", "listing it again takes two admins again");
}

#[test]
fn only_what_never_counted_can_be_confirmed_for_one_approval() {
    let waits = |entry: &Entry| entry.nobody_here_waits().map(|(_, kind, _)| kind);
    assert_eq!(waits(&said(left())), Some(Nobody::Left));
    let moved = saved(confirmed(member("CHIARA")).say("octocat", left(), by("BEN")).unwrap());
    for entry in
        [Entry::new(Handle::github(7)), said(member("CHIARA")), said(bot()), confirmed(left()), moved]
    {
        assert_eq!(waits(&entry), None, "{entry:?}");
    }
}

#[test]
fn only_a_member_who_is_to_confirm_is_asked() {
    let asked = |entry: &Entry| matches!(entry.follows(), Some(EffectKind::AskMember { .. }));
    assert!(asked(&said(member("CHIARA"))));
    assert!(!asked(&said(left())) && !asked(&confirmed(member("CHIARA"))));
}

#[test]
fn known_entry_has_blocked_approvals_judged_again() {
    let judges = |entry: &Entry| entry.follows() == Some(EffectKind::judge_others(Others::Blocked));
    let known = confirmed(member("CHIARA"));
    for (entry, expected) in [
        (said(member("CHIARA")), false),
        (said(left()), true),
        (said(bot()), false),
        (known.clone(), true),
        (confirmed(left()), true),
        (saved(known.say("octocat", member("DORA"), by("BEN")).unwrap()), false),
        (Entry::new(Handle::github(7)), false),
    ] {
        assert_eq!(judges(&entry), expected, "{entry:?}");
    }
}

#[test]
fn the_newest_changes_are_kept() {
    let mut entry = Entry::new(Handle::github(7));
    for number in 0..50 {
        entry = entry.say("octocat", member(&format!("U{number}")), by("ANA")).unwrap();
    }
    assert_eq!(entry.history.len(), MOST_LINES);
    assert_eq!(entry.history.last().unwrap().did, Did::Say { claim: member("U49") });
}
