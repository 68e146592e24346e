//! The record, asked from the command line: the real program against the stack under test.

use crate::bases::redeploys;
use insta::assert_snapshot;
use serde_json::Value;
use signoff_core::deploy::Deploy;
use signoff_core::id::DeployId;
use std::process::{Output, Stdio};
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::API_KEY;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs `signoff` with these arguments and this key, writes `input` to it, and returns its output.
async fn ask(story: &Story, key: &str, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(story.world.program("signoff"));
    command.args(args).env("SIGNOFF_URL", story.world.front.url()).env("SIGNOFF_API_KEY", key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut signoff = command.spawn().unwrap();
    signoff.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    signoff.wait_with_output().await.unwrap()
}

/// Returns its output for people, without the parts that differ from run to run.
async fn told(story: &Story, args: &[&str], input: &str, deploys: &[&Deploy]) -> String {
    let output = ask(story, API_KEY, args, input).await;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    let mut text = String::from_utf8(output.stdout).unwrap();
    for (number, deploy) in (1..).zip(deploys) {
        let at = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        text = text
            .replace(&at(deploy.deployed_at), "YYYY-MM-DDTHH:MM:SSZ")
            .replace(deploy.short_revision(), &format!("commit{number}"))
            .replace(deploy.id.as_str(), &format!("ID{number}"));
    }
    text
}

/// Returns its output for programs.
async fn json(story: &Story, args: &[&str]) -> Vec<Value> {
    let output = ask(story, API_KEY, &[args, &["--format", "json"]].concat(), "").await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_record_answers_on_the_command_line() {
    tell("queries", async |story| {
        let ana = story.person("Ana");
        let (first, dialog) = story
            .asks("votes_required: 1", "slack_channel_message: {channel: '#CHANNEL', message: Promoted}")
            .await;
        story.click(&ana, &dialog, "approve").await;
        let first = story.settled(&first).await;
        let revision = story.push("Ana", "Take other cards");
        let second = story.deploys(&revision, "Production").await;
        let second = story.settled(&second).await;
        let deploys = [&first.deploy, &second.deploy];
        let (first, second) = (first.deploy.id.as_str(), second.deploy.id.as_str());

        let ours = ["--deployment", "acme/queries", "--since", "1d"];
        let all = [&["deploys"], &ours[..]].concat();
        assert_snapshot!(told(story, &all, "", &deploys).await, @"
        DEPLOYED AT           DEPLOYMENT    ENVIRONMENT  REVISION  ID
        YYYY-MM-DDTHH:MM:SSZ  acme/queries  Production   commit2   ID2
        YYYY-MM-DDTHH:MM:SSZ  acme/queries  Staging      commit1   ID1
        ");
        let listed = json(story, &[&all[..], &["--environment", "staging"]].concat()).await;
        assert_eq!(listed.iter().map(|deploy| deploy["id"].clone()).collect::<Vec<_>>(), [first]);

        let approvals = [&["approvals"], &ours[..]].concat();
        let approved = json(story, &[&approvals[..], &["--status", "approved"]].concat()).await;
        assert_eq!(approved.len(), 1, "{approved:?}");
        assert_eq!(approved[0]["votes"][0]["name"], "Ana");
        assert_eq!(approved[0]["deploy"]["id"], first);
        assert!(json(story, &[&approvals[..], &["--status", "pending"]].concat()).await.is_empty());
        assert_eq!(json(story, &["approvals", "--deploy", first]).await, approved);

        let events = json(story, &["events", "--deploy", first]).await;
        let what: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        let of = |kind: &str| what.iter().position(|what| *what == kind);
        let course = [
            "deploy_registered",
            "run_opened",
            "approval_opened",
            "vote_cast",
            "approval_closed",
            "run_succeeded",
        ];
        assert!(course.is_sorted_by_key(|kind| of(kind)) && of("deploy_registered") == Some(0), "{what:?}");
        assert_eq!(
            json(story, &[&["events"], &ours[..]].concat()).await.first().map(|event| &event["deploy"]),
            Some(&Value::from(second))
        );

        let refused = ask(story, "wrong", &["deploys"], "").await;
        let said =
            String::from_utf8_lossy(&refused.stderr).replace(story.world.front.url(), "http://SIGNOFF");
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
        assert_snapshot!(said, @"signoff: http://SIGNOFF/api/v1/deploys rejected this API key; set SIGNOFF_API_KEY, or the file of --api-key-file, to one that is created at /settings/keys with the scope `read`, or one of the `keys` in the stack's InboundSecret");
    });
}

#[test]
fn rules_are_replayed_against_the_record() {
    tell("queries-replay", async |story| {
        let (first, _) = story.asks("votes_required: 1", "webhook: 'https://example.com'").await;
        let first = story.settled(&first).await;
        let revision = story.push("Ana", "Take other cards");
        let second = story.deploys(&revision, "Production").await;
        let second = story.settled(&second).await;
        let deploys = [&first.deploy, &second.deploy];
        let replay = ["rules", "replay", "-", "--since", "2000-01-01", "--deployment", "acme/queries-replay"];

        let same = rule("votes_required: 1", "webhook: 'https://example.com'").replace("#CHANNEL", "#gate");
        assert_snapshot!(told(story, &replay, &same, &deploys).await, @"
        2 deploys since 2000-01-01T00:00:00Z: 1 asked, 0 by itself, 0 waiting, 1 blocked
        0 different from the record

        RULE                   ASKS  ACTS  BLOCKED  WAITS  NOT SUPPORTED  DOES NOT OPEN
        promote-to-production     1     0        0      0              0              1

        DEPLOYED AT           DEPLOY                                 WOULD BE  RULES                  ON RECORD
        YYYY-MM-DDTHH:MM:SSZ  commit2 - queries-replay (Production)  blocked   none                   the same
        YYYY-MM-DDTHH:MM:SSZ  commit1 - queries-replay (Staging)     asked     promote-to-production  the same
        ");
        let changed = same.replace("'Staging'", "'Production'")
            + "  - build: {conditions: [environment='staging'], actions: [trigger_build]}\n";
        assert_snapshot!(told(story, &replay, &changed, &deploys).await, @"
        2 deploys since 2000-01-01T00:00:00Z: 1 asked, 1 by itself, 0 waiting, 0 blocked
        2 different from the record

        RULE                   ASKS  ACTS  BLOCKED  WAITS  NOT SUPPORTED  DOES NOT OPEN
        promote-to-production     1     0        0      0              0              1
        build                     0     1        0      0              0              1

        DEPLOYED AT           DEPLOY                                 WOULD BE   RULES                  ON RECORD
        YYYY-MM-DDTHH:MM:SSZ  commit2 - queries-replay (Production)  asked      promote-to-production  none
        YYYY-MM-DDTHH:MM:SSZ  commit1 - queries-replay (Staging)     by itself  build                  promote-to-production
        ");
    });
}

#[test]
fn wait_ends_once_people_approved() {
    tell("queries-wait", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 1", "add_deploy_tag: '#approved'").await;
        let revision = story.settled(&deploy).await.deploy.revision;
        let waits = async |revision: &str| {
            let now =
                ["wait", "--deployment", "acme/queries-wait", "--revision", revision, "--timeout", "0s"];
            let output = ask(story, API_KEY, &now, "").await;
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap().replace(story.world.front.url(), "http://SIGNOFF");
            (output.status.code(), said.replace(deploy.as_str(), "ID").replace(revision, "SHA"))
        };
        let open = "Promote deploy to production has 0 of 1 votes: http://SIGNOFF/deploys/ID\n";
        let said = format!("waiting: {open}still open after --timeout: {open}");
        assert_eq!(waits(&revision).await, (Some(3), said));
        assert_eq!(waits(&"d".repeat(40)).await.0, Some(3), "nobody deployed it");
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let said = "approved: Promote deploy to production: http://SIGNOFF/deploys/ID\n".to_owned();
        assert_eq!(waits(&revision).await, (Some(0), said));
    });
}

#[test]
fn wait_goes_on_while_a_rule_is_still_to_ask() {
    tell("queries-later", async |story| {
        let ana = story.person("Ana");
        let later = "  - later:\n      conditions: [\"environment='Staging' and deployed_for>='1h'\"]\n      \
                     actions:\n        - slack_channel_approval: {channel: '#CHANNEL'}\n";
        story.rules(&(rule("votes_required: 1", "add_deploy_tag: '#approved'") + later));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.click(&ana, &story.dialog().await, "approve").await;
        story.settled(&deploy).await;
        let args = ["wait", "--deployment", "acme/queries-later", "--revision", &revision, "--timeout", "0s"];
        let output = ask(story, API_KEY, &args, "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("the rule later has not asked yet (its conditions hold from "), "{said}");
    });
}

/// Returns the exit code of `signoff wait` for the newest revision of `deploy`, which looks each second.
async fn waits(story: &Story, deploy: &DeployId, options: &[&str]) -> Option<i32> {
    let revision = story.page(deploy).await.deploy.revision;
    let deployment = format!("acme/{}", story.name);
    let which = ["wait", "--deployment", &deployment, "--revision", &revision, "--every", "1s"];
    let output = ask(story, API_KEY, &[&which, options].concat(), "").await;
    output.status.code()
}

#[test]
fn waiting_ends_with_the_approval_or_its_time() {
    tell("wait-approved", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 1", "add_deploy_tag: waited").await;
        assert_eq!(waits(story, &deploy, &["--timeout", "2s"]).await, Some(3), "it is still open");
        let (waited, ()) = tokio::join!(
            waits(story, &deploy, &["--timeout", "2m", "--environment", "staging"]),
            story.click(&ana, &dialog, "approve"),
        );
        assert_eq!(waited, Some(0), "it was approved meanwhile");
        // Nobody listens there any more.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let elsewhere = format!("http://{address}");
        assert_eq!(waits(story, &deploy, &["--timeout", "5s", "--url", &elsewhere]).await, Some(2));
    });
}

#[test]
fn waiting_fails_once_the_approval_is_rejected() {
    tell("wait-rejected", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 1", "add_deploy_tag: waited").await;
        story.click(&ana, &dialog, "reject").await;
        story.settled(&deploy).await;
        assert_eq!(waits(story, &deploy, &["--timeout", "2m"]).await, Some(1));
    });
}

/// Returns the exit code of `signoff wait` for the newest deploy of `revision`, looking once, and its output
/// with SHA in place of the revision `other`.
async fn decision(story: &Story, revision: &str, other: &str) -> (Option<i32>, String) {
    let deployment = format!("acme/{}", story.name);
    let args = ["wait", "--deployment", &deployment, "--revision", revision, "--timeout", "0s"];
    let output = ask(story, API_KEY, &args, "").await;
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let said = said.replace(&other[..7], "SHA");
    (output.status.code(), said.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn wait_refuses_a_revision_that_another_overtook() {
    tell("wait-overtaken", async |story| {
        let ana = story.person("Ana");
        let (first, dialog) = story.asks("votes_required: 1", "add_deploy_tag: '#approved'").await;
        story.click(&ana, &dialog, "approve").await;
        let older = story.settled(&first).await.deploy.revision;
        let newer = story.push("Ana", "Take other cards");
        let second = story.deploys(&newer, "Staging").await;
        story.settled(&second).await;
        let dialog = story.dialog().await;
        // Nobody has approved the newer one yet.
        assert_eq!(decision(story, &older, &newer).await.0, Some(0));
        story.click(&ana, &dialog, "approve").await;
        story.settled(&second).await;
        assert_eq!(decision(story, &newer, &older).await.0, Some(0));
        let (code, said) = decision(story, &older, &newer).await;
        let why = "SHA was let through to the same place in the meantime; deploy again to have it asked anew";
        let said = said.replace(&format!("{}/deploys/{first}", story.world.front.url()), "PAGE");
        let expected = format!("superseded: Promote deploy to production was approved, and {why}: PAGE");
        assert_eq!((code, said), (Some(1), expected));
    });
}

#[test]
fn wait_refuses_a_revision_overtaken_under_a_policy() {
    tell_with_policy("wait-policy", async |story| {
        crate::policy::set_policy(story, "{}");
        let ana = story.person("Ana");
        // The CI's own job deploys it: the rule only asks.
        story.rules(
            "rules:\n  - ship:\n      conditions:\n        - environment='Staging'\n      actions:\n        - \
             slack_channel_approval: {name: Ship, channel: '#CHANNEL', votes_required: 1}\n",
        );
        let mut revisions: Vec<String> = Vec::new();
        for title in ["Take cards", "Take vouchers"] {
            let revision = story.push("Ana", title);
            let deploy = story.deploys(&revision, "Staging").await;
            story.settled(&deploy).await;
            let approval = story.page(&deploy).await.approvals[0].clone();
            if let Some(older) = revisions.last() {
                assert_eq!(decision(story, older, &revision).await.0, Some(0), "the newer one waits");
            }
            story.click(&ana, &approval.dialog.unwrap().ts, "approve").await;
            story.settled(&deploy).await;
            revisions.push(revision);
        }
        assert_eq!(decision(story, &revisions[1], &revisions[0]).await.0, Some(0));
        let (code, said) = decision(story, &revisions[0], &revisions[1]).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("SHA was let through to the same place in the meantime"), "{said}");
    });
}

#[test]
fn wait_refuses_a_revision_that_was_rolled_back() {
    tell("wait-rolled-back", async |story| {
        let ana = story.person("Ana");
        let (first, _) = story.asks("votes_required: 1", "add_deploy_tag: '#approved'").await;
        let before = story.page(&first).await.deploy.revision;
        let revision = story.push("Ana", "Take other cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        story.click(&ana, &story.dialog().await, "approve").await;
        story.settled(&deploy).await;
        assert_eq!(decision(story, &revision, &before).await.0, Some(0));
        redeploys(story, &before).await;
        let (code, said) = decision(story, &revision, &before).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("superseded: ") && said.contains("rolled Staging back"), "{said}");
    });
}
