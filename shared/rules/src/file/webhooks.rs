//! `webhook`.

use super::header_secrets::SecretUse;
use super::hosts::is_this_machine;
use super::reader::Reader;
use super::secrets::{has_login, holds_secret, is_key_to_a_receiver, is_secret_header};
use crate::policy::host;
use crate::problem::Wrong;
use crate::reference::{METHODS, WEBHOOK, names};
use crate::yaml::{Content, Entry, Node};
use signoff_core::action::{HeaderText, Method, WebhookBody, WebhookSpec};
use std::collections::BTreeMap;

/// The action's name.
const NAME: &str = "webhook";
const KEYS: [&str; WEBHOOK.len()] = names(&WEBHOOK);
/// The most headers of a request.
const MAX_HEADERS: usize = 20;
/// The headers that belong to the connection or to Signoff.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>.
const OWN: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];
/// The advice about a secret that stands elsewhere.
const IN_A_HEADER: &str =
    "send the stack's secret in a header: `headers: {Authorization: {secret: name-of-the-secret}}`";

impl Reader<'_> {
    /// The address, or `{url, method, body, headers}`.
    pub(super) fn webhook(&mut self, node: &Node) -> Option<WebhookSpec> {
        let Content::Mapping(entries) = &node.content else {
            return self.webhook_address(node).map(WebhookSpec::to);
        };
        let (mut url, mut spec, mut sound) = (None, WebhookSpec::default(), true);
        let first_secret = self.header_secrets.len();
        for entry in self.known(entries, NAME, &KEYS) {
            match entry.key.as_str() {
                "url" => url = self.webhook_address(&entry.value),
                "method" => {
                    let method = self.word(&entry.value, "method", &METHODS);
                    let method = method
                        .and_then(|word| Method::ALL.into_iter().find(|known| known.to_string() == word));
                    sound &= method.is_some();
                    spec.method = method.unwrap_or_default();
                }
                "body" => {
                    spec.body = self.webhook_body(&entry.value);
                    sound &= spec.body.is_some();
                }
                "headers" if entry.value.is_null() => {}
                "headers" => spec.headers = self.headers(&entry.value),
                _ => {}
            }
        }
        self.required(node, entries, NAME, "url")?;
        spec.url = url?;
        if spec.method == Method::Get && spec.body.is_some() {
            let at = entries.iter().find(|entry| entry.key == "body").map_or(node.start, |entry| entry.at);
            self.problem(at, "a GET has no body", "leave `body` out, or write `method: POST`".to_owned());
        }
        if spec.secrets().next().is_some() {
            let at =
                entries.iter().find(|entry| entry.key == "url").map_or(node.start, |entry| entry.value.start);
            self.sound(at, secret_goes_to(&spec.url))?;
            let address = self.source.problem(at, String::new(), None);
            for named in self.header_secrets.iter_mut().skip(first_secret) {
                named.host = host(&spec.url).unwrap_or_default();
                named.address = address.clone();
            }
        }
        sound.then_some(spec)
    }

    /// An address in which nobody wrote a secret. What stands in it for one may be anything: only what has
    /// the form of one is told.
    fn webhook_address(&mut self, node: &Node) -> Option<String> {
        let url = self.address(node, NAME)?;
        if has_login(&url) || holds_secret(&url) {
            let message = "the address holds a secret, and whoever reads the repository reads this file";
            self.problem(node.start, message, IN_A_HEADER.to_owned());
            return None;
        }
        if is_key_to_a_receiver(&url) {
            let message = "anyone who knows this address can call it, and anyone who reads the repository reads this file";
            self.notice(node.start, message, "call a service of your own that keeps it secret".to_owned());
        }
        if is_this_machine(&url) {
            let message = "this address is of the machine itself, and only the local stack calls it";
            let right = "write the address at which others reach the receiver".to_owned();
            self.notice(node.start, message, right);
        }
        Some(url)
    }

    /// A text of the body in which nobody wrote a secret.
    fn webhook_text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.template(node, what)?;
        if holds_secret(&text) {
            let message = format!("{what} holds a secret, and whoever reads the repository reads this file");
            self.problem(node.start, message, IN_A_HEADER.to_owned());
            return None;
        }
        Some(text)
    }

    /// A template, or names with templates.
    fn webhook_body(&mut self, node: &Node) -> Option<WebhookBody> {
        let Content::Mapping(entries) = &node.content else {
            let text = self.webhook_text(node, "body")?;
            self.words_in_json(node, &text);
            return Some(WebhookBody::Text(text));
        };
        let mut texts = BTreeMap::new();
        for entry in entries {
            if entry.key.trim().is_empty() {
                self.problem(
                    entry.at,
                    "a text of the body has no name",
                    "write, for example, `name: text`".to_owned(),
                );
            } else if let Some(text) =
                self.webhook_text(&entry.value, &format!("`{}` of the body", entry.key))
            {
                texts.insert(entry.key.clone(), text);
            }
        }
        Some(WebhookBody::Object(texts))
    }

    /// Names with templates, or with the name of a secret.
    fn headers(&mut self, node: &Node) -> BTreeMap<String, HeaderText> {
        let mut headers: BTreeMap<String, HeaderText> = BTreeMap::new();
        let entries =
            self.mapping(node, "headers", "`headers:` with a name and a text each").unwrap_or_default();
        if entries.len() > MAX_HEADERS {
            let message =
                format!("a webhook has at most {MAX_HEADERS} headers, and this one has {}", entries.len());
            self.problem(node.start, message, "leave out what the receiver does not need".to_owned());
        }
        for entry in entries {
            if self.sound(entry.at, header_name(&entry.key)).is_none() {
                continue;
            }
            if headers.keys().any(|known| known.eq_ignore_ascii_case(&entry.key)) {
                let message = format!("the header `{}` stands there twice, in another case", entry.key);
                self.problem(entry.at, message, "leave one of them out".to_owned());
                continue;
            }
            if let Some(value) = self.header(entry) {
                headers.insert(entry.key.clone(), value);
            }
        }
        headers
    }

    fn header(&mut self, entry: &Entry) -> Option<HeaderText> {
        let name = entry.key.as_str();
        if let Content::Mapping(entries) = &entry.value.content {
            let known = self.known(entries, "a header", &["secret"]);
            let Some(secret) = known.first() else {
                if entries.is_empty() {
                    let right = format!("write `{name}: {{secret: name-of-the-secret}}`");
                    self.problem(entry.value.start, format!("the header `{name}` has no value"), right);
                }
                return None;
            };
            let text = self.text(&secret.value, "secret")?.trim().to_owned();
            self.sound(secret.value.start, secret_name(&text))?;
            let place = self.source.problem(secret.value.start, String::new(), None);
            self.header_secrets.push(SecretUse {
                secret: text.clone(),
                host: String::new(),
                address: place.clone(),
                place,
            });
            return Some(HeaderText::Secret(text));
        }
        if name == "secret" {
            let of = entry.value.as_scalar().map_or("", |scalar| scalar.text.trim());
            let secret = if secret_name(of).is_ok() { of } else { "name-of-the-secret" };
            let message = "`secret` stands under the name of the header that sends it";
            let right = format!("write, for example, `Authorization: {{secret: {secret}}}`");
            self.problem(entry.at, message, right);
            return None;
        }
        let text = self.template(&entry.value, &format!("the header `{name}`"))?;
        if is_secret_header(name, &text) || holds_secret(&text) {
            let message = format!(
                "the header `{name}` holds a secret, and whoever reads the repository reads this file"
            );
            let right = format!("name the stack's secret: `{name}: {{secret: name-of-the-secret}}`");
            self.problem(entry.value.start, message, right);
            return None;
        }
        if text.contains(['\n', '\r']) {
            let message = format!("the header `{name}` has several lines");
            self.problem(entry.value.start, message, "write it on one line".to_owned());
            return None;
        }
        Some(HeaderText::Text(text))
    }
}

