//! One queue as a state machine: what a send, a receive, a delete or the passing of time does to its
//! messages.
//!
//! No clock and no I/O: time comes in as milliseconds since 1970, ids come in from outside. FIFO rules:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aws::{shuffle::Shuffle, template::resources};

/// Time for which a deduplication id is remembered.
const DEDUPLICATION_MS: i64 = 5 * 60 * 1000;

/// A message and where it is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// `MessageAttributes` as they were sent.
    pub(crate) attributes: Map<String, Value>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sender: String,
    pub(crate) sent_ms: i64,
    pub(crate) first_received_ms: Option<i64>,
    pub(crate) receives: u32,
    /// ARN of the queue that gave this message up.
    pub(crate) dead_letter_of: Option<String>,
    /// Not shown before: the end of its delay or of its visibility timeout.
    visible_ms: i64,
    /// True if the message was received and has not become visible since.
    received: bool,
    /// True if its receiver may still be working on it.
    #[serde(skip)]
    in_hand: bool,
    /// True if it is shown as soon as its receiver is done with it.
    #[serde(skip)]
    revealed: bool,
}

/// Message as its sender wrote it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    pub(crate) body: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sender: String,
    pub(crate) delay_ms: i64,
}

/// A message handed to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) message: Message,
    pub(crate) sequence: u64,
    pub(crate) receipt: Receipt,
}

/// Reference by which a receiver names its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) message_id: String,
    /// Number of this receive of the message.
    pub(crate) receive: u32,
}

/// Outcome of an operation on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is in flight: done as asked.
    Done,
    /// The message is gone already.
    Gone,
    /// Its visibility timeout is over: the message is somebody else's, or will be.
    Expired,
}

/// Messages of one queue.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// By sequence number.
    messages: BTreeMap<u64, Message>,
    next_sequence: u64,
    /// Deduplication id to the message that had it first: its id, its sequence number, and when it was sent.
    remembered: BTreeMap<String, (String, u64, i64)>,
}

impl Queue {
    /// Takes a message, unless its deduplication id was there in the last minutes. Gives the id and the
    /// sequence number of the message, or of the one that it repeats.
    pub(crate) fn send(&mut self, id: String, sent: Sent, now: i64) -> (String, u64) {
        self.remembered.retain(|_, (_, _, at)| now - *at < DEDUPLICATION_MS);
        if let Some((id, sequence, _)) =
            sent.deduplication_id.as_ref().and_then(|key| self.remembered.get(key))
        {
            return (id.clone(), *sequence);
        }
        let message = Message {
            id: id.clone(),
            body: sent.body,
            attributes: sent.attributes,
            group: sent.group,
            deduplication_id: sent.deduplication_id,
            sender: sent.sender,
            sent_ms: now,
            first_received_ms: None,
            receives: 0,
            dead_letter_of: None,
            visible_ms: now + sent.delay_ms,
            received: false,
            in_hand: false,
            revealed: false,
        };
        let key = message.deduplication_id.clone();
        let sequence = self.append(message);
        if let Some(key) = key {
            self.remembered.insert(key, (id.clone(), sequence, now));
        }
        (id, sequence)
    }

    /// Takes a message that the queue with this ARN gave up.
    pub(crate) fn move_to_dead_letters(&mut self, mut message: Message, source_arn: &str, now: i64) {
        message.dead_letter_of = Some(source_arn.to_owned());
        message.received = false;
        message.in_hand = false;
        message.revealed = false;
        message.visible_ms = now;
        self.append(message);
    }

    fn append(&mut self, message: Message) -> u64 {
        self.next_sequence += 1;
        self.messages.insert(self.next_sequence, message);
        self.next_sequence
    }

    /// Hands out up to `max` messages and hides them for `hidden_ms`. The second list are those that were
    /// received too often: they are out of this queue, and belong to its dead-letter queue. With `shuffle`
    /// messages come in any order; a group that has a message in flight still gives none.
    pub(crate) fn receive(
        &mut self,
        settings: &resources::Queue,
        max: usize,
        hidden_ms: i64,
        now: i64,
        shuffle: Option<&mut Shuffle>,
    ) -> (Vec<Delivery>, Vec<Message>) {
        self.forget_old(settings, now);
        let mut deliveries = Vec::new();
        let mut given_up = Vec::new();
        let order = match shuffle {
            Some(shuffle) => shuffle.shuffled(self.any_visible(now)),
            None => self.next_visible(now),
        };
        for sequence in order {
            if deliveries.len() == max {
                break;
            }
            let Some(message) = self.messages.get_mut(&sequence) else { continue };
            if settings.redrive.as_ref().is_some_and(|redrive| message.receives >= redrive.max_receives) {
                given_up.extend(self.messages.remove(&sequence));
                continue;
            }
            message.receives += 1;
            message.first_received_ms.get_or_insert(now);
            message.visible_ms = now + hidden_ms;
            message.received = true;
            message.in_hand = true;
            message.revealed = false;
            let receipt = Receipt { message_id: message.id.clone(), receive: message.receives };
            deliveries.push(Delivery { message: message.clone(), sequence, receipt });
        }
        (deliveries, given_up)
    }

