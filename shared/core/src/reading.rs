//! The source host's word on a deploy's change: its completeness, the part that a row keeps, and CI's report
//! beside it.

use crate::ci_job::CiJob;
use crate::deploy::{Commit, Deploy, Magnitude, Person, PullRequest, Size};
use crate::git_ref::GitRef;
use crate::id::DeployId;
use crate::range::{Direction, Identity};
use crate::range_files::Moves;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::Hash;

/// The most commits that a deploy keeps one by one, and the most bytes of JSON that they take.
const COMMITS: (usize, usize) = (250, 120_000);
/// The most pull requests that a deploy keeps one by one, and the most bytes of JSON that they take.
const PULL_REQUESTS: (usize, usize) = (100, 60_000);
/// The most bytes of JSON that each list over all commits takes.
const LIST: usize = 20_000;
/// The most bytes of JSON that each list in CI's report takes.
const REPORTED: usize = 40_000;

/// The completeness of a deploy's change as Signoff read it, and the facts that are not stored one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Reading {
    /// The facts from the older commits and pull requests, which are not kept one by one.
    #[serde(skip_serializing_if = "Older::is_empty")]
    pub older: Older,
    /// The people behind the run whose own token made the deployment: those who started it, and those who
    /// started it again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub started_by: Vec<Person>,
    /// Everybody who deployed it or started its run, by the word of the source host and of CI's token. They
    /// made all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deployed_by: Vec<Identity>,
    /// The authors that the source host vouches for. All others are named only by a commit's text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vouched: Vec<Identity>,
    /// The missing facts about the commits and pull requests, one sentence each. While something is missing,
    /// no condition on their lists holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The completeness of the list of changed files.
    pub files: Files,
    /// The direction from the revision that stood there before to this one, by the source host's comparison;
    /// forward where nothing stood there. `None`: the host did not say, and no condition on it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// True if a later deploy was already in the environment when this one arrived.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub came_late: bool,
    /// True once its arrival in its environment was noted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_arrived: bool,
    /// The rules that were not run because something that they ask about is not known, or because they use
    /// something that is not supported yet; and why: a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<String>,
    /// The digests of the rules and the reasons in `unjudged` that the channel was told of, each of which is
    /// told once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unjudged_told: Vec<String>,
    /// The reason for which its rules could not be evaluated when there was news of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread_news: Option<String>,
    /// The things that its commits move and do not show.
    #[serde(skip_serializing_if = "Moves::is_empty")]
    pub moves: Moves,
    /// True if it may have further default tags, because not all files are known. Then no condition on tags
    /// holds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tags_cut: bool,
    /// True if there are more authors or mergers of older commits than a row keeps. No condition asks about
    /// them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub people_cut: bool,
    /// CI's report of the change in its registration.
    #[serde(skip_serializing_if = "Reported::is_empty")]
    pub reported: Reported,
    /// True if the branch or tag that the deploy names contains the revision. Otherwise no condition on
    /// `branch` holds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_branch: bool,
    /// The branch or tag that contains the revision: the one that the deploy names, or else the default
    /// branch. Signoff releases only CI jobs of this branch or tag. `None` if neither contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_on: Option<GitRef>,
    /// True if the caller that registered it has the right to report. Only then can conditions use the
    /// deployer that the registration names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_report: bool,
    /// The CI job that registered the deploy; `None` if an API key did, or the source host reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci_job: Option<CiJob>,
    /// The `date` of the registration if it was in the future. The deploy then counts from the time of its
    /// registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_date: Option<Timestamp>,
    /// The deploy of which it is another registration, by which somebody else is known to have deployed that
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<DeployId>,
}

/// The completeness of the list of files that a deploy changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Files {
    /// All of them are known.
    #[default]
    Whole,
    /// The source host lists a part of them: the change is large.
    Cut,
    /// They are not known: the range was not read.
    Unknown,
}

