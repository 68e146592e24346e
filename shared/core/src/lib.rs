//! The pure core of Signoff: what a deploy, a run and an approval are, and how they change.
//!
//! Nothing here does I/O, reads a clock or draws a random number. Each state machine is one function,
//! [`approval::decide`], [`run::decide`] and [`facts::decide`], from a state, a command and the time to the
//! next state, the [effects](effect::EffectKind) that follow from it and the [events](event::EventKind) to
//! put on record, or to a refusal.

pub mod action;
pub mod address;
pub mod approval;
pub mod authors;
pub mod base;
pub mod ci_file;
pub mod ci_job;
pub mod confirmation;
pub mod decision;
pub mod deploy;
pub mod deploy_state;
pub mod deployed_by;
pub mod effect;
pub mod evaluation;
pub mod event;
pub mod facts;
pub mod freeze;
pub mod git_ref;
pub mod happened;
pub mod header_secret;
pub mod hidden;
pub mod id;
pub mod issue;
pub mod message;
pub mod moment;
pub mod mrkdwn;
pub mod newest;
pub mod owed;
pub mod people;
pub mod policy;
pub mod range;
pub mod range_files;
pub mod range_lists;
pub mod reading;
pub mod rules_in_force;
pub mod run;
pub mod same_repository;
pub mod shares;
pub mod slug;
