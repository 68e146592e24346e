//! ID tokens that CI systems give to their jobs (OpenID Connect): read, and verified by the keys of their
//! issuer.

mod keys;
mod ring;
mod token;

pub use keys::{Key, Keys, key_set};
pub use token::{Claims, Token, TokenError};

#[cfg(test)]
mod tests;
