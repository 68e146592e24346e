//! EventBridge's PutEvents: buses that keep what was put on them, and rules that invoke functions.
//!
//! Buses need not be made: there is one of every name.
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{body::Bytes, response::Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::{error, json_response};
use crate::aws::{
    clock,
    ids::Ids,
    lambda::Functions,
    template::{Place, resources::EventRule, rules::DEFAULT_BUS},
};

/// Events that are kept; the oldest go first.
const KEPT: usize = 10_000;
/// An entry is smaller than this.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>
const LARGEST_ENTRY: usize = 256 * 1024;
/// Entries of one request, at most.
const MOST_ENTRIES: usize = 10;
/// Characters of a detail type, at most.
const LONGEST_DETAIL_TYPE: usize = 128;

/// An event that a bus has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct BusEvent {
    /// The bus's name.
    pub bus: String,
    /// The event as rules and their targets see it.
    pub event: Value,
}

/// The buses, and who hears of what is put on them.
pub(crate) struct Events {
    place: Place,
    ids: Arc<Ids>,
    rules: Vec<EventRule>,
    functions: Arc<Functions>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    taken: VecDeque<BusEvent>,
    /// Error codes that the next events of a detail type are answered with.
    refusals: Vec<(String, String)>,
}

/// An error code and its message.
type Refusal = (String, String);

impl Events {
    pub(crate) fn new(
        rules: &[EventRule],
        functions: &Arc<Functions>,
        ids: &Arc<Ids>,
        place: &Place,
    ) -> Self {
        Self {
            place: place.clone(),
            ids: Arc::clone(ids),
            rules: rules.to_vec(),
            functions: Arc::clone(functions),
            inner: Mutex::default(),
        }
    }

    /// Returns the events that the buses took, in order. Beyond some ten thousand, the oldest are dropped.
    pub(crate) fn taken(&self) -> Vec<BusEvent> {
        self.inner().taken.iter().cloned().collect()
    }

    /// Answers the next event of this detail type with an error code, in an answer 200 as AWS does.
    pub(crate) fn refuse_next(&self, detail_type: &str, code: &str) {
        self.inner().refusals.push((detail_type.to_owned(), code.to_owned()));
    }

    /// Puts an event of an AWS service on the default bus.
    pub(crate) fn emit(&self, source: &str, detail_type: &str, detail: Value) {
        self.take(DEFAULT_BUS, source, detail_type, detail);
    }

    /// Answers one request.
    pub(crate) fn handle(&self, operation: &str, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let entries = request["Entries"].as_array().map_or(&[][..], Vec::as_slice);
        let invalid = |message: &str| error(StatusCode::BAD_REQUEST, "ValidationException", message);
        if operation != "PutEvents" {
            return error(
                StatusCode::BAD_REQUEST,
                "UnknownOperationException",
                "The local EventBridge has PutEvents only; rules come from the template.",
            );
        }
        if entries.is_empty() || entries.len() > MOST_ENTRIES {
            return invalid(
                "Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10",
            );
        }
        if entries.iter().map(size).any(|size| size >= LARGEST_ENTRY) {
            return invalid("Total size of the entries in the request is over the limit.");
        }
        let answers: Vec<Result<String, Refusal>> = entries.iter().map(|entry| self.put(entry)).collect();
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        let entries = answers.into_iter().map(|answer| match answer {
            Ok(id) => json!({"EventId": id}),
            Err((code, message)) => json!({"ErrorCode": code, "ErrorMessage": message}),
        });
        json_response(
            StatusCode::OK,
            &json!({"FailedEntryCount": failed, "Entries": entries.collect::<Vec<_>>()}),
        )
    }

    fn put(&self, entry: &Value) -> Result<String, Refusal> {
        let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
        let invalid = |name: &str, why: &str| {
            ("InvalidArgument".to_owned(), format!("Parameter {name} is not valid. Reason: {why}"))
        };
        let required =
            |name: &str| text(name).ok_or_else(|| invalid(name, &format!("{name} is a required argument.")));
        let (source, detail_type, detail) =
            (required("Source")?, required("DetailType")?, required("Detail")?);
        if detail_type.chars().count() > LONGEST_DETAIL_TYPE {
            return Err(invalid("DetailType", "it has more than 128 characters."));
        }
        // AWS keeps such sources to itself.
        if source.starts_with("aws.") {
            return Err((
                "NotAuthorizedForSourceException".to_owned(),
                "Not authorized for the source.".to_owned(),
            ));
        }
        let detail = serde_json::from_str(detail).ok().filter(Value::is_object);
        let detail: Value =
            detail.ok_or_else(|| ("MalformedDetail".to_owned(), "Detail is malformed.".to_owned()))?;
        if let Some(code) = self.refused(detail_type) {
            return Err((code, "The local EventBridge was told to say so.".to_owned()));
        }
        Ok(self.take(text("EventBusName").unwrap_or(DEFAULT_BUS), source, detail_type, detail))
    }

    fn refused(&self, detail_type: &str) -> Option<String> {
        let refusals = &mut self.inner().refusals;
        let next = refusals.iter().position(|(of, _)| of == detail_type)?;
        Some(refusals.remove(next).1)
    }

    /// Keeps an event, and starts the functions whose rules ask for it; its id.
    fn take(&self, bus: &str, source: &str, detail_type: &str, detail: Value) -> String {
        let id = self.ids.uuid();
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": self.place.account,
            "time": clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": self.place.region,
            "resources": [],
            "detail": detail,
        });
        let name = bus.rsplit_once("event-bus/").map_or(bus, |(_, name)| name);
        for rule in self.rules.iter().filter(|rule| rule.bus == name && rule.pattern.matches(&event)) {
            let payload = rule.input.clone().unwrap_or_else(|| event.to_string());
            self.functions.start(&rule.function, Bytes::from(payload));
        }
        let mut inner = self.inner();
        if inner.taken.len() == KEPT {
            inner.taken.pop_front();
        }
        inner.taken.push_back(BusEvent { bus: name.to_owned(), event });
        id
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry's size as EventBridge counts it.
fn size(entry: &Value) -> usize {
    let text = |name: &str| entry[name].as_str().map_or(0, str::len);
    let resources = entry["Resources"].as_array().into_iter().flatten();
    let time = if entry["Time"].is_null() { 0 } else { 14 };
    let resources: usize = resources.filter_map(Value::as_str).map(str::len).sum();
    time + text("Source") + text("DetailType") + text("Detail") + resources
}
