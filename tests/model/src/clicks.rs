//! slack-interaction: a click is read, decided, committed, and what follows from it is sent; step by step as
//! `slack-interaction`'s handler does it.

use crate::decided;
use crate::record::{Change, Conflict, Kept, Process, Queued, follow};
use crate::scenario::{ClickAction, Flaw, NOW, PlannedClick, Scenario, WORKSPACE};
use crate::world::World;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{Approval, Click, Command, Voter};
use signoff_core::effect::EffectKind;
use signoff_core::message;

/// Progress of a click.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It was not made, and may never be. A replay is of a click with this wish, once that one was made.
    NotMade(Option<ClickAction>),
    /// It was decided on an approval that was read.
    Decided {
        /// Wish of the click.
        wish: ClickAction,
        /// Time at which it arrived.
        now: Timestamp,
        /// State that was read.
        seen: Seen,
    },
    /// It was committed, and the effects that follow are to be sent.
    Committed,
    /// It was dealt with, or its process ended.
    Over,
}

/// The approval that a click was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// The newest.
    Newest,
    /// Another was committed since. Only a process that does not look at the version goes on with what it has
    /// read.
    Older(Option<Kept<Approval>>),
}

impl Stage {
    /// True if a process is working on it.
    pub fn is_underway(&self) -> bool {
        match self {
            Self::Decided { .. } | Self::Committed => true,
            Self::NotMade(_) | Self::Over => false,
        }
    }
}

/// The clicks of `scenario` before any is made.
pub fn planned(scenario: &Scenario) -> Vec<Stage> {
    scenario.clicks.iter().map(|_| Stage::NotMade(None)).collect()
}

/// A newer approval was committed; `old` is what was there before, where clicks are to go on with it.
pub fn overtake(clicks: &mut [Stage], old: Option<&Kept<Approval>>) {
    for click in clicks {
        if let Stage::Decided { seen: seen @ Seen::Newest, .. } = click {
            *seen = Seen::Older(old.cloned());
        }
    }
}

/// Returns the wishes that click number `click` can have now. It has none before there is a button, before
/// the same person's earlier click, and after they left; a replay has the wish that it replays.
pub fn wishes(world: &World, scenario: &Scenario, click: usize) -> Vec<ClickAction> {
    let (Some(planned), Some(Stage::NotMade(remembered))) =
        (scenario.clicks.get(click), world.clicks.get(click))
    else {
        return Vec::new();
    };
    let made = |earlier: usize| !matches!(world.clicks.get(earlier), Some(Stage::NotMade(_)));
    let before = scenario.clicks.iter().take(click).enumerate();
    let mut earlier = before.filter(|(_, other)| other.voter == planned.voter);
    if world.outside.dialog.times == 0 || world.outside.left.contains(planned.voter) {
        return Vec::new();
    }
    match planned.replays {
        Some(_) => remembered.iter().copied().collect(),
        None if earlier.all(|(other, _)| made(other)) => planned.wishes.to_vec(),
        None => Vec::new(),
    }
}

/// The click arrives: it is decided on the newest approval.
pub fn arrive(world: &mut World, scenario: &Scenario, click: usize, wish: ClickAction) -> Option<()> {
    for (replay, planned) in scenario.clicks.iter().enumerate() {
        if planned.replays == Some(click) {
            *world.clicks.get_mut(replay)? = Stage::NotMade(Some(wish));
        }
    }
    let now = world.now();
    read(world, scenario, click, wish, now)
}

fn read(
    world: &mut World,
    scenario: &Scenario,
    click: usize,
    wish: ClickAction,
    now: Timestamp,
) -> Option<()> {
    let approval = world.record.approval.clone()?;
    let planned = scenario.clicks.get(click)?;
    let next = match decided::approval(&approval, &[command(&approval, planned, wish)], now) {
        Ok(follows) => {
            if scenario.has(Flaw::EffectsBeforeCommit) {
                world.record.send_early(follows.effects);
            }
            Stage::Decided { wish, now, seen: Seen::Newest }
        }
        Err(refusal) => match message::refusal(&refusal) {
            Some(text) => {
                let user = planned.voter.to_owned();
                let tell = EffectKind::TellPerson { channel: approval.channel.clone(), user, text };
                let owner = format!("click {} {}", planned.voter, planned.second);
                let owner = format!("{} {owner}", approval.deploy);
                let and = follow(&approval.deploy, &owner, 0, vec![tell], Vec::new());
                let change = Change { and, ..Change::default() };
                match world.commit(scenario, change, Process::Click(click)) {
                    Ok(()) => Stage::Committed,
                    Err(Conflict) => Stage::Over,
                }
            }
            None => Stage::Over,
        },
    };
    *world.clicks.get_mut(click)? = next;
    Some(())
}

/// The click's process commits, and decides again when somebody else committed first; or it sends what
/// follows.
pub fn go_on(world: &mut World, scenario: &Scenario, click: usize) -> Option<()> {
    match world.clicks.get(click)?.clone() {
        Stage::NotMade(_) | Stage::Over => None,
        Stage::Committed => {
            world.record.send(|row| row.queued == Queued::By(Process::Click(click)));
            *world.clicks.get_mut(click)? = Stage::Over;
            Some(())
        }
        Stage::Decided { wish, now, seen: Seen::Older(None) } => read(world, scenario, click, wish, now),
        Stage::Decided { wish, now, seen } => {
            let unconditional = scenario.has(Flaw::UnconditionalWrite);
            let read = match seen {
                Seen::Older(Some(old)) => old,
                Seen::Newest | Seen::Older(None) => world.record.approval.clone()?,
            };
            let command = command(&read, scenario.clicks.get(click)?, wish);
            let mut follows = decided::approval(&read, &[command], now).ok()?;
            if scenario.has(Flaw::EffectsBeforeCommit) {
                follows.effects.clear();
            }
            let change = Change { approval: Some(follows), unconditional, ..Change::default() };
            // It is not underway while it commits: what it commits does not overtake it.
            *world.clicks.get_mut(click)? = Stage::Committed;
            world.commit(scenario, change, Process::Click(click)).ok()?;
            Some(())
        }
    }
}

/// The click's process ends in the middle of its work.
pub fn crash(world: &mut World, click: usize) -> Option<()> {
    *world.clicks.get_mut(click)? = Stage::Over;
    world.leave_unsent(Process::Click(click));
    Some(())
}

/// The click as the core sees it. Slack does not say in time who made it: the look at the voters has to.
fn command(approval: &Approval, planned: &PlannedClick, wish: ClickAction) -> Command {
    let (id, name) = (planned.voter.to_owned(), planned.voter.to_lowercase());
    let voter = Voter { id, name, workspace: WORKSPACE.to_owned(), standing: None };
    let at = NOW + SignedDuration::from_secs(planned.second);
    Command::Click(Click { voter, ask: wish.ask(), at, subject: approval.subject.mark() })
}
