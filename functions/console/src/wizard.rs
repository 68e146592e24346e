//! The wizard: what its form sends. Every step is a page that has all that was typed so far.

pub(crate) mod host;
pub(crate) mod preview;

use crate::address::parameters::parameter;
use crate::view::weight;
use signoff_core::deploy::Slug;
use signoff_rules::write::{Draft, DraftAction, Field};
use signoff_store::GitHost;
use std::borrow::Cow;

/// Largest size of what is typed, in bytes as a form sends it: every page with it stays under 60 KB.
pub(crate) const LONGEST: usize = 6000;
/// Largest size of what is shown again with the request to shorten it.
pub(crate) const LONGEST_SHOWN: usize = 10_240;
/// The field in which a page says which step it is.
pub(crate) const AT: &str = "at";
/// Largest numbers of names that the lists of the form offer.
pub(crate) const MOST_ENVIRONMENTS: usize = 50;
pub(crate) const MOST_CHANNELS: usize = 100;
/// Room for the names of a list, in bytes of HTML.
const ROOM_FOR_NAMES: usize = 4000;
/// Value of the select that stands for a time that it does not have.
pub(crate) const CUSTOM: &str = "custom";

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Introduction to approvals.
    Introduction,
    /// The form.
    Workflow,
    /// The file.
    Export,
}

/// Contents of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) step: Step,
    /// Values that were typed; if an environment is chosen from the list, that one.
    pub(crate) draft: Draft,
    /// True if the file itself is wanted.
    pub(crate) download: bool,
    /// Host of the repository, if it is not the one in the deployment's settings.
    pub(crate) host: Option<GitHost>,
}

impl Step {
    pub(crate) const ALL: [Self; 3] = [Self::Introduction, Self::Workflow, Self::Export];

    /// Its value in the form.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Introduction => "introduction",
            Self::Workflow => "workflow",
            Self::Export => "export",
        }
    }

    /// Title of the step.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Introduction => "Introduction",
            Self::Workflow => "Define workflow",
            Self::Export => "Export to YAML",
        }
    }
}

/// An input of the form: its name, which is its element's id too, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
}

/// Input for an environment that the select does not have.
pub(crate) const OTHER_ENVIRONMENT: Input = Input { name: "other_environment", label: "Another environment" };
/// Input for a time that the select does not have.
pub(crate) const OTHER_WAIT: Input = Input { name: "custom_expires", label: "Custom time" };

/// A form that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// Label of the longest field; `None`: the form does not have it.
    pub(crate) longest: Option<&'static str>,
    /// Its size in bytes.
    pub(crate) length: usize,
}

/// The actions, their values in the form and what they are called, in the order of the form.
pub(crate) const ACTIONS: [(DraftAction, &str, &str); 7] = [
    (DraftAction::SendMessage, "message", "Send Slack message"),
    (DraftAction::NotifyIssues, "notify", "Notify all issues related to the deploy"),
    (DraftAction::TransitionIssues, "transition", "Transition all issues related to the deploy"),
    (DraftAction::ApproveBuild, "approve", "Approve CircleCI build"),
    (DraftAction::TriggerBuild, "trigger", "Trigger build"),
    (DraftAction::Webhook, "webhook", "Trigger webhook"),
    (DraftAction::SendEvent, "event", "Send event"),
];

/// The input of a field.
pub(crate) fn input_of(field: Field) -> Input {
    Input { name: name_of(field), label: label_of(field) }
}

/// Label of the input with this name, if the form has it.
fn label_named(name: &str) -> Option<&'static str> {
    let inputs = Field::ALL.into_iter().map(input_of).chain([OTHER_ENVIRONMENT, OTHER_WAIT]);
    inputs.into_iter().find(|input| input.name == name).map(|input| input.label)
}

