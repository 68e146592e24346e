//! The rules in force: the copy of a deployment's rules file that its deploys go by, and the file that was
//! proposed in its place. This module decides which of the two counts; the rules language judges the
//! difference between two files.

use crate::deploy::Slug;
use crate::id::{DeployId, RunId, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most changes of a proposal that its record lists; the rest is counted.
pub const MAX_CHANGES: usize = 40;

/// The most characters of a change that its record has.
pub const MAX_CHANGE: usize = 600;

/// The most files that were in force before of which is known when they were.
pub const MAX_PAST: usize = 50;

/// The name that the run has which asks about a proposed file. A rule of a file never has it: those end in no
/// blank.
pub const PROPOSAL: &str = "rules file ";

/// The rules of one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesInForce {
    /// The deployment.
    pub deployment: Slug,
    /// The file that its deploys go by.
    pub in_force: InForce,
    /// The other file that the default branch has, where it needs an approval before it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// The files that were in force before, the newest last; at most [`MAX_PAST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// The number that the source host gave the repository that the files are of; `None`: it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<u64>,
    /// The files that were in force for other repositories when the deployment was taken to the next one, the
    /// newest last; at most [`MAX_PAST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// The number of times that this was committed.
    pub version: u64,
}

/// A file that was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its id.
    pub file: String,
    /// The time at which another one took its place.
    pub until: Timestamp,
}

/// The file that was in force for another repository of the same deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The repository's number.
    pub repository: u64,
    /// The file.
    pub file: FileCopy,
    /// The head of the default branch when the file was read there, where the host said so.
    pub revision: Option<String>,
}

/// A copy of a rules file with its default tags.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileCopy {
    /// Its id, which follows from the paths and texts of both files.
    pub id: String,
    /// The rules file's path; `None`: the repository has none.
    pub path: Option<String>,
    /// The SHA-256 of the rules file's text, in hexadecimal.
    pub hash: String,
    /// The number of rows that hold the copy.
    pub pieces: usize,
}

/// The file in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The file.
    pub file: FileCopy,
    /// The head of the default branch when the file was read there, where the host said so.
    pub revision: Option<String>,
    /// The time since which it is in force.
    pub since: Timestamp,
    /// The time at which it was compared with the files in force of the repository's other deployments:
    /// before its voters decided about it. What came into force there since, it has no word on.
    pub compared_at: Timestamp,
    /// The way in which it came into force.
    pub how: How,
}

/// The way in which a file came into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum How {
    /// It was the deployment's first.
    First,
    /// It is in force for another deployment of the repository, whose approvals the file on the default
    /// branch touches.
    OfOwner {
        /// That deployment.
        owner: Slug,
    },
    /// It was in force when the deployment had this repository before.
    AsBefore,
    /// It was in force when the deployment had another repository, and the file on the default branch of this
    /// one touches its approvals.
    TakenAlong,
    /// The file before it asked for no approval.
    NothingGuarded,
    /// It touches no approval, and lets nothing new act.
    Harmless,
    /// The voters of the approvals that it touches approved it.
    Approved {
        /// The deploy that brought it to light.
        deploy: DeployId,
    },
    /// An admin accepted it.
    Accepted {
        /// The admin's Slack user id.
        by: String,
        /// The name at that time.
        name: String,
        /// The reason that the admin gave.
        reason: String,
    },
}

/// A file that needs an approval before it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The file.
    pub file: FileCopy,
    /// The head of the default branch when the file was read there, where the host said so.
    pub revision: Option<String>,
    /// The deploy that brought it to light; its page shows the votes.
    pub deploy: DeployId,
    /// The run that asks for the approval.
    pub run: RunId,
    /// The time at which it was found.
    pub at: Timestamp,
    /// The changes that it makes, in sentences; at most [`MAX_CHANGES`].
    pub changes: Vec<String>,
    /// The host's page that compares the file's commit with that of the file in force, where both are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// The number of further changes.
    #[serde(default)]
    pub more: usize,
    /// True if its voters rejected it.
    #[serde(default)]
    pub rejected: bool,
}

/// A reason for which a proposed rules file or policy can't be put in force, or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is in force already.
    Repeated,
    /// It is not proposed, or not any more.
    NotProposed,
    /// Somebody who may vote on it rejected it.
    Rejected,
}

