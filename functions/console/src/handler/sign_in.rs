//! The sign-in page, signing in with an API key, and out.

use super::{Admitted, Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::place::Next;
use crate::address::routes::ErrorFormat;
use crate::address::site::Site;
use crate::answer::Answer;
use crate::auth::visitor::Access;
use crate::{auth::credentials, html};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;
use secrecy::SecretString;
use signoff_runtime::api_keys::{self, Holder, KeysError};

impl Console {
    /// The page.
    pub(super) async fn sign_in_form(&self, call: &Call<'_>) -> Answer {
        let next = Next::of(parameter(call.query, "next").as_deref());
        let slack = self.signs_in_with_slack(call).await;
        Answer::page(StatusCode::OK, html::sign_in(&next, None, slack))
    }

    /// True if people can sign in with Slack. If that can't be told, they may try: the log says what went
    /// wrong.
    async fn signs_in_with_slack(&self, call: &Call<'_>) -> bool {
        !matches!(self.members.app(call.now).await, Ok(None))
    }

    /// A key typed into the form: a session and the way back, or the form again.
    pub(super) async fn sign_in(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let typed = SecretString::from(parameter(&call.form, "key").unwrap_or_default().trim());
        let next = Next::of(parameter(&call.form, "next").as_deref());
        let no_secret = |error| refusals::no_secret(&error, ErrorFormat::Page, call.id);
        let holder = api_keys::holder(&self.store, &self.secrets, &typed, call.now).await;
        let holder = holder.map_err(|error| match error {
            KeysError::Secret(error) => no_secret(error),
            KeysError::Record(error) => refusals::unreadable(&error, ErrorFormat::Page, call.id, None),
        })?;
        match session(holder.as_ref(), &typed, &self.site, call.now) {
            Ok(cookie) => Ok(Answer::see_other(next.href().to_owned()).with(SET_COOKIE, cookie)),
            Err(problem) => {
                let request_id = call.id;
                tracing::warn!(
                    request_id,
                    problem,
                    "a key that is not good for signing in was typed into the sign-in form"
                );
                let slack = self.signs_in_with_slack(call).await;
                Err(Answer::page(StatusCode::UNAUTHORIZED, html::sign_in(&next, Some(problem), slack)))
            }
        }
    }

    /// Forgets the session, if it is a page of that session that wants it, or it is over anyway.
    pub(super) async fn sign_out(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let admitted = self.admit(call.headers, Access::Viewer, call.id, call.now).await;
        if let Ok(Admitted { visitor: Some(visitor), .. }) = admitted
            && !credentials::has_form_token(&visitor, &call.form)
        {
            return Err(refusals::session_over());
        }
        let answer = Answer::see_other("/sign-in".to_owned());
        Ok(answer.with(SET_COOKIE, credentials::no_session_cookie(&self.site)))
    }
}

/// The session of who typed the key `typed`, as `holder` is known by it. Error: why there is none.
fn session(
    holder: Option<&Holder>,
    typed: &SecretString,
    site: &Site,
    now: Timestamp,
) -> Result<String, &'static str> {
    let holder = holder.ok_or("That is not one of this stack\u{2019}s API keys.")?;
    if !holder.is_of_secret() {
        return Err("That key is for programs that use /api/v1. Sign in with Slack instead.");
    }
    credentials::session_cookie(typed, site, now).ok_or("That key can\u{2019}t be used to sign in.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_store::{Actor, Scope};

    #[test]
    fn a_key_of_the_secret_makes_a_session_and_others_do_not() {
        let typed = SecretString::from("k");
        let site = Site::new("https://signoff.example.com").unwrap();
        let now = "2026-11-23T10:42:00Z".parse().unwrap();
        let made = |id: &str, scopes: &[Scope]| {
            let key = Actor { id: id.to_owned(), name: "CI".to_owned() };
            let holder = Holder { key, scopes: scopes.iter().copied().collect(), deployments: Vec::new() };
            session(Some(&holder), &typed, &site, now)
        };
        assert!(made("secret", &Scope::ALL).unwrap().starts_with("__Host-signoff=1."));
        for scope in Scope::ALL {
            assert!(made("00050a0f1419", &[scope]).unwrap_err().contains("for programs"), "{scope:?}");
        }
        assert!(session(None, &typed, &site, now).unwrap_err().contains("not one of"));
    }
}
