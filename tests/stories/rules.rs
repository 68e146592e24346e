//! Rules files: found, wrong, and not supported yet.

use insta::assert_snapshot;
use signoff_core::deploy::{Person, RulesChange};
use signoff_core::event::EventKind;
use signoff_core::run::Status;
use signoff_local::github::{Author, ChangedFile, NewCommit, NewPullRequest};
use system_tests::receiver::Receiver;
use system_tests::story::{rule, tell};

#[test]
fn a_rule_waits_until_the_run_of_another_one_succeeded() {
    tell("stages", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let rule = |name: &str, after: &str| {
            format!(
                "  - {name}:\n      {after}\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
                 - slack_channel_approval: {{name: '{name}', channel: '#CHANNEL', prompt: 'Go on with {name}?', \
                 on_success: [{{webhook: '{}/{name}'}}]}}\n",
                receiver.url()
            )
        };
        let (canary, everyone) = (rule("canary", "description: first"), rule("everyone", "after: [canary]"));
        story.rules(&format!("rules:\n{everyone}{canary}"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let first = story.dialog().await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 1, "one after the other");
        story.click(&ana, &first, "approve").await;
        let second = story
            .until("the second dialog", async || {
                let dialog = story.dialog().await;
                (dialog != first).then_some(dialog)
            })
            .await;
        story.click(&ben, &second, "approve").await;
        story.settled(&deploy).await;
        let paths: Vec<_> = receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect();
        assert_eq!(paths, ["/canary", "/everyone"]);
        // Another one stops at its first stage.
        let deploy = story.deploys(&story.push("Ana", "Take more cards"), "Staging").await;
        let third = story
            .until("the third dialog", async || {
                let dialog = story.dialog().await;
                (dialog != second).then_some(dialog)
            })
            .await;
        story.click(&ana, &third, "reject").await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.runs.len(), receiver.deliveries().len()), (1, 2));
    });
}

#[test]
fn an_invalid_file_opens_nothing_and_is_told() {
    tell("invalid-rules", async |story| {
        story.rules("rules:\n  - promote:\n      conditions:\n        - environmnt='Staging'\n      actions:\n        - slack_chanel_approval:\n            channel: '#CHANNEL'\n");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 0);
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::RulesRefused { .. })));
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ No rule was run for REVISION - invalid-rules (Staging): the rules file of acme/invalid-rules is invalid. Correct it on the default branch. Signoff reads it again for a day; to have it read now, choose Evaluate again.
        .signoff/rules.yml:4:11: unknown variable `environmnt`; did you mean `environment`?
        .signoff/rules.yml:6:11: unknown action `slack_chanel_approval`; did you mean `slack_channel_approval`?
        [Evaluate again]
        ");
    });
}

#[test]
fn a_tab_is_told() {
    tell("tab-in-rules", async |story| {
        story.rules("rules:\n\t- promote:\n");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ No rule was run for REVISION - tab-in-rules (Staging): the rules file of acme/tab-in-rules is invalid. Correct it on the default branch. Signoff reads it again for a day; to have it read now, choose Evaluate again.
        .signoff/rules.yml:2:1: a tab indents this line; YAML takes spaces only: indent it by 2 spaces
        .signoff/rules.yml:2:11: the rule `promote` takes keys with values, and there is nothing here; write `conditions:` and `actions:` under it
        [Evaluate again]
        ");
    });
}

#[test]
fn what_is_not_supported_yet_is_told_and_the_other_rules_run() {
    tell("not-yet", async |story| {
        story.rules(
            "rules:\n  - later:\n      conditions:\n        - environment='Staging' and base_synced\n      actions:\n        - \
             slack_channel_message: {channel: '#CHANNEL', message: later}\n  - now:\n      conditions:\n        - \
             environment='Staging'\n      actions:\n        - slack_channel_message: {channel: '#CHANNEL', message: now}\n",
        );
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(
            page.runs.iter().map(|run| (run.rule.as_str(), run.status)).collect::<Vec<_>>(),
            [("now", Status::Succeeded)]
        );
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ The rule later was not run for REVISION - not-yet (Staging): it uses something that Signoff does not support yet. Take that out of the rule on the default branch, then choose Evaluate again.
        .signoff/rules.yml:4:37: known, not supported yet: base_synced
        [Evaluate again]
        ");
    });
}