impl FileCopy {
    /// A copy of the rules file at `path` with the text `rules`, and of the default tags `tags` (path and
    /// text). `hash` is the SHA-256 of `rules`. It has no pieces until it is kept.
    pub fn of(path: Option<&str>, rules: &str, hash: String, tags: Option<(&str, &str)>) -> Self {
        let (tags_path, tags) = tags.unwrap_or_default();
        let id = digest(&["rules file", path.unwrap_or_default(), rules, tags_path, tags]);
        Self { id, path: path.map(str::to_owned), hash, pieces: 0 }
    }
}

impl RulesInForce {
    /// The rules of `deployment` once it has its first file.
    pub fn first(deployment: &Slug, file: FileCopy, revision: Option<String>, now: Timestamp) -> Self {
        let in_force = InForce { file, revision, since: now, compared_at: now, how: How::First };
        Self {
            deployment: deployment.clone(),
            in_force,
            proposal: None,
            past: Vec::new(),
            repository: None,
            elsewhere: Vec::new(),
            version: 0,
        }
    }

    /// The rules of `deployment` once it has a copy of the file that is in force for `owner`, another
    /// deployment of its repository, and that was read at `revision`.
    pub fn copied(
        deployment: &Slug,
        file: FileCopy,
        owner: &Slug,
        revision: Option<String>,
        now: Timestamp,
    ) -> Self {
        let first = Self::first(deployment, file, revision, now);
        let how = How::OfOwner { owner: owner.clone() };
        Self { in_force: InForce { how, ..first.in_force.clone() }, ..first }
    }

    /// The rules of `deployment` once it has the repository again for which `file` was in force before, read
    /// at `revision`.
    pub fn as_before(deployment: &Slug, file: FileCopy, revision: Option<String>, now: Timestamp) -> Self {
        let first = Self::first(deployment, file, revision, now);
        Self { in_force: InForce { how: How::AsBefore, ..first.in_force.clone() }, ..first }
    }

    /// The rules of `deployment` once it has a copy of the file that was in force for its other repository.
    /// The commit of that one says nothing of this repository.
    pub fn taken_along(deployment: &Slug, file: FileCopy, now: Timestamp) -> Self {
        let first = Self::first(deployment, file, None, now);
        Self { in_force: InForce { how: How::TakenAlong, ..first.in_force.clone() }, ..first }
    }

    /// True if the file in force is one that another deployment, or another repository, brought along: nobody
    /// decided here that it is in force.
    pub fn is_copied(&self) -> bool {
        match self.in_force.how {
            How::OfOwner { .. } | How::TakenAlong => true,
            How::First
            | How::AsBefore
            | How::NothingGuarded
            | How::Harmless
            | How::Approved { .. }
            | How::Accepted { .. } => false,
        }
    }

    /// These rules, of the repository with this number; `None`: it is not known.
    #[must_use]
    pub fn of_repository(self, repository: Option<u64>) -> Self {
        Self { repository, ..self }
    }

    /// True unless these are the rules of another repository than the one with this number: those don't count
    /// for its deploys. Where a number is not known, they count.
    pub fn are_of(&self, repository: Option<u64>) -> bool {
        self.repository.zip(repository).is_none_or(|(own, other)| own == other)
    }

    /// The file that is in force for the repository with this number, or was when the deployment had it last,
    /// and the commit at which it was read; `None`: there never was one.
    pub fn file_of(&self, repository: u64) -> Option<(&FileCopy, Option<&str>)> {
        if self.are_of(Some(repository)) {
            return Some((&self.in_force.file, self.in_force.revision.as_deref()));
        }
        let known = self.elsewhere.iter().find(|known| known.repository == repository);
        known.map(|known| (&known.file, known.revision.as_deref()))
    }

    /// These rules in place of `before`, which are those of another repository. The file that is in force
    /// there is kept: the deployment may have that repository again.
    #[must_use]
    pub fn in_place_of(self, before: &Self) -> Self {
        let next = before.adopt(
            self.in_force.file.clone(),
            self.in_force.revision.clone(),
            self.in_force.how.clone(),
            self.in_force.since,
        );
        let mut elsewhere = next.elsewhere;
        elsewhere.retain(|known| {
            let number = Some(known.repository);
            number != before.repository && number != self.repository
        });
        let InForce { file, revision, .. } = before.in_force.clone();
        elsewhere.extend(before.repository.map(|repository| Elsewhere { repository, file, revision }));
        let surplus = elsewhere.len().saturating_sub(MAX_PAST);
        elsewhere.drain(..surplus);
        Self { past: next.past, elsewhere, version: next.version, ..self }
    }

