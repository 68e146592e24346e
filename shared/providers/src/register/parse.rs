//! A registered deploy, parameter by parameter.

use super::detail;
use super::input::{Fields, ParseError, kind, parameters, time};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, RulesChange, Size, Slug, Source};
use signoff_core::deploy_state::DeployState;
use signoff_core::hidden::is_hidden;
use signoff_core::id::DeployId;
use std::collections::BTreeMap;

/// The environment of a deploy that names none: the one that a project of Sleuth's starts with.
const DEFAULT_ENVIRONMENT: &str = "Production";
/// Most that a client's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// The longest environment, branch and tag.
const MAX_NAME: usize = 200;
/// The most bytes of one.
const MAX_NAME_BYTES: usize = 600;
/// Most tags that a deploy may have.
const MAX_TAGS: usize = 50;

/// A deploy that somebody registered: what they know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The revision: a SHA in lower case, which may be shortened, or the name of a tag.
    pub revision: String,
    /// Environment where it arrived; `Production` if the client didn't say.
    pub environment: String,
    /// Time of the deploy; `None`: now.
    pub deployed_at: Option<Timestamp>,
    /// State of the deploy; a success if the client didn't say.
    pub state: DeployState,
    /// The branch that it was built from.
    pub branch: Option<String>,
    /// Its tags, each once and starting with `#`.
    pub tags: Vec<String>,
    /// True if registering the same deploy again counts as a success.
    pub ignore_if_duplicate: bool,
    /// The person who deployed: by their e-mail address, or by the text that was sent in its place.
    pub deployer: Option<Person>,
    /// Links by name.
    pub links: BTreeMap<String, String>,
    /// Its commits, in the order in which they were given; at most 250.
    pub commits: Vec<Commit>,
    /// Size of the change, if its `files` tell.
    pub size: Option<Size>,
    /// Its pull requests; at most 100.
    pub pull_requests: Vec<PullRequest>,
    /// The names of parameters that mean nothing here: clients of other services send more than is needed.
    pub unknown: Vec<String>,
    /// The optional parameters that were left out because they can't be read; at most 20.
    pub left_out: Vec<ParseError>,
}

/// The parameters that mean something; `api_key` was read before.
const KNOWN: [&str; 13] = [
    "api_key",
    "sha",
    "environment",
    "date",
    "state",
    "branch",
    "tags",
    "ignore_if_duplicate",
    "email",
    "links",
    "commits",
    "files",
    "pull_requests",
];
/// The refs of tags.
const TAGS: &str = "refs/tags/";
/// The longest name of a tag.
const LONGEST_TAG: usize = 200;
/// Most unknown parameters that are noted.
const MAX_UNKNOWN: usize = 20;
/// Most parameters that were left out and are noted.
const MAX_LEFT_OUT: usize = 20;

impl Registration {
    /// The deploy that it is, of `deployment`, whose code is in `repository`; deployed when it was registered
    /// where it does not say when, or says a later time.
    pub fn deploy(
        self,
        id: DeployId,
        deployment: Slug,
        repository: String,
        registered_at: Timestamp,
    ) -> Deploy {
        Deploy {
            id,
            deployment,
            repository,
            environment: self.environment,
            revision: self.revision,
            branch: self.branch,
            // A date may make it older, never newer than its registration: it supersedes nothing that comes
            // after it.
            deployed_at: self.deployed_at.unwrap_or(registered_at).min(registered_at),
            registered_at,
            source: Source::RegisterDeploy,
            tags: self.tags,
            links: self.links,
            size: self.size,
            deployer: self.deployer,
            commits: self.commits,
            pull_requests: self.pull_requests,
            previous_revision: None,
            rules_change: RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: Confirmation::Awaited,
            state: self.state,
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        }
    }
}

