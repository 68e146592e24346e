//! Finds rules that may act on the same, however each of them spells it.

use super::{OPEN, is_open, is_revision};
use crate::action::{Action, EventSpec, ParameterValue, TriggerSpec, WebhookSpec};
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, BTreeSet};

/// A text; `None`: it may be any, as nobody knows what its template becomes.
type Text = Option<String>;

/// Something that an action acts on, in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    kind: Kind,
    /// The names that tell it apart from others of its kind.
    names: Vec<Text>,
    /// The segments of an address's path; `None`: nobody knows them.
    path: Option<Vec<Text>>,
    /// The values that it is given besides. One that is left out has a default, which may be any value.
    parameters: BTreeMap<String, Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Environment,
    Job,
    Workflow,
    Pipeline,
    Address,
    Event,
    Tag,
    Issues,
    Field,
}

/// Everything that `actions` act on, at whatever depth, and the environment that their rule names in
/// `promotes_to`, with texts as in [`super::place`]. Two rules whose sets [meet](meets) may act on the same:
/// the body and the headers of a webhook tell them apart as places, and not here.
pub fn acts_on(actions: &[Action], promotes_to: Option<&str>) -> BTreeSet<Reach> {
    let environment = promotes_to.map(|named| Reach::of(Kind::Environment, [any_case(named)]));
    let mut all: BTreeSet<Reach> = environment.into_iter().collect();
    for action in actions {
        match action.plain() {
            Action::SlackChannelApproval(next) => all.extend(acts_on(&next.on_success, None)),
            other => all.extend(reach(other)),
        }
    }
    all
}

/// True if both sets of [`acts_on`] may have something in common. An environment that one rule names in
/// `promotes_to` meets whatever is told to go there, by an input, by a parameter or by a part of its path.
pub fn meets(one: &BTreeSet<Reach>, other: &BTreeSet<Reach>) -> bool {
    one.iter().any(|one| other.iter().any(|other| one.meets(other)))
}

impl Reach {
    fn of(kind: Kind, names: impl IntoIterator<Item = Text>) -> Self {
        let (names, parameters) = (names.into_iter().collect(), BTreeMap::new());
        Self { kind, names, path: Some(Vec::new()), parameters }
    }

    fn with(self, parameters: BTreeMap<String, Text>) -> Self {
        Self { parameters, ..self }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self.kind, other.kind) {
            (Kind::Environment, Kind::Environment) => {}
            (Kind::Environment, _) => return self.names.iter().any(|named| other.goes_to(named)),
            (_, Kind::Environment) => return other.names.iter().any(|named| self.goes_to(named)),
            _ => {}
        }
        let same_path = match (&self.path, &other.path) {
            (Some(one), Some(other)) => agree(one, other),
            (None, _) | (_, None) => true,
        };
        self.kind == other.kind
            && agree(&self.names, &other.names)
            && same_path
            && self
                .parameters
                .iter()
                .all(|(name, one)| other.parameters.get(name).is_none_or(|other| may_be(one, other)))
    }
}

impl Reach {
    /// True if it is told to go to the environment `named`: a value that it is given, or a part of its path,
    /// is that name. A value that nobody knows may be.
    fn goes_to(&self, named: &Text) -> bool {
        let is_named = |part: &Text| part.as_ref().is_some_and(|part| any_case(part) == *named);
        self.parameters.values().any(|value| may_be(value, named)) || self.path.iter().flatten().any(is_named)
    }
}

fn agree(one: &[Text], other: &[Text]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| may_be(one, other))
}

fn may_be(one: &Text, other: &Text) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// The target of an action; `None`: it only tells people, asks them, or is Signoff's own.
fn reach(action: &Action) -> Option<Reach> {
    Some(match action {
        Action::AutoApproveBuild(build) => {
            let job = build.job.as_deref().and_then(exact);
            Reach::of(Kind::Job, [exact(&build.build), job])
        }
        Action::TriggerBuild(spec) => build(spec),
        Action::Webhook(spec) => address(spec),
        Action::SendEvent(event) => sent(event),
        Action::AddDeployTag(tag) => Reach::of(Kind::Tag, [any_case(tag)]),
        Action::TransitionMentionedIssues(transition) => {
            Reach::of(Kind::Issues, [any_case(&transition.state)])
        }
        Action::TransitionIssues(state) => Reach::of(Kind::Issues, [any_case(state)]),
        Action::UpdateMentionedIssues(field) => {
            Reach::of(Kind::Field, [any_case(&field.name), any_case(&field.value)])
        }
        Action::WithOnFailure(with) => return reach(&with.action),
        Action::SlackChannelApproval(_)
        | Action::SlackChannelMessage(_)
        | Action::AddToDeployMessageThread(_)
        | Action::NotifyDeployAuthors(_)
        | Action::NotifyDeployer(_)
        | Action::SlackPersonalMessage(_)
        | Action::SlackDeployMessage(_)
        | Action::MonitorDrift(_)
        | Action::NotifyMentionedIssues(_)
        | Action::RulesFile(_) => return None,
    })
}

