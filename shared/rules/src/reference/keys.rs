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
        about: "What the rule is for.",
        examples: &["description: The team promotes what is on Staging"],
    },
    Key {
        name: "triggers",
        takes: Takes::Triggers,
        absent: Means("deploys"),
        about: "What the rule is looked at for. A rule for deploys has none; one with triggers of pull requests is never opened.",
        examples: &["triggers: [pr_opened]"],
    },
    Key {
        name: "after",
        takes: Takes::OtherRules,
        absent: Means("the rule waits for no other"),
        about: "The rules of this file whose runs for the same deploy have to succeed first: stages, each with its own approval. \
                The conditions have to hold when the last of them succeeds, or from then on.",
        examples: &["after: [canary]"],
    },
    Key {
        name: "freeze",
        takes: Takes::Freeze,
        absent: Means("the rule acts at any time"),
        about: "Windows in which the rule does not act. An approval is asked and its votes count; what it starts waits until no window is \
                open, and the dialog says until when. A rule that acts before it asks anybody is opened then.",
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
        about: "What has to hold of a deploy, all of it: texts, or mappings with `description` and `expression`.",
        examples: &[
            "conditions:\n  - environment='Staging'\n  - {description: no hotfix, expression: \"tags!='#hotfix'\"}",
        ],
    },
    Key {
        name: "actions",
        takes: Takes::Actions,
        absent: Refused,
        about: "What is done, in order, up to the first that fails.",
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
        about: "What people are told that it is.",
        examples: &["name: weekend"],
    },
    Key {
        name: "days",
        takes: Takes::Days,
        absent: Means("every day"),
        about: "The days of the week on which it begins.",
        examples: &["days: [sat, sun]", "days: 'Friday, sat'"],
    },
    Key {
        name: "from",
        takes: Takes::FromTime,
        absent: Means("the beginning of the day"),
        about: "When it begins.",
        examples: &["from: '16:00'"],
    },
    Key {
        name: "to",
        takes: Takes::ToTime,
        absent: Means("the end of the day"),
        about: "When it ends: the next day, where that is not after `from`.",
        examples: &["to: '08:30'", "to: '24:00'"],
    },
    Key {
        name: "time_zone",
        takes: Takes::TimeZone,
        absent: Means("`UTC`; a mistake beside `days`, `from` or `to`"),
        about: "By whose clock it goes: the [IANA name](https://en.wikipedia.org/wiki/List_of_tz_database_time_zones) of a time zone. Where \
                its clock is put forward or back, the window is open as long as the clock says so.",
        examples: &["time_zone: Europe/Berlin"],
    },
    Key {
        name: "dates",
        takes: Takes::Dates,
        absent: Means("every date"),
        about: "The dates on which it begins; both ends of a range are among them.",
        examples: &["dates: 2026-12-20", "dates: [2026-11-27, 2026-12-20..2027-01-03]"],
    },
    Key {
        name: "break_glass",
        takes: Takes::People,
        absent: Means("nobody"),
        about: "Who may lift it for an approval, with a reason, in the menu of its dialog: as in `approvers`. It is no vote. Where several \
                windows hold the approval, only who is named in each of them.",
        examples: &["break_glass: [ana@example.com, '@sre']", "break_glass: U0123ABCDEF"],
    },
];

/// The keys of a condition that is a mapping.
pub const CONDITION: [Key; 2] = [
    Key {
        name: "description",
        takes: Takes::Text,
        absent: Means("none"),
        about: "What the condition is for.",
        examples: &["description: soaked"],
    },
    Key {
        name: "expression",
        takes: Takes::Expression,
        absent: Refused,
        about: "What has to hold.",
        examples: &["expression: deployed_for>='5m'"],
    },
];

