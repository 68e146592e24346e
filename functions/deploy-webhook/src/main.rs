//! The function that takes deploys from CI and git hosts, and reports of their health.

mod admission;
mod again;
mod answer;
mod commit;
mod github;
mod graphql;
mod handler;
mod health;
mod oidc;
mod register;
mod routes;

use handler::DeployWebhook;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Request, lambda_runtime, service_fn};
use signoff_runtime::{aws::Aws, gateway, logs, settings::Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = match Aws::new(&settings).and_then(|aws| DeployWebhook::new(&settings, &aws)) {
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
