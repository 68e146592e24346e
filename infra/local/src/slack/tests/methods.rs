use super::*;
use crate::fault::{Fault, FaultKind};
use jiff::tz::TimeZone;

#[tokio::test]
async fn a_dialog_is_posted_updated_and_read_as_people_see_it() {
    let slack = workspace().await;
    let ana = slack.user_id("ANA@acme.test").unwrap();
    let posted =
        call(&slack, "chat.postMessage", json!({"channel": "#deploys", "text": "?", "blocks": dialog(&ana)}));
    let posted = posted.await;
    let channel = slack.channel_id("deploys").unwrap();
    assert_eq!((&posted["ok"], &posted["channel"]), (&json!(true), &json!(channel)));
    assert_eq!(posted["message"]["blocks"][1]["block_id"], "votes");
    let ts = posted["ts"].as_str().unwrap();
    assert_eq!(ts, "1620726120.000000");
    let read = || slack.render_text(&slack.messages("#deploys")[0], &TimeZone::fixed(jiff::tz::offset(2)));
    let prompt = "@Ana Kovač, would you like to promote 7bf7226 - work-test to production?";
    assert_eq!(read(), format!("{prompt}\n[Approve] [Reject]"));

    let update = json!({"channel": channel, "ts": ts, "text": "done", "blocks": closed(&ana)});
    let updated = call(&slack, "chat.update", update).await;
    assert_eq!(
        (&updated["ok"], &updated["ts"], &updated["text"]),
        (&json!(true), &json!(ts), &json!("done"))
    );
    assert_eq!(read(), format!("{prompt}\nVotes:\n@Ana Kovač 👍\nAction approved on May 11th at 11:42."));

    let reply =
        post(&slack, json!({"channel": channel, "thread_ts": ts, "text": "Promoting :rocket:"})).await;
    call(&slack, "chat.postEphemeral", json!({"channel": channel, "user": ana, "text": "You *voted*."}))
        .await;
    assert_eq!(slack.thread(&channel, ts)[0].ts, reply);
    assert_eq!(slack.messages(&channel).len(), 1);
    assert_eq!(slack.render_ephemeral(&slack.ephemerals(&ana)[0], &TimeZone::UTC), "You voted.");
    let seen = slack.user_sees(&ana, "deploys");
    assert!(seen.ends_with("May 11th at 09:42.\n\n↳ Promoting 🚀\n\n(only you) You voted."), "{seen}");
    let ben = slack.user_id("ben@acme.test").unwrap();
    assert!(!slack.user_sees(&ben, "deploys").contains("only you"));
}

#[tokio::test]
async fn what_cannot_be_posted_is_refused_with_slacks_word() {
    let slack = workspace().await;
    slack.add_channel(NewChannel::new("public").without_app());
    slack.add_channel(NewChannel::new("secret").private().without_app());
    slack.add_channel(NewChannel::new("old").archived());
    let blocks = |text: &str| json!([{"type": "section", "text": {"type": "mrkdwn", "text": text}}]);
    let long = "x".repeat(40_001);
    for (arguments, error) in [
        (json!({"channel": "#nowhere", "text": "x"}), "channel_not_found"),
        (json!({"channel": "#public", "text": "x"}), "not_in_channel"),
        (json!({"channel": "#secret", "text": "x"}), "channel_not_found"),
        (json!({"channel": "#old", "text": "x"}), "is_archived"),
        (json!({"channel": "#deploys"}), "no_text"),
        (json!({"channel": "#deploys", "text": "", "blocks": []}), "no_text"),
        (json!({"channel": "#deploys", "text": long}), "msg_too_long"),
        (json!({"channel": "#deploys", "blocks": blocks("")}), "invalid_blocks"),
        (json!({"channel": "#deploys", "blocks": "["}), "invalid_blocks_format"),
        (
            json!({"channel": "#deploys", "text": "x", "metadata": {"event_type": 1}}),
            "invalid_metadata_format",
        ),
        (json!({"channel": "#deploys", "text": "x", "thread_ts": "1.2"}), "thread_not_found"),
        (json!({"text": "x"}), "invalid_arguments"),
        (json!([]), "json_not_object"),
    ] {
        let answer = call(&slack, "chat.postMessage", arguments).await;
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &json!(error)));
    }
    let answer = call(&slack, "chat.postMessage", json!({"channel": "#deploys", "blocks": blocks("")})).await;
    let message = answer["response_metadata"]["messages"][0].as_str().unwrap();
    assert_eq!(message, "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]");
    assert_eq!(slack.messages("#deploys").len(), 0);

    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": "deploys", "text": "x"})).await;
    for (arguments, error) in [
        (json!({"channel": "#deploys", "ts": ts, "text": "y"}), "channel_not_found"),
        (json!({"channel": channel, "ts": "1.2", "text": "y"}), "message_not_found"),
        (json!({"channel": channel, "ts": ts}), "no_text"),
    ] {
        assert_eq!(call(&slack, "chat.update", arguments).await["error"], error);
    }
    let nobody = json!({"channel": channel, "user": "U1", "text": "y"});
    assert_eq!(call(&slack, "chat.postEphemeral", nobody).await["error"], "user_not_in_channel");
    assert_eq!(call(&slack, "chat.unknown", json!({})).await["error"], "unknown_method");
}

