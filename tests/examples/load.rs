//! 1,000 deploys in a minute over 50 deployments, one of which has half of them, with the rate limits that
//! Slack and GitHub publish; and the same minute without the noisy one:
//!
//! ```sh
//! cargo run --package system-tests --example load -- 10
//! ```
//!
//! The number says for how many tokens the limits of GitHub's stand-in are; a second one, how many deploys
//! come in that minute instead, for a machine that has not the time for 1,000. A deploy takes some 8 reads of
//! the 900 a minute that GitHub lets a token have: with fewer than 9 tokens, 1,000 deploys take longer than
//! the minute for whoever they are of. It fails where a dialog is missing that should be there, where the
//! record is not exact, and where the other deployments wait more than twice as long.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::approval::Status;
use signoff_core::event::{Event, EventKind};
use signoff_core::id::DeployId;
use signoff_local::fault::RecordedRequest;
use signoff_local::limit::Limit;
use signoff_store::Page;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use system_tests::story::{Story, rule};
use system_tests::world::{API_KEY, World, WorldOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, sleep_until};

/// The deployments beside the noisy one.
const QUIET: usize = 49;
/// All deploys, where no number is given; every second one is the noisy deployment's.
const DEPLOYS: usize = 1_000;
/// The time in which they arrive.
const MINUTE: Duration = Duration::from_secs(60);
/// After this long, what is not there is missing.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Between two looks at the record.
const LOOK: Duration = Duration::from_secs(5);
/// Most times longer that the quiet deployments may wait beside the noisy one.
const MOST_LONGER: f64 = 2.0;
/// Shorter waits count as this long, in seconds: they are the machine's, and nobody notices them.
const UNNOTICED: f64 = 1.0;
/// Time that CI waits for an answer.
const CI_TIMEOUT: Duration = Duration::from_secs(30);
/// GitHub's tokens, where no number is given.
const TOKENS: usize = 10;

/// A deploy that was registered.
struct Registered {
    story: &'static Story,
    deploy: DeployId,
    number: usize,
}

/// Measurements of the deploys of one minute.
struct Measured {
    /// The seconds until the quiet deploys' rules were evaluated, in order.
    evaluated: Vec<f64>,
    /// The seconds until the quiet deploys' dialogs were there, in order; of those that got one.
    shown: Vec<f64>,
    /// Problems that were found.
    problems: Vec<String>,
}

