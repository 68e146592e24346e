//! The pages of deployments.

use super::{Call, Console, refusals};
use crate::address::parameters::{self, BadQuery, Cursor, MOST_LISTED, PAGE_SIZE};
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::html::{self, DeploymentPage};
use crate::json;
use crate::view::{self, HistoryWanted, Overview};
use lambda_http::http::StatusCode;
use signoff_core::deploy::Slug;
use signoff_store::{Beside, DeploySummary, StoreError, Wanted};
use std::collections::HashSet;

/// Largest number of pending approvals that are counted.
const MOST_PENDING: i32 = 500;

impl Console {
    /// The list of deployments: 3 queries and a BatchGetItem.
    pub(super) async fn deployments(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let after = after(call)?;
        let overview = self.overview(html::ROWS, after.as_ref(), call).await?;
        let example = html::example(&self.site);
        let page = html::deployments(&overview, after.is_none(), &example, call.visitor(), call.now);
        Ok(Answer::page(StatusCode::OK, page))
    }

    /// The same as JSON.
    pub(super) async fn deployments_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let overview = self.overview(MOST_LISTED.into(), after(call)?.as_ref(), call).await?;
        Ok(Answer::json(&json::DeploymentsDocument::new(&overview, &self.site)))
    }

    /// Says of each of `deploys` whether an action of it failed: 1 query, or none where there is no deploy.
    pub(super) async fn mark_failed<'d>(
        &self,
        deploys: impl Iterator<Item = &'d mut DeploySummary>,
    ) -> Result<(), StoreError> {
        let deploys: Vec<&mut DeploySummary> = deploys.collect();
        // No run of theirs is older.
        let Some(since) = deploys.iter().map(|deploy| deploy.deployed_at).min() else { return Ok(()) };
        let failed = self.store.failed_since(since).await?;
        for deploy in deploys {
            deploy.has_failed = failed.contains(&deploy.id);
        }
        Ok(())
    }

    /// A part of the list with at most `rows` rows, of deployments and of environments.
    async fn overview(&self, rows: i32, after: Option<&Slug>, call: &Call<'_>) -> Result<Overview, Answer> {
        let unreadable = |error: StoreError| refusals::unreadable(&error, call.face(), call.id, None);
        let mut part = self.store.deployments(rows, after).await.map_err(unreadable)?;
        let environments = part.deployments.iter_mut().flat_map(|deployment| &mut deployment.environments);
        self.mark_failed(environments.map(|environment| &mut environment.newest))
            .await
            .map_err(unreadable)?;
        let newest: Vec<_> = part
            .deployments
            .iter()
            .flat_map(|deployment| &deployment.environments)
            .map(|environment| &environment.newest.id)
            .collect();
        let pending = self.store.pending_approvals(MOST_PENDING).await.map_err(unreadable)?;
        let facts = self.store.facts_of(&newest).await.map_err(unreadable)?;
        Ok(Overview { part, pending, facts })
    }

    /// A deployment's page: 3 queries and a BatchGetItem, and what [`Console::policy`] asks.
    pub(super) async fn deployment(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let slug = call.deployment()?;
        let environment = parameters::environment(call.query);
        let before = parameters::cursor(call.query).map_err(|problem| bad(&problem))?;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let deployment = self.store.deployment(&slug).await.map_err(unreadable)?;
        let mut deployment = deployment.ok_or_else(|| refusals::no_deployment(ErrorFormat::Page))?;
        let wanted =
            Wanted { deployment: Some(slug.clone()), environment: environment.clone(), ..Wanted::default() };
        let before = before.as_ref().map(Cursor::as_str);
        let mut listing = self.store.list(&wanted, PAGE_SIZE.into(), before).await.map_err(unreadable)?;
        let newest = deployment.environments.iter_mut().map(|environment| &mut environment.newest);
        self.mark_failed(newest.chain(&mut listing.deploys)).await.map_err(unreadable)?;
        let mut page = DeploymentPage::new(&deployment, environment.as_deref(), &listing);
        page.is_first = before.is_none();
        let shown: HashSet<_> = page.deploys().cloned().collect();
        let shown = Vec::from_iter(&shown);
        let beside = self.store.beside(&shown, &slug).await.map_err(unreadable)?;
        let Beside { facts, rules, reviews, unreadable: left_out } = beside;
        page.policy = self.policy(&slug, rules.as_ref(), call.now).await.map_err(unreadable)?;
        page.rules = rules;
        page.reviews = reviews;
        page.unreadable = left_out;
        Ok(Answer::page(StatusCode::OK, html::deployment(&page, &facts, call.visitor(), call.now)))
    }

    /// Page with the outcomes of a deployment's rules: 1 query and a BatchGetItem.
    pub(super) async fn history(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let slug = call.deployment()?;
        let wanted = HistoryWanted::of(call.query).map_err(|problem| bad(&problem))?;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let from = wanted.from.as_ref().map(|from| &from.place);
        let (evaluations, older) = self.store.evaluations(&slug, from).await.map_err(unreadable)?;
        let part = view::history(evaluations, older, &wanted);
        let runs = self.store.runs(&part.runs()).await.map_err(unreadable)?;
        let page = html::history(&slug, &wanted, &part, &runs, call.visitor(), call.now);
        Ok(Answer::page(StatusCode::OK, page))
    }
}

/// The deployment after which the wanted part begins.
fn after(call: &Call<'_>) -> Result<Option<Slug>, Answer> {
    parameters::slug(call.query, "after").map_err(|problem| refusals::bad_query(&problem, call.face()))
}

fn bad(problem: &BadQuery) -> Answer {
    refusals::bad_query(problem, ErrorFormat::Page)
}
