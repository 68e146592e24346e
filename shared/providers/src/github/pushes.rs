//! The list of pushes, and which of them brought a commit into the repository.

use super::client::GitHub;
use super::push_heads::Ancestry;
use super::room::{PROFILES, Room, WHOLE};
use super::{identity, wire};
use crate::failure::{Failure, Repeat};
use reqwest::Url;
use signoff_core::range::Identity;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The most pages of 100 that are read: of a small range, and of a range of any size.
const PAGES: (usize, usize) = (5, 20);
/// The most requests for pages and for heads together: of a small range, and of a range of any size.
const REQUESTS: (usize, usize) = (6, 40);
/// The number of commits up to which a range is small, those of its pull requests' branches among them.
const SMALL: usize = 100;
/// The ref of a branch.
const HEADS: &str = "refs/heads/";

/// The pushes of a repository, newest first, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    pushes: Vec<wire::Activity>,
    /// The number of pages that were read.
    pages: usize,
    /// True if older pushes were not read: the first known push of a commit may not be its first, unless the
    /// commit is younger than these.
    is_cut: bool,
    /// A sentence about the list, if the host refused it or a page of it.
    pub refused: Option<String>,
}

/// Commits by their SHAs, each with its parents' SHAs.
pub(super) type Parents<'a> = HashMap<&'a str, &'a [String]>;

/// The account or accounts that brought a commit in, and how it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The accounts, in the order of their pushes; empty where GitHub tells none.
    pub pushed_by: Vec<Identity>,
    /// The full SHA of the merge commit with which GitHub brought it in, if nobody had pushed it before.
    pub merged_in: Option<String>,
}

/// Commits and range for which the list of pushes is read.
pub(super) struct Wanted<'a> {
    /// The commits whose pushers are asked for.
    pub parents: Parents<'a>,
    /// Revision at which the range starts.
    pub base: &'a str,
    /// The default branch.
    pub trunk: Option<&'a str>,
}

impl Wanted<'_> {
    /// The requests that are left for pages and heads, after `spent` others for the same range: at least one,
    /// which the others leave in `room`.
    pub(super) fn requests_left(&self, room: &Room, spent: usize) -> usize {
        let commits = self.parents.len();
        match room.left() {
            Some(left) => left.clamp(1, REQUESTS.0),
            None if commits < SMALL => WHOLE.saturating_sub(PROFILES + spent).clamp(1, REQUESTS.0),
            None => REQUESTS.0.max(2 * (commits / 100 + 1)).min(REQUESTS.1),
        }
    }

    /// A commit that has none of the wanted ones before it: the range's start, or where what it takes out
    /// begins.
    pub(super) fn start(&self) -> &str {
        let beyond = self.parents.values().copied().flatten().map(String::as_str);
        let outside = |sha: &&str| !self.parents.contains_key(*sha);
        [self.base].into_iter().find(outside).or_else(|| beyond.filter(outside).min()).unwrap_or(self.base)
    }
}

