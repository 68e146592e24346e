//! Checks that hold at the end of every scenario, whatever struck its calls.

mod facts;

use crate::scenario::{Scenario, Taken};
use crate::telling::{Telling, waits};
use crate::world::World;
use serde_json::Value;
use signoff_core::action::{Action, WhenRepeated};
use signoff_core::approval::{Approval, Choice, Closed, Status as Verdict};
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::event::{Event, EventKind};
use signoff_core::message;
use signoff_core::run::{Branch, Resolution, Run, Status, StepState};
use signoff_local::slack::Message;
use signoff_store::Page;
use std::collections::BTreeMap;

/// Complaints of a world before a scenario.
pub struct Before {
    complaints: usize,
}

impl Before {
    /// Before what comes now.
    pub fn of(world: &World) -> Self {
        Self { complaints: complaints(world).len() }
    }
}

/// Dead letters, panics, and requests that the official specs refuse.
fn complaints(world: &World) -> Vec<String> {
    let stack = world.aws.as_embedded();
    let dead = stack.map(signoff_local::aws::Stack::dead_letters).unwrap_or_default();
    let mut complaints: Vec<String> = dead
        .into_iter()
        .map(|letter| format!("a dead letter in {}: {}", letter.queue, letter.body))
        .collect();
    complaints.extend(world.panics());
    complaints.extend(world.github.violations());
    complaints.extend(world.circleci.violations());
    complaints.extend(world.jira.violations());
    complaints.extend(world.linear.violations());
    complaints
}

/// True if the end of a step is unknown.
pub fn has_unknown(page: &Page) -> bool {
    page.runs.iter().flat_map(|run| &run.steps).any(|step| matches!(step.state, StepState::Unknown { .. }))
}

/// Returns the invariants that `telling` broke; `pages` is the record of its deploys.
pub fn broken(telling: &Telling, pages: &[Page], before: &Before) -> Vec<String> {
    let mut broken: Vec<String> =
        complaints(telling.story.world).into_iter().skip(before.complaints).collect();
    for page in pages {
        effects(page, &mut broken);
        facts::facts(telling, page, &mut broken);
        facts::stages(telling.scenario.rules, page, &mut broken);
        for approval in &page.approvals {
            votes(telling, page, approval, &mut broken);
            outcome(page, approval, &mut broken);
            dialog(telling, page, approval, &mut broken);
        }
    }
    dialogs(telling, pages, &mut broken);
    actions(telling, pages, &mut broken);
    ends(&telling.scenario, telling, pages, &mut broken);
    broken
}

/// Every effect is closed but those that wait for their time, and none was given up.
fn effects(page: &Page, broken: &mut Vec<String>) {
    for effect in page.effects.iter().filter(|effect| !waits(effect, &page.approvals)) {
        if !effect.is_closed() || (effect.state == EffectState::Failed && !is_told(page, effect)) {
            broken.push(format!("an effect is {:?}: {:?} ({:?})", effect.state, effect.kind, effect.note));
        }
    }
}

/// True if an effect ran a step's action, and the record says that the step failed.
fn is_told(page: &Page, effect: &Effect) -> bool {
    let (EffectKind::RunStep { run, step } | EffectKind::RetryStep { run, step, .. }) = &effect.kind else {
        return false;
    };
    page.events.iter().any(|event| {
        matches!(&event.kind, EventKind::StepFailed { run: of, step: at, .. } if (of, at) == (run, step))
    })
}

