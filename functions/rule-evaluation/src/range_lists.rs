//! The tags, labels, authors and issues of every commit since the last approval, for rules that act without
//! asking anybody.

use crate::handler::{RuleEvaluation, Tried};
use crate::issues::goes_on_without;
use crate::plan::Scope;
use crate::since::Asking;
use signoff_core::deploy::Deploy;
use signoff_core::issue::Issue;
use signoff_core::range_lists::{CommitLists, RangeLists, of_all, of_each_commit};
use signoff_providers::Failure;
use signoff_providers::github::{ChangedFiles, GitHub, RangeFailure, ReadRange};
use signoff_rules::Rule;
use signoff_rules::tags::DefaultTags;
use signoff_rules::variables::Since;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The list of tags.
const TAGS: &str = "tags";
/// The lists of what issues have.
const OF_ISSUES: [&str; 3] = ["issue_priority", "issue_labels", "issue_type"];
/// The most commits whose files are read for their tags, a request each.
const MAX_TAGGED: usize = 200;
/// The most issues that are looked up beside those of the deploy.
const MAX_ISSUES: usize = 30;

/// The parts that were read for one evaluation, so that nothing is read twice.
#[derive(Default)]
pub(crate) struct Lists {
    /// The range between each base and the deploy; `None` as the base: the deploy's own commits.
    ranges: BTreeMap<Option<String>, OneRange>,
    files: BTreeMap<String, ChangedFiles>,
    tags: Option<DefaultTags>,
    issues: BTreeMap<String, Option<Vec<Issue>>>,
    /// The gaps in what was read, a sentence each.
    pub(crate) notices: Vec<String>,
}

/// One range.
#[derive(Clone, Debug, Default)]
struct OneRange {
    commits: Vec<CommitLists>,
    all: RangeLists,
    files: ChangedFiles,
    /// It was read whole.
    is_whole: bool,
}

impl RuleEvaluation {
    /// Adds to `since` the lists of each commit from each of `bases` on that the conditions of `rule` ask
    /// for, and those of all together. Without a base these are the deploy's own commits.
    ///
    /// # Errors
    ///
    /// The record, the source host or a tracker can't be read now.
    pub(crate) async fn add_lists(
        &self,
        asking: Asking<'_>,
        rule: &Rule,
        bases: &BTreeSet<String>,
        lists: &mut Lists,
        since: &mut Since,
    ) -> Tried<()> {
        let Asking { deploy, .. } = asking;
        let asked = rule.lists();
        if !deploy.reading.missing.is_empty() {
            // No list of the deploy is known, and no comparison with one holds.
            return Ok(());
        }
        let bases: Vec<Option<String>> = match bases.is_empty() {
            true => vec![None],
            false => bases.iter().cloned().map(Some).collect(),
        };
        for base in bases {
            let range = self.one_range(asking, &base, lists).await?;
            if !range.is_whole {
                since.unknown.extend(&asked);
                return Ok(());
            }
            let mut table = Table::new(&asked, &range);
            table.people_and_labels(deploy);
            if asked.contains(TAGS) && !self.add_tags(asking, &range, lists, &mut table).await? {
                since.unknown.insert(TAGS);
            }
            if OF_ISSUES.iter().any(|name| asked.contains(name)) {
                match self.issues_of(asking, &range.all.issues, lists).await? {
                    Some(issues) => table.issues(deploy, &issues),
                    None => since.unknown.extend(OF_ISSUES.iter().filter(|name| asked.contains(*name))),
                }
            }
            for lists in table.rows() {
                if !since.lists.contains(&lists) {
                    since.lists.push(lists);
                }
            }
        }
        for lists in &mut since.lists {
            lists.retain(|name, _| !since.unknown.contains(name));
        }
        Ok(())
    }

    /// The range between `base` and the deploy.
    async fn one_range(
        &self,
        asking: Asking<'_>,
        base: &Option<String>,
        lists: &mut Lists,
    ) -> Tried<OneRange> {
        let Asking { github, deploy, .. } = asking;
        if let Some(known) = lists.ranges.get(base) {
            return Ok(known.clone());
        }
        let start = base.as_ref().or(deploy.previous_revision.as_ref());
        let range = match read(github, deploy, start).await {
            Ok(ReadRange { range, files, .. }) => {
                lists.notices.extend(range.missing.iter().cloned());
                let is_whole = range.missing.is_empty();
                OneRange { commits: of_each_commit(&range), all: of_all(&range), files, is_whole }
            }
            Err(RangeFailure::Unfinished(failure)) => return Err(failure.into()),
            Err(RangeFailure::Other(failure)) if failure.is_passing() => return Err(failure.into()),
            Err(failure) => {
                self.check_if_replaced(github, deploy).await?;
                lists.notices.push(format!("{failure}."));
                OneRange::default()
            }
        };
        lists.ranges.insert(base.clone(), range.clone());
        Ok(range)
    }

