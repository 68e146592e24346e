//! The makers of commits and pull requests beyond the author: committers, signers, pushers, queues; and the
//! list of pushes.

use super::state::{Author, Commit, NewCommit, NewPullRequest, Repository};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The `before` of a branch that did not exist.
pub const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// A commit's signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signed {
    /// There is none.
    #[default]
    No,
    /// Valid, by the key of this person.
    By(Author),
    /// Valid, by GitHub's own key.
    ByHost,
    /// Not verified, for this reason of the REST API (`unknown_key`, `gpgverify_unavailable`).
    Not(String),
}

/// A change of a branch, as GitHub's list of activities has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Counted per repository, from 1.
    pub id: u64,
    /// The branch's head before.
    pub before: String,
    /// Its head after.
    pub after: String,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Time of the activity.
    pub at: Timestamp,
    /// GitHub's word for it.
    pub kind: String,
    /// The account, where GitHub tells it.
    pub actor: Option<Author>,
}

/// A commit to be pushed, with what a [`NewCommit`] leaves at its usual value: the author commits it, signs
/// nothing and pushes it onto its branch's head.
#[derive(Clone, Debug)]
pub struct Push {
    pub(super) commit: NewCommit,
    pub(super) committer: Option<Author>,
    pub(super) signed: Signed,
    pub(super) pushed_by: Option<Author>,
    pub(super) kind: Option<&'static str>,
    pub(super) parents: Option<Vec<String>>,
    pub(super) merging: Option<String>,
    pub(super) in_fork: bool,
}

impl From<NewCommit> for Push {
    fn from(commit: NewCommit) -> Self {
        let pushed_by = Some(commit.author.clone()).filter(|author| author.login.is_some());
        let (committer, signed) = (None, Signed::No);
        Self {
            commit,
            committer,
            signed,
            pushed_by,
            kind: None,
            parents: None,
            merging: None,
            in_fork: false,
        }
    }
}

impl NewCommit {
    /// The same, signed with a key of `signer`.
    pub fn signed_by(self, signer: &Author) -> Push {
        Push::from(self).signed_by(signer)
    }

    /// The same, with a signature that GitHub does not verify for `reason`.
    pub fn badly_signed(self, reason: &str) -> Push {
        Push { signed: Signed::Not(reason.to_owned()), ..self.into() }
    }

    /// The same, made and signed by GitHub itself, on its page or through its API.
    pub fn signed_by_host(self) -> Push {
        Push::from(self).signed_by_host()
    }

    /// The same, committed by somebody else than its author.
    pub fn committer(self, committer: &Author) -> Push {
        Push::from(self).committer(committer)
    }

    /// The same, pushed by somebody else than its author.
    pub fn pushed_by(self, pusher: &Author) -> Push {
        Push::from(self).pushed_by(pusher)
    }

    /// The same, by GitHub's merge button, which `merger` pressed.
    pub fn merged_by(self, merger: &Author) -> Push {
        Push { kind: Some("pr_merge"), ..Push::from(self).signed_by_host().pushed_by(merger) }
    }

    /// The same, with these parents.
    pub fn parents(self, parents: &[String]) -> Push {
        Push { parents: Some(parents.to_vec()), ..self.into() }
    }

    /// The same, merging `other` into its branch.
    pub fn merging(self, other: &str) -> Push {
        Push::from(self).merging(other)
    }

    /// The same, in a fork: the repository knows it by its SHA, and no branch has it.
    pub fn in_fork(self) -> Push {
        Push::from(self).in_a_fork()
    }
}

impl Push {
    /// The same, signed with a key of `signer`, who is the committer too.
    pub fn signed_by(self, signer: &Author) -> Self {
        let committer = self.committer.or_else(|| Some(signer.clone()));
        Self { signed: Signed::By(signer.clone()), committer, ..self }
    }

    /// The same, made and signed by GitHub itself.
    pub fn signed_by_host(self) -> Self {
        let committer = Some(Author::new("GitHub", "noreply@github.com", "web-flow"));
        Self { signed: Signed::ByHost, committer, ..self }
    }

    /// The same, committed by `committer`.
    pub fn committer(self, committer: &Author) -> Self {
        Self { committer: Some(committer.clone()), ..self }
    }

    /// The same, pushed by `pusher`.
    pub fn pushed_by(self, pusher: &Author) -> Self {
        Self { pushed_by: Some(pusher.clone()), ..self }
    }

