//! `cargo run`: all of Signoff on this machine, with stand-ins for what is around it.

mod run;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let terminal = run::terminal::Terminal;
    match run::run(run::cli::Cli::parse(), &terminal).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error);
            ExitCode::FAILURE
        }
    }
}
