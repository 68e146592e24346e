//! Helpers of the fuzz targets: splitting an input, a hostile deploy, and the checks that every text for
//! people passes.

use jiff::Timestamp;
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, RulesChange, Slug, Source};
use signoff_core::id::DeployId;
use signoff_core::issue::{Issue, Tracker};
use signoff_rules::template::{Context, Mentions};

/// Mention that the titles and names of [`deploy`] try to smuggle into Slack.
pub const SMUGGLED: &str = "<!channel>";

/// The first `N` lines of an input, which stand for headers and the like (empty: not sent), and the rest of
/// it, the body. `None` where there are fewer lines, or where one of them can't be a header's value.
pub fn lines_and_body<const N: usize>(data: &[u8]) -> Option<([Option<&str>; N], &[u8])> {
    let mut lines = [None; N];
    let mut rest = data;
    for line in &mut lines {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        if text.contains(|c: char| !c.is_ascii() || c.is_ascii_control()) {
            return None;
        }
        *line = Some(text).filter(|text| !text.is_empty());
        rest = &rest[end + 1..];
    }
    Some((lines, rest))
}

/// Checks a text that is answered, logged or put on record: there is one, and no input makes it long.
pub fn assert_told(text: &str) {
    assert!(!text.trim().is_empty(), "nothing is said");
    assert!(text.chars().count() <= 1000, "as long as the input makes it: {text}");
}

/// The time at which everything happens.
pub fn now() -> Timestamp {
    "2026-11-16T10:42:00Z".parse().expect("a time")
}

/// A deploy whose texts try to mention everybody.
pub fn deploy() -> Deploy {
    let ana =
        Person { name: "Ana".into(), email: Some("ana@example.com".into()), username: Some("ana".into()) };
    let eve = Person { name: format!("Eve {SMUGGLED}\n<@U0BOSS01>"), email: None, username: None };
    Deploy {
        id: DeployId::from_text("d1"),
        deployment: Slug::new("acme", "checkout").expect("a slug"),
        repository: "acme/checkout".into(),
        environment: format!("Staging{SMUGGLED}"),
        revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".into(),
        branch: Some("main".into()),
        deployed_at: now(),
        registered_at: now(),
        source: Source::RegisterDeploy,
        tags: vec!["#web".into(), format!("#{SMUGGLED}")],
        links: [("build".to_owned(), "https://ci.example.com/1".to_owned())].into(),
        size: None,
        deployer: Some(eve.clone()),
        commits: vec![Commit {
            revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".into(),
            title: SMUGGLED.into(),
            authors: vec![ana, eve],
            url: None,
            issues: Vec::new(),
        }],
        pull_requests: vec![
            PullRequest {
                number: u64::MAX,
                title: format!("{SMUGGLED} & <https://example.com|more>"),
                url: format!("https://git.example.com/|{SMUGGLED}"),
                author: SMUGGLED.into(),
                merged_by: None,
                labels: vec!["fix".into(), SMUGGLED.into()],
                issues: Vec::new(),
            },
            PullRequest {
                number: 0,
                title: String::new(),
                url: "javascript:alert(1)".into(),
                author: String::new(),
                merged_by: None,
                labels: vec![],
                issues: Vec::new(),
            },
        ],
        previous_revision: None,
        rules_change: RulesChange::Unknown,
        issues: vec![Issue {
            key: "SHOP-7".into(),
            title: SMUGGLED.into(),
            url: format!("https://issues.example.com/|{SMUGGLED}"),
            priority: Some(SMUGGLED.into()),
            labels: vec![SMUGGLED.into()],
            kind: None,
            tracker: Tracker::Jira,
        }],
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}

/// Returns the values that templates get from [`deploy`].
pub fn context() -> Context {
    let mut mentions = Mentions::new();
    let deploy = deploy();
    for person in deploy.authors() {
        mentions.insert(person, if person.name == "Ana" { "U0ANA01" } else { SMUGGLED });
    }
    Context::new(&deploy, "https://signoff.example.com/deploys/d1?a=1&b=2", &mentions)
}
