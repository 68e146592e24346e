//! Slips whose advice, written as it stands, once led to the next mistake or to another meaning.

use super::Pair;

/// Conditions, each by itself.
pub(super) const TEXTS: &[Pair] = &[
    // One name elsewhere is a list or a pattern.
    ("environment='{{ environment }}'", "environment='Staging'"),
    ("branch='$CI_COMMIT_BRANCH'", "branch='main'"),
    ("environment='Staging,QA'", "(environment='Staging' or environment='QA')"),
    ("environment!='Staging|QA' and rollback", "(environment!='Staging' and environment!='QA') and rollback"),
    ("environment='^Staging$'", "environment='Staging'"),
    ("environment='Stag*'", "environment~='Stag.*'"),
    ("environment!='Stag*'", "environment~='QA.*'"),
    ("environment='Staging '", "environment='Staging'"),
    ("tags='#web*'", "tags~='#web.*'"),
    ("pr_labels=' fix'", "pr_labels='fix'"),
    ("branch~='release/*'", "branch~='release/.*'"),
    ("revision~='.*-rc'", "branch~='.*-rc'"),
    ("revision='7BF7226'", "revision~='7bf7226'"),
    ("environment|lower='staging'", "environment='staging'"),
    ("tags|length='1'", "tags!=[]"),
    ("drift_to_env>2", "drift_to_production>2"),
    ("tags!=any", "tags=[]"),
    // Parts of a text.
    ("environment contains 'prod'", "environment~='.*prod'"),
    ("branch includes 'release'", "branch~='.*release'"),
    ("environment has prod", "environment~='.*prod'"),
    ("branch contain 'release' or 'hotfix'", "branch~='.*release' or branch~='.*hotfix'"),
    ("tags contain 'web'", "tags='#web'"),
    ("tags includes web", "tags='#web'"),
    ("tags not contains '#web'", "tags!='#web'"),
    ("tags does not contain '#web'", "tags!='#web'"),
    ("environment not contains 'prod'", "environment!='Production'"),
    ("environment does not contain 'prod'", "environment!='Production'"),
    ("branch starts with 'release/'", "branch~='release/'"),
    ("branch startswith release", "branch~='release'"),
    ("branch ends with '-rc'", "branch~='.*-rc$'"),
    ("branch endswith 'rc'", "branch~='.*rc$'"),
    ("branch ilike 'Release%'", "branch~='(?i)Release.*'"),
    ("environment not 'Staging'", "environment!='Staging'"),
    // Values that fit the operator, and the other way round.
    ("environment>", "environment='Staging'"),
    ("tags=", "tags='#web'"),
    ("deployed_for>", "deployed_for>'5m'"),
    ("magnitude>", "magnitude>'Small'"),
    ("environment=>5", "environment='Staging'"),
    ("environment≥'x'", "environment='Staging'"),
    ("5>deployed_for", "deployed_for<'5m'"),
    ("{{ environment }}=1", "environment='1'"),
    ("environment='O\\'Brien'", "environment=\"O'Brien\""),
    ("health='Healthy' and not 'Ailing'", "health='Healthy'"),
    // Joiners.
    ("environment='Staging' and and rollback", "environment='Staging' and rollback"),
    ("environment='Staging' and or rollback", "environment='Staging' and rollback"),
    ("and environment='Staging'", "environment='Staging'"),
    ("or environment='Staging'", "environment='Staging'"),
    ("(and environment='Staging')", "(environment='Staging')"),
    // Comparisons that never hold.
    ("tags='#a' and tags='#b' and tags=1", "tags='#a' and tags='#b'"),
    ("environment='a' and rollback and environment='b'", "environment='a' and rollback"),
    ("tags='#two words'", "tags='#two-words'"),
    ("tags='two words'", "tags='#two-words'"),
    ("tags='# a'", "tags='#a'"),
    ("tags='#'", "tags='#web'"),
    ("tags='##a'", "tags='#a'"),
    ("tags='#a,#b'", "tags='#a' or tags='#b'"),
    ("tags!='#a b'", "tags!='#a-b'"),
    ("tags='*'", "tags!=[]"),
    ("deployment='acme/*'", "deployment~='acme/.*'"),
    ("deployment='acme/checkout/x'", "deployment='acme/checkout'"),
    ("deployment='github.com/acme/checkout'", "deployment='acme/checkout'"),
    ("deployment='https://github.com/acme/checkout.git'", "deployment='acme/checkout'"),
    ("deployment='/checkout'", "deployment='acme/checkout'"),
    ("deployer='Ana Smith'", "deployer='ana@example.com'"),
    ("pr_authors='<@U0123ABCDEF>'", "pr_authors='ana'"),
    ("failed_rules=''", "failed_rules=[]"),
    ("pr_labels=''", "pr_labels=[]"),
    ("environment!=''", "environment='Staging'"),
    // Patterns and colons of other languages.
    ("environment:'Staging'", "environment='Staging'"),
    ("environment: Staging", "environment='Staging'"),
    ("environment~='*prod'", "environment~='.*prod'"),
    ("branch~='**/x'", "branch~='.*/x'"),
];