#[test]
fn sleuths_file_is_read_where_there_is_no_other() {
    tell("sleuth-file", async |story| {
        let rules =
            rule("votes_required: 1", "webhook: 'https://example.com'").replace("#CHANNEL", "#sleuth-file");
        story.world.github.set_file(&story.repository(), ".sleuth/rules.yml", &rules);
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        let page = story.settled(&deploy).await;
        let path = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { path, .. } => path.clone(),
            _ => None,
        });
        assert_eq!(path.as_deref(), Some(".sleuth/rules.yml"));
    });
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    tell("etag", async |story| {
        story.rules("rules: []");
        for message in ["One", "Two"] {
            let revision = story.push("Ana", message);
            let deploy = story.deploys(&revision, "Staging").await;
            story.settled(&deploy).await;
        }
        let asked = story.world.github.requests();
        let files =
            asked.iter().filter(|request| request.path.contains("acme/etag/contents/.signoff/rules.yml"));
        // The first one is read again once the head of its branch is known.
        let statuses = [Some(200), Some(304), Some(304)];
        assert_eq!(files.map(|request| request.status).collect::<Vec<_>>(), statuses);
    });
}

#[test]
fn another_environment_opens_nothing() {
    tell("other-environment", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Production").await;
        assert_eq!(story.settled(&deploy).await.runs.len(), 0);
    });
}

#[test]
fn environments_and_pull_request_labels_decide() {
    tell("labels", async |story| {
        story.rules(
            "rules:\n  - labelled:\n      conditions:\n        - environment='staging'\n        - pr_labels='needs-approval'\n      \
             actions:\n        - slack_channel_message: {channel: '#CHANNEL', message: 'held'}\n",
        );
        let revision = story.push("Ana", "Take cards");
        story.world.github.add_pull_request(
            &story.repository(),
            NewPullRequest {
                title: "Cards".to_owned(),
                body: None,
                author: story.author("Ana"),
                labels: vec!["needs-approval".to_owned()],
                commits: vec![revision.clone()],
                merged: true,
                merger: None,
            },
        );
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 1);
        assert_eq!(page.deploy.pull_requests[0].title, "Cards");
    });
}

