//! A file in force that this version of Signoff can't read. None of its rules run, and nobody knows who may
//! vote on another file: an admin has to accept that one.

use crate::handler::{EvaluationError, RuleEvaluation};
use crate::in_force::{Found, parse};
use crate::siblings::Candidate;
use signoff_core::deploy::Deploy;
use signoff_core::effect::Effect;
use signoff_core::rules_in_force::{FileCopy, Refusal, RulesInForce};
use signoff_providers::github::{FirstFile, GitHub};
use signoff_store::RulesTexts;

/// A copy in force that can't be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The file that can take its place once an admin accepts it.
    pub(crate) proposal: Option<Box<Found>>,
}

/// The file on the default branch, which is another one than that in force.
pub(crate) struct Proposed<'a> {
    /// The rules file and the default tags, as they were read.
    pub(crate) files: (&'a FirstFile, &'a FirstFile),
    /// The rules that it is to replace.
    pub(crate) state: RulesInForce,
    pub(crate) file: FileCopy,
    pub(crate) texts: RulesTexts,
}

impl RuleEvaluation {
    /// The problems to tell where the copy in force has `problems`, and the file that is proposed in its
    /// place. A file on the default branch that has mistakes itself, or that was rejected, is not proposed.
    /// The approvals of other deployments that it touches are asked for before an admin can accept it.
    pub(crate) async fn unread(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        effect: &Effect,
        proposed: Proposed<'_>,
        problems: Vec<String>,
    ) -> Result<(Vec<String>, Unread), EvaluationError> {
        let Proposed { files: (rules, tags), state, file, texts } = proposed;
        let hash = state.in_force.file.hash.get(..7).unwrap_or_default();
        let of_copy = |problem: &String| format!("in force ({hash}): {problem}");
        let mut told: Vec<String> = problems.iter().map(of_copy).collect();
        let none = |told| Ok((told, Unread { proposal: None }));
        // A file that is gone is no correction of one.
        if texts.path.is_none() {
            return none(told);
        }
        let parsed = match self.with_secrets(deploy, effect, parse(&texts)).await? {
            Ok(parsed) => parsed,
            Err(problems) => {
                self.check_repository(github, deploy).await?;
                told.extend(problems.iter().map(|problem| format!("on the default branch: {problem}")));
                return none(told);
            }
        };
        if state.proposed(&file.id) == Err(Refusal::Rejected) {
            told.push("on the default branch: its voters rejected this file; change it".to_owned());
            return none(told);
        }
        let head = self.head_of(github, deploy, rules, tags).await?;
        self.check_repository(github, deploy).await?;
        let mut changes = vec![format!(
            "replaces the file in force, which this version of Signoff can't read: {}",
            problems.first().map_or("it has mistakes", String::as_str)
        )];
        let mut touched = Vec::new();
        let known = [file.id.as_str(), state.in_force.file.id.as_str()];
        let candidate = Candidate { file: &file, texts: &texts, rules: &parsed, known: &known };
        for guard in self.readable_guards(&deploy.deployment, github.number(), candidate).await? {
            let asked = guard.difference.touched(&guard.sibling.rules);
            touched.extend(asked.into_iter().map(|(_, spec)| spec.clone()));
            changes.extend(guard.changes());
        }
        let is_instead_of_unread = true;
        let found = Found { state, touched, changes, file, texts, head, is_instead_of_unread };
        Ok((told, Unread { proposal: Some(Box::new(found)) }))
    }
}
