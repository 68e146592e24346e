//! Measures the processor time of the console's pages, warm, with a record that fills them. A page that costs
//! too much fails:
//!
//! ```sh
//! cargo run --release --package system-tests --example pages
//! ```

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use signoff_core::id::DeployId;
use std::fs;
use std::path::Path;
use std::time::Duration;
use system_tests::routes;
use system_tests::story::{Story, tell};

/// Most time that a page may take, in a release build.
const MOST_TIME: Duration = Duration::from_millis(20);
/// Most bytes that a page may have.
const MOST_BYTES: usize = 60_000;
/// Requests before the first that counts.
const WARM_UP: u32 = 20;
/// Requests that count.
const REQUESTS: u32 = 200;

/// The processor time of all threads of all processes that run `program`, so far. Linux only:
/// <https://docs.kernel.org/scheduler/sched-stats.html>.
fn processor_time(program: &Path) -> Duration {
    let program = program.canonicalize().unwrap();
    let runs_it =
        |process: &fs::DirEntry| fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == program);
    let processes = fs::read_dir("/proc").unwrap().flatten().filter(runs_it);
    let threads = processes.flat_map(|process| fs::read_dir(process.path().join("task")).unwrap().flatten());
    let times = threads.filter_map(|thread| {
        let times = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(times.sum())
}

/// A deploy of many commits and votes, and enough others to fill a list.
async fn record(story: &Story) -> DeployId {
    story.rules("rules: []");
    for number in 0..50 {
        let revision = story.push("Ana", &format!("Change {number}"));
        story.deploys(&revision, "Staging").await;
    }
    story.much().await
}

fn main() {
    tell("pages", async |story| {
        let deploy = record(story).await;
        let console = story.world.program("console");
        println!("| request | processor time | bytes |\n|---|---|---|");
        for route in routes::all().iter().filter(|route| route.method == "GET") {
            let path = route.path(story, &deploy);
            let bytes = story.get(&path).await.bytes().await.unwrap().len();
            for _ in 0..WARM_UP {
                story.get(&path).await;
            }
            let before = processor_time(&console);
            for _ in 0..REQUESTS {
                story.get(&path).await;
            }
            let each = (processor_time(&console) - before) / REQUESTS;
            println!("| `GET {}` | {:.2} ms | {bytes} |", route.pattern, each.as_secs_f64() * 1000.0);
            assert!(each < MOST_TIME, "{path} takes {each:?}");
            let is_page = !["/api/", "/assets/", "/record."].iter().any(|other| path.starts_with(other));
            assert!(!is_page || bytes < MOST_BYTES, "{path} has {bytes} bytes");
        }
    });
}