/// The name of a field in the form, and the id of its element.
fn name_of(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Environment => "environment",
        Field::PromotesTo => "promotes_to",
        Field::Prompt => "prompt",
        Field::Channel => "channel",
        Field::VotesRequired => "votes",
        Field::Approvers => "approvers",
        Field::BreakGlass => "break_glass",
        Field::ExpiresAfter => "expires",
        Field::RequireReason => "reasons",
        Field::MessageChannel => "message_channel",
        Field::Message => "message",
        Field::Comment => "comment",
        Field::Build => "build",
        Field::Workflow => "workflow",
        Field::Parameters => "parameters",
        Field::Revision => "revision",
        Field::Url => "url",
        Field::Event => "event",
        Field::State => "state",
    }
}

/// Label of a field on the page.
fn label_of(field: Field) -> &'static str {
    match field {
        Field::Name => "Name",
        Field::Environment => "Environment",
        Field::PromotesTo => "Promotes to",
        Field::Prompt => "Prompt",
        Field::Channel => "Slack channel",
        Field::VotesRequired => "Required votes",
        Field::Approvers => "Approvers",
        Field::BreakGlass => "Break-glass",
        Field::ExpiresAfter => "Expiry",
        Field::RequireReason => "Reasons",
        Field::MessageChannel => "Channel of the message",
        Field::Message => "Message",
        Field::Comment => "Comment",
        Field::Build => "Build name",
        Field::Workflow => "GitHub workflow",
        Field::Parameters => "Parameters",
        Field::Revision => "Branch or tag",
        Field::Url => "Address",
        Field::Event => "Detail type",
        Field::State => "State",
    }
}

impl Form {
    /// The form as a link with this query opens it. Nothing is typed yet.
    pub(crate) fn opened(query: &str) -> Self {
        let workflow = parameter(query, "step").is_some_and(|step| step == Step::Workflow.name());
        let step = if workflow { Step::Workflow } else { Step::Introduction };
        Self { step, ..Self::read("") }
    }

    /// Reads what the form sent. What it does not say is as the form is first shown.
    pub(crate) fn read(query: &str) -> Self {
        let has = |name: &str| parameter(query, name).is_some_and(|value| !value.is_empty());
        let last = |wanted: &str| {
            let said = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
            said.last().map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        // The button that was pressed says where to go; without one, the page is shown again.
        let step = parameter(query, "step").or_else(|| parameter(query, AT)).unwrap_or_default();
        let step = Step::ALL.into_iter().find(|known| known.name() == step).unwrap_or(Step::Introduction);
        let first = Draft::default();
        let typed = |field: Field, first: String| parameter(query, name_of(field)).unwrap_or(first);
        let environment = typed(Field::Environment, first.environment);
        let other = parameter(query, OTHER_ENVIRONMENT.name).unwrap_or_default();
        let expires = typed(Field::ExpiresAfter, first.expires_after);
        let custom = parameter(query, OTHER_WAIT.name).unwrap_or_default();
        let action = parameter(query, "action").unwrap_or_default();
        let action = ACTIONS.into_iter().find(|(_, name, _)| *name == action).map(|(action, _, _)| action);
        let draft = Draft {
            name: typed(Field::Name, first.name),
            environment: if environment.is_empty() { other } else { environment },
            promotes_to: typed(Field::PromotesTo, first.promotes_to),
            prompt: typed(Field::Prompt, first.prompt),
            channel: typed(Field::Channel, first.channel),
            votes_required: typed(Field::VotesRequired, first.votes_required),
            approvers: typed(Field::Approvers, first.approvers),
            four_eyes: has("four_eyes"),
            break_glass: typed(Field::BreakGlass, first.break_glass),
            expires_after: if expires == CUSTOM && !custom.trim().is_empty() { custom } else { expires },
            require_reason: typed(Field::RequireReason, first.require_reason),
            action: action.unwrap_or(first.action),
            message_channel: typed(Field::MessageChannel, first.message_channel),
            message: typed(Field::Message, first.message),
            comment: typed(Field::Comment, first.comment),
            build: typed(Field::Build, first.build),
            workflow: typed(Field::Workflow, first.workflow),
            parameters: typed(Field::Parameters, first.parameters),
            revision: typed(Field::Revision, first.revision),
            url: typed(Field::Url, first.url),
            event: typed(Field::Event, first.event),
            state: typed(Field::State, first.state),
        };
        let host = last("host");
        let host = GitHost::ALL.into_iter().find(|known| known.name() == host);
        Self { step, draft, download: has("download"), host }
    }

    /// Values that differ from those of a new form, as the form sends them.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let first = Self::read("");
        let first: Vec<_> = first.values();
        self.values().into_iter().filter(|pair| !first.contains(pair)).collect()
    }