    /// Sequence numbers of what may be received, in the order of receiving: as many as possible of the oldest
    /// message's group, then of the next group. A group gives its messages up to the first that is hidden,
    /// which AWS does not say, but does (<https://github.com/localstack/localstack/pull/13386>).
    fn next_visible(&self, now: i64) -> Vec<u64> {
        let mut closed: BTreeSet<&str> = BTreeSet::new();
        let mut order: Vec<(Option<&str>, Vec<u64>)> = Vec::new();
        for (sequence, message) in &self.messages {
            let group = message.group.as_deref();
            if group.is_some_and(|group| closed.contains(group)) {
                continue;
            }
            if message.visible_ms > now {
                closed.extend(group);
                continue;
            }
            match order.iter_mut().find(|(known, _)| group.is_some() && *known == group) {
                Some((_, sequences)) => sequences.push(*sequence),
                None => order.push((group, vec![*sequence])),
            }
        }
        order.into_iter().flat_map(|(_, sequences)| sequences).collect()
    }

    /// The same without the order: every visible message of the groups that have no hidden one.
    fn any_visible(&self, now: i64) -> Vec<u64> {
        let hidden = self.messages.values().filter(|message| message.visible_ms > now);
        let closed: BTreeSet<&str> = hidden.filter_map(|message| message.group.as_deref()).collect();
        let open = |message: &Message| message.group.as_deref().is_none_or(|group| !closed.contains(group));
        let messages = self.messages.iter();
        let visible = messages.filter(|(_, message)| message.visible_ms <= now && open(message));
        visible.map(|(sequence, _)| *sequence).collect()
    }

    /// True if a message can be received, or if a receiver still has one. `shuffled`: receivers get messages
    /// in any order.
    pub(crate) fn is_busy(&self, now: i64, shuffled: bool) -> bool {
        let mut messages = self.messages.values();
        let next = if shuffled { self.any_visible(now) } else { self.next_visible(now) };
        !next.is_empty() || messages.any(|message| message.in_hand && message.in_flight(now))
    }

    /// The receiver of this message is done with it. True if that shows it.
    pub(crate) fn give_back(&mut self, id: &str, now: i64) -> bool {
        let Some(message) = self.messages.values_mut().find(|message| message.id == id) else { return false };
        message.in_hand = false;
        if message.revealed {
            message.visible_ms = message.visible_ms.min(now);
        }
        std::mem::take(&mut message.revealed)
    }

    /// Shows everything that is hidden, as if its time had passed.
    pub(crate) fn reveal(&mut self, now: i64) {
        for message in self.messages.values_mut() {
            message.visible_ms = message.visible_ms.min(now);
        }
    }

    /// Shows the messages whose body contains `text`, as if their time had passed: one that a receiver still
    /// works on as soon as it is given back, so that it is not handled twice at the same time.
    pub(crate) fn reveal_those(&mut self, text: &str, now: i64) {
        for message in self.messages.values_mut().filter(|message| message.body.contains(text)) {
            if message.in_hand && message.in_flight(now) {
                message.revealed = true;
            } else {
                message.visible_ms = message.visible_ms.min(now);
            }
        }
    }

    fn forget_old(&mut self, settings: &resources::Queue, now: i64) {
        let kept_ms = i64::try_from(settings.retention.as_millis()).unwrap_or(i64::MAX);
        self.messages.retain(|_, message| now - message.sent_ms <= kept_ms);
    }

    /// Deletes a delivered message.
    pub(crate) fn delete(&mut self, receipt: &Receipt, now: i64) -> Found {
        match self.delivered(receipt, now) {
            Ok(sequence) => {
                self.messages.remove(&sequence);
                Found::Done
            }
            Err(found) => found,
        }
    }

    /// Hides a delivered message for another while from now, or shows it at once.
    pub(crate) fn hide(&mut self, receipt: &Receipt, hidden_ms: i64, now: i64) -> Found {
        match self.delivered(receipt, now) {
            Ok(sequence) => {
                if let Some(message) = self.messages.get_mut(&sequence) {
                    message.visible_ms = now + hidden_ms;
                }
                Found::Done
            }
            Err(found) => found,
        }
    }

    /// Sequence number of a delivery that is in flight.
    fn delivered(&self, receipt: &Receipt, now: i64) -> Result<u64, Found> {
        let found = self.messages.iter().find(|(_, message)| message.id == receipt.message_id);
        match found {
            None => Err(Found::Gone),
            Some((sequence, message)) if message.in_flight(now) && message.receives == receipt.receive => {
                Ok(*sequence)
            }
            Some(_) => Err(Found::Expired),
        }
    }

    /// Returns the time at which the next hidden message becomes visible.
    pub(crate) fn next_change(&self, now: i64) -> Option<i64> {
        self.messages.values().map(|message| message.visible_ms).filter(|at| *at > now).min()
    }

    /// Returns the number of visible, in-flight and delayed messages.
    pub(crate) fn depth(&self, now: i64) -> Depth {
        let count =
            |of: &dyn Fn(&Message) -> bool| self.messages.values().filter(|message| of(message)).count();
        Depth {
            visible: count(&|message| message.visible_ms <= now),
            in_flight: count(&|message| message.in_flight(now)),
            delayed: count(&|message| message.visible_ms > now && !message.received),
        }
    }

    /// All messages in their order.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Shows everything that is in flight: nobody is left who could answer for it.
    pub(crate) fn recover(&mut self) {
        for message in self.messages.values_mut() {
            message.visible_ms = message.sent_ms;
            message.received = false;
        }
    }
}

impl Message {
    const fn in_flight(&self, now: i64) -> bool {
        self.received && self.visible_ms > now
    }
}

/// Number of messages in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) visible: usize,
    pub(crate) in_flight: usize,
    pub(crate) delayed: usize,
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
