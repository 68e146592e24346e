//! The console: who may see what, and where it is read from.
//!
//! A request goes `route` -> `auth` -> one read of the record -> `view` -> `html` or `json` -> `answer`, all of which are
//! pure functions.

use crate::answer::{Answer, Face, Problem};
use crate::route::{self, Document, Misroute, PAGE_SIZE, Place, Route};
use crate::site::Site;
use crate::{assets, auth, html, json};
use approval::id::DeployId;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::header::{ALLOW, HeaderMap, SET_COOKIE, WWW_AUTHENTICATE};
use lambda_http::http::{Method, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use runtime::aws::Aws;
use runtime::secrets::{ApiSecret, Secret, SecretError};
use runtime::settings::{SettingError, Settings};
use secrecy::SecretString;
use std::sync::Arc;
use store::{Page, Places, Store, StoreError};

/// A key and the page to go back to fit many times into this.
const LONGEST_FORM: usize = 8 * 1024;

/// The console of one stack.
#[derive(Debug)]
pub(crate) struct Console {
    store: Store,
    secret: Secret<ApiSecret>,
    site: Site,
}

/// Why somebody is not let in.
enum Closed {
    /// They show nothing, or nothing that counts.
    NoKey,
    /// There is nothing to compare with.
    NoSecret(SecretError),
}

impl Console {
    /// The console as the settings `RECORD_TABLE`, `API_SECRET` and `PUBLIC_URL` describe it. Error: one that is missing or
    /// can't be read. Nothing is asked of AWS yet.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        let public_url = settings.required("PUBLIC_URL")?;
        let places = Places {
            record_table: settings.required("RECORD_TABLE")?.to_owned(),
            cache_table: None,
            deploys_queue: None,
            effects_queue: None,
            // The console only reads; how long things are kept is up to those who write.
            retention: SignedDuration::ZERO,
        };
        Ok(Self {
            store: Store::new(aws.dynamodb(), None, places),
            secret: Secret::new(settings, "API_SECRET", aws)?,
            site: Site::new(public_url).map_err(|problem| Settings::error("PUBLIC_URL", problem))?,
        })
    }

    /// Answers a request at `now`, whatever it is: errors are answers too, and those of the console's own are logged with
    /// the request's id.
    ///
    /// Costs at most one query of the record, and one read of the secret where it is not fresh.
    pub(crate) async fn handle(&self, request: Request, now: Timestamp) -> Response<Body> {
        let id = request_id(&request);
        let answer = self.answer(&request, &id, now).await;
        answer.into_response(&self.site, request.method() == Method::HEAD)
    }

    async fn answer(&self, request: &Request, id: &str, now: Timestamp) -> Answer {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let headers = request.headers();
        match Route::of(request.method(), path, query) {
            Err(misroute) => misrouted(&misroute, Face::of(path)),
            Ok(Route::Asset(file)) => match assets::find(&file) {
                Some(asset) => Answer::asset(asset),
                None => misrouted(&Misroute::NotFound, Face::Page),
            },
            Ok(Route::SignInForm) => {
                let next = Place::after_sign_in(route::parameter(query, "next").as_deref());
                Answer::page(StatusCode::OK, html::sign_in(&next, None))
            }
            Ok(Route::SignIn | Route::SignOut) if !auth::sent_by_own_page(headers, &self.site) => {
                foreign_form()
            }
            Ok(Route::SignIn) => self.sign_in(request.body(), id, now).await,
            Ok(Route::SignOut) => {
                Answer::see_other("/sign-in".to_owned()).with(SET_COOKIE, auth::no_session_cookie(&self.site))
            }
            Ok(Route::Place(place)) => match self.admit(headers, now).await {
                Ok(()) => self.page(&place, id, now).await,
                Err(Closed::NoKey) => Answer::see_other(place.sign_in_href()),
                Err(Closed::NoSecret(error)) => no_secret(&error, Face::Page, id),
            },
            Ok(Route::Json(document)) => match self.admit(headers, now).await {
                Ok(()) => self.document(&document, id).await,
                Err(Closed::NoKey) => no_key(),
                Err(Closed::NoSecret(error)) => no_secret(&error, Face::Json, id),
            },
        }
    }

    /// Lets in whoever shows a key or a session. The secret is not read for those who show nothing.
    async fn admit(&self, headers: &HeaderMap, now: Timestamp) -> Result<(), Closed> {
        let credential = auth::credential(headers, &self.site).ok_or(Closed::NoKey)?;
        let secret = self.secret.get(now).await.map_err(Closed::NoSecret)?;
        if auth::admits(&secret, &credential, now) { Ok(()) } else { Err(Closed::NoKey) }
    }

    async fn sign_in(&self, body: &Body, id: &str, now: Timestamp) -> Answer {
        let body: &[u8] = body.as_ref();
        if body.len() > LONGEST_FORM {
            let detail = "The form is longer than 8 KB, which no API key is.";
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return Answer::problem(
                Face::Page,
                &Problem { status, title: "Too long", detail, request: None },
            );
        }
        let secret: Arc<ApiSecret> = match self.secret.get(now).await {
            Ok(secret) => secret,
            Err(error) => return no_secret(&error, Face::Page, id),
        };
        let answer = signed_in(&secret, &String::from_utf8_lossy(body), &self.site, now);
        answer.unwrap_or_else(|form| {
            tracing::warn!(
                request_id = id,
                "a key that is none of the stack's was typed into the sign-in form"
            );
            form
        })
    }

    async fn page(&self, place: &Place, id: &str, now: Timestamp) -> Answer {
        match place {
            Place::Deploys { before } => {
                let listing =
                    self.store.recent(PAGE_SIZE.into(), before.as_ref().map(route::Cursor::as_str)).await;
                match listing {
                    Ok(listing) => {
                        let older = listing.next.as_deref().and_then(route::Cursor::parse);
                        let older = older.map(|before| Place::Deploys { before: Some(before) });
                        Answer::page(
                            StatusCode::OK,
                            html::deploys(&listing, older.as_ref(), before.is_none(), now),
                        )
                    }
                    Err(error) => unreadable(&error, Face::Page, id, None),
                }
            }
            Place::Deploy { id: deploy, tab } => match self.record(deploy, Face::Page, id).await {
                Ok(record) => Answer::page(StatusCode::OK, html::deploy(&record, *tab, now)),
                Err(answer) => answer,
            },
        }
    }

    async fn document(&self, document: &Document, id: &str) -> Answer {
        match document {
            Document::Deploys { wanted, limit, before } => {
                let before = before.as_ref().map(route::Cursor::as_str);
                match self.store.list(wanted, (*limit).into(), before).await {
                    Ok(listing) => Answer::json(&json::DeploysDocument::new(&listing, &self.site)),
                    Err(error) => unreadable(&error, Face::Json, id, None),
                }
            }
            Document::Deploy(deploy) => match self.record(deploy, Face::Json, id).await {
                Ok(record) => Answer::json(&json::DeployDocument::new(&record, &self.site)),
                Err(answer) => answer,
            },
            Document::Approvals(deploy) => match self.record(deploy, Face::Json, id).await {
                Ok(record) => Answer::json(&json::ApprovalsDocument::new(&record, &self.site)),
                Err(answer) => answer,
            },
            Document::Events(deploy) => match self.record(deploy, Face::Json, id).await {
                Ok(record) => Answer::json(&json::EventsDocument::new(&record, &self.site)),
                Err(answer) => answer,
            },
        }
    }

    /// Everything on record about a deploy, or the answer that says why not.
    async fn record(&self, deploy: &DeployId, face: Face, id: &str) -> Result<Page, Answer> {
        match self.store.page(deploy).await {
            Ok(Some(page)) => Ok(page),
            Ok(None) => Err(Answer::problem(
                face,
                &Problem {
                    status: StatusCode::NOT_FOUND,
                    title: "No such deploy",
                    detail: "No deploy with this id is on record. It may be mistyped, or its retention has ended.",
                    request: None,
                },
            )),
            Err(error) => Err(unreadable(&error, face, id, Some(deploy))),
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

/// What the form's sender gets: a session and the way back, or the form again.
fn signed_in(secret: &ApiSecret, form: &str, site: &Site, now: Timestamp) -> Result<Answer, Answer> {
    let typed = SecretString::from(route::parameter(form, "key").unwrap_or_default().trim());
    let next = Place::after_sign_in(route::parameter(form, "next").as_deref());
    let cookie = auth::is_key(secret, &typed).then(|| auth::session_cookie(&typed, site, now)).flatten();
    match cookie {
        Some(cookie) => Ok(Answer::see_other(next.href()).with(SET_COOKIE, cookie)),
        None => {
            let problem = "That is not one of this stack\u{2019}s API keys.";
            Err(Answer::page(StatusCode::UNAUTHORIZED, html::sign_in(&next, Some(problem))))
        }
    }
}

fn misrouted(misroute: &Misroute, face: Face) -> Answer {
    let problem =
        |status, title, detail| Answer::problem(face, &Problem { status, title, detail, request: None });
    match misroute {
        Misroute::NotFound => problem(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is nothing at this address. The list of recent deploys is at /, and as JSON at /api/v1/deploys.",
        ),
        Misroute::Method(allow) => {
            let detail = format!("This address takes {allow} only.");
            problem(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", &detail).with(ALLOW, *allow)
        }
        Misroute::Query(detail) => problem(StatusCode::BAD_REQUEST, "Bad request", detail),
    }
}

fn foreign_form() -> Answer {
    let problem = Problem {
        status: StatusCode::FORBIDDEN,
        title: "Not from here",
        detail: "This form was not sent by a page of this console. Open the console and try again.",
        request: None,
    };
    Answer::problem(Face::Page, &problem)
}

fn no_key() -> Answer {
    let problem = Problem {
        status: StatusCode::UNAUTHORIZED,
        title: "Unauthorized",
        detail: "Send one of this stack's API keys in the header `Authorization: Bearer KEY`.",
        request: None,
    };
    Answer::problem(Face::Json, &problem).with(WWW_AUTHENTICATE, "Bearer realm=\"signoff\"")
}

/// The one line of the log says what to do; the answer says no more than that there is one.
fn no_secret(error: &SecretError, face: Face, id: &str) -> Answer {
    tracing::error!(request_id = id, %error, "nobody is let in: there are no API keys to compare with");
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Keys can't be checked",
        detail: "Signoff can't check API keys now, so it lets nobody in. The console's log says why.",
        request: Some(id),
    };
    Answer::problem(face, &problem)
}

fn unreadable(error: &StoreError, face: Face, id: &str, deploy: Option<&DeployId>) -> Answer {
    tracing::error!(request_id = id, deploy = deploy.map(display), %error, "the record can't be read");
    let (status, detail) = match error {
        StoreError::Service { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "The record can't be read now. Try again in a moment.")
        }
        StoreError::Row { .. } => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "A part of the record can't be read. The console's log says which.",
        ),
    };
    Answer::problem(face, &Problem { status, title: "The record can't be read", detail, request: Some(id) })
}

#[cfg(test)]
mod tests;
