//! The question whether two rules may act on the same: what they act on is written in many ways, and
//! what is not known before it is rendered may be anything.

use super::{BUILD, CIRCLECI};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The event bus that is meant where none is named.
const DEFAULT_BUS: &str = "default";
/// The job that stands for any job of a build.
const ANY_JOB: &str = "*";

/// True if something in one set of [`acts_on`](super::acts_on) may be something in the other. A job
/// without a name may be any job of its build, a template may be any text, and case, spaces and the ways
/// to write an address make no difference. What is sent along with an event or to an address makes none
/// either.
pub fn meets(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    one.iter().any(|one| other.iter().any(|other| may_be_same(one, other)))
}

fn may_be_same(one: &str, other: &str) -> bool {
    let read = |target: &str| serde_json::from_str::<Vec<Value>>(target).ok();
    let (Some(one), Some(other)) = (read(one), read(other)) else { return one == other };
    let (Some(kind), Some(of_other)) = (text(&one, 0), text(&other, 0)) else { return false };
    if kind != of_other {
        return false;
    }
    let at = |index: usize| (text(&one, index).unwrap_or_default(), text(&other, index).unwrap_or_default());
    let same = |index: usize| texts_meet(at(index).0, at(index).1);
    match kind {
        BUILD => builds_meet(&one, &other),
        "job" => same(1) && (same(2) || at(2).0 == ANY_JOB || at(2).1 == ANY_JOB),
        "address" => addresses_meet(at(1).0, at(1).1),
        "event" => texts_meet(bus(at(1).0), bus(at(1).1)) && same(2),
        _ => one.len() == other.len() && (1..one.len()).all(same),
    }
}

fn text(target: &[Value], index: usize) -> Option<&str> {
    target.get(index)?.as_str()
}

/// True if two texts may be the same.
fn texts_meet(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase();
    is_open(one) || is_open(other) || plain(one) == plain(other)
}

/// True if a text is not known before it is rendered. One that is rendered in part has an arrow.
pub(super) fn is_open(text: &str) -> bool {
    first_open(text).is_some()
}

/// The place of the first piece that is not known.
fn first_open(text: &str) -> Option<usize> {
    ["{{", "{%", "\u{2192}"].iter().filter_map(|part| text.find(part)).min()
}

/// The name of an event bus that is written by its name or its ARN.
fn bus(named: &str) -> &str {
    match named.rsplit('/').next().unwrap_or(named) {
        "" => DEFAULT_BUS,
        name => name,
    }
}

/// True if two of these targets may be the same build. An input that one of them leaves out has the build's
/// default, which may be any value; a number may be that of any workflow.
fn builds_meet(one: &[Value], other: &[Value]) -> bool {
    let (one, other) = (Build::read(one), Build::read(other));
    let same = one.workflow == other.workflow
        || one.is_any_workflow() && other.is_on_github()
        || other.is_any_workflow() && one.is_on_github();
    same && one
        .parameters
        .iter()
        .all(|(name, value)| other.parameters.get(name).is_none_or(|other| texts_meet(value, other)))
}

/// A build among the targets.
struct Build<'a> {
    workflow: &'a str,
    /// The inputs by their names in lower case.
    parameters: BTreeMap<String, &'a str>,
}

impl<'a> Build<'a> {
    fn read(target: &'a [Value]) -> Self {
        let parameters = target.get(2).and_then(Value::as_object).into_iter().flatten();
        let parameters = parameters.filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?)));
        Self { workflow: text(target, 1).unwrap_or_default(), parameters: parameters.collect() }
    }

    fn is_on_github(&self) -> bool {
        self.workflow != CIRCLECI
    }

    /// True if nobody knows which workflow it is: GitHub takes a workflow's number too.
    fn is_any_workflow(&self) -> bool {
        let is_number = self.workflow.bytes().all(|byte| byte.is_ascii_digit());
        is_number || is_open(self.workflow)
    }
}

/// True if two addresses may lead to the same: their hosts may be the same, and their paths.
fn addresses_meet(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (Address::read(one), Address::read(other)) else {
        return texts_meet(one, other);
    };
    let same = |one: &Option<String>, other: &Option<String>| {
        one.as_ref().zip(other.as_ref()).is_none_or(|(one, other)| one == other)
    };
    one.scheme == other.scheme && same(&one.host, &other.host) && same(&one.path, &other.path)
}

/// An address, without its query. `None` of a part: it is not known, or is written in a way that other parts
/// may be too.
struct Address {
    scheme: String,
    host: Option<String>,
    path: Option<String>,
}

impl Address {
    fn read(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://").filter(|(scheme, _)| !is_open(scheme))?;
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // What a template has before the end of the host may be all of it.
        let is_host_open = first_open(rest).is_some_and(|open| open <= host.len());
        let end = path.find(['?', '#']).filter(|end| first_open(path).is_none_or(|open| *end < open));
        let path = path.get(..end.unwrap_or(path.len())).unwrap_or(path);
        let is_odd =
            is_open(path) || path.contains(['%', '\\']) || path.contains("/.") || path.contains("//");
        let path = if path.is_empty() { "/" } else { path };
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: (!is_host_open).then(|| plain_host(host)),
            path: (!is_host_open && !is_odd).then(|| path.to_owned()),
        })
    }
}

/// A host with its port, in one spelling.
fn plain_host(authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let separator = if port.is_empty() { "" } else { ":" };
    format!("{}{separator}{port}", name.trim_end_matches('.')).to_ascii_lowercase()
}
