//! Actions and triggers.

use super::keys::{
    APPROVAL, BUILD, CHANNEL_MESSAGE, EVENT, ISSUE_FIELD, ISSUE_TRANSITION, MONITOR_DRIFT, PERSONAL_MESSAGE,
    TRIGGER_BUILD, WEBHOOK,
};
use super::{Known, Takes};

/// An action that can be run.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// The kinds of value that it takes: one of these.
    pub takes: &'static [Takes],
    /// True if it may stand there by its name alone.
    pub bare: bool,
    /// Description of its effect, in one or two sentences (Markdown).
    pub about: &'static str,
    /// Examples: entries of a list of actions.
    pub examples: &'static [&'static str],
}

/// The action that asks.
pub const ASKING: &str = "slack_channel_approval";

/// The action that watches: what it has done are rules of their own.
pub const WATCHING: &str = "monitor_drift";

/// The actions that only tell; all others but [`ASKING`] and [`WATCHING`] act.
pub const TELLING: [&str; 7] = [
    "slack_channel_message",
    "slack_personal_message",
    "slack_deploy_message",
    "add_to_deploy_message_thread",
    "notify_deploy_authors",
    "notify_deployer",
    "notify_mentioned_issues",
];

/// Actions with the key `on_failure`, in both of its places.
pub const ON_FAILURE_EXAMPLES: [&str; 2] = [
    "- auto_approve_build: deploy-to-canary\n  on_failure: continue",
    "- slack_channel_message: {channel: '#audit', message: '{{ deploy_slack }} goes out.', on_failure: stop}",
];

/// The actions that can be run.
pub const ACTIONS: [Action; 17] = [
    Action {
        name: "slack_channel_approval",
        takes: &[Takes::Keys(&APPROVAL)],
        bare: false,
        about: "Asks people in a Slack channel, and waits for their votes.",
        examples: &[
            "- slack_channel_approval:\n    channel: '#releases'\n    votes_required: 2\n    approvers: ['@release-managers']\n    on_success:\n      - auto_approve_build: build-and-deploy",
        ],
    },
    Action {
        name: "auto_approve_build",
        takes: &[Takes::Template, Takes::Keys(&BUILD)],
        bare: false,
        about: "Approves the CircleCI job that is on hold for the deploy's revision. It looks in the pipeline that an \
                earlier `trigger_build` of the rule started, where an approval comes before it, and then in the one that \
                the push started: the push to the branch or tag that the deploy names and that contains its revision, else to the default \
                branch.",
        examples: &[
            "- auto_approve_build: build-and-deploy",
            "- auto_approve_build: {build: build-and-deploy, job: hold}",
        ],
    },
    Action {
        name: "trigger_build",
        takes: &[Takes::Keys(&TRIGGER_BUILD)],
        bare: true,
        about: "Dispatches a GitHub workflow, or triggers a CircleCI pipeline.",
        examples: &[
            "- trigger_build:\n    parameters: {name: promote.yml, environment: production}",
            "- trigger_build",
        ],
    },
    Action {
        name: "slack_channel_message",
        takes: &[Takes::Keys(&CHANNEL_MESSAGE)],
        bare: false,
        about: "Posts a message to a Slack channel.",
        examples: &[
            "- slack_channel_message: {channel: '#releases', message: '{{ deploy_slack }} is on its way.'}",
        ],
    },
    Action {
        name: "slack_personal_message",
        takes: &[Takes::Keys(&PERSONAL_MESSAGE)],
        bare: false,
        about: "Writes a personal message to the people whom `group`, `email` or `user` names; one of them must be there. Who can't be \
                told is named, and stops nothing.",
        examples: &[
            "- slack_personal_message: {group: authors, message: '{{ deploy_slack }} is on its way.'}",
            "- slack_personal_message: {email: [ana@example.com, ben@example.com], message: 'Look at {{ deploy_url }}'}",
        ],
    },
    Action {
        name: "slack_deploy_message",
        takes: &[Takes::Template],
        bare: false,
        about: "Posts a message to the deployment's channel: the one of its settings, else of the stack's parameter `Deployments`.",
        examples: &["- slack_deploy_message: '{{ deploy_slack }} is on its way.'"],
    },
    Action {
        name: "notify_deploy_authors",
        takes: &[Takes::Template],
        bare: false,
        about: "Writes a personal message to each author of the deploy. Who can't be told is named, and stops nothing.",
        examples: &["- notify_deploy_authors: '{{ deploy_slack }} is on its way.'"],
    },
    Action {
        name: "notify_deployer",
        takes: &[Takes::Template],
        bare: false,
        about: "Writes a personal message to who deployed.",
        examples: &["- notify_deployer: '{{ deploy_slack }} is on its way.'"],
    },
    Action {
        name: "add_to_deploy_message_thread",
        takes: &[Takes::Template],
        bare: false,
        about: "Posts a message in the thread of the dialog; to the deployment's channel where the rule has no dialog before it.",
        examples: &["- add_to_deploy_message_thread: 'Thank you, {{ authors_slack }}.'"],
    },
    Action {
        name: "add_deploy_tag",
        takes: &[Takes::Template],
        bare: false,
        about: "Gives the deploy a tag, one word; rules that ask for `tags` are looked at again.",
        examples: &["- add_deploy_tag: '#soaked'"],
    },
    Action {
        name: "monitor_drift",
        takes: &[Takes::Keys(&MONITOR_DRIFT)],
        bare: false,
        about: "Watches how far another environment falls behind the deploy's, as `drift_to_ENV` says. Two rules of their own are made of \
                `on_over` and `on_under`, `NAME (drift to ENV over)` and `… under)`: they come after the rule, while no newer deploy \
                comes.",
        examples: &[
            "- monitor_drift:\n    environment: Production\n    threshold: '2h'\n    on_over:\n      - slack_deploy_message: 'Production is two hours behind.'",
        ],
    },
    Action {
        name: "webhook",
        takes: &[Takes::Address, Takes::Keys(&WEBHOOK)],
        bare: false,
        about: "Calls an address with a signed description of the deploy, as JSON: what was deployed, its health, how the approval before it \
                ended, who voted and why. The address may have template variables: what they give is \
                percent-encoded, so it stays one path segment or one query value. The key that signs is the deployment's own; admins see \
                it on the deployment's settings page. Private addresses such as 10.0.0.1 may be called. Loopback, link-local and \
                metadata addresses are refused in every spelling, also where a name leads to one, and redirects are not followed. \
                Of an answer only its status is told.",
        examples: &[
            "- webhook: https://example.com/deployed",
            "- webhook: {url: 'https://example.com/{{ revision }}'}",
            "- webhook:\n    url: https://pager.example.com/events\n    headers: {Authorization: {secret: pager}}\n    body: {summary: '{{ deploy_name }}: {{ outcome }}'}",
        ],
    },
    Action {
        name: "notify_mentioned_issues",
        takes: &[Takes::Template],
        bare: true,
        about: "Writes a comment on each issue of Jira or Linear that commits, pull requests or the branch mention by its key; by its name \
                alone: `Deployed: {{ deploy_name }}`. An issue that can't be written on is named, and stops nothing, here and in the next \
                three; if none can, the action fails.",
        examples: &[
            "- notify_mentioned_issues",
            "- notify_mentioned_issues: 'On {{ environment }} since {{ revision }}.'",
        ],
    },
    Action {
        name: "transition_mentioned_issues",
        takes: &[Takes::Template, Takes::Keys(&ISSUE_TRANSITION)],
        bare: false,
        about: "Brings these issues into a state. One that is in it stays as it is.",
        examples: &[
            "- transition_mentioned_issues: Done",
            "- transition_mentioned_issues: {state: Done, resolution: Fixed, comment: 'Shipped with {{ deploy_name }}.'}",
        ],
    },
    Action {
        name: "transition_issues",
        takes: &[Takes::Template],
        bare: false,
        about: "The same as `transition_mentioned_issues` with a state alone.",
        examples: &["- transition_issues: Done"],
    },
    Action {
        name: "update_mentioned_issues",
        takes: &[Takes::Keys(&ISSUE_FIELD)],
        bare: false,
        about: "Sets a field of these issues.",
        examples: &["- update_mentioned_issues: {field_name: labels, field_value: released}"],
    },
    Action {
        name: "send_event",
        takes: &[Takes::Template, Takes::Keys(&EVENT)],
        bare: true,
        about: "Sends an event to EventBridge, with the source `signoff`. Its detail describes the deploy as the body of `webhook` does, and has \
                an `id`. It may arrive more than once, as EventBridge has it: the same `id` is the same event.",
        examples: &[
            "- send_event: promoted",
            "- send_event: {detail_type: promoted, detail: {team: payments, title: '{{ deploy_name }}'}}",
            "- send_event",
        ],
    },
];

