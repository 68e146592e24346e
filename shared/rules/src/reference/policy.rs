//! The keys of a policy.

use super::Absent::{Means, Refused, Value};
use super::{Key, LONGEST_WAIT, ROLLBACK, Takes, UNKNOWN_MAKERS};

/// The most entries of `floors`.
pub(crate) const MAX_FLOORS: usize = 100;
/// The most entries of a list of patterns.
pub(crate) const MAX_PATTERNS: usize = 50;
/// The longest pattern, in characters.
pub(crate) const MAX_PATTERN: usize = 200;

/// The keys of a policy. What starts with `x-` may stand beside them.
pub const POLICY: [Key; 3] = [
    Key {
        name: "owners",
        takes: Takes::Owners,
        absent: Refused,
        about: "The people who approve changes of the policy in Slack, by e-mail address or Slack user id. Each change needs two of them.",
        examples: &["owners: [ana@example.com, ben@example.com]"],
    },
    Key {
        name: "default",
        takes: Takes::Keys(&FLOOR),
        absent: Refused,
        about: "The floor of everything that no entry of `floors` names. `{}` sets none.",
        examples: &["default: {votes_required: 1}"],
    },
    Key {
        name: "floors",
        takes: Takes::Floors,
        absent: Means("everything is bound by `default` alone"),
        about: "The other floors. Each entry that names an action binds it, and of each value the strictest counts.",
        examples: &["floors:\n  - places: [Production]\n    votes_required: 2\n    self_approval: false"],
    },
];

/// The keys that say what an entry of `floors` is for, beside those of [`FLOOR`].
pub const SECTION: [Key; 4] = [
    Key {
        name: "name",
        takes: Takes::Text,
        absent: Means("none"),
        about: "The name that people see.",
        examples: &["name: Production of the shop"],
    },
    Key {
        name: "deployments",
        takes: Takes::Deployments,
        absent: Means("every deployment"),
        about: "The deployments: `owner/name`, or `owner/*` for all of an owner's. A name binds every deployment of the same repository: they \
                read one rules file and can start the same builds.",
        examples: &["deployments: [acme/checkout, shop/*]"],
    },
    Key {
        name: "places",
        takes: Takes::Patterns,
        absent: Means("every place"),
        about: "The places, in any case. A place is the environment that the rule names in `promotes_to`; of a rule that names none, what \
                the action acts on: the workflow's file, with a parameter or without one (`promote.yml environment=production`), \
                `circleci` for a pipeline, the build or one of its jobs (`build-and-deploy/hold`), the webhook's address or its host, \
                the event's detail type, with its bus or without it (`production/deployed`), the tag, the state or the field. The \
                default of a parameter that the rule leaves out may be anything, so `promote.yml environment=prod*` binds \
                `promote.yml` without `environment` too, and so does `default`. The same goes for a bus that it leaves out. \
                Where a rule names an environment, what runs has to be named too: else `default` binds it as well, since the \
                environment is the rule's own word.",
        examples: &[
            "places: [Production]",
            "places: ['promote.yml environment=prod*', build-and-deploy/hold-for-production]",
        ],
    },
    Key {
        name: "actions",
        takes: Takes::ActionNames,
        absent: Means("every action that acts"),
        about: "The actions, by their names in rules files.",
        examples: &["actions: [trigger_build, auto_approve_build]"],
    },
];