/// Reads a registration from a request's `Content-Type`, query (without `?`) and body: JSON, a form, or query
/// parameters, of which the body's win. Empty texts and lists stand for what the client doesn't know;
/// parameters with other names are named in [`Registration::unknown`]. See
/// <https://help.sleuth.io/sleuth-api/deploy-registration>.
///
/// - `sha`: 4 to 64 hexadecimal digits, or a tag as `NAME` or `refs/tags/NAME`; required.
/// - An `email`, an author or an `url` that can't be read loses no deploy: it is left out and noted in
///   [`Registration::left_out`]. The text of such an `email` still names somebody who deployed.
/// - `date`: ISO 8601, in UTC where it names no zone. A date more than 10 minutes after `now` is refused. One
///   in the past is taken, however old: teams register what they deployed before they had Signoff.
/// - `state`: `in_progress`, `failure`, `error` or `success`; without it a success.
/// - `tags`: a list, or text with commas. A tag without its `#` gets it.
/// - `links`: an object, `name=address`, or a list of either; only `http` and `https` addresses are taken.
///
/// # Errors
///
/// The first thing that is wrong, by the parameter's name, with what would be right.
pub fn parse(
    content_type: Option<&str>,
    query: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Registration, ParseError> {
    let members = parameters(content_type, query, body)?;
    let fields = Fields { members: &members, at: String::new() };
    let mut left_out = LeftOut::default();
    Ok(Registration {
        revision: sha(&fields)?,
        environment: name(&fields, "environment")?.unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned()),
        deployed_at: date(&fields, "deploy", now)?,
        state: state(&fields)?,
        branch: name(&fields, "branch")?,
        tags: tags(&fields)?,
        ignore_if_duplicate: flag(&fields, "ignore_if_duplicate")?,
        deployer: deployer(&fields, &mut left_out),
        links: links(&fields)?,
        commits: detail::commits(&fields, &mut left_out)?,
        size: detail::size(&fields)?,
        pull_requests: detail::pull_requests(&fields, &mut left_out)?,
        unknown: unknown(&fields),
        left_out: left_out.0,
    })
}

/// The optional parameters that were left out.
#[derive(Default)]
pub(super) struct LeftOut(Vec<ParseError>);

impl LeftOut {
    /// What was read; `None` where it can't be, which is noted.
    pub fn unless<T>(&mut self, read: Result<Option<T>, ParseError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            if self.0.len() < MAX_LEFT_OUT {
                self.0.push(error);
            }
            None
        })
    }
}

fn unknown(fields: &Fields<'_>) -> Vec<String> {
    let names = fields.members.keys().filter(|name| !KNOWN.contains(&name.as_str()));
    names.take(MAX_UNKNOWN).map(|name| crate::failure::quote(name)).collect()
}

fn sha(fields: &Fields<'_>) -> Result<String, ParseError> {
    let Some(sha) = fields.text("sha")? else {
        return Err(fields.wrong("sha", "it is missing: send the git SHA of the commit that was deployed"));
    };
    let is_hexadecimal = sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    if (4..=64).contains(&sha.len()) && is_hexadecimal {
        return Ok(sha.to_ascii_lowercase());
    }
    tag(sha).filter(|_| !is_hexadecimal || sha.len() < 4).ok_or_else(|| {
        let problem = format!(
            "`{}` is neither a git SHA nor a tag: it must be 4 to 64 hexadecimal digits, or the tag's name",
            crate::failure::quote(sha)
        );
        fields.wrong("sha", problem)
    })
}

/// Reads the state of the deploy.
fn state(fields: &Fields<'_>) -> Result<DeployState, ParseError> {
    let Some(text) = fields.text("state")? else { return Ok(DeployState::default()) };
    DeployState::of(text).ok_or_else(|| {
        let words = DeployState::ALL.map(|state| format!("`{}`", state.word()));
        let [others @ .., last] = &words;
        let problem = format!(
            "`{}` is not a state: it must be {} or {last}",
            crate::failure::quote(text),
            others.join(", ")
        );
        fields.wrong("state", problem)
    })
}

