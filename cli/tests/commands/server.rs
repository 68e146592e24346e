//! A Signoff for tests: answers each request by a function, and remembers what it was asked.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// A running server, until the tests end.
pub(crate) struct Server {
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves what `answer` gives for a path and query: a status and a body (a text as it is). Errors ask to
    /// be repeated at once.
    pub(crate) fn start(answer: impl Fn(&str) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = socket.unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() == 1 {
                    request.push(byte[0]);
                }
                let request = String::from_utf8(request).unwrap();
                let path = request.split(' ').nth(1).unwrap().to_owned();
                let authorized = request.contains("authorization: Bearer key-of-the-tests\r\n");
                let (status, body) = if authorized { answer(&path) } else { (401, Value::Null) };
                log.lock().unwrap().push(path);
                let body = match body {
                    Value::String(text) => text,
                    body => body.to_string(),
                };
                let head = "Connection: close\r\nRetry-After: 0";
                let length = body.len();
                write!(socket, "HTTP/1.1 {status} X\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}")
                    .unwrap();
            }
        });
        Self { url, asked }
    }

    /// The paths that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
