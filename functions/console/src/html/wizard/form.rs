//! The form of the step Define workflow.

use super::dialog::preview;
use super::fields::{Fields, channel_list};
use super::{reference, step_page};
use crate::auth::visitor::Visitor;
use crate::html::fields::with_code;
use crate::wizard::{ACTIONS, AT, CUSTOM, Form, LONGEST, OTHER_ENVIRONMENT, OTHER_WAIT, Step, TooLong, path};
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_core::message::Message;
use signoff_rules::reference::TEMPLATE_VARIABLES;
use signoff_rules::template::LATE;
use signoff_rules::write::{DraftAction, Field, FieldProblem};

/// Times that people can take, and what they are called.
const WAITS: [(&str, &str); 8] = [
    ("", "Never"),
    ("1h", "After an hour"),
    ("4h", "After 4 hours"),
    ("8h", "After 8 hours"),
    ("24h", "After a day"),
    ("3d", "After 3 days"),
    ("7d", "After a week"),
    (CUSTOM, "Custom…"),
];

/// Choices for the votes that need a reason.
const REASONS: [(&str, &str); 4] = [
    ("", "Optional"),
    ("approve", "Required to approve"),
    ("reject", "Required to reject"),
    ("both", "Required for every vote"),
];

/// The step, as it is shown.
pub(crate) struct FormPage<'a> {
    pub(crate) deployment: &'a Slug,
    pub(crate) form: &'a Form,
    /// The environments that are offered.
    pub(crate) environments: &'a [&'a str],
    /// The channels that are offered; `None`: Slack can't be asked now.
    pub(crate) channels: Option<&'a [&'a str]>,
    pub(crate) problems: &'a [FieldProblem],
    pub(crate) too_long: Option<TooLong>,
    /// The dialog, or what is wrong with its prompt; `None`: of a form that is too long none is drawn.
    pub(crate) dialog: Option<&'a Result<Message, Vec<FieldProblem>>>,
}

impl FormPage<'_> {
    /// The page.
    pub(crate) fn draw(&self, visitor: Option<&Visitor>) -> Markup {
        let Self { deployment, form, problems, .. } = *self;
        let elsewhere = [
            (!self.environments.is_empty() && self.environment_offered().is_none())
                .then_some((Field::Environment, OTHER_ENVIRONMENT)),
            wait_offered(&form.draft.expires_after).is_none().then_some((Field::ExpiresAfter, OTHER_WAIT)),
        ];
        let fields = Fields::new(form, problems, elsewhere.into_iter().flatten().collect());
        let body = html! {
            p {
                "Choose what to ask and what happens after approval. For everything else, see the "
                (reference())
            }
            @if let Some(form) = self.too_long { (too_long(form)) }
            (fields.summary())
            form #typed method="post" action=(path(deployment, "new")) data-preview=(path(deployment, "preview")) data-into="#preview" novalidate {
                @if let Some(visitor) = visitor { (visitor.form_token()) }
                input type="hidden" name=(AT) value=(Step::Workflow.name());
                @if let Some(host) = form.host { input type="hidden" name="host" value=(host.name()); }
                (fields.line(Field::Name, &html! { "Shown in Slack and in the record. The rule gets this name." }))
                h2 { "Conditions" }
                (self.environment(&fields))
                (fields.line(Field::PromotesTo, &html! {
                    "The environment that an approval leads to, such as Production. What was approved for it before is where the change \
                     that people vote on begins. Empty: what the action acts on."
                }))
                h2 { "Approval dialog" }
                (self.asked(&fields))
                h2 { "Votes" }
                (votes(&fields))
                h2 { "Action" }
                (self.actions(&fields))
                div.steps {
                    button type="submit" name="step" value=(Step::Introduction.name()) { "Previous" }
                    button type="submit" name="step" value=(Step::Export.name()) { "Next" }
                }
            }
        };
        step_page(deployment, Step::Workflow, visitor, &body)
    }

    fn environment(&self, fields: &Fields<'_>) -> Markup {
        let hint = html! { "Deploys to this environment ask for approval." };
        if self.environments.is_empty() {
            return fields.line(Field::Environment, &hint);
        }
        let offered = self.environment_offered();
        let other = if offered.is_none() { self.form.draft.environment.as_str() } else { "" };
        let typed = html! { "The environment\u{2019}s name, spelled as deploys report it." };
        let mut options: Vec<_> =
            self.environments.iter().map(|environment| (*environment, *environment)).collect();
        options.push(("", "Another environment…"));
        html! {
            div.either {
                (fields.choice(Field::Environment, &hint, &options, offered.unwrap_or_default()))
                (fields.other(Field::Environment, OTHER_ENVIRONMENT, &typed, other, 200))
            }
        }
    }

    /// The environment that is chosen, where the select has it.
    fn environment_offered(&self) -> Option<&str> {
        let chosen = self.form.draft.environment.to_lowercase();
        self.environments.iter().copied().find(|environment| environment.to_lowercase() == chosen)
    }

    fn asked(&self, fields: &Fields<'_>) -> Markup {
        let channel = match self.channels {
            Some(_) => {
                html! { "The channel for the dialog. For private channels, invite the app and type the name." }
            }
            None => html! {
                "The channel for the dialog. " strong { "Signoff can\u{2019}t load the channels from Slack right now" } ": type the name, such as #releases."
            },
        };
        let search = path(self.deployment, "channels");
        html! {
            (fields.lines(Field::Prompt, &html! { "The question for the approvers. You can use *bold* text and the variables below." }))
            (variables())
            button.plain type="submit" { "Preview the dialog" }
            @match self.dialog { Some(dialog) => (preview(dialog)), None => div #preview.preview {} }
            (fields.channel(Field::Channel, &channel, &search))
            (channel_list(self.channels.unwrap_or_default()))
        }
    }

    fn actions(&self, fields: &Fields<'_>) -> Markup {
        let chosen = self.form.draft.action;
        html! {
            fieldset.actions-of {
                legend { "What happens after approval" }
                @for (action, name, title) in ACTIONS {
                    div.option {
                        input type="radio" name="action" id={ "action-" (name) } value=(name) checked[action == chosen];
                        label for={ "action-" (name) } { (title) }
                        div.settings { (self.settings(fields, action)) }
                    }
                }
            }
        }
    }

    fn settings(&self, fields: &Fields<'_>, action: DraftAction) -> Markup {
        let text = "Takes the same variables as the prompt.";
        match action {
            DraftAction::SendMessage => html! {
                (fields.channel(Field::MessageChannel, &html! { "The channel for the message." }, &path(self.deployment, "channels")))
                (fields.lines(Field::Message, &html! { (text) }))
            },
            DraftAction::NotifyIssues => fields.lines(
                Field::Comment,
                &html! { "The comment for each Jira or Linear issue that the change mentions. " (text) },
            ),
            DraftAction::TransitionIssues => {
                fields.line(Field::State, &html! { "The state to move each issue to, such as Done." })
            }
            DraftAction::ApproveBuild => fields.line(
                Field::Build,
                &html! { "The CircleCI workflow whose job is on hold for the deploy\u{2019}s revision." },
            ),
            DraftAction::TriggerBuild => html! {
                (fields.line(Field::Workflow, &html! { "The workflow\u{2019}s file, such as promote.yml. Leave empty to start a CircleCI pipeline." }))
                (fields.lines(Field::Parameters, &html! { "The build\u{2019}s parameters: " code { "name=value" } ", one on each line." }))
                (fields.line(Field::Revision, &html! { "The revision to build. Leave empty for the deploy\u{2019}s branch." }))
            },
            DraftAction::Webhook => fields
                .line(Field::Url, &html! { "Gets a signed description of the deploy. Takes variables." }),
            DraftAction::SendEvent => {
                fields.line(Field::Event, &html! { "The event\u{2019}s detail type on EventBridge. " (text) })
            }
        }
    }
}

