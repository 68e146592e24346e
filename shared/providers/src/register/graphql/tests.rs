use super::*;

/// The query of `sleuth deploy` and `sleuth set-health`, as the client writes it.
const LATEST: &str = "
{
    deployment(orgSlug:\"acme\", deploymentSlug:\"checkout\") {
        ... on CodeChangeSource {
            latestChange(environmentSlug:\"staging\") {
                revision
                slug
                url
            }
        }
    }
}
    ";

fn read_json(query: &str) -> Result<Question, String> {
    let body = json!({"query": query}).to_string();
    question(Some("application/json"), "", body.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn latest_change_is_read_and_answered_as_asked() {
    let asked = read_json(LATEST).unwrap();
    assert_eq!((asked.organization.as_str(), asked.deployment.as_str()), ("acme", "checkout"));
    assert_eq!(asked.asks, Asks::LatestChange { environment: "staging".to_owned() });
    let change = json!({"revision": "7bf7226", "slug": "d1", "url": "/deploys/d1"});
    let found = json!({"latestChange": change});
    assert_eq!(asked.data(&found), json!({"deployment": {"latestChange": change}}));
    let none = json!({"latestChange": null});
    assert_eq!(asked.data(&none), json!({"deployment": none}));
    let other = "query Q($org: String!) { d: deployment(orgSlug: $org, deploymentSlug: \"b\") # one\n{ now: latestChange { slug } } }";
    let body = json!({"query": other, "variables": {"org": "a"}}).to_string();
    let asked = question(None, "", body.as_bytes()).unwrap();
    assert_eq!(asked.asks, Asks::LatestChange { environment: "Production".to_owned() });
    assert_eq!(asked.data(&found), json!({"d": {"now": {"slug": "d1"}}}));
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("query", LATEST).finish();
    assert_eq!(question(None, &query, b"").unwrap().organization, "acme");
}

#[test]
fn set_health_is_read() {
    let set = |health: &str| {
        let query = format!(
            "mutation {{ setHealth(orgSlug:\"acme\", deploymentSlug:\"checkout\", deploySlug:\"d1\", health:\"{health}\") {{ success }} }}"
        );
        read_json(&query).map(|asked| asked.asks)
    };
    for (word, health) in [
        ("HEALTHY", Some(Health::Healthy)),
        ("AILING", Some(Health::Ailing)),
        ("UNHEALTHY", Some(Health::Unhealthy)),
        ("reset", None),
    ] {
        assert_eq!(set(word), Ok(Asks::SetHealth { deploy: "d1".to_owned(), health }), "{word}");
    }
    assert!(set("sick").unwrap_err().starts_with("health: `sick` is none"));
    assert!(Asks::SetHealth { deploy: String::new(), health: None }.is_change());
}

/// A form as the client's HTTP library writes it.
fn form(parts: &[(&str, Option<&str>, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.push_str(&format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        ));
    }
    (body + "--b0undary--\r\n").into_bytes()
}

const FORM: Option<&str> = Some("multipart/form-data; boundary=b0undary");

fn operations() -> String {
    let query = "
            mutation ($file: Upload!) {
                validateRules(orgSlug:\"acme\", deploymentSlug:\"checkout\", file: $file) {
                    rules {
                        title
                    }
                }
            }
            ";
    json!({"query": query, "variables": {"file": null}}).to_string()
}

#[test]
fn rules_file_is_read_from_a_form() {
    let map = r#"{"0": ["variables.file"]}"#;
    let parts = [
        ("operations", None, &*operations()),
        ("map", None, map),
        ("0", Some("rules.yml"), "rules:\r\n\r\n- a"),
    ];
    let asked = question(FORM, "", &form(&parts)).unwrap();
    assert_eq!(asked.asks, Asks::ValidateRules { file: "rules:\r\n\r\n- a".to_owned() });
    assert!(!asked.asks.is_change());
    let found = json!({"rules": [{"title": "one"}, {"title": "two"}]});
    assert_eq!(asked.data(&found), json!({"validateRules": found}));
    let quoted = Some("Multipart/Form-Data; charset=utf-8; boundary=\"b0undary\"");
    assert_eq!(question(quoted, "", &form(&parts)), Ok(asked));
}

#[test]
fn requests_that_are_not_answered_say_what_is() {
    let told = [
        "{ organization { name } }",
        "{ deployment(orgSlug: \"a\", deploymentSlug: \"b\") { name } }",
        "{ deployment(orgSlug: \"a\", deploymentSlug: \"b\") }",
        "{ deployment(deploymentSlug: \"b\") { latestChange { slug } } }",
        "{ deployment(orgSlug: 1, deploymentSlug: \"b\") { latestChange { slug } } }",
        "{ deployment(orgSlug: [\"a\"], deploymentSlug: {a: 1}) { latestChange { slug { x } } } }",
        "mutation { setHealth(health: HEALTHY) { success } }",
        "subscription { x }",
        "{ a { ...named } }",
        "{ a } { b }",
        "{ a b }",
        "{ a(b: \"c) }",
        "{ a",
        "{ a(b: \"\\u12\") }",
        "%",
    ];
    let told: Vec<_> = told.map(|query| read_json(query).unwrap_err()).into();
    insta::assert_snapshot!(told.join("\n"), @r"
    organization: Signoff does not answer this here, but deployment, setHealth, validateRules
    name: Signoff does not answer this here, but latestChange
    deployment: say which fields of it: latestChange
    orgSlug: it is missing in `deployment`
    orgSlug: it is no text: it must be text
    slug: it has no fields to select
    deploySlug: it is missing in `setHealth`
    the query can't be read: it begins with `subscription`, and not with query or mutation
    the query can't be read: a fragment has a name: write its fields in place of it
    the query can't be read: it has more than one operation
    the query can't be read: it asks for several things at once: ask one after the other
    the query can't be read: a text has no closing quote
    the query can't be read: a name is missing
    the query can't be read: a \u names no character
    the query can't be read: the character % has no meaning there
    ");
    let deep = format!("{}a{}", "{a".repeat(2_000), "}".repeat(2_000));
    assert!(read_json(&deep).unwrap_err().ends_with("it is nested too deeply"));
    let lists = format!("{{ a(b: {}) }}", "[".repeat(50_000));
    assert!(read_json(&lists).unwrap_err().ends_with("it is nested too deeply"));
    assert_eq!(question(None, "", &vec![b' '; MAX_BODY + 1]), Err(ParseError::TooLarge));
    assert!(question(Some("application/json"), "", b"{}").is_err());
}

#[test]
fn broken_forms_are_refused() {
    let (map, operations) = (r#"{"0": ["variables.file"]}"#, operations());
    for (body, problem) in [
        (form(&[("map", None, map)]), "the form has no part `operations`"),
        (form(&[("operations", None, "[]"), ("map", None, map)]), "is no JSON object"),
        (form(&[("operations", None, &operations), ("map", None, map)]), "lacks a file"),
        (b"--b0undary\r\nA: b\r\n\r\nx\r\n--b0undary--".to_vec(), "a part without a name"),
        (b"--b0undary\r\nx".to_vec(), "ends within a part"),
        (b"x".to_vec(), "has no parts"),
        (form(&[("a", None, "b"); 21]), "more than 20 parts"),
    ] {
        let error = question(FORM, "", &body).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}
