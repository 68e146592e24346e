//! Sessions: one's own, everybody's, and the end of all that a person has.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::auth::session;
use crate::{auth::credentials, html};
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;
use signoff_store::{Session, StoreError};

impl Console {
    /// The sessions of the person who asks: 1 query.
    pub(super) async fn own_sessions(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let sessions = lasting(self.store.sessions_of_person(&member.id).await, call)?;
        let this = credentials::session_id(call.headers, &self.site).map(|id| id.digest());
        let page = html::own_sessions(&sessions, this.as_deref(), call.visitor(), call.now);
        Ok(Answer::page(StatusCode::OK, page))
    }

    /// Signs the person who asks out everywhere, here too: 1 query and 1 write for each session.
    pub(super) async fn end_own_sessions(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let user = call.member()?.id.as_str();
        self.end_all(user, call).await?;
        let answer = Answer::see_other("/sign-in".to_owned());
        Ok(answer.with(SET_COOKIE, credentials::no_session_cookie(&self.site)))
    }

    /// The sessions of everybody: 1 query.
    pub(super) async fn sessions(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let sessions = lasting(self.store.sessions().await, call)?;
        let part = parameter(call.query, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Ok(Answer::page(StatusCode::OK, html::sessions(&sessions, part, call.visitor(), call.now)))
    }

    /// Signs a person out everywhere, for an admin: 1 query and 1 write for each session.
    pub(super) async fn end_sessions(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.end_all(call.found.segment("user"), call).await?;
        Ok(Answer::see_other("/settings/sessions".to_owned()))
    }

    async fn end_all(&self, user: &str, call: &Call<'_>) -> Result<(), Answer> {
        let ended = self.store.end_sessions_of(user).await.map_err(|error| {
            tracing::error!(request_id = call.id, user, %error, "a person's sessions were not all ended");
            refusals::not_all_ended(call.id)
        })?;
        tracing::info!(request_id = call.id, user, ended, by = call.actor().id, "a person's sessions ended");
        Ok(())
    }
}

/// Those of the sessions that are not over.
fn lasting(read: Result<Vec<Session>, StoreError>, call: &Call<'_>) -> Result<Vec<Session>, Answer> {
    let mut sessions =
        read.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
    sessions.retain(|session| !session::is_over(session, call.now));
    Ok(sessions)
}
