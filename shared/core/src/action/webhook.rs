//! The request of `webhook`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// `webhook`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WebhookSpec {
    /// The address, a template.
    pub url: String,
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// The body; `None`: the description of the deploy, where the method sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<WebhookBody>,
    /// The headers by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, HeaderText>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

/// The body that a rule writes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookBody {
    /// A text, a template.
    Text(String),
    /// A JSON object of texts, by name; the texts are templates.
    Object(BTreeMap<String, String>),
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderText {
    /// A text, a template.
    Text(String),
    /// The value of the stack's secret of this name.
    Secret(String),
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// True if a request with this method describes the deploy where the rule writes no body.
    pub fn describes(self) -> bool {
        match self {
            Self::Post | Self::Put | Self::Patch => true,
            Self::Get | Self::Delete => false,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

impl WebhookSpec {
    /// A POST of the deploy's description to `url`.
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The names of the secrets that it sends.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.headers.values().filter_map(|value| match value {
            HeaderText::Secret(name) => Some(name.as_str()),
            HeaderText::Text(_) => None,
        })
    }

    /// The request with each of its templates replaced by its `text`, and the address by its `address`.
    /// Error: the first one.
    pub(super) fn with_texts<E>(
        &self,
        address: impl Fn(&str) -> Result<String, E>,
        text: impl Fn(&str) -> Result<String, E>,
    ) -> Result<Self, E> {
        let body = match &self.body {
            None => None,
            Some(WebhookBody::Text(template)) => Some(WebhookBody::Text(text(template)?)),
            Some(WebhookBody::Object(texts)) => {
                let mut rendered = BTreeMap::new();
                for (name, template) in texts {
                    rendered.insert(name.clone(), text(template)?);
                }
                Some(WebhookBody::Object(rendered))
            }
        };
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers {
            let value = match value {
                HeaderText::Text(template) => HeaderText::Text(text(template)?),
                HeaderText::Secret(secret) => HeaderText::Secret(secret.clone()),
            };
            headers.insert(name.clone(), value);
        }
        Ok(Self { url: address(&self.url)?, method: self.method, body, headers })
    }
}