    /// The rules once `file` is in force; nothing is proposed then.
    pub fn adopt(&self, file: FileCopy, revision: Option<String>, how: How, now: Timestamp) -> Self {
        let in_force = InForce { file, revision, since: now, compared_at: now, how };
        let mut past = self.past.clone();
        past.push(Past { file: self.in_force.file.id.clone(), until: now });
        let surplus = past.len().saturating_sub(MAX_PAST);
        past.drain(..surplus);
        Self { in_force, proposal: None, past, ..self.clone() }
    }

    /// True if the file with the id `file` is in force, or was at some time after `since`.
    pub fn was_in_force_after(&self, file: &str, since: Timestamp) -> bool {
        let was = |past: &Past| past.file == file && past.until > since;
        self.in_force.file.id == file || self.past.iter().any(was)
    }

    /// The rules once `proposal` takes the place of any other.
    pub fn propose(&self, proposal: Proposal) -> Self {
        Self { proposal: Some(proposal), ..self.clone() }
    }

    /// The rules once the default branch, whose head is `revision` where the host says so, has the file in
    /// force again: the change that comes next begins there.
    pub fn withdraw(&self, revision: Option<String>) -> Self {
        let revision = revision.or_else(|| self.in_force.revision.clone());
        let in_force = InForce { revision, ..self.in_force.clone() };
        Self { in_force, proposal: None, ..self.clone() }
    }

    /// The rules once the proposed file with the id `file` is in force.
    ///
    /// # Errors
    /// It is in force already, is not proposed any more, or was rejected.
    pub fn put_in_force(&self, file: &str, how: How, now: Timestamp) -> Result<Self, Refusal> {
        let Proposal { file, revision, at, .. } = self.proposed(file)?;
        let next = self.adopt(file.clone(), revision.clone(), how, now);
        Ok(Self { in_force: InForce { compared_at: *at, ..next.in_force }, ..next })
    }

    /// The rules once the voters rejected the proposed file with the id `file`.
    ///
    /// # Errors
    /// It is in force already, is not proposed any more, or was rejected before.
    pub fn reject(&self, file: &str) -> Result<Self, Refusal> {
        let proposal = Proposal { rejected: true, ..self.proposed(file)?.clone() };
        Ok(self.propose(proposal))
    }

    /// The proposed file with the id `file`.
    ///
    /// # Errors
    /// As [`RulesInForce::put_in_force`].
    pub fn proposed(&self, file: &str) -> Result<&Proposal, Refusal> {
        match &self.proposal {
            Some(proposal) if proposal.file.id == file && proposal.rejected => Err(Refusal::Rejected),
            Some(proposal) if proposal.file.id == file => Ok(proposal),
            Some(_) | None if self.in_force.file.id == file => Err(Refusal::Repeated),
            Some(_) | None => Err(Refusal::NotProposed),
        }
    }
}

