//! Slips of which the message once named another cause, or whose advice led to the next one.

use super::Pair;

/// Conditions, each by itself.
pub(super) const TEXTS: &[Pair] = &[
    // What other languages write.
    ("branch~=/^rel.*/", ""),
    ("branch~=/rel.*/", "branch~='.*rel'"),
    ("branch like 'rel%'", ""),
    ("environment=*", "environment='Staging'"),
    ("environment=null", "environment='Staging'"),
    ("environment is null", "environment='Staging'"),
    ("tags is not empty", ""),
    ("tags is empty", ""),
    ("tags!=null", ""),
    ("tags=['#a' xor '#b']", "tags='#a' or tags='#b'"),
    ("startsWith(branch, 'rel')", ""),
    ("contains(tags, '#a')", ""),
    ("branch.endsWith('-rc')", ""),
    ("deployed_for between '5m' and '1h'", ""),
    ("${{ github.ref == 'refs/heads/main' }}", ""),
    // Values that the variable is named for once.
    ("branch='main' or 'dev'", ""),
    ("branch=('main' or 'dev')", ""),
    ("tags='#a' and '#b'", ""),
    ("environment='a' and 'b'", "environment='a'"),
    ("environment!='a' or 'b'", "environment!='a' and environment!='b'"),
    ("'Staging'=environment", ""),
    // Signs and quotes.
    ("deployed_for≥'5m'", ""),
    ("environment≠'Staging'", ""),
    ("environment ≈ 'Staging'", ""),
    ("（environment='Staging'）", ""),
    ("environment=\"Staging'", ""),
    ("environment=`a` xor tags", "environment='a'"),
    // Values of another kind.
    ("branch='refs/heads/main'", ""),
    ("future_deploy='no'", ""),
    ("future_deploy=0", ""),
    ("future_deploy!='no'", ""),
    ("rollback='1'", ""),
    ("future_deploy=no", "future_deploy=false"),
    ("future_deploy='soon'", ""),
    ("deployed_for>='1w'", ""),
    ("deployed_for>='1h30m'", ""),
    ("deployed_for>='PT5M'", ""),
    ("deployed_for>='5–10m'", "deployed_for>='10m'"),
    ("deployed_for>='-5m'", "deployed_for>='5m'"),
    ("drift_to_production='Staging'", "drift_to_production>='2h'"),
    ("magnitude>2", "magnitude>'Small'"),
    // Names of variables.
    ("drift_to>1", ""),
    ("drift_to_ENV>1", ""),
    ("labels='fix'", ""),
    ("authors='ana'", ""),
    ("pr.labels='fix'", ""),
    ("env='Staging'", ""),
    ("hour>=9", "deployed_for>='1h'"),
    ("time>'09:00'", "deployed_for>='1h'"),
];

/// Keys of a rule.
pub(super) const RULES: &[Pair] = &[
    ("conditions:\n  - tags='#web, #db'", "conditions:\n  - \"tags='#web' or tags='#db'\""),
    ("conditions:\n  - environment='Pre #1'", ""),
    ("conditions:\n  - #web in tags", ""),
    ("conditions:\n  - 'Staging'=environment", ""),
    ("conditions:\n  - environment=\"Staging'", ""),
    ("conditions:\n  - environment='Staging'\n    tags='#a'", ""),
    ("conditions:\n  - environment='Staging' and\n  tags='#a'", ""),
    ("conditions:\n  - deployed_for: '>=5m'", ""),
    ("conditions:\n  - environment: '!Staging'", ""),
    ("conditions:\n  - environment: '~(x'", "conditions:\n  - environment='x'"),
    ("conditions:\n  - environment: [a, b]", ""),
    ("conditions:\n  - {environment: [a, b], future_deploy: false, drift_to_production: 3}", ""),
    ("conditions:\n  - rollback: true", ""),
    ("conditions:\n  - *", "conditions:\n  - environment='Staging'"),
    ("conditions:\n  - '{{ environment }}'='Staging'", "conditions:\n  - environment='Staging'"),
    ("needs: canary", "description: x"),
    ("description: what is\nsoaked here", ""),
    ("description: what is soaked\n// a comment", ""),
    ("/* a comment */\ndescription: x", ""),
    ("; a comment\ndescription: x", ""),
    ("-- a comment\ndescription: x", ""),
    ("<!-- a comment -->\ndescription: x", ""),
    ("conditions:\n  * environment='Staging'\n  * tags='#a'", ""),
    ("- actions:\n  - trigger_build", ""),
];

/// Keys of an approval.
pub(super) const APPROVALS: &[Pair] = &[
    ("channel: '#Release Team'", ""),
    ("channel: '#{{ environment }}'", "channel: '#deploys'"),
    ("channel: '##rel'", ""),
    ("channel: <#C0123ABCDEF|releases>", ""),
    ("channel: U0123ABCDEF", "channel: '#deploys'"),
    ("channel: '#####'", ""),
    ("channel:\n'#deploys'", ""),
    ("rollback: true", "rollback: four_eyes"),
    ("require_reason: true", ""),
    ("authors_only: 'true'", ""),
    ("approvers: Ana <ana@example.com>", ""),
    ("approvers: ana@example.com and ben@example.com", ""),
    ("approvers: '@Sre Team'", ""),
    ("approvers: ana @example.com", "approvers: ana@example.com"),
    ("approvers: '@here'", "approvers: '@sre'"),
    ("approvers: '@channel'", "approvers: '@sre'"),
    ("approvers: ana@example.com]", ""),
    ("approvers:\n  - ana@example.com\n    - '@sre'", ""),
    ("approvers:\n  ana@example.com\n  - '@sre'", ""),
    ("approvers:\n  - ana@example.com\n  '@sre'", ""),
    ("approvers:\n  * ana@example.com\n  * '@sre'", ""),
    ("approvers: ['@sre, ana@example.com]", "approvers: ['@sre', ana@example.com]"),
    ("approvers: ['@sre]", ""),
    ("on_approve: [trigger_build]", ""),
    ("minimum_approvals: 2", ""),
    ("votes_required: {{ .Values.votes }}", ""),
    ("- votes_required: 2", ""),
];

