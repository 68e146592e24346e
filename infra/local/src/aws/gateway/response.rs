//! A function's answer as an HTTP response: payload format 2.0.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::message;

/// Headers that the server sets for itself.
const OWN: [HeaderName; 3] = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Reads the answer. With a `statusCode` it is a response; without one all of it is the body of a 200, as the
/// real gateway infers. What it can't read is a 500.
pub(super) fn read(payload: Bytes) -> Response {
    let Ok(answer) = serde_json::from_slice::<Value>(&payload) else { return malformed() };
    let Some(status) = answer.get("statusCode") else {
        let mut response = Response::new(Body::from(payload));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return response;
    };
    build(&answer, status).unwrap_or_else(malformed)
}

fn build(answer: &Value, status: &Value) -> Option<Response> {
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok())?;
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let body = match answer.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if answer["isBase64Encoded"] == true => STANDARD.decode(text).ok()?.into(),
        Some(Value::String(text)) => Bytes::from(text.clone()),
        Some(other) => Bytes::from(other.to_string()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !OWN.contains(&name) {
            headers.insert(name, HeaderValue::try_from(value).ok()?);
        }
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    Some(response)
}

fn malformed() -> Response {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn response(answer: &str) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let response = read(Bytes::from(answer.to_owned()));
        let (parts, body) = response.into_parts();
        let headers =
            parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        (parts.status.as_u16(), headers.collect(), to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn answers_become_responses() {
        let (status, headers, body) = response(
            r#"{"statusCode": 303, "headers": {"Location": "/", "content-type": "text/html"},
                "cookies": ["a=1; HttpOnly", "b=2"], "body": "aGk=", "isBase64Encoded": true}"#,
        )
        .await;
        let expected = [
            ("location", "/"),
            ("content-type", "text/html"),
            ("set-cookie", "a=1; HttpOnly"),
            ("set-cookie", "b=2"),
        ];
        assert_eq!(status, 303);
        let mut headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        headers.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(headers, expected);
        assert_eq!(body, b"hi");
    }

    #[tokio::test]
    async fn an_answer_without_a_status_is_the_body() {
        let (status, headers, body) = response(r#"{"hello": 1}"#).await;
        assert_eq!((status, &*headers[0].1, &*body), (200, "application/json", &br#"{"hello": 1}"#[..]));
    }

    #[tokio::test]
    async fn nonsense_is_a_500() {
        for nonsense in
            ["", "{", r#"{"statusCode": "many"}"#, r#"{"statusCode": 200, "headers": {"a b": "c"}}"#]
        {
            assert_eq!(response(nonsense).await.0, 500, "{nonsense}");
        }
    }
}
