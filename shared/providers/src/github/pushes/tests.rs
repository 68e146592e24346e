//! The pushers of commits, from lists of pushes.

use super::*;

/// `KIND WHO BRANCH BEFORE AFTER`, oldest first.
fn pushes(lines: &[&str]) -> Pushes {
    let activity = |line: &&str| {
        let mut words = line.split(' ').map(str::to_owned);
        let mut word = || words.next().unwrap();
        let (kind, who, branch, before, after) = (word(), word(), word(), word(), word());
        let id = who.bytes().map(u64::from).sum();
        let actor = wire::Account { id: Some(id), login: Some(who.clone()), kind: Some("User".to_owned()) };
        wire::Activity {
            before,
            after,
            r#ref: format!("{HEADS}{branch}"),
            activity_type: kind,
            actor: Some(actor).filter(|_| who != "-"),
        }
    };
    let pushes = lines.iter().rev().map(activity).collect();
    Pushes { pushes, pages: 1, ..Pushes::default() }
}

/// The pushers of `commits` (`SHA: PARENTS`) on the trunk `main` from the base `0`.
fn told(commits: &[(&str, &str)], lines: &[&str]) -> String {
    let parents: Vec<(&str, Vec<String>)> = commits
        .iter()
        .map(|(sha, parents)| (*sha, parents.split_whitespace().map(str::to_owned).collect()))
        .collect();
    let parents = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
    let wanted = Wanted { parents, base: "0", trunk: Some("main") };
    let pushes = pushes(lines);
    let found = pushes.brought(&wanted, &Ancestry::of(&wanted, &pushes));
    let mut told: Vec<String> = found
        .iter()
        .map(|(sha, arrival)| {
            let names: Vec<&str> = arrival.pushed_by.iter().map(|person| person.name.as_str()).collect();
            format!("{sha}:{}", names.join("+"))
        })
        .collect();
    told.sort();
    told.join(" ")
}

#[test]
fn only_the_first_push_vouches_and_no_merge() {
    let side = [("1", "0"), ("a", "0"), ("m", "1 a")];
    let lines = ["push ana side 9 a", "push ben main 0 1", "pr_merge cleo main 1 m"];
    let made = ["pr_merge dan main 9 0", "push ana side 9 a", "push ben main 0 1"];
    for (lines, is_cut, expected) in [
        (&lines[..], false, "1:ben a:ana m:"),
        (&lines[..], true, "1: a: m:"),
        // The branch is a fork's, whose pushes the list does not have.
        (&lines[1..], false, "1:ben a: m:"),
        // The host made what both began at within the part that was read.
        (&made[..], true, "1:ben a:ana"),
        (&made[1..], true, "1: a:"),
        // Nobody knows what an earlier push had that was dropped since.
        (&["push eve x 9 7", "push ana side 9 a", "push ben main 0 1"], false, "1: a:"),
        (&["push ana side 9 a", "push ben main 0 1", "push eve x 9 7"], false, "1:ben a:ana"),
        // It was before the merge that all of them follow from.
        (&["push eve x 9 7", "pr_merge dan main 9 0", "push ana side 9 a"], false, "a:ana"),
    ] {
        let parents: Vec<(&str, Vec<String>)> = side
            .iter()
            .map(|(sha, parents)| (*sha, parents.split_whitespace().map(str::to_owned).collect()))
            .collect();
        let parents = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
        let wanted = Wanted { parents, base: "0", trunk: Some("main") };
        let pushes = Pushes { is_cut, ..pushes(lines) };
        let found = pushes.brought(&wanted, &Ancestry::of(&wanted, &pushes));
        let mut told: Vec<String> = found
            .iter()
            .map(|(sha, arrival)| {
                let vouch: Vec<&str> =
                    arrival.pushed_by.iter().filter(|one| one.vouched).map(|one| one.name.as_str()).collect();
                format!("{sha}:{}", vouch.join("+"))
            })
            .collect();
        told.sort();
        assert_eq!(told.join(" "), expected, "{lines:?} {is_cut}");
    }
}

