//! The list of pushes, and which of them brought a commit into the repository.

use super::client::GitHub;
use super::{identity, wire};
use crate::failure::{Failure, Repeat};
use approval::range::Identity;
use reqwest::Url;
use std::collections::{HashMap, HashSet};

/// The most pages of 100 that are read: of a small range, and of a range of any size.
const PAGES: (usize, usize) = (6, 20);
/// The ref of a branch.
const HEADS: &str = "refs/heads/";

/// The pushes of a repository, newest first, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    pushes: Vec<wire::Activity>,
    /// Whether older pushes were not read: the first one that is known of a commit may not be its first, unless the commit is
    /// known to be younger than these.
    is_cut: bool,
}

/// Commits by their SHAs, each with its parents' SHAs.
pub(super) type Parents<'a> = HashMap<&'a str, &'a [String]>;

/// What the list of pushes is read for.
pub(super) struct Wanted<'a> {
    /// The commits whose pushers are asked for.
    pub parents: Parents<'a>,
    /// Where the range starts.
    pub base: &'a str,
    /// The default branch.
    pub trunk: Option<&'a str>,
}

impl GitHub {
    /// The repository's pushes from the newest on: until each commit is known to be younger than the last one, or for 600 to
    /// 2,000 pushes. A repository whose host does not tell has none.
    ///
    /// What a commit says of its date is its author's word, so that the order of the list alone tells.
    /// <https://docs.github.com/rest/repos/repos#list-repository-activities>
    pub(super) async fn pushes(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Pushes, Failure> {
        let doing = format!("reading the pushes to {repository}");
        let most = PAGES.0.max(wanted.parents.len() / 100 + 1).min(PAGES.1);
        let mut read = Pushes::default();
        let mut after: Option<String> = None;
        for number in 0..most {
            let part = format!("pushes {number}");
            if let Some(kept) = self.kept::<(Vec<wire::Activity>, Option<String>)>(&part).await? {
                read.pushes.extend(kept.0);
                after = kept.1;
                read.is_cut = after.is_some() && !read.is_enough(wanted);
                if !read.is_cut {
                    break;
                }
                continue;
            }
            let mut query = vec![("per_page", "100")];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let answer = match self.read_with(repository, ["activity"], &query, &doing).await {
                Ok(answer) => answer,
                Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
                    tracing::warn!(repository, %failure, "GitHub does not tell who pushed");
                    return Ok(read);
                }
                Err(failure) => return Err(failure),
            };
            let page: Vec<wire::Activity> = answer.json("GitHub", &doing, Repeat::Harmless)?;
            after = answer.header("link").and_then(next);
            self.keep(&part, &(&page, &after)).await?;
            read.pushes.extend(page);
            read.is_cut = after.is_some() && !read.is_enough(wanted);
            if !read.is_cut {
                break;
            }
        }
        Ok(read)
    }
}

impl Pushes {
    fn is_enough(&self, wanted: &Wanted<'_>) -> bool {
        self.younger(wanted).len() == wanted.parents.len()
    }

    /// The commits that can't have been pushed before the pushes that were read: each follows from a commit that the host itself
    /// made among these, by a merge.
    fn younger<'a>(&self, wanted: &Wanted<'a>) -> HashSet<&'a str> {
        let made: HashSet<&str> =
            self.pushes.iter().filter(|push| is_merge(push)).map(|push| push.after.as_str()).collect();
        let mut children: HashMap<&str, Vec<&'a str>> = HashMap::new();
        let mut open = Vec::new();
        for (sha, parents) in &wanted.parents {
            for parent in *parents {
                children.entry(parent).or_default().push(sha);
            }
            if made.contains(sha) || parents.iter().any(|parent| made.contains(parent.as_str())) {
                open.push(*sha);
            }
        }
        let mut younger = HashSet::new();
        while let Some(sha) = open.pop() {
            if younger.insert(sha) {
                open.extend(children.get(sha).into_iter().flatten());
            }
        }
        younger
    }

    /// The accounts that brought each commit in: by the first push that had it, and by the first push that had it on the default
    /// branch or on a branch that stood at the base once. A later push of somebody else's branch onto another one (as an update
    /// of a branch from the default one) makes nobody a pusher. A commit that GitHub tells no account for has an empty list.
    pub(super) fn brought<'a>(&self, wanted: &Wanted<'a>) -> HashMap<&'a str, Vec<Identity>> {
        let trunks: HashSet<&str> = wanted
            .trunk
            .into_iter()
            .chain(
                self.pushes
                    .iter()
                    .filter(|push| push.before == wanted.base || push.after == wanted.base)
                    .map(branch),
            )
            .collect();
        let mut found: HashMap<&'a str, Vec<Identity>> = HashMap::new();
        let mut on_trunk: HashSet<(&str, &'a str)> = HashSet::new();
        let younger = self.younger(wanted);
        for push in self.pushes.iter().rev() {
            let there_before = reachable(&wanted.parents, &push.before);
            let branch = branch(push);
            let is_trunk = trunks.contains(branch) && push.activity_type != "branch_creation";
            for sha in reachable(&wanted.parents, &push.after).difference(&there_before) {
                let is_first = !found.contains_key(sha);
                let pushers = found.entry(sha).or_default();
                let counts = is_first || (is_trunk && !on_trunk.contains(&(branch, *sha)));
                if is_trunk {
                    on_trunk.insert((branch, *sha));
                }
                // Whoever merges brings in what others pushed, and does not stand for it.
                let is_known_first = is_first && (!self.is_cut || younger.contains(sha));
                let vouched = is_known_first && !is_merge(push);
                let pusher = identity::account(push.actor.as_ref()).filter(|_| counts);
                let pusher = pusher.map(|account| Identity { vouched, ..identity::acted(account) });
                let is_known =
                    |pusher: &Identity| pushers.iter().any(|known| known.account == pusher.account);
                let pusher = pusher.filter(|pusher| !is_known(pusher));
                pushers.extend(pusher);
            }
        }
        found
    }
}

