//! Authentication: sessions of people and of API keys, signing in with Slack, and the access that each
//! visitor has.

pub(crate) mod auth;
pub(crate) mod members;
pub(crate) mod seal;
pub(crate) mod session;
pub(crate) mod ticket;
pub(crate) mod visitor;
