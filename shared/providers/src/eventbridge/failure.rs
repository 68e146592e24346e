//! Reasons why EventBridge did not take an event. Sending an event twice does no harm, so Signoff retries
//! whenever another attempt may succeed.

use crate::failure::{Failure, quote};

/// EventBridge refused the request, or the event in it. `code`: the error's code, `status`: the answer's HTTP
/// status, `bus`: as the rule or the stack names it.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>,
/// `ErrorCode`, and <https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html>.
pub fn refused(code: &str, message: &str, status: u16, bus: &str) -> Failure {
    let said = quote(message);
    let said = if said.is_empty() { String::new() } else { format!(" (\"{said}\")") };
    let told = format!("EventBridge did not take the event for the bus {bus}: {code}{said}");
    match code {
        "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "InternalFailure"
        | "InternalException"
        | "ServiceUnavailable"
        | "RequestTimeout" => Failure::retryable(told),
        _ if status >= 500 || status == 429 => Failure::retryable(told),
        "AccessDeniedException" => Failure::Permanent(format!(
            "{told}: the stack's role may send to the bus of the stack's parameter EventBusName; name this one there, or take \
             `bus` out of the rule"
        )),
        _ => Failure::Permanent(told),
    }
}

/// The request was not answered, or not sent at all, for this reason.
pub fn unsent(reason: &str, bus: &str) -> Failure {
    Failure::retryable(format!(
        "EventBridge did not answer while sending to the bus {bus}: {}",
        quote(reason)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again() {
        for (code, status, passing) in [
            ("ThrottlingException", 200, true),
            ("InternalFailure", 200, true),
            ("InternalException", 500, true),
            ("SomethingNew", 503, true),
            ("SomethingNew", 429, true),
            ("SomethingNew", 400, false),
            ("InvalidArgument", 200, false),
            ("MalformedDetail", 200, false),
            ("NotAuthorizedForSourceException", 200, false),
            ("AccessDeniedException", 400, false),
            ("ResourceNotFoundException", 400, false),
        ] {
            assert_eq!(refused(code, "", status, "default").is_passing(), passing, "{code} {status}");
        }
        assert!(unsent("timeout", "default").is_passing());
    }

    #[test]
    fn a_failure_says_which_bus_and_what_to_do() {
        let told = [
            refused("ThrottlingException", "Rate exceeded", 200, "default"),
            refused("AccessDeniedException", "User is not\nauthorized", 400, "deploys"),
            unsent("connection refused", "default"),
        ];
        insta::assert_snapshot!(told.map(|failure| failure.to_string()).join("\n"), @r#"
        EventBridge did not take the event for the bus default: ThrottlingException ("Rate exceeded")
        EventBridge did not take the event for the bus deploys: AccessDeniedException ("User is not authorized"): the stack's role may send to the bus of the stack's parameter EventBusName; name this one there, or take `bus` out of the rule
        EventBridge did not answer while sending to the bus default: connection refused
        "#);
    }
}
