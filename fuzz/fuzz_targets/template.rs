//! A template.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use signoff_fuzz::{SMUGGLED, assert_told, context};
use signoff_rules::template::{Context, MAX_OUTPUT_BYTES, TemplateError, render, render_plain};
use std::sync::LazyLock;

static CONTEXT: LazyLock<Context> = LazyLock::new(context);

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(template) = std::str::from_utf8(data) else { return Corpus::Reject };
    let slack = render(template, &CONTEXT);
    assert_eq!(slack, render(template, &CONTEXT), "the same template, rendered twice");
    if let Ok(text) = &slack {
        // Where the template itself has none, whatever looks like a mention came from the deploy.
        assert!(template.contains('<') || !text.contains(SMUGGLED), "{text}");
    }
    bounded(template, slack);
    bounded(template, render_plain(template, &CONTEXT));
    Corpus::Keep
});

/// No text is longer than promised, and an error names a line that there is.
fn bounded(template: &str, rendered: Result<String, TemplateError>) {
    match rendered {
        Ok(text) => assert!(text.len() <= MAX_OUTPUT_BYTES, "{} bytes", text.len()),
        Err(error) => {
            assert!(
                error.line.is_none_or(|line| (1..=template.split('\n').count()).contains(&line)),
                "{error}"
            );
            assert_told(&error.to_string());
        }
    }
}
