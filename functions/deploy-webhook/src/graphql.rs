//! `/graphql`, for Sleuth's own command line: `sleuth deploy` and `sleuth set-health` ask which deploy is
//! the latest, `sleuth set-health` says how it is, and `sleuth validate` has a rules file checked.

use crate::admission::sent;
use crate::answer::{not_done, text};
use crate::handler::DeployWebhook;
use crate::health::NOT_REPORTED;
use jiff::Timestamp;
use lambda_http::http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::effect::EffectKind;
use signoff_core::facts::{API, Health, Report};
use signoff_core::id::DeployId;
use signoff_providers::register::ParseError;
use signoff_providers::register::graphql::{Asks, Question, errors, question};
use signoff_rules::RulesFile;
use signoff_store::{Change, CommitError, Scope, StoreError};

/// The thing that was not done where the record can't be reached.
const NOT_ANSWERED: &str = "The question was not answered";
/// The name that problems of a file have before their line.
const FILE: &str = "rules.yml";

/// The reason for which a question has no answer: the status, and a text each of what is wrong.
struct Refused(StatusCode, Vec<String>);

impl From<Response<Body>> for Refused {
    fn from(response: Response<Body>) -> Self {
        Self(response.status(), vec![String::from_utf8_lossy(response.body()).into_owned()])
    }
}

impl DeployWebhook {
    /// Answers JSON: `data`, or `errors` with the status that the other routes have for the same. A rules
    /// file with mistakes is `200` with an error each, `405` says that a GET changes nothing.
    pub(crate) async fn graphql(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        match self.answered(request, request_id, now).await {
            Ok(data) => json_answer(StatusCode::OK, &json!({"data": data})),
            Err(Refused(status, problems)) => json_answer(status, &errors(&problems)),
        }
    }

    async fn answered(&self, request: &Request, request_id: &str, now: Timestamp) -> Result<Value, Refused> {
        let holder = self.holder(request, request_id, NOT_ANSWERED).await?;
        let (content_type, query) = sent(request);
        let asked = question(content_type, query, request.body().as_ref()).map_err(|error| {
            tracing::warn!(request_id, "refused: a question that is not answered");
            unreadable(&error)
        })?;
        if asked.asks.is_change() && request.method() == Method::GET {
            return Err(text(StatusCode::METHOD_NOT_ALLOWED, "Send mutations with POST.").into());
        }
        let Question { organization, deployment, asks, .. } = &asked;
        if asks.is_change() {
            self.has_scope(&holder, Scope::Report, request_id).map_err(|refusal| *refusal)?;
        }
        let slug = Slug::new(organization, deployment)
            .ok_or_else(|| self.not_connected(&format!("{organization}/{deployment}")))?;
        let slug = self.admit_holder(&holder, slug, request_id, NOT_ANSWERED).await?.deployment;
        let found = match asks {
            Asks::LatestChange { environment } => {
                json!({"latestChange": self.latest_change(&slug, environment, request_id).await?})
            }
            Asks::SetHealth { deploy, health } => {
                self.set_health(&slug, deploy, *health, request_id, now).await?;
                json!({"success": true})
            }
            Asks::ValidateRules { file } => {
                json!({"rules": self.titles(&slug, file, request_id, now).await?})
            }
        };
        Ok(asked.data(&found))
    }

    /// The latest deploy that was registered for an environment; null where there is none. Where the source
    /// host did not confirm that one, or something newer stood there already, it is the deploy that stands
    /// there.
    async fn latest_change(
        &self,
        slug: &Slug,
        environment: &str,
        request_id: &str,
    ) -> Result<Value, Response<Body>> {
        let found = self.latest_or_standing(slug, environment.trim()).await.map_err(|error| {
            tracing::error!(request_id, deployment = %slug, %error, "no deploy can be looked up");
            not_done(NOT_ANSWERED, &error)
        })?;
        Ok(found.map_or(Value::Null, |(revision, id)| {
            // The client writes it after the address of the stack.
            json!({"revision": revision, "slug": id, "url": format!("/deploys/{id}")})
        }))
    }

    async fn latest_or_standing(
        &self,
        slug: &Slug,
        environment: &str,
    ) -> Result<Option<(String, DeployId)>, StoreError> {
        let Some(latest) = self.store.latest(slug, environment).await? else { return Ok(None) };
        let known = self.store.deploy(&latest.moment.deploy).await?;
        if known.as_ref().is_some_and(may_be_there) {
            return Ok(Some((latest.revision, latest.moment.deploy)));
        }
        let standing = self.store.newest_in(slug, environment).await?;
        Ok(standing.map(|standing| (standing.revision, standing.id)))
    }

