//! The findings on each rule when the rules of a deploy were evaluated. They record why a rule was opened, or
//! was not.

use crate::deploy::{Deploy, Slug};
use crate::id::{DeployId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most bytes of texts that an evaluation keeps: a row of the record holds 400 KB, and an index has it
/// once more.
const MAX_BYTES: usize = 200_000;
/// The most bytes that are kept of a rule beside its texts.
const BYTES_A_RULE: usize = 100;

/// One evaluation of the rules of a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The deploy.
    pub deploy: DeployId,
    /// The deployment.
    pub deployment: Slug,
    /// The environment where the deploy arrived.
    pub environment: String,
    /// The commit's full SHA.
    pub revision: String,
    /// The time of the evaluation.
    pub at: Timestamp,
    /// The rules file's path in the repository; `None`: the repository has none.
    pub path: Option<String>,
    /// SHA-256 of the file.
    pub hash: Option<String>,
    /// The number of problems in the file. If it has any, no rule was looked at.
    #[serde(default)]
    pub problems: usize,
    /// The findings on the rules that were looked at, in the file's order.
    pub rules: Vec<Evaluated>,
    /// The number of rules that were looked at and are not kept.
    #[serde(default)]
    pub more: usize,
}

/// A rule and the finding on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Its name.
    pub rule: String,
    /// The finding.
    pub finding: Finding,
    /// True if it asks people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
    /// True if it may still be opened although its finding names no time: it follows other rules and waits
    /// for news of the deploy, or what it asks about is not known. Of an outdated one: if it was to be opened
    /// before the newer deploy came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
}

/// The finding on a rule in an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Finding {
    /// It held, and its run was opened.
    Opened {
        /// The run.
        run: RunId,
    },
    /// Its run had been opened before; a rule runs once for a deploy.
    OpenBefore {
        /// The run.
        run: RunId,
    },
    /// It held, and waits for the end of a freeze.
    Frozen {
        /// The time at which it ends.
        until: Timestamp,
        /// The names of the windows.
        freeze: String,
    },
    /// It waits until the runs of other rules succeeded.
    After {
        /// These, in the rule's order.
        rules: Vec<String>,
    },
    /// Its conditions do not hold.
    Fails {
        /// The comparisons that fail, and what the deploy has.
        why: String,
        /// The time at which they hold by time alone; `None`: they do not.
        from: Option<Timestamp>,
    },
    /// It asks how the deploy does where it is, or acts without asking, and a newer one came.
    Outdated,
    /// It uses what is not supported yet.
    Unsupported {
        /// The thing that is not supported.
        uses: String,
    },
    /// No deploy triggers it.
    NotForDeploys,
}

impl Evaluation {
    /// The evaluation of a rules file for `deploy` at `at`, without any findings yet; `file`: its path and
    /// its SHA-256.
    pub fn of(deploy: &Deploy, at: Timestamp, file: Option<(&str, &str)>) -> Self {
        Self {
            deploy: deploy.id.clone(),
            deployment: deploy.deployment.clone(),
            environment: deploy.environment.clone(),
            revision: deploy.revision.clone(),
            at,
            path: file.map(|(path, _)| path.to_owned()),
            hash: file.map(|(_, hash)| hash.to_owned()),
            problems: 0,
            rules: Vec::new(),
            more: 0,
        }
    }

    /// The evaluation with the findings on `rules`: the first of them, some 200 KB, and the number of the
    /// rest.
    pub fn found(mut self, rules: impl IntoIterator<Item = Evaluated>) -> Self {
        let mut bytes = 0;
        for rule in rules {
            bytes += rule.bytes();
            if self.more == 0 && bytes <= MAX_BYTES {
                self.rules.push(rule);
            } else {
                self.more += 1;
            }
        }
        self
    }
}

impl Evaluated {
    /// True if it asks people and nobody can say yet that it need not: it is still to be opened, can't be
    /// opened or judged, or was to be opened before a newer deploy came.
    pub fn is_awaited(&self) -> bool {
        let may_open = match &self.finding {
            Finding::After { .. }
            | Finding::Frozen { .. }
            | Finding::Fails { from: Some(_), .. }
            | Finding::Unsupported { .. } => true,
            Finding::Fails { from: None, .. } | Finding::Outdated => self.expected,
            Finding::Opened { .. } | Finding::OpenBefore { .. } | Finding::NotForDeploys => false,
        };
        self.asks && may_open
    }

    fn bytes(&self) -> usize {
        let texts = match &self.finding {
            Finding::Opened { .. }
            | Finding::OpenBefore { .. }
            | Finding::Outdated
            | Finding::NotForDeploys => 0,
            Finding::Frozen { freeze, .. } => freeze.len(),
            Finding::After { rules } => rules.iter().map(|rule| rule.len() + 3).sum(),
            Finding::Fails { why, .. } => why.len(),
            Finding::Unsupported { uses } => uses.len(),
        };
        BYTES_A_RULE + self.rule.len() + texts
    }
}

impl Finding {
    /// True if the rule's conditions held, now or before.
    pub fn held(&self) -> bool {
        match self {
            Self::Opened { .. } | Self::OpenBefore { .. } | Self::Frozen { .. } => true,
            Self::After { .. }
            | Self::Fails { .. }
            | Self::Outdated
            | Self::Unsupported { .. }
            | Self::NotForDeploys => false,
        }
    }

    /// The rule's run, where it was opened.
    pub fn run(&self) -> Option<&RunId> {
        match self {
            Self::Opened { run } | Self::OpenBefore { run } => Some(run),
            Self::Frozen { .. }
            | Self::After { .. }
            | Self::Fails { .. }
            | Self::Outdated
            | Self::Unsupported { .. }
            | Self::NotForDeploys => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_that_nobody_asked_is_awaited() {
        let fails = || Finding::Fails { why: String::new(), from: None };
        let uses = "known, not supported yet: base_synced".to_owned();
        for (finding, expected, awaited) in [
            (Finding::Outdated, true, true),
            (Finding::Outdated, false, false),
            (fails(), true, true),
            (fails(), false, false),
            (Finding::Unsupported { uses }, false, true),
            (Finding::After { rules: vec!["canary".to_owned()] }, false, true),
            (Finding::NotForDeploys, true, false),
        ] {
            let of = |asks| Evaluated { rule: "r".to_owned(), finding: finding.clone(), asks, expected };
            assert_eq!((of(true).is_awaited(), of(false).is_awaited()), (awaited, false), "{finding:?}");
        }
    }
}
