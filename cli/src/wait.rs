//! `signoff wait`: a CI job that has nothing else waits until people decided.

use crate::args::Wait;
use crate::ask::{Signoff, Surroundings, Wanted, wait};
use crate::files::Stop;
use crate::record::read;
use crate::{Exit, Streams};
use serde::Deserialize;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy_state::DeployState;
use signoff_core::run::Branch;
use signoff_core::{policy, rules_in_force};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The most deploys of one revision that are looked at.
const MOST_DEPLOYS: usize = 100;
/// The shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// Time for which answers may fail to come once there was one: a job that waits for an hour may meet a deploy
/// of Signoff itself.
const LOST_FOR: Duration = Duration::from_secs(5 * 60);

/// A deploy whose rules are evaluated, and ask for no approval.
const NOBODY_ASKED: &str = "no rule asks for an approval of this deploy";

/// A deploy of the revision.
#[derive(Clone, Debug, Deserialize)]
struct Deploy {
    id: String,
    environment: String,
    #[serde(default)]
    state: DeployState,
    url: String,
}

/// Answer with a deploy's approvals and runs.
#[derive(Deserialize)]
struct OfDeploy {
    approvals: Vec<Approval>,
    #[serde(default)]
    runs: Vec<Run>,
    /// The rules that are still to ask.
    #[serde(default)]
    awaited: Vec<Awaited>,
    /// The approvals that let nothing through any more, although people approved.
    #[serde(default)]
    overtaken: Vec<Overtaken>,
}

/// A deploy's own document.
#[derive(Deserialize)]
struct Whole {
    deploy: About,
}

/// A deploy, as far as it tells whether its rules are evaluated.
#[derive(Deserialize)]
struct About {
    #[serde(default)]
    revision: String,
    #[serde(default)]
    repository: String,
    /// The source host's confirmation of it; `None`: the answer has none.
    confirmation: Option<Confirmation>,
}