/// Checks that a header may have this name.
fn header_name(name: &str) -> Result<(), Wrong> {
    let is_token = !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let lower = name.to_ascii_lowercase();
    let own = OWN.contains(&lower.as_str())
        || ["proxy-", "x-sleuth-", "x-signoff-", "sec-"].iter().any(|start| lower.starts_with(start));
    if !is_token {
        return Err(Wrong::new(
            format!("`{name}` is not the name of a header"),
            "write letters, digits and hyphens, for example `X-Team`",
        ));
    }
    if own {
        return Err(Wrong::new(format!("Signoff sets the header `{name}` itself"), "leave it out"));
    }
    Ok(())
}

/// Checks that a secret may have this name.
fn secret_name(name: &str) -> Result<(), Wrong> {
    let sound = (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if sound {
        return Ok(());
    }
    // What stands here may be the secret itself: it is not repeated.
    Err(Wrong::new(
        "a secret's name has letters, digits, `-`, `_` and `.` alone".to_owned(),
        "write the name that the secret has in the stack's WriteSecret, not its value",
    ))
}

/// Checks that a secret may go to this address: its host is known, and nobody can read along.
fn secret_goes_to(url: &str) -> Result<(), Wrong> {
    let Some(host) = host(url) else {
        return Err(Wrong::new(
            "a secret goes to a host that is known before the webhook runs".to_owned(),
            "write the host out, without variables, and without a name or password before it",
        ));
    };
    let is_local = matches!(host.as_str(), "localhost" | "127.0.0.1");
    if url.trim().to_ascii_lowercase().starts_with("https://") || is_local {
        return Ok(());
    }
    Err(Wrong::new("a secret goes over https:// alone, never over `http://`".to_owned(), "write `https://`"))
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use signoff_core::action::{Action, HeaderText, Method, WebhookBody};

    fn file(webhook: &str) -> String {
        format!("rules: [{{tell: {{actions: [{{webhook: {webhook}}}]}}}}]\n")
    }

    #[test]
    fn webhook_takes_a_method_a_body_and_headers() {
        let text = file(
            "{url: 'https://x.example/{{ revision }}', method: PUT, body: {by: '{{ approved_by }}'}, \
             headers: {X-Team: payments, Authorization: {secret: pager}}}",
        );
        let read = parse(&text, "rules.yml").unwrap();
        let Action::Webhook(spec) = &read.rules[0].actions[0] else { panic!("a webhook") };
        assert_eq!(spec.method, Method::Put);
        assert_eq!(
            spec.body,
            Some(WebhookBody::Object([("by".to_owned(), "{{ approved_by }}".to_owned())].into()))
        );
        assert_eq!(spec.headers["X-Team"], HeaderText::Text("payments".to_owned()));
        assert_eq!(spec.secrets().collect::<Vec<_>>(), ["pager"]);
    }

    #[test]
    fn mistakes_of_a_webhook_are_told_without_its_secrets() {
        for (webhook, told) in [
            ("{url: 'https://x.example', method: post}", "method can't be `post`"),
            ("{url: 'https://x.example', method: GET, body: x}", "a GET has no body"),
            ("{url: 'https://x.example', headers: {Authorization: Bearer s3cret}}", "holds a secret"),
            ("{url: 'https://x.example', headers: {X-Api-Key: s3cret}}", "holds a secret"),
            ("{url: 'https://x.example', headers: {Host: evil.example}}", "sets the header `Host` itself"),
            ("{url: 'https://x.example', headers: {X-Sleuth-Signature: v0}}", "itself"),
            ("{url: 'https://x.example', headers: {'X Team': a}}", "not the name of a header"),
            ("{url: 'https://x.example', headers: {X-Team: a, x-team: b}}", "stands there twice"),
            (
                "{url: 'https://x.example', headers: {Authorization: {secret: 'Bearer s3cret'}}}",
                "a secret's name has",
            ),
            ("{url: 'https://x.example', headers: {Authorization: {}}}", "has no value"),
            (
                "{url: 'https://{{ environment }}.example', headers: {Authorization: {secret: pager}}}",
                "a host that is known",
            ),
            (
                "{url: 'https://{{ branch }}@x.example', headers: {Authorization: {secret: pager}}}",
                "a host that is known",
            ),
            (
                "{url: 'https://me:s3cret@x.example', headers: {Authorization: {secret: pager}}}",
                "the address holds a secret",
            ),
            ("'https://me:s3cret@x.example'", "the address holds a secret"),
            ("'https://x.example/?t=ghp_s3cret0123456789'", "the address holds a secret"),
            ("{url: 'https://x.example', headers: {X_Api_Key: s3cret}}", "holds a secret"),
            ("{url: 'https://x.example', headers: {X-Pager: Bearer s3cret}}", "holds a secret"),
            ("{url: 'https://x.example', body: 'glpat-s3cret0123456789'}", "body holds a secret"),
            ("{url: 'https://x.example', body: {k: ghp_s3cret0123456789}}", "`k` of the body holds a secret"),
            ("{url: 'http://x.example', headers: {Authorization: {secret: pager}}}", "over https:// alone"),
            ("{method: PUT}", "webhook has no `url`"),
        ] {
            let problems = parse(&file(webhook), "rules.yml").unwrap_err();
            let all = problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
            assert!(all.len() == 1 && all[0].contains(told), "{webhook}: {all:?}");
            assert!(!all[0].contains("s3cret"), "{all:?}");
        }
    }

    #[test]
    fn build_is_not_chosen_by_what_is_known_later() {
        for key in ["revision: '{{ approved_by }}'", "parameters: {name: '{{ outcome }}.yml'}"] {
            let text = format!("rules: [{{a: {{actions: [{{trigger_build: {{{key}}}}}]}}}}]\n");
            let problems = parse(&text, "rules.yml").unwrap_err();
            assert!(problems[0].message.contains("not known before people vote"), "{problems:?}");
        }
    }
}
