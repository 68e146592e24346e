//! Bad input is refused by name, and nothing of it is recorded.

use jiff::SignedDuration;
use serde_json::json;
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;
use signoff_local::slack::InteractionRequest;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

async fn register(story: &Story, body: impl Into<reqwest::Body>) -> (u16, String) {
    let url = format!("{}/api/1/deployments/acme/{}/register_deploy", story.world.front.url(), story.name);
    let request =
        story.world.http.post(url).bearer_auth(API_KEY).header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn a_registration_names_what_is_wrong_with_it() {
    tell("bad-registration", async |story| {
        let future = signoff_runtime::time::now() + SignedDuration::from_hours(1);
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("no sha", br#"{"environment": "Staging"}"#.to_vec()),
            ("an empty sha", br#"{"sha": ""}"#.to_vec()),
            ("a sha that is none", br#"{"sha": "main~1"}"#.to_vec()),
            ("a wrong type", br#"{"sha": 7}"#.to_vec()),
            ("a date that is none", br#"{"sha": "abcdef1", "date": "yesterday"}"#.to_vec()),
            (
                "a date to come",
                json!({"sha": "abcdef1", "date": future.to_string()}).to_string().into_bytes(),
            ),
            ("not JSON", b"{sha: abcdef1".to_vec()),
            ("nested deeply", nested.into_bytes()),
            ("over 5 MB", format!("{{\"sha\": \"{}\"}}", "a".repeat(5_300_000)).into_bytes()),
        ];
        let mut told = String::new();
        for (case, body) in cases {
            let (status, text) = register(story, body).await;
            let text = text.replace(&future.to_string(), "DATE");
            let text = text.split(" (it is ").next().unwrap_or_default();
            told.push_str(&format!("{case}: {status} {text}\n"));
        }
        insta::assert_snapshot!(told, @"
        no sha: 400 sha: it is missing: send the git SHA of the commit that was deployed
        an empty sha: 400 sha: it is missing: send the git SHA of the commit that was deployed
        a sha that is none: 400 sha: `main~1` is neither a git SHA nor a tag: it must be 4 to 64 hexadecimal digits, or the tag's name
        a wrong type: 400 sha: it must be text in quotes, not a number
        a date that is none: 400 date: `yesterday` is not a date and time in ISO 8601, such as 2021-05-11T11:42:00Z
        a date to come: 400 date: `DATE` is in the future
        not JSON: 400 the body is not valid JSON: key must be a string at line 1 column 2
        nested deeply: 400 the body is not valid JSON: recursion limit exceeded at line 1 column 128
        over 5 MB: 413 the body is larger than 5 MB: leave out `files` and older `commits`
        ");
    });
}

#[test]
fn a_registration_that_is_not_utf_8_is_refused() {
    tell("not-utf-8", async |story| {
        let (status, told) = register(story, b"{\"sha\": \"\xff\xfe\"}".to_vec()).await;
        assert_eq!(status, 400);
        // ministack hands bytes that are not UTF-8 on as replacement characters.
        if story.world.aws.as_embedded().is_some() {
            assert_eq!(told, "the body is not UTF-8, from byte 9 on");
        }
    });
}

#[test]
fn a_deploy_of_a_year_ago_is_taken() {
    tell("year-ago", async |story| {
        let then = signoff_runtime::time::now() - SignedDuration::from_hours(24 * 365);
        let sha = story.knows(&"a".repeat(40));
        let body = json!({"sha": sha, "environment": "Staging", "date": then.to_string()});
        assert_eq!(register(story, body.to_string()).await, (200, "Success".to_owned()));
        let page = story.settled(&story.deploy_id(&sha, "Staging")).await;
        assert_eq!(page.deploy.deployed_at, then);
    });
}

#[test]
fn a_report_of_health_names_what_is_wrong_with_it() {
    tell("bad-health", async |story| {
        let (one, other) = (format!("abcdef1{}", "a".repeat(33)), format!("abcdef1{}", "b".repeat(33)));
        for (revision, environment) in [(&one, "Staging"), (&one, "Production"), (&other, "Staging")] {
            story.settled(&story.deploys(revision, environment).await).await;
        }
        let future = signoff_runtime::time::now() + SignedDuration::from_hours(1);
        let cases = [
            ("no health", one.as_str(), json!({})),
            ("a health that is none", &one, json!({"health": "sick"})),
            ("a wrong type", &one, json!({"health": true})),
            ("a revision that is none", "main-branch", json!({"health": "healthy"})),
            ("too little of a revision", "abcdef", json!({"health": "healthy"})),
            ("a date to come", &one, json!({"health": "healthy", "date": future.to_string()})),
            ("an alarm's name", &one, json!({"health": "healthy", "source": "alarm x"})),
            ("several environments", &one, json!({"health": "healthy"})),
            ("several revisions", "abcdef1", json!({"health": "healthy", "environment": "staging"})),
            ("another environment", &one, json!({"health": "healthy", "environment": "QA"})),
            ("another revision", "abcdef2", json!({"health": "healthy"})),
        ];
        let mut told = String::new();
        for (case, revision, body) in cases {
            let answer =
                story.post(&format!("/api/1/deployments/acme/bad-health/{revision}/health"), &body).await;
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            let text = text.replace(&future.to_string(), "DATE").replace(&one, "REVISION");
            let text = text.split(" (it is ").next().unwrap_or_default();
            told.push_str(&format!("{case}: {status} {text}\n"));
        }
        insta::assert_snapshot!(told, @"
        no health: 400 health: it is missing: send healthy, ailing or unhealthy
        a health that is none: 400 health: `sick` is none: send healthy, ailing or unhealthy
        a wrong type: 400 health: it must be text in quotes, not true or false
        a revision that is none: 400 revision: `main-branch` is not a git SHA: send 7 to 64 hexadecimal digits of it
        too little of a revision: 400 revision: `abcdef` is not a git SHA: send 7 to 64 hexadecimal digits of it
        a date to come: 400 date: `DATE` is in the future
        an alarm's name: 400 source: a name that starts with `alarm ` is a CloudWatch alarm's: choose another one
        several environments: 400 environment: `REVISION` of acme/bad-health was deployed to Staging, Production. Say which one with `environment`.
        several revisions: 400 revision: `abcdef1` matches 2 revisions of acme/bad-health. Send more characters.
        another environment: 404 environment: `REVISION` of acme/bad-health was not deployed to QA, only to Staging, Production.
        another revision: 404 revision: no deploy of `abcdef2` of acme/bad-health is on record. Register it first, and send the revision that was registered.
        ");
        for environment in ["Staging", "Production"] {
            assert_eq!(story.settled(&story.deploy_id(&one, environment)).await.facts.health(), None);
        }
        let answer = story
            .post("/api/1/deployments/nobody/nothing/abcdef1/health", &json!({"health": "ailing"}))
            .await;
        assert!(answer.text().await.unwrap().starts_with("deployment: `nobody/nothing` is not connected"));
    });
}

#[test]
fn an_unknown_deployment_is_told_how_to_be_connected() {
    tell("unknown", async |story| {
        let answer =
            story.post("/api/1/deployments/nobody/nothing/register_deploy", &json!({"sha": "abcdef1"})).await;
        assert_eq!(answer.status(), 400);
        let told = answer.text().await.unwrap().replace(story.world.front.url(), "ADDRESS");
        insta::assert_snapshot!(told, @"deployment: `nobody/nothing` is not connected to this stack. An admin can connect it at ADDRESS/deployments/nobody/nothing/edit. Or add `nobody/nothing` (its repository is then github.com/nobody/nothing), `nobody/nothing=owner/repository`, or `nobody/*` to the stack's parameter Deployments, and deploy the stack.");
        let id = DeployId::derive("register", &["nobody/nothing", "production", "abcdef1"]);
        assert!(story.world.store.page(&id).await.unwrap().is_none());
        assert_eq!(Slug::new("nobody", "no thing"), None);
    });
}

#[test]
fn a_wrong_key_is_refused_and_nothing_is_recorded() {
    tell("wrong-key", async |story| {
        let url = format!("{}/api/1/deployments/acme/wrong-key/register_deploy", story.world.front.url());
        let body = json!({"sha": "abcdef1", "environment": "Staging"});
        for key in ["", "wrong", "api-key-of-the-test", "api-key-of-the-tests2"] {
            let answer = story.world.http.post(&url).bearer_auth(key).json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{key}");
        }
        assert_eq!(story.world.http.post(&url).json(&body).send().await.unwrap().status(), 401);
        assert!(story.world.store.page(&story.deploy_id("abcdef1", "Staging")).await.unwrap().is_none());
    });
}

#[test]
fn a_delivery_that_github_did_not_sign_is_refused() {
    tell("forged-delivery", async |story| {
        let github = &story.world.github;
        let body = r#"{"repository": {"full_name": "acme/forged-delivery"}}"#;
        let delivery = github.delivery(&story.repository(), "push", "forged-delivery-id", body.to_owned());
        let url = format!("{}/webhooks/github", story.world.front.url());
        for (forged, body) in [
            (None, body.to_owned()),
            (Some("sha256=00"), body.to_owned()),
            (Some("right"), format!("{body} ")),
            (Some("right"), body.replace("forged-delivery", "github-ignored")),
            (Some("right"), "{}".to_owned()),
        ] {
            let mut request = story.world.http.post(&url).body(body.clone());
            for (name, value) in &delivery.headers {
                match forged {
                    _ if !name.eq_ignore_ascii_case("x-hub-signature-256") => {
                        request = request.header(name, value)
                    }
                    Some("right") => request = request.header(name, value),
                    Some(other) => request = request.header(name, other),
                    None => {}
                }
            }
            assert_eq!(request.send().await.unwrap().status(), 401, "{forged:?} {body}");
        }
    });
}

/// A pending approval that Ana may vote on; the click that she would make, and the deploy.
async fn pending(story: &Story) -> (DeployId, String, String) {
    story.rules(&rule("votes_required: 1", "auto_approve_build: 'build-and-deploy'"));
    let ana = story.person("Ana");
    let revision = story.push("Ana", "Take cards");
    let deploy = story.deploys(&revision, "Staging").await;
    let dialog = story.dialog().await;
    story.settled(&deploy).await;
    (deploy, ana, dialog)
}

#[test]
fn a_click_that_slack_did_not_sign_is_not_a_vote() {
    tell("forged-click", async |story| {
        let (deploy, ana, dialog) = pending(story).await;
        let slack = &story.world.slack;
        let now = signoff_runtime::time::now();
        let click = |at| slack.interaction_request(&ana, &story.name, &dialog, "approve", at).unwrap();
        let without = |header: &str| {
            let mut request = click(now);
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
            request
        };
        let changed = InteractionRequest { body: format!("{} ", click(now).body), ..click(now) };
        let forged: Vec<(&str, InteractionRequest)> = vec![
            ("unsigned", without("x-slack-signature")),
            ("without time", without("x-slack-request-timestamp")),
            ("changed", changed),
            ("six minutes old", click(now - SignedDuration::from_mins(6))),
            ("of in six minutes", click(now + SignedDuration::from_mins(6))),
        ];
        for (case, request) in forged {
            assert_eq!(slack.send(request).await.status, Some(401), "{case}");
        }
        let page = story.page(&deploy).await;
        assert_eq!(page.approvals[0].votes, []);
        let before = page.events.len();
        assert_eq!(story.page(&deploy).await.events.len(), before);
    });
}

#[test]
fn a_replayed_click_counts_once() {
    tell("replayed-click", async |story| {
        let (deploy, ana, dialog) = pending(story).await;
        let slack = &story.world.slack;
        let click = slack
            .interaction_request(&ana, &story.name, &dialog, "reject", signoff_runtime::time::now())
            .unwrap();
        assert_eq!(slack.send(click.clone()).await.status, Some(200));
        let before = story.settled(&deploy).await;
        for _ in 0..2 {
            assert_eq!(slack.send(click.clone()).await.status, Some(401));
        }
        let page = story.settled(&deploy).await;
        assert_eq!((page.approvals[0].votes.len(), page.events.len()), (1, before.events.len()));
        assert_eq!(slack.ephemerals(&ana).len(), 0);
    });
}

#[test]
fn a_replayed_click_does_not_bring_an_older_vote_back() {
    tell("replayed-older", async |story| {
        story.rules(&rule("{votes_required: 2, rejections_required: 2}", "webhook: 'https://example.com'"));
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let slack = &story.world.slack;
        let click = |button| {
            slack
                .interaction_request(&ana, &story.name, &dialog, button, signoff_runtime::time::now())
                .unwrap()
        };
        let (approve, reject) = (click("approve"), click("reject"));
        assert_eq!(slack.send(approve.clone()).await.status, Some(200));
        assert_eq!(slack.send(reject).await.status, Some(200));
        assert_eq!(slack.send(approve).await.status, Some(401));
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].votes[0].choice, signoff_core::approval::Choice::Reject);
    });
}

#[test]
fn a_click_that_can_not_be_read_is_named() {
    tell("unreadable-click", async |story| {
        let slack = &story.world.slack;
        let now = signoff_runtime::time::now();
        let known = ("0".repeat(20), "1".repeat(20));
        let payload = |value: &str, action: &str| {
            json!({
                "type": "block_actions",
                "user": {"id": "U0ANA", "username": "ana", "team_id": slack.team_id()},
                "team": {"id": slack.team_id(), "domain": "acme"},
                "channel": {"id": slack.channel_id(&story.name).unwrap(), "name": story.name},
                "message": {"ts": "1.2"},
                "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
                "actions": [{"type": "button", "action_id": action, "block_id": "votes", "value": value, "action_ts": "1.3"}],
            })
            .to_string()
        };
        let mut told = String::new();
        for (case, body) in [
            ("not JSON", "{".to_owned()),
            ("nested deeply", "[".repeat(200_000)),
            ("no button of ours", payload("x", "dance")),
            ("no approval in it", payload("somewhere", "approve")),
        ] {
            let outcome = slack.send(slack.signed(&body, now)).await;
            told.push_str(&format!("{case}: {} {}\n", outcome.status.unwrap_or_default(), outcome.answer));
        }
        insta::assert_snapshot!(told, @"
        not JSON: 400 Refused: `payload` can't be read: EOF while parsing an object at line 1 column 1.
        nested deeply: 400 Refused: `payload` can't be read: invalid type: sequence, expected a string at line 1 column 1.
        no button of ours: 400 Refused: Signoff does not make such a button.
        no approval in it: 400 Refused: Signoff does not make such a button.
        ");
        let gone = slack
            .send(slack.signed(&payload(&format!("{} {} 0123456789", known.0, known.1), "approve"), now))
            .await;
        assert_eq!(gone.status, Some(200));
        let ana = story.person("Ana");
        let dead = payload(&format!("{} {} 0123456789", known.0, known.1), "reject")
            .replace("U0ANA", &ana)
            .replace("1.3", "1.4");
        assert_eq!(slack.send(slack.signed(&dead, now)).await.status, Some(200));
        let told = story.until("Ana to be told", async || slack.ephemerals(&ana).pop()).await;
        insta::assert_snapshot!(told.text, @"Your click was not counted: this approval is no longer on record. Deploy again to ask again.");
    });
}

#[test]
fn unknown_routes_are_not_found() {
    tell("no-route", async |story| {
        for path in ["/api/1/deployments/register", "/slack", "/.env"] {
            assert_eq!(story.post(path, &json!({})).await.status(), 404, "{path}");
        }
    });
}
