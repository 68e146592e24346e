//! Reading the record: one request a function, but for pages that DynamoDB cuts at 1 MB.

use crate::error::StoreError;
use crate::listing::DeploySummary;
use crate::packed::unpack;
use crate::row::{self, Row, text};
use crate::unreadable::{left_out, read_each, read_whole};
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signoff_core::approval::{Approval, Dialog};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::effect::Effect;
use signoff_core::event::Event;
use signoff_core::facts::{Facts, Report};
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::newest::Newest;
use signoff_core::owed::OwedReviews;
use signoff_core::rules_in_force::RulesInForce;
use signoff_core::run::{Run, Status};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Everything on record about one deploy.
#[derive(Clone, Debug)]
pub struct Page {
    /// The deploy.
    pub deploy: Deploy,
    /// Facts that became known of it since.
    pub facts: Facts,
    /// Its runs, oldest first.
    pub runs: Vec<Run>,
    /// Its approvals, oldest first.
    pub approvals: Vec<Approval>,
    /// Effects of the deploy: everything to do outside.
    pub effects: Vec<Effect>,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// The keys of further rows, which this release can't read.
    pub unreadable: Vec<String>,
}

/// Approval that a dialog shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogPlace {
    /// The deploy.
    pub deploy: DeployId,
    /// The approval.
    pub approval: ApprovalId,
}

/// State of a deploy's confirmation and arrival.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeployOutline {
    /// The source host's word for which commit it is.
    #[serde(default)]
    pub confirmation: Confirmation,
    #[serde(default)]
    reading: Arrival,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Arrival {
    #[serde(default)]
    came_late: bool,
    #[serde(default)]
    repeats: Option<DeployId>,
}

impl DeployOutline {
    /// As [`Deploy::stood`].
    pub fn stood(&self) -> bool {
        self.confirmation.counts() && !self.reading.came_late
    }

    /// The deploy that it is another report of: by its registration, also before the source host was asked
    /// and where that does not confirm the report, or as was found out when it was looked at.
    pub fn repeats(&self) -> Option<&DeployId> {
        self.confirmation.repeats().or(self.reading.repeats.as_ref())
    }
}

/// Data that a deployment's page shows beside its deploys.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Facts of the deploys, by deploy id.
    pub facts: HashMap<DeployId, Facts>,
    /// The deployment's rules; `None`: it never had any, or they can't be read.
    pub rules: Option<RulesInForce>,
    /// The reviews of broken glasses that it owes.
    pub reviews: OwedReviews,
    /// The number of rows about its rules and reviews that this release can't read.
    pub unreadable: usize,
}

impl Page {
    /// The newest run of the rule of this name: where people asked again, the last one.
    pub fn run_of(&self, rule: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.rule == rule && run.asked_again.is_none())
    }

    /// The page, where all of it could be read but for effects and events, so that something can be decided
    /// by it.
    ///
    /// # Errors
    /// [`StoreError::Row`]: a row of it can't be read.
    pub fn whole(self) -> Result<Self, StoreError> {
        if let Some(key) = self.unreadable_states().next() {
            return Err(StoreError::row(key, "a row of the same deploy"));
        }
        Ok(self)
    }

    /// The keys of the rows that can't be read, but for effects and events.
    pub fn unreadable_states(&self) -> impl Iterator<Item = &String> {
        self.unreadable.iter().filter(|key| !key.contains(" effect#") && !key.contains(" event#"))
    }

    /// The rules whose runs stopped before their last step, in the order in which they were opened.
    pub fn failed_rules(&self) -> Vec<String> {
        let stopped =
            self.runs.iter().filter(|run| run.status == Status::Stopped && run.asked_again.is_none());
        stopped.map(|run| run.rule.clone()).collect()
    }
}

impl Store {
    /// The deploy with this id.
    pub async fn deploy(&self, deploy: &DeployId) -> Result<Option<Deploy>, StoreError> {
        self.get(&keys::deploy(deploy)).await
    }

