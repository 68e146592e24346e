//! `signoff events`.

use super::{About, found, more, read, shown};
use crate::args::{Events, RecordFormat};
use crate::ask::{Listed, Signoff, Surroundings, wait};
use crate::check::document;
use crate::files::Stop;
use crate::table::{Align, table};
use crate::{Exit, Streams};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Answer with a deploy's events.
#[derive(Deserialize)]
struct OfDeploy {
    deploy: Listed,
    events: Vec<Value>,
}

/// Fields of an event that a line shows.
#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    event: String,
    /// Other fields; `deploy` has a column of its own.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Lists events.
pub(crate) fn run(
    args: &Events,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<Exit, Stop> {
    let signoff = Signoff::new(&args.connection, surroundings)?;
    let about = About { deploy: args.deploy.as_ref(), which: &args.which, now: surroundings.now };
    let take = |OfDeploy { deploy, events }: OfDeploy| {
        let title = deploy.title();
        Ok(events.into_iter().map(|event| (title.clone(), event)).collect())
    };
    let found = wait(found(&signoff, &about, "events", args.limit, take))?;
    match args.format {
        RecordFormat::Json => {
            document(streams.out, &found.all.iter().map(|(_, event)| event).collect::<Vec<_>>())?;
        }
        RecordFormat::Table if found.all.is_empty() => writeln!(streams.err, "no events found")?,
        RecordFormat::Table => {
            let row = |(title, event): &(String, Value)| {
                let line: Line = read(event)?;
                Ok([shown(line.at), title.clone(), line.event, details(&line.rest)])
            };
            let rows = found.all.iter().map(row).collect::<Result<Vec<_>, Stop>>()?;
            let columns = ["AT", "DEPLOY", "EVENT", "DETAILS"];
            table(streams.out, columns.map(|column| (column, Align::Left)), &rows)?;
        }
    }
    more(streams.err, found.more)?;
    Ok(Exit::Fine)
}

/// Details of an event in short: texts, numbers, truth values and lists of texts, each with its name. The
/// JSON has all of them.
fn details(rest: &Map<String, Value>) -> String {
    let short = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(values) => {
            values.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|all| all.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    };
    let shown = rest.iter().filter(|(name, _)| *name != "deploy").filter_map(|(name, value)| {
        let value = short(value).filter(|text| !text.is_empty())?;
        Some(format!("{name}: {value}"))
    });
    shown.collect::<Vec<_>>().join("; ")
}
