//! Shares: the makers of a range, and the votes that count for each part of it.

use crate::samples::{at, spec};
use jiff::Timestamp;
use proptest::prelude::*;
use signoff_core::action::{ApprovalSpec, RangeRules};
use signoff_core::approval::{Blocker, Electorate, Member, SaidNobody, Verdict};
use signoff_core::authors::vouched_authors;
use signoff_core::base::Base;
use signoff_core::deploy::Slug;
use signoff_core::message::{Show, blocked};
use signoff_core::people::{CiUser, Nobody};
use signoff_core::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use signoff_core::shares::{Changes, Held, Maker, changes, changes_of};
use std::collections::BTreeSet;

const DEPENDABOT: u64 = 49_699_333;

pub(crate) fn account(login: &str) -> Account {
    let id = match login {
        "dependabot[bot]" => DEPENDABOT,
        "github-actions[bot]" => 41_898_282,
        "github-merge-queue[bot]" => 118_344_674,
        other => other.bytes().fold(1_u64, |id, byte| id.wrapping_mul(31).wrapping_add(u64::from(byte))),
    };
    Account { id, login: login.to_owned(), is_bot: login.ends_with("[bot]") }
}

/// An identity whose account acted on the host.
pub(crate) fn acted(login: &str) -> Identity {
    Identity { name: login.to_owned(), email: None, account: Some(account(login)), vouched: true }
}

/// An identity that only a commit's text names.
pub(crate) fn named(login: &str) -> Identity {
    let email = Some(format!("{login}@acme.example"));
    Identity { name: login.to_owned(), email, account: Some(account(login)), vouched: false }
}

/// An address that belongs to no account.
fn address(email: &str) -> Identity {
    Identity { name: email.to_owned(), email: Some(email.to_owned()), account: None, vouched: false }
}

/// A commit of `author`, who pushed it.
pub(crate) fn commit(number: usize, author: &str) -> RangeCommit {
    RangeCommit {
        revision: format!("{number:040x}"),
        title: format!("Change {number}"),
        author: named(author),
        committer: Some(named(author)),
        co_authors: Vec::new(),
        signature: Signature::Unsigned,
        pushed_by: vec![acted(author)],
        pull_requests: Vec::new(),
        merged_in: None,
        issues: Vec::new(),
        parents: 1,
    }
}

pub(crate) fn of_pull_request(number: u64, commit: RangeCommit) -> RangeCommit {
    RangeCommit { pull_requests: vec![number], ..commit }
}

pub(crate) fn pull_request(number: u64, opened_by: &str, merged_by: &[&str]) -> RangePullRequest {
    RangePullRequest {
        number,
        title: format!("Pull request {number}"),
        url: String::new(),
        branch: None,
        opened_by: Some(acted(opened_by)),
        merged_by: merged_by.iter().map(|login| acted(login)).collect(),
        merge_asked_by: Vec::new(),
        opening_asked_by: Vec::new(),
        more_asked_by: Vec::new(),
        labels: Vec::new(),
        issues: Vec::new(),
        is_of_fork: false,
        is_openers_own: false,
        commits: Vec::new(),
        remade: Vec::new(),
        merges: Vec::new(),
    }
}

/// The same, whose branch had these `commits`, which the host made `remade` of.
pub(crate) fn of_branch(
    from: RangePullRequest,
    commits: Vec<RangeCommit>,
    remade: &[usize],
) -> RangePullRequest {
    let remade = remade.iter().map(|number| commit(*number, "").revision).collect();
    RangePullRequest { commits, remade, ..from }
}

pub(crate) fn range(added: Vec<RangeCommit>, pull_requests: Vec<RangePullRequest>) -> Range {
    Range {
        base: "b".repeat(40),
        head: "c".repeat(40),
        direction: Direction::Forward,
        added,
        removed: Vec::new(),
        pull_requests,
        missing: Vec::new(),
    }
}

/// The shares, by their makers' names.
pub(crate) fn shares(range: &Range) -> Vec<String> {
    let changes = changes(range, &[], at(0));
    let name = |maker: &usize| changes.makers[*maker].name.clone();
    let line = |share: &signoff_core::shares::Share| {
        let makers: BTreeSet<_> = share.makers.iter().map(name).collect();
        let makers = makers.into_iter().collect::<Vec<_>>().join("+");
        format!("{makers}: {} commits, {} merged", share.commits, share.pull_requests)
    };
    let mut lines: Vec<_> = changes.shares.iter().map(line).collect();
    lines.sort();
    lines
}

pub(crate) fn four_eyes() -> ApprovalSpec {
    ApprovalSpec { self_approval: false, ..spec(1) }
}

pub(crate) fn base() -> Base {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    Base::none(&slug, "production").after(&"b".repeat(40), true, at(0))
}

/// Everybody whose account is `U…` in Slack by their login, and nobody else.
pub(crate) fn members(changes: &Changes) -> Vec<Member> {
    let of = |maker: &Maker| match &maker.account {
        Some(account) if !account.is_bot && account.login != "stranger" => {
            Member::Found(vec![format!("U-{}", account.login)])
        }
        Some(account) if maker.is_signed_bot && account.id == DEPENDABOT => Member::Bot,
        Some(_) | None => Member::NotFound,
    };
    changes.makers.iter().map(of).collect()
}

pub(crate) fn judged(range: &Range, spec: &ApprovalSpec) -> Electorate {
    let changes = changes(range, &[], at(60));
    let members = members(&changes);
    Electorate::anyone().judging(spec, &base(), Ok((&changes, &members)), at(60))
}

