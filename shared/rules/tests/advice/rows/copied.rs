//! Slips of texts that were copied: from a diff, a terminal, a page, a program or another rule. Each is one
//! message.

use super::Pair;

/// Conditions of the rule `promote`.
const TEXTS: &[Pair] = &[
    ("env == production", ""),
    ("deployment='acme checkout'", "deployment='acme/checkout'"),
    ("drift_to_production>'2 deploys'", ""),
    ("failed_rules='promote'", "failed_rules=[]"),
    ("failed_rules!='promote'", "failed_rules=[]"),
    ("failed_rules~='promo.*'", "failed_rules=[]"),
    ("drift_to_production=0 and drift_to_production>'1h'", "drift_to_production>'1h'"),
    ("drift_to_production<1 and drift_to_production>='5m'", "drift_to_production>='5m'"),
    ("tags~='(?i)web'", "tags~='#(?i)web'"),
    ("deployment~='checkout$'", "deployment~='.*/checkout'"),
    ("pr_authors~='@ana'", "pr_authors~='ana'"),
    ("deployer~='@ana'", "deployer~='ana'"),
];

/// Keys of a rule.
const RULES: &[Pair] = &[
    ("actions: [trigger_build]\non_fail: [{notify_deployer: x}]", ""),
    ("actions: [trigger_build]\non_failure: continue", ""),
    ("description: 'Promote \u{202e}it'", ""),
    ("description: \"Promote \\u202eit\"", "description: Promote it"),
];

/// Keys of an approval.
const APPROVALS: &[Pair] = &[
    ("prompt: 'Ship\u{200b} it\u{200b}?'", ""),
    ("name: \"\u{2066}Ship\u{2069}\"", ""),
    ("on_fail: [trigger_build]", ""),
    ("on_reject: []", "on_reject:\n  - notify_deployer: It is not out."),
    ("on_reject: 'notify_deployer: Nope'", "on_reject:\n  - notify_deployer: Nope"),
    (
        "expires_after: 1h\non_expire: trigger_build, slack_deploy_message",
        "expires_after: 1h\non_expire:\n  - trigger_build\n  - slack_deploy_message: x",
    ),
];

/// Actions.
const ACTIONS: &[Pair] = &[
    ("add_deploy_tag: '#'", ""),
    ("add_deploy_tag: '#{{ deploy_name }}'", "add_deploy_tag: '#{{ revision }}'"),
    ("trigger_build: {}\non_fail: continue", ""),
    ("trigger_build: {on_fail: stop}", ""),
    ("trigger_build: {}\non_error: ignore", ""),
    ("trigger_build: {}\non_error: maybe", "trigger_build: {}\non_failure: continue"),
    ("trigger_build: {}\non_failed:\n  - notify_deployer: x", "trigger_build: {}"),
    (
        "monitor_drift: {environment: QA, threshold: 2h, on_over: [trigger_build]}\non_fail: stop",
        "monitor_drift: {environment: QA, threshold: 2h, on_over: [trigger_build]}",
    ),
    (
        "monitor_drift: {environment: QA, threshold: 2h}",
        "monitor_drift: {environment: QA, threshold: 2h, on_over: [trigger_build]}",
    ),
    ("monitor_drift: {environment: QA, threshold: 2h, actions: [trigger_build]}", ""),
    ("trigger_build: true", ""),
    (
        "webhook: {url: 'https://x.example', headers: {secret: pager}}",
        "webhook: {url: 'https://x.example', headers: {Authorization: {secret: pager}}}",
    ),
    (
        "webhook: {url: 'https://x.example', headers: {Authorization: \"{{ 'Bearer abc123' }}\"}}",
        "webhook: {url: 'https://x.example', headers: {Authorization: {secret: pager}}}",
    ),
    ("add_deploy_tag: '#a #b'", "add_deploy_tag: '#a'"),
    ("monitor_drift: {environment: QA, limit: 2h, on_over: [trigger_build]}", ""),
    (
        "monitor_drift: {environment: QA, threshold: 2h}\non_over: [trigger_build]",
        "monitor_drift: {environment: QA, threshold: 2h, on_over: [trigger_build]}",
    ),
];

