//! Every scenario in a world whose queues break what FIFO promises but for one thing, that two processes
//! never have messages of one group at the same time: each batch comes twice, and messages come in any order.
//!
//! `SIGNOFF_TEST_DISORDER=SEED` tells the stories in such a world.

use system_tests::scenarios::ALL;
use system_tests::tell::tell;
use system_tests::world::{World, WorldOptions};

/// Number of times that each scenario runs: each time the messages come in another order.
const ROUNDS: usize = 5;

#[test]
fn what_comes_twice_and_in_any_order_is_done_once() {
    let options = WorldOptions { disorder: Some(20_261_123), has_policy: false };
    let world: &'static World = Box::leak(Box::new(World::start(&options).unwrap()));
    let mut violations = Vec::new();
    for scenario in ALL {
        for round in 0..ROUNDS {
            let name = format!("{}-d{round}", scenario.name);
            let told = world.block_on(tell(world, scenario, &name, None));
            violations.extend(told.violations.into_iter().map(|broken| format!("{name}: {broken}")));
            assert!(!told.unknown, "{name}: a step's end is not known, and no answer was lost");
        }
    }
    assert_eq!(violations, Vec::<String>::new());
}