fn enough(electorate: &Electorate, voters: &[&str], required: u32) -> bool {
    let voters: Vec<_> = voters.iter().map(|voter| format!("U-{voter}")).collect();
    electorate.is_enough(&voters.iter().map(String::as_str).collect::<Vec<_>>(), required)
}

#[test]
fn every_hand_in_a_commit_makes_it() {
    let all = RangeCommit {
        author: named("ana"),
        committer: Some(named("ben")),
        co_authors: vec![named("chiara"), address("assistant@example.com")],
        signature: Signature::Valid(account("dan")),
        pushed_by: vec![acted("eva")],
        ..commit(1, "ana")
    };
    assert_eq!(
        shares(&range(vec![of_pull_request(7, all)], vec![pull_request(7, "fay", &["gus"])])),
        ["ana+assistant@example.com+ben+chiara+dan+eva+fay: 1 commits, 0 merged", "gus: 0 commits, 1 merged"]
    );
}

#[test]
fn an_account_is_one_maker_with_all_its_addresses() {
    let other = Identity { email: Some("ANA@home.example".to_owned()), ..named("ana") };
    let noreply = format!("{}+ana@users.noreply.github.com", account("ana").id);
    let commits = vec![
        commit(1, "ana"),
        RangeCommit { author: other, ..commit(2, "ana") },
        RangeCommit { author: address(&noreply), ..commit(3, "ana") },
    ];
    let changes = changes(&range(commits, Vec::new()), &[], at(0));
    assert_eq!(changes.makers.len(), 1);
    let emails: Vec<_> = changes.makers[0].emails.iter().map(String::as_str).collect();
    assert_eq!(emails, [&noreply, "ana@acme.example", "ana@home.example"]);
}

#[test]
fn a_squash_is_made_by_everybody_on_its_branch() {
    let squash = RangeCommit {
        committer: None,
        signature: Signature::Host,
        pushed_by: Vec::new(),
        ..of_pull_request(7, commit(1, "ana"))
    };
    let branch = vec![commit(2, "ana"), commit(3, "ben")];
    let from = of_branch(pull_request(7, "ana", &["chiara"]), branch, &[1]);
    assert_eq!(
        shares(&range(vec![squash], vec![from])),
        ["ana+ben: 1 commits, 0 merged", "ana: 0 commits, 0 merged", "chiara: 0 commits, 1 merged"]
    );
}

#[test]
fn who_pressed_the_button_made_the_merge_alone() {
    let rebased = |number, author| RangeCommit {
        committer: Some(named("ben")),
        pushed_by: vec![acted("ben")],
        ..of_pull_request(7, commit(number, author))
    };
    let branch = vec![commit(3, "ana"), commit(4, "ana")];
    let from = of_branch(pull_request(7, "ana", &["ben"]), branch, &[1, 2]);
    let merge = RangeCommit {
        author: named("ben"),
        committer: None,
        signature: Signature::Host,
        parents: 2,
        pushed_by: Vec::new(),
        ..of_pull_request(8, commit(5, "ben"))
    };
    let by_both = vec![acted("ana"), acted("ben")];
    let kept = RangeCommit { pushed_by: by_both, ..of_pull_request(8, commit(6, "ana")) };
    assert_eq!(
        shares(&range(
            vec![rebased(1, "ana"), rebased(2, "ana"), merge, kept],
            vec![from, pull_request(8, "ana", &["ben"])]
        )),
        ["ana: 3 commits, 0 merged", "ben: 1 commits, 2 merged"]
    );
}

#[test]
fn a_merge_vouches_for_no_commit_that_it_kept() {
    // The range starts in the middle of the branch: its second commit is kept by the merge.
    let kept = RangeCommit { pushed_by: Vec::new(), ..of_pull_request(8, commit(6, "ana")) };
    let merge = RangeCommit {
        author: named("ben"),
        committer: None,
        signature: Signature::Host,
        parents: 2,
        pushed_by: Vec::new(),
        ..of_pull_request(8, commit(5, "ben"))
    };
    let read = changes(
        &range(
            vec![kept, merge],
            vec![of_branch(pull_request(8, "ana", &["ben"]), vec![commit(4, "ana")], &[])],
        ),
        &[],
        at(0),
    );
    assert_eq!((read.unvouched.count, read.unvouched.first.len()), (1, 1));
}

#[test]
fn a_listed_bot_is_left_out_by_the_hosts_signature_alone() {
    let own = RangeCommit {
        author: named("dependabot[bot]"),
        committer: None,
        signature: Signature::Host,
        pushed_by: vec![acted("dependabot[bot]")],
        ..of_pull_request(7, commit(1, "dependabot[bot]"))
    };
    let by_bot = range(vec![own.clone()], vec![pull_request(7, "dependabot[bot]", &["github-actions[bot]"])]);
    assert_eq!(shares(&by_bot), ["dependabot[bot]: 1 commits, 1 merged"]);
    let electorate = judged(&by_bot, &four_eyes());
    assert!(electorate.blocked.is_empty() && electorate.judged.as_ref().unwrap().is_of_bots);
    assert!(enough(&electorate, &["ana"], 1));
    for (what, commit) in [
        ("unsigned", RangeCommit { signature: Signature::Unsigned, ..own.clone() }),
        ("passed on", RangeCommit { committer: Some(named("ana")), ..own.clone() }),
        ("a run's own token", RangeCommit { author: named("github-actions[bot]"), ..own.clone() }),
        ("a bot that is not listed", RangeCommit { author: named("release[bot]"), ..own }),
    ] {
        let passed_on = range(vec![commit], vec![pull_request(7, "dependabot[bot]", &["ana"])]);
        let blocked = judged(&passed_on, &four_eyes()).blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{what}: {blocked:?}");
    }
}

