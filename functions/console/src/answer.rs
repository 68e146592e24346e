//! Answers, and the headers that every one of them has.

use crate::address::routes::ErrorFormat;
use crate::address::site::Site;
use crate::assets::Asset;
use crate::html::{self, LivePage};
use crate::json::ProblemDocument;
use lambda_http::Body;
use lambda_http::http::header::{self, HeaderName, HeaderValue};
use lambda_http::http::{Response, StatusCode};
use maud::Markup;
use serde::Serialize;

/// Limits on what browsers may do with a page: show its own style sheet and icon, run its own script, and
/// send requests and forms to the console itself, nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                                       img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Header that makes browsers use TLS only, for a year.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";
/// The name in a file's address changes with its content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    media_type: &'static str,
    cache: &'static str,
    body: String,
    headers: Vec<(HeaderName, String)>,
}

/// Error as people read it: what went wrong, and what to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem<'a> {
    pub(crate) status: StatusCode,
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
    /// The request's id, where somebody may have to look into the log.
    pub(crate) request: Option<&'a str>,
}

impl Answer {
    fn new(status: StatusCode, media_type: &'static str, body: String) -> Self {
        Self { status, media_type, cache: "no-store", body, headers: Vec::new() }
    }

    /// A page.
    pub(crate) fn page(status: StatusCode, page: Markup) -> Self {
        Self::new(status, "text/html; charset=utf-8", page.into_string())
    }

    /// A page with a live part, or that it still is what `known` (the header `If-None-Match`) says.
    pub(crate) fn live(status: StatusCode, page: LivePage, known: Option<&str>) -> Self {
        let etag = format!("\"{}\"", page.version);
        let mut versions = known.unwrap_or_default().split(',').map(str::trim);
        let is_known = versions.any(|version| version.strip_prefix("W/").unwrap_or(version) == etag);
        let answer = if is_known && status == StatusCode::OK {
            Self::new(StatusCode::NOT_MODIFIED, "text/html; charset=utf-8", String::new())
        } else {
            Self::page(status, page.markup)
        };
        answer.with(header::ETAG, etag)
    }

    /// JSON.
    pub(crate) fn json(document: &impl Serialize) -> Self {
        Self::document(StatusCode::OK, "application/json", document)
    }

    /// JSON that is written already.
    pub(crate) fn json_text(text: String) -> Self {
        Self::new(StatusCode::OK, "application/json", text)
    }

    /// A file, which may be kept for good.
    pub(crate) fn asset(asset: Asset) -> Self {
        Self { cache: FOR_GOOD, ..Self::new(StatusCode::OK, asset.media_type, asset.text.to_owned()) }
    }

