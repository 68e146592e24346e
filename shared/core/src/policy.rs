//! The policy of a stack: the copy of its file that counts, and the file that was proposed in its place. This
//! module decides which of the two counts; the rules language reads what a policy says.

mod difference;

pub use difference::changed_lines;

use crate::id::{DeployId, RunId};
use crate::rules_in_force::Refusal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The path of the file in the policy repository.
pub const PATH: &str = ".signoff/policy.yml";

/// The name that the run has which asks about a proposed policy. A rule of a file never has it: those end in
/// no blank.
pub const PROPOSAL: &str = "policy ";

/// The number of owners who have to approve a changed policy.
pub const OWNERS: u32 = 2;

/// The most bytes of a policy: its text lies in the row of the policy in force.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most rejected policies that are remembered.
const MAX_REJECTED: usize = 50;

/// The policy of a stack that names a repository for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPolicy {
    /// The policy that counts; `None`: none could ever be read.
    pub in_force: Option<InForce>,
    /// The other policy that the default branch has, which needs its approval before it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// The reason why the file on the default branch can't be used; `None`: it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<Unusable>,
    /// The hashes of policies that an owner rejected, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<String>,
    /// The number of times that this was committed.
    pub version: u64,
}

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFile {
    /// The repository that it was read from, `owner/name`.
    pub repository: String,
    /// The SHA-256 of its text, in hexadecimal.
    pub hash: String,
    /// Its text.
    pub text: String,
}

/// The policy that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The file.
    pub file: PolicyFile,
    /// The people it names as owners, as it writes them.
    pub owners: Vec<String>,
    /// The time since which it counts.
    pub since: Timestamp,
    /// The deploy whose run asked the owners; `None`: it was the stack's first policy.
    pub approved_for: Option<DeployId>,
}

/// A policy that needs its approval before it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The file.
    pub file: PolicyFile,
    /// The people it names as owners, as it writes them.
    pub owners: Vec<String>,
    /// The deploy that brought it to light; its page shows the votes.
    pub deploy: DeployId,
    /// The run that asks for the approval.
    pub run: RunId,
    /// The time at which it was found.
    pub at: Timestamp,
    /// True if an owner rejected it.
    #[serde(default)]
    pub rejected: bool,
}

/// A file on the default branch that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusable {
    /// A key that tells one such file, or one such reason, from another: each is reported once.
    pub key: String,
    /// The problems, each with its place where it has one.
    pub problems: Vec<String>,
    /// The time at which it was found.
    pub at: Timestamp,
}

/// The relation between a usable policy on the default branch and the one in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// It is the stack's first one: it counts at once.
    First,
    /// It is the one in force; an earlier proposal or an unusable file is over.
    Same,
    /// It is the one in force, and nothing else was found before.
    Nothing,
    /// An owner rejected it before.
    Rejected,
    /// It is proposed already.
    Known(&'a Proposal),
    /// It is new: its owners have to be asked.
    New(&'a InForce),
}

impl StackPolicy {
    /// The relation between `file`, which the default branch has, and the policy in force.
    pub fn find(&self, file: &PolicyFile) -> Found<'_> {
        let Some(in_force) = &self.in_force else { return Found::First };
        if in_force.file.hash == file.hash {
            let is_over = self.proposal.is_some() || self.unusable.is_some();
            return if is_over { Found::Same } else { Found::Nothing };
        }
        if self.rejected.contains(&file.hash) {
            return Found::Rejected;
        }
        match &self.proposal {
            Some(proposal) if proposal.file.hash == file.hash => Found::Known(proposal),
            Some(_) | None => Found::New(in_force),
        }
    }

    /// The policy once `in_force` counts; nothing is proposed then.
    pub fn adopt(&self, in_force: InForce) -> Self {
        Self { in_force: Some(in_force), proposal: None, unusable: None, ..self.clone() }
    }

    /// The policy once `proposal` takes the place of any other.
    pub fn propose(&self, proposal: Proposal) -> Self {
        Self { proposal: Some(proposal), unusable: None, ..self.clone() }
    }

    /// The policy once nothing that has to be asked, and nothing wrong, is on the default branch.
    pub fn withdraw(&self) -> Self {
        Self { proposal: None, unusable: None, ..self.clone() }
    }

    /// The policy once the default branch has a file that can't be used. With `stays`, the owners are still
    /// asked about the proposal.
    pub fn refuse(&self, unusable: Unusable, stays: bool) -> Self {
        let proposal = self.proposal.clone().filter(|_| stays);
        Self { unusable: Some(unusable), proposal, ..self.clone() }
    }

    /// The policy once the proposed one with the hash `hash`, which `run` asked about, counts.
    ///
    /// # Errors
    /// It counts already, is not proposed by this run any more, or was rejected.
    pub fn put_in_force(&self, hash: &str, run: &RunId, now: Timestamp) -> Result<Self, Refusal> {
        let proposal = self.proposed(hash, run)?;
        Ok(self.adopt(InForce {
            file: proposal.file.clone(),
            owners: proposal.owners.clone(),
            since: now,
            approved_for: Some(proposal.deploy.clone()),
        }))
    }

    /// The policy once an owner rejected the proposed one with the hash `hash`, which `run` asked about.
    ///
    /// # Errors
    /// As [`StackPolicy::put_in_force`].
    pub fn reject(&self, hash: &str, run: &RunId) -> Result<Self, Refusal> {
        let proposal = Proposal { rejected: true, ..self.proposed(hash, run)?.clone() };
        let mut rejected = self.rejected.clone();
        rejected.push(hash.to_owned());
        let surplus = rejected.len().saturating_sub(MAX_REJECTED);
        rejected.drain(..surplus);
        Ok(Self { proposal: Some(proposal), rejected, ..self.clone() })
    }

    fn proposed(&self, hash: &str, run: &RunId) -> Result<&Proposal, Refusal> {
        match &self.proposal {
            Some(proposal) if proposal.file.hash == hash && proposal.run == *run => {
                if proposal.rejected {
                    Err(Refusal::Rejected)
                } else {
                    Ok(proposal)
                }
            }
            Some(_) | None if self.in_force.as_ref().is_some_and(|known| known.file.hash == hash) => {
                Err(Refusal::Repeated)
            }
            Some(_) | None => Err(Refusal::NotProposed),
        }
    }
}

