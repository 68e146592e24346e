use super::*;
use crate::auth::session::SessionId;
use lambda_http::http::HeaderValue;

const NOW: &str = "2026-11-23T10:42:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A console whose AWS nobody answers for.
fn console() -> Console {
    let settings = Settings::new([
        ("AWS_ACCESS_KEY_ID", "ConsoleFunction"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("RECORD_TABLE", "records"),
        ("RETENTION_DAYS", "365"),
        ("DEPLOYMENTS", "acme/*"),
        ("INBOUND_SECRET", "inbound-secret"),
        ("SLACK_APP_SECRET", "slack-secret"),
        ("READ_SECRET", "read-secret"),
        ("SLACK_API_URL", "http://127.0.0.1:1/api"),
        ("SLACK_AUTHORIZE_URL", "http://127.0.0.1:1/openid/connect/authorize"),
        ("RETENTION_DAYS", "365"),
        ("PUBLIC_URL", "https://signoff.example.com"),
        ("DEPLOYMENTS", "acme/*"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
    ]);
    Console::new(&settings, &Aws::new(&settings).unwrap()).unwrap()
}

async fn ask(
    method: Method,
    address: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> (u16, HeaderMap, String) {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = format!("https://signoff.example.com{address}").parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let response = console().handle(request, now()).await;
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn without_a_key_nobody_gets_past_the_door() {
    for (address, location) in [
        ("/", "/sign-in"),
        ("/deploys", "/sign-in?next=%2Fdeploys"),
        ("/deploys/d1", "/sign-in?next=%2Fdeploys%2Fd1"),
        ("/deploys/d1?tab=timeline", "/sign-in?next=%2Fdeploys%2Fd1%3Ftab%3Dtimeline"),
    ] {
        for headers in [&[][..], &[("cookie", "other=1")], &[("authorization", "Basic eDp5")]] {
            let (status, answer, body) = ask(Method::GET, address, headers, "").await;
            assert_eq!((status, header(&answer, "location")), (303, location), "{address}");
            assert_eq!(body, "");
        }
    }
    for address in
        ["/api/v1/deploys", "/api/v1/deploys/d1", "/api/v1/deploys/d1/approvals", "/api/v1/deploys/d1/events"]
    {
        let (status, headers, body) = ask(Method::GET, address, &[], "").await;
        assert_eq!(
            (status, header(&headers, "content-type")),
            (401, "application/problem+json"),
            "{address}"
        );
        assert!(header(&headers, "www-authenticate").starts_with("Bearer"));
        assert!(body.contains("Authorization: Bearer KEY"), "{body}");
    }
}

#[tokio::test]
async fn without_the_record_nobody_gets_in() {
    let session = format!("__Host-signoff={}", "ab".repeat(32));
    let key = format!("Bearer sgn_{}_{}", "0".repeat(12), "0".repeat(64));
    for (address, header) in [
        ("/", ("authorization", key.as_str())),
        ("/deploys/d1", ("cookie", session.as_str())),
        ("/api/v1/deploys", ("authorization", key.as_str())),
    ] {
        let (status, headers, body) = ask(Method::GET, address, &[header], "").await;
        assert_eq!(status, 503, "{address}");
        assert!(body.contains("can't read the record right now"), "{body}");
        assert!(!body.contains("127.0.0.1"), "the answer tells nothing: {body}");
        assert_eq!(self::header(&headers, "set-cookie"), "");
    }
    let token = SessionId::new([0xab; 32]).form_token();
    let sent = [("cookie", session.as_str())];
    for form in [String::new(), format!("token={token}")] {
        let (status, headers, _) = ask(Method::POST, "/sign-out", &sent, &form).await;
        assert_eq!((status, header(&headers, "set-cookie")), (503, ""), "it may still be good: {form}");
    }
}

#[tokio::test]
async fn what_can_be_no_key_and_no_session_is_not_looked_up() {
    for cookie in ["__Host-signoff=2.7b7d.00", "__Host-signoff=1.9999999999.00", "__Host-signoff="] {
        let (status, _, _) = ask(Method::GET, "/deploys", &[("cookie", cookie)], "").await;
        assert_eq!(status, 303, "{cookie}");
    }
    for key in ["Bearer key", "apikey sgn_1_2", "Bearer "] {
        let (status, _, _) = ask(Method::GET, "/api/v1/deploys", &[("authorization", key)], "").await;
        assert_eq!(status, 401, "{key}");
    }
}

#[tokio::test]
async fn without_the_slack_secret_nobody_signs_in_with_slack() {
    let cookie = [("cookie", "__Host-signoff-sign-in=7b7d.00")];
    for (method, address) in [
        (Method::POST, "/sign-in/slack"),
        (Method::GET, "/sign-in/slack/callback?code=c&state=s"),
        (Method::GET, "/sign-in/slack/callback?error=access_denied"),
    ] {
        let (status, headers, body) = ask(method, address, &cookie, "").await;
        assert_eq!((status, header(&headers, "set-cookie")), (500, ""), "{address}");
        assert!(body.contains("Sign-in with Slack isn\u{2019}t working right now"), "{body}");
        assert!(!body.contains("slack-secret") && !body.contains("127.0.0.1"), "it tells nothing: {body}");
    }
}

#[tokio::test]
async fn what_everyone_may_see() {
    let (status, headers, body) = ask(Method::GET, "/sign-in?next=//evil.example", &[], "").await;
    assert_eq!((status, header(&headers, "cache-control")), (200, "no-store"));
    assert!(body.contains("name=\"next\" value=\"/\""), "{body}");
    let (status, headers, css) = ask(Method::GET, assets::css_href(), &[], "").await;
    assert_eq!((status, header(&headers, "content-type")), (200, "text/css; charset=utf-8"));
    assert!(css.contains(":root"));
    let (status, headers, body) = ask(Method::HEAD, assets::css_href(), &[], "").await;
    assert_eq!(
        (status, header(&headers, "content-type"), body.as_str()),
        (200, "text/css; charset=utf-8", "")
    );
    let (status, headers, rules) = ask(Method::GET, assets::rules_href(), &[], "").await;
    assert_eq!((status, header(&headers, "content-type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    assert!(rules.contains("slack_channel_approval"), "{rules}");
    let (status, headers, _) = ask(Method::POST, "/sign-out", &[], "").await;
    assert_eq!((status, header(&headers, "location")), (303, "/sign-in"));
    assert!(header(&headers, "set-cookie").starts_with("__Host-signoff=; Max-Age=0;"));
}

#[tokio::test]
async fn what_there_is_not_says_what_there_is() {
    let (status, _, body) = ask(Method::GET, "/deploy", &[], "").await;
    assert_eq!(status, 404);
    assert!(body.contains("Recent deploys are at /deploys"), "{body}");
    let (status, headers, body) = ask(Method::POST, "/api/v1/deploys", &[], "").await;
    assert_eq!((status, header(&headers, "allow")), (405, "GET, HEAD"));
    assert!(body.contains("only accepts GET, HEAD"), "{body}");
    assert_eq!(ask(Method::GET, "/assets/signoff.js", &[], "").await.0, 404);
}

#[test]
fn a_query_that_can_not_be_read_says_what_would_be_right() {
    let bad = crate::address::parameters::limit("limit=1000").unwrap_err();
    let site = Site::new("https://signoff.example.com").unwrap();
    let response = refusals::bad_query(&bad, ErrorFormat::Json).into_response(&site, false);
    let kind = header(response.headers(), "content-type");
    assert_eq!((response.status().as_u16(), kind), (400, "application/problem+json"));
    assert!(String::from_utf8_lossy(response.body()).contains("from 1 to 100"));
}

#[tokio::test]
async fn forms_of_other_sites_and_endless_ones() {
    for address in ["/sign-in/slack", "/sign-out"] {
        let (status, headers, _) =
            ask(Method::POST, address, &[("origin", "https://evil.example")], "next=/").await;
        assert_eq!((status, header(&headers, "set-cookie")), (403, ""), "{address}");
    }
    assert_eq!(ask(Method::POST, "/sign-in/slack", &[], &"k".repeat(LONGEST_FORM + 1)).await.0, 413);
}

#[test]
fn a_missing_setting_is_named() {
    let complete = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_REGION", "eu-west-1"),
        ("RECORD_TABLE", "records"),
        ("RETENTION_DAYS", "365"),
        ("DEPLOYMENTS", "acme/*"),
        ("INBOUND_SECRET", "inbound-secret"),
        ("SLACK_APP_SECRET", "slack-secret"),
        ("READ_SECRET", "read-secret"),
        ("SLACK_API_URL", "https://slack.com/api"),
        ("SLACK_AUTHORIZE_URL", "https://slack.com/openid/connect/authorize"),
        ("RETENTION_DAYS", "365"),
        ("PUBLIC_URL", "https://signoff.example.com"),
        ("DEPLOYMENTS", "acme/*"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
    ];
    for missing in [
        "RECORD_TABLE",
        "INBOUND_SECRET",
        "SLACK_APP_SECRET",
        "READ_SECRET",
        "SLACK_API_URL",
        "SLACK_AUTHORIZE_URL",
        "RETENTION_DAYS",
        "PUBLIC_URL",
        "DEPLOYMENTS",
    ] {
        let settings =
            Settings::new(complete.map(|(name, value)| (name, if name == missing { "" } else { value })));
        let error = Console::new(&settings, &Aws::new(&settings).unwrap()).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{missing} is not set.")), "{error}");
    }
    let settings = Settings::new(
        complete.map(|(name, value)| (name, if name == "PUBLIC_URL" { "signoff" } else { value })),
    );
    let error = Console::new(&settings, &Aws::new(&settings).unwrap()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("must be an address without a path"), "{error}");
}
