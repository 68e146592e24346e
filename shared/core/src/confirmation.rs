//! A deploy's confirmation: the source host's word for which commit it is. Until there is one, nothing acts
//! for the deploy.

use crate::deploy::Slug;
use crate::id::DeployId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of a deploy's confirmation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Confirmation {
    /// Signoff has not asked the source host yet.
    #[default]
    Awaited,
    /// The source host has the commit on a branch or tag of the repository. The deploy's revision is its full
    /// SHA.
    Confirmed,
    /// The source host did not confirm the deploy. It stays on record, but no rules run for it, and it
    /// supersedes nothing.
    Unconfirmed {
        /// The reason.
        doubt: Doubt,
    },
    /// The source host confirmed it, but its rules could not be read or evaluated. A person can evaluate them
    /// again, or the same revision can be registered again.
    Unevaluated {
        /// The reason.
        reason: String,
    },
    /// The revision was already in the environment. This is another report of that deploy.
    Repeat {
        /// The deploy that it repeats.
        of: DeployId,
    },
}

/// The reason for which the source host did not confirm a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "doubt")]
pub enum Doubt {
    /// The host has no such repository, or Signoff can't see it.
    UnknownRepository,
    /// The host has no such owner.
    UnknownOwner,
    /// Signoff could see the repository before, but no longer can.
    RepositoryGone,
    /// The host has no such commit or tag, or several commits match.
    UnknownRevision,
    /// The revision is the name of a branch, which stands for another commit with each push.
    BranchName,
    /// The revision may mean a tag, and a branch or a commit as well.
    AmbiguousName,
    /// None of the repository's branches and tags that Signoff looked at contains the commit.
    NoBranch,
    /// It is another repository by the same name: its ID differs from the one on record.
    AnotherRepository {
        /// The ID on record.
        kept: u64,
        /// The ID that the host gives now.
        found: u64,
    },
    /// The repository belongs to another deployment, and only an entry for the whole organization connects it
    /// to this one.
    OfOtherDeployment {
        /// The other deployment.
        deployment: Slug,
    },
    /// The commit is neither the one that the token of the CI job names, nor an ancestor of it.
    OutsideToken {
        /// The commit that the token names; where it names none, its branch or tag.
        named: String,
    },
    /// The CI job's branch is neither the default branch nor protected, and the settings don't name it.
    UnprotectedRef {
        /// The full name of the branch.
        named: String,
    },
    /// The host's own record differs from the report.
    Differs {
        /// The part that differs: `sha`, `ref`, `environment`, `state`.
        what: String,
        /// The report's value.
        reported: String,
        /// The host's value.
        host: String,
    },
    /// Signoff can't read the source host in the deployment's settings.
    OtherHost {
        /// The host's display name.
        host: String,
    },
    /// The deployment was pointed at another repository after the deploy was confirmed.
    Moved {
        /// The repository where it was confirmed.
        from: String,
    },
    /// The deployment was disconnected, so Signoff did not ask the host.
    Disconnected {
        /// The person who did it, or that no settings name the deployment any more.
        reason: String,
    },
    /// The host did not answer.
    NotAnswered {
        /// The last failure.
        reason: String,
    },
}

impl Confirmation {
    /// True if the deploy counts: it was confirmed, and it is no repeat of another one.
    pub fn counts(&self) -> bool {
        match self {
            Self::Confirmed | Self::Unevaluated { .. } => true,
            Self::Awaited | Self::Unconfirmed { .. } | Self::Repeat { .. } => false,
        }
    }

    /// Returns the deploy that this one is another report of; `None`: it is none, as far as anybody knows.
    pub fn repeats(&self) -> Option<&DeployId> {
        match self {
            Self::Repeat { of } => Some(of),
            Self::Awaited | Self::Confirmed | Self::Unconfirmed { .. } | Self::Unevaluated { .. } => None,
        }
    }

    /// True if the same revision may be registered again without another deploy in between: nothing acts for
    /// this deploy.
    pub fn may_come_again(&self) -> bool {
        match self {
            Self::Unconfirmed { .. } | Self::Unevaluated { .. } => true,
            Self::Awaited | Self::Confirmed | Self::Repeat { .. } => false,
        }
    }
}