const fn known(name: &'static str, example: &'static str, about: &'static str) -> Known {
    Known { name, about, example }
}

/// The actions that rules files use and that can't be run yet, or never will be. What they take is not looked
/// at.
pub const ACTIONS_NOT_YET: [Known; 11] = [
    known("merge", "{}", "Merges a pull request."),
    known("merge_pull_request", "{}", "Merges a pull request."),
    known("update_pull_request_base", "{}", "Changes the base of a pull request."),
    known("update_pull_request_source", "{}", "Brings a pull request up to date."),
    known("add_label", "reviewed", "Labels a pull request."),
    known("add_pull_request_label", "reviewed", "Labels a pull request."),
    known("set_pr_check", "{name: freeze}", "Sets a check of a pull request."),
    known("create_revert_pr", "{}", "Opens a pull request that reverts the deploy."),
    known("create_pr", "{}", "Opens a pull request."),
    known("gradually_enable_feature_flag", "{}", "Turns a feature flag on by and by."),
    known("send_slack_msg", "{channel: reports, message: 'Deployed'}", "A message to a Slack channel."),
];

/// Triggers of pull requests: known, and none of them is a deploy.
pub const TRIGGERS: [Known; 9] = [
    known("pr_created", "- pr_created", "A pull request was created."),
    known("pr_updated", "- pr_updated", "A pull request has new commits."),
    known("pr_closed", "- pr_closed", "A pull request was closed."),
    known("pr_reopened", "- pr_reopened", "A pull request was opened again."),
    known("pr_opened", "- pr_opened", "A pull request was opened."),
    known("status_updated", "- status_updated", "A check of a pull request has another result."),
    known("review_updated", "- review_updated", "A review of a pull request was given or changed."),
    known("base_branch_updated", "- base_branch_updated", "The branch that it goes to has new commits."),
    known(
        "source_branch_updated",
        "- source_branch_updated",
        "The branch that it comes from has new commits.",
    ),
];

/// Triggers that rules files use and that are not supported yet.
pub const TRIGGERS_NOT_YET: [Known; 1] =
    [known("cron", "- cron: {target: project}", "Times of the day, not a deploy.")];
