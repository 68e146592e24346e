//! One telling of a scenario from its beginning to its end, and its report.

use crate::invariants;
use crate::scenario::Scenario;
use crate::telling::Telling;
use crate::world::World;
use signoff_local::calls::{Call, CallLog, Strike};

/// A scenario that was told.
#[derive(Clone, Debug)]
pub struct ScenarioReport {
    /// Invariants that it broke.
    pub violations: Vec<String>,
    /// Calls of the functions.
    pub heard: CallLog,
    /// True if the end of a step is unknown.
    pub unknown: bool,
}

/// Tells `scenario` as the deployment `name`, while `order` befalls one of the functions' calls.
pub async fn tell(
    world: &'static World,
    scenario: &Scenario,
    name: &str,
    order: Option<(Call, Strike)>,
) -> ScenarioReport {
    let stack = world.aws.as_embedded().expect("only the embedded local AWS can strike a call");
    let before = invariants::Before::of(world);
    let mut telling = Telling::begin(world, stack, scenario, name);
    if scenario.cold {
        for function in &stack.resources().functions {
            stack.kill(&function.logical_id).await.expect("the function is there");
        }
    }
    let mut order = Some(order);
    let mut ended = Ok(());
    for (index, step) in scenario.steps.iter().enumerate() {
        if index >= scenario.swept_from
            && let Some(order) = order.take()
        {
            world.calls.begin(order);
        }
        ended = telling.take(step).await;
        if ended.is_err() {
            break;
        }
    }
    let heard = world.calls.end();
    let mut violations: Vec<String> = ended.err().into_iter().collect();
    let mut pages = Vec::new();
    for deploy in &telling.deploys {
        pages.extend(world.store.page(deploy).await.unwrap());
    }
    violations.extend(invariants::broken(&telling, &pages, &before));
    let unknown = pages.iter().any(invariants::has_unknown);
    ScenarioReport { violations, heard, unknown }
}
