//! Waiting after a lost race, so that those who lost it together do not meet again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The shortest wait.
const SHORTEST_MS: u64 = 4;
/// How much longer it may get with each attempt, up to the eighth.
const STEP_MS: u64 = 12;

/// How long the process that is known by `who` waits after losing its race number `attempt` (from 1): between 4 ms and
/// a bound that grows from 16 to 100 ms. Different processes wait differently.
pub fn jitter(who: &str, attempt: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (who, attempt).hash(&mut hasher);
    let spread = STEP_MS * u64::from(attempt.clamp(1, 8));
    Duration::from_millis(SHORTEST_MS + hasher.finish() % spread)
}

/// Waits [`jitter`] long.
pub async fn pause(who: &str, attempt: u32) {
    tokio::time::sleep(jitter(who, attempt)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded_and_differ() {
        let waits: Vec<_> = (0..50).map(|person| jitter(&format!("U{person}"), 9)).collect();
        assert!(waits.iter().all(|wait| (4..100).contains(&wait.as_millis())), "{waits:?}");
        assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 10, "{waits:?}");
    }
}
