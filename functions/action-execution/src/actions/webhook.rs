//! `webhook`: calls an address with a signed description of the deploy, or with what the rule writes.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use serde_json::{Map, Value};
use signoff_core::action::{Action, HeaderText, WebhookBody, WebhookSpec};
use signoff_core::deploy::Deploy;
use signoff_providers::Failure;
use signoff_providers::derived::signing_key;
use signoff_providers::webhook::{Header, Request, body};
use signoff_rules::template::{Context, is_late, render_address, render_plain};
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;

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
        let master = self.outside.signing_master(self.now()).await?;
        let key = signing_key(&master, &deploy.deployment, number);
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
                    let text = render_plain(template, context)
                        .map_err(rendering(&format!("the header `{name}`")))?;
                    Header::Text(name.clone(), text)
                }
                HeaderText::Secret(secret) => self
                    .secret_header(deploy, name, secret)
                    .await?
                    .map_err(|why| Failure::Permanent(format!("nothing was sent: {why}")))?,
            });
        }
        Ok(headers)
    }

    /// The header `name` with the value of `secret`. The inner error: the reason for which rules of the
    /// deployment may not send it, and what to do.
    async fn secret_header(
        &self,
        deploy: &Deploy,
        name: &str,
        secret: &str,
    ) -> Result<Result<Header, String>, Failure> {
        let headers = self.outside.headers(self.now()).await?;
        let held = headers.get(secret).filter(|held| held.is_for(&deploy.deployment));
        // Whoever writes rules learns nothing of secrets that are for others.
        Ok(held
            .map(|held| Header::Secret {
                name: name.to_owned(),
                value: held.value.clone(),
                hosts: held.hosts.clone(),
            })
            .ok_or_else(|| {
                format!(
                    "the stack has no secret `{secret}` for {}; have an admin put it under `webhook_headers` into the stack's \
                     WriteSecret, with the hosts and deployments that it is for",
                    deploy.deployment
                )
            }))
    }

    /// The reason for which the call of `spec` fails as things are, and what to do; `None`: none is known.
    /// Its texts are rendered, but for what is known only when it runs. Nothing is sent.
    pub(crate) async fn webhook_refusal(&self, deploy: &Deploy, spec: &WebhookSpec) -> Option<String> {
        let mut headers = Vec::new();
        for (name, value) in &spec.headers {
            let HeaderText::Secret(secret) = value else { continue };
            match self.secret_header(deploy, name, secret).await {
                Ok(Ok(header)) => headers.push(header),
                Ok(Err(why)) => return Some(why),
                // It passes before the action runs.
                Err(failure) if failure.is_passing() => return None,
                Err(failure) => {
                    return Some(format!("Signoff can't read the stack's WriteSecret: {failure}"));
                }
            }
        }
        let address = known_part(&spec.url)?;
        self.outside.webhook().await.ok()?.refusal(address, &headers)
    }
}

/// The address as far as it is known before the action runs: all of it, or all up to its path where that
/// tells, for example, who approved. `None`: not even its host is known.
fn known_part(address: &str) -> Option<&str> {
    if !is_late(address) {
        return Some(address);
    }
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('{') {
        return None;
    }
    address.get(..address.len() - rest.len() + authority.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_known_up_to_what_its_approval_tells() {
        for (address, expected) in [
            ("https://x.example/a?b=1", Some("https://x.example/a?b=1")),
            ("https://x.example/{{ approved_by }}/a", Some("https://x.example")),
            ("https://x.example?by={{ approved_by }}", Some("https://x.example")),
            ("https://{{ outcome }}.x.example/a", None),
            ("{{ outcome }}", None),
        ] {
            assert_eq!(known_part(address), expected, "{address}");
        }
    }
}
