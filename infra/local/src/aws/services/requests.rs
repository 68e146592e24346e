//! Requests of each function to AWS: the measure behind "a vote costs one read, one write and one send".

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use http::HeaderMap;

/// Requests that are kept; the oldest go first.
const KEPT: usize = 100_000;

/// One request that reached the local AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Logical id of the function that sent it (its access key id); another client's access key id otherwise.
    pub function: String,
    /// Such as `DynamoDB.TransactWriteItems` or `SQS.SendMessage`.
    pub operation: String,
}

/// A point in the sequence of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(usize);

/// The last requests, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Number of requests before the first of `kept`.
    forgotten: usize,
    kept: VecDeque<Request>,
}

impl RequestLog {
    pub(crate) fn record(&self, function: &str, operation: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.kept.len() == KEPT {
            inner.kept.pop_front();
            inner.forgotten += 1;
        }
        inner.kept.push_back(Request { function: function.to_owned(), operation: operation.to_owned() });
    }

    pub(crate) fn mark(&self) -> Mark {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Mark(inner.forgotten + inner.kept.len())
    }

    pub(crate) fn since(&self, mark: Mark) -> Vec<Request> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.kept.iter().skip(mark.0.saturating_sub(inner.forgotten)).cloned().collect()
    }
}

/// The access key id in a request's signature; empty if it is not signed.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>
pub(crate) fn caller(headers: &HeaderMap) -> &str {
    let authorization = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    authorization
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, credential)| credential.split_once('/'))
        .map_or("", |(access_key_id, _)| access_key_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_the_access_key_id() {
        let mut headers = HeaderMap::new();
        assert_eq!(caller(&headers), "");
        let signature = "AWS4-HMAC-SHA256 Credential=ClockFunction/20260101/us-east-1/sqs/aws4_request, \
                         SignedHeaders=host, Signature=0";
        headers.insert(http::header::AUTHORIZATION, signature.parse().unwrap());
        assert_eq!(caller(&headers), "ClockFunction");
    }

    #[test]
    fn calls_after_a_mark_outlive_forgotten_ones() {
        let log = RequestLog::default();
        log.record("A", "1");
        let mark = log.mark();
        log.record("B", "2");
        assert_eq!(log.since(mark), [Request { function: "B".to_owned(), operation: "2".to_owned() }]);
        for _ in 0..KEPT {
            log.record("C", "3");
        }
        assert_eq!(log.since(mark).len(), KEPT);
        assert_eq!(log.since(log.mark()), []);
    }
}
