//! Webhook deliveries, and what a commit's message says of its authors.

use super::client::ChangedFiles;
use super::wire;
use crate::failure::quote;
use crate::form;
use jiff::Timestamp;
use signoff_core::deploy::{Commit, Person, Slug};
use signoff_core::deploy_state::DeployState;
use signoff_core::hidden::is_hidden;
use signoff_core::issue;
use std::borrow::Cow;
use std::collections::HashSet;

/// The most bytes of an id: of a delivery, or of a commit.
const MAX_ID: usize = 200;
/// The most bytes of an environment's or a ref's name.
const MAX_NAME: usize = 600;
/// The largest delivery body that is read. GitHub itself sends up to 25 MB, but a `deployment_status` is some
/// 20 KB.
const MAX_BODY: usize = 1024 * 1024;
/// Most changed files that the API lists, on a page and in a comparison.
pub(super) const MAX_FILES: usize = 300;

/// A webhook delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A deployment reached its environment, is on its way there, or failed.
    Deployment(ReportedDeployment),
    /// Something that Signoff doesn't act on: answer 200, and record why.
    Ignored {
        /// The delivery's id.
        delivery: String,
        /// Reason, as a sentence part: "the event is `push`, not `deployment_status`".
        reason: String,
    },
}

/// A deployment and the status that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedDeployment {
    /// The delivery's id, which is the same when GitHub delivers again.
    pub delivery: String,
    /// `owner/name`.
    pub repository: String,
    /// The deployment's id in the repository.
    pub deployment_id: u64,
    /// Environment that it deploys to.
    pub environment: String,
    /// State of the deployment.
    pub state: DeployState,
    /// The commit's full SHA.
    pub sha: String,
    /// Ref that was to be deployed: a branch, a tag, or the SHA.
    pub r#ref: String,
    /// Time at which it got into this state.
    pub created_at: Timestamp,
    /// Account that created the deployment, if it still exists.
    pub creator: Option<Person>,
    /// The environment's page, else the deployment's log.
    pub url: Option<String>,
}

impl ReportedDeployment {
    /// The branch (or tag: GitHub doesn't tell which), where the deployment was not asked for by its SHA
    /// alone.
    pub fn branch(&self) -> Option<&str> {
        branch_of(&self.r#ref, &self.sha)
    }
}

/// The branch or tag that `ref`, which `sha` was deployed from, names; `None` where it is the SHA, or the
/// start of it.
pub(super) fn branch_of<'r>(r#ref: &'r str, sha: &str) -> Option<&'r str> {
    let name = r#ref.strip_prefix("refs/heads/").unwrap_or(r#ref);
    (!name.is_empty() && !sha.starts_with(name)).then_some(name)
}

/// Reason why a delivery can't be read. All of these are answered 400, or 413 for [`ParseError::TooLarge`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Over 1 MB.
    #[error("the body is larger than 1 MB: let the webhook send `deployment_status` events only")]
    TooLarge,
    /// A name is longer than Signoff takes.
    #[error("{part} is longer than {limit} bytes")]
    TooLong {
        /// Name of the part.
        part: &'static str,
        /// The most bytes of it.
        limit: usize,
    },
    /// A name has a character that nobody sees, and looks like another name.
    #[error("{part} has an invisible character: leave it out")]
    Hidden {
        /// The name.
        part: &'static str,
    },
    /// A header that every delivery has is missing.
    #[error("the header {0} is missing: is this really a delivery of GitHub's?")]
    Header(&'static str),
    /// Not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Form-encoded without the field that holds the JSON.
    #[error("the body is neither JSON nor a form with a field `payload`")]
    NoPayload,
    /// Not JSON, nested too deeply, or not of the documented shape.
    #[error("the `{event}` payload can't be read: {error}")]
    Payload {
        /// The event.
        event: String,
        /// Description of the mistake, and its place.
        error: String,
    },
}

/// The JSON of a delivery's body, which is JSON or a form that holds it.
fn payload(body: &[u8]) -> Result<Cow<'_, str>, ParseError> {
    let text = std::str::from_utf8(body).map_err(|_| ParseError::NotUtf8)?;
    if text.trim_start().starts_with('{') {
        return Ok(text.into());
    }
    let fields = form::fields(body).map_err(|_| ParseError::NotUtf8)?;
    let field = fields.into_iter().find(|(name, _)| name == "payload");
    Ok(field.ok_or(ParseError::NoPayload)?.1)
}

/// The repository, `owner/name`, that a delivery's body names; `None` where it names none, or no possible
/// one.
///
/// It is read before the signature is checked, only to find the secret to check the signature with: nobody
/// has said yet that it is true.
pub fn named_repository(body: &[u8]) -> Option<String> {
    let payload = payload(body).ok()?;
    let event: wire::RepositoryEvent = serde_json::from_str(&payload).ok()?;
    let name = event.repository.full_name;
    let (owner, repository) = name.split_once('/')?;
    Slug::new(owner, repository)?;
    Some(name)
}

