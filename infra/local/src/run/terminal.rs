//! All that `cargo run` says on the terminal.

use std::{
    fmt::Display,
    io::{self, Write},
    time::Duration,
};

use serde_json::Value;
use signoff_local::aws::LogLine;

use super::addresses::Addresses;

/// Fields of a log line that say what the reader knows, or nothing to them.
const QUIET_FIELDS: [&str; 5] = ["timestamp", "level", "message", "target", "span"];

/// Output of the local stack.
#[derive(Debug, Clone, Copy)]
pub struct Terminal;

impl Terminal {
    /// A step that takes a moment.
    pub fn step(self, text: &str) {
        write(io::stdout(), &format!("==> {text}\n"));
    }

    /// Everything runs.
    pub fn ready(self, addresses: &Addresses, api_key: &str, after: Duration) {
        write(io::stdout(), &ready(addresses, api_key, after));
    }

    /// A function's log line: all of them if `all`, else those that ask for attention.
    pub fn log(self, line: &LogLine, all: bool) {
        if let Some(text) = log(line, all) {
            write(io::stdout(), &text);
        }
    }

    /// Prints the reason why the local stack can't run.
    pub fn error(self, error: &dyn Display) {
        write(io::stderr(), &format!("error: {error}\n"));
    }
}

/// A terminal that is gone can't be told so.
fn write(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

fn ready(addresses: &Addresses, api_key: &str, after: Duration) -> String {
    let Addresses { slack, circleci, github, api, endpoint, demo, jira, linear, issuer } = addresses;
    format!(
        "
Signoff runs (started in {:.1} s). Ctrl-C ends it and leaves nothing running.

  Slack      {slack}
             open this one: deploys wait for two votes in #checkout-team. Vote as one of the
             people, then as another (\"You are\").
  CircleCI   {circleci}
             the job on hold is approved when the vote is through
  GitHub     {github}
             the repository and its rules
  Jira       {jira}
             the issues that commits mention; one that is approved is done
  Linear     {linear}
             the same for Linear; the demo team has no issues there
  Console    {api}
             the record: sign in with Slack as one of the people (Ana is an admin)
  API key    {api_key}
             for programs; it may do everything

  CI tokens  {issuer}
             an issuer: POST claims as JSON to /token for the token of a CI job

  Another deploy: the button \"Make a deploy\" on the Slack page, or
    curl -X POST {demo}/deploys

  For the AWS CLI: AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1
                   AWS_ACCESS_KEY_ID=me AWS_SECRET_ACCESS_KEY=me

",
        after.as_secs_f64()
    )
}

/// `[Function] LEVEL message name=value ...`, of a JSON line; any other line as it is.
fn log(line: &LogLine, all: bool) -> Option<String> {
    let function = &line.function;
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&line.text) else {
        return Some(format!("[{function}] {}\n", line.text));
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let level = text("level");
    if !all && !matches!(level, "WARN" | "ERROR") {
        return None;
    }
    let mut line = format!("[{function}] {level} {}", text("message"));
    for (name, value) in fields.iter().filter(|(name, _)| !QUIET_FIELDS.contains(&name.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push_str(&format!(" {name}={value}"));
    }
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, all: bool) -> Option<String> {
        log(&LogLine { function: "Clock".to_owned(), text: text.to_owned() }, all)
    }

    #[test]
    fn only_warnings_and_errors_are_shown_unless_all_are_asked_for() {
        let info =
            r#"{"timestamp":"x","level":"INFO","message":"registered","deploy":"d1","count":2,"target":"t"}"#;
        assert_eq!(shown(info, false), None);
        assert_eq!(shown(info, true).as_deref(), Some("[Clock] INFO registered count=2 deploy=d1\n"));
        let error = r#"{"level":"ERROR","message":"not started","error":"RECORD_TABLE is missing"}"#;
        assert_eq!(
            shown(error, false).as_deref(),
            Some("[Clock] ERROR not started error=RECORD_TABLE is missing\n")
        );
        assert_eq!(shown("a panic", false).as_deref(), Some("[Clock] a panic\n"));
    }
}
