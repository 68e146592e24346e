//! The pure core from outside: every command in every state, the laws that hold after any commands, and every
//! message.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod approval_laws;
mod approval_moves;
mod approval_table;
mod asked_again;
mod below_policy;
mod bots;
mod carried;
mod clicks;
mod dependencies;
mod dialog_limits;
mod dialogs;
mod double_clicks;
mod failures;
mod forks;
mod freeze;
mod frozen;
mod glass;
mod groups;
mod happened;
mod judging;
mod large_ranges;
mod mentions;
mod names;
mod nobody;
mod permission;
mod places;
mod quorum;
mod quotas;
mod refusals;
mod reopened;
mod reports;
mod run_laws;
mod run_shape;
mod run_table;
mod samples;
mod shares;
mod step_lines;
mod step_waits;
mod tokens;
mod told;
mod ways_out;
