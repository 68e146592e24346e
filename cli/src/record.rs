//! `signoff deploys`, `signoff approvals` and `signoff events`.

mod approvals;
mod deploys;
mod events;

pub(crate) use approvals::run as approvals;
pub(crate) use deploys::run as deploys;
pub(crate) use events::run as events;

use crate::args::{Since, Which};
use crate::ask::{Listed, MOST_LISTED, Signoff, Wanted};
use crate::files::Stop;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{self, Write};
use std::pin::pin;

/// Period to look back over when every deploy has to be asked about.
const WEEK: Since = Since::Ago(SignedDuration::from_hours(7 * 24));

/// Deploys that a command asks about: one, or those that fit `which`.
struct About<'a> {
    deploy: Option<&'a String>,
    which: &'a Which,
    now: Timestamp,
}

/// Results, and if there are more of them.
struct Found<T> {
    all: Vec<T>,
    more: bool,
}

/// Collects what `take` finds in the `document` of each deploy, at most `limit`, starting with the newest
/// deploy.
async fn found<D: DeserializeOwned, T>(
    signoff: &Signoff,
    about: &About<'_>,
    document: &str,
    limit: u32,
    take: impl Fn(D) -> Result<Vec<T>, Stop>,
) -> Result<Found<T>, Stop> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut all = Vec::new();
    let mut wanted = Wanted::of(about.which, Some(WEEK), about.now);
    loop {
        let (ids, next) = match about.deploy {
            Some(deploy) => (vec![deploy.clone()], None),
            None => {
                let listed = signoff.list(&wanted, MOST_LISTED).await?;
                (ids(&listed.deploys)?, listed.next)
            }
        };
        let mut documents = pin!(signoff.documents(&ids, Some(document)));
        while let Some(document) = documents.next().await {
            all.extend(take(document?)?);
            if all.len() > limit {
                all.truncate(limit);
                return Ok(Found { all, more: true });
            }
        }
        if next.is_none() {
            return Ok(Found { all, more: false });
        }
        wanted.before = next;
    }
}

/// The ids of deploys of a list.
pub(crate) fn ids(deploys: &[Value]) -> Result<Vec<String>, Stop> {
    deploys.iter().map(|deploy| Ok(read::<Listed>(deploy)?.id)).collect()
}

/// A part of an answer as `T`.
pub(crate) fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, Stop> {
    T::deserialize(value).map_err(|error| {
        Stop::Ask(format!("this version of signoff can't read the answer ({error}); update signoff"))
    })
}

/// Says that there is more than was asked for.
fn more(err: &mut dyn Write, more: bool) -> io::Result<()> {
    if more { writeln!(err, "there are more; raise --limit to see them") } else { Ok(()) }
}

/// A time to the second.
pub(crate) fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
