//! The console: the record of each deploy as pages for people and as JSON for programs, behind an API key.
//!
//! A request goes [`route`] -> [`auth`] -> one read of the record -> [`view`] -> [`html`] or [`json`] -> [`answer`].
//! Everything but [`handler`] is a pure function of its arguments.

mod answer;
mod assets;
mod auth;
mod handler;
mod html;
mod json;
mod mrkdwn;
mod route;
#[cfg(test)]
mod sample;
mod site;
mod view;

pub use handler::Console;
