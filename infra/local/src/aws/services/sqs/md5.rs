//! The digests that SQS gives back, so that a client can tell whether its message arrived whole.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value};

/// Returns the MD5 of a body, in hex.
pub(super) fn of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// Returns the MD5 of message attributes, sorted by name: name, type and value with their lengths, and a mark
/// that tells text from bytes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>
pub(super) fn of_attributes(attributes: &Map<String, Value>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut sorted: Vec<(&String, &Value)> = attributes.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut bytes = Vec::new();
    for (name, attribute) in sorted {
        put(&mut bytes, name.as_bytes());
        put(&mut bytes, attribute["DataType"].as_str().unwrap_or_default().as_bytes());
        if let Some(text) = attribute["StringValue"].as_str() {
            bytes.push(1);
            put(&mut bytes, text.as_bytes());
        } else {
            bytes.push(2);
            put(
                &mut bytes,
                &STANDARD.decode(attribute["BinaryValue"].as_str().unwrap_or_default()).unwrap_or_default(),
            );
        }
    }
    Some(hex::encode(Md5::digest(bytes)))
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(part);
}
