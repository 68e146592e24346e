//! Text that somebody types into a form, field by field, and the problems in it.

use super::{Then, Workflow, rule_name};
use crate::condition;
use crate::file::{events, values};
use crate::problem::{Position, Wrong};
use crate::reference::{DEFAULT_COMMENT, DEFAULT_DETAIL_TYPE, DEFAULT_PROMPT, LONGEST_WAIT, REASONS};
use crate::suggest::did_you_mean;
use crate::template;
use signoff_core::action::{ChannelMessage, ParameterValue, Reasons, TriggerSpec};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The longest name of an approval, in characters.
const MAX_NAME: usize = 150;

/// A form as it was filled in; every text as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the `Field` of the same name")]
pub struct Draft {
    pub name: String,
    pub environment: String,
    pub promotes_to: String,
    pub prompt: String,
    pub channel: String,
    pub votes_required: String,
    pub approvers: String,
    pub four_eyes: bool,
    pub break_glass: String,
    pub expires_after: String,
    pub require_reason: String,
    pub action: DraftAction,
    pub message_channel: String,
    pub message: String,
    pub comment: String,
    pub build: String,
    pub workflow: String,
    pub parameters: String,
    pub revision: String,
    pub url: String,
    pub event: String,
    pub state: String,
}

/// Action once it is approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the variant of `Then` of the same name")]
pub enum DraftAction {
    SendMessage,
    NotifyIssues,
    #[default]
    ApproveBuild,
    TriggerBuild,
    Webhook,
    SendEvent,
    TransitionIssues,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The name of the approval.
    Name,
    /// The environment whose deploys it is for.
    Environment,
    /// The environment that the approval leads to.
    PromotesTo,
    /// The question.
    Prompt,
    /// The channel of the approval.
    Channel,
    /// The number of votes that it takes.
    VotesRequired,
    /// The approvers, with commas between them.
    Approvers,
    /// The people who may let it go ahead without votes, with commas between them.
    BreakGlass,
    /// The time for people to vote.
    ExpiresAfter,
    /// The votes that need a reason.
    RequireReason,
    /// The channel of the message.
    MessageChannel,
    /// The message.
    Message,
    /// The comment on issues.
    Comment,
    /// The CircleCI workflow that is on hold.
    Build,
    /// The GitHub workflow to start.
    Workflow,
    /// The parameters of the build, `name=value` on each line.
    Parameters,
    /// The branch or tag to build.
    Revision,
    /// The address to call.
    Url,
    /// The event's detail type.
    Event,
    /// The state that issues are brought into.
    State,
}

impl Field {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 20] = [
        Self::Name,
        Self::Environment,
        Self::PromotesTo,
        Self::Prompt,
        Self::Channel,
        Self::VotesRequired,
        Self::Approvers,
        Self::BreakGlass,
        Self::ExpiresAfter,
        Self::RequireReason,
        Self::MessageChannel,
        Self::Message,
        Self::Comment,
        Self::Build,
        Self::Workflow,
        Self::Parameters,
        Self::Revision,
        Self::Url,
        Self::Event,
        Self::State,
    ];
}

/// Problem in a field. Its `Display` is one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: Field,
    /// Place in the typed text, without the spaces before it; `None`: all of it.
    pub at: Option<Position>,
    /// Description of the problem.
    pub message: String,
    /// Correction, as a clause.
    pub suggestion: Option<String>,
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Position { line: 1, column }) => write!(f, "Character {column}: ")?,
            Some(Position { line, column }) => write!(f, "Line {line}, character {column}: ")?,
            None => {}
        }
        write!(f, "{}", self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

impl Default for Draft {
    /// The form as it is first shown.
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            name: text("Promote deploy to production"),
            environment: String::new(),
            promotes_to: String::new(),
            prompt: text(DEFAULT_PROMPT),
            channel: String::new(),
            votes_required: text("1"),
            approvers: String::new(),
            four_eyes: false,
            break_glass: String::new(),
            expires_after: String::new(),
            require_reason: String::new(),
            action: DraftAction::default(),
            message_channel: String::new(),
            message: text("{{ deploy_slack }} is on its way to production."),
            comment: text(DEFAULT_COMMENT),
            build: String::new(),
            workflow: String::new(),
            parameters: String::new(),
            revision: String::new(),
            url: String::new(),
            event: text(DEFAULT_DETAIL_TYPE),
            state: String::new(),
        }
    }
}

