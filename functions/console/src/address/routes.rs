//! Table of the requests that the console answers, and the access that each needs. A test holds
//! docs/reference/routes.md to it.

use crate::address::access::Access;
use lambda_http::http::Method;
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;

/// Format in which an address answers with errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// As a page.
    Page,
    /// As `application/problem+json`.
    Json,
}

impl ErrorFormat {
    /// Format in which `path` answers that there is nothing at it.
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/api/") { Self::Json } else { Self::Page }
    }
}

/// Endpoint that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The list of deployments.
    Deployments,
    /// A deployment's page.
    Deployment,
    /// Outcomes of a deployment's rules in each evaluation.
    History,
    /// The list of recent deploys.
    Deploys,
    /// A deploy's page.
    Deploy,
    /// A vote on an approval, or something else about it.
    Vote,
    /// Set the base of a blocked approval.
    SetBase,
    /// Confirm for an approval that a maker is nobody here.
    ConfirmNobody,
    /// Ask again for an approval that is closed.
    AskAgain,
    /// Evaluate the rules of a deploy again.
    EvaluateAgain,
    /// Resolve an action that failed, or whose outcome is unknown.
    Step,
    /// The record of approvals.
    Record,
    /// The record as comma-separated values.
    RecordCsv,
    /// The record as JSON lines.
    RecordJsonLines,
    /// The wizard that writes a rules file, as a link opens it.
    Wizard,
    /// Another step of the wizard, with what was typed.
    WizardStep,
    /// The dialog that it would come to.
    WizardPreview,
    /// The Slack channels that it offers.
    WizardChannels,
    /// The sign-in form.
    SignInForm,
    /// The way to Slack, to sign in there.
    ToSlack,
    /// The way back from there.
    FromSlack,
    /// End the session.
    SignOut,
    /// One's own sessions.
    OwnSessions,
    /// End all of one's own sessions.
    EndOwnSessions,
    /// Everybody's sessions.
    Sessions,
    /// End all sessions of a person.
    EndSessions,
    /// A file that the pages need.
    Asset,
    /// The API keys.
    Keys,
    /// A new API key.
    CreateKey,
    /// Revoke an API key.
    RevokeKey,
    /// The list of people.
    People,
    /// The list of people as comma-separated values.
    PeopleCsv,
    /// Say whose an account is.
    SavePerson,
    /// Confirm what another admin said.
    ConfirmPerson,
    /// Take an account from the list.
    RemovePerson,
    /// Say whose the accounts of a file are.
    ImportPeople,
    /// The form of a deployment's settings.
    SettingsForm,
    /// Save a deployment's settings.
    SaveSettings,
    /// Disconnect a deployment.
    Disconnect,
    /// Connect it again.
    Connect,
    /// Connect another repository by the same name.
    ConnectAnew,
    /// Accept a proposed rules file.
    AcceptRules,
    /// Change a deployment's secrets.
    Secrets,
    /// Instructions for reporting a deployment's deploys to Signoff.
    Setup,
    /// The deployments, as JSON.
    DeploymentsJson,
    /// The recent deploys, as JSON.
    DeploysJson,
    /// All that is known of a deploy, and its runs, as JSON.
    DeployJson,
    /// A deploy's approvals, as JSON.
    ApprovalsJson,
    /// A deploy's events, as JSON.
    EventsJson,
    /// The record of approvals, as JSON.
    RecordJson,
    /// The description of all JSON.
    OpenApi,
}

/// A request that the console answers.
#[derive(Debug)]
pub(crate) struct Entry {
    /// GET also answers HEAD.
    pub(crate) method: Method,
    /// Its path; a segment in braces stands for any one.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) face: ErrorFormat,
    pub(crate) endpoint: Endpoint,
    /// Parameters of the query of an address that answers with JSON. It refuses all others.
    pub(crate) parameters: &'static [&'static str],
}

const fn page(method: Method, path: &'static str, access: Access, endpoint: Endpoint) -> Entry {
    Entry { method, path, access, face: ErrorFormat::Page, endpoint, parameters: &[] }
}

const fn json(
    path: &'static str,
    access: Access,
    endpoint: Endpoint,
    parameters: &'static [&'static str],
) -> Entry {
    Entry { method: Method::GET, path, access, face: ErrorFormat::Json, endpoint, parameters }
}

/// Parameters of the list of deploys.
const OF_DEPLOYS: &[&str] = &["deployment", "environment", "revision", "since", "until", "limit", "before"];
/// Parameters of the list of approvals.
const OF_APPROVALS: &[&str] =
    &["deployment", "environment", "revision", "person", "outcome", "since", "until", "limit", "before"];