#[test]
fn token_merges_for_bots_only_what_they_made_alone() {
    let by_host = |number, author| RangeCommit {
        committer: None,
        signature: Signature::Host,
        ..of_pull_request(7, commit(number, author))
    };
    let (bot, token) = ("dependabot[bot]", "github-actions[bot]");
    let merge = |number, by| RangeCommit { parents: 2, pushed_by: vec![acted(by)], ..by_host(number, by) };
    let squashed = |branch| {
        let from = of_branch(pull_request(7, bot, &[token]), branch, &[1]);
        range(vec![by_host(1, bot)], vec![from])
    };
    let alone = squashed(vec![by_host(2, bot)]);
    assert_eq!(judged(&alone, &four_eyes()).blocked, []);
    // Ana resolved conflicts on the page, with any text.
    for by in ["ana", token] {
        let blocked = judged(&squashed(vec![by_host(2, bot), merge(3, by)]), &four_eyes()).blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{by}: {blocked:?}");
    }
    // Ana merged it, by a merge that the host made.
    let merged = merge(3, "ana");
    let from = RangePullRequest { merges: vec![merged.revision.clone()], ..pull_request(7, bot, &["ana"]) };
    let merged = range(vec![by_host(2, bot), merged], vec![from]);
    assert_eq!(judged(&merged, &four_eyes()).blocked, []);
}

#[test]
fn host_signature_stands_for_nobody_without_an_account() {
    let old = || address("mallory@old.example");
    let edit = |author| RangeCommit {
        author,
        committer: None,
        signature: Signature::Host,
        pushed_by: Vec::new(),
        ..of_pull_request(7, commit(1, "ana"))
    };
    let unknown = || Identity { vouched: false, ..acted("ana") };
    let squashed = of_branch(pull_request(7, "ana", &["ben"]), vec![commit(2, "ana")], &[1]);
    let merge = RangeCommit { parents: 2, ..edit(old()) };
    let merged =
        RangePullRequest { merges: vec![merge.revision.clone()], ..pull_request(7, "ana", &["ben"]) };
    for (what, commit, from, unvouched) in [
        ("an edit", edit(named("ana")), vec![], 0),
        ("an edit by an address", edit(old()), vec![], 1),
        ("one that ana pushed", RangeCommit { pushed_by: vec![acted("ana")], ..edit(old()) }, vec![], 0),
        ("one that somebody pushed", RangeCommit { pushed_by: vec![unknown()], ..edit(old()) }, vec![], 1),
        ("one of ben's squash", edit(old()), vec![squashed], 0),
        ("one that ben merged", edit(old()), vec![pull_request(7, "ana", &["ben"])], 1),
        ("ben's merge", merge.clone(), vec![merged], 0),
        ("a merge in a branch", merge, vec![pull_request(7, "ana", &["ben"])], 1),
    ] {
        let changes = changes(&range(vec![commit], from), &[], at(0));
        assert_eq!(changes.unvouched.count, unvouched, "{what}");
    }
}

#[test]
fn a_merge_queue_stands_for_who_queued() {
    let queued = |by: &[&str], asked: &[&str]| {
        let merge_asked_by = asked.iter().map(|login| acted(login)).collect();
        let from = RangePullRequest { merge_asked_by, ..pull_request(7, "ana", by) };
        range(vec![of_pull_request(7, commit(1, "ana"))], vec![from])
    };
    let queue = "github-merge-queue[bot]";
    assert_eq!(
        shares(&queued(&[queue, "ben"], &["ben"])),
        ["ana: 1 commits, 0 merged", "ben: 0 commits, 1 merged"]
    );
    // Ben queued it once, and GitHub does not tell who queued it last.
    for by in [&[queue][..], &[queue, "ben"], &["github-actions[bot]", "ben"]] {
        let blocked = judged(&queued(by, &[]), &four_eyes()).blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{by:?}: {blocked:?}");
    }
}

#[test]
fn account_that_is_gone_blocks_and_says_the_way_out() {
    let opened_by_nobody = RangePullRequest { opened_by: None, ..pull_request(7, "ana", &[]) };
    let gone = range(vec![of_pull_request(7, commit(1, "ana"))], vec![opened_by_nobody]);
    let changes = changes(&gone, &[], at(60)).of_repository("Acme/Checkout");
    let of = |role: &str, known: &Member| {
        let is_it =
            |maker: &Maker| maker.handle.as_ref().is_some_and(|handle| handle.to_string().ends_with(role));
        let makers = changes.makers.iter().zip(members(&changes));
        makers.map(|(maker, member)| if is_it(maker) { known.clone() } else { member }).collect::<Vec<_>>()
    };
    let judged = |spec: &ApprovalSpec, members: &[Member]| {
        Electorate::anyone().judging(spec, &base(), Ok((&changes, members)), at(60))
    };
    let electorate = judged(&four_eyes(), &members(&changes));
    let names = ["who merged #7 (acme/checkout#7:merger)", "who opened #7 (acme/checkout#7:opener)"];
    let names = names.map(str::to_owned).to_vec();
    assert_eq!(electorate.blocked, [Blocker::not_found(names.clone())]);
    let (member, time) = (|id: &str| id.to_owned(), |at: Timestamp| at.to_string());
    let show = Show { member: &member, text: &|text| text.to_owned(), time: &time };
    let lines = blocked(&electorate, &show);
    assert_eq!(
        lines,
        [
            "Blocked, and votes are kept: these people made the change and were not found in Slack: who merged #7 \
             (acme/checkout#7:merger), who opened #7 (acme/checkout#7:opener). Map them on the People page, or set \
             `unknown_makers: allow` in the rule."
        ]
    );
    let allow = RangeRules { allow_unknown_makers: true, ..RangeRules::default() };
    let allowed = judged(&ApprovalSpec { range: allow, ..four_eyes() }, &members(&changes));
    assert_eq!((allowed.blocked, allowed.judged.map(|judged| judged.allowed)), (Vec::new(), Some(names)));
    let merger_left = judged(&four_eyes(), &of("merger", &Member::NobodyHere));
    let names = vec!["who opened #7 (acme/checkout#7:opener)".to_owned()];
    assert_eq!(merger_left.blocked, [Blocker::not_found(names)]);
    let opener_is_ben = judged(&four_eyes(), &of("opener", &Member::Found(vec!["U-ben".to_owned()])));
    assert!(opener_is_ben.parts.iter().any(|part| part.makers == ["U-ana", "U-ben"]), "{opener_is_ben:?}");
}