/// Whoever clicked and was answered has that vote, once; the votes are what the events say.
fn votes(telling: &Telling, page: &Page, approval: &Approval, broken: &mut Vec<String>) {
    let of_record: BTreeMap<&str, Choice> =
        approval.votes.iter().map(|vote| (vote.voter.as_str(), vote.choice)).collect();
    if of_record.len() != approval.votes.len() {
        broken.push(format!("somebody has two votes: {:?}", approval.votes));
    }
    let mut by_events: BTreeMap<&str, Choice> = BTreeMap::new();
    let mut refused = Vec::new();
    for event in &page.events {
        match &event.kind {
            EventKind::VoteCast { approval: id, voter, choice, previous, .. } if *id == approval.id => {
                let before = by_events.insert(voter, *choice);
                if before != *previous || before == Some(*choice) {
                    broken.push(format!("a vote is on record twice, or over another: {:?}", event.kind));
                }
            }
            EventKind::VoteWithdrawn { approval: id, voter, choice, .. } if *id == approval.id => {
                let had = by_events.remove(voter.as_str());
                if had != Some(*choice) {
                    broken.push(format!("a vote that nobody had was withdrawn: {:?}", event.kind));
                }
            }
            EventKind::VoteRefused { approval: id, voter, .. } if *id == approval.id => {
                refused.push(voter.as_str())
            }
            _ => {}
        }
    }
    if by_events != of_record {
        broken.push(format!("votes {of_record:?} are not those of the events, {by_events:?}"));
    }
    let mut last: BTreeMap<&str, Option<Choice>> = BTreeMap::new();
    let mut newest = "";
    for Taken { person, button, .. } in telling.taken.iter().filter(|taken| taken.approval == approval.id) {
        match *button {
            message::APPROVE => {
                last.insert(person, Some(Choice::Approve));
                newest = person;
            }
            message::REJECT => _ = last.insert(person, Some(Choice::Reject)),
            message::WITHDRAW => _ = last.insert(person, None),
            // It takes back the vote that made the quorum, whoever clicks it.
            message::UNDO => _ = last.insert(newest, None),
            _ => {}
        }
    }
    for (person, choice) in last {
        if !refused.contains(&person) && of_record.get(person) != choice.as_ref() {
            broken.push(format!("{person} was answered, and the vote on record is not {choice:?}"));
        }
    }
}

/// One outcome at most, and its run heard it once; only what the rule has for this outcome began.
fn outcome(page: &Page, approval: &Approval, broken: &mut Vec<String>) {
    let closed: Vec<&String> = page
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ApprovalClosed { approval: id, outcome, .. } if *id == approval.id => Some(outcome),
            _ => None,
        })
        .collect();
    let open = matches!(approval.status, Verdict::Pending | Verdict::Quorum { .. });
    let expected: &[&str] = if open { &[] } else { &[approval.status.word()] };
    if closed != expected {
        broken.push(format!("{:?} has the outcomes {closed:?}", approval.status));
    }
    let told = |kind: &EffectKind| matches!(kind, EffectKind::AdvanceRun { run, step, .. } if (run, step) == (&approval.run, &approval.step));
    let told = page.effects.iter().filter(|effect| told(&effect.kind)).count();
    if told != expected.len() {
        broken.push(format!("the run was told {told} times how the approval ended"));
    }
    let Some(run) = page.runs.iter().find(|run| run.id == approval.run) else {
        broken.push("an approval has no run".to_owned());
        return;
    };
    // Somebody may take up a run that is over; then it ends once more.
    let mut is_over = false;
    for event in &page.events {
        match &event.kind {
            EventKind::RunSucceeded { run: id } | EventKind::RunStopped { run: id, .. } if *id == run.id => {
                broken.extend(is_over.then(|| "a run ended that was over".to_owned()));
                is_over = true;
            }
            EventKind::StepResolved { run: id, .. } if *id == run.id => is_over = false,
            _ => {}
        }
    }
    if is_over != (run.status != Status::Running) {
        broken.push(format!("a run is {:?}, and by its events it is over: {is_over}", run.status));
    }
    for step in run.steps.iter().filter(|step| step.under == Some(approval.step)) {
        let began = !matches!(step.state, StepState::Waiting | StepState::Skipped);
        let may = match step.branch {
            Branch::OnSuccess => approval.status.is_approved(),
            Branch::OnReject => approval.status.is_rejected(),
            Branch::OnExpire => matches!(approval.status, Verdict::Closed(Closed::Expired { .. })),
        };
        if began && !may {
            broken.push(format!("{:?} began, and the approval is {:?}", step.action, approval.status));
        }
    }
}

