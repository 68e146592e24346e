//! `signoff deploys`, `signoff approvals`, `signoff events`.

use crate::server::Server;
use crate::{Done, signoff};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a command against this server, and hides the server's address, which differs from run to run.
fn ask(server: &Server, args: &[&str]) -> Done {
    let mut done = signoff(&[args, &["--url", &server.url]].concat());
    done.err = done.err.replace(&server.url, "http://SERVER");
    done
}

/// Deploy number `number` of a list.
fn deploy(number: u32) -> Value {
    json!({
        "id": format!("d{number}"),
        "deployment": if number.is_multiple_of(2) { "acme/checkout" } else { "acme/web" },
        "environment": "Staging",
        "revision": format!("{number}bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1"),
        "deployed_at": format!("2026-05-11T11:{:02}:00.5Z", 40 - number),
        "url": format!("https://signoff.example.com/deploys/d{number}"),
    })
}

#[test]
fn deploys_as_a_table_and_as_json() {
    let server = Server::start(|_| (200, json!({"deploys": [deploy(1), deploy(2)], "next": null})));
    insta::assert_snapshot!(ask(&server, &["deploys"]).shown(), @"
    DEPLOYED AT           DEPLOYMENT     ENVIRONMENT  REVISION  ID
    2026-05-11T11:39:00Z  acme/web       Staging      1bf7226   d1
    2026-05-11T11:38:00Z  acme/checkout  Staging      2bf7226   d2
    ---- Fine
    ");
    insta::assert_snapshot!(ask(&server, &["deploys", "--format", "json"]).shown(), @r#"
    [
      {
        "deployed_at": "2026-05-11T11:39:00.5Z",
        "deployment": "acme/web",
        "environment": "Staging",
        "id": "d1",
        "revision": "1bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1",
        "url": "https://signoff.example.com/deploys/d1"
      },
      {
        "deployed_at": "2026-05-11T11:38:00.5Z",
        "deployment": "acme/checkout",
        "environment": "Staging",
        "id": "d2",
        "revision": "2bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1",
        "url": "https://signoff.example.com/deploys/d2"
      }
    ]
    ---- Fine
    "#);
    let empty = Server::start(|_| (200, json!({"deploys": [], "next": null})));
    insta::assert_snapshot!(ask(&empty, &["deploys"]).shown(), @"
    ---- err
    no deploys found
    ---- Fine
    ");
    insta::assert_snapshot!(ask(&empty, &["deploys", "--format", "json"]).shown(), @"
    []
    ---- Fine
    ");
}

#[test]
fn the_arguments_say_which_deploys() {
    let server = Server::start(|_| (200, json!({"deploys": [], "next": null})));
    ask(&server, &["deploys"]);
    ask(&server, &["deploys", "--since", "7d", "--deployment", "acme/checkout", "--limit", "7"]);
    ask(&server, &["deploys", "--since", "2026-05-01", "--environment", "Staging EU"]);
    ask(&server, &["deploys", "--revision", "4BF7226"]);
    // Where every deploy has to be asked about, a week is enough if nothing else is said.
    ask(&server, &["approvals"]);
    ask(&server, &["events", "--since", "12h"]);
    insta::assert_snapshot!(server.asked().join("\n"), @"
    /api/v1/deploys?limit=50
    /api/v1/deploys?limit=7&deployment=acme%2Fcheckout&since=2026-05-04T11%3A42%3A00Z
    /api/v1/deploys?limit=50&environment=Staging+EU&since=2026-05-01T00%3A00%3A00Z
    /api/v1/deploys?limit=50&revision=4bf7226
    /api/v1/deploys?limit=100&since=2026-05-04T11%3A42%3A00Z
    /api/v1/deploys?limit=100&since=2026-05-10T23%3A42%3A00Z
    ");
}

#[test]
fn every_part_of_the_list_is_asked_for_until_there_is_enough() {
    let server = Server::start(|path| {
        let next = |part: &str| path.contains(&format!("before={part}"));
        let (deploys, next) = match () {
            () if next("b") => (vec![deploy(3), deploy(4)], None),
            // A part may be empty though there is a next one.
            () if next("a") => (vec![], Some("b")),
            () => (vec![deploy(1), deploy(2)], Some("a")),
        };
        (200, json!({"deploys": deploys, "next": next}))
    });
    let ids = |done: &Done| {
        let deploys: Vec<Value> = serde_json::from_str(&done.out).unwrap();
        deploys.iter().map(|deploy| deploy["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ask(&server, &["deploys", "--format", "json"]);
    assert_eq!((ids(&all), all.err.as_str()), (["d1", "d2", "d3", "d4"].map(str::to_owned).to_vec(), ""));
    let two = ask(&server, &["deploys", "--format", "json", "--limit", "2"]);
    assert_eq!(ids(&two), ["d1", "d2"]);
    insta::assert_snapshot!(two.err, @"there are more; raise --limit to see them");
    insta::assert_snapshot!(server.asked().join("\n"), @"
    /api/v1/deploys?limit=50
    /api/v1/deploys?limit=48&before=a
    /api/v1/deploys?limit=48&before=b
    /api/v1/deploys?limit=2
    ");
}

fn approvals(path: &str) -> (u16, Value) {
    let approval = |name: &str, status: &str, votes: Value| {
        json!({
            "id": format!("{name} {status}"), "name": name, "status": status, "opened_at": "2026-05-11T11:40:00Z",
            "approvals": 1, "votes_required": 2, "votes": votes,
        })
    };
    let votes = json!([
        {"name": "Ana Novak", "choice": "approve"},
        {"name": "Iztok\u{1b}[31m Kos", "choice": "reject"},
    ]);
    let of = |number, approvals: Value| (200, json!({"deploy": deploy(number), "approvals": approvals}));
    match path {
        "/api/v1/deploys/d1/approvals" => of(
            1,
            json!([approval("Promote", "rejected", votes), approval("Promote to EU", "pending", json!([]))]),
        ),
        "/api/v1/deploys/d2/approvals" => of(2, json!([])),
        "/api/v1/deploys/d4/approvals" => of(4, json!([approval("Promote", "pending", json!([]))])),
        path if path.starts_with("/api/v1/deploys?") => {
            (200, json!({"deploys": [deploy(1), deploy(2), deploy(4)], "next": null}))
        }
        _ => (404, json!({"title": "No such deploy", "detail": "No deploy with this id is on record."})),
    }
}

#[test]
fn approvals_with_who_voted() {
    let server = Server::start(approvals);
    insta::assert_snapshot!(ask(&server, &["approvals"]).shown(), @"
    OPENED AT             DEPLOY                        APPROVAL       STATUS     VOTES  BY                                  DEPLOY'S ID
    2026-05-11T11:40:00Z  1bf7226 - web (Staging)       Promote        rejected  1 of 2  Ana Novak, Iztok [31m Kos (reject)  d1
    2026-05-11T11:40:00Z  1bf7226 - web (Staging)       Promote to EU  pending   1 of 2                                      d1
    2026-05-11T11:40:00Z  4bf7226 - checkout (Staging)  Promote        pending   1 of 2                                      d4
    ---- Fine
    ");
    insta::assert_snapshot!(ask(&server, &["approvals", "--status", "pending", "--limit", "1"]).shown(), @"
    OPENED AT             DEPLOY                   APPROVAL       STATUS    VOTES  BY  DEPLOY'S ID
    2026-05-11T11:40:00Z  1bf7226 - web (Staging)  Promote to EU  pending  1 of 2      d1
    ---- err
    there are more; raise --limit to see them
    ---- Fine
    ");
    let of_one = ask(&server, &["approvals", "--deploy", "d1", "--status", "rejected", "--format", "json"]);
    insta::assert_snapshot!(of_one.shown(), @r#"
    [
      {
        "deploy": {
          "deployed_at": "2026-05-11T11:39:00.5Z",
          "deployment": "acme/web",
          "environment": "Staging",
          "id": "d1",
          "revision": "1bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1",
          "url": "https://signoff.example.com/deploys/d1"
        },
        "approvals": 1,
        "id": "Promote rejected",
        "name": "Promote",
        "opened_at": "2026-05-11T11:40:00Z",
        "status": "rejected",
        "votes": [
          {
            "choice": "approve",
            "name": "Ana Novak"
          },
          {
            "choice": "reject",
            "name": "Iztok\u001b[31m Kos"
          }
        ],
        "votes_required": 2
      }
    ]
    ---- Fine
    "#);
    insta::assert_snapshot!(ask(&server, &["approvals", "--deploy", "d2"]).shown(), @"
    ---- err
    no approvals found
    ---- Fine
    ");
    insta::assert_snapshot!(ask(&server, &["approvals", "--deploy", "d9"]).shown(), @"
    ---- err
    signoff: http://SERVER/api/v1/deploys/d9/approvals answered 404: No deploy with this id is on record.
    ---- Usage
    ");
}

#[test]
fn events_with_what_they_say() {
    let server = Server::start(|_| {
        let events = json!([
            {"deploy": "d1", "at": "2026-05-11T11:40:00.25Z", "event": "deploy_registered"},
            {"deploy": "d1", "at": "2026-05-11T11:40:01Z", "event": "rules_evaluated", "path": ".signoff/rules.yml",
             "hash": null, "held": ["promote", "tell"], "notices": []},
            {"deploy": "d1", "at": "2026-05-11T11:41:00Z", "event": "vote_cast", "approval": "a1", "voter": "U1",
             "name": "Ana", "choice": "approve", "standing": {"deleted": false}},
        ]);
        (200, json!({"deploy": deploy(1), "events": events}))
    });
    insta::assert_snapshot!(ask(&server, &["events", "--deploy", "d1"]).shown(), @"
    AT                    DEPLOY                   EVENT              DETAILS
    2026-05-11T11:40:00Z  1bf7226 - web (Staging)  deploy_registered
    2026-05-11T11:40:01Z  1bf7226 - web (Staging)  rules_evaluated    held: promote, tell; path: .signoff/rules.yml
    2026-05-11T11:41:00Z  1bf7226 - web (Staging)  vote_cast          approval: a1; choice: approve; name: Ana; voter: U1
    ---- Fine
    ");
    let first = ask(&server, &["events", "--deploy", "d1", "--limit", "1", "--format", "json"]);
    insta::assert_snapshot!(first.shown(), @r#"
    [
      {
        "at": "2026-05-11T11:40:00.25Z",
        "deploy": "d1",
        "event": "deploy_registered"
      }
    ]
    ---- err
    there are more; raise --limit to see them
    ---- Fine
    "#);
}

#[test]
fn what_passes_is_tried_again() {
    for status in [429, 500, 503] {
        let tries = AtomicUsize::new(0);
        let server = Server::start(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => (status, Value::Null),
            _ => (200, json!({"deploys": [], "next": null})),
        });
        assert_eq!(ask(&server, &["deploys", "--format", "json"]).out, "[]\n", "{status}");
        assert_eq!(server.asked().len(), 3, "{status}");
    }
    let server =
        Server::start(|_| (503, json!({"detail": "The record can't be read now. Try again in a moment."})));
    insta::assert_snapshot!(ask(&server, &["deploys"]).shown(), @"
    ---- err
    signoff: http://SERVER/api/v1/deploys answered 503: The record can't be read now. Try again in a moment.
    ---- Usage
    ");
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn errors_say_what_to_do() {
    let mut told = String::new();
    let mut tell = |what: &str, done: Done| told.push_str(&format!("{what}:\n{}\n\n", done.shown()));
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let with_key = |text: &str, server: &Server| {
        std::fs::write(&key, text).unwrap();
        ask(server, &["deploys", "--api-key-file", key.to_str().unwrap()])
    };
    let fine = Server::start(|_| (200, json!({"deploys": [], "next": null})));
    tell("no address", signoff(&["deploys", "--url", ""]));
    tell("no address at all", signoff(&["deploys", "--url", "signoff.example.com"]));
    tell("another kind of address", signoff(&["deploys", "--url", "ftp://signoff.example.com"]));
    tell("an address without TLS", signoff(&["deploys", "--url", "http://signoff.example.com"]));
    tell("nobody there", signoff(&["deploys", "--url", "http://127.0.0.1:1"]));
    tell("no file with a key", signoff(&["deploys", "--url", &fine.url, "--api-key-file", "no-such-key"]));
    tell("an empty key", with_key(" \n", &fine));
    tell("no key", with_key("one\ntwo", &fine));
    tell("another key", with_key("wrong", &fine));
    tell("a key on a line", with_key("key-of-the-tests\n", &fine));
    tell("no Signoff", ask(&Server::start(|_| (404, Value::Null)), &["deploys"]));
    tell("no Signoff that answers", ask(&Server::start(|_| (200, json!("<html>"))), &["deploys"]));
    tell("a newer one", ask(&Server::start(|_| (200, json!({"deploys": [{}], "next": null}))), &["deploys"]));
    tell("a redirect", ask(&Server::start(|_| (302, Value::Null)), &["deploys"]));
    insta::assert_snapshot!(told, @"
    no address:
    ---- err
    signoff: no address of Signoff; pass --url, or set SIGNOFF_URL to the stack's output ConsoleUrl
    ---- Usage

    no address at all:
    ---- err
    signoff: `signoff.example.com` isn't an address of Signoff: write it as https://signoff.example.com
    ---- Usage

    another kind of address:
    ---- err
    signoff: `ftp://signoff.example.com` isn't an address of Signoff: it starts with https://
    ---- Usage

    an address without TLS:
    ---- err
    signoff: `http://signoff.example.com` isn't an address of Signoff: http would send the API key in clear text; write https://
    ---- Usage

    nobody there:
    ---- err
    signoff: http://127.0.0.1:1/api/v1/deploys can't be reached (Connection refused (os error 111)); check the stack's output ConsoleUrl
    ---- Usage

    no file with a key:
    ---- err
    signoff: no-such-key: no such file
    ---- Usage

    an empty key:
    ---- err
    signoff: no API key; set SIGNOFF_API_KEY, or pass a file with --api-key-file
    ---- Usage

    no key:
    ---- err
    signoff: the API key is invalid; it must be one line of text
    ---- Usage

    another key:
    ---- err
    signoff: http://SERVER/api/v1/deploys rejected this API key; set SIGNOFF_API_KEY, or the file of --api-key-file, to one that is created at /settings/keys with the scope `read`, or one of the `keys` in the stack's InboundSecret
    ---- Usage

    a key on a line:
    ---- err
    no deploys found
    ---- Fine

    no Signoff:
    ---- err
    signoff: http://SERVER/api/v1/deploys answered 404, so it isn't a Signoff; check the stack's output ConsoleUrl
    ---- Usage

    no Signoff that answers:
    ---- err
    signoff: http://SERVER/api/v1 isn't a Signoff; check the stack's output ConsoleUrl
    ---- Usage

    a newer one:
    ---- err
    signoff: this version of signoff can't read the answer (missing field `id`); update signoff
    ---- Usage

    a redirect:
    ---- err
    signoff: http://SERVER/api/v1/deploys answered 302, so it isn't a Signoff; check the stack's output ConsoleUrl
    ---- Usage
    ");
}
