//! The page for people: the issues, their states and what was written on them.

use super::Shared;
use super::state::text_of;
use crate::stand_in::{locked, page};
use axum::extract::State;
use axum::response::Html;
use maud::{Markup, html};
use std::sync::Arc;

/// The whole page.
pub async fn whole(State(shared): State<Arc<Shared>>) -> Html<String> {
    let sidebar = html! {
        h1 { "Jira " span.none { "(stand-in)" } }
        (page::links(&shared.links))
    };
    Html(page::page("Jira (stand-in)", "", &sidebar, "/live", &content(&shared), "").into_string())
}

/// The part of it that changes.
pub async fn live(State(shared): State<Arc<Shared>>) -> Html<String> {
    Html(content(&shared).into_string())
}

fn content(shared: &Shared) -> Markup {
    let state = locked(&shared.state);
    html! {
        header {
            h1 { "Issues" }
            p { "What Signoff's Jira token would see; comments and changes come through REST API v3." }
        }
        section.list {
            @if state.issues.is_empty() { p.none { "Nothing yet." } } @else {
                table {
                    tr { th { "Key" } th { "Title" } th { "State" } th { "Priority" } th { "Labels" } th { "Comments" } }
                    @for issue in state.issues.values() {
                        tr {
                            td { code { (issue.content.key) } }
                            td { (issue.content.summary) " (" (issue.content.kind) ")" }
                            td { span.tag { (issue.status) } @if let Some(resolution) = &issue.resolution { " " (resolution) } }
                            td { (issue.content.priority) }
                            td { (issue.content.labels.join(", ")) }
                            td { @for comment in &issue.comments { p { (text_of(&comment.body)) } } }
                        }
                    }
                }
            }
        }
    }
}
