//! Linear: issues to look up, to comment on, to move and to change.

pub mod client;
mod failure;
mod field;
mod parse;
mod wire;

pub use client::Linear;
