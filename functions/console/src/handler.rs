//! The console: finds out what is asked for and by whom, and has it answered.
//!
//! A request goes `routes` -> the door, here and in `admission` -> an endpoint of the modules below: reads of
//! the record -> `view` -> `html` or `json` -> `answer`, all of which are pure functions.

mod admission;
mod again;
mod base;
mod deployments;
mod documents;
mod keys;
mod nobody;
mod overtaken;
mod pages;
mod people;
mod policy;
mod record;
mod refusals;
mod repository_number;
mod rules_in_force;
mod secrets;
mod sessions;
mod settings;
mod sign_in;
mod slack;
mod votes;
mod wizard;

use crate::address::parameters::BadQuery;
use crate::address::place::Next;
use crate::address::routes::{self, Endpoint, ErrorFormat, Found};
use crate::address::site::Site;
use crate::answer::Answer;
use crate::auth::credentials::Credential;
use crate::auth::members::Members;
use crate::auth::visitor::{Member, Visitor, Who};
use crate::provider_clients::ProviderClients;
use crate::wizard::Form;
use crate::{assets, auth::credentials, json};
use admission::{Admitted, AuthError};
use jiff::Timestamp;
use lambda_http::http::Method;
use lambda_http::http::header::{HeaderMap, SET_COOKIE};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use signoff_core::deploy::Slug;
use signoff_runtime::aws::Aws;
use signoff_runtime::connections::Connections;
use signoff_runtime::credentials::StackFunction;
use signoff_runtime::secrets::Secrets;
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{Actor, Store};
use signoff_voting::Accounts;
use std::borrow::Cow;
use std::sync::Arc;

/// All that people type into a form of the console fits many times into this.
const LONGEST_FORM: usize = 64 * 1024;
/// The longest form with a file of people.
const LONGEST_FILE: usize = 1024 * 1024;

/// The console of one stack.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) store: Store,
    connections: Connections,
    secrets: Arc<Secrets>,
    pub(crate) members: Members,
    accounts: Accounts,
    pub(crate) site: Site,
    outside: ProviderClients,
    /// The repository of the stack's policy; `None`: no policy binds it.
    policy_repository: Option<String>,
}

/// A request that was found in the table of routes, and let in.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) found: Found<'a>,
    /// Format in which errors are answered.
    face: ErrorFormat,
    /// `None`: somebody who is not signed in, at an address that is open to anyone.
    visitor: Option<Visitor>,
    /// The request's id, for the log.
    pub(crate) id: &'a str,
    pub(crate) now: Timestamp,
    headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    /// Body of a POST request; empty otherwise.
    pub(crate) form: Cow<'a, str>,
}

impl Call<'_> {
    /// Sender of the request. `None`: somebody who is not signed in, at an address that is open to anyone.
    pub(crate) fn visitor(&self) -> Option<&Visitor> {
        self.visitor.as_ref()
    }

    /// The person who asks. `Err`: the answer to somebody who is none.
    pub(crate) fn member(&self) -> Result<&Member, Answer> {
        match self.visitor().map(|visitor| (&visitor.who, visitor)) {
            Some((Who::Person(member), _)) => Ok(member),
            Some((Who::Key(_), visitor)) => Err(refusals::not_allowed(visitor, self.found.entry, self.face)),
            None => Err(refusals::session_over()),
        }
    }

    /// Sender of the request, for the record. At an address that is open to anyone, nobody.
    fn actor(&self) -> Actor {
        let nobody = || Actor { id: String::new(), name: "nobody".to_owned() };
        self.visitor.as_ref().map_or_else(nobody, Visitor::actor)
    }

    /// The deployment that is asked for. `Err`: the answer where none can be called that.
    fn deployment(&self) -> Result<Slug, Answer> {
        self.found.deployment().ok_or_else(|| refusals::no_deployment(self.face()))
    }

    /// Format in which errors are answered.
    pub(crate) fn face(&self) -> ErrorFormat {
        self.face
    }
}