/// Keys of a rule.
pub(super) const RULES: &[Pair] = &[
    // What denies a condition.
    ("conditions: always", "description: x"),
    ("conditions: never", "description: x"),
    ("conditions:\n  - not: tags='#a'", "conditions:\n  - tags!='#a'"),
    ("conditions:\n  - not: [tags='#a', tags='#b']", "conditions:\n  - tags!='#a' or tags!='#b'"),
    ("conditions:\n  - {expression: tags='#a', not: true}", "conditions:\n  - {expression: tags!='#a'}"),
    ("conditions:\n  a) environment='a'", "conditions:\n  - environment='a'"),
    ("conditions: {environment='a'}", "conditions:\n  - environment='a'"),
    ("conditions: !include other.yml", "conditions:\n  - environment='a'"),
    ("any_conditions: [tags='#a', tags='#b']", "conditions: [tags='#a' or tags='#b']"),
    ("no_conditions: [tags='#a']", "conditions: [tags!='#a']"),
    ("unless: rollback", "conditions: [rollback=false]"),
    ("except: [dev]", "conditions:\n  - branch!='dev'"),
    ("only: [main]", "conditions:\n  - branch='main'"),
    ("if: [tags='#a', rollback]", "conditions: [tags='#a', rollback]"),
    ("triggers: {deploy: {}}", "description: x"),
    ("triggers:\n  deploy:", "description: x"),
    ("triggers: {push: {}}", "description: x"),
    ("triggers: {pr_updated: {}}", "triggers: [pr_updated]"),
    ("triggers: []", "description: x"),
    ("actions:\n  + auto_approve_build: x", "actions:\n  - auto_approve_build: x"),
    (
        "actions:\n  1. auto_approve_build: x\n  2. notify_deployer: y",
        "actions:\n  - auto_approve_build: x\n  - notify_deployer: y",
    ),
];

/// Keys of an approval.
pub(super) const APPROVALS: &[Pair] = &[
    // Keys that deny another, and people who are none.
    ("no_self_approval: true", "self_approval: false"),
    ("no_expires_after: 24h", "name: x"),
    ("not_approvers: [ana@example.com]", "approvers: [ben@example.com]"),
    ("on_not_success: [trigger_build]", "on_reject: [trigger_build]"),
    ("max_votes_required: 2", "votes_required: 2"),
    ("approvers: '@sre @qa'", "approvers: ['@sre', '@qa']"),
    ("approvers: nobody", "approvers: ben@example.com"),
    ("approvers: true", "name: x"),
    ("break_glass: false", "name: x"),
    ("approvers:\n  -ana@example.com", "approvers:\n  - ana@example.com"),
    ("approvers: ['!ana@example.com', ben@example.com]", "approvers: [ben@example.com]"),
    ("approvers: ana@example.com#note", "approvers: ana@example.com # note"),
    ("approvers: u0123abcdef", "approvers: U0123ABCDEF"),
    ("required_votes: 2", "votes_required: 2"),
    ("groups: '@sre'", "approvers: '@sre'"),
];

/// Actions.
pub(super) const ACTIONS: &[Pair] = &[
    ("trigger_build: no", "notify_deployer: x"),
    ("trigger_build: {}\nunless: rollback", "trigger_build: {}"),
    ("trigger_build: {}\nfail_fast: false", "trigger_build: {}\non_failure: continue"),
    ("trigger_build: {}\nallow_failure: {exit_codes: 1}", "trigger_build: {}\non_failure: continue"),
    (
        "webhook: 'https://example.com/x', method: POST",
        "webhook: {url: 'https://example.com/x', method: POST}",
    ),
    (
        "slack_channel_approval:\n  channel: '#a' votes_required: 2",
        "slack_channel_approval:\n  channel: '#a'\n  votes_required: 2",
    ),
    ("add_deploy_tag: '##a'", "add_deploy_tag: '#a'"),
    ("auto_approve_build: deploy // the new one", "auto_approve_build: deploy # the new one"),
    ("trigger_build: {parameters: {workflow: x.yml}}", "trigger_build: {parameters: {name: x.yml}}"),
    ("trigger_build:\n  parameters:\n    name:: x.yml", "trigger_build:\n  parameters:\n    name: x.yml"),
    (
        "webhook: https://hooks.slack.com/services/T0123ABCD/B0123ABCD/abcdefghijkl",
        "webhook: https://deploys.example.com/hook",
    ),
    ("trigger_build: {}\non_failure: [{slack_deploy_message: x}]", "trigger_build: {}\non_failure: continue"),
    ("trigger_build: {}\non_failure:", "trigger_build: {}\non_failure: continue"),
    ("add_deploy_tag: 'soaked {{ environment }}'", "add_deploy_tag: 'soaked-{{ environment }}'"),
    ("add_deploy_tag: '{{ environment }} {{ branch }}'", "add_deploy_tag: '{{ environment }}-{{ branch }}'"),
    ("add_deploy_tag: '#a,#b'", "add_deploy_tag: '#a'"),
    (
        "webhook: {url: 'https://example.com/', body: '{\"text\": \"{{ prs[0].title }}\"}'}",
        "webhook: {url: 'https://example.com/', body: '{\"text\": {{ prs[0].title | tojson }}}'}",
    ),
    ("webhook: http://１２７.0.0.1/", "webhook: https://example.com/"),
    (
        "webhook: 'https://evil.example\\{{ revision }}.acme.example/'",
        "webhook: 'https://acme.example/{{ revision }}'",
    ),
];

