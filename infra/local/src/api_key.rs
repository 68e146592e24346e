//! The API key of the local stack: the row of a key that an admin could have created in the console.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key's text. Everybody knows it; it opens nothing but the stack on this machine.
pub const TEXT: &str = "sgn_10ca110ca110_10ca110ca110ca110ca110ca110ca110ca110ca110ca110ca110ca110ca110ca";
/// Name that the console's list of keys shows.
const NAME: &str = "cargo run";

/// The row of the record's table that the functions read for a key, as DynamoDB's own JSON. `text` is the
/// key's text, of which the row has only the SHA-256 of its secret; `created_at` is a time in RFC 3339. The
/// key is good for everything.
#[must_use]
pub fn row(text: &str, created_at: &str) -> Value {
    let (id, secret) = text.trim_start_matches("sgn_").split_once('_').unwrap_or_default();
    let last_four = secret.get(secret.len().saturating_sub(4)..).unwrap_or_default();
    let by = json!({"M": {"id": {"S": "local"}, "name": {"S": NAME}}});
    json!({
        "pk": {"S": "keys"},
        "sk": {"S": format!("key#{id}")},
        "id": {"S": id},
        "name": {"S": NAME},
        "scopes": {"L": [{"S": "register"}, {"S": "report"}, {"S": "read"}, {"S": "admin"}]},
        "digest": {"S": hex::encode(Sha256::digest(secret))},
        "last_four": {"S": last_four},
        "created": {"M": {"by": by, "at": {"S": created_at}}},
    })
}