/// State of a deploy.
struct Seen {
    page: Page,
    evaluated: Option<Timestamp>,
    shown: Option<Timestamp>,
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The value that `part` of all are at most, of values in order.
fn quantile(values: &[f64], part: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let index = ((values.len().max(1) - 1) as f64 * part).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

async fn look(registered: &Registered) -> Seen {
    let page = registered.story.page(&registered.deploy).await;
    let first = |is_it: fn(&EventKind) -> bool| {
        page.events.iter().find(|event: &&Event| is_it(&event.kind)).map(|event| event.at)
    };
    let evaluated = first(|kind| matches!(kind, EventKind::RulesEvaluated { .. }));
    let shown = first(|kind| matches!(kind, EventKind::DialogPosted { .. }));
    Seen { page, evaluated, shown }
}

/// True if a deploy's approval is superseded, or its dialog is there.
fn is_there(seen: &Seen) -> bool {
    seen.page.approvals.iter().any(|approval| approval.status.is_superseded() || approval.dialog.is_some())
}

/// Registers a deploy as CI does that tries again where there is no answer in time; how often it tried.
async fn until_registered(story: &Story, revision: &str) -> usize {
    let url = format!("{}/api/1/deployments/acme/{}/register_deploy", story.world.front.url(), story.name);
    let body =
        json!({"sha": revision, "environment": "Staging", "branch": "main", "ignore_if_duplicate": true});
    for tries in 1.. {
        let request = story.world.http.post(&url).bearer_auth(API_KEY).json(&body);
        match request.timeout(CI_TIMEOUT).send().await {
            Ok(answer) if answer.status() == StatusCode::OK => return tries,
            Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
            Err(error) => assert!(error.is_timeout(), "{error}"),
        }
        sleep(Duration::from_secs(1)).await;
    }
    0
}

/// Registers the deploys of a minute, every second one of `noisy`, where it is there.
async fn register(
    noisy: Option<&'static Story>,
    quiet: &[&'static Story],
    deploys: usize,
) -> Vec<Registered> {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..deploys {
        let story = if number % 2 == 0 { noisy } else { Some(quiet[number / 2 % quiet.len()]) };
        let Some(story) = story else { continue };
        let at = begin + MINUTE * u32::try_from(number).unwrap() / u32::try_from(deploys).unwrap();
        tasks.spawn(async move {
            sleep_until(at).await;
            let revision = story.push("Ana", &format!("Change {number}"));
            let tries = until_registered(story, &revision).await;
            (Registered { story, deploy: story.deploy_id(&revision, "Staging"), number }, tries)
        });
    }
    let (mut registered, tries): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().unzip();
    let again = tries.iter().sum::<usize>() - tries.len();
    println!(
        "  {} deploys registered in {:.0} s; {again} times CI had no answer in time and asked again",
        registered.len(),
        begin.elapsed().as_secs_f64()
    );
    registered.sort_by_key(|registered| registered.number);
    registered
}

/// Waits until every dialog that is not superseded is there; what is on record of each deploy then.
async fn settle(registered: &[Registered]) -> Vec<Seen> {
    let begin = Instant::now();
    let mut seen: HashMap<usize, Seen> = HashMap::new();
    loop {
        for (index, registered) in registered.iter().enumerate() {
            if !seen.get(&index).is_some_and(is_there) {
                seen.insert(index, look(registered).await);
            }
        }
        let missing = seen.values().filter(|seen| !is_there(seen)).count();
        println!("  {missing} deploys are on their way after {:.0} s", begin.elapsed().as_secs_f64());
        if missing == 0 || begin.elapsed() > PATIENCE {
            break;
        }
        sleep(LOOK).await;
    }
    // The last supersessions follow on the last dialogs.
    let mut last = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    let mut open = registered.len();
    while open > 0 && Instant::now() < deadline {
        last.clear();
        for registered in registered {
            last.push(look(registered).await);
        }
        let newest: HashMap<_, _> =
            registered.iter().map(|registered| (&registered.story.name, registered.number)).collect();
        let is_open = |(registered, seen): (&Registered, &Seen)| {
            let is_newest = newest.get(&registered.story.name) == Some(&registered.number);
            let is_pending = |status: &Status| matches!(status, Status::Pending);
            !is_newest && seen.page.approvals.iter().any(|approval| is_pending(&approval.status))
        };
        open = registered.iter().zip(&last).filter(|(registered, seen)| is_open((registered, seen))).count();
        println!("  {open} approvals are not superseded yet");
        if open > 0 {
            sleep(LOOK).await;
        }
    }
    last
}

/// Returns the problems of a deploy on record and in its channel.
fn problems(registered: &Registered, seen: &Seen, is_newest: bool) -> Vec<String> {
    let page = &seen.page;
    let count = |is_it: fn(&EventKind) -> bool| page.events.iter().filter(|event| is_it(&event.kind)).count();
    let mut problems = Vec::new();
    let mut check = |is_so: bool, what: &str| {
        if !is_so {
            problems.push(format!("deploy {} of {}: {what}", registered.number, registered.story.name));
        }
    };
    check(page.unreadable.is_empty(), "a row can't be read");
    check(count(|kind| matches!(kind, EventKind::DeployRegistered)) == 1, "not registered once");
    check(count(|kind| matches!(kind, EventKind::RulesEvaluated { .. })) == 1, "not evaluated once");
    check((page.runs.len(), page.approvals.len()) == (1, 1), "not one run and one approval");
    check(count(|kind| matches!(kind, EventKind::ApprovalOpened { .. })) == 1, "not opened once");
    let posted = count(|kind| matches!(kind, EventKind::DialogPosted { .. }));
    for approval in &page.approvals {
        let is_superseded = approval.status.is_superseded();
        check(is_superseded != is_newest, "not superseded, or not the newest");
        check(posted == usize::from(approval.dialog.is_some()), "the dialog is not on record once");
        let messages = registered.story.world.slack.messages(&registered.story.name);
        let is_it = |ts: &str| messages.iter().filter(|message| message.ts == ts).count() == 1;
        check(approval.dialog.as_ref().is_none_or(|dialog| is_it(&dialog.ts)), "its dialog is not in Slack");
        check(is_superseded || approval.dialog.is_some(), "the dialog is missing");
    }
    problems
}

/// The requests by their kind, with how many of them were asked to wait.
fn used(requests: &[RecordedRequest], kind: fn(&RecordedRequest) -> String) -> String {
    let mut used: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for request in requests {
        let (all, late) = used.entry(kind(request)).or_default();
        *all += 1;
        *late += usize::from(request.status == Some(429));
    }
    let one =
        |(kind, (all, late)): (String, (usize, usize))| format!("{kind} {} + {late} refused", all - late);
    used.into_iter().map(one).collect::<Vec<_>>().join(", ")
}

fn github_kind(request: &RecordedRequest) -> String {
    let is_graphql = request.path.ends_with("/graphql");
    if is_graphql { "GraphQL".to_owned() } else { format!("REST {}", request.method) }
}

fn slack_kind(request: &RecordedRequest) -> String {
    request.path.trim_start_matches("/api/").to_owned()
}

/// Attempts of the effects of these deploys, by their kind, and the attempts that were asked to wait.
fn tried<'s>(seen: impl Iterator<Item = &'s Seen>) -> String {
    let mut tried: BTreeMap<String, (usize, u32, u32, usize)> = BTreeMap::new();
    for effect in seen.flat_map(|seen| &seen.page.effects) {
        let (all, attempts, asked, open) = tried.entry(effect.kind.name().to_owned()).or_default();
        *all += 1;
        *attempts += effect.attempts;
        *asked += effect.spared;
        *open += usize::from(!effect.is_closed());
    }
    let one = |(kind, (all, attempts, asked, open)): (String, (usize, u32, u32, usize))| {
        format!("{kind} {all}: {attempts} tries, {asked} asked to wait, {open} open")
    };
    tried.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Lets a minute with or without the noisy deployment pass in a world of its own.
fn measure(is_noisy: bool, tokens: usize, deploys: usize) -> Measured {
    let world: &'static World = Box::leak(Box::new(World::start(&WorldOptions::default()).unwrap()));
    world.block_on(async {
        let begin = |name: String| -> &'static Story {
            let story = Story::begin(world, &name);
            story.rules(&rule("votes_required: 1", "add_deploy_tag: '#done'"));
            Box::leak(Box::new(story))
        };
        let quiet: Vec<_> = (0..QUIET).map(|number| begin(format!("quiet-{number}"))).collect();
        let noisy = is_noisy.then(|| begin("noisy".to_owned()));
        // The functions start, and their connections are open.
        let warm = begin("warm".to_owned());
        let first = warm.deploys(&warm.push("Ana", "Begin"), "Staging").await;
        warm.settled(&first).await;
        Limit::of_slack().into_iter().for_each(|limit| world.slack.faults().limit(limit));
        Limit::of_github(tokens).into_iter().for_each(|limit| world.github.faults().limit(limit));
        let clock = tokio::spawn(async move {
            let mut minutes = interval(MINUTE);
            loop {
                minutes.tick().await;
                let stack = world.aws.as_embedded().unwrap();
                let late = stack.wake().await.iter().filter(|invocation| invocation.failed).count();
                if late > 0 {
                    println!("  the clock did not get through all that was due");
                }
            }
        });
        let registered = register(noisy, &quiet, deploys).await;
        let seen = settle(&registered).await;
        clock.abort();
        let newest: HashMap<_, _> =
            registered.iter().map(|registered| (&registered.story.name, registered.number)).collect();
        let mut measured = Measured { evaluated: Vec::new(), shown: Vec::new(), problems: world.panics() };
        for (registered, seen) in registered.iter().zip(&seen) {
            let is_newest = newest.get(&registered.story.name) == Some(&registered.number);
            measured.problems.extend(problems(registered, seen, is_newest));
            let at = seen.page.deploy.registered_at;
            if registered.number % 2 == 1 {
                measured.evaluated.extend(seen.evaluated.map(|evaluated| seconds(at, evaluated)));
                measured.shown.extend(seen.shown.map(|shown| seconds(at, shown)));
            }
        }
        let of = |number: usize| {
            let both = registered.iter().zip(&seen);
            both.filter(move |(registered, _)| registered.number % 2 == number).map(|(_, seen)| seen)
        };
        for (name, number) in [("the others", 1), ("the noisy one", 0)] {
            let dialogs = of(number).filter(|seen| seen.shown.is_some()).count();
            if of(number).next().is_some() {
                println!("  {name}: {dialogs} of {} had a dialog; {}", of(number).count(), tried(of(number)));
            }
        }
        measured.evaluated.sort_by(f64::total_cmp);
        measured.shown.sort_by(f64::total_cmp);
        println!("  GitHub: {}", used(&world.github.requests(), github_kind));
        println!("  Slack: {}", used(&world.slack.requests(), slack_kind));
        measured
    })
}

fn main() {
    let number = |at: usize| std::env::args().nth(at).and_then(|number| number.parse().ok());
    let (tokens, deploys): (usize, usize) = (number(1).unwrap_or(TOKENS), number(2).unwrap_or(DEPLOYS));
    println!(
        "{} deploys of {QUIET} deployments in a minute, GitHub's limits of {tokens} tokens",
        deploys / 2
    );
    let without = measure(false, tokens, deploys);
    println!("the same and {} deploys of one more", deploys / 2);
    let with = measure(true, tokens, deploys);
    let mut problems = without.problems;
    problems.extend(with.problems);
    println!("| wait of the {QUIET} | without | with | factor |\n|---|---|---|---|");
    for (what, without, with) in [
        ("until the rules are evaluated", &without.evaluated, &with.evaluated),
        ("until the dialog is there", &without.shown, &with.shown),
    ] {
        for (part, name) in [(0.5, "median"), (0.95, "95th percentile")] {
            let (without, with) = (quantile(without, part), quantile(with, part));
            // None that was measured stays no number.
            let noticed = |wait: f64| if wait < UNNOTICED { UNNOTICED } else { wait };
            let factor = noticed(with) / noticed(without);
            println!("| {what}, {name} | {without:.1} s | {with:.1} s | {factor:.2} |");
            if factor.is_nan() || factor > MOST_LONGER {
                problems.push(format!("{what}, {name}: {factor:.2} times as long as without the noisy one"));
            }
        }
    }
    problems.iter().for_each(|problem| println!("{problem}"));
    assert!(problems.is_empty(), "{} problems", problems.len());
    println!("every dialog that was not superseded is there, and the record is exact");
}
