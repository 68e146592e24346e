//! The page for people: what waits on hold, what was approved and triggered.

use super::state::{Pipeline, State as Everything, Workflow};
use super::{CircleCiService, Shared};
use crate::shell::OnePage;
use crate::stand_in::locked;
use maud::{Markup, html};

impl OnePage for CircleCiService {
    const NAME: &'static str = "CircleCI";

    fn sidebar(shared: &Shared) -> Markup {
        html! {
            h2 { "Projects" }
            ul {
                @for slug in locked(&shared.state).projects.keys() { li { a href={ "/#" (slug) } { (slug) } } }
            }
        }
    }

    fn content(shared: &Shared) -> Markup {
        let mut state = locked(&shared.state);
        if let Some(time) = shared.settings.build_time {
            state.settle((shared.clock)(), time);
        }
        html! {
            header {
                h1 { "Pipelines" }
                p { "What Signoff's CircleCI token would see; approvals and triggers come through API v2." }
            }
            section.list {
                (approvals(&state))
                (triggered(&state))
                (pipelines(&state))
            }
        }
    }
}

fn approvals(state: &Everything) -> Markup {
    let approvals = &state.approvals;
    html! {
        h2 { "Approved through the API" }
        @if approvals.is_empty() { p.none { "Nothing yet." } } @else {
            table {
                tr { th { "When" } th { "Project" } th { "Workflow" } th { "Job" } th { "Revision" } }
                @for approval in approvals.iter().rev() {
                    tr {
                        td { (time(approval.at)) }
                        td { (approval.project) " #" (approval.pipeline_number) }
                        td { (approval.workflow) }
                        td { span.tag.approved { (approval.job) } }
                        td { code { (short(&approval.revision)) } }
                    }
                }
            }
        }
    }
}

fn triggered(state: &Everything) -> Markup {
    let triggered = &state.triggered;
    html! {
        h2 { "Triggered through the API" }
        @if triggered.is_empty() { p.none { "Nothing yet." } } @else {
            table {
                tr { th { "When" } th { "Project" } th { "Branch or tag" } th { "Parameters" } }
                @for one in triggered.iter().rev() {
                    tr {
                        td { (time(one.at)) }
                        td { (one.project) " #" (one.number) }
                        td { (one.branch.as_ref().or(one.tag.as_ref()).map_or("", String::as_str)) }
                        td { @for (name, value) in &one.parameters { code { (name) ": " (value.to_string()) } " " } }
                    }
                }
            }
        }
    }
}

fn pipelines(state: &Everything) -> Markup {
    html! {
        @for (slug, project) in &state.projects {
            h2 id=(slug) { (slug) }
            @if project.pipelines.is_empty() { p.none { "No pipelines." } } @else {
                table {
                    tr { th { "Pipeline" } th { "Branch" } th { "Revision" } th { "Workflows" } }
                    @for pipeline in project.pipelines.iter().rev() { (row(pipeline)) }
                }
            }
        }
    }
}

fn row(pipeline: &Pipeline) -> Markup {
    html! {
        tr {
            td { "#" (pipeline.number) br; span.none { (time(pipeline.created_at)) } }
            td { (pipeline.branch.as_ref().or(pipeline.tag.as_ref()).map_or("", String::as_str)) }
            td { code { (short(&pipeline.revision)) } }
            td {
                @for workflow in pipeline.workflows.iter().rev() { (jobs(workflow)) }
                @if pipeline.workflows.is_empty() { span.none { "triggered by the API" } }
            }
        }
    }
}

fn jobs(workflow: &Workflow) -> Markup {
    html! {
        div id=(workflow.id) {
            strong { (workflow.name) } " "
            span class={ "tag " (workflow.status()) } { (workflow.status().replace('_', " ")) }
        }
        @for job in &workflow.jobs {
            span.job {
                (job.name) " " span class={ "tag " (job.status.word()) } { (job.status.word().replace('_', " ")) }
            }
        }
    }
}

fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
