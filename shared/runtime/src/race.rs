//! Lost races: what was decided on a state that somebody else changed first is decided again on the newest
//! one.

use signoff_store::CommitError;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The shortest wait.
const SHORTEST_MS: u64 = 4;
/// The longest that [`decide_patiently`] waits in all. A request to the API has ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// Growth of the longest wait with each lost race, up to the eighth.
const STEP_MS: u64 = 12;

/// Does `attempt`, which reads the newest state, decides and commits. Where another process committed first
/// ([`CommitError::Conflict`]), waits and does it again, up to `again` times; the last one's result is what
/// comes out. `who` tells this process from those that it races with, so that they do not meet again after
/// the wait.
pub async fn decide<T, F>(who: &str, again: u32, mut attempt: impl FnMut() -> F) -> Result<T, CommitError>
where
    F: Future<Output = Result<T, CommitError>>,
{
    for lost in 1..=again {
        match attempt().await {
            Err(CommitError::Conflict) => tokio::time::sleep(jitter(who, lost)).await,
            won => return won,
        }
    }
    attempt().await
}

/// The same where many may change one row at the same moment, such as hundreds of monitors that report on one
/// deploy: waits longer with each lost race, for five seconds in all.
///
/// # Errors
///
/// [`CommitError::Conflict`] where the last race was lost, too; any other at once.
pub async fn decide_patiently<T, F>(who: &str, mut attempt: impl FnMut() -> F) -> Result<T, CommitError>
where
    F: Future<Output = Result<T, CommitError>>,
{
    for wait in long_waits(who) {
        match attempt().await {
            Err(CommitError::Conflict) => tokio::time::sleep(wait).await,
            won => return won,
        }
    }
    attempt().await
}

/// The waits of the process that is known by `who`, one after each race that it loses: each has twice the
/// range of the one before, up to a second, and together they take [`PATIENCE`] at most.
fn long_waits(who: &str) -> impl Iterator<Item = Duration> {
    let mut waited = Duration::ZERO;
    (1_u32..).map(move |lost| spread_over(STEP_MS << lost.min(6), (who, lost))).take_while(move |wait| {
        waited += *wait;
        waited <= PATIENCE
    })
}

/// Wait of the process that is known by `who` after it lost its race number `lost` (from 1): between 4 ms and
/// a bound that grows from 16 to 100 ms. Different processes wait differently.
fn jitter(who: &str, lost: u32) -> Duration {
    spread_over(STEP_MS * u64::from(lost.clamp(1, 8)), (who, lost))
}

/// The shortest wait and less than `spread` milliseconds more, as `by` has it.
fn spread_over(spread: u64, by: impl Hash) -> Duration {
    let mut hasher = DefaultHasher::new();
    by.hash(&mut hasher);
    Duration::from_millis(SHORTEST_MS + hasher.finish() % spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_store::StoreError;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    use std::future::ready;

    /// A step of an attempt.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Step {
        Reads,
        Sends,
        Ends,
    }

    /// Returns the number of `racers` that win before their patience ends. They begin at the same moment; a
    /// read takes `read`, and a transaction `commit`, which is refused where another one is under way or
    /// ended since the read.
    fn winners(racers: usize, read: Duration, commit: Duration) -> usize {
        let names: Vec<String> = (0..racers).map(|racer| format!("monitor {racer}")).collect();
        let mut waits: Vec<_> = names.iter().map(|name| long_waits(name)).collect();
        let (mut seen, mut holds) = (vec![0; racers], vec![false; racers]);
        let (mut version, mut is_held) = (0, false);
        let begin = |racer| Reverse((read / 2, racer, Step::Reads));
        let mut steps: BinaryHeap<_> = (0..racers).map(begin).collect();
        while let Some(Reverse((at, racer, step))) = steps.pop() {
            match step {
                Step::Reads => {
                    seen[racer] = version;
                    steps.push(Reverse((at + read / 2, racer, Step::Sends)));
                }
                Step::Sends => {
                    holds[racer] = !is_held && seen[racer] == version;
                    is_held |= holds[racer];
                    steps.push(Reverse((at + commit, racer, Step::Ends)));
                }
                Step::Ends if holds[racer] => (version, is_held) = (version + 1, false),
                Step::Ends => {
                    if let Some(wait) = waits[racer].next() {
                        steps.push(Reverse((at + wait + read / 2, racer, Step::Reads)));
                    }
                }
            }
        }
        version
    }

    #[test]
    fn most_of_two_hundred_racers_win() {
        // About as long as DynamoDB takes.
        let (read, commit) = (Duration::from_millis(6), Duration::from_millis(20));
        for (racers, at_least) in [(50, 50), (100, 100), (200, 150)] {
            let winners = winners(racers, read, commit);
            assert!((at_least..=racers).contains(&winners), "{winners} of {racers}");
        }
    }

    #[test]
    fn waits_are_bounded_and_differ() {
        let waits: Vec<_> = (0..50).map(|person| jitter(&format!("U{person}"), 9)).collect();
        assert!(waits.iter().all(|wait| (4..100).contains(&wait.as_millis())), "{waits:?}");
        assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 10, "{waits:?}");
    }

    #[test]
    fn long_waits_grow_and_end_with_the_patience() {
        for who in ["a", "b", "c"] {
            let waits: Vec<_> = long_waits(who).collect();
            let all: Duration = waits.iter().sum();
            assert!(all <= PATIENCE && all > PATIENCE / 2, "{waits:?}");
            assert!(waits.iter().all(|wait| wait.as_millis() < 1000), "{waits:?}");
            assert!(waits.len() >= 8, "{waits:?}");
        }
        let tenth = |person| long_waits(&format!("monitor {person}")).nth(6);
        let different = (0..100).map(tenth).collect::<std::collections::BTreeSet<_>>();
        assert!(different.len() > 80, "{different:?}");
    }

    #[tokio::test]
    async fn a_lost_race_is_decided_again_so_often_and_no_more() {
        for (again, lost, attempts, won) in
            [(2, 0, 1, true), (2, 2, 3, true), (2, 3, 3, false), (0, 1, 1, false)]
        {
            let mut made = 0;
            let result = decide("U1", again, || {
                made += 1;
                ready(if made <= lost { Err(CommitError::Conflict) } else { Ok(made) })
            })
            .await;
            assert_eq!(made, attempts, "{again} times again, {lost} lost");
            assert_eq!(matches!(result, Ok(made) if made == attempts), won, "{result:?}");
            assert_eq!(matches!(result, Err(CommitError::Conflict)), !won, "{result:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_lost_race_comes_out_at_once() {
        let mut made = 0;
        let result = decide("U1", 5, || {
            made += 1;
            let detail = "throttled".to_owned();
            ready(Err::<(), _>(StoreError::Service { operation: "TransactWriteItems", detail }.into()))
        });
        assert!(matches!(result.await, Err(CommitError::Store(_))));
        assert_eq!(made, 1);
    }
}
