//! The console's Lambda function: pages and JSON about deploys and their approvals.

use console::Console;
use lambda_http::{Request, service_fn};
use runtime::aws::Aws;
use runtime::settings::{SettingError, Settings};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::from_environment();
    runtime::logs::start(settings.optional("RUST_LOG").unwrap_or("info"));
    let console = match start(&settings) {
        Ok(console) => console,
        Err(error) => {
            tracing::error!(%error, "the console can't start");
            return ExitCode::FAILURE;
        }
    };
    let answer = async |request: Request| Ok::<_, Infallible>(console.handle(request, runtime::time::now()).await);
    match lambda_http::run(service_fn(|request| answer(request))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

fn start(settings: &Settings) -> Result<Console, SettingError> {
    Console::new(settings, &Aws::new(settings)?)
}
