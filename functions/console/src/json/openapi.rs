//! The OpenAPI document of the JSON: docs/openapi.json. A test writes it, from the table of routes and the
//! types that are answered with, and fails where the file is another.

#[cfg(test)]
mod generate;
#[cfg(test)]
mod tests;

use crate::address::site::Site;

/// The document as it is kept in the repository.
const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");
/// The server that the kept document names.
const EXAMPLE_SERVER: &str = "https://signoff.example.com";

/// The document, with the address of this stack.
pub(crate) fn openapi_of(site: &Site) -> String {
    DOCUMENT.replacen(EXAMPLE_SERVER, site.origin(), 1)
}
