//! The people who started a run, attempt by attempt.

use super::*;
use jiff::{SignedDuration, Timestamp};
use signoff_local::fault::{Fault, FaultKind};
use std::sync::Arc;

#[tokio::test]
async fn starters_are_those_of_each_attempt_up_to_the_one_meant() {
    let host = Host::start().await;
    let sha = host.push(commit("ana", "base"));
    let run = host.github.add_run(REPOSITORY, &sha, &person("ana"), &person("ben"));
    for name in ["cleo", "ana", "dan"] {
        host.github.rerun(REPOSITORY, run, &person(name));
    }
    for (attempt, expected) in [
        (Some(1), vec!["ana"]),
        (Some(2), vec!["ana", "ben"]),
        (Some(4), vec!["ana", "ben", "cleo"]),
        (None, vec!["ana", "ben", "cleo", "dan"]),
        (Some(9), vec![]),
    ] {
        let before = host.github.requests().len();
        let found = host.client.starters(REPOSITORY, run, attempt, &sha).await.unwrap();
        assert_eq!(logins(&found), expected, "{attempt:?}");
        assert!(host.requests(before).len() <= 5, "{attempt:?}");
    }
    assert_eq!(host.client.starters(REPOSITORY, run, None, &"a".repeat(40)).await.unwrap(), []);
    assert_eq!(host.github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn program_that_started_an_attempt_is_named() {
    let host = Host::start().await;
    let sha = host.push(commit("ana", "base"));
    let login = "renovate[bot]";
    let bot = Author::new(login, &format!("29139614+{login}@users.noreply.github.com"), login);
    for (first, again, expected) in [
        (&bot, &bot, vec![login]),
        (&bot, &person("ana"), vec![login, "ana"]),
        (&person("ana"), &bot, vec!["ana", login]),
    ] {
        let run = host.github.add_run(REPOSITORY, &sha, first, again);
        let found = host.client.starters(REPOSITORY, run, None, &sha).await.unwrap();
        assert_eq!(logins(&found), expected);
        assert!(found.iter().all(|by| by.vouched));
    }
}

#[tokio::test]
async fn attempt_without_a_known_starter_is_untold() {
    let host = Host::start().await;
    let sha = host.push(commit("ana", "base"));
    let login = "github-actions[bot]";
    let token = Author::new(login, &format!("41898282+{login}@users.noreply.github.com"), login);
    let by_token = host.github.add_run(REPOSITORY, &sha, &person("ana"), &token);
    let second = "(who started the attempt 2 of the run)";
    let found = host.client.starters(REPOSITORY, by_token, None, &sha).await.unwrap();
    assert_eq!(logins(&found), ["ana", second]);
    let tokens_alone = host.github.add_run(REPOSITORY, &sha, &token, &token);
    assert_eq!(host.client.starters(REPOSITORY, tokens_alone, None, &sha).await.unwrap(), []);

    let run = host.github.add_run(REPOSITORY, &sha, &person("ana"), &person("ben"));
    host.github.rerun(REPOSITORY, run, &person("cleo"));
    host.github.faults().push(Fault::once("/attempts/2", FaultKind::status(404, "{}")));
    let found = host.client.starters(REPOSITORY, run, None, &sha).await.unwrap();
    assert_eq!(logins(&found), ["ana", second, "cleo"]);
}

#[tokio::test]
async fn run_names_its_starters_only_while_it_is_under_way() {
    let begun: Timestamp = "2026-05-11T12:00:00Z".parse().unwrap();
    let host = Host::start_with(Options { clock: Arc::new(move || begun), ..Options::default() }).await;
    let sha = host.push(commit("ana", "base"));
    let after = |minutes: i64| begun + SignedDuration::from_mins(minutes);
    for (ended, set_at, is_named) in [
        (None, vec![0], true),
        (None, vec![90], true),
        (None, vec![-1], false),
        (None, vec![], false),
        (Some(10), vec![10], true),
        // GitHub sets the last status of a run's job once the run is over.
        (Some(10), vec![11], true),
        (Some(10), vec![12], false),
        (Some(10), vec![-5, 5, 60], true),
    ] {
        let run = host.github.add_run(REPOSITORY, &sha, &person("ana"), &person("ben"));
        if let Some(ended) = ended {
            host.github.end_run(REPOSITORY, run, after(ended));
        }
        let at: Vec<Timestamp> = set_at.iter().map(|minutes| after(*minutes)).collect();
        let found = host.client.starters_at(REPOSITORY, run, &sha, &at).await.unwrap();
        let expected = if is_named { vec!["ana", "ben"] } else { Vec::new() };
        assert_eq!(logins(&found), expected, "{ended:?} {set_at:?}");
    }
    let run = host.github.add_run(REPOSITORY, &sha, &person("ana"), &person("ben"));
    let other = host.push(commit("ana", "another"));
    assert_eq!(host.client.starters_at(REPOSITORY, run, &other, &[begun]).await.unwrap(), []);
    assert_eq!(host.github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn attempts_of_a_run_beyond_ten_are_untold() {
    let host = Host::start().await;
    let sha = host.push(commit("ana", "base"));
    let run = host.github.add_run(REPOSITORY, &sha, &person("ana"), &person("ben"));
    for _ in 0..9 {
        host.github.rerun(REPOSITORY, run, &person("cleo"));
    }
    let before = host.github.requests().len();
    let found = host.client.starters(REPOSITORY, run, None, &sha).await.unwrap();
    assert_eq!(logins(&found), ["ana", "ben", "cleo", "(who started earlier attempts of the run)"]);
    assert_eq!(host.requests(before).len(), 10);
}
