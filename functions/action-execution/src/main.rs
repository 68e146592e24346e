//! The function that does what the record says is to be done: dialogs, messages, actions.

mod accounts;
mod actions;
mod apply_policy;
mod bound;
mod confirm;
mod deadlines;
mod deployers;
mod draw;
mod earlier;
mod edits;
mod effect_error;
mod electorate;
mod elsewhere;
mod failed;
mod frozen;
mod glass;
mod handler;
mod hands;
mod header_secrets;
mod held;
mod judge;
mod late_base;
mod late_news;
mod members;
mod names;
mod newest;
mod open;
mod others;
mod overtaken;
mod owners;
mod pause;
mod people;
mod personal;
mod policy;
mod project;
mod proposal;
mod provider_clients;
mod range;
mod release;
mod repository;
mod settle;
mod slowed;
mod source;
mod step;
mod subject;
mod tellings;
mod waits;

use aws_lambda_events::sqs::SqsEvent;
use handler::ActionExecution;
use lambda_runtime::{LambdaEvent, run, service_fn};
use signoff_runtime::{aws::Aws, logs, settings::Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = match Aws::new(&settings)
        .and_then(|aws| ActionExecution::new(&settings, &aws, signoff_runtime::time::now))
    {
        Ok(function) => function,
        Err(error) => return logs::stopped(&error),
    };
    let answer = async |event: LambdaEvent<SqsEvent>| Ok::<_, Infallible>(function.handle(event).await);
    run(service_fn(answer)).await.map_or_else(|error| logs::stopped(&error), |()| ExitCode::SUCCESS)
}