    /// The same, pushed by an account that GitHub does not tell.
    pub fn pushed_by_nobody_known(self) -> Self {
        Self { pushed_by: None, ..self }
    }

    /// The same, in a fork: the repository knows it by its SHA, and no branch has it.
    pub fn in_a_fork(self) -> Self {
        Self { in_fork: true, ..self }
    }

    /// The same, with these parents.
    pub fn with_parents(self, parents: &[String]) -> Self {
        Self { parents: Some(parents.to_vec()), ..self }
    }

    /// The same, merging `other` into its branch.
    pub fn merging(self, other: &str) -> Self {
        Self { merging: Some(other.to_owned()), ..self }
    }
}

/// Fields of a pull request beyond those of a [`NewPullRequest`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PullRequestExtras {
    /// The branch's own commits, where a squash or a rebase brought others.
    pub branch_commits: Vec<String>,
    /// The branch's name; empty: one that is made up.
    pub branch: String,
    /// People who put it into the merge queue.
    pub queued_by: Vec<Author>,
    /// People who turned on auto-merge.
    pub auto_merge_by: Vec<Author>,
    /// Person who then took it out of the queue and turned auto-merge off.
    #[serde(default)]
    pub called_off_by: Option<Author>,
    /// People who assigned its author, which is a program.
    #[serde(default)]
    pub asked_by: Vec<Assigner>,
    /// The comments and reviews, oldest first.
    #[serde(default)]
    pub written: Vec<Written>,
    /// People who assigned its author, a program, to issues that it closes, one each.
    #[serde(default)]
    pub closes_issues_of: Vec<Assigner>,
    /// People who edited its text.
    #[serde(default)]
    pub edited_by: Vec<Author>,
    /// People who linked an issue to it by hand.
    #[serde(default)]
    pub linked_by: Vec<Author>,
    /// The host counts its commits to a fork.
    #[serde(default)]
    pub is_of_fork: bool,
}

/// Somebody who assigned the program that opened a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assigner {
    /// The person.
    pub person: Author,
    /// The time after the pull request was opened.
    pub after: SignedDuration,
}

/// A comment on a pull request, or a review of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    /// The author.
    pub by: Author,
    /// The text, which a review may lack.
    pub text: String,
    /// The comments on lines of the code; `None`: it is no review.
    pub inline: Option<Vec<String>>,
}

/// A pull request to be made, with more than a [`NewPullRequest`] has.
#[derive(Clone, Debug)]
pub struct Opened {
    pub(super) content: NewPullRequest,
    pub(super) extras: PullRequestExtras,
}

impl From<NewPullRequest> for Opened {
    fn from(content: NewPullRequest) -> Self {
        Self { content, extras: PullRequestExtras::default() }
    }
}

impl NewPullRequest {
    /// The same, whose branch had `commits`, which a squash or a rebase made others of.
    pub fn of_branch(self, name: &str, commits: &[String]) -> Opened {
        let extras = PullRequestExtras {
            branch_commits: commits.to_vec(),
            branch: name.to_owned(),
            ..Default::default()
        };
        Opened { content: self, extras }
    }

    /// The same, which `person` put into the merge queue.
    pub fn queued_by(self, person: &Author) -> Opened {
        Opened::from(self).queued_by(person)
    }

    /// The same, for which `person` turned on auto-merge.
    pub fn auto_merge_by(self, person: &Author) -> Opened {
        Opened::from(self).auto_merge_by(person)
    }

    /// The same, which `person` asked its author for, a program.
    pub fn asked_by(self, person: &Author) -> Opened {
        Opened::from(self).asked_by(person)
    }

    /// The same, on which `person` wrote a comment.
    pub fn commented_by(self, person: &Author, text: &str) -> Opened {
        Opened::from(self).commented_by(person, text)
    }
}

impl Opened {
    /// The same, which `person` put into the merge queue.
    pub fn queued_by(mut self, person: &Author) -> Self {
        self.extras.queued_by.push(person.clone());
        self
    }

    /// The same, which `person` then took out of the queue, and for which they turned auto-merge off.
    pub fn called_off_by(mut self, person: &Author) -> Self {
        self.extras.called_off_by = Some(person.clone());
        self
    }

    /// The same, for which `person` turned on auto-merge.
    pub fn auto_merge_by(mut self, person: &Author) -> Self {
        self.extras.auto_merge_by.push(person.clone());
        self
    }

    /// The same, which `person` asked its author for, a program.
    pub fn asked_by(self, person: &Author) -> Self {
        self.asked_after(person, SignedDuration::ZERO)
    }

