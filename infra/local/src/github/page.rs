//! The page for people: repositories, their commits, and what was dispatched.

use super::state::Repository;
use super::{GitHubService, Shared};
use crate::shell::OnePage;
use crate::stand_in::locked;
use maud::{Markup, html};

impl OnePage for GitHubService {
    const NAME: &'static str = "GitHub";

    fn sidebar(shared: &Shared) -> Markup {
        html! {
            h2 { "Repositories" }
            ul {
                @for name in locked(&shared.state).repositories.keys() { li { a href={ "/#" (name) } { (name) } } }
            }
        }
    }

    fn content(shared: &Shared) -> Markup {
        let state = locked(&shared.state);
        let dispatched = &state.dispatched;
        html! {
            header {
                h1 { "Repositories" }
                p { "What Signoff's GitHub token would see; workflows are dispatched through the REST API." }
            }
            section.list {
                h2 { "Dispatched through the API" }
                @if dispatched.is_empty() { p.none { "Nothing yet." } } @else {
                    table {
                        tr { th { "When" } th { "Repository" } th { "Workflow" } th { "Ref" } th { "Inputs" } }
                        @for one in dispatched.iter().rev() {
                            tr id={ "run-" (one.run_id) } {
                                td { (time(one.at)) }
                                td { (one.repository) }
                                td { span.tag.approved { (one.workflow) } }
                                td { code { (one.git_ref) } }
                                td { @for (name, value) in &one.inputs { code { (name) ": " (value.to_string()) } " " } }
                            }
                        }
                    }
                }
                @for (name, repository) in &state.repositories { (section(name, repository)) }
            }
        }
    }
}

fn section(name: &str, repository: &Repository) -> Markup {
    html! {
        h2 id=(name) { (name) }
        @if repository.commits.is_empty() { p.none { "No commits." } } @else {
            table {
                tr { th { "Commit" } th { "Author" } th { "Message" } th { "Pull request" } }
                @for commit in repository.commits.iter().rev() {
                    tr id=(commit.sha) {
                        td { code { (commit.sha.get(..7).unwrap_or_default()) } br; span.none { (time(commit.date)) } }
                        td { (commit.author.name) }
                        td { (commit.message.lines().next().unwrap_or_default()) }
                        td {
                            @for pull in repository.pulls.iter().filter(|pull| pull.content.commits.contains(&commit.sha)) {
                                "#" (pull.number) " " (pull.content.title) " "
                                @for label in &pull.content.labels { span.tag { (label) } " " }
                            }
                        }
                    }
                }
            }
        }
        @for (path, text) in &repository.files {
            details { summary { code { (path) } } pre { (text) } }
        }
    }
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
