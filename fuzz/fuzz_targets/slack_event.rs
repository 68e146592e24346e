//! Slack's events: the body as it comes in.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signoff_fuzz::assert_told;
use signoff_providers::slack::{SlackEvent, event};

fuzz_target!(|body: &[u8]| {
    let read = event(body);
    assert_eq!(read, event(body), "the same request, read twice");
    match read {
        Ok(SlackEvent::UrlVerification { challenge }) => {
            // What is answered stood in the request.
            assert!(challenge.len() <= body.len(), "{challenge:?}");
        }
        Ok(SlackEvent::MessageDeleted { .. } | SlackEvent::Reaction { .. }) => {}
        // It is logged.
        Ok(SlackEvent::Ignored { kind }) => assert!(kind.chars().count() <= 1000, "{kind}"),
        Err(error) => assert_told(&error.to_string()),
    }
});