impl About {
    /// The reason for which no rule asks about the deploy, as a part of a sentence.
    fn without_approvals(&self) -> String {
        match &self.confirmation {
            Some(Confirmation::Awaited) => "its rules have not been evaluated yet".to_owned(),
            Some(Confirmation::Unconfirmed { doubt }) => {
                format!("the deploy is not confirmed: {}", doubt.sentence(&self.revision, &self.repository))
            }
            Some(Confirmation::Unevaluated { reason }) => format!("its rules were not evaluated: {reason}"),
            Some(Confirmation::Confirmed | Confirmation::Repeat { .. }) | None => NOBODY_ASKED.to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct Awaited {
    rule: String,
    reason: String,
    /// It never asks: a newer deploy came first.
    #[serde(default)]
    superseded: bool,
}

/// An approval that another revision or a rollback overtook.
#[derive(Deserialize)]
struct Overtaken {
    approval: String,
    reason: String,
}

#[derive(Deserialize)]
struct Approval {
    id: String,
    name: String,
    status: String,
    approvals: u32,
    votes_required: u32,
    subject: Subject,
    electorate: Option<Electorate>,
}

/// The people who may vote on an approval, as far as it tells what an approval lets through.
#[derive(Deserialize)]
struct Electorate {
    /// The parts of the policy that its rule does not meet.
    #[serde(default)]
    below_policy: Vec<String>,
}

#[derive(Deserialize)]
struct Subject {
    rule: String,
}

/// A rule's actions for the deploy.
#[derive(Deserialize)]
struct Run {
    rule: String,
    /// The run in its place, where people asked again.
    asked_again: Option<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    action: String,
    state: String,
    reason: Option<String>,
    /// The approval that it asks for, where it is one that asks.
    asks: Option<String>,
    under: Option<Under>,
}

/// The end of an approval that starts a step.
#[derive(Deserialize)]
struct Under {
    approval: String,
    branch: Branch,
}

impl OfDeploy {
    /// True if no rule asks, did anything or is still to ask.
    fn is_empty(&self) -> bool {
        self.approvals.is_empty() && self.runs.is_empty() && self.awaited.is_empty()
    }
}

impl Run {
    /// True if a step runs where every approval is approved.
    fn is_on_the_way(&self, step: &Step) -> bool {
        step.under.as_ref().is_none_or(|under| {
            let above = self.steps.iter().find(|above| above.asks.as_ref() == Some(&under.approval));
            under.branch == Branch::OnSuccess
                && above.is_some_and(|above| !std::ptr::eq(above, step) && self.is_on_the_way(above))
        })
    }

    /// Its steps that ask for an approval on the way to its end.
    fn asking(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.asks.is_some() && self.is_on_the_way(step))
    }
}

/// State of the approvals that the command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// People approved, every approval of the deploy.
    Approved(String),
    /// An approval was closed otherwise.
    Refused(String),
    /// Nobody decided yet; what it waits for.
    Open(String),
    /// The arguments fit several deploys, or none.
    Unclear(String),
}

/// Waits for the approvals of the revision's newest deploy.
pub(crate) fn run(args: &Wait, streams: &mut Streams<'_>, surroundings: &Surroundings) -> Result<Exit, Stop> {
    let signoff = Signoff::new(&args.connection, surroundings)?;
    let decided = wait(look_until_decided(&signoff, args, streams.err))?;
    match decided {
        State::Approved(text) => {
            writeln!(streams.out, "{text}")?;
            Ok(Exit::Fine)
        }
        State::Refused(text) => {
            writeln!(streams.err, "{text}")?;
            Ok(Exit::Problems)
        }
        State::Unclear(text) => Err(Stop::Ask(text)),
        State::Open(text) => {
            writeln!(streams.err, "still open after --timeout: {text}")?;
            Ok(Exit::Open)
        }
    }
}

/// Looks at once, and again until people decided or the time is over. Says what it waits for each time that
/// is something else.
async fn look_until_decided(signoff: &Signoff, args: &Wait, err: &mut dyn Write) -> Result<State, Stop> {
    let mut last = look(signoff, args).await?;
    let looks = async {
        while let State::Open(text) = &last {
            writeln!(err, "waiting: {text}")?;
            let shown = last.clone();
            while last == shown {
                last = look_again(signoff, args, err).await?;
            }
        }
        Ok(())
    };
    match timeout(args.timeout, looks).await {
        Ok(Err(stop)) => Err(stop),
        Ok(Ok(())) | Err(_) => Ok(last),
    }
}

/// Looks after a pause, and again where no answer comes for a while. The first look has shown that the
/// arguments are right.
async fn look_again(signoff: &Signoff, args: &Wait, err: &mut dyn Write) -> Result<State, Stop> {
    let pause = args.every.max(SHORTEST_PAUSE);
    sleep(pause).await;
    let mut lost = Duration::ZERO;
    loop {
        match look(signoff, args).await {
            Err(Stop::Unanswered(reason)) if lost < LOST_FOR => {
                writeln!(err, "no answer, trying again: {reason}")?;
                sleep(pause).await;
                lost += pause;
            }
            looked => return looked,
        }
    }
}

async fn look(signoff: &Signoff, args: &Wait) -> Result<State, Stop> {
    let wanted = Wanted {
        deployment: Some(args.deployment.to_string()),
        environment: args.environment.clone(),
        revision: Some(args.revision.to_lowercase()),
        ..Wanted::default()
    };
    let (listed, _) = signoff.deploys(&wanted, MOST_DEPLOYS).await?;
    // They are listed newest first, also those of one second.
    let deploys = listed.iter().map(read::<Deploy>).collect::<Result<Vec<_>, _>>()?;
    let arrived = || deploys.iter().filter(|deploy| deploy.state.has_arrived());
    let environments: BTreeSet<String> = arrived().map(|deploy| deploy.environment.to_lowercase()).collect();
    if environments.len() > 1 {
        let names = arrived().map(|deploy| deploy.environment.as_str()).collect::<BTreeSet<_>>();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Ok(State::Unclear(format!(
            "the revision was deployed to {names}; choose one with --environment"
        )));
    }
    // One that is under way to another environment is none of this one's business.
    let is_there = |deploy: &Deploy| environments.contains(&deploy.environment.to_lowercase());
    let newest = deploys.iter().find(|deploy| environments.is_empty() || is_there(deploy));
    let Some(newest) = newest.cloned() else {
        return Ok(State::Open(format!("no deploy of {} yet", args.revision)));
    };
    // Nobody is asked about a deploy that is under way or failed, and votes on an older one are not about it.
    if !newest.state.has_arrived() {
        let Deploy { environment, state, url, .. } = newest;
        return Ok(State::Open(format!("the deploy to {environment} {}: {url}", so_far(state))));
    }
    let of: OfDeploy = signoff.document(&newest.id, Some("approvals")).await?;
    if !of.is_empty() {
        return Ok(state(&of, &newest.url));
    }
    let Whole { deploy } = signoff.document(&newest.id, None).await?;
    let Some(Confirmation::Repeat { of: first }) = &deploy.confirmation else {
        return Ok(State::Open(format!("{}: {}", deploy.without_approvals(), newest.url)));
    };
    // It is another report of an earlier deploy, about which people are asked.
    let url = newest.url.replace(&newest.id, first.as_str());
    let first: OfDeploy = signoff.document(first.as_str(), Some("approvals")).await?;
    Ok(state(&first, &url))
}

/// A deploy's state as a part of a sentence.
fn so_far(state: DeployState) -> &'static str {
    match state {
        DeployState::InProgress => "is under way",
        DeployState::Failure => "failed",
        DeployState::Error => "failed with an error",
        DeployState::Success => "is there",
    }
}

