//! The rule execution history of a deployment.

use super::{actions, counted, deployment_href, page, revision, short_environment, time};
use crate::auth::visitor::Visitor;
use crate::view::words::when;
use crate::view::{HistoryPart, HistoryWanted, MOST_OF_STEPS, steps};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_core::evaluation::{Evaluated, Evaluation, Finding};
use signoff_core::id::RunId;
use signoff_core::message::shorten;
use signoff_core::run::{Run, Status};
use std::collections::HashMap;

/// Longest part of a rule's name that is shown, in characters.
const NAME: usize = 100;
/// Longest part of the names of several rules that is shown, in characters.
const NAMES: usize = 500;

/// The page of `part`, which is what is `wanted`; `runs`: those of its runs that are on record.
pub(crate) fn history(
    deployment: &Slug,
    wanted: &HistoryWanted,
    part: &HistoryPart,
    runs: &HashMap<RunId, Run>,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let href = deployment_href(deployment, "/history");
    let link = |query: String| if query.is_empty() { href.clone() } else { format!("{href}?{query}") };
    let mut left = MOST_OF_STEPS;
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" {
            a href="/" { "Deployments" } " / " a href=(deployment_href(deployment, "")) { (deployment) }
        }
        h1 { "Rule execution history" }
        (filter(&href, wanted))
        @for evaluation in &part.evaluations { (one(evaluation, runs, &mut left, now)) }
        @if part.evaluations.is_empty() { p.lead { (nothing(wanted, part)) } }
        @if part.next.is_some() || wanted.from.is_some() {
            nav.pager aria-label="More of the history" {
                @if wanted.from.is_some() { a href=(link(wanted.query(None))) { "Newest" } }
                @if let Some(next) = &part.next { a href=(link(wanted.query(Some(next)))) rel="next" { "Older" } }
            }
        }
    };
    page("Rule execution history", Some("/"), visitor, &body)
}

fn filter(href: &str, wanted: &HistoryWanted) -> Markup {
    html! {
        form.filter method="get" action=(href) {
            div {
                label for="rule" { "Rule" }
                input #rule name="rule" value=[wanted.rule.as_deref()] autocomplete="off" spellcheck="false";
            }
            div.choice {
                input #held type="checkbox" name="held" value="yes" checked[wanted.held];
                label for="held" { "Matched only" }
            }
            button type="submit" { "Filter" }
        }
    }
}

fn nothing(wanted: &HistoryWanted, part: &HistoryPart) -> &'static str {
    if part.next.is_some() {
        "No evaluation so far matches. There are older ones."
    } else if *wanted == HistoryWanted::default() {
        "No rules have been evaluated for this deployment yet."
    } else {
        "No evaluations match."
    }
}

fn one(evaluation: &Evaluation, runs: &HashMap<RunId, Run>, left: &mut usize, now: Timestamp) -> Markup {
    let Evaluation { deploy, environment, at, path, hash, problems, rules, more, .. } = evaluation;
    html! {
        section.evaluation.block {
            h2 {
                a href={ "/deploys/" (deploy) } { (revision(&evaluation.revision)) }
                " in " (short_environment(environment))
            }
            p.meta {
                (time(*at, now))
                @if let (Some(path), Some(hash)) = (path, hash) {
                    " by " code { (path) } " (" code title=(hash) { (hash.get(..7).unwrap_or(hash)) } ")"
                }
            }
            @if path.is_none() { p { "The repository has no rules file." } }
            @if *problems > 0 {
                p {
                    span.state.bad { "Refused" }
                    ": the file has " (counted(*problems, "problem", "problems"))
                    ", so no rule was evaluated. The deploy\u{2019}s page lists them."
                }
            } @else if path.is_some() && rules.is_empty() { p { "The file has no rules." } }
            @if !rules.is_empty() { ul.findings { @for rule in rules { (finding(rule, runs, left, now)) } } }
            @if *more > 0 {
                p.meta { (counted(*more, "more rule was", "more rules were")) " evaluated; their results are not kept." }
            }
        }
    }
}