    /// Adds the tags of each commit by the files that its pull requests change; `false`: they are not known.
    async fn add_tags(
        &self,
        asking: Asking<'_>,
        range: &OneRange,
        lists: &mut Lists,
        table: &mut Table,
    ) -> Tried<bool> {
        let Asking { github, deploy, judged, known, scope, .. } = asking;
        if lists.tags.is_none() && scope == Scope::Waiting {
            lists.tags = Some(self.tags_in_force(github, deploy).await?);
        }
        if range.files.truncated {
            lists.notices.push("Not all files that changed since the last approval are known.".to_owned());
            return Ok(false);
        }
        let unread: Vec<&str> = range
            .commits
            .iter()
            .map(|commit| commit.revision.as_str())
            .filter(|revision| !lists.files.contains_key(*revision))
            .collect();
        if lists.files.len() + unread.len() > MAX_TAGGED {
            lists.notices.push(format!(
                "There are more than {MAX_TAGGED} commits since the last approval: the tags of each of them were not read."
            ));
            return Ok(false);
        }
        match github.files_of(&deploy.repository, &unread).await {
            Ok(files) => lists.files.extend(unread.into_iter().map(str::to_owned).zip(files)),
            Err(failure) if failure.is_passing() => return Err(failure.into()),
            Err(failure) => {
                lists.notices.push(format!("{failure}."));
                return Ok(false);
            }
        }
        let tags = lists.tags.as_ref().unwrap_or(judged.tags());
        let of_files = |revision: &String| -> Option<Vec<String>> {
            let files = lists.files.get(revision).filter(|files| !files.truncated)?;
            Some(tags.of(&files.paths))
        };
        let by_commit: Option<Vec<Vec<String>>> =
            range.commits.iter().map(|commit| of_files(&commit.revision)).collect();
        let Some(by_commit) = by_commit else {
            lists.notices.push("Not all files of a commit since the last approval are known.".to_owned());
            return Ok(false);
        };
        let mut by_number: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for (commit, tags) in range.commits.iter().zip(&by_commit) {
            for number in &commit.pull_requests {
                by_number.entry(*number).or_default().extend(tags.iter().cloned());
            }
        }
        // What CI reported, and what rules gave it, the deploy has as a whole.
        let own: HashSet<&String> = deploy.commits.iter().map(|commit| &commit.revision).collect();
        let given: Vec<String> = known.tags().into_iter().filter(|tag| !tags.may_give(tag)).collect();
        for ((commit, own_tags), row) in range.commits.iter().zip(by_commit).zip(&mut table.each) {
            let of_numbers =
                commit.pull_requests.iter().filter_map(|number| by_number.get(number)).flatten().cloned();
            let given = given.iter().filter(|_| own.contains(&commit.revision)).cloned();
            let all: BTreeSet<String> = own_tags.into_iter().chain(of_numbers).chain(given).collect();
            row.insert(TAGS, all.into_iter().collect());
        }
        let all: BTreeSet<String> = known.tags().into_iter().chain(tags.of(&range.files.paths)).collect();
        table.all.insert(TAGS, all.into_iter().collect());
        Ok(true)
    }

    /// The issues with `keys` that the deploy itself does not mention; `None`: they are not known.
    async fn issues_of(
        &self,
        asking: Asking<'_>,
        keys: &BTreeSet<String>,
        lists: &mut Lists,
    ) -> Tried<Option<Vec<Issue>>> {
        let own = asking.deploy.mentioned_issues();
        let further: Vec<String> = keys.iter().filter(|key| !own.contains(key)).cloned().collect();
        let cached = further.join(" ");
        if let Some(known) = lists.issues.get(&cached) {
            return Ok(known.clone());
        }
        let found = if further.is_empty() {
            Some(Vec::new())
        } else if further.len() > MAX_ISSUES {
            lists.notices.push(format!(
                "The changes since the last approval mention {} further issues, and {MAX_ISSUES} are looked up.",
                further.len()
            ));
            None
        } else {
            self.look_up_further(asking.tries, &further, &mut lists.notices).await?
        };
        lists.issues.insert(cached, found.clone());
        Ok(found)
    }

