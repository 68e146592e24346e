//! `signoff approvals`.

use super::{About, found, more, read, shown};
use crate::args::{Approvals, RecordFormat};
use crate::ask::{Listed, Signoff, Surroundings, wait};
use crate::check::document;
use crate::files::Stop;
use crate::table::{Align, table};
use crate::{Exit, Streams};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Answer with a deploy's approvals.
#[derive(Deserialize)]
struct OfDeploy {
    deploy: Value,
    approvals: Vec<Map<String, Value>>,
}

/// An approval, and the deploy that it is about.
#[derive(Serialize)]
struct Approval {
    deploy: Value,
    #[serde(flatten)]
    approval: Map<String, Value>,
}

/// Fields of an approval that a line shows.
#[derive(Deserialize)]
struct Line {
    name: String,
    status: String,
    opened_at: Timestamp,
    approvals: u32,
    votes_required: u32,
    votes: Vec<Vote>,
}

#[derive(Deserialize)]
struct Vote {
    name: String,
    choice: String,
}

/// Lists approvals.
pub(crate) fn run(
    args: &Approvals,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<Exit, Stop> {
    let signoff = Signoff::new(&args.connection, surroundings)?;
    let about = About { deploy: args.deploy.as_ref(), which: &args.which, now: surroundings.now };
    let status = args.status.map(|status| Value::from(status.word()));
    let take = |OfDeploy { deploy, approvals }: OfDeploy| {
        let wanted = approvals
            .into_iter()
            .filter(|approval| status.as_ref().is_none_or(|status| approval.get("status") == Some(status)));
        Ok(wanted.map(|approval| Approval { deploy: deploy.clone(), approval }).collect())
    };
    let found = wait(found(&signoff, &about, "approvals", args.limit, take))?;
    match args.format {
        RecordFormat::Json => document(streams.out, &found.all)?,
        RecordFormat::Table if found.all.is_empty() => writeln!(streams.err, "no approvals found")?,
        RecordFormat::Table => {
            let rows = found.all.iter().map(row).collect::<Result<Vec<_>, Stop>>()?;
            let left = |title| (title, Align::Left);
            let columns = [
                left("OPENED AT"),
                left("DEPLOY"),
                left("APPROVAL"),
                left("STATUS"),
                ("VOTES", Align::Right),
                left("BY"),
                left("DEPLOY'S ID"),
            ];
            table(streams.out, columns, &rows)?;
        }
    }
    more(streams.err, found.more)?;
    Ok(Exit::Fine)
}

fn row(Approval { deploy, approval }: &Approval) -> Result<[String; 7], Stop> {
    let (deploy, approval): (Listed, Line) = (read(deploy)?, read(&Value::Object(approval.clone()))?);
    let votes = format!("{} of {}", approval.approvals, approval.votes_required);
    let by = approval.votes.iter().map(|vote| match vote.choice.as_str() {
        "approve" => vote.name.clone(),
        choice => format!("{} ({choice})", vote.name),
    });
    let by = by.collect::<Vec<_>>().join(", ");
    Ok([shown(approval.opened_at), deploy.title(), approval.name, approval.status, votes, by, deploy.id])
}