fn votes(fields: &Fields<'_>) -> Markup {
    let draft = &fields.form.draft;
    let expires = draft.expires_after.as_str();
    let offered = wait_offered(expires);
    let other = if offered.is_none() && expires != CUSTOM { expires } else { "" };
    let typed = html! { "A whole number with s, m, h or d, such as 90m or 36h. At most 90d." };
    html! {
        (fields.field(Field::VotesRequired, &html! { "The number of approvals that are needed. A single rejection rejects it." }, |control| html! {
            input type="number" id=(control.id) name=(control.id) value=(control.value) min="1" max="1000" inputmode="numeric"
                aria-describedby=(control.described_by) aria-invalid=[control.invalid];
        }))
        (fields.line(Field::Approvers, &html! {
            "The people who can vote: e-mail addresses and @usergroups, separated by commas. Leave empty for anyone in the channel."
        }))
        div.check {
            input type="checkbox" id="four_eyes" name="four_eyes" checked[draft.four_eyes] aria-describedby="four_eyes-hint";
            label for="four_eyes" { "Four eyes" }
            p.meta #four_eyes-hint { "People can\u{2019}t vote on changes that they wrote, merged or deployed." }
        }
        (fields.line(Field::BreakGlass, &html! {
            "Who may let it go ahead without votes in an emergency, written as the approvers are. Everyone in the channel is told, and \
             somebody else has to review it afterwards. Empty: nobody."
        }))
        div.either {
            (fields.choice(Field::ExpiresAfter, &html! { "Closes it if nobody decides." }, &WAITS, offered.unwrap_or(CUSTOM)))
            (fields.other(Field::ExpiresAfter, OTHER_WAIT, &typed, other, 20))
        }
        (fields.choice(Field::RequireReason, &html! { "The votes that need a reason." }, &REASONS, &draft.require_reason))
    }
}

/// The time that is chosen, where the select has it.
fn wait_offered(chosen: &str) -> Option<&'static str> {
    WAITS.iter().map(|(wait, _)| *wait).find(|wait| *wait == chosen && *wait != CUSTOM)
}

/// True if a prompt has a use for the variable `name`: it is known before people vote, and a deploy that just
/// arrived has no health.
fn is_of_prompt(name: &str) -> bool {
    !LATE.contains(&name) && name != "health"
}

/// The variables of a prompt.
fn variables() -> Markup {
    html! {
        details.variables {
            summary { "Variables" }
            dl {
                @for variable in TEMPLATE_VARIABLES.iter().filter(|variable| is_of_prompt(variable.name)) {
                    dt { code { "{{ " (variable.name) " }}" } }
                    dd { (with_code(variable.about)) }
                }
            }
        }
    }
}

fn too_long(TooLong { longest, length }: TooLong) -> Markup {
    html! {
        div.notice.problem role="alert" {
            p {
                "You typed too much: the form takes " (LONGEST) " bytes and now has " (length)
                ". An English letter or a digit takes 1 byte, most other characters take 3, and letters of other alphabets take 6 or more. "
                @if let Some(longest) = longest {
                    "Shorten " strong { (longest) } ", the longest field. You can add more to the file afterwards."
                } @else {
                    "Open the form again from the deployment\u{2019}s page."
                }
            }
        }
    }
}
