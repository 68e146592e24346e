//! What becomes of a person's wish about an approval, or about an action that failed: the same wherever they
//! said it, in Slack or on a page.
//!
//! Who asks is looked up ([`Accounts`]), then the core decides and the store commits ([`cast`], [`resolve`]).
//! What is said on a page has to come through the [`Gate`] first, which Slack itself keeps where it is said
//! in Slack.

mod accounts;
mod admins;
mod again;
mod cast;
mod evaluate;
mod gate;
mod nobody;
mod step;
mod wish;

pub use accounts::{Accounts, Actor, Person};
pub use admins::Admins;
pub use again::ask_again;
pub use cast::{Because, Dealt, OVERTAKEN, Refused, UNSEEN, cast, foresee, record_refusal, would_refuse};
pub use evaluate::evaluate_again;
pub use gate::Gate;
pub use nobody::{Confirming, confirm_nobody, may_confirm};
pub use step::{Answer, foresee_step, resolve};
pub use wish::{What, Wish, needs_reason};