    /// The issues with `keys`; `None`: a tracker does not say, and `notices` tells so.
    async fn look_up_further(
        &self,
        tries: u32,
        keys: &[String],
        notices: &mut Vec<String>,
    ) -> Result<Option<Vec<Issue>>, Failure> {
        let trackers = self.places.trackers(&self.secrets, self.http().await?, self.now()).await?;
        let mut all = Vec::new();
        for tracker in trackers.connected() {
            match trackers.issues(tracker, keys).await {
                Ok(found) => all.extend(found),
                Err(failure) if goes_on_without(&failure, tries) => {
                    notices.push(format!("{failure}."));
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Some(all))
    }
}

/// The range from `start` to the deploy; its own commit alone where nothing stood there before.
async fn read(github: &GitHub, deploy: &Deploy, start: Option<&String>) -> Result<ReadRange, RangeFailure> {
    match start {
        Some(start) => github.range(&deploy.repository, start, &deploy.revision).await,
        None => Ok(github.single(&deploy.repository, &deploy.revision).await?),
    }
}

/// The lists of each commit of a range, and of all together, by their names.
struct Table {
    asked: BTreeSet<&'static str>,
    commits: Vec<CommitLists>,
    together: RangeLists,
    each: Vec<BTreeMap<&'static str, Vec<String>>>,
    all: BTreeMap<&'static str, Vec<String>>,
}

impl Table {
    fn new(asked: &BTreeSet<&'static str>, range: &OneRange) -> Self {
        let (asked, each) = (asked.clone(), vec![BTreeMap::new(); range.commits.len()]);
        let (commits, together) = (range.commits.clone(), range.all.clone());
        Self { asked, commits, together, each, all: BTreeMap::new() }
    }

    /// Labels and authors.
    fn people_and_labels(&mut self, deploy: &Deploy) {
        let (pulls, older) = (&deploy.pull_requests, &deploy.reading.older);
        let labels = older.labels.iter().chain(pulls.iter().flat_map(|pull| &pull.labels));
        let authors = older.openers.iter().chain(pulls.iter().map(|pull| &pull.author));
        let authors = authors.filter(|author| !author.is_empty());
        let of = |own: BTreeSet<&String>, range: &BTreeSet<String>| -> Vec<String> {
            let all: BTreeSet<&String> = own.into_iter().chain(range).collect();
            all.into_iter().cloned().collect()
        };
        let (labels, authors) =
            (of(labels.collect(), &self.together.labels), of(authors.collect(), &self.together.authors));
        for name in ["pr_label", "pr_labels"] {
            self.put(name, labels.clone(), |commit| &commit.labels);
        }
        self.put("pr_authors", authors, |commit| &commit.authors);
    }

    fn put(
        &mut self,
        name: &'static str,
        all: Vec<String>,
        list: impl Fn(&CommitLists) -> &BTreeSet<String>,
    ) {
        for (commit, row) in self.commits.iter().zip(&mut self.each) {
            row.insert(name, list(commit).iter().cloned().collect());
        }
        self.all.insert(name, all);
    }

    /// The lists of issues: those that the deploy mentions, and `further` ones.
    fn issues(&mut self, deploy: &Deploy, further: &[Issue]) {
        let known: Vec<&Issue> = deploy.issues.iter().chain(further).collect();
        for (commit, row) in self.commits.iter().zip(&mut self.each) {
            let of_commit: Vec<&Issue> =
                known.iter().filter(|issue| commit.issues.contains(&issue.key)).copied().collect();
            row.extend(of_issues(&of_commit));
        }
        self.all.extend(of_issues(&known));
    }

    /// The lists that the rule asks for, of each commit and of all together.
    fn rows(self) -> impl Iterator<Item = BTreeMap<&'static str, Vec<String>>> {
        let asked = self.asked;
        let all = self.each.into_iter().chain([self.all]);
        all.map(move |row| row.into_iter().filter(|(name, _)| asked.contains(name)).collect())
    }
}

/// The lists of these issues.
fn of_issues(issues: &[&Issue]) -> [(&'static str, Vec<String>); 3] {
    let list = |each: &dyn Fn(&Issue) -> Vec<String>| -> Vec<String> {
        let all: BTreeSet<String> = issues.iter().flat_map(|issue| each(issue)).collect();
        all.into_iter().collect()
    };
    [
        ("issue_priority", list(&|issue| issue.priority.iter().cloned().collect())),
        ("issue_labels", list(&|issue| issue.labels.clone())),
        ("issue_type", list(&|issue| issue.kind.iter().cloned().collect())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_rules::variables::LISTS;

    #[test]
    fn tables_have_every_list_that_conditions_can_ask_for() {
        let asked: BTreeSet<&'static str> = LISTS.into_iter().collect();
        let range = OneRange { commits: vec![CommitLists::default()], ..OneRange::default() };
        let deploy = crate::plan::tests::deploy("2026-05-11T12:00:00Z");
        let mut table = Table::new(&asked, &range);
        table.people_and_labels(&deploy);
        table.issues(&deploy, &[]);
        for row in table.rows() {
            let missing: Vec<_> = asked.iter().filter(|name| !row.contains_key(*name)).collect();
            assert_eq!(missing, [&TAGS], "{row:?}");
        }
    }
}
