//! The timeline: every event of a deploy in words.

use super::web_link;
use crate::mrkdwn::People;
use approval::approval::Choice;
use approval::deploy::Source;
use approval::event::{Event, EventKind};
use approval::id::{ApprovalId, RunId};
use jiff::Timestamp;
use store::Page;

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When.
    pub(crate) at: Timestamp,
    /// How it is marked.
    pub(crate) tone: Tone,
    /// What happened.
    pub(crate) text: String,
    /// More of it, a line each.
    pub(crate) details: Vec<String>,
    /// Where to look at it.
    pub(crate) url: Option<String>,
}

/// How good or bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither.
    Plain,
    /// What was wanted.
    Good,
    /// What needs somebody's eye.
    Warning,
    /// What was not wanted.
    Bad,
}

/// Every event of a deploy, oldest first.
pub(crate) fn timeline(page: &Page) -> Vec<Entry> {
    let people = People::of(page);
    page.events.iter().map(|event| entry(event, page, &people)).collect()
}

fn entry<'a>(event: &'a Event, page: &Page, people: &People<'a>) -> Entry {
    let approval = |id| approval_name(page, id);
    let rule = |id| rule_name(page, id);
    let action = |run, step| action_line(page, run, step);
    let nothing: &[String] = &[];
    let (tone, text, details): (Tone, String, &[String]) = match &event.kind {
        EventKind::DeployRegistered => {
            let by = match page.deploy.source {
                Source::RegisterDeploy => "register_deploy",
                Source::GithubDeployment => "GitHub\u{2019}s deployment status",
            };
            (Tone::Plain, format!("The deploy was registered by {by}."), nothing)
        }
        EventKind::RulesEvaluated { path: None, .. } => {
            (Tone::Plain, "The repository has no rules file.".to_owned(), nothing)
        }
        EventKind::RulesEvaluated { path: Some(path), held, notices, .. } => {
            let held = match held.as_slice() {
                [] => "no rule holds".to_owned(),
                [one] => format!("the rule {} holds", quoted(one)),
                several => {
                    let names: Vec<_> = several.iter().map(|name| quoted(name)).collect();
                    format!("the rules {} hold", names.join(", "))
                }
            };
            (Tone::Plain, format!("The rules were read from {path}: {held}."), notices)
        }
        EventKind::RulesRefused { problems } => {
            (Tone::Bad, "The rules file can\u{2019}t be used, so no rule was run.".to_owned(), problems)
        }
        EventKind::RuleNotOpened { rule, reasons } => {
            (Tone::Warning, format!("The rule {} holds and was not run.", quoted(rule)), reasons)
        }
        EventKind::RunOpened { rule, .. } => {
            (Tone::Plain, format!("The rule {} was started.", quoted(rule)), nothing)
        }
        EventKind::ApprovalOpened { name, channel, .. } => (
            Tone::Plain,
            format!("The approval {} was opened, to be asked in {channel}.", quoted(name)),
            nothing,
        ),
        EventKind::DialogPosted { approval: id, .. } => {
            (Tone::Plain, format!("The dialog of {} was posted to Slack.", approval(id)), nothing)
        }
        EventKind::VoteCast { approval: id, voter, name, choice, previous } => {
            let (tone, to) = match choice {
                Choice::Approve => (Tone::Good, "approve"),
                Choice::Reject => (Tone::Bad, "reject"),
            };
            let voted = if previous.is_some() { "changed their vote to" } else { "voted to" };
            (tone, format!("{} {voted} {to} {}.", people.name(voter, name), approval(id)), nothing)
        }
        EventKind::VoteRefused { approval: id, voter, name, reason } => {
            let (who, told) = (people.name(voter, name), people.plain(reason));
            (Tone::Warning, format!("{who} clicked on {} and was told: {told}", approval(id)), nothing)
        }
        EventKind::ApprovalClosed { approval: id, outcome, reason } => {
            let tone = match outcome.as_str() {
                "approved" => Tone::Good,
                "rejected" => Tone::Bad,
                _ => Tone::Warning,
            };
            let because = reason.as_ref().map_or_else(|| ".".to_owned(), |reason| format!(": {reason}"));
            (tone, format!("{} was {outcome}{because}", approval(id)), nothing)
        }
        EventKind::StepStarted { action, .. } => (Tone::Plain, format!("{action} was started."), nothing),
        EventKind::StepRetrying { run, step, reason } => {
            (Tone::Warning, format!("{} is being tried again: {reason}", action(run, *step)), nothing)
        }
        EventKind::StepSucceeded { run, step, summary, .. } => {
            (Tone::Good, format!("{} succeeded: {summary}", action(run, *step)), nothing)
        }
        EventKind::StepFailed { run, step, reason } => {
            (Tone::Bad, format!("{} failed: {reason}", action(run, *step)), nothing)
        }
        EventKind::StepUnknown { run, step, reason } => {
            (Tone::Warning, format!("{} may or may not have happened: {reason}", action(run, *step)), nothing)
        }
        EventKind::RunSucceeded { run } => {
            (Tone::Good, format!("The rule {} ran to its end.", rule(run)), nothing)
        }
        EventKind::RunStopped { run, step } => {
            (Tone::Bad, format!("The rule {} stopped at {}.", rule(run), action(run, *step)), nothing)
        }
        EventKind::NotTold { channel, reason } => {
            (Tone::Warning, format!("{channel} could not be told in Slack: {reason}"), nothing)
        }
    };
    let url = match &event.kind {
        EventKind::StepSucceeded { url, .. } => url.as_deref().and_then(web_link).map(str::to_owned),
        _ => None,
    };
    Entry { at: event.at, tone, text, details: details.to_vec(), url }
}