    /// The names of the rules in `file`. Error: its problems, each with its place. One read more for a file
    /// that names header secrets; if the stack has no such secret as far as the record knows, the record is
    /// brought up to date for the next question.
    async fn titles(
        &self,
        slug: &Slug,
        file: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Vec<Value>, Refused> {
        let problems = match signoff_rules::parse(file, FILE) {
            Ok(file) => {
                let problems = self.secret_problems(slug, &file, now).await.map_err(|error| {
                    tracing::error!(request_id, deployment = %slug, %error, "the header secrets can't be looked up");
                    not_done(NOT_ANSWERED, &error)
                })?;
                if problems.is_empty() {
                    return Ok(file.rules.iter().map(|rule| json!({"title": rule.name})).collect());
                }
                problems
            }
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        Err(Refused(StatusCode::OK, problems))
    }

    /// The problems of `file` that come from the secrets which it names, where the stack's are on record.
    async fn secret_problems(
        &self,
        slug: &Slug,
        file: &RulesFile,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        if file.header_secrets.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.store.header_secrets().await?;
        let problems = known.as_ref().map(|known| file.misused_secrets(known, slug)).unwrap_or_default();
        if known.as_ref().is_none_or(|_| !problems.is_empty()) {
            self.list_secrets(slug, now).await?;
        }
        let at = known.map(|known| known.read_at.strftime("%H:%M UTC").to_string()).unwrap_or_default();
        Ok(problems
            .iter()
            .map(|problem| {
                format!("{problem} (as of {at}; if that changed since, check again in two minutes)")
            })
            .collect())
    }

    /// Has the stack's header secrets listed anew, on behalf of the newest deploy of `slug`. A deployment
    /// without deploys has its rules file judged when the first one arrives.
    async fn list_secrets(&self, slug: &Slug, now: Timestamp) -> Result<(), StoreError> {
        let deployment = self.store.deployment(slug).await?;
        let deploys = deployment.into_iter().flat_map(|deployment| deployment.environments);
        let Some(newest) = deploys
            .map(|environment| environment.newest)
            .max_by(|one, other| one.listed_at.cmp(&other.listed_at))
        else {
            return Ok(());
        };
        // Once a minute is enough, however often somebody asks.
        let owner = format!("header secrets {}", now.strftime("%Y-%m-%dT%H:%M"));
        let list = Change::to(&newest.id, now).and(&owner, vec![EffectKind::ListHeaderSecrets], Vec::new());
        match self.store.commit(list).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn set_health(
        &self,
        slug: &Slug,
        deploy: &str,
        health: Option<Health>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), Response<Body>> {
        let failed = |error| {
            tracing::error!(request_id, deployment = %slug, %error, "no deploy can be looked up");
            not_done(NOT_REPORTED, &error)
        };
        let is_id = deploy.len() <= 64 && deploy.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let known = match is_id {
            true => self.store.deploy(&DeployId::from_text(deploy)).await.map_err(failed)?,
            false => None,
        };
        let Some(known) = known.filter(|known| known.deployment == *slug) else {
            let problem =
                format!("deploySlug: {slug} has no such deploy on record. Query its `latestChange` first.");
            return Err(text(StatusCode::NOT_FOUND, problem));
        };
        if let Some(why) = no_health(&known.confirmation) {
            let problem = format!("deploySlug: the health was not put on record: {why}");
            return Err(text(StatusCode::CONFLICT, problem));
        }
        let deploy = self.original(known.id).await.map_err(failed)?;
        match health {
            Some(health) => self.report(&deploy, (API, Report { health, at: now }), request_id, now).await,
            None => self.withdraw(&deploy, API.to_owned(), request_id, now).await,
        }
    }
}

/// True if `deploy`, the latest that was registered, is in its environment as far as anybody knows yet.
fn may_be_there(deploy: &Deploy) -> bool {
    match deploy.confirmation {
        Confirmation::Awaited | Confirmation::Repeat { .. } => true,
        Confirmation::Confirmed | Confirmation::Unevaluated { .. } | Confirmation::Unconfirmed { .. } => {
            deploy.stood()
        }
    }
}

/// The reason for which no health is known of a deploy, and what to do; `None`: its health may be reported.
fn no_health(confirmation: &Confirmation) -> Option<&'static str> {
    match confirmation {
        Confirmation::Confirmed | Confirmation::Unevaluated { .. } | Confirmation::Repeat { .. } => None,
        Confirmation::Awaited => {
            Some("the source host has not confirmed this deploy yet. Try again in a minute.")
        }
        Confirmation::Unconfirmed { .. } => Some(
            "the source host did not confirm this deploy, so no rule runs for it. Query `latestChange` again.",
        ),
    }
}

fn unreadable(error: &ParseError) -> Refused {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Refused(status, vec![error.to_string()])
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
