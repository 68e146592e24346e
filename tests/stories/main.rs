//! Stories of the whole system.

#![expect(clippy::unwrap_used, reason = "what fails in a story fails its test")]

mod actions;
mod approvals;
mod bad_input;
mod bases;
mod break_glass;
mod changes;
mod channel;
mod ci_tokens;
mod clock;
mod connections;
mod deadlines;
mod deliveries;
mod deployments;
mod dialogs;
mod doors;
mod events;
mod facts;
mod four_eyes;
mod freeze;
mod git_accounts;
mod health;
mod identity;
mod issues;
mod keys;
mod makers;
mod pages;
mod people;
mod personal;
mod policy;
mod proposals;
mod queries;
mod race;
mod record;
mod rules;
mod rules_in_force;
mod runs;
mod samples;
mod secrets;
mod settings;
mod sign_in;
mod soak;
mod strangers;
mod votes;
mod wizard;
