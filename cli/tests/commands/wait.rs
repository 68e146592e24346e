//! `signoff wait`.

use crate::server::Server;
use crate::{Done, signoff};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const SHA: &str = "4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1";

/// The approvals of a deploy: their names and how they stand.
type Approvals = &'static [(&'static str, &'static str)];

/// Waits on a server that lists these deploys (id and environment, the newest first), and answers one of `looks` after the other.
fn wait(deploys: &[(&str, &str)], looks: &[Approvals], args: &[&str]) -> Done {
    let looks = looks.to_vec();
    let listed: Vec<Value> = deploys
        .iter()
        .enumerate()
        .map(|(age, (id, environment))| {
            json!({
                "id": id,
                "environment": environment,
                "deployed_at": format!("2026-05-11T11:{}:00Z", 40 - age),
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
            json!({"name": name, "status": status, "approvals": 1, "votes_required": 2, "subject": {"rule": rule}})
        };
        (200, json!({"deploy": {}, "approvals": looks[now].iter().map(approval).collect::<Vec<_>>()}))
    });
    let base = ["wait", "--deployment", "acme/checkout", "--revision", SHA, "--every", "1s"];
    let mut done = signoff(&[&base, args, &["--url", &server.url]].concat());
    let query = format!("revision={SHA}");
    let is_asked = |path: &String| path.contains(&query) || path.ends_with("/approvals");
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
    not decided in time: Migrate has 1 of 2 votes: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    waiting: no rule asks for an approval of this deploy: https://signoff.example.com/deploys/d1
    not decided in time: no rule asks for an approval of this deploy: https://signoff.example.com/deploys/d1
    ---- Open
    ---- err
    waiting: no deploy of 4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1 is on record yet
    not decided in time: no deploy of 4bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1 is on record yet
    ---- Open
    approved: Promote: https://signoff.example.com/deploys/d2
    ---- Fine
    ---- err
    signoff: the revision was deployed to QA, Staging: name one with --environment
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
