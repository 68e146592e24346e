//! The console: finds out what is asked for and by whom, and has it answered.
//!
//! A request goes `routes` -> the door, here -> an endpoint of the modules below: reads of the record -> `view` -> `html` or
//! `json` -> `answer`, all of which are pure functions.

mod documents;
mod keys;
mod pages;
mod refusals;
mod settings;
mod sign_in;

use crate::answer::Answer;
use crate::auth::Credential;
use crate::place::Next;
use crate::routes::{self, Endpoint, Face, Found};
use crate::site::Site;
use crate::visitor::{Access, KeyHolder, Visitor, Who};
use crate::{assets, auth};
use jiff::Timestamp;
use lambda_http::http::Method;
use lambda_http::http::header::HeaderMap;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use runtime::api_keys::{self, Holder, KeysError};
use runtime::aws::Aws;
use runtime::connections::Connections;
use runtime::secrets::{ApiSecret, Secret, SecretError};
use runtime::settings::{SettingError, Settings};
use std::borrow::Cow;
use store::{Actor, Store, StoreError};

/// All that people type into a form of the console fits many times into this.
const LONGEST_FORM: usize = 64 * 1024;

/// The console of one stack.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) store: Store,
    connections: Connections,
    secret: Secret<ApiSecret>,
    pub(crate) site: Site,
}

/// A request that was found in the table of routes, and let in.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) found: Found<'a>,
    /// `None`: somebody who is not signed in, at an address that is open to anyone.
    visitor: Option<Visitor>,
    /// The request's id, for the log.
    pub(crate) id: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) query: &'a str,
    /// What was sent with POST; empty otherwise.
    pub(crate) form: Cow<'a, str>,
}

/// Why somebody is not let in.
enum Closed {
    /// They show nothing, or nothing that counts.
    NoKey,
    /// What they show is not good for this.
    NotAllowed(Visitor),
    /// There is nothing to compare with.
    NoSecret(SecretError),
    /// What they show can't be looked up.
    NoRecord(StoreError),
}

impl From<KeysError> for Closed {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Secret(error) => Self::NoSecret(error),
            KeysError::Record(error) => Self::NoRecord(error),
        }
    }
}

impl Call<'_> {
    /// Who asks. At an address that is open to anyone, nobody in particular.
    pub(crate) fn visitor(&self) -> Option<&Visitor> {
        self.visitor.as_ref()
    }

    /// Who asks, as they are put on record. At an address that is open to anyone, nobody.
    fn actor(&self) -> Actor {
        let nobody = || Actor { id: String::new(), name: "nobody".to_owned() };
        self.visitor.as_ref().map_or_else(nobody, Visitor::actor)
    }

    /// How errors are told.
    pub(crate) fn face(&self) -> Face {
        self.found.entry.face
    }
}

