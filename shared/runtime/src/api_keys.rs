//! API keys: their text, and what a key that is shown lets its holder do.
//!
//! A key reads `sgn_ID_SECRET`; the record has its id and the SHA-256 of its secret. It is looked up each
//! time, so that a revoked one is refused at once.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use signoff_core::deploy::Slug;
use signoff_store::{Actor, ApiKey, DeploymentPattern, Done, Scope, Store, StoreError};
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

/// Start of every key, so that scanners of repositories find one that was committed.
const PREFIX: &str = "sgn_";
/// Length of an id, in bytes.
const ID: usize = 6;
/// Length of a secret, in bytes.
const SECRET: usize = 32;
/// Number of random bytes that a key is made of.
pub const RANDOM: usize = ID + SECRET;

/// A key that was just made.
#[derive(Debug)]
pub struct NewKey {
    /// The key's text, which is nowhere else.
    pub text: SecretString,
    /// Row that goes on record for it.
    pub row: ApiKey,
}

/// Holder of a valid API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The key's id and name.
    pub key: Actor,
    /// Scopes that it was made for.
    pub scopes: BTreeSet<Scope>,
    /// The deployments that it was made for; none: all of them.
    pub deployments: Vec<DeploymentPattern>,
}

impl NewKey {
    /// The key that `random` makes, as `by` creates it at `now`. `name` and `scopes` are taken as they are.
    pub fn new(
        random: &[u8; RANDOM],
        name: String,
        scopes: BTreeSet<Scope>,
        by: Actor,
        now: Timestamp,
    ) -> Self {
        let (id, secret) = random.split_at(ID);
        let (id, secret) = (hex::encode(id), SecretString::from(hex::encode(secret)));
        let text = SecretString::from(format!("{PREFIX}{id}_{}", secret.expose_secret()));
        let digest = hex::encode(Sha256::digest(secret.expose_secret()));
        let last_four = secret.expose_secret().chars().skip(2 * SECRET - 4).collect();
        let created = Done { by, at: now };
        Self {
            text,
            row: ApiKey {
                id,
                name,
                scopes,
                deployments: Vec::new(),
                digest,
                last_four,
                created,
                revoked: None,
            },
        }
    }
}

impl Holder {
    /// Whoever shows `key`, which is on record. `None`: it is good for nothing any more.
    pub fn of(key: ApiKey) -> Option<Self> {
        let ApiKey { id, name, scopes, deployments, revoked, .. } = key;
        revoked.is_none().then_some(Self { key: Actor { id, name }, scopes, deployments })
    }

    /// True if the key has `scope`, or the scope `admin`, which includes all others.
    pub fn may(&self, scope: Scope) -> bool {
        [scope, Scope::Admin].iter().any(|scope| self.scopes.contains(scope))
    }

    /// True if the key is good for `deployment`.
    pub fn is_for(&self, deployment: &Slug) -> bool {
        self.deployments.is_empty() || self.deployments.iter().any(|pattern| pattern.fits(deployment))
    }

    /// The scopes that the key has, in words: `read`, `register and read`.
    pub fn scopes(&self) -> String {
        in_words(&self.scopes)
    }
}

/// Scopes in words: `read`, `register and read`, `register, report, read and admin`.
pub fn in_words(scopes: &BTreeSet<Scope>) -> String {
    let names: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// Holder of the key `typed`; `None`: it is no key of this stack, or it was revoked. One read of the record,
/// and none for what can't be a key.
///
/// # Errors
/// The record can't be read.
pub async fn holder(store: &Store, typed: &SecretString) -> Result<Option<Holder>, StoreError> {
    let Some((id, shown)) = parts(typed.expose_secret()) else { return Ok(None) };
    Ok(store.key(id).await?.and_then(|key| of_record(key, shown)))
}

/// The id and the secret in a key's text.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let hexadecimal = |part: &str, bytes: usize| {
        part.len() == 2 * bytes && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    (hexadecimal(id, ID) && hexadecimal(secret, SECRET)).then_some((id, secret))
}

