//! Mistakes in rules and in whole files.

use super::Pair;

/// Keys of a rule.
pub(super) const RULES: &[Pair] = &[
    ("if: environment='Staging'", ""),
    ("condition: environment='Staging'", ""),
    ("unless: environment='Staging'", "conditions:\n  - environment!='Staging'"),
    ("on: deploy", ""),
    ("trigger: pr_opened", "triggers: [pr_opened]"),
    ("triggers: [pr_opend]", ""),
    ("triggers: [deploy]", "actions: [trigger_build]"),
    ("triggers: pr_opened", ""),
    ("triggers: {pr_opened: {}}", "triggers: [pr_opened]"),
    ("triggers: [[pr_opened]]", "triggers: [pr_opened]"),
    ("triggers:\n  - - pr_opened\n    - pr_closed", "triggers: [pr_opened]"),
    ("triggers: [cron: {target: project}]", ""),
    ("enabled: false", "description: off"),
    ("name: promote", ""),
    (
        "votes_required: 2",
        "actions:\n  - slack_channel_approval:\n      channel: '#a'\n      votes_required: 2",
    ),
    ("description: [x]", "description: x"),
    ("after: canary", "description: x"),
    ("after: promote", "description: x"),
    ("after: {a: b}", "description: x"),
    ("promotes_to: '{{ environment }}'", "promotes_to: Production"),
    ("promotes_to: Production\nactions: [notify_deployer: x]", ""),
    ("conditions: []", ""),
    ("actions: trigger_build", ""),
    ("action: trigger_build", ""),
    ("Actions: [trigger_build]", ""),
    ("actions:", "actions: [trigger_build]"),
    ("actions:\n  slack_channel_approval", "actions:\n  - slack_channel_approval:\n      channel: '#a'"),
    ("actions: []", "actions: [trigger_build]"),
    ("actions: x", "actions: [trigger_build]"),
    (
        "actions: {trigger_build: {}, notify_deployer: x}",
        "actions: [{trigger_build: {}}, {notify_deployer: x}]",
    ),
    ("actions:\n  trigger_build: {}\n  notify_deployer: x", ""),
    ("actions:\n  - merge: {}\n  - notify_deployr: x", ""),
    ("actions:\n  - [trigger_build]", "actions:\n  - trigger_build"),
    (
        "actions:\n  - trigger_build: {}\n    notify_deployer: x",
        "actions:\n  - trigger_build: {}\n  - notify_deployer: x",
    ),
    ("actions:\n  - {trigger_build: {}, nothing: x}", "actions:\n  - trigger_build"),
    ("steps:\n  - trigger_build", "actions:\n  - trigger_build"),
    ("description: x\nactions_of_it: [trigger_build]", "description: x"),
    (
        "actions:\n  - slack_channel_approval:\n      channel: '#a'\n    on_success: [trigger_build]\n    on_reject: [trigger_build]\n    on_expire: [trigger_build]\n    expires_after: 2h",
        "",
    ),
    ("actions:\n\t- trigger_build", ""),
    ("actions:\n\t- trigger_build\n\t- notify_deployer: x", ""),
    (
        "actions: [trigger_build, notify_deployer: {{ deploy_slack }} and a text that is longer than what a suggestion repeats of a line]",
        "",
    ),
    ("actions:\n  - notify_deployer:\u{a0}“x”", ""),
    ("actions:\n  - notify_deployer: '${REGION} $CIRCLE_SHA1'", ""),
];

