//! Registrations as clients send them, and everything that can be wrong with one.

use super::super::input::MAX_BODY;
use super::*;
use serde_json::json;
use signoff_core::deploy::Person;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

fn now() -> Timestamp {
    "2021-05-11T11:42:00Z".parse().unwrap()
}

fn of(body: &Value) -> Result<Registration, ParseError> {
    parse(JSON, "", body.to_string().as_bytes(), now())
}

fn sparse() -> Registration {
    Registration {
        revision: "7bf7226".into(),
        environment: "Production".into(),
        deployed_at: None,
        state: DeployState::Success,
        branch: None,
        tags: vec![],
        ignore_if_duplicate: false,
        deployer: None,
        links: [].into(),
        commits: vec![],
        size: None,
        pull_requests: vec![],
        unknown: vec![],
        left_out: vec![],
    }
}

#[test]
fn state_is_one_of_four_words_and_a_success_without_one() {
    for state in DeployState::ALL {
        let read = of(&json!({"sha": "7bf7226", "state": state.word()})).unwrap();
        assert_eq!(read, Registration { state, ..sparse() });
    }
    assert_eq!(of(&json!({"sha": "7bf7226", "state": ""})), Ok(sparse()));
    let error = of(&json!({"sha": "7bf7226", "state": "Failed"})).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"state: `Failed` is not a state: it must be `in_progress`, `failure`, `error` or `success`");
}

#[test]
fn a_tag_is_taken_by_its_name() {
    for (sha, expected) in [
        ("refs/tags/v1.2.3", Some("refs/tags/v1.2.3")),
        ("refs/tags/release/2026.11", Some("refs/tags/release/2026.11")),
        ("v1.2.3", Some("v1.2.3")),
        ("release/V2", Some("release/V2")),
        ("123", Some("123")),
        ("HEAD", None),
        ("@", None),
        ("-x", None),
        ("refs/tags/refs/heads/main", None),
        ("main~1", None),
        ("v1 v2", None),
        ("refs/heads/main", None),
        ("refs/tags/", None),
        ("refs/tags/a..b", None),
        ("refs/tags/a b", None),
        ("refs/tags/.a", None),
        ("refs/tags/a/", None),
        ("refs/tags/a.lock", None),
        ("refs/tags/a^{}", None),
        ("refs/tags/../heads/main", None),
    ] {
        let read = of(&json!({ "sha": sha })).ok().map(|read| read.revision);
        assert_eq!(read.as_deref(), expected, "{sha}");
    }
}

