//! Rules that act without asking anybody: what they are judged by, and when they act at all.

use reqwest::StatusCode;
use serde_json::json;
use signoff_core::id::DeployId;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::{Author, ChangedFile, NewCommit, NewPullRequest};
use system_tests::story::{Story, tell};

/// The action of the rules of these stories.
const ACT: &str = "add_deploy_tag: '#shipped'";

/// A rule that acts on `conditions` (YAML, in flow style) without asking.
fn acts(name: &str, conditions: &str) -> String {
    format!("  - {name}:\n      conditions: [{conditions}]\n      actions: [{ACT}]\n")
}

/// A rule that asks about the same for deploys to Staging.
fn asks() -> String {
    format!(
        "  - promote:\n      conditions: [environment='Staging']\n      actions:\n        \
         - slack_channel_approval: {{name: 'Promote', channel: '#CHANNEL', on_success: [{ACT}]}}\n"
    )
}

fn commit(story: &Story, person: &str, message: &str, path: &str) -> NewCommit {
    let file =
        ChangedFile { path: path.to_owned(), previous: None, status: "modified", additions: 1, deletions: 0 };
    NewCommit { author: story.author(person), message: message.to_owned(), branch: None, files: vec![file] }
}

/// A commit of Ana's that changes the file at `path`, by a pull request with `label`; its SHA.
fn merges(story: &Story, message: &str, path: &str, label: Option<&str>) -> String {
    let revision = story.world.github.push(&story.repository(), commit(story, "Ana", message, path));
    opens(story, message, &story.author("Ana"), label, &revision);
    revision
}

/// A merged pull request of `author` that brought the commit `revision`.
fn opens(story: &Story, title: &str, author: &Author, label: Option<&str>, revision: &str) {
    let pull_request = NewPullRequest {
        title: title.to_owned(),
        body: None,
        author: author.clone(),
        labels: label.map(str::to_owned).into_iter().collect(),
        commits: vec![revision.to_owned()],
        merged: true,
        merger: None,
    };
    story.world.github.add_pull_request(&story.repository(), pull_request);
}

/// The rules that were opened for a new deploy of `revision` to Staging, without the one that asks, by name.
async fn acted(story: &Story, revision: &str) -> Vec<String> {
    let deploy = story.deploys(revision, "Staging").await;
    let runs = story.settled(&deploy).await.runs;
    let mut rules: Vec<_> = runs.into_iter().map(|run| run.rule).filter(|rule| rule != "promote").collect();
    rules.sort();
    rules
}

/// Ana's approval of the newest dialog of `revision` in Staging.
async fn is_approved(story: &Story, ana: &str, revision: &str) {
    let deploy = story.deploy_id(revision, "Staging");
    let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
    story.click(ana, &dialog, "approve").await;
    let status = story.settled(&deploy).await.approvals[0].status.clone();
    assert!(status.is_approved(), "{status:?}");
}

/// The reasons on record for which rules were not opened for a deploy.
async fn reasons(story: &Story, deploy: &DeployId) -> String {
    story.settled(deploy).await;
    let history = story.get(&format!("/deployments/acme/{}/history", story.name)).await;
    assert_eq!(history.status(), StatusCode::OK);
    history.text().await.unwrap()
}

#[test]
fn rule_acts_once_its_place_has_a_base() {
    tell("unasked-base", async |story| {
        let ana = story.person("Ana");
        story.rules(&format!("rules:\n{}{}", asks(), acts("hotfix", "environment='Hotfix'")));
        let first = story.push("Ana", "Begin");
        let hotfix = story.deploys(&first, "Hotfix").await;
        assert_eq!(story.settled(&hotfix).await.runs, [], "the rule `promote` asks about the same");
        let told = reasons(story, &hotfix).await;
        assert!(told.contains("nothing was approved there yet"), "{told}");
        acted(story, &first).await;
        is_approved(story, &ana, &first).await;
        let next = story.push("Ana", "Take cards");
        let hotfix = story.deploys(&next, "Hotfix").await;
        let runs: Vec<_> = story.settled(&hotfix).await.runs.into_iter().map(|run| run.rule).collect();
        assert_eq!(runs, ["hotfix"]);
    });
}

