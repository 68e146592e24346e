//! Details of a registration: its commits, files, pull requests and links.
//!
//! If there are more than a deploy's record keeps, the first ones are kept. A client that sends too much
//! still gets its deploy registered, and Signoff asks the source host for the rest.

use super::input::{Fields, ParseError, is_address, kind, not_an_address};
use super::parse::{LeftOut, is_email};
use crate::failure::quote;
use crate::github::parse::{title, with_co_authors};
use serde_json::{Map, Value};
use signoff_core::deploy::{Commit, Person, PullRequest, Size};
use signoff_core::issue;
use std::collections::BTreeMap;

/// Most commits that a deploy's record keeps.
const MAX_COMMITS: usize = 250;
/// Most files of a registration that are read.
const MAX_FILES: usize = 1000;
/// Most pull requests that a deploy's record keeps.
const MAX_PULL_REQUESTS: usize = 100;
/// Most links that a deploy's record keeps.
const MAX_LINKS: usize = 50;
/// Most characters of a title that a deploy's record keeps.
const MAX_TITLE: usize = 200;

/// `commits`: `[{revision, message, author {name, email, username}, url}]`. Co-authors are read from the
/// message.
pub(super) fn commits(fields: &Fields<'_>, left_out: &mut LeftOut) -> Result<Vec<Commit>, ParseError> {
    let commit = |fields: &Fields<'_>| {
        let Some(revision) = fields.text("revision")? else {
            return Err(fields.wrong("revision", "it is missing: send the commit's git SHA"));
        };
        let message = fields.text("message")?.unwrap_or_default();
        Ok(Commit {
            revision: revision.to_owned(),
            title: short(&title(message)),
            authors: with_co_authors(left_out.unless(author(fields)), message),
            url: left_out.unless(fields.address("url")),
            issues: issue::mentioned(message),
        })
    };
    each(fields, "commits", MAX_COMMITS, commit)
}

/// A commit's `author`.
fn author(fields: &Fields<'_>) -> Result<Option<Person>, ParseError> {
    let members = match fields.get("author") {
        None => return Ok(None),
        Some(Value::Object(members)) => members,
        Some(other) => {
            let problem = format!("it must be an object with name, email and username, not {}", kind(other));
            return Err(fields.wrong("author", problem));
        }
    };
    let author = Fields { members, at: format!("{}author.", fields.at) };
    // Git takes any text for an address: one that is none is nobody's.
    let written = author.text("email")?;
    let email = written.filter(|text| is_email(text)).map(str::to_owned);
    let username = author.text("username")?.map(str::to_owned);
    let name = author.text("name")?.map(str::to_owned);
    let name = name.or_else(|| username.clone()).or_else(|| written.map(short));
    Ok(name.map(|name| Person { name, email, username }))
}

/// `files`: `[{path, url, additions, deletions}]`, as how much the deploy changes; not known where a file
/// does not say.
pub(super) fn size(fields: &Fields<'_>) -> Result<Option<Size>, ParseError> {
    let lines = each(fields, "files", MAX_FILES, |file| {
        if file.text("path")?.is_none() {
            return Err(file.wrong("path", "it is missing: send the file's path in the repository"));
        }
        let (added, removed) = (count(file, "additions")?, count(file, "deletions")?);
        Ok((added.is_some() || removed.is_some())
            .then(|| added.unwrap_or(0).saturating_add(removed.unwrap_or(0))))
    })?;
    let files = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let lines: Option<Vec<u64>> = lines.into_iter().collect();
    let sum = lines.map(|lines| lines.into_iter().fold(0, u64::saturating_add));
    Ok(sum.filter(|_| files > 0).map(|lines| Size { files, lines }))
}

/// A number of lines.
fn count(file: &Fields<'_>, name: &str) -> Result<Option<u64>, ParseError> {
    let number = match file.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64(),
    };
    number.map(Some).ok_or_else(|| file.wrong(name, "it must be a number of lines"))
}

/// `pull_requests`: `[{number, title, body, branch, url, author, labels}]`. Of body and branch, the issues
/// that they mention are kept.
pub(super) fn pull_requests(
    fields: &Fields<'_>,
    left_out: &mut LeftOut,
) -> Result<Vec<PullRequest>, ParseError> {
    each(fields, "pull_requests", MAX_PULL_REQUESTS, |fields| {
        let number = match fields.get("number").or_else(|| fields.get("id")) {
            Some(Value::String(text)) => text.trim().trim_start_matches(['#', '!']).parse().ok(),
            Some(value) => value.as_u64(),
            None => None,
        };
        let number = number.ok_or_else(|| fields.wrong("number", "it must be the pull request's number"))?;
        let title = fields.text("title")?.unwrap_or_default();
        let branch = fields.text("branch")?.unwrap_or_default();
        Ok(PullRequest {
            number,
            issues: issue::of_pull_request(title, fields.text("body")?, branch),
            title: short(title),
            url: left_out.unless(fields.address("url")).unwrap_or_default(),
            author: left_out.unless(who(fields).map(Some)).unwrap_or_default(),
            merged_by: None,
            labels: labels(fields)?,
        })
    })
}

/// A pull request's `author`: a name, or an object as a commit has it.
fn who(fields: &Fields<'_>) -> Result<String, ParseError> {
    match fields.get("author") {
        Some(Value::String(name)) => Ok(name.trim().to_owned()),
        _ => Ok(author(fields)?.map(|person| person.username.unwrap_or(person.name)).unwrap_or_default()),
    }
}

/// A pull request's `labels`: names.
fn labels(fields: &Fields<'_>) -> Result<Vec<String>, ParseError> {
    let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
    match fields.get("labels") {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| {
                text(item)
                    .ok_or_else(|| fields.wrong("labels", format!("each must be text, not {}", kind(item))))
            })
            .collect(),
        Some(Value::String(names)) => {
            Ok(names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
        }
        Some(other) => {
            Err(fields.wrong("labels", format!("it must be a list of names, not {}", kind(other))))
        }
    }
}

/// Adds a link.
pub(super) fn link(
    fields: &Fields<'_>,
    links: &mut BTreeMap<String, String>,
    name: &str,
    address: &str,
) -> Result<(), ParseError> {
    let (name, address) = (quote(name), address.trim());
    if address.is_empty() {
        return Ok(());
    }
    if name.is_empty() {
        return Err(
            fields.wrong("links", format!("`={}` has no name: it must be name=https://…", quote(address)))
        );
    }
    if !is_address(address) {
        return Err(fields.wrong("links", not_an_address(address)));
    }
    if links.len() < MAX_LINKS {
        links.insert(name, address.to_owned());
    }
    Ok(())
}

/// The first `max` elements of a list of objects, each read by `read`.
fn each<T>(
    fields: &Fields<'_>,
    name: &str,
    max: usize,
    mut read: impl FnMut(&Fields<'_>) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let items = fields.objects(name)?;
    let element = |(index, item): (usize, &Value)| {
        let empty = Map::new();
        let members = match item {
            Value::Object(members) => members,
            Value::Null => &empty,
            other => {
                let problem = format!("it must be an object, not {}", kind(other));
                return Err(fields.wrong(&format!("{name}[{index}]"), problem));
            }
        };
        read(&Fields { members, at: format!("{}{name}[{index}].", fields.at) })
    };
    items.iter().enumerate().take(max).map(element).collect()
}

/// A title, no longer than a deploy's record keeps it.
fn short(title: &str) -> String {
    title.chars().take(MAX_TITLE).collect()
}
