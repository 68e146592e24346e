//! The way into a stand-in's API: requests that the spec does not accept do not get further, and are
//! remembered.

use super::{Accepted, BrokenSpec, Spec, Violation};
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use http::request::Parts;
use std::sync::Mutex;

/// A [`Spec`], and what violated it so far.
pub struct Gate {
    spec: Spec,
    violations: Mutex<Vec<String>>,
}

impl Gate {
    /// A gate that nothing has violated.
    pub fn new(spec: Result<Spec, BrokenSpec>) -> std::io::Result<Self> {
        let spec = spec.map_err(std::io::Error::other)?;
        Ok(Self { spec, violations: Mutex::default() })
    }

    /// Answers a request by `handle` if the spec accepts it; `path` is the request's path inside the API. The
    /// answer is checked too: a stand-in that answers what the real service never would is a violation as
    /// well.
    ///
    /// # Errors
    /// What the spec does not accept about the request; it is remembered.
    pub fn pass(
        &self,
        request: &Parts,
        path: &str,
        body: &[u8],
        handle: impl FnOnce(&Accepted<'_>) -> Answer,
    ) -> Result<Answer, Violation> {
        let content_type = request.headers.get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let query = request.uri.query().unwrap_or_default();
        let accepted = self
            .spec
            .check_request(&request.method, path, query, content_type, body)
            .inspect_err(|violation| self.remember(violation))?;
        let answer = handle(&accepted);
        if let Err(Violation(problem)) =
            self.spec.check_answer(accepted.operation, answer.status(), answer.json())
        {
            self.remember(&Violation(format!("{} {path}: {problem}", request.method)));
        }
        Ok(answer)
    }

    /// Every violation so far, requests and answers, oldest first.
    pub fn violations(&self) -> Vec<String> {
        locked(&self.violations).clone()
    }

    /// Remembers a violation that was seen elsewhere.
    pub fn remember(&self, violation: &Violation) {
        tracing::warn!(%violation, "a request or an answer that the official spec does not accept");
        locked(&self.violations).push(violation.to_string());
    }
}
