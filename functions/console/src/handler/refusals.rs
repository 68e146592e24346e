//! The answers to requests that get nothing, each with what would be right.

use crate::address::parameters::BadQuery;
use crate::address::routes::{Entry, ErrorFormat, Misroute};
use crate::answer::{Answer, Problem};
use crate::auth::visitor::{Access, Visitor};
use crate::view::words;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{ALLOW, WWW_AUTHENTICATE};
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;
use signoff_core::people::Refusal;
use signoff_runtime::secrets::SecretError;
use signoff_store::{Done, StoreError};
use std::io;

fn problem(face: ErrorFormat, status: StatusCode, title: &str, detail: &str) -> Answer {
    Answer::problem(face, &Problem { status, title, detail, request: None })
}

/// An address that there is not, or a method that it does not take.
pub(super) fn misrouted(misroute: &Misroute, face: ErrorFormat) -> Answer {
    match misroute {
        Misroute::NotFound => problem(
            face,
            StatusCode::NOT_FOUND,
            "Not found",
            "Page not found. Recent deploys are at /deploys, and as JSON at /api/v1/deploys.",
        ),
        Misroute::Method(allow) => {
            let detail = format!("This address only accepts {allow}.");
            problem(face, StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", &detail)
                .with(ALLOW, allow.clone())
        }
    }
}

/// A query that can't be read.
pub(super) fn bad_query(BadQuery(detail): &BadQuery, face: ErrorFormat) -> Answer {
    problem(face, StatusCode::BAD_REQUEST, "Bad request", detail)
}

/// A proposed rules file that can't be accepted, for this reason.
pub(super) fn rules_not_accepted(detail: &str) -> Answer {
    problem(ErrorFormat::Page, StatusCode::CONFLICT, "Not accepted", detail)
}

/// A query with the parameter `name`, which the address does not take; it takes those that are `known`.
pub(super) fn unknown_parameter(name: &str, known: &[&str]) -> Answer {
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(80).collect();
    let takes = match known {
        [] => "This address has none.".to_owned(),
        known => format!("This address has {}.", known.join(", ")),
    };
    let detail = format!("Unknown parameter `{shown}`. {takes}");
    bad_query(&BadQuery(detail), ErrorFormat::Json)
}

/// A form that another site's page sent.
pub(super) fn foreign_form() -> Answer {
    let detail = "This form didn\u{2019}t come from a page of this console. Open the console and try again.";
    problem(ErrorFormat::Page, StatusCode::FORBIDDEN, "Form rejected", detail)
}

/// A form whose session ended, or that was made in another one.
pub(super) fn session_over() -> Answer {
    let detail = "Your session ended. Nothing was changed. Go back, reload the page and \
                  send the form from there.";
    problem(ErrorFormat::Page, StatusCode::FORBIDDEN, "Your session ended", detail)
}

/// A form whose field `name` says nothing that the page's own forms say.
pub(super) fn bad_form(name: &str) -> Answer {
    let detail = format!(
        "The form\u{2019}s field `{name}` can\u{2019}t be read. Nothing was changed. Reload the page and send the form \
         from there."
    );
    problem(ErrorFormat::Page, StatusCode::BAD_REQUEST, "Bad request", &detail)
}

/// Answer to a form whose change could not be put on record now.
pub(super) fn not_recorded(id: &str) -> Answer {
    let problem = Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Not recorded",
        detail: "Signoff couldn\u{2019}t save this. Nothing was changed. Go back and try again.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// A form of the wizard that is too long to be shown again.
pub(super) fn too_long_for_wizard() -> Answer {
    let detail = "You typed more than the wizard can take. Go back in your browser, shorten it and send it again. You can add more to \
                  the file afterwards.";
    problem(ErrorFormat::Page, StatusCode::PAYLOAD_TOO_LARGE, "Too long", detail)
}

/// A form that is longer than any that was filled in on a page.
pub(super) fn too_long() -> Answer {
    problem(
        ErrorFormat::Page,
        StatusCode::PAYLOAD_TOO_LARGE,
        "Too long",
        "The form is longer than 64 KB. Nothing was changed. Shorten it and send it again.",
    )
}

/// A request of the API that shows no key.
pub(super) fn no_key() -> Answer {
    let detail = "Send one of this stack's API keys in the header `Authorization: Bearer KEY`.";
    problem(ErrorFormat::Json, StatusCode::UNAUTHORIZED, "Unauthorized", detail)
        .with(WWW_AUTHENTICATE, "Bearer realm=\"signoff\"")
}

/// Somebody who may not.
pub(super) fn not_allowed(visitor: &Visitor, entry: &Entry, face: ErrorFormat) -> Answer {
    let right = match entry.access {
        Access::Anyone | Access::Reader => "an API key with the scope `read`",
        Access::Viewer => {
            "signing in with Slack, or an API key with the scope `admin`. Other keys are for /api/v1, /record.csv and /record.jsonl"
        }
        Access::Member => "signing in with Slack",
        Access::Admin => "an admin, or an API key with the scope `admin`",
        Access::AdminPerson => "an admin who is signed in with Slack, not with an API key",
    };
    let detail = format!("You are signed in as {}. This needs {right}.", visitor.name());
    problem(face, StatusCode::FORBIDDEN, "Not allowed", &detail)
}

/// Somebody who was an admin an hour ago.
pub(super) fn not_sure(face: ErrorFormat) -> Answer {
    let detail = "Signoff couldn\u{2019}t check with Slack that you are still an admin. Nothing was changed. Try again in a moment.";
    problem(face, StatusCode::SERVICE_UNAVAILABLE, "Not sure", detail)
}

/// Slack can't be asked, as the app's secret can't be read. The one line of the log says what to do; the
/// answer says no more than that there is one.
pub(super) fn no_secret(error: &SecretError, id: &str) -> Answer {
    tracing::error!(request_id = id, %error, "Slack can't be asked: a secret can't be read");
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Not saved",
        detail: "Signoff can\u{2019}t ask Slack right now. Nothing was changed. The console\u{2019}s log says why.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// Sessions of which some may not have ended.
pub(super) fn not_all_ended(id: &str) -> Answer {
    let problem = Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Not all ended",
        detail: "Signoff couldn\u{2019}t end all of the sessions. Some may still be open. Go back and try again.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// A member whom Slack did not tell of.
pub(super) fn slack_silent(failure: &signoff_providers::Failure, id: &str) -> Answer {
    tracing::warn!(request_id = id, failure = failure.logged(), "Slack did not say who a member is");
    let problem = Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Not saved",
        detail: "Signoff couldn\u{2019}t look up the member in Slack. Nothing was changed. Go back and try again in a minute.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// A statement about an account that this admin can't confirm.
pub(super) fn not_confirmed(refusal: Refusal) -> Answer {
    problem(ErrorFormat::Page, StatusCode::FORBIDDEN, "Not confirmed", refusal.text())
}

/// No API key with this id.
pub(super) fn no_api_key() -> Answer {
    let detail = "There is no API key with this id. All keys are at /settings/keys.";
    problem(ErrorFormat::Page, StatusCode::NOT_FOUND, "No such key", detail)
}

/// Nothing that could be disconnected.
pub(super) fn not_connected(deployment: &Slug) -> Answer {
    let detail = format!(
        "{deployment} was never connected. An admin can connect it at /deployments/{deployment}/edit."
    );
    problem(ErrorFormat::Page, StatusCode::NOT_FOUND, "Not connected", &detail)
}

/// A key whose id there is already: one in 280 billion.
pub(super) fn again(id: &str) -> Answer {
    let problem = Problem {
        status: StatusCode::CONFLICT,
        title: "No key was created",
        detail: "Send the form again.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// The system has no randomness.
pub(super) fn no_randomness(error: &impl std::fmt::Display, id: &str) -> Answer {
    tracing::error!(request_id = id, %error, "no key can be made");
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "No key was created",
        detail: "Signoff couldn't generate a key. Try again. The console's log says why.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// No such deploy.
pub(super) fn no_deploy(face: ErrorFormat) -> Answer {
    let detail = "There is no deploy with this id. It may be mistyped or older than the record\u{2019}s retention. Recent deploys are at /deploys.";
    problem(face, StatusCode::NOT_FOUND, "No such deploy", detail)
}

/// No such deployment.
pub(super) fn no_deployment(face: ErrorFormat) -> Answer {
    let detail = "There is no deployment with this name. It may be mistyped or older than the record\u{2019}s retention. \
                  Those on record are at /.";
    problem(face, StatusCode::NOT_FOUND, "No such deployment", detail)
}

/// A deployment that somebody disconnected.
pub(super) fn disconnected(deployment: &Slug, done: &Done) -> Answer {
    let detail = format!(
        "{deployment} was disconnected by {} on {}. An admin can connect it again at /deployments/{deployment}/edit.",
        done.by.name,
        words::when(done.at)
    );
    problem(ErrorFormat::Page, StatusCode::CONFLICT, "Disconnected", &detail)
}

/// Answer when the record was read and can't be written as a file.
pub(super) fn unwritable(error: &io::Error, face: ErrorFormat, id: &str) -> Answer {
    tracing::error!(request_id = id, %error, "the record can't be written as a file");
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "The file can't be written",
        detail: "Signoff couldn't write the file. The console's log says why.",
        request: Some(id),
    };
    Answer::problem(face, &problem)
}

/// A file that the wizard wrote reads as something else than what was typed.
pub(super) fn not_written(id: &str) -> Answer {
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "The file can't be written",
        detail: "Signoff can't write this as a rules file. The console's log says why. Write the file by hand.",
        request: Some(id),
    };
    Answer::problem(ErrorFormat::Page, &problem)
}

/// The record can't be read.
pub(super) fn unreadable(
    error: &StoreError,
    face: ErrorFormat,
    id: &str,
    deploy: Option<&DeployId>,
) -> Answer {
    tracing::error!(request_id = id, deploy = deploy.map(display), %error, "the record can't be read");
    let (status, detail) = match error {
        StoreError::Service { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Signoff can't read the record right now. Try again in a moment.",
        ),
        StoreError::Row { .. } | StoreError::Refused { .. } | StoreError::TooLarge { .. } => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Signoff can't read a part of the record. The console's log says which.",
        ),
    };
    Answer::problem(face, &Problem { status, title: "The record can't be read", detail, request: Some(id) })
}