#[tokio::test]
async fn a_form_is_as_good_as_json() {
    let slack = workspace().await;
    let blocks = json!([{"type": "divider"}]).to_string();
    let metadata = json!({"event_type": "e", "event_payload": {}}).to_string();
    let form = [
        ("token", TOKEN),
        ("channel", "deploys"),
        ("text", "a&b=č"),
        ("blocks", &blocks),
        ("metadata", &metadata),
    ];
    let url = format!("{}/chat.postMessage", slack.api_url());
    let answer = client().post(&url).form(&form).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("\"ok\":true"), "{answer}");
    let message = &slack.messages("deploys")[0];
    assert_eq!((message.text.as_str(), message.blocks.len()), ("a&b=č", 1));
    assert!(message.metadata.is_some());
    let plain = client().post(&url).bearer_auth(TOKEN).body("{}").send().await.unwrap().text().await.unwrap();
    assert!(plain.contains("invalid_post_type"), "{plain}");
}

#[tokio::test]
async fn a_token_is_needed_and_faults_strike() {
    let slack = workspace().await;
    let url = format!("{}/auth.test", slack.api_url());
    let error = async |request: reqwest::RequestBuilder| {
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["error"].clone()
    };
    assert_eq!(error(client().post(&url)).await, "not_authed");
    assert_eq!(error(client().post(&url).bearer_auth("xoxb-wrong")).await, "invalid_auth");
    assert_eq!(call(&slack, "auth.test", json!({})).await["team_id"], slack.team_id());
    slack.faults().push(Fault::once("chat.postMessage", FaultKind::rate_limited(3)).with_body("story-7"));
    let body = json!({"channel": "#deploys", "text": "story-7"}).to_string();
    let request = client().post(format!("{}/chat.postMessage", slack.api_url())).bearer_auth(TOKEN);
    let limited = request.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    post(&slack, json!({"channel": "#deploys", "text": "story-7"})).await;
    assert_eq!(slack.messages("deploys").len(), 1);
    assert_eq!(slack.requests().len(), 5);
}

