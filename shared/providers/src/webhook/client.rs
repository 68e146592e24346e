//! Posting to an address of the team's.

use super::address::{Guarded, Loopback, target};
use super::sign::{HEADER_SIGNATURE, HEADER_TIMESTAMP, sign};
use crate::failure::{Failure, Repeat, retry_after};
use crate::http::{Answer, builder, made, send_unread};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// The header with the delivery's id: the same when it is tried again, for receivers that must not act twice.
pub const HEADER_DELIVERY: &str = "X-Signoff-Delivery";

/// Posts to the team's addresses.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: Client,
    loopback: Loopback,
}

impl Webhook {
    /// A poster with connections of its own, which lead to no address that is refused.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if the machine has no root certificates that TLS could start from.
    pub fn new(loopback: Loopback) -> Result<Self, Failure> {
        // A proxy would look names up itself.
        let http = made(builder().dns_resolver(Arc::new(Guarded(loopback))).no_proxy())?;
        Ok(Self { http, loopback })
    }

    /// Posts `body` (JSON), signed with `key`, as the delivery `delivery`.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for an address that is not called, a redirect, or an answer 4xx; [`Failure::Retryable`]
    /// for 408, 425, 429 and 5xx, with which a receiver says that it wants the delivery once more; [`Failure::Unanswered`]
    /// if no answer came. Messages name the host only, because the rest of an address may be secret, and the status only,
    /// because an answer is not for whoever wrote the rule.
    pub async fn post(
        &self,
        address: &str,
        body: Vec<u8>,
        key: &SecretString,
        now: Timestamp,
        delivery: &str,
    ) -> Result<(), Failure> {
        let url = target(address, self.loopback)?;
        if key.expose_secret().is_empty() {
            let missing = "there is no key in the API secret to sign with: put one there (aws secretsmanager put-secret-value)";
            return Err(Failure::Permanent(missing.to_owned()));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_TIMESTAMP, now.as_second())
            .header(HEADER_SIGNATURE, sign(key, now, &body))
            .header(HEADER_DELIVERY, delivery)
            .body(body);
        let answer = send_unread(&host, "posting the webhook", request, Repeat::MayDouble).await?;
        classify(&host, &answer)
    }
}

/// What an answer means. Its text is not repeated.
fn classify(host: &str, answer: &Answer) -> Result<(), Failure> {
    let status = answer.status;
    let code = status.as_u16();
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Err(again(host, answer))
        }
        status if status.is_server_error() => Err(again(host, answer)),
        status if status.is_redirection() => Err(Failure::Permanent(format!(
            "{host} answered {code}, a redirect, which is not followed: put the address that it leads to into the rule"
        ))),
        _ => Err(Failure::Permanent(format!(
            "{host} answered {code} to the webhook: check its address in the rule, and the receiver's own log"
        ))),
    }
}

fn again(host: &str, answer: &Answer) -> Failure {
    let message = format!("{host} answered {} to the webhook", answer.status.as_u16());
    Failure::Retryable { message, retry_after: retry_after(&answer.headers) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};

    #[tokio::test]
    async fn a_delivery_is_signed_and_its_answer_sorted() {
        let server = Responder::start(|line, _| match line.strip_prefix("POST /") {
            Some("ok") => Reply::Answer(204, vec![], vec![]),
            Some("moved") => Reply::Answer(307, vec!["Location: /ok".into()], vec![]),
            Some("busy") => Reply::Answer(429, vec!["Retry-After: 4".into()], vec![]),
            Some("broken") => Reply::Answer(500, vec![], vec![]),
            Some("lost") => Reply::HangUp,
            _ => Reply::Answer(404, vec![], b"no such hook".to_vec()),
        })
        .await;
        let webhook = Webhook::new(Loopback::Allowed).unwrap();
        let now = Timestamp::from_second(1_620_733_320).unwrap();
        let post = async |path: &str, key: &str| {
            webhook.post(&format!("{}/{path}", server.base), b"{}".to_vec(), &key.into(), now, "e1").await
        };
        assert_eq!(post("ok", "key-1").await, Ok(()));
        let asked = server.asked()[0].to_lowercase();
        let signature = format!("x-sleuth-signature: {}", sign(&"key-1".into(), now, b"{}"));
        for header in [
            "content-type: application/json",
            "x-sleuth-timestamp: 1620733320",
            &signature,
            "x-signoff-delivery: e1",
        ] {
            assert!(asked.contains(&format!("{header}\r\n")), "{header} in {asked}");
        }
        let mut told = Vec::new();
        for (path, key) in [("moved", "k"), ("busy", "k"), ("broken", "k"), ("secret-path", "k"), ("ok", "")]
        {
            told.push(format!("{:?}", post(path, key).await.expect_err("a failure")));
        }
        insta::assert_snapshot!(told.join("\n"));
        assert!(!told.join("\n").contains("no such hook"));
        assert!(matches!(post("lost", "k").await, Err(Failure::Unanswered(_))));
        assert!(server.lines().iter().all(|line| line.starts_with("POST ")), "no redirect is followed");
    }

    #[tokio::test]
    async fn a_name_that_leads_to_loopback_is_never_connected_to() {
        let server = Responder::start(|_, _| Reply::Answer(200, vec![], vec![])).await;
        let port = server.base.rsplit(':').next().unwrap();
        let address = format!("http://localhost:{port}/hook?token=abc");
        let post = async |loopback| {
            let webhook = Webhook::new(loopback).unwrap();
            webhook.post(&address, b"{}".to_vec(), &"k".into(), Timestamp::UNIX_EPOCH, "e1").await
        };
        let Err(Failure::Permanent(told)) = post(Loopback::Refused).await else {
            unreachable!("it is refused")
        };
        assert!(told.contains("its name leads to an address of the machine itself"), "{told}");
        assert!(!told.contains("token"), "{told}");
        assert_eq!(server.lines(), Vec::<String>::new());
        assert_eq!(post(Loopback::Allowed).await, Ok(()));
    }
}
