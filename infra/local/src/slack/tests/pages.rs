use super::*;

/// The text of a page.
pub async fn get(slack: &Slack, path: &str) -> String {
    let answer = client().get(format!("{}{path}", slack.url())).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn the_page_draws_the_dialog_of_the_seed() {
    let slack = workspace().await;
    let (ana, ben) = (slack.user_id("ana@acme.test").unwrap(), slack.user_id("ben@acme.test").unwrap());
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "?", "blocks": dialog(&ana)})).await;
    let before = get(&slack, &format!("/live?user={ana}&channel={channel}")).await;
    for part in [
        "<span class=\"mention you\">@Ana Kovač</span>, would you like to promote",
        "<a href=\"https://d.test/1\">7bf7226 - work-test</a> to production?",
        "<button type=\"button\" class=\"button primary\" data-action=\"approve\"",
        "<button type=\"button\" class=\"button danger\" data-action=\"reject\"",
    ] {
        assert!(before.contains(part), "{part}: {before}");
    }
    let for_ben = get(&slack, &format!("/live?user={ben}&channel={channel}")).await;
    assert!(for_ben.contains("<span class=\"mention\">@Ana Kovač</span>"), "not a mention of Ben");
    call(&slack, "chat.update", json!({"channel": channel, "ts": ts, "text": "!", "blocks": closed(&ana)}))
        .await;
    let code = "before\n```\nlet x;\n```\n&gt; quote\nafter";
    post(&slack, json!({"channel": channel, "text": code})).await;
    post(&slack, json!({"channel": channel, "text": "x < y & <https://a.test/?a=\"b\"|z>", "thread_ts": ts}))
        .await;
    let only = json!({"channel": channel, "user": ana, "text": "Psst."});
    assert_eq!(call(&slack, "chat.postEphemeral", only).await["ok"], true);
    let after = get(&slack, &format!("/live?user={ana}&offset=120")).await;
    for part in [
        "<b>Votes:</b><br><span class=\"mention you\">@Ana Kovač</span> <span class=\"emoji\" title=\":+1:\">👍</span>",
        "Action approved on May 11th at 11:42.",
        "<div class=\"thread\">",
        "x &lt; y &amp; <a href=\"https://a.test/?a=&quot;b&quot;\">z</a>",
        "Only visible to you",
        "before<pre>let x;</pre><blockquote>quote</blockquote>after",
    ] {
        assert!(after.contains(part), "{part}: {after}");
    }
    assert!(!after.contains("<button"), "{after}");
    assert!(!get(&slack, &format!("/live?user={ben}")).await.contains("Psst."));
}

#[tokio::test]
async fn a_click_on_the_page_clicks() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let ts = post(&slack, json!({"channel": "deploys", "text": "?", "blocks": dialog(&ana)})).await;
    let click = async |action: &str| {
        let form = [("user", ana.as_str()), ("channel", "deploys"), ("ts", &ts), ("action", action)];
        let answer = client().post(format!("{}/click", slack.url())).form(&form).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap())
    };
    let (status, outcome) = click("approve").await;
    assert_eq!((status, &outcome["problem"]), (200, &json!("the app has no interactions address")));
    assert_eq!(click("undo").await.0, 404);
}

#[tokio::test]
async fn a_menu_and_a_form_are_filled_in_on_the_page() {
    let slack = workspace().await;
    let answer = |body: &str| {
        let errors = r#"{"response_action": "errors", "errors": {"why": "Say <more>."}}"#;
        let wanting = payload(body)["view"]["state"]["values"]["why"]["reason"]["value"] == "a\n\"b\"";
        (StatusCode::OK, if wanting { errors.to_owned() } else { String::new() })
    };
    let (url, received, _server) = app(answer).await;
    slack.set_interactions_url(&url);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let menu = json!([{"type": "actions", "elements": [{"type": "overflow", "action_id": "more",
        "options": [{"text": plain("Reject <why>"), "value": "why \"1\""}]}]}]);
    let ts = post(&slack, json!({"channel": "deploys", "text": "?", "blocks": menu})).await;
    let drawn = get(&slack, &format!("/live?user={ana}")).await;
    assert!(drawn.contains("data-option=\"why &quot;1&quot;\">Reject &lt;why&gt;</button>"), "{drawn}");

    let send = async |path: &str, fields: &[(&str, &str)]| {
        let answer = client().post(format!("{}{path}", slack.url())).form(fields).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let click = [("user", ana.as_str()), ("channel", "deploys"), ("ts", &ts), ("action", "more")];
    assert_eq!(send("/click", &click).await.0, 404, "no option");
    let option = [click[0], click[1], click[2], click[3], ("option", "why \"1\"")];
    assert_eq!(send("/click", &option).await.0, 200);
    let trigger = payload(&received.lock().unwrap()[0].1)["trigger_id"].clone();
    assert_eq!(get(&slack, &format!("/form?user={ana}")).await, "");

    let input =
        json!({"type": "plain_text_input", "action_id": "reason", "multiline": true, "max_length": 9});
    let note = json!({"type": "plain_text_input", "action_id": "note", "initial_value": "<none>"});
    let view = json!({"type": "modal", "title": plain("Reject"), "submit": plain("Send"), "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Bold*"}},
        {"type": "input", "block_id": "why", "label": plain("Why?"), "element": input},
        {"type": "input", "label": plain("Note"), "optional": true, "element": note}]});
    assert_eq!(call(&slack, "views.open", json!({"trigger_id": trigger, "view": view})).await["ok"], true);
    let view = slack.open_views(&ana).remove(0).id;
    let form = get(&slack, &format!("/form?user={ana}")).await;
    for part in [
        "<b>Bold</b>",
        "<textarea name=\"input reason\" rows=\"4\" required maxlength=\"9\">\n</textarea>",
        "<input type=\"text\" name=\"input note\" value=\"&lt;none&gt;\">",
        "<button class=\"button primary\" type=\"submit\">Send</button>",
        "data-close>Cancel</button>",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let fill = |reason: &'static str| {
        [("user", ana.clone()), ("view", view.clone()), ("input reason", reason.to_owned())]
    };
    let submit = async |reason: &'static str| {
        let fields = fill(reason);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        send("/submit", &fields).await
    };
    assert_eq!(submit("").await.0, 409);
    assert!(get(&slack, &format!("/form?user={ana}")).await.contains("please complete this required field"));
    assert_eq!(submit("a\r\n\"b\"").await, (200, json!({"problem": null, "closed": false}).to_string()));
    let form = get(&slack, &format!("/form?user={ana}")).await;
    assert!(form.contains("Say &lt;more&gt;.") && form.contains(">\na\n&quot;b&quot;</textarea>"), "{form}");
    assert!(!form.contains("please complete"), "{form}");
    assert_eq!(submit("more").await, (200, json!({"problem": null, "closed": true}).to_string()));
    assert_eq!(get(&slack, &format!("/form?user={ana}")).await, "");
}

