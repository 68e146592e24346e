//! Tests of written rules: the text means exactly what the draft says.

mod laws;
mod merges;

use super::*;
use insta::assert_snapshot;

/// The form of the picture, filled in.
pub(super) fn draft() -> Draft {
    Draft {
        environment: "Staging".to_owned(),
        channel: "my-team-channel".to_owned(),
        build: "example-circleci-build".to_owned(),
        ..Draft::default()
    }
}

fn written(draft: &Draft) -> String {
    file(&draft.workflow().unwrap(), ".signoff/rules.yml").unwrap()
}

#[test]
fn the_file_of_the_picture() {
    assert_snapshot!(written(&draft()), @"
    rules:
      - promote-deploy-to-production:
          conditions:
            - environment='Staging'
          actions:
            - slack_channel_approval:
                name: 'Promote deploy to production'
                prompt: '{{ authors_slack }}, would you like to promote {{ deploy_slack }} to production?'
                channel: '#my-team-channel'
                votes_required: 1
                on_success:
                  - auto_approve_build: 'example-circleci-build'
    ");
}

#[test]
fn everything_that_can_be_chosen() {
    let all = Draft {
        name: "It's: #1 — \"go\" 🚀".to_owned(),
        environment: "QA: 'eu' #1".to_owned(),
        prompt: "{{ authors_slack }},\r\npromote {{ deploy_slack }}?\r\n\r\n  It's *time*: # now".to_owned(),
        votes_required: " 2 ".to_owned(),
        approvers: "ana@acme.example, @release-managers\no'brien@acme.example,, ANA@acme.example".to_owned(),
        four_eyes: true,
        promotes_to: " Production: EU ".to_owned(),
        break_glass: "@oncall, ana@acme.example".to_owned(),
        expires_after: "24h".to_owned(),
        require_reason: "reject".to_owned(),
        ..draft()
    };
    assert_snapshot!(written(&all), @r#"
    rules:
      - it-s-1-go:
          promotes_to: 'Production: EU'
          conditions:
            - "environment=\"QA: 'eu' #1\""
          actions:
            - slack_channel_approval:
                name: 'It''s: #1 — "go" 🚀'
                prompt: |-
                  {{ authors_slack }},
                  promote {{ deploy_slack }}?

                    It's *time*: # now
                channel: '#my-team-channel'
                votes_required: 2
                approvers: ['ana@acme.example', '@release-managers', 'o''brien@acme.example']
                self_approval: false
                break_glass: ['@oncall', 'ana@acme.example']
                require_reason: reject
                expires_after: '24h'
                on_success:
                  - auto_approve_build: 'example-circleci-build'
    "#);
}

#[test]
fn each_action_is_written_as_it_is_read() {
    let text = str::to_owned;
    let drafts = [
        Draft { action: DraftAction::SendMessage, message_channel: text("#releases"), ..draft() },
        Draft { action: DraftAction::NotifyIssues, ..draft() },
        Draft { action: DraftAction::NotifyIssues, comment: text("On {{ environment }}"), ..draft() },
        Draft { action: DraftAction::TriggerBuild, ..draft() },
        Draft { action: DraftAction::TriggerBuild, revision: text("main"), ..draft() },
        Draft {
            action: DraftAction::TriggerBuild,
            workflow: text("promote.yml"),
            parameters: text(
                "environment = production\nreplicas=3\r\nversion=007\ndry-run=false\n\nyes={{ revision }}\nnote=",
            ),
            ..draft()
        },
        Draft {
            action: DraftAction::Webhook,
            url: text(" https://example.com/{{ revision }}?a=b#c "),
            ..draft()
        },
        Draft { action: DraftAction::SendEvent, ..draft() },
        Draft { action: DraftAction::TransitionIssues, state: text("In Production"), ..draft() },
    ];
    let ends = drafts.map(|draft| {
        let text = written(&draft);
        text.split_once("on_success:\n").unwrap().1.to_owned()
    });
    assert_snapshot!(ends.join("\n"), @"
    - slack_channel_message:
        channel: '#releases'
        message: '{{ deploy_slack }} is on its way to production.'

    - notify_mentioned_issues

    - notify_mentioned_issues: 'On {{ environment }}'

    - trigger_build

    - trigger_build:
        revision: 'main'

    - trigger_build:
        parameters:
          name: 'promote.yml'
          dry-run: false
          environment: 'production'
          note: ''
          replicas: 3
          version: '007'
          'yes': '{{ revision }}'

    - webhook: 'https://example.com/{{ revision }}?a=b#c'

    - send_event: 'deployed'

    - transition_mentioned_issues: 'In Production'
    ");
}

#[test]
fn what_is_wrong_is_told_beside_its_field() {
    let text = str::to_owned;
    let empty = Draft {
        name: text(" "),
        prompt: String::new(),
        votes_required: text("0"),
        expires_after: text("tomorrow"),
        require_reason: text("rejects"),
        ..Draft::default()
    };
    let wrong = Draft {
        name: text("two\nlines"),
        environment: text("it's \"QA\""),
        prompt: text("Hello\n  {{ autors_slack }} and {{ x"),
        channel: text("My Team"),
        votes_required: text("3"),
        approvers: text("ana@acme.example, ben"),
        expires_after: text("1y"),
        ..draft()
    };
    let unknown = Draft {
        name: "n".repeat(151),
        environment: "e".repeat(5001),
        prompt: text("Hello\n  {{ autors_slack }}"),
        channel: text("#Releases"),
        votes_required: text("3"),
        approvers: text("ana@acme.example, ben@acme.example"),
        expires_after: text("91d"),
        ..draft()
    };
    let action = |action| Draft {
        action,
        message: String::new(),
        comment: String::new(),
        build: String::new(),
        event: "e".repeat(129),
        ..draft()
    };
    let build = Draft {
        parameters: text("a\n1=2\nname=x\nb=1\nb=2\nc={{ nobody }}"),
        workflow: text("{% if %}"),
        ..action(DraftAction::TriggerBuild)
    };
    let drafts = [
        empty,
        wrong,
        unknown,
        action(DraftAction::SendMessage),
        action(DraftAction::NotifyIssues),
        action(DraftAction::ApproveBuild),
        build,
        action(DraftAction::Webhook),
        Draft { url: text("example.com"), ..action(DraftAction::Webhook) },
        action(DraftAction::SendEvent),
        action(DraftAction::TransitionIssues),
    ];
    let told = drafts.map(|draft| {
        let problems = draft.workflow().unwrap_err();
        problems.iter().map(|problem| format!("{:?}: {problem}\n", problem.field)).collect::<String>()
    });
    assert_snapshot!(told.join("\n"), @"
    Name: this is empty; fill it in
    Environment: this is empty; fill it in
    Prompt: this is empty; fill it in
    Channel: this is empty; name a channel, such as #releases
    VotesRequired: this is not a whole number from 1; write, for example, 2
    ExpiresAfter: this is not a time: a whole number and s, m, h or d; write, for example, 24h
    RequireReason: `rejects` can't give a reason; did you mean `reject`?
    Build: this is empty; fill it in

    Name: this has to be one line, without tabs
    Environment: a condition can't ask for a text with both kinds of quotes; rename the environment
    Prompt: Line 2, character 26: `{{` is never closed; end it with `}}`
    Channel: `My Team` cannot be a Slack channel; write #name, or the channel's id (C0123ABCDEF)
    Approvers: `ben` can't vote; write, for example, '@ben' for a user group, or a person's e-mail address
    ExpiresAfter: this is not a time: a whole number and s, m, h or d; write, for example, 24h

    Name: this is longer than 150 characters; shorten it
    Environment: this is longer than 5000 characters; shorten it
    Prompt: Line 2, character 6: unknown template variable `autors_slack`; did you mean `authors_slack`?
    Channel: `#Releases` cannot be a Slack channel; names of channels are in lower case: #releases
    VotesRequired: 3 votes are required, and only 2 may vote; require fewer, or name more approvers
    ExpiresAfter: this is longer than 90d; write at most '90d'

    MessageChannel: this is empty; name a channel, such as #releases
    Message: this is empty; fill it in

    Comment: this is empty; fill it in

    Build: this is empty; fill it in

    Workflow: Character 1: `{% if %}` has no condition; write, for example, `{% if tags %}`
    Workflow: Character 1: `{% if %}` is never closed; end it with `{% endif %}`
    Parameters: `a` is not a parameter; write `name=value` on each line
    Parameters: `1` is not the name of a parameter; begin with a letter, and go on with letters, digits, `_` and `-`
    Parameters: `name` is the GitHub workflow, which has a field of its own; write it there
    Parameters: `b` is here twice; take one of its lines out
    Parameters: Character 4: unknown template variable `nobody`

    Url: this is empty; fill it in

    Url: a webhook takes an address; start it with `https://`

    Event: this has 129 characters; a detail type has 128 at most; put the rest under `detail:`

    State: this is empty; fill it in
    ");
}

#[test]
fn a_rule_is_called_after_its_approval() {
    for (approval, rule) in [
        ("Promote deploy to production", "promote-deploy-to-production"),
        ("  It's: #1 🚀 ", "it-s-1"),
        ("Größe — ПРОД", "größe-прод"),
        ("🚀", "approval"),
        ("", "approval"),
    ] {
        assert_eq!(rule_name(approval), rule);
    }
    let long = rule_name(&"a".repeat(300));
    assert_eq!(long.chars().count(), MAX_RULE_NAME);
    let name = unique(&long, |name| name == long || name.ends_with("a-2"));
    assert!(name.ends_with("aaa-3") && name.chars().count() == MAX_RULE_NAME, "{name}");
}
