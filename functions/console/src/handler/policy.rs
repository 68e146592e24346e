//! Policy of the stack, judged for a deployment.

use super::Console;
use crate::html::PolicyShown;
use jiff::Timestamp;
use signoff_core::deploy::Slug;
use signoff_core::message;
use signoff_core::policy::{PATH, StackPolicy, Unusable};
use signoff_core::rules_in_force::RulesInForce;
use signoff_rules::policy::{Policy, Shortfall};
use signoff_store::StoreError;

impl Console {
    /// The policy that binds `deployment`, whose rules are `rules`: nothing is asked of the record where the
    /// stack has no repository for one, else 1 GetItem, and one for each piece of the rules file in force. A
    /// row of the policy that this release can't read is shown as what is wrong with it at `now`.
    ///
    /// # Errors
    /// The record can't be read.
    pub(super) async fn policy(
        &self,
        deployment: &Slug,
        rules: Option<&RulesInForce>,
        now: Timestamp,
    ) -> Result<Option<PolicyShown>, StoreError> {
        let Some(repository) = self.policy_repository.clone() else { return Ok(None) };
        let state = match self.store.policy().await {
            Ok(state) => state.unwrap_or_default(),
            Err(error @ StoreError::Row { .. }) => {
                let problems = vec![message::policy_row_unreadable(&error.to_string())];
                let unusable = Unusable { key: "unreadable".to_owned(), problems, at: now };
                let state = StackPolicy { unusable: Some(unusable), ..StackPolicy::default() };
                return Ok(Some(PolicyShown { repository, state, shortfalls: None }));
            }
            Err(error) => return Err(error),
        };
        let shortfalls = match rules {
            Some(rules) => self.shortfalls(deployment, &state, rules).await?,
            None => Some(Vec::new()),
        };
        Ok(Some(PolicyShown { repository, state, shortfalls }))
    }

    /// Shortfalls of the rules in force below the policy; `None`: they can't be told.
    async fn shortfalls(
        &self,
        deployment: &Slug,
        state: &StackPolicy,
        rules: &RulesInForce,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Some(in_force) = &state.in_force else { return Ok(None) };
        let texts = match self.store.kept_rules(deployment, &rules.in_force.file).await {
            Ok(texts) => texts,
            // It is logged, and keeps nothing else of the page back.
            Err(StoreError::Row { .. }) => None,
            Err(error) => return Err(error),
        };
        let Some(texts) = texts else { return Ok(None) };
        let Some(path) = &texts.path else { return Ok(Some(Vec::new())) };
        let policy = signoff_rules::policy::parse(&in_force.file.text, PATH).ok();
        let file = signoff_rules::parse(&texts.rules, path).ok();
        let Some((policy, file)) = policy.zip(file) else { return Ok(None) };
        let mut shortfalls: Vec<String> = Vec::new();
        for name in self.bound_as(&policy, deployment, rules).await? {
            for shortfall in policy.judge(&name, &file).iter().map(Shortfall::text) {
                if !shortfalls.contains(&shortfall) {
                    shortfalls.push(shortfall);
                }
            }
        }
        Ok(Some(shortfalls))
    }

    /// The names by which `policy` binds `deployment`: its own, and those of the other deployments of the
    /// repository of `rules` that the policy names. One request where it names any.
    async fn bound_as(
        &self,
        policy: &Policy,
        deployment: &Slug,
        rules: &RulesInForce,
    ) -> Result<Vec<Slug>, StoreError> {
        let others = match rules.repository.filter(|_| policy.names_deployments()) {
            Some(number) => self.store.deployments_of(number).await?,
            None => Vec::new(),
        };
        let others = others.into_iter().filter(|other| other != deployment && policy.names(other));
        Ok(std::iter::once(deployment.clone()).chain(others).collect())
    }
}