#[test]
fn rule_acts_only_where_every_commit_has_the_label() {
    tell("unasked-labels", async |story| {
        story.rules("rules: []");
        let first = story.push("Ana", "Begin");
        acted(story, &first).await;
        story.rules(&format!("rules:\n{}", acts("safe", "\"pr_labels='safe'\"")));
        merges(story, "Fix a typo", "README", Some("safe"));
        let direct = story.push("Ana", "Take cards");
        assert_eq!(acted(story, &direct).await, [""; 0], "a commit without a pull request has no labels");
        merges(story, "Fix a typo", "README", Some("safe"));
        let unlabelled = merges(story, "Take vouchers", "src/pay.rs", None);
        assert_eq!(acted(story, &unlabelled).await, [""; 0]);
        merges(story, "Fix a typo", "README", Some("safe"));
        let last = merges(story, "Fix another typo", "README", Some("safe"));
        assert_eq!(acted(story, &last).await, ["safe"]);
    });
}

#[test]
fn rule_is_judged_by_all_since_the_last_approval() {
    tell("unasked-range", async |story| {
        let ana = story.person("Ana");
        let rules = [
            asks(),
            acts("safe", "environment='Staging', \"pr_labels='safe'\""),
            acts("unheld", "environment='Staging', \"pr_labels!='hold'\""),
        ];
        story.rules(&format!("rules:\n{}", rules.concat()));
        let first = merges(story, "Begin", "README", Some("safe"));
        assert_eq!(acted(story, &first).await, [""; 0], "nothing was approved yet");
        is_approved(story, &ana, &first).await;
        let held = merges(story, "Take cards", "src/pay.rs", Some("hold"));
        assert_eq!(acted(story, &held).await, [""; 0]);
        // Its own commit is safe; the one before it was never approved.
        let next = merges(story, "Fix a typo", "README", Some("safe"));
        assert_eq!(acted(story, &next).await, [""; 0]);
        is_approved(story, &ana, &next).await;
        let last = merges(story, "Fix another typo", "README", Some("safe"));
        assert_eq!(acted(story, &last).await, ["safe", "unheld"]);
    });
}

#[test]
fn bot_is_an_author_of_its_own_signed_commits_alone() {
    tell("unasked-bots", async |story| {
        story.rules("rules: []");
        let first = story.push("Ana", "Begin");
        acted(story, &first).await;
        story.rules(&format!("rules:\n{}", acts("bumps", "\"pr_authors='dependabot[bot]'\"")));
        let login = "dependabot[bot]";
        let bot = Author::new(login, &format!("49699333+{login}@users.noreply.github.com"), login);
        let bump =
            |message: &str| NewCommit { author: bot.clone(), ..commit(story, "Ana", message, "Cargo.lock") };
        let github = &story.world.github;
        let unsigned = github.push(&story.repository(), bump("Bump serde"));
        opens(story, "Bump serde", &bot, None, &unsigned);
        assert_eq!(acted(story, &unsigned).await, [""; 0], "anybody can write the bot's name");
        let added = github.push(&story.repository(), commit(story, "Ana", "Add to it", "src/pay.rs"));
        opens(story, "Bump tokio", &bot, None, &added);
        assert_eq!(acted(story, &added).await, [""; 0], "Ana pushed to the bot's branch");
        // Ana resolves conflicts on the page, whose editor takes any text, and squashes it.
        let on_branch = |commit: NewCommit| NewCommit { branch: Some("bump".to_owned()), ..commit };
        let own = github.push(&story.repository(), on_branch(bump("Bump ring")).signed_by_host());
        let resolved = on_branch(commit(story, "Ana", "Merge main", "src/pay.rs"));
        let resolved = github.push(&story.repository(), resolved.merging(&added).signed_by_host());
        let squash = bump("Bump ring").merged_by(&story.author("Ana"));
        let squash = github.push(&story.repository(), squash);
        let opened = NewPullRequest {
            title: "Bump ring".to_owned(),
            body: None,
            author: bot.clone(),
            labels: Vec::new(),
            commits: vec![squash.clone()],
            merged: true,
            merger: Some(story.author("Ana")),
        };
        github.add_pull_request(&story.repository(), opened.of_branch("bump", &[own, resolved]));
        assert_eq!(acted(story, &squash).await, [""; 0], "Ana made a part of it");
        let signed = github.push(&story.repository(), bump("Bump http").signed_by_host());
        opens(story, "Bump http", &bot, None, &signed);
        assert_eq!(acted(story, &signed).await, ["bumps"]);
    });
}