#[test]
fn the_sha_is_enough_in_any_way_to_send_it() {
    for (content_type, query, body) in [
        (JSON, "", r#"{"sha": "7bf7226"}"#),
        (Some("Application/JSON; charset=utf-8"), "", "\u{feff}{\"sha\": \"7BF7226\"} "),
        (FORM, "", "sha=7bf7226"),
        (FORM, "", r#"{"sha": "7bf7226"}"#),
        (None, "", "sha=+7bf7226+"),
        (None, "sha=7bf7226", ""),
        (JSON, "sha=7bf7226", ""),
        (JSON, "sha=ffffffff", r#"{"sha": "7bf7226", "api_key": "k", "unheard_of": {"x": 1}}"#),
        (Some("text/plain"), "", r#"{"sha": "7bf7226"}"#),
    ] {
        let read = parse(content_type, query, body.as_bytes(), now()).unwrap();
        // What it does not know, it names.
        let unknown = if body.contains("unheard_of") { vec!["unheard_of".to_owned()] } else { Vec::new() };
        assert_eq!(read, Registration { unknown, ..sparse() }, "{content_type:?} {query} {body}");
    }
}

#[test]
fn empty_values_stand_for_what_is_not_known() {
    let body = json!({"sha": "7bf7226", "environment": "", "date": "", "branch": " ", "tags": [], "ignore_if_duplicate": "",
        "email": "", "links": {}, "commits": [], "files": [], "pull_requests": null});
    assert_eq!(of(&body), Ok(sparse()));
    let form =
        "sha=7bf7226&environment=&date=&branch=&tags=&ignore_if_duplicate=&email=&links=&commits=&files=";
    assert_eq!(parse(FORM, "", form.as_bytes(), now()), Ok(sparse()));
    let lists = json!({"sha": "7bf7226", "tags": ["", null], "links": [""], "commits": [""]});
    assert_eq!(of(&lists), Ok(sparse()));
    let inner = json!({"sha": "7bf7226", "links": {"build": ""},
        "commits": [{"revision": "a1", "message": "", "author": {"name": "", "email": ""}, "url": ""}]});
    let read = of(&inner).unwrap();
    assert_eq!(
        (read.links.len(), read.commits[0].authors.len(), read.commits[0].url.is_none()),
        (0, 0, true)
    );
}

#[test]
fn everything_at_once() {
    let body = json!({
        "sha": "7BF7226A0D9E4C5B8F3A2E1D0C9B8A7F6E5D4C3B", "environment": "Staging", "date": "2021-05-11T13:40:00+02:00",
        "branch": "main", "tags": ["#api", "web,#db", "#api"], "ignore_if_duplicate": true, "email": "ana@example.com",
        "links": {"build": "https://ci.example.com/1?a=b,c"},
        "commits": [{"revision": "a1", "message": "One\n\nFixes SHOP-7.\nCo-authored-by: Bo <bo@example.com>", "date": "x", "parents": [],
            "author": {"name": "Ana", "email": "ana@example.com", "username": "ana"}, "url": "https://git.example.com/a1"}],
        "files": [{"path": "src/main.rs", "url": "", "additions": 1, "deletions": 2}],
        "pull_requests": [{"number": 7, "title": "One (SHOP-8)", "url": "https://git.example.com/7", "author": "ana", "labels": ["hotfix"],
                "body": "See WEB-1", "branch": "web-2"},
            {"number": "#8", "author": {"username": "bo"}}],
    });
    let person = |name: &str, email: &str, username: Option<&str>| Person {
        name: name.into(),
        email: Some(email.into()),
        username: username.map(Into::into),
    };
    let read = of(&body).unwrap();
    let authors = vec![person("Ana", "ana@example.com", Some("ana")), person("Bo", "bo@example.com", None)];
    assert_eq!(read.revision, "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b");
    assert_eq!(read.environment, "Staging");
    assert_eq!(read.deployed_at, Some("2021-05-11T11:40:00Z".parse().unwrap()));
    assert_eq!(read.tags, ["#api", "#web", "#db"]);
    assert!(read.ignore_if_duplicate);
    let deployer = read.deployer.as_ref().and_then(|deployer| deployer.email.as_deref());
    assert_eq!((read.branch.as_deref(), deployer), (Some("main"), Some("ana@example.com")));
    assert_eq!(read.links, [("build".to_owned(), "https://ci.example.com/1?a=b,c".to_owned())].into());
    let url = Some("https://git.example.com/a1".into());
    let issues = vec!["SHOP-7".into()];
    assert_eq!(read.commits, [Commit { revision: "a1".into(), title: "One".into(), authors, url, issues }]);
    assert_eq!(read.pull_requests[0].issues, ["SHOP-8", "WEB-1", "WEB-2"]);
    assert_eq!(read.size, Some(Size { files: 1, lines: 3 }));
    assert_eq!((read.pull_requests[0].labels[0].as_str(), read.pull_requests[1].number), ("hotfix", 8));
    assert_eq!((read.pull_requests[0].author.as_str(), read.pull_requests[1].author.as_str()), ("ana", "bo"));
}

#[test]
fn a_form_can_say_it_all_too() {
    let commits = r#"[{"revision": "a1", "message": "One"}]"#;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("sha", "7bf7226"),
            ("tags", "#api, web"),
            ("ignore_if_duplicate", "True"),
            ("commits", commits),
        ])
        .extend_pairs([
            ("links", "build=https://ci.example.com/?a=b"),
            ("links", "docs=http://docs.example.com"),
        ])
        .finish();
    let read = parse(FORM, "environment=Staging", form.as_bytes(), now()).unwrap();
    assert_eq!(read.tags, ["#api", "#web"]);
    assert!(read.ignore_if_duplicate);
    assert_eq!((read.links["build"].as_str(), read.links.len()), ("https://ci.example.com/?a=b", 2));
    assert_eq!((read.commits[0].title.as_str(), read.environment.as_str()), ("One", "Staging"));
}

#[test]
fn a_date_is_iso_8601_with_or_without_a_zone() {
    for (date, expected) in [
        ("2021-05-11T11:40:00Z", "2021-05-11T11:40:00Z"),
        ("2021-05-11T11:40:00.123456Z", "2021-05-11T11:40:00.123456Z"),
        ("2021-05-11T11:40:00", "2021-05-11T11:40:00Z"),
        ("2021-05-11 11:40:00", "2021-05-11T11:40:00Z"),
        ("2021-05-11T11:40", "2021-05-11T11:40:00Z"),
        ("2021-05-11", "2021-05-11T00:00:00Z"),
        ("2021-05-11T07:40:00-0400", "2021-05-11T11:40:00Z"),
        ("2021-05-11 13:40:00+02:00", "2021-05-11T11:40:00Z"),
        ("20210511T114000Z", "2021-05-11T11:40:00Z"),
        ("2021-05-11T11:52:00Z", "2021-05-11T11:52:00Z"),
        ("2020-05-11T11:42:00Z", "2020-05-11T11:42:00Z"),
        ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"),
    ] {
        let read = of(&json!({"sha": "7bf7226", "date": date})).unwrap();
        assert_eq!(read.deployed_at, Some(expected.parse().unwrap()), "{date}");
    }
}

#[test]
fn address_beside_a_name_is_read() {
    for (email, expected) in [
        ("Ana Novak <ana@acme.test>", "ana@acme.test"),
        ("<ana@acme.test>", "ana@acme.test"),
        ("Ana < ana@acme.test >", "ana@acme.test"),
        ("ana@acme.test", "ana@acme.test"),
    ] {
        let read = of(&json!({"sha": "7bf7226", "email": email})).unwrap();
        let found = read.deployer.and_then(|deployer| deployer.email);
        assert_eq!((found.as_deref(), read.left_out), (Some(expected), vec![]), "{email}");
    }
    for email in ["Ana Novak <ana>", "Ana <ana@acme.test> and Ben", "ana@acme test"] {
        let read = of(&json!({"sha": "7bf7226", "email": email})).unwrap();
        let named = Person { name: email.to_owned(), email: None, username: None };
        assert_eq!((read.deployer, read.left_out.len()), (Some(named), 1), "{email}");
    }
}

#[test]
fn odd_addresses_and_authors_are_left_out_and_noted() {
    let body = json!({
        "sha": "7bf7226",
        "email": "jenkins",
        "commits": [{"revision": "a1", "author": "Ana <ana@example.com>"}, {"revision": "a2", "url": "x", "author": {"name": 7}}],
        "pull_requests": [{"number": 7, "url": "n/a", "author": ["ana"], "title": "One"}],
    });
    let read = of(&body).unwrap();
    let named = Person { name: "jenkins".to_owned(), email: None, username: None };
    assert_eq!((read.deployer, read.commits.len()), (Some(named), 2), "a maker is not lost");
    assert!(read.commits.iter().all(|commit| commit.authors.is_empty() && commit.url.is_none()));
    let pull = &read.pull_requests[0];
    assert_eq!((pull.title.as_str(), pull.url.as_str(), pull.author.as_str()), ("One", "", ""));
    let told: Vec<String> = read.left_out.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    email: `jenkins` is not an e-mail address
    commits[0].author: it must be an object with name, email and username, not text
    commits[1].author.name: it must be text in quotes, not a number
    commits[1].url: `x` is not an address: it must start with https:// or http://
    pull_requests[0].url: `n/a` is not an address: it must start with https:// or http://
    pull_requests[0].author: it must be an object with name, email and username, not a list
    ");
}

#[test]
fn what_is_wrong_is_named() {
    let with = |name: &str, value: Value| json!({"sha": "7bf7226", name: value}).to_string().into_bytes();
    let nested = format!(r#"{{"sha": {}1{}}}"#, "[".repeat(500), "]".repeat(500));
    let bodies: Vec<Vec<u8>> = vec![
        b"{}".to_vec(),
        b"".to_vec(),
        with("sha", json!("main~1")),
        with("sha", json!("a".repeat(65))),
        with("sha", json!(7226)),
        with("environment", json!(["Staging"])),
        with("environment", json!("x".repeat(201))),
        with("branch", json!("a\u{0}b")),
        with("date", json!("yesterday")),
        with("date", json!(1620733320)),
        with("date", json!("2021-05-11T11:52:01Z")),
        with("date", json!("2022-05-11")),
        with("date", json!("0001-01-01T00:00:00Z")),
        with("tags", json!(["#a b"])),
        with("tags", json!("#")),
        with("tags", json!("#a\u{2028}b")),
        with("tags", json!("#a\u{0}b")),
        with("tags", json!([1])),
        with("tags", json!((0..51).map(|tag| tag.to_string()).collect::<Vec<_>>())),
        with("ignore_if_duplicate", json!("yes")),
        with("links", json!("https-no-name")),
        with("links", json!({"x": "javascript:alert(1)"})),
        with("links", json!({"x": 1})),
        with("links", json!(true)),
        with("links", json!("=https://example.com")),
        with("commits", json!("[")),
        with("commits", json!(5)),
        with("commits", json!([{"message": "x"}])),
        with("commits", json!(["a1"])),
        with("files", json!([{"url": "https://example.com"}])),
        with("files", json!([{"path": "a", "additions": "many"}])),
        with("pull_requests", json!([{"title": "x"}])),
        with("pull_requests", json!([{"number": 1, "labels": 5}])),
        b"[]".to_vec(),
        b"{\"sha\": \"7bf7226\",}".to_vec(),
        b"\"7bf7226\"".to_vec(),
        b"{\"sha\": \"\xff\"}".to_vec(),
        nested.into_bytes(),
    ];
    let mut told = Vec::new();
    for body in &bodies {
        let error = parse(JSON, "", body, now()).expect_err("an error");
        assert_eq!(error.status(), 400);
        told.push(format!("{}\n  {error}", String::from_utf8_lossy(&body[..body.len().min(80)])));
    }
    let multipart = parse(Some("multipart/form-data; boundary=x"), "", b"--x", now()).expect_err("an error");
    told.push(multipart.to_string());
    let garbled = parse(FORM, "environment=%ff", b"sha=7bf7226", now()).expect_err("an error");
    told.push(garbled.to_string());
    let large = parse(JSON, "", &vec![b' '; MAX_BODY + 1], now()).expect_err("an error");
    assert_eq!(large.status(), 413);
    told.push(large.to_string());
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn more_than_a_record_keeps_is_cut_off() {
    let commits: Vec<Value> =
        (0..300).map(|index| json!({"revision": format!("{index:x}"), "message": "x".repeat(500)})).collect();
    let read = of(&json!({"sha": "7bf7226", "commits": commits})).unwrap();
    assert_eq!((read.commits.len(), read.commits[0].title.len()), (250, 200));
}

#[test]
fn lists_within_lists_are_refused_wherever_they_stand() {
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let member = format!(r#"{{"sha": "7bf7226", "unheard_of": {nested}}}"#);
    for (content_type, body) in
        [(JSON, nested.clone()), (JSON, member), (FORM, format!("sha=7bf7226&commits={nested}"))]
    {
        let error = parse(content_type, "", body.as_bytes(), now()).expect_err("an error").to_string();
        assert!(error.contains("recursion limit exceeded"), "{error}");
    }
}

#[test]
fn numbers_that_nothing_holds_are_refused() {
    let with = |number: &str| format!(r#"{{"sha": "7bf7226", "pull_requests": [{{"number": {number}}}]}}"#);
    let number = |number: &str| {
        parse(JSON, "", with(number).as_bytes(), now()).map(|read| read.pull_requests[0].number)
    };
    assert_eq!(number("18446744073709551615"), Ok(u64::MAX));
    for text in ["18446744073709551616", "-1", "1.5", "\"99999999999999999999\""] {
        assert_eq!(
            number(text),
            Err(ParseError::parameter("pull_requests[0].number", "it must be the pull request's number"))
        );
    }
    // A number that no float holds is no JSON to us.
    for text in ["1e999".to_owned(), "9".repeat(500_000)] {
        assert!(matches!(number(&text), Err(ParseError::Body(_))), "{}", &text[..5]);
    }
}

#[test]
fn what_is_told_is_short_however_long_the_request() {
    let long = "x".repeat(500_000);
    let with = |name: &str, value: Value| json!({"sha": "7bf7226", name: value}).to_string();
    let mut bodies: Vec<(Option<&str>, String)> =
        ["sha", "date", "email", "commits", "links", "ignore_if_duplicate"]
            .map(|name| (JSON, with(name, json!(long))))
            .to_vec();
    bodies.push((JSON, with("links", json!({&long: 1}))));
    bodies.push((JSON, with("links", json!({&long: &long}))));
    bodies.push((JSON, with("tags", json!([format!("a {long}")]))));
    bodies.push((FORM, format!("{long}=%ff")));
    for (content_type, body) in &bodies {
        let told = match parse(*content_type, "", body.as_bytes(), now()) {
            Ok(registration) => registration.left_out.iter().map(ToString::to_string).collect(),
            Err(error) => error.to_string(),
        };
        let length = told.chars().count();
        assert!((1..1000).contains(&length), "{length} characters: {}", &told[..80.min(told.len())]);
    }
}

#[test]
fn a_nul_is_told_and_not_repeated() {
    for name in ["sha", "environment", "branch", "date", "tags"] {
        let error = of(&json!({"sha": "7bf7226", name: "a\u{0}b"})).expect_err("an error").to_string();
        assert!(error.starts_with(name) && !error.contains('\u{0}'), "{error:?}");
    }
}

#[test]
fn name_with_a_character_that_nobody_sees_is_refused() {
    for (hidden, code) in [('\u{200b}', "U+200B"), ('\u{202e}', "U+202E"), ('\u{feff}', "U+FEFF")] {
        for name in ["environment", "branch"] {
            let error = of(&json!({"sha": "7bf7226", name: format!("Production{hidden}")}));
            let error = error.expect_err("an error").to_string();
            assert_eq!(error, format!("{name}: it has the invisible character {code}: leave it out"));
        }
    }
}

#[test]
fn odd_address_of_a_commit_refuses_nothing() {
    for (written, email, name) in [
        ("jenkins", None, "jenkins"),
        ("ana k@acme.example", None, "ana k@acme.example"),
        ("ana@acme.example", Some("ana@acme.example"), "ana@acme.example"),
    ] {
        let body = json!({"sha": "7bf7226", "commits": [{"revision": "a1", "author": {"email": written}, "url": "ftp://x"}]});
        let read = parse(JSON, "", body.to_string().as_bytes(), now()).unwrap();
        assert_eq!(read.commits[0].url, None);
        let author = &read.commits[0].authors[0];
        assert_eq!((author.email.as_deref(), author.name.as_str()), (email, name), "{written}");
    }
}
