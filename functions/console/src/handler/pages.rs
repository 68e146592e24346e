//! The pages of the record.

use super::votes::said;
use super::{Call, Console, refusals};
use crate::address::parameters::{self, Cursor, PAGE_SIZE};
use crate::address::place::Part;
use crate::answer::Answer;
use crate::html::DeployPageContext;
use crate::{address::routes::ErrorFormat, html};
use lambda_http::http::StatusCode;
use lambda_http::http::header::IF_NONE_MATCH;
use signoff_core::id::DeployId;
use signoff_store::{Page, StoreError};

impl Console {
    /// The list of recent deploys: 1 query.
    pub(super) async fn deploys(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let before = parameters::cursor(call.query)
            .map_err(|problem| refusals::bad_query(&problem, ErrorFormat::Page))?;
        let listing = self.store.recent(PAGE_SIZE.into(), before.as_ref().map(Cursor::as_str)).await;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let mut listing = listing.map_err(unreadable)?;
        self.mark_failed(listing.deploys.iter_mut()).await.map_err(unreadable)?;
        let page = html::deploys(&listing, before.is_none(), call.visitor(), call.now);
        Ok(Answer::page(StatusCode::OK, page))
    }

    /// A deploy's page: 1 query.
    pub(super) async fn deploy(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let record = self.page_of(&call.found.deploy(), call).await?;
        let told = said(call, &record);
        let known = call.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let booth = DeployPageContext {
            record: &record,
            visitor: call.visitor(),
            told: told.as_ref(),
            now: call.now,
        };
        Ok(Answer::live(StatusCode::OK, html::deploy(&booth, Part::of(call.query)), known))
    }

    /// Everything on record about a deploy, or the answer that says why not.
    pub(super) async fn page_of(&self, deploy: &DeployId, call: &Call<'_>) -> Result<Page, Answer> {
        match self.store.page(deploy).await {
            Ok(Some(page)) => Ok(page),
            Ok(None) => Err(refusals::no_deploy(call.face())),
            Err(error) => Err(refusals::unreadable(&error, call.face(), call.id, Some(deploy))),
        }
    }
}