/// A build. GitHub is given a workflow's file without its folders, or its number, which may be that of any;
/// and every input as text, of which an environment's name is the same in any case.
fn build(spec: &TriggerSpec) -> Reach {
    let value = |value: &ParameterValue| any_case(&value.to_string());
    let given = spec
        .parameters
        .iter()
        .filter(|(_, value)| !matches!(value, ParameterValue::Text(text) if is_revision(text)));
    let parameters = given.map(|(name, given)| (name.clone(), value(given))).collect();
    let reach = match spec.workflow.as_deref().map(str::trim) {
        None => Reach::of(Kind::Pipeline, []),
        Some(workflow) => {
            let file = workflow.rsplit('/').next().unwrap_or(workflow);
            let is_number = file.bytes().all(|byte| byte.is_ascii_digit());
            // A template may hold a slash.
            Reach::of(Kind::Workflow, [exact(workflow).and_then(|_| exact(file)).filter(|_| !is_number)])
        }
    };
    reach.with(parameters)
}

/// An event, by its bus and its type. A bus may be named by its ARN. An event that names none goes to the
/// stack's, which may be any.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>.
fn sent(event: &EventSpec) -> Reach {
    let bus = event.bus.as_deref().map(|bus| bus.rsplit('/').next().unwrap_or(bus));
    let detail = event.detail.iter().filter(|(_, value)| !is_revision(value));
    let detail = detail.map(|(name, value)| (name.clone(), any_case(value))).collect();
    Reach::of(Kind::Event, [bus.and_then(any_case), any_case(&event.detail_type)]).with(detail)
}

/// An address. One that can't be told for sure may be any.
///
/// Source: <https://url.spec.whatwg.org/#url-parsing>, by which it is called.
fn address(spec: &WebhookSpec) -> Reach {
    let unknown = || Reach { path: None, ..Reach::of(Kind::Address, [None]) };
    let is_dropped = |c: char| matches!(c, '\t' | '\n' | '\r');
    let url: String = spec.url.trim().chars().filter(|c| !is_dropped(*c)).collect();
    let start = OPEN.iter().filter_map(|mark| url.find(mark)).min().unwrap_or(url.len());
    let url = url.replace('\\', "/");
    let Some((scheme, rest)) = url.split_once(':') else { return unknown() };
    let (scheme, rest) = (scheme.to_ascii_lowercase(), rest.trim_start_matches('/'));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let is_authority_known = start == url.len() || url.len() - rest.len() + end < start;
    let (authority, rest) = rest.split_at(end);
    let Some(origin) = is_authority_known.then(|| origin(&scheme, authority)).flatten() else {
        return unknown();
    };
    let reach = Reach::of(Kind::Address, [Some(origin)]);
    if !has_plain_values(rest) {
        return Reach { path: None, ..reach };
    }
    let rest = rest.split('#').next().unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Reach { path: segments(path), parameters: parameters(query), ..reach }
}

/// The scheme, host and port of an address; `None`: it can't be told. Nobody counts on who is named before
/// the host.
fn origin(scheme: &str, authority: &str) -> Option<String> {
    let default = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let port = port.trim_start_matches('0');
    let is_name = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && port.bytes().all(|byte| byte.is_ascii_digit());
    // A number can be written in many ways, and `xn--` stands for other letters.
    let last = host.rsplit('.').next().unwrap_or(&host);
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    let is_plain_number = host.split('.').count() == 4
        && host.split('.').all(|part| part.parse::<u8>().is_ok_and(|number| number.to_string() == part));
    if !is_name || is_number && !is_plain_number || host.contains("xn--") {
        return None;
    }
    let port = if port == default { "" } else { port };
    Some(format!("{scheme}://{host}:{port}"))
}

/// True if each template of an address only names a value, which stays where it stands.
fn has_plain_values(text: &str) -> bool {
    let mut parts = text.split("{{");
    let before = parts.next().unwrap_or_default();
    let is_plain = |text: &str| !is_open(text) && !text.contains("}}");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '|' | '[' | ']');
    is_plain(before)
        && parts.all(|part| {
            part.split_once("}}").is_some_and(|(value, after)| value.chars().all(is_name) && is_plain(after))
        })
}

/// The segments of a path as servers take them; `None`: they can't be told.
fn segments(path: &str) -> Option<Vec<Text>> {
    let mut segments = Vec::new();
    for segment in decoded(path)?.replace('\\', "/").split('/') {
        match segment.split(';').next().unwrap_or(segment) {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push((!is_open(other)).then(|| other.to_owned())),
        }
    }
    Some(segments)
}

/// The parameters of a query; none where it can't be told which there are.
fn parameters(query: &str) -> BTreeMap<String, Text> {
    let mut parameters = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = decoded(name).filter(|name| !is_open(name) && !pair.contains(';')) else {
            return BTreeMap::new();
        };
        if is_revision(value) {
            continue;
        }
        let value = decoded(&value.replace('+', " ")).and_then(|value| any_case(&value));
        // Of several values, servers take the first, the last or all of them.
        parameters.entry(name).and_modify(|known| *known = None).or_insert(value);
    }
    parameters
}

/// A text without its percent-encoding; `None`: it is no text then.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

fn exact(text: &str) -> Text {
    (!is_open(text)).then(|| text.trim().to_owned())
}

fn any_case(text: &str) -> Text {
    exact(text).map(|text| text.to_lowercase())
}
