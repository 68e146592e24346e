//! Addresses of requests, and the contents of their queries and forms.

pub(crate) mod access;
pub(crate) mod parameters;
pub(crate) mod place;
pub(crate) mod routes;
pub(crate) mod site;
