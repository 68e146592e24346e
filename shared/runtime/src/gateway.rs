//! Events of the HTTP API: the routes that a function answers, and requests made fit for `lambda_http`. It
//! ends the process where a query holds a character that an address may not have (`"`, `<`, a space), or
//! where the header `X-Forwarded-Proto` is no scheme, and the gateway passes on whatever it is sent.

use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{LambdaEvent, Request, RequestExt};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::fmt::Write;

/// ASCII characters that RFC 3986 does not allow in a query.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A route of the HTTP API that leads to a function.
#[derive(Clone, Copy, Debug)]
pub struct Route<E: 'static> {
    /// The method and the path's template, as template.yaml has them.
    pub key: &'static str,
    /// Endpoint of the function that answers.
    pub endpoint: E,
    /// What a request does, for docs/reference/routes.md.
    pub does: &'static str,
}

/// Endpoint in `table` for the route by which the gateway sent `request`. `None`: the table has no such
/// route.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
pub fn endpoint<E: Copy>(table: &[Route<E>], request: &Request) -> Option<E> {
    let key = match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.route_key.as_deref()?,
        #[allow(
            unreachable_patterns,
            reason = "other kinds of requests exist where another crate of the build enables them"
        )]
        _ => return None,
    };
    table.iter().find(|route| route.key == key).map(|route| route.endpoint)
}

/// Rows of docs/reference/routes.md for `table`.
pub fn rows<E>(table: &[Route<E>]) -> String {
    table.iter().fold(String::new(), |mut rows, Route { key, does, .. }| {
        // Writing to a `String` never fails.
        let _ = writeln!(rows, "| `{key}` | {does} |");
        rows
    })
}

/// `event` with such characters of its query percent-encoded, as a browser would have sent them, and without
/// that header.
pub fn sanitize_request(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        let query = request.raw_query_string.as_deref();
        request.raw_query_string = query.map(|query| utf8_percent_encode(query, NOT_IN_QUERY).to_string());
        request.headers.remove("x-forwarded-proto");
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Context;

    #[test]
    fn route_key_alone_finds_the_endpoint() {
        let table = [
            Route { key: "POST /things/{id}", endpoint: 1, does: "" },
            Route { key: "GET /things/{id}", endpoint: 2, does: "" },
        ];
        let found = |key: &str| {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": key, "rawPath": "/things/health", "rawQueryString": "",
                "headers": {"host": "signoff.example.com"}, "isBase64Encoded": false, "requestContext": {
                    "http": {"method": "POST", "path": "/things/health"}, "routeKey": key, "stage": "$default", "timeEpoch": 1,
                },
            });
            let payload: LambdaRequest = serde_json::from_value(event).unwrap();
            endpoint(&table, &Request::from(LambdaEvent::new(payload, Context::default()).payload))
        };
        assert_eq!((found("POST /things/{id}"), found("GET /things/{id}")), (Some(1), Some(2)));
        assert_eq!((found("$default"), found("POST /things/health"), found("")), (None, None, None));
        assert_eq!(endpoint(&table, &Request::default()), None);
    }

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