/// Reads a delivery whose signature was checked before, from `X-GitHub-Event`, `X-GitHub-Delivery` and the
/// body (JSON, or the form that GitHub's webhook page offers first). See
/// <https://docs.github.com/webhooks/webhook-events-and-payloads#deployment_status>.
///
/// # Errors
///
/// What can't be read, by name. A body of an event that is ignored anyway is not read, however large it is.
pub fn delivery(event: Option<&str>, delivery: Option<&str>, body: &[u8]) -> Result<Delivery, ParseError> {
    let named = |header: Option<&str>| header.filter(|text| !text.is_empty()).map(str::to_owned);
    let event = named(event).ok_or(ParseError::Header("X-GitHub-Event"))?;
    let delivery = named(delivery).ok_or(ParseError::Header("X-GitHub-Delivery"))?;
    within("the header X-GitHub-Delivery", &delivery, MAX_ID)?;
    if event != "deployment_status" {
        let reason = format!("the event is `{}`, not `deployment_status`", quote(&event));
        return Ok(Delivery::Ignored { delivery, reason });
    }
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let payload = payload(body)?;
    let unreadable = |error: serde_json::Error| ParseError::Payload {
        event: event.clone(),
        error: quote(&error.to_string()),
    };
    let payload: wire::DeploymentStatusEvent = serde_json::from_str(&payload).map_err(unreadable)?;
    let (status, deployment) = (payload.deployment_status, payload.deployment);
    let Some(state) = DeployState::of(&status.state) else {
        let reason = format!(
            "the deployment's state is `{}`, which says neither that it is under way nor how it ended",
            quote(&status.state)
        );
        return Ok(Delivery::Ignored { delivery, reason });
    };
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let environment = some(status.environment).unwrap_or(deployment.environment);
    within("`environment`", &environment, MAX_NAME)?;
    if environment.contains(is_hidden) {
        return Err(ParseError::Hidden { part: "`environment`" });
    }
    within("`deployment.sha`", &deployment.sha, MAX_ID)?;
    within("`deployment.ref`", &deployment.r#ref, MAX_NAME)?;
    Ok(Delivery::Deployment(ReportedDeployment {
        delivery,
        repository: payload.repository.full_name,
        deployment_id: deployment.id,
        environment,
        state,
        sha: deployment.sha,
        r#ref: deployment.r#ref,
        created_at: status.created_at,
        creator: some(deployment.creator.and_then(|account| account.login)).map(|login| Person {
            name: login.clone(),
            email: None,
            username: Some(login),
        }),
        url: some(status.environment_url).or(some(status.log_url)).or(some(status.target_url)),
    }))
}

/// # Errors
/// `text` takes more than `limit` bytes: it stands in keys of the record, which have their own limits.
fn within(part: &'static str, text: &str, limit: usize) -> Result<(), ParseError> {
    if text.len() > limit { Err(ParseError::TooLong { part, limit }) } else { Ok(()) }
}

/// A commit as the API answers it: its author, then the co-authors that its message names.
pub(super) fn commit(commit: &wire::Commit) -> Commit {
    let login = commit.author.as_ref().and_then(|account| account.login.clone());
    let git =
        commit.commit.author.as_ref().map(|user| (user.name.clone(), user.email.clone())).unwrap_or_default();
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (name, email) = (some(git.0), some(git.1));
    let known = name.is_some() || email.is_some() || login.is_some();
    let author = known.then(|| Person {
        name: name.or_else(|| login.clone()).or_else(|| email.clone()).unwrap_or_default(),
        email,
        username: login,
    });
    Commit {
        revision: commit.sha.clone(),
        title: title(&commit.commit.message),
        authors: with_co_authors(author, &commit.commit.message),
        url: commit.html_url.clone(),
        issues: issue::mentioned(&commit.commit.message),
    }
}

/// The files that the API lists as changed. One that was copied is still what it was under its old name.
pub(super) fn changed_files(files: Vec<wire::File>) -> ChangedFiles {
    let truncated = files.len() >= MAX_FILES;
    let lines = files.iter().map(|file| file.changes).sum();
    let unread = files.iter().flat_map(super::files::unread).collect();
    let paths = files.into_iter().flat_map(|file| {
        let before = file.previous_filename.filter(|_| file.status == "renamed");
        [Some(file.filename), before].into_iter().flatten()
    });
    ChangedFiles { paths: paths.collect(), lines, truncated, unread }
}

/// A message's first line.
pub(crate) fn title(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// The author, then everybody whom the message names on a line `Co-authored-by: Name <address>`, each address
/// once. See
/// <https://docs.github.com/pull-requests/committing-changes-to-your-project/creating-and-editing-commits/creating-a-commit-with-multiple-authors>.
pub(crate) fn with_co_authors(author: Option<Person>, message: &str) -> Vec<Person> {
    let address = |person: &Person| person.email.as_ref().map(|email| email.to_ascii_lowercase());
    let mut addresses: HashSet<String> = author.iter().filter_map(address).collect();
    let name = author.as_ref().filter(|author| author.email.is_none()).map(|author| author.name.clone());
    let new = |person: &Person| {
        name.as_ref() != Some(&person.name) && address(person).is_none_or(|email| addresses.insert(email))
    };
    let others: Vec<Person> = message.lines().filter_map(co_author).filter(new).collect();
    author.into_iter().chain(others).collect()
}

/// Whom a line names as a co-author, if it does.
fn co_author(line: &str) -> Option<Person> {
    const KEY: &str = "co-authored-by:";
    let line = line.trim();
    if !line.get(..KEY.len())?.eq_ignore_ascii_case(KEY) {
        return None;
    }
    let (name, rest) = line[KEY.len()..].split_once('<')?;
    let (email, _) = rest.split_once('>')?;
    let (name, email) = (name.trim(), email.trim());
    if email.is_empty() {
        return None;
    }
    let name = if name.is_empty() { email } else { name };
    Some(Person { name: name.to_owned(), email: Some(email.to_owned()), username: None })
}

/// The person whose account `login` is.
pub(super) fn person(login: &str, profile: wire::Profile) -> Person {
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Person {
        name: some(profile.name).unwrap_or_else(|| login.to_owned()),
        email: some(profile.email),
        username: Some(login.to_owned()),
    }
}

#[cfg(test)]
mod tests;
