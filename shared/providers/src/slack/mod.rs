//! Slack: the dialog's channel, its people, and the clicks, forms and events that come back.

pub mod client;
pub mod event;
mod failure;
pub mod openid;
pub mod parse;
pub mod verify;
mod wire;

pub use client::{Membership, MessageRef, Profile, Slack, Updated};
pub use event::{SlackEvent, event};
pub use openid::{SignIn, SignInRequest, TokenError, authorize_url};
pub use parse::{Click, Interaction, ParseError, Submission, interaction};
pub use verify::verify;
