//! Calling an address of the team's.

use super::address::{Guarded, target};
use super::sign::{HEADER_SIGNATURE, HEADER_TIMESTAMP, sign};
use crate::failure::{Failure, Repeat, retry_after};
use crate::http::{Answer, builder, made, secret_header, send_unread};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use signoff_core::action;
use signoff_core::address::Loopback;
use signoff_core::header_secret::goes_to;
use std::sync::Arc;

/// The header with the delivery's id: the same when it is tried again, for receivers that must not act twice.
pub const HEADER_DELIVERY: &str = "X-Signoff-Delivery";

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// The address.
    pub address: &'a str,
    /// The method.
    pub method: action::Method,
    /// The rule's own headers.
    pub headers: Vec<Header>,
    /// The body; empty: none.
    pub body: Vec<u8>,
    /// The key that signs.
    pub key: &'a SecretString,
    /// The delivery's id.
    pub delivery: &'a str,
}

/// A header of a rule's own.
#[derive(Debug)]
pub enum Header {
    /// Its name and its text.
    Text(String, String),
    /// The value of a secret.
    Secret {
        /// The header's name.
        name: String,
        /// The value.
        value: SecretString,
        /// The hosts that it may go to: a name, or `*.example.com` for all below it.
        hosts: Vec<String>,
    },
}

impl Header {
    /// The header as it is sent to `url`. Error: the reason for which it can't be, or the secret may not go
    /// there.
    fn to_send(&self, url: &Url, loopback: Loopback) -> Result<(HeaderName, HeaderValue), String> {
        let (Self::Text(name, _) | Self::Secret { name, .. }) = self;
        let read = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("`{name}` is no name of a header; check it in the rule"))?;
        let value = match self {
            Self::Text(_, text) => HeaderValue::try_from(text.trim()).map_err(|_| {
                format!("the header `{name}` becomes a text that no header takes; check it in the rule")
            })?,
            Self::Secret { value, hosts, .. } => {
                let host = url.host_str().unwrap_or_default();
                if !goes_to(hosts, host) {
                    return Err(format!(
                        "the secret of the header `{name}` may not go to {host}; check the address in the rule, or have an admin \
                         add the host to the secret's `hosts` in the stack's WriteSecret"
                    ));
                }
                let is_local = loopback == Loopback::Allowed && matches!(host, "127.0.0.1" | "localhost");
                if url.scheme() != "https" && !is_local {
                    return Err(format!(
                        "the secret of the header `{name}` goes over https:// alone; check the address in the rule"
                    ));
                }
                secret_header("value of the secret in the stack's WriteSecret", "", value)
                    .map_err(|failure| failure.to_string())?
            }
        };
        Ok((read, value))
    }
}

/// Calls the team's addresses.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: Client,
    loopback: Loopback,
}

impl Webhook {
    /// A caller with connections of its own, which lead to no address that is refused.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if the machine has no root certificates that TLS could start from.
    pub fn new(loopback: Loopback) -> Result<Self, Failure> {
        // A proxy would look names up itself.
        let http = made(builder().dns_resolver(Arc::new(Guarded(loopback))).no_proxy())?;
        Ok(Self { http, loopback })
    }

    /// The reason for which a call of `address` with `headers` is refused before anything is sent, and what
    /// to do; `None`: it would be sent. Names are not looked up.
    pub fn refusal(&self, address: &str, headers: &[Header]) -> Option<String> {
        match target(address, self.loopback) {
            Ok(url) => headers.iter().find_map(|header| header.to_send(&url, self.loopback).err()),
            Err(failure) => Some(failure.to_string()),
        }
    }

    /// Makes `request`, signed with its key at `now`.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for an address that is not called, a secret that may not go there, a header
    /// that can't be sent, a redirect, or an answer 4xx; [`Failure::Retryable`] for 408, 425, 429 and 5xx,
    /// with which a receiver says that it wants the delivery once more; [`Failure::Unanswered`] if no answer
    /// came. Messages name the host only, because the rest of an address may be secret, and the status only,
    /// because an answer is not for whoever wrote the rule.
    pub async fn call(&self, request: Request<'_>, now: Timestamp) -> Result<(), Failure> {
        let url = target(request.address, self.loopback)?;
        if request.key.expose_secret().is_empty() {
            let missing = "there is no key to sign with: put a `webhook_signing_key` into ReadSecret";
            return Err(Failure::Permanent(missing.to_owned()));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let method = match request.method {
            action::Method::Get => Method::GET,
            action::Method::Post => Method::POST,
            action::Method::Put => Method::PUT,
            action::Method::Patch => Method::PATCH,
            action::Method::Delete => Method::DELETE,
        };
        let mut headers = HeaderMap::new();
        if !request.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind_of(&request.body)));
        }
        for header in &request.headers {
            let (name, value) = header
                .to_send(&url, self.loopback)
                .map_err(|why| Failure::Permanent(format!("nothing was sent: {why}")))?;
            headers.insert(name, value);
        }
        let signature = sign(request.key, now, &request.body);
        let sent = self
            .http
            .request(method, url)
            .headers(headers)
            .header(HEADER_TIMESTAMP, now.as_second())
            .header(HEADER_SIGNATURE, signature)
            .header(HEADER_DELIVERY, request.delivery)
            .body(request.body);
        let answer = send_unread(&host, "calling the webhook", sent, Repeat::MayDouble).await?;
        classify(&host, &answer)
    }
}

/// The kind of a body that the rule may say nothing of.
fn kind_of(body: &[u8]) -> &'static str {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => "application/json",
        Err(_) => "text/plain; charset=utf-8",
    }
}

