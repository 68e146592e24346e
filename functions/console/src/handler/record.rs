//! The record of approvals: a page, and files of it. 1 query a part, 2 where those that wait and those that
//! are closed are wanted of all deployments; the page of a deployment takes another one.

use super::{Call, Console, refusals};
use crate::address::parameters::{self, BadQuery, Cursor, RECORD_SIZE, Search};
use crate::answer::Answer;
use crate::export::{self, Export, MOST_PARTS, Write};
use crate::{html, json};
use lambda_http::http::StatusCode;
use lambda_http::http::header::{HeaderName, LINK};
use signoff_store::{ApprovalListing, ApprovalSummary, MAX_SCANNED};

/// The header that says how many approvals a file lacks because this release can't read them.
const UNREADABLE: HeaderName = HeaderName::from_static("signoff-unreadable");

impl Console {
    /// The page.
    pub(super) async fn record(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let search = Search::read(call.query);
        let before = before(call)?;
        if search.whole().is_err() {
            let page = html::record(&search, None, call.visitor(), call.now);
            return Ok(Answer::page(StatusCode::BAD_REQUEST, page));
        }
        let before = before.as_ref().map(Cursor::as_str);
        let listing = self.searched(&search, RECORD_SIZE.into(), before, call).await?;
        let approved = self.approved(&search, call).await?;
        let found = html::Found { listing, before: before.map(str::to_owned), approved };
        Ok(Answer::page(StatusCode::OK, html::record(&search, Some(&found), call.visitor(), call.now)))
    }

    /// As comma-separated values.
    pub(super) async fn record_csv(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.exported(call, "text/csv; charset=utf-8", export::csv).await
    }

    /// As JSON lines.
    pub(super) async fn record_json_lines(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.exported(call, "application/jsonl", export::json_lines).await
    }

    /// As JSON.
    pub(super) async fn record_json(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let search = Search::read(call.query);
        let bad = |problem: BadQuery| refusals::bad_query(&problem, call.face());
        search.whole().map_err(bad)?;
        let limit = parameters::limit(call.query).map_err(bad)?;
        let before = before(call)?;
        let before = before.as_ref().map(Cursor::as_str);
        let listing = self.searched(&search, limit.into(), before, call).await?;
        Ok(Answer::json(&json::RecordDocument::new(&listing, &self.site)))
    }

    async fn exported(
        &self,
        call: &Call<'_>,
        media_type: &'static str,
        write: Write,
    ) -> Result<Answer, Answer> {
        let search = Search::read(call.query);
        search.whole().map_err(|problem| refusals::bad_query(&problem, call.face()))?;
        let before = before(call)?.map(|before| before.as_str().to_owned());
        let mut export = Export { body: String::new(), next: before };
        let mut unreadable = 0;
        for _ in 0..MOST_PARTS {
            let listing = self.searched(&search, MAX_SCANNED, export.next.as_deref(), call).await?;
            unreadable += listing.unreadable;
            export = write(export, &listing, &self.site)
                .map_err(|error| refusals::unwritable(&error, call.face(), call.id))?;
            let is_full = export.next != listing.next;
            if is_full || export.next.is_none() {
                break;
            }
        }
        let path = call.found.entry.path;
        let answer =
            Answer::file(media_type, &format!("signoff-{}", path.trim_start_matches('/')), export.body);
        let answer = if unreadable > 0 { answer.with(UNREADABLE, unreadable.to_string()) } else { answer };
        Ok(match export.next {
            Some(next) => answer.with(LINK, format!("<{}>; rel=\"next\"", search.href(path, Some(&next)))),
            None => answer,
        })
    }

    async fn searched(
        &self,
        search: &Search,
        limit: i32,
        before: Option<&str>,
        call: &Call<'_>,
    ) -> Result<ApprovalListing, Answer> {
        let listing = self.store.approvals(&search.wanted, limit, before).await;
        listing.map_err(|error| refusals::unreadable(&error, call.face(), call.id, None))
    }

    /// Approvals that were approved, of the deployment that is searched for; `None`: no deployment is.
    async fn approved(
        &self,
        search: &Search,
        call: &Call<'_>,
    ) -> Result<Option<Vec<ApprovalSummary>>, Answer> {
        let Some(deployment) = &search.wanted.deployment else { return Ok(None) };
        let approved = self.store.approved(deployment).await;
        approved.map(Some).map_err(|error| refusals::unreadable(&error, call.face(), call.id, None))
    }
}

fn before(call: &Call<'_>) -> Result<Option<Cursor>, Answer> {
    parameters::cursor(call.query).map_err(|problem| refusals::bad_query(&problem, call.face()))
}