#[test]
fn who_asked_a_token_to_merge_is_the_maker_in_its_place() {
    let merged = |asked: &[&str]| {
        let merged_by = [&["github-actions[bot]"], asked].concat();
        let asked = asked.iter().map(|login| acted(login)).collect();
        let from = RangePullRequest { merge_asked_by: asked, ..pull_request(7, "ana", &merged_by) };
        range(vec![of_pull_request(7, commit(1, "ana"))], vec![from])
    };
    assert_eq!(shares(&merged(&["ben"])), ["ana: 1 commits, 0 merged", "ben: 0 commits, 1 merged"]);
    assert_eq!(judged(&merged(&["ben"]), &four_eyes()).blocked, []);
    let blocked = judged(&merged(&[]), &four_eyes()).blocked;
    assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{blocked:?}");
}

#[test]
fn who_asked_an_assistant_is_the_maker_in_its_place() {
    let own = RangeCommit {
        author: named("assistant[bot]"),
        committer: None,
        signature: Signature::Host,
        pushed_by: vec![acted("assistant[bot]")],
        ..of_pull_request(7, commit(1, "assistant[bot]"))
    };
    let asked_by = |asked: &[&str], commit: &RangeCommit| {
        let opening_asked_by = asked.iter().map(|login| acted(login)).collect();
        let from = RangePullRequest { opening_asked_by, ..pull_request(7, "assistant[bot]", &["ben"]) };
        range(vec![commit.clone()], vec![from])
    };
    let known = asked_by(&["ana"], &own);
    assert_eq!(shares(&known), ["ana: 1 commits, 0 merged", "ben: 0 commits, 1 merged"]);
    assert_eq!(judged(&known, &four_eyes()).blocked, []);
    let unsigned = RangeCommit { signature: Signature::Unsigned, ..own.clone() };
    for (asked, commit) in [(&[][..], &own), (&["ana"], &unsigned)] {
        let blocked = judged(&asked_by(asked, commit), &four_eyes()).blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{asked:?}: {blocked:?}");
    }
}

#[test]
fn who_asked_for_more_is_a_maker_and_no_stand_in() {
    let own = RangeCommit {
        author: named("assistant[bot]"),
        committer: None,
        signature: Signature::Host,
        pushed_by: vec![acted("assistant[bot]")],
        ..of_pull_request(7, commit(1, "assistant[bot]"))
    };
    let asked = |first: &[&str], more: Vec<Identity>| {
        let opening_asked_by = first.iter().map(|login| acted(login)).collect();
        let opened = pull_request(7, "assistant[bot]", &["ben"]);
        let from = RangePullRequest { opening_asked_by, more_asked_by: more, ..opened };
        range(vec![own.clone()], vec![from])
    };
    let known = asked(&["ana"], vec![acted("chiara"), acted("ben")]);
    assert_eq!(shares(&known), ["ana+ben+chiara: 1 commits, 0 merged", "ben: 0 commits, 1 merged"]);
    assert_eq!(judged(&known, &four_eyes()).blocked, []);
    let unasked = judged(&asked(&[], vec![acted("chiara")]), &four_eyes()).blocked;
    assert!(matches!(&unasked[..], [Blocker::MakersNotFound { .. }]), "{unasked:?}");
    let what = "who asked for more in #7";
    let gone = judged(&asked(&["ana"], vec![Identity::untold(what)]), &four_eyes()).blocked;
    assert_eq!(gone, [Blocker::MakersUntold { what: vec![what.to_owned()] }]);
}

#[test]
fn a_part_of_a_range_has_the_makers_of_that_part() {
    let all = range(
        vec![commit(1, "ana"), of_pull_request(7, commit(2, "ben")), of_pull_request(8, commit(3, "chiara"))],
        vec![pull_request(7, "ben", &["dan"]), pull_request(8, "chiara", &["eva"])],
    );
    let only = [all.added[1].revision.clone()].into();
    let part = changes_of(&all, Some(&only), &[], at(0));
    let names: BTreeSet<_> = part.makers.iter().map(|maker| maker.name.as_str()).collect();
    assert_eq!((part.added, names), (1, BTreeSet::from(["ben", "dan"])));
    assert_eq!(changes_of(&all, None, &[], at(0)), changes(&all, &[], at(0)));
}

