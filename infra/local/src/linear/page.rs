//! The page for people: the issues, their states and what was written on them.

use super::state::PRIORITIES;
use super::{LinearService, Shared};
use crate::shell::OnePage;
use crate::stand_in::locked;
use maud::{Markup, html};

impl OnePage for LinearService {
    const NAME: &'static str = "Linear";

    fn content(shared: &Shared) -> Markup {
        let state = locked(&shared.state);
        html! {
            header {
                h1 { "Issues" }
                p { "What Signoff's Linear key would see; comments and changes come through the GraphQL API." }
            }
            section.list {
                @if state.issues.is_empty() { p.none { "Nothing yet." } } @else {
                    table {
                        tr { th { "Key" } th { "Title" } th { "State" } th { "Priority" } th { "Labels" } th { "Comments" } }
                        @for issue in state.issues.values() {
                            tr {
                                td { code { (issue.content.key) } }
                                td { (issue.content.title) }
                                td { span.tag { (issue.state) } }
                                td { (PRIORITIES.get(issue.content.priority).copied().unwrap_or_default()) }
                                td { (issue.content.labels.join(", ")) }
                                td { @for (_, text) in &issue.comments { p { (text) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
