//! Places of messages about deploys, by which Signoff finds the deploy of a message that people react to.

use crate::error::StoreError;
use crate::{Store, keys, row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::approval::Dialog;
use signoff_core::id::DeployId;

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    deploy: DeployId,
}

impl Store {
    /// Notes that `message` is about `deploy`. Repeating it changes nothing.
    pub async fn place_message(
        &self,
        message: &Dialog,
        deploy: &DeployId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let place = Place { deploy: deploy.clone() };
        let row = row::write(&keys::message(message), &place, now, self.places.retention)?;
        let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        request.send().await.map(|_| ()).map_err(|error| StoreError::service("PutItem", error))
    }

    /// The deploy that `message` is about, where it was noted; of dialogs [`Store::approval_at`] knows it.
    pub async fn deploy_at(&self, message: &Dialog) -> Result<Option<DeployId>, StoreError> {
        Ok(self.get::<Place>(&keys::message(message)).await?.map(|place| place.deploy))
    }
}
