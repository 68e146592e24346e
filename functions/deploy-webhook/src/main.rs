//! The function that takes deploys from CI and git hosts.

mod answer;
mod github;
mod handler;
mod register;

use handler::DeployWebhook;
use lambda_http::{Error, Request, run, service_fn};
use runtime::aws::Aws;
use runtime::settings::Settings;
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = DeployWebhook::new(&settings, &Aws::new(&settings)?)
        .inspect_err(|error| tracing::error!(%error, "not started"))?;
    let function = &function;
    run(service_fn(async |request: Request| {
        Ok::<_, Infallible>(function.handle(&request, runtime::time::now()).await)
    }))
    .await
}
