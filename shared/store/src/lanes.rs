//! The lanes of a deployment: the FIFO groups that its new deploys are spread over, so that many deploys of
//! one deployment take a part of the functions only and the others' deploys do not wait behind them.

use approval::deploy::{Deploy, Slug};
use approval::id::digest;

/// The number of deploys of one deployment that are evaluated at the same time.
const LANES: usize = 3;
/// The prefix of a lane's group.
const PREFIX: &str = "lane-";

/// The lane of a new deploy.
pub(crate) fn lane(deploy: &Deploy) -> String {
    let number = deploy.id.as_str().bytes().map(usize::from).sum::<usize>() % LANES;
    // A group's name takes 128 characters, a slug 201.
    format!("{PREFIX}{}-{number}", digest(&["lane", &deploy.deployment.canonical()]))
}

/// True where a FIFO group is one of these lanes: what has to wait leaves it.
pub fn is_lane(group: &str) -> bool {
    group.starts_with(PREFIX)
}

/// The FIFO group of the edits of a deployment's superseded dialogs that Slack asked to wait. It is no lane:
/// what has to be tried again stays in it.
pub fn edits_line(deployment: &Slug) -> String {
    format!("edits-{}", digest(&["edits", &deployment.canonical()]))
}
