//! What is due: the clock's look at the index. All of it is read, part by part, and deployments take turns:
//! first the oldest effect of each, then the second of each. Thousands of one deployment keep no other's
//! waiting, and what can't be taken hides nothing behind it.

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::queue::EffectMessage;
use crate::row::{self, Row, text};
use crate::unreadable::read_whole;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use signoff_core::effect::{Effect, GRACE};
use signoff_core::id::{DeployId, EffectId};
use std::collections::{HashMap, VecDeque};

/// The time for which an effect is left alone whose row can't be read: a release that reads it may come.
pub const ASIDE: SignedDuration = SignedDuration::from_hours(1);
/// The most effects of one deployment that one look takes. Those beyond it are left to the next look.
pub const MOST_OF_ONE: usize = 300;

/// The number of effects that are taken at the same time.
const SIDE_BY_SIDE: usize = 16;
/// The number of rows that are read of each partition before some of them are taken. Deployments take turns
/// among these; a row of the index is its keys, so that they are half a megabyte.
const READ: i32 = 2_500;
/// Prefix of the partition key of a deploy's rows.
const DEPLOY: &str = "deploy#";

/// The effects that are due, as far as they could be taken.
#[derive(Debug, Default)]
pub struct Due {
    /// The effects to send, in turns.
    pub effects: Vec<Effect>,
    /// Effects whose rows this release can't read; people are to be told.
    pub unreadable: Vec<EffectMessage>,
    /// The failures that kept others from being taken. Each is due again a little later.
    pub failures: Vec<StoreError>,
}

/// One look at what is due: how far it was read, and what of it waits for its turn.
#[derive(Debug)]
pub struct DueLook<'s> {
    store: &'s Store,
    now: Timestamp,
    /// The partitions of the index that were not read to their end, and where each goes on.
    unread: Vec<(u8, Option<Row>)>,
    waiting: VecDeque<Turn>,
    /// The number of effects that were taken, by the share of their deployment.
    taken: HashMap<String, usize>,
    left: usize,
}

/// An effect that is due, as the index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turn {
    key: Key,
    due_at: String,
}

impl Turn {
    fn of(row: &Row) -> Result<Self, StoreError> {
        let part = |name: &str| {
            let value = row.get(name).and_then(|value| value.as_s().ok()).cloned();
            value.ok_or_else(|| StoreError::row("index due", name))
        };
        Ok(Self { key: Key { pk: part(keys::PK)?, sk: part(keys::SK)? }, due_at: part(keys::DUE_AT)? })
    }

    /// The mark of its deployment.
    fn share(&self) -> String {
        let deploy = self.key.pk.strip_prefix(DEPLOY).unwrap_or(&self.key.pk);
        DeployId::from_text(deploy).share().to_owned()
    }

    /// The effect, by its keys.
    fn message(&self) -> Option<EffectMessage> {
        let (deploy, effect) = (self.key.pk.strip_prefix(DEPLOY)?, self.key.sk.strip_prefix("effect#")?);
        Some(EffectMessage { deploy: DeployId::from_text(deploy), effect: EffectId::from_text(effect) })
    }
}

/// `turns` in the order in which they are taken: the oldest of each deployment, then the second of each.
fn in_turns(mut turns: Vec<Turn>) -> VecDeque<Turn> {
    turns.sort_by(|one, other| one.due_at.cmp(&other.due_at));
    let mut of_one: HashMap<String, usize> = HashMap::new();
    let mut ranked: Vec<(usize, Turn)> = Vec::with_capacity(turns.len());
    for turn in turns {
        let rank = of_one.entry(turn.share()).or_default();
        *rank += 1;
        ranked.push((*rank, turn));
    }
    // Of those with the same rank, the oldest stays first.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, turn)| turn).collect()
}

impl Store {
    /// A look at what is due at `now`. Nothing is read yet.
    pub fn due(&self, now: Timestamp) -> DueLook<'_> {
        DueLook {
            store: self,
            now,
            unread: (0..keys::DUE_SHARDS).map(|shard| (shard, None)).collect(),
            waiting: VecDeque::new(),
            taken: HashMap::new(),
            left: 0,
        }
    }

    /// Moves the turn of an effect to `next`, where it still is the one of `turn`, and gives its row. `None`:
    /// another clock did it, or the effect is done.
    async fn put_off(&self, turn: &Turn, next: Timestamp) -> Result<Option<Row>, StoreError> {
        let request = self
            .dynamo
            .update_item()
            .table_name(&self.places.record_table)
            .set_key(Some(row::key(&turn.key)))
            .update_expression("SET due_at = :next")
            .condition_expression("due_at = :read AND attribute_exists(due)")
            .expression_attribute_values(":next", text(keys::sortable(next)))
            .expression_attribute_values(":read", text(&turn.due_at))
            .return_values(ReturnValue::AllNew);
        match request.send().await {
            Ok(answer) => Ok(answer.attributes),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(None),
                _ => Err(StoreError::service("UpdateItem", error)),
            },
        }
    }
}

