//! The headers that guard what the console answers.

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, Response};
use std::collections::BTreeSet;
use system_tests::routes;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

async fn send(story: &Story, method: &str, path: &str, key: Option<&str>) -> Response {
    let url = format!("{}{path}", story.world.front.url());
    let mut request = story.world.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    request.send().await.unwrap()
}

/// Returns the mistakes in the headers of an answer.
fn missing(headers: &HeaderMap) -> Vec<String> {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let policy = header("content-security-policy");
    let directives: BTreeSet<&str> = policy.split(';').map(str::trim).collect();
    let mut missing = Vec::new();
    for directive in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        if !directives.contains(directive) {
            missing.push(directive.to_owned());
        }
    }
    // Only the console itself, nothing inline, nothing evaluated, no other host.
    let allowed = |source: &str| matches!(source, "'self'" | "'none'");
    let loose = directives.iter().filter(|directive| !directive.split(' ').skip(1).all(allowed));
    missing.extend(loose.map(|directive| format!("a stricter {directive}")));
    // Strict-Transport-Security comes over TLS only; the console's own tests hold that.
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin")] {
        if header(name) != value {
            missing.push(format!("{name}: {value}, not {:?}", header(name)));
        }
    }
    let kept = header("cache-control");
    let public = header("content-type").starts_with("text/css")
        || header("content-type").starts_with("image/")
        || header("content-type").starts_with("text/javascript");
    if kept != "no-store" && !public {
        missing.push(format!("cache-control: no-store, not {kept:?}"));
    }
    missing
}

#[test]
fn every_kind_of_answer_has_the_security_headers() {
    tell("browser-headers", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let mut requests: Vec<(String, String)> =
            routes::all().iter().map(|route| (route.method.clone(), route.path(story, &deploy))).collect();
        let sign_in = send(story, "GET", "/sign-in", None).await.text().await.unwrap();
        let assets = sign_in.split('"').filter(|text| text.starts_with("/assets/"));
        requests.extend(assets.map(|path| ("GET".to_owned(), path.to_owned())));
        for (method, path) in [
            ("GET", "/nowhere"),
            ("DELETE", "/deploys"),
            ("GET", "/api/v1/nowhere"),
            ("PUT", "/api/v1/deploys"),
            ("GET", "/api/v1/deploys?limit=no"),
        ] {
            requests.push((method.to_owned(), path.to_owned()));
        }
        let (mut statuses, mut problems) = (BTreeSet::new(), Vec::new());
        for (method, path) in &requests {
            for key in [None, Some("wrong"), Some(API_KEY)] {
                let answer = send(story, method, path, key).await;
                statuses.insert(answer.status().as_u16());
                for missing in missing(answer.headers()) {
                    let status = answer.status();
                    problems.push(format!("{method} {path}, key {key:?}, {status}: {missing}"));
                }
            }
        }
        assert_eq!(problems, Vec::<String>::new());
        assert!(
            statuses.is_superset(&[200, 303, 400, 401, 404, 405].into()),
            "not every kind of answer came: {statuses:?}"
        );
    });
}

#[test]
fn session_is_hidden_from_scripts_and_other_sites() {
    tell("browser-cookie", async |story| {
        let visitor = story.visitor();
        let back = visitor.picks(&story.person("Ana")).await;
        let answer = visitor.come_back(&back).await;
        assert_eq!(answer.status(), 303);
        let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
        let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("signoff=")).unwrap().to_owned();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let attributes: BTreeSet<&str> = attributes.split("; ").collect();
        assert!(attributes.is_superset(&["HttpOnly", "SameSite=Lax", "Path=/"].into()), "{cookie}");

        let sign_out = format!("{}/sign-out", story.world.front.url());
        let foreign = story.world.http.post(&sign_out).header(COOKIE, pair);
        let answer = foreign.header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 403);
    });
}
