//! Options of the command line.

use std::path::PathBuf;

use clap::Parser;

/// Runs all of Signoff on this machine: a local AWS, stand-ins for Slack, GitHub, CircleCI, Jira and Linear,
/// and a demo team. No account, no Docker; Ctrl-C leaves nothing running.
#[derive(Debug, Parser)]
#[command(name = "signoff-local")]
pub struct Cli {
    /// Keep everything (the record, and what the stand-ins hold) in this directory across restarts
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The first of nine ports in a row; a taken one is replaced by one that is free
    #[arg(long, value_name = "PORT", default_value_t = 4400)]
    pub port: u16,
    /// Run the functions as they are, without building them first
    #[arg(long)]
    pub no_build: bool,
    /// Show every log line of the functions, not only warnings and errors
    #[arg(long)]
    pub logs: bool,
}
