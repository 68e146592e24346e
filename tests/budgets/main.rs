//! Cost of every operation, in requests to AWS; docs/reference/requests.md has the same table.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use serde_json::json;
use signoff_core::approval::Blocker;
use signoff_local::aws::{Mark, Stack};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::{Author, NewPullRequest};
use signoff_local::slack::NewUser;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use system_tests::local_aws::root;
use system_tests::routes;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

/// Whoever merged the first pull request, by what is left of them.
const GONE: &str = "acme/budgets#1:merger";
/// The wizard's preview, which its script posts the form to.
const PREVIEW: &str = "/deployments/acme/budgets/approvals/preview";
/// Most requests to DynamoDB that a page may make: four, and one that looks up the session or the key.
const MOST_OF_PAGE: usize = 5;

/// The requests of each function since `mark`, but for what reading a queue and a secret takes: that is
/// Lambda's part, and a cold start's.
fn spent(story: &Story, mark: Mark) -> String {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for request in story.world.aws.requests_since(mark) {
        let (service, operation) = request.operation.split_once('.').unwrap_or_default();
        if let Some(function) = request.function.strip_suffix("Function")
            && matches!(service, "DynamoDB" | "SQS")
        {
            *counts.entry((function.to_owned(), operation.to_owned())).or_default() += 1;
        }
    }
    let mut by_function: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((function, operation), count) in &counts {
        by_function.entry(function).or_default().push(format!("{count} {operation}"));
    }
    by_function
        .into_iter()
        .map(|(function, operations)| format!("{function}: {}", operations.join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn every_operation_makes_the_requests_that_are_written_down() {
    tell("budgets", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not counted: this local AWS does not tell who asked it for what");
            return;
        };
        let mut table = String::from("| operation | requests |\n|---|---|\n");
        let mut row = |operation: &str, mark: Mark| {
            let _ = writeln!(table, "| {operation} | {} |", spent(story, mark));
        };
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        story.rules("rules: []");
        let revision = story.push("Ana", "One");
        let mark = idle(stack).await;
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        idle(stack).await;
        row("a deploy arrives, and no rule holds", mark);

        story.rules(
            &rule(
                "{votes_required: 2, approvers: ['U0NOBODY0', 'ANA', 'BEN']}",
                "auto_approve_build: 'build'",
            )
            .replace("ANA", &ana)
            .replace("BEN", &ben),
        );
        let revision = story.push("Ana", "Two");
        story.world.circleci.add_pipeline_on_hold(&story.project(), &revision, "main", "build", "hold");
        let mark = stack.mark();
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        idle(stack).await;
        row("a deploy arrives, a rule holds, its dialog is posted", mark);

        let stranger = story.person("Cleo");
        let mark = stack.mark();
        story.click(&stranger, &dialog, "approve").await;
        idle(stack).await;
        row("a vote is refused, and Signoff tells the person", mark);

        let mark = stack.mark();
        story.click(&ana, &dialog, "approve").await;
        idle(stack).await;
        row("a vote is cast, and the dialog is drawn", mark);

        let visitor = story.sign_in(&ana).await;
        let token = visitor.token().await;
        let approval = story.page(&deploy).await.approvals.remove(0);
        let (form, subject) =
            (format!("/deploys/{deploy}/approvals/{}", approval.id), approval.subject.mark());
        let fields = [("what", "approve"), ("subject", subject.as_str()), ("reason", "I looked again.")];
        let mark = stack.mark();
        assert_eq!(visitor.post_with(&form, &fields, Some(&token)).await.status(), 303);
        idle(stack).await;
        row("a vote is cast on a deploy's page, and the dialog is drawn", mark);

        // A look at the voters that takes a moment: the quorum is drawn before it ends, so that no race is
        // counted.
        let look = FaultKind::Delay(Duration::from_secs(1));
        story.world.slack.faults().push(Fault::once(&format!("users.info?user={ana}"), look));
        // A build that takes a moment: the step's line is drawn before the step ends, so that no race is
        // counted.
        let slow = FaultKind::Delay(Duration::from_secs(2));
        story.world.circleci.faults().push(Fault::once("budgets/pipeline", slow));
        let mark = stack.mark();
        story.click(&ben, &dialog, "approve").await;
        idle(stack).await;
        row("the last vote is cast, and one action runs", mark);

        let mark = stack.mark();
        story.world.tick().await;
        row("a minute of the clock, nothing is due", mark);

        let health = json!({"health": "ailing"});
        let mark = stack.mark();
        let path = format!("/api/1/deployments/acme/budgets/{revision}/health");
        assert_eq!(story.post(&path, &health).await.status(), 200);
        story.settled(&deploy).await;
        idle(stack).await;
        row("a deploy's health is reported", mark);

        let state = json!({"value": "ALARM", "timestamp": "2026-11-23T10:00:00.000+0000"});
        let detail = json!({"alarmName": "budgets-alarm", "state": state});
        let mark = stack.mark();
        stack.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail);
        idle(stack).await;
        story.settled(&deploy).await;
        idle(stack).await;
        row("an alarm goes off", mark);

        for (operation, path) in [
            ("the list of deployments", "/".to_owned()),
            ("the list of deployments as JSON", "/api/v1/deployments".to_owned()),
            ("a deployment's page", "/deployments/acme/budgets?environment=staging".to_owned()),
            ("a deployment's rule execution history", "/deployments/acme/budgets/history".to_owned()),
            ("the list of deploys", "/deploys".to_owned()),
            (
                "a part of one environment's deploys as JSON",
                "/api/v1/deploys?deployment=acme/budgets&environment=staging".to_owned(),
            ),
            (
                "a part of one deployment's deploys as JSON",
                "/api/v1/deploys?deployment=acme/budgets&since=2026-01-01T00:00:00Z".to_owned(),
            ),
            ("a deploy's page", format!("/deploys/{deploy}")),
            ("the wizard's form", "/deployments/acme/budgets/approvals/new?step=workflow".to_owned()),
            ("the wizard's preview of a dialog", PREVIEW.to_owned()),
            ("the API keys", "/settings/keys".to_owned()),
            ("the list of people", "/settings/people".to_owned()),
            ("everybody's sessions", "/settings/sessions".to_owned()),
            ("a deployment's settings", "/deployments/acme/budgets/edit".to_owned()),
            ("a deployment's setup instructions", "/deployments/acme/budgets/setup".to_owned()),
            ("a deploy as JSON", format!("/api/v1/deploys/{deploy}")),
            ("a deploy's approvals as JSON", format!("/api/v1/deploys/{deploy}/approvals")),
            ("a deploy's events as JSON", format!("/api/v1/deploys/{deploy}/events")),
            ("the record of approvals", "/record".to_owned()),
            (
                "the record of one deployment, with its time to approve",
                "/record?deployment=acme/budgets".to_owned(),
            ),
            ("the approved as CSV", "/record.csv?outcome=approved".to_owned()),
            ("a person's approvals as JSON", "/api/v1/approvals?person=Ana".to_owned()),
        ] {
            let mark = stack.mark();
            let answer = if path == PREVIEW {
                let url = format!("{}{PREVIEW}", story.world.front.url());
                let form = [("environment", "staging")];
                story.world.http.post(url).bearer_auth(API_KEY).form(&form).send().await.unwrap()
            } else {
                story.get(&path).await
            };
            assert_eq!(answer.status(), 200);
            row(operation, mark);
        }

        for route in routes::all().iter().filter(|route| route.method == "GET") {
            let path = route.path(story, &deploy);
            let mark = stack.mark();
            story.get(&path).await;
            let requests = story.world.aws.requests_since(mark);
            let asked = requests.iter().filter(|request| request.operation.starts_with("DynamoDB.")).count();
            assert!(asked <= MOST_OF_PAGE, "{path}: {asked} requests to DynamoDB");
        }

        let mark = stack.mark();
        let browser = story.visitor();
        let back = browser.picks(&ana).await;
        assert_eq!(browser.come_back(&back).await.status(), 303);
        row("a person signs in with Slack", mark);
        let token = browser.token().await;
        let mark = stack.mark();
        assert_eq!(browser.get("/sessions").await.status(), 200);
        row("a person's own sessions", mark);
        let mark = stack.mark();
        assert_eq!(browser.post_with("/sign-out", &[], Some(&token)).await.status(), 303);
        row("a person signs out", mark);

        let settings = [("repository", "acme/budgets"), ("version", "0")];
        for (operation, path, form) in [
            ("an API key is created", "/settings/keys", &[("name", "budgets"), ("scope", "read")]),
            ("a deployment's settings are saved", "/deployments/acme/budgets/edit", &settings),
        ] {
            let url = format!("{}{path}", story.world.front.url());
            let mark = stack.mark();
            let answer = story.world.http.post(url).bearer_auth(API_KEY).form(form).send().await.unwrap();
            assert!(matches!(answer.status().as_u16(), 201 | 303), "{operation}: {}", answer.status());
            row(operation, mark);
        }

        let revision = lacks_a_maker(story).await;
        let deploy = story.deploy_id(&revision, "Staging");
        let page = story.page(&deploy).await;
        let approval = &page.approvals[0];
        let (form, subject) =
            (format!("/deploys/{deploy}/approvals/{}/nobody", approval.id), approval.subject.mark());
        let fields = [("subject", subject.as_str()), ("handle", GONE), ("version", "1")];
        let token = visitor.token().await;
        let confirmed_at = stack.mark();
        assert_eq!(visitor.post_with(&form, &fields, Some(&token)).await.status(), 303);
        // A blocked approval is looked at again and again, so that the other functions are never idle.
        let all = spent(story, confirmed_at);
        let console = all.split("; ").find(|part| part.starts_with("Console:")).unwrap_or_default();
        let operation = "somebody confirms that a maker is nobody here, for one approval (Console alone)";
        let _ = writeln!(table, "| {operation} | {console} |");

        let scans = story
            .world
            .aws
            .requests_since(mark)
            .iter()
            .filter(|request| request.operation.ends_with("Scan"))
            .count();
        assert_eq!(scans, 0, "nothing scans a table");
        let vote = table.lines().find(|line| line.starts_with("| a vote is cast")).unwrap_or_default();
        assert!(
            vote.contains("SlackInteraction: 1 GetItem, 1 SendMessageBatch, 1 TransactWriteItems |"),
            "{vote}"
        );
        let page = std::fs::read_to_string(root().join("docs/reference/requests.md")).unwrap();
        assert!(
            page.contains(&table),
            "docs/reference/requests.md has another table of requests than was counted:\n{table}"
        );
    });
}

