//! `signoff` on the command line.

use secrecy::SecretString;
use signoff::{Streams, Surroundings, run};
use std::io::{stderr, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut input, mut out, mut err) = (stdin().lock(), stdout().lock(), stderr().lock());
    let mut streams = Streams { input: &mut input, out: &mut out, err: &mut err };
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the command line is told the time and the key"
    )]
    let (now, api_key) = (jiff::Timestamp::now(), std::env::var("SIGNOFF_API_KEY"));
    let surroundings = Surroundings { now, api_key: api_key.ok().map(SecretString::from) };
    run(std::env::args_os(), &mut streams, &surroundings).into()
}
