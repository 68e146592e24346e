//! Files that look odd and are right: nothing is told of them.

use super::told;
use std::fmt::Write;

/// Keys of a rule, with its actions.
const RULES: [&str; 38] = [
    "description: What - if it's \"fine\"\nactions: [trigger_build]",
    "description: '[WIP] the team: promotes'\nactions: [trigger_build]",
    "description: \"{the} team\"\nactions: [trigger_build]",
    "description: C# and F# are here\nactions: [trigger_build]",
    "description: a, b; c\nactions: [trigger_build]",
    "description: // not a comment\nactions: [trigger_build]",
    "description: ends with a comma,\nactions: [trigger_build]",
    "description: |-\n  - one\n  - two: three\nactions: [trigger_build]",
    "description: >-\n  It says `conditions:` and means it.\n\n  Twice.\nactions: [trigger_build]",
    "description: |\n  conditions: see below\nactions: [trigger_build]",
    "description: plain\n  over - lines\nactions: [trigger_build]",
    "actions:\n- trigger_build",
    "actions:\n- trigger_build:\n    parameters:\n      name: x.yml",
    "actions:\n    - trigger_build\n    -   notify_deployer:   x",
    "actions:\n  -\n    notify_deployer: x",
    "actions:\n  - notify_deployer:\n      x",
    "actions:\n  - notify_deployer: x  # why\n  # and more\n  - trigger_build",
    "\"actions\": [\"trigger_build\"]",
    "? actions\n: - trigger_build",
    "actions: [\n  trigger_build,\n  notify_deployer: x,\n]",
    "actions: [{notify_deployer: 'a, b: c'}, {trigger_build: {}}]",
    "actions: &all\n  - trigger_build",
    "conditions:\n  - environment='Staging'\n    and tags='#web'\nactions: [trigger_build]",
    "conditions:\n  - >-\n    environment='Staging'\n    and tags='#web'\nactions: [trigger_build]",
    "conditions:\n  - \"environment='Staging'\"\n  - 'tags=\"#web\"'\nactions: [trigger_build]",
    "conditions:\n  - (environment='A' or environment='B') and (tags='#a' or tags='#b')\nactions: [trigger_build]",
    "conditions:\n  - {expression: \"environment='Staging'\", description: \"only: there\"}\nactions: [trigger_build]",
    "conditions:\n  - description: and so on\n    expression: environment='Staging'\nactions: [trigger_build]",
    "conditions:\n  - environment='and'\n  - branch='or'\nactions: [trigger_build]",
    "conditions:\n  - tags<>'#hotfix'\nactions: [trigger_build]",
    "conditions: [environment='Pre Prod', \"branch~='release/.*'\"]\nactions: [trigger_build]",
    "conditions:\n  - future_deploy=FALSE\n  - rollback\nactions: [trigger_build]",
    "conditions:\n  - drift_to_pre_prod>='2h' or drift_to_production>10\nactions: [trigger_build]",
    "freeze: {name: 'w: x', days: [SAT, Sunday], time_zone: utc}\nactions: [trigger_build]",
    "freeze:\n- name: w\n  dates: 2030-12-20..2031-01-03\nactions: [trigger_build]",
    "promotes_to: Production EU\nactions:\n  - slack_channel_approval: {channel: '#a'}\n  - auto_approve_build: x",
    "freeze: {name: evening, from: 16:00, to: 24:00, days: fri, time_zone: America/Argentina/Buenos_Aires}\nactions: [trigger_build]",
    "description:\nactions: [trigger_build]",
];

/// Keys of an approval in `#a`.
const APPROVALS: [&str; 26] = [
    "prompt: |\n  channel: see above\n  name: {{ deploy_name }}\n  approvers: ana and ben",
    "prompt: |\n  Who: {{ authors_slack }}\n\n  Why:\n    - because\n    - of that",
    "prompt: |2\n    indented\n  less",
    "prompt: >+\n  folded\n\n",
    "prompt: 'It''s {{ deploy_slack }}: go?'",
    "prompt: \"Line\\nline \\u2713 \\\"x\\\"\"",
    "prompt: Promote {{ deploy_slack }}, please",
    "prompt: Promote {{ deploy_slack }} [now]",
    "prompt: (go)",
    "prompt: <!here> promote (#releases), please",
    "prompt: ok? yes/no - now",
    "prompt: '{{ \"a: b\" }}'",
    "prompt: \"{% if tags %}x{% else %}y{% endif %}\"",
    "prompt: '{{ ''a'' if tags else ''b'' }}'",
    "prompt: first line\n  second line, with a comma",
    "approvers: ana@acme.example",
    "approvers: [ana@acme.example, '@sre', U0123ABCDEF]",
    "approvers:\n- ana@acme.example\n- '@sre'",
    "votes_required:\n  - from: '@sre'\n  - {from: [ana@acme.example, ben@acme.example], votes: 2}",
    "votes_required : 2",
    "votes_required:\n  2",
    "self_approval: off",
    "expires_after: 24h\nremind_after: \"30m\"",
    "on_success:\n- trigger_build\non_reject: [notify_deployer: no]",
    "on_success:\n  - slack_channel_message:\n      channel: C0123ABCDEF\n      message: |\n        votes: {{ votes | length }}\n        reason: none",
    "name: Promote [EU], now",
];

