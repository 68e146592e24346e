//! The commands, as a script and a person see them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod check;
mod convert;
mod explain;
mod freeze;
mod help;
mod policy;
mod process;
mod record;
mod reference;
mod replay;
mod server;
mod test;
mod wait;

use signoff::{Exit, Streams, Surroundings, run};

/// Output of a command, and its exit code.
struct Done {
    out: String,
    err: String,
    exit: Exit,
}

/// Runs `signoff` with these arguments.
fn signoff(args: &[&str]) -> Done {
    fed("", args)
}

/// The same with `input` on the standard input.
fn fed(input: &str, args: &[&str]) -> Done {
    let (mut input, mut out, mut err) = (input.as_bytes(), Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut input, out: &mut out, err: &mut err };
    let args = std::iter::once("signoff").chain(args.iter().copied()).map(Into::into);
    let surroundings = Surroundings {
        now: "2026-05-11T11:42:00Z".parse().unwrap(),
        api_key: Some("key-of-the-tests".to_owned().into()),
    };
    let exit = run(args, &mut streams, &surroundings);
    Done { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap(), exit }
}

impl Done {
    /// All of it as one text.
    fn shown(&self) -> String {
        let mut shown = self.out.clone();
        if !self.err.is_empty() {
            shown.push_str("---- err\n");
            shown.push_str(&self.err);
        }
        shown.push_str(&format!("---- {:?}", self.exit));
        shown
    }
}
