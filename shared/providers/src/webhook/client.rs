//! Posting to an address of the team's.
//!
//! The address stands in a rules file on the default branch of the team's own repository, which only those write who can
//! change what is deployed anyway: it is code, not input from strangers. So any host that the function can reach may be
//! named, internal ones too; a name is not resolved to see where it leads. Two things are refused all the same: addresses
//! that a cloud machine answers its own credentials on, and redirects, so that nobody behind the address can send the
//! signed body elsewhere.

use super::sign::{HEADER_SIGNATURE, HEADER_TIMESTAMP, sign};
use crate::failure::{Failure, Repeat, quote, retry_after};
use crate::http::{Answer, send};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The header with the delivery's id: the same when it is tried again, for receivers that must not act twice.
pub const HEADER_DELIVERY: &str = "X-Signoff-Delivery";
/// How much of an answer is read: nothing in it counts but its status.
const MAX_ANSWER: usize = 1024 * 1024;

/// Posts to the team's addresses.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: Client,
}

impl Webhook {
    /// A poster.
    pub fn new(http: Client) -> Self {
        Self { http }
    }

    /// Posts `body` (JSON), signed with `key` (of the secret `ApiSecret`), as the delivery `delivery`.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for an address that can't be posted to, a redirect, or an answer 4xx; [`Failure::Retryable`]
    /// for 408, 425, 429 and 5xx, with which a receiver says that it wants the delivery once more; [`Failure::Unanswered`]
    /// if no answer came. Messages name the host only: the rest of an address may be secret.
    pub async fn post(
        &self,
        address: &str,
        body: Vec<u8>,
        key: &SecretString,
        now: Timestamp,
        delivery: &str,
    ) -> Result<(), Failure> {
        let url = target(address)?;
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
        let answer = send(&host, "posting the webhook", request, Repeat::MayDouble, MAX_ANSWER).await?;
        classify(&host, &answer)
    }
}

/// What an answer means.
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
        _ => {
            let said = quote(&String::from_utf8_lossy(&answer.body));
            let said = if said.is_empty() { String::new() } else { format!(" (\"{said}\")") };
            Err(Failure::Permanent(format!(
                "{host} answered {code} to the webhook{said}: check its address in the rule"
            )))
        }
    }
}

fn again(host: &str, answer: &Answer) -> Failure {
    let message = format!("{host} answered {} to the webhook", answer.status.as_u16());
    Failure::Retryable { message, retry_after: retry_after(&answer.headers) }
}

/// The address, if it may be posted to.
fn target(address: &str) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::Permanent(format!("the webhook's address {why}: check it in the rule"));
    let url = Url::parse(address).map_err(|_| refuse("is not an address (https://host/path)"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("does not start with https:// or http://"));
    }
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
    let refused = match literal {
        Ok(IpAddr::V4(ip)) => is_refused(ip),
        Ok(IpAddr::V6(ip)) => is_refused_v6(ip),
        Err(_) => host.trim_end_matches('.').eq_ignore_ascii_case("metadata.google.internal"),
    };
    if refused {
        return Err(refuse("is one that a machine answers its own credentials on, or stands for no machine"));
    }
    Ok(url)
}

/// Link-local addresses, which hold the metadata services of AWS, Azure and Google (169.254.169.254), and 0.0.0.0.
fn is_refused(ip: Ipv4Addr) -> bool {
    ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast()
}

/// The same for version 6: link-local, and fd00:ec2::/32 with the metadata service of AWS.
fn is_refused_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let local = ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast();
    local || (first, second) == (0xfd00, 0x0ec2) || ip.to_ipv4_mapped().is_some_and(is_refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};

    #[test]
    fn an_address_that_is_no_receiver_is_refused() {
        for address in [
            "http://169.254.169.254/latest/meta-data/",
            "http://0xA9FEA9FE/",
            "http://2852039166/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/",
            "http://metadata.google.internal./computeMetadata/v1/",
            "http://0.0.0.0/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "example.com/hook",
            "",
        ] {
            assert!(matches!(target(address), Err(Failure::Permanent(_))), "{address}");
        }
        for address in [
            "https://example.com/hook?key=1",
            "http://10.0.0.1:8080/",
            "http://localhost:9/",
            "http://[::1]/",
        ] {
            assert!(target(address).is_ok(), "{address}");
        }
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
        let webhook = Webhook::new(crate::http::client().unwrap());
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
        assert!(matches!(post("lost", "k").await, Err(Failure::Unanswered(_))));
    }
}