    /// The deployment that a deploy is of, whatever else its row says.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn deployment_named(&self, deploy: &DeployId) -> Result<Option<Slug>, StoreError> {
        #[derive(Deserialize)]
        struct Named {
            deployment: Slug,
        }
        let row = self.get_row(&keys::deploy(deploy)).await?;
        Ok(row.map(row::read::<Named>).transpose()?.map(|named| named.deployment))
    }

    /// Reads the state of a deploy's confirmation and arrival, even if other parts of its row can't be read;
    /// `None`: it is not on record.
    ///
    /// # Errors
    /// The record can't be read, or this part of the row can't.
    pub async fn outline(&self, deploy: &DeployId) -> Result<Option<DeployOutline>, StoreError> {
        self.get_row(&keys::deploy(deploy)).await?.map(row::read).transpose()
    }

    /// Reads the reports of alarms on a deploy, even if its other facts can't be read.
    ///
    /// # Errors
    /// The record can't be read, or this part of the row can't.
    pub async fn alarms(&self, deploy: &DeployId) -> Result<BTreeMap<String, Report>, StoreError> {
        #[derive(Deserialize)]
        struct Known {
            #[serde(default)]
            reports: BTreeMap<String, Report>,
        }
        let row = self.get_row(&keys::facts(deploy)).await?;
        let known = row.map(row::read::<Known>).transpose()?;
        let facts =
            Facts { reports: known.map(|known| known.reports).unwrap_or_default(), ..Facts::none(deploy) };
        Ok(facts.alarms())
    }

    /// Reads the facts that became known of a deploy after it arrived.
    pub async fn facts(&self, deploy: &DeployId) -> Result<Facts, StoreError> {
        Ok(self.get(&keys::facts(deploy)).await?.unwrap_or_else(|| Facts::none(deploy)))
    }

    /// The approval with this id, of this deploy, as it was last committed.
    pub async fn approval(
        &self,
        deploy: &DeployId,
        approval: &ApprovalId,
    ) -> Result<Option<Approval>, StoreError> {
        self.get(&keys::approval(deploy, approval)).await
    }

    /// The run with this id, of this deploy, as it was last committed.
    pub async fn run(&self, deploy: &DeployId, run: &RunId) -> Result<Option<Run>, StoreError> {
        self.get(&keys::run(deploy, run)).await
    }

    /// The run that the rule named as in `asking` asks about now, of the same deployment and environment.
    pub async fn newest(&self, asking: &Newest) -> Result<Option<Newest>, StoreError> {
        self.get(&keys::newest(&asking.deployment, &asking.environment, &asking.rule)).await
    }

    /// The approval whose dialog stands, or stood, there.
    pub async fn approval_at(&self, dialog: &Dialog) -> Result<Option<DialogPlace>, StoreError> {
        self.get(&keys::dialog(dialog)).await
    }

    /// A deploy, with the tags that rules gave it, and one of its runs, in one request.
    pub async fn deploy_and_run(
        &self,
        deploy: &DeployId,
        run: &RunId,
    ) -> Result<Option<(Deploy, Run)>, StoreError> {
        let (first, second, third) = (keys::deploy(deploy), keys::run(deploy, run), keys::facts(deploy));
        let keys = [first, second, third];
        let mut rows = self.get_all(&keys).await?;
        let [first, second, third] = &keys;
        let (Some(deploy), Some(run)) = (rows.remove(first), rows.remove(second)) else {
            return Ok(None);
        };
        let mut deploy: Deploy = read_whole(deploy)?;
        if let Some(facts) = rows.remove(third) {
            deploy.tags.extend(read_whole::<Facts>(facts)?.tags);
        }
        Ok(Some((deploy, read_whole(run)?)))
    }

    /// An approval and the run that it belongs to, in one request.
    pub async fn approval_and_run(
        &self,
        deploy: &DeployId,
        approval: &ApprovalId,
        run: &RunId,
    ) -> Result<Option<(Approval, Run)>, StoreError> {
        let (first, second) = (keys::approval(deploy, approval), keys::run(deploy, run));
        let keys = [first, second];
        let mut rows = self.get_all(&keys).await?;
        let [first, second] = &keys;
        Ok(match (rows.remove(first), rows.remove(second)) {
            (Some(approval), Some(run)) => Some((read_whole(approval)?, read_whole(run)?)),
            _ => None,
        })
    }

    /// Reads the facts of these deploys, at most 100; a deploy without facts is left out. One request.
    pub async fn facts_of(&self, deploys: &[&DeployId]) -> Result<HashMap<DeployId, Facts>, StoreError> {
        let keys: Vec<_> = deploys.iter().map(|deploy| keys::facts(deploy)).collect();
        let rows = self.get_all(&keys).await?;
        let (facts, _) = read_each::<Facts>(rows.into_values());
        Ok(facts.into_iter().map(|facts| (facts.deploy.clone(), facts)).collect())
    }

    /// Reads the data that a deployment's page shows beside its deploys, of which there are at most 98. One
    /// request.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn beside(&self, deploys: &[&DeployId], deployment: &Slug) -> Result<Beside, StoreError> {
        let (place, reviews) = (keys::rules_in_force(deployment), keys::owed_reviews(deployment));
        let mut keys: Vec<_> = deploys.iter().map(|deploy| keys::facts(deploy)).collect();
        keys.extend([place.clone(), reviews.clone()]);
        let mut rows = self.get_all(&keys).await?;
        let (rules, bad_rules) = read_each::<RulesInForce>(rows.remove(&place));
        let (owed, bad_reviews) = read_each::<OwedReviews>(rows.remove(&reviews));
        let (facts, _) = read_each::<Facts>(rows.into_values());
        Ok(Beside {
            facts: facts.into_iter().map(|facts| (facts.deploy.clone(), facts)).collect(),
            rules: rules.into_iter().next(),
            reviews: owed.into_iter().next().unwrap_or_else(|| OwedReviews::none(deployment)),
            unreadable: bad_rules + bad_reviews,
        })
    }

    /// Everything on record about one deploy.
    pub async fn page(&self, deploy: &DeployId) -> Result<Option<Page>, StoreError> {
        let (mut found, mut facts) = (None, None);
        let (mut runs, mut approvals, mut effects, mut events) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut unreadable = Vec::new();
        let mut from: Option<Row> = None;
        loop {
            let request = self
                .dynamo
                .query()
                .table_name(&self.places.record_table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(keys::partition(deploy)))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                let name = row::name(&item);
                let sk = item.get(keys::SK).and_then(|sk| sk.as_s().ok());
                let read = match sk.and_then(|sk| sk.split('#').next()) {
                    // Without it there is nothing to show.
                    Some("deploy") => {
                        found = Some(row::read(item)?);
                        Ok(())
                    }
                    Some("facts") => row::read(item).map(|read| facts = Some(read)),
                    Some("run") => row::read::<Run>(item).map(|run| runs.push(run)),
                    Some("approval") => row::read::<Approval>(item).map(|approval| approvals.push(approval)),
                    Some("effect") => row::read(item).map(|effect| effects.push(effect)),
                    Some("event") => unpack(item).map(|read| events.extend(read)),
                    _ => Ok(()),
                };
                if let Err(error) = read {
                    left_out(&error);
                    unreadable.push(name);
                }
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => break,
            }
        }
        // Those of one evaluation in the order of the file.
        runs.sort_by_key(|run| (run.opened_at, run.line));
        approvals.sort_by_key(|approval| (approval.opened_at, approval.step));
        let facts = facts.unwrap_or_else(|| Facts::none(deploy));
        Ok(found.map(|deploy| Page { deploy, facts, runs, approvals, effects, events, unreadable }))
    }

    /// The deploy of the same deployment and environment that came before `deploy`, if there is one.
    pub async fn previous(&self, deploy: &Deploy) -> Result<Option<DeploySummary>, StoreError> {
        let before = keys::listed_at(deploy);
        let of = (&deploy.deployment, deploy.environment.as_str());
        Ok(self.listed(of, "listed_at < :at", &before, 1).await?.into_iter().next())
    }

    /// The newest deploys that arrived in an environment and of which `condition` is true, newest first: at
    /// most `limit`, or a few more. One request, and further ones where most of them failed or are under way.
    pub(crate) async fn listed(
        &self,
        (deployment, environment): (&Slug, &str),
        condition: &str,
        at: &str,
        limit: i32,
    ) -> Result<Vec<DeploySummary>, StoreError> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let (more, next) =
                self.listed_after((deployment, environment), (condition, at), limit, start).await?;
            found.extend(more.into_iter().filter(|deploy| deploy.state.has_arrived()));
            let is_enough = usize::try_from(limit).is_ok_and(|limit| found.len() >= limit);
            match next {
                Some(next) if !is_enough => start = Some(next),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// A page of the deploys of an environment, and where the next one begins.
    async fn listed_after(
        &self,
        (deployment, environment): (&Slug, &str),
        (condition, at): (&str, &str),
        limit: i32,
        start: Option<Row>,
    ) -> Result<(Vec<DeploySummary>, Option<Row>), StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::ENVIRONMENT_INDEX)
            .key_condition_expression(format!("environment_key = :environment AND {condition}"))
            .expression_attribute_values(":environment", text(keys::environment(deployment, environment)))
            .expression_attribute_values(":at", text(at))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        Ok((read_each(answer.items.unwrap_or_default()).0, answer.last_evaluated_key))
    }

    /// The deploys of this deployment whose revision begins with `prefix` (lower case), of every environment,
    /// oldest first, with further reports of them. One request for each 1 MB, which is some 3,000 deploys.
    pub async fn of_revision(
        &self,
        deployment: &Slug,
        prefix: &str,
    ) -> Result<Vec<DeploySummary>, StoreError> {
        let (mut deploys, mut from) = (Vec::new(), None);
        loop {
            let request = self
                .dynamo
                .query()
                .table_name(&self.places.record_table)
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":pk", text(keys::revisions(deployment)))
                .expression_attribute_values(":prefix", text(prefix))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
            deploys.extend(read_each::<DeploySummary>(answer.items.unwrap_or_default()).0);
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => break,
            }
        }
        // A deploy that was registered by the start of its revision is there by the full one too.
        deploys.sort_by_key(|deploy| std::cmp::Reverse(deploy.revision.len()));
        let mut seen = HashSet::new();
        deploys.retain(|deploy| seen.insert(deploy.id.clone()));
        deploys.sort_by(|one, other| one.listed_at.cmp(&other.listed_at));
        Ok(deploys)
    }

    /// Puts an ignored webhook delivery on record. Repeating it changes nothing: the first time stands.
    pub async fn ignore_delivery(
        &self,
        source: &str,
        id: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let body: HashMap<&str, &str> =
            HashMap::from([("source", source), ("delivery", id), ("ignored", reason)]);
        let mut row = row::write(&keys::delivery(source, id), &body, now, self.places.retention)?;
        row.insert("at".to_owned(), text(now.to_string()));
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)");
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }

    /// Puts `row`, which has the attribute `listed_at` with this value, in the place of an older one. Where
    /// it stands already, or a newer one does, nothing changes.
    pub(crate) async fn put_newer(&self, row: Row, listed_at: AttributeValue) -> Result<(), StoreError> {
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR listed_at < :listed_at")
            .expression_attribute_values(":listed_at", listed_at);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }

    pub(crate) async fn get<T: Serialize + DeserializeOwned>(
        &self,
        key: &keys::Key,
    ) -> Result<Option<T>, StoreError> {
        self.get_row(key).await?.map(read_whole).transpose()
    }

    pub(crate) async fn get_row(&self, key: &keys::Key) -> Result<Option<Row>, StoreError> {
        let request = self
            .dynamo
            .get_item()
            .table_name(&self.places.record_table)
            .set_key(Some(row::key(key)))
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::service("GetItem", error))?;
        Ok(answer.item)
    }

    /// The rows at `keys`, at most 100.
    pub(crate) async fn get_all(&self, keys: &[keys::Key]) -> Result<HashMap<keys::Key, Row>, StoreError> {
        // DynamoDB refuses a request for nothing.
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(row::key).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::row("keys", error))?;
        let request = self.dynamo.batch_get_item().request_items(&self.places.record_table, wanted);
        let answer = request.send().await.map_err(|error| StoreError::service("BatchGetItem", error))?;
        if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            let detail = "some keys were not processed".to_owned();
            return Err(StoreError::Service { operation: "BatchGetItem", detail });
        }
        let rows = answer.responses.unwrap_or_default().remove(&self.places.record_table).unwrap_or_default();
        let part = |row: &Row, name| row.get(name).and_then(|value| value.as_s().ok()).cloned();
        let keyed = |row: Row| {
            let key = keys::Key { pk: part(&row, keys::PK)?, sk: part(&row, keys::SK)? };
            Some((key, row))
        };
        Ok(rows.into_iter().filter_map(keyed).collect())
    }
}
