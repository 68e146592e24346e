//! The record: pages and JSON, closed by default.

use insta::assert_snapshot;
use serde_json::Value;
use signoff_local::aws::LogLine;
use system_tests::story::{rule, tell};

#[test]
fn a_deploys_page_shows_its_approval() {
    tell("record", async |story| {
        story.rules(&rule("votes_required: 1", "auto_approve_build: 'build-and-deploy'"));
        let ana = story.person("Ana <b>Novak</b>");
        let revision = story.push("Ana", "Take <script>cards</script>");
        story.world.circleci.add_pipeline_on_hold(
            &story.project(),
            &revision,
            "main",
            "build-and-deploy",
            "hold",
        );
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;

        if let Some(stack) = story.world.aws.as_embedded() {
            let told =
                |line: &&LogLine| line.text.contains("dealt with") && line.text.contains(deploy.as_str());
            let line =
                story.until("the vote's log line", async || stack.logs().iter().find(told).cloned()).await;
            let fields: Value = serde_json::from_str(&line.text).unwrap();
            for field in ["deploy", "approval", "request_id"] {
                assert!(fields[field].as_str().is_some_and(|id| !id.is_empty()), "{field}: {fields}");
            }
        }

        let page = story.get(&format!("/deploys/{deploy}")).await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.unwrap();
        for shown in [
            "Promote deploy to production",
            "approved",
            "Ana &lt;b&gt;Novak&lt;/b&gt;",
            "auto_approve_build: build-and-deploy",
        ] {
            assert!(html.contains(shown), "{shown} is not in {html}");
        }
        assert!(!html.contains("<script>cards"), "{html}");

        let json: Value =
            story.get(&format!("/api/v1/deploys/{deploy}/approvals")).await.json().await.unwrap();
        let approval = &json["approvals"][0];
        assert_eq!(approval["status"], "approved");
        assert_eq!(approval["votes"][0]["name"], "Ana <b>Novak</b>");
        assert_eq!(approval["actions"][0]["state"], "succeeded");
        assert_eq!(json["deploy"]["revision"], revision.as_str());

        let list: Value = story.get("/api/v1/deploys?limit=100").await.json().await.unwrap();
        let listed = list["deploys"].as_array().unwrap();
        assert!(listed.iter().any(|listed| listed["id"] == deploy.as_str()), "{list}");
    });
}

#[test]
fn a_stranger_sees_nothing() {
    tell("record-closed", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let mut seen = String::new();
        for path in [
            "/",
            "/deployments/acme/record-closed",
            "/deployments/acme/record-closed/history",
            "/deploys/ID",
            "/record",
            "/record.csv",
            "/record.jsonl",
            "/api/v1/approvals",
            "/api/v1/deployments",
            "/api/v1/deploys",
            "/api/v1/deploys/ID",
            "/api/v1/deploys/ID/approvals",
            "/api/v1/deploys/ID/events",
        ] {
            let url = format!("{}{}", story.world.front.url(), path.replace("ID", deploy.as_str()));
            for key in [None, Some("wrong")] {
                let mut request = story.world.http.get(&url);
                if let Some(key) = key {
                    request = request.bearer_auth(key);
                }
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                let body = answer.text().await.unwrap();
                assert!(!body.contains(&revision) && !body.contains("record-closed"), "{path}: {body}");
                seen.push_str(&format!("{path} {} {status}\n", key.unwrap_or("no key")));
            }
        }
        assert_snapshot!(seen, @"
        / no key 303
        / wrong 401
        /deployments/acme/record-closed no key 303
        /deployments/acme/record-closed wrong 401
        /deployments/acme/record-closed/history no key 303
        /deployments/acme/record-closed/history wrong 401
        /deploys/ID no key 303
        /deploys/ID wrong 401
        /record no key 303
        /record wrong 401
        /record.csv no key 303
        /record.csv wrong 401
        /record.jsonl no key 303
        /record.jsonl wrong 401
        /api/v1/approvals no key 401
        /api/v1/approvals wrong 401
        /api/v1/deployments no key 401
        /api/v1/deployments wrong 401
        /api/v1/deploys no key 401
        /api/v1/deploys wrong 401
        /api/v1/deploys/ID no key 401
        /api/v1/deploys/ID wrong 401
        /api/v1/deploys/ID/approvals no key 401
        /api/v1/deploys/ID/approvals wrong 401
        /api/v1/deploys/ID/events no key 401
        /api/v1/deploys/ID/events wrong 401
        ");
    });
}

#[test]
fn a_deploy_that_is_not_on_record_is_not_found() {
    tell("record-unknown", async |story| {
        assert_eq!(story.get("/deploys/00000000000000000000").await.status(), 404);
        for document in ["", "/approvals", "/events"] {
            let path = format!("/api/v1/deploys/00000000000000000000{document}");
            assert_eq!(story.get(&path).await.status(), 404, "{path}");
        }
    });
}
