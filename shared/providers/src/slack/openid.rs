//! Sign in with Slack: OpenID Connect's code flow, as
//! <https://docs.slack.dev/authentication/sign-in-with-slack> has it.
//!
//! Slack sends the browser back with a code; the code buys an id token, which says who it is. The token comes
//! from Slack's own token endpoint over TLS, which stands for its signature:
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>, 3.1.3.7, 6.

use super::client::classified;
use super::failure::Call;
use super::wire;
use crate::failure::{Failure, Repeat};
use crate::http::url;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Issuer of id tokens.
const ISSUER: &str = "https://slack.com";
/// Most that our clock may differ from Slack's.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The Signoff app, as it signs people in. Clones share their connections.
#[derive(Clone, Debug)]
pub struct SignIn {
    http: Client,
    base: String,
    client_id: String,
    client_secret: SecretString,
}

/// Parameters that the browser takes along to Slack.
#[derive(Clone, Copy, Debug)]
pub struct SignInRequest<'a> {
    /// Comes back with the code: whoever began here comes back here.
    pub state: &'a str,
    /// Comes back in the id token: the token is for this sign-in and no other.
    pub nonce: &'a str,
    /// Address to which Slack sends the browser; one of the app's redirect URLs.
    pub redirect_uri: &'a str,
    /// The workspace to sign in to.
    pub team: &'a str,
}

/// Reason why an id token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It doesn't look like one.
    #[error("the id token is malformed")]
    Malformed,
    /// Somebody else than Slack made it.
    #[error("the id token is not of https://slack.com")]
    Issuer,
    /// It is for another app.
    #[error("the id token is for another app's client id")]
    Audience,
    /// It is too old, or of a time to come.
    #[error("the id token is not valid now")]
    Expired,
    /// It is for another sign-in.
    #[error("the id token has another nonce than this sign-in")]
    Nonce,
    /// It is of somebody in another workspace.
    #[error("the person signed in to another workspace")]
    Team,
}

/// Returns the address for signing in, based on `authorize_url`
/// (`https://slack.com/openid/connect/authorize`).
///
/// # Errors
///
/// [`Failure::Permanent`] if `authorize_url` (a setting) is no `http` or `https` address.
pub fn authorize_url(
    authorize_url: &str,
    client_id: &str,
    ask: &SignInRequest<'_>,
) -> Result<String, Failure> {
    let mut address = url(authorize_url, [])?;
    address.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("client_id", client_id),
        ("state", ask.state),
        ("nonce", ask.nonce),
        ("redirect_uri", ask.redirect_uri),
        ("team", ask.team),
    ]);
    Ok(address.into())
}

impl SignIn {
    /// The app with this id and secret, and the Web API at `base` (`https://slack.com/api`).
    pub fn new(
        http: Client,
        base: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: SecretString,
    ) -> Self {
        Self { http, base: base.into(), client_id: client_id.into(), client_secret }
    }

    /// Buys the id token with the code that came back to `redirect_uri`; gives up after `time`. A code buys
    /// one token: asked again, Slack refuses. <https://docs.slack.dev/reference/methods/openid.connect.token>
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if the code was used, is too old, or is none: the person may sign in again.
    pub async fn exchange(&self, code: &str, redirect_uri: &str, time: Duration) -> Result<String, Failure> {
        let call = Call { method: "openid.connect.token", subject: "a sign-in", repeat: Repeat::Harmless };
        let form = [
            ("client_id", self.client_id.trim()),
            ("client_secret", self.client_secret.expose_secret().trim()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ];
        let request =
            self.http.request(Method::POST, url(&self.base, [call.method])?).form(&form).timeout(time);
        let answer: wire::Token = classified(call, request).await?;
        Ok(answer.id_token)
    }

    /// The Slack user id of whom `id_token` is about, for a sign-in to the workspace `team` that was begun
    /// with `nonce`.
    ///
    /// # Errors
    ///
    /// Any claim that is missing or different: nobody is signed in.
    pub fn identity(
        &self,
        id_token: &str,
        nonce: &str,
        team: &str,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let payload = id_token.split('.').nth(1).ok_or(TokenError::Malformed)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| TokenError::Malformed)?;
        let claims: wire::Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
        let at = |seconds| Timestamp::from_second(seconds).map_err(|_| TokenError::Malformed);
        let (issued, expires) = (at(claims.iat)?, at(claims.exp)?);
        if claims.iss != ISSUER {
            return Err(TokenError::Issuer);
        }
        if claims.aud != self.client_id.trim() {
            return Err(TokenError::Audience);
        }
        if now.duration_since(expires) >= CLOCK_MARGIN || issued.duration_since(now) > CLOCK_MARGIN {
            return Err(TokenError::Expired);
        }
        if nonce.is_empty() || claims.nonce.as_deref() != Some(nonce) {
            return Err(TokenError::Nonce);
        }
        if team.is_empty() || claims.team_id != team {
            return Err(TokenError::Team);
        }
        Ok(claims.user_id)
    }
}

#[cfg(test)]
mod tests;
