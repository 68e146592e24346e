//! The function that reads the rules of a deploy and opens a run of each one that holds.

mod enrich;
mod evaluate;
mod handler;
mod rules_file;

use aws_lambda_events::sqs::SqsEvent;
use handler::RuleEvaluation;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::aws::Aws;
use runtime::settings::Settings;
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function =
        Aws::new(&settings).and_then(|aws| RuleEvaluation::new(&settings, &aws, runtime::time::now));
    let function = &function.inspect_err(|error| tracing::error!(%error, "not started"))?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| Ok::<_, Infallible>(function.handle(event).await)))
        .await
}
