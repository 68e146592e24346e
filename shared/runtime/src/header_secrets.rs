//! Places that header secrets may go to, without their values.

use crate::secrets::WriteSecret;
use approval::header_secret::Destinations;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

/// The destinations of each header secret that has a value.
pub fn destinations(write: &WriteSecret) -> BTreeMap<String, Destinations> {
    let filled =
        write.webhook_headers.iter().filter(|(_, held)| !held.value.expose_secret().trim().is_empty());
    filled
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
        let text = r#"{"webhook_headers": {
            "pager": {"value": "Bearer s3cret", "hosts": ["events.example.com"], "deployments": ["acme/*"]},
            "empty": {"value": " ", "deployments": ["acme/*"]}
        }}"#;
        let listed = destinations(&serde_json::from_str(text).unwrap());
        assert_eq!(
            serde_json::to_string(&listed).unwrap(),
            r#"{"pager":{"hosts":["events.example.com"],"deployments":["acme/*"]}}"#
        );
    }
}
