//! Admission: the key or the session that a request shows, and the visitor whose it is.

use super::Console;
use crate::auth::credentials::{self, Credential};
use crate::auth::session::{self, SessionId};
use crate::auth::visitor::{Access, KeyHolder, Visitor, Who};
use jiff::Timestamp;
use lambda_http::http::header::HeaderMap;
use secrecy::SecretString;
use signoff_runtime::api_keys;
use signoff_store::{Session, StoreError};

/// Somebody who is let in.
#[derive(Default)]
pub(super) struct Admitted {
    /// `None`: nobody in particular.
    pub(super) visitor: Option<Visitor>,
    /// The `Set-Cookie` of a session that was renewed.
    pub(super) renewed: Option<String>,
}

/// Somebody who is known by what they show.
struct Known {
    visitor: Visitor,
    /// The `Set-Cookie` of a session that was renewed.
    renewed: Option<String>,
    /// True if Slack's word is old, and Slack did not say who they are by now.
    is_stale: bool,
}

/// Reason why somebody is not let in.
pub(super) enum AuthError {
    /// They show nothing, or nothing that counts.
    Unauthenticated,
    /// They are no member of the Slack workspace any more.
    MembershipRevoked,
    /// Slack did not say whether they still are an admin, and only one may.
    AdminUnverified,
    /// Their credential is not good for this.
    Forbidden(Visitor),
    /// Their credential can't be looked up.
    Store(StoreError),
}

impl Console {
    /// Lets in whoever shows a key or a session that is good for `access`. Nothing is looked up for those who
    /// show nothing.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        access: Access,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Admitted, AuthError> {
        if access == Access::Anyone {
            return Ok(Admitted::default());
        }
        let credential = credentials::credential(headers, &self.site).ok_or(AuthError::Unauthenticated)?;
        let Known { visitor, renewed, is_stale } = match &credential {
            Credential::Session(id) => self.person(id, request_id, now).await?,
            Credential::Key(typed) => {
                Known { visitor: self.key_holder(typed).await?, renewed: None, is_stale: false }
            }
        };
        if !visitor.may(access) {
            Err(AuthError::Forbidden(visitor))
        } else if is_stale && matches!(access, Access::Admin | Access::AdminPerson) {
            // What an admin changes outlives the session of one who is none any more.
            Err(AuthError::AdminUnverified)
        } else {
            // Nor does an older session show what only admins see.
            let visitor = if is_stale { visitor.without_admin() } else { visitor };
            Ok(Admitted { visitor: Some(visitor), renewed })
        }
    }

    /// Holder of the API key that is shown: 1 read.
    async fn key_holder(&self, typed: &SecretString) -> Result<Visitor, AuthError> {
        let holder = api_keys::holder(&self.store, typed).await.map_err(AuthError::Store)?;
        let visitor = holder.map(|holder| Visitor { who: Who::Key(KeyHolder::of(holder)), form_token: None });
        visitor.ok_or(AuthError::Unauthenticated)
    }

    /// The session under this text that is on record and not over: 1 read. One that this release can't read
    /// lets nobody in; they can sign in again.
    pub(super) async fn session(
        &self,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        match self.store.session(&id.digest()).await {
            Ok(session) => Ok(session.filter(|session| !session::is_over(session, now))),
            Err(StoreError::Row { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Person whose session this is. Slack is asked again once its word is old: whoever left the workspace is
    /// out, in every browser. If Slack doesn't say, the session stays as it is, but it no longer opens what
    /// only admins may see or do.
    async fn person(&self, id: &SessionId, request_id: &str, now: Timestamp) -> Result<Known, AuthError> {
        let on_record = async || {
            let session = self.session(id, now).await.map_err(AuthError::Store)?;
            session.ok_or(AuthError::Unauthenticated)
        };
        let session = on_record().await?;
        if !session::is_old(&session, now) {
            return Ok(Known { visitor: id.visitor(session), renewed: None, is_stale: false });
        }
        let user = session.user.as_str();
        let stale = || Known { visitor: id.visitor(session.clone()), renewed: None, is_stale: true };
        let app = match self.members.app(now).await {
            Ok(app) => app.ok_or(AuthError::Unauthenticated)?,
            Err(error) => {
                tracing::error!(request_id, user, %error, "a session could not be renewed");
                return Ok(stale());
            }
        };
        let member = match self.members.member(&app, user).await {
            Ok(Some(member)) => member,
            Ok(None) => {
                tracing::warn!(request_id, user, "a session ended: its person is no member any more");
                if let Err(error) = self.store.end_sessions_of(user).await {
                    tracing::warn!(request_id, user, %error, "some sessions of one who left are still on record");
                }
                return Err(AuthError::MembershipRevoked);
            }
            Err(failure) => {
                let failure = failure.logged();
                tracing::warn!(request_id, user, failure, "a session could not be renewed");
                return Ok(stale());
            }
        };
        let renewed = session::renewed(&session, member, now);
        let session = match self.store.renew_session(&renewed, session.confirmed_at).await {
            Ok(true) => renewed,
            // Somebody ended it, or another tab was faster.
            Ok(false) => on_record().await?,
            Err(error) => {
                tracing::warn!(request_id, user, %error, "a session could not be renewed");
                return Ok(Known { visitor: id.visitor(renewed), renewed: None, is_stale: false });
            }
        };
        let cookie = credentials::session_cookie(&self.site, id, session::lasts(&session, now));
        let is_stale = session::is_old(&session, now);
        Ok(Known { visitor: id.visitor(session), renewed: Some(cookie), is_stale })
    }
}
