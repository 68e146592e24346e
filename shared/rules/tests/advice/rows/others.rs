//! Slips of people who come from other systems, who paste from a chat or a page, or who write YAML by hand:
//! each is told once.

use super::{Pair, with_action, with_approval, with_condition, with_keys, with_window};

/// Keys of a rule.
const RULES: &[Pair] = &[
    ("conditions: - environment='Staging'", ""),
    ("conditions: |\n  - environment='Staging'", ""),
    ("conditions: >\n  - environment='Staging'", ""),
    ("conditions: []\n  - environment='Staging'", ""),
    ("conditions:;\n  - environment='Staging'", ""),
    ("conditions;\n  - environment='Staging'", ""),
    ("conditions:\n  - - environment='Staging'", ""),
    ("conditions:\n  - [environment='Staging']", ""),
    ("conditions:\n  - [x] environment='Staging'", ""),
    ("conditions:\n  - [ ] environment='Staging'", ""),
    ("conditions:\n  - if: environment='Staging'", ""),
    ("conditions:\n  - when: environment == 'Staging'", "conditions:\n  - environment = 'Staging'"),
    ("conditions:\n  - expr: environment='Staging'", ""),
    ("conditions:\n  - and: environment='Staging'", ""),
    ("conditions:\n  - env: Staging", "conditions:\n  - environment='Staging'"),
    ("conditions:\n  - environment='Staging'\n  - or\n  - environment='QA'", ""),
    ("conditions:\n  - environment='Staging'\n  - or environment='QA'", ""),
    ("conditions:\n  - environment='Staging' or\n  - environment='QA'", ""),
    ("conditions:\n  - environment='Staging'\n  - and tags='#a'", ""),
    (
        "conditions: [environment='Staging' or, environment='QA']",
        "conditions: [environment='Staging' or environment='QA']",
    ),
    ("conditions:\n  - environment='Staging' or rollback\n  - and tags='#a'", ""),
    (
        "conditions:\n  - >-\n    environment='Staging' or\n  - environment='QA'",
        "conditions:\n  - environment='Staging' or environment='QA'",
    ),
    ("conditions:\n  - environment='Staging'\n  or environment='QA'", ""),
    ("conditions:\n  - environment='Staging'\n    description: only there", ""),
    ("only: [main]", "conditions: [branch='main']"),
    ("branches: [main]", "conditions: [branch='main']"),
    ("environments: [Staging]", "conditions: [environment='Staging']"),
    ("schedule: '0 9 * * 1'", "description: x"),
    ("priority: 1", "description: x"),
    ("where: environment='Staging'", ""),
    ("actions: - trigger_build", ""),
    ("actions:\n  - - trigger_build", ""),
    ("actions:\n  - trigger_build\n    notify_deployer: x", ""),
    ("actions:\n  - trigger_build\n    - notify_deployer: x", ""),
    ("actions:\n  - trigger_build:\n  parameters: {name: x.yml}", ""),
    ("actions:\n  - trigger_build\n  ...", ""),
    ("actions:\n  - trigger_build\n  etc.", ""),
    ("description: [WIP] promotes", ""),
    ("description: {the team} promotes", ""),
    (
        "description: |\n  It waits.\n  conditions:\n    - environment='Staging'",
        "description: |\n  It waits.\nconditions:\n  - environment='Staging'",
    ),
    ("// what it is for\ndescription: x", ""),
    ("actions:\n  - add_deploy_tag: #a", ""),
    (
        "actions:\n  - add_deploy_tag: '#a, #b'",
        "actions:\n  - add_deploy_tag: '#a'\n  - add_deploy_tag: '#b'",
    ),
];

