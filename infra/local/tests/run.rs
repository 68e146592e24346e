//! `cargo run` itself: it starts, makes a first deploy whose dialog appears, keeps its record, and ends at
//! Ctrl-C.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};

/// The functions may have to be built first.
const BUILD: Duration = Duration::from_secs(900);
/// More than enough on a busy machine; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct Running {
    child: Child,
    output: tokio::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts it on free ports and waits for its addresses: those of Slack and of the console.
    async fn start(arguments: &[&str]) -> (Self, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signoff-local"))
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut running = Self { child, output };
        let slack = running.address("Slack").await;
        let console = running.address("Console").await;
        (running, slack, console)
    }

    async fn address(&mut self, name: &str) -> String {
        let found = timeout(BUILD, async {
            while let Some(line) = self.output.next_line().await.unwrap() {
                if let [first, address] = line.split_whitespace().collect::<Vec<_>>().as_slice()
                    && *first == name
                {
                    return Some((*address).to_owned());
                }
            }
            None
        });
        let address = found.await.unwrap();
        assert!(address.is_some(), "it ended before it told the address of {name}");
        address.unwrap()
    }

    /// Presses Ctrl-C; it must end well, and soon.
    async fn interrupt(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}

async fn get(url: &str) -> String {
    let request = reqwest::Client::new().get(url).bearer_auth(signoff_local::api_key::TEXT);
    request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

/// Deploys on record, once there is one.
async fn deploys(console: &str) -> Vec<Value> {
    let deploys: Value = serde_json::from_str(&get(&format!("{console}/api/v1/deploys")).await).unwrap();
    deploys["deploys"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_leads_to_the_first_dialog_and_a_kept_record() {
    // The test's own client needs a TLS provider to be built, as the program's does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let data = data.to_str().unwrap();

    let (running, slack, console) = Running::start(&["--data", data]).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = get(&slack).await;
        if page.contains("would you like to promote") && page.contains("Approve") {
            break;
        }
        assert!(Instant::now() < deadline, "no dialog in {page}");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(deploys(&console).await.len(), 1);
    running.interrupt().await;
    assert!(Path::new(data).join("dynamodb.sqlite").is_file());

    let (running, slack, console) = Running::start(&["--data", data, "--no-build"]).await;
    let page = get(&slack).await;
    assert!(page.contains("would you like to promote") && page.contains("Approve"), "{page}");
    assert_eq!(deploys(&console).await.len(), 1, "the record is there, and no second first deploy");
    running.interrupt().await;
}
