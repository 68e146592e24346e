//! Which faults befall which calls.

use signoff_local::calls::{Call, Strike};
use std::collections::BTreeSet;
use system_tests::scenario::{Faults, Scenario};

/// A fault at one call of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) scenario: Scenario,
    pub(crate) call: Call,
    pub(crate) strike: Strike,
    /// How often it was tried in vain.
    pub(crate) tries: usize,
    number: usize,
}

impl Fault {
    /// Which one it is, for people.
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

/// Every fault at every one of `calls`. What a process calls only once is struck where the scenario begins without any
/// process, and everything else where it does not.
pub(crate) fn plan(scenario: &Scenario, calls: &BTreeSet<Call>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for call in calls.iter().filter(|call| scenario.cold == is_once_a_process(&call.kind)) {
        let strikes = strikes(&call.kind)
            .iter()
            .filter(|strike| makes_a_difference(scenario.faults, &call.kind, **strike));
        for strike in strikes {
            let number = faults.len();
            faults.push(Fault { scenario: *scenario, call: call.clone(), strike: *strike, tries: 0, number });
        }
    }
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

/// The faults that make a difference at calls of this kind. A call that reads has no effect: the end of its process is the
/// same as before the next call that writes or after the last one, and a lost answer the same as an error.
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