impl Draft {
    /// Reads the typed text as a workflow.
    ///
    /// # Errors
    /// Every problem, in the order of the form. Fields of an action that was not chosen are not looked at.
    pub fn workflow(&self) -> Result<Workflow, Vec<FieldProblem>> {
        let mut check = Check { problems: Vec::new() };
        let name = check.name(&self.name);
        let environment = check.environment(&self.environment);
        let promotes_to = check.promotes_to(&self.promotes_to);
        let prompt = check.template(Field::Prompt, &self.prompt);
        let channel = check.channel(Field::Channel, &self.channel);
        let votes_required = check.votes(&self.votes_required);
        let approvers = check.approvers(&self.approvers, votes_required);
        let break_glass = check.people(Field::BreakGlass, &self.break_glass, "break the glass");
        let expires_after = check.wait(&self.expires_after);
        let require_reason = check.reasons(&self.require_reason);
        let then = check.then(self);
        if !check.problems.is_empty() {
            return Err(check.problems);
        }
        Ok(Workflow {
            rule: rule_name(&name),
            environment,
            promotes_to,
            name,
            prompt,
            channel,
            votes_required,
            approvers,
            self_approval: !self.four_eyes,
            break_glass,
            require_reason,
            expires_after,
            then,
        })
    }
}

/// The problems so far. A field with one gives an empty value, which is not used then.
struct Check {
    problems: Vec<FieldProblem>,
}

impl Check {
    fn problem(&mut self, field: Field, message: impl Into<String>, suggestion: Option<String>) {
        self.problems.push(FieldProblem { field, at: None, message: message.into(), suggestion });
    }

    fn sound<T: Default>(&mut self, field: Field, value: Result<T, Wrong>) -> T {
        value.unwrap_or_else(|wrong| {
            self.problem(field, wrong.message, wrong.suggestion);
            T::default()
        })
    }

    fn empty(&mut self, field: Field) {
        let suggestion = match field {
            Field::Channel | Field::MessageChannel => "name a channel, such as #releases",
            _ => "fill it in",
        };
        self.problem(field, "this is empty", Some(suggestion.to_owned()));
    }

    fn too_long(&mut self, field: Field, most: usize) {
        let message = format!("this is longer than {most} characters");
        self.problem(field, message, Some("shorten it".to_owned()));
    }

    /// A text that there must be, on one line.
    fn line(&mut self, field: Field, typed: &str) -> String {
        let text = typed.trim();
        if text.is_empty() {
            self.empty(field);
        } else if text.contains(char::is_control) {
            self.problem(field, "this has to be one line, without tabs", None);
        }
        text.to_owned()
    }

    fn promotes_to(&mut self, typed: &str) -> Option<String> {
        if typed.trim().is_empty() {
            return None;
        }
        let environment = self.line(Field::PromotesTo, typed);
        if template::is_template(&environment) {
            let message = "this can't be a template: it would stand for every environment at once";
            self.problem(Field::PromotesTo, message, Some("name the environment".to_owned()));
        }
        Some(environment)
    }

    fn name(&mut self, typed: &str) -> String {
        let name = self.line(Field::Name, typed);
        if name.chars().count() > MAX_NAME {
            self.too_long(Field::Name, MAX_NAME);
        }
        name
    }

