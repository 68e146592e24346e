//! The way into a stand-in's API: requests that the spec does not accept do not get further, and are
//! remembered.

use super::{Accepted, Spec, Violation};
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use http::request::Parts;
use std::sync::Mutex;

/// Violations of a [`Spec`] or of the documentation so far.
#[derive(Default)]
pub struct Gate {
    violations: Mutex<Vec<String>>,
}

impl Gate {
    /// Answers a request by `handle` if `spec` accepts it; `path` is the request's path inside the API. The
    /// answer is checked too: a stand-in that answers what the real service never would is a violation as
    /// well.
    ///
    /// # Errors
    /// What the spec does not accept about the request; it is remembered.
    pub fn pass(
        &self,
        spec: &Spec,
        request: &Parts,
        path: &str,
        body: &[u8],
        handle: impl FnOnce(&Accepted<'_>) -> Answer,
    ) -> Result<Answer, Violation> {
        let content_type = request.headers.get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let query = request.uri.query().unwrap_or_default();
        let accepted = spec
            .check_request(&request.method, path, query, content_type, body)
            .inspect_err(|violation| self.remember(violation))?;
        let answer = handle(&accepted);
        if let Err(Violation(problem)) = spec.check_answer(accepted.operation, answer.status(), answer.json())
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
