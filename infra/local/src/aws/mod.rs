//! The local AWS.

pub mod template;