impl PolicyFile {
    /// The beginning of its hash, for people.
    pub fn short(&self) -> &str {
        self.hash.get(..7).unwrap_or(&self.hash)
    }
}

impl InForce {
    /// The way in which it came to count, as the end of a sentence.
    pub fn why(&self) -> &'static str {
        match self.approved_for {
            Some(_) => "two of the owners named in the policy before it approved it",
            None => "it was the stack's first policy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PolicyFile {
        let (repository, hash) = ("acme/policy".to_owned(), format!("hash of {text}"));
        PolicyFile { repository, hash, text: text.to_owned() }
    }

    fn in_force(text: &str) -> StackPolicy {
        let (since, owners) = (Timestamp::UNIX_EPOCH, vec!["ana@x.io".to_owned(), "ben@x.io".to_owned()]);
        let in_force = InForce { file: file(text), owners, since, approved_for: None };
        StackPolicy::default().adopt(in_force)
    }

    fn proposal(text: &str, run: &str) -> Proposal {
        Proposal {
            file: file(text),
            owners: vec!["cleo@x.io".to_owned(), "dora@x.io".to_owned()],
            deploy: DeployId::from_text("d1"),
            run: RunId::from_text(run),
            at: Timestamp::UNIX_EPOCH,
            rejected: false,
        }
    }

    #[test]
    fn a_found_policy_is_first_known_or_new() {
        let one = in_force("one");
        let proposed = one.propose(proposal("two", "r1"));
        let rejected = proposed.reject("hash of two", &RunId::from_text("r1")).unwrap();
        let problem = Unusable { key: "k".to_owned(), problems: Vec::new(), at: Timestamp::UNIX_EPOCH };
        let known = proposal("two", "r1");
        let is_new = Found::New(one.in_force.as_ref().unwrap());
        for (state, text, expected) in [
            (&StackPolicy::default(), "one", Found::First),
            (&StackPolicy::default().refuse(problem.clone(), true), "one", Found::First),
            (&one, "one", Found::Nothing),
            (&proposed, "one", Found::Same),
            (&one.refuse(problem.clone(), true), "one", Found::Same),
            (&proposed, "two", Found::Known(&known)),
            (&proposed.refuse(problem.clone(), true), "two", Found::Known(&known)),
            (&proposed.refuse(problem, false), "two", is_new.clone()),
            (&proposed, "three", is_new.clone()),
            (&rejected, "two", Found::Rejected),
            // What was rejected stays so, whatever was proposed meanwhile.
            (&rejected.propose(proposal("three", "r2")), "two", Found::Rejected),
            (&rejected.withdraw(), "two", Found::Rejected),
        ] {
            assert_eq!(state.find(&file(text)), expected, "{state:?} {text}");
        }
    }

    #[test]
    fn only_the_proposed_policy_comes_into_force() {
        let (now, run) = (Timestamp::UNIX_EPOCH, RunId::from_text("r1"));
        let one = in_force("one");
        let proposed = one.propose(proposal("two", "r1"));
        let rejected = proposed.reject("hash of two", &run).unwrap();
        for (state, text, expected) in [
            (&one, "one", Err(Refusal::Repeated)),
            (&one, "two", Err(Refusal::NotProposed)),
            (&proposed, "two", Ok("hash of two")),
            (&proposed, "three", Err(Refusal::NotProposed)),
            (&proposed.withdraw(), "two", Err(Refusal::NotProposed)),
            (&one.propose(proposal("two", "another run")), "two", Err(Refusal::NotProposed)),
            (&rejected, "two", Err(Refusal::Rejected)),
        ] {
            let found = state.put_in_force(&format!("hash of {text}"), &run, now);
            let hash = found.as_ref().map(|next| next.in_force.as_ref().unwrap().file.hash.as_str());
            assert_eq!(hash.map_err(|refusal| *refusal), expected, "{state:?} {text}");
        }
        let next = proposed.put_in_force("hash of two", &run, now).unwrap();
        assert_eq!((next.proposal, next.in_force.unwrap().owners), (None, proposal("two", "r1").owners));
        assert_eq!(rejected.in_force, one.in_force);
    }

    #[test]
    fn a_policy_in_force_outlasts_an_unusable_file() {
        let one = in_force("one");
        let problem = Unusable { key: "k".to_owned(), problems: Vec::new(), at: Timestamp::UNIX_EPOCH };
        let refused = one.propose(proposal("two", "r1")).refuse(problem, false);
        assert_eq!((refused.in_force, refused.proposal), (one.in_force, None));
    }

    #[test]
    fn rejected_policies_are_remembered_up_to_a_limit() {
        let mut state = in_force("one");
        for number in 0..MAX_REJECTED + 3 {
            let text = number.to_string();
            let run = RunId::from_text("r1");
            state = state.propose(proposal(&text, "r1")).reject(&format!("hash of {text}"), &run).unwrap();
        }
        assert_eq!(state.rejected.len(), MAX_REJECTED);
        assert_eq!(state.rejected.last().map(String::as_str), Some("hash of 52"));
    }
}
