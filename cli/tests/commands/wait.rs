//! `signoff wait`.

use crate::server::Server;
use crate::{Done, signoff};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const SHA: &str = "4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1";

/// The approvals of a deploy: their names and how they stand.
type Approvals = &'static [(&'static str, &'static str)];

/// Waits on a server that lists these deploys (id and environment, the newest first), and answers one of
/// `looks` after the other.
fn wait(deploys: &[(&str, &str)], looks: &[Approvals], args: &[&str]) -> Done {
    let looks = looks.to_vec();
    let listed: Vec<Value> = deploys
        .iter()
        .map(|(id, environment)| {
            json!({
                "id": id,
                "environment": environment,
                "deployed_at": "2026-05-11T11:40:00Z",
                "url": format!("https://signoff.example.com/deploys/{id}"),
            })
        })
        .collect();
    let look = AtomicUsize::new(0);
    let server = Server::start(move |path| {
        if path.starts_with("/api/v1/deploys?") {
            return (200, json!({"deploys": listed, "next": null}));
        }
        let now = look.fetch_add(1, Ordering::Relaxed).min(looks.len() - 1);
        let approval = |(name, status): &(&str, &str)| {
            let rule = if name.starts_with("Rules file") { "rules file " } else { "promote" };
            json!({"id": name, "name": name, "status": status, "approvals": 1, "votes_required": 2, "subject": {"rule": rule}})
        };
        (200, json!({"deploy": {}, "approvals": looks[now].iter().map(approval).collect::<Vec<_>>()}))
    });
    let base = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--every", "1s"];
    let mut done = signoff(&[&base, args, &["--url", &server.url]].concat());
    let query = format!("revision={SHA}");
    // The deploy's own document, where nobody is asked, says why.
    let is_asked =
        |path: &String| path.contains(&query) || path.ends_with("/approvals") || path == "/api/v1/deploys/d1";
    assert!(server.asked().iter().all(is_asked), "{:?}", server.asked());
    done.err = done.err.replace(&server.url, "http://SERVER");
    done
}

const APPROVED: Approvals = &[("Promote", "approved"), ("Rules file: Promote", "rejected")];

