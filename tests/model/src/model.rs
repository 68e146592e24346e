//! The steps that can be taken in a state, for the checker to try them all.

use crate::law::{self, Law};
use crate::outside::Turn;
use crate::record::{Process, Queued};
use crate::scenario::{ClickAction, Flaw, PlannedClick, Scenario};
use crate::world::World;
use crate::{answers, clicks, effects};
use stateright::{Model, Property};

/// The protocol within the bounds of a scenario.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// The bounds.
    pub scenario: Scenario,
}

/// A step that can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody makes this click.
    Click(usize, ClickAction),
    /// This click's process takes its next step.
    Decide(usize),
    /// This person says what became of the lost answer that the dialog asks about.
    Answer(usize),
    /// The process of what this person said takes its next step.
    Resolve(usize),
    /// The account of who makes this click is deactivated.
    Leave(usize),
    /// The approval's time is over.
    Late,
    /// Another approval for the same place sets the base.
    MoveBase,
    /// Mends the range, so that it can be read.
    Mend,
    /// The queue delivers the message of the effect in this row, and a process takes it.
    Deliver(usize),
    /// This worker takes its next step; where it calls, the call ends so.
    Work(usize, Turn),
    /// This process ends in the middle of its work.
    Crash(Process),
    /// The clock sends the effect in this row.
    Clock(usize),
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        [Queued::Sent, Queued::Nowhere].map(|queued| World::opened(&self.scenario, queued).tidy()).into()
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        for (click, stage) in world.clicks.iter().enumerate() {
            let wishes = clicks::wishes(world, &self.scenario, click);
            steps.extend(wishes.into_iter().map(|wish| Step::Click(click, wish)));
            if stage.is_underway() {
                steps.push(Step::Decide(click));
                steps.extend((world.crashes > 0).then_some(Step::Crash(Process::Click(click))));
            }
        }
        for (person, answer) in world.answers.iter().enumerate() {
            steps.extend(answers::can_answer(world, person).then_some(Step::Answer(person)));
            if answer.is_underway() {
                steps.push(Step::Resolve(person));
                steps.extend((world.crashes > 0).then_some(Step::Crash(Process::Answer(person))));
            }
        }
        let is_open = world.record.approval.as_ref().is_some_and(|approval| approval.status.is_open());
        if is_open && world.outside.left.len() < self.scenario.leavers {
            let first =
                |(_, planned): &(usize, &PlannedClick)| planned.second == 1 && planned.replays.is_none();
            let people = self.scenario.clicks.iter().enumerate().filter(first);
            let stay = people.filter(|(_, planned)| !world.outside.left.contains(planned.voter));
            steps.extend(stay.map(|(click, _)| Step::Leave(click)));
        }
        let can_expire = self.scenario.expires && world.record.approval.is_some();
        steps.extend((can_expire && !world.late).then_some(Step::Late));
        let can_move = self.scenario.change.moved.is_some() && !world.outside.base_moved;
        steps.extend((can_move && world.record.approval.is_some()).then_some(Step::MoveBase));
        let can_mend = self.scenario.change.blocked && !world.outside.mended;
        steps.extend((can_mend && world.record.approval.is_some()).then_some(Step::Mend));
        steps.extend(world.deliverable(&self.scenario).into_iter().map(Step::Deliver));
        for (at, worker) in world.workers.iter().enumerate() {
            steps.push(Step::Work(at, Turn::Done));
            if let effects::Stage::Ready(plan) = &worker.stage
                && world.failures > 0
            {
                steps.extend(plan.failures().iter().map(|turn| Step::Work(at, *turn)));
            }
            steps.extend((world.crashes > 0).then_some(Step::Crash(Process::Worker(at))));
        }
        if !self.scenario.has(Flaw::NoClock) {
            let rows = world.record.effects.iter().enumerate();
            let unsent = rows.filter(|(_, row)| row.queued == Queued::Nowhere && !world.is_early(row));
            steps.extend(unsent.map(|(at, _)| Step::Clock(at)));
        }
    }

    fn next_state(&self, last: &World, step: Step) -> Option<World> {
        let mut world = last.clone();
        if self.take(&mut world, step).is_none() {
            if matches!(step, Step::Deliver(_)) {
                // Another process holds the effect.
                return None;
            }
            world.broken.insert(Law::Stuck);
        }
        Some(world.tidy())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        law::laws()
    }
}

impl Protocol {
    /// Takes `step`. `None`: it can't be taken.
    fn take(&self, world: &mut World, step: Step) -> Option<()> {
        match step {
            Step::Click(click, wish) => clicks::arrive(world, &self.scenario, click, wish),
            Step::Decide(click) => clicks::go_on(world, &self.scenario, click),
            Step::Answer(person) => answers::arrive(world, &self.scenario, person),
            Step::Resolve(person) => answers::go_on(world, &self.scenario, person),
            Step::Leave(click) => {
                world.outside.left.insert(self.scenario.clicks.get(click)?.voter);
                Some(())
            }
            Step::Late => {
                world.late = true;
                Some(())
            }
            Step::MoveBase => {
                world.outside.base_moved = true;
                Some(())
            }
            Step::Mend => {
                world.outside.mended = true;
                Some(())
            }
            Step::Deliver(row) => world.take(&self.scenario, row),
            Step::Work(at, turn) => {
                world.failures -= u8::from(turn != Turn::Done);
                effects::go_on(world, &self.scenario, at, turn)
            }
            Step::Crash(process) => {
                world.crashes -= 1;
                match process {
                    Process::Click(click) => clicks::crash(world, click),
                    Process::Answer(person) => answers::crash(world, person),
                    Process::Worker(at) => {
                        world.leave(at);
                        Some(())
                    }
                    // What it had not sent is due again.
                    Process::Clock => None,
                }
            }
            Step::Clock(row) => {
                world.record.effects.get_mut(row)?.queued = Queued::By(Process::Clock);
                world.record.send(|row| row.queued == Queued::By(Process::Clock));
                Some(())
            }
        }
    }
}