#[tokio::test]
async fn a_form_is_closed_on_the_page() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let ts = post(&slack, json!({"channel": "deploys", "text": "?", "blocks": dialog(&ana)})).await;
    let trigger = slack.interaction_payload(&ana, "deploys", &ts, "approve").unwrap()["trigger_id"].clone();
    let view = json!({"type": "modal", "title": {"type": "plain_text", "text": "Notice"},
        "close": {"type": "plain_text", "text": "Got it"}, "blocks": [{"type": "divider"}]});
    call(&slack, "views.open", json!({"trigger_id": trigger, "view": view})).await;
    let form = get(&slack, &format!("/form?user={ana}")).await;
    assert!(form.contains("data-close>Got it</button>") && !form.contains("submit"), "{form}");
    let view = slack.open_views(&ana).remove(0).id;
    let close = client().post(format!("{}/close", slack.url())).form(&[("user", &ana), ("view", &view)]);
    assert_eq!(close.send().await.unwrap().status(), 200);
    assert_eq!(slack.open_views(&ana), []);
}

#[tokio::test]
async fn the_sidebar_has_people_channels_links_and_buttons() {
    let pressed = Slack::start(Options::default()).await.unwrap();
    let link =
        crate::stand_in::page::Link { label: "Console".to_owned(), url: "http://console.test/".to_owned() };
    let working =
        Button { label: "Make a deploy".to_owned(), url: format!("{}/api/auth.test", pressed.url()) };
    let broken = Button { label: "Break".to_owned(), url: format!("{}/click", pressed.url()) };
    let options = Options {
        links: vec![link],
        ..Settings { buttons: vec![working, broken], ..Settings::default() }.into()
    };
    let slack = Slack::start(options).await.unwrap();
    assert!(get(&slack, "/").await.contains("No channels"));
    let ana = slack.add_user(NewUser::new("Ana <b>", "ana@acme.test"));
    slack.add_user(NewUser::new("Gus", "gus@agency.test").guest());
    slack.add_user(NewUser::new("Gone", "gone@acme.test").deactivated());
    slack.add_channel(NewChannel::new("deploys"));
    let secret = slack.add_channel(NewChannel::new("secret").private().members(&[]));
    slack.add_channel(NewChannel::new("other").without_app());
    let page = get(&slack, &format!("/?user={ana}")).await;
    for part in
        ["Ana &lt;b&gt;</option>", "Gus (guest)", "# deploys", "Make a deploy", "http://console.test/"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Gone") && !page.contains("secret"), "{page}");
    assert!(get(&slack, &format!("/archives/{secret}/p1")).await.contains("# secret"));
    assert!(get(&slack, "/?channel=other").await.contains("Signoff is not in this channel."));
    let press = async |index: u32| {
        let answer = client().post(format!("{}/press/{index}", slack.url())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(press(0).await.0, 200);
    let (status, problem) = press(1).await;
    assert_eq!(status, 502);
    assert!(problem.starts_with("Break: 415"), "{problem}");
    assert_eq!(press(2).await.0, 404);
    assert_eq!(pressed.requests().len(), 1);
}

#[tokio::test]
async fn a_permalink_leads_to_the_page() {
    let slack = workspace().await;
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "Hello"})).await;
    let link = read(&slack, "chat.getPermalink", &[("channel", &channel), ("message_ts", &ts)]).await;
    let link = link["permalink"].as_str().unwrap();
    assert_eq!(link, format!("{}/archives/{channel}/p1620726120000000", slack.url()));
    assert!(get(&slack, link.strip_prefix(slack.url()).unwrap()).await.contains("id=\"p1620726120000000\""));
    let unknown = read(&slack, "chat.getPermalink", &[("channel", &channel), ("message_ts", "1.2")]).await;
    assert_eq!(unknown["error"], "message_not_found");
}
