//! The function that takes clicks in Slack.

mod handler;

use handler::SlackInteraction;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error, Request, lambda_runtime, service_fn};
use runtime::{aws::Aws, gateway, settings::Settings};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = Aws::new(&settings).and_then(|aws| SlackInteraction::new(&settings, &aws));
    let function = &function.inspect_err(|error| tracing::error!(%error, "not started"))?;
    let answer =
        async |request: Request| Ok::<_, Infallible>(function.handle(&request, runtime::time::now()).await);
    lambda_runtime::run(Adapter::from(service_fn(answer)).map_request(gateway::tidied)).await
}
