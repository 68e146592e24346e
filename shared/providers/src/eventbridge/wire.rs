//! Body of the event that the action `send_event` sends.

use crate::failure::Failure;
use crate::webhook::description;
use serde_json::Value;
use signoff_core::action::MAX_DETAIL_TYPE;
use signoff_core::deploy::Deploy;
use signoff_core::happened::Happened;
use std::collections::BTreeMap;

/// The source of every event of ours, by which rules of EventBridge choose.
pub const SOURCE: &str = "signoff";
/// An entry is smaller than 256 KB.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>.
const MAX_ENTRY_BYTES: usize = 256 * 1024;

/// An event that EventBridge takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// Its detail type.
    pub detail_type: String,
    /// Its detail, JSON.
    pub detail: String,
}

impl BusEvent {
    /// The event of `detail_type` that describes a deploy, what happened to it and its page as the body of
    /// the webhook action does. `id`: by which a consumer knows the same event when it comes again. `texts`:
    /// what else the detail says, by name.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for what EventBridge would not take.
    pub fn new(
        (deploy, happened, url): (&Deploy, &Happened, &str),
        id: &str,
        detail_type: String,
        texts: BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let characters = detail_type.chars().count();
        if detail_type.trim().is_empty() {
            let why = "nothing was sent: the event's detail type is empty; check detail_type in the rule";
            return Err(Failure::Permanent(why.to_owned()));
        }
        if characters > MAX_DETAIL_TYPE {
            return Err(Failure::Permanent(format!(
                "nothing was sent: the event's detail type has {characters} characters, and EventBridge takes {MAX_DETAIL_TYPE} \
                 at most; put what is long under `detail` of the rule"
            )));
        }
        let unwritable =
            |error: serde_json::Error| Failure::Permanent(format!("the event can't be written: {error}"));
        let mut detail = match description(deploy, happened, url).map_err(unwritable)? {
            Value::Object(detail) => detail,
            other => [("deploy".to_owned(), other)].into_iter().collect(),
        };
        detail.extend(texts.into_iter().map(|(name, text)| (name, Value::String(text))));
        // Last: no text of a rule's takes its place.
        detail.insert("id".to_owned(), id.into());
        let detail = Value::Object(detail).to_string();
        let bytes = SOURCE.len() + detail_type.len() + detail.len();
        if bytes >= MAX_ENTRY_BYTES {
            return Err(Failure::Permanent(format!(
                "nothing was sent: the event has {bytes} bytes, and EventBridge takes less than {MAX_ENTRY_BYTES}; shorten the \
                 texts under `detail` of the rule"
            )));
        }
        Ok(Self { detail_type, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::action::EVENT_DETAIL;
    use signoff_core::deploy::{RulesChange, Slug, Source};
    use signoff_core::id::DeployId;

    fn deploy() -> Deploy {
        let deployed_at = "2026-05-11T11:42:00Z".parse().unwrap();
        Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".to_owned(),
            environment: "Staging EU".to_owned(),
            revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".to_owned(),
            branch: Some("main".to_owned()),
            deployed_at,
            registered_at: deployed_at,
            source: Source::RegisterDeploy,
            tags: Vec::new(),
            links: [].into(),
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: signoff_core::confirmation::Confirmation::Confirmed,
            state: Default::default(),
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
            size: None,
        }
    }

    fn event(detail_type: &str, texts: &[(&str, &str)]) -> Result<BusEvent, Failure> {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        BusEvent::new(
            (&deploy(), &Happened::default(), "https://signoff.example.com/d1"),
            "e1",
            detail_type.to_owned(),
            texts,
        )
    }

    #[test]
    fn an_event_describes_the_deploy_and_says_what_the_rule_adds() {
        let event = event("promoted", &[("team", "payments")]).unwrap();
        assert_eq!(event.detail_type, "promoted");
        insta::assert_snapshot!(event.detail);
    }

    #[test]
    fn deploy_fields_of_a_detail_are_reserved_names() {
        let detail: Value = serde_json::from_str(&event("a", &[]).unwrap().detail).unwrap();
        let mut names: Vec<&str> = detail.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, EVENT_DETAIL);
        let again: Value = serde_json::from_str(&event("a", &[("id", "other")]).unwrap().detail).unwrap();
        assert_eq!(again["id"], "e1");
    }

    #[test]
    fn what_eventbridge_would_not_take_is_told_before_it_is_sent() {
        assert!(event(&"ä".repeat(128), &[]).is_ok());
        let long = "x".repeat(MAX_ENTRY_BYTES);
        let told = [event(&"ä".repeat(129), &[]), event(" ", &[]), event("a", &[("text", &long)])];
        let told = told.map(|event| event.unwrap_err().to_string()).join("\n");
        insta::assert_snapshot!(told);
    }
}
