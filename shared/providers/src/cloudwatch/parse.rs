//! An alarm's event to what it means.

use super::wire::Event;
use crate::failure::quote;
use jiff::Timestamp;
use serde_json::Value;

/// The detail type of what is read.
const DETAIL_TYPE: &str = "CloudWatch Alarm State Change";

/// An alarm that has another state now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmChange {
    /// The alarm's name.
    pub alarm: String,
    /// Its state.
    pub state: AlarmState,
    /// Since when.
    pub at: Timestamp,
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// `ALARM`
    Alarm,
    /// `OK`
    Ok,
    /// `INSUFFICIENT_DATA`
    InsufficientData,
}

/// Reason why an event can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event is no \"{DETAIL_TYPE}\" that can be read: {0}")]
pub struct ParseError(String);

/// Reads an event. Error: it is another one, or can't be read.
pub fn alarm_change(event: Value) -> Result<AlarmChange, ParseError> {
    let event: Event = serde_json::from_value(event).map_err(|error| ParseError(error.to_string()))?;
    if event.detail_type != DETAIL_TYPE {
        return Err(ParseError(format!("its detail-type is `{}`", quote(&event.detail_type))));
    }
    let state = event.detail.state;
    let at = state.timestamp.parse();
    Ok(AlarmChange {
        alarm: event.detail.alarm_name,
        state: match state.value.as_str() {
            "ALARM" => AlarmState::Alarm,
            "OK" => AlarmState::Ok,
            "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
            other => return Err(ParseError(format!("an alarm has no state `{}`", quote(other)))),
        },
        at: at.map_err(|_| ParseError(format!("`{}` is no time", quote(&state.timestamp))))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(value: &str, timestamp: &str) -> Value {
        json!({
            "version": "0",
            "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "time": "2019-10-02T17:04:40Z",
            "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh"],
            "detail": {
                "alarmName": "ServerCpuTooHigh",
                "previousState": {"value": "OK", "timestamp": "2019-10-02T17:03:40.000+0000"},
                "state": {"reason": "Threshold Crossed", "timestamp": timestamp, "value": value},
                "configuration": {},
            },
        })
    }

    #[test]
    fn an_alarm_has_its_state_since_its_own_time() {
        for (value, expected) in [
            ("ALARM", AlarmState::Alarm),
            ("OK", AlarmState::Ok),
            ("INSUFFICIENT_DATA", AlarmState::InsufficientData),
        ] {
            let change = alarm_change(event(value, "2019-10-02T17:04:40.985+0000")).unwrap();
            assert_eq!((change.alarm.as_str(), change.state), ("ServerCpuTooHigh", expected));
            assert_eq!(change.at, "2019-10-02T17:04:40.985Z".parse().unwrap());
        }
    }

    #[test]
    fn what_is_no_alarm_is_told() {
        let mut other = event("OK", "2019-10-02T17:04:40.985+0000");
        other["detail-type"] = json!("Scheduled Event");
        let cases = [
            other,
            event("MAYBE", "2019-10-02T17:04:40Z"),
            event("OK", "noon"),
            json!({"detail-type": "x"}),
            json!(1),
        ];
        let told = cases.map(|event| alarm_change(event).unwrap_err().to_string()).join("\n");
        insta::assert_snapshot!(told, @r#"
        the event is no "CloudWatch Alarm State Change" that can be read: its detail-type is `Scheduled Event`
        the event is no "CloudWatch Alarm State Change" that can be read: an alarm has no state `MAYBE`
        the event is no "CloudWatch Alarm State Change" that can be read: `noon` is no time
        the event is no "CloudWatch Alarm State Change" that can be read: missing field `detail`
        the event is no "CloudWatch Alarm State Change" that can be read: invalid type: integer `1`, expected struct Event
        "#);
    }
}