/// Every request that the console answers.
pub(crate) const TABLE: &[Entry] = &[
    page(Method::GET, "/", Access::Viewer, Endpoint::Deployments),
    page(Method::GET, "/deployments/{organization}/{name}", Access::Viewer, Endpoint::Deployment),
    page(Method::GET, "/deployments/{organization}/{name}/history", Access::Viewer, Endpoint::History),
    page(Method::GET, "/deploys", Access::Viewer, Endpoint::Deploys),
    page(Method::GET, "/deploys/{id}", Access::Viewer, Endpoint::Deploy),
    page(Method::POST, "/deploys/{id}/approvals/{approval}", Access::Member, Endpoint::Vote),
    page(Method::POST, "/deploys/{id}/approvals/{approval}/base", Access::AdminPerson, Endpoint::SetBase),
    page(Method::POST, "/deploys/{id}/approvals/{approval}/nobody", Access::Member, Endpoint::ConfirmNobody),
    page(Method::POST, "/deploys/{id}/approvals/{approval}/again", Access::Member, Endpoint::AskAgain),
    page(Method::POST, "/deploys/{id}/evaluate", Access::Member, Endpoint::EvaluateAgain),
    page(Method::POST, "/deploys/{id}/runs/{run}/steps/{step}", Access::Member, Endpoint::Step),
    page(Method::GET, "/record", Access::Viewer, Endpoint::Record),
    page(Method::GET, "/record.csv", Access::Reader, Endpoint::RecordCsv),
    page(Method::GET, "/record.jsonl", Access::Reader, Endpoint::RecordJsonLines),
    page(Method::GET, "/deployments/{organization}/{name}/approvals/new", Access::Viewer, Endpoint::Wizard),
    page(
        Method::POST,
        "/deployments/{organization}/{name}/approvals/new",
        Access::Viewer,
        Endpoint::WizardStep,
    ),
    page(
        Method::POST,
        "/deployments/{organization}/{name}/approvals/preview",
        Access::Viewer,
        Endpoint::WizardPreview,
    ),
    page(
        Method::GET,
        "/deployments/{organization}/{name}/approvals/channels",
        Access::Viewer,
        Endpoint::WizardChannels,
    ),
    page(Method::GET, "/deployments/{organization}/{name}/setup", Access::Viewer, Endpoint::Setup),
    page(Method::GET, "/deployments/{organization}/{name}/edit", Access::Admin, Endpoint::SettingsForm),
    page(Method::POST, "/deployments/{organization}/{name}/edit", Access::Admin, Endpoint::SaveSettings),
    page(Method::POST, "/deployments/{organization}/{name}/disconnect", Access::Admin, Endpoint::Disconnect),
    page(Method::POST, "/deployments/{organization}/{name}/connect", Access::Admin, Endpoint::Connect),
    page(Method::POST, "/deployments/{organization}/{name}/repository", Access::Admin, Endpoint::ConnectAnew),
    page(
        Method::POST,
        "/deployments/{organization}/{name}/rules",
        Access::AdminPerson,
        Endpoint::AcceptRules,
    ),
    page(Method::POST, "/deployments/{organization}/{name}/secrets", Access::Admin, Endpoint::Secrets),
    page(Method::GET, "/settings/keys", Access::Admin, Endpoint::Keys),
    page(Method::POST, "/settings/keys", Access::Admin, Endpoint::CreateKey),
    page(Method::POST, "/settings/keys/{id}/revoke", Access::Admin, Endpoint::RevokeKey),
    page(Method::GET, "/settings/people", Access::Admin, Endpoint::People),
    page(Method::GET, "/settings/people.csv", Access::Admin, Endpoint::PeopleCsv),
    page(Method::POST, "/settings/people", Access::AdminPerson, Endpoint::SavePerson),
    page(Method::POST, "/settings/people/confirm", Access::AdminPerson, Endpoint::ConfirmPerson),
    page(Method::POST, "/settings/people/remove", Access::AdminPerson, Endpoint::RemovePerson),
    page(Method::POST, "/settings/people/import", Access::AdminPerson, Endpoint::ImportPeople),
    page(Method::GET, "/settings/sessions", Access::Admin, Endpoint::Sessions),
    page(Method::POST, "/settings/sessions/{user}/end", Access::Admin, Endpoint::EndSessions),
    page(Method::GET, "/sessions", Access::Member, Endpoint::OwnSessions),
    page(Method::POST, "/sessions/end", Access::Member, Endpoint::EndOwnSessions),
    page(Method::GET, "/sign-in", Access::Anyone, Endpoint::SignInForm),
    page(Method::POST, "/sign-in/slack", Access::Anyone, Endpoint::ToSlack),
    page(Method::GET, "/sign-in/slack/callback", Access::Anyone, Endpoint::FromSlack),
    page(Method::POST, "/sign-out", Access::Anyone, Endpoint::SignOut),
    page(Method::GET, "/assets/{file}", Access::Anyone, Endpoint::Asset),
    json("/api/v1/deployments", Access::Reader, Endpoint::DeploymentsJson, &["after"]),
    json("/api/v1/deploys", Access::Reader, Endpoint::DeploysJson, OF_DEPLOYS),
    json("/api/v1/deploys/{id}", Access::Reader, Endpoint::DeployJson, &[]),
    json("/api/v1/deploys/{id}/approvals", Access::Reader, Endpoint::ApprovalsJson, &[]),
    json("/api/v1/deploys/{id}/events", Access::Reader, Endpoint::EventsJson, &[]),
    json("/api/v1/approvals", Access::Reader, Endpoint::RecordJson, OF_APPROVALS),
    json("/api/v1/openapi.json", Access::Anyone, Endpoint::OpenApi, &[]),
];

