//! Files with one slip each.

/// A file, what is told of it, and the file after the advice was followed.
pub(super) struct Case {
    pub(super) file: &'static str,
    pub(super) told: &'static str,
    pub(super) followed: &'static str,
}

/// One slip each.
pub(super) const CASES: &[Case] = &[
    // A `:` is missing.
    Case {
        file: "rules:\n  - promote\n      conditions:\n        - environment='Staging'\n      actions: [trigger_build]\n",
        told: "2:12: `promote` has no `:` behind it; write `promote:`",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions\n        - environment='Staging'\n      actions:\n        - trigger_build\n",
        told: "3:17: `conditions` has no `:` behind it; write `conditions:`",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules\n  - promote:\n      actions: [trigger_build]\n",
        told: "1:6: `rules` has no `:` behind it; write `rules:`",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval\n            channel: '#a'\n",
        told: "4:33: `slack_channel_approval` has no `:` behind it; write `slack_channel_approval:`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel '#a'\n            votes_required: 2\n",
        told: "5:20: `channel` has no `:` behind it; write `channel: '#a'`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            votes_required: 2\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel = '#a'\n            votes_required: 2\n",
        told: "5:20: `=` behind the key `channel`; write `channel: '#a'`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            votes_required: 2\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        -environment='Staging'\n      actions: [trigger_build]\n",
        told: "4:10: `-` needs a space behind it; write `- environment='Staging'`",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions: [trigger_build]\n",
    },
    // A text under `|` or `>`.
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message:\n            channel: '#a'\n            message: |\n            Hello *team*\n            it is out: {{ deploy_name }}\n        - trigger_build\n",
        told: "7:13: the text of `message: |` must be indented further than `message`; indent the lines of the text by 2 spaces more",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message:\n            channel: '#a'\n            message: |\n              Hello *team*\n              it is out: {{ deploy_name }}\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            prompt: >-\n            *Ship it*\n            channel: '#a'\n",
        told: "6:13: the text of `prompt: >-` must be indented further than `prompt`; indent the lines of the text by 2 spaces more",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            prompt: >-\n              *Ship it*\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: |\n        Hello\n        - trigger_build\n",
        told: "5:9: the text of `notify_deployer: |` must be indented further than `notify_deployer`; indent the lines of the text by 4 spaces more",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: |\n            Hello\n        - trigger_build\n",
    },
    // A name as a value.
    Case {
        file: "rules:\n  - name: promote\n    conditions: [environment='Staging']\n    actions: [trigger_build]\n",
        told: "2:5: the name of a rule is its key; write `- promote:`, and its `conditions:` and `actions:` indented under it",
        followed: "rules:\n  - promote:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - type: slack_channel_approval\n          channel: '#a'\n",
        told: "4:11: the name of an action is its key; write `- slack_channel_approval:`, and what it takes indented under it",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - name: Ask the team\n          uses: slack_channel_approval\n          with:\n            channel: '#a'\n",
        told: "5:11: the name of an action is its key; write `- slack_channel_approval:`, and what it takes indented under it",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - action: trigger_build\n",
        told: "4:11: the name of an action is its key; write `- trigger_build:`, and what it takes indented under it",
        followed: "rules:\n  - promote:\n      actions:\n        - trigger_build:\n",
    },
    // Keys beside what they belong to.
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n          on_success: [trigger_build]\n          on_reject: [trigger_build]\n",
        told: "6:11: `on_success` stands beside `slack_channel_approval` instead of under it; indent `on_success` and `on_reject` under `slack_channel_approval`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            on_success: [trigger_build]\n            on_reject: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n        - on_success: [trigger_build]\n",
        told: "6:11: unknown action `on_success`; indent it under `slack_channel_approval`, without `- `",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            on_success: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n          channel: '#a'\n",
        told: "5:11: `channel` stands beside `slack_channel_approval` instead of under it; indent `channel` under `slack_channel_approval`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n    actions: [trigger_build]\n",
        told: "3:5: `actions` stands beside `promote` instead of under it; indent `actions` under `promote`",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions: [trigger_build]\n      environment: Staging\n",
        told: "4:7: a rule takes no key `environment`; write `- environment='…'` in the list `conditions:`",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n      conditions:\n        - environment='Staging'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        slack_channel_approval:\n          channel: '#a'\n",
        told: "4:9: actions takes a list, not keys with values; write `- ` before `slack_channel_approval`, and indent what belongs to it by two spaces more",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      triggers: deploy\n      actions: [trigger_build]\n",
        told: "3:17: unknown trigger `deploy`; a rule for deploys has no triggers: leave them out",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    // Characters that look like others.
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        -\u{a0}environment='Staging'\n      actions: [trigger_build]\n",
        told: "4:10: a no-break space (U+00A0); use a space",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}actions:\n\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}  - trigger_build\n",
        told: "3:1: a no-break space (U+00A0); use a space, here and in 1 line more",
        followed: "rules:\n  - promote:\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  – promote:\n      actions: [trigger_build]\n",
        told: "2:3: `–` (U+2013) is no `-`; write `- `",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - trigger\u{200b}_build\n",
        told: "4:18: an invisible character (U+200B); delete it",
        followed: "rules:\n  - promote:\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      \u{feff}actions: [trigger_build]\n",
        told: "3:7: a byte order mark (U+FEFF) within the file, which nobody sees; delete it",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: “#releases”\n",
        told: "5:22: `“` (U+201C) is not a quote in YAML; write `\"`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: \"#releases\"\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions: [environment=‘Staging’]\n      actions: [trigger_build]\n",
        told: "3:32: `‘` (U+2018) is not a quote in YAML; write `'`",
        followed: "rules:\n  - promote:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote：\n      actions: [trigger_build]\n",
        told: "2:12: `：` (U+FF1A) is no `:`; write `:`",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_\u{441}hannel_approval: {\u{441}hannel: '#a'}\n",
        told: "4:17: `\u{441}` (U+0441) is no `c`; write `c`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval: {channel: '#a'}\n",
    },
    // Merge conflicts.
    Case {
        file: "rules:\n<<<<<<< HEAD\n  - promote:\n=======\n  - release:\n>>>>>>> main\n      actions: [trigger_build]\n",
        told: "2:1: a merge conflict is left here; keep the lines of one side, and delete the others with the lines `<<<<<<<`, `=======` and `>>>>>>>`",
        followed: "rules:\n  - release:\n      actions: [trigger_build]\n",
    },
    // Texts that need quotes.
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: #deploys, message: x}\n",
        told: "4:44: `#` starts a comment; write '#deploys' with quotes",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: '#deploys', message: x}\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: #deploys\n",
        told: "5:20: channel has no value; in YAML, `#` starts a comment: write '#deploys' with quotes",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#deploys'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: { { deploy_slack } }\n",
        told: "4:28: a template without quotes, whose braces a formatter has split; write '{{ deploy_slack }}'",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: '{{ deploy_slack }}'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: {{ deploy_slack }} it's out\n",
        told: "4:28: a template without quotes; write \"{{ deploy_slack }} it's out\"",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: \"{{ deploy_slack }} it's out\"\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions: [notify_deployer: {{ deploy_slack }}, trigger_build]\n",
        told: "3:34: a template without quotes; write '{{ deploy_slack }}'",
        followed: "rules:\n  - promote:\n      actions: [notify_deployer: '{{ deploy_slack }}', trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: It is out: go and look\n",
        told: "4:28: a `:` within a text without quotes; write 'It is out: go and look'",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: 'It is out: go and look'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval: {channel: '#a', approvers: [@sre, ana@example.com]}\n",
        told: "4:63: a value without quotes cannot start with `@`; write '@sre'",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval: {channel: '#a', approvers: ['@sre', ana@example.com]}\n",
    },
    // Brackets, quotes and apostrophes.
    Case {
        file: "rules:\n  - promote:\n      conditions: [environment='Staging', tags='#web'\n      actions:\n        - trigger_build\n",
        told: "3:19: `[` is not closed; write `]` at the end of the line",
        followed: "rules:\n  - promote:\n      conditions: [environment='Staging', tags='#web']\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: 'It is out\n        - trigger_build\n",
        told: "4:28: `'` is not closed; write `'` at the end of the line",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: 'It is out'\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: 'It's out'\n",
        told: "4:28: an apostrophe ends this text; write \"It's out\"",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: \"It's out\"\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel '#a', message: x}\n",
        told: "4:42: `channel` has no `:` behind it; write `channel: '#a'`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: '#a', message: x}\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel:'#a', message: x}\n",
        told: "4:43: the `:` behind `channel` needs a space behind it; write `channel: '#a'`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: '#a', message: x}\n",
    },
    // Conditions.
    Case {
        file: "rules:\n  - promote:\n      conditions: ${{ environment == 'Staging' }}\n      actions: [trigger_build]\n",
        told: "3:19: conditions takes a list, not a text; write `- environment = 'Staging'` on a line of its own",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        - ${{ github.ref }} == 'main'\n      actions: [trigger_build]\n",
        told: "4:11: `${{ github.ref }}` is not filled in here; write `branch = 'main'`",
        followed: "rules:\n  - promote:\n      conditions:\n        - branch = 'main'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        - \"{{ environment }}='Staging'\"\n      actions: [trigger_build]\n",
        told: "4:12: `{{ environment }}` is a template, which conditions don't have; write `environment='Staging'`",
        followed: "rules:\n  - promote:\n      conditions:\n        - \"environment='Staging'\"\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        environment: Staging\n        tags: '#web'\n      actions: [trigger_build]\n",
        told: "4:9: conditions takes a list, not keys with values; write `- environment='Staging' and tags='#web'`",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n        - tags='#web'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions: trigger_build\n",
        told: "3:16: actions takes a list, not a text; write `- trigger_build` on a line of its own",
        followed: "rules:\n  - promote:\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  promote:\n    actions: [trigger_build]\n",
        told: "2:3: `rules` takes a list, not keys with values; write `- ` before the name of each rule, and indent what is under it by two spaces more",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - conditions: [environment='Staging']\n    actions: [trigger_build]\n",
        told: "2:5: a rule without a name; write `- name-of-the-rule:` above `conditions`, and indent `conditions` and `actions` under it",
        followed: "rules:\n  - name-of-the-rule:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: Hello\n          channel: '#a'\n",
        told: "5:11: `channel` stands beside `slack_channel_message` instead of under it; write `slack_channel_message:` without a value, and indent `channel` under it",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message:\n            channel: '#a'\n            message: Hello\n",
    },
    Case {
        file: "rules:\n  - promote:\n      slack_channel_approval:\n        channel: '#a'\n      actions: [trigger_build]\n",
        told: "3:7: a rule takes no key `slack_channel_approval`; write `- slack_channel_approval:` in the list `actions:`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            auto_approve_build: x\n",
        told: "6:13: slack_channel_approval takes no key `auto_approve_build`; write `- auto_approve_build:` in the list `on_success:`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            on_success:\n              - auto_approve_build: x\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: `#x`\n",
        told: "5:22: backticks are no quotes in YAML; write '#x'",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - name: Ask the team\n          slack_channel_approval:\n            channel: '#x'\n",
        told: "4:11: an action takes no `name` beside its own name; take `name` out",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n",
    },
    Case {
        file: "rules:\n  - promote:\n      steps:\n        - trigger_build\n",
        told: "3:7: a rule takes no key `steps`; write what the rule does in the list `actions:`",
        followed: "rules:\n  - promote:\n      actions:\n        - trigger_build\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: '#x', message: Deploy #42 is out}\n",
        told: "4:66: `#` starts a comment; write 'Deploy #42 is out' with quotes",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_message: {channel: '#x', message: 'Deploy #42 is out'}\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        - { { environment } } = 'Staging'\n      actions: [trigger_build]\n",
        told: "4:11: a condition names its variables without `{{ }}`; write `- environment = 'Staging'`",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment = 'Staging'\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            prompt:\n            {{ deploy_slack }}: go?\n",
        told: "7:13: the text of `prompt:` must be indented further than `prompt`; write `prompt: |`, and indent the lines of the text by 2 spaces more",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            prompt: |\n              {{ deploy_slack }}: go?\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            prompt:\n              Promote this: {{ deploy_slack }}\n              or not\n",
        told: "7:15: the text of `prompt:` can't stand there without `|`; write `prompt: |`",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            prompt: |\n              Promote this: {{ deploy_slack }}\n              or not\n",
    },
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n           votes_required: 2\n",
        told: "6:12: this line is indented unlike its neighbours; indent it by 12 spaces, as `channel` above",
        followed: "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            votes_required: 2\n",
    },
    Case {
        file: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n     actions:\n       - trigger_build\n",
        told: "5:6: this line is indented unlike its neighbours; indent it by 6 spaces, as `conditions` above",
        followed: "rules:\n  - promote:\n      conditions:\n        - environment='Staging'\n      actions:\n       - trigger_build\n",
    },
    Case {
        file: "rule:\n  - promote:\n      actions: [trigger_build]\n",
        told: "1:1: a rules file takes no key `rule`; did you mean `rules`?",
        followed: "rules:\n  - promote:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      - conditions: [environment='Staging']\n      - actions: [trigger_build]\n",
        told: "3:7: the rule `promote` takes keys with values, not a list; take the `- ` before each key out",
        followed: "rules:\n  - promote:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      freeze: {name: w, days: sat, timezone: UTC}\n      actions: [trigger_build]\n",
        told: "3:36: a freeze window takes no key `timezone`; did you mean `time_zone`?",
        followed: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: UTC}\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: new york}\n      actions: [trigger_build]\n",
        told: "3:47: no time zone `new york`; did you mean `America/New_York`?",
        followed: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: America/New_York}\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - a:\n      actions: [trigger_build]\n  b:\n      actions: [trigger_build]\n",
        told: "4:3: the rule `b` has no `- ` before it; write `- b:` in the column of the rules above",
        followed: "rules:\n  - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - a:\n      actions:\n        - trigger_build\n        notify_deployer: x\n",
        told: "5:9: this line is not an entry of the list above; write `- notify_deployer: x`",
        followed: "rules:\n  - a:\n      actions:\n        - trigger_build\n        - notify_deployer: x\n",
    },
    Case {
        file: "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            approvers: @sre, @qa\n",
        told: "6:24: a value without quotes cannot start with `@`; write ['@sre', '@qa']",
        followed: "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#x'\n            approvers: ['@sre', '@qa']\n",
    },
    Case {
        file: "- a:\n    actions: [trigger_build]\n",
        told: "1:1: a rules file takes keys with values, not a list; write `rules:` and under it a list of rules",
        followed: "rules:\n- a:\n    actions: [trigger_build]\n",
    },
    // Other systems' expressions.
    Case {
        file: "rules:\n  - promote:\n      actions:\n        - notify_deployer: '${{ github.sha }} is out'\n",
        told: "4:29: notify_deployer: `${{ github.sha }}` is not filled in here; write `{{ deploy_revision }}`",
        followed: "rules:\n  - promote:\n      actions:\n        - notify_deployer: '{{ deploy_revision }} is out'\n",
    },
    // Values.
    Case {
        file: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: PST}\n      actions: [trigger_build]\n",
        told: "3:47: `PST` is an abbreviation, not the name of a time zone; write `time_zone: America/Los_Angeles`",
        followed: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: America/Los_Angeles}\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: XYT}\n      actions: [trigger_build]\n",
        told: "3:47: no time zone `XYT`; write an IANA name, for example `Europe/Berlin`",
        followed: "rules:\n  - promote:\n      freeze: {name: w, days: sat, time_zone: Europe/Berlin}\n      actions: [trigger_build]\n",
    },
    Case {
        file: "rules:\n  - a: {after: c, actions: [trigger_build]}\n  - b: {after: a, actions: [trigger_build]}\n  - c: {after: b, actions: [trigger_build]}\n",
        told: "2:5: the rules `a`, `b`, `c` never open: `after` goes round in a circle; take one of them out of the `after` of another",
        followed: "rules:\n  - a: {actions: [trigger_build]}\n  - b: {after: a, actions: [trigger_build]}\n  - c: {after: b, actions: [trigger_build]}\n",
    },
];
