//! The console in a real browser, against the same world as the stories.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what fails here fails the test"
)]

mod browser;
mod headers;
mod judge;
mod live;
mod pages;
mod people;
mod pictures;
mod record;
mod session;
mod settings;
mod voting;
mod webdriver;
mod wizard;
