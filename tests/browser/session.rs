//! A browser: headless Chromium with a fresh profile, driven by a chromedriver of its own. Both end with it.

use crate::webdriver::WebDriver;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::Duration;
use system_tests::local_aws::setting;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest time that Chromium may take to end.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);
/// Advice for a machine without a browser.
const INSTALL: &str = "the browser tests need Chromium and its driver: install them (Debian and Ubuntu: `apt-get install \
                       chromium chromium-driver`; elsewhere any Chrome with the chromedriver of its version), name \
                       the driver's program in SIGNOFF_CHROMEDRIVER if it is not on the PATH, or leave these tests \
                       out with SIGNOFF_TEST_BROWSER=off";
/// Chromium stays by itself: it looks for no updates, and reaches no host but this one.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A running chromedriver. It is killed when this goes.
struct Chromedriver {
    url: String,
    _process: Child,
    /// Open as long as it may write.
    _output: Lines<BufReader<ChildStdout>>,
}

/// A browser that is open. Chromium ends first, then its driver, then its profile.
pub struct Session {
    /// Driver of the browser.
    pub driver: WebDriver,
    chromedriver: Chromedriver,
    _profile: TempDir,
}

/// True if `SIGNOFF_TEST_BROWSER` turns the browser tests off.
pub fn left_out() -> bool {
    match setting("SIGNOFF_TEST_BROWSER").as_deref() {
        None | Some("" | "on") => false,
        Some("off") => true,
        Some(other) => panic!("SIGNOFF_TEST_BROWSER is {other}; it must be on or off"),
    }
}

impl Chromedriver {
    async fn start() -> Self {
        let program = setting("SIGNOFF_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".to_owned());
        let mut said = String::new();
        // The port that it takes for itself may be gone the moment after.
        for _ in 0..3 {
            match Self::try_start(&program).await {
                Ok(started) => return started,
                Err(instead) => said = instead,
            }
        }
        panic!("{program} ended before it listened:\n{said}");
    }

    /// Error: what it said before it ended.
    async fn try_start(program: &str) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}\n{INSTALL}"));
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(line) = output.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                return Ok(Self { url, _process: process, _output: output });
            }
            said.push_str(&line);
            said.push('\n');
        }
        Err(said)
    }
}

impl Session {
    /// Opens a browser. `javascript`: whether pages may run theirs.
    pub async fn open(javascript: bool) -> Self {
        let chromedriver = Chromedriver::start().await;
        let profile = tempfile::tempdir().unwrap();
        let driver = WebDriver::open(&chromedriver.url, &capabilities(&profile, javascript)).await;
        let driver = driver.unwrap_or_else(|refused| panic!("no browser: {refused}\n{INSTALL}"));
        Self { driver, chromedriver, _profile: profile }
    }
}

impl Drop for Session {
    /// Closes Chromium, also where a test failed: it would outlive its driver.
    fn drop(&mut self) {
        let host = self.chromedriver.url.trim_start_matches("http://");
        let path = self.driver.url().trim_start_matches(&self.chromedriver.url);
        let close = || {
            let mut driver = TcpStream::connect(host)?;
            driver.set_read_timeout(Some(CLOSES_WITHIN))?;
            write!(driver, "DELETE {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            // It answers when Chromium has ended, and keeps the connection.
            driver.read(&mut [0])
        };
        if let Err(error) = close() {
            eprintln!("Chromium may still be running: {error}");
        }
    }
}

fn capabilities(profile: &TempDir, javascript: bool) -> Value {
    let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
    // Chromium's sandbox does not start for root, whose folder this would be.
    if profile.path().metadata().unwrap().uid() == 0 {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    // 1: allow, 2: block.
    let scripts = if javascript { 1 } else { 2 };
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {"profile.managed_default_content_settings.javascript": scripts},
        },
        "goog:loggingPrefs": {"browser": "INFO", "performance": "ALL"},
    })
}
