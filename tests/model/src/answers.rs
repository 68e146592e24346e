//! slack-interaction: somebody retries an action that failed, or says what became of it after its answer was
//! lost; step by step as `slack-interaction`'s handler does it.

use crate::decided;
use crate::record::{Change, Conflict, Process, Queued, follow};
use crate::scenario::{Flaw, Scenario};
use crate::world::World;
use jiff::Timestamp;
use signoff_core::effect::EffectKind;
use signoff_core::message;
use signoff_core::run::{Command, Resolution};

/// Progress of a person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// They were not asked, or said nothing.
    Silent,
    /// It was decided on a run that was read.
    Decided {
        /// Their answer.
        said: Said,
        /// True if the run that was read is the newest.
        newest: bool,
    },
    /// It was committed, and the effects that follow are to be sent.
    Committed(Said),
    /// It was dealt with, or its process ended.
    Over(Said),
}

/// Answer of a person about a failed step or a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// The step that they were asked about.
    pub step: usize,
    /// Time of the failure that they were asked about.
    pub failed_at: Timestamp,
    /// The way to resolve it.
    pub resolution: Resolution,
}

impl Stage {
    /// True if a process is working on it.
    pub fn is_underway(&self) -> bool {
        match self {
            Self::Decided { .. } | Self::Committed(_) => true,
            Self::Silent | Self::Over(_) => false,
        }
    }

    fn is_about(&self, failed_at: Timestamp) -> bool {
        match self {
            Self::Silent => false,
            Self::Decided { said, .. } | Self::Committed(said) | Self::Over(said) => {
                said.failed_at == failed_at
            }
        }
    }
}

/// A newer run was committed.
pub fn overtake(answers: &mut [Stage]) {
    for answer in answers {
        if let Stage::Decided { newest, .. } = answer {
            *newest = false;
        }
    }
}

/// True if person number `person` can answer now: the dialog asks, and they have not answered that. All
/// people are alike, so only the first who is free answers next.
pub fn can_answer(world: &World, person: usize) -> bool {
    let Some((_, failed_at)) = decided::failed(&world.record.run) else { return false };
    let is_free = |answer: &Stage| !answer.is_underway() && !answer.is_about(failed_at);
    world.outside.dialog.newest && world.answers.iter().position(is_free) == Some(person)
}

/// The answer arrives: the person has looked what happened, and the newest run is read.
pub fn arrive(world: &mut World, scenario: &Scenario, person: usize) -> Option<()> {
    let (step, failed_at) = decided::failed(&world.record.run)?;
    let happened = world.outside.count(&world.record.run.steps.get(step)?.action)? > 0;
    let resolution = if happened { Resolution::MarkAsDone } else { Resolution::Retry };
    read(world, scenario, person, Said { step, failed_at, resolution })
}

fn read(world: &mut World, scenario: &Scenario, person: usize, said: Said) -> Option<()> {
    let next = match decided::run(&world.record.run, said.step, &command(world, scenario, person, said)) {
        Ok(_) => Stage::Decided { said, newest: true },
        Err(refusal) => {
            let (user, _) = who(person);
            let owner = format!("click {user} {}", said.failed_at.as_microsecond());
            let text = message::resolution_refused(refusal).to_owned();
            let tell = EffectKind::TellPerson { channel: "C1".to_owned(), user, text };
            let and = follow(&world.record.run.deploy, &owner, 0, vec![tell], Vec::new());
            match world.commit(scenario, Change { and, ..Change::default() }, Process::Answer(person)) {
                Ok(()) => Stage::Committed(said),
                Err(Conflict) => Stage::Over(said),
            }
        }
    };
    *world.answers.get_mut(person)? = next;
    Some(())
}

/// The answer's process commits, and decides again when somebody else committed first; or it sends what
/// follows.
pub fn go_on(world: &mut World, scenario: &Scenario, person: usize) -> Option<()> {
    match world.answers.get(person)?.clone() {
        Stage::Silent | Stage::Over(_) => None,
        Stage::Committed(said) => {
            world.record.send(|row| row.queued == Queued::By(Process::Answer(person)));
            *world.answers.get_mut(person)? = Stage::Over(said);
            Some(())
        }
        Stage::Decided { said, newest: false }
            if scenario.has(Flaw::AnswerTwice) && said.resolution == Resolution::Retry =>
        {
            let run = &world.record.run;
            let again = vec![EffectKind::RunStep { run: run.id.clone(), step: said.step }];
            let owner = format!("{} answer {person}", run.id);
            let and = follow(&run.deploy, &owner, run.version, again, Vec::new());
            *world.answers.get_mut(person)? = Stage::Committed(said);
            world.commit(scenario, Change { and, ..Change::default() }, Process::Answer(person)).ok()
        }
        Stage::Decided { said, newest: false } => read(world, scenario, person, said),
        Stage::Decided { said, newest: true } => {
            let command = command(world, scenario, person, said);
            let follows = decided::run(&world.record.run, said.step, &command).ok()?;
            // It is not underway while it commits: what it commits does not overtake it.
            *world.answers.get_mut(person)? = Stage::Committed(said);
            let change = Change { run: Some(follows), ..Change::default() };
            world.commit(scenario, change, Process::Answer(person)).ok()
        }
    }
}

/// The answer's process ends in the middle of its work.
pub fn crash(world: &mut World, person: usize) -> Option<()> {
    let answer = world.answers.get_mut(person)?;
    let (Stage::Decided { said, .. } | Stage::Committed(said)) = *answer else { return None };
    *answer = Stage::Over(said);
    world.leave_unsent(Process::Answer(person));
    Some(())
}

fn command(world: &World, scenario: &Scenario, person: usize, said: Said) -> Command {
    let (by, name) = who(person);
    let asked_by_now = decided::failed(&world.record.run).filter(|_| scenario.has(Flaw::AnyQuestion));
    let failed_at = asked_by_now.map_or(said.failed_at, |(_, failed_at)| failed_at);
    Command::Resolve { by, name, resolution: said.resolution, reason: None, failed_at }
}

/// Somebody's Slack user id and name.
fn who(person: usize) -> (String, String) {
    (format!("U{}", person + 1), format!("u{}", person + 1))
}
