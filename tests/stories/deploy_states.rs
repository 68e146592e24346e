//! Deploys that are under way or failed: they are on record and shown, and only a success changes what
//! stands.

use serde_json::{Value, json};
use signoff_core::approval::{Closed, Status};
use signoff_core::deploy_state::DeployState;
use signoff_core::id::DeployId;
use signoff_local::github::{Delivery, DeploymentStatus};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

const ASKS: &str = "votes_required: 2";
const ACTS: &str = "webhook: 'https://example.com'";

/// A delivery with the state of the GitHub deployment `number` of `sha` to Staging.
fn delivery(story: &Story, number: u64, sha: &str, state: &str) -> Delivery {
    let status = DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: state.to_owned(),
        creator: story.author("Ana"),
        deployment_id: number,
    };
    story.world.github.deployment_status_delivery(&story.repository(), &status)
}

/// Delivers the state of the GitHub deployment 7 of `sha` to Staging; the answer.
async fn delivers(story: &Story, sha: &str, state: &str) -> String {
    deliver(story, delivery(story, 7, sha, state)).await
}

async fn deliver(story: &Story, delivery: Delivery) -> String {
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// Registers `sha` in a state; the answer.
async fn registers(story: &Story, sha: &str, state: &str) -> (u16, String) {
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    let answer = story.post(&path, &json!({"sha": sha, "environment": "Staging", "state": state})).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn stands(story: &Story) -> DeployId {
    let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
    story.world.store.newest_in(&slug, "Staging").await.unwrap().unwrap().id
}

/// The deploy as the list of the environment has it.
async fn listed(story: &Story, deploy: &DeployId) -> Value {
    let path = format!("/api/v1/deploys?deployment=acme/{}&environment=Staging", story.name);
    let find = async || {
        let list: Value = story.get(&path).await.json().await.unwrap();
        let mut found = list["deploys"].as_array().unwrap().clone();
        found.retain(|one| one["id"] == deploy.as_str());
        found.pop()
    };
    story.until("the deploy to be listed", find).await
}

/// The page once the approval that the deploy asks for is open.
async fn asked(story: &Story, deploy: &DeployId) -> Page {
    story
        .until("the approval", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            (!page.approvals.is_empty()).then_some(page)
        })
        .await;
    story.settled(deploy).await
}

#[test]
fn only_a_success_of_a_github_deployment_changes_what_stands() {
    tell("states-github", async |story| {
        story.new_rules(&rule(ASKS, ACTS)).await;
        let sha = story.push("Ana", "Take cards");
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        // GitHub's times are whole seconds, so that a registration of now may be later than they are.
        let body = json!({"sha": sha, "environment": "Staging", "date": "2026-11-01T10:00:00Z"});
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let first = story.deploy_id(&sha, "Staging");
        asked(story, &first).await;
        let sha = story.push("Ben", "Faster");
        let deploy = DeployId::derive("github", &[&story.repository(), "7", "staging"]);
        for (state, expected) in [("in_progress", DeployState::InProgress), ("failure", DeployState::Failure)]
        {
            assert_eq!(delivers(story, &sha, state).await, "Success");
            let page = story.page(&deploy).await;
            assert_eq!(page.deploy.state, expected);
            assert!(page.effects.is_empty() && page.approvals.is_empty(), "nothing follows");
            assert_eq!(listed(story, &deploy).await["state"], state);
            assert_eq!(stands(story).await, first);
        }
        let ignored = "Ignored: this deployment is already registered.";
        assert_eq!(delivers(story, &"0".repeat(40), "queued").await.find("Ignored: "), Some(0));
        let shown = story.get(&format!("/deploys/{deploy}?tab=timeline")).await.text().await.unwrap();
        assert!(shown.contains("Deploy failed") && shown.contains("was reported as under way"), "{shown}");
        assert_eq!(story.settled(&first).await.approvals[0].status, Status::Pending);

        assert_eq!(delivers(story, &sha, "success").await, "Success");
        let page = asked(story, &deploy).await;
        assert_eq!((page.deploy.state, stands(story).await), (DeployState::Success, deploy.clone()));
        assert!(story.settled(&first).await.approvals[0].status.is_superseded());

        // What stands stays: a later failure is noted, and a success that is told again is no news.
        assert_eq!(delivers(story, &sha, "error").await, "Success");
        // GitHub's times are whole seconds: one of the second of the success came before it.
        let again = delivers(story, &sha, "in_progress").await;
        assert!(["Success", ignored].contains(&again.as_str()), "{again}");
        assert_eq!(delivers(story, &sha, "success").await, ignored);
        let page = story.settled(&deploy).await;
        assert_eq!((page.deploy.state, stands(story).await), (DeployState::Success, deploy.clone()));
        assert_eq!((page.approvals.len(), &page.approvals[0].status), (1, &Status::Pending));
        let shown = story.get(&format!("/deploys/{deploy}?tab=timeline")).await.text().await.unwrap();
        assert!(shown.contains("The deploy was reported as failed with an error."), "{shown}");
    });
}

#[test]
fn registered_deploy_keeps_its_id_from_its_start_to_success() {
    tell("states-registered", async |story| {
        let (first, _) = story.asks(ASKS, ACTS).await;
        let before = story.page(&first).await.deploy.revision;
        let success = (200, "Success".to_owned());
        let (status, told) = registers(story, &before, "done").await;
        assert_eq!(status, 400);
        assert!(told.starts_with("state: `done` is not a state: it must be `in_progress`, "), "{told}");

        let sha = story.push("Ben", "Faster");
        let second = story.deploy_id(&sha, "Staging");
        assert_eq!(registers(story, &sha, "in_progress").await, success);
        assert_eq!(listed(story, &second).await["state"], "in_progress");
        let health = format!("/api/1/deployments/acme/{}/{sha}/health", story.name);
        assert_eq!(story.post(&health, &json!({"health": "healthy"})).await.status(), 404);
        assert_eq!(registers(story, &sha, "failure").await, success);
        assert_eq!((stands(story).await, story.page(&second).await.approvals.len()), (first.clone(), 0));
        assert_eq!(registers(story, &sha, "success").await, success);
        asked(story, &second).await;
        assert_eq!(stands(story).await, second);

        let asks = story.settled(&second).await.approvals;
        assert_eq!(registers(story, &sha, "in_progress").await, success, "it deploys again");
        assert_eq!(
            (listed(story, &second).await["state"].clone(), stands(story).await),
            ("success".into(), second.clone())
        );
        assert_eq!(story.settled(&second).await.approvals, asks, "nothing follows");
        let shown = story.get(&format!("/deploys/{second}?tab=timeline")).await.text().await.unwrap();
        assert!(shown.contains("The deploy was reported as under way again."), "{shown}");

        // A rollback that is under way is a deploy of its own, and its success is that one.
        assert_eq!(registers(story, &before, "in_progress").await, success);
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        let found = story.world.store.of_revision(&slug, &before).await.unwrap();
        let third = found.into_iter().find(|deploy| deploy.id != first).unwrap();
        assert_eq!((third.state, stands(story).await), (DeployState::InProgress, second.clone()));
        assert_eq!(story.settled(&second).await.approvals[0].status, Status::Pending);
        assert_eq!(registers(story, &before, "success").await, success);
        asked(story, &third.id).await;
        assert_eq!(stands(story).await, third.id);
        assert_eq!(story.world.store.of_revision(&slug, &before).await.unwrap().len(), 2);
    });
}

/// The id of the GitHub deployment `number` to Staging.
fn of_github(story: &Story, number: u64) -> DeployId {
    DeployId::derive("github", &[&story.repository(), &number.to_string(), "staging"])
}

/// The second in which the delivered deployment succeeded.
fn second_of(delivery: &Delivery) -> String {
    let body: Value = serde_json::from_str(&delivery.body).unwrap();
    body["deployment_status"]["created_at"].as_str().unwrap().to_owned()
}

/// Deliveries of two GitHub deployments that succeed in one second, of which GitHub made `older` first.
async fn of_one_second(story: &Story, older: (u64, &str), newer: (u64, &str)) -> (Delivery, Delivery) {
    let both = async || {
        let newer = delivery(story, newer.0, newer.1, "success");
        let older = delivery(story, older.0, older.1, "success");
        (second_of(&older) == second_of(&newer)).then_some((older, newer))
    };
    story.until("both to succeed in one second", both).await
}

#[test]
fn deploys_of_one_second_keep_the_hosts_order() {
    tell("states-second", async |story| {
        story.new_rules(&rule(ASKS, ACTS)).await;
        // The ids of the deploys are hashes: one pair could have the right order by chance.
        for number in [8, 98, 998, 9_998] {
            let (first, second) = (story.push("Ana", "One"), story.push("Ben", "Two"));
            let (one, two) = (of_github(story, number + 1), of_github(story, number + 2));
            let (older, newer) = of_one_second(story, (number + 1, &first), (number + 2, &second)).await;
            assert_eq!(deliver(story, newer).await, "Success");
            asked(story, &two).await;
            assert_eq!(deliver(story, older).await, "Success");
            let late = asked(story, &one).await;
            assert!(
                matches!(late.approvals[0].status, Status::Closed(Closed::Superseded { .. })),
                "{:?}",
                late.approvals
            );
            assert_eq!(story.settled(&two).await.approvals[0].status, Status::Pending);
            assert_eq!(stands(story).await, two);
            let list = story.get(&format!("/api/v1/deploys?deployment=acme/{}&limit=2", story.name)).await;
            let list: Value = list.json().await.unwrap();
            let ids = [&list["deploys"][0]["id"], &list["deploys"][1]["id"]];
            assert_eq!(ids, [two.as_str(), one.as_str()]);
        }
    });
}

#[test]
fn deploys_of_one_second_are_taken_as_reported() {
    tell("states-reported", async |story| {
        story.new_rules(&rule(ASKS, ACTS)).await;
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        for number in [11, 12, 13, 14] {
            let shas = [story.push("Ana", "One"), story.push("Ben", "Two"), story.push("Ana", "Three")];
            let delivery = delivery(story, number, &shas[1], "success");
            let registration =
                |sha: &str| json!({"sha": sha, "environment": "Staging", "date": second_of(&delivery)});
            assert_eq!(story.post(&path, &registration(&shas[0])).await.status(), 200);
            let before = story.deploy_id(&shas[0], "Staging");
            asked(story, &before).await;
            assert_eq!(deliver(story, delivery.clone()).await, "Success");
            let between = of_github(story, number);
            asked(story, &between).await;
            assert_eq!(stands(story).await, between);
            assert!(matches!(
                story.settled(&before).await.approvals[0].status,
                Status::Closed(Closed::Superseded { .. })
            ));
            assert_eq!(story.post(&path, &registration(&shas[2])).await.status(), 200);
            let after = story.deploy_id(&shas[2], "Staging");
            assert_eq!(asked(story, &after).await.approvals[0].status, Status::Pending);
            assert_eq!(stands(story).await, after);
            assert!(matches!(
                story.settled(&between).await.approvals[0].status,
                Status::Closed(Closed::Superseded { .. })
            ));
        }
    });
}
