//! Parts that all functions share: settings, secrets, AWS clients, logs, retries of a lost race, and the loop
//! over a batch of messages.

pub mod alarms;
pub mod api_keys;
pub mod aside;
pub mod aws;
pub mod batch;
pub mod connections;
pub mod credentials;
pub mod deployments;
pub mod effects;
pub mod facts;
pub mod gateway;
pub mod header_secrets;
pub mod logs;
pub mod race;
pub mod random;
pub mod reading_parts;
pub mod same_repository;
pub mod secrets;
pub mod settings;
pub mod time;
