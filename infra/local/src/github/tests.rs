use super::*;
use base64::Engine as _;
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;

const REPOSITORY: &str = "acme/checkout";

async fn stand_in() -> GitHub {
    let github =
        GitHub::start(Settings { token: "t".to_owned(), write_token: "t".to_owned(), ..Settings::default() })
            .await
            .unwrap();
    github.add_repository(REPOSITORY, "main");
    github
}

fn request(github: &GitHub, method: &str, path: &str) -> reqwest::RequestBuilder {
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let url = format!("{}/repos/{REPOSITORY}{path}", github.url());
    client
        .request(method.parse().unwrap(), url)
        .header("User-Agent", "test")
        .header("Authorization", "Bearer t")
}

async fn get(github: &GitHub, path: &str) -> (u16, Value) {
    json_of(request(github, "GET", path).send().await.unwrap()).await
}

async fn json_of(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

fn commit(author: &str, message: &str) -> NewCommit {
    NewCommit {
        author: Author::new(author, &format!("{author}@acme.test"), author),
        message: message.to_owned(),
        branch: None,
        files: vec![ChangedFile {
            path: format!("src/{author}.rs"),
            previous: None,
            status: "modified",
            additions: 2,
            deletions: 1,
        }],
    }
}

#[tokio::test]
async fn a_file_is_read_as_json_and_raw_and_not_again_when_unchanged() {
    let github = stand_in().await;
    let text = "rules:\n  - name: Promote Ž\n".repeat(5);
    github.set_file(REPOSITORY, ".signoff/rules.yml", &text);
    let path = "/contents/.signoff/rules.yml";
    let (status, file) = get(&github, path).await;
    assert_eq!((status, &file["type"], &file["encoding"]), (200, &json!("file"), &json!("base64")));
    let base64 = file["content"].as_str().unwrap();
    assert!(base64.lines().count() > 1 && base64.ends_with('\n'), "GitHub breaks lines");
    let decoded = base64::engine::general_purpose::STANDARD.decode(base64.replace('\n', "")).unwrap();
    assert_eq!(decoded, text.as_bytes());

    let raw = || request(&github, "GET", path).header("Accept", "application/vnd.github.raw+json");
    let answer = raw().send().await.unwrap();
    let tag = answer.headers().get("etag").unwrap().to_str().unwrap().to_owned();
    let remaining = |answer: &Response| answer.headers().get("x-ratelimit-remaining").unwrap().clone();
    let before = remaining(&answer);
    assert_eq!(answer.text().await.unwrap(), text);
    let again = raw().header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), remaining(&again)), (304, before));
    assert_eq!(again.text().await.unwrap(), "");
    github.set_file(REPOSITORY, ".signoff/rules.yml", "rules: []");
    let changed = raw().header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!((changed.status().as_u16(), changed.text().await.unwrap().as_str()), (200, "rules: []"));

    github.set_file_at(REPOSITORY, "feature", ".signoff/rules.yml", "other");
    assert_eq!(get(&github, &format!("{path}?ref=feature")).await.1["size"], 5);
    assert_eq!(get(&github, &format!("{path}?ref=nowhere")).await.0, 404);
    let directory = get(&github, "/contents/.signoff").await.1;
    assert_eq!((&directory[0]["name"], &directory[0]["type"]), (&json!("rules.yml"), &json!("file")));
    github.remove_file(REPOSITORY, ".signoff/rules.yml");
    assert_eq!(get(&github, path).await, (404, error_body("Not Found", "404")));
    github.set_file(REPOSITORY, "large", &"x".repeat(1024 * 1024 + 1));
    let large = get(&github, "/contents/large").await.1;
    assert_eq!((&large["encoding"], &large["content"]), (&json!("none"), &json!("")));
    assert_eq!(github.violations(), Vec::<String>::new());
}

fn error_body(message: &str, status: &str) -> Value {
    json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status})
}

