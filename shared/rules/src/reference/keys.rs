//! The keys of a rules file: of its rules, of their freezes and conditions, and of approvals.

mod actions;

pub use actions::{
    BUILD, CHANNEL_MESSAGE, EVENT, ISSUE_FIELD, ISSUE_TRANSITION, MONITOR_DRIFT, ON_FAILURE,
    PERSONAL_MESSAGE, TRIGGER_BUILD, WEBHOOK,
};

use super::Absent::{Means, Refused, Value};
use super::{DEFAULT_PROMPT, Key, LONGEST_UNDO, LONGEST_WAIT, REASONS, ROLLBACK, Takes, UNKNOWN_MAKERS};

/// The keys of a rules file. What starts with `x-` may stand beside them.
pub const FILE: [Key; 1] = [Key {
    name: "rules",
    takes: Takes::Rules,
    absent: Refused,
    about: "The rules: a list whose entries have one key each, the rule's name, which no other rule of the file has.",
    examples: &[
        "rules:\n  - promote-to-production:\n      actions:\n        - auto_approve_build: build-and-deploy",
    ],
}];

/// The keys of a rule.
pub const RULE: [Key; 7] = [
    Key {
        name: "description",
        takes: Takes::OptionalText,
        absent: Means("none"),
        about: "The purpose of the rule.",
        examples: &["description: The team promotes what is on Staging"],
    },
    Key {
        name: "triggers",
        takes: Takes::Triggers,
        absent: Means("deploys"),
        about: "The triggers of the rule. Rules for deploys have none; rules with triggers of pull requests never open.",
        examples: &["triggers: [pr_opened]"],
    },
    Key {
        name: "after",
        takes: Takes::OtherRules,
        absent: Means("the rule waits for no other"),
        about: "Rules of this file that have to succeed first for the same deploy. Use it for stages, each with its own approval. The \
                conditions have to hold when the last of them succeeds, or later.",
        examples: &["after: [canary]"],
    },
    Key {
        name: "freeze",
        takes: Takes::Freeze,
        absent: Means("the rule acts at any time"),
        about: "Windows in which the rule does not act. People can still vote, but actions wait until no window is open; the dialog \
                says until when. A rule that acts before it asks anybody opens when the freeze ends.",
        examples: &[
            "freeze: {name: weekend, days: [sat, sun], time_zone: Europe/Berlin}",
            "freeze:\n  - {name: Friday evening, days: fri, from: '16:00', time_zone: Europe/Berlin, break_glass: '@sre'}\n  \
             - {name: holidays, dates: [2026-11-27, 2026-12-20..2027-01-03]}",
        ],
    },
    Key {
        name: "promotes_to",
        takes: Takes::Text,
        absent: Means(
            "the place follows from what the approval starts: the job, or the workflow or address with its parameters; \
             another environment, branch or tag that a text names is another place",
        ),
        about: "The environment that the rule's approvals promote to. The range that an approval judges starts at \
                the revision that was let through to the same place last. A rule that acts without asking anybody is \
                judged from there too; without this key, from the earliest such revision of all approvals in the \
                file.",
        examples: &["promotes_to: Production"],
    },
    Key {
        name: "conditions",
        takes: Takes::Conditions,
        absent: Means("the rule holds for every deploy"),
        about: "Conditions on the deploy, all of which have to hold: texts, or mappings with `description` and `expression`.",
        examples: &[
            "conditions:\n  - environment='Staging'\n  - {description: no hotfix, expression: \"tags!='#hotfix'\"}",
        ],
    },
    Key {
        name: "actions",
        takes: Takes::Actions,
        absent: Refused,
        about: "The actions to run, in order, up to the first that fails.",
        examples: &[
            "actions:\n  - slack_channel_approval:\n      channel: '#releases'\n  - auto_approve_build: build-and-deploy",
        ],
    },
];