#[test]
fn tags_are_those_of_each_pull_requests_files() {
    tell("unasked-tags", async |story| {
        story.world.github.set_file(&story.repository(), ".signoff/TAGS", "docs/** #docs\nsrc/** #code\n");
        story.rules("rules: []");
        let first = story.push("Ana", "Begin");
        acted(story, &first).await;
        let rules = [acts("docs", "\"tags='#docs'\""), acts("no-code", "\"tags!='#code'\"")];
        story.rules(&format!("rules:\n{}", rules.concat()));
        merges(story, "Explain", "docs/pay.md", None);
        let mixed = merges(story, "Take cards", "src/pay.rs", None);
        assert_eq!(acted(story, &mixed).await, [""; 0]);
        let plain = merges(story, "Explain more", "docs/more.md", None);
        assert_eq!(acted(story, &plain).await, ["docs", "no-code"]);
    });
}

#[test]
fn tags_that_ci_reports_are_those_of_the_deploys_own_commits() {
    tell("unasked-reported", async |story| {
        let ana = story.person("Ana");
        let rules = [asks(), acts("cleared", "environment='Staging', \"tags='#cleared'\"")];
        story.rules(&format!("rules:\n{}", rules.concat()));
        let opened = async |revision: &str, tags: &str| -> Vec<String> {
            let body = json!({"sha": revision, "environment": "Staging", "tags": tags});
            let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
            assert_eq!(story.post(&path, &body).await.status(), StatusCode::OK);
            let runs = story.settled(&story.deploy_id(revision, "Staging")).await.runs;
            runs.into_iter().map(|run| run.rule).filter(|rule| rule != "promote").collect()
        };
        let first = story.push("Ana", "Begin");
        opened(&first, "#cleared").await;
        is_approved(story, &ana, &first).await;
        let next = story.push("Ana", "Take cards");
        assert_eq!(opened(&next, "#cleared").await, ["cleared"]);
        let unclear = story.push("Ana", "Take vouchers");
        assert_eq!(opened(&unclear, "#other").await, [""; 0]);
        let last = story.push("Ana", "Fix a typo");
        assert_eq!(opened(&last, "#cleared").await, [""; 0], "the commit before it was not cleared");
    });
}

#[test]
fn conditions_on_an_incomplete_range_hold_neither_way() {
    tell("unasked-incomplete", async |story| {
        let ana = story.person("Ana");
        let rules = [
            asks(),
            acts("safe", "environment='Staging', \"pr_labels='safe'\""),
            acts("unheld", "environment='Staging', \"pr_labels!='hold'\""),
        ];
        story.rules(&format!("rules:\n{}", rules.concat()));
        let first = merges(story, "Begin", "README", Some("safe"));
        acted(story, &first).await;
        is_approved(story, &ana, &first).await;
        let between = merges(story, "Take cards", "README", Some("safe"));
        acted(story, &between).await;
        let last = merges(story, "Fix a typo", "README", Some("safe"));
        // The query for the whole range, and not the one for the deploy's own commit, which does not name the
        // commit before it.
        let partial = r#"{"data":{"repository":{"a0":null,"a1":null}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible"}]}"#;
        let fault = Fault::once("POST /graphql", FaultKind::status(200, partial)).with_body(&between);
        story.world.github.faults().push(fault);
        assert_eq!(acted(story, &last).await, [""; 0]);
        let told = story.problems().join("\n");
        assert!(told.contains("not everything that they ask about is known: safe, unheld"), "{told}");
    });
}