impl Console {
    /// The console as its settings describe it. Error: one that is missing or can't be read. Nothing is asked
    /// of AWS yet.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        let public_url = settings.required("PUBLIC_URL")?;
        let secrets = Arc::new(Secrets::new(settings, StackFunction::Console, aws)?);
        Ok(Self {
            store: aws.store(settings)?,
            connections: settings.connections()?,
            members: Members::new(settings, Arc::clone(&secrets))?,
            accounts: Accounts::new(settings)?,
            site: Site::new(public_url).map_err(|problem| Settings::error("PUBLIC_URL", problem))?,
            outside: ProviderClients::new(settings, Arc::clone(&secrets))?,
            policy_repository: settings.policy_repository()?,
            secrets,
        })
    }

    /// Answers a request at `now`, whatever it is: errors are answers too, and those of the console's own are
    /// logged with the request's id.
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
            .map_err(|misroute| refusals::misrouted(&misroute, ErrorFormat::of(path)))?;
        let entry = found.entry;
        // Whoever shows a key in a header is a program, and reads no pages.
        let shows_key = matches!(credentials::credential(headers, &self.site), Some(Credential::Key(_)));
        let face = if shows_key { ErrorFormat::Json } else { entry.face };
        let posted = entry.method == Method::POST;
        if posted && !credentials::sent_by_own_page(headers, &self.site) {
            return Err(refusals::foreign_form());
        }
        let body: &[u8] = if posted { request.body().as_ref() } else { &[] };
        let longest = if entry.endpoint == Endpoint::ImportPeople { LONGEST_FILE } else { LONGEST_FORM };
        if body.len() > longest {
            return Err(refusals::too_long());
        }
        let form = String::from_utf8_lossy(body);
        let Admitted { visitor, renewed } = match self.admit(headers, entry.access, id, now).await {
            Ok(admitted) => admitted,
            Err(closed) => {
                let gone = matches!(closed, AuthError::MembershipRevoked);
                let answer = match closed {
                    AuthError::Unauthenticated | AuthError::MembershipRevoked
                        if face == ErrorFormat::Json =>
                    {
                        refusals::no_key()
                    }
                    AuthError::Unauthenticated if posted => refusals::session_over(),
                    AuthError::Unauthenticated | AuthError::MembershipRevoked => {
                        Answer::see_other(Next::new(path, query).sign_in_href())
                    }
                    AuthError::AdminUnverified => refusals::not_sure(face),
                    AuthError::Forbidden(visitor) => refusals::not_allowed(&visitor, entry, face),
                    AuthError::Store(error) => refusals::unreadable(&error, face, id, None),
                };
                return Err(match gone {
                    true => answer.with(SET_COOKIE, credentials::no_session_cookie(&self.site)),
                    false => answer,
                });
            }
        };
        if posted && visitor.as_ref().is_some_and(|visitor| !credentials::has_form_token(visitor, &form)) {
            return Err(refusals::session_over());
        }
        let call = Call { found, face, visitor, id, now, headers, query, form };
        let unknown = json::unknown_parameter(entry, query);
        let unknown = unknown.map(|name| refusals::unknown_parameter(&name, entry.parameters));
        let repeated = json::repeated_parameter(entry, query).map(|name| {
            refusals::bad_query(
                &BadQuery(format!("The parameter `{name}` stands twice. Send it once.")),
                face,
            )
        });
        let answer = match unknown.or(repeated) {
            Some(refusal) => Err(refusal),
            None => self.endpoint(&call).await,
        };
        let Some(cookie) = renewed else { return answer };
        let with_cookie = |answer: Answer| answer.with(SET_COOKIE, cookie.clone());
        answer.map(with_cookie).map_err(with_cookie)
    }

    async fn endpoint(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        match call.found.entry.endpoint {
            Endpoint::Deployments => self.deployments(call).await,
            Endpoint::Deployment => self.deployment(call).await,
            Endpoint::History => self.history(call).await,
            Endpoint::Deploys => self.deploys(call).await,
            Endpoint::Deploy => self.deploy(call).await,
            Endpoint::Vote => self.vote(call).await,
            Endpoint::SetBase => self.set_base(call).await,
            Endpoint::ConfirmNobody => self.confirm_nobody(call).await,
            Endpoint::AskAgain => self.ask_again(call).await,
            Endpoint::EvaluateAgain => self.evaluate_again(call).await,
            Endpoint::Step => self.step(call).await,
            Endpoint::Record => self.record(call).await,
            Endpoint::RecordCsv => self.record_csv(call).await,
            Endpoint::RecordJsonLines => self.record_json_lines(call).await,
            Endpoint::SignInForm => Ok(self.sign_in_form(call).await),
            Endpoint::Wizard => self.wizard(call, &Form::opened(call.query)).await,
            Endpoint::WizardStep => self.wizard(call, &Form::read(&call.form)).await,
            Endpoint::WizardPreview => self.wizard_preview(call).await,
            Endpoint::WizardChannels => self.wizard_channels(call).await,
            Endpoint::Keys => self.keys(call).await,
            Endpoint::CreateKey => self.create_key(call).await,
            Endpoint::RevokeKey => self.revoke_key(call).await,
            Endpoint::People => self.people(call).await,
            Endpoint::PeopleCsv => self.people_csv(call).await,
            Endpoint::SavePerson => self.save_person(call).await,
            Endpoint::ConfirmPerson => self.confirm_person(call).await,
            Endpoint::RemovePerson => self.remove_person(call).await,
            Endpoint::ImportPeople => self.import_people(call).await,
            Endpoint::SettingsForm => self.settings_form(call).await,
            Endpoint::SaveSettings => self.save_settings(call).await,
            Endpoint::Disconnect => self.disconnect(call).await,
            Endpoint::Connect => self.connect(call).await,
            Endpoint::ConnectAnew => self.connect_anew(call).await,
            Endpoint::AcceptRules => self.accept_rules(call).await,
            Endpoint::Secrets => self.change_secrets(call).await,
            Endpoint::Setup => self.setup(call).await,
            Endpoint::ToSlack => self.go_to_slack(call).await,
            Endpoint::FromSlack => self.back_from_slack(call).await,
            Endpoint::SignOut => self.sign_out(call).await,
            Endpoint::OwnSessions => self.own_sessions(call).await,
            Endpoint::EndOwnSessions => self.end_own_sessions(call).await,
            Endpoint::Sessions => self.sessions(call).await,
            Endpoint::EndSessions => self.end_sessions(call).await,
            Endpoint::Asset => {
                let asset = assets::find(call.found.segment("file"));
                asset
                    .map(Answer::asset)
                    .ok_or_else(|| refusals::misrouted(&routes::Misroute::NotFound, ErrorFormat::Page))
            }
            Endpoint::DeploymentsJson => self.deployments_json(call).await,
            Endpoint::DeploysJson => self.deploys_json(call).await,
            Endpoint::DeployJson => self.deploy_json(call).await,
            Endpoint::ApprovalsJson => self.approvals_json(call).await,
            Endpoint::EventsJson => self.events_json(call).await,
            Endpoint::RecordJson => self.record_json(call).await,
            Endpoint::OpenApi => Ok(Answer::json_text(json::openapi_of(&self.site))),
        }
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
