//! A deploy's change, read whole and by the source host's word.

use insta::assert_snapshot;
use serde_json::json;
use signoff_core::approval::Status;
use signoff_core::deploy::{Magnitude, Size};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::{ChangedFile, NewCommit, NewPullRequest};
use system_tests::story::{Story, rule, tell};

/// A rule that says its own name once `condition` holds.
fn says(name: &str, condition: &str) -> String {
    format!(
        "  - {name}:\n      conditions: [\"{condition}\"]\n      actions:\n        \
         - slack_channel_message: {{channel: '#CHANNEL', message: '{name}'}}\n"
    )
}

fn commit(story: &Story, person: &str, message: &str, files: usize) -> NewCommit {
    let file = |number| ChangedFile {
        path: format!("src/{message}/{number}.rs"),
        previous: None,
        status: "modified",
        additions: 1,
        deletions: 0,
    };
    let files = (0..files).map(file).collect();
    NewCommit { author: story.author(person), message: message.to_owned(), branch: None, files }
}

fn squashed(story: &Story, title: &str, commit: &str, label: Option<&str>) -> NewPullRequest {
    NewPullRequest {
        title: title.to_owned(),
        body: None,
        author: story.author("Ana"),
        labels: label.map(str::to_owned).into_iter().collect(),
        commits: vec![commit.to_owned()],
        merged: true,
        merger: None,
    }
}

/// The titles of what the deployment's channel shows.
fn said(story: &Story) -> Vec<String> {
    story.world.slack.messages(&story.name).into_iter().map(|message| message.text).collect()
}

#[test]
fn a_label_on_any_pull_request_decides() {
    tell("all-labels", async |story| {
        story.rules("rules: []");
        let first = story.push("Ana", "First");
        let deploy = story.deploys(&first, "Staging").await;
        story.settled(&deploy).await;
        let file = [says("held", "pr_labels='hold'"), says("free", "pr_labels!='hold'")];
        story.rules(&format!("rules:\n{}", file.concat()));
        let mut last = first;
        for number in 1..=25 {
            last = story.push("Ana", &format!("Change {number}"));
            let label = (number == 4).then_some("hold");
            let content = squashed(story, &format!("Change {number}"), &last, label);
            story.world.github.add_pull_request(&story.repository(), content);
        }
        let deploy = story.deploys(&last, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.deploy.commits.len(), page.deploy.pull_requests.len()), (25, 25));
        assert_eq!(said(story), ["held"]);
    });
}

#[test]
fn an_author_among_three_hundred_does_not_approve_alone() {
    tell("three-hundred", async |story| {
        let dev = story.person("Dev");
        story.person("Ana");
        story.rules("rules: []");
        let first = story.push("Ana", "First");
        let deploy = story.deploys(&first, "Staging").await;
        story.settled(&deploy).await;
        let person = |number| if number == 10 { "Dev" } else { "Ana" };
        let commits =
            (1..=300).map(|number| commit(story, person(number), &format!("Change {number}"), 0).into());
        let last = story.world.github.push_all(&story.repository(), commits.collect()).pop().unwrap();
        story.rules(&rule("self_approval: false", "webhook: 'https://example.com'"));
        let deploy = story.deploys(&last, "Staging").await;
        let dialog = story.dialog().await;
        story.sets_base(&deploy, &first).await;
        story.click(&dev, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.deploy.commits.len(), page.deploy.reading.older.commits), (250, 50));
        assert_eq!(page.approvals[0].status, Status::Pending, "the author of the tenth commit");
    });
}

#[test]
fn ci_makes_nobody_an_author_or_no_author() {
    tell("ci-says", async |story| {
        let ana = story.person("Ana");
        story.person("Chiara");
        story.rules(&rule("self_approval: false", "webhook: 'https://example.com'"));
        let base = story.push("Ana", "Begin");
        let revision = story.push("Ana", "Take cards");
        let chiara = json!({"name": "Chiara", "email": story.email("Chiara"), "username": "chiara"});
        let body = json!({
            "sha": revision, "environment": "Staging",
            "commits": [{"revision": revision, "message": "Harmless", "author": chiara}],
            "pull_requests": [{"number": 7, "title": "Harmless", "author": "chiara", "labels": ["safe"]}],
            "files": [{"path": "README", "additions": 1, "deletions": 0}],
        });
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&path, &body).await.status().as_u16(), 200);
        let dialog = story.dialog().await;
        let deploy = story.deploy_id(&revision, "Staging");
        story.sets_base(&deploy, &base).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].votes, []);
        let authors: Vec<_> = page.deploy.authors().iter().map(|author| author.name.clone()).collect();
        assert_eq!(
            (authors, page.deploy.pull_requests.len(), page.deploy.size),
            (vec!["Ana".to_owned()], 0, Some(Size { files: 0, lines: 0 }))
        );
        let reported = &page.deploy.reading.reported;
        assert_eq!((reported.commits[0].title.as_str(), reported.pull_requests[0].number), ("Harmless", 7));
        let shown = story.get(&format!("/api/v1/deploys/{}", page.deploy.id)).await.text().await.unwrap();
        assert!(shown.contains("\"reported\":{\"commits\":[{"), "{shown}");
    });
}