/// The way as the end of a sentence: "in force since May 11, ...".
impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::First => f.write_str("it was the first file"),
            Self::OfOwner { owner } => {
                write!(f, "it is in force for {owner}, another deployment of the repository")
            }
            Self::AsBefore => f.write_str("it was in force when the deployment had this repository before"),
            Self::TakenAlong => f.write_str("it was in force when the deployment had another repository"),
            Self::NothingGuarded => f.write_str("the file before it asked for no approval"),
            Self::Harmless => f.write_str("it touches no approval and lets nothing new act"),
            Self::Approved { .. } => f.write_str("the voters of the approvals that it touches approved it"),
            Self::Accepted { name, reason, .. } => write!(f, "{name} accepted it: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> FileCopy {
        FileCopy::of(Some(".signoff/rules.yml"), text, format!("hash of {text}"), None)
    }

    fn proposal(text: &str) -> Proposal {
        Proposal {
            file: file(text),
            revision: None,
            deploy: DeployId::from_text("d1"),
            run: RunId::from_text("r1"),
            at: Timestamp::UNIX_EPOCH,
            changes: Vec::new(),
            comparison: None,
            more: 0,
            rejected: false,
        }
    }

    #[test]
    fn an_id_names_both_files() {
        let id = |rules: &str, tags| FileCopy::of(Some("rules.yml"), rules, String::new(), tags).id;
        assert_eq!(id("a", None), id("a", None));
        assert_ne!(id("a", None), id("b", None));
        assert_ne!(id("a", Some(("TAGS", "*.sql #db"))), id("a", Some(("TAGS", "*.rs #db"))));
        assert_ne!(id("a", None), FileCopy::of(None, "a", String::new(), None).id);
    }

    #[test]
    fn a_file_was_in_force_until_another_took_its_place() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let slug = Slug::new("acme", "checkout").unwrap();
        let mut state = RulesInForce::first(&slug, file("one"), None, at(0));
        for (text, second) in [("two", 10), ("three", 20), ("one", 30)] {
            state = state.adopt(file(text), None, How::Harmless, at(second));
        }
        for (text, since, expected) in [
            ("one", 40, true),
            ("two", 5, true),
            ("two", 19, true),
            ("two", 20, false),
            ("three", 25, true),
            ("four", 0, false),
        ] {
            assert_eq!(state.was_in_force_after(&file(text).id, at(since)), expected, "{text} {since}");
        }
        for second in 100..200 {
            state = state.adopt(file("one"), None, How::Harmless, at(second));
        }
        assert_eq!(state.past.len(), MAX_PAST);
    }

    #[test]
    fn rules_of_another_repository_do_not_count() {
        let (now, slug) = (Timestamp::UNIX_EPOCH, Slug::new("acme", "checkout").unwrap());
        let first = |text: &str, number| {
            RulesInForce::first(&slug, file(text), Some(format!("head of {text}")), now).of_repository(number)
        };
        let own = RulesInForce { version: 3, ..first("own", Some(1)).propose(proposal("weaker")) };
        for (number, counts) in [(Some(1), true), (Some(2), false), (None, true)] {
            assert_eq!(own.are_of(number), counts, "{number:?}");
        }
        assert!(first("unknown", None).are_of(Some(2)), "a guard that may be its own stays");

        let other = first("other", Some(2)).in_place_of(&own);
        assert_eq!((other.version, &other.proposal, other.repository), (3, &None, Some(2)));
        assert!(other.was_in_force_after(&file("own").id, now - jiff::SignedDuration::from_secs(1)));
        let kept = |state: &RulesInForce, number| {
            state.file_of(number).map(|(file, revision)| (file.hash.clone(), revision.map(str::to_owned)))
        };
        let of = |text: &str| Some((format!("hash of {text}"), Some(format!("head of {text}"))));
        assert_eq!([1, 2, 3].map(|number| kept(&other, number)), [of("own"), of("other"), None]);

        let back = RulesInForce::as_before(&slug, file("own"), Some("head of own".to_owned()), now);
        let mut state = back.of_repository(Some(1)).in_place_of(&other);
        assert_eq!([1, 2].map(|number| kept(&state, number)), [of("own"), of("other")]);
        assert_eq!(state.elsewhere.len(), 1);
        for number in 3..100 {
            state = first("more", Some(number)).in_place_of(&state);
        }
        assert_eq!((state.elsewhere.len(), state.past.len()), (MAX_PAST, MAX_PAST));
    }

    #[test]
    fn only_the_proposed_file_comes_into_force() {
        let now = Timestamp::UNIX_EPOCH;
        let slug = Slug::new("acme", "checkout").unwrap();
        let first = RulesInForce::first(&slug, file("one"), None, now);
        let (one, two, three) = (file("one").id, file("two").id, file("three").id);
        let approved = || How::Approved { deploy: DeployId::from_text("d1") };
        let proposed = first.propose(proposal("two"));
        let rejected = proposed.reject(&two).unwrap();
        for (state, id, expected) in [
            (&first, &one, Err(Refusal::Repeated)),
            (&first, &two, Err(Refusal::NotProposed)),
            (&proposed, &one, Err(Refusal::Repeated)),
            (&proposed, &two, Ok(&two)),
            (&proposed, &three, Err(Refusal::NotProposed)),
            (&proposed.withdraw(None), &two, Err(Refusal::NotProposed)),
            (&rejected, &two, Err(Refusal::Rejected)),
            (&proposed.propose(proposal("three")), &two, Err(Refusal::NotProposed)),
        ] {
            let found = state.put_in_force(id, approved(), now);
            assert_eq!(
                found.as_ref().map(|next| &next.in_force.file.id).map_err(|refusal| *refusal),
                expected
            );
            assert!(found.is_ok_and(|next| next.proposal.is_some()).then_some(()).is_none());
        }
        assert_eq!(rejected.reject(&two), Err(Refusal::Rejected));
        assert_eq!(rejected.in_force, first.in_force);
    }
}
