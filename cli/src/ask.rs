//! Asking a Signoff for its record, over the JSON that its console answers with.

use crate::args::{Connection, Since, Which};
use crate::files::{Stop, read_file};
use backon::{ExponentialBuilder, Retryable};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signoff_providers::failure::retry_after;
use signoff_providers::http::cause;
use std::time::Duration;

/// Largest number of deploys that one answer lists.
pub(crate) const MOST_LISTED: usize = 100;
/// Number of deploys asked about at the same time.
const AT_ONCE: usize = 8;
/// The pause before the second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Number of further attempts after the first one failed.
const RETRIES: usize = 4;
/// Nobody waits at a prompt for longer than that.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Input of a command beside its arguments.
pub struct Surroundings {
    /// The time.
    pub now: Timestamp,
    /// The API key in the environment, if there is one.
    pub api_key: Option<SecretString>,
}

/// A Signoff that can be asked.
pub(crate) struct Signoff {
    client: Client,
    url: Url,
    authorization: HeaderValue,
}

/// Filter of a list of deploys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) deployment: Option<String>,
    pub(crate) environment: Option<String>,
    /// Only those of this revision: a SHA, or its first 7 characters or more.
    pub(crate) revision: Option<String>,
    pub(crate) since: Option<Timestamp>,
    /// Only those that come after this in the list: the `next` of an earlier part.
    pub(crate) before: Option<String>,
}

/// A deploy of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) deployment: String,
    pub(crate) environment: String,
    pub(crate) revision: String,
    pub(crate) deployed_at: Timestamp,
}

impl Listed {
    /// Title that people know the deploy by: `7bf7226 - checkout (Staging)`.
    pub(crate) fn title(&self) -> String {
        let name = self.deployment.split_once('/').map_or(self.deployment.as_str(), |(_, name)| name);
        format!("{} - {name} ({})", self.short_revision(), self.environment)
    }

    /// The revision's first 7 characters.
    pub(crate) fn short_revision(&self) -> &str {
        self.revision.get(..7).unwrap_or(&self.revision)
    }
}

/// A part of the list of deploys.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    pub(crate) deploys: Vec<Value>,
    /// Cursor that the next part comes after; `None` at the end.
    pub(crate) next: Option<String>,
}

/// An answer that is an error, as RFC 9457 has it.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// An attempt that gave no answer.
struct Refused {
    message: String,
    /// True if another attempt may succeed.
    passing: bool,
    /// True if no answer came at all.
    lost: bool,
    /// Wait that the other side asks for.
    retry_after: Option<Duration>,
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        if refused.passing || refused.lost {
            Self::Unanswered(refused.message)
        } else {
            Self::Ask(refused.message)
        }
    }
}

impl Wanted {
    /// Filter that the arguments describe, at the time `now`. Without a start in the arguments, it starts at
    /// `default`.
    pub(crate) fn of(which: &Which, default: Option<Since>, now: Timestamp) -> Self {
        Self {
            deployment: which.deployment.as_ref().map(ToString::to_string),
            environment: which.environment.clone(),
            revision: which.revision.clone(),
            since: which.since.or(default).map(|since| since.of(now)),
            before: None,
        }
    }
}

impl Signoff {
    /// The Signoff that the arguments or the environment name.
    pub(crate) fn new(connection: &Connection, surroundings: &Surroundings) -> Result<Self, Stop> {
        let url = connection.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let url = url.ok_or_else(|| {
            Stop::Ask(
                "no address of Signoff; pass --url, or set SIGNOFF_URL to the stack's output ConsoleUrl"
                    .to_owned(),
            )
        })?;
        let client = signoff_providers::http::client_with_system_roots()
            .map_err(|failure| Stop::Ask(failure.to_string()))?;
        let (url, authorization) = (address(url)?, authorization(connection, surroundings)?);
        Ok(Self { client, url, authorization })
    }

    /// The deploys that are wanted, newest first, at most `limit`; and whether there are more.
    pub(crate) async fn deploys(&self, wanted: &Wanted, limit: usize) -> Result<(Vec<Value>, bool), Stop> {
        let (mut deploys, mut wanted) = (Vec::new(), wanted.clone());
        loop {
            let part = self.list(&wanted, MOST_LISTED.min(limit - deploys.len())).await?;
            deploys.extend(part.deploys);
            wanted.before = part.next;
            if wanted.before.is_none() || deploys.len() >= limit {
                return Ok((deploys, wanted.before.is_some()));
            }
        }
    }

    /// A part of the list of deploys that are wanted, at most `size`, which is at most [`MOST_LISTED`]. It
    /// may have fewer, or none, though there is a next one.
    pub(crate) async fn list(&self, wanted: &Wanted, size: usize) -> Result<Part, Stop> {
        let mut query = vec![("limit", size.to_string())];
        query.extend(wanted.deployment.clone().map(|deployment| ("deployment", deployment)));
        query.extend(wanted.environment.clone().map(|environment| ("environment", environment)));
        query.extend(wanted.revision.clone().map(|revision| ("revision", revision)));
        query.extend(wanted.since.map(|since| ("since", since.to_string())));
        query.extend(wanted.before.clone().map(|before| ("before", before)));
        self.get(&["deploys"], &query).await
    }

