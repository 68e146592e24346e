//! The function that takes what people do in Slack.

mod again;
mod answer;
mod approval_request;
mod asked;
mod deleted;
mod evaluation;
mod handler;
mod owned;
mod reacted;
mod routes;
mod step;
mod told;

use handler::SlackInteraction;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Request, lambda_runtime, service_fn};
use signoff_runtime::{aws::Aws, gateway, logs, settings::Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = match Aws::new(&settings).and_then(|aws| SlackInteraction::new(&settings, &aws)) {
        Ok(function) => function,
        Err(error) => return logs::stopped(&error),
    };
    let function = &function;
    let answer = async |request: Request| {
        Ok::<_, Infallible>(function.handle(&request, signoff_runtime::time::now()).await)
    };
    let run = lambda_runtime::run(Adapter::from(service_fn(answer)).map_request(gateway::sanitize_request));
    run.await.map_or_else(|error| logs::stopped(&error), |()| ExitCode::SUCCESS)
}
