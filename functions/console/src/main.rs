//! The console: the record of each deploy as pages for people and as JSON for programs, behind an API key.
//!
//! A request goes [`route`] -> [`auth`] -> one read of the record -> [`view`] -> [`html`] or [`json`] -> [`answer`].
//! Everything but [`handler`] is a pure function of its arguments.

mod answer;
mod assets;
mod auth;
mod handler;
mod html;
mod json;
mod mrkdwn;
mod route;
#[cfg(test)]
mod sample;
mod site;
mod view;

use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error, Request, lambda_runtime, service_fn};
use runtime::{aws::Aws, gateway, settings::Settings};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let console = Aws::new(&settings).and_then(|aws| handler::Console::new(&settings, &aws));
    let console = &console.inspect_err(|error| tracing::error!(%error, "not started"))?;
    let answer =
        async |request: Request| Ok::<_, Infallible>(console.handle(request, runtime::time::now()).await);
    lambda_runtime::run(Adapter::from(service_fn(answer)).map_request(gateway::tidied)).await
}
