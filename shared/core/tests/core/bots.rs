//! Bots as the authors of what their pull requests brought, for rules that act without asking anybody.

use signoff_core::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use signoff_core::range_lists::{are_openers_own, of_each_commit};

fn account(id: u64, login: &str) -> Account {
    Account { id, login: login.to_owned(), is_bot: login.ends_with("[bot]") }
}

/// A commit that the host made and signed for `login`, whose account has the number `id`.
fn by_host(revision: &str, id: u64, login: &str, parents: usize) -> RangeCommit {
    let account = Some(account(id, login));
    RangeCommit {
        revision: revision.to_owned(),
        title: "Bump serde".to_owned(),
        author: Identity { name: login.to_owned(), email: None, account, vouched: false },
        committer: None,
        co_authors: Vec::new(),
        signature: Signature::Host,
        pushed_by: Vec::new(),
        merged_in: None,
        pull_requests: vec![7],
        issues: Vec::new(),
        parents,
    }
}

/// The authors of what Dependabot's pull request brought, by a squash or by a merge of Ana's.
fn authors(branch: &[RangeCommit], is_squash: bool) -> Vec<String> {
    let bot = "dependabot[bot]";
    let opener = by_host("", 1, bot, 1).author;
    let opened = RangePullRequest {
        number: 7,
        title: "Bump serde".to_owned(),
        url: String::new(),
        branch: None,
        opened_by: Some(opener.clone()),
        merged_by: Vec::new(),
        merge_asked_by: Vec::new(),
        opening_asked_by: Vec::new(),
        more_asked_by: Vec::new(),
        labels: Vec::new(),
        issues: Vec::new(),
        is_of_fork: false,
        is_openers_own: are_openers_own(branch, Some(&opener)),
        commits: Vec::new(),
        remade: Vec::new(),
        merges: vec!["merge".to_owned()],
    };
    let added = match is_squash {
        true => vec![by_host("squash", 1, bot, 1)],
        false => branch.iter().cloned().chain([by_host("merge", 2, "ana", 2)]).collect(),
    };
    let range = Range {
        base: "a".to_owned(),
        head: "c".to_owned(),
        direction: Direction::Forward,
        added,
        removed: Vec::new(),
        pull_requests: vec![opened],
        missing: Vec::new(),
    };
    of_each_commit(&range).into_iter().flat_map(|lists| lists.authors).collect()
}

#[test]
fn bot_is_no_author_of_a_merge_that_somebody_made() {
    let own = || by_host("own", 1, "dependabot[bot]", 1);
    let merge = |id, login| by_host("between", id, login, 2);
    let pushed_by = |id, login, vouched| {
        let by = Identity { vouched, ..by_host("", id, login, 1).author };
        RangeCommit { pushed_by: vec![by], ..own() }
    };
    for (branch, is_bots) in [
        (vec![own()], true),
        // The bot itself brought its branch up to date.
        (vec![own(), merge(1, "dependabot[bot]")], true),
        // Somebody resolved conflicts on the page, with any text.
        (vec![own(), merge(2, "ana")], false),
        (vec![own(), merge(3, "github-actions[bot]")], false),
        (vec![own(), RangeCommit { signature: Signature::Unsigned, ..own() }], false),
        (vec![pushed_by(1, "dependabot[bot]", true)], true),
        (vec![pushed_by(118_344_674, "github-merge-queue[bot]", true)], true),
        // The first push that is known is the merge.
        (vec![pushed_by(2, "ana", false)], true),
        // GitHub signed it in Ana's fork, and she pushed it to the bot's branch.
        (vec![pushed_by(2, "ana", true)], false),
    ] {
        for is_squash in [true, false] {
            let found = authors(&branch, is_squash);
            assert_eq!(!found.is_empty(), is_bots, "{found:?} {is_squash} {branch:?}");
            assert!(found.iter().all(|author| author == "dependabot[bot]"), "{found:?}");
        }
    }
}
