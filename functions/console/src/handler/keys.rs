//! API keys: the list, a new one, and one that is revoked.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::forms::key::{FilledKey, KeyForm};
use crate::html;
use lambda_http::http::StatusCode;
use signoff_runtime::api_keys::NewKey;
use signoff_runtime::random;
use signoff_store::{ApiKey, CommitError};

impl Console {
    /// The list and the form: 1 query.
    pub(super) async fn keys(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let keys = self.keys_on_record(call).await?;
        let part = parameter(call.query, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let page = html::keys(&keys, part, &KeyForm::default(), call.visitor(), call.now);
        Ok(Answer::page(StatusCode::OK, page))
    }

    /// A new key, which this answer alone shows: 1 query and 1 write. Else the form again, with what is
    /// wrong.
    pub(super) async fn create_key(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let keys = self.keys_on_record(call).await?;
        let FilledKey { name, scopes, deployments } = match KeyForm::read(&call.form, &keys) {
            Ok(filled) => filled,
            Err(form) => {
                let page = html::keys(&keys, 1, &form, call.visitor(), call.now);
                return Ok(Answer::page(StatusCode::UNPROCESSABLE_ENTITY, page));
            }
        };
        let random = random::bytes().map_err(|error| refusals::no_randomness(&error, call.id))?;
        let NewKey { text, row } = NewKey::new(&random, name, scopes, call.actor(), call.now);
        let row = ApiKey { deployments, ..row };
        self.store.create_key(&row).await.map_err(|error| match error {
            CommitError::Store(error) => {
                tracing::error!(request_id = call.id, %error, "an API key was not created");
                refusals::not_recorded(call.id)
            }
            CommitError::Conflict => refusals::again(call.id),
        })?;
        tracing::info!(request_id = call.id, key = row.id, by = row.created.by.id, "an API key was created");
        let page = html::new_key(&row, &text, &html::example(&self.site), call.visitor());
        Ok(Answer::page(StatusCode::CREATED, page))
    }

    /// Revokes a key: 1 read and 1 write.
    pub(super) async fn revoke_key(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let id = call.found.segment("id");
        let revoked = self.store.revoke_key(id, &call.actor(), call.now).await;
        let revoked = revoked.map_err(|error| {
            tracing::error!(request_id = call.id, key = id, %error, "an API key was not revoked");
            refusals::not_recorded(call.id)
        })?;
        let Some(key) = revoked else { return Err(refusals::no_api_key()) };
        tracing::info!(request_id = call.id, key = key.id, by = call.actor().id, "an API key is revoked");
        Ok(Answer::see_other("/settings/keys".to_owned()))
    }

    async fn keys_on_record(&self, call: &Call<'_>) -> Result<Vec<ApiKey>, Answer> {
        let keys = self.store.keys().await;
        keys.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))
    }
}