#[tokio::test]
async fn a_comparison_has_the_commits_authors_and_files_between() {
    let github = stand_in().await;
    let base = github.push(REPOSITORY, commit("ana", "one"));
    github.push(REPOSITORY, commit("ben", "two\n\nCo-authored-by: Cleo <cleo@acme.test>"));
    let unknown =
        NewCommit { author: Author { login: None, ..commit("dan", "").author }, ..commit("dan", "three") };
    let head = github.push(REPOSITORY, unknown);
    let (status, compared) = get(&github, &format!("/compare/{base}...{head}")).await;
    assert_eq!((status, &compared["status"]), (200, &json!("ahead")));
    assert_eq!((&compared["ahead_by"], &compared["total_commits"]), (&json!(2), &json!(2)));
    let commits = compared["commits"].as_array().unwrap();
    assert_eq!(commits[0]["commit"]["author"]["email"], "ben@acme.test");
    assert_eq!(commits[0]["author"]["login"], "ben");
    assert!(commits[0]["commit"]["message"].as_str().unwrap().contains("Co-authored-by: Cleo"));
    assert_eq!((&commits[1]["sha"], &commits[1]["author"]), (&json!(head), &Value::Null));
    let files: Vec<&Value> =
        compared["files"].as_array().unwrap().iter().map(|file| &file["filename"]).collect();
    assert_eq!(files, ["src/ben.rs", "src/dan.rs"]);
    let moved = ChangedFile {
        path: "moved.rs".to_owned(),
        previous: Some("src/dan.rs".to_owned()),
        status: "renamed",
        additions: 0,
        deletions: 0,
    };
    let moved = github.push(
        REPOSITORY,
        NewCommit { branch: Some("moved".to_owned()), files: vec![moved], ..commit("dan", "move") },
    );
    let file = &get(&github, &format!("/commits/{moved}")).await.1["files"][0];
    assert_eq!((&file["status"], &file["previous_filename"]), (&json!("renamed"), &json!("src/dan.rs")));

    assert_eq!(get(&github, &format!("/compare/{head}...{base}")).await.1["status"], "behind");
    assert_eq!(get(&github, "/compare/main...main").await.1["status"], "identical");
    let short = format!("/compare/{}...main", &base[..7]);
    assert_eq!(get(&github, &short).await.1["ahead_by"], 2);
    assert_eq!(get(&github, &format!("/compare/{}...main", "0".repeat(40))).await.0, 404);
    let branched =
        github.push(REPOSITORY, NewCommit { branch: Some("side".into()), ..commit("ana", "side") });
    github.push(REPOSITORY, commit("ben", "four"));
    let diverged = get(&github, &format!("/compare/main...{branched}")).await.1;
    assert_eq!(
        (&diverged["status"], &diverged["merge_base_commit"]["sha"]),
        (&json!("diverged"), &json!(head))
    );
    assert_eq!(github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn long_comparisons_come_in_pages() {
    let github = stand_in().await;
    let base = github.push(REPOSITORY, commit("ana", "base"));
    for number in 1..=251 {
        github.push(REPOSITORY, commit("ana", &format!("commit {number}")));
    }
    let messages = |compared: &Value| -> Vec<String> {
        let commits = compared["commits"].as_array().unwrap().iter();
        commits.map(|commit| commit["commit"]["message"].as_str().unwrap().to_owned()).collect()
    };
    let unpaged = get(&github, &format!("/compare/{base}...main")).await.1;
    assert_eq!((unpaged["total_commits"].as_u64(), messages(&unpaged).len()), (Some(251), 250));
    assert_eq!(messages(&unpaged)[0], "commit 2", "the newest 250");
    let third = get(&github, &format!("/compare/{base}...main?per_page=100&page=3")).await.1;
    assert_eq!((messages(&third).len(), messages(&third)[0].as_str()), (51, "commit 201"));
    assert_eq!(third["files"], json!([]));
    assert_eq!(github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn commits_and_their_pull_requests() {
    let github = stand_in().await;
    let sha = github.push(REPOSITORY, commit("ana", "one"));
    let content = NewPullRequest {
        title: "Faster checkout".to_owned(),
        body: None,
        author: commit("ana", "").author,
        labels: vec!["risky".to_owned()],
        commits: vec![sha.clone()],
        merged: true,
        merger: None,
    };
    let by_ben = NewPullRequest { merger: Some(commit("ben", "").author), ..content.clone() };
    let open = NewPullRequest { merged: false, ..content.clone() };
    let number = github.add_pull_request(REPOSITORY, content);
    let numbers =
        [number, github.add_pull_request(REPOSITORY, by_ben), github.add_pull_request(REPOSITORY, open)];
    let found = get(&github, "/commits/main").await.1;
    assert_eq!((&found["sha"], &found["stats"]["total"]), (&json!(sha), &json!(3)));
    assert_eq!(get(&github, "/commits/unknown").await.0, 422);
    let pulls = get(&github, &format!("/commits/{sha}/pulls")).await.1;
    assert_eq!((&pulls[0]["number"], &pulls[0]["labels"][0]["name"]), (&json!(number), &json!("risky")));
    assert_eq!(get(&github, &format!("/commits/{}/pulls", "0".repeat(40))).await.0, 422);
    let mut mergers = Vec::new();
    for number in numbers {
        let (status, pull) = get(&github, &format!("/pulls/{number}")).await;
        assert_eq!(
            (status, &pull["title"], &pull["changed_files"]),
            (200, &json!("Faster checkout"), &json!(1))
        );
        mergers.push(pull["merged_by"]["login"].as_str().map(str::to_owned));
    }
    assert_eq!(mergers, [Some("ana".to_owned()), Some("ben".to_owned()), None]);
    assert_eq!(get(&github, "/pulls/99").await.0, 404);
    github.show_email("ben", "ben@acme.test");
    let profile = async |login: &str| {
        let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
        let request = client.get(format!("{}/users/{login}", github.url()));
        let request = request.header("User-Agent", "test").header("Authorization", "Bearer t");
        json_of(request.send().await.unwrap()).await
    };
    assert_eq!(profile("Ben").await.1["email"], "ben@acme.test");
    let ana = profile("ana").await.1;
    assert_eq!((&ana["login"], &ana["name"], &ana["email"]), (&json!("ana"), &json!("ana"), &Value::Null));
    assert_eq!(profile("nobody").await.0, 404);
    assert_eq!(github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn dispatching_a_workflow() {
    let github = stand_in().await;
    github.push(REPOSITORY, commit("ana", "one"));
    let id = github.add_workflow(REPOSITORY, "deploy.yml");
    let post = async |workflow: &str, body: Value| {
        let path = format!("/actions/workflows/{workflow}/dispatches");
        let request = request(&github, "POST", &path).header("content-type", "application/json");
        json_of(request.body(body.to_string()).send().await.unwrap()).await
    };
    let inputs = json!({"environment": "production"});
    assert_eq!(post("deploy.yml", json!({"ref": "main", "inputs": inputs})).await, (204, Value::Null));
    let (status, run) = post(&id.to_string(), json!({"ref": "main", "return_run_details": true})).await;
    assert_eq!(status, 200);
    let dispatched = github.dispatched(REPOSITORY);
    assert_eq!(Value::Object(dispatched[0].inputs.clone()), inputs);
    assert_eq!(run["workflow_run_id"].as_u64(), Some(dispatched[1].run_id));
    let head = github.commits(REPOSITORY).pop().unwrap().sha;
    let runs = async |filter: &str| {
        let (status, list) = get(&github, &format!("/actions/workflows/deploy.yml/runs{filter}")).await;
        let runs = list["workflow_runs"].as_array().cloned().unwrap_or_default();
        assert_eq!((status, list["total_count"].as_u64()), (200, Some(runs.len() as u64)), "{filter}");
        runs.iter().map(|run| run["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let both = [dispatched[1].run_id, dispatched[0].run_id];
    assert_eq!(runs("").await, both);
    assert_eq!(runs(&format!("?event=workflow_dispatch&branch=main&head_sha={head}")).await, both);
    for other in ["event=push", "branch=side", "head_sha=7bf7226"] {
        assert_eq!(runs(&format!("?{other}")).await, [0; 0], "{other}");
    }
    assert_eq!(get(&github, "/actions/workflows/gone.yml/runs").await.0, 404);
    assert_eq!(post("gone.yml", json!({"ref": "main"})).await.0, 404);
    let (status, refused) = post("deploy.yml", json!({"ref": "gone"})).await;
    assert_eq!((status, &refused["message"]), (422, &json!("No ref found for: gone")));
    assert_eq!(github.violations(), Vec::<String>::new());

    assert_eq!(post("deploy.yml", json!({"ref": "main", "client_payload": {}})).await.0, 422);
    assert_eq!(github.violations().len(), 1);
    assert_eq!(github.dispatched(REPOSITORY).len(), 2);
    let page = crate::stand_in::client(Duration::from_secs(5)).unwrap();
    let page = page.get(run["html_url"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("deploy.yml") && page.contains("production"), "{page}");
}

#[tokio::test]
async fn who_asks_must_say_who_they_are() {
    let github = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(5)).unwrap();
    let url = format!("{}/repos/{REPOSITORY}/commits/main", github.url());
    let asked = async |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(client.get(&url), |request, (name, value)| request.header(*name, *value));
        json_of(request.send().await.unwrap()).await.0
    };
    assert_eq!(asked(&[("Authorization", "Bearer t")]).await, 403, "no User-Agent");
    assert_eq!(asked(&[("User-Agent", "test")]).await, 401);
    assert_eq!(asked(&[("User-Agent", "test"), ("Authorization", "Bearer wrong")]).await, 401);
    let other =
        [("User-Agent", "test"), ("Authorization", "Bearer t"), ("X-GitHub-Api-Version", "2026-03-10")];
    assert_eq!(asked(&other).await, 400);
}

#[test]
fn deliveries_are_signed_as_githubs_example() {
    // The example of https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    assert_eq!(
        crate::stand_in::hmac_sha256("It's a Secret to Everybody", b"Hello, World!"),
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
}

#[tokio::test]
async fn a_deployment_status_is_delivered_with_what_github_sends() {
    let github = stand_in().await;
    let status = DeploymentStatus {
        sha: "7bf7226".to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator: commit("ana", "").author,
        deployment_id: 42,
    };
    github.set_webhook(REPOSITORY, "secret-of-the-webhook");
    let delivery = github.deployment_status_delivery(REPOSITORY, &status);
    let header = |delivery: &Delivery, name: &str| {
        delivery.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(header(&delivery, "X-GitHub-Event"), "deployment_status");
    let signature = crate::stand_in::hmac_sha256("secret-of-the-webhook", delivery.body.as_bytes());
    assert_eq!(header(&delivery, "X-Hub-Signature-256"), format!("sha256={signature}"));
    let again = github.deployment_status_delivery(REPOSITORY, &status);
    assert_ne!(header(&delivery, "X-GitHub-Delivery"), header(&again, "X-GitHub-Delivery"));
    let body: Value = serde_json::from_str(&delivery.body).unwrap();
    assert_eq!(body["deployment_status"]["state"], "success");
    assert_eq!(body["deployment"]["environment"], "Staging");
    assert_eq!(body["deployment"]["sha"], "7bf7226");
    assert_eq!(body["repository"]["full_name"], REPOSITORY);
    assert_eq!(body["sender"]["login"], "ana");
}

#[tokio::test]
async fn each_token_is_good_for_its_own_requests() {
    let github = GitHub::start(Options::default()).await.unwrap();
    github.add_repository(REPOSITORY, "main");
    let Settings { token, write_token, .. } = Settings::default();
    let mut told = Vec::new();
    for (method, path) in [
        ("GET", ""),
        ("GET", "/branches"),
        ("GET", "/actions/workflows/deploy.yml/runs"),
        ("POST", "/actions/runs/1/cancel"),
    ] {
        let mut statuses = Vec::new();
        for token in [&token, &write_token] {
            let authorization = format!("Bearer {token}");
            let mut request = request(&github, method, path).build().unwrap();
            request.headers_mut().insert("authorization", authorization.parse().unwrap());
            let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
            statuses.push(client.execute(request).await.unwrap().status().as_u16());
        }
        told.push((path, statuses));
    }
    let allowed: Vec<_> =
        told.iter().map(|(path, statuses)| (*path, statuses.iter().map(|s| *s != 403).collect())).collect();
    let expected: Vec<(&str, Vec<bool>)> = vec![
        ("", vec![true, true]),
        ("/branches", vec![true, false]),
        ("/actions/workflows/deploy.yml/runs", vec![true, true]),
        ("/actions/runs/1/cancel", vec![false, true]),
    ];
    assert_eq!(allowed, expected, "{told:?}");
}
