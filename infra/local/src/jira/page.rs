//! The page for people: the issues, their states and what was written on them.

use super::state::text_of;
use super::{JiraService, Shared};
use crate::shell::OnePage;
use crate::stand_in::locked;
use maud::{Markup, html};

impl OnePage for JiraService {
    const NAME: &'static str = "Jira";

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
}
