//! Authentication: sessions of people and of API keys, signing in with Slack, and the access that each
//! visitor has.

pub(crate) mod cookie_signer;
pub(crate) mod credentials;
pub(crate) mod login_state;
pub(crate) mod members;
pub(crate) mod session;
pub(crate) mod visitor;
