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
use crate::answer::assets;
use crate::auth::visitor::Visitor;
use crate::wizard::{Form, Step, path};
use maud::{Markup, html};
use signoff_core::deploy::Slug;

/// A step's page.
fn step_page(deployment: &Slug, form: &Form, step: Step, visitor: Option<&Visitor>, body: &Markup) -> Markup {
    let title = format!("{} \u{b7} {deployment}", step.title());
    let body = html! {
        div.wizard {
            p.crumbs { a href={ "/deployments/" (deployment) } { (deployment) } " / Add an approval" }
            (stepper(deployment, form, step))
            h1 { (step.title()) }
            (body)
        }
    };
    page(&title, Some("/"), visitor, &body)
}

/// Steps of the wizard, with links to those that are done.
fn stepper(deployment: &Slug, form: &Form, here: Step) -> Markup {
    let done = |step: Step| (step as usize) < (here as usize);
    html! {
        nav aria-label="Steps" {
            ol.stepper {
                @for step in Step::ALL {
                    li class=[done(step).then_some("done")] aria-current=[(step == here).then_some("step")] {
                        @if done(step) {
                            a href=(href(deployment, form, step)) { (step.title()) span.unseen { " (done)" } }
                        } @else {
                            span { (step.title()) }
                        }
                    }
                }
            }
        }
    }
}

/// The address of a step, with what was typed.
fn href(deployment: &Slug, form: &Form, step: Step) -> String {
    format!("{}?{}", path(deployment, "new"), form.query(step))
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
        div.steps {
            button type="button" disabled { "Previous" }
            a.button href=(href(deployment, form, Step::Workflow)) { "Next" }
        }
    };
    step_page(deployment, form, Step::Introduction, visitor, &body)
}

#[cfg(test)]
mod tests;
