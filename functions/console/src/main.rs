//! The console: the record of each deploy as pages for people and as JSON for programs, behind Slack's own
//! sign-in or an API key.

mod address;
mod answer;
mod assets;
mod auth;
mod export;
mod forms;
mod handler;
mod html;
mod json;
mod provider_clients;
#[cfg(test)]
mod sample;
mod view;
mod wizard;

use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Request, lambda_runtime, service_fn};
use signoff_runtime::{aws::Aws, gateway, logs, settings::Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let console = match Aws::new(&settings).and_then(|aws| handler::Console::new(&settings, &aws)) {
        Ok(console) => console,
        Err(error) => return logs::stopped(&error),
    };
    let console = &console;
    let answer = async |request: Request| {
        Ok::<_, Infallible>(console.handle(request, signoff_runtime::time::now()).await)
    };
    let run = lambda_runtime::run(Adapter::from(service_fn(answer)).map_request(gateway::sanitize_request));
    run.await.map_or_else(|error| logs::stopped(&error), |()| ExitCode::SUCCESS)
}