/// Keys of an approval.
const APPROVALS: &[Pair] = &[
    ("\"votes_required: 2\"", ""),
    ("votes_required: >=2", ""),
    ("votes-required: 2", ""),
    ("votesRequired: 2", ""),
    ("\"name\" \"Promote\"", ""),
    ("prompt: |:\n  Go?", ""),
    ("prompt: \"\n  Go?\nvotes_required: 2", ""),
    ("prompt: 'Go\n  or not\nvotes_required: 2", ""),
    ("prompt: |\n  Go?\nvotes-required: 2", ""),
    ("prompt: |\n  Go?\nVOTES_REQUIRED: 2", ""),
    ("prompt: |\n  Go?\n\"votes_required: 2\"", ""),
    ("prompt: |\n  Go?\n- votes_required: 2", ""),
    ("prompt: |\n  Go?\n  votes_required: 2", "prompt: |\n  Go?\nvotes_required: 2"),
    ("approvers: |\n  - ana@example.com", ""),
    ("approvers: []\n  - ana@example.com", ""),
    ("approvers:-\n  - ana@example.com", ""),
    ("approvers:\n  - [ana@example.com](mailto:ana@example.com)", ""),
    ("approvers: [\"@sre', ana@example.com]", ""),
    ("four_eyes: true", "self_approval: false"),
    ("timeout_minutes: 60", "expires_after: '60m'"),
    ("expiry: 24h", ""),
    ("room: '#a'", "name: x"),
    ("then: [trigger_build]", ""),
    ("on_deny: [trigger_build]", ""),
    ("votes_required: [{group: '@sre', votes: 2}]", ""),
];

/// Actions.
const ACTIONS: &[Pair] = &[
    ("notify_deployer - Hello", ""),
    ("notify_deployer(Hello)", ""),
    ("'notify_deployer: Hello'", ""),
    ("trigger_build:{}\n  revision: main", ""),
    ("trigger_build:\n  parameters:\n    name: x.yml\n    environment=production", ""),
    ("trigger_build:\n  parameters:\n    name: x.yml\n    environment: production,", ""),
    ("auto_approve_build: deploy;", ""),
    ("webhook: [hook](https://x.example/hook)", ""),
    (
        "webhook: {url: https://x.example/{{ revision }}}",
        "webhook: {url: 'https://x.example/{{ revision }}'}",
    ),
    ("slack_channel_message: {channel='#a', message: x}", ""),
    ("notify_deployer: \"x'", ""),
];

/// Conditions, each by itself.
const TEXTS: &[Pair] = &[
    ("environment is equal to 'Staging'", ""),
    ("deployed for >= '5m'", ""),
    ("drift to production > '2h'", ""),
    ("magnitude=small", ""),
    ("tags=web", ""),
    ("health=ok", "health='Healthy'"),
    ("revision=abc1234", ""),
    ("deployment=checkout", "deployment='acme/checkout'"),
    ("issue_key='A-1'", "issue_type='A-1'"),
];

/// Freeze windows.
const WINDOWS: &[Pair] = &[("{name: w, days: sat, tz: UTC}", "")];

