//! Decides people's requests about an approval, or about an action that failed, in the same way wherever they
//! are made: in Slack or on a page.
//!
//! [`Accounts`] looks up the person, the core decides, and the store commits ([`cast`], [`resolve`]). A
//! request on a page has to come through the [`Gate`] first; in Slack, Slack itself keeps that gate.

mod accounts;
mod admins;
mod again;
mod cast;
mod evaluate;
mod gate;
mod nobody;
mod step;

pub use accounts::{Accounts, ActingVoter, Lookup, Person};
pub use admins::Admins;
pub use again::ask_again;
pub use cast::{
    CastOutcome, OVERTAKEN, RefusalKind, Refused, UNSEEN, cast, foresee, record_refusal, would_refuse,
};
pub use evaluate::evaluate_again;
pub use gate::{Gate, Passage};
pub use nobody::{Confirming, confirm_nobody, may_confirm};
pub use step::{Answer, foresee_step, may_stand_in, resolve};