    fn environment(&mut self, typed: &str) -> String {
        let environment = self.line(Field::Environment, typed);
        if environment.contains('\'') && environment.contains('"') {
            let message = "a condition can't ask for a text with both kinds of quotes";
            self.problem(Field::Environment, message, Some("rename the environment".to_owned()));
        } else if environment.chars().count() > condition::MAX_LENGTH / 2 {
            self.too_long(Field::Environment, condition::MAX_LENGTH / 2);
        }
        environment
    }

    /// A text that there must be, and that works as a template. Browsers end lines by `\r\n`.
    fn template(&mut self, field: Field, typed: &str) -> String {
        let text = typed.replace("\r\n", "\n").trim().to_owned();
        if text.is_empty() {
            self.empty(field);
            return text;
        }
        for problem in template::check(&text).err().unwrap_or_default() {
            let at = problem.offset.map(|offset| position(&text, offset));
            let (message, suggestion) = (problem.message, problem.suggestion);
            self.problems.push(FieldProblem { field, at, message, suggestion });
        }
        text
    }

    fn channel(&mut self, field: Field, typed: &str) -> String {
        let text = typed.trim();
        if text.is_empty() {
            self.empty(field);
            return String::new();
        }
        let lower = values::channel(&text.to_lowercase()).ok();
        let channel = values::channel(text).map_err(|wrong| {
            let suggestion = lower.map_or_else(
                || "write #name, or the channel's id (C0123ABCDEF)".to_owned(),
                |lower| format!("names of channels are in lower case: {lower}"),
            );
            Wrong::new(wrong.message, suggestion)
        });
        self.sound(field, channel)
    }

    fn votes(&mut self, typed: &str) -> u32 {
        let votes = typed.trim().parse().ok().filter(|votes| *votes >= 1);
        let wrong = || Wrong::new("this is not a whole number from 1", "write, for example, 2");
        self.sound(Field::VotesRequired, votes.ok_or_else(wrong))
    }

    /// Reads the approvers, each once. Reports more votes than approvers, unless one of them is a group.
    fn approvers(&mut self, typed: &str, votes: u32) -> Vec<String> {
        let approvers = self.people(Field::Approvers, typed, "vote");
        let named = self.problems.iter().all(|problem| problem.field != Field::Approvers);
        let groups = approvers.iter().any(|approver| values::is_group(approver));
        if named && !groups && !approvers.is_empty() && votes as usize > approvers.len() {
            let message = format!("{votes} votes are required, and only {} may vote", approvers.len());
            let suggestion = "require fewer, or name more approvers".to_owned();
            self.problem(Field::VotesRequired, message, Some(suggestion));
        }
        approvers
    }

    /// People and user groups, each once; `what` they may do.
    fn people(&mut self, field: Field, typed: &str, what: &str) -> Vec<String> {
        let (mut people, mut seen) = (Vec::new(), HashSet::new());
        for one in typed.split([',', '\n']).map(str::trim).filter(|one| !one.is_empty()) {
            match values::may_do(one, what) {
                Ok(person) if !seen.insert(person.to_ascii_lowercase()) => {}
                Ok(person) => people.push(person),
                Err(wrong) => self.problem(field, wrong.message, wrong.suggestion),
            }
        }
        people
    }

    fn wait(&mut self, typed: &str) -> Option<String> {
        let text = typed.trim();
        if text.is_empty() {
            return None;
        }
        let wait =
            values::wait(text, "this", "24h", LONGEST_WAIT).map_err(|wrong| match condition::parse_duration(
                text,
            )
            .is_some_and(|wait| !wait.is_zero())
            {
                true => wrong,
                false => Wrong::new(
                    "this is not a time: a whole number and s, m, h or d",
                    "write, for example, 24h",
                ),
            });
        self.sound(Field::ExpiresAfter, wait);
        Some(text.to_owned())
    }

