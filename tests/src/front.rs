//! The address that stories, Slack and links know the stack by: it is there before the stack is, and hides
//! how a local AWS wants its HTTP API to be addressed.

use crate::contract::Exchange;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HOST};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::net::TcpListener;

/// More than any HTTP API takes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Server that requests are forwarded to.
#[derive(Clone, Debug)]
pub struct Target {
    /// `http://127.0.0.1:4566`.
    pub base: String,
    /// The `Host` that the local AWS knows the HTTP API by.
    pub host: Option<String>,
}

/// A listening front.
#[derive(Clone, Debug)]
pub struct Front {
    url: String,
    target: Arc<OnceLock<Target>>,
    heard: Arc<Mutex<Vec<Exchange>>>,
}

#[derive(Clone)]
struct Forward {
    client: reqwest::Client,
    target: Arc<OnceLock<Target>>,
    heard: Arc<Mutex<Vec<Exchange>>>,
}

impl Front {
    /// Listens on a free port of the loopback interface.
    pub async fn start(client: reqwest::Client) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let target = Arc::new(OnceLock::new());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let forward = Forward { client, target: Arc::clone(&target), heard: Arc::clone(&heard) };
        let router = Router::new().fallback(pass).with_state(forward);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, target, heard })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The answers of the JSON API that went through it since the last call.
    pub fn heard(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on requests go to `target`; the first call counts.
    pub fn lead_to(&self, target: Target) {
        self.target.get_or_init(|| target);
    }
}

async fn pass(State(forward): State<Forward>, request: Request) -> Response {
    match send(&forward, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn send(
    forward: &Forward,
    request: Request,
) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
    let target = forward.target.get().ok_or("the stack is not there yet")?;
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove(HOST);
    if let Some(host) = &target.host {
        headers.insert(HOST, host.parse()?);
    }
    let (method, asked) = (parts.method.to_string(), parts.uri.path().to_owned());
    let answer = forward
        .client
        .request(parts.method, format!("{}{path}", target.base))
        .headers(headers)
        .body(to_bytes(body, LARGEST_BODY).await?)
        .send()
        .await?;
    let status = answer.status();
    let mut response = Response::builder().status(status);
    if let Some(headers) = response.headers_mut() {
        headers.extend(answer.headers().clone());
        headers.remove("transfer-encoding");
        headers.remove("connection");
    }
    let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let body = answer.bytes().await?;
    if asked.starts_with("/api/v1/") {
        let text = String::from_utf8_lossy(&body).into_owned();
        let heard = Exchange { method, path: asked, status, media_type, body: text };
        forward.heard.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    }
    Ok(response.body(Body::from(body))?)
}
