//! Deployments: the list, a deployment's page, and what came of its rules.

use jiff::SignedDuration;
use serde_json::{Value, json};
use signoff_core::id::DeployId;
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

async fn html(story: &Story, path: &str) -> String {
    let answer = story.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The rows of the story's own deployment in the list of deployments, whatever part of it they are on.
async fn listed(story: &Story) -> Vec<String> {
    let link = format!("<a href=\"/deployments/acme/{}\">", story.name);
    let (mut path, mut rows) = ("/".to_owned(), Vec::new());
    loop {
        let page = html(story, &path).await;
        rows.extend(page.split("<tr").filter(|row| row.contains(&link)).map(str::to_owned));
        let next = page.split("<a href=\"/?").nth(1).and_then(|rest| rest.split_once('"'));
        match next {
            Some((query, _)) => path = format!("/?{query}"),
            None => return rows,
        }
    }
}

/// All deployments, as the JSON has them.
async fn whole_list(story: &Story) -> Vec<Value> {
    let (mut path, mut known) = ("/api/v1/deployments".to_owned(), Vec::new());
    loop {
        let mut document: Value = story.get(&path).await.json().await.unwrap();
        known.append(document["deployments"].as_array_mut().unwrap());
        match document["next"].as_str() {
            Some(next) => path = format!("/api/v1/deployments?after={next}"),
            None => return known,
        }
    }
}

async fn settled(story: &Story, revision: &str, environment: &str) -> (DeployId, Page) {
    let deploy = story.deploys(revision, environment).await;
    let page = story.settled(&deploy).await;
    (deploy, page)
}

#[test]
fn the_list_shows_what_each_environment_has() {
    tell("deployments", async |story| {
        let (staging, _) = story.asks("votes_required: 1", "webhook: 'https://example.com'").await;
        let first = story.settled(&staging).await;
        let health = format!("/api/1/deployments/acme/deployments/{}/health", first.deploy.revision);
        assert_eq!(story.post(&health, &json!({"health": "Unhealthy"})).await.status(), 200);
        story.settled(&staging).await;
        let newer = story.push("Ana", "Take other cards");
        let (production, _) = settled(story, &newer, "Production").await;

        // One that is told late, and is older than what is there.
        let date = first.deploy.deployed_at - SignedDuration::from_hours(1);
        let old = story.push("Ana", "Take no cards");
        let late = json!({"sha": old, "environment": "production", "date": date.to_string()});
        let register = "/api/1/deployments/acme/deployments/register_deploy";
        assert_eq!(story.post(register, &late).await.status(), 200);
        story.settled(&story.deploy_id(&old, "production")).await;

        let rows = story
            .until("both environments are listed", async || {
                let rows = listed(story).await;
                (rows.len() == 2 && rows.iter().any(|row| row.contains("1 approval pending"))).then_some(rows)
            })
            .await;
        let has = |row: &str, texts: &[&str]| texts.iter().all(|text| row.contains(text));
        let to = |deploy: &DeployId| format!("<a href=\"/deploys/{deploy}\">");
        assert!(
            has(&rows[0], &["Production", &to(&production), &newer[..7], "Not reported", "\u{2013}"]),
            "{rows:?}"
        );
        assert!(has(&rows[1], &["Staging", &to(&staging), "Unhealthy", "1 approval pending"]), "{rows:?}");

        let known = whole_list(story).await;
        let own = known.iter().find(|known| known["deployment"] == "acme/deployments").unwrap();
        let said = own["environments"].as_array().unwrap().iter().map(|environment| {
            let of = |field: &str| environment[field].to_string();
            let deploy = environment["deploy"]["id"].as_str().unwrap().to_owned();
            (deploy, of("environment"), of("health"), of("pending_approvals"))
        });
        let expected = [
            (production.to_string(), "\"Production\"", "null", "0"),
            (staging.to_string(), "\"Staging\"", "\"unhealthy\"", "1"),
        ];
        let expected = expected
            .map(|(id, name, health, pending)| (id, name.to_owned(), health.to_owned(), pending.to_owned()));
        assert_eq!(said.collect::<Vec<_>>(), expected);
        assert_eq!(story.get("/api/v1/deployments?after=x").await.status(), 400);

        let page = html(story, "/deployments/acme/deployments").await;
        for shown in ["Rule execution history", "Setup instructions", &old[..7], &newer[..7], "Unhealthy"] {
            assert!(page.contains(shown), "{shown} is not in {page}");
        }
        let page = html(story, "/deployments/acme/deployments?environment=STAGING").await;
        let (_, deploys) = page.split_once("id=\"deploys\"").unwrap();
        assert!(deploys.contains(&to(&staging)) && !deploys.contains(&to(&production)), "{deploys}");
        let page = html(story, &format!("/deploys/{staging}")).await;
        assert!(has(&page, &["<a href=\"/deployments/acme/deployments\">", "Unhealthy"]), "{page}");
        assert_eq!(story.get("/deployments/acme/deployments-none").await.status(), 404);
    });
}

#[test]
fn each_evaluation_of_each_rule_is_on_record() {
    tell("evaluations", async |story| {
        let asks = rule("votes_required: 1", "slack_channel_message: {channel: '#CHANNEL', message: Done}");
        let more = "  - elsewhere: {conditions: [environment='Production'], actions: [trigger_build]}\n  \
                    - then: {after: promote-to-production, conditions: [environment='staging'], actions: [\
                    slack_channel_message: {channel: '#CHANNEL', message: Then}]}\n";
        let ana = story.person("Ana");
        story.rules(&format!("{asks}{more}"));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story
            .until("the rule that waited was opened", async || {
                let page = story.settled(&deploy).await;
                (page.runs.len() == 2).then_some(page)
            })
            .await;
        assert_eq!(page.failed_rules(), Vec::<String>::new());

        let history = "/deployments/acme/evaluations/history";
        let whole = story
            .until("both evaluations are listed", async || {
                let whole = html(story, history).await;
                (whole.matches("<section").count() == 2).then_some(whole)
            })
            .await;
        let (newer, first) = whole.rsplit_once("<section").unwrap();
        for shown in [
            "<strong>promote-to-production</strong><p class=\"result\"><span class=\"state good\">Matched</span>",
            "environment='Production' fails: environment is `Staging`.",
            "these rules haven\u{2019}t succeeded: promote-to-production.",
            "posted to #evaluations.",
            ".signoff/rules.yml",
            &format!("/deploys/{deploy}"),
        ] {
            assert!(first.contains(shown), "{shown} is not in {first}");
        }
        for shown in [
            "Matched before",
            "<strong>then</strong><p class=\"result\"><span class=\"state good\">Matched</span>",
        ] {
            assert!(newer.contains(shown), "{shown} is not in {newer}");
        }
        let held = html(story, &format!("{history}?held=yes&rule=then")).await;
        assert!(held.matches("<section").count() == 1 && !held.contains("elsewhere"), "{held}");

        story.new_rules("rules: oops").await;
        let revision = story.push("Ana", "Break the rules");
        settled(story, &revision, "Staging").await;
        story
            .until("the refused file is listed", async || {
                html(story, history).await.contains("the file has 1 problem, so no rule").then_some(())
            })
            .await;
    });
}
