//! The sign-in page, signing in with an API key, and out.

use super::{Admitted, Call, Console, refusals};
use crate::answer::Answer;
use crate::parameters::parameter;
use crate::place::Next;
use crate::routes::Face;
use crate::site::Site;
use crate::visitor::Access;
use crate::{auth, html};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;
use runtime::secrets::ApiSecret;
use secrecy::SecretString;

impl Console {
    /// The page.
    pub(super) async fn sign_in_form(&self, call: &Call<'_>) -> Answer {
        let next = Next::of(parameter(call.query, "next").as_deref());
        let slack = self.signs_in_with_slack(call).await;
        Answer::page(StatusCode::OK, html::sign_in(&next, None, slack))
    }

    /// Whether people can sign in with Slack. Where that can't be told, it is for them to try: the log will say.
    async fn signs_in_with_slack(&self, call: &Call<'_>) -> bool {
        !matches!(self.members.app(call.now).await, Ok(None))
    }

    /// A key typed into the form: a session and the way back, or the form again.
    pub(super) async fn sign_in(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let secret = self.secret.get(call.now).await;
        let secret = secret.map_err(|error| refusals::no_secret(&error, Face::Page, call.id))?;
        match signed_in(&secret, &call.form, &self.site, call.now) {
            Ok(answer) => Ok(answer),
            Err(next) => {
                let request_id = call.id;
                tracing::warn!(
                    request_id,
                    "a key that is none of the stack's was typed into the sign-in form"
                );
                let problem = Some("That is not one of this stack\u{2019}s API keys.");
                let slack = self.signs_in_with_slack(call).await;
                Err(Answer::page(StatusCode::UNAUTHORIZED, html::sign_in(&next, problem, slack)))
            }
        }
    }

    /// Forgets the session, if it is a page of that session that wants it, or it is over anyway.
    pub(super) async fn sign_out(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let admitted = self.admit(call.headers, Access::Reader, call.id, call.now).await;
        if let Ok(Admitted { visitor: Some(visitor), .. }) = admitted
            && !auth::has_form_token(&visitor, &call.form)
        {
            return Err(refusals::session_over());
        }
        let answer = Answer::see_other("/sign-in".to_owned());
        Ok(answer.with(SET_COOKIE, auth::no_session_cookie(&self.site)))
    }
}

/// A session and the way back. `Err`: the key is none of the stack's; where the way back leads.
fn signed_in(secret: &ApiSecret, form: &str, site: &Site, now: Timestamp) -> Result<Answer, Next> {
    let typed = SecretString::from(parameter(form, "key").unwrap_or_default().trim());
    let next = Next::of(parameter(form, "next").as_deref());
    let cookie = auth::is_key(secret, &typed).then(|| auth::session_cookie(&typed, site, now)).flatten();
    match cookie {
        Some(cookie) => Ok(Answer::see_other(next.href().to_owned()).with(SET_COOKIE, cookie)),
        None => Err(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::http::header::{HeaderMap, HeaderValue};

    #[test]
    fn a_right_key_leads_back_with_a_session_and_a_wrong_one_to_the_form() {
        let secret = ApiSecret { keys: vec![SecretString::from("a+key/&=")] };
        let site = Site::new("https://signoff.example.com").unwrap();
        let now = "2026-11-23T10:42:00Z".parse().unwrap();
        let send = |form: &str| {
            let response = signed_in(&secret, form, &site, now)?.into_response(&site, false);
            let text = |name: &str| {
                let value = response.headers().get(name).map(|value| value.to_str().unwrap());
                value.unwrap_or_default().to_owned()
            };
            Ok::<_, Next>((response.status().as_u16(), text("location"), text("set-cookie")))
        };
        let (status, location, cookie) = send("next=%2Fdeploys%2Fd1&key=+a%2Bkey%2F%26%3D%0A").unwrap();
        assert_eq!((status, location.as_str()), (303, "/deploys/d1"));
        let mut headers = HeaderMap::new();
        let cookie = cookie.split(';').next().unwrap_or_default();
        headers.insert("cookie", HeaderValue::from_str(cookie).unwrap());
        let credential = auth::credential(&headers, &site).unwrap();
        assert!(auth::visitor(&secret, &credential, now).is_some());
        assert_eq!(send("key=a%2Bkey%2F%26%3D&next=https://evil.example").unwrap().1, "/");
        for form in ["key=wrong", "key=", "", "next=/", "%ff=%ff"] {
            assert_eq!(send(form), Err(Next::of(None)), "{form}");
        }
        assert_eq!(send("key=wrong&next=/deploys/d1"), Err(Next::of(Some("/deploys/d1"))));
    }
}
