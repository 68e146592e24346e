//! The place that an action leads to, by the names that a policy can give it.

use super::pattern::{Fit, fit_in_any_case, fit_left_out, is_plain};
use signoff_core::action::{Action, EventSpec, Kind, TriggerSpec};

/// A template that stands for what is not known.
const ANYTHING: &str = "{{ unknown }}";

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its names.
    names: Names,
    /// The names of what runs, where the rule names an environment instead. A rule can't leave a floor by
    /// naming another one.
    runs: Names,
}

/// The names of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names {
    /// The names, which may have template variables.
    texts: Vec<String>,
    /// The build that is started there; `None`: none is.
    build: Option<Build>,
}

/// A build, whose parameters have defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Build {
    /// The workflow's file.
    workflow: String,
    /// The parameters that the rule gives a value.
    given: Vec<String>,
}

impl Place {
    /// The environment of this name.
    pub fn environment(name: &str) -> Self {
        Self { names: Names::of_texts(vec![name.to_owned()]), runs: Names::default() }
    }

    /// The place that `action` leads to: the environment that its rule promotes to, else its exact job,
    /// workflow, address and so on.
    pub fn of(action: &Action, promotes_to: Option<&str>) -> Self {
        let names = names(action);
        match promotes_to {
            Some(environment) => Self { runs: names, ..Self::environment(environment) },
            None => Self { names, runs: Names::default() },
        }
    }

    /// True unless an environment stands in for the action that runs.
    pub(super) fn has_one_name(&self) -> bool {
        self.runs.texts.is_empty()
    }

    /// Returns the best fit of its names with `patterns`.
    pub(super) fn fit(&self, patterns: &[String]) -> Fit {
        self.names.best(patterns)
    }

    /// Returns the best fit of the action that runs there with `patterns`.
    pub(super) fn fit_by_what_runs(&self, patterns: &[String]) -> Fit {
        self.runs.best(patterns)
    }
}

impl Names {
    fn of_texts(texts: Vec<String>) -> Self {
        Self { texts, build: None }
    }

    fn best(&self, patterns: &[String]) -> Fit {
        let patterns: Vec<String> = patterns.iter().map(|pattern| bus_name(pattern).to_owned()).collect();
        let of_build = |build: &Build| fit_left_out(&patterns, &build.workflow, &build.given);
        let fits = self.texts.iter().map(|name| fit_in_any_case(&patterns, name));
        fits.chain(self.build.iter().map(of_build)).max().unwrap_or(Fit::No)
    }
}

/// The name of an action that acts, as rules files have it; `None`: it does not act, or Signoff wrote it
/// itself.
pub(super) fn acting(action: &Action) -> Option<&'static str> {
    let name = match action {
        Action::AutoApproveBuild(_) => "auto_approve_build",
        Action::TriggerBuild(_) => "trigger_build",
        Action::AddDeployTag(_) => "add_deploy_tag",
        Action::Webhook(_) => "webhook",
        Action::TransitionMentionedIssues(_) => "transition_mentioned_issues",
        Action::TransitionIssues(_) => "transition_issues",
        Action::UpdateMentionedIssues(_) => "update_mentioned_issues",
        Action::SendEvent(_) => "send_event",
        Action::WithOnFailure(with) => return acting(&with.action),
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
    };
    (action.kind() == Kind::Acts).then_some(name)
}

/// The names of what an action acts on.
fn names(action: &Action) -> Names {
    Names::of_texts(match action {
        Action::AutoApproveBuild(build) => {
            let job = build.job.as_deref().unwrap_or(ANYTHING);
            vec![build.build.clone(), format!("{}/{job}", build.build)]
        }
        Action::TriggerBuild(spec) => return of_build(spec),
        Action::Webhook(spec) => match host(&spec.url) {
            Some(host) => vec![address(&spec.url, &host), host],
            None => vec![ANYTHING.to_owned()],
        },
        Action::SendEvent(event) => of_event(event),
        Action::AddDeployTag(tag) => vec![tag.clone()],
        Action::TransitionMentionedIssues(transition) => vec![transition.state.clone()],
        Action::TransitionIssues(state) => vec![state.clone()],
        Action::UpdateMentionedIssues(field) => vec![field.name.clone()],
        Action::WithOnFailure(with) => return names(&with.action),
        Action::SlackChannelApproval(_)
        | Action::SlackChannelMessage(_)
        | Action::AddToDeployMessageThread(_)
        | Action::NotifyDeployAuthors(_)
        | Action::NotifyDeployer(_)
        | Action::SlackPersonalMessage(_)
        | Action::SlackDeployMessage(_)
        | Action::MonitorDrift(_)
        | Action::NotifyMentionedIssues(_)
        | Action::RulesFile(_) => Vec::new(),
    })
}

