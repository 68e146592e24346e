use super::document::object;
use super::extract::{CIRCLECI_OPERATIONS, GITHUB_OPERATIONS, GITHUB_SCHEMAS, JIRA_OPERATIONS, extract};
use super::path::Template;
use super::*;
use serde_json::json;
use std::path::{Path, PathBuf};

const WORKFLOW: &str = "5034460f-c7c4-4c43-9457-de07e2029e7b";

fn problem(spec: &Spec, method: &Method, path: &str, query: &str, body: &str) -> Option<String> {
    let content_type = (!body.is_empty()).then_some("application/json");
    spec.check_request(method, path, query, content_type, body.as_bytes()).err().map(|violation| violation.0)
}

#[test]
fn the_requests_that_signoff_sends_are_accepted() {
    let circleci = Spec::circleci().unwrap();
    let github = Spec::github().unwrap();
    let jira = Spec::jira().unwrap();
    let approve = format!("/workflow/{WORKFLOW}/approve/{WORKFLOW}");
    let dispatches = "/repos/acme/checkout/actions/workflows/deploy.yml/dispatches";
    for (spec, method, path, query, body, id) in [
        (
            &circleci,
            Method::GET,
            "/project/gh/acme/checkout/pipeline",
            "branch=main",
            "",
            "listPipelinesForProject",
        ),
        (&circleci, Method::POST, approve.as_str(), "", "", "approvePendingApprovalJobById"),
        (
            &circleci,
            Method::POST,
            "/project/gh%2Facme%2Fcheckout/pipeline",
            "",
            r#"{"branch": "main", "parameters": {"deploy": true, "count": 3, "to": "prod"}}"#,
            "triggerPipeline",
        ),
        (
            &github,
            Method::GET,
            "/repos/acme/checkout/contents/.signoff/rules.yml",
            "",
            "",
            "repos/get-content",
        ),
        (
            &github,
            Method::GET,
            "/repos/acme/checkout/compare/1111111...2222222",
            "per_page=100&page=1",
            "",
            "repos/compare-commits-with-basehead",
        ),
        (&github, Method::GET, "/repos/acme/checkout/commits/feature/x", "", "", "repos/get-commit"),
        (
            &github,
            Method::GET,
            "/repos/acme/checkout/commits/2222222/pulls",
            "",
            "",
            "repos/list-pull-requests-associated-with-commit",
        ),
        (
            &github,
            Method::POST,
            dispatches,
            "",
            r#"{"ref": "main", "inputs": {"a": "b"}, "return_run_details": true}"#,
            "actions/create-workflow-dispatch",
        ),
        (
            &github,
            Method::GET,
            "/repos/acme/checkout/actions/workflows/deploy.yml/runs",
            "created=2026-01-02T03:04:05Z..2026-01-02T03:05:05Z",
            "",
            "actions/list-workflow-runs",
        ),
        (
            &jira,
            Method::GET,
            "/rest/api/3/issue/SHOP-7",
            "fields=status,summary&expand=transitions",
            "",
            "getIssue",
        ),
    ] {
        let kind = (!body.is_empty()).then_some("application/json; charset=utf-8");
        let accepted = spec.check_request(&method, path, query, kind, body.as_bytes()).unwrap();
        assert_eq!(accepted.operation.id(), id);
    }
}