#[test]
fn only_an_account_with_a_hand_in_it_is_an_author() {
    let by = |author: &str, pusher: &str| RangeCommit { pushed_by: vec![acted(pusher)], ..commit(1, author) };
    let authors = |commit: RangeCommit, pull_requests: Vec<RangePullRequest>| {
        let names: Vec<String> = vouched_authors(&range(vec![commit], pull_requests), None)
            .into_iter()
            .map(|who| who.name)
            .collect();
        names.join(" ")
    };
    let signed =
        |author, signer| RangeCommit { signature: Signature::Valid(account(signer)), ..by(author, "eva") };
    let with = |name| RangeCommit { co_authors: vec![named(name)], ..by("ana", "ana") };
    let squash = RangeCommit {
        committer: None,
        signature: Signature::Host,
        pushed_by: Vec::new(),
        ..commit(1, "ana")
    };
    let squash = of_pull_request(7, squash);
    let branch = RangePullRequest {
        commits: vec![by("ben", "ben"), by("dan", "ben")],
        ..pull_request(7, "ana", &["eva"])
    };
    let named_by_merger = RangeCommit { co_authors: vec![named("eva")], ..squash.clone() };
    for (what, expected, found) in [
        ("pushed themselves", "ana", authors(by("ana", "ana"), Vec::new())),
        ("pushed by another", "", authors(by("ana", "ben"), Vec::new())),
        ("signed", "ana", authors(signed("ana", "ana"), Vec::new())),
        ("signed by another", "", authors(signed("ana", "ben"), Vec::new())),
        ("a co-author by text", "ana", authors(with("ben"), Vec::new())),
        ("a squash", "ana ben", authors(squash.clone(), vec![branch.clone()])),
        ("named in the merge's message", "ana ben", authors(named_by_merger, vec![branch])),
    ] {
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn two_people_who_merge_each_others_work_approve_together() {
    let range = range(
        vec![of_pull_request(1, commit(1, "ana")), of_pull_request(2, commit(2, "ben"))],
        vec![pull_request(1, "ana", &["ben"]), pull_request(2, "ben", &["ana"])],
    );
    let electorate = judged(&range, &four_eyes());
    assert_eq!(electorate.blocked, []);
    for (voters, is_enough) in
        [(&[][..], false), (&["ana"], false), (&["ben"], false), (&["ana", "ben"], true), (&["chiara"], true)]
    {
        assert_eq!(enough(&electorate, voters, 1), is_enough, "{voters:?}");
    }
    assert!(!enough(&electorate, &["ana", "ben"], 2));
    assert!(enough(&electorate, &["ana", "ben", "chiara"], 2));
    assert_eq!(electorate.verdict("U-ana"), Verdict::Eligible);
}

#[test]
fn what_is_not_known_blocks() {
    let of = |commit| range(vec![commit], Vec::new());
    let stranger = of(commit(1, "stranger"));
    let known = judged(&stranger, &four_eyes());
    assert!(matches!(&known.blocked[..], [Blocker::MakersNotFound { names, .. }] if names == &["stranger"]));
    assert!(!enough(&known, &["ana", "ben"], 1));
    let allow = RangeRules { allow_unknown_makers: true, ..RangeRules::default() };
    let allowed = judged(&stranger, &ApprovalSpec { range: allow.clone(), ..four_eyes() });
    assert!(allowed.blocked.is_empty() && enough(&allowed, &["ana"], 1));
    assert_eq!(allowed.judged.unwrap().allowed, ["stranger"]);

    let assistant = RangeCommit { co_authors: vec![address("ai@example.com")], ..commit(1, "ana") };
    let assisted = judged(&of(assistant), &four_eyes());
    assert_eq!(
        (assisted.blocked, assisted.not_found),
        (Vec::new(), vec!["ai@example.com <ai@example.com>".to_owned()])
    );

    // An assistant's line with the number of runs' own tokens, which did not act.
    let email = "41898282+claude[bot]@users.noreply.github.com".to_owned();
    for account in [None, Some(Account { id: 41_898_282, login: "claude[bot]".to_owned(), is_bot: true })] {
        let line =
            Identity { name: "Claude".to_owned(), email: Some(email.clone()), account, vouched: false };
        let by_line = RangeCommit { co_authors: vec![line.clone()], ..commit(1, "ana") };
        let assisted = judged(&of(by_line), &four_eyes());
        assert_eq!((assisted.blocked, assisted.not_found), (Vec::new(), vec![format!("Claude <{email}>")]));
        let by_it = judged(&of(RangeCommit { author: line, ..commit(1, "ana") }), &four_eyes());
        let is_not_found = |blocker: &Blocker| matches!(blocker, Blocker::MakersNotFound { .. });
        assert!(by_it.blocked.iter().any(is_not_found), "{:?}", by_it.blocked);
    }

    let unpushed = RangeCommit { pushed_by: Vec::new(), ..commit(1, "ana") };
    let allowing = ApprovalSpec { range: allow.clone(), ..four_eyes() };
    assert!(matches!(&judged(&of(unpushed), &allowing).blocked[..], [Blocker::NotVouched { count: 1, .. }]));
    let cut = Range { missing: vec!["500 pull requests were read.".to_owned()], ..of(commit(1, "ana")) };
    assert!(matches!(&judged(&cut, &allowing).blocked[..], [Blocker::Incomplete { .. }]));
    let none = Base::none(&base().deployment, "production");
    let changes = changes(&of(commit(1, "ana")), &[], at(0));
    let members = members(&changes);
    let electorate = Electorate::anyone().judging(&allowing, &none, Ok((&changes, &members)), at(0));
    assert_eq!(electorate.blocked, [Blocker::NoBase]);
}

#[test]
fn starter_by_the_word_of_ci_blocks_until_somebody_is_named() {
    let one = range(vec![commit(1, "ana")], Vec::new());
    let user = CiUser::circleci("00000000-0000-4000-8000-000000003003").expect("a user");
    let (of_ci, untold) = (Identity::of_ci(&user), Identity::untold("who started the build"));
    let with_email = Identity { email: Some("Dev@acme.example".to_owned()), ..untold.clone() };
    let not_found = |name: &str| Blocker::not_found(vec![name.to_owned()]);
    for (by, blocker) in [
        (&of_ci, not_found("who started the CircleCI job (circleci:00000000-0000-4000-8000-000000003003)")),
        (&untold, Blocker::MakersUntold { what: vec!["who started the build".to_owned()] }),
        (&with_email, not_found("who started the build <dev@acme.example>")),
    ] {
        let changes = changes(&one, std::slice::from_ref(by), at(0));
        let mut members = members(&changes);
        let judged = |members: &[Member]| {
            Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, members)), at(0))
        };
        assert_eq!(judged(&members).blocked, [blocker]);
        let starter = changes.makers.iter().position(|maker| maker.is_untold).expect("the starter");
        members[starter] = Member::Found(vec!["U-dev".to_owned()]);
        let known = judged(&members);
        assert_eq!((known.blocked.len(), known.verdict("U-dev")), (0, Verdict::OwnChange));
    }
}

