//! Options of a stack, and its errors.

use std::{collections::BTreeMap, io, path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::calls::Calls;

use super::{lambda::logs::LogSink, services::ServiceError, template::TemplateError};

/// Options with which a stack starts.
#[derive(Debug)]
pub struct StackOptions {
    /// The template to run.
    pub template: PathBuf,
    /// `AWS::StackName`; generated names begin with it.
    pub stack: String,
    /// Template parameters that differ from their defaults. `AwsEndpointUrl` is set by the stack.
    pub parameters: BTreeMap<String, String>,
    /// Environment variables that functions have besides the template's.
    pub environment: BTreeMap<String, String>,
    /// Values of secrets (JSON) by logical id; others have the template's placeholder.
    pub secrets: BTreeMap<String, SecretString>,
    /// The directory that has the functions' programs.
    pub bin_dir: PathBuf,
    /// The directory that the tables are kept in; none keeps them in memory.
    pub data_dir: Option<PathBuf>,
    /// The HTTP API's port; 0 takes a free one.
    pub api_port: u16,
    /// The AWS services' port; 0 takes a free one.
    pub endpoint_port: u16,
    /// Receiver of the functions' log lines.
    pub log_sink: LogSink,
    /// True if schedules run by themselves; if not, [`Stack::wake`](super::Stack::wake) runs them.
    pub schedules: bool,
    /// Takes the place of the queues' visibility timeouts for the functions' batches: tests of a crash don't
    /// want to wait for minutes.
    pub visibility_timeout: Option<Duration>,
    /// Keeps the functions' calls of the services, and ends processes where it is told to.
    pub calls: Calls,
    /// Breaks what FIFO queues promise but for one thing, that nobody else has a message of the same group at
    /// the same time: every batch is handed over twice, and messages come in any order, within their group
    /// too. The number seeds it.
    pub disorder: Option<u64>,
}

impl StackOptions {
    /// A stack in memory on free ports, whose schedules don't run by themselves.
    #[must_use]
    pub fn new(template: impl Into<PathBuf>, bin_dir: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            stack: "signoff".to_owned(),
            parameters: BTreeMap::new(),
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            bin_dir: bin_dir.into(),
            data_dir: None,
            api_port: 0,
            endpoint_port: 0,
            log_sink: LogSink::none(),
            schedules: false,
            visibility_timeout: None,
            calls: Calls::default(),
            disorder: None,
        }
    }
}

/// Error of a stack that could not start, or could not do what a caller asked.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The template's file can't be read.
    #[error("{path} can't be read: {source}")]
    ReadTemplate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The template says something that can't be run.
    #[error("{path}, {source}")]
    Template {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        source: TemplateError,
    },
    /// A port is taken, or may not be used.
    #[error("port {port} can't be used: {source}; choose another one, or 0 for any that is free")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// The cause.
        source: io::Error,
    },
    /// A function's program is not there.
    #[error("{function} has no program at {path}: build it with `cargo build`")]
    NoProgram {
        /// Logical id of the function.
        function: String,
        /// Path at which the stack looked for it.
        path: PathBuf,
    },
    /// The directory for kept data can't be made.
    #[error("{path} can't be used to keep data in: {source}")]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// One of the services refused what the stack asked of it.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A function's role does not let Lambda take messages for it, or leave what it failed to take.
    #[error("the role of {function} does not allow {action} on {resource}, which Lambda needs for it")]
    NotAllowed {
        /// Logical id of the function.
        function: String,
        /// Such as `sqs:ReceiveMessage`.
        action: String,
        /// ARN of the queue.
        resource: String,
    },
    /// The template has no such resource.
    #[error("the template has no {what} `{logical_id}`")]
    Unknown {
        /// Such as `function`.
        what: &'static str,
        /// The logical id that was asked for.
        logical_id: String,
    },
    /// There was still work after the time that was given.
    #[error("still busy after {after:?}: {what}")]
    Busy {
        /// The time that was given.
        after: Duration,
        /// Messages in each queue, and the number of running invocations.
        what: String,
    },
}
