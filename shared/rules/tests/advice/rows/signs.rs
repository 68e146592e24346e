//! Slips of signs: brackets, quotes, commas and dashes, and what stands between a key and its value. Each is
//! one message.

use super::Pair;

/// Conditions, each by itself.
const TEXTS: &[Pair] = &[
    ("environment = Staging or Production", "environment = 'Staging' or environment='Production'"),
    ("branch=main or dev", "branch='main' or branch='dev'"),
    ("branch='release/.*'", "branch~='release/.*'"),
    ("branch='release/.+'", "branch~='release/.+'"),
    ("branch='feature-\\d+'", "branch~='feature-\\d+'"),
    ("tags='#a|#b'", "tags='#a' or tags='#b'"),
    ("pr_labels contains any of fix, feature", "pr_labels='fix' or pr_labels='feature'"),
    ("pr_labels contains any of ['fix', 'feature']", "pr_labels='fix' or pr_labels='feature'"),
    ("environment is one of ['a', 'b']", "environment='a' or environment='b'"),
    ("deployed_for > '5m' and < '1h'", "deployed_for > '5m' and deployed_for < '1h'"),
    ("environment='a' or ='b'", "environment='a' or environment ='b'"),
];

/// Keys of a rule.
const RULES: &[Pair] = &[
    (
        "conditions:\n  - environment = Staging or Production",
        "conditions:\n  - environment = 'Staging' or environment='Production'",
    ),
    ("conditions:\n  - environment='Staging' // QA", "conditions:\n  - environment='Staging' # QA"),
    ("conditions:\n  - environment='Staging' /* QA */", "conditions:\n  - environment='Staging' # QA */"),
    ("conditions: [environment='a', [tags='#a']", "conditions: [environment='a', tags='#a']"),
    ("conditions: [[environment='a', tags='#a']", "conditions: [environment='a', tags='#a']"),
    ("conditions: ['environment='a'']", "conditions: [\"environment='a'\"]"),
    ("conditions: [\"environment=\"a\"\"]", "conditions: ['environment=\"a\"']"),
    ("conditions: ['environment=\\'a\\'']", "conditions: [\"environment='a'\"]"),
    (
        "actions: [slack_channel_approval: {channel: '#a', approvers: ['@sre', '@qa', votes_required: 2}]",
        "actions: [slack_channel_approval: {channel: '#a', approvers: ['@sre', '@qa'], votes_required: 2}]",
    ),
    (
        "actions: [slack_channel_approval: {channel: '#a', approvers: [['@sre'], votes_required: 2}]",
        "actions: [slack_channel_approval: {channel: '#a', approvers: ['@sre'], votes_required: 2}]",
    ),
    (
        "actions: [slack_channel_approval: {{channel: '#a', votes_required: 2}}]",
        "actions: [slack_channel_approval: {channel: '#a', votes_required: 2}]",
    ),
];

/// Keys of an approval.
const APPROVALS: &[Pair] = &[
    ("expires_after; 24h", "expires_after: 24h"),
    ("votes_required: 2\nexpires_after; 24h", "votes_required: 2\nexpires_after: 24h"),
    ("votes_required: 2\nexpires_after => 24h", "votes_required: 2\nexpires_after: 24h"),
    ("votes_required: 2\nexpires_after -> 24h", "votes_required: 2\nexpires_after: 24h"),
    ("approvers => ana@example.com", "approvers: ana@example.com"),
    ("votes_required => 2", "votes_required: 2"),
    ("votes_required := 2", "votes_required: 2"),
    ("channel: - '#a'", "channel: '#a'"),
];

/// Actions.
const ACTIONS: &[Pair] = &[
    (
        "slack_channel_message: {channel: '#a', message: '{{ tags | join(', ') }}'}",
        "slack_channel_message: {channel: '#a', message: \"{{ tags | join(', ') }}\"}",
    ),
    (
        "{slack_channel_message: {channel: '#a', message: \"{{ tags | join(\", \") }}\"}}",
        "{slack_channel_message: {channel: '#a', message: '{{ tags | join(\", \") }}'}}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: 'It's out'}",
        "slack_channel_message: {channel: '#a', message: \"It's out\"}",
    ),
    (
        "slack_channel_message: {message: 'It's out', channel: '#a'}",
        "slack_channel_message: {message: \"It's out\", channel: '#a'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: ''Out''}",
        "slack_channel_message: {channel: '#a', message: 'Out'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: \"say \"hi\"\"}",
        "slack_channel_message: {channel: '#a', message: 'say \"hi\"'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: Hi, team}",
        "slack_channel_message: {channel: '#a', message: 'Hi, team'}",
    ),
    (
        "slack_channel_message: {message: Hi, team, channel: '#a'}",
        "slack_channel_message: {message: 'Hi, team', channel: '#a'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: Hi, {{ environment }}}",
        "slack_channel_message: {channel: '#a', message: 'Hi, {{ environment }}'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: Out: now}",
        "slack_channel_message: {channel: '#a', message: 'Out: now'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: Hi [team]}",
        "slack_channel_message: {channel: '#a', message: 'Hi [team]'}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: \"{{ environment }}}",
        "slack_channel_message: {channel: '#a', message: \"{{ environment }}\"}",
    ),
    (
        "slack_channel_message: {{channel: '#a', message: x}",
        "slack_channel_message: {channel: '#a', message: x}",
    ),
    (
        "slack_channel_message: {channel: '#a', message: x}}",
        "slack_channel_message: {channel: '#a', message: x}",
    ),
    (
        "slack_channel_approval: {channel => '#a', votes_required: 2}",
        "slack_channel_approval: {channel: '#a', votes_required: 2}",
    ),
];