/// The facts from the commits and pull requests that a deploy does not keep one by one; each entry once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Older {
    /// The number of these commits.
    pub commits: usize,
    /// The number of these pull requests.
    pub pull_requests: usize,
    /// Their authors and co-authors.
    pub authors: Vec<Person>,
    /// Those who merged them.
    pub mergers: Vec<Person>,
    /// Their labels.
    pub labels: Vec<String>,
    /// The accounts that opened them.
    pub openers: Vec<String>,
    /// The keys of the issues that they mention.
    pub issues: Vec<String>,
}

/// CI's report of a deploy's change. It is shown, and counts for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Reported {
    /// Its commits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Commit>,
    /// Its pull requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pull_requests: Vec<PullRequest>,
    /// The size of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Parameters that it sent and that mean nothing to `register_deploy`; the first 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

impl Older {
    /// True if all commits and pull requests are kept one by one.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Reported {
    /// True if CI said nothing of the change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Deploy {
    /// The magnitude of its change, as rules ask for it; `None` where nobody knows. A change whose files were
    /// cut is large.
    pub fn magnitude(&self) -> Option<Magnitude> {
        match self.reading.files {
            Files::Whole | Files::Unknown => self.size.map(Size::magnitude),
            Files::Cut => Some(Magnitude::Large),
        }
    }

    /// True if it stood in its environment once: the source host confirmed it, and nothing newer was there
    /// when it arrived.
    pub fn stood(&self) -> bool {
        self.confirmation.counts() && !self.reading.came_late
    }

    /// The time from which it counts as being in its environment: the source host's, or that of a
    /// registration that may report. With anybody else's date, a registration could open rules that wait for
    /// time.
    pub fn arrived_at(&self) -> Timestamp {
        let is_told = self.host_deployment.is_some() || self.reading.may_report;
        if is_told { self.deployed_at } else { self.registered_at }
    }

    /// Sets aside the change as a registration gave it: it becomes CI's report.
    pub fn set_report_aside(&mut self) {
        let mut reported = Reported {
            commits: std::mem::take(&mut self.commits),
            pull_requests: std::mem::take(&mut self.pull_requests),
            size: self.size.take(),
            ignored: std::mem::take(&mut self.reading.reported.ignored),
        };
        keep_newest(&mut reported.commits, (COMMITS.0, REPORTED));
        keep_newest(&mut reported.pull_requests, (PULL_REQUESTS.0, REPORTED));
        if !reported.is_empty() {
            self.reading.reported = reported;
        }
    }

    /// Forgets what the source host told of the change, before it is read anew; CI's report stays.
    pub fn forget_change(&mut self) {
        (self.commits, self.pull_requests, self.size) = (Vec::new(), Vec::new(), None);
        let Reading { older, vouched, missing, files, direction, moves, tags_cut, people_cut, .. } =
            &mut self.reading;
        (*older, *moves, *files) = (Older::default(), Moves::default(), Files::default());
        (*direction, *tags_cut, *people_cut) = (None, false, false);
        vouched.clear();
        missing.clear();
    }

    /// True if people can have its rules evaluated again: they were not, or in part.
    pub fn may_be_evaluated_again(&self) -> bool {
        self.confirmation.may_come_again() || self.was_evaluated_in_part()
    }

    /// True if its rules were evaluated, and some of them could not be, at first or when there was news.
    pub fn was_evaluated_in_part(&self) -> bool {
        !self.reading.unjudged.is_empty() || self.reading.unread_news.is_some()
    }

