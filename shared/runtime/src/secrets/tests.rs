use super::*;
use crate::credentials::*;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// The secrets of `function`, each with the value `text`, as if it had just been read.
fn secrets(function: StackFunction, text: &str) -> Secrets {
    let settings = Settings::new([
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_REGION", "eu-west-1"),
    ]);
    let aws = Aws::new(&settings).unwrap();
    let of = |secret: StackSecret| {
        let cached = Mutex::new(Some((Arc::new(serde_json::from_str(text).unwrap()), now())));
        (secret, Secret { client: aws.secrets(), id: secret.name().to_owned(), cached })
    };
    Secrets(function.secrets().into_iter().map(of).collect())
}

#[test]
fn missing_setting_of_a_secret_is_named() {
    for function in StackFunction::ALL {
        for missing in function.secrets() {
            let of = |secret: StackSecret| (secret.setting(), if secret == missing { "" } else { "id" });
            let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "r")];
            let [a, b, c, d, e] = StackSecret::ALL.map(of);
            let [f, g, h] = keys;
            let settings = Settings::new([a, b, c, d, e, f, g, h]);
            let error = Secrets::new(&settings, function, &Aws::new(&settings).unwrap()).unwrap_err();
            assert_eq!(error.name, missing.setting(), "{function:?}");
        }
    }
}

#[tokio::test]
async fn credential_is_its_key_and_a_blank_one_is_missing() {
    for (text, expected) in [
        ("{}", "the secret SlackAppSecret has no `bot_token`; put its value with"),
        (r#"{"bot_token": " "}"#, "the secret SlackAppSecret has no `bot_token`; put its value with"),
        (r#"{"bot_token": ["t"]}"#, "the secret SlackAppSecret has a `bot_token` that is not a text; put"),
        (r#"{"bot_token": "t", "client_id": "i"}"#, "t"),
        (r#"{"bot_token": "t", "left_over": ["k", {"n": 1}]}"#, "t"),
    ] {
        let secrets = secrets(StackFunction::Console, text);
        let said = match secrets.text(&SLACK_BOT_TOKEN, now()).await {
            Ok(value) => value.expose_secret().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(said.starts_with(expected), "{text}: {said}");
        assert!(secrets.optional(&SLACK_CLIENT_SECRET, now()).await.unwrap().is_none(), "{text}");
    }
}

#[tokio::test]
async fn secret_of_other_functions_is_refused() {
    let secrets = secrets(StackFunction::RuleEvaluation, r#"{"github_token": "t"}"#);
    assert!(secrets.text(&GITHUB_READ_TOKEN, now()).await.is_ok());
    let error = secrets.text(&GITHUB_WRITE_TOKEN, now()).await.unwrap_err().to_string();
    assert!(error.starts_with("the secret WriteSecret is not for this function"), "{error}");
}

#[tokio::test]
async fn headers_are_an_object_and_blank_ones_are_left_out() {
    for (text, expected) in [
        ("{}", Some(0)),
        (r#"{"webhook_headers": {}}"#, Some(0)),
        (r#"{"webhook_headers": {"pager": {"value": "v"}}}"#, Some(1)),
        (r#"{"webhook_headers": {"pager": {"value": " "}, "chat": {"value": "v"}}}"#, Some(1)),
        (r#"{"webhook_headers": "v"}"#, None),
    ] {
        let headers = secrets(StackFunction::ActionExecution, text).headers(now()).await;
        assert_eq!(headers.ok().map(|headers| headers.len()), expected, "{text}");
    }
}

#[test]
fn values_are_in_no_debug_line() {
    let secrets = secrets(StackFunction::SlackInteraction, r#"{"bot_token": "xoxb-1"}"#);
    assert!(!format!("{secrets:?}").contains("xoxb-1"), "{secrets:?}");
}

#[test]
fn secret_is_for_the_deployments_it_names_alone() {
    let deployment = Slug::new("acme", "Checkout").unwrap();
    for (named, expected) in [
        (&[][..], false),
        (&["acme/checkout"], true),
        (&["acme/*"], true),
        (&["Acme/CHECKOUT "], true),
        (&["acme/check*"], false),
        (&["*"], false),
        (&["*/checkout"], false),
        (&["acm/*", "acme/checkout2"], false),
    ] {
        let deployments = named.iter().map(ToString::to_string).collect();
        let held = HeaderSecret { value: "v".into(), hosts: Vec::new(), deployments };
        assert_eq!(held.is_for(&deployment), expected, "{named:?}");
    }
}
