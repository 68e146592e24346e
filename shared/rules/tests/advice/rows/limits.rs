//! Files that are too large, too deep or too much work.

use std::fmt::Write;

/// Files of which more is told than what to write.
pub(in super::super) fn all() -> Vec<String> {
    let sound = || "rules:\n  - a: {actions: [trigger_build]}\n".to_owned();
    let of_rules = |rule: &dyn Fn(usize) -> String, count: usize| -> String {
        (0..count).fold("rules:\n".to_owned(), |mut text, number| {
            writeln!(text, "  - r{number}: {}", rule(number)).unwrap();
            text
        })
    };
    // Slips are not looked for in lines that are much too long.
    let long = |lines: &str| {
        let lines = lines.replace('\u{2026}', &format!(" # {}", "x".repeat(2000)));
        format!("rules:\n  - a:\n      {lines}\n      actions: [trigger_build]\n")
    };
    let condition =
        |text: &str| format!("rules:\n  - a: {{conditions: [{text}], actions: [trigger_build]}}\n");
    let message = |text: &str| format!("rules:\n  - a: {{actions: [notify_deployer: '{text}']}}\n");
    let alias = |name: &str, of: &str| format!("x-{name}: &{name} [{}]\n", vec![of; 60].join(", "));
    vec![
        format!("{}{}{}{}", sound(), alias("a", "b"), alias("c", "*a"), alias("d", "*c")),
        long("description: 'x\u{2026}\n    y"),
        long("description: @x\u{2026}"),
        long("description: {x\u{2026}"),
        long("description: | x\u{2026}"),
        long("description: &\u{2026}"),
        long("description: x: y\u{2026}"),
        long("description: {x: [y z: w] v}\u{2026}"),
        long("description: {x: y\u{2026}\n      z: ]"),
        long("description: - b\u{2026}"),
        long("description:\n       -\tx:\n\t\ty\u{2026}"),
        long("description: [a\tb,\n\tc\u{2026}"),
        format!("{}  b: x # {}\n", sound(), "x".repeat(2000)),
        condition(&format!("\"({}tags\"", "tags and ".repeat(30))),
        message(&format!("{{{{ environment\u{a0}}}}} {}", "x".repeat(2000))),
        long("description: >\n\t\tx\u{2026}"),
        message(&"{{ tags }}".repeat(1500)),
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
        format!(
            "rules:\n  - a: {{actions: [slack_channel_approval: {{channel: '#a', prompt: '{}'}}]}}\n",
            "x".repeat(3001)
        ),
        format!(
            "rules:\n  - a: {{actions: [slack_channel_approval: {{channel: '#a', prompt: '{}{{{{ deploy_slack }}}}'}}]}}\n",
            "x".repeat(2990)
        ),
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
    ]
}
