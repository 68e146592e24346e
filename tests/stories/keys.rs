//! API keys that an admin creates in the console: what each is good for, and for how long.

use reqwest::Response;
use serde_json::{Value, json};
use signoff_local::api_key;
use signoff_store::Scope;
use std::process::Stdio;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;
use tokio::process::Command;

fn url(story: &Story, path: &str) -> String {
    format!("{}{path}", story.world.front.url())
}

/// Sends a form with `key`.
async fn send(story: &Story, key: &str, path: &str, fields: &[(&str, &str)]) -> Response {
    story.world.http.post(url(story, path)).bearer_auth(key).form(fields).send().await.unwrap()
}

/// A new key of this name and these scopes: its text, as the page shows it once, and its id.
async fn created(story: &Story, name: &str, scopes: &[&str]) -> (String, String) {
    created_for(story, name, scopes, "").await
}

/// The same, for the deployments that the patterns `deployments` stand for.
pub(crate) async fn created_for(
    story: &Story,
    name: &str,
    scopes: &[&str],
    deployments: &str,
) -> (String, String) {
    let mut fields = vec![("name", name), ("deployments", deployments)];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let answer = send(story, API_KEY, "/settings/keys", &fields).await;
    assert_eq!(answer.status(), 201, "{name}");
    let page = answer.text().await.unwrap();
    let (_, shown) = page.split_once("<code>sgn_").unwrap();
    let key = format!("sgn_{}", shown.split('<').next().unwrap());
    story.world.keeps_secret(&key);
    story.world.keeps_secret(key.rsplit('_').next().unwrap());
    let id = key.split('_').nth(1).unwrap().to_owned();
    (key, id)
}

