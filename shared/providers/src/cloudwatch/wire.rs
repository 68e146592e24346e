//! "CloudWatch Alarm State Change", as far as it is read.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    pub detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    pub alarm_name: String,
    pub state: State,
}

#[derive(Debug, Deserialize)]
pub(super) struct State {
    pub value: String,
    /// Such as `2019-10-02T17:04:40.985+0000`.
    pub timestamp: String,
}
