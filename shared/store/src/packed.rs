//! The events about votes that one commit takes back or strikes, in few rows: a transaction takes 100 rows,
//! and an approval may have 500 votes.

use crate::error::StoreError;
use crate::keys::Key;
use crate::row::{self, Row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::event::{Event, EventKind};
use signoff_core::id::DeployId;

/// The most events about votes in a commit that have a row each.
const ALONE: usize = 20;
/// The most events in one row.
const TOGETHER: usize = 100;
/// The attribute with the events of a row that has several.
const SEVERAL: &str = "several";

/// The events of one row.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum EventRow {
    One(Box<Event>),
    Several(Several),
}

/// Events about votes, in their order.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Several {
    deploy: DeployId,
    at: Timestamp,
    several: Vec<EventKind>,
}

/// Returns the rows for the `events` of one commit, each at the key of its first event.
pub(crate) fn pack(events: Vec<(Key, Event)>) -> Vec<(Key, EventRow)> {
    let are_many = events.iter().filter(|(_, event)| is_about_a_vote(&event.kind)).count() > ALONE;
    let mut rows: Vec<(Key, EventRow)> = Vec::new();
    for (key, event) in events {
        if !are_many || !is_about_a_vote(&event.kind) {
            rows.push((key, EventRow::One(Box::new(event))));
            continue;
        }
        match rows.last_mut() {
            Some((_, EventRow::Several(row))) if row.several.len() < TOGETHER => row.several.push(event.kind),
            _ => {
                let Event { deploy, at, kind } = event;
                rows.push((key, EventRow::Several(Several { deploy, at, several: vec![kind] })));
            }
        }
    }
    rows
}

/// Returns the events of the row `item`.
///
/// # Errors
///
/// The row can't be read.
pub(crate) fn unpack(item: Row) -> Result<Vec<Event>, StoreError> {
    if !item.contains_key(SEVERAL) {
        return Ok(vec![row::read(item)?]);
    }
    let Several { deploy, at, several } = row::read(item)?;
    Ok(several.into_iter().map(|kind| Event { deploy: deploy.clone(), at, kind }).collect())
}

/// True if there may be one event of `kind` for each vote, and all of them are small.
fn is_about_a_vote(kind: &EventKind) -> bool {
    matches!(kind, EventKind::VoteStruck { .. } | EventKind::VoteWithdrawn { .. })
}
