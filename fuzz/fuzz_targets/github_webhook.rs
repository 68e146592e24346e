//! GitHub's webhook: a line each for `X-GitHub-Event` and `X-GitHub-Delivery`, then the body.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use signoff_fuzz::{assert_told, lines_and_body};
use signoff_providers::github::{Delivery, delivery};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(([event, id], body)) = lines_and_body(data) else { return Corpus::Reject };
    match delivery(event, id, body) {
        Ok(Delivery::Deployment(deployment)) => {
            assert_eq!((event, id), (Some("deployment_status"), Some(deployment.delivery.as_str())));
            if let Some(branch) = deployment.branch() {
                assert!(!branch.is_empty() && !deployment.sha.starts_with(branch), "{deployment:?}");
                assert!(deployment.r#ref.ends_with(branch), "{deployment:?}");
            }
            assert!(deployment.url.as_ref().is_none_or(|url| !url.is_empty()), "{deployment:?}");
            assert!(
                deployment.creator.as_ref().is_none_or(|person| !person.name.is_empty()),
                "{deployment:?}"
            );
        }
        Ok(Delivery::Ignored { delivery, reason }) => {
            assert_eq!(id, Some(delivery.as_str()));
            // An event's name comes in a header, whose length the gateway limits.
            if event == Some("deployment_status") {
                assert_told(&reason);
            }
        }
        Err(error) => assert_told(&error.to_string()),
    }
    Corpus::Keep
});
