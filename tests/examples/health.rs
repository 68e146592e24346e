//! 1,000 reports of health at the same moment, each of another source: all of one deploy, then of 50 deploys:
//!
//! ```sh
//! cargo run --package system-tests --example health
//! ```
//!
//! A number says how many reports instead. It fails where an answer is neither 200 nor a 4xx that names the
//! limit, or where a report that was answered 200 is not on record in the end.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use serde_json::json;
use signoff_core::effect::Effect;
use signoff_core::id::DeployId;
use std::collections::BTreeMap;
use std::time::Duration;
use system_tests::story::{NO_RULE_HOLDS, Story};
use system_tests::world::{API_KEY, World, WorldOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// All reports, where no number is given.
const REPORTS: usize = 1_000;
/// The deploys of the second round.
const DEPLOYS: usize = 50;
/// After this long, a report that is not on record is lost.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Longest time for which a reporter waits: API Gateway answers within 30 s.
const WAITS: Duration = Duration::from_secs(60);
/// Between two looks at the record.
const LOOK: Duration = Duration::from_secs(1);

/// A deploy, its revision, and the sources whose reports were answered 200.
struct Reported {
    deploy: DeployId,
    revision: String,
    taken: Vec<String>,
}

/// Sends the reports, as many of each deploy, all at once; the answers by their status, and what went wrong.
async fn send(story: &'static Story, deploys: &mut [Reported], reports: usize) -> (String, Vec<String>) {
    // Nothing else than the answer ends the wait: 1,000 connections at once take a while to be accepted.
    let http = reqwest::Client::builder().connect_timeout(WAITS).build().unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..reports {
        let index = number % deploys.len();
        let url = format!(
            "{}/api/1/deployments/acme/{}/{}/health",
            story.world.front.url(),
            story.name,
            deploys[index].revision
        );
        let source = format!("monitor {number}");
        let body = json!({"health": "Ailing", "source": source});
        let http = http.clone();
        tasks.spawn(async move {
            let begin = Instant::now();
            let request = http.post(url).timeout(WAITS).bearer_auth(API_KEY).json(&body);
            let answer = async {
                let answer = request.send().await?;
                Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.text().await?))
            };
            (index, source, answer.await, begin.elapsed())
        });
    }
    let (mut answers, mut problems, mut longest) =
        (BTreeMap::<u16, usize>::new(), Vec::new(), Duration::ZERO);
    for (index, source, answer, waited) in tasks.join_all().await {
        longest = longest.max(waited);
        let (status, text) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                problems.push(format!("{source} got no answer in {:.1} s: {error:?}", waited.as_secs_f64()));
                continue;
            }
        };
        *answers.entry(status).or_default() += 1;
        match status {
            200 => deploys[index].taken.push(source),
            400..=499 if text.contains("source:") => {}
            _ => problems.push(format!("{source} was answered {status}: {text}")),
        }
    }
    let answers: Vec<_> = answers.iter().map(|(status, count)| format!("{count} times {status}")).collect();
    (format!("{}; the last answer after {:.1} s", answers.join(", "), longest.as_secs_f64()), problems)
}

/// The reports of `reported` that are not on record yet, while some may still be in the queue.
async fn missing(story: &Story, reported: &Reported) -> Vec<String> {
    let facts = story.world.store.facts(&reported.deploy).await.unwrap();
    reported.taken.iter().filter(|source| !facts.reports.contains_key(*source)).cloned().collect()
}

/// One round of reports, of this many deploys of `story`; what went wrong.
async fn round(story: &'static Story, deploys: usize, reports: usize) -> Vec<String> {
    let mut reported = Vec::new();
    for number in 0..deploys {
        let revision = story.push("Ana", &format!("Change {number} of {deploys}"));
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        reported.push(Reported { deploy, revision, taken: Vec::new() });
    }
    let begin = Instant::now();
    let (answers, mut problems) = send(story, &mut reported, reports).await;
    println!("{reports} reports of {deploys} deploys: {answers}");
    loop {
        let mut late = Vec::new();
        for reported in &reported {
            late.extend(missing(story, reported).await);
        }
        if late.is_empty() {
            break;
        }
        if begin.elapsed() > PATIENCE {
            problems.push(format!("never on record: {}", late.join(", ")));
            break;
        }
        sleep(LOOK).await;
    }
    let mut queued = 0;
    for reported in &reported {
        let page = story.page(&reported.deploy).await;
        let by_queue = |effect: &&Effect| effect.kind.name() == "record_health";
        queued += page.effects.iter().filter(by_queue).count();
    }
    println!("  all on record after {:.1} s, {queued} of them by the queue", begin.elapsed().as_secs_f64());
    problems
}

fn main() {
    let reports = std::env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(REPORTS);
    let world: &'static World = Box::leak(Box::new(World::start(&WorldOptions::default()).unwrap()));
    let problems = world.block_on(async {
        let story: &'static Story = Box::leak(Box::new(Story::begin(world, "reporters")));
        story.rules(NO_RULE_HOLDS);
        let mut problems = round(story, 1, reports).await;
        problems.extend(round(story, DEPLOYS, reports).await);
        problems.extend(world.panics());
        problems
    });
    problems.iter().take(20).for_each(|problem| println!("{problem}"));
    assert!(problems.is_empty(), "{} problems", problems.len());
    println!("every report that was answered 200 is on record");
}
