//! Slack's interactions: the body as it comes in.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signoff_fuzz::assert_told;
use signoff_providers::slack::{Interaction, interaction};

fuzz_target!(|body: &[u8]| {
    let read = interaction(body);
    assert_eq!(read, interaction(body), "the same request, read twice");
    match read {
        // Nobody votes without an id.
        Ok(Interaction::Click(click)) => {
            assert!(!click.user.id.is_empty(), "{click:?}");
        }
        Ok(_) => {}
        Err(error) => assert_told(&error.to_string()),
    }
});