#[tokio::test]
async fn history_and_replies_find_a_message_by_its_metadata() {
    let slack = workspace().await;
    let channel = slack.channel_id("deploys").unwrap();
    let metadata = |effect: u32| json!({"event_type": "signoff_effect", "event_payload": {"effect": effect}});
    let mut all = Vec::new();
    for effect in 0..5 {
        let message =
            json!({"channel": channel, "text": format!("message {effect}"), "metadata": metadata(effect)});
        all.push(post(&slack, message).await);
    }
    let reply = json!({"channel": channel, "thread_ts": all[1], "text": "reply", "metadata": metadata(9)});
    let reply = post(&slack, reply).await;
    // A reply to a reply is in the same thread.
    post(&slack, json!({"channel": channel, "thread_ts": reply, "text": "second"})).await;

    let texts = |answer: &Value| -> Vec<String> {
        let messages = answer["messages"].as_array().unwrap().iter();
        messages.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    };
    let plain = read(&slack, "conversations.history", &[("channel", &channel)]).await;
    assert_eq!(texts(&plain), ["message 4", "message 3", "message 2", "message 1", "message 0"]);
    assert_eq!((&plain["messages"][0]["metadata"], &plain["has_more"]), (&Value::Null, &json!(false)));
    assert_eq!(plain["messages"][3]["reply_count"], 2);
    let arguments = [("channel", channel.as_str()), ("include_all_metadata", "true"), ("limit", "2")];
    let first = read(&slack, "conversations.history", &arguments).await;
    assert_eq!(first["messages"][0]["metadata"], metadata(4));
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let second =
        read(&slack, "conversations.history", &[arguments[0], arguments[2], ("cursor", cursor)]).await;
    assert_eq!(
        (texts(&second), &second["has_more"]),
        (vec!["message 2".into(), "message 1".into()], &json!(true))
    );
    let range = [("channel", channel.as_str()), ("oldest", all[1].as_str()), ("latest", all[4].as_str())];
    assert_eq!(texts(&read(&slack, "conversations.history", &range).await), ["message 3", "message 2"]);
    let inclusive = [range[0], range[1], range[2], ("inclusive", "true")];
    assert_eq!(texts(&read(&slack, "conversations.history", &inclusive).await).len(), 4);

    let thread = [("channel", channel.as_str()), ("ts", all[1].as_str()), ("include_all_metadata", "1")];
    let thread = read(&slack, "conversations.replies", &thread).await;
    assert_eq!(texts(&thread), ["message 1", "reply", "second"]);
    assert_eq!(thread["messages"][1]["metadata"], metadata(9));
    let after = [("channel", channel.as_str()), ("ts", all[1].as_str()), ("oldest", reply.as_str())];
    assert_eq!(texts(&read(&slack, "conversations.replies", &after).await), ["message 1", "second"]);

    for (method, query, error) in [
        ("conversations.history", vec![("channel", "#deploys")], "channel_not_found"),
        ("conversations.history", vec![("channel", channel.as_str()), ("limit", "0")], "invalid_limit"),
        ("conversations.history", vec![("channel", channel.as_str()), ("cursor", "x")], "invalid_cursor"),
        ("conversations.history", vec![("channel", channel.as_str()), ("oldest", "x")], "invalid_ts_oldest"),
        ("conversations.replies", vec![("channel", channel.as_str()), ("ts", "1.2")], "thread_not_found"),
    ] {
        assert_eq!(read(&slack, method, &query).await["error"], error, "{method} {query:?}");
    }
    let as_json = call(&slack, "conversations.history", json!({"channel": channel})).await;
    assert_eq!(as_json["error"], "invalid_arguments", "reading methods see no JSON body");
    let out = slack.add_channel(NewChannel::new("public").without_app());
    assert_eq!(read(&slack, "conversations.history", &[("channel", &out)]).await["error"], "not_in_channel");
}