/// An entry that a request is for, and what the segments in braces stand for.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) entry: &'static Entry,
    segments: Vec<(&'static str, &'a str)>,
}

/// Reason why no entry of the table takes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misroute {
    /// No such address.
    NotFound,
    /// The address takes other methods: these, as the header `Allow` has them.
    Method(String),
}

impl Found<'_> {
    /// Value of the path's segment `{name}`; empty if the path has none.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The deployment `{organization}/{name}`.
    pub(crate) fn deployment(&self) -> Option<Slug> {
        Slug::new(self.segment("organization"), self.segment("name"))
    }

    /// The deploy `{id}`.
    pub(crate) fn deploy(&self) -> DeployId {
        DeployId::from_text(self.segment("id"))
    }
}

/// The entry that a request is for. `path` is percent-encoded, as it came; no name or id of ours needs that.
pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Result<Found<'a>, Misroute> {
    let at = TABLE.iter().filter_map(|entry| Some((entry, segments(entry.path, path)?)));
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut allowed = Vec::new();
    for (entry, segments) in at {
        if entry.method == *method {
            return Ok(Found { entry, segments });
        }
        allowed.push(if entry.method == Method::GET { "GET, HEAD" } else { entry.method.as_str() });
    }
    Err(if allowed.is_empty() { Misroute::NotFound } else { Misroute::Method(allowed.join(", ")) })
}

fn segments<'a>(pattern: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut segments = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(segments),
            (Some(pattern), Some(found)) => {
                match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => segments.push((name, Some(found).filter(|found| is_name(found))?)),
                    None => (pattern == found).then_some(())?,
                }
            }
            (Some(_), None) | (None, Some(_)) => return None,
        }
    }
}

/// True if `text` can be an id, a part of a slug or the name of one of our files.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=100).contains(&text.len()) && text.bytes().all(allowed) && !text.bytes().all(|byte| byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn found(method: Method, path: &str) -> Option<Endpoint> {
        find(&method, path).ok().map(|found| found.entry.endpoint)
    }

    #[test]
    fn addresses_lead_to_their_entries() {
        assert_eq!(found(Method::GET, "/"), Some(Endpoint::Deployments));
        assert_eq!(found(Method::HEAD, "/deploys/d1"), Some(Endpoint::Deploy));
        assert_eq!(found(Method::POST, "/sessions/end"), Some(Endpoint::EndOwnSessions));
        assert_eq!(found(Method::GET, "/sign-in"), Some(Endpoint::SignInForm));
        let deployment = find(&Method::GET, "/deployments/acme/checkout.io/history").unwrap();
        assert_eq!(deployment.deployment(), Slug::new("acme", "checkout.io"));
        let deploy = find(&Method::GET, "/api/v1/deploys/d1/events").unwrap();
        assert_eq!(deploy.deploy(), DeployId::from_text("d1"));
        for path in [
            "",
            "/deploys/",
            "/deploys/d%201",
            "/deploys/../x",
            "/deploys/..",
            "/api/v1/deploys/",
            "/api/v1/deploys/d1/votes",
            "/assets/a/b",
            "//",
        ] {
            assert_eq!(find(&Method::GET, path).err(), Some(Misroute::NotFound), "{path}");
        }
        let refused = |method, path| find(&method, path).err();
        let only = |allow: &str| Some(Misroute::Method(allow.to_owned()));
        assert_eq!(refused(Method::DELETE, "/deploys/d1"), only("GET, HEAD"));
        assert_eq!(refused(Method::POST, "/sign-in"), only("GET, HEAD"));
        assert_eq!(refused(Method::PUT, "/settings/keys"), only("GET, HEAD, POST"));
        assert_eq!(refused(Method::GET, "/sign-out"), only("POST"));
    }

    #[test]
    fn errors_of_the_api_are_json() {
        for entry in TABLE {
            assert_eq!(entry.face, ErrorFormat::of(entry.path), "{}", entry.path);
        }
    }

    #[test]
    fn the_architecture_page_has_the_same_table() {
        let mut table = "| request | who |\n|---|---|\n".to_owned();
        for entry in TABLE {
            writeln!(table, "| `{} {}` | {} |", entry.method, entry.path, entry.access.words()).unwrap();
        }
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/routes.md"));
        assert!(
            page.unwrap().contains(&table),
            "docs/reference/routes.md has another table of requests:\n{table}"
        );
    }
}