#[test]
fn a_commit_was_brought_by_its_first_push_and_onto_the_trunk() {
    let line = [("1", "0"), ("2", "1")];
    let side = [("1", "0"), ("a", "0"), ("m", "1 a")];
    for (commits, lines, expected) in [
        (&line[..], &["push ana main 0 1", "push ben main 1 2"][..], "1:ana 2:ben"),
        (&line, &["push ana main 0 2"], "1:ana 2:ana"),
        // A push that is in between, of what lies before and after.
        (&line, &["push ana main 9 0", "push ben main 2 3"], ""),
        // Ben moves main to what Ana had pushed to her branch.
        (&line, &["branch_creation ana side 000 2", "push ben main 0 2"], "1:ana+ben 2:ana+ben"),
        // Cleo brings her own branch up to date, and cuts a release.
        (
            &line,
            &["push ana main 0 2", "push cleo hers 9 2", "branch_creation cleo release 000 2"],
            "1:ana 2:ana",
        ),
        (
            &side,
            &["push ana side 9 a", "push ben main 0 1", "pr_merge cleo main 1 m"],
            "1:ben a:ana+cleo m:cleo",
        ),
        (&line, &["force_push ana main 9 2"], "1:ana 2:ana"),
        // GitHub does not tell the account.
        (&line, &["push - main 0 1", "push ben main 1 2"], "1: 2:ben"),
        // Nobody knows what Ana pushed before to the branch, and dropped.
        (&line, &["push ana main 0 7", "force_push ben main 7 2"], "1:ben+ana 2:ben+ana"),
        // Nor what Ana pushed to another branch: Ben's push may not be the first one, and stays the only
        // one that is known.
        (&line, &["branch_creation ana side 000 7", "push ben main 0 2"], "1:ben 2:ben"),
        // What is unknown came later, when all was there.
        (&line, &["push ben main 0 2", "branch_creation ana side 000 7"], "1:ben 2:ben"),
        // The branch that stood at the base is the trunk too.
        (&line, &["push ana release 9 0", "push ana side 9 1", "push ben release 0 1"], "1:ana+ben"),
    ] {
        assert_eq!(told(commits, lines), expected, "{lines:?}");
    }
}

#[test]
fn the_next_page_follows_from_the_link() {
    let link = "<https://api.github.com/repositories/1/activity?per_page=100&after=Y3Vyc29yOg%3D%3D>; rel=\"next\", \
                <https://api.github.com/x>; rel=\"prev\"";
    assert_eq!(next(link).as_deref(), Some("Y3Vyc29yOg=="));
    for none in
        ["", "<https://api.github.com/x?after=1>; rel=\"prev\"", "<no address>; rel=\"next\"", "rel=\"next\""]
    {
        assert_eq!(next(none), None, "{none}");
    }
}

#[test]
fn a_merge_is_known_where_nobody_pushed_before() {
    let side = [("1", "0"), ("a", "0"), ("m", "1 a")];
    let fork = ["push ben main 0 1", "pr_merge cleo main 1 m"];
    let parents: Vec<(&str, Vec<String>)> = side
        .iter()
        .map(|(sha, parents)| (*sha, parents.split_whitespace().map(str::to_owned).collect()))
        .collect();
    for (lines, is_cut, expected) in [
        (&fork[..], false, Some("m")),
        // Older pushes were not read.
        (&fork, true, None),
        // The branch is of this repository.
        (&["push ana side 9 a", "push ben main 0 1", "pr_merge cleo main 1 m"], false, None),
        // Nobody knows what a dropped push had.
        (&["push eve x 9 7", "push ben main 0 1", "pr_merge cleo main 1 m"], false, None),
        // Cleo merged on her own machine.
        (&["push ben main 0 1", "push cleo main 1 m"], false, None),
    ] {
        let parents = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
        let wanted = Wanted { parents, base: "0", trunk: Some("main") };
        let pushes = Pushes { is_cut, ..pushes(lines) };
        let found = pushes.brought(&wanted, &Ancestry::of(&wanted, &pushes));
        assert_eq!(found["a"].merged_in.as_deref(), expected, "{lines:?} {is_cut}");
        assert_eq!(found["1"].merged_in, None, "{lines:?}");
    }
}
