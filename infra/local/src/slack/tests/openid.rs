use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

const CALLBACK: &str = "https://signoff.test/sign-in/slack/callback";
const CLIENT_ID: &str = "2141029472.691202649728";

/// A workspace that people sign in from, with Ana (an admin), Gus (a guest) and Zed (of another workspace).
async fn workspace() -> Slack {
    let settings = Settings {
        client_secret: "secret".to_owned(),
        redirect_urls: vec![CALLBACK.to_owned()],
        ..Settings::default()
    };
    let clock: crate::stand_in::Clock = Arc::new(|| "2021-05-11T09:42:00Z".parse().unwrap());
    let options = Options { clock, ..settings.into() };
    let slack = Slack::start(options).await.unwrap();
    slack.add_user(NewUser::new("Ana <Kovač>", "ana@acme.test").admin());
    slack.add_user(NewUser::new("Gus", "gus@acme.test").guest());
    slack.add_user(NewUser::new("Zed", "zed@other.test").of_team("T0OTHER0001"));
    slack
}

/// Returns an app's parameters, with changes; an empty value leaves a parameter out.
fn ask(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let usual = [
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("client_id", CLIENT_ID),
        ("state", "st&te"),
        ("nonce", "n1"),
        ("redirect_uri", CALLBACK),
        ("team", "T0LOCALTEAM"),
    ];
    let value = |name: &str, usual: &str| {
        changes.iter().find(|(changed, _)| *changed == name).map_or(usual, |(_, value)| value).to_owned()
    };
    let all = usual.map(|(name, usual)| (name.to_owned(), value(name, usual)));
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Chooses `user` (`None`: Cancel), and returns the address to which the browser is sent; `Err`: the status
/// of an answer that sends it nowhere.
async fn choose(slack: &Slack, changes: &[(&str, &str)], user: Option<&str>) -> Result<String, u16> {
    let form: Vec<_> = user.into_iter().map(|user| ("user", user)).collect();
    let request = client().post(slack.authorize_url()).query(&ask(changes)).form(&form);
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    location.ok_or(answer.status().as_u16())
}

async fn code(slack: &Slack, user: &str) -> String {
    let back = choose(slack, &[], Some(user)).await.unwrap();
    let code = back.strip_prefix(&format!("{CALLBACK}?code=")).unwrap();
    code.strip_suffix("&state=st%26te").unwrap().to_owned()
}

async fn exchange(slack: &Slack, changes: &[(&str, &str)], code: &str) -> Value {
    let mut form = BTreeMap::from([
        ("client_id", CLIENT_ID),
        ("client_secret", "secret"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
        ("code", code),
    ]);
    form.extend(changes.iter().copied());
    let answer = client().post(format!("{}/openid.connect.token", slack.api_url())).form(&form).send().await;
    serde_json::from_str(&answer.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn who_is_picked_is_who_the_token_says() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let page = client().get(slack.authorize_url()).query(&ask(&[])).send().await.unwrap();
    let page = page.text().await.unwrap();
    let button = format!("name=\"user\" value=\"{ana}\">Ana &lt;Kovač&gt; (admin)</button>");
    assert!(page.contains(&button) && page.contains("Gus (guest)") && !page.contains("Zed"), "{page}");

    let code = code(&slack, &ana).await;
    let answer = exchange(&slack, &[], &code).await;
    assert_eq!((&answer["ok"], &answer["token_type"]), (&json!(true), &json!("Bearer")), "{answer}");
    let parts: Vec<&str> = answer["id_token"].as_str().unwrap().split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    for (claim, value) in [
        ("iss", json!("https://slack.com")),
        ("aud", json!(CLIENT_ID)),
        ("nonce", json!("n1")),
        ("iat", json!(1_620_726_120)),
        ("exp", json!(1_620_726_420)),
        ("sub", json!(ana)),
        ("https://slack.com/user_id", json!(ana)),
        ("https://slack.com/team_id", json!("T0LOCALTEAM")),
        ("email", json!("ana@acme.test")),
        ("name", json!("Ana <Kovač>")),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    let signature =
        crate::stand_in::hmac_sha256_bytes("secret", format!("{}.{}", parts[0], parts[1]).as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap(), signature);
    assert_eq!(exchange(&slack, &[], &code).await["error"], "invalid_code", "a code is used once");
}

#[tokio::test]
async fn what_the_app_asks_for_must_be_right() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    for (name, value) in [
        ("client_id", "1.2"),
        ("redirect_uri", "https://evil.test/sign-in/slack/callback"),
        ("redirect_uri", "https://signoff.test/sign-in/slack/callback/.."),
        ("response_type", "token"),
        ("scope", "profile"),
        ("scope", "openid chat:write"),
    ] {
        assert_eq!(choose(&slack, &[(name, value)], Some(&ana)).await, Err(400), "{name}={value}");
        let page = client().get(slack.authorize_url()).query(&ask(&[(name, value)])).send().await.unwrap();
        assert_eq!(page.status(), 400, "{name}={value}");
    }
    let cancelled = format!("{CALLBACK}?error=access_denied&state=st%26te");
    assert_eq!(choose(&slack, &[], None).await, Ok(cancelled));
}

#[tokio::test]
async fn who_may_pick_themselves() {
    let slack = workspace().await;
    let id = |email| slack.user_id(email).unwrap();
    let gone = slack.add_user(NewUser::new("Eve", "eve@acme.test").deactivated());
    let bot = slack.add_user(NewUser::new("Botty", "bot@acme.test").bot());
    for (user, team, may) in [
        (id("gus@acme.test"), "T0LOCALTEAM", true),
        (id("zed@other.test"), "T0LOCALTEAM", false),
        (id("zed@other.test"), "", true),
        (gone, "", false),
        (bot, "", false),
        ("U0NOBODY".to_owned(), "", false),
    ] {
        let back = choose(&slack, &[("team", team)], Some(&user)).await;
        assert_eq!(back.is_ok(), may, "{user}: {back:?}");
    }
}

#[tokio::test]
async fn a_code_is_exchanged_by_its_app_only_and_in_time() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    for (change, error) in [
        (("client_id", "1.2"), "invalid_client_id"),
        (("client_id", ""), "invalid_client_id"),
        (("client_secret", "wrong"), "bad_client_secret"),
        (("grant_type", "password"), "invalid_grant_type"),
        (("redirect_uri", "https://signoff.test/"), "bad_redirect_uri"),
        (("redirect_uri", ""), "bad_redirect_uri"),
        (("code", "made-up"), "invalid_code"),
        (("code", ""), "invalid_code"),
    ] {
        let code = code(&slack, &ana).await;
        assert_eq!(exchange(&slack, &[change], &code).await["error"], error, "{change:?}");
    }
    let (old, gone) = (code(&slack, &ana).await, code(&slack, &ana).await);
    slack.age_codes(&ana, SignedDuration::from_mins(10));
    let fresh = code(&slack, &ana).await;
    assert_eq!(exchange(&slack, &[], &old).await["ok"], true);
    slack.age_codes(&ana, SignedDuration::from_secs(1));
    assert_eq!(exchange(&slack, &[], &gone).await["error"], "invalid_code", "it is too old");
    slack.deactivate(&ana);
    assert_eq!(exchange(&slack, &[], &fresh).await["error"], "invalid_code");

    let basic = client().post(format!("{}/openid.connect.token", slack.api_url()));
    let answer =
        basic.basic_auth(CLIENT_ID, Some("secret")).form(&[("code", "made-up")]).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("invalid_code"));
}
