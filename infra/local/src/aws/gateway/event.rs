//! The event that a function gets for an HTTP request: payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
//! Not written there, but what the real gateway was seen to do: `rawPath` is percent-decoded and ends at a
//! decoded `?` (<https://github.com/middleapi/standard-server/pull/93>), the Cookie header stands in
//! `cookies` only, and a form's body is base64 although it is text
//! (<https://github.com/middyjs/middy/pull/603>).

use std::{borrow::Cow, net::IpAddr};

use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header, request::Parts};
use jiff::{Timestamp, tz::TimeZone};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::route::Found;
use crate::aws::{ids::Ids, template::Place};

/// A request and what the gateway knows about it.
pub(super) struct Incoming<'r> {
    pub(super) parts: &'r Parts,
    pub(super) body: &'r Bytes,
    /// From [`raw_path`].
    pub(super) path: &'r str,
    pub(super) route: &'r Found<'r>,
    pub(super) source_ip: IpAddr,
    pub(super) place: &'r Place,
    pub(super) request_id: String,
    pub(super) now: Timestamp,
}

/// The path as the event and the choice of the route see it.
pub(super) fn raw_path(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.split('?').next().unwrap_or_default().to_owned()
}

/// The event.
pub(super) fn build(request: &Incoming<'_>, ids: &Ids) -> Value {
    let parts = request.parts;
    let query = parts.uri.query().unwrap_or_default();
    let domain = request.place.api_url.trim_start_matches("http://");
    let mut headers = joined(&parts.headers);
    headers
        .insert("x-amzn-trace-id".to_owned(), json!(format!("Root={}", ids.trace(request.now.as_second()))));
    headers.insert("x-forwarded-for".to_owned(), json!(request.source_ip.to_string()));
    headers.insert("x-forwarded-port".to_owned(), json!(domain.rsplit(':').next().unwrap_or_default()));
    headers.insert("x-forwarded-proto".to_owned(), json!("http"));
    let mut event = json!({
        "version": "2.0",
        "routeKey": request.route.key,
        "rawPath": request.path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": request.place.account,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": request.path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": request.source_ip.to_string(),
                "userAgent": text(&parts.headers, &header::USER_AGENT),
            },
            "requestId": request.request_id,
            "routeKey": request.route.key,
            "stage": "$default",
            "time": request.now.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": request.now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = Value::Object(query_parameters(query));
    }
    if !request.route.parameters.is_empty() {
        let parameters: Map<String, Value> =
            request.route.parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        event["pathParameters"] = Value::Object(parameters);
    }
    if !request.body.is_empty() {
        match std::str::from_utf8(request.body) {
            Ok(body) if is_text(&text(&parts.headers, &header::CONTENT_TYPE)) => event["body"] = json!(body),
            _ => {
                event["body"] = json!(STANDARD.encode(request.body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event
}

/// Header names in lower case; several of one name are joined by commas. Cookies stand elsewhere.
fn joined(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .keys()
        .filter(|name| *name != header::COOKIE)
        .map(|name| {
            let values: Vec<Cow<'_, str>> =
                headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            (name.as_str().to_owned(), json!(values.join(",")))
        })
        .collect()
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(header::COOKIE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut cookies = Vec::new();
    for header in all {
        cookies.extend(
            header.split(';').map(|cookie| cookie.trim().to_owned()).filter(|cookie| !cookie.is_empty()),
        );
    }
    cookies
}

/// Decoded parameters; several of one name are joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), Value::String(joined));
    }
    parameters
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Content types whose bodies are handed on as they are.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(kind.as_str(), "application/json" | "application/javascript" | "application/xml")
        || (kind.starts_with("application/") && (kind.ends_with("+json") || kind.ends_with("+xml")))
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