#[test]
fn a_channel_that_does_not_exist_is_told() {
    tell("no-channel", async |story| {
        story.rules("rules:\n  - say:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        - slack_channel_message: {channel: '#nowhere', message: hello}\n");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded, "a message that fails stops nothing");
        assert_snapshot!(story.problems().join("\n"), @"
        Rule say for REVISION - no-channel (Staging):
        ❌ slack_channel_message: #nowhere failed: Slack has no channel #nowhere that the Signoff app can see: check its name in the rule; if it is private, invite the app there (/invite @signoff) and name it by its id.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn a_deploy_that_changes_the_rules_says_so() {
    tell("rules-changed", async |story| {
        story.rules("rules: []");
        let change = async |message: &str, path: &str, previous: Option<&str>| {
            let status = if previous.is_some() { "renamed" } else { "modified" };
            let file = ChangedFile {
                path: path.to_owned(),
                previous: previous.map(str::to_owned),
                status,
                additions: 1,
                deletions: 1,
            };
            let commit = NewCommit {
                author: story.author("Ana"),
                message: message.to_owned(),
                branch: None,
                files: vec![file],
            };
            story.world.github.push(&story.repository(), commit)
        };
        let of_deploy = async |revision: &str| {
            let deploy = story.deploys(revision, "Staging").await;
            story.settled(&deploy).await.deploy.rules_change
        };
        let yes = |path: &str| RulesChange::Yes(vec![path.to_owned()]);

        // The first deploy is its commit alone; each later one is all commits since.
        let first = change("Ask two people", ".signoff/rules.yml", None).await;
        assert_eq!(of_deploy(&first).await, yes(".signoff/rules.yml"));
        let second = change("Take cards", "src/cards.rs", None).await;
        assert_eq!(of_deploy(&second).await, RulesChange::No);
        change("Away with the old rules", "attic/rules.yml", Some(".sleuth/rules.yml")).await;
        let third = change("Take vouchers", "src/vouchers.rs", None).await;
        assert_eq!(of_deploy(&third).await, yes(".sleuth/rules.yml"));
        // Whoever registers with commits of their own does not hide the files.
        change("Ask nobody", ".signoff/rules.yml", None).await;
        let fourth = change("Take coupons", "src/coupons.rs", None).await;
        let body = serde_json::json!({"sha": fourth, "environment": "Staging",
            "commits": [{"revision": fourth, "message": "Harmless", "author": {"name": "Ana", "email": story.email("Ana")}}]});
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&path, &body).await.status().as_u16(), 200);
        let page = story.settled(&story.deploy_id(&fourth, "Staging")).await;
        assert_eq!(page.deploy.rules_change, yes(".signoff/rules.yml"));
        let titles: Vec<_> = page.deploy.commits.iter().map(|commit| commit.title.as_str()).collect();
        assert_eq!(titles, ["Ask nobody", "Take coupons"]);
        assert_eq!(page.deploy.reading.reported.commits[0].title, "Harmless");

        // A revision that the git host does not know.
        let unknown = "0".repeat(40);
        let body = serde_json::json!({"sha": unknown, "environment": "Staging"});
        assert_eq!(story.post_as_it_is(&path, &body).await.status().as_u16(), 200);
        let page = story.settled(&story.deploy_id(&unknown, "Staging")).await;
        assert_eq!(page.deploy.rules_change, RulesChange::Unknown);
    });
}

#[test]
fn who_merged_is_known_where_they_may_not_vote() {
    tell("merged-by", async |story| {
        let github = &story.world.github;
        story.rules(&rule("self_approval: false", "webhook: 'https://example.com'"));
        let first = story.push("Ana", "Take cards");
        story.push("Ben", "Take vouchers");
        let author = |name: &str| Author::new(name, &story.email(name), &format!("{name}-of-merged-by"));
        let merged = |title: &str, merger: Option<Author>, merged: bool| NewPullRequest {
            title: title.to_owned(),
            body: None,
            author: story.author("Ana"),
            labels: Vec::new(),
            commits: vec![first.clone()],
            merged,
            merger,
        };
        github.show_email("Cleo-of-merged-by", &story.email("Cleo"));
        for (title, merger, is_merged) in [
            ("by the author", Some(story.author("Ana")), true),
            ("by another person", Some(author("Cleo")), true),
            ("by who hides", Some(author("Dan")), true),
            ("not yet", None, false),
        ] {
            github.add_pull_request(&story.repository(), merged(title, merger, is_merged));
        }
        story.deploys(&first, "Staging").await;
        story.dialog().await;
        let page = story.settled(&story.deploy_id(&first, "Staging")).await;
        let mergers = page.deploy.pull_requests.iter().map(|pull| match &pull.merged_by {
            Some(Person { name, email, username }) => {
                let (email, username) = (email.as_deref().unwrap_or("-"), username.as_deref().unwrap_or("-"));
                format!("{}: {name} <{email}> {username}", pull.title)
            }
            None => pull.title.clone(),
        });
        assert_snapshot!(mergers.collect::<Vec<_>>().join("\n"), @"
        by the author: Ana <ana.merged-by@acme.example> ana
        by another person: Cleo <cleo.merged-by@acme.example> Cleo-of-merged-by
        by who hides: Dan <-> Dan-of-merged-by
        ");
    });
}