/// The keys of `slack_channel_approval`.
pub const APPROVAL: [Key; 21] = [
    Key {
        name: "name",
        takes: Takes::Text,
        absent: Means("the rule's name"),
        about: "What the dialog and the record call the approval. Give each approval of a rule a name of its own.",
        examples: &["name: Promote deploy to production"],
    },
    Key {
        name: "prompt",
        takes: Takes::Template,
        absent: Value(DEFAULT_PROMPT),
        about: "What people are asked.",
        examples: &["prompt: '{{ authors_slack }}, promote {{ deploy_slack }}?'"],
    },
    Key {
        name: "channel",
        takes: Takes::Channel,
        absent: Refused,
        about: "Where they are asked: a channel's name, or its id.",
        examples: &["channel: '#releases'", "channel: C0123ABCDEF"],
    },
    Key {
        name: "votes_required",
        takes: Takes::Votes,
        absent: Value("1"),
        about: "How many approve, each another person. A list says whose votes these have to be, and stands instead of `approvers`; \
                the dialog says who is still needed.",
        examples: &[
            "votes_required: 2",
            "votes_required:\n  - {from: '@sre', votes: 2}\n  - from: [ana@example.com, '@qa']",
        ],
    },
    Key {
        name: "rejections_required",
        takes: Takes::Count,
        absent: Value("1"),
        about: "How many reject, each another person.",
        examples: &["rejections_required: 2"],
    },
    Key {
        name: "authors_only",
        takes: Takes::Truth,
        absent: Value("false"),
        about: "Whether only those vote who wrote the change.",
        examples: &["authors_only: true"],
    },
    Key {
        name: "approvers",
        takes: Takes::People,
        absent: Means("anyone in the channel"),
        about: "Who may vote: e-mail addresses, Slack user ids and user groups.",
        examples: &[
            "approvers: [ana@example.com, U0123ABCDEF, '@release-managers']",
            "approvers: '@release-managers'",
        ],
    },
    Key {
        name: "self_approval",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Whether those may vote whose own change it is. `false` is four eyes: a vote counts for the commits and pull requests that \
                its voter did not write, co-write, push, open, merge or deploy, and each of them needs the votes. All commits count \
                that were not let through to the same place before; the first time, an admin sets the base on the deploy's page. \
                What is not known of them blocks the approval.",
        examples: &["self_approval: false"],
    },
    Key {
        name: "unknown_makers",
        takes: Takes::Word(&UNKNOWN_MAKERS),
        absent: Value("block"),
        about: "What `self_approval: false` does where somebody who made the change has no Slack member: `block` waits until they have, \
                `allow` goes on, and the dialog names them.",
        examples: &["unknown_makers: allow"],
    },
    Key {
        name: "verified_commits",
        takes: Takes::Truth,
        absent: Value("false"),
        about: "Whether each commit needs a valid signature: its author's, or the source host's for a merge, a squash or an edit on its \
                page. A rebase merge has none.",
        examples: &["verified_commits: true"],
    },
    Key {
        name: "rollback",
        takes: Takes::Word(&ROLLBACK),
        absent: Means(
            "a rollback to a revision that was let through to the same place in the last 30 days keeps nobody from voting",
        ),
        about: "`four_eyes`: who made the commits that a rollback takes out may not approve it either.",
        examples: &["rollback: four_eyes"],
    },
    Key {
        name: "ask_again",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Whether people can ask again after the approval was rejected, in the menu of its dialog or on the deploy's page: with `false` \
                a rejection is final for the deploy. One that expired or was cancelled, or whose actions failed, can always be asked \
                again while the deploy stands in its environment, by whoever may vote on it or an admin. Nobody has voted on the new one, and \
                the rules in force by then decide.",
        examples: &["ask_again: false"],
    },
    Key {
        name: "break_glass",
        takes: Takes::People,
        absent: Means("nobody"),
        about: "Who may let the approval go ahead without its votes, with a reason, in the menu of its dialog: as in `approvers`. Everyone in \
                the channel is told, and within 48 hours somebody who made none of the change and did not break the glass has to \
                review it. A freeze still holds the actions. With a policy, its `break_glass` counts instead.",
        examples: &["break_glass: [ana@example.com, '@sre']"],
    },
    Key {
        name: "require_reason",
        takes: Takes::Word(&REASONS),
        absent: Means("nobody is asked"),
        about: "Whose votes need a reason: a window asks for it, and it stands in the dialog and on record.",
        examples: &["require_reason: reject"],
    },
    Key {
        name: "expires_after",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Means("never"),
        about: "When the approval closes if nobody decided; the actions under `on_expire` run then.",
        examples: &["expires_after: '24h'"],
    },
    Key {
        name: "remind_after",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Means("never"),
        about: "When the dialog's thread names who is still needed.",
        examples: &["remind_after: '2h'"],
    },
    Key {
        name: "supersede",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "Whether the approval closes when the same rule asks about a newer deploy of the same environment.",
        examples: &["supersede: false"],
    },
    Key {
        name: "undo_window",
        takes: Takes::Wait(LONGEST_UNDO),
        absent: Means("none"),
        about: "How long the actions are held back after the last vote, with an Undo button.",
        examples: &["undo_window: '30s'"],
    },
    Key {
        name: "on_success",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "What is done once it is approved, before the rule's next action.",
        examples: &["on_success:\n  - auto_approve_build: build-and-deploy"],
    },
    Key {
        name: "on_reject",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "What is done once it is rejected. The rule's next actions are not.",
        examples: &["on_reject:\n  - add_to_deploy_message_thread: '{{ deploy_name }} stays on Staging.'"],
    },
    Key {
        name: "on_expire",
        takes: Takes::Actions,
        absent: Means("nothing"),
        about: "What is done once it expired. The rule's next actions are not.",
        examples: &["on_expire:\n  - webhook: https://example.com/expired"],
    },
];

/// The keys of an entry of `votes_required`.
pub const QUOTA: [Key; 2] = [
    Key {
        name: "from",
        takes: Takes::People,
        absent: Refused,
        about: "Whose votes: as in `approvers`.",
        examples: &["from: '@sre'", "from: [ana@example.com, '@qa']"],
    },
    Key {
        name: "votes",
        takes: Takes::Count,
        absent: Value("1"),
        about: "How many. One person's vote counts for one entry only.",
        examples: &["votes: 2"],
    },
];