    /// A file to be kept under `name`.
    pub(crate) fn file(media_type: &'static str, name: &str, body: String) -> Self {
        let answer = Self::new(StatusCode::OK, media_type, body);
        answer.with(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
    }

    /// Go there, with GET.
    pub(crate) fn see_other(location: String) -> Self {
        let answer = Self::new(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
        answer.with(header::LOCATION, location)
    }

    /// An error.
    pub(crate) fn problem(face: ErrorFormat, problem: &Problem<'_>) -> Self {
        let Problem { status, title, detail, request } = *problem;
        match face {
            ErrorFormat::Page => Self::page(status, html::message(title, detail, request)),
            ErrorFormat::Json => {
                let document = ProblemDocument {
                    r#type: "about:blank",
                    title,
                    status: status.as_u16(),
                    detail,
                    request_id: request,
                };
                Self::document(status, "application/problem+json", &document)
            }
        }
    }

    fn document(status: StatusCode, media_type: &'static str, document: &impl Serialize) -> Self {
        match serde_json::to_string(document) {
            Ok(body) => Self::new(status, media_type, body),
            Err(error) => {
                tracing::error!(%error, "an answer can't be written as JSON");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", String::new())
            }
        }
    }

    /// The same answer with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The response of the console at `site`; without a body to HEAD.
    pub(crate) fn into_response(self, site: &Site, head: bool) -> Response<Body> {
        let body = if head || self.body.is_empty() { Body::Empty } else { Body::Text(self.body) };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, self.media_type),
            (header::CACHE_CONTROL, self.cache),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // Not `no-referrer`, under which browsers send `Origin: null` with the console's own forms.
            (header::REFERRER_POLICY, "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if site.https() {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static(STRICT_TRANSPORT_SECURITY),
            );
        }
        for (name, value) in self.headers {
            match HeaderValue::try_from(value) {
                Ok(value) => {
                    headers.append(name, value);
                }
                Err(_) => tracing::error!(%name, "a header's value can't be sent"),
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBLEM: Problem<'_> =
        Problem { status: StatusCode::NOT_FOUND, title: "Not found", detail: "No <b>.", request: Some("r1") };

    fn response(answer: Answer, url: &str, head: bool) -> (String, String) {
        let response = answer.into_response(&Site::new(url).unwrap(), head);
        let mut headers: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        (headers.join("\n"), String::from_utf8(response.body().to_vec()).unwrap())
    }

    #[test]
    fn a_page_is_closed_to_everything_that_it_does_not_need() {
        let page = Answer::page(StatusCode::OK, maud::html! { p { "a" } });
        let (headers, body) = response(page.clone(), "https://signoff.example.com", false);
        assert_eq!(body, "<p>a</p>");
        insta::assert_snapshot!(headers, @r"
        cache-control: no-store
        content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
        content-type: text/html; charset=utf-8
        referrer-policy: same-origin
        strict-transport-security: max-age=31536000
        x-content-type-options: nosniff
        ");
        let (headers, body) = response(page, "http://127.0.0.1:4000", true);
        assert!(!headers.contains("strict-transport-security"), "{headers}");
        assert_eq!(body, "", "HEAD has no body");
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let page = || LivePage { markup: maud::html! { p { "a" } }, version: "v1".to_owned() };
        for (status, known, sent) in [
            (StatusCode::OK, None, 200),
            (StatusCode::OK, Some("\"v0\""), 200),
            (StatusCode::OK, Some("v1"), 200),
            (StatusCode::OK, Some("\"v1\""), 304),
            (StatusCode::OK, Some("\"v0\", W/\"v1\""), 304),
            (StatusCode::CONFLICT, Some("\"v1\""), 409),
        ] {
            let answer = Answer::live(status, page(), known);
            let response = answer.into_response(&Site::new("http://x").unwrap(), false);
            assert_eq!(response.status().as_u16(), sent, "{status} {known:?}");
            assert_eq!(response.headers()["etag"], "\"v1\"");
            assert_eq!(response.body().is_empty(), sent == 304);
        }
    }

    #[test]
    fn problems_as_they_are_asked_for() {
        let json = Answer::problem(ErrorFormat::of("/api/v1/x"), &PROBLEM);
        let (headers, body) = response(json, "http://x", false);
        assert!(headers.contains("content-type: application/problem+json"), "{headers}");
        insta::assert_snapshot!(
            body,
            @r#"{"type":"about:blank","title":"Not found","status":404,"detail":"No <b>.","request_id":"r1"}"#
        );
        let (headers, body) =
            response(Answer::problem(ErrorFormat::of("/deploys/x"), &PROBLEM), "http://x", false);
        assert!(headers.contains("content-type: text/html"), "{headers}");
        assert!(body.contains("<p>No &lt;b&gt;.</p>") && body.contains("<code>r1</code>"), "{body}");
    }

    #[test]
    fn files_may_be_kept() {
        let (headers, body) =
            response(Answer::asset(Asset { media_type: "text/css", text: "a{}" }), "http://x", false);
        assert!(headers.contains("cache-control: public, max-age=31536000, immutable"), "{headers}");
        assert_eq!(body, "a{}");
    }

    #[test]
    fn a_header_that_would_break_out_is_not_sent() {
        let answer = Answer::see_other("/\r\nset-cookie: a=b".to_owned());
        let (headers, _) = response(answer, "http://x", false);
        assert!(!headers.contains("set-cookie") && !headers.contains("location"), "{headers}");
    }
}