/// Holder of `key`, if `shown` is its secret and the key was not revoked. The comparison takes constant time.
fn of_record(key: ApiKey, shown: &str) -> Option<Holder> {
    let digest = hex::decode(&key.digest).ok()?;
    let same = bool::from(Sha256::digest(shown).ct_eq(digest.as_slice()));
    same.then(|| Holder::of(key))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(scopes: &[Scope]) -> NewKey {
        let random = std::array::from_fn(|index| u8::try_from(index).unwrap() * 5);
        let by = Actor { id: "U1".to_owned(), name: "Ana".to_owned() };
        NewKey::new(&random, "CI".to_owned(), scopes.iter().copied().collect(), by, Timestamp::UNIX_EPOCH)
    }

    fn holds(key: &ApiKey, text: &str) -> Option<Holder> {
        let (id, secret) = parts(text)?;
        (id == key.id).then(|| of_record(key.clone(), secret))?
    }

    #[test]
    fn a_key_is_its_id_and_its_secret() {
        let NewKey { text, row } = made(&[Scope::Register]);
        let text = text.expose_secret();
        assert_eq!(text, "sgn_00050a0f1419_1e23282d32373c41464b50555a5f64696e73787d82878c91969ba0a5aaafb4b9");
        assert_eq!((row.id.as_str(), row.last_four.as_str()), ("00050a0f1419", "b4b9"));
        assert_eq!(row.digest.len(), 64);
        assert!(!serde_json::to_string(&row).unwrap().contains(&text[17..]), "the secret is not on record");
        assert!(!format!("{:?}", made(&[])).contains(&text[17..]), "nor in any debug line");
        let holder = holds(&row, text).unwrap();
        assert_eq!(holder.key, Actor { id: row.id.clone(), name: "CI".to_owned() });
        assert_eq!(
            Scope::ALL.map(|scope| holder.may(scope)),
            [true, false, false, false],
            "it is good for what it was made for"
        );
    }

    #[test]
    fn what_is_not_quite_the_key_holds_nothing() {
        let NewKey { text, row } = made(&[Scope::Admin]);
        let text = text.expose_secret();
        for other in [
            String::new(),
            PREFIX.to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            format!("{}0", &text[..text.len() - 1]),
            text.to_uppercase(),
            text.replacen('_', "-", 1),
            text.replace("sgn_0005", "sgn_0006"),
            format!("sgn_{}_{}", row.id, row.digest),
            format!("sgn_{}_{}", row.id, "\u{e9}".repeat(32)),
        ] {
            assert_eq!(holds(&row, &other), None, "{other}");
        }
        let by = Actor { id: "U2".to_owned(), name: "Ben".to_owned() };
        let revoked = ApiKey { revoked: Some(Done { by, at: Timestamp::UNIX_EPOCH }), ..row.clone() };
        assert_eq!(holds(&revoked, text), None, "a revoked one holds nothing");
        assert!(Scope::ALL.iter().all(|scope| holds(&row, text).unwrap().may(*scope)));
    }

    #[test]
    fn a_key_for_some_deployments_is_good_for_no_other() {
        let NewKey { text, row } = made(&[Scope::Register]);
        let patterns = ["acme/*", "shop/Web"].map(|text| DeploymentPattern::parse(text).unwrap());
        let holder =
            holds(&ApiKey { deployments: patterns.to_vec(), ..row.clone() }, text.expose_secret()).unwrap();
        let every = holds(&row, text.expose_secret()).unwrap();
        for (organization, name, expected) in [
            ("ACME", "checkout", true),
            ("shop", "web", true),
            ("shop", "checkout", false),
            ("acm", "e", false),
        ] {
            let slug = Slug::new(organization, name).unwrap();
            assert_eq!((holder.is_for(&slug), every.is_for(&slug)), (expected, true), "{slug}");
        }
    }

    #[test]
    fn scopes_in_words() {
        let words = |scopes: &[Scope]| in_words(&scopes.iter().copied().collect());
        assert_eq!(words(&[Scope::Read]), "read");
        assert_eq!(words(&[Scope::Read, Scope::Register]), "register and read");
        assert_eq!(words(&Scope::ALL), "register, report, read and admin");
    }
}
