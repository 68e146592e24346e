//! `webhook`: calls an address with a signed description of the deploy, or with what the rule writes.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Tried;
use approval::action::{Action, HeaderText, WebhookBody, WebhookSpec};
use approval::deploy::Deploy;
use providers::Failure;
use providers::derived::signing_key;
use providers::webhook::{Header, Request, body};
use rules::template::{Context, render_address, render_plain};
use runtime::connections::Connected;
use runtime::effects::Attempt;
use serde_json::{Map, Value};

impl ActionExecution {
    pub(super) async fn webhook(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        spec: &WebhookSpec,
    ) -> Tried<Done> {
        let number = self.connection(deploy, connected)?.secrets.outgoing;
        let happened = self.happened(attempt, deploy).await?;
        let context = self.early_context(deploy).with(&happened);
        let address = render_address(&spec.url, &context).map_err(rendering("the address"))?;
        let body = match &spec.body {
            Some(written) => rendered(written, &context)?,
            None if spec.method.describes() => body(deploy, &happened, &self.deploy_url(&deploy.id))
                .map_err(|error| Failure::Permanent(format!("the body can't be written: {error}")))?,
            None => Vec::new(),
        };
        let headers = self.headers(deploy, spec, &context).await?;
        let secret = self.outside.api_secret(self.now()).await?;
        let master = secret
            .signing_key()
            .ok_or_else(|| Failure::Permanent("the API secret has no key to sign with".to_owned()))?;
        let key = signing_key(master, &deploy.deployment, number);
        let request = Request {
            address: &address,
            method: spec.method,
            headers,
            body,
            key: &key,
            delivery: attempt.effect.id.as_str(),
        };
        self.outside.webhook().await?.call(request, self.now()).await?;
        // The address may hold a secret; the action's line shows its host only.
        Ok(Done { summary: format!("delivered ({}).", Action::Webhook(WebhookSpec::to(address))), url: None })
    }

    /// The headers of the rule, with the values of the secrets that it names.
    async fn headers(
        &self,
        deploy: &Deploy,
        spec: &WebhookSpec,
        context: &Context,
    ) -> Result<Vec<Header>, Failure> {
        let mut headers = Vec::new();
        for (name, value) in &spec.headers {
            headers.push(match value {
                HeaderText::Text(template) => {
                    let text = render_plain(template, context).map_err(rendering(&format!("the header `{name}`")))?;
                    Header::Text(name.clone(), text)
                }
                HeaderText::Secret(secret) => {
                    let write = self.outside.write_secret(self.now()).await?;
                    let held = write.webhook_headers.get(secret).filter(|held| held.is_for(&deploy.deployment));
                    // Whoever writes rules learns nothing of secrets that are for others.
                    let held = held.ok_or_else(|| {
                        Failure::Permanent(format!(
                            "nothing was sent: the stack has no secret `{secret}` for {}: put it under `webhook_headers` into \
                             the stack's WriteSecret, with the hosts and deployments that it is for",
                            deploy.deployment
                        ))
                    })?;
                    Header::Secret { name: name.clone(), value: held.value.clone(), hosts: held.hosts.clone() }
                }
            });
        }
        Ok(headers)
    }
}

fn rendered(body: &WebhookBody, context: &Context) -> Result<Vec<u8>, Failure> {
    Ok(match body {
        WebhookBody::Text(template) => {
            render_plain(template, context).map_err(rendering("the body"))?.into_bytes()
        }
        WebhookBody::Object(texts) => {
            let mut object = Map::new();
            for (name, template) in texts {
                let text =
                    render_plain(template, context).map_err(rendering(&format!("`{name}` of the body")))?;
                object.insert(name.clone(), Value::String(text));
            }
            Value::Object(object).to_string().into_bytes()
        }
    })
}