/// Whether the host made its last commit, by merging a pull request.
fn is_merge(push: &wire::Activity) -> bool {
    matches!(push.activity_type.as_str(), "pr_merge" | "merge_queue_merge")
}

fn branch(push: &wire::Activity) -> &str {
    push.r#ref.strip_prefix(HEADS).unwrap_or(&push.r#ref)
}

/// Those of the commits that `sha` is or has before it.
fn reachable<'a>(parents: &Parents<'a>, sha: &str) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    let mut open = vec![sha];
    while let Some((sha, before)) = open.pop().and_then(|sha| parents.get_key_value(sha)) {
        if seen.insert(*sha) {
            open.extend(before.iter().map(String::as_str).filter(|sha| parents.contains_key(sha)));
        }
    }
    seen
}

/// The cursor of the next page in a `Link` header.
fn next(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (address, _) = next.trim().strip_prefix('<')?.split_once('>')?;
    let address = Url::parse(address).ok()?;
    address.query_pairs().find(|(name, _)| name == "after").map(|(_, after)| after.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KIND WHO BRANCH BEFORE AFTER`, oldest first.
    fn pushes(lines: &[&str]) -> Pushes {
        let activity = |line: &&str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut word = || words.next().unwrap();
            let (kind, who, branch, before, after) = (word(), word(), word(), word(), word());
            let id = who.bytes().map(u64::from).sum();
            let actor =
                wire::Account { id: Some(id), login: Some(who.clone()), kind: Some("User".to_owned()) };
            wire::Activity {
                before,
                after,
                r#ref: format!("{HEADS}{branch}"),
                activity_type: kind,
                actor: Some(actor).filter(|_| who != "-"),
            }
        };
        Pushes { pushes: lines.iter().rev().map(activity).collect(), is_cut: false }
    }

    /// The pushers of `commits` (`SHA: PARENTS`) on the trunk `main` from the base `0`.
    fn told(commits: &[(&str, &str)], lines: &[&str]) -> String {
        let parents: Vec<(&str, Vec<String>)> = commits
            .iter()
            .map(|(sha, parents)| (*sha, parents.split_whitespace().map(str::to_owned).collect()))
            .collect();
        let parents = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
        let wanted = Wanted { parents, base: "0", trunk: Some("main") };
        let found = pushes(lines).brought(&wanted);
        let mut told: Vec<String> = found
            .iter()
            .map(|(sha, people)| {
                let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
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
        ] {
            let parents: Vec<(&str, Vec<String>)> = side
                .iter()
                .map(|(sha, parents)| (*sha, parents.split_whitespace().map(str::to_owned).collect()))
                .collect();
            let parents = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
            let wanted = Wanted { parents, base: "0", trunk: Some("main") };
            let found = Pushes { is_cut, ..pushes(lines) }.brought(&wanted);
            let mut told: Vec<String> = found
                .iter()
                .map(|(sha, people)| {
                    let vouch: Vec<&str> =
                        people.iter().filter(|one| one.vouched).map(|one| one.name.as_str()).collect();
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
        for none in [
            "",
            "<https://api.github.com/x?after=1>; rel=\"prev\"",
            "<no address>; rel=\"next\"",
            "rel=\"next\"",
        ] {
            assert_eq!(next(none), None, "{none}");
        }
    }
}
