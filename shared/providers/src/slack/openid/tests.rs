//! Claims as Slack documents them, and every one of them wrong once.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::{Value, json};

const NOW: i64 = 1_626_874_700;

fn app(base: &str) -> SignIn {
    let (http, secret) = (crate::http::client().unwrap(), SecretString::from("e1b9e11d"));
    SignIn::new(http, format!("{base}/api"), "25259531569.11152291", secret)
}

/// The example of docs.slack.dev/reference/methods/openid.connect.token, as far as it matters, with
/// `changes`.
fn token(changes: &[(&str, Value)]) -> String {
    let mut claims = json!({
        "iss": "https://slack.com",
        "sub": "U0R7MFMJM",
        "aud": "25259531569.11152291",
        "exp": 1_626_874_955,
        "iat": 1_626_874_655,
        "nonce": "abcd",
        "https://slack.com/team_id": "T0RR",
        "https://slack.com/user_id": "U0R7MFMJM",
        "email": "bront@slack-corp.com",
        "name": "brent",
    });
    for (claim, value) in changes {
        claims[*claim] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims))
}

fn identity(token: &str, now: i64) -> Result<String, TokenError> {
    app("https://slack.com").identity(token, "abcd", "T0RR", Timestamp::from_second(now).unwrap())
}

#[test]
fn who_signed_in_is_who_the_token_says() {
    for now in [NOW, 1_626_874_655 - 60, 1_626_874_955 + 59] {
        assert_eq!(identity(&token(&[]), now), Ok("U0R7MFMJM".to_owned()), "{now}");
    }
}

#[test]
fn every_claim_must_be_right() {
    use TokenError::{Audience, Expired, Issuer, Malformed, Nonce, Team};
    for (claim, value, expected) in [
        ("iss", json!("https://slack.com.evil.example"), Issuer),
        ("iss", json!(""), Issuer),
        ("iss", Value::Null, Malformed),
        ("aud", json!("25259531569.99999999"), Audience),
        ("aud", json!(["25259531569.11152291", "2.2"]), Malformed),
        ("exp", json!(NOW - 60), Expired),
        ("exp", json!("never"), Malformed),
        ("exp", json!(i64::MAX), Malformed),
        ("iat", json!(NOW + 61), Expired),
        ("iat", Value::Null, Malformed),
        ("nonce", json!("abce"), Nonce),
        ("nonce", json!(""), Nonce),
        ("nonce", Value::Null, Nonce),
        ("https://slack.com/team_id", json!("T0OTHER"), Team),
        ("https://slack.com/team_id", Value::Null, Malformed),
        ("https://slack.com/team_id", json!(""), Malformed),
        ("https://slack.com/user_id", Value::Null, Malformed),
        ("https://slack.com/user_id", json!(""), Malformed),
    ] {
        assert_eq!(identity(&token(&[(claim, value.clone())]), NOW), Err(expected), "{claim}: {value}");
    }
    for garbled in ["", ".", "a.b.c", "e30", "e30.e30.e30", "..", "a.!!.c"] {
        assert_eq!(identity(garbled, NOW), Err(Malformed), "{garbled}");
    }
}

#[test]
fn what_nobody_asked_for_is_no_right_answer() {
    let now = Timestamp::from_second(NOW).unwrap();
    let (app, empty) = (app("https://slack.com"), |claim| token(&[(claim, json!(""))]));
    assert_eq!(app.identity(&empty("nonce"), "", "T0RR", now), Err(TokenError::Nonce));
    assert_eq!(app.identity(&token(&[]), "abcd", "", now), Err(TokenError::Team));
}

#[test]
fn the_browser_is_sent_to_slack_with_all_that_it_wants() {
    let ask = SignInRequest {
        state: "s+t/a=te",
        nonce: "n",
        redirect_uri: "https://signoff.example.com/sign-in/slack/callback",
        team: "T0RR",
    };
    let address = authorize_url("https://slack.com/openid/connect/authorize", "1.2", &ask);
    insta::assert_snapshot!(address.unwrap(), @"https://slack.com/openid/connect/authorize?response_type=code&scope=openid+profile+email&client_id=1.2&state=s%2Bt%2Fa%3Dte&nonce=n&redirect_uri=https%3A%2F%2Fsignoff.example.com%2Fsign-in%2Fslack%2Fcallback&team=T0RR");
    let wrong = authorize_url("slack.com", "1.2", &ask).unwrap_err().to_string();
    assert!(wrong.starts_with("`slack.com` is not an address"), "{wrong}");
}

#[tokio::test]
async fn a_code_buys_a_token_once() {
    let server = Responder::start(|_, request| match request {
        _ if request.contains("code=used") => reply(200, &json!({"ok": false, "error": "invalid_code"})),
        _ if request.contains("code=lost") => Reply::HangUp,
        _ => reply(
            200,
            &json!({"ok": true, "access_token": "xoxp-1", "token_type": "Bearer", "id_token": "a.b.c"}),
        ),
    })
    .await;
    let app = app(&server.base);
    let buy = async |code| app.exchange(code, "https://x.example/callback", Duration::from_secs(5)).await;
    assert_eq!(buy("fresh&more").await, Ok("a.b.c".to_owned()));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("POST /api/openid.connect.token HTTP/1.1\r\n"), "{asked}");
    assert!(!asked.to_lowercase().contains("authorization:"), "{asked}");
    assert_eq!(
        asked.split_once("\r\n\r\n").unwrap().1,
        "client_id=25259531569.11152291&client_secret=e1b9e11d&grant_type=authorization_code&code=fresh%26more\
         &redirect_uri=https%3A%2F%2Fx.example%2Fcallback"
    );
    let used = buy("used").await;
    assert!(matches!(used, Err(Failure::Refusal(_))), "{used:?}");
    let lost = buy("lost").await;
    assert!(matches!(lost, Err(Failure::Retryable { .. })), "{lost:?}");
    assert!(!format!("{app:?}").contains("e1b9e11d"), "the secret is never shown");
}
