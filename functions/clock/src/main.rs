//! The function that looks every minute for what was committed and never done.

mod handler;

use handler::Clock;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::aws::Aws;
use runtime::settings::Settings;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let function = Aws::new(&settings).and_then(|aws| Clock::new(&settings, &aws));
    let function = &function.inspect_err(|error| tracing::error!(%error, "not started"))?;
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(function.tick(&event.context.request_id, runtime::time::now()).await?)
    }))
    .await
}
