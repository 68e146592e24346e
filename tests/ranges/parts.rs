//! Large ranges: read over several invocations, and the requests and the time that they take.

use super::limits::batch;
use super::*;
use signoff_providers::github::{Kept, Parts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Parts in memory, and the number of parts that an invocation still reads.
#[derive(Debug, Default)]
struct InMemory {
    parts: Mutex<BTreeMap<String, String>>,
    begun: AtomicUsize,
    left: AtomicUsize,
}

impl Parts for InMemory {
    fn begin<'a>(&'a self, _range: &'a str) -> Kept<'a, String> {
        Box::pin(async { Ok(format!("reading {}", self.begun.load(Ordering::SeqCst))) })
    }

    fn get<'a>(&'a self, reading: &'a str, name: &'a str) -> Kept<'a, Option<String>> {
        Box::pin(async move { Ok(self.parts.lock().unwrap().get(&format!("{reading} {name}")).cloned()) })
    }

    fn put<'a>(&'a self, reading: &'a str, name: &'a str, part: String) -> Kept<'a, ()> {
        Box::pin(async move {
            self.left.fetch_sub(1, Ordering::SeqCst);
            self.parts.lock().unwrap().insert(format!("{reading} {name}"), part);
            Ok(())
        })
    }

    fn end<'a>(&'a self, _range: &'a str) -> Kept<'a, ()> {
        Box::pin(async {
            self.begun.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }

    fn is_over(&self) -> bool {
        // Requests that are under way at the same time may take it below zero, where it wraps around.
        let left = self.left.load(Ordering::SeqCst);
        left == 0 || left > usize::MAX / 2
    }
}

#[tokio::test]
async fn range_is_read_on_by_the_next_invocation() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 300);
    let whole = host.range(&base, &head).await;
    let parts = Arc::new(InMemory::default());
    let client = host.client.clone().keeping(Arc::clone(&parts) as Arc<dyn Parts>);
    let mut invocations = 0;
    let read = loop {
        invocations += 1;
        assert!(invocations < 30, "it never ends");
        parts.left.store(3, Ordering::SeqCst);
        match client.range(REPOSITORY, &base, &head).await {
            Ok(read) => break read,
            Err(RangeFailure::Unfinished(failure)) => assert!(failure.is_passing(), "{failure}"),
            Err(failure) => panic!("{failure}"),
        }
    };
    assert!(invocations > 3, "{invocations}");
    assert_eq!(read.range, whole);
    // What was read is not taken for the next reading.
    let before = host.github.requests().len();
    parts.left.store(1_000, Ordering::SeqCst);
    client.range(REPOSITORY, &base, &head).await.unwrap();
    assert!(host.requests(before).len() > 15, "{}", host.requests(before).len());
}

#[tokio::test]
async fn largest_range_takes_a_hundred_and_some_requests() {
    for (commits, pull_requests, most) in [(20, 20, 10), (2_500, 500, 120)] {
        let host = Host::start().await;
        let base = host.push(commit("ana", "base"));
        let pushes = (1..=commits).map(|number| commit("ben", &format!("commit {number}")).into()).collect();
        let shas = host.github.push_all(REPOSITORY, pushes);
        for brought in shas.chunks(commits / pull_requests) {
            host.github.add_pull_request(REPOSITORY, pull_request("cleo", brought));
        }
        let (before, began) = (host.github.requests().len(), Instant::now());
        let range = host.range(&base, shas.last().unwrap()).await;
        let (took, requests) = (began.elapsed(), host.requests(before).len());
        assert_eq!((range.added.len(), range.pull_requests.len()), (commits, pull_requests));
        assert!(requests <= most, "{requests} requests");
        println!("{commits} commits of {pull_requests} pull requests: {requests} requests, {took:?}");
    }
}