/// Classifies an answer. Its text is not repeated.
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

    fn posting<'a>(address: &'a str, key: &'a SecretString, headers: Vec<Header>) -> Request<'a> {
        let (method, body) = (action::Method::Post, b"{}".to_vec());
        Request { address, method, headers, body, key, delivery: "e1" }
    }

    fn secret(hosts: &[&str]) -> Header {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        Header::Secret { name: "Authorization".to_owned(), value: "Bearer s3cret".into(), hosts }
    }

    #[tokio::test]
    async fn secret_goes_to_its_hosts_alone() {
        let server = Responder::start(|line, _| match line {
            "POST /moved" => Reply::Answer(302, vec!["Location: /ok".into()], vec![]),
            _ => Reply::Answer(204, vec![], vec![]),
        })
        .await;
        let webhook = Webhook::new(Loopback::Allowed).unwrap();
        let key = "k".into();
        let call = async |path: &str, hosts: &[&str]| {
            let address = format!("{}/{path}", server.base);
            webhook.call(posting(&address, &key, vec![secret(hosts)]), Timestamp::UNIX_EPOCH).await
        };
        assert_eq!(call("ok", &["127.0.0.1"]).await, Ok(()));
        assert!(server.asked()[0].contains("authorization: Bearer s3cret\r\n"), "{:?}", server.asked());
        for hosts in [&[][..], &["127.0.0.2", "*.0.0.1x", "*", "*.127.0.0.1"]] {
            let told = format!("{:?}", call("ok", hosts).await.expect_err("it is refused"));
            assert!(told.contains("may not go to 127.0.0.1") && !told.contains("s3cret"), "{told}");
        }
        assert!(matches!(call("moved", &["127.0.0.1"]).await, Err(Failure::Permanent(_))));
        let paths: Vec<String> = server.lines();
        assert_eq!(paths, ["POST /ok", "POST /moved"], "nothing is sent after a redirect");
    }

    #[test]
    fn refusal_is_foretold_without_a_call() {
        let webhook = Webhook::new(Loopback::Refused).unwrap();
        let told = |address: &str| webhook.refusal(address, &[secret(&["events.example.com"])]);
        assert_eq!(told("https://events.example.com/x"), None);
        for (address, why) in [
            (
                "https://other.example.com/x",
                "may not go to other.example.com; check the address in the rule, or have",
            ),
            ("http://events.example.com/x", "goes over https:// alone"),
            ("https://169.254.169.254/x", "is one of the machine itself, of its network's link"),
        ] {
            let told = told(address).unwrap();
            assert!(told.contains(why) && !told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn secret_is_never_sent_in_the_clear_or_below_another_host() {
        let send = |address: &str, hosts: &[&str]| {
            secret(hosts).to_send(&Url::parse(address).unwrap(), Loopback::Refused).is_ok()
        };
        for (address, hosts, expected) in [
            ("https://events.pager.example/x", &["events.pager.example"][..], true),
            ("https://EVENTS.pager.example:8443/x", &["Events.Pager.example"], true),
            ("https://events.pager.example/x", &["*.pager.example"], true),
            ("https://pager.example/x", &["*.pager.example"], false),
            ("https://evilpager.example/x", &["*.pager.example"], false),
            ("https://events.pager.example.evil.example/x", &["events.pager.example"], false),
            ("https://events.pager.example/x", &["*"], false),
            ("https://events.pager.example/x", &["*.*.example"], false),
            ("http://events.pager.example/x", &["events.pager.example"], false),
            ("http://127.0.0.1/x", &["127.0.0.1"], false),
        ] {
            assert_eq!(send(address, hosts), expected, "{address} {hosts:?}");
        }
    }

    #[tokio::test]
    async fn request_has_the_rules_method_headers_and_body() {
        let server = Responder::start(|_, _| Reply::Answer(204, vec![], vec![])).await;
        let webhook = Webhook::new(Loopback::Allowed).unwrap();
        let (address, key) = (format!("{}/ok", server.base), "k".into());
        let text = |name: &str, text: &str| Header::Text(name.to_owned(), text.to_owned());
        let call = async |method, headers, body: &[u8]| {
            let request = Request { method, body: body.to_vec(), ..posting(&address, &key, headers) };
            webhook.call(request, Timestamp::UNIX_EPOCH).await
        };
        assert_eq!(call(action::Method::Put, vec![text("X-Team", "payments")], b"hello").await, Ok(()));
        assert_eq!(call(action::Method::Get, vec![], b"").await, Ok(()));
        let own = vec![text("content-type", "application/cloudevents+json")];
        assert_eq!(call(action::Method::Patch, own, b"{}").await, Ok(()));
        let asked = server.asked();
        assert!(asked[0].starts_with("PUT /ok") && asked[0].contains("x-team: payments\r\n"), "{}", asked[0]);
        assert!(asked[0].contains("content-type: text/plain; charset=utf-8\r\n"), "{}", asked[0]);
        assert!(asked[1].starts_with("GET /ok") && !asked[1].contains("content-type"), "{}", asked[1]);
        assert!(asked[2].contains("content-type: application/cloudevents+json\r\n"), "{}", asked[2]);
        let split = call(action::Method::Post, vec![text("X-Team", "a\r\nX-Other: b")], b"").await;
        assert!(matches!(split, Err(Failure::Permanent(_))), "{split:?}");
        assert_eq!(server.asked().len(), 3);
    }

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
            let (address, key) = (format!("{}/{path}", server.base), key.into());
            webhook.call(posting(&address, &key, Vec::new()), now).await
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
            webhook.call(posting(&address, &"k".into(), Vec::new()), Timestamp::UNIX_EPOCH).await
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