    /// Keeps the newest commits and pull requests one by one, so that its row stays small. Of the others, it
    /// keeps the facts that conditions and makers need. A list that gets too long is noted as missing where
    /// conditions ask about it: of issues, more are mentioned then than are looked up.
    pub fn keep_newest(&mut self) {
        let commits = keep_newest(&mut self.commits, COMMITS);
        // Fewer of them only let fewer people vote.
        keep_newest(&mut self.reading.vouched, (COMMITS.0, LIST));
        let pull_requests = keep_newest(&mut self.pull_requests, PULL_REQUESTS);
        let (older, missing) = (&mut self.reading.older, &mut self.reading.missing);
        older.commits += commits.len();
        older.pull_requests += pull_requests.len();
        let issues = pull_requests.iter().map(|one| &one.issues).chain(commits.iter().map(|one| &one.issues));
        add(&mut older.issues, issues.flatten());
        let mergers = pull_requests.iter().filter_map(|one| one.merged_by.as_ref());
        let are_whole = [
            add(&mut older.authors, commits.iter().flat_map(|commit| &commit.authors)),
            add(&mut older.mergers, mergers),
        ];
        self.reading.people_cut = are_whole.contains(&false);
        let openers: Vec<&String> =
            pull_requests.iter().map(|one| &one.author).filter(|author| !author.is_empty()).collect();
        let labels = pull_requests.iter().flat_map(|one| &one.labels);
        for (what, is_whole) in [
            ("labels", add(&mut older.labels, labels)),
            ("openers of pull requests", add(&mut older.openers, openers.into_iter())),
        ] {
            missing.extend((!is_whole).then(|| format!("There are more {what} than the record keeps.")));
        }
    }
}

/// Cuts `all` down to its newest, which stand last, within a number and a size; those that were cut off.
fn keep_newest<T: Serialize>(all: &mut Vec<T>, (most, bytes): (usize, usize)) -> Vec<T> {
    let mut left = bytes;
    let mut kept = 0;
    for one in all.iter().rev().take(most) {
        let Some(rest) = left.checked_sub(size(one)) else { break };
        (left, kept) = (rest, kept + 1);
    }
    let newest = all.split_off(all.len() - kept);
    std::mem::replace(all, newest)
}

/// Adds to `list` those of `more` that are not in it, as long as it is small enough. False if some are left
/// out.
fn add<'a, T: Clone + Eq + Hash + Serialize + 'a>(
    list: &mut Vec<T>,
    more: impl Iterator<Item = &'a T>,
) -> bool {
    let mut seen: HashSet<T> = list.iter().cloned().collect();
    let mut left = LIST.saturating_sub(list.iter().map(size).sum());
    for one in more {
        if seen.contains(one) {
            continue;
        }
        let Some(rest) = left.checked_sub(size(one)) else {
            return false;
        };
        left = rest;
        seen.insert(one.clone());
        list.push(one.clone());
    }
    true
}

/// The number of bytes of JSON that something takes, with the separator before the next.
fn size(one: &impl Serialize) -> usize {
    serde_json::to_vec(one).map_or(usize::MAX, |json| json.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(number: usize, title: &str) -> Commit {
        let email = format!("person-{}@acme.test", number % 300);
        Commit {
            revision: format!("{number:040x}"),
            title: title.to_owned(),
            authors: vec![Person { name: "Somebody".to_owned(), email: Some(email), username: None }],
            url: None,
            issues: vec![format!("SHOP-{}", number % 7)],
        }
    }

    #[test]
    fn the_newest_stay_within_number_and_size() {
        for (count, title, kept) in [(3, "x", 3), (250, "x", 250), (2_500, "x", 250)] {
            let mut all: Vec<Commit> = (0..count).map(|number| commit(number, title)).collect();
            let cut = keep_newest(&mut all, COMMITS);
            assert_eq!((all.len(), cut.len()), (kept, count - kept));
            assert_eq!(all.last().unwrap().revision, commit(count - 1, title).revision);
        }
        let mut large: Vec<Commit> = (0..250).map(|number| commit(number, &"é".repeat(2_000))).collect();
        keep_newest(&mut large, COMMITS);
        assert!(!large.is_empty() && size(&large) <= COMMITS.1, "{} commits", large.len());
    }

    #[test]
    fn a_list_is_whole_or_told_as_missing() {
        let mut list = vec!["a".to_owned()];
        assert!(add(&mut list, ["a", "b", "b"].map(str::to_owned).iter()));
        assert_eq!(list, ["a", "b"]);
        let many: Vec<String> = (0..3_000).map(|number| format!("label {number}")).collect();
        assert!(!add(&mut list, many.iter()));
        assert!(size(&list) <= LIST + 2);
    }
}
