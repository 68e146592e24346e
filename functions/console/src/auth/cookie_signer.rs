//! Texts that the console hands to browsers and takes back unchanged, signed by HMAC-SHA256.
//!
//! The key is derived from the Slack app's client secret: a new client secret ends every session, and every
//! sign-in that is under way.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Label with which the key is derived from the client secret.
const KEY: &str = "signoff console key";

/// Purpose of a signature: a text signed for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// A person's session.
    Session,
    /// A sign-in that is under way.
    LoginState,
    /// The forms of a session.
    Form,
}

/// Signs, and looks at signatures.
#[derive(Clone, Debug)]
pub(crate) struct CookieSigner(SecretString);

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::LoginState => "sign-in",
            Self::Form => "form",
        }
    }
}

impl CookieSigner {
    /// The seal of who has this client secret.
    pub(crate) fn new(client_secret: &SecretString) -> Self {
        Self(SecretString::from(mac(client_secret.expose_secret().trim(), KEY)))
    }

    /// `text`, a dot, and its signature.
    pub(crate) fn sealed(&self, purpose: Purpose, text: &str) -> String {
        format!("{text}.{}", self.signature(purpose, text))
    }

    /// The text of a [`CookieSigner::sealed`] value that nobody changed.
    pub(crate) fn opened<'v>(&self, purpose: Purpose, value: &'v str) -> Option<&'v str> {
        let (text, signature) = value.rsplit_once('.')?;
        let right = self.signature(purpose, text);
        bool::from(right.as_bytes().ct_eq(signature.as_bytes())).then_some(text)
    }

    /// The signature of `text`: 64 hexadecimal digits.
    pub(crate) fn signature(&self, purpose: Purpose, text: &str) -> String {
        mac(self.0.expose_secret(), &format!("{}\n{text}", purpose.text()))
    }
}

fn mac(key: &str, text: &str) -> String {
    // A key of any length is a key: the error that the type allows for can't happen, and would sign nothing.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(text).finalize().into_bytes())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_changed_is_opened() {
        let seal = CookieSigner::new(&"secret".into());
        let value = seal.sealed(Purpose::Session, "a.b");
        assert_eq!(seal.opened(Purpose::Session, &value), Some("a.b"));
        let (text, signature) = value.rsplit_once('.').unwrap();
        for changed in [
            String::new(),
            ".".to_owned(),
            text.to_owned(),
            format!("{text}."),
            format!("a.c.{signature}"),
            format!("{text}.{}", &signature[1..]),
            format!("{text}.{}", "0".repeat(64)),
            format!("{text}.{signature}0"),
            format!("{text}.{}", signature.to_uppercase()),
        ] {
            assert_eq!(seal.opened(Purpose::Session, &changed), None, "{changed}");
        }
        assert_eq!(seal.opened(Purpose::LoginState, &value), None);
        assert_eq!(CookieSigner::new(&"another".into()).opened(Purpose::Session, &value), None);
        assert!(!format!("{seal:?}").contains(seal.0.expose_secret()));
    }
}
