//! The API's calls against a server that answers as GitHub's OpenAPI description says.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::{Value, json};

fn github(server: &Responder) -> GitHub {
    GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into())
}

fn wire_commit(sha: &str, message: &str) -> Value {
    json!({"sha": sha, "html_url": format!("https://github.com/acme/checkout/commit/{sha}"), "author": {"login": "ana"},
        "commit": {"message": message, "author": {"name": "Ana", "email": "ana@example.com", "date": "2021-05-11T11:40:00Z"}}})
}

#[tokio::test]
async fn a_file_is_found_unchanged_or_missing() {
    let server = Responder::start(|line, request| match line {
        "GET /repos/acme/checkout/contents/.signoff/rules.yml"
            if request.contains("if-none-match: W/\"1\"") =>
        {
            Reply::Answer(304, vec![], vec![])
        }
        "GET /repos/acme/checkout/contents/.signoff/rules.yml" => Reply::Answer(
            200,
            vec![
                "ETag: W/\"1\"".into(),
                "Content-Type: application/vnd.github.raw+json; charset=utf-8".into(),
            ],
            b"rules: []\n".to_vec(),
        ),
        "GET /repos/acme/renamed/contents/.signoff/rules.yml" => Reply::Answer(
            301,
            vec!["Location: /repos/acme/checkout/contents/.signoff/rules.yml".into()],
            vec![],
        ),
        "GET /repos/acme/away/contents/.signoff/rules.yml" => {
            Reply::Answer(301, vec!["Location: http://127.0.0.2:1/".into()], vec![])
        }
        "GET /repos/acme/checkout/contents/.signoff" => reply(200, &json!([{"name": "rules.yml"}])),
        "GET /repos/acme/checkout/contents/large" => Reply::Answer(200, vec![], vec![b'x'; MAX_FILE + 1]),
        "GET /repos/acme/checkout/contents/huge" => reply(
            403,
            &json!({"message": "too large", "errors": [{"resource": "Blob", "field": "data", "code": "too_large"}]}),
        ),
        "GET /repos/acme/checkout/contents/module" => reply(200, &json!({"type": "submodule"})),
        "GET /repos/acme/checkout/contents/binary" => Reply::Answer(200, vec![], vec![0xff]),
        _ => reply(404, &json!({"message": "Not Found"})),
    })
    .await;
    let github = github(&server);
    let found = Ok(FileAnswer::Found { text: "rules: []\n".into(), etag: Some("W/\"1\"".into()) });
    let rules = ".signoff/rules.yml";
    assert_eq!(github.file("acme/checkout", rules, None).await, found);
    assert_eq!(github.file("acme/checkout", rules, Some("W/\"1\"")).await, Ok(FileAnswer::NotModified));
    assert_eq!(github.file("acme/renamed", rules, None).await, found);
    assert_eq!(github.file("acme/checkout", ".sleuth/rules.yml", None).await, Ok(FileAnswer::Missing));
    for (path, why) in [
        (".signoff", "is a directory, not a file"),
        ("module", "is a link or a submodule, not a file"),
        ("large", "is larger than 512 KiB"),
        ("huge", "is larger than 512 KiB"),
        ("binary", "is not UTF-8"),
    ] {
        assert_eq!(github.file("acme/checkout", path, None).await, Ok(FileAnswer::Unusable(why)), "{path}");
    }
    let mut told = Vec::new();
    for (repository, path) in [("acme/away", rules), ("acme", rules)] {
        told.push(format!("{:?}", github.file(repository, path, None).await.expect_err("a failure")));
    }
    insta::assert_snapshot!(told.join("\n"));
    let asked = server.asked()[0].to_lowercase();
    for header in
        ["authorization: bearer ghp_test", "x-github-api-version: 2022-11-28", "user-agent: signoff/"]
    {
        assert!(asked.contains(header), "{header} in {asked}");
    }
}

#[tokio::test]
async fn a_commit_says_whether_its_files_are_all() {
    let server = Responder::start(|line, _| {
        let mut commit = wire_commit("a1", "One\n\nCo-authored-by: Bo <bo@example.com>");
        let mut files = vec![
            json!({"filename": "src/main.rs", "status": "modified", "changes": 12, "patch": "@@"}),
            json!({"filename": "b", "status": "renamed", "changes": 3, "previous_filename": "a"}),
            json!({"filename": "d", "status": "copied", "previous_filename": "c"}),
        ];
        if line.ends_with("many") {
            files.resize(300, json!({"filename": "e", "status": "added"}));
        }
        commit["files"] = json!(files);
        if line.ends_with("zz") {
            reply(422, &json!({"message": "No commit found for SHA: zz"}))
        } else {
            reply(200, &commit)
        }
    })
    .await;
    let github = github(&server);
    let (commit, files) = github.commit("acme/checkout", "a1").await.unwrap();
    assert_eq!((commit.revision.as_str(), commit.title.as_str(), commit.authors.len()), ("a1", "One", 2));
    let paths = ["src/main.rs", "b", "a", "d"].map(str::to_owned).to_vec();
    assert_eq!(files, ChangedFiles { paths, lines: 15, ..ChangedFiles::default() });
    assert!(github.commit("acme/checkout", "v1/many").await.unwrap().1.truncated);
    assert_eq!(server.lines()[1], "GET /repos/acme/checkout/commits/v1%2Fmany");
    assert!(matches!(github.commit("acme/checkout", "zz").await, Err(Failure::Refusal(_))));
}

#[tokio::test]
async fn a_profile_names_a_person() {
    let server = Responder::start(|line, _| match line {
        "GET /users/ben" => reply(200, &json!({"login": "ben", "name": "Ben", "email": "ben@example.com"})),
        "GET /users/renovate[bot]" => {
            reply(200, &json!({"login": "renovate[bot]", "name": null, "email": null}))
        }
        _ => reply(404, &json!({"message": "Not Found"})),
    })
    .await;
    let github = github(&server);
    let person = |name: &str, email: Option<&str>, username: &str| {
        Ok(Person { name: name.into(), email: email.map(str::to_owned), username: Some(username.into()) })
    };
    assert_eq!(github.person("ben").await, person("Ben", Some("ben@example.com"), "ben"));
    assert_eq!(github.person("renovate[bot]").await, person("renovate[bot]", None, "renovate[bot]"));
    assert!(matches!(github.person("gone").await, Err(Failure::Permanent(_))));
}
