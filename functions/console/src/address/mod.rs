//! What requests ask for: addresses, and what their queries and forms say.

pub(crate) mod parameters;
pub(crate) mod place;
pub(crate) mod routes;
pub(crate) mod site;