    /// Every field, as the form sends it.
    pub(crate) fn values(&self) -> Vec<(&'static str, &str)> {
        let draft = &self.draft;
        let action = ACTIONS.iter().find(|(action, _, _)| *action == draft.action);
        let mut pairs = vec![
            (name_of(Field::Name), draft.name.as_str()),
            (name_of(Field::Environment), &draft.environment),
            (name_of(Field::PromotesTo), &draft.promotes_to),
            (name_of(Field::Prompt), &draft.prompt),
            (name_of(Field::Channel), &draft.channel),
            (name_of(Field::VotesRequired), &draft.votes_required),
            (name_of(Field::Approvers), &draft.approvers),
            (name_of(Field::BreakGlass), &draft.break_glass),
            (name_of(Field::ExpiresAfter), &draft.expires_after),
            (name_of(Field::RequireReason), &draft.require_reason),
            ("action", action.map_or("", |(_, name, _)| name)),
            (name_of(Field::MessageChannel), &draft.message_channel),
            (name_of(Field::Message), &draft.message),
            (name_of(Field::Comment), &draft.comment),
            (name_of(Field::Build), &draft.build),
            (name_of(Field::Workflow), &draft.workflow),
            (name_of(Field::Parameters), &draft.parameters),
            (name_of(Field::Revision), &draft.revision),
            (name_of(Field::Url), &draft.url),
            (name_of(Field::Event), &draft.event),
            (name_of(Field::State), &draft.state),
        ];
        pairs.extend(draft.four_eyes.then_some(("four_eyes", "on")));
        pairs.extend(self.host.map(|host| ("host", host.name())));
        pairs
    }

    /// Checks if what a form sent is longer than [`LONGEST`]: every character counts as it is escaped, in
    /// whatever way it came, and the token of the session does not count. `None`: it is not longer.
    pub(crate) fn too_long(query: &str) -> Option<TooLong> {
        let pairs = || form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "token");
        let written = |pair: &(Cow<'_, str>, Cow<'_, str>)| {
            crate::address::parameters::query(&[(&pair.0, &pair.1)]).len()
        };
        // With a sign between any two.
        let length = pairs().map(|pair| written(&pair) + 1).sum::<usize>().saturating_sub(1);
        let longest = pairs().max_by_key(written);
        let longest = longest.and_then(|(name, _)| label_named(&name));
        (length > LONGEST).then_some(TooLong { longest, length })
    }
}

/// Names that a list offers: the first `most` of `names` that the page has room for.
pub(crate) fn offered<'a>(names: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut room = ROOM_FOR_NAMES;
    let fits = |name: &&str| match room.checked_sub(weight(name)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    names.filter(fits).take(most).collect()
}

