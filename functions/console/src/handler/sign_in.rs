//! Signing in with an API key, and out.

use super::{Call, Console, refusals};
use crate::answer::Answer;
use crate::parameters::parameter;
use crate::place::Next;
use crate::routes::Face;
use crate::site::Site;
use crate::{auth, html};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;
use runtime::secrets::ApiSecret;
use secrecy::SecretString;

impl Console {
    /// The form.
    pub(super) fn sign_in_form(&self, call: &Call<'_>) -> Answer {
        let next = Next::of(parameter(call.query, "next").as_deref());
        Answer::page(StatusCode::OK, html::sign_in(&next, None))
    }

    /// A key typed into the form: a session and the way back, or the form again.
    pub(super) async fn sign_in(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let secret = self.secret.get(call.now).await;
        let secret = secret.map_err(|error| refusals::no_secret(&error, Face::Page, call.id))?;
        signed_in(&secret, &call.form, &self.site, call.now).inspect_err(|_| {
            let request_id = call.id;
            tracing::warn!(request_id, "a key that is none of the stack's was typed into the sign-in form");
        })
    }

    /// Forgets the session.
    pub(super) fn sign_out(&self) -> Answer {
        Answer::see_other("/sign-in".to_owned()).with(SET_COOKIE, auth::no_session_cookie(&self.site))
    }
}

fn signed_in(secret: &ApiSecret, form: &str, site: &Site, now: Timestamp) -> Result<Answer, Answer> {
    let typed = SecretString::from(parameter(form, "key").unwrap_or_default().trim());
    let next = Next::of(parameter(form, "next").as_deref());
    let cookie = auth::is_key(secret, &typed).then(|| auth::session_cookie(&typed, site, now)).flatten();
    match cookie {
        Some(cookie) => Ok(Answer::see_other(next.href().to_owned()).with(SET_COOKIE, cookie)),
        None => {
            let problem = "That is not one of this stack\u{2019}s API keys.";
            Err(Answer::page(StatusCode::UNAUTHORIZED, html::sign_in(&next, Some(problem))))
        }
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
            let (Ok(answer) | Err(answer)) = signed_in(&secret, form, &site, now);
            let response = answer.into_response(&site, false);
            let text = |name: &str| {
                let value = response.headers().get(name).map(|value| value.to_str().unwrap());
                value.unwrap_or_default().to_owned()
            };
            (response.status().as_u16(), text("location"), text("set-cookie"))
        };
        let (status, location, cookie) = send("next=%2Fdeploys%2Fd1&key=+a%2Bkey%2F%26%3D%0A");
        assert_eq!((status, location.as_str()), (303, "/deploys/d1"));
        let mut headers = HeaderMap::new();
        let cookie = cookie.split(';').next().unwrap_or_default();
        headers.insert("cookie", HeaderValue::from_str(cookie).unwrap());
        let credential = auth::credential(&headers, &site).unwrap();
        assert!(auth::visitor(&secret, &credential, now).is_some());
        assert_eq!(send("key=a%2Bkey%2F%26%3D&next=https://evil.example").1, "/");
        for form in ["key=wrong", "key=", "", "next=/", "%ff=%ff"] {
            assert_eq!(send(form), (401, String::new(), String::new()), "{form}");
        }
    }
}