#[test]
fn wait_ends_as_people_decided() {
    let one: &[(&str, &str)] = &[("d1", "Staging")];
    let mut told = String::new();
    let cases: [(&[(&str, &str)], Approvals); 10] = [
        (one, APPROVED),
        (one, &[("Promote", "approved"), ("Migrate", "rejected")]),
        (one, &[("Promote", "expired")]),
        (one, &[("Promote", "cancelled")]),
        (one, &[("Promote", "superseded")]),
        (one, &[("Promote", "approved"), ("Migrate", "pending")]),
        (one, &[]),
        (&[], &[]),
        (&[("d2", "Staging"), ("d1", "staging")], APPROVED),
        (&[("d2", "Staging"), ("d1", "QA")], APPROVED),
    ];
    for (deploys, approvals) in cases {
        told.push_str(&wait(deploys, &[approvals], &["--timeout", "0s"]).shown());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    ---- err
    rejected: Migrate: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    expired: Promote: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    cancelled: Promote: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    superseded: Promote: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    waiting: Migrate has 1 of 2 votes: https://signoff.example.com/deploys/d1
    still open after --timeout: Migrate has 1 of 2 votes: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    waiting: no rule asks for an approval of this deploy: https://signoff.example.com/deploys/d1
    still open after --timeout: no rule asks for an approval of this deploy: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    waiting: no deploy of 4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1 yet
    still open after --timeout: no deploy of 4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1 yet
    ---- Open
    approved: Promote: https://signoff.example.com/deploys/d2
    ---- Fine
    ---- err
    signoff: the revision was deployed to QA, Staging; choose one with --environment
    ---- Usage
    ");
}

#[test]
fn wait_looks_again_until_people_decided() {
    let looks: &[&[(&str, &str)]] =
        &[&[("Promote", "pending")], &[("Promote", "pending")], &[("Promote", "approved")]];
    let done = wait(&[("d1", "Staging")], looks, &["--timeout", "5m", "--environment", "Staging"]);
    insta::assert_snapshot!(done.shown(), @"
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- err
    waiting: Promote has 1 of 2 votes: https://signoff.example.com/deploys/d1
    ---- Fine
    ");
}

/// Waits on a server that answers one of `looks` after the other: a status, and the approvals and runs of a
/// deploy.
fn wait_for(looks: Vec<(u16, Value)>, args: &[&str]) -> Done {
    let look = AtomicUsize::new(0);
    let server = Server::start(move |path| {
        if path.starts_with("/api/v1/deploys?") {
            let url = "https://signoff.example.com/deploys/d1";
            let deploy =
                json!({"id": "d1", "environment": "QA", "deployed_at": "2026-05-11T11:40:00Z", "url": url});
            return (200, json!({"deploys": [deploy], "next": null}));
        }
        looks[look.fetch_add(1, Ordering::Relaxed).min(looks.len() - 1)].clone()
    });
    let base = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--every", "1s"];
    let mut done = signoff(&[&base, args, &["--url", &server.url]].concat());
    done.err = done.err.replace(&server.url, "http://SERVER");
    done
}

fn approval(id: &str, status: &str, rule: &str) -> Value {
    let subject = json!({"rule": rule});
    json!({"id": id, "name": id, "status": status, "approvals": 1, "votes_required": 2, "subject": subject})
}

/// A step that asks for the approval `id`, under an end of the approval `under.0`.
fn asking(id: &str, state: &str, under: Option<(&str, &str)>) -> Value {
    let under = under.map(|(approval, branch)| json!({"approval": approval, "branch": branch}));
    json!({"action": format!("slack_channel_approval: {id}"), "state": state, "asks": id, "under": under})
}

#[test]
fn wait_counts_each_approval_that_its_rules_come_to() {
    let approved = || approval("Promote", "approved", "promote");
    let promoted = || asking("Promote", "succeeded", None);
    let on = |branch| Some(("Promote", branch));
    let run = |steps: &[Value]| json!({"rule": "promote", "steps": steps});
    let one = |steps: &[Value]| json!({"approvals": [approved()], "runs": [run(steps)]});
    let again = json!({
        "approvals": [approval("First", "rejected", "promote"), approval("Second", "approved", "promote")],
        "runs": [
            {"rule": "promote", "asked_again": "r2", "steps": [asking("First", "failed", None)]},
            run(&[asking("Second", "succeeded", None)]),
        ],
    });
    let proposed = json!({
        "approvals": [approved(), approval("Policy", "rejected", "policy ")],
        "runs": [run(&[promoted()]), {"rule": "policy ", "steps": [asking("Policy", "failed", None)]}],
    });
    let mut stage = one(&[promoted()]);
    stage["awaited"] = json!([{"rule": "production", "reason": "after canary"}]);
    let mut told = String::new();
    for document in [
        stage,
        one(&[promoted(), asking("Migrate", "waiting", None)]),
        one(&[promoted(), asking("Migrate", "running", on("on_success"))]),
        one(&[promoted(), asking("Migrate", "skipped", None)]),
        one(&[promoted(), asking("Why", "skipped", on("on_reject"))]),
        one(&[
            promoted(),
            asking("Why", "skipped", on("on_reject")),
            asking("More", "skipped", Some(("Why", "on_success"))),
        ]),
        again,
        proposed,
    ] {
        let mut done = wait_for(vec![(200, document)], &["--timeout", "0s"]);
        done.err = done.err.lines().last().map(|line| format!("{line}\n")).unwrap_or_default();
        told.push_str(&done.shown());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    ---- err
    still open after --timeout: the rule production has not asked yet (after canary): https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    still open after --timeout: slack_channel_approval: Migrate has not been asked yet: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    still open after --timeout: slack_channel_approval: Migrate has not been asked yet: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    still open after --timeout: slack_channel_approval: Migrate was not asked: skipped: https://signoff.example.com/deploys/d1
    ---- Open
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    approved: Second: https://signoff.example.com/deploys/d1
    ---- Fine
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    ");
}

#[test]
fn wait_refuses_a_deploy_superseded_before_a_rule_asked() {
    let reason = "a newer deploy came before it asked";
    let awaited = json!([{"rule": "production", "reason": reason, "superseded": true}]);
    let mut told = String::new();
    for approvals in [json!([approval("Canary", "approved", "canary")]), json!([])] {
        let document = json!({"approvals": approvals, "awaited": awaited});
        told.push_str(&wait_for(vec![(200, document)], &["--timeout", "0s"]).shown());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    ---- err
    superseded: the rule production was never asked: a newer deploy came before it asked: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    superseded: the rule production was never asked: a newer deploy came before it asked: https://signoff.example.com/deploys/d1
    ---- Problems
    ");
}

#[test]
fn wait_refuses_an_approved_deploy_that_was_overtaken() {
    let reason = "7bf7226 was let through to the same place in the meantime";
    let overtaken = |approval: &str| json!([{"approval": approval, "reason": reason}]);
    let approved = || approval("Promote", "approved", "promote");
    let mut told = String::new();
    for (approvals, overtaken) in [
        (json!([approved()]), overtaken("Promote")),
        (json!([approved(), approval("Migrate", "pending", "promote")]), overtaken("Promote")),
        (json!([approved(), approval("Migrate", "rejected", "promote")]), overtaken("Promote")),
        (json!([approved(), approval("Policy", "approved", "policy ")]), overtaken("Policy")),
        (json!([approved()]), json!([])),
    ] {
        let document = json!({"approvals": approvals, "overtaken": overtaken});
        told.push_str(&wait_for(vec![(200, document)], &["--timeout", "0s"]).shown());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    ---- err
    superseded: Promote was approved, and 7bf7226 was let through to the same place in the meantime; deploy again to have it asked anew: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    superseded: Promote was approved, and 7bf7226 was let through to the same place in the meantime; deploy again to have it asked anew: https://signoff.example.com/deploys/d1
    ---- Problems
    ---- err
    rejected: Migrate: https://signoff.example.com/deploys/d1
    ---- Problems
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    ");
}

#[test]
fn wait_stays_open_for_an_approval_below_the_policy() {
    let mut approved = approval("Promote", "approved", "promote");
    approved["electorate"] = json!({"below_policy": ["It asks for 1 vote, and the policy for 2."]});
    let done = wait_for(vec![(200, json!({"approvals": [approved]}))], &["--timeout", "0s"]);
    insta::assert_snapshot!(done.shown(), @"
    ---- err
    waiting: Promote is approved, and the policy keeps back what follows: It asks for 1 vote, and the policy for 2.: https://signoff.example.com/deploys/d1
    still open after --timeout: Promote is approved, and the policy keeps back what follows: It asks for 1 vote, and the policy for 2.: https://signoff.example.com/deploys/d1
    ---- Open
    ");
}

#[test]
fn wait_outlives_a_signoff_that_does_not_answer() {
    let of = |status| json!({"approvals": [approval("Promote", status, "promote")], "runs": []});
    let lost = || (503, json!({"detail": "Try again."}));
    let looks = [vec![(200, of("pending"))], vec![lost(); 5], vec![(200, of("approved"))]].concat();
    insta::assert_snapshot!(wait_for(looks, &["--timeout", "5m"]).shown(), @"
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- err
    waiting: Promote has 1 of 2 votes: https://signoff.example.com/deploys/d1
    no answer, trying again: http://SERVER/api/v1/deploys/d1/approvals answered 503: Try again.
    ---- Fine
    ");
    let never = wait_for(vec![lost()], &["--timeout", "5m"]);
    insta::assert_snapshot!(never.shown(), @"
    ---- err
    signoff: http://SERVER/api/v1/deploys/d1/approvals answered 503: Try again.
    ---- Usage
    ");
}

#[test]
fn wait_follows_another_report_of_a_deploy_to_the_first() {
    let server = Server::start(|path| {
        let url = |id: &str| format!("https://signoff.example.com/deploys/{id}");
        let listed =
            |id: &str, at: &str| json!({"id": id, "environment": "QA", "deployed_at": at, "url": url(id)});
        let document = match path {
            "/api/v1/deploys/d2/approvals" => json!({"approvals": []}),
            "/api/v1/deploys/d2" => json!({"deploy": {"confirmation": {"state": "repeat", "of": "d1"}}}),
            "/api/v1/deploys/d1/approvals" => {
                json!({"approvals": [approval("Promote", "approved", "promote")]})
            }
            _ => {
                let deploys = [listed("d2", "2026-05-11T11:41:00Z"), listed("d1", "2026-05-11T11:40:00Z")];
                json!({"deploys": deploys, "next": null})
            }
        };
        (200, document)
    });
    let args = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--url", &server.url];
    insta::assert_snapshot!(signoff(&args).shown(), @"
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    ");
}

#[test]
fn wait_says_why_the_rules_of_a_deploy_are_not_evaluated() {
    let mut told = String::new();
    for confirmation in [
        json!({"state": "awaited"}),
        json!({"state": "unconfirmed", "doubt": {"doubt": "no_branch"}}),
        json!({"state": "unevaluated", "reason": "the rules file can't be used"}),
    ] {
        let deploy =
            json!({"revision": "4bf7226", "repository": "acme/checkout", "confirmation": confirmation});
        let document = json!({"deploy": deploy, "approvals": []});
        let done = wait_for(vec![(200, document)], &["--timeout", "0s"]);
        told.push_str(done.err.lines().last().unwrap_or_default());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    still open after --timeout: its rules have not been evaluated yet: https://signoff.example.com/deploys/d1
    still open after --timeout: the deploy is not confirmed: No branch or tag of acme/checkout contains the commit 4bf7226. Push it to a branch of this repository, or register the branch or tag that contains it.: https://signoff.example.com/deploys/d1
    still open after --timeout: its rules were not evaluated: the rules file can't be used: https://signoff.example.com/deploys/d1
    ");
}

#[test]
fn wait_says_of_a_deploy_that_did_not_arrive_how_far_it_got() {
    let mut told = String::new();
    for state in ["in_progress", "failure", "error"] {
        let server = Server::start(move |_| {
            let deploy = json!({
                "id": "d1",
                "environment": "QA",
                "deployed_at": "2026-05-11T11:40:00Z",
                "state": state,
                "url": "https://signoff.example.com/deploys/d1",
            });
            (200, json!({"deploys": [deploy], "next": null}))
        });
        let args = [
            "wait",
            "--deployment",
            "acme/checkout",
            "--revision",
            SHA,
            "--timeout",
            "0s",
            "--url",
            &server.url,
        ];
        let done = signoff(&args);
        told.push_str(done.err.lines().last().unwrap_or_default());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    still open after --timeout: the deploy to QA is under way: https://signoff.example.com/deploys/d1
    still open after --timeout: the deploy to QA failed: https://signoff.example.com/deploys/d1
    still open after --timeout: the deploy to QA failed with an error: https://signoff.example.com/deploys/d1
    ");
}

/// Looks once at a server that lists these deploys (id, environment and state, the newest first),
/// of which the approval of `d1` is approved.
fn wait_among(deploys: &[(&str, &str, &str)]) -> Done {
    let listed: Vec<Value> = deploys
        .iter()
        .map(|(id, environment, state)| {
            json!({
                "id": id,
                "environment": environment,
                "deployed_at": "2026-05-11T11:40:00Z",
                "state": state,
                "url": format!("https://signoff.example.com/deploys/{id}"),
            })
        })
        .collect();
    let server = Server::start(move |path| match path {
        "/api/v1/deploys/d1/approvals" => {
            (200, json!({"approvals": [approval("Promote", "approved", "promote")]}))
        }
        _ => (200, json!({"deploys": listed, "next": null})),
    });
    let base = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--timeout", "0s"];
    signoff(&[&base[..], &["--url", &server.url]].concat())
}

#[test]
fn wait_ignores_votes_on_a_deploy_older_than_the_newest() {
    let mut told = String::new();
    for deploys in [
        [("d2", "qa", "in_progress"), ("d1", "QA", "success")],
        [("d2", "QA", "failure"), ("d1", "QA", "success")],
        [("d1", "QA", "success"), ("d2", "QA", "in_progress")],
        [("d2", "Production", "in_progress"), ("d1", "QA", "success")],
    ] {
        let mut done = wait_among(&deploys);
        done.err = done.err.lines().last().map(|line| format!("{line}\n")).unwrap_or_default();
        told.push_str(&done.shown());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    ---- err
    still open after --timeout: the deploy to qa is under way: https://signoff.example.com/deploys/d2
    ---- Open
    ---- err
    still open after --timeout: the deploy to QA failed: https://signoff.example.com/deploys/d2
    ---- Open
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    approved: Promote: https://signoff.example.com/deploys/d1
    ---- Fine
    ");
}

#[test]
fn wait_takes_a_full_revision_only() {
    let done = signoff(&["wait", "--deployment", "acme/checkout", "--revision", "4bf7226"]);
    insta::assert_snapshot!(done.shown(), @"
    ---- err
    error: invalid value '4bf7226' for '--revision <SHA>': write the commit's full SHA, of 40 characters

    For more information, try '--help'.
    ---- Usage
    ");
}

#[test]
fn wait_can_not_ask_without_an_answer() {
    let server = Server::start(|_| (403, json!({"detail": "This key may not read."})));
    let args = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--url", &server.url];
    let mut done = signoff(&args);
    done.err = done.err.replace(&server.url, "http://SERVER");
    insta::assert_snapshot!(done.shown(), @"
    ---- err
    signoff: http://SERVER/api/v1/deploys answered 403: This key may not read.
    ---- Usage
    ");
}