fn finding(found: &Evaluated, runs: &HashMap<RunId, Run>, left: &mut usize, now: Timestamp) -> Markup {
    let (class, word, why) = told(&found.finding);
    let run = match &found.finding {
        Finding::Opened { run } => runs.get(run),
        _ => None,
    };
    html! {
        li {
            strong { (shorten(&found.rule, NAME)) }
            p.result { span.state.(class) { (word) } ": " (why) }
            @if let Some(run) = run { (ran(run, left, now)) }
        }
    }
}

/// The class and the word of a finding, and the rest of the sentence.
fn told(finding: &Finding) -> (&'static str, &'static str, String) {
    let text = |text: &str| text.to_owned();
    match finding {
        Finding::Opened { .. } => ("good", "Matched", text("started.")),
        Finding::OpenBefore { .. } => {
            ("quiet", "Matched before", text("started then; a rule runs once for each deploy."))
        }
        Finding::Frozen { until, freeze } => {
            let freeze = shorten(freeze, NAMES);
            ("busy", "Matched", format!("waiting for the freeze {freeze} to end on {}.", when(*until)))
        }
        Finding::After { rules } => {
            let rules = shorten(&rules.join(", "), NAMES);
            ("quiet", "Waiting", format!("these rules haven\u{2019}t succeeded: {rules}."))
        }
        Finding::Fails { why, from: None } => ("quiet", "Did not match", format!("{why}.")),
        Finding::Fails { why, from: Some(from) } => (
            "quiet",
            "Did not match",
            format!("{why}. It will match on {} if nothing but time changes.", when(*from)),
        ),
        Finding::Outdated => ("quiet", "Not started", text("a newer deploy reached the environment.")),
        Finding::Unsupported { uses } => ("warn", "Not supported", format!("{uses}.")),
        Finding::NotForDeploys => ("quiet", "Not started", text("deploys don’t trigger it.")),
    }
}

/// Result of a run, with its steps.
fn ran(run: &Run, left: &mut usize, now: Timestamp) -> Markup {
    let (steps, more) = steps(run, left);
    let (class, word) = match run.status {
        Status::Running => ("busy", "Running"),
        Status::Succeeded => ("good", "Succeeded"),
        Status::Stopped => ("bad", "Stopped"),
    };
    html! {
        div.run {
            p.result { "Run: " span.state.(class) { (word) } }
            (actions::actions(&steps, now))
            @if more > 0 {
                p.result {
                    a href={ "/deploys/" (run.deploy) } { (counted(more, "more step", "more steps")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use crate::view;
    use signoff_store::ListedEvaluation;

    fn shown(evaluations: Vec<ListedEvaluation>, older: bool, asked: &str) -> Markup {
        let wanted = HistoryWanted::of(asked).unwrap();
        let part = view::history(evaluations, older, &wanted);
        let run = sample::failed().runs.remove(0);
        let ids = part.runs().into_iter().map(|(_, id)| id.clone());
        let runs = ids.map(|id| (id, run.clone())).collect();
        let slug = Slug::new("acme", "checkout").unwrap();
        history(&slug, &wanted, &part, &runs, Some(&sample::visitor()), sample::at(600))
    }

    #[test]
    fn the_history() {
        insta::assert_snapshot!(lines(&shown(sample::evaluations(), true, "")));
    }

    #[test]
    fn where_there_is_nothing_the_page_says_why() {
        for (older, asked, said) in [
            (false, "", "No rules have been evaluated for this deployment yet."),
            (false, "rule=x", "No evaluations match."),
        ] {
            assert!(shown(Vec::new(), older, asked).0.contains(said), "{asked}");
        }
        let none = shown(sample::evaluations(), true, "rule=x&held=yes").0;
        assert!(none.contains("There are older ones") && none.contains("rel=\"next\""), "{none}");
    }

    #[test]
    fn the_page_is_bounded_whatever_is_on_record() {
        let nasty = "\"<script>\u{1f680}".repeat(100);
        let mut evaluations = Vec::new();
        for listed in sample::evaluations().into_iter().cycle().take(100) {
            let mut listed = listed;
            listed.evaluation.environment = nasty.clone();
            for rule in &mut listed.evaluation.rules {
                rule.rule = nasty.clone();
            }
            evaluations.push(listed);
        }
        let page = shown(evaluations, true, "").0;
        // The page has one script of its own.
        let scripts = page.matches("<script").count();
        assert!(page.len() < 60_000 && scripts == 1, "{} {scripts}", page.len());
    }
}
