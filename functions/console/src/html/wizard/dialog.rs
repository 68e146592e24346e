//! A dialog as Slack shows it: its blocks, as <https://docs.slack.dev/reference/block-kit/blocks> describes
//! them.

use super::super::prompt::formatted;
use super::fields::{sentence, told};
use crate::view::mrkdwn::People;
use maud::{Markup, html};
use serde_json::Value;
use signoff_core::message::Message;
use signoff_rules::write::FieldProblem;

/// The dialog, or what is wrong with its prompt.
pub(crate) fn preview(dialog: &Result<Message, Vec<FieldProblem>>) -> Markup {
    html! {
        div #preview.preview {
            @match dialog {
                Ok(message) => {
                    p.meta { "As it will look in Slack:" }
                    (drawn(message))
                }
                Err(problems) => {
                    p.error { "Signoff can\u{2019}t show a dialog with this prompt." @for problem in told(problems).0 { " " (sentence(problem)) } }
                }
            }
        }
    }
}

fn drawn(message: &Message) -> Markup {
    let blocks = message.blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        div.dialog {
            p.from { strong { "Signoff" } " " span.tag { "APP" } }
            @for block in blocks { (self::block(block)) }
        }
    }
}

fn block(block: &Value) -> Markup {
    let list = |key: &str| block[key].as_array().map(Vec::as_slice).unwrap_or_default();
    match block["type"].as_str() {
        Some("section") => html! { p.said { (text(&block["text"])) } },
        Some("context") => html! { @for element in list("elements") { p.said.meta { (text(element)) } } },
        Some("actions") => html! {
            p.buttons {
                @for element in list("elements") {
                    @match element["type"].as_str() {
                        Some("button") => {
                            span class=(element["style"].as_str().unwrap_or("plain")) {
                                (element["text"]["text"].as_str().unwrap_or_default())
                            }
                        }
                        _ => span.plain { "\u{22ef}" },
                    }
                }
            }
        },
        _ => html! {},
    }
}

/// A text object.
fn text(object: &Value) -> Markup {
    formatted(&People::default().plain(object["text"].as_str().unwrap_or_default()))
}
