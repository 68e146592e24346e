//! Sign in with Slack: a page on which one picks who to be, and the token that says who that was.
//! <https://docs.slack.dev/authentication/sign-in-with-slack>,
//! <https://docs.slack.dev/reference/methods/openid.connect.token>

use super::api::{Arguments, Outcome};
use super::state::User;
use super::{Shared, Slack};
use crate::stand_in::{hmac_sha256_bytes, locked, page, percent, uuid_of};
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Time within which a code can be exchanged.
const CODE_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Time for which an id token is valid.
const TOKEN_LASTS: SignedDuration = SignedDuration::from_mins(5);

/// The codes that were given out and not exchanged.
#[derive(Default)]
pub struct Codes {
    given: u64,
    open: BTreeMap<String, Code>,
}

struct Code {
    user: String,
    nonce: Option<String>,
    redirect_uri: String,
    at: Timestamp,
}

/// Parameters that the app puts into the address.
#[derive(Deserialize)]
pub struct Ask {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    team: Option<String>,
}

/// Answer of the person: who they are, or `None` to cancel.
#[derive(Deserialize)]
pub struct Choice {
    user: Option<String>,
}

impl Slack {
    /// Lets every code that this person was given grow older by `time`.
    pub fn age_codes(&self, user: &str, time: SignedDuration) {
        let mut codes = locked(&self.shared.own.codes);
        for code in codes.open.values_mut().filter(|code| code.user == user) {
            code.at -= time;
        }
    }
}

/// The page that asks who one is.
pub async fn shown(State(shared): State<Arc<Shared>>, Query(ask): Query<Ask>) -> Response {
    match problem(&shared, &ask) {
        Some(problem) => refused(&problem),
        None => Html(picking(&shared, &ask).into_string()).into_response(),
    }
}

/// Sends the browser back to the app.
pub async fn chosen(
    State(shared): State<Arc<Shared>>,
    Query(ask): Query<Ask>,
    Form(choice): Form<Choice>,
) -> Response {
    if let Some(problem) = problem(&shared, &ask) {
        return refused(&problem);
    }
    let answer = match choice.user {
        None => ("error", "access_denied".to_owned()),
        Some(user) => {
            let workspace = locked(&shared.state);
            if !workspace.users.get(&user).is_some_and(|user| may_sign_in(user, &ask)) {
                return refused("invalid_user: nobody of this workspace");
            }
            ("code", locked(&shared.own.codes).give(&ask, user, (shared.clock)()))
        }
    };
    let mut back = format!("{}?{}={}", ask.redirect_uri, answer.0, percent::encoded(&answer.1));
    if let Some(state) = &ask.state {
        back.push_str(&format!("&state={}", percent::encoded(state)));
    }
    (StatusCode::FOUND, [(header::LOCATION, back)]).into_response()
}

/// Slack's word for what is wrong with what the app asks for.
fn problem(shared: &Shared, ask: &Ask) -> Option<String> {
    let settings = &shared.settings;
    if ask.client_id != settings.client_id {
        return Some("invalid_client_id: no app has this client_id".to_owned());
    }
    if !settings.redirect_urls.contains(&ask.redirect_uri) {
        let passed = &ask.redirect_uri;
        return Some(format!("bad_redirect_uri: not one of the app's redirect URLs. Passed URI: {passed}"));
    }
    if ask.response_type != "code" {
        return Some("invalid_response_type: it must be code".to_owned());
    }
    let scopes: Vec<&str> = ask.scope.split([' ', ',']).collect();
    let known = scopes.iter().all(|scope| matches!(*scope, "openid" | "profile" | "email"));
    if !known || !scopes.contains(&"openid") {
        return Some("invalid_scope: openid is needed, profile and email may be asked for".to_owned());
    }
    None
}

fn refused(problem: &str) -> Response {
    let body = html! { h1 { "Something went wrong when signing in" } p { (problem) } };
    (StatusCode::BAD_REQUEST, Html(frame(&body).into_string())).into_response()
}

/// Whoever has an account, in the workspace that is asked for.
fn may_sign_in(user: &User, ask: &Ask) -> bool {
    !user.deactivated && !user.bot && ask.team.as_ref().is_none_or(|team| *team == user.team)
}