#[test]
fn a_rollback_of_a_large_change_is_not_small() {
    tell("large-rollback", async |story| {
        story.world.github.set_file(&story.repository(), "TAGS", "#database:\n  - src/Large/**\n");
        story.rules("rules: []");
        let first = story.world.github.push(&story.repository(), commit(story, "Ana", "First", 1));
        let large = story.world.github.push(&story.repository(), commit(story, "Ben", "Large", 81));
        for revision in [&first, &large] {
            let deploy = story.deploys(revision, "Staging").await;
            story.settled(&deploy).await;
        }
        // Forward and back between two environments: the same revision is registered once in each.
        let file = [says("small", "magnitude='Small'"), says("large", "magnitude='Large'")];
        story.rules(&format!("rules:\n{}", file.concat()));
        for revision in [&large, &first] {
            let deploy = story.deploys(revision, "Production").await;
            story.settled(&deploy).await;
        }
        let page = story.page(&story.deploy_id(&first, "Production")).await;
        assert_eq!(page.deploy.magnitude(), Some(Magnitude::Large));
        assert_eq!(page.deploy.size.map(|size| size.files), Some(81));
        assert_eq!(said(story).last().map(String::as_str), Some("large"));
    });
}

#[test]
fn a_rule_that_asks_what_was_not_read_does_not_open() {
    tell("not-read", async |story| {
        let file = [
            says("free", "pr_labels!='hold'"),
            says("held", "pr_labels='hold'"),
            says("here", "environment='staging'"),
        ];
        story.rules(&format!("rules:\n{}", file.concat()));
        let revision = story.push("Ana", "Take cards");
        let partial = r#"{"data":{"repository":{"a0":null}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by personal access token"}]}"#;
        let fault = Fault::once("POST /graphql", FaultKind::status(200, partial)).with_body(&revision);
        story.world.github.faults().push(fault);
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        let opened: Vec<_> = page.runs.iter().map(|run| run.rule.as_str()).collect();
        assert_eq!(opened, ["here"]);
        let notices = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { notices, .. } => Some(notices.join("\n")),
            _ => None,
        });
        assert_snapshot!(notices.unwrap(), @r#"GitHub did not answer all while reading the commits of acme/not-read ("Resource not accessible by personal access token"). GitHub did not tell the co-authors and pull requests of one commit. No condition on pull requests or issues holds for this deploy."#);
        assert_snapshot!(story.problems().join("\n"), @r#"
        ⚠️ These rules were not run for REVISION - not-read (Staging), because not everything that they ask about is known: free, held. Signoff tries again for a day. To try now, fix the reason and choose Evaluate again.
        GitHub did not answer all while reading the commits of acme/not-read ("Resource not accessible by personal access token"). GitHub did not tell the co-authors and pull requests of one commit. No condition on pull requests or issues holds for this deploy.
        [Evaluate again]
        "#);
        // GitHub answers by now, and Signoff looks again by itself.
        let looks =
            |effect: &&Effect| matches!(effect.kind, EffectKind::EvaluateRules { .. }) && !effect.is_closed();
        story.pull_forward(page.effects.iter().find(looks).unwrap()).await;
        story.world.tick().await;
        let page = story
            .until("the rule to open", async || {
                let page = story.settled(&deploy).await;
                (page.runs.len() == 2).then_some(page)
            })
            .await;
        assert!(page.runs.iter().any(|run| run.rule == "free") && !page.deploy.may_be_evaluated_again());
        assert_eq!(story.problems().len(), 1, "it is told once");
    });
}

#[test]
fn a_change_of_no_files_is_small() {
    tell("changes-empty", async |story| {
        let small = "rules:\n  - small-ones:\n      conditions:\n        - magnitude='Small'\n      actions:\n        \
                     - slack_channel_approval: {name: 'Small', channel: '#CHANNEL'}\n";
        story.rules(small);
        story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        let next = story.deploys(&story.push("Ana", "An empty commit"), "Staging").await;
        let page = story.settled(&next).await;
        assert_eq!(page.approvals.len(), 1, "{:?}", page.deploy.size);
    });
}
