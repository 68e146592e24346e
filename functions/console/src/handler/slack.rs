//! Signing in with Slack: the way there, and the way back.

use super::{Call, Console};
use crate::address::parameters::parameter;
use crate::address::place::Next;
use crate::answer::Answer;
use crate::auth::login_state::{self, LoginState};
use crate::auth::members::{ASK_WITHIN, App};
use crate::auth::session::{self, SessionId};
use crate::auth::visitor::Member;
use crate::{auth::credentials, html};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use lambda_http::http::header::SET_COOKIE;
use signoff_providers::Failure;
use signoff_providers::slack::{SignInRequest, TokenError, authorize_url};
use signoff_store::{CommitError, Session};

/// Reason why somebody who came back from Slack is not signed in.
#[derive(Debug)]
enum Problem {
    /// No sign-in is under way in this browser, or it took too long.
    NoTicket,
    /// The one that is under way is another one.
    OtherState,
    /// They did not want to.
    Denied,
    /// Slack did not want to; its word for why.
    Refused(String),
    /// They are no member of the workspace.
    NoMember { user: Option<String> },
    /// The id token is not for this sign-in.
    Token(TokenError),
    /// Slack could not be asked, or did not take the code.
    Slack(Failure),
    /// The session can't be put on record.
    Record(CommitError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Slack(failure)
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Team => Self::NoMember { user: None },
            TokenError::Malformed
            | TokenError::Issuer
            | TokenError::Audience
            | TokenError::Expired
            | TokenError::Nonce => Self::Token(error),
        }
    }
}

impl Problem {
    /// Status and message for the person. Strangers learn no more than that they are strangers.
    fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoTicket | Self::Slack(Failure::Refusal(_)) => (
                StatusCode::BAD_REQUEST,
                "This sign-in took longer than ten minutes or was already used. Sign in again.",
            ),
            Self::OtherState => (
                StatusCode::FORBIDDEN,
                "This sign-in didn\u{2019}t start on this page in this browser. Sign in again from here.",
            ),
            Self::Denied => (
                StatusCode::FORBIDDEN,
                "You didn\u{2019}t allow Slack to share who you are. Sign in again and allow it.",
            ),
            Self::NoMember { .. } => (
                StatusCode::FORBIDDEN,
                "Only members of this Slack workspace can sign in, no guests and nobody from another workspace.",
            ),
            Self::Token(_) => (
                StatusCode::FORBIDDEN,
                "Slack\u{2019}s answer doesn\u{2019}t match this sign-in. Sign in again from here.",
            ),
            Self::Slack(Failure::Retryable { .. } | Failure::Unanswered(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Slack isn\u{2019}t answering right now. Sign in again in a moment.",
            ),
            Self::Record(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Signoff couldn\u{2019}t save your session. Sign in again in a moment.",
            ),
            Self::Refused(_) | Self::Slack(Failure::Permanent(_) | Failure::Conflict(_)) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Sign-in with Slack isn\u{2019}t working right now. The console\u{2019}s log says why.",
            ),
        }
    }

    /// The one line of the log.
    fn log(&self, request_id: &str) {
        let problem = "nobody was signed in with Slack";
        match self {
            Self::Refused(reason) => tracing::error!(request_id, reason, "{problem}"),
            Self::Slack(failure @ (Failure::Permanent(_) | Failure::Conflict(_))) => {
                tracing::error!(request_id, failure = failure.logged(), "{problem}");
            }
            Self::Slack(failure) => tracing::warn!(request_id, failure = failure.logged(), "{problem}"),
            Self::Token(error) => tracing::warn!(request_id, %error, "{problem}"),
            Self::NoMember { user } => {
                tracing::warn!(request_id, user, reason = "no member of the workspace", "{problem}");
            }
            Self::NoTicket => tracing::warn!(request_id, reason = "no sign-in is under way", "{problem}"),
            Self::OtherState => tracing::warn!(request_id, reason = "the state is another one", "{problem}"),
            Self::Record(error) => tracing::error!(request_id, %error, "{problem}"),
            Self::Denied => tracing::info!(request_id, reason = "access_denied", "{problem}"),
        }
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], Failure> {
    signoff_runtime::random::bytes()
        .map_err(|error| Failure::Permanent(format!("there is no randomness: {error}")))
}

impl Console {
    /// The way to Slack. It is a link on a page and not a redirect: browsers let the console's forms lead to
    /// the console only.
    pub(super) async fn go_to_slack(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let next = Next::of(parameter(&call.form, "next").as_deref());
        let app = self.app(call, &next).await?;
        let begun = async {
            let ticket = LoginState::new(&next, random()?, call.now);
            let redirect_uri = self.site.sign_in_callback();
            let team = self.members.team(&app).await?;
            let (state, nonce) = (&ticket.state(), &ticket.nonce());
            let ask = SignInRequest { state, nonce, redirect_uri: &redirect_uri, team };
            let address = authorize_url(&self.members.authorize_url, app.client_id(), &ask)?;
            Ok::<_, Failure>((address, ticket.value()))
        };
        match begun.await {
            Ok((address, value)) => {
                let cookie = credentials::login_state_cookie(&self.site, &value, login_state::LASTS);
                Ok(Answer::page(StatusCode::OK, html::to_slack(&address)).with(SET_COOKIE, cookie))
            }
            Err(failure) => Err(self.not_signed_in(call, &next, &failure.into())),
        }
    }