/// The state of a deploy's approvals, all together: those on record, and those that its runs still come to.
fn state(of: &OfDeploy, url: &str) -> State {
    let runs: Vec<&Run> = of.runs.iter().filter(|run| counts(&run.rule)).collect();
    let asked_again: BTreeSet<&String> = runs
        .iter()
        .filter(|run| run.asked_again.is_some())
        .flat_map(|run| run.steps.iter().filter_map(|step| step.asks.as_ref()))
        .collect();
    let about = of.approvals.iter().filter(|approval| counts(&approval.subject.rule));
    let about: Vec<&Approval> = about.filter(|approval| !asked_again.contains(&approval.id)).collect();
    let named = |status: &[&str]| about.iter().find(|approval| status.contains(&approval.status.as_str()));
    if let Some(Approval { name, status, .. }) = named(&["rejected", "expired", "cancelled", "superseded"]) {
        return State::Refused(format!("{status}: {name}: {url}"));
    }
    if let Some(Awaited { rule, reason, .. }) = of.awaited.iter().find(|awaited| awaited.superseded) {
        return State::Refused(format!("superseded: the rule {rule} was never asked: {reason}: {url}"));
    }
    // Signoff's own actions do nothing for such an approval, and so nothing else may.
    let overtaken = of.overtaken.iter().find_map(|overtaken| {
        let approval = about.iter().find(|approval| approval.id == overtaken.approval)?;
        Some((&approval.name, &overtaken.reason))
    });
    if let Some((name, reason)) = overtaken {
        return State::Refused(format!(
            "superseded: {name} was approved, and {reason}; deploy again to have it asked anew: {url}"
        ));
    }
    if let Some(open) = about.iter().find(|approval| approval.status != "approved") {
        let Approval { name, approvals, votes_required, .. } = open;
        return State::Open(format!("{name} has {approvals} of {votes_required} votes: {url}"));
    }
    let current = runs.iter().filter(|run| run.asked_again.is_none());
    // A step that asks succeeds with its approval, and in no other way.
    let mut to_come = current.flat_map(|run| run.asking()).filter(|step| step.state != "succeeded");
    if let Some(Step { action, state, reason, .. }) = to_come.next() {
        let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        return State::Open(match state.as_str() {
            "failed" | "unknown" | "skipped" => format!("{action} was not asked: {state}{reason}: {url}"),
            _ => format!("{action} has not been asked yet{reason}: {url}"),
        });
    }
    if let Some(Awaited { rule, reason, .. }) = of.awaited.first() {
        return State::Open(format!("the rule {rule} has not asked yet ({reason}): {url}"));
    }
    if about.is_empty() {
        return State::Open(format!("{NOBODY_ASKED}: {url}"));
    }
    // Signoff does nothing of what such an approval lets through, and so nothing else may.
    let below = about.iter().find_map(|approval| {
        let line = approval.electorate.as_ref()?.below_policy.first()?;
        Some((&approval.name, line))
    });
    if let Some((name, line)) = below {
        return State::Open(format!(
            "{name} is approved, and the policy keeps back what follows: {line}: {url}"
        ));
    }
    let names = about.iter().map(|approval| approval.name.as_str()).collect::<Vec<_>>().join(", ");
    State::Approved(format!("approved: {names}: {url}"))
}

/// True if a rule says something about the deploy: one under which a proposed rules file or policy is asked
/// about does not.
fn counts(rule: &str) -> bool {
    ![rules_in_force::PROPOSAL, policy::PROPOSAL].contains(&rule)
}
