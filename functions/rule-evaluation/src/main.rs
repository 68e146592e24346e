//! The function that reads the rules of a deploy and opens a run of each one that holds.

mod again;
mod ask_again;
mod confirm;
mod date_tag;
mod deployers;
mod enrich;
mod evaluate;
mod findings;
mod handler;
mod header_secrets;
mod hidden;
mod in_force;
mod issues;
mod mergers;
mod moved;
mod plan;
mod policy;
mod proposal;
mod range_lists;
mod refused;
mod reports;
mod rollback;
mod rules_file;
mod same_repository;
mod siblings;
mod since;
mod unjudged;
mod unread;

use aws_lambda_events::sqs::SqsEvent;
use handler::RuleEvaluation;
use lambda_runtime::{LambdaEvent, run, service_fn};
use signoff_runtime::{aws::Aws, logs, settings::Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = match Aws::new(&settings)
        .and_then(|aws| RuleEvaluation::new(&settings, &aws, signoff_runtime::time::now))
    {
        Ok(function) => function,
        Err(error) => return logs::stopped(&error),
    };
    let function = &function;
    let answer = async |event: LambdaEvent<SqsEvent>| Ok::<_, Infallible>(function.handle(event).await);
    run(service_fn(answer)).await.map_or_else(|error| logs::stopped(&error), |()| ExitCode::SUCCESS)
}