#[test]
fn program_that_only_a_line_names_is_not_at_work() {
    let writer = || named("acme-writer[bot]");
    let line = || RangeCommit { co_authors: vec![writer()], ..commit(1, "ana") };
    let author = || RangeCommit { author: writer(), ..commit(2, "ana") };
    for (commits, expected) in [
        (vec![line()], false),
        (vec![author()], true),
        (vec![line(), author()], true),
        (vec![author(), line()], true),
    ] {
        let changes = changes(&range(commits, Vec::new()), &[], at(0));
        let is_writers = |maker: &&Maker| maker.account == writer().account;
        let found = changes.makers.iter().find(is_writers).expect("the program");
        assert_eq!(found.is_program_at_work(), expected, "{:?}", changes.makers);
    }
}

#[test]
fn unconfirmed_word_that_a_maker_is_nobody_here_blocks() {
    let changes = changes(&range(vec![commit(1, "stranger")], Vec::new()), &[], at(0));
    let said = SaidNobody {
        handle: "github:7".to_owned(),
        version: 3,
        name: "the name on the page People".to_owned(),
        kind: Nobody::Left,
        reason: "left in May".to_owned(),
        by: "U-chiara".to_owned(),
    };
    let members = [Member::SaidNobodyHere(said.clone())];
    let judged =
        |spec: &ApprovalSpec| Electorate::anyone().judging(spec, &base(), Ok((&changes, &members)), at(0));
    let named = SaidNobody { name: "stranger".to_owned(), ..said };
    assert_eq!(judged(&four_eyes()).blocked, [Blocker::SaidNobodyHere(named)]);
    let allow = RangeRules { allow_unknown_makers: true, ..RangeRules::default() };
    let allowed = judged(&ApprovalSpec { range: allow, ..four_eyes() });
    assert_eq!(
        (allowed.blocked, allowed.judged.map(|judged| judged.allowed)),
        (Vec::new(), Some(vec!["stranger".to_owned()]))
    );
}

#[test]
fn verified_commits_want_the_authors_signature_or_the_hosts() {
    let verified = RangeRules { verified_commits: true, ..RangeRules::default() };
    let spec = ApprovalSpec { range: verified, ..spec(1) };
    let signed = |signature| RangeCommit { signature, ..commit(1, "ana") };
    let by_host = RangeCommit { committer: None, ..signed(Signature::Host) };
    for (commit, is_verified) in [
        (signed(Signature::Valid(account("ana"))), true),
        (signed(Signature::Valid(account("ben"))), false),
        (signed(Signature::Unsigned), false),
        (signed(Signature::Invalid("bad_email".to_owned())), false),
        (signed(Signature::Unknown("gpgverify_unavailable".to_owned())), false),
        (by_host.clone(), true),
        (RangeCommit { author: named("github-actions[bot]"), ..by_host.clone() }, false),
        (RangeCommit { author: named("release[bot]"), ..by_host.clone() }, false),
        (RangeCommit { author: named("dependabot[bot]"), ..by_host }, true),
    ] {
        let blocked = judged(&range(vec![commit.clone()], Vec::new()), &spec).blocked;
        assert_eq!(blocked.is_empty(), is_verified, "{commit:?}: {blocked:?}");
    }
}

#[test]
fn a_rollback_to_what_was_let_through_lately_has_no_makers() {
    let back = Range {
        direction: Direction::Rollback,
        removed: vec![commit(1, "ana")],
        head: "c".repeat(40),
        ..range(Vec::new(), Vec::new())
    };
    let judged = |base: &Base, spec: &ApprovalSpec, second| {
        let changes = changes(&back, &[acted("ana")], at(second));
        let members = members(&changes);
        Electorate::anyone().judging(spec, base, Ok((&changes, &members)), at(second))
    };
    let known = base().after(&back.head, true, at(1)).after(&back.base, true, at(2));
    assert!(enough(&judged(&known, &four_eyes(), 3), &["ana"], 1));
    let month = 30 * 24 * 3600;
    assert!(!enough(&judged(&known, &four_eyes(), 2 + month), &["ana"], 1), "too long ago");
    assert!(!enough(&judged(&base(), &four_eyes(), 3), &["ana"], 1), "never let through");
    let strict = RangeRules { rollback_four_eyes: true, ..RangeRules::default() };
    assert!(!enough(&judged(&known, &ApprovalSpec { range: strict, ..four_eyes() }, 3), &["ana"], 1));
    let loose = base().after(&back.head, false, at(1));
    assert!(!enough(&judged(&loose, &four_eyes(), 3), &["ana"], 1), "let through without four eyes");
}

