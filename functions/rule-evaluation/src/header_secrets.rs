//! Header secrets that a new rules file names, checked against those of the stack.

use crate::handler::{RuleEvaluation, Tried};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_providers::Failure;
use signoff_rules::RulesFile;
use signoff_store::{Change, CommitError};

/// The reason for which a rules file can't be judged yet.
const NOT_LISTED: &str =
    "Signoff is looking up which header secrets the stack has, because the rules file names one";

impl RuleEvaluation {
    /// `parsed`, unless its rules send secrets that the stack does not have for the deployment of
    /// `deploy`, or to hosts that they may not go to. Error of the answer: each of these problems, with
    /// its place. One read for a file that names secrets, and none for others.
    ///
    /// # Errors
    ///
    /// The record says that the stack has no such secret, but was written before `effect` was committed:
    /// it is written anew first.
    pub(crate) async fn with_secrets(
        &self,
        deploy: &Deploy,
        effect: &Effect,
        parsed: Result<RulesFile, Vec<String>>,
    ) -> Tried<Result<RulesFile, Vec<String>>> {
        let file = match parsed {
            Ok(file) if !file.header_secrets.is_empty() => file,
            parsed => return Ok(parsed),
        };
        let listed = self.store.header_secrets().await?;
        let problems = listed.as_ref().map(|known| file.misused_secrets(known, &deploy.deployment));
        match (listed, problems) {
            (Some(_), Some(problems)) if problems.is_empty() => Ok(Ok(file)),
            (Some(known), Some(problems)) if known.read_at >= effect.created_at => {
                Ok(Err(problems.iter().map(ToString::to_string).collect()))
            }
            _ => {
                let list = Change::to(&deploy.id, self.now());
                // Clocks differ a little: each attempt asks for a list of its own.
                let owner = format!("header secrets {} {}", effect.id, effect.attempts);
                match self
                    .store
                    .commit(list.and(&owner, vec![EffectKind::ListHeaderSecrets], Vec::new()))
                    .await
                {
                    // It was asked for before.
                    Ok(()) | Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error.into()),
                }
                Err(Failure::retryable(NOT_LISTED).into())
            }
        }
    }
}