impl GitHub {
    /// The repository's pushes from the newest on: until each commit is known to be younger than the last
    /// one, or for 500 to 2,000 pushes; fewer where `room` has no more requests, of which one is left for
    /// heads. Where the host refuses the list, that is told with what was read before.
    ///
    /// What a commit says of its date is its author's word, so that the order of the list alone tells.
    /// <https://docs.github.com/rest/repos/repos#list-repository-activities>
    pub(super) async fn pushes(
        &self,
        repository: &str,
        wanted: &Wanted<'_>,
        room: usize,
    ) -> Result<Pushes, Failure> {
        let doing = format!("reading the pushes to {repository}");
        let most = PAGES.0.max(wanted.parents.len() / 100 + 1).min(PAGES.1);
        let most = most.min(room.saturating_sub(1)).max(1);
        let mut read = Pushes::default();
        let mut after: Option<String> = None;
        for number in 0..most {
            read.pages = number + 1;
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
                    tracing::warn!(repository, failure = failure.logged(), "GitHub does not tell who pushed");
                    read.refused = Some(format!(
                        "GitHub refused the list of pushes to {repository}. Signoff's GitHub token has to be allowed to read its contents."
                    ));
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

    /// The commits that can't have been pushed before the pushes that were read: each follows from a commit
    /// that the host itself made among these, by a merge.
    fn younger<'a>(&self, wanted: &Wanted<'a>) -> HashSet<&'a str> {
        let made = self.made_by_host();
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

    /// The number of pages that were read.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// The commits that the host itself made, by merging a pull request.
    pub(super) fn made_by_host(&self) -> HashSet<&str> {
        self.pushes.iter().filter(|push| is_merge(push)).map(|push| push.after.as_str()).collect()
    }

    /// The heads that the pushes led to.
    pub(super) fn heads(&self) -> impl Iterator<Item = &str> {
        self.pushes.iter().map(|push| push.after.as_str())
    }

    /// The heads before and after each push that only added commits.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, &str)> {
        let adds = |push: &&wire::Activity| is_merge(push) || push.activity_type == "push";
        self.pushes.iter().filter(adds).map(|push| (push.before.as_str(), push.after.as_str()))
    }

    /// The place, oldest first, of the first merge that one of the `younger` commits follows from.
    fn first_merge(&self, wanted: &Wanted<'_>, younger: &HashSet<&str>) -> usize {
        let is_seed = |push: &wire::Activity| {
            let after = push.after.as_str();
            let parents = |sha: &str| wanted.parents.get(sha).into_iter().copied().flatten();
            is_merge(push)
                && younger
                    .iter()
                    .any(|sha| *sha == after || parents(sha).any(|parent| parent.as_str() == after))
        };
        self.pushes.iter().rev().position(is_seed).unwrap_or(0)
    }

    /// The part of the list, oldest first, in which a push may have been the first one of a wanted commit:
    /// from the first merge that all of them follow from, to the last push that is known to have brought one
    /// in.
    fn window(&self, wanted: &Wanted<'_>, ancestry: &Ancestry) -> Range<usize> {
        let younger = self.younger(wanted);
        let from = match younger.len() == wanted.parents.len() {
            true => self.first_merge(wanted, &younger),
            false => 0,
        };
        let mut unfound: HashSet<&str> = wanted.parents.keys().copied().collect();
        for (index, push) in self.pushes.iter().rev().enumerate() {
            let after = push.after.as_str();
            // What was found before has all that comes before it, too.
            if !wanted.parents.contains_key(after) || unfound.contains(after) {
                for sha in ancestry.held(&wanted.parents, after).0 {
                    unfound.remove(sha);
                }
            }
            if unfound.is_empty() {
                return from..index;
            }
        }
        from..self.pushes.len()
    }

    /// The heads, newest first, of which it is not known whether their push was the first one of a wanted
    /// commit; with `newest_only` without those that another push of their branch followed.
    pub(super) fn unknown(&self, wanted: &Wanted<'_>, ancestry: &Ancestry, newest_only: bool) -> Vec<String> {
        let window = self.window(wanted, ancestry);
        let followed: HashSet<&str> = self.steps().map(|(before, _)| before).collect();
        let within: Vec<&str> = self.pushes.iter().rev().map(|push| push.after.as_str()).collect();
        let mut seen = HashSet::new();
        let heads = within.get(window).unwrap_or_default().iter().rev().copied();
        let heads = heads.filter(|head| !(newest_only && followed.contains(head)) && seen.insert(*head));
        let outside = heads.filter(|head| !wanted.parents.contains_key(*head));
        outside.filter(|head| !ancestry.held(&wanted.parents, head).1).map(str::to_owned).collect()
    }