/// Freeze windows.
pub(super) const WINDOWS: &[Pair] = &[
    ("{name: w, days: '!sat', time_zone: UTC}", "{name: w, days: sun, time_zone: UTC}"),
    ("{name: w, no_days: sat, time_zone: UTC}", "{name: w, days: sun, time_zone: UTC}"),
    ("{cron: '0 16 * * 5'}", "{name: w, days: fri, from: '16:00', time_zone: UTC}"),
    ("{}", "{name: w, days: fri, time_zone: UTC}"),
    ("{name: w, days: [6, 7], time_zone: UTC}", "{name: w, days: [sat, sun], time_zone: UTC}"),
    ("{name: w, dates: 2020-01-01..9999-12-31}", "{name: w, dates: 2030-01-01..2030-12-31}"),
    ("{name: w, dates: ..2030-01-01}", "{name: w, dates: 2029-12-24..2030-01-01}"),
    ("{name: w, days: sat, time_zone: Pacific}", "{name: w, days: sat, time_zone: America/Los_Angeles}"),
];

/// Templates.
pub(super) const TEMPLATES: &[Pair] = &[
    ("{{! c }}", "{# c #}"),
    ("{{ tags ? prs.length : revision }}", "{{ prs | length if tags else revision }}"),
    ("{{ environment }}}", "{{ environment }}"),
    ("{% if environment == 'x' or 'b' %}y{% endif %}", "{% if environment in ['x', 'b'] %}y{% endif %}"),
    ("{% if environment != 'x' or 'b' %}y{% endif %}", "{% if environment != 'x' %}y{% endif %}"),
    ("{% if \"{{ tags }}\" %}y{% endif %}", "{% if tags %}y{% endif %}"),
    ("${CI_COMMIT_SHA:0:7}", "{{ deploy_revision }}"),
    ("{{ upper weather }}", "{{ environment | upper }}"),
    // Words of other languages.
    (
        "{% if environment startswith 'P' %}x{% endif %}",
        "{% if environment is startingwith 'P' %}x{% endif %}",
    ),
    (
        "{% if environment not endsWith('P') %}x{% endif %}",
        "{% if environment is not endingwith('P') %}x{% endif %}",
    ),
    ("{% if tags exists %}x{% endif %}", "{% if tags is defined %}x{% endif %}"),
    ("{% if defined tags %}x{% endif %}", "{% if tags is defined %}x{% endif %}"),
    ("{% if tags not contains 'x' %}x{% endif %}", "{% if 'x' not in tags %}x{% endif %}"),
    ("{% if prs and tags not contains 'x' %}x{% endif %}", "{% if prs and 'x' not in tags %}x{% endif %}"),
    ("{% for pr in prs limit:3 %}x{% endfor %}", "{% for pr in prs[:3] %}x{% endfor %}"),
    ("{{ environment | slice: 0, 7 }}", "{{ environment[0:7] }}"),
    ("{{ environment | slice: 2, 3 }}", "{{ environment[2:5] }}"),
    ("{{ tags | sort(reverse) }}", "{{ tags | sort(reverse=true) }}"),
    ("{{ environment | branch }}", "{{ environment ~ branch }}"),
    // Names.
    ("{{ $env }}", "{{ environment }}"),
    ("{{ $sha }}", "{{ revision }}"),
    ("{{ $github.sha }}", "{{ revision }}"),
    ("{{ $weather }}", "{{ deploy_name }}"),
    ("{{ deploy\u{2212}slack }}", "{{ deploy_slack }}"),
    ("x{{ end }}", "x"),
    ("{{ authors_slack() }}", "{{ authors_slack }}"),
    // What belongs before or behind a sign.
    ("{{ prs | join(', ')) }}", "{{ prs | join(', ') }}"),
    ("{% if tags) %}x{% endif %}", "{% if tags %}x{% endif %}"),
    ("{{ tags] }}", "{{ tags }}"),
    ("{{ (tags] }}", "{{ (tags) }}"),
    ("{{ {{ deploy_slack }} }}", "{{ deploy_slack }}"),
    ("{{ | upper }}", "{{ environment | upper }}"),
    ("{{ environment, revision }}", "{{ environment ~ revision }}"),
    ("{% if tags, prs %}x{% endif %}", "{% if tags and prs %}x{% endif %}"),
    ("{{ environment. }}", "{{ environment }}"),
    ("{{ environment ~ }}", "{{ environment }}"),
    ("{% if tags == %}x{% endif %}", "{% if tags %}x{% endif %}"),
    ("{% if and tags %}x{% endif %}", "{% if tags %}x{% endif %}"),
    ("{% if and tags prs %}x{% endif %}", "{% if tags and prs %}x{% endif %}"),
    ("{% set x = %}x", "{% set x = environment %}x"),
    ("{% set x := 1 %}x", "{% set x = 1 %}x"),
    ("{% for (pr in prs) %}x{% endfor %}", "{% for pr in prs %}x{% endfor %}"),
    ("{{ prs | sum }}", "{{ prs | length }}"),
    ("{{ prs | dictsort }}", "{{ prs | map(attribute='title') }}"),
    ("{% for i, pr in prs %}x{% endfor %}", "{% for pr in prs %}x{% endfor %}"),
    ("{{ '%s %s' | format(environment) }}", "{{ '%s' | format(environment) }}"),
    ("{{ (environment)() }}", "{{ environment }}"),
    ("{% if environment is %}x{% endif %}", "{% if environment is defined %}x{% endif %}"),
    // Ends.
    (
        "{% for tag in tags %}{% if tag %}a{% endfor %}{% endif %}",
        "{% for tag in tags %}{% if tag %}a{% endif %}{% endfor %}",
    ),
    ("{% elif tags %}x{% endif %}", "{% if tags %}x{% endif %}"),
    ("{% if tags %}x{/if}", "{% if tags %}x{% endif %}"),
    ("{% if tags %}x{endif} y", "{% if tags %}x{% endif %} y"),
    (
        "{% for tag in tags %}{{ tag }}{% if not loop.last %}, {% endfor %}",
        "{% for tag in tags %}{{ tag }}{% if not loop.last %}, {% endif %}{% endfor %}",
    ),
    // Liquid's word for what is empty.
    ("{% if tags != empty %}x{% endif %}", "{% if tags %}x{% endif %}"),
    ("{% if tags == blank and prs %}x{% endif %}", "{% if not tags and prs %}x{% endif %}"),
    ("{% if prs and approval.reason != blank %}x{% endif %}", "{% if prs and approval.reason %}x{% endif %}"),
    ("{% case x %}{% when 1 %}a{% endcase %}", "{% if tags %}a{% endif %}"),
];

