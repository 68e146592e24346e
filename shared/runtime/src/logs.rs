//! Structured logs, one JSON object a line, as CloudWatch Logs Insights reads them.

use std::fmt::Display;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Logs to standard output from now on. `filter` is in `RUST_LOG`'s syntax; one that can't be read means `info`.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
    // Only a second call fails, and the first one's logs go on.
    drop(started);
}

/// How a function ends that can't start or go on: one line that says why, and a status that Lambda takes for a failure.
pub fn stopped(error: &dyn Display) -> ExitCode {
    tracing::error!(%error, "stopped");
    ExitCode::FAILURE
}