/// The keys of a window of `freeze`. It is open when everything that it says is so; one that crosses midnight
/// belongs to the day on which it begins.
pub const FREEZE: [Key; 7] = [
    Key {
        name: "name",
        takes: Takes::Text,
        absent: Refused,
        about: "The name that people see.",
        examples: &["name: weekend"],
    },
    Key {
        name: "days",
        takes: Takes::Days,
        absent: Means("every day"),
        about: "The days of the week on which it starts.",
        examples: &["days: [sat, sun]", "days: 'Friday, sat'"],
    },
    Key {
        name: "from",
        takes: Takes::FromTime,
        absent: Means("the beginning of the day"),
        about: "The time at which it starts.",
        examples: &["from: '16:00'"],
    },
    Key {
        name: "to",
        takes: Takes::ToTime,
        absent: Means("the end of the day"),
        about: "The time at which it ends; on the next day if it is not after `from`.",
        examples: &["to: '08:30'", "to: '24:00'"],
    },
    Key {
        name: "time_zone",
        takes: Takes::TimeZone,
        absent: Means("`UTC`; required with `days`, `from` or `to`"),
        about: "The time zone, by its [IANA name](https://en.wikipedia.org/wiki/List_of_tz_database_time_zones). When clocks change, \
                the window follows the local clock.",
        examples: &["time_zone: Europe/Berlin"],
    },
    Key {
        name: "dates",
        takes: Takes::Dates,
        absent: Means("every date"),
        about: "The dates on which it starts. A range includes both ends.",
        examples: &["dates: 2026-12-20", "dates: [2026-11-27, 2026-12-20..2027-01-03]"],
    },
    Key {
        name: "break_glass",
        takes: Takes::People,
        absent: Means("nobody"),
        about: "People who can lift the freeze for an approval, with a reason, in the menu of its dialog; written as in `approvers`. \
                Lifting it does not count as a vote. If several windows hold the approval, only people whom each of them names can.",
        examples: &["break_glass: [ana@example.com, '@sre']", "break_glass: U0123ABCDEF"],
    },
];

/// The keys of a condition that is a mapping.
pub const CONDITION: [Key; 2] = [
    Key {
        name: "description",
        takes: Takes::Text,
        absent: Means("none"),
        about: "The purpose of the condition.",
        examples: &["description: soaked"],
    },
    Key {
        name: "expression",
        takes: Takes::Expression,
        absent: Refused,
        about: "The condition that has to hold.",
        examples: &["expression: deployed_for>='5m'"],
    },
];

