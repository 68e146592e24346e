//! Secrets of one deployment, derived from one of the stack's.
//!
//! Each is the HMAC-SHA256 of the stack's secret over what it is for and whose it is. So nothing has to be
//! kept, and whoever has one of them learns neither the stack's secret nor that of another deployment.

use crate::signature::hmac_sha256;
use secrecy::{ExposeSecret, SecretString};
use signoff_core::deploy::Slug;

/// The label of secrets that verify incoming webhooks.
const INCOMING: &str = "signoff incoming webhook 1";
/// The label of keys that sign the `webhook` action.
const OUTGOING: &str = "signoff outgoing webhook 1";

/// The secret that verifies the webhooks of `repository` (`owner/name`) that lead to `deployment`: 64
/// hexadecimal digits, derived from `master`. Another `number` gives another secret, and so does another
/// repository, whose admins must not know it. An empty `master` gives an empty secret, which verifies
/// nothing.
pub fn incoming_secret(
    master: &SecretString,
    repository: &str,
    deployment: &Slug,
    number: u32,
) -> SecretString {
    derived(master, &[INCOMING, repository, deployment.as_str(), &number.to_string()])
}

/// The key that signs the `webhook` actions of `deployment`: 64 hexadecimal digits, derived from `master`.
/// Another `number` gives another key. An empty `master` gives an empty key, which signs nothing.
pub fn signing_key(master: &SecretString, deployment: &Slug, number: u32) -> SecretString {
    derived(master, &[OUTGOING, deployment.as_str(), &number.to_string()])
}

/// The secret of `parts`. Hosts compare names without regard to case, and no name has a line break.
fn derived(master: &SecretString, parts: &[&str]) -> SecretString {
    if master.expose_secret().trim().is_empty() {
        return SecretString::default();
    }
    let text = parts.join("\n").to_lowercase();
    SecretString::from(hex::encode(hmac_sha256(master, &[text.as_bytes()])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn slug(name: &str) -> Slug {
        Slug::new("acme", name).unwrap()
    }

    #[test]
    fn every_deployment_has_secrets_of_its_own() {
        let (one, two) = (SecretString::from("master-1"), SecretString::from("master-2"));
        let all: Vec<SecretString> = vec![
            incoming_secret(&one, "acme/web", &slug("web"), 0),
            incoming_secret(&one, "acme/web", &slug("web"), 1),
            incoming_secret(&one, "acme/api", &slug("web"), 0),
            incoming_secret(&one, "acme/web", &slug("api"), 0),
            incoming_secret(&two, "acme/web", &slug("web"), 0),
            signing_key(&one, &slug("web"), 0),
            signing_key(&one, &slug("web"), 1),
            signing_key(&one, &slug("api"), 0),
            signing_key(&two, &slug("web"), 0),
        ];
        let distinct: BTreeSet<_> = all.iter().map(|secret| secret.expose_secret().to_owned()).collect();
        assert_eq!(distinct.len(), all.len());
        assert!(distinct.iter().all(|secret| secret.len() == 64));
    }

    #[test]
    fn a_secret_is_the_hmac_of_its_label_and_names() {
        let master = SecretString::from("master-1");
        let expected = hmac_sha256(&master, &[b"signoff incoming webhook 1\nacme/web\nacme/shop\n7"]);
        let secret = incoming_secret(&master, "acme/web", &slug("shop"), 7);
        assert_eq!(secret.expose_secret(), hex::encode(expected));
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        let master = SecretString::from("master-1");
        let secret = |repository: &str, name: &str| {
            incoming_secret(&master, repository, &slug(name), 0).expose_secret().to_owned()
        };
        assert_eq!(secret("Acme/Web", "WEB"), secret("acme/web", "web"));
    }

    #[test]
    fn an_empty_master_gives_no_secret() {
        for master in ["", " "] {
            let master = SecretString::from(master);
            assert_eq!(incoming_secret(&master, "acme/web", &slug("web"), 0).expose_secret(), "");
            assert_eq!(signing_key(&master, &slug("web"), 0).expose_secret(), "");
        }
    }
}
