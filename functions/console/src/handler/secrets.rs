//! Secrets of a deployment's own: shown to admins, and changed by them.

use super::{Call, Console};
use crate::address::parameters::parameter;
use crate::answer::Answer;
use crate::auth::visitor::Access;
use crate::html::{ShownSecret, SigningKeys};
use signoff_core::deploy::Slug;
use signoff_providers::derived::{incoming_secret, signing_key};
use signoff_runtime::connections::Connected;
use signoff_runtime::credentials::{GITHUB_WEBHOOK_SECRET, WEBHOOK_SIGNING_KEY};
use signoff_store::{SecretChange, SecretNumbers};

impl Console {
    /// Changes a deployment's secrets: 2 reads and 1 write. Settings that somebody else saved since the form
    /// was opened stay as they are, so that a form that is sent twice changes the secrets once.
    pub(super) async fn change_secrets(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let saved = self.saved(&deployment, call).await?;
        let version = parameter(&call.form, "version").and_then(|text| text.parse().ok());
        let wanted = parameter(&call.form, "change").unwrap_or_default();
        let change = SecretChange::ALL.into_iter().find(|change| change.name() == wanted);
        let numbers = saved.as_ref().map_or_else(SecretNumbers::default, |saved| saved.secrets);
        let next = change.and_then(|change| numbers.changed(change));
        match next {
            Some(next) if version == Some(saved.as_ref().map_or(0, |saved| saved.version)) => {
                let (filled, disconnected) = self.unchanged(&deployment, saved.as_ref())?;
                self.save(&deployment, saved.as_ref(), filled, disconnected, next, call).await
            }
            _ => Ok(self.late(&deployment, saved.as_ref(), call).await),
        }
    }

    /// The secret that verifies the webhooks of a deployment's repository, as far as the visitor may see it.
    pub(super) async fn incoming(
        &self,
        deployment: &Slug,
        connected: &Connected,
        call: &Call<'_>,
    ) -> ShownSecret {
        if !call.visitor().is_some_and(|visitor| visitor.may(Access::Admin)) {
            return ShownSecret::ToAdmins;
        }
        let Some(connection) = connected.connection() else { return ShownSecret::OnceConnected };
        match self.secrets.text(&GITHUB_WEBHOOK_SECRET, call.now).await {
            Ok(master) => {
                let numbers = connection.secrets;
                let repository = &connection.repository;
                let secret = incoming_secret(&master, repository, deployment, numbers.incoming);
                ShownSecret::This { secret, one_before: numbers.incoming_before.is_some() }
            }
            Err(error) => {
                tracing::warn!(request_id = call.id, %error, "no webhook secret can be shown");
                ShownSecret::Missing
            }
        }
    }

    /// The keys that sign a deployment's `webhook` actions. `None`: the stack's secret can't be read.
    pub(super) async fn signing_keys(
        &self,
        deployment: &Slug,
        numbers: SecretNumbers,
        call: &Call<'_>,
    ) -> Option<SigningKeys> {
        let master = self.secrets.text(&WEBHOOK_SIGNING_KEY, call.now).await;
        let master = master
            .inspect_err(|error| tracing::warn!(request_id = call.id, %error, "no signing key can be shown"));
        let master = master.ok()?;
        let of = |number| signing_key(&master, deployment, number);
        Some(SigningKeys { current: of(numbers.outgoing), next: of(numbers.outgoing.checked_add(1)?) })
    }
}
