//! Files that are too large, too deep or too much work.

use std::fmt::Write;

pub(super) fn all() -> Vec<(String, String)> {
    let sound = || "rules:\n  - a: {actions: [trigger_build]}\n".to_owned();
    let of_rules = |rule: &dyn Fn(usize) -> String, count: usize| -> String {
        (0..count).fold("rules:\n".to_owned(), |mut text, number| {
            writeln!(text, "  - r{number}: {}", rule(number)).unwrap();
            text
        })
    };
    let condition = |text: &str| format!("rules:\n  - a: {{conditions: [{text}], actions: [trigger_build]}}\n");
    let message = |text: &str| format!("rules:\n  - a: {{actions: [notify_deployer: '{text}']}}\n");
    let files = [
        format!("{}#{}", sound(), "x".repeat(512 * 1024)),
        format!("rules: {}{}\n", "[".repeat(70), "]".repeat(70)),
        of_rules(&|_| "{actions: [webhoek: x]}".to_owned(), 60),
        of_rules(&|_| "{actions: [merge: {}]}".to_owned(), 60),
        of_rules(&|number| format!("{{conditions: [tags~='a{number}'], actions: [trigger_build]}}"), 1001),
        condition(&format!("\"tags='#{}'\"", "x".repeat(10_000))),
        condition(&format!("\"tags~='#{}'\"", "x".repeat(501))),
        condition(&format!("\"{}tags='#a'{}\"", "(".repeat(33), ")".repeat(33))),
        message(&"x".repeat(17 * 1024)),
        message("{% for x in range(1000) %}{% for y in range(1000) %}{{ x }}{% endfor %}{% endfor %}"),
        message("{{ environment | int }}"),
        format!("rules:\n  - a: {{actions: [slack_channel_approval: {{channel: '#a', prompt: '{}'}}]}}\n", "x".repeat(3001)),
        format!("rules:\n  - {}: {{actions: [trigger_build]}}\n", "x".repeat(300)),
        format!("rules:\n  - a: {{actions: [send_event: '{}']}}\n", "x".repeat(300)),
        format!(
            "rules:\n  - a: {{actions: [webhook: {{url: 'https://x.example', headers: {{{}}}}}]}}\n",
            (0..21).map(|number| format!("X-{number}: a")).collect::<Vec<_>>().join(", ")
        ),
        format!(
            "rules:\n  - a: {{freeze: [{}], actions: [trigger_build]}}\n",
            vec!["{name: w, dates: 2030-01-01}"; 21].join(", ")
        ),
        format!(
            "rules:\n  - a: {{freeze: {{name: w, dates: [{}]}}, actions: [trigger_build]}}\n",
            vec!["2030-01-01"; 400].join(", ")
        ),
        format!(
            "rules:\n  - a: {{actions: [slack_channel_approval: {{channel: '#a', votes_required: [{}]}}]}}\n",
            vec!["{from: '@sre'}"; 30].join(", ")
        ),
    ];
    files.into_iter().map(|file| (file, sound())).collect()
}
