//! The part of the WebDriver protocol that the tests use, and chromedriver's additions to it.
//!
//! Written by hand over the HTTP client that is there: the crates that speak the protocol bring features of
//! `serde_json` or a second ICU into the whole workspace, and the functions would be tested otherwise than
//! they are shipped.
//!
//! Sources: <https://www.w3.org/TR/webdriver2/>,
//! <https://developer.chrome.com/docs/chromedriver/capabilities>.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Longest time that the driver may take to answer: it answers a click once the next page is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// The name of an element's id in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser's session.
#[derive(Debug)]
pub struct WebDriver {
    http: Client,
    /// The session's address.
    url: String,
}

/// An element of the page that was open when it was found.
#[derive(Clone, Debug)]
pub struct Element(String);

/// Error of the driver.
#[derive(Debug)]
pub struct Refused {
    /// The protocol's word for it, such as `stale element reference`.
    pub error: String,
    message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error, self.message)
    }
}

impl Element {
    /// It, as an argument of a script.
    pub fn json(&self) -> Value {
        json!({ELEMENT: self.0})
    }

    /// The element that a script returned.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self(value[ELEMENT].as_str()?.to_owned()))
    }
}

impl WebDriver {
    /// Opens a session with the driver that listens at `driver`, an address without a slash at the end.
    pub async fn open(driver: &str, capabilities: &Value) -> Result<Self, Refused> {
        let http = Client::builder().timeout(ANSWER_WITHIN).build().unwrap();
        let wanted = json!({"capabilities": {"alwaysMatch": capabilities}});
        let session = ask(&http, Method::POST, format!("{driver}/session"), &wanted).await?;
        let id = session["sessionId"].as_str().unwrap();
        Ok(Self { url: format!("{driver}/session/{id}"), http })
    }

    /// The session's address; deleting it closes the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Goes to an address, and waits until the page is there.
    pub async fn goto(&self, url: &str) {
        self.post("url", &json!({"url": url})).await.unwrap();
    }

    /// The address of the page that is open.
    pub async fn page_url(&self) -> String {
        let url = ask(&self.http, Method::GET, format!("{}/url", self.url), &Value::Null).await.unwrap();
        url.as_str().unwrap().to_owned()
    }

    /// The elements that an XPath finds.
    pub async fn find(&self, xpath: &str) -> Vec<Element> {
        let found = self.post("elements", &json!({"using": "xpath", "value": xpath})).await.unwrap();
        found.as_array().unwrap().iter().filter_map(Element::from_json).collect()
    }

    /// Clicks an element.
    pub async fn click(&self, element: &Element) -> Result<(), Refused> {
        self.post(&format!("element/{}/click", element.0), &json!({})).await.map(drop)
    }

    /// Empties a field.
    pub async fn clear(&self, element: &Element) {
        self.post(&format!("element/{}/clear", element.0), &json!({})).await.unwrap();
    }

    /// Types into a field.
    pub async fn type_into(&self, element: &Element, text: &str) {
        self.post(&format!("element/{}/value", element.0), &json!({"text": text})).await.unwrap();
    }

    /// Types on the keyboard, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            let stroke = |kind: &str| json!({"type": kind, "value": key.to_string()});
            [stroke("keyDown"), stroke("keyUp")]
        });
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>()});
        self.post("actions", &json!({"actions": [keyboard]})).await.unwrap();
    }

    /// Runs a script as a function's body in the page; what it returns.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Result<Value, Refused> {
        self.post("execute/sync", &json!({"script": script, "args": arguments})).await
    }

    /// Runs a script that calls its last argument with what it has to say.
    pub async fn run_until_done(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []})).await.unwrap()
    }

    /// Returns the entries of a log (`browser`, `performance`) since the last call.
    pub async fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.post("se/log", &json!({"type": kind})).await.unwrap();
        entries.as_array().unwrap().clone()
    }

    /// A command of Chromium's own protocol.
    pub async fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({"cmd": name, "params": parameters})).await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        ask(&self.http, Method::POST, format!("{}/{path}", self.url), body).await
    }
}

async fn ask(http: &Client, method: Method, url: String, body: &Value) -> Result<Value, Refused> {
    let mut request = http.request(method, &url);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap_or_else(|error| panic!("the browser's driver: {error}"));
    let refused = !answer.status().is_success();
    let mut answer: Value = answer.json().await.unwrap();
    let value = answer["value"].take();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if refused { Err(Refused { error: text("error"), message: text("message") }) } else { Ok(value) }
}
