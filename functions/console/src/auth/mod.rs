//! Authentication: sessions of people, API keys, signing in with Slack, and the access that each visitor has.

pub(crate) mod credentials;
pub(crate) mod keyed;
pub(crate) mod login_state;
pub(crate) mod members;
pub(crate) mod session;
pub(crate) mod visitor;
