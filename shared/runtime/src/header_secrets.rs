//! Places that header secrets may go to, without their values.

use crate::secrets::HeaderSecret;
use signoff_core::header_secret::Destinations;
use std::collections::BTreeMap;

/// The destinations of each of the header secrets `held`.
pub fn destinations(held: &BTreeMap<String, HeaderSecret>) -> BTreeMap<String, Destinations> {
    held.iter()
        .map(|(name, held)| {
            let to = Destinations { hosts: held.hosts.clone(), deployments: held.deployments.clone() };
            (name.clone(), to)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_secrets_have_their_destinations_and_no_value() {
        let text = r#"{
            "pager": {"value": "Bearer s3cret", "hosts": ["events.example.com"], "deployments": ["acme/*"]}
        }"#;
        let listed = destinations(&serde_json::from_str(text).unwrap());
        assert_eq!(
            serde_json::to_string(&listed).unwrap(),
            r#"{"pager":{"hosts":["events.example.com"],"deployments":["acme/*"]}}"#
        );
    }
}