    /// Documents of the deploys with these ids, in the order of the ids; a few are requested ahead.
    /// `document` is the last part of a document's address, if it has one.
    pub(crate) fn documents<'a, T: DeserializeOwned + 'a>(
        &'a self,
        ids: &'a [String],
        document: Option<&'a str>,
    ) -> impl Stream<Item = Result<T, Stop>> + 'a {
        stream::iter(ids).map(move |id| self.document(id, document)).buffered(AT_ONCE)
    }

    pub(crate) async fn document<T: DeserializeOwned>(
        &self,
        id: &str,
        document: Option<&str>,
    ) -> Result<T, Stop> {
        let path: Vec<&str> = ["deploys", id].into_iter().chain(document).collect();
        self.get(&path, &[]).await
    }

    /// The answer at `path` below `/api/v1`. What may pass is tried again.
    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, String)]) -> Result<T, Stop> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(RETRIES);
        let attempt = || self.attempt(&url, query);
        let body = attempt
            .retry(pauses)
            .when(|refused: &Refused| refused.passing)
            .adjust(|refused, pause| {
                let pause = pause.map(|pause| refused.retry_after.unwrap_or(pause));
                pause.filter(|pause| *pause <= LONGEST_PAUSE)
            })
            .await?;
        serde_json::from_slice(&body).map_err(|error| {
            let url = &self.url;
            Stop::Ask(if error.is_data() {
                format!(
                    "{url} sent an answer that this version of signoff can't read ({error}); update signoff"
                )
            } else {
                format!("{url} isn't a Signoff; check the stack's output ConsoleUrl")
            })
        })
    }

    /// One request; the body of its answer.
    async fn attempt(&self, url: &Url, query: &[(&str, String)]) -> Result<Vec<u8>, Refused> {
        let request =
            self.client.get(url.clone()).query(query).header(AUTHORIZATION, self.authorization.clone());
        let lost = |error: reqwest::Error| {
            let message = if error.is_timeout() {
                format!("{url} did not answer in time; try again")
            } else {
                format!("{url} can't be reached ({}); check the stack's output ConsoleUrl", cause(&error))
            };
            Refused { message, passing: false, lost: true, retry_after: None }
        };
        let response = request.send().await.map_err(lost)?;
        let (status, asked) = (response.status(), retry_after(response.headers()));
        let body = response.bytes().await.map_err(lost)?.to_vec();
        if status.is_success() {
            return Ok(body);
        }
        let detail = serde_json::from_slice(&body).ok().map(|problem: Problem| problem.detail);
        let code = status.as_u16();
        let message = match (status, detail) {
            (StatusCode::UNAUTHORIZED, _) => format!(
                "{url} rejected this API key; set SIGNOFF_API_KEY, or the file of --api-key-file, to one that is created at /settings/keys with the scope `read`, or one of the `keys` in the stack's InboundSecret"
            ),
            (_, Some(detail)) => format!("{url} answered {code}: {detail}"),
            (StatusCode::TOO_MANY_REQUESTS, None) => {
                format!("{url} is busy (429); try again in a moment")
            }
            (status, None) if status.is_server_error() => {
                format!("{url} answered {code}; try again in a moment")
            }
            (_, None) => {
                format!("{url} answered {code}, so it isn't a Signoff; check the stack's output ConsoleUrl")
            }
        };
        let passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        Err(Refused { message, passing, lost: false, retry_after: asked })
    }
}

/// Waits until everything that was asked for is there.
pub(crate) fn wait<T>(asking: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(asking)
}

/// The address of the API of the Signoff at `text`. The key goes over TLS, or to this machine.
fn address(text: &str) -> Result<Url, Stop> {
    let wrong = |right: &str| Stop::Ask(format!("`{text}` isn't an address of Signoff: {right}"));
    let mut url = Url::parse(text).map_err(|_| wrong("write it as https://signoff.example.com"))?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        "http" => return Err(wrong("http would send the API key in clear text; write https://")),
        _ => return Err(wrong("it starts with https://")),
    }
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| wrong("write it as https://signoff.example.com"))?
        .pop_if_empty()
        .extend(["api", "v1"]);
    Ok(url)
}

/// The header that carries the key of `--api-key-file`, or of the environment.
fn authorization(connection: &Connection, surroundings: &Surroundings) -> Result<HeaderValue, Stop> {
    let read = |path| read_file(path).map(SecretString::from);
    let from_file = connection.api_key_file.as_deref().map(read).transpose()?;
    let key = from_file.as_ref().or(surroundings.api_key.as_ref()).map(|key| key.expose_secret().trim());
    let key = key.filter(|key| !key.is_empty()).ok_or_else(|| {
        Stop::Ask("no API key; set SIGNOFF_API_KEY, or pass a file with --api-key-file".to_owned())
    })?;
    let mut header = HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| Stop::Ask("the API key is invalid; it must be one line of text".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}