#[test]
fn rollback_counts_what_its_revision_holds() {
    let back = Range {
        direction: Direction::Rollback,
        removed: vec![commit(3, "ben")],
        ..range(Vec::new(), Vec::new())
    };
    let taken_out = changes(&back, &[], at(3));
    let more = changes(&range(vec![commit(1, "ana"), commit(2, "ben")], Vec::new()), &[], at(3));
    let held = |set_by: Option<&str>, commits| Held {
        since: Some("a".repeat(40)),
        set_by: set_by.map(str::to_owned),
        commits,
    };
    let judged = |changes: &Changes| {
        let members = members(changes);
        Electorate::anyone().judging(&four_eyes(), &base(), Ok((changes, &members)), at(3))
    };
    assert!(enough(&judged(&taken_out), &["ana"], 1), "of what it takes out alone");
    let whole = taken_out.clone().with_held(held(None, 2), Some(more.clone()));
    assert!(!enough(&judged(&whole), &["ana"], 1), "Ana made some of what it holds");
    assert!(enough(&judged(&whole), &["chiara"], 1));
    let commits: u32 = whole.shares.iter().map(|share| share.commits).sum();
    assert_eq!((commits, whole.makers.len(), whole.removed), (3, 2, 1));
    let set = judged(&taken_out.clone().with_held(held(Some("U-chiara"), 0), None));
    assert_eq!(set.verdict("U-chiara"), Verdict::SetTheBase);
    let cut = Changes { missing: vec!["A page is missing.".to_owned()], ..more };
    assert_eq!(judged(&taken_out.with_held(held(None, 2), Some(cut))).blocked.len(), 1);
}

#[test]
fn revisions_let_through_are_known_newest_first() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|digit| digit.repeat(40));
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let set = Base::none(&slug, "production").set(&a, "head", true, "U-chiara", at(0));
    let base = set.after(&b, true, at(1)).after(&c, true, at(2)).after(&d, false, at(3));
    let known = |four_eyes: bool| {
        let all = base.let_through(four_eyes);
        all.iter().map(|passed| passed.revision[..1].to_owned()).collect::<String>()
    };
    assert_eq!((known(true), known(false)), ("cb".to_owned(), "dcb".to_owned()));
}

#[test]
fn who_set_the_base_may_not_vote_on_its_range() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let set = Base::none(&slug, "production").set(&"b".repeat(40), "head", true, "U-chiara", at(0));
    let changes = changes(&range(vec![commit(1, "ana")], Vec::new()), &[], at(0));
    let members = members(&changes);
    let electorate = Electorate::anyone().judging(&four_eyes(), &set, Ok((&changes, &members)), at(0));
    assert_eq!(electorate.verdict("U-chiara"), Verdict::SetTheBase);
    assert_eq!(electorate.verdict("U-ben"), Verdict::Eligible);
}

#[test]
fn a_base_that_is_set_leaves_a_good_one_alone() {
    let known = base().after(&"c".repeat(40), false, at(1));
    let of = |base: &Base, four_eyes: bool| base.start(four_eyes).map(|start| start.revision[..1].to_owned());
    let set = known.clone().set(&"d".repeat(40), "head", false, "U-chiara", at(2));
    assert_eq!((of(&set, false), of(&set, true)), (Some("d".to_owned()), Some("b".to_owned())));
    let set = known.set(&"d".repeat(40), "head", true, "U-chiara", at(2));
    assert_eq!((of(&set, false), of(&set, true)), (Some("c".to_owned()), Some("d".to_owned())));
}

#[test]
fn a_second_approval_of_a_revision_judges_the_range_again() {
    let [c, d] = ["c", "d"].map(|digit| digit.repeat(40));
    let start =
        |base: &Base, head: &str| base.start_of(true, head).map(|start| start.revision[..1].to_owned());
    let once = base().after(&c, true, at(1));
    assert_eq!((start(&once, &c), start(&once, &d)), (Some("b".to_owned()), Some("c".to_owned())));
    let twice = once.after(&c, true, at(2));
    assert_eq!((start(&twice, &c), start(&twice, &d)), (Some("b".to_owned()), Some("c".to_owned())));
}

const PEOPLE: [&str; 5] = ["ana", "ben", "chiara", "dan", "eva"];

prop_compose! {
    /// A commit with any hands in it, of one of three pull requests or of none.
    fn any_commit()(
        number in 0_usize..1000,
        hands in prop::collection::vec(0..PEOPLE.len(), 4),
        made_by_host in any::<bool>(),
        signature in 0..4,
        of in 0_u64..4,
        parents in 1_usize..3,
    ) -> RangeCommit {
        let who = |index: usize| PEOPLE[hands[index]];
        RangeCommit {
            committer: (!made_by_host).then(|| named(who(1))),
            co_authors: vec![named(who(2))],
            pushed_by: vec![acted(who(3))],
            signature: match signature {
                0 => Signature::Host,
                1 => Signature::Valid(account(who(0))),
                _ => Signature::Unsigned,
            },
            pull_requests: if of == 0 { Vec::new() } else { vec![of] },
            issues: Vec::new(),
            parents,
            ..commit(number, who(0))
        }
    }
}

