//! The record on a local DynamoDB, in this process, with the AWS SDK as it is and the tables as template.yaml
//! has them.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod api_keys;
mod approvals;
mod bases;
mod cache;
mod claims;
mod damage;
mod deployments;
mod drift;
mod due;
mod environments;
mod evaluations;
mod every_kind;
mod facts;
mod failed_steps;
mod failures;
mod keeping;
mod kept_back;
mod kinds;
mod later;
mod lists;
mod local;
mod newest;
mod page;
mod people;
mod register;
mod rollbacks;
mod row_kinds;
mod rows;
mod samples;
mod sessions;
mod sizes;
mod standing;
mod template;
mod unreadable;
mod votes;
