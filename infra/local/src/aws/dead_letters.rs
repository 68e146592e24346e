//! Messages in the dead-letter queues.

use super::{
    services::sqs::Sqs,
    template::{Resources, resources::Queue},
};

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Logical id of the dead-letter queue.
    pub queue: String,
    /// The message as it was sent.
    pub body: String,
    /// `MessageGroupId`, of a FIFO queue.
    pub group: Option<String>,
}

/// The messages that the dead-letter queues hold, without receiving them.
pub(super) fn all(resources: &Resources, sqs: &Sqs) -> Vec<DeadLetter> {
    let mut letters = Vec::new();
    for queue in resources.queues.iter().filter(|queue| is_target(resources, queue)) {
        letters.extend(sqs.peek(queue).into_iter().map(|message| DeadLetter {
            queue: queue.logical_id.clone(),
            body: message.body,
            group: message.group,
        }));
    }
    letters
}

fn is_target(resources: &Resources, queue: &Queue) -> bool {
    let policies = resources.queues.iter().filter_map(|queue| queue.redrive.as_ref());
    let mut targets = policies
        .map(|redrive| &redrive.target_arn)
        .chain(resources.functions.iter().filter_map(|function| function.dead_letters.as_ref()));
    targets.any(|target| *target == queue.arn)
}