/// The dialog stands where the record says, and shows the newest state; so do the lines in its thread, each
/// once.
fn dialog(telling: &Telling, page: &Page, approval: &Approval, broken: &mut Vec<String>) {
    let slack = &telling.story.world.slack;
    let Some(place) = &approval.dialog else {
        if !approval.is_left_out() {
            broken.push("an approval has no dialog".to_owned());
        }
        return;
    };
    let messages = slack.messages(&place.channel);
    let Some(stands) = messages.iter().find(|message| message.ts == place.ts) else {
        broken.push("the dialog does not stand where the record says".to_owned());
        return;
    };
    let run = page.runs.iter().find(|run| run.id == approval.run);
    let drawn = message::dialog(approval, run);
    let blocks = Value::Array(stands.blocks.clone());
    if stands.text != drawn.text || !shows(&blocks, &drawn.blocks) {
        broken.push(format!("the dialog shows\n{blocks}\nand the newest state is\n{}", drawn.blocks));
    }
    let thread = slack.thread(&place.channel, &place.ts);
    let Some(run) = run else { return };
    let mut rest: Vec<&Message> = thread.iter().collect();
    // A step stands in the thread of the approval that it follows, which need not be this one of the run.
    let is_here = |index: usize| run.thread_of(index).as_ref() == Some(&approval.id);
    for (index, step) in run.steps.iter().enumerate().filter(|(index, _)| is_here(*index)) {
        let expected = message::step_line(run, index);
        let line =
            rest.iter().position(|message| step.line.as_ref().is_some_and(|line| line.ts == message.ts));
        let found = line.map(|line| rest.remove(line).text.clone());
        if found != expected {
            broken.push(format!("step {index} has the line {found:?} and should have {expected:?}"));
        }
        if let (
            Action::AddToDeployMessageThread(text),
            StepState::Succeeded { .. } | StepState::Unknown { .. },
        ) = (&step.action, &step.state)
            && let Some(posted) = rest.iter().position(|message| message.text == *text)
        {
            rest.remove(posted);
        }
    }
    failures(page, approval, run, &mut rest, broken);
    if let Some(lifted) = message::freeze_lifted(approval) {
        match rest.iter().position(|message| message.text == lifted) {
            Some(told) => _ = rest.remove(told),
            None => broken.push("the dialog's thread does not say who lifted the freeze".to_owned()),
        }
    }
    let told = page.effects.iter().filter_map(|effect| match &effect.kind {
        EffectKind::TellThread { approval: of, text, .. } if *of == approval.id => Some(text),
        _ => None,
    });
    for text in told {
        // Those who deployed may be mentioned below it.
        match rest.iter().position(|message| message.text.starts_with(text)) {
            Some(told) => _ = rest.remove(told),
            None => broken.push(format!("the dialog's thread does not say {text:?}")),
        }
    }
    if !rest.is_empty() {
        let texts: Vec<_> = rest.iter().map(|message| &message.text).collect();
        broken.push(format!("the dialog's thread has more than it should: {texts:?}"));
    }
}

/// True if a message reports a failed step, by the key that it carries.
fn is_failure(message: &Message) -> bool {
    let key = message.metadata.as_ref().and_then(|metadata| metadata["event_payload"]["key"].as_str());
    key.is_some_and(|key| key.contains("-failed-"))
}

/// Each failure of a step is told in the thread once; those that nobody dealt with offer something.
fn failures(page: &Page, approval: &Approval, run: &Run, rest: &mut Vec<&Message>, broken: &mut Vec<String>) {
    let here = |step: usize| run.thread_of(step).as_ref() == Some(&approval.id);
    let failed = page.events.iter().filter(|event| match &event.kind {
        EventKind::StepFailed { run: of, step, .. } | EventKind::StepUnknown { run: of, step, .. } => {
            *of == run.id && here(*step)
        }
        _ => false,
    });
    let told: Vec<&Message> = rest.iter().copied().filter(|message| is_failure(message)).collect();
    rest.retain(|message| !is_failure(message));
    let offers = told.iter().filter(|message| message.blocks.iter().any(|block| block["type"] == "actions"));
    let (failed, offers) = (failed.count(), offers.count());
    if told.len() != failed {
        broken.push(format!("{failed} failures are told in {} messages", told.len()));
    }
    let open = run.failed_steps().filter(|step| here(*step)).count();
    if offers != open {
        broken.push(format!("{open} steps wait for somebody, and {offers} messages offer something"));
    }
}

