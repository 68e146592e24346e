//! What becomes of a person's wish about an approval, or about an action of which nobody knows: the same wherever they said
//! it, in Slack or on a page.
//!
//! Who asks is looked up ([`Accounts`]), then the core decides and the store commits ([`cast`], [`resolve`]).

mod accounts;
mod cast;
mod step;
mod wish;

pub use accounts::{Accounts, Person};
pub use cast::{Because, Dealt, Refused, cast, foresee, record_refusal, would_refuse};
pub use step::{Answer, resolve};
pub use wish::{What, Wish, needs_reason};
