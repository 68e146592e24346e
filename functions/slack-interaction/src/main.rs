//! The function that takes clicks in Slack.

mod handler;

use handler::SlackInteraction;
use lambda_http::{Error, Request, run, service_fn};
use runtime::aws::Aws;
use runtime::settings::Settings;
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = SlackInteraction::new(&settings, &Aws::new(&settings)?)
        .inspect_err(|error| tracing::error!(%error, "not started"))?;
    let function = &function;
    run(service_fn(async |request: Request| {
        Ok::<_, Infallible>(function.handle(&request, runtime::time::now()).await)
    }))
    .await
}
