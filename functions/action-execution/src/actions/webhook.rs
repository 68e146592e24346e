//! `webhook`: posts a signed description of the deploy to an address.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::Action;
use approval::deploy::Deploy;
use providers::Failure;
use providers::derived::signing_key;
use providers::webhook::body;
use rules::template::render_address;
use runtime::connections::Connected;
use runtime::effects::Attempt;

impl ActionExecution {
    pub(super) async fn webhook(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        url: &str,
    ) -> Result<Done, Trouble> {
        let number = self.connection(deploy, connected)?.secrets.outgoing;
        let url = render_address(url, &self.plain_context(deploy, &[url]).await?)
            .map_err(rendering("the address"))?;
        let secret = self.outside.api_secret(self.now()).await?;
        let master = secret
            .signing_key()
            .ok_or_else(|| Failure::Permanent("the API secret has no key to sign with".to_owned()))?;
        let key = signing_key(master, &deploy.deployment, number);
        let body = body(deploy)
            .map_err(|error| Failure::Permanent(format!("the body can't be written: {error}")))?;
        let poster = self.outside.webhook().await?;
        poster.post(&url, body, &key, self.now(), attempt.effect.id.as_str()).await?;
        // The address may hold a secret; the action's line shows its host only.
        Ok(Done { summary: format!("delivered ({}).", Action::Webhook(url)), url: None })
    }
}