/// The keys of `slack_channel_approval`.
pub const APPROVAL: [Key; 21] = [
    Key {
        name: "name",
        takes: Takes::Text,
        absent: Means("the rule's name"),
        about: "The name of the approval in the dialog and the record. Give each approval of a rule its own name.",
        examples: &["name: Promote deploy to production"],
    },
    Key {
        name: "prompt",
        takes: Takes::Template,
        absent: Value(DEFAULT_PROMPT),
        about: "The question for the approvers.",
        examples: &["prompt: '{{ authors_slack }}, promote {{ deploy_slack }}?'"],
    },
    Key {
        name: "channel",
        takes: Takes::Channel,
        absent: Refused,
        about: "The Slack channel for the dialog, by its name or its id.",
        examples: &["channel: '#releases'", "channel: C0123ABCDEF"],
    },
    Key {
        name: "votes_required",
        takes: Takes::Votes,
        absent: Value("1"),
        about: "The number of approvals, each by a different person. A list says who has to approve and replaces `approvers`; the \
                dialog shows who is still needed.",
        examples: &[
            "votes_required: 2",
            "votes_required:\n  - {from: '@sre', votes: 2}\n  - from: [ana@example.com, '@qa']",
        ],
    },
    Key {
        name: "rejections_required",
        takes: Takes::Count,
        absent: Value("1"),
        about: "The number of rejections, each by a different person.",
        examples: &["rejections_required: 2"],
    },
    Key {
        name: "authors_only",
        takes: Takes::Truth,
        absent: Value("false"),
        about: "Set to `true` to let only the authors of the change vote.",
        examples: &["authors_only: true"],
    },
    Key {
        name: "approvers",
        takes: Takes::People,
        absent: Means("anyone in the channel"),
        about: "The people who can vote: e-mail addresses, Slack user ids and user groups.",
        examples: &[
            "approvers: [ana@example.com, U0123ABCDEF, '@release-managers']",
            "approvers: '@release-managers'",
        ],
    },
    Key {
        name: "self_approval",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Set to `false` for four eyes: people can't approve their own changes. A vote counts for the commits and pull requests \
                that its voter did not write, co-write, push, open, merge or deploy, and each of them needs the votes. All commits \
                count that were not let through to the same place before; the first time, an admin sets the base on the deploy's page. \
                Anything unknown about them blocks the approval.",
        examples: &["self_approval: false"],
    },
    Key {
        name: "unknown_makers",
        takes: Takes::Word(&UNKNOWN_MAKERS),
        absent: Value("block"),
        about: "The effect of `self_approval: false` if a maker of the change has no Slack member: `block` waits until they have one, \
                `allow` continues and names them in the dialog.",
        examples: &["unknown_makers: allow"],
    },
    Key {
        name: "verified_commits",
        takes: Takes::Truth,
        absent: Value("false"),
        about: "Set to `true` to require a valid signature on each commit: its author's, or the source host's for a merge, a squash or \
                an edit on its page. A rebase merge has none.",
        examples: &["verified_commits: true"],
    },
    Key {
        name: "rollback",
        takes: Takes::Word(&ROLLBACK),
        absent: Means(
            "a rollback to a revision that was let through to the same place in the last 30 days keeps nobody from voting",
        ),
        about: "With `four_eyes`, makers of the commits that a rollback takes out can't approve it either.",
        examples: &["rollback: four_eyes"],
    },
    Key {
        name: "ask_again",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Set to `false` to make a rejection final for the deploy. Otherwise people can ask again in the menu of the dialog or \
                on the deploy's page. Approvals that expired, were cancelled, or whose actions failed can always be asked again while \
                the deploy stands in its environment, by approvers and admins. The new approval starts without votes, by the rules \
                then in force.",
        examples: &["ask_again: false"],
    },
    Key {
        name: "break_glass",
        takes: Takes::People,
        absent: Means("nobody"),
        about: "People who can let the approval go ahead without its votes, with a reason, in the menu of its dialog; written as in \
                `approvers`. Signoff tells everyone in the channel. Within 48 hours, somebody who made none of the change and did not \
                break the glass has to review it. A freeze still holds the actions. With a policy, its `break_glass` counts instead.",
        examples: &["break_glass: [ana@example.com, '@sre']"],
    },
    Key {
        name: "require_reason",
        takes: Takes::Word(&REASONS),
        absent: Means("nobody is asked"),
        about: "The votes that need a reason. Slack asks for it in a window; the dialog and the record show it.",
        examples: &["require_reason: reject"],
    },
    Key {
        name: "expires_after",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Means("never"),
        about: "The time after which the approval closes if nobody decides. The actions under `on_expire` then run.",
        examples: &["expires_after: '24h'"],
    },
    Key {
        name: "remind_after",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Means("never"),
        about: "The time after which Signoff reminds people in the dialog's thread.",
        examples: &["remind_after: '2h'"],
    },
    Key {
        name: "supersede",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Closes the approval when the same rule asks about a newer deploy of the same environment.",
        examples: &["supersede: false"],
    },
    Key {
        name: "undo_window",
        takes: Takes::Wait(LONGEST_UNDO),
        absent: Means("none"),
        about: "The time for which actions wait after the last vote, with an Undo button.",
        examples: &["undo_window: '30s'"],
    },
    Key {
        name: "on_success",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "Actions to run once it is approved, before the rule's next action.",
        examples: &["on_success:\n  - auto_approve_build: build-and-deploy"],
    },
    Key {
        name: "on_reject",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "Actions to run once it is rejected. The rule's next actions do not run.",
        examples: &["on_reject:\n  - add_to_deploy_message_thread: '{{ deploy_name }} stays on Staging.'"],
    },
    Key {
        name: "on_expire",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "Actions to run once it expired. The rule's next actions do not run.",
        examples: &["on_expire:\n  - webhook: https://example.com/expired"],
    },
];

/// The keys of an entry of `votes_required`.
pub const QUOTA: [Key; 2] = [
    Key {
        name: "from",
        takes: Takes::People,
        absent: Refused,
        about: "The people whose votes count; written as in `approvers`.",
        examples: &["from: '@sre'", "from: [ana@example.com, '@qa']"],
    },
    Key {
        name: "votes",
        takes: Takes::Count,
        absent: Value("1"),
        about: "The number of votes. One person's vote counts for one entry only.",
        examples: &["votes: 2"],
    },
];