proptest! {
    /// Whatever the commits, pull requests and votes: each commit and pull request of an approval that is
    /// complete has as many votes as the rule asks of people who did not make it.
    #[test]
    fn each_change_has_the_votes_of_people_who_did_not_make_it(
        added in prop::collection::vec(any_commit(), 1..8),
        merged in prop::collection::vec((0..PEOPLE.len(), 0..PEOPLE.len()), 3),
        voters in prop::collection::btree_set(0..PEOPLE.len(), 0..=PEOPLE.len()),
        starter in prop::option::of(0..PEOPLE.len()),
        required in 1_u32..4,
    ) {
        let numbers = [1_u64, 2, 3].into_iter().zip(&merged);
        let pull_requests: Vec<_> = numbers
            .map(|(number, (opened, merged))| pull_request(number, PEOPLE[*opened], &[PEOPLE[*merged]]))
            .collect();
        let range = range(added, pull_requests);
        let started: Vec<_> = starter.iter().map(|who| acted(PEOPLE[*who])).collect();
        let changes = changes(&range, &started, at(0));
        let members = members(&changes);
        let electorate = Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members)), at(0));
        let voters: Vec<_> = voters.into_iter().map(|who| PEOPLE[who]).collect();
        prop_assert_eq!(electorate.blocked.is_empty(), true);
        if !enough(&electorate, &voters, required) {
            return Ok(());
        }
        let starter = starter.map(|who| PEOPLE[who]);
        let count = |makers: &[&str]| {
            voters.iter().filter(|voter| !makers.contains(voter) && starter != Some(**voter)).count()
        };
        for commit in &range.added {
            let login = |identity: &Identity| identity.account.as_ref().unwrap().login.clone();
            let text = std::iter::once(&commit.author).chain(&commit.co_authors);
            let hands: Vec<_> =
                text.chain(&commit.committer).chain(commit.pushed_by.first()).map(login).collect();
            let hands: Vec<_> = hands.iter().map(String::as_str).collect();
            prop_assert!(count(&hands) >= required as usize, "{:?}", commit);
        }
        for pull_request in &range.pull_requests {
            let merger = &pull_request.merged_by[0].name;
            prop_assert!(count(&[merger]) >= required as usize, "{:?}", pull_request);
        }
    }
}

#[test]
fn starter_without_a_name_is_a_maker_who_is_not_found() {
    let one = range(vec![commit(1, "ana")], Vec::new());
    let changes = changes(&one, &[Identity::untold("who deployed it")], at(0));
    let judged =
        Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members(&changes))), at(0));
    assert_eq!(judged.blocked, [Blocker::MakersUntold { what: vec!["who deployed it".to_owned()] }]);
}

#[test]
fn whoever_queued_started_the_run_of_the_merge_queue() {
    let queue = acted("github-merge-queue[bot]");
    let queued = RangePullRequest {
        merge_asked_by: vec![acted("ben")],
        ..pull_request(1, "ana", &["github-merge-queue[bot]", "ben"])
    };
    for (from, expected) in
        [(queued, "ana+ben"), (pull_request(1, "ana", &["ben"]), "ana+github-merge-queue[bot]")]
    {
        let one = range(vec![of_pull_request(1, commit(1, "ana"))], vec![from]);
        let changes = changes(&one, std::slice::from_ref(&queue), at(0));
        let share = changes.shares.iter().find(|share| share.commits == 1).unwrap();
        let makers: BTreeSet<_> =
            share.makers.iter().map(|index| changes.makers[*index].name.as_str()).collect();
        assert_eq!(makers.into_iter().collect::<Vec<_>>().join("+"), expected);
    }
}

#[test]
fn account_that_the_host_names_replaces_one_of_text() {
    let ana = account("ana");
    let line = address(&format!("{}+other@users.noreply.github.com", ana.id));
    let first = RangeCommit { co_authors: vec![line], ..commit(1, "ben") };
    let one = range(vec![first, commit(2, "ana")], Vec::new());
    let changes = changes(&one, &[], at(0));
    let of_ana: Vec<_> = changes
        .makers
        .iter()
        .filter_map(|maker| maker.account.clone())
        .filter(|one| one.id == ana.id)
        .collect();
    assert_eq!(of_ana, [ana]);
}

#[test]
fn maker_whose_profile_was_not_read_is_not_allowed_as_unknown() {
    let one = range(vec![commit(1, "stranger")], Vec::new());
    let rules = RangeRules { allow_unknown_makers: true, ..RangeRules::default() };
    let spec = ApprovalSpec { range: rules, ..four_eyes() };
    for (is_unread, blockers) in [(false, 0), (true, 1)] {
        let mut changes = changes(&one, &[], at(0));
        changes.makers[0].is_unread = is_unread;
        let judged = Electorate::anyone().judging(&spec, &base(), Ok((&changes, &members(&changes))), at(0));
        assert_eq!(judged.blocked.len(), blockers, "{:?}", judged.blocked);
    }
}

#[test]
fn base_that_an_admin_set_has_to_be_an_ancestor() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let set = Base::none(&slug, "production").set(&"b".repeat(40), "head", true, "U-admin", at(0));
    let refused = || vec![Blocker::BaseRefused { base: "b".repeat(40), by: "U-admin".to_owned() }];
    for (direction, base, blocked) in [
        (Direction::Forward, &set, Vec::new()),
        (Direction::Rollback, &set, refused()),
        (Direction::Diverged, &set, refused()),
        (Direction::Same, &set, refused()),
        (Direction::Rollback, &base(), Vec::new()),
    ] {
        let one = Range { direction, ..range(vec![commit(1, "ana")], Vec::new()) };
        let changes = changes(&one, &[], at(0));
        let judged =
            Electorate::anyone().judging(&four_eyes(), base, Ok((&changes, &members(&changes))), at(0));
        assert_eq!(judged.blocked, blocked, "{direction:?}");
    }
}

#[test]
fn unsigned_branch_of_what_is_taken_out_needs_no_signature() {
    let squash = |number| {
        let signed = RangeCommit { committer: None, signature: Signature::Host, ..commit(number, "ana") };
        of_pull_request(7, signed)
    };
    let from = of_branch(pull_request(7, "ana", &["ben"]), vec![commit(8, "ana")], &[1]);
    let added = range(vec![squash(1)], vec![from]);
    let taken_out = Range { added: Vec::new(), removed: added.added.clone(), ..added.clone() };
    assert_eq!(
        (changes(&added, &[], at(0)).unverified.count, changes(&taken_out, &[], at(0)).unverified.count),
        (1, 0)
    );
}