/// The name of a tag, as it was sent: `v1.2.3` or `refs/tags/v1.2.3`. A bare name may be a branch's as well:
/// the host tells when the deploy arrives.
///
/// Source: <https://git-scm.com/docs/git-check-ref-format>.
fn tag(text: &str) -> Option<String> {
    let name = text.strip_prefix(TAGS).unwrap_or(text);
    if name.starts_with("refs/") || name.starts_with('-') || matches!(name, "@" | "HEAD") {
        return None;
    }
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let may_have = |c: char| c.is_ascii_graphic() && !"~^:?*[\\".contains(c);
    let is_name = name.len() <= LONGEST_TAG
        && name.chars().all(may_have)
        && name.split('/').all(is_part)
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{");
    is_name.then(|| text.to_owned())
}

/// An environment's or a branch's name.
pub(super) fn name(fields: &Fields<'_>, name: &str) -> Result<Option<String>, ParseError> {
    match fields.text(name)? {
        Some(text) if text.chars().count() > MAX_NAME || text.contains(char::is_control) => {
            Err(fields
                .wrong(name, format!("it must be a name on one line, of at most {MAX_NAME} characters")))
        }
        // It looks like another name, which other rules are about.
        Some(text) if text.contains(is_hidden) => {
            Err(fields.wrong(name, format!("it has {}: leave it out", hidden_in(text))))
        }
        // It stands in keys of the record, which take bytes.
        Some(text) if text.len() > MAX_NAME_BYTES => {
            Err(fields.wrong(name, format!("it must be a name of at most {MAX_NAME_BYTES} bytes")))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// The first character of `text` that nobody sees, for a message.
fn hidden_in(text: &str) -> String {
    let code = text.chars().find(|c| is_hidden(*c)).map_or(0, u32::from);
    format!("the invisible character U+{code:04X}")
}

/// `date`: the time of `what`.
pub(super) fn date(fields: &Fields<'_>, what: &str, now: Timestamp) -> Result<Option<Timestamp>, ParseError> {
    let Some(text) = fields.text("date")? else { return Ok(None) };
    let quoted = crate::failure::quote(text);
    let wrong = |problem: String| fields.wrong("date", problem);
    let date = time(text).ok_or_else(|| {
        wrong(format!("`{quoted}` is not a date and time in ISO 8601, such as 2021-05-11T11:42:00Z"))
    })?;
    if date < Timestamp::UNIX_EPOCH {
        return Err(wrong(format!(
            "`{quoted}` is before 1970: send the time of the {what}, or leave it out for now"
        )));
    }
    if date.duration_since(now) > MAX_AHEAD {
        let now = jiff::fmt::temporal::DateTimePrinter::new().precision(Some(0)).timestamp_to_string(&now);
        return Err(wrong(format!(
            "`{quoted}` is in the future (it is {now} now): send the time of the {what}, with its zone, or leave it out for now"
        )));
    }
    Ok(Some(date))
}

fn tags(fields: &Fields<'_>) -> Result<Vec<String>, ParseError> {
    let list = match fields.get("tags") {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(other) => vec![other],
    };
    let mut tags: Vec<String> = Vec::new();
    for item in list {
        let Value::String(text) = item else {
            return Err(
                fields.wrong("tags", format!("each tag must be text such as \"#api\", not {}", kind(item)))
            );
        };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let tag = format!("#{}", word.trim_start_matches('#'));
            if tag.len() == 1
                || tag.chars().count() > MAX_NAME
                || tag[1..].contains(|c: char| c == '#' || c.is_whitespace() || c.is_control())
            {
                let word = crate::failure::quote(word);
                return Err(
                    fields.wrong("tags", format!("`{word}` is not a tag: it must be one word such as #api"))
                );
            }
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(fields.wrong("tags", format!("there are {}: send at most {MAX_TAGS}", tags.len())));
    }
    Ok(tags)
}

fn flag(fields: &Fields<'_>, name: &str) -> Result<bool, ParseError> {
    match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if ["true", "1"].contains(&text.trim().to_ascii_lowercase().as_str()) => {
            Ok(true)
        }
        Some(Value::String(text)) if ["false", "0"].contains(&text.trim().to_ascii_lowercase().as_str()) => {
            Ok(false)
        }
        Some(_) => Err(fields.wrong(name, "it must be true or false")),
    }
}

/// The person who deployed, by `email`: an address, or a name and an address as git writes them
/// (`Ana Novak <ana@acme.test>`). Any other text is noted, and is the name of somebody whom nobody knows:
/// without it, a maker would be missing and nobody would see that.
fn deployer(fields: &Fields<'_>, left_out: &mut LeftOut) -> Option<Person> {
    let text = left_out.unless(fields.text("email"))?;
    let bracketed = text.strip_suffix('>').and_then(|text| Some(text.rsplit_once('<')?.1.trim()));
    let email = bracketed.unwrap_or(text);
    if is_email(email) {
        return Some(Person { name: email.to_owned(), email: Some(email.to_owned()), username: None });
    }
    let problem = format!("`{}` is not an e-mail address", crate::failure::quote(text));
    let _: Option<()> = left_out.unless(Err(fields.wrong("email", problem)));
    Some(Person { name: crate::failure::quote(text), email: None, username: None })
}

/// True if a text could be an e-mail address: something before and after its last `@`, and no space.
pub(super) fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

fn links(fields: &Fields<'_>) -> Result<BTreeMap<String, String>, ParseError> {
    let mut links = BTreeMap::new();
    let list = match fields.get("links") {
        None => return Ok(links),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(other) => vec![other],
    };
    for item in list {
        match item {
            Value::Object(members) => {
                for (name, address) in members {
                    let Value::String(address) = address else {
                        let name = crate::failure::quote(name);
                        let problem = format!("`{name}` must be an address in quotes, not {}", kind(address));
                        return Err(fields.wrong("links", problem));
                    };
                    detail::link(fields, &mut links, name, address)?;
                }
            }
            Value::String(text) => {
                let Some((name, address)) = text.split_once('=') else {
                    let text = crate::failure::quote(text);
                    return Err(
                        fields.wrong("links", format!("`{text}` is not a link: it must be name=https://…"))
                    );
                };
                detail::link(fields, &mut links, name, address)?;
            }
            other => {
                let problem = format!("it must be an object of names and addresses, not {}", kind(other));
                return Err(fields.wrong("links", problem));
            }
        }
    }
    Ok(links)
}

#[cfg(test)]
mod tests;
