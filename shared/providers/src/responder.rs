//! A server for tests: answers each request by a function, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answer that the function gives.
pub(crate) enum Reply {
    /// Status, extra headers (`Name: value`), body.
    Answer(u16, Vec<String>, Vec<u8>),
    /// Reads the request, then hangs up.
    HangUp,
    /// Reads the request, then says nothing for as long as the client waits.
    Silence,
}

/// A reply with a JSON body.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> Reply {
    Reply::Answer(status, vec!["Content-Type: application/json".into()], body.to_string().into_bytes())
}

/// A running server.
pub(crate) struct Responder {
    /// `http://127.0.0.1:port`.
    pub base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Responder {
    /// Serves `reply(request head line, whole request)` on a free port of loopback until the test ends.
    pub async fn start(reply: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let Some(request) = read(&mut socket).await else { continue };
                let line =
                    request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                log.lock().unwrap().push(request.clone());
                let (status, headers, body) = match reply(&line, &request) {
                    Reply::Answer(status, headers, body) => (status, headers, body),
                    Reply::HangUp => continue,
                    Reply::Silence => {
                        tokio::spawn(async move { socket.read(&mut [0; 1]).await });
                        continue;
                    }
                };
                let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
                );
                let _ = socket.write_all(head.as_bytes()).await;
                let _ = socket.write_all(&body).await;
            }
        });
        Self { base, asked }
    }

    /// The requests so far, whole.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines so far, without the protocol's version.
    pub fn lines(&self) -> Vec<String> {
        let line = |request: &String| {
            request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned()
        };
        self.asked().iter().map(line).collect()
    }
}

/// Reads one request: its head, and as much body as its Content-Length says.
async fn read(socket: &mut tokio::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap_or(0));
            if body.len() >= length {
                return Some(text);
            }
        }
        match socket.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