    /// The accounts that brought each commit in: by the first push that had it, and by the first push that
    /// had it on the default branch or on a branch that stood at the base once. A later push of somebody
    /// else's branch onto another one (as an update of a branch from the default one) makes nobody a pusher.
    /// A commit that GitHub tells no account for has an empty list.
    ///
    /// A push of which `ancestry` does not say what it had may have been the first one of what comes later:
    /// then no later one vouches, and its account is added to the commits of its own branch.
    pub(super) fn brought<'a>(&self, wanted: &Wanted<'a>, ancestry: &Ancestry) -> HashMap<&'a str, Arrival> {
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
        let held = |sha: &str| ancestry.held(&wanted.parents, sha);
        let on_branches: HashSet<(&str, &'a str)> = self
            .pushes
            .iter()
            .flat_map(|push| held(&push.after).0.into_iter().map(move |sha| (branch(push), sha)))
            .collect();
        let mut found: HashMap<&'a str, Arrival> = HashMap::new();
        let mut perhaps: HashMap<&'a str, Vec<Identity>> = HashMap::new();
        let mut doubtful: HashSet<&'a str> = HashSet::new();
        let mut on_trunk: HashSet<(&str, &'a str)> = HashSet::new();
        let (younger, window) = (self.younger(wanted), self.window(wanted, ancestry));
        let first_merge = self.first_merge(wanted, &younger);
        for (index, push) in self.pushes.iter().rev().enumerate() {
            let (there_before, _) = held(&push.before);
            let (there_now, is_whole) = held(&push.after);
            let branch = branch(push);
            let is_trunk = trunks.contains(branch) && push.activity_type != "branch_creation";
            let pusher = identity::account(push.actor.as_ref()).map(identity::acted);
            for sha in there_now.difference(&there_before) {
                let is_first = !found.contains_key(sha);
                let Arrival { pushed_by: pushers, merged_in } = found.entry(sha).or_default();
                let counts = is_first || (is_trunk && !on_trunk.contains(&(branch, *sha)));
                if is_trunk {
                    on_trunk.insert((branch, *sha));
                }
                // Whoever merges brings in what others pushed, and does not stand for it.
                let is_known = !doubtful.contains(sha) && (!self.is_cut || younger.contains(sha));
                let vouched = is_first && is_known && !is_merge(push);
                if is_first && is_known && is_merge(push) {
                    *merged_in = Some(push.after.clone());
                }
                let pusher = pusher.clone().filter(|pusher| counts && is_new(pusher, pushers));
                pushers.extend(pusher.map(|pusher| Identity { vouched, ..pusher }));
            }
            if is_whole || !window.contains(&index) {
                continue;
            }
            for sha in wanted.parents.keys() {
                let came_later = younger.contains(sha) && index < first_merge;
                if came_later || found.contains_key(sha) || there_before.contains(sha) {
                    continue;
                }
                doubtful.insert(sha);
                if on_branches.contains(&(branch, *sha)) {
                    let pusher = pusher.clone().map(|pusher| Identity { vouched: false, ..pusher });
                    perhaps.entry(sha).or_default().extend(pusher);
                }
            }
        }
        for (sha, more) in perhaps {
            let pushers = &mut found.entry(sha).or_default().pushed_by;
            for pusher in more {
                if is_new(&pusher, pushers) {
                    pushers.push(pusher);
                }
            }
        }
        found
    }
}

/// True if `pusher` is none of `known`.
fn is_new(pusher: &Identity, known: &[Identity]) -> bool {
    known.iter().all(|one| one.account != pusher.account)
}

/// True if the host made its last commit, by merging a pull request.
fn is_merge(push: &wire::Activity) -> bool {
    matches!(push.activity_type.as_str(), "pr_merge" | "merge_queue_merge")
}

fn branch(push: &wire::Activity) -> &str {
    push.r#ref.strip_prefix(HEADS).unwrap_or(&push.r#ref)
}

/// The cursor of the next page in a `Link` header.
fn next(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (address, _) = next.trim().strip_prefix('<')?.split_once('>')?;
    let address = Url::parse(address).ok()?;
    address.query_pairs().find(|(name, _)| name == "after").map(|(_, after)| after.into_owned())
}

#[cfg(test)]
mod tests;
