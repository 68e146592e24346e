//! A local AWS that runs the project's `template.yaml`: no account, no Docker, no second description.
//!
//! [`Stack::start`] reads the template, creates its tables, queues and secrets on embedded services, serves
//! its HTTP API, and runs the real function programs behind Lambda's Runtime API. Everything listens on
//! loopback only.
//!
//! ```text
//! HTTP --> gateway --> lambda --> a function's process --> services: DynamoDB, SQS, Secrets Manager,
//!                        ^ ^                                  |      EventBridge, Invoke
//!               schedule-' '----------- poller <-- queues ----'
//! ```

mod clock;
mod dead_letters;
mod gateway;
mod ids;
mod lambda;
mod options;
mod poller;
mod schedule;
mod services;
mod shuffle;
mod stack;
pub mod template;

pub use dead_letters::DeadLetter;
pub use lambda::{
    Invocation,
    logs::{LogLine, LogSink},
};
pub use options::{StackError, StackOptions};
pub use services::{
    ServiceError,
    events::BusEvent,
    requests::{Mark, Request},
};
pub use stack::Stack;
