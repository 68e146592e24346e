//! Rules files as they were last read.

use crate::local::{Local, places};
use crate::samples::second;
use jiff::SignedDuration;
use signoff_store::{CachedRules, Store, StoreConfig};

fn rules(etag: &str, text: impl Into<String>) -> CachedRules {
    CachedRules { etag: etag.to_owned(), text: text.into() }
}

async fn cached(store: &Store, path: &str) -> Option<CachedRules> {
    store.cached_rules("acme/checkout", path, second(1)).await.expect("read")
}

async fn keep(store: &Store, path: &str, rules: &CachedRules) {
    store.cache_rules("acme/checkout", path, rules, second(1)).await.expect("kept");
}

#[tokio::test]
async fn rules_file_is_cached_by_repository_and_path() {
    let store = Local::new().await.store;
    assert_eq!(cached(&store, ".signoff/rules.yml").await, None);
    let first = rules("W/\"1\"", "rules:\n  - \u{17d}: {}\n");
    keep(&store, ".signoff/rules.yml", &first).await;
    assert_eq!(cached(&store, ".signoff/rules.yml").await, Some(first));
    assert_eq!(cached(&store, ".sleuth/rules.yml").await, None);
    assert_eq!(store.cached_rules("acme/shop", ".signoff/rules.yml", second(1)).await.expect("read"), None);
    keep(&store, ".signoff/rules.yml", &rules("2", "")).await;
    assert_eq!(cached(&store, ".signoff/rules.yml").await, Some(rules("2", "")));
}

#[tokio::test]
async fn rules_file_too_large_for_a_row_is_not_cached() {
    let store = Local::new().await.store;
    let largest = rules("1", "x".repeat(300 * 1024));
    keep(&store, "large.yml", &largest).await;
    assert_eq!(cached(&store, "large.yml").await, Some(largest));
    keep(&store, "larger.yml", &rules("1", "x".repeat(300 * 1024 + 1))).await;
    assert_eq!(cached(&store, "larger.yml").await, None);
}

#[tokio::test]
async fn a_function_without_the_cache_table_reads_and_keeps_nothing() {
    let local = Local::new().await;
    let store = Store::new(local.dynamo, None, StoreConfig { cache_table: None, ..places() });
    keep(&store, "rules.yml", &rules("1", "rules: []")).await;
    assert_eq!(cached(&store, "rules.yml").await, None);
}

#[tokio::test]
async fn rules_file_that_is_read_is_kept_on() {
    let local = Local::new().await;
    let days = |days: i64| second(1) + SignedDuration::from_hours(24 * days);
    let kept_until = async || {
        let table = places().cache_table.expect("a table");
        let rows = local.dynamo.scan().table_name(table).send().await.expect("read").items.expect("rows");
        rows[0]["kept_until"].as_n().expect("a number").parse::<i64>().expect("seconds")
    };
    keep(&local.store, "rules.yml", &rules("1", "rules: []")).await;
    for (read_on, expected) in [(0, 30), (14, 30), (16, 46), (30, 46), (45, 75)] {
        let found = local.store.cached_rules("acme/checkout", "rules.yml", days(read_on)).await;
        assert_eq!(found.expect("read"), Some(rules("1", "rules: []")));
        assert_eq!(kept_until().await, days(expected).as_second(), "read on day {read_on}");
    }
}