/// Templates: Go's, Helm's, Mustache's, Liquid's and others.
const TEMPLATES: &[Pair] = &[
    ("{{ if tags }}x{{ end }}", "{% if tags %}x{% endif %}"),
    ("{{ if tags }}x{{ else }}y{{ end }}", "{% if tags %}x{% else %}y{% endif %}"),
    ("{{- if not .Tags -}}x{{- end -}}", "{% if not tags %}x{% endif %}"),
    ("{{ if eq .Environment \"QA\" }}x{{ end }}", "{% if environment == \"QA\" %}x{% endif %}"),
    ("{{ if and tags (gt (len tags) 1) }}x{{ end }}", "{% if tags and tags | length > 1 %}x{% endif %}"),
    ("{{ range .prs }}{{ .title }}{{ end }}", "{% for pr in prs %}{{ pr.title }}{% endfor %}"),
    ("{{ range $i, $pr := .prs }}{{ $i }}{{ end }}", "{% for pr in prs %}{{ loop.index0 }}{% endfor %}"),
    ("{{ range .Items }}x{{ end }}", "{% for pr in prs %}{{ pr.title }}{% endfor %}"),
    ("{{ with .Env }}x{{ end }}", "{% if tags %}{{ tags }}{% endif %}"),
    ("{{ define \"x\" }}y{{ end }}", "y"),
    ("{{ default \"none\" environment }}", "{{ environment | default(\"none\") }}"),
    ("{{ trunc 7 revision }}", "{{ revision[:7] }}"),
    ("{{ printf \"%s\" environment }}", "{{ \"%s\" | format(environment) }}"),
    ("{{ include \"name\" . }}", "the text"),
    ("{{ environment | quote }}", "{{ environment }}"),
    ("{{ $x := environment }}", "{% set x = environment %}"),
    ("{{ $x := environment }}{{ $x }}", "{% set x = environment %}{{ x }}"),
    ("{{% if tags %}}x{{% endif %}}", "{% if tags %}x{% endif %}"),
    ("{% do tags.append('x') %}", "{% set names = ['a', 'b'] %}"),
    ("{{#if tags}}x{{else}}y{{/if}}", "{% if tags %}x{% else %}y{% endif %}"),
    ("{{#tags}}x{{/tags}}", "{% if tags %}x{% endif %}"),
    ("{{^tags}}x{{/tags}}", "{% if not tags %}x{% endif %}"),
    ("{{! a comment }}", "{# a comment #}"),
    ("{{> partial }}", "the text"),
    ("{{& environment }}", "{{ environment }}"),
    ("{{@index}}", "{% for tag in tags %}{{ loop.index0 }}{% endfor %}"),
    ("{{# a comment #}}", "{# a comment #}"),
    ("{% # a comment %}", "{# a comment #}"),
    ("{% IF tags %}x{% ENDIF %}", "{% if tags %}x{% endif %}"),
    ("{% if tags %}x{% /if %}", "{% if tags %}x{% endif %}"),
    ("{% if tags %}x{% otherwise %}y{% endif %}", "{% if tags %}x{% else %}y{% endif %}"),
    ("{% ifequal environment 'x' %}a{% endifequal %}", "{% if environment == 'x' %}a{% endif %}"),
    ("{% x = environment %}", "{% set x = environment %}"),
    ("{% with environment as x %}{{ x }}{% endwith %}", "{% with x = environment %}{{ x }}{% endwith %}"),
    ("{% if environment equals 'x' %}a{% endif %}", ""),
    ("{% if environment matches 'x' %}a{% endif %}", "{% if 'x' in environment %}a{% endif %}"),
    ("{% if environment =~ 'x' %}a{% endif %}", "{% if 'x' in environment %}a{% endif %}"),
    ("{% if tags length > 1 %}a{% endif %}", "{% if tags | length > 1 %}a{% endif %}"),
    ("{{ 'a' unless tags }}", "{{ 'a' if not tags }}"),
    ("{{ [pr.title for pr in prs] }}", "{{ prs | map(attribute='title') | join(', ') }}"),
    ("{{ prs.map(pr => pr.title) }}", "{{ prs | map(attribute='title') }}"),
    ("{{ 'a' & environment }}", "{{ 'a' ~ environment }}"),
    ("{{ environment | append: 'x' }}", "{{ environment ~ 'x' }}"),
    ("{{ environment | b64encode }}", "{{ environment }}"),
    ("{{ environment | url_escape }}", "{{ environment | urlencode }}"),
    ("{{ environment.charAt(0) }}", "{{ environment[0] }}"),
    ("{{ isset(environment) }}", "{{ environment is defined }}"),
    ("{{ now() }}", "x"),
    ("{{ today }}", "x"),
    ("{{ approved_at }}", "{{ approval.closed_at }}"),
    ("{{ reason }}", "{{ approval.reason }}"),
    ("{{ short_sha }}", "{{ revision[:7] }}"),
    ("{{ service }}", "{{ deployment_name }}"),
    ("[[ environment ]] is out", "{{ environment }} is out"),
    ("<< environment >> is out", "{{ environment }} is out"),
    ("${trigger['tag']} is out", "{{ revision }} is out"),
    ("${#stage('Deploy')['status']} is out", "{{ outcome }} is out"),
    ("#{if Tags}x#{/if}", "{% if tags %}x{% endif %}"),
    ("%{ if tags }x%{ endif }", "{% if tags %}x{% endif %}"),
    ("<?= $environment ?>", "{{ environment }}"),
];