fn picking(shared: &Shared, ask: &Ask) -> Markup {
    let workspace = locked(&shared.state);
    let people = workspace.users.values().filter(|user| may_sign_in(user, ask));
    frame(&html! {
        h1 { "Sign in to " (shared.own.app.name) " with Slack" }
        p { (shared.own.app.name) " will see your name and e-mail address. Who are you?" }
        // A form without an action goes to the page's own address.
        form method="post" {
            @for user in people {
                button.button type="submit" name="user" value=(user.id) {
                    (user.name)
                    @if user.admin { " (admin)" } @else if user.guest { " (guest)" }
                    @else if user.team != shared.own.app.team_id { " (external)" }
                }
            }
            button.button.danger type="submit" { "Cancel" }
        }
    })
}

fn frame(body: &Markup) -> Markup {
    page::plain("Sign in with Slack (stand-in)", include_str!("page.css"), body)
}

impl Codes {
    fn give(&mut self, ask: &Ask, user: String, at: Timestamp) -> String {
        self.given += 1;
        let code = uuid_of(&format!("code {} {user} {at}", self.given)).replace('-', "");
        let (nonce, redirect_uri) = (ask.nonce.clone(), ask.redirect_uri.clone());
        self.open.insert(code.clone(), Code { user, nonce, redirect_uri, at });
        code
    }

    /// Takes a code, so that it can't be exchanged again, and returns the person's sign-in.
    fn exchange(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Result<Code, &'static str> {
        let given = self.open.remove(code).ok_or("invalid_code")?;
        if now.duration_since(given.at) > CODE_LASTS {
            return Err("invalid_code");
        }
        if given.redirect_uri != redirect_uri {
            return Err("bad_redirect_uri");
        }
        Ok(given)
    }
}

/// `openid.connect.token`, which needs the app's id and secret, as arguments or as HTTP Basic, and no token.
pub fn token(shared: &Shared, headers: &HeaderMap, arguments: &Arguments) -> Outcome {
    let (id, secret) = credentials(headers, arguments);
    if id.as_ref() != Some(&shared.settings.client_id) {
        return Err("invalid_client_id".into());
    }
    if secret.as_ref() != Some(&shared.settings.client_secret) {
        return Err("bad_client_secret".into());
    }
    if arguments.text("grant_type").is_some_and(|kind| kind != "authorization_code") {
        return Err("invalid_grant_type".into());
    }
    let code = arguments.text("code").ok_or("invalid_code")?;
    let now = (shared.clock)();
    let redirect_uri = arguments.text("redirect_uri").unwrap_or_default();
    let code = locked(&shared.own.codes).exchange(&code, &redirect_uri, now)?;
    let workspace = locked(&shared.state);
    let user = workspace.users.get(&code.user).filter(|user| !user.deactivated).ok_or("invalid_code")?;
    Ok(json!({
        "access_token": format!("xoxp-{}", uuid_of(&user.id)),
        "token_type": "Bearer",
        "id_token": id_token(shared, user, &code, now),
    }))
}

fn credentials(headers: &HeaderMap, arguments: &Arguments) -> (Option<String>, Option<String>) {
    let basic =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let decoded = basic.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(pair) => {
            let (id, secret) = pair.split_once(':').unwrap_or((&pair, ""));
            (Some(id.to_owned()), Some(secret.to_owned()))
        }
        None => (arguments.text("client_id"), arguments.text("client_secret")),
    }
}

/// The claims as Slack has them, signed with the client's secret.
fn id_token(shared: &Shared, user: &User, code: &Code, now: Timestamp) -> String {
    let claims = json!({
        "iss": "https://slack.com",
        "sub": user.id,
        "aud": shared.settings.client_id,
        "exp": (now + TOKEN_LASTS).as_second(),
        "iat": now.as_second(),
        "auth_time": now.as_second(),
        "nonce": code.nonce,
        "https://slack.com/team_id": user.team,
        "https://slack.com/user_id": user.id,
        "email": user.email,
        "email_verified": true,
        "locale": "en-US",
        "name": user.name,
        "given_name": user.name.split(' ').next(),
        "family_name": user.name.split(' ').skip(1).collect::<Vec<_>>().join(" "),
        "https://slack.com/team_name": shared.own.app.team_domain,
        "https://slack.com/team_domain": shared.own.app.team_domain,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let signature = hmac_sha256_bytes(&shared.settings.client_secret, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
