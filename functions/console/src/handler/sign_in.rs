//! The sign-in page, and signing out.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::place::Next;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::{auth::credentials, html};
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;

impl Console {
    /// The page.
    pub(super) async fn sign_in_form(&self, call: &Call<'_>) -> Answer {
        let next = Next::of(parameter(call.query, "next").as_deref());
        // If that can't be told, people may try: the log says what went wrong.
        let slack = !matches!(self.members.app(call.now).await, Ok(None));
        Answer::page(StatusCode::OK, html::sign_in(&next, None, slack))
    }

    /// Ends the session, if it is a page of that session that wants it, or it is over anyway: 1 write.
    pub(super) async fn sign_out(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let answer = Answer::see_other("/sign-in".to_owned());
        let answer = answer.with(SET_COOKIE, credentials::no_session_cookie(&self.site));
        let Some(id) = credentials::session_id(call.headers, &self.site) else { return Ok(answer) };
        if !credentials::carries_token(&call.form, &id.form_token()) {
            return match self.session(&id, call.now).await {
                Ok(Some(_)) => Err(refusals::session_over()),
                Ok(None) => Ok(answer),
                Err(error) => Err(refusals::unreadable(&error, ErrorFormat::Page, call.id, None)),
            };
        }
        self.store.end_session(&id.digest()).await.map_err(|error| {
            tracing::error!(request_id = call.id, %error, "a session was not ended");
            refusals::not_recorded(call.id)
        })?;
        Ok(answer)
    }
}
