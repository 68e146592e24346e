//! Parameters of queries and forms.

mod search;

pub(crate) use search::{Field, Search};

use jiff::Timestamp;
use signoff_core::deploy::Slug;
use signoff_store::Wanted;

/// Number of deploys in a page's list, and in a JSON list unless the request asks for another number.
pub(crate) const PAGE_SIZE: u8 = 50;
/// Number of approvals on a page of the record.
pub(crate) const RECORD_SIZE: u8 = 20;
/// The longest name or place that is looked for, in bytes: the store's keys have an end.
const LONGEST_NAME: usize = 1000;
/// Largest number of entries in a JSON list.
pub(crate) const MOST_LISTED: u8 = 100;

/// A parameter can't be read; this says which, why, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadQuery(pub(crate) String);

/// A place in the list of deploys, or of approvals, as the part before it gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(String);

impl Cursor {
    /// Reads what [`signoff_store::Listing::next`] or [`signoff_store::ApprovalListing::next`] gave: a time,
    /// `#` and an id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (time, id) = text.split_once('#')?;
        (text.len() <= LONGEST_NAME && time.parse::<Timestamp>().is_ok() && is_id(id))
            .then(|| Self(text.to_owned()))
    }

    /// Its text, for the store.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// True if `text` can be an id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The first value of the parameter `name` in a query or a form.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A query of these pairs.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Place at which a part of the list begins: the parameter `before`.
pub(crate) fn cursor(query: &str) -> Result<Option<Cursor>, BadQuery> {
    let Some(text) = parameter(query, "before").filter(|text| !text.is_empty()) else { return Ok(None) };
    let cursor = Cursor::parse(&text).ok_or_else(|| {
        BadQuery(
            "The parameter `before` must be the `next` of an earlier answer, percent-encoded.".to_owned(),
        )
    })?;
    Ok(Some(cursor))
}

/// The environment that a list is asked for, where one is.
pub(crate) fn environment(query: &str) -> Option<String> {
    text(query, "environment").filter(|text| text.len() <= LONGEST_NAME)
}

/// The first value of the parameter `name`, where it is not empty.
pub(crate) fn text(query: &str, name: &str) -> Option<String> {
    parameter(query, name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The deployment that the parameter `name` names, if it is there.
pub(crate) fn slug(query: &str, name: &str) -> Result<Option<Slug>, BadQuery> {
    let Some(text) = parameter(query, name) else { return Ok(None) };
    let slug = text.split_once('/').and_then(|(organization, name)| Slug::new(organization, name));
    let problem = || BadQuery(format!("The parameter `{name}` must be owner/name, such as acme/checkout."));
    slug.ok_or_else(problem).map(Some)
}

/// Reads the filter of a list of deploys: `deployment`, `environment`, `revision`, `since`, `until`.
pub(crate) fn wanted(query: &str) -> Result<Wanted, BadQuery> {
    let environment = parameter(query, "environment").map(|text| {
        let problem = "The parameter `environment` must be the name of an environment, such as Staging.";
        if text.is_empty() || text.len() > LONGEST_NAME {
            Err(BadQuery(problem.to_owned()))
        } else {
            Ok(text)
        }
    });
    Ok(Wanted {
        deployment: slug(query, "deployment")?,
        environment: environment.transpose()?,
        revision: revision(query)?,
        since: time(query, "since")?,
        until: time(query, "until")?,
    })
}

/// A revision in a list's query.
const REVISION: &str = "a commit's SHA, or its first 7 characters or more";

/// The revision that a list of deploys is asked for.
fn revision(query: &str) -> Result<Option<String>, BadQuery> {
    let Some(text) = parameter(query, "revision") else { return Ok(None) };
    let problem = || BadQuery(format!("The parameter `revision` must be {REVISION}."));
    sha(&text).ok_or_else(problem).map(Some)
}

/// A commit's SHA, or its beginning, in lower case.
fn sha(text: &str) -> Option<String> {
    let is_sha = (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha.then(|| text.to_lowercase())
}

fn time(query: &str, name: &str) -> Result<Option<Timestamp>, BadQuery> {
    let Some(text) = parameter(query, name) else { return Ok(None) };
    let problem = || {
        let right = "such as 2026-11-23T10:42:00Z, percent-encoded";
        BadQuery(format!("The parameter `{name}` must be a time with its zone, as RFC 3339 has it, {right}."))
    };
    text.parse().map(Some).map_err(|_| problem())
}

/// Number of entries that are asked for: the parameter `limit`, 1 to 100.
pub(crate) fn limit(query: &str) -> Result<u8, BadQuery> {
    let Some(text) = parameter(query, "limit") else { return Ok(PAGE_SIZE) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST_LISTED).contains(limit));
    limit.ok_or_else(|| {
        BadQuery(format!("The parameter `limit` must be a whole number from 1 to {MOST_LISTED}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_is_asked_for() {
        let read = wanted(
            "deployment=acme/checkout&environment=Staging+EU&revision=4BF7226&since=2026-11-01T00:00:00Z\
             &until=2026-11-02T02:00:00%2B02:00",
        );
        let expected = Wanted {
            deployment: Slug::new("acme", "checkout"),
            environment: Some("Staging EU".to_owned()),
            revision: Some("4bf7226".to_owned()),
            since: "2026-11-01T00:00:00Z".parse().ok(),
            until: "2026-11-02T00:00:00Z".parse().ok(),
        };
        assert_eq!(read, Ok(expected));
        assert_eq!(wanted(""), Ok(Wanted::default()));
        let anywhere = Wanted { revision: Some("4bf7226".to_owned()), ..Wanted::default() };
        assert_eq!(wanted("revision=4bf7226"), Ok(anywhere));
        assert_eq!((limit(""), limit("limit=100")), (Ok(PAGE_SIZE), Ok(100)));
        let before = Cursor::parse("2026-11-23T10:00:00.000000Z#d1");
        assert!(before.is_some());
        assert_eq!(cursor("before=2026-11-23T10%3A00%3A00.000000Z%23d1"), Ok(before));
        assert_eq!(cursor("before="), Ok(None));
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=",
            "limit=x",
            "before=x",
            "before=2026-11-23%23d1",
            "deployment=checkout",
            "deployment=",
            "environment=",
            "revision=4bf722",
            "revision=main",
            "revision=",
            "since=7d",
            "until=2026-11-23",
            // A plus sign that is not encoded is a space.
            "since=2026-11-23T10:00:00+02:00",
        ] {
            let read = wanted(query).and_then(|_| limit(query)).and_then(|_| cursor(query));
            let parameter = query.split('=').next().unwrap_or_default();
            assert!(matches!(&read, Err(BadQuery(text)) if text.contains(parameter)), "{query}: {read:?}");
        }
    }
}
