//! The function that does what the record says is to be done: dialogs, messages, actions.

mod actions;
mod draw;
mod electorate;
mod handler;
mod newest;
mod open;
mod outside;
mod settle;
mod step;
mod trouble;

use aws_lambda_events::sqs::SqsEvent;
use handler::ActionExecution;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::aws::Aws;
use runtime::settings::Settings;
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function =
        Aws::new(&settings).and_then(|aws| ActionExecution::new(&settings, &aws, runtime::time::now));
    let function = &function.inspect_err(|error| tracing::error!(%error, "not started"))?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| Ok::<_, Infallible>(function.handle(event).await)))
        .await
}
