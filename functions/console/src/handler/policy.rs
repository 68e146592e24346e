//! What the stack's policy means for a deployment.

use super::Console;
use crate::html::PolicyShown;
use approval::deploy::Slug;
use approval::policy::{PATH, StackPolicy};
use approval::rules_in_force::RulesInForce;
use rules::policy::Shortfall;
use store::StoreError;

impl Console {
    /// The policy that binds `deployment`, whose rules are `rules`: nothing is asked of the record where the stack has no
    /// repository for one, else 1 GetItem, and one for each piece of the rules file in force.
    ///
    /// # Errors
    /// The record can't be read.
    pub(super) async fn policy(
        &self,
        deployment: &Slug,
        rules: Option<&RulesInForce>,
    ) -> Result<Option<PolicyShown>, StoreError> {
        let Some(repository) = self.policy_repository.clone() else { return Ok(None) };
        let state = self.store.policy().await?.unwrap_or_default();
        let shortfalls = match rules {
            Some(rules) => self.shortfalls(deployment, &state, rules).await?,
            None => Some(Vec::new()),
        };
        Ok(Some(PolicyShown { repository, state, shortfalls }))
    }

    /// What the rules in force lack; `None`: it can't be told.
    async fn shortfalls(
        &self,
        deployment: &Slug,
        state: &StackPolicy,
        rules: &RulesInForce,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Some(in_force) = &state.in_force else { return Ok(None) };
        let Some(texts) = self.store.kept_rules(deployment, &rules.in_force.file).await? else {
            return Ok(None);
        };
        let Some(path) = &texts.path else { return Ok(Some(Vec::new())) };
        let policy = rules::policy::parse(&in_force.file.text, PATH).ok();
        let file = rules::parse(&texts.rules, path).ok();
        Ok(policy
            .zip(file)
            .map(|(policy, file)| policy.judge(deployment, &file).iter().map(Shortfall::text).collect()))
    }
}