impl Console {
    /// The console as the settings `RECORD_TABLE`, `RETENTION_DAYS`, `DEPLOYMENTS`, `API_SECRET` and `PUBLIC_URL` describe it. Error: one that is missing or
    /// can't be read. Nothing is asked of AWS yet.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        let public_url = settings.required("PUBLIC_URL")?;
        Ok(Self {
            store: settings.store(aws)?,
            connections: settings.connections()?,
            secret: Secret::new(settings, "API_SECRET", aws)?,
            site: Site::new(public_url).map_err(|problem| Settings::error("PUBLIC_URL", problem))?,
        })
    }

    /// Answers a request at `now`, whatever it is: errors are answers too, and those of the console's own are logged with
    /// the request's id.
    pub(crate) async fn handle(&self, request: Request, now: Timestamp) -> Response<Body> {
        let id = request_id(&request);
        let answer = self.answer(&request, &id, now).await.unwrap_or_else(|refusal| refusal);
        answer.into_response(&self.site, request.method() == Method::HEAD)
    }

    /// The door. `Err`: the answer to who is not let in.
    async fn answer(&self, request: &Request, id: &str, now: Timestamp) -> Result<Answer, Answer> {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let headers = request.headers();
        let found = routes::find(request.method(), path)
            .map_err(|misroute| refusals::misrouted(&misroute, Face::of(path)))?;
        let entry = found.entry;
        let posted = entry.method == Method::POST;
        if posted && !auth::sent_by_own_page(headers, &self.site) {
            return Err(refusals::foreign_form());
        }
        let body: &[u8] = if posted { request.body().as_ref() } else { &[] };
        if body.len() > LONGEST_FORM {
            return Err(refusals::too_long());
        }
        let form = String::from_utf8_lossy(body);
        let visitor = match self.admit(headers, entry.access, now).await {
            Ok(visitor) => visitor,
            Err(Closed::NoKey) if entry.face == Face::Json => return Err(refusals::no_key()),
            Err(Closed::NoKey) if posted => return Err(refusals::session_over()),
            Err(Closed::NoKey) => return Err(Answer::see_other(Next::new(path, query).sign_in_href())),
            Err(Closed::NotAllowed(visitor)) => return Err(refusals::not_allowed(&visitor, entry)),
            Err(Closed::NoRecord(error)) => {
                return Err(refusals::unreadable(&error, entry.face, id, None));
            }
            Err(Closed::NoSecret(error)) => return Err(refusals::no_secret(&error, entry.face, id)),
        };
        if posted && visitor.as_ref().is_some_and(|visitor| !auth::has_form_token(visitor, &form)) {
            return Err(refusals::session_over());
        }
        let call = Call { found, visitor, id, now, query, form };
        self.endpoint(&call).await
    }

    async fn endpoint(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        match call.found.entry.endpoint {
            Endpoint::Home => Ok(Answer::see_other("/deploys".to_owned())),
            Endpoint::Deploys => self.deploys(call).await,
            Endpoint::Deploy => self.deploy(call).await,
            Endpoint::Keys => self.keys(call).await,
            Endpoint::CreateKey => self.create_key(call).await,
            Endpoint::RevokeKey => self.revoke_key(call).await,
            Endpoint::SettingsForm => self.settings_form(call).await,
            Endpoint::SaveSettings => self.save_settings(call).await,
            Endpoint::Disconnect => self.disconnect(call).await,
            Endpoint::Connect => self.connect(call).await,
            Endpoint::Setup => self.setup(call).await,
            Endpoint::SignInForm => Ok(self.sign_in_form(call)),
            Endpoint::SignIn => self.sign_in(call).await,
            Endpoint::SignOut => Ok(self.sign_out()),
            Endpoint::Asset => {
                let asset = assets::find(call.found.segment("file"));
                asset
                    .map(Answer::asset)
                    .ok_or_else(|| refusals::misrouted(&routes::Misroute::NotFound, Face::Page))
            }
            Endpoint::DeploysJson => self.deploys_json(call).await,
            Endpoint::DeployJson => self.deploy_json(call).await,
            Endpoint::ApprovalsJson => self.approvals_json(call).await,
            Endpoint::EventsJson => self.events_json(call).await,
        }
    }

    /// Lets in whoever shows a key or a session that is good for `access`. No secret is read for those who show nothing.
    async fn admit(
        &self,
        headers: &HeaderMap,
        access: Access,
        now: Timestamp,
    ) -> Result<Option<Visitor>, Closed> {
        if access == Access::Anyone {
            return Ok(None);
        }
        let credential = auth::credential(headers, &self.site).ok_or(Closed::NoKey)?;
        let visitor = match &credential {
            Credential::Key(typed) => {
                let holder = api_keys::holder(&self.store, &self.secret, typed, now).await?;
                holder.map(|holder| Visitor { who: Who::Key(KeyHolder::of(holder)), form_token: None })
            }
            Credential::Session(value) => {
                let secret = self.secret.get(now).await.map_err(Closed::NoSecret)?;
                match auth::created_key(&secret, value, now) {
                    Some((id, token)) => {
                        let holder = self.store.key(id).await.map_err(Closed::NoRecord)?.and_then(Holder::of);
                        let who = holder.map(|holder| Who::Key(KeyHolder::of(holder)));
                        who.map(|who| Visitor { who, form_token: Some(token) })
                    }
                    None => auth::visitor(&secret, value, now),
                }
            }
        };
        let visitor = visitor.ok_or(Closed::NoKey)?;
        if visitor.may(access) { Ok(Some(visitor)) } else { Err(Closed::NotAllowed(visitor)) }
    }
}

/// The id under which the gateway's access log, and so the caller, knows a request; else Lambda's.
fn request_id(request: &Request) -> String {
    let gateway = request.request_context_ref().and_then(|context| match context {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        #[allow(
            unreachable_patterns,
            reason = "other kinds of requests exist where another crate of the build enables them"
        )]
        _ => None,
    });
    gateway.or_else(|| Some(request.lambda_context_ref()?.request_id.clone())).unwrap_or_default()
}

#[cfg(test)]
mod tests;