/// Whole files.
const FILES: &[Pair] = &[
    (
        "rules:\n  - a:\n     description: x\n      conditions: [tags='#a']\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      description: x\n      conditions: [tags='#a']\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      conditions:\n        - tags='#a'\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n          votes_required: 2\n            prompt: Go?\n",
        "",
    ),
    (
        "rules:\n  - a:\n      actions:\n      - slack_channel_approval:\n            channel: '#a'\n            on_success:\n              - notify_deployer: x\n        - trigger_build\n",
        "rules:\n  - a:\n      actions:\n      - slack_channel_approval:\n            channel: '#a'\n            on_success:\n              - notify_deployer: x\n      - trigger_build\n",
    ),
    (
        "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            on_success:\n              - notify_deployer: x\n         - trigger_build\n",
        "",
    ),
    (
        "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n        - on_success:\n              - trigger_build\n            on_reject:\n              - notify_deployer: x\n",
        "",
    ),
    (
        "rules:\n  - a:\n      description: |\n        x\n       conditions: [tags='#a']\n      actions: [trigger_build]\n",
        "",
    ),
    ("rules: |\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules: []\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules;\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a: what it is for\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a: |\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - 'a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  -a:\n      actions: [trigger_build]\n", ""),
    ("// what it is for\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("// what: for\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("Our rules, as of today\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("<?xml version='1.0'?>\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    ("rules:\n  - a:\n      actions: [trigger_build]\nEOF\n", ""),
    ("***\nrules:\n  - a:\n      actions: [trigger_build]\n", ""),
    (
        "rules:\n  - a:\n      actions: [trigger_build]\nrules:\n  - b:\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n    - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n  - c:\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n  - c:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - pro\u{a0}mote:\n      actions: [trigger_build]\n  - b:\n      after: pro\u{a0}mote\n      actions: [trigger_build]\n",
        "",
    ),
    (
        "rules:\n  - pro\u{a0}mote:\n      actions: [trigger_build]\n  - b:\n      after: pro mote\n      actions: [trigger_build]\n",
        "",
    ),
    (
        "rules:\n  - pro mote:\n      actions: [trigger_build]\n  - b:\n      after: pro\u{a0}mote\n      actions: [trigger_build]\n",
        "",
    ),
    (
        "rules:\n  - pro\u{2011}mote:\n      actions: [trigger_build]\n  - b:\n      conditions: [\"failed_rules='pro-mote'\"]\n      actions: [trigger_build]\n",
        "rules:\n  - pro-mote:\n      actions: [trigger_build]\n  - b:\n      conditions: [\"failed_rules='pro-mote'\"]\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - pro - mote:\n      actions: [trigger_build]\n  - b:\n      conditions: [\"failed_rules='pro – mote'\"]\n      actions: [trigger_build]\n",
        "rules:\n  - pro - mote:\n      actions: [trigger_build]\n  - b:\n      conditions: [\"failed_rules='pro - mote'\"]\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - pro-mote:\n      actions: [trigger_build]\n  - b:\n      conditions: [\"failed_rules='pro\u{2011}mote'\"]\n      actions: [trigger_build]\n",
        "",
    ),
];

pub(in super::super) fn all() -> Vec<(String, String)> {
    let of = |pairs: &[Pair], with: fn(&str) -> String| -> Vec<(String, String)> {
        let followed = |text: &str| if text.is_empty() { String::new() } else { with(text) };
        pairs.iter().map(|(file, right)| (with(file), followed(right))).collect()
    };
    [
        of(RULES, with_keys),
        of(APPROVALS, with_approval),
        of(ACTIONS, with_action),
        of(TEXTS, with_condition),
        of(WINDOWS, with_window),
        of(TEMPLATES, super::super::with_template),
        of(FILES, str::to_owned),
    ]
    .concat()
}