/// Freeze windows.
const WINDOWS: &[Pair] = &[
    ("\n  name: w\n  days => [sat]\n  time_zone: UTC", "\n  name: w\n  days: [sat]\n  time_zone: UTC"),
    ("\n  name: w\n  days; [sat]\n  time_zone: UTC", "\n  name: w\n  days: [sat]\n  time_zone: UTC"),
    (
        "\n  name: w\n  days: [sat, sun] // off\n  time_zone: UTC",
        "\n  name: w\n  days: [sat, sun] # off\n  time_zone: UTC",
    ),
    ("\n  - name: w\n  - days: sat\n  - time_zone: UTC", "\n  - name: w\n    days: sat\n    time_zone: UTC"),
    ("{name: w, dates: 2030-12-24, 2030-12-31}", "{name: w, dates: [2030-12-24, 2030-12-31]}"),
    ("{name: w, days: sat, sun, time_zone: UTC}", "{name: w, days: [sat, sun], time_zone: UTC}"),
];

/// Templates.
const TEMPLATES: &[Pair] = &[
    ("{{ prs | map(title) }}", "{{ prs | map(attribute='title') }}"),
    ("{{ prs | map(title) | join(', ') }}", "{{ prs | map(attribute='title') | join(', ') }}"),
    ("{{ prs | map: 'title' }}", "{{ prs | map(attribute='title') }}"),
    ("{{ tags | map(upper) }}", "{{ tags | map('upper') }}"),
    ("{{ branch | default = 'y' }}", "{{ branch | default('y') }}"),
    ("{{ 'x' if outcome == approved }}", "{{ 'x' if outcome == 'approved' }}"),
    ("{{ tags | pluralize }}", "{{ tags }}"),
    ("{% if environment in 'a', 'b' %}x{% endif %}", "{% if environment in ['a', 'b'] %}x{% endif %}"),
    ("{% if environment == \"a' %}x{% endif %}", "{% if environment == \"a\" %}x{% endif %}"),
    ("{% for pr in prs reversed %}x{% endfor %}", "{% for pr in prs | reverse %}x{% endfor %}"),
];

/// A file whose lists start in column 1, with three spaces behind each `-`.
const WIDE: &str = "rules:
-   stage:
        conditions:
        -   environment='Staging'
        actions:
        -   slack_channel_approval:
                channel: '#a'
                votes_required: 2
-   tell:
        actions:
        -   notify_deployer: x
";

/// Slips of [`WIDE`], each with what is right.
const WIDE_SLIPS: [Pair; 6] = [
    ("-   tell:", "-   tell: {"),
    ("-   tell:", "-   tell"),
    ("rules:", "rules"),
    ("votes_required: 2", "votes_required; 2"),
    ("votes_required: 2", "votes_required 2"),
    ("        -   notify", "        --  notify"),
];

/// Whole files.
const FILES: &[Pair] = &[
    (
        "rules:\n  - canary {actions: [trigger_build]}\n  - main:\n      after: canary\n      actions: [trigger_build]\n",
        "rules:\n  - canary: {actions: [trigger_build]}\n  - main:\n      after: canary\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - canary:{actions: [trigger_build]}\n  - main:\n      after: canary\n      actions: [trigger_build]\n",
        "rules:\n  - canary: {actions: [trigger_build]}\n  - main:\n      after: canary\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      actions:\n        -- auto_approve_build: x\n        - trigger_build\n",
        "rules:\n  - a:\n      actions:\n        - auto_approve_build: x\n        - trigger_build\n",
    ),
];

pub(super) fn all() -> Vec<(String, String)> {
    let wide = WIDE_SLIPS.iter().map(|(right, wrong)| (WIDE.replace(right, wrong), WIDE.to_owned()));
    let rows = [
        super::of(TEXTS, super::with_condition),
        super::of(RULES, super::with_keys),
        super::of(APPROVALS, super::with_approval),
        super::of(ACTIONS, super::with_action),
        super::of(WINDOWS, super::with_window),
        super::of(TEMPLATES, super::super::with_template),
        super::of(FILES, str::to_owned),
    ];
    rows.concat().into_iter().chain(wide).collect()
}