/// Whole files.
pub(super) const FILES: &[Pair] = &[
    ("rules: !include other.yml\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    (
        "rules:\n  - title: a\n    actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - job: a\n    conditions: [tags='#a']\n    actions: [trigger_build]\n",
        "rules:\n  - a:\n      conditions: [tags='#a']\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      actions:\n        - conditions: [tags='#a']\n          actions: [trigger_build]\n",
        "rules:\n  - a:\n      conditions: [tags='#a']\n      actions: [trigger_build]\n",
    ),
    ("rules:\n  - a::\n      actions: [trigger_build]\n", "rules:\n  - a:\n      actions: [trigger_build]\n"),
    (
        "name: CI\non: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n",
        "rules:\n  - a:\n      actions: [trigger_build]\n",
    ),
    (
        "rules:\n  - a:\n      actions:\n        - auto_approve_build: x\n---\nrules:\n  - b:\n      actions: [trigger_build]\n",
        "rules:\n  - a:\n      actions:\n        - auto_approve_build: x\n",
    ),
];

/// The slips above that are one message each, whatever the file.
pub(in super::super) fn single() -> Vec<String> {
    let of = |pairs: &[Pair], with: fn(&str) -> String| -> Vec<String> {
        pairs.iter().map(|(file, _)| with(file)).collect()
    };
    [
        of(TEXTS, super::with_condition),
        of(RULES, super::with_keys),
        of(APPROVALS, super::with_approval),
        of(ACTIONS, super::with_action),
        of(WINDOWS, super::with_window),
        of(TEMPLATES, super::super::with_template),
        of(FILES, str::to_owned),
    ]
    .concat()
}
