//! Amazon CloudWatch: alarms, as EventBridge tells of them.

mod parse;
mod wire;

pub use parse::{AlarmChange, AlarmState, ParseError, alarm_change};