/// A deploy of Ben's to Staging that asks for four eyes and whose pull request was merged by an account that
/// is gone: an admin said so, and nobody confirmed it yet. Its revision.
async fn lacks_a_maker(story: &Story) -> String {
    story.new_rules(&rule("{self_approval: false}", "webhook: 'https://example.com'")).await;
    let base = story.push("Ben", "Begin");
    let revision = story.push("Ben", "Take cards");
    let pull_request = NewPullRequest {
        title: "Take cards".to_owned(),
        body: None,
        author: story.author("Ben"),
        labels: Vec::new(),
        commits: vec![revision.clone()],
        merged: true,
        merger: Some(Author { login: None, ..story.author("Eve") }),
    };
    story.world.github.add_pull_request(&story.repository(), pull_request);
    let deploy = story.deploys(&revision, "Staging").await;
    story.sets_base(&deploy, &base).await;
    let admin = story.world.slack.add_user(NewUser::new("Dana", &story.email("Dana")).admin());
    let said =
        [("handle", GONE), ("name", "Eve"), ("is", "left"), ("reason", "left in May"), ("version", "0")];
    assert_eq!(story.sign_in(&admin).await.post("/settings/people", &said).await.status(), 303);
    let is_said = async || {
        let page = story.settled(&deploy).await;
        matches!(page.approvals[0].electorate.blocked[..], [Blocker::SaidNobodyHere(_)]).then_some(())
    };
    story.until("the approval to be judged again", is_said).await;
    revision
}

/// Waits until nothing is on its way; the moment after that.
async fn idle(stack: &Stack) -> Mark {
    stack.idle(system_tests::story::PATIENCE).await.unwrap();
    stack.mark()
}
