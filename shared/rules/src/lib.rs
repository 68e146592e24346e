//! The rules language: what a team writes into `.signoff/rules.yml` (or `.sleuth/rules.yml`), read, checked
//! and evaluated.
//!
//! - [`file::parse`] reads a whole file and reports every problem in it at once, each with line, column and
//!   what would be right.
//! - [`condition::Condition::holds`] evaluates a condition over a plain [`condition::Snapshot`] of a deploy.
//! - [`convert::convert`] writes the names that older files use as they are now.
//! - [`difference::difference`] compares a file with the one in force, and says which approvals the change
//!   touches.
//! - [`explain::explain`] says why it does or does not.
//! - [`mend::mended`] says what becomes of a file if the advice of a problem is followed.
//! - [`policy::parse`] reads the floor that the rules of every repository have to meet, and
//!   [`policy::Policy::judge`] compares.
//! - [`proposed::proposed`] says what a proposed file has asked before it is in force.
//! - [`mod@reference`] describes all of it; a JSON Schema and a page are made of that.
//! - [`tags::DefaultTags`] gives a deploy tags by the files that it changes.
//! - [`mod@write`] writes a rule that asks for an approval, and adds it to a file that there is.
//! - [`template::render`] renders the text of an action (a prompt, a message) from a [`template::Context`].
//!
//! Everything here is a pure function: no I/O, no clock, no randomness. Whatever a file holds, reading it
//! takes bounded memory and never panics: the input's size, the nesting, the expansion of YAML aliases, the
//! size of regular expressions and the work and output of templates all have limits.

pub mod condition;
pub mod convert;
pub mod difference;
pub mod edit;
pub mod explain;
pub mod file;
pub mod mend;
mod odd;
pub mod place;
pub mod policy;
pub mod problem;
pub mod proposed;
pub mod reference;
pub mod suggest;
pub mod tags;
pub mod template;
pub mod variables;
pub mod write;
pub mod yaml;

pub use condition::{Condition, Snapshot};
pub use file::{Rule, RulesFile, parse};
pub use problem::Problem;
