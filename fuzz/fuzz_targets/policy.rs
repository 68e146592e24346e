//! A policy, and rules that are judged by it.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use signoff_core::deploy::Slug;
use signoff_fuzz::assert_told;
use signoff_rules::RulesFile;
use signoff_rules::policy::{Judged, parse};
use signoff_rules::problem::MAX_PROBLEMS;
use std::sync::LazyLock;

const PATH: &str = ".signoff/policy.yml";

/// Rules that act in several ways.
const RULES: &str = "\
rules:
  - ship:
      promotes_to: Production
      actions:
        - slack_channel_approval:
            channel: '#releases'
            votes_required: [{from: '@sre', votes: 2}, {from: [ana@example.com, '@qa']}]
            on_reject: [add_deploy_tag: '#back']
        - trigger_build: {parameters: {name: 'promote-{{ environment }}.yml', to: production}}
        - auto_approve_build: {build: build, job: '{{ revision }}'}
  - tell: {after: ship, actions: [webhook: 'https://hooks.example.com/{{ revision }}']}
";

static FILE: LazyLock<RulesFile> =
    LazyLock::new(|| signoff_rules::parse(RULES, "rules.yml").expect("a rules file"));

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else { return Corpus::Reject };
    let read = parse(text, PATH);
    assert_eq!(read, parse(text, PATH), "the same file, read twice");
    match read {
        Ok(policy) => {
            assert!(policy.owners.len() >= 2, "{:?}", policy.owners);
            let deployment = Slug::new("acme", "checkout").expect("a slug");
            for shortfall in policy.judge(&deployment, &FILE) {
                assert_told(&shortfall.text());
                assert!(
                    shortfall.policy_line >= 1 && shortfall.policy_line <= text.split(['\n', '\r']).count()
                );
            }
            let rule = &FILE.rules[0];
            let judged = Judged {
                rule: &rule.name,
                line: None,
                promotes_to: rule.promotes_to.as_deref(),
                actions: &rule.actions,
                after: Vec::new(),
            };
            let glass = policy.break_glass(&deployment, &judged);
            assert!(!glass.review_within.is_zero());
        }
        Err(problems) => {
            assert!(
                !problems.is_empty() && problems.len() <= MAX_PROBLEMS + 1,
                "{} problems",
                problems.len()
            );
            problems.iter().for_each(|problem| assert_told(&problem.to_string()));
        }
    }
    Corpus::Keep
});
