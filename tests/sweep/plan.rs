//! Faults to try, and the calls that they strike.

use signoff_local::calls::{Arrival, Call, Strike};
use std::collections::{BTreeMap, BTreeSet};
use system_tests::scenario::{Faults, Scenario};

/// A fault at one call of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) scenario: Scenario,
    pub(crate) call: Call,
    pub(crate) strike: Strike,
    /// Number of tries in which it found no call to strike.
    pub(crate) tries: usize,
    number: usize,
}

impl Fault {
    /// Returns a description of the fault for people.
    pub(crate) fn line(&self) -> String {
        format!("{}, {} {}, {:?}", self.scenario.name, self.call.kind, self.call.number, self.strike)
    }

    /// The deployment that it befalls.
    pub(crate) fn name(&self) -> String {
        format!("{}-f{}-{}", self.scenario.name, self.number, self.tries)
    }

    /// The same, once more.
    pub(crate) fn again(self) -> Self {
        Self { tries: self.tries + 1, ..self }
    }
}

/// The places in the code that were struck, and how.
#[derive(Default)]
pub(crate) struct Struck(BTreeSet<(String, Strike)>);

/// The calls of a scenario, and where in the code each comes from.
pub(crate) type Places = BTreeMap<Call, String>;

/// The place in the code of each of `arrivals`. A call that writes says itself what it writes; a call that
/// only reads, or goes to a stand-in, is told by the call before it too. (The calls of one batch's effects
/// are mixed, so that more neighbours would tell nothing but their order.)
pub(crate) fn places(arrivals: &[Arrival]) -> Places {
    let place = |(index, arrival): (usize, &Arrival)| {
        let by_itself = arrival.function.is_some() && strikes(&arrival.call.kind).len() > 1;
        let before = arrivals[..index].iter().rev().find(|other| {
            arrival.function.is_none() || other.function.is_none() || other.function == arrival.function
        });
        let before = before.filter(|_| !by_itself).map(|before| before.shape.as_str()).unwrap_or_default();
        (arrival.call.clone(), format!("{}\n{before}\n{}", arrival.call.kind, arrival.shape))
    };
    arrivals.iter().enumerate().map(place).collect()
}

/// Every fault at every one of `places`, but those that an earlier scenario put into `struck`, which gets
/// this one's. What a process calls only once is struck where the scenario begins without any process, and
/// everything else where it does not.
pub(crate) fn plan(scenario: &Scenario, places: &Places, struck: &mut Struck) -> Vec<Fault> {
    let (mut faults, mut here) = (Vec::new(), Vec::new());
    for (call, place) in places.iter().filter(|(call, _)| scenario.cold == is_once_a_process(&call.kind)) {
        let makes_a_difference = |strike: &&Strike| makes_a_difference(scenario.faults, &call.kind, **strike);
        for strike in strikes(&call.kind).iter().filter(makes_a_difference) {
            let point = (place.clone(), *strike);
            if struck.0.contains(&point) {
                continue;
            }
            here.push(point);
            let number = faults.len();
            let (scenario, call) = (*scenario, call.clone());
            faults.push(Fault { scenario, call, strike: *strike, tries: 0, number });
        }
    }
    struck.0.extend(here);
    faults
}

fn makes_a_difference(faults: Faults, kind: &str, strike: Strike) -> bool {
    let is_function = kind.split_once(' ').is_some_and(|(service, _)| service.ends_with("Function"));
    match (faults, strike) {
        (Faults::All, _) | (Faults::Ends, Strike::KillBefore | Strike::KillAfter) => true,
        (Faults::Ends, Strike::Refuse(503)) => !is_function,
        (Faults::Ends, Strike::Refuse(_) | Strike::LoseAnswer | Strike::LoseConnection) => false,
    }
}

fn is_once_a_process(kind: &str) -> bool {
    kind.contains("SecretsManager") || kind == "Slack auth.test"
}

/// The faults that make a difference at calls of this kind. A call that reads has no effect: the end of its
/// process is the same as before the next call that writes or after the last one, and a lost answer the same
/// as an error.
fn strikes(kind: &str) -> &'static [Strike] {
    const WRITES: [&str; 6] = [
        "PutItem",
        "UpdateItem",
        "TransactWriteItems",
        "SendMessageBatch",
        "SendMessage",
        "ChangeMessageVisibility",
    ];
    let (service, operation) = kind.split_once(' ').unwrap_or_default();
    if service.ends_with("Function") {
        let operation = operation.split_once('.').map_or(operation, |(_, operation)| operation);
        if WRITES.contains(&operation) {
            return &[
                Strike::KillBefore,
                Strike::KillAfter,
                Strike::Refuse(500),
                Strike::LoseAnswer,
                Strike::LoseConnection,
            ];
        }
        return &[Strike::Refuse(500)];
    }
    if operation == "POST" || ["chat.postMessage", "chat.update", "chat.postEphemeral"].contains(&operation) {
        return &[
            Strike::KillBefore,
            Strike::KillAfter,
            Strike::Refuse(503),
            Strike::Refuse(500),
            Strike::LoseAnswer,
        ];
    }
    &[Strike::Refuse(503)]
}