/// The keys that a floor sets.
pub const FLOOR: [Key; 15] = [
    Key {
        name: "votes_required",
        takes: Takes::Votes,
        absent: Means("none, unless another key asks for one"),
        about: "The least votes that have to stand behind an action: those of every approval that is approved before it, in its rule and in \
                the rules that this one comes `after`. They are added up. A list says whose they have to be, as in a rule. Only votes \
                of an approval that has everything else that the floor asks for count.",
        examples: &[
            "votes_required: 2",
            "votes_required:\n  - {from: '@sre', votes: 1}\n  - {from: '@qa', votes: 1}",
        ],
    },
    Key {
        name: "approvers",
        takes: Takes::People,
        absent: Means("anybody's vote counts"),
        about: "Whose votes count: an approval has to name no others. Members of a group that it names alone are not known here. Without \
                `votes_required` beside it, one vote is needed.",
        examples: &["approvers: ['@sre', '@release-managers']", "approvers: '@sre'"],
    },
    Key {
        name: "self_approval",
        takes: Takes::Truth,
        absent: Value("true"),
        about: "With `false`, only votes of an approval with `self_approval: false` count. Without `votes_required` beside it, one is \
                needed.",
        examples: &["self_approval: false"],
    },
    Key {
        name: "verified_commits",
        takes: Takes::Truth,
        absent: Value("false"),
        about: "With `true`, only votes of an approval with `verified_commits: true` count. Without `votes_required` beside it, one is \
                needed.",
        examples: &["verified_commits: true"],
    },
    Key {
        name: "unknown_makers",
        takes: Takes::Word(&UNKNOWN_MAKERS),
        absent: Value("allow"),
        about: "With `block`, no vote of an approval with `unknown_makers: allow` counts. It asks for no approval by itself.",
        examples: &["unknown_makers: block"],
    },
    Key {
        name: "rollback",
        takes: Takes::Word(&ROLLBACK),
        absent: Means("the rule says it"),
        about: "With `four_eyes`, only votes of an approval with `rollback: four_eyes` count. It asks for no approval by itself.",
        examples: &["rollback: four_eyes"],
    },
    Key {
        name: "ask_again",
        takes: Takes::Truth,
        absent: Means("the rule says it"),
        about: "With `false`, only votes of an approval with `ask_again: false` count: what people rejected can't be asked again. It asks \
                for no approval by itself.",
        examples: &["ask_again: false"],
    },
    Key {
        name: "expires_after",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Means("an approval may stay open"),
        about: "The longest `expires_after` of an approval whose votes count. One that never expires has none that do. It asks for no \
                approval by itself.",
        examples: &["expires_after: '24h'"],
    },
    Key {
        name: "promotes_to",
        takes: Takes::Patterns,
        absent: Means("any, or none"),
        about: "The environments that a rule may name in `promotes_to`, in any case. It has to name one of them.",
        examples: &["promotes_to: [Production, 'Production EU*']", "promotes_to: Production"],
    },
    Key {
        name: "allowed_actions",
        takes: Takes::ActionNames,
        absent: Means("every action"),
        about: "The actions that are allowed, by their names in rules files. Actions that only tell are always allowed.",
        examples: &["allowed_actions: [trigger_build, webhook]"],
    },
    Key {
        name: "allowed_workflows",
        takes: Takes::Patterns,
        absent: Means("every one"),
        about: "What `trigger_build` may start, by the workflow's file or `circleci`, and what `auto_approve_build` may release: a build with \
                all of its jobs, or `build/job`. A name that a template makes has to fit whatever it becomes.",
        examples: &["allowed_workflows: [promote.yml, build-and-deploy/hold-for-production]"],
    },
    Key {
        name: "allowed_refs",
        takes: Takes::Patterns,
        absent: Means("every one"),
        about: "The branches and tags that `trigger_build` may build, and whose pipelines `auto_approve_build` may release. `trigger_build` \
                has to name one of them in `revision`. A name is a branch's. For tags, write `refs/tags/` before it: anybody who may \
                push can give a tag the name of a branch.",
        examples: &["allowed_refs: [main, 'release-*']", "allowed_refs: [main, 'refs/tags/v*']"],
    },
    Key {
        name: "allowed_webhook_hosts",
        takes: Takes::Hosts,
        absent: Means("every one"),
        about: "The hosts that `webhook` may call.",
        examples: &["allowed_webhook_hosts: [hooks.example.com, '*.acme.example']"],
    },
    Key {
        name: "break_glass",
        takes: Takes::People,
        absent: Means("nobody"),
        about: "Who may break the glass of an approval: as in `approvers` of a rule. Where several floors bind what it lets through, only who is \
                named in each of them; nobody where one that asks for votes names nobody.",
        examples: &["break_glass: ['@oncall', ana@example.com]"],
    },
    Key {
        name: "review_within",
        takes: Takes::Wait(LONGEST_WAIT),
        absent: Value("48h"),
        about: "The time within which a review is due after somebody broke the glass.",
        examples: &["review_within: '24h'"],
    },
];
