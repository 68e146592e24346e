//! The crash sweep: every scenario again and again, with a fault at every single call that the functions
//! make, of every kind that makes a difference there. Calls that two scenarios make from the same place in
//! the code are struck in the first one.
//!
//! `SIGNOFF_SWEEP=TEXT` tells only those whose line (`approve, CircleCI POST 0, KillAfter`) contains TEXT, or
//! one of several texts with `|` between them. `SIGNOFF_SWEEP_FAULTS=all` strikes every call of every
//! scenario with every fault.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "what fails here fails the test; the count is its result"
)]

mod plan;

use plan::{Fault, Places, Struck, places, plan};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use system_tests::local_aws::setting;
use system_tests::scenario::{Faults, Scenario};
use system_tests::scenarios::{ALL, POLICY, UNDER_POLICY};
use system_tests::tell::{ScenarioReport, tell};
use system_tests::world::{POLICY_REPOSITORY, World, WorldOptions};

/// Percentage of faults that may find no call to strike, at most: processes that work at the same time make
/// their calls in another order.
const MISSED_PERCENT: usize = 2;

/// After so many crash points it says how far it is.
const PROGRESS: usize = 100;

/// Result of the whole sweep.
struct Result {
    begun: Instant,
    points: usize,
    missed: Vec<String>,
    violations: Vec<String>,
    unknown: usize,
    slowest: (Duration, String),
}

impl Result {
    fn new(begun: Instant) -> Self {
        let (missed, violations) = (Vec::new(), Vec::new());
        Self { begun, points: 0, missed, violations, unknown: 0, slowest: (Duration::ZERO, String::new()) }
    }
}

/// A stack of its own, with [`POLICY`] or without a policy.
fn world(has_policy: bool) -> &'static World {
    let options = WorldOptions { has_policy, ..WorldOptions::default() };
    let world = Box::leak(Box::new(World::start(&options).expect("the stack starts")));
    if has_policy {
        world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", POLICY);
    }
    world
}

#[test]
fn every_call_survives_a_fault() {
    let begun = Instant::now();
    let result = Mutex::new(Result::new(begun));
    let mut struck = Struck::default();
    let all = sweep(ALL, false, &mut struck, &result) + sweep(UNDER_POLICY, true, &mut struck, &result);
    let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    for line in &result.missed {
        println!("{line}");
    }
    println!(
        "crash points: {}, violations: {} ({} missed, {} asked a person, {:.0} s in all, at most {:.1} s: {})",
        result.points,
        result.violations.len(),
        result.missed.len(),
        result.unknown,
        begun.elapsed().as_secs_f32(),
        result.slowest.0.as_secs_f32(),
        result.slowest.1,
    );
    assert_eq!(result.violations, Vec::<String>::new());
    assert!(result.missed.len() * 100 <= all * MISSED_PERCENT, "too many missed: {:?}", result.missed);
}

/// Tells `scenarios` in stacks with or without a policy, and strikes every call; the number of faults.
fn sweep(scenarios: &[Scenario], has_policy: bool, struck: &mut Struck, result: &Mutex<Result>) -> usize {
    let begun = Instant::now();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
    let worlds: Vec<_> = (0..workers).map(|_| world(has_policy)).collect();
    let mut faults = VecDeque::new();
    let is_nightly = setting("SIGNOFF_SWEEP_FAULTS").as_deref() == Some("all");
    for scenario in scenarios {
        let scenario = &if is_nightly { Scenario { faults: Faults::All, ..*scenario } } else { *scenario };
        let mut calls = Places::new();
        // Twice: which calls there are may depend on which process is first.
        for round in 0..2 {
            let name = format!("{}-{round}", scenario.name);
            let told = worlds[0].block_on(tell(worlds[0], scenario, &name, None));
            assert_eq!(told.violations, Vec::<String>::new(), "{name}, and nothing befell it");
            calls.extend(places(&told.heard.calls));
        }
        // At night also what equals another scenario's point.
        if is_nightly {
            *struck = Struck::default();
        }
        let planned = plan(scenario, &calls, struck);
        println!("{}: {} calls, {} faults", scenario.name, calls.len(), planned.len());
        faults.extend(planned);
    }
    let chosen = setting("SIGNOFF_SWEEP").unwrap_or_default();
    faults.retain(|fault: &Fault| chosen.split('|').any(|part| fault.line().contains(part)));
    let all = faults.len();
    println!("{all} faults on {} worlds after {:.1} s", worlds.len(), begun.elapsed().as_secs_f32());
    let faults = Mutex::new(faults);
    std::thread::scope(|scope| {
        for world in worlds {
            scope.spawn(|| work(world, has_policy, &faults, result));
        }
    });
    all
}

/// Strikes one call after the other until none is left. A world in which something was broken is replaced.
fn work(
    mut world: &'static World,
    has_policy: bool,
    faults: &Mutex<VecDeque<Fault>>,
    result: &Mutex<Result>,
) {
    loop {
        let next = faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(fault) = next else { return };
        let begun = Instant::now();
        let order = Some((fault.call.clone(), fault.strike));
        let ScenarioReport { violations, heard, unknown } =
            world.block_on(tell(world, &fault.scenario, &fault.name(), order));
        if !violations.is_empty() {
            world = self::world(has_policy);
        }
        let again = !heard.struck && violations.is_empty() && fault.tries < 2;
        if again {
            faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault.again());
            continue;
        }
        let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
        let took = begun.elapsed();
        if took > result.slowest.0 {
            result.slowest = (took, fault.line());
        }
        result.unknown += usize::from(unknown);
        result.points += usize::from(heard.struck);
        if result.points.is_multiple_of(PROGRESS) {
            println!("{} crash points after {:.0} s", result.points, result.begun.elapsed().as_secs_f32());
        }
        if !heard.struck {
            result.missed.push(format!("{}: no such call came", fault.line()));
        }
        for broken in violations {
            let line = format!("{}: {broken}", fault.line());
            // At once: who looks for one need not wait for the rest.
            println!("{line}");
            result.violations.push(line);
        }
    }
}