/// Actions.
pub(super) const ACTIONS: &[Pair] = &[
    ("trigger_build: {}\nif: environment='Staging'", "trigger_build: {}"),
    ("trigger_build: {}\ncontinue_on_error: true", "trigger_build: {}\non_failure: continue"),
    ("trigger_build: {}\nconditions: [tags='#a']", "trigger_build: {}"),
    ("trigger_build: {}\nnotify_deployer: x", ""),
    ("webhook: {url: 'https://x.example', method: HEAD}", ""),
    ("webhook: {{ pr_url }}", ""),
    ("notify_deployer: | Hi\n    you", ""),
    ("notify_deployer: 'x\"", ""),
    ("notify_deployer: ''x''", ""),
    ("notify_deployer: {{ environment }} is out'", ""),
    ("auto_approve_build: deploy\u{200b}prod", ""),
    ("auto_approve_build: \u{420}roduction", ""),
    ("auto_approve_build: deploy\u{2011}prod", ""),
    ("auto_approve_build: „x“", "auto_approve_build: x"),
    (
        "slack_personal_message: {to: ana@example.com, message: x}",
        "slack_personal_message: {email: ana@example.com, message: x}",
    ),
    ("update_mentioned_issues: {labels: x}", "update_mentioned_issues: {field_name: labels, field_value: x}"),
    ("notify_deployer: '${{ secrets.KEY }}'", "notify_deployer: x"),
    ("notify_deployer: 'v ${env.BUILD_NUMBER}'", ""),
    ("notify_deployer: '<% if tags %>x<% end %>'", "notify_deployer: '{% if tags %}x{% endif %}'"),
    (
        "trigger_build:\n  name: x.yml\n  environment: QA",
        "trigger_build:\n  parameters:\n    name: x.yml\n    environment: QA",
    ),
];

/// Freeze windows.
pub(super) const WINDOWS: &[Pair] = &[
    ("{name: w, cron: '0 16 * * 5', time_zone: UTC}", "{name: w, days: fri, from: '16:00', time_zone: UTC}"),
    ("{name: w, start: '16:00', end: '18:00', time_zone: UTC}", ""),
    ("{name: w, dates: 2030-12-20–2031-01-03}", ""),
    ("{name: w, dates: 2030-12-20…2031-01-03}", ""),
    ("{name: w, dates: 12-24}", "{name: w, dates: 2030-12-24}"),
    ("{name: w, dates: 2030-02-30}", "{name: w, dates: 2030-02-28}"),
    ("{name: w, days: 5, time_zone: UTC}", ""),
    ("{name: w, dates: 2030-12-25, days: mon, time_zone: UTC}", "{name: w, dates: 2030-12-25}"),
];

/// Templates.
pub(super) const TEMPLATES: &[Pair] = &[
    ("{{ deployer }}", ""),
    ("{{ approvers }}", ""),
    ("{{ authors }}", ""),
    ("{{ revision | short }}", "{{ revision[:7] }}"),
    ("{{ revision.substring(0, 7) }}", "{{ revision[0:7] }}"),
    ("{{ revision | slice(0, 7) }}", "{{ revision[0:7] }}"),
    ("{{ env.STAGE }}", "{{ environment }}"),
    ("{{ .Values.x }}", ""),
    ("{{ .Revision }}", ""),
    ("{{ pr.titel }}", "{{ prs[0].title }}"),
    ("{% comment %}x{% endcomment %}", "{# x #}"),
    ("{{#if tags}}x{{/if}}", "{% if tags %}x{% endif %}"),
];

const RULE: &str = "rules:\n  - a:\n      actions:\n        - slack_deploy_message: |\n            Hello\n";

/// Whole files.
pub(super) fn files() -> Vec<(String, String)> {
    let second = "      actions:\n        - trigger_build\n";
    let sound = format!("{RULE}  - tell:\n{second}");
    let mut all: Vec<(String, String)> = ["- tell:", "   - tell:", "  tell:", " - tell:"]
        .iter()
        .map(|head| (format!("{RULE}{head}\n{second}"), sound.clone()))
        .collect();
    all.push((
        "rules:\n  - a:\n      actions:\n        - trigger_build\n      - notify_deployer: x\n".to_owned(),
        String::new(),
    ));
    all.push((
        "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            approvers:\n          - ana@example.com\n          - '@sre'\n".to_owned(),
        String::new(),
    ));
    all.push((format!("```yaml\n{sound}```\n"), String::new()));
    all.push((sound.replace("        - trigger_build", "+        - trigger_build"), String::new()));
    all.push((
        sound.replace("        - trigger_build", "-        - trigger_build\n+        - notify_deployer: x"),
        String::new(),
    ));
    all.push((
        sound.replace("        - trigger_build", "-        - trigger_build\n         - notify_deployer: x"),
        sound.clone(),
    ));
    all.push(("rules:\n  - a:\n      actions: [trigger_build]\n  - b:\n      actions: [trigger_build]\n  - c:\n      after: a, b\n      actions: [trigger_build]\n".to_owned(), String::new()));
    all
}
