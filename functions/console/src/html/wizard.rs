//! The wizard's pages.

mod dialog;
mod export;
mod fields;
mod form;

pub(crate) use dialog::preview;
pub(crate) use export::{Existing, Export, ExportPage};
pub(crate) use fields::channel_list;
pub(crate) use form::FormPage;

use super::page;
use crate::assets;
use crate::auth::visitor::Visitor;
use crate::wizard::{AT, Form, Step, path};
use maud::{Markup, html};
use signoff_core::deploy::Slug;

/// A step's page.
fn step_page(deployment: &Slug, step: Step, visitor: Option<&Visitor>, body: &Markup) -> Markup {
    let title = format!("{} \u{b7} {deployment}", step.title());
    let body = html! {
        div.wizard {
            p.crumbs { a href={ "/deployments/" (deployment) } { (deployment) } " / Add an approval" }
            // Enter in a field presses a form's first button: this one, which goes on.
            @if step == Step::Workflow {
                button.unseen type="submit" form="typed" name="step" value=(Step::Export.name()) tabindex="-1" aria-hidden="true" {}
            }
            (stepper(step))
            h1 { (step.title()) }
            (body)
        }
    };
    page(&title, Some("/"), visitor, &body)
}

/// Steps of the wizard, with buttons that go back to those that are done with what is typed.
fn stepper(here: Step) -> Markup {
    let done = |step: Step| (step as usize) < (here as usize);
    html! {
        nav aria-label="Steps" {
            ol.stepper {
                @for step in Step::ALL {
                    li class=[done(step).then_some("done")] aria-current=[(step == here).then_some("step")] {
                        @if done(step) {
                            button type="submit" form="typed" name="step" value=(step.name()) { (step.title()) span.unseen { " (done)" } }
                        } @else {
                            span { (step.title()) }
                        }
                    }
                }
            }
        }
    }
}

/// Hidden fields of a page that shows no field: the step that it is, and what was typed before.
fn kept(form: &Form, step: Step, visitor: Option<&Visitor>) -> Markup {
    html! {
        @if let Some(visitor) = visitor { (visitor.form_token()) }
        input type="hidden" name=(AT) value=(step.name());
        @for (name, value) in form.pairs() { input type="hidden" name=(name) value=(value); }
    }
}

/// The way to the language's reference, in another tab: what is typed on the page would be gone.
fn reference() -> Markup {
    html! {
        a href=(assets::rules_href()) target="_blank" rel="noopener" {
            "rules reference" span.unseen { " (opens in another tab)" }
        }
    }
}

/// Introduction to approvals.
pub(crate) fn introduction(deployment: &Slug, form: &Form, visitor: Option<&Visitor>) -> Markup {
    let body = html! {
        p.lead { "An approval asks your team before a deploy moves on. Here\u{2019}s how it works:" }
        ol {
            li {
                "A deploy of " strong { (deployment) } " arrives, say on Staging. Signoff asks in a Slack channel, and mentions who wrote the \
                 change."
            }
            li { "People vote with two buttons, Approve and Reject. Everybody sees who voted how." }
            li {
                "Once enough people approved, what you chose happens: a held CircleCI job is approved, a GitHub workflow is started, an \
                 issue moves on, a message goes out."
            }
        }
        p {
            "Answer a few questions, and Signoff writes a rules file for your repository. It covers the basics; for everything else, see the "
            (reference())
        }
        @let next = path(deployment, "new");
        @if form.pairs().is_empty() {
            div.steps {
                button type="button" disabled { "Previous" }
                a.button href={ (next) "?step=" (Step::Workflow.name()) } { "Next" }
            }
        } @else {
            form #typed method="post" action=(next) {
                (kept(form, Step::Introduction, visitor))
                div.steps {
                    button type="button" disabled { "Previous" }
                    button type="submit" name="step" value=(Step::Workflow.name()) { "Next" }
                }
            }
        }
    };
    step_page(deployment, Step::Introduction, visitor, &body)
}

#[cfg(test)]
mod tests;
