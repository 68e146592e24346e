//! The keys of actions, but for approvals.

use crate::reference::Absent::{Means, Refused, Value};
use crate::reference::{DEFAULT_DETAIL_TYPE, GROUPS, Key, LONGEST_WAIT, METHODS, ON_FAILURES, Takes};

/// The key of every action but `slack_channel_approval` and `monitor_drift`.
pub const ON_FAILURE: Key = Key {
    name: "on_failure",
    takes: Takes::Word(&ON_FAILURES),
    absent: Means("telling actions `continue`, all others `stop`"),
    about: "What to do if it fails: `continue` runs the following actions, `stop` does not. Either way, Signoff reports the failure, \
            and people can retry the action.",
    examples: &["on_failure: continue"],
};

/// The keys of `auto_approve_build`.
pub const BUILD: [Key; 2] = [
    Key {
        name: "build",
        takes: Takes::Template,
        absent: Refused,
        about: "The name of the CircleCI workflow.",
        examples: &["build: build-and-deploy"],
    },
    Key {
        name: "job",
        takes: Takes::Template,
        absent: Means("the job that is on hold"),
        about: "The name of the job to approve.",
        examples: &["job: hold-for-production"],
    },
];

/// The keys of `trigger_build`.
pub const TRIGGER_BUILD: [Key; 2] = [
    Key {
        name: "parameters",
        takes: Takes::Parameters,
        absent: Means("none"),
        about: "The parameters of the build: names, each with a text, a number or true or false. `name` is the file of the GitHub workflow \
                that is dispatched; without it, a CircleCI pipeline is triggered.",
        examples: &[
            "parameters:\n  name: promote.yml\n  environment: production\n  version: '{{ revision }}'\n  dry_run: false",
        ],
    },
    Key {
        name: "revision",
        takes: Takes::Template,
        absent: Means(
            "the default branch, where its head is the revision or a parameter names the revision; else a protected branch whose head it is",
        ),
        about: "The branch or tag to build. If no parameter names the revision, it must be at the revision.",
        examples: &["revision: main"],
    },
];

/// The keys of `slack_channel_message`.
pub const CHANNEL_MESSAGE: [Key; 2] = [
    Key {
        name: "channel",
        takes: Takes::Channel,
        absent: Refused,
        about: "The channel for the message.",
        examples: &["channel: '#releases'"],
    },
    Key {
        name: "message",
        takes: Takes::Template,
        absent: Refused,
        about: "The text of the message.",
        examples: &["message: '{{ deploy_slack }} is on its way.'"],
    },
];

/// The keys of `slack_personal_message`; one of the first three must be there, and the message by either
/// name.
pub const PERSONAL_MESSAGE: [Key; 5] = [
    Key {
        name: "group",
        takes: Takes::Word(&GROUPS),
        absent: Means("who `email` or `user` names"),
        about: "The authors of the deploy, or the person who deployed.",
        examples: &["group: authors"],
    },
    Key {
        name: "email",
        takes: Takes::Recipients,
        absent: Means("who `group` or `user` names"),
        about: "People by their e-mail addresses.",
        examples: &["email: ana@example.com", "email: [ana@example.com, ben@example.com]"],
    },
    Key {
        name: "user",
        takes: Takes::Recipients,
        absent: Means("who `group` or `email` names"),
        about: "People by their Slack user ids.",
        examples: &["user: U9876ZYXWV"],
    },
    Key {
        name: "message",
        takes: Takes::Template,
        absent: Means("`meessage`"),
        about: "The text of the message.",
        examples: &["message: '{{ deploy_slack }} is on its way.'"],
    },
    Key {
        name: "meessage",
        takes: Takes::Template,
        absent: Means("`message`"),
        about: "Another name for `message`, from Sleuth's documentation.",
        examples: &["meessage: '{{ deploy_slack }} is on its way.'"],
    },
];

