//! Functions that are woken by time.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{
    clock,
    ids::Ids,
    lambda::{Functions, Invocation},
    template::{Place, resources::Schedule},
};

/// Wakes the function every so often until it is dropped. The first time is one interval from now, as on AWS.
pub(super) async fn run(functions: Arc<Functions>, schedule: Schedule, place: Place, ids: Arc<Ids>) {
    let mut ticks = interval_at(Instant::now() + schedule.every, schedule.every.max(Duration::from_secs(1)));
    // A laptop that slept needs one wake, not all that it missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let invocation = wake(&functions, &schedule, &place, &ids).await;
        if invocation.failed {
            tracing::warn!(schedule.function, "a scheduled function failed");
        }
    }
}

/// Wakes the function now.
pub(super) async fn wake(functions: &Functions, schedule: &Schedule, place: &Place, ids: &Ids) -> Invocation {
    functions.invoke(&schedule.function, event(schedule, place, ids, clock::now())).await
}

/// EventBridge's scheduled event, or the rule's own input.
/// <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled.html>
fn event(schedule: &Schedule, place: &Place, ids: &Ids, now: Timestamp) -> Bytes {
    if let Some(input) = &schedule.input {
        return Bytes::from(input.clone());
    }
    let rule = format!(
        "arn:aws:events:{}:{}:rule/{}-{}",
        place.region, place.account, place.stack, schedule.logical_id
    );
    let event = json!({
        "version": "0",
        "id": ids.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": place.account,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": place.region,
        "resources": [rule],
        "detail": {},
    });
    Bytes::from(event.to_string())
}
