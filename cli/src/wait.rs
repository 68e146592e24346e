//! `signoff wait`: a CI job that has nothing else waits until people decided.

use crate::args::Wait;
use crate::ask::{Signoff, Surroundings, Wanted, wait};
use crate::files::Stop;
use crate::record::read;
use crate::{Exit, Streams};
use approval::deploy_state::DeployState;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The most deploys of one revision that are looked at.
const MOST_DEPLOYS: usize = 100;
/// The shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The rule under which a proposed rules file is asked about: it says nothing about the deploy.
const OF_RULES_FILE: &str = "rules file ";

/// A deploy of the revision.
#[derive(Clone, Debug, Deserialize)]
struct Deploy {
    id: String,
    environment: String,
    deployed_at: Timestamp,
    #[serde(default)]
    state: DeployState,
    url: String,
}

/// What is on record of a deploy's approvals.
#[derive(Deserialize)]
struct OfDeploy {
    approvals: Vec<Approval>,
}

#[derive(Deserialize)]
struct Approval {
    name: String,
    status: String,
    approvals: u32,
    votes_required: u32,
    subject: Subject,
}

#[derive(Deserialize)]
struct Subject {
    rule: String,
}

/// How it stands.
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
            writeln!(streams.err, "not decided in time: {text}")?;
            Ok(Exit::Open)
        }
    }
}

/// Looks at once, and again until people decided or the time is over. Says what it waits for each time that is something else.
async fn look_until_decided(signoff: &Signoff, args: &Wait, err: &mut dyn Write) -> Result<State, Stop> {
    let mut last = look(signoff, args).await?;
    let looks = async {
        while let State::Open(text) = &last {
            writeln!(err, "waiting: {text}")?;
            let shown = last.clone();
            while last == shown {
                sleep(args.every.max(SHORTEST_PAUSE)).await;
                last = look(signoff, args).await?;
            }
        }
        Ok(())
    };
    match timeout(args.timeout, looks).await {
        Ok(Err(stop)) => Err(stop),
        Ok(Ok(())) | Err(_) => Ok(last),
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
    let mut deploys = listed.iter().map(read::<Deploy>).collect::<Result<Vec<_>, _>>()?;
    // Nobody is asked about a deploy that is under way or failed.
    deploys.retain(|deploy| deploy.state.has_arrived());
    let environments: BTreeSet<String> =
        deploys.iter().map(|deploy| deploy.environment.to_lowercase()).collect();
    if environments.len() > 1 {
        let names = deploys.iter().map(|deploy| deploy.environment.as_str()).collect::<BTreeSet<_>>();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Ok(State::Unclear(format!(
            "the revision was deployed to {names}: name one with --environment"
        )));
    }
    let Some(newest) = deploys.into_iter().max_by_key(|deploy| deploy.deployed_at) else {
        return Ok(State::Open(format!("no deploy of {} is on record yet", args.revision)));
    };
    let of: OfDeploy = signoff.document(&newest.id, Some("approvals")).await?;
    Ok(state(&of.approvals, &newest.url))
}

/// How the approvals of a deploy stand, all together.
fn state(approvals: &[Approval], url: &str) -> State {
    let about: Vec<&Approval> =
        approvals.iter().filter(|approval| approval.subject.rule != OF_RULES_FILE).collect();
    let named = |status: &[&str]| about.iter().find(|approval| status.contains(&approval.status.as_str()));
    if let Some(Approval { name, status, .. }) = named(&["rejected", "expired", "cancelled", "superseded"]) {
        return State::Refused(format!("{status}: {name}: {url}"));
    }
    match about.iter().find(|approval| approval.status != "approved") {
        Some(open) => {
            let Approval { name, approvals, votes_required, .. } = open;
            State::Open(format!("{name} has {approvals} of {votes_required} votes: {url}"))
        }
        None if about.is_empty() => {
            State::Open(format!("no rule asks for an approval of this deploy: {url}"))
        }
        None => {
            let names = about.iter().map(|approval| approval.name.as_str()).collect::<Vec<_>>().join(", ");
            State::Approved(format!("approved: {names}: {url}"))
        }
    }
}
