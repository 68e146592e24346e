//! Events of the HTTP API, made fit for `lambda_http`: it ends the process where a query holds a character
//! that an address may not have (`"`, `<`, a space), or where the header `X-Forwarded-Proto` is no scheme,
//! and the gateway passes on whatever it is sent.

use lambda_http::LambdaEvent;
use lambda_http::request::LambdaRequest;
use std::fmt::Write;

/// `event` with such characters of its query percent-encoded, as a browser would have sent them, and without
/// that header.
pub fn sanitize_request(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        request.raw_query_string = request.raw_query_string.as_deref().map(encoded);
        request.headers.remove("x-forwarded-proto");
    }
    event
}

/// `query` with everything percent-encoded that RFC 3986 does not allow in one.
fn encoded(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    for byte in query.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` never fails.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::{Context, Request};

    #[test]
    fn no_query_ends_the_process() {
        for (query, tidy) in [
            ("tab=commits&a=%C3%BC+b", "tab=commits&a=%C3%BC+b"),
            ("a=\"<>\u{fc} \u{1}", "a=%22%3C%3E%C3%BC%20%01"),
            ("before=2026-11-23T10:00:00.000000Z%23d1", "before=2026-11-23T10:00:00.000000Z%23d1"),
        ] {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": "$default", "rawPath": "/deploys/\u{fc} \"<x>", "rawQueryString": query,
                "headers": {"host": "signoff.example.com", "x-forwarded-proto": "a b"}, "isBase64Encoded": false,
                "requestContext": {"http": {"method": "GET", "path": "/"}, "stage": "$default", "timeEpoch": 1},
            });
            let payload: LambdaRequest = serde_json::from_value(event).unwrap();
            let request =
                Request::from(sanitize_request(LambdaEvent::new(payload, Context::default())).payload);
            assert_eq!(request.uri().query(), Some(tidy));
        }
    }
}