impl Doubt {
    /// The reason as a sentence about `revision` of `repository`, and what to do.
    pub fn sentence(&self, revision: &str, repository: &str) -> String {
        match self {
            Self::UnknownRepository => format!(
                "GitHub has no repository {repository}, or Signoff's GitHub token can't read it. Check the repository in \
                 the deployment's settings, and the token's access."
            ),
            Self::UnknownOwner => format!(
                "GitHub has no user or organization {}, so {repository} is not there. Correct the repository in the deployment's \
                 settings.",
                repository.split('/').next().unwrap_or(repository)
            ),
            Self::RepositoryGone => format!(
                "GitHub showed {repository} before, and shows it no more: it was deleted or renamed, or the token in the GitHub \
                 secret lost its access. Check the repository on GitHub, and the token's access."
            ),
            Self::UnknownRevision => format!(
                "GitHub has no commit or tag {revision} in {repository}, or several commits begin with it. Push it, or \
                 register the full SHA."
            ),
            Self::BranchName => format!(
                "{revision} is a branch of {repository}, which stands for another commit with each push. Register the full SHA \
                 of the commit."
            ),
            Self::AmbiguousName => format!(
                "{revision} may mean a tag of {repository}, and a branch or a commit as well. Register the full SHA of the commit, \
                 or refs/tags/{revision} for the tag."
            ),
            Self::NoBranch => format!(
                "No branch or tag of {repository} contains the commit {revision}. Push it to a branch of this repository, or \
                 register the branch or tag that contains it."
            ),
            Self::AnotherRepository { kept, found } => format!(
                "{repository} is another repository than before: its id on GitHub was {kept} and is {found}. If that is \
                 intended, an admin connects it anew in the deployment's settings."
            ),
            Self::OfOtherDeployment { deployment } => format!(
                "{repository} is the repository of the deployment {deployment}. Register the deploy there. If both are \
                 intended, an admin connects this deployment in its settings."
            ),
            Self::OutsideToken { named } => format!(
                "The token of the CI job that registered it names {named} of {repository}, which does not contain the commit \
                 {revision}. Register the commit that the job runs for, or an ancestor of it."
            ),
            Self::UnprotectedRef { named } => format!(
                "The token of the CI job that registered it is of {named}, which is neither the default branch of {repository} nor \
                 protected. Deploy from one that is, or have an admin name it as ref= in the deployment's settings and deploy again."
            ),
            Self::Differs { what, reported, host } => format!(
                "GitHub's own record of this deployment differs from what was delivered: {what} is \u{201c}{host}\u{201d}, not \
                 \u{201c}{reported}\u{201d}. Check who can send deliveries with the webhook secret."
            ),
            Self::OtherHost { host } => format!(
                "{repository} is on {host} by the deployment's settings, and Signoff confirms commits on GitHub only. If the \
                 repository is on GitHub, an admin corrects the git host there."
            ),
            Self::Moved { from } => format!(
                "The commit {revision} was confirmed in {from}, and the deployment's settings name {repository} by now. Nothing \
                 more starts for this deploy."
            ),
            Self::Disconnected { reason } => {
                format!(
                    "{}. Once it is connected again, choose Evaluate again.",
                    reason.trim_end_matches('.')
                )
            }
            Self::NotAnswered { reason } => format!(
                "GitHub could not be asked: {}. Check GitHub's status and Signoff's GitHub token.",
                reason.trim_end_matches('.')
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_host_confirmed_counts() {
        let doubt = Doubt::NoBranch;
        let repeat = Confirmation::Repeat { of: DeployId::from_text("d1") };
        for (confirmation, counts, again) in [
            (Confirmation::Awaited, false, false),
            (Confirmation::Confirmed, true, false),
            (Confirmation::Unconfirmed { doubt }, false, true),
            (Confirmation::Unevaluated { reason: "GitHub answered 503".to_owned() }, true, true),
            (repeat, false, false),
        ] {
            assert_eq!(
                (confirmation.counts(), confirmation.may_come_again()),
                (counts, again),
                "{confirmation:?}"
            );
        }
    }

    #[test]
    fn every_doubt_says_what_to_do() {
        let differs = |what: &str| Doubt::Differs {
            what: what.to_owned(),
            reported: "Staging".to_owned(),
            host: "Production".to_owned(),
        };
        for (doubt, says) in [
            (Doubt::UnknownRepository, "Check the repository"),
            (Doubt::UnknownOwner, "no user or organization acme, so acme/checkout is not there"),
            (Doubt::RepositoryGone, "showed acme/checkout before, and shows it no more"),
            (Doubt::UnknownRevision, "register the full SHA"),
            (Doubt::BranchName, "abcd is a branch of acme/checkout"),
            (Doubt::AmbiguousName, "or refs/tags/abcd for the tag"),
            (Doubt::NoBranch, "Push it to a branch"),
            (Doubt::AnotherRepository { kept: 1, found: 2 }, "was 1 and is 2"),
            (
                differs("environment"),
                "environment is \u{201c}Production\u{201d}, not \u{201c}Staging\u{201d}",
            ),
            (
                Doubt::OfOtherDeployment { deployment: Slug::new("shop", "web").unwrap() },
                "is the repository of the deployment shop/web. Register the deploy there",
            ),
            (
                Doubt::OutsideToken { named: "ef01".to_owned() },
                "names ef01 of acme/checkout, which does not contain",
            ),
            (
                Doubt::UnprotectedRef { named: "refs/heads/feature".to_owned() },
                "neither the default branch of acme/checkout nor protected",
            ),
            (Doubt::OtherHost { host: "GitLab".to_owned() }, "an admin corrects the git host"),
            (Doubt::Moved { from: "acme/old".to_owned() }, "settings name acme/checkout by now"),
            (
                Doubt::Disconnected { reason: "Ana disconnected it.".to_owned() },
                "disconnected it. Once it is connected again, choose Evaluate again.",
            ),
            (Doubt::NotAnswered { reason: "It broke.".to_owned() }, "asked: It broke. Check"),
        ] {
            let sentence = doubt.sentence("abcd", "acme/checkout");
            assert!(sentence.contains(says), "{sentence}");
        }
    }
}
