//! Runs' own tokens and the merge queue: the people behind them made what these did.

use crate::samples::at;
use crate::shares::{
    acted, base, commit, four_eyes, judged, members, named, of_branch, of_pull_request, pull_request, range,
    shares,
};
use signoff_core::action::{ApprovalSpec, RangeRules};
use signoff_core::approval::{Blocker, Electorate};
use signoff_core::range::{Identity, Range, RangeCommit, RangePullRequest, Signature};
use signoff_core::shares::changes;

const BOT: &str = "dependabot[bot]";
const TOKEN: &str = "github-actions[bot]";
const QUEUE: &str = "github-merge-queue[bot]";

/// A commit of `author` that the host made and signed.
fn by_host(number: usize, author: &str) -> RangeCommit {
    RangeCommit { committer: None, signature: Signature::Host, ..of_pull_request(7, commit(number, author)) }
}

/// The merge commit that the host made for `by`, by its list of pushes.
fn merge(by: &str) -> RangeCommit {
    let pushed_by = vec![Identity { vouched: false, ..acted(by) }];
    RangeCommit { parents: 2, pushed_by, ..by_host(3, by) }
}

/// The range of `first` and of its merge by `by`, in the pull request `from`.
fn merged(first: RangeCommit, by: &str, from: RangePullRequest) -> Range {
    let merge = merge(by);
    let from = RangePullRequest { merges: vec![merge.revision.clone()], ..from };
    range(vec![first, merge], vec![from])
}

fn asked_by(login: &str, from: RangePullRequest) -> RangePullRequest {
    RangePullRequest { merge_asked_by: vec![acted(login)], ..from }
}

fn signed() -> ApprovalSpec {
    let rules = RangeRules { verified_commits: true, ..RangeRules::default() };
    ApprovalSpec { range: rules, ..four_eyes() }
}

#[test]
fn token_merges_a_listed_bots_commit_by_a_merge_commit() {
    let alone = merged(by_host(2, BOT), TOKEN, pull_request(7, BOT, &[TOKEN]));
    assert_eq!(judged(&alone, &four_eyes()).blocked, []);
    assert_eq!(judged(&alone, &signed()).blocked, []);
    assert_eq!(shares(&alone), ["dependabot[bot]: 2 commits, 1 merged"]);
    // Somebody else's commit is in it too, and nobody is named behind the token.
    let other = merged(of_pull_request(7, commit(2, "ana")), TOKEN, pull_request(7, "ana", &[TOKEN]));
    let blocked = judged(&other, &four_eyes()).blocked;
    assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{blocked:?}");
}

#[test]
fn whoever_asked_for_the_merge_made_its_merge_commit() {
    for by in [TOKEN, QUEUE] {
        let from = asked_by("ben", pull_request(7, "ana", &[by, "ben"]));
        let queued = merged(of_pull_request(7, commit(2, "ana")), by, from);
        assert_eq!(judged(&queued, &four_eyes()).blocked, [], "{by}");
        assert_eq!(shares(&queued), ["ana: 1 commits, 0 merged", "ben: 1 commits, 1 merged"], "{by}");
    }
    // GitHub names Ben as the one who merged, and the queue pushed.
    let named = merged(of_pull_request(7, commit(2, "ana")), QUEUE, pull_request(7, "ana", &["ben"]));
    assert_eq!(judged(&named, &four_eyes()).blocked, []);
    assert_eq!(shares(&named), ["ana: 1 commits, 0 merged", "ben: 1 commits, 1 merged"]);
}

#[test]
fn whoever_queued_made_the_squash_of_the_queue() {
    let pushed_by = vec![Identity { vouched: false, ..acted(QUEUE) }];
    let squash = RangeCommit { pushed_by, ..by_host(1, "ana") };
    let from = of_branch(pull_request(7, "ana", &["ben"]), vec![commit(2, "ana")], &[1]);
    let squashed = range(vec![squash], vec![from]);
    assert_eq!(judged(&squashed, &four_eyes()).blocked, []);
    assert_eq!(shares(&squashed), ["ana: 1 commits, 0 merged", "ben: 0 commits, 1 merged"]);
}

#[test]
fn bot_that_started_the_run_of_its_own_change_adds_nobody() {
    let of_bot = range(vec![by_host(2, BOT)], vec![pull_request(7, BOT, &[BOT])]);
    let mixed = range(
        vec![by_host(2, BOT), of_pull_request(8, commit(3, "ana"))],
        vec![pull_request(7, BOT, &[BOT]), pull_request(8, "ana", &["ben"])],
    );
    let text = Identity { vouched: false, ..acted(BOT) };
    for (what, range, started_by, is_blocked) in [
        ("its own change", &of_bot, vec![acted(BOT)], false),
        ("and a person ran it again", &of_bot, vec![acted(BOT), acted("eva")], false),
        ("a person's commit too", &mixed, vec![acted(BOT)], true),
        ("another program", &of_bot, vec![acted("release[bot]")], true),
        ("nobody vouches for it", &of_bot, vec![text], true),
        ("a run's token", &of_bot, vec![acted(TOKEN)], true),
    ] {
        let changes = changes(range, &started_by, at(60));
        let members = members(&changes);
        let judged = Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members)), at(60));
        let is_not_found = matches!(&judged.blocked[..], [Blocker::MakersNotFound { .. }]);
        assert_eq!(is_not_found, is_blocked, "{what}: {:?}", judged.blocked);
        assert_eq!(judged.blocked.is_empty(), !is_blocked, "{what}: {:?}", judged.blocked);
        let is_out = judged.except.contains(&"U-eva".to_owned());
        assert_eq!(is_out, started_by.contains(&acted("eva")), "{what}: {:?}", judged.except);
    }
}

#[test]
fn token_that_did_more_than_merge_is_a_maker() {
    // It pushed a commit, and it made a merge within the branch, with any text.
    let pushed = RangeCommit { pushed_by: vec![acted(TOKEN)], ..of_pull_request(7, commit(2, "ana")) };
    let within = RangeCommit { author: named(TOKEN), ..merge(TOKEN) };
    let from = || pull_request(7, "ana", &["ben"]);
    for (what, commit) in [("a push", pushed), ("a merge within", within)] {
        let blocked = judged(&range(vec![commit], vec![from()]), &four_eyes()).blocked;
        let is_token = |blocker: &Blocker| matches!(blocker, Blocker::MakersNotFound { tokens, .. } if tokens == &[TOKEN]);
        assert!(blocked.iter().any(is_token), "{what}: {blocked:?}");
    }
    // The host's word for who merged is Ben: a token that pushed the merge did that for nobody.
    let other = merged(of_pull_request(7, commit(2, "ana")), TOKEN, from());
    assert!(matches!(&judged(&other, &four_eyes()).blocked[..], [Blocker::MakersNotFound { .. }]));
    assert_eq!(changes(&other, &[], at(0)).unverified.count, 1, "Ana's commit alone is unsigned");
}