#[test]
fn unconfirmed_deploy_registered_again_rolls_nothing_back() {
    tell("unasked-rollback", async |story| {
        let only = "  - only-a:\n      conditions:\n        - environment='Staging'\n        - tags='#only-a'\n      actions:\n        \
                    - slack_channel_approval: {name: 'Only of A', channel: '#CHANNEL'}\n";
        story.rules(&format!("rules:\n{only}"));
        let first = story.push("Ana", "Begin");
        acted(story, &first).await;
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let register = async |revision: &str, tags: &str| {
            let body = json!({"sha": revision, "environment": "Staging", "tags": tags});
            assert_eq!(story.post_as_it_is(&path, &body).await.status(), StatusCode::OK);
        };
        let fork = commit(story, "Ana", "From a fork", "src/pay.rs").in_fork();
        let early = story.world.github.push(&story.repository(), fork);
        register(&early, "").await;
        let unconfirmed = story.deploy_id(&early, "Staging");
        story
            .until("the deploy not to be confirmed", async || {
                let page = story.world.store.page(&unconfirmed).await.unwrap()?;
                (!page.deploy.confirmation.counts() && page.effects.iter().any(|effect| effect.attempts > 0))
                    .then_some(())
            })
            .await;
        let a = story.push("Ana", "A");
        register(&a, "#only-a").await;
        let asking = story.deploy_id(&a, "Staging");
        assert!(story.settled(&asking).await.approvals[0].status.is_open());
        story.world.github.force_push(&story.repository(), "release", &early, &story.author("Ana"));
        register(&early, "").await;
        story
            .until("the revision to stand there", async || {
                let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
                let newest = story.world.store.newest_in(&slug, "Staging").await.unwrap()?;
                (newest.revision == early).then_some(())
            })
            .await;
        let status = story.settled(&asking).await.approvals[0].status.clone();
        assert!(status.is_open(), "it never stood there before: {status:?}");
    });
}

#[test]
fn rule_is_judged_by_the_earliest_of_many_bases() {
    tell("unasked-services", async |story| {
        let ana = story.person("Ana");
        let asks = |service: usize| {
            format!(
                "  - ask-{service}:\n      promotes_to: Live-{service}\n      conditions: [environment='Test-{service}']\n      \
                 actions:\n        - slack_channel_approval: {{name: 'Ask {service}', channel: '#CHANNEL'}}\n"
            )
        };
        let asks: String = (0..9).map(asks).collect();
        let safe = acts("safe", "environment='Last', \"pr_labels='safe'\", magnitude='Small'");
        story.rules(&format!("rules:\n{asks}{safe}"));
        for service in 0..9 {
            let revision = merges(story, "Take cards", "src/pay.rs", (service > 0).then_some("safe"));
            let deploy = story.deploys(&revision, &format!("Test-{service}")).await;
            let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
            story.click(&ana, &dialog, "approve").await;
            story.settled(&deploy).await;
        }
        let last = story.deploys(&merges(story, "Fix a typo", "README", Some("safe")), "Last").await;
        let runs: Vec<_> = story.settled(&last).await.runs.into_iter().map(|run| run.rule).collect();
        assert_eq!(runs, ["safe"], "{}", reasons(story, &last).await);
        merges(story, "Fix another typo", "README", None);
        let last = story.deploys(&merges(story, "Fix a third typo", "README", Some("safe")), "Last").await;
        assert_eq!(story.settled(&last).await.runs, [], "a commit without the label came since");
    });
}
