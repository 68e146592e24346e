//! The pure core from outside: what each command makes of each state, what holds after any commands, and every
//! message.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod approval_laws;
mod approval_moves;
mod approval_table;
mod clicks;
mod dependencies;
//off mod dialogs;
mod quorum;
//off mod run_laws;
//off mod run_table;
mod samples;
//off mod step_lines;
//off mod told;