#[tokio::test]
async fn the_channels_that_the_app_can_see_are_listed() {
    let slack = workspace().await;
    slack.add_channel(NewChannel::new("public").without_app());
    slack.add_channel(NewChannel::new("ours").private());
    slack.add_channel(NewChannel::new("secret").private().without_app());
    slack.add_channel(NewChannel::new("old").archived());
    let names = async |query: &[(&str, &str)]| {
        let listed = read(&slack, "conversations.list", query).await;
        let names: Vec<String> = listed["channels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|channel| channel["name"].as_str().unwrap().to_owned())
            .collect();
        (names, listed["response_metadata"]["next_cursor"].as_str().unwrap().to_owned())
    };
    assert_eq!(names(&[]).await.0, ["deploys", "public", "old"]);
    let both = [("types", "public_channel,private_channel"), ("exclude_archived", "true"), ("limit", "2")];
    let (first, cursor) = names(&both).await;
    assert_eq!(first, ["deploys", "public"]);
    let (second, end) = names(&[both[0], both[1], both[2], ("cursor", &cursor)]).await;
    assert_eq!((second, end.as_str()), (vec!["ours".to_owned()], ""));
    let wrong = read(&slack, "conversations.list", &[("types", "public")]).await;
    assert_eq!(wrong["error"], "invalid_types");
}

#[tokio::test]
async fn private_channel_takes_clicks_of_its_members_only() {
    let slack = workspace().await;
    let (ana, ben) = (slack.user_id("ana@acme.test").unwrap(), slack.user_id("ben@acme.test").unwrap());
    let channel = slack.add_channel(NewChannel::new("deploys").private());
    let secret = slack.add_channel(NewChannel::new("secret").private().without_app());
    let members = async |query: &[(&str, &str)]| {
        let answer = read(&slack, "conversations.members", query).await;
        (
            answer["members"].clone(),
            answer["response_metadata"]["next_cursor"].clone(),
            answer["error"].clone(),
        )
    };
    assert_eq!(members(&[("channel", &channel)]).await.0, json!([ana, ben, "U0LOCALBOT"]));
    let (first, cursor, _) = members(&[("channel", &channel), ("limit", "2")]).await;
    assert_eq!(first, json!([ana, ben]));
    let next = [("channel", channel.as_str()), ("limit", "2"), ("cursor", cursor.as_str().unwrap())];
    assert_eq!(members(&next).await, (json!(["U0LOCALBOT"]), json!(""), Value::Null));
    for (query, error) in [
        (vec![], "invalid_arguments"),
        (vec![("channel", "#deploys")], "channel_not_found"),
        (vec![("channel", secret.as_str())], "channel_not_found"),
        (vec![("channel", channel.as_str()), ("limit", "1000")], "invalid_limit"),
    ] {
        assert_eq!(members(&query).await.2, error, "{query:?}");
    }

    let ts = post(&slack, json!({"channel": channel, "text": "?", "blocks": dialog(&ana)})).await;
    let click = || slack.interaction_payload(&ben, "deploys", &ts, "approve").map(|_| ());
    slack.leave("deploys", &ben);
    assert_eq!(members(&[("channel", &channel)]).await.0, json!([ana, "U0LOCALBOT"]));
    assert_eq!(click(), Err(NoSuchButton::NotInChannel(ben.clone(), channel.clone())));
    slack.join("deploys", &ben);
    assert_eq!(click(), Ok(()));
    slack.deactivate(&ben);
    assert_eq!(members(&[("channel", &channel)]).await.0, json!([ana, "U0LOCALBOT"]));
    slack.add_channel(NewChannel::new("deploys").members(&[]));
    slack.join("deploys", &ana);
    assert_eq!(members(&[("channel", &channel)]).await.0, json!([ana, "U0LOCALBOT"]));
}

#[tokio::test]
async fn people_and_groups_are_looked_up() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    slack.add_user(NewUser::new("Gus", "gus@agency.test").guest());
    let gone = slack.add_user(NewUser::new("Gone", "gone@acme.test").deactivated());
    let other = slack.add_user(NewUser::new("Olga", "olga@other.test").of_team("T0OTHER"));
    let lookup = async |email: &str| read(&slack, "users.lookupByEmail", &[("email", email)]).await;
    let found = lookup("Ana@Acme.test").await;
    assert_eq!(
        (&found["user"]["id"], &found["user"]["profile"]["display_name"]),
        (&json!(ana), &json!("Ana Kovač"))
    );
    assert_eq!(lookup("gus@agency.test").await["user"]["is_restricted"], true);
    for unknown in ["nobody@acme.test", "gone@acme.test", "olga@other.test"] {
        assert_eq!(lookup(unknown).await["error"], "users_not_found", "{unknown}");
    }
    let info = async |id: &str| read(&slack, "users.info", &[("user", id)]).await;
    assert_eq!(info(&gone).await["user"]["deleted"], true);
    assert_eq!(info(&other).await["user"]["team_id"], "T0OTHER");
    assert_eq!(info(&other).await["user"]["is_stranger"], false, "in a channel that the app is in");
    slack.add_channel(NewChannel::new("deploys").members(&[&ana]));
    assert_eq!(info(&other).await["user"]["is_stranger"], true);
    assert_eq!(info(&ana).await["user"]["is_stranger"], false);
    assert_eq!(info(&ana).await["user"]["is_restricted"], false);
    slack.make_guest(&ana);
    assert_eq!(info(&ana).await["user"]["is_restricted"], true);
    assert_eq!(info("U1").await["error"], "user_not_found");
    slack.deactivate(&ana);
    assert_eq!(info(&ana).await["user"]["deleted"], true);
    assert_eq!(lookup("ana@acme.test").await["error"], "users_not_found");

    let group = slack.add_usergroup("@release-managers", &[&ana]);
    let groups = read(&slack, "usergroups.list", &[("include_users", "true")]).await;
    assert_eq!(groups["usergroups"][0]["handle"], "release-managers");
    assert_eq!(groups["usergroups"][0]["users"], json!([ana]));
    let members = async |id: &str| read(&slack, "usergroups.users.list", &[("usergroup", id)]).await;
    assert_eq!(members(&group).await["users"], json!([ana]));
    assert_eq!(members("S1").await["error"], "no_such_subteam");
    slack.set_group_members("@release-managers", vec![other.clone(), ana.clone()]);
    assert_eq!(members(&group).await["users"], json!([other, ana]));
    slack.set_group_members("release-managers", Vec::new());
    assert_eq!(members(&group).await["users"], json!([]));
    slack.disable_usergroup(&group);
    assert_eq!(members(&group).await["error"], "no_such_subteam");
    assert_eq!(read(&slack, "usergroups.list", &[]).await["usergroups"], json!([]));
    assert_eq!(slack.add_usergroup("release-managers", &[]), group, "the handle is the same group");
}