#[test]
fn what_the_spec_does_not_have_is_refused_with_the_place() {
    let circleci = Spec::circleci().unwrap();
    let github = Spec::github().unwrap();
    let pipeline = "/project/gh/acme/checkout/pipeline";
    let dispatches = "/repos/acme/checkout/actions/workflows/deploy.yml/dispatches";
    let runs = "/repos/acme/checkout/actions/workflows/deploy.yml/runs";
    for (spec, method, path, query, body, expected) in [
        (&github, Method::GET, runs, "created=2026-01-02T03:04:05Z..tomorrow", "", "created"),
        (&circleci, Method::GET, "/project/gh/acme/checkout", "", "", "not an operation"),
        (&circleci, Method::POST, "/workflow/7/approve/8", "", "", "path parameter"),
        (&circleci, Method::GET, pipeline, "page_token=1", "", "no parameter page_token"),
        (&circleci, Method::GET, pipeline, "branch=a&branch=b", "", "branch twice"),
        (&circleci, Method::POST, pipeline, "", r#"{"branch": "main", "revision": "1"}"#, "revision"),
        (&circleci, Method::POST, pipeline, "", r#"{"parameters": {"x": null}}"#, "/parameters/x"),
        (&circleci, Method::POST, pipeline, "", r#"{"parameters": {"x": 1.5}}"#, "/parameters/x"),
        (&circleci, Method::POST, pipeline, "", "{", "not JSON"),
        (&circleci, Method::GET, pipeline, "", "{}", "takes no body"),
        (&github, Method::POST, dispatches, "", r#"{"inputs": {}}"#, "ref"),
        (&github, Method::POST, dispatches, "", r#"{"ref": "main", "input": {}}"#, "input"),
        (&github, Method::POST, dispatches, "", "", "needs a body"),
        (&github, Method::GET, "/repos/acme/checkout/commits/main", "per_page=many", "", "per_page"),
    ] {
        let problem = problem(spec, &method, path, query, body);
        assert!(problem.as_ref().is_some_and(|text| text.contains(expected)), "{path} {body}: {problem:?}");
    }
    let form = circleci.check_request(&Method::POST, pipeline, "", Some("text/plain"), b"{}").err().unwrap();
    assert!(form.0.contains("must be application/json"), "{form}");
}

#[test]
fn answers_are_checked_too() {
    let spec = Spec::circleci().unwrap();
    let path = format!("/workflow/{WORKFLOW}");
    let operation = spec.check_request(&Method::GET, &path, "", None, b"").unwrap().operation;
    let mut workflow = json!({
        "id": WORKFLOW, "name": "deploy", "status": "on_hold", "created_at": "2026-01-02T03:04:05Z",
        "stopped_at": null, "pipeline_id": WORKFLOW, "pipeline_number": 7, "project_slug": "gh/a/b",
        "started_by": WORKFLOW,
    });
    assert_eq!(spec.check_answer(operation, 200, Some(&workflow)), Ok(()));
    assert_eq!(spec.check_answer(operation, 404, Some(&json!({"message": "no"}))), Ok(()));
    workflow["status"] = json!("waiting");
    let wrong = spec.check_answer(operation, 200, Some(&workflow)).unwrap_err();
    assert!(wrong.0.contains("/status"), "{wrong}");
    let spec = Spec::github().unwrap();
    let operation =
        spec.check_request(&Method::GET, "/repos/a/b/compare/c...d", "", None, b"").unwrap().operation;
    assert!(spec.check_answer(operation, 200, Some(&json!({"commits": []}))).is_err());
    assert!(spec.check_answer(operation, 302, None).is_err(), "not in the spec");
    assert!(
        spec.check_answer(operation, 401, Some(&json!({"message": 1}))).is_err(),
        "not an error of GitHub's"
    );
}

#[test]
fn templates_prefer_the_more_literal_and_decode_values() {
    let template = Template::new("/repos/{owner}/contents/{path}", |name| name == "path");
    let fitted = template.fit("/repos/acme/contents/a%20b/%C5%BD.yml").unwrap();
    assert_eq!(fitted.get("path").map(String::as_str), Some("a b/Ž.yml"));
    assert!(template.fit("/repos/a/b/contents/x").is_none(), "owner is one segment");
    assert!(template.fit("/repos/a/contents/").is_none(), "a parameter is never empty");
}

/// The official documents, when the project is checked out next to them.
fn official(file: &str) -> Option<(PathBuf, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/specs").join(file);
    let text = std::fs::read_to_string(&path).ok()?;
    Some((path, serde_json::from_str(&text).unwrap()))
}

#[test]
fn the_extracts_are_what_the_official_documents_say() {
    for (file, extracted, operations, schemas) in [
        ("circleci.json", include_str!("../../specs/circleci.json"), CIRCLECI_OPERATIONS, &[] as &[&str]),
        ("github.json", include_str!("../../specs/github.json"), GITHUB_OPERATIONS, GITHUB_SCHEMAS),
        ("jira-cloud-v3.json", include_str!("../../specs/jira-cloud-v3.json"), JIRA_OPERATIONS, &[]),
    ] {
        let extracted: Value = serde_json::from_str(extracted).unwrap();
        let count: usize =
            object(&extracted, "paths").map(|(_, methods)| methods.as_object().unwrap().len()).sum();
        assert_eq!(count, operations.len(), "{file} lacks operations: run the example extract-specs");
        let Some((path, official)) = official(file) else {
            println!("NOT COMPARED: the official {file} is not next to this checkout");
            continue;
        };
        let again = extract(&official, operations, schemas);
        let differs = format!("{file} differs from {}: run the example extract-specs", path.display());
        for kind in ["/paths", "/components/schemas", "/components/parameters", "/components/responses"] {
            for (name, value) in again.pointer(kind).and_then(Value::as_object).into_iter().flatten() {
                let extracted = extracted.pointer(kind).and_then(|values| values.get(name));
                assert!(extracted == Some(value), "{kind} {name}: {differs}");
            }
        }
        let known = |(path, method): &&(&str, &str)| again["paths"][path].get(method).is_none();
        let left_out: Vec<_> = operations.iter().filter(known).collect();
        match left_out.is_empty() {
            true => assert!(again == extracted, "{differs}"),
            false => println!("NOT COMPARED: {} has no {left_out:?}", path.display()),
        }
    }
}

#[test]
fn an_extract_has_no_prose() {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "T", "version": "1", "description": "prose"},
        "paths": {"/a": {"get": {"summary": "s", "operationId": "a", "responses": {"200": {"content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/used"}, "examples": {}}}}}}}},
        "components": {"schemas": {
            "used": {"type": "object", "properties": {"description": {"type": "string", "example": "e"}}},
            "unused": {},
        }},
    });
    let extract = extract(&document, &[("/a", "get"), ("/gone", "get")], &[]);
    assert_eq!(
        extract,
        json!({
            "openapi": "3.0.3", "info": {"title": "T", "version": "1"},
            "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {"content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/used"}}}}}}}},
            "components": {"schemas": {
                "used": {"type": "object", "properties": {"description": {"type": "string"}}}}},
        })
    );
}