    /// The same, to which `person` assigned its author, a program, some time `after` it was opened.
    pub fn asked_after(mut self, person: &Author, after: SignedDuration) -> Self {
        self.extras.asked_by.push(Assigner { person: person.clone(), after });
        self
    }

    /// The same, which closes an issue that `person` assigned to its author, a program.
    pub fn closes_issue_of(self, person: &Author) -> Self {
        self.closes_issue_asked_after(person, SignedDuration::ZERO)
    }

    /// The same, which closes an issue that `person` assigned to its author, a program, some time `after` it
    /// was opened.
    pub fn closes_issue_asked_after(mut self, person: &Author, after: SignedDuration) -> Self {
        self.extras.closes_issues_of.push(Assigner { person: person.clone(), after });
        self
    }

    /// The same, whose commits the host counts to a fork.
    pub fn of_fork(mut self) -> Self {
        self.extras.is_of_fork = true;
        self
    }

    /// The same, whose text `person` edited.
    pub fn edited_by(mut self, person: &Author) -> Self {
        self.extras.edited_by.push(person.clone());
        self
    }

    /// The same, to which `person` linked an issue by hand.
    pub fn linked_by(mut self, person: &Author) -> Self {
        self.extras.linked_by.push(person.clone());
        self
    }

    /// The same, on which `person` wrote a comment.
    pub fn commented_by(mut self, person: &Author, text: &str) -> Self {
        let (by, text) = (person.clone(), text.to_owned());
        self.extras.written.push(Written { by, text, inline: None });
        self
    }

    /// The same, which `person` reviewed with a text and comments on lines of the code, where there are any.
    pub fn reviewed_by(mut self, person: &Author, text: &str, inline: &[&str]) -> Self {
        let inline = inline.iter().map(|text| (*text).to_owned()).collect();
        let (by, text) = (person.clone(), text.to_owned());
        self.extras.written.push(Written { by, text, inline: Some(inline) });
        self
    }
}

impl Repository {
    /// Adds commits with one push to the first one's branch; returns their SHAs. `ids` gives a new number
    /// each time.
    pub fn push(&mut self, pushes: Vec<Push>, mut ids: impl FnMut() -> u64, now: Timestamp) -> Vec<String> {
        let Some(first) = pushes.first() else { return Vec::new() };
        let branch = first.commit.branch.clone().unwrap_or_else(|| self.default_branch.clone());
        let start = self.branches.get(&self.default_branch).cloned().flatten();
        let known = self.branches.get(&branch).cloned();
        let before = known.clone().flatten();
        let in_fork = first.in_fork;
        let mut head = known.map_or(start, |head| head);
        let (mut kind, mut actor) = (None, None);
        let mut shas = Vec::new();
        for push in pushes {
            let sha = super::state::sha_of(&format!("{} {head:?} {}", ids(), push.commit.message));
            let parents = push.parents.unwrap_or_else(|| head.iter().cloned().collect());
            let parents = parents.into_iter().chain(push.merging).collect();
            (kind, actor) = (push.kind, push.pushed_by);
            self.commits.push(Commit {
                sha: sha.clone(),
                committer: push.committer,
                signed: push.signed,
                author: push.commit.author,
                message: push.commit.message,
                date: now,
                parents,
                files: push.commit.files,
            });
            head = Some(sha.clone());
            shas.push(sha);
        }
        if in_fork {
            return shas;
        }
        let usual = if before.is_some() { "push" } else { "branch_creation" };
        let after = head.clone().unwrap_or_default();
        self.branches.insert(branch.clone(), head);
        self.note((before, after), branch, now, (kind.unwrap_or(usual), actor));
        shas
    }

    /// Sets the head of a branch, whatever it was.
    pub fn force_push(&mut self, branch: &str, head: &str, now: Timestamp, actor: &Author) {
        let before = self.branches.insert(branch.to_owned(), Some(head.to_owned())).flatten();
        let kind = if before.is_some() { "force_push" } else { "branch_creation" };
        self.note((before, head.to_owned()), branch.to_owned(), now, (kind, Some(actor.clone())));
    }

    fn note(
        &mut self,
        (before, after): (Option<String>, String),
        branch: String,
        at: Timestamp,
        (kind, actor): (&str, Option<Author>),
    ) {
        let before = before.unwrap_or_else(|| NO_COMMIT.to_owned());
        let id = self.activities.len() as u64 + 1;
        self.activities.push(Activity { id, before, after, branch, at, kind: kind.to_owned(), actor });
    }
}
