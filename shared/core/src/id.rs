//! Identifiers, derived from what they identify: the same deploy registered twice gets the same id, so that a
//! conditional write is all it takes to have it once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// 20 hexadecimal digits (80 bits) of the SHA-256 of `parts`, each prefixed by its length so that no two
/// lists of parts run together.
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..10])
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as it was written somewhere (a button, a row, an address). Any text is taken: an id
            /// that stands for nothing finds nothing.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The ID of a deploy.
    DeployId
);
id!(
    /// One run: a rule that held for a deploy.
    RunId
);
id!(
    /// The ID of an approval.
    ApprovalId
);
id!(
    /// One effect: something to do to the outside world.
    EffectId
);

/// The number of digits at the beginning of a deploy's id that all deploys of its deployment have.
const SHARE: usize = 4;

impl DeployId {
    /// The id of the deploy that `source` (who reported it: `register` or `github`) knows by `key`, whose
    /// first part is the deployment, or its repository: the ids of all of its deploys begin alike.
    pub fn derive(source: &str, key: &[&str]) -> Self {
        let mut parts = vec!["deploy", source];
        parts.extend_from_slice(key);
        let share = digest(&["share", key.first().copied().unwrap_or(source)]);
        Self(share[..SHARE].to_owned() + &digest(&parts))
    }

    /// The id of the deploy that GitHub reports `at` a later time as the same deployment, after another
    /// revision came in between.
    #[must_use]
    pub fn derive_again(&self, at: &str) -> Self {
        Self(self.share().to_owned() + &digest(&["deploy", "github again", self.as_str(), at]))
    }

    /// The mark of the deployment: what has many deploys at once takes turns by it with the others. Two of
    /// 65,536 deployments have the same one, and then share their turns.
    pub fn share(&self) -> &str {
        self.0.get(..SHARE).unwrap_or(&self.0)
    }

    /// The partition for the list of people, which belongs to no deploy: it has the effects that follow from
    /// the list.
    pub fn people() -> Self {
        Self("people".to_owned())
    }
}

impl RunId {
    /// The id of the run of the rule named `rule` for `deploy`; a rule runs at most once for a deploy.
    pub fn derive(deploy: &DeployId, rule: &str) -> Self {
        Self(digest(&["run", deploy.as_str(), rule]))
    }

    /// The id of the run of the rule named `rule` that asks again for `deploy`, for the time number `round`,
    /// from 1.
    pub fn derive_again(deploy: &DeployId, rule: &str, round: u32) -> Self {
        Self(digest(&["run again", deploy.as_str(), rule, &round.to_string()]))
    }
}

impl ApprovalId {
    /// The id of the approval that is step number `step` (from 0) of `run`.
    pub fn derive(run: &RunId, step: usize) -> Self {
        Self(digest(&["approval", run.as_str(), &step.to_string()]))
    }
}

impl EffectId {
    /// The id of effect number `index` of those that follow from `owner` (the id of a deploy, run or
    /// approval) reaching `version`.
    pub fn derive(owner: &str, version: u64, index: usize) -> Self {
        Self(digest(&["effect", owner, &version.to_string(), &index.to_string()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(DeployId::derive("register", &["ab", "c"]), DeployId::derive("register", &["a", "bc"]));
    }

    #[test]
    fn deploys_of_one_deployment_have_one_share() {
        let id = |slug: &str, sha: &str| DeployId::derive("register", &[slug, "staging", sha]);
        let first = id("acme/checkout", "7bf7226");
        let others = [id("acme/checkout", "c0ffee1"), first.derive_again("2026-11-30T10:00:00Z")];
        for other in &others {
            assert_ne!(*other, first);
            assert_eq!(other.share(), first.share());
        }
        assert_ne!(id("acme/billing", "7bf7226").share(), first.share());
        assert_eq!(DeployId::from_text("d1").share(), "d1");
    }

    #[test]
    fn the_same_deploy_has_the_same_id() {
        let key = ["acme/checkout", "staging", "7bf7226"];
        assert_eq!(DeployId::derive("register", &key), DeployId::derive("register", &key));
    }
}