    fn reasons(&mut self, typed: &str) -> Reasons {
        match typed.trim() {
            "" => Reasons::Never,
            "approve" => Reasons::Approve,
            "reject" => Reasons::Reject,
            "both" => Reasons::Both,
            other => {
                let suggestion = did_you_mean(other, REASONS)
                    .unwrap_or_else(|| "write approve, reject or both".to_owned());
                let message = format!("`{other}` can't give a reason");
                self.problem(Field::RequireReason, message, Some(suggestion));
                Reasons::Never
            }
        }
    }

    fn then(&mut self, draft: &Draft) -> Then {
        match draft.action {
            DraftAction::SendMessage => Then::SendMessage(ChannelMessage {
                channel: self.channel(Field::MessageChannel, &draft.message_channel),
                message: self.template(Field::Message, &draft.message),
            }),
            DraftAction::NotifyIssues => Then::NotifyIssues(self.template(Field::Comment, &draft.comment)),
            DraftAction::ApproveBuild => Then::ApproveBuild(self.template(Field::Build, &draft.build)),
            DraftAction::TriggerBuild => Then::TriggerBuild(TriggerSpec {
                workflow: self.optional(Field::Workflow, &draft.workflow),
                parameters: self.parameters(&draft.parameters),
                revision: self.optional(Field::Revision, &draft.revision),
            }),
            DraftAction::Webhook => Then::Webhook(self.address(&draft.url)),
            DraftAction::SendEvent => {
                let text = self.template(Field::Event, &draft.event);
                self.sound(Field::Event, events::detail_type(&text, "this"));
                Then::SendEvent(text)
            }
            DraftAction::TransitionIssues => {
                Then::TransitionIssues(self.template(Field::State, &draft.state))
            }
        }
    }

    fn optional(&mut self, field: Field, typed: &str) -> Option<String> {
        (!typed.trim().is_empty()).then(|| self.template(field, typed))
    }

    fn address(&mut self, typed: &str) -> String {
        let text = self.template(Field::Url, typed);
        if text.is_empty() { text } else { self.sound(Field::Url, values::address(&text, "a webhook")) }
    }

    /// `name=value` on each line. `true`, `false` and whole numbers are what they are; all else is a text.
    fn parameters(&mut self, typed: &str) -> BTreeMap<String, ParameterValue> {
        let mut parameters = BTreeMap::new();
        for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some((name, value)) = line.split_once('=') else {
                let message = format!("`{line}` is not a parameter");
                self.problem(Field::Parameters, message, Some("write `name=value` on each line".to_owned()));
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            let sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !sound {
                let message = format!("`{name}` is not the name of a parameter");
                let suggestion =
                    "begin with a letter, and go on with letters, digits, `_` and `-`".to_owned();
                self.problem(Field::Parameters, message, Some(suggestion));
            } else if name == "name" {
                let message = "`name` is the GitHub workflow, which has a field of its own";
                self.problem(Field::Parameters, message, Some("write it there".to_owned()));
            } else if parameters.insert(name.to_owned(), self.parameter(value)).is_some() {
                let suggestion = "take one of its lines out".to_owned();
                self.problem(Field::Parameters, format!("`{name}` is here twice"), Some(suggestion));
            }
        }
        parameters
    }

    fn parameter(&mut self, value: &str) -> ParameterValue {
        let number = value.parse::<i64>().ok().filter(|number| number.to_string() == value);
        match (value, number) {
            ("true", _) => ParameterValue::Bool(true),
            ("false", _) => ParameterValue::Bool(false),
            (_, Some(number)) => ParameterValue::Integer(number),
            ("", None) => ParameterValue::Text(String::new()),
            (text, None) => ParameterValue::Text(self.template(Field::Parameters, text)),
        }
    }
}

/// The place behind so many characters of a text.
fn position(text: &str, offset: usize) -> Position {
    text.chars().take(offset).fold(Position { line: 1, column: 1 }, |at, c| match c {
        '\n' => Position { line: at.line + 1, column: 1 },
        _ => Position { column: at.column + 1, ..at },
    })
}
