//! `signoff` on the command line.

use signoff::{Streams, run};
use std::io::{stderr, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut input, mut out, mut err) = (stdin().lock(), stdout().lock(), stderr().lock());
    let mut streams = Streams { input: &mut input, out: &mut out, err: &mut err };
    #[expect(clippy::disallowed_methods, reason = "this is where the command line is told the time")]
    let now = jiff::Timestamp::now();
    run(std::env::args_os(), &mut streams, now).into()
}
