//! Reading a request's parameters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{queue::Receipt, refusal::Refusal};

pub(super) fn receipt(request: &Value) -> Result<Receipt, Refusal> {
    let handle =
        STANDARD.decode(text(request, "ReceiptHandle")?).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    handle
        .as_deref()
        .and_then(|handle| handle.split_once(':'))
        .and_then(|(id, receive)| Some(Receipt { message_id: id.to_owned(), receive: receive.parse().ok()? }))
        .ok_or_else(Refusal::no_receipt)
}

pub(super) fn text<'r>(request: &'r Value, name: &str) -> Result<&'r str, Refusal> {
    request[name].as_str().ok_or_else(|| Refusal::missing(name))
}

pub(super) fn names<'r>(request: &'r Value, name: &str) -> Vec<&'r str> {
    request[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(super) fn number(request: &Value, name: &str, least: u64, most: u64) -> Result<Option<u64>, Refusal> {
    let Some(value) = request.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    match value.as_u64().filter(|value| (least..=most).contains(value)) {
        Some(value) => Ok(Some(value)),
        None => Err(Refusal::invalid(name, &format!("Must be between {least} and {most}."))),
    }
}

/// A group or deduplication id: up to 128 letters, digits and punctuation marks.
pub(super) fn identifier(request: &Value, name: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = request[name].as_str() else { return Ok(None) };
    if (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(value.to_owned()));
    }
    Err(Refusal::invalid(name, "It can be up to 128 alphanumeric and punctuation characters."))
}