/// Templates.
const TEMPLATES: [&str; 37] = [
    "{{ environment }} if tags end",
    "if {{ tags }} then {{ environment }} end",
    "{{ 'if' }} {{ 'range' ~ 'end' }}",
    "{{ tags if tags else 'none' }}",
    "{{- environment -}}",
    "{%- if tags -%}x{%- endif -%}",
    "{% set end = 'x' %}{{ end }}",
    "{% set with = 'x' %}{{ with }}",
    "{% set range_of = tags %}{{ range_of }}",
    "{% for i in range(3) %}{{ i }}{% endfor %}",
    "{% set items = ['a', 'b'] %}{{ items | join(', ') }}",
    "{{ tags | length > 1 }}",
    "{{ (tags | first) ~ '.' ~ environment }}",
    "{{ 'a' if 'x' in environment }}",
    "{{ tags | map('upper') | join(' & ') }}",
    "{{ environment | default('none') | upper }}",
    "{{ environment[:3] }} {{ tags[0] }} {{ tags[-1] }}",
    "{{ prs[0].title | truncate(20, true, '…') }}",
    "{{ '%s of %s' | format(environment, deployment) }}",
    "{# if tags #}x{# end #}",
    "{{ '{{ environment }}' }}",
    "100% of {{ environment }}, $5, #12, @here",
    "<https://acme.example|page> <@U0123ABCDEF> <!here>",
    "[[1]] ((a)) <<b>> [x](y)",
    "#{12} %{x} ${x}",
    "a ${b} $(date) `c`",
    "{\"text\": {{ deploy_name | tojson }}}",
    "{% with x = environment %}{{ x }}{% endwith %}",
    "{% filter upper %}x{% endfilter %}",
    "{% set x %}text{% endset %}{{ x }}",
    "{% if environment is startingwith('S') %}x{% endif %}",
    "{% if not tags %}x{% elif prs %}y{% else %}z{% endif %}",
    "{% for pr in prs if pr.labels %}{{ loop.index }}{% else %}none{% endfor %}",
    "{{ votes | selectattr('choice', '==', 'approve') | list | length }}",
    "{{ approval.closed_at }} {{ approval.reason }}",
    "{{ links[0].url }} {{ commits[0].author }}",
    "{{ [1, 2] | sum }} {{ {'a': 1}['a'] }}",
];

/// Whole files.
const FILES: [&str; 10] = [
    "---\nrules:\n- a:\n    actions: [trigger_build]\n...\n",
    "%YAML 1.2\n---\nrules:\n- a:\n    actions: [trigger_build]\n",
    "rules:\n\n\n  -   a:\n\n        actions:\n\n          - trigger_build\n",
    "  rules:\n    - a:\n        actions: [trigger_build]\n",
    "{rules: [{a: {actions: [trigger_build]}}, {b: {after: a, actions: [trigger_build]}}]}\n",
    "rules:\n  - a-b_c/d.e (f):\n      actions: [trigger_build]\n  - b:\n      after: a-b_c/d.e (f)\n      actions: [trigger_build]\n",
    "rules:\n  - 'a: b':\n      actions: [trigger_build]\n  - b:\n      after: ['a: b']\n      actions: [trigger_build]\n",
    "rules:\n  - Déployer\u{2011}prod:\n      actions: [trigger_build]\n  - b:\n      after: Déployer\u{2011}prod\n      conditions: [\"failed_rules!='Déployer\u{2011}prod'\"]\n      actions: [trigger_build]\n",
    "x-base: &base\n  channel: '#a'\n  prompt: |\n    Go?\nrules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            <<: *base\n            name: x\n",
    "# // no comment of ours\n#- a\nrules: # here\n  # - b:\n  - a: # it\n      actions: # these\n        - trigger_build # now\n",
];

#[test]
fn odd_and_right_file_has_no_problem() {
    let indented = |text: &str, by: usize| -> String {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
    };
    let rules = RULES.iter().map(|keys| format!("rules:\n  - a:\n{}", indented(keys, 6)));
    let approval =
        "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n";
    let approvals = APPROVALS.iter().map(|keys| format!("{approval}{}", indented(keys, 12)));
    let templates = TEMPLATES.iter().map(|text| super::with_template(text));
    let files = FILES.iter().map(|text| (*text).to_owned());
    let mut wrong = String::new();
    for file in rules.chain(approvals).chain(templates).chain(files) {
        let (_, told) = told(&file);
        if !told.is_empty() {
            writeln!(wrong, "{file}{told:#?}\n-----").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