fn quoted(name: &str) -> String {
    format!("\u{201c}{name}\u{201d}")
}

fn approval_name(page: &Page, id: &ApprovalId) -> String {
    let approval = page.approvals.iter().find(|approval| approval.id == *id);
    approval.map_or_else(|| format!("the approval {id}"), |approval| quoted(&approval.name))
}

fn rule_name(page: &Page, id: &RunId) -> String {
    let run = page.runs.iter().find(|run| run.id == *id);
    run.map_or_else(|| format!("of the run {id}"), |run| quoted(&run.rule))
}

fn action_line(page: &Page, id: &RunId, step: usize) -> String {
    let run = page.runs.iter().find(|run| run.id == *id);
    let step_of_run = run.and_then(|run| run.steps.get(step));
    step_of_run.map_or_else(|| format!("step {} of the run {id}", step + 1), |step| step.action.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_event_in_words() {
        let page = sample::everything();
        let lines: Vec<_> = timeline(&page)
            .iter()
            .map(|entry| {
                let details = entry.details.iter().map(|line| format!("\n  - {line}")).collect::<String>();
                let url = entry.url.as_ref().map(|url| format!(" <{url}>")).unwrap_or_default();
                format!("{:?}: {}{url}{details}", entry.tone, entry.text)
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Plain: The deploy was registered by register_deploy.
        Plain: The rules were read from .signoff/rules.yml: the rule “promote-to-production” holds.
        Plain: The rule “promote-to-production” was started.
        Plain: The approval “Promote deploy to production” was opened, to be asked in #deploys.
        Plain: The dialog of “Promote deploy to production” was posted to Slack.
        Good: Mato Zgajner voted to approve “Promote deploy to production”.
        Good: “Promote deploy to production” was approved.
        Plain: auto_approve_build: example-circleci-build was started.
        Good: auto_approve_build: example-circleci-build succeeded: Approved the job hold of the workflow example-circleci-build. <https://app.circleci.com/pipelines/gh/acme/checkout/118/workflows/4b5c>
        Good: The rule “promote-to-production” ran to its end.
        Plain: The rules were read from .signoff/rules.yml: no rule holds.
        Plain: The rules were read from .signoff/rules.yml: the rules “one”, “two” hold.
        Plain: The repository has no rules file.
        Plain: The rules were read from .sleuth/rules.yml: the rule “one” holds.
          - `deploy_impact` is not supported yet.
        Bad: The rules file can’t be used, so no rule was run.
          - .signoff/rules.yml:3:1: no `rules`.
        Warning: The rule “later” holds and was not run.
          - It uses `wait`.
        Bad: Mato Zgajner changed their vote to reject “Promote deploy to production”.
        Warning: Ana Novak clicked on “Promote deploy to production” and was told: Your vote was not counted: this was already approved on 2026-11-23 at 10:46 UTC.
        Bad: “Promote deploy to production” was rejected.
        Warning: “Promote deploy to production” was cancelled: nobody may vote.
        Warning: auto_approve_build: example-circleci-build is being tried again: CircleCI answered 503.
        Bad: auto_approve_build: example-circleci-build failed: CircleCI answered 404.
        Warning: auto_approve_build: example-circleci-build may or may not have happened: No answer came.
        Bad: The rule “promote-to-production” stopped at auto_approve_build: example-circleci-build.
        Good: The rule of the run gone ran to its end.
        Warning: #deploys could not be told in Slack: the app is not in it.
        ");
    }

    #[test]
    fn what_is_not_on_record_any_more_is_named_by_its_id() {
        let mut page = sample::everything();
        page.runs.clear();
        page.approvals.clear();
        let texts: Vec<_> = timeline(&page).into_iter().map(|entry| entry.text).collect();
        assert!(texts.iter().any(|text| text.starts_with("The rule of the run ")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("the approval ")), "{texts:?}");
    }
}
