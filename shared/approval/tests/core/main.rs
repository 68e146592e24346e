//! The pure core from outside: what each command makes of each state, what holds after any commands, and every
//! message.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod approval_laws;
mod approval_table;
mod dependencies;
mod dialogs;
mod run_laws;
mod run_table;
mod samples;
mod step_lines;
mod told;