impl DueLook<'_> {
    /// Takes the next effects, at most `limit`, and puts their next turns off, so that each is sent by one
    /// clock. There may be none among what was read, and more after it: see [`DueLook::is_over`]. A row that
    /// can't be read is put aside for an hour: it stays as it is, but for its turn.
    ///
    /// # Errors
    ///
    /// No part of the index can be read. What else fails is in the answer, beside what could be taken, and
    /// does not count against its deployment's share.
    pub async fn take(&mut self, limit: usize) -> Result<Due, StoreError> {
        let mut due = Due::default();
        if self.waiting.is_empty() {
            self.read(&mut due).await?;
        }
        let turns = self.next(limit);
        // One after the other, a clock's minute would be too short for some hundreds.
        for some in turns.chunks(SIDE_BY_SIDE) {
            let put_off = some.iter().map(|turn| self.store.put_off(turn, self.now + GRACE));
            for (turn, row) in some.iter().zip(join_all(put_off).await) {
                match row {
                    Ok(Some(row)) => self.sort_in(row, turn, &mut due).await,
                    Ok(None) => self.give_back(turn),
                    Err(error) => {
                        self.give_back(turn);
                        due.failures.push(error);
                    }
                }
            }
        }
        Ok(due)
    }

    /// True where everything that is due was read, and taken or left.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.unread.is_empty()
    }

    /// The number of effects so far that are left to the next look, because as many of their deployment were
    /// taken as one look takes.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Reads on in each partition. One that can't be read is left to the next look.
    async fn read(&mut self, due: &mut Due) -> Result<(), StoreError> {
        let mut turns = Vec::new();
        for (shard, from) in std::mem::take(&mut self.unread) {
            match self.read_shard(shard, from).await {
                Ok((rows, next)) => {
                    for row in &rows {
                        match Turn::of(row) {
                            Ok(turn) => turns.push(turn),
                            Err(error) => due.failures.push(error),
                        }
                    }
                    self.unread.extend(next.map(|next| (shard, Some(next))));
                }
                Err(error) => due.failures.push(error),
            }
        }
        if turns.is_empty()
            && due.failures.len() == usize::from(keys::DUE_SHARDS)
            && let Some(error) = due.failures.pop()
        {
            return Err(error);
        }
        self.waiting = in_turns(turns);
        Ok(())
    }

    async fn read_shard(&self, shard: u8, from: Option<Row>) -> Result<(Vec<Row>, Option<Row>), StoreError> {
        let request = self
            .store
            .dynamo
            .query()
            .table_name(&self.store.places.record_table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(keys::due_shard(shard)))
            .expression_attribute_values(":now", text(keys::sortable(self.now)))
            .set_exclusive_start_key(from)
            .limit(READ);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// The next turns, at most `limit`, of deployments of which not too many were taken.
    fn next(&mut self, limit: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        while turns.len() < limit
            && let Some(turn) = self.waiting.pop_front()
        {
            let taken = self.taken.entry(turn.share()).or_default();
            if *taken < MOST_OF_ONE {
                *taken += 1;
                turns.push(turn);
            } else {
                self.left += 1;
            }
        }
        turns
    }

    /// Notes that the effect of `turn` was not taken: else as many that never can be would keep all others of
    /// their deployment from being sent.
    fn give_back(&mut self, turn: &Turn) {
        if let Some(taken) = self.taken.get_mut(&turn.share()) {
            *taken = taken.saturating_sub(1);
        }
    }

    /// Puts a row whose turn was put off among the effects to send, or aside.
    async fn sort_in(&self, row: Row, turn: &Turn, due: &mut Due) {
        let error = match read_whole(row) {
            Ok(effect) => return due.effects.push(effect),
            Err(error) => error,
        };
        tracing::error!(alarm = "unreadable", %error, "an effect can't be read; it is put aside for an hour");
        due.unreadable.extend(turn.message());
        // Where that fails, it is looked at again a little sooner.
        let put_off = Turn { due_at: keys::sortable(self.now + GRACE), ..turn.clone() };
        if let Err(error) = self.store.put_off(&put_off, self.now + ASIDE).await {
            due.failures.push(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An effect of the deployment with this mark, due at this second.
    fn turn(share: &str, second: usize) -> Turn {
        let key = Key { pk: format!("{DEPLOY}{share}{second:020}"), sk: format!("effect#{second}") };
        Turn { key, due_at: format!("{second:04}") }
    }

    #[test]
    fn deployments_take_turns_and_the_oldest_comes_first() {
        let told = |turns: VecDeque<Turn>| {
            let named = turns.into_iter().map(|turn| format!("{}{}", turn.share(), turn.key.sk));
            named.collect::<Vec<_>>().join(" ").replace("effect#", "")
        };
        let noisy = || (0..4).map(|second| turn("aaaa", second));
        let quiet = || [turn("bbbb", 9), turn("cccc", 2), turn("bbbb", 5)];
        assert_eq!(told(in_turns(noisy().collect())), "aaaa0 aaaa1 aaaa2 aaaa3");
        assert_eq!(
            told(in_turns(noisy().chain(quiet()).collect())),
            "aaaa0 cccc2 bbbb5 aaaa1 bbbb9 aaaa2 aaaa3"
        );
        assert_eq!(told(in_turns(Vec::new())), "");
    }
}