/// Templates.
const TEMPLATES: &[Pair] = &[
    ("{% if (tags) { %}x{% endif %}", ""),
    ("{% if tags { %}x{% } %}", "{% if tags %}x{% endif %}"),
    ("{% if (tags) { %}x{% } else { %}y{% } %}", "{% if (tags) %}x{% else %}y{% endif %}"),
    ("{% for pr in prs { %}x{% } %}", "{% for pr in prs %}x{% endfor %}"),
    ("{% if tags %}x{% } %}", ""),
    ("{% if tags %}x{% endif } %}", ""),
    ("{% if tags } %}x{% endif %}", ""),
    ("{% if tags %}a{% } else if prs { %}b{% endif %}", "{% if tags %}a{% elif prs %}b{% endif %}"),
    ("x{% } %}", "x"),
    ("{% else { %}", "x"),
    ("$REVISION is out", ""),
    ("$sha is out", ""),
    ("${environment} has it", ""),
    ("it is \u{202e}out", ""),
    ("{{ revision | sub('a', 'b') }}", ""),
    ("{{ revision.slice(0, 7) }}", "{{ revision[0:7] }}"),
    ("{{ environment | ucfirst }}", ""),
    ("{{ commit.message }}", "{{ commits[0].title }}"),
    ("{{ environment ++ branch }}", ""),
    ("{{ revision[0..6] }}", "{{ revision[0:7] }}"),
    ("{{ revision[tags..branch] }}", "{{ revision[0:7] }}"),
    ("{% if tags %} x { % endif % }", ""),
];

/// Whole files.
const FILES: &[Pair] = &[
    (
        "rules:\n  - a:\n      <<<<<<< HEAD\n      description: x\n      =======\n      description: y\n      >>>>>>> main\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: y\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - test:\n      actions: [trigger_build]\n  - ship:\n      conditions: [failed_rules='tets']\n      actions: [trigger_build]\n",
        "",
    ),
    ("{# The rules of the team #}\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("{#\n  The rules\n#}\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a:\n      {# by hand #}\n      actions:\n        - trigger_build\n", ""),
    ("rules:\n  - a:\n      actions:\n        - trigger_build\n{# end #}\n", ""),
    ("+rules:\n+  - a:\n+      actions:\n+        - trigger_build\n", ""),
    (" rules:\n   - a:\n+      description: x\n       actions:\n         - trigger_build\n", ""),
    ("rules:\n  - a:\n      actions:\n+       - notify_deployer: x\n        - trigger_build\n", ""),
    ("rules:\n  - a:\n-     actions:\n        - trigger_build\n", ""),
    ("@@ -1,3 +1,4 @@\nrules:\n  - a:\n      actions:\n        - trigger_build\n", ""),
    (
        "diff --git a/rules.yml b/rules.yml\nindex 1..2 100644\n--- a/rules.yml\n+++ b/rules.yml\n@@ -1,3 +1,4 @@\n rules:\n   - a:\n-      description: x\n+      description: y\n       actions:\n         - trigger_build\n",
        "",
    ),
    (
        "rules:\n  - test:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n  - ship:\n      after: test\n      conditions: [environment='Production']\n      actions: [trigger_build]\n",
        "rules:\n  - test:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n  - ship:\n      conditions: [environment='Production']\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - test:\n      conditions: [branch='a']\n      actions: [trigger_build]\n  - soak:\n      after: test\n      actions: [trigger_build]\n  - ship:\n      after: soak\n      conditions: [branch='b']\n      actions: [trigger_build]\n",
        "rules:\n  - test:\n      conditions: [branch='a']\n      actions: [trigger_build]\n  - soak:\n      after: test\n      actions: [trigger_build]\n  - ship:\n      conditions: [branch='b']\n      actions: [trigger_build]\n",
    ),
];

/// Each file with its mistake, and the file after the advice was followed by hand.
pub(super) fn all() -> Vec<(String, String)> {
    [
        super::of(TEXTS, super::with_condition),
        super::of(RULES, super::with_keys),
        super::of(APPROVALS, super::with_approval),
        super::of(ACTIONS, super::with_action),
        super::of(TEMPLATES, super::super::with_template),
        super::of(FILES, str::to_owned),
    ]
    .concat()
}
