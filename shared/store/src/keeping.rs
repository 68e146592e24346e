//! Keeping what is open beyond its retention: the rows of a deploy of which an approval waits for people, a
//! run for somebody who does something about a failed step or for the policy, or an effect for its time, are
//! kept on before they would be deleted.

use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::row::{self, Row, number, text};
use crate::{Page, Store};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use futures_util::future::join_all;
use jiff::Timestamp;
use signoff_core::id::DeployId;
use std::collections::BTreeSet;

/// Number of partitions whose deploys are kept on at the same time.
const SIDE_BY_SIDE: usize = 16;

/// `partitions`, from another one on each hour: a day begins at 24 places, as far apart as can be.
fn turned(mut partitions: Vec<String>, now: Timestamp) -> Vec<String> {
    let hour = usize::try_from(now.as_second().div_euclid(3600).rem_euclid(24)).unwrap_or(0);
    let start = partitions.len() * hour / 24;
    partitions.rotate_left(start);
    partitions
}

impl Store {
    /// Keeps the rows of every deploy of which something is open for the whole retention from `now` on, where
    /// half of it is over. Returns of how many deploys. To be called several times in half a retention.
    ///
    /// # Errors
    ///
    /// The record can't be read or written; what was open could not all be kept on.
    pub async fn keep_open(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (half, until) = ((now + self.places.retention / 2).as_second(), now + self.places.retention);
        let mut partitions = BTreeSet::new();
        for of in [keys::PENDING, keys::FAILED, keys::KEPT_BACK] {
            // Where only a message failed the run went on to its end: nothing waits.
            partitions.extend(
                self.partitions(keys::APPROVALS_INDEX, keys::APPROVALS, of, Some("succeeded")).await?,
            );
        }
        for shard in 0..keys::DUE_SHARDS {
            let of = keys::due_shard(shard);
            partitions.extend(self.partitions(keys::DUE_INDEX, keys::DUE, &of, None).await?);
        }
        let (mut kept, mut failed) = (0, None);
        // Where an hour's time is too short for all of them, another hour begins elsewhere.
        let partitions = turned(partitions.into_iter().collect(), now);
        for some in partitions.chunks(SIDE_BY_SIDE) {
            let keeping = some.iter().map(|pk| self.keep_partition(pk, half, until));
            for done in join_all(keeping).await {
                match done {
                    Ok(was_kept) => kept += usize::from(was_kept),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        failed.map_or(Ok(kept), Err)
    }

    /// The partitions of the rows that a partition of an index lists, but those with the status `without`.
    pub(crate) async fn partitions(
        &self,
        index: &str,
        attribute: &str,
        of: &str,
        without: Option<&str>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let (mut partitions, mut from): (_, Option<Row>) = (BTreeSet::new(), None);
        loop {
            let mut request = self
                .dynamo
                .query()
                .table_name(&self.places.record_table)
                .index_name(index)
                .key_condition_expression(format!("{attribute} = :of"))
                .expression_attribute_values(":of", text(of))
                .projection_expression(keys::PK)
                .set_exclusive_start_key(from.take());
            if let Some(status) = without {
                request = request
                    .filter_expression("#status <> :without")
                    .expression_attribute_names("#status", "status")
                    .expression_attribute_values(":without", text(status));
            }
            let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
            let pk = |row: Row| row.get(keys::PK).and_then(|pk| pk.as_s().ok()).cloned();
            partitions.extend(answer.items.unwrap_or_default().into_iter().filter_map(pk));
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(partitions),
            }
        }
    }

    /// Keeps on the rows of a deploy, and those beside it, that would end before `half`; whether there were
    /// any.
    async fn keep_partition(&self, pk: &str, half: i64, until: Timestamp) -> Result<bool, StoreError> {
        let ending = self.ending(pk, half).await?;
        if ending.is_empty() {
            return Ok(false);
        }
        let mut all: Vec<Key> = Vec::new();
        // People are no deploy: what is open there is an effect, and nothing else of the partition is.
        let has_deploy = *pk != keys::partition(&DeployId::people());
        all.extend(ending.into_iter().filter(|(_, is_due)| has_deploy || *is_due).map(|(key, _)| key));
        if let Some(id) = pk.strip_prefix("deploy#").filter(|_| has_deploy) {
            let deploy = DeployId::from_text(id);
            if let Ok(Some(page)) = self.page(&deploy).await {
                all.extend(beside(&page));
            }
        }
        // The deploy's own row comes last: until then the others are looked at again.
        all.sort_by_key(|key| key.sk == "deploy");
        for key in &all {
            self.keep_until(key, until).await?;
        }
        Ok(!all.is_empty())
    }

    /// The keys of the rows of a partition that end before `half`, and which of them are in the clock's
    /// index.
    async fn ending(&self, pk: &str, half: i64) -> Result<Vec<(Key, bool)>, StoreError> {
        let (mut ending, mut from): (_, Option<Row>) = (Vec::new(), None);
        loop {
            let request = self
                .dynamo
                .query()
                .table_name(&self.places.record_table)
                .key_condition_expression("pk = :pk")
                .filter_expression("kept_until < :half")
                .expression_attribute_values(":pk", text(pk))
                .expression_attribute_values(":half", number(half))
                .projection_expression("sk, due")
                .set_exclusive_start_key(from.take());
            let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
            for row in answer.items.unwrap_or_default() {
                let sk = row.get(keys::SK).and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
                ending.push((Key { pk: pk.to_owned(), sk }, row.contains_key(keys::DUE)));
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(ending),
            }
        }
    }

    async fn keep_until(&self, key: &Key, until: Timestamp) -> Result<(), StoreError> {
        let request = self
            .dynamo
            .update_item()
            .table_name(&self.places.record_table)
            .set_key(Some(row::key(key)))
            .update_expression("SET kept_until = :until")
            // A row that is kept for good stays so.
            .condition_expression("attribute_exists(kept_until)")
            .expression_attribute_values(":until", number(until.as_second()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::service("UpdateItem", error)),
            },
        }
    }
}

/// The rows outside a deploy's partition that its open approvals need.
fn beside(page: &Page) -> Vec<Key> {
    let ranges = page.approvals.iter().map(|approval| keys::range(&page.deploy.id, &approval.id));
    let dialogs = page.approvals.iter().filter_map(|approval| approval.dialog.as_ref()).map(keys::dialog);
    let mut keys: Vec<_> = ranges.chain(dialogs).collect();
    keys.push(keys::revision(&page.deploy));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_of_a_day_begins_elsewhere() {
        let all: Vec<String> = (0..48).map(|number| number.to_string()).collect();
        let first = |hour: i64| {
            let turned = turned(all.clone(), Timestamp::from_second(hour * 3600).unwrap());
            let mut sorted = turned.clone();
            sorted.sort_by_key(|number| number.parse::<u32>().unwrap());
            assert_eq!(sorted, all);
            turned[0].parse::<i64>().unwrap()
        };
        assert_eq!((0..24).map(first).collect::<Vec<_>>(), (0..24).map(|hour| hour * 2).collect::<Vec<_>>());
        assert_eq!(turned(Vec::new(), Timestamp::from_second(3600).unwrap()), Vec::<String>::new());
    }
}