/// The channel has one dialog an approval, but for those that were superseded before it was posted.
fn dialogs(telling: &Telling, pages: &[Page], broken: &mut Vec<String>) {
    let messages = telling.story.world.slack.messages(&telling.story.name);
    // What stands in a thread is about an action that failed.
    let dialogs =
        messages.iter().filter(|message| !message.blocks.is_empty() && message.thread_ts.is_none()).count();
    let approvals = pages.iter().flat_map(|page| &page.approvals);
    let approvals = approvals.filter(|approval| !approval.is_left_out()).count();
    if dialogs != approvals {
        broken.push(format!("{approvals} approvals have {dialogs} dialogs in the channel"));
    }
}

/// Each action happened in the outside world exactly once where the record says so, at most once more where
/// it does not know or a person had it run again, and else not at all.
fn actions(telling: &Telling, pages: &[Page], broken: &mut Vec<String>) {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for step in pages.iter().flat_map(|page| &page.runs).flat_map(|run| &run.steps) {
        let Some(name) = name(&step.action) else { continue };
        let (done, unknown) = counts.entry(name).or_default();
        match step.state {
            StepState::Succeeded { .. } => *done += 1,
            StepState::Unknown { .. } => *unknown += 1,
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Failed { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. } => {}
        }
    }
    for (name, (done, unknown)) in counts {
        let happened = happened(telling, pages, name);
        let perhaps = unknown + retried(pages, name);
        if happened < done || happened > done + perhaps {
            broken.push(format!(
                "{name} happened {happened} times; on record are {done} times, and {perhaps} times perhaps"
            ));
        }
    }
}

/// Returns the number of times that people had the action run again.
fn retried(pages: &[Page], name: &str) -> usize {
    let retries = |page: &Page| {
        let retried = |event: &&Event| match &event.kind {
            EventKind::StepResolved { run, step, resolution: Resolution::Retry, .. } => {
                let run = page.runs.iter().find(|of| of.id == *run);
                run.and_then(|run| self::name(&run.steps.get(*step)?.action)) == Some(name)
            }
            _ => false,
        };
        page.events.iter().filter(retried).count()
    };
    pages.iter().map(retries).sum()
}

fn name(action: &Action) -> Option<&'static str> {
    Some(match action {
        // Their doing is on record only.
        Action::SlackChannelApproval(_)
        | Action::AddDeployTag(_)
        | Action::MonitorDrift(_)
        | Action::RulesFile(_) => return None,
        Action::WithOnFailure(with) => return name(&with.action),
        // No scenario does these two: the stories of issues count what happened to them.
        Action::TransitionIssues(_) | Action::UpdateMentionedIssues(_) => return None,
        Action::NotifyMentionedIssues(_) => "notify_mentioned_issues",
        Action::TransitionMentionedIssues(_) => "transition_mentioned_issues",
        Action::AutoApproveBuild(_) => "auto_approve_build",
        Action::TriggerBuild(spec) if spec.workflow.is_some() => "trigger_build on GitHub",
        Action::TriggerBuild(_) => "trigger_build on CircleCI",
        Action::SlackChannelMessage(_) => "slack_channel_message",
        Action::AddToDeployMessageThread(_) => "add_to_deploy_message_thread",
        Action::NotifyDeployAuthors(_) | Action::NotifyDeployer(_) | Action::SlackPersonalMessage(_) => {
            PERSONAL
        }
        Action::SlackDeployMessage(_) => "slack_deploy_message",
        Action::Webhook(_) => "webhook",
        Action::SendEvent(_) => "send_event",
    })
}

/// A personal message. Who writes, merges or deploys in a scenario is one person.
const PERSONAL: &str = "a personal message";

