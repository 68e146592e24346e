//! The record of approvals: searched, exported, and how long they took.

use insta::assert_snapshot;
use serde_json::Value;
use system_tests::story::{Story, rule, tell};

/// A name that a spreadsheet would take for a formula, and that needs quotes.
const FORMULA: &str = "=HYPERLINK(\"https://evil.example\",\"a, b\")";

/// The names of the approvals that a search finds, of all parts, two at a time.
async fn found(story: &Story, search: &str) -> Vec<String> {
    let deployment = format!("deployment=acme/{}", story.name);
    let (mut names, mut before) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/approvals?{deployment}&{search}&limit=2&before={before}");
        let answer = story.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let part: Value = answer.json().await.unwrap();
        let approvals = part["approvals"].as_array().unwrap();
        names.extend(approvals.iter().map(|approval| approval["name"].as_str().unwrap().to_owned()));
        match part["next"].as_str() {
            Some(next) => before = next.replace(':', "%3A").replace('#', "%23"),
            None => return names,
        }
    }
}

/// Has somebody asked by this name, and says which deploy it is and where its dialog is.
async fn asked(story: &Story, name: &str, environment: &str) -> (signoff_core::id::DeployId, String) {
    let rules = rule("votes_required: 1", "slack_channel_message: {channel: '#CHANNEL', message: Promoted}")
        .replace("'Promote deploy to production'", &format!("'{name}'"))
        .replace("environment='Staging'", &format!("environment='{environment}'"));
    story.new_rules(&rules).await;
    let revision = story.push("Ana", name);
    let deploy = story.deploys(&revision, environment).await;
    // The last message is this dialog once it is drawn.
    story.settled(&deploy).await;
    let dialog = story.dialog().await;
    (deploy, dialog)
}

#[test]
fn the_record_is_searched_and_exported() {
    tell("approvals", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben, \"the boss\""));
        let (first, dialog) = asked(story, FORMULA, "Staging").await;
        story.click(&ben, &dialog, "approve").await;
        story.settled(&first).await;
        let (second, dialog) = asked(story, "To production", "QA").await;
        story.click(&ana, &dialog, "reject").await;
        story.settled(&second).await;
        let (third, _) = asked(story, "Still open", "Staging").await;
        story.settled(&third).await;

        let all = ["Still open", "To production", FORMULA];
        for (search, expected) in [
            ("", &all[..]),
            ("environment=staging", &["Still open", FORMULA]),
            ("person=the+boss", &[FORMULA]),
            (&format!("person={ana}"), &["To production"]),
            ("outcome=pending", &["Still open"]),
            ("outcome=approved", &[FORMULA]),
            ("outcome=rejected&environment=Staging", &[]),
            ("since=2026-01-01&until=2999-01-01", &all),
            ("until=2026-01-01", &[]),
        ] {
            assert_eq!(found(story, search).await, expected, "{search}");
        }

        let here = "deployment=acme/approvals";
        let csv = story.get(&format!("/record.csv?{here}")).await;
        let header = |name: &str| csv.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some("text/csv; charset=utf-8"));
        assert_eq!(
            header("content-disposition").as_deref(),
            Some("attachment; filename=\"signoff-record.csv\"")
        );
        assert_eq!(header("link"), None, "that is all");
        let text = csv.text().await.unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
        let formula = text.lines().last().unwrap();
        assert!(
            formula.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"a, b\"\")\",approved,"),
            "{formula}"
        );
        assert!(formula.contains("\"Ben, \"\"the boss\"\" ("), "{formula}");

        let lines = story.get(&format!("/record.jsonl?{here}&person=boss")).await;
        assert_eq!(lines.headers()["content-type"], "application/jsonl");
        let line: Value = serde_json::from_str(lines.text().await.unwrap().trim_end()).unwrap();
        assert_eq!((&line["name"], &line["deploy"]), (&Value::from(FORMULA), &Value::from(first.as_str())));

        let page = story.get(&format!("/record?{here}&outcome=approved")).await.text().await.unwrap();
        assert!(page.contains("=HYPERLINK(&quot;https://evil.example&quot;"), "{page}");
        assert!(page.contains(&format!("/deploys/{first}")) && !page.contains(second.as_str()), "{page}");
        assert!(page.contains("Of 1 approval, half were approved within"), "{page}");
    });
}

#[test]
fn a_search_that_can_not_be_read_says_what_would_be_right() {
    tell("approvals-wrong", async |story| {
        let page = story.get("/record?outcome=done&since=yesterday").await;
        assert_eq!(page.status(), 400);
        let page = page.text().await.unwrap();
        assert!(
            page.contains("It must be one of pending") && page.contains("It must be a day such as"),
            "{page}"
        );
        let mut said = String::new();
        for path in ["/api/v1/approvals?outcome=done", "/api/v1/approvals?before=x", "/api/v1/approval"] {
            let answer = story.get(path).await;
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
            let problem: Value = answer.json().await.unwrap();
            said.push_str(&format!(
                "{path} {}: {}\n",
                problem["status"],
                problem["detail"].as_str().unwrap()
            ));
        }
        assert_snapshot!(said, @"
        /api/v1/approvals?outcome=done 400: The parameter `outcome` must be one of pending, approved, rejected, expired, superseded, cancelled.
        /api/v1/approvals?before=x 400: The parameter `before` must be the `next` of an earlier answer, percent-encoded.
        /api/v1/approval 404: Page not found. Recent deploys are at /deploys, and as JSON at /api/v1/deploys.
        ");
        // The description is open to anyone, what it describes is not.
        for (path, status) in [("/api/v1/openapi.json", 200), ("/api/v1/approvals", 401)] {
            let url = format!("{}{path}", story.world.front.url());
            assert_eq!(story.world.http.get(&url).send().await.unwrap().status(), status, "{path}");
        }
    });
}