/// The calls that the stand-ins answer and Signoff does not make.
const NOT_CALLED: [&str; 3] =
    ["GET /repos/{}/{}/commits/{}/pulls", "GET /repos/{}/{}/pulls/{}", "GET /workflow/{}"];

/// A call with nothing in its braces. The README writes a project, which is three segments, as one.
fn unnamed(call: &str) -> String {
    let call = call.replace("{provider}/{organization}/{project}", "{slug}");
    let mut parts = call.split('{');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, after) = part.split_once('}').unwrap();
        plain.push_str("{}");
        plain.push_str(after);
    }
    plain
}

#[test]
fn the_readme_names_every_call() {
    let readme = include_str!("../../../../README.md");
    let named = readme.lines().filter_map(|line| line.trim().strip_prefix("| `")?.split('`').next());
    let named: Vec<String> =
        named.map(|call| unnamed(&call.replace('\u{2026}', "/repos/{owner}/{repo}"))).collect();
    let mut made = 0;
    for (path, method) in CIRCLECI_OPERATIONS.iter().chain(GITHUB_OPERATIONS) {
        let call = unnamed(&format!("{} {path}", method.to_uppercase()));
        assert_ne!(named.contains(&call), NOT_CALLED.contains(&call.as_str()), "{call}: {named:#?}");
        made += usize::from(named.contains(&call));
    }
    let others = ["POST /graphql"];
    let calls = named.iter().filter(|call| call.starts_with("GET /") || call.starts_with("POST /"));
    assert_eq!(calls.filter(|call| !others.contains(&call.as_str())).count(), made, "{named:#?}");
}