/// Returns the number of times that the action happened outside.
fn happened(telling: &Telling, pages: &[Page], name: &str) -> usize {
    let (story, world) = (&telling.story, telling.story.world);
    match name {
        "auto_approve_build" => world.circleci.approvals(&story.project()).len(),
        "trigger_build on GitHub" => world.github.dispatched(&story.repository()).len(),
        "trigger_build on CircleCI" => world.circleci.triggered(&story.project()).len(),
        "webhook" => {
            let path = format!("/{}", story.name);
            world.receiver.deliveries().iter().filter(|delivery| delivery.path == path).count()
        }
        // The same event again is one that its consumers know.
        "send_event" => {
            let ids = story.events().into_iter().map(|event| event["detail"]["id"].to_string());
            ids.collect::<std::collections::BTreeSet<_>>().len()
        }
        "slack_deploy_message" => telling.story.problems().len(),
        "notify_mentioned_issues" => world.jira.comments(&telling.issue()).len(),
        "transition_mentioned_issues" => {
            usize::from(world.jira.status(&telling.issue()).is_some_and(|status| status.starts_with("Done")))
        }
        PERSONAL => telling.people().map(|person| world.slack.direct_messages(person).len()).sum(),
        "slack_channel_message" => {
            let messages = world.slack.messages(&story.name);
            messages.iter().filter(|message| message.blocks.is_empty()).count()
        }
        _ => {
            let approvals = pages.iter().flat_map(|page| &page.approvals);
            let dialogs = approvals.filter_map(|approval| approval.dialog.as_ref());
            let threads = dialogs.flat_map(|dialog| world.slack.thread(&dialog.channel, &dialog.ts));
            let runs: Vec<&Run> = pages.iter().flat_map(|page| &page.runs).collect();
            let is_line = |message: &Message| {
                let mut steps = runs.iter().flat_map(|run| &run.steps);
                steps.any(|step| step.line.as_ref().is_some_and(|line| line.ts == message.ts))
            };
            threads.filter(|message| !is_line(message) && !is_failure(message)).count()
        }
    }
}

/// The scenario ended as it should.
fn ends(scenario: &Scenario, telling: &Telling, pages: &[Page], broken: &mut Vec<String>) {
    let oldest_first = |page: &Page| {
        let mut approvals: Vec<_> = page.approvals.iter().collect();
        approvals.sort_by_key(|approval| approval.opened_at);
        approvals.into_iter().map(|approval| approval.status.word()).collect::<Vec<_>>()
    };
    let approvals: Vec<&str> = pages.iter().flat_map(oldest_first).collect();
    if approvals != scenario.ends.approvals {
        broken.push(format!("the approvals ended {approvals:?}"));
    }
    let mut runs: Vec<&Run> = Vec::new();
    for page in pages {
        let mut of_page: Vec<&Run> = page.runs.iter().collect();
        of_page.sort_by_key(|run| run.opened_at);
        runs.extend(of_page);
    }
    let as_expected = |run: &Run, expected: Status| {
        // That a CI shows no build is believed a while after the answer was lost, and a sweep doesn't wait.
        let may_be_unknown = |action: &Action| match action {
            Action::TriggerBuild(_) => true,
            _ => action.when_repeated() == WhenRepeated::Neither,
        };
        let asks = run
            .steps
            .iter()
            .any(|step| matches!(step.state, StepState::Unknown { .. }) && may_be_unknown(&step.action));
        run.status == expected || (run.status == Status::Running && asks)
    };
    let expected = scenario.ends.runs;
    if runs.len() != expected.len()
        || runs.iter().zip(expected).any(|(run, expected)| !as_expected(run, *expected))
    {
        let steps: Vec<_> = runs
            .iter()
            .map(|run| (run.status, run.steps.iter().map(|step| &step.state).collect::<Vec<_>>()))
            .collect();
        broken.push(format!("the runs ended {steps:?}"));
    }
    let refusals = pages.iter().flat_map(|page| &page.events);
    let refusals = refusals.filter(|event| matches!(event.kind, EventKind::RulesRefused { .. })).count();
    let told = telling.story.problems().len();
    // The first look at it and the last one of the day are told.
    let as_expected = if scenario.ends.refused { 1..=2 } else { 0..=0 };
    if !as_expected.contains(&refusals) || (refusals == 0) != (told == 0) {
        broken.push(format!("the rules file was refused {refusals} times, and told {told} times"));
    }
}

/// True if `stands` shows what was `drawn`: Slack adds ids and its defaults.
fn shows(stands: &Value, drawn: &Value) -> bool {
    match (stands, drawn) {
        (Value::Array(stands), Value::Array(drawn)) => {
            stands.len() == drawn.len()
                && stands.iter().zip(drawn).all(|(stands, drawn)| shows(stands, drawn))
        }
        (Value::Object(stands), Value::Object(drawn)) => {
            drawn.iter().all(|(name, drawn)| stands.get(name).is_some_and(|stands| shows(stands, drawn)))
        }
        (stands, drawn) => stands == drawn,
    }
}
