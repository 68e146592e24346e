//! The JSON of the record: 1 query each, and 2 for a deploy's approvals, with a read for each place that
//! they lead to and one for a rollback.

use super::{Call, Console, refusals};
use crate::address::parameters::{BadQuery, Cursor, cursor, limit, wanted};
use crate::answer::Answer;
use crate::{address::routes::ErrorFormat, json};
use signoff_store::StoreError;

impl Console {
    /// The recent deploys.
    pub(super) async fn deploys_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let bad = |problem: BadQuery| refusals::bad_query(&problem, ErrorFormat::Json);
        let wanted = wanted(call.query).map_err(bad)?;
        let limit = limit(call.query).map_err(bad)?;
        let before = cursor(call.query).map_err(bad)?;
        let listing = self.store.list(&wanted, limit.into(), before.as_ref().map(Cursor::as_str)).await;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Json, call.id, None);
        let mut listing = listing.map_err(unreadable)?;
        self.mark_failed(listing.deploys.iter_mut()).await.map_err(unreadable)?;
        Ok(Answer::json(&json::DeploysDocument::new(&listing, &self.site)))
    }

    /// All that is known of a deploy, and its runs.
    pub(super) async fn deploy_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let record = self.page_of(&call.found.deploy(), call).await?;
        Ok(Answer::json(&json::DeployDocument::new(&record, &self.site)))
    }

    /// A deploy's approvals.
    pub(super) async fn approvals_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deploy = call.found.deploy();
        let record = self.page_of(&deploy, call).await?;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Json, call.id, None);
        let evaluation = self.store.newest_evaluation(&record.deploy.id).await.map_err(unreadable)?;
        let overtaken = self.overtaken(&record).await.map_err(unreadable)?;
        Ok(Answer::json(&json::ApprovalsDocument::new(&record, evaluation.as_ref(), overtaken, &self.site)))
    }

    /// Events of a deploy.
    pub(super) async fn events_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let record = self.page_of(&call.found.deploy(), call).await?;
        Ok(Answer::json(&json::EventsDocument::new(&record, &self.site)))
    }
}