    /// The way back from Slack: a session, and the page that the person wanted to see.
    pub(super) async fn back_from_slack(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let home = Next::of(None);
        let app = self.app(call, &home).await?;
        let value = credentials::login_state(call.headers, &self.site);
        let ticket = value.and_then(|value| LoginState::read(value, call.now));
        let next = ticket.as_ref().map_or(home, LoginState::next);
        let signed_in = match &ticket {
            Some(ticket) => self.come_back(call, &app, ticket).await,
            None => Err(Problem::NoTicket),
        };
        let begun = match signed_in {
            Ok(member) => self.begin_session(call, member).await,
            Err(problem) => Err(problem),
        };
        let forget = credentials::login_state_cookie(&self.site, "", SignedDuration::ZERO);
        match begun {
            Ok((id, session)) => {
                tracing::info!(request_id = call.id, user = session.user, "signed in with Slack");
                let cookie = credentials::session_cookie(&self.site, &id, session::lasts(&session, call.now));
                let answer = Answer::see_other(next.href().to_owned());
                Ok(answer.with(SET_COOKIE, cookie).with(SET_COOKIE, forget))
            }
            Err(problem) => Err(self.not_signed_in(call, &next, &problem).with(SET_COOKIE, forget)),
        }
    }

    /// A new session of the member: 1 write, and 1 that ends the one which this browser had.
    async fn begin_session(&self, call: &Call<'_>, member: Member) -> Result<(SessionId, Session), Problem> {
        let id = SessionId::new(random()?);
        let session = session::begin(&id, member, call.now);
        self.store.begin_session(&session).await.map_err(Problem::Record)?;
        if let Some(earlier) = credentials::session_id(call.headers, &self.site)
            && let Err(error) = self.store.end_session(&earlier.digest()).await
        {
            tracing::warn!(request_id = call.id, %error, "the browser's earlier session goes on until it expires");
        }
        Ok((id, session))
    }

    /// Member who came back, identified by the code that Slack gave them.
    async fn come_back(&self, call: &Call<'_>, app: &App, ticket: &LoginState) -> Result<Member, Problem> {
        let said = |name| parameter(call.query, name).unwrap_or_default();
        if !ticket.is_of(&said("state")) {
            return Err(Problem::OtherState);
        }
        match said("error").as_str() {
            "" => {}
            "access_denied" => return Err(Problem::Denied),
            other => return Err(Problem::Refused(other.chars().take(100).collect())),
        }
        let sign_in = self.members.sign_in(app).await?;
        let team = self.members.team(app).await?;
        let token = sign_in.exchange(&said("code"), &self.site.sign_in_callback(), ASK_WITHIN).await?;
        let user = sign_in.identity(&token, &ticket.nonce(), team, call.now)?;
        let member = self.members.member(app, &user).await?;
        member.ok_or(Problem::NoMember { user: Some(user) })
    }

    /// The app. `Err`: people can't sign in with it.
    async fn app(&self, call: &Call<'_>, next: &Next) -> Result<App, Answer> {
        let problem = match self.members.app(call.now).await {
            Ok(Some(app)) => return Ok(app),
            Ok(None) => "SlackAppSecret has no client_id and client_secret".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(self.not_signed_in(call, next, &Failure::Permanent(problem).into()))
    }

    /// The sign-in page, which says why.
    fn not_signed_in(&self, call: &Call<'_>, next: &Next, problem: &Problem) -> Answer {
        problem.log(call.id);
        let (status, text) = problem.told();
        Answer::page(status, html::sign_in(next, Some(text), true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn each_problem_says_what_to_do() {
        let failures = [
            Failure::Refusal("invalid_code".into()),
            Failure::retryable("Slack gave no answer".to_owned()),
            Failure::Permanent("bad_client_secret".into()),
        ];
        let mut problems = vec![
            Problem::NoTicket,
            Problem::OtherState,
            Problem::Denied,
            Problem::Refused("server_error".into()),
            Problem::NoMember { user: Some("U1".into()) },
            TokenError::Team.into(),
            TokenError::Nonce.into(),
            Problem::Record(CommitError::Conflict),
        ];
        problems.extend(failures.map(Problem::from));
        let mut told = String::new();
        for problem in &problems {
            let (status, text) = problem.told();
            writeln!(told, "{problem:?}: {} {text}", status.as_u16()).unwrap();
        }
        insta::assert_snapshot!(told, @r#"
        NoTicket: 400 This sign-in took longer than ten minutes or was already used. Sign in again.
        OtherState: 403 This sign-in didn’t start on this page in this browser. Sign in again from here.
        Denied: 403 You didn’t allow Slack to share who you are. Sign in again and allow it.
        Refused("server_error"): 500 Sign-in with Slack isn’t working right now. The console’s log says why.
        NoMember { user: Some("U1") }: 403 Only members of this Slack workspace can sign in, no guests and nobody from another workspace.
        NoMember { user: None }: 403 Only members of this Slack workspace can sign in, no guests and nobody from another workspace.
        Token(Nonce): 403 Slack’s answer doesn’t match this sign-in. Sign in again from here.
        Record(Conflict): 503 Signoff couldn’t save your session. Sign in again in a moment.
        Slack(Refusal("invalid_code")): 400 This sign-in took longer than ten minutes or was already used. Sign in again.
        Slack(Retryable { message: "Slack gave no answer", retry_after: None }): 503 Slack isn’t answering right now. Sign in again in a moment.
        Slack(Permanent("bad_client_secret")): 500 Sign-in with Slack isn’t working right now. The console’s log says why.
        "#);
    }
}