/// The address of the wizard for a deployment; `page` is what comes behind `approvals/`.
pub(crate) fn path(deployment: &Slug, page: &str) -> String {
    format!("/deployments/{deployment}/approvals/{page}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parameters::query;

    #[test]
    fn link_opens_a_form_without_a_draft() {
        let opened = |query: &str| Form::opened(query);
        assert_eq!(opened("").step, Step::Introduction);
        assert_eq!(opened("step=workflow").step, Step::Workflow);
        assert_eq!(opened("step=export").step, Step::Introduction);
        assert_eq!(opened("step=workflow&name=x&host=gitlab&download=1"), opened("step=workflow"));
    }

    #[test]
    fn hidden_fields_keep_what_was_typed() {
        let draft = Draft {
            name: "It's & that?".to_owned(),
            environment: "QA".to_owned(),
            four_eyes: true,
            expires_after: "36h".to_owned(),
            action: DraftAction::Webhook,
            url: "https://x.example/?a=b&c".to_owned(),
            build: "kept".to_owned(),
            ..Draft::default()
        };
        let form = Form { step: Step::Export, draft, download: false, host: Some(GitHost::Gitlab) };
        let sent = |at: Step, pressed: &str| {
            let pairs = [&[(AT, at.name())], &form.pairs()[..]].concat();
            Form::read(&format!("{}{pressed}", query(&pairs)))
        };
        for at in Step::ALL {
            assert_eq!(sent(at, ""), Form { step: at, ..form.clone() });
            for step in Step::ALL {
                assert_eq!(sent(at, &format!("&step={}", step.name())), Form { step, ..form.clone() });
            }
        }
        assert_eq!(Form::read("").pairs(), [], "what nobody changed is not said");
        let pressed = sent(Step::Export, "&download=1&host=bitbucket");
        assert_eq!(pressed.step, Step::Export);
        assert_eq!((pressed.download, pressed.host), (true, Some(GitHost::Bitbucket)));
    }

    #[test]
    fn what_the_form_sends_is_read() {
        let first = Form::read("");
        assert_eq!((first.step, first.draft), (Step::Introduction, Draft::default()));
        let sent = Form::read(
            "at=introduction&step=workflow&name=&environment=&other_environment=QA+1&expires=custom&custom_expires=36h&action=x",
        );
        assert_eq!(sent.step, Step::Workflow);
        assert_eq!((sent.draft.name.as_str(), sent.draft.environment.as_str()), ("", "QA 1"));
        assert_eq!(
            (sent.draft.expires_after.as_str(), sent.draft.action),
            ("36h", DraftAction::ApproveBuild)
        );
        let custom = Form::read("expires=custom&custom_expires=+").draft;
        assert!(custom.workflow().unwrap_err().iter().any(|problem| problem.field == Field::ExpiresAfter));
    }

    #[test]
    fn form_that_is_too_long_names_the_longest_field() {
        let long = format!("name=a&prompt={}&build=b", "x".repeat(LONGEST));
        assert_eq!(Form::too_long(&long), Some(TooLong { longest: Some("Prompt"), length: long.len() }));
        assert_eq!(Form::too_long("name=a"), None);
        let longest = |query: String| Form::too_long(&query).map(|long| (long.longest, long.length));
        assert_eq!(longest(format!("token={}&name=a", "x".repeat(LONGEST))), None);
        assert_eq!(longest(format!("x={}", "x".repeat(LONGEST))), Some((None, LONGEST + 2)));
        // What counts is how long it is written, not how many letters it has.
        let letters = format!("name={}&comment={}", "x".repeat(1500), "%D0%B6".repeat(800));
        assert_eq!(longest(letters), Some((Some("Comment"), 1505 + 1 + 4808)));
        assert_eq!(longest(format!("name={}", "\"".repeat(2100))), Some((Some("Name"), 6305)));
    }

    #[test]
    fn every_input_has_a_label() {
        let values = Form { host: Some(GitHost::Gitlab), ..Form::read("four_eyes=on") };
        for (name, _) in values.values() {
            let is_chosen = ["action", "four_eyes", "host"].contains(&name);
            assert_eq!(label_named(name).is_none(), is_chosen, "{name}");
        }
        assert_eq!(label_named("other_environment"), Some("Another environment"));
        assert_eq!(label_named("custom_expires"), Some("Custom time"));
        assert_eq!((label_named("step"), label_named(AT)), (None, None));
    }

    #[test]
    fn a_list_offers_what_the_page_has_room_for() {
        let names: Vec<String> = (0..200).map(|number| format!("e{number}")).collect();
        let names = || names.iter().map(String::as_str);
        assert_eq!(offered(names(), 50).len(), 50);
        let long = "\"".repeat(600);
        let quotes = "\"".repeat(100);
        assert_eq!(offered([long.as_str(), &long, &quotes, "QA"].into_iter(), 50), [&long, "QA"]);
    }
}
