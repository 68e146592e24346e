//! Texts that only whoever has a random key can tell.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 of `purpose` under `key`: 64 hexadecimal digits. Neither the key nor a text for another
/// purpose follows from it.
pub(crate) fn keyed(key: &str, purpose: &str) -> String {
    // A key of any length is a key: the error that the type allows for can't happen.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(purpose).finalize().into_bytes())).unwrap_or_default()
}
