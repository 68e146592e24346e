//! Stories with the stand-in over HTTP.

mod clicks;
mod events;
mod forms;
mod methods;
mod openid;
mod pages;

use super::*;
use crate::stand_in::percent;
use crate::stand_in::server::{Bound, Server};
use axum::body::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "xoxb-test";

/// A workspace with Ana, Ben and `#deploys`, where it is always 2021-05-11 09:42 UTC.
async fn workspace() -> Slack {
    let options = Options {
        clock: Arc::new(|| "2021-05-11T09:42:00Z".parse().unwrap()),
        ..Settings { bot_token: TOKEN.to_owned(), ..Settings::default() }.into()
    };
    let slack = Slack::start(options).await.unwrap();
    slack.add_user(NewUser::new("Ana Kovač", "ana@acme.test"));
    slack.add_user(NewUser::new("Ben", "ben@acme.test"));
    slack.add_channel(NewChannel::new("#deploys"));
    slack
}

/// The same, and a function that lets so many milliseconds pass there.
async fn workspace_with_time() -> (Slack, impl Fn(i64)) {
    let now: Arc<Mutex<Timestamp>> = Arc::new(Mutex::new("2021-05-11T09:42:00Z".parse().unwrap()));
    let clock = now.clone();
    let options = Options {
        clock: Arc::new(move || *clock.lock().unwrap()),
        ..Settings { bot_token: TOKEN.to_owned(), ..Settings::default() }.into()
    };
    let slack = Slack::start(options).await.unwrap();
    slack.add_user(NewUser::new("Ana Kovač", "ana@acme.test"));
    slack.add_channel(NewChannel::new("#deploys"));
    (slack, move |millis| *now.lock().unwrap() += SignedDuration::from_millis(millis))
}

/// The requests that an [`app`] got: headers and body.
type Received = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// An app that answers every request by a function of its body, and keeps what it got.
async fn app(
    answer: impl Fn(&str) -> (StatusCode, String) + Clone + Send + Sync + 'static,
) -> (String, Received, Server) {
    let received = Received::default();
    let kept = received.clone();
    let handler = async move |headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = answer(&body);
        kept.lock().unwrap().push((headers, body));
        answer
    };
    let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let url = format!("{}/slack", bound.url());
    (url, received, bound.serve(Router::new().route("/slack", axum::routing::post(handler))))
}

/// The payload in the body of an interaction.
fn payload(body: &str) -> Value {
    let form = percent::pairs(body).unwrap();
    assert_eq!((form.len(), form[0].0.as_str()), (1, "payload"));
    serde_json::from_str(&form[0].1).unwrap()
}

fn client() -> reqwest::Client {
    crate::stand_in::client(Duration::from_secs(10)).unwrap()
}

async fn call(slack: &Slack, method: &str, arguments: Value) -> Value {
    let url = format!("{}/{method}", slack.api_url());
    let request = client().post(url).header("authorization", format!("Bearer {TOKEN}"));
    let request =
        request.header("content-type", "application/json; charset=utf-8").body(arguments.to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn read(slack: &Slack, method: &str, query: &[(&str, &str)]) -> Value {
    let url = format!("{}/{method}", slack.api_url());
    let request = client().get(url).query(query).header("authorization", format!("Bearer {TOKEN}"));
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

/// Posts a message that must be taken; returns its `ts`.
async fn post(slack: &Slack, arguments: Value) -> String {
    let answer = call(slack, "chat.postMessage", arguments).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["ts"].as_str().unwrap().to_owned()
}

/// The dialog of the seed's picture, for Ana.
fn dialog(ana: &str) -> Value {
    let prompt =
        format!("<@{ana}>, would you like to promote <https://d.test/1|7bf7226 - work-test> to production?");
    let button = |id: &str, label: &str, style: &str| {
        json!({
            "type": "button", "action_id": id, "style": style, "value": "d1 a1",
            "text": {"type": "plain_text", "text": label},
        })
    };
    json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": prompt}},
        {"type": "actions", "block_id": "votes",
         "elements": [button("approve", "Approve", "primary"), button("reject", "Reject", "danger")]},
    ])
}

/// The same after Ana's vote.
fn closed(ana: &str) -> Value {
    let dialog = dialog(ana);
    let closing = "Action approved on <!date^1620726120^{date} at {time}|2021-05-11>.";
    json!([
        dialog[0],
        {"type": "section", "text": {"type": "mrkdwn", "text": format!("*Votes:*\n<@{ana}> :+1:")}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": closing}]},
    ])
}