/// The keys of `monitor_drift`.
pub const MONITOR_DRIFT: [Key; 4] = [
    Key {
        name: "environment",
        takes: Takes::Text,
        absent: Refused,
        about: "The environment to watch.",
        examples: &["environment: Production"],
    },
    Key {
        name: "threshold",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Refused,
        about: "The time by which it can be behind.",
        examples: &["threshold: '2h'"],
    },
    Key {
        name: "on_over",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "Actions to run once it is further behind.",
        examples: &["on_over:\n  - slack_deploy_message: 'Production is two hours behind.'"],
    },
    Key {
        name: "on_under",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "Actions to run once it has caught up again.",
        examples: &["on_under:\n  - slack_deploy_message: 'Production has caught up.'"],
    },
];

/// The keys of `webhook`.
pub const WEBHOOK: [Key; 4] = [
    Key {
        name: "url",
        takes: Takes::Address,
        absent: Refused,
        about: "The address to call.",
        examples: &["url: https://example.com/deployed"],
    },
    Key {
        name: "method",
        takes: Takes::Word(&METHODS),
        absent: Value("POST"),
        about: "The method of the request.",
        examples: &["method: PUT"],
    },
    Key {
        name: "body",
        takes: Takes::Body,
        absent: Means("the description of the deploy, as JSON; a GET or a DELETE has none"),
        about: "The body to send instead of the description of the deploy: a text, or names with texts, which become a JSON object. `Content-Type` is `application/json` \
                where the text is JSON, else `text/plain`.",
        examples: &[
            "body: '{\"text\": {{ deploy_name | tojson }}}'",
            "body: {text: '{{ deploy_name }} was approved by {{ approved_by }}'}",
        ],
    },
    Key {
        name: "headers",
        takes: Takes::Headers,
        absent: Means("none of the rule's own"),
        about: "Headers by name: a text, or `{secret: NAME}` for the value of a secret that an admin put into the stack's `WriteSecret`. \
                A secret goes only to the hosts and from the deployments that are named with it there, over `https://`, and never on \
                after a redirect. Its value is never written in the rules file.",
        examples: &["headers: {X-Team: payments}", "headers: {Authorization: {secret: pager}}"],
    },
];

/// The keys of `transition_mentioned_issues`.
pub const ISSUE_TRANSITION: [Key; 3] = [
    Key {
        name: "state",
        takes: Takes::Template,
        absent: Refused,
        about: "The state to move the issues to, in any case. In Jira, the name of a transition also works.",
        examples: &["state: Done"],
    },
    Key {
        name: "comment",
        takes: Takes::Template,
        absent: Means("nothing"),
        about: "A comment to write on the issues once they are in this state.",
        examples: &["comment: '{{ deployment_name }} is on {{ environment }}.'"],
    },
    Key {
        name: "resolution",
        takes: Takes::Text,
        absent: Means("what Jira chooses"),
        about: "The resolution of Jira issues. Linear issues have none.",
        examples: &["resolution: Fixed"],
    },
];

/// The keys of `update_mentioned_issues`.
pub const ISSUE_FIELD: [Key; 2] = [
    Key {
        name: "field_name",
        takes: Takes::Text,
        absent: Refused,
        about: "The field: in Jira, its name or its id; in Linear, `title`, `priority`, `estimate`, `due date` or `label`.",
        examples: &["field_name: Released in"],
    },
    Key {
        name: "field_value",
        takes: Takes::Template,
        absent: Refused,
        about: "The new value. Lists, such as labels, get it in addition.",
        examples: &["field_value: '{{ revision }}'"],
    },
];

/// The keys of `send_event`.
pub const EVENT: [Key; 3] = [
    Key {
        name: "detail_type",
        takes: Takes::Template,
        absent: Value(DEFAULT_DETAIL_TYPE),
        about: "The event's detail type for rules of EventBridge, at most 128 characters.",
        examples: &["detail_type: 'promoted {{ deployment_name }}'"],
    },
    Key {
        name: "detail",
        takes: Takes::Details,
        absent: Means("nothing more"),
        about: "More fields of the detail: names, each with a text.",
        examples: &["detail:\n  team: payments\n  title: '{{ deploy_name }}'"],
    },
    Key {
        name: "bus",
        takes: Takes::Bus,
        absent: Means("the bus of the stack's parameter `EventBusName`"),
        about: "The name or ARN of the bus. The stack's role can send to the bus of the stack's parameter; allow it for any other.",
        examples: &["bus: deploys"],
    },
];
