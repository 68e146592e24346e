//! Stories with the stand-in over HTTP.

mod clicks;
mod methods;
mod pages;

use super::*;
use serde_json::{Value, json};
use std::time::Duration;

const TOKEN: &str = "xoxb-test";

/// A workspace with Ana, Ben and `#deploys`, where it is always 2021-05-11 09:42 UTC.
async fn workspace() -> Slack {
    let options = Options {
        bot_token: TOKEN.to_owned(),
        clock: Arc::new(|| "2021-05-11T09:42:00Z".parse().unwrap()),
        ..Options::default()
    };
    let slack = Slack::start(options).await.unwrap();
    slack.add_user(NewUser::new("Ana Kovač", "ana@acme.test"));
    slack.add_user(NewUser::new("Ben", "ben@acme.test"));
    slack.add_channel(NewChannel::new("#deploys"));
    slack
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
