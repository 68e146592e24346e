//! The function that looks every minute for what was committed and never done.

mod handler;

use handler::{Clock, TickFailed};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;
use signoff_runtime::{aws::Aws, logs, settings::Settings};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = match Aws::new(&settings).and_then(|aws| Clock::new(&settings, &aws)) {
        Ok(function) => function,
        Err(error) => return logs::stopped(&error),
    };
    let function = &function;
    let answer = async |event: LambdaEvent<Value>| {
        function.tick(&event.context.request_id, signoff_runtime::time::now).await.map_err(TickFailed)
    };
    run(service_fn(answer)).await.map_or_else(|error| logs::stopped(&error), |()| ExitCode::SUCCESS)
}
