//! The list of pushes, newest first, in pages that a cursor leads through.
//! See <https://docs.github.com/rest/repos/repos#list-repository-activities>

use super::api::error;
use super::history::Activity;
use super::json::{self, Place};
use super::state::Repository;
use crate::stand_in::answer::Answer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The activities after the cursor, and where the next ones are.
pub fn list(place: Place<'_>, repository: &Repository, query: &BTreeMap<String, String>) -> Answer {
    let after = query.get("after").map(|cursor| cursor.parse::<u64>());
    let before = match after {
        None => u64::MAX,
        Some(Ok(id)) => id,
        Some(Err(_)) => return error(422, "Invalid cursor"),
    };
    let size = query.get("per_page").and_then(|size| size.parse().ok()).unwrap_or(30).clamp(1, 100);
    let wanted = |key: &str, value: &str| query.get(key).is_none_or(|wanted| wanted == value);
    let fitting = |activity: &&Activity| {
        let full = format!("refs/heads/{}", activity.branch);
        activity.id < before
            && (wanted("ref", &activity.branch) || wanted("ref", &full))
            && wanted("activity_type", &activity.kind)
    };
    let mut found: Vec<&Activity> =
        repository.activities.iter().rev().filter(fitting).take(size + 1).collect();
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().map(|last| last.id);
    let answer = Answer::of_json(200, found.into_iter().map(|one| entry(place, one)).collect());
    match last.filter(|_| more) {
        None => answer,
        Some(last) => {
            let next = place.api(&format!("/activity?per_page={size}&after={last}"));
            answer.with_header("link", format!("<{next}>; rel=\"next\""))
        }
    }
}

/// An `activity`.
fn entry(place: Place<'_>, activity: &Activity) -> Value {
    json!({
        "id": activity.id,
        "node_id": format!("A_{}", activity.id),
        "before": activity.before,
        "after": activity.after,
        "ref": format!("refs/heads/{}", activity.branch),
        "timestamp": activity.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "activity_type": activity.kind,
        "actor": activity.actor.as_ref().and_then(|actor| json::account(place.url, actor)),
    })
}