/// The names of a build: its workflow, and that with each parameter. An empty value is as good as none.
fn of_build(spec: &TriggerSpec) -> Names {
    let workflow = workflow(spec).trim();
    let given = spec.parameters.iter().map(|(name, value)| (name, value.to_string()));
    let given: Vec<_> = given.filter(|(_, value)| !value.trim().is_empty()).collect();
    let named = given.iter().map(|(name, value)| format!("{workflow} {name}={}", value.trim()));
    let texts = std::iter::once(workflow.to_owned()).chain(named).collect();
    let given = given.iter().map(|(name, _)| (*name).clone()).collect();
    Names { texts, build: Some(Build { workflow: workflow.to_owned(), given }) }
}

/// The names of an event: its type, and that with its bus. A bus may be named by its ARN. Where the rule
/// names none it is the stack's, which may have any name.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>.
fn of_event(event: &EventSpec) -> Vec<String> {
    let detail_type = event.detail_type.trim();
    let bus = bus_name(event.bus.as_deref().unwrap_or(ANYTHING));
    vec![detail_type.to_owned(), format!("{bus}/{detail_type}")]
}

/// The name of a bus, of which `text` begins with the name or the ARN.
fn bus_name(text: &str) -> &str {
    text.split_once(":event-bus/").map_or(text, |(_, name)| name)
}

/// The workflow's file; `circleci` for a pipeline. GitHub takes a workflow's number too, and nobody knows
/// whose that is.
pub(super) fn workflow(spec: &TriggerSpec) -> &str {
    let Some(workflow) = spec.workflow.as_deref() else { return "circleci" };
    let is_number = workflow.trim().bytes().all(|byte| byte.is_ascii_digit());
    if is_number || (is_plain(workflow) && workflow.contains(['/', '%'])) { ANYTHING } else { workflow }
}

/// The host that a webhook calls, in lower case; `None`: it can't be told.
pub(crate) fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !host.ends_with('.');
    (is_host && port.bytes().all(|byte| byte.is_ascii_digit())).then(|| host.to_ascii_lowercase())
}

/// An address in one spelling of its scheme, host and port.
fn address(url: &str, host: &str) -> String {
    let (scheme, rest) = url.trim().split_once("://").unwrap_or(("https", url));
    let (scheme, path_at) = (scheme.to_ascii_lowercase(), rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (authority, path) = rest.split_at(path_at);
    let default = if scheme == "https" { "443" } else { "80" };
    let port = authority.split_once(':').map(|(_, port)| port).filter(|port| !["", default].contains(port));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    // A path can be written in many ways, and the same one must not look like another.
    let path = if path.contains(['%', '\\']) || path.contains("/.") || path.contains("//") {
        format!("/{ANYTHING}")
    } else {
        path.to_owned()
    };
    format!("{scheme}://{host}{port}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_only_where_it_is_certain() {
        for (url, expected) in [
            ("https://Hooks.acme.example/x", Some("hooks.acme.example")),
            ("http://hooks.acme.example:8443?x=1", Some("hooks.acme.example")),
            ("https://hooks.acme.example/{{ revision }}", Some("hooks.acme.example")),
            ("https://{{ revision }}.acme.example/", None),
            ("https://hooks.acme.example{{ revision }}/", None),
            ("https://hooks.acme.example@evil.example/", None),
            ("https://hooks.acme.example\\@evil.example/", None),
            ("https://hooks.acme.example./", None),
            ("https://hooks.acme.example:{{ port }}/", None),
            ("ftp://hooks.acme.example/", None),
            ("{{ url }}", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
        for (url, expected) in [
            ("HTTPS://Hooks.acme.example:443/A", "https://hooks.acme.example/A"),
            ("https://hooks.acme.example:8443/A", "https://hooks.acme.example:8443/A"),
            ("https://hooks.acme.example/a/../b", "https://hooks.acme.example/{{ unknown }}"),
            ("https://hooks.acme.example", "https://hooks.acme.example"),
        ] {
            assert_eq!(address(url, "hooks.acme.example"), expected, "{url}");
        }
    }
}
