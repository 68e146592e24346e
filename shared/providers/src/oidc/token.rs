//! A token: reading it, and verifying it.

use super::keys::Key;
use super::ring;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest token that is read. Real ones have some 2 KB.
const LONGEST: usize = 16 * 1024;
/// The most that clocks may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);
/// The longest that a token is good for after it was issued, whatever it says itself.
const OLDEST: SignedDuration = SignedDuration::from_hours(1);

/// The claims of a verified token.
pub type Claims = Map<String, Value>;

/// The reason for which a token is not taken. Nothing of the token is repeated in it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TokenError {
    /// It is no token, or too long, or of an algorithm that nobody may use (`none`, HMAC).
    #[error("it is not a JSON Web Token that is signed with RS256 or ES256")]
    Malformed,
    /// The issuer has no key of the token's `kid` and algorithm.
    #[error("its issuer has no such key. If the key is new, send the token again in a minute")]
    Key,
    /// The signature does not match.
    #[error("its signature does not match")]
    Signature,
    /// It comes from another issuer than the settings name.
    #[error("it comes from another issuer")]
    Issuer,
    /// It was made for another audience.
    #[error("it was made for another audience")]
    Audience,
    /// It is not good now, or does not say when it is.
    #[error("it has expired, is older than an hour, or is not valid yet")]
    Time,
}

/// A token that is not verified yet.
#[derive(Clone, Debug)]
pub struct Token {
    text: SecretString,
    algorithm: Algorithm,
    kid: String,
    issuer: String,
}

impl Token {
    /// True if a credential looks like a token rather than an API key.
    pub fn is_meant(credential: &str) -> bool {
        credential.starts_with("eyJ") && credential.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Reads a token without believing it.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`], or [`TokenError::Key`] where it names no key.
    pub fn read(text: SecretString) -> Result<Self, TokenError> {
        let shown = text.expose_secret();
        if shown.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(shown).map_err(|_| TokenError::Malformed)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(TokenError::Malformed);
        }
        let claims: Claims = insecure_decode_claims(shown).map_err(|_| TokenError::Malformed)?;
        let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kid = header.kid.ok_or(TokenError::Key)?;
        Ok(Self { algorithm: header.alg, kid, issuer, text })
    }

    /// The issuer that the token names. It is good for choosing among known issuers, and for nothing else.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The id of the key that it names.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The claims, if one of `keys` signed it, `issuer` issued it for `audience` alone, and it is good at
    /// `now`: within its own times and at most an hour old (RFC 7519, section 4.1). The algorithm is the
    /// key's.
    ///
    /// # Errors
    ///
    /// The first of these that is not so.
    pub fn verified(
        &self,
        issuer: &str,
        audience: &str,
        keys: &[Key],
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        ring::install();
        let mut named = keys.iter().filter(|key| key.kid == self.kid && key.algorithm == self.algorithm);
        let key = named.next().ok_or(TokenError::Key)?;
        let mut validation = Validation::new(key.algorithm);
        // The time comes in: the library would read the clock.
        validation.validate_exp = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        let read = decode::<Claims>(self.text.expose_secret(), &key.public, &validation);
        let claims = read.map_err(|error| reason(&error))?.claims;
        // The library also takes lists that have ours among others.
        let is = |claim: &str, value: &str| claims.get(claim).and_then(Value::as_str) == Some(value);
        if !is("iss", issuer) {
            return Err(TokenError::Issuer);
        }
        let alone = matches!(claims.get("aud"), Some(Value::Array(all)) if all.len() == 1);
        if !is("aud", audience) && !alone {
            return Err(TokenError::Audience);
        }
        if is_good(&claims, now) { Ok(claims) } else { Err(TokenError::Time) }
    }
}

fn reason(error: &Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => match claim.as_str()
        {
            "iss" => TokenError::Issuer,
            "aud" => TokenError::Audience,
            _ => TokenError::Time,
        },
        _ => TokenError::Malformed,
    }
}

fn is_good(claims: &Claims, now: Timestamp) -> bool {
    let time = |name: &str| Timestamp::from_second(claims.get(name)?.as_i64()?).ok();
    let (Some(expires), Some(issued)) = (time("exp"), time("iat")) else { return false };
    // A token that says from when on it is good must say it readably.
    let begins = if claims.contains_key("nbf") { time("nbf") } else { Some(issued) };
    let since = |at: Timestamp| now.duration_since(at);
    begins.is_some_and(|begins| since(begins) >= -LEEWAY)
        && since(issued) >= -LEEWAY
        && since(issued) <= OLDEST
        && since(expires) < LEEWAY
}