/// Registers `revision` with `key`.
async fn register(story: &Story, key: &str, revision: &str) -> (u16, String) {
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    let body = json!({"sha": revision, "environment": "Staging"});
    let request = story.world.http.post(url(story, &path)).bearer_auth(key).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn reads(story: &Story, key: &str, path: &str) -> u16 {
    story.world.http.get(url(story, path)).bearer_auth(key).send().await.unwrap().status().as_u16()
}

#[test]
fn a_created_key_registers_deploys_until_it_is_revoked() {
    tell("key-registers", async |story| {
        let (key, id) = created(story, "CI of key-registers", &["register", "report"]).await;
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        assert_eq!(register(story, &key, &first).await, (200, "Success".to_owned()));
        let deploy = story.deploy_id(&first, "Staging");
        story.settled(&deploy).await;
        let path = format!("/api/1/deployments/acme/key-registers/{first}/health");
        let health =
            story.world.http.post(url(story, &path)).bearer_auth(&key).json(&json!({"health": "ailing"}));
        assert_eq!(health.send().await.unwrap().status(), 200);
        story.settled(&deploy).await;

        let list = story.get("/settings/keys").await.text().await.unwrap();
        assert!(list.contains("CI of key-registers") && list.contains(&key[key.len() - 4..]));
        assert!(!list.contains(&key), "the key is shown once");

        let revoke = format!("/settings/keys/{id}/revoke");
        for _ in 0..2 {
            assert_eq!(send(story, API_KEY, &revoke, &[]).await.status(), 303);
        }
        let (status, told) = register(story, &key, &second).await;
        assert_eq!(status, 401);
        assert!(told.starts_with("api_key: missing or not valid."), "{told}");
        assert!(story.world.store.page(&story.deploy_id(&second, "Staging")).await.unwrap().is_none());
        let row = story.world.store.key(&id).await.unwrap().expect("it stays on record");
        assert_eq!(row.revoked.map(|done| done.by.id).as_deref(), API_KEY.split('_').nth(1));
        assert_eq!(send(story, API_KEY, "/settings/keys/000000000000/revoke", &[]).await.status(), 404);
    });
}

#[test]
fn a_key_that_reads_does_not_register() {
    tell("key-reads", async |story| {
        let (key, _) = created(story, "reader of key-reads", &["read"]).await;
        let revision = story.push("Ana", "One");
        let (status, told) = register(story, &key, &revision).await;
        assert_eq!(status, 403);
        insta::assert_snapshot!(told.replace(story.world.front.url(), "ADDRESS"), @"api_key: the key “reader of key-reads” lacks the scope `register` (it has: read). An admin can create one that has it at ADDRESS/settings/keys");
        assert!(story.world.store.page(&story.deploy_id(&revision, "Staging")).await.unwrap().is_none());

        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        for (path, status) in [
            ("/api/v1/deploys".to_owned(), 200),
            (format!("/api/v1/deploys/{deploy}"), 200),
            ("/record.csv?deployment=acme/key-reads".to_owned(), 200),
            ("/deploys".to_owned(), 403),
            (format!("/deploys/{deploy}"), 403),
            ("/deployments/acme/key-reads/setup".to_owned(), 403),
            ("/settings/keys".to_owned(), 403),
            ("/deployments/acme/key-reads/edit".to_owned(), 403),
        ] {
            assert_eq!(reads(story, &key, &path).await, status, "{path}");
        }
        let signoff = Command::new(story.world.program("signoff"))
            .args(["deploys", "--deployment", "acme/key-reads", "--format", "json"])
            .env("SIGNOFF_URL", story.world.front.url())
            .env("SIGNOFF_API_KEY", &key)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let listed: Vec<Value> = serde_json::from_slice(&signoff.stdout).unwrap();
        assert_eq!(listed.len(), 1, "{}", String::from_utf8_lossy(&signoff.stderr));
    });
}

#[test]
fn a_key_that_only_registers_reports_nothing() {
    tell("key-scopes", async |story| {
        let asks = rule("votes_required: 1", "webhook: 'https://example.com'");
        story.rules(&asks.replace("environment='Staging'", "tags='#hotfix'"));
        let (registers, _) = created(story, "registers key-scopes", &["register"]).await;
        let (reports, _) = created(story, "reports key-scopes", &["report"]).await;
        let (both, _) = created(story, "both of key-scopes", &["register", "report"]).await;
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let send = async |key: &str, path: &str, body: Value| {
            let request = story.world.http.post(url(story, path)).bearer_auth(key).json(&body);
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let tagged = |revision: &str| json!({"sha": revision, "environment": "Staging", "tags": "#hotfix"});
        let (status, told) = send(&reports, &path, tagged(&first)).await;
        assert!(status == 403 && told.contains("lacks the scope `register`"), "{told}");
        assert_eq!(send(&registers, &path, tagged(&first)).await, (200, "Success".to_owned()));
        let page = story.settled(&story.deploy_id(&first, "Staging")).await;
        assert_eq!((page.deploy.tags.len(), page.deploy.reported_tags), (0, vec!["#hotfix".to_owned()]));
        assert!(page.runs.is_empty(), "a tag of CI's opens no rule");
        let shown = story.get(&format!("/deploys/{}", page.deploy.id)).await.text().await.unwrap();
        assert!(shown.contains("Tags reported by CI"), "{shown}");

        let health = format!("/api/1/deployments/acme/{}/{first}/health", story.name);
        let (status, told) = send(&registers, &health, json!({"health": "healthy"})).await;
        assert!(status == 403 && told.contains("lacks the scope `report`"), "{told}");
        assert_eq!(send(&reports, &health, json!({"health": "healthy"})).await.0, 200);
        assert_eq!(send(&both, &path, tagged(&second)).await, (200, "Success".to_owned()));
        story.dialog().await;
        let page = story.settled(&story.deploy_id(&second, "Staging")).await;
        assert_eq!((page.deploy.tags, page.runs.len()), (vec!["#hotfix".to_owned()], 1));
        story.settled(&story.deploy_id(&first, "Staging")).await;
    });
}

#[test]
fn a_key_for_some_deployments_registers_no_other() {
    tell("key-patterns", async |story| {
        let (own, _) = created_for(story, "own of key-patterns", &["register"], "ACME/key-patterns").await;
        let (all, _) = created_for(story, "all of key-patterns", &["register"], "shop/*, acme/*").await;
        let (other, _) = created_for(story, "other of key-patterns", &["register"], "shop/*").await;
        let revision = story.push("Ana", "One");
        let (status, told) = register(story, &other, &revision).await;
        assert_eq!(status, 403);
        assert!(told.contains("is not for acme/key-patterns (it is for: shop/*)"), "{told}");
        assert_eq!(register(story, &own, &revision).await.0, 200);
        let second = story.push("Ana", "Two");
        assert_eq!(register(story, &all, &second).await.0, 200);
        for revision in [&revision, &second] {
            story.settled(&story.deploy_id(revision, "Staging")).await;
        }
        let fields = [("name", "reads key-patterns"), ("scope", "read"), ("deployments", "acme/*")];
        let refused = send(story, API_KEY, "/settings/keys", &fields).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.text().await.unwrap().contains("is good for all deployments"));
    });
}

#[test]
fn only_an_admin_creates_keys() {
    tell("key-admin", async |story| {
        let (registers, _) = created(story, "CI of key-admin", &["register", "read"]).await;
        let (admin, id) = created(story, "admin of key-admin", &["admin"]).await;
        let wish = [("name", "wish of key-admin"), ("scope", "admin")];
        let refused = send(story, &registers, "/settings/keys", &wish).await;
        assert_eq!(refused.status(), 403);
        let revoke = format!("/settings/keys/{id}/revoke");
        assert_eq!(send(story, &registers, &revoke, &[]).await.status(), 403);
        let names = async || {
            let keys = story.world.store.keys().await.unwrap();
            keys.into_iter()
                .map(|key| key.name)
                .filter(|name| name.ends_with("of key-admin"))
                .collect::<Vec<_>>()
        };
        assert_eq!(names().await.len(), 2);
        assert_eq!(reads(story, &registers, "/api/v1/deploys").await, 200);
        assert_eq!(reads(story, &admin, "/settings/keys").await, 200);

        let empty = send(story, &admin, "/settings/keys", &[("name", " ")]).await;
        assert_eq!(empty.status(), 422);
        let page = empty.text().await.unwrap();
        assert!(page.contains("Enter a name for the key") && page.contains("Choose at least one scope"));
        let taken =
            send(story, &admin, "/settings/keys", &[("name", "CI of key-admin"), ("scope", "read")]).await;
        assert!(taken.text().await.unwrap().contains("A key with this name already exists."));
        assert_eq!(names().await.len(), 2);
        assert_eq!(send(story, &admin, &revoke, &[]).await.status(), 303, "it may revoke itself");
        assert_eq!(reads(story, &admin, "/api/v1/deploys").await, 401);
    });
}

#[test]
fn key_that_reads_opens_no_page_and_no_session() {
    tell("key-signs-in", async |story| {
        let (reader, _) = created(story, "reader of key-signs-in", &["read", "register"]).await;
        let form = [("key", reader.as_str()), ("next", "/deploys")];
        let refused = story.world.http.post(url(story, "/sign-in")).form(&form).send().await.unwrap();
        assert_eq!(refused.status(), 405, "there is no form for a key");
        let refused = story.world.http.get(url(story, "/deploys")).bearer_auth(&reader).send().await.unwrap();
        assert_eq!(refused.status(), 403);
        assert!(refused.headers().get("set-cookie").is_none());
        let told = refused.text().await.unwrap();
        assert!(told.contains("This needs signing in with Slack, or an API key with the scope"), "{told}");
        let (admin, _) = created(story, "admin of key-signs-in", &["admin"]).await;
        let shown = story.world.http.get(url(story, "/deploys")).bearer_auth(&admin).send().await.unwrap();
        assert_eq!((shown.status().as_u16(), shown.headers().get("set-cookie")), (200, None));
    });
}

#[test]
fn row_of_a_key_is_no_key() {
    tell("key-row", async |story| {
        let (key, id) = created(story, "CI of key-row", &["admin"]).await;
        let row = story.world.store.key(&id).await.unwrap().unwrap();
        let text = serde_json::to_string(&row).unwrap();
        let secret = key.rsplit('_').next().unwrap();
        assert!(!text.contains(secret), "the row has no more than the secret's SHA-256 and last characters");
        assert_eq!(reads(story, &key, "/api/v1/deploys").await, 200);
        for shown in [format!("sgn_{id}_{}", row.digest), row.digest, id] {
            assert_eq!(reads(story, &shown, "/api/v1/deploys").await, 401, "{shown}");
            assert_eq!(register(story, &shown, &"a".repeat(40)).await.0, 401, "{shown}");
        }
    });
}

#[test]
fn key_of_the_local_stack_is_read_as_any_other() {
    tell("key-local", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else { return };
        let now = signoff_runtime::time::now();
        assert_eq!(reads(story, api_key::TEXT, "/api/v1/deploys").await, 401);
        stack.put_row("RecordTable", &api_key::row(api_key::TEXT, &now.to_string())).unwrap();
        let id = api_key::TEXT.split('_').nth(1).unwrap();
        let row = story.world.store.key(id).await.unwrap().unwrap();
        assert_eq!((row.scopes, row.created.at), (Scope::ALL.into(), now));
        assert!(api_key::TEXT.ends_with(&row.last_four));
        let revision = story.push("Ana", "One");
        assert_eq!(register(story, api_key::TEXT, &revision).await.0, 200);
        story.settled(&story.deploy_id(&revision, "Staging")).await;
        assert_eq!(reads(story, api_key::TEXT, "/settings/keys").await, 200);
        story.world.store.revoke_key(id, &row.created.by, now).await.unwrap();
        assert_eq!(reads(story, api_key::TEXT, "/settings/keys").await, 401);
    });
}
