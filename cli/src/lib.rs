//! The command line: tools that make rules safe to change, and questions to the record.
//!
//! [`run`] is all of `signoff` but for the process: arguments, streams, the time and the API key come in, an
//! [`Exit`] goes out.

mod args;
mod ask;
mod cases;
mod check;
mod convert;
mod deploy;
mod does;
mod explain;
mod files;
mod outlook;
mod policy;
mod record;
mod replay;
mod table;
mod test;
mod wait;
mod words;

pub use ask::Surroundings;

use args::{Cli, Command, RulesCommand};
use clap::Parser;
use files::Stop;
use signoff_rules::reference::{page, policy_page, policy_schema, schema};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Input and output of a command.
pub struct Streams<'a> {
    /// Standard input, for `-`.
    pub input: &'a mut dyn Read,
    /// Standard output: the result.
    pub out: &'a mut dyn Write,
    /// Standard error: problems and notes.
    pub err: &'a mut dyn Write,
}

/// Exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: all is well.
    Fine,
    /// 1: a file has problems, a case failed, or people did not approve.
    Problems,
    /// 2: arguments that mean nothing, a file that can't be read or written, or a Signoff that can't be
    /// asked.
    Usage,
    /// 3: people did not decide in time.
    Open,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::SUCCESS,
            Exit::Problems => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Open => Self::from(3),
        }
    }
}

/// Runs the command that `args` (with the program's name first) ask for. The time is also that of a deploy
/// that names none.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Exit {
    let now = surroundings.now;
    let done = match Cli::try_parse_from(args).map(|cli| cli.command) {
        Ok(Command::Rules { command }) => match command {
            RulesCommand::Check(args) => check::run(&args, streams, now),
            RulesCommand::Explain(args) => explain::run(&args, streams, now),
            RulesCommand::Test(args) => test::run(&args, streams, now),
            RulesCommand::Replay(args) => replay::run(&args, streams, surroundings),
            RulesCommand::Convert(args) => convert::run(&args, streams),
            RulesCommand::Reference(of) => print(streams, &if of.policy { policy_page() } else { page() }),
            RulesCommand::Schema(of) => print(streams, &if of.policy { policy_schema() } else { schema() }),
        },
        Ok(Command::Deploys(args)) => record::deploys(&args, streams, surroundings),
        Ok(Command::Approvals(args)) => record::approvals(&args, streams, surroundings),
        Ok(Command::Events(args)) => record::events(&args, streams, surroundings),
        Ok(Command::Wait(args)) => wait::run(&args, streams, surroundings),
        Ok(Command::Convert(args)) => convert::run(&args, streams),
        Err(error) if error.use_stderr() => {
            write!(streams.err, "{error}").map(|()| Exit::Usage).map_err(Stop::Write)
        }
        Err(help) => write!(streams.out, "{help}").map(|()| Exit::Fine).map_err(Stop::Write),
    };
    let stop = match done.and_then(|exit| streams.out.flush().map(|()| exit).map_err(Stop::Write)) {
        Ok(exit) => return exit,
        Err(stop) => stop,
    };
    match stop {
        // Whoever reads has seen enough (`| head`).
        Stop::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Stop::Write(_) | Stop::File { .. } | Stop::Ask(_) | Stop::Unanswered(_) => {
            // Nobody is left to be told that this fails, too.
            let _ = writeln!(streams.err, "signoff: {stop}");
            Exit::Usage
        }
    }
}

/// Writes a text that is the same for everybody.
fn print(streams: &mut Streams<'_>, text: &str) -> Result<Exit, Stop> {
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}