/// Whole files.
pub(super) const FILES: &[Pair] = &[
    (
        "rules:\n  - a:\n      actions: [merge]\n  - b:\n      conditions: [\"failed_rules='a'\"]\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [merge]\n  - b:\n      actions: [trigger_build]\n",
    ),
    ("", "rules: [a: {actions: [trigger_build]}]\n"),
    ("# nothing\n", "rules: [a: {actions: [trigger_build]}]\n"),
    ("rules:\n", ""),
    ("rules: promote\n", "rules:\n  - promote:\n      actions: [trigger_build]\n"),
    ("rules: {promote: {actions: [trigger_build]}}\n", "rules: [promote: {actions: [trigger_build]}]\n"),
    (
        "version: 1\nrules:\n  - a: {actions: [trigger_build]}\n",
        "rules:\n  - a: {actions: [trigger_build]}\n",
    ),
    ("version: 1\n", "rules: [a: {actions: [trigger_build]}]\n"),
    ("Rules:\n  - a: {actions: [trigger_build]}\n", ""),
    ("promote:\n  actions: [trigger_build]\n", ""),
    (
        "conditions: [environment='x']\nrules:\n  - a: {actions: [trigger_build]}\n",
        "rules:\n  - a: {conditions: [environment='x'], actions: [trigger_build]}\n",
    ),
    ("rules:\n- promote\n", "rules:\n- promote:\n    actions: [trigger_build]\n"),
    ("rules:\n- []\n", "rules:\n- promote:\n    actions: [trigger_build]\n"),
    ("rules:\n- {}\n", "rules:\n- promote:\n    actions: [trigger_build]\n"),
    ("rules:\n  - promote:\n", "rules:\n- promote:\n    actions: [trigger_build]\n"),
    ("rules:\n  - '': {actions: [trigger_build]}\n", ""),
    ("rules:\n  - pro\u{a0}mote:\n      actions: [trigger_build]\n", ""),
    (
        "rules:\n  - a: {actions: [trigger_build]}\n  - a: {actions: [trigger_build]}\n",
        "rules:\n  - a: {actions: [trigger_build]}\n  - b: {actions: [trigger_build]}\n",
    ),
    (
        "rules:\n  - a: {actions: [trigger_build]}\n    b: {actions: [trigger_build]}\n",
        "rules:\n  - a: {actions: [trigger_build]}\n  - b: {actions: [trigger_build]}\n",
    ),
    (
        "rules:\n  - a:\n      actions: [trigger_build]\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a: {after: b, actions: [trigger_build]}\n  - b: {triggers: [pr_opened], actions: [trigger_build]}\n",
        "rules:\n  - a: {actions: [trigger_build]}\n  - b: {triggers: [pr_opened], actions: [trigger_build]}\n",
    ),
    (
        "rules:\n  - a: {after: b, actions: [trigger_build]}\n  - b: {actions: [merge: {}]}\n",
        "rules:\n  - a: {actions: [trigger_build]}\n  - b: {actions: [merge: {}]}\n",
    ),
    (
        "rules:\n  - a: {after: b, actions: [trigger_build]}\n  - b: {after: b, actions: [trigger_build]}\n",
        "rules:\n  - a: {after: b, actions: [trigger_build]}\n  - b: {actions: [trigger_build]}\n",
    ),
    (
        "rules:\n  - canary: {actions: [trigger_build]}\n  - b: {after: canari, actions: [trigger_build]}\n",
        "",
    ),
    // YAML.
    (
        "rules:\n  - a:\n      actions: [trigger_build]\n---\nrules:\n  - b:\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n",
    ),
    ("{% if x %}\nrules:\n  - a:\n      actions: [trigger_build]\n{% endif %}\n", ""),
    ("{% set x = 1 %}\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a: &base\n      actions: [trigger_build]\n  - b:\n      <<: *bse\n", ""),
    (
        "rules:\n  - a:\n      <<: *base\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      <<: base\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a: &a\n      actions: [*a]\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    (
        "rules:\n  - a:\n      actions: &a b [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a:\n      actions: !list [trigger_build]\n", ""),
    ("rules:\n  - a:\n      description: x\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    (
        "rules:\n  –\u{a0}promote：\n      actions: [trigger_build]\n",
        "rules:\n  - promote:\n      actions: [trigger_build]\n",
    ),
    ("rules:\n\t- a: [\n", "rules:\n  - a: {actions: [trigger_build]}\n"),
    ("rules:\n  - {[a]: b}\n", "rules:\n  - a: {actions: [trigger_build]}\n"),
    (
        "rules:\n  - a:\n      description: x\n        y: z\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: x y z\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      conditions:\n        - environment='x' # staging\n          and tags='#a'\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      conditions:\n        - environment='x' and tags='#a'\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a:\n      actions:\n        -\ttrigger_build:\n\t\t\tparameters: {a: b}\n", ""),
    ("rules:\n  - a:\n      description: & x\n      actions: [trigger_build]\n", ""),
    (
        "rules:\n  - a:\n      conditions:\n        - { { environment } } = 'x'\n        - {{ environment }}='y'\n      actions: [trigger_build]\n",
        "",
    ),
    (
        "rules:\n  - a:\n      description: | 2x\n        y\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: |\n        y\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a:\n      ? [b]\n      : c\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    ("rules:\n  - a:\n      actions: [trigger_build]]\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    ("rules:\n  - a: {actions: [trigger_build}\n", ""),
    (
        "rules:\n  - a:\n      actions: [trigger_build, \n  - b:\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a:\n      actions: [trigger_build\n", ""),
    (
        "rules:\n  - a:\n      description: 'a\n    b'\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: 'a b'\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: \"a\" b\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: a b\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: \"it's \\d\"\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: 'it''s \\d'\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: `x\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: x\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: a # b\n        c\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: a c\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: a\u{0}b\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: ab\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      - b\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      actions: [trigger_build]\n      - notify_deployer: x\n",
        "rules:\n  - a:\n      actions: [trigger_build, notify_deployer: x]\n",
    ),
    (
        "rules:\n  - a:\n      description: |\n   x\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: |\n        x\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: x\n      what is this\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: x\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      description: x: y: z\n     actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: 'x: y: z'\n      actions: [trigger_build]\n",
    ),
    ("rules:\u{3000}\n\u{3000}\u{3000}- a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a:\n      actions:\n        - trigger_build\n       \t- notify_deployer: x\n", ""),
];