#[tokio::test]
async fn direct_message_is_seen_by_its_person_only() {
    let slack = workspace().await;
    let (ana, ben) = (slack.user_id("ana@acme.test").unwrap(), slack.user_id("ben@acme.test").unwrap());
    let gone = slack.add_user(NewUser::new("Gone", "gone@acme.test").deactivated());
    let opened = call(&slack, "conversations.open", json!({"users": ana})).await;
    let direct = opened["channel"]["id"].as_str().unwrap();
    assert!(direct.starts_with('D'), "{direct}");
    let again = call(&slack, "conversations.open", json!({"users": ana})).await;
    assert_eq!((&again["channel"]["id"], &again["already_open"]), (&json!(direct), &json!(true)));
    for (arguments, error) in [
        (json!({}), "users_list_not_supplied"),
        (json!({"users": "U1"}), "user_not_found"),
        (json!({"users": gone}), "user_disabled"),
    ] {
        assert_eq!(call(&slack, "conversations.open", arguments).await["error"], error);
    }
    let metadata = json!({"event_type": "e", "event_payload": {"key": "k"}});
    post(&slack, json!({"channel": direct, "text": "Psst *Ana*", "metadata": metadata})).await;
    let query = [("channel", direct), ("include_all_metadata", "true")];
    let history = read(&slack, "conversations.history", &query).await;
    assert_eq!(history["messages"][0]["metadata"], metadata);
    assert_eq!((slack.direct_messages(&ana).len(), slack.direct_messages(&ben).len()), (1, 0));
    assert_eq!(call(&slack, "chat.postMessage", json!({"channel": "#", "text": "x"})).await["ok"], false);

    let listed = async |types: &str| {
        let answer = read(&slack, "conversations.list", &[("types", types)]).await;
        answer["channels"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed("im").await, [json!(direct)]);
    assert!(!listed("public_channel,private_channel").await.contains(&json!(direct)));
    let page = async |user: &str| pages::get(&slack, &format!("/?user={user}&channel={direct}")).await;
    let (anas, bens) = (page(&ana).await, page(&ben).await);
    assert!(anas.contains("Direct messages") && anas.contains("Psst <b>Ana</b>"), "{anas}");
    assert!(!bens.contains("Direct messages") && !bens.contains("Psst"), "{bens}");
}
