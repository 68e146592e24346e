//! `send_event`: sends a description of the deploy to an EventBridge bus.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use aws_sdk_eventbridge::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_eventbridge::operation::put_events::PutEventsError;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use signoff_core::action::EventSpec;
use signoff_core::deploy::Deploy;
use signoff_providers::Failure;
use signoff_providers::eventbridge::{BusEvent, SOURCE, refused, unsent};
use signoff_rules::template::render_plain;
use signoff_runtime::effects::Attempt;
use std::collections::BTreeMap;

impl ActionExecution {
    pub(super) async fn send_event(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        spec: &EventSpec,
    ) -> Tried<Done> {
        let happened = self.happened(attempt, deploy).await?;
        let context = self.early_context(deploy).with(&happened);
        let detail_type = render_plain(&spec.detail_type, &context).map_err(rendering("the detail type"))?;
        let mut texts = BTreeMap::new();
        for (name, text) in &spec.detail {
            let text = render_plain(text, &context).map_err(rendering(&format!("`{name}` of the detail")))?;
            texts.insert(name.clone(), text);
        }
        let event = BusEvent::new(
            (deploy, &happened, &self.deploy_url(&deploy.id)),
            attempt.effect.id.as_str(),
            detail_type,
            texts,
        )?;
        let bus = spec.bus.as_deref().unwrap_or(&self.outside.event_bus);
        let summary = format!("sent to the event bus {bus} as {}.", event.detail_type);
        self.put_event(event, bus).await?;
        Ok(Done { summary, url: None })
    }

    async fn put_event(&self, event: BusEvent, bus: &str) -> Result<(), Failure> {
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(event.detail_type)
            .detail(event.detail)
            .event_bus_name(bus)
            .build();
        let answer = self.outside.events.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| failure(&error, bus))?;
        // A request that was taken says of each of its events whether that was.
        let taken = answer.entries().first();
        match taken.and_then(|entry| entry.error_code()) {
            Some(code) => {
                let message = taken.and_then(|entry| entry.error_message()).unwrap_or_default();
                Err(refused(code, message, 200, bus))
            }
            None if answer.failed_entry_count() > 0 => Err(refused("InternalFailure", "", 200, bus)),
            None => Ok(()),
        }
    }
}

fn failure(error: &SdkError<PutEventsError>, bus: &str) -> Failure {
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let (code, message) = (answer.err().code(), answer.err().message());
            refused(code.unwrap_or("an error without a code"), message.unwrap_or_default(), status, bus)
        }
        _ => unsent(&DisplayErrorContext(error).to_string(), bus),
    }
}
