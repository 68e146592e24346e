//! Rate limits of a stand-in, as the real service has them: a test turns them on.

mod published;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// So many requests in so much time.
#[derive(Clone, Debug)]
pub struct Limit {
    /// A part of `METHOD /path?query`, as it arrives. Empty: any request.
    pub method_and_path_contains: String,
    /// The member of the JSON body for each of whose values the limit counts by itself; `None`: it counts for
    /// all.
    pub each: Option<&'static str>,
    /// The number of requests.
    pub requests: usize,
    /// In how much time.
    pub per: Duration,
}

/// The limits of one stand-in, and what was used of them.
#[derive(Debug, Default)]
pub(crate) struct Limits(Vec<(Limit, BTreeMap<String, VecDeque<Instant>>)>);

impl Limits {
    pub(crate) fn add(&mut self, limit: Limit) {
        self.0.push((limit, BTreeMap::new()));
    }

    /// The time that a request at `now` has to wait; `None`: it is within all limits, and counts for each.
    /// One that is refused counts for none.
    pub(crate) fn exceeded(&mut self, method_and_path: &str, body: &str, now: Instant) -> Option<Duration> {
        let mut body_read: Option<serde_json::Value> = None;
        let (mut wait, mut counts) = (None, Vec::new());
        for (limit, used) in &mut self.0 {
            if !method_and_path.contains(&limit.method_and_path_contains) {
                continue;
            }
            let mut value = |name: &str| {
                let read = || serde_json::from_str(body).unwrap_or_default();
                body_read.get_or_insert_with(read).get(name).map(ToString::to_string)
            };
            let key = limit.each.and_then(&mut value).unwrap_or_default();
            let used = used.entry(key).or_default();
            while used.front().is_some_and(|first| now.duration_since(*first) >= limit.per) {
                used.pop_front();
            }
            if used.len() >= limit.requests {
                let first = used.front().copied().unwrap_or(now);
                wait = wait.max(Some(limit.per.saturating_sub(now.duration_since(first))));
            }
            counts.push(used);
        }
        if wait.is_none() {
            counts.into_iter().for_each(|used| used.push_back(now));
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_by_value_and_lets_through_again() {
        let mut limits = Limits::default();
        let (each, per) = (Some("channel"), Duration::from_secs(60));
        limits.add(Limit { method_and_path_contains: "postMessage".to_owned(), each, requests: 2, per });
        let start = Instant::now();
        let mut wait = |channel: &str, seconds: u64| {
            let body = format!(r#"{{"channel": "{channel}"}}"#);
            limits.exceeded("POST /api/chat.postMessage", &body, start + Duration::from_secs(seconds))
        };
        assert_eq!([wait("a", 0), wait("a", 1), wait("b", 1)], [None, None, None]);
        assert_eq!(wait("a", 10), Some(Duration::from_secs(50)));
        assert_eq!([wait("a", 60), wait("a", 60)], [None, Some(Duration::from_secs(1))]);
        assert_eq!(limits.exceeded("GET /repos", "", start), None);
    }

    #[test]
    fn a_refused_request_counts_for_no_limit() {
        let mut limits = Limits::default();
        let limit = |requests, per| Limit {
            method_and_path_contains: String::new(),
            each: None,
            requests,
            per: Duration::from_secs(per),
        };
        limits.add(limit(2, 60));
        limits.add(limit(1, 10));
        let start = Instant::now();
        let mut wait = |seconds| limits.exceeded("GET /", "", start + Duration::from_secs(seconds));
        assert_eq!([wait(0), wait(5), wait(10)], [None, Some(Duration::from_secs(5)), None]);
        // Both limits are used up by then; the longer wait counts.
        assert_eq!(wait(12), Some(Duration::from_secs(48)));
    }
}
