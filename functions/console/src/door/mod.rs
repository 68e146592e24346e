//! Who gets in: sessions of people and of API keys, signing in with Slack, and who may what.

pub(crate) mod auth;
pub(crate) mod members;
pub(crate) mod seal;
pub(crate) mod session;
pub(crate) mod ticket;
pub(crate) mod visitor;
