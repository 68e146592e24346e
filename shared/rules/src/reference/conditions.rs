//! Parts of conditions.

use super::Known;
use crate::variables::{DEPLOYED_FOR, DIVERGED, FUTURE_DEPLOY, ROLLBACK, STALE_FOR};

/// A variable that a condition can use.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// Description of its value, in one or two sentences (Markdown).
    pub about: &'static str,
    /// Conditions that use it.
    pub examples: &'static [&'static str],
}

/// Kind of a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One text.
    Text,
    /// Several texts, in no particular order.
    List,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A time for which something has been so.
    Duration,
    /// A time for which something has been so, and the number of deploys since.
    Behind,
}

/// The variables that a condition can use. Each example holds for the deploy that the page describes.
pub const VARIABLES: [Variable; 25] = [
    Variable {
        name: "environment",
        kind: Kind::Text,
        about: "Where the deploy arrived, as it was reported. Upper and lower case are the same.",
        examples: &["environment='staging'"],
    },
    Variable {
        name: "deployment",
        kind: Kind::Text,
        about: "The deployment, as ORGANIZATION/NAME. Upper and lower case are the same.",
        examples: &["deployment='acme/checkout'", "deployment~='acme/.*'"],
    },
    Variable {
        name: "branch",
        kind: Kind::Text,
        about: "The branch or tag that the deploy names. It counts only where GitHub's branch or tag of that name contains the revision; \
                otherwise no comparison holds, whatever it asks.",
        examples: &["branch='main'", "branch~='release/.*|main'"],
    },
    Variable {
        name: "revision",
        kind: Kind::Text,
        about: "The full SHA of the commit.",
        examples: &["revision~='7bf7226'"],
    },
    Variable {
        name: "deployer",
        kind: Kind::List,
        about: "The accounts and e-mail addresses of whoever deployed; upper and lower case are the same. GitHub names the creator of a \
                GitHub deployment, and the people behind a workflow's own token. The `email` of a registration counts where its key or \
                token may report; where nobody says who deployed, no comparison holds.",
        examples: &["deployer='ana@acme.example'", "deployer!='renovate[bot]'"],
    },
    Variable {
        name: "tags",
        kind: Kind::List,
        about: "The deploy's tags; each starts with `#`. In a rule that acts without asking anybody, `=` and `~=` \
                also have to hold for every commit since the last approval by itself: by the files that its pull \
                request changes, and for the deploy's own commits by what CI reported and what rules gave it; `!=` \
                has to hold for all of these together.",
        examples: &["tags='#web'", "tags!='#hotfix'"],
    },
    Variable {
        name: "pr_labels",
        kind: Kind::List,
        about: "The labels of all pull requests in the deploy, each once. If GitHub does not tell all of them, no \
                comparison with this list holds, and the channel is told; it is the same with `pr_authors` and the \
                lists of issues. In a rule that acts without asking anybody, a comparison with one of these lists \
                has to hold for the deploy's own commits, and for every commit since the last approval by its own \
                pull request: a commit without a pull request has no labels, authors or issues.",
        examples: &["pr_labels~='fix|feature'"],
    },
    Variable {
        name: "pr_label",
        kind: Kind::List,
        about: "The same list as `pr_labels`.",
        examples: &["pr_label='fix'"],
    },
    Variable {
        name: "pr_authors",
        kind: Kind::List,
        about: "The accounts that opened the pull requests. In a rule that acts without asking anybody, a bot is the \
                author of a commit only where all commits of the pull request are the bot's own by GitHub's valid \
                signature. A merge that somebody else made on its branch is not.",
        examples: &["pr_authors!='renovate[bot]'"],
    },
    Variable {
        name: "issue_priority",
        kind: Kind::List,
        about: "The priorities of the issues that commits, pull requests and branches mention by their keys, each once. If a tracker \
                does not say what it has, no comparison with these three holds.",
        examples: &["issue_priority='High'"],
    },
    Variable {
        name: "issue_labels",
        kind: Kind::List,
        about: "The labels of these issues, each once.",
        examples: &["issue_labels!='hold'"],
    },
    Variable {
        name: "issue_type",
        kind: Kind::List,
        about: "The types of these issues, each once. Linear has none.",
        examples: &["issue_type~='Bug|Story'"],
    },
    Variable {
        name: DEPLOYED_FOR,
        kind: Kind::Duration,
        about: "How long the deploy has been there, if no newer one came. The rule opens on the second from which it holds. The `date` of a \
                registration counts only where its key or token may report.",
        examples: &["deployed_for>='5m'"],
    },
    Variable {
        name: STALE_FOR,
        kind: Kind::Duration,
        about: "How long nothing became known of the deploy, if no newer one came: since it arrived, or since its health, a tag or a \
                reaction changed. A `date` counts as for `deployed_for`.",
        examples: &["stale_for>='5m'"],
    },
    Variable {
        name: "drift_to_ENV",
        kind: Kind::Behind,
        about: "How far the environment ENV (in any case, such as `drift_to_production`) is behind the deploy's: against a time, how \
                long it has been since the first deploy here after the revision that is there; against a number, how many deploys came \
                since. `0s` and 0 while that has the same revision. The last 100 deploys are looked at; a number above that holds \
                neither way. A `date` counts as for `deployed_for`, and a deploy that never stood here does not count. ENV may have several words: `drift_to_pre prod>10`.",
        examples: &["drift_to_ENV>='5m'", "drift_to_production>='2h'", "drift_to_production>=1"],
    },
    Variable {
        name: FUTURE_DEPLOY,
        kind: Kind::Bool,
        about: "Whether the deploy is announced: its `date` is still to come.",
        examples: &["future_deploy=false"],
    },
    Variable {
        name: "health",
        kind: Kind::Text,
        about: "How the deploy does: `Healthy`, `Ailing` or `Unhealthy`, the worst that anybody reports; `Unknown` until somebody does. \
                Of these `Healthy` is the most; `Unknown` has no place in the order.",
        examples: &["health='Healthy'", "health!='Unhealthy'", "health>='Ailing'"],
    },
    Variable {
        name: "magnitude",
        kind: Kind::Text,
        about: "How much the deploy changes: `Small` (at most 10 files and 100 lines), `Medium`, or `Large` (more than 50 files or \
                1000 lines); `Unknown` where the git host does not say. A change whose files are not all listed is `Large`; a rollback \
                is as large as what it takes out. Measured is everything since the revision that was approved last for the place of \
                the rule's first approval, where there is one, else what the deploy itself changes. In a rule that acts without asking \
                anybody it is everything since the earliest such revision of the file's approvals, and no comparison holds where it is \
                `Unknown`.",
        examples: &["magnitude='Medium'", "magnitude>='Medium'"],
    },
    Variable {
        name: ROLLBACK,
        kind: Kind::Bool,
        about: "Whether the deploy goes back: what stood in the environment before has all of its commits, and more. \
                If GitHub can't compare the two, no comparison with this or with `diverged` holds, and the channel \
                is told. Compared is with what was approved last, as for `magnitude`, where there is such a \
                revision.",
        examples: &["rollback=false"],
    },
    Variable {
        name: DIVERGED,
        kind: Kind::Bool,
        about: "Whether the deploy and what stood in the environment before each have commits that the other one has \
                not, as after a force push. Compared is as for `rollback`.",
        examples: &["diverged=false"],
    },
    Variable {
        name: "failed_rules",
        kind: Kind::List,
        about: "The rules whose runs for this deploy stopped: an action failed, or an approval was rejected or not decided in time.",
        examples: &["failed_rules=[]", "failed_rules!='promote'"],
    },
    Variable {
        name: "deploy_message_reaction_plus_1",
        kind: Kind::Number,
        about: "How many members of the workspace reacted with :+1: to a message of the deploy: a dialog, or one by \
                `slack_deploy_message` or `add_to_deploy_message_thread`.",
        examples: &["deploy_message_reaction_plus_1>=2"],
    },
    Variable {
        name: "deploy_message_reaction_minus_1",
        kind: Kind::Number,
        about: "How many of them reacted with :-1:.",
        examples: &["deploy_message_reaction_minus_1=0"],
    },
    Variable {
        name: "deploy_message_reactions_plus_1",
        kind: Kind::Number,
        about: "An older name of `deploy_message_reaction_plus_1`.",
        examples: &["deploy_message_reactions_plus_1>=2"],
    },
    Variable {
        name: "deploy_message_reactions_minus_1",
        kind: Kind::Number,
        about: "An older name of `deploy_message_reaction_minus_1`.",
        examples: &["deploy_message_reactions_minus_1=0"],
    },
];

const fn known(name: &'static str, example: &'static str, about: &'static str) -> Known {
    Known { name, about, example }
}

/// Comparisons of a variable with a value; the names are the operators' signs.
pub const OPERATORS: [Known; 8] = [
    known("=", "environment='Staging'", "The same. Of a list: one of its elements."),
    known("!=", "tags!='#hotfix'", "Another. Of a list: none of its elements."),
    known("<>", "tags<>'#hotfix'", "The same as `!=`."),
    known(
        ">",
        "deployed_for>'5m'",
        "Longer, or more. A list is compared by its length. Of texts only those of `health` and `magnitude` have an order.",
    ),
    known(">=", "pr_labels>=1", "At least."),
    known("<", "pr_authors<3", "Shorter, or fewer."),
    known("<=", "tags<=2", "At most."),
    known("~=", "tags~='#we.*'", "A regular expression that matches from the start. Of a list: any element."),
];

/// Values that a variable is compared with, and words that join comparisons.
pub const VALUES: [Known; 10] = [
    known("'text'", "tags='#web'", "A text."),
    known("\"text\"", "tags=\"#web\"", "A text."),
    known("number", "tags=1", "A number; a list is compared by its length."),
    known("'5m'", "deployed_for<'1d'", "A time: a whole number and `s`, `m`, `h` or `d`."),
    known("[]", "tags!=[]", "The empty list."),
    known("variable", "pr_label=pr_labels", "Another variable."),
    known(
        "true, false",
        "(future_deploy=true or tags='#web')",
        "Yes or no, in any case. A variable alone means `= true`.",
    ),
    known(
        "and",
        "environment='Staging' and tags='#web'",
        "Both hold. Entries of `conditions` are joined so.",
    ),
    known("or", "tags='#hotfix' or tags='#web'", "One holds. `and` binds tighter."),
    known("( )", "environment='Staging' and (tags='#hotfix' or pr_labels='fix')", "Belongs together."),
];

/// Variables of deploys that rules files use and whose value is not known yet.
pub const VARIABLES_NOT_YET: [Known; 1] =
    [known("base_synced", "base_synced", "Whether the change is up to date with its base.")];

/// Variables of pull requests: known, and of no meaning for a deploy.
pub const OF_PULL_REQUESTS: [Known; 28] = [
    known("number_reviewers", "number_reviewers>=1", "How many reviewers it has."),
    known("reviewer", "reviewer='ana'", "Its reviewers."),
    known("number_assignees", "number_assignees>=1", "How many it is assigned to."),
    known("assignee", "assignee='ana'", "Whom it is assigned to."),
    known("author", "author='ana'", "Who opened it."),
    known("pull_request_author", "pull_request_author='ana'", "Who opened it."),
    known("commit_author", "commit_author='ana'", "Who wrote its commits."),
    known("title", "title~='.*fix'", "Its title."),
    known("description", "description~='.*risk'", "Its description."),
    known("label", "label='fix'", "Its labels."),
    known("mergeable", "mergeable", "Whether it can be merged."),
    known("merged", "merged", "Whether it is merged."),
    known("draft", "draft=false", "Whether it is a draft."),
    known("closed", "closed=false", "Whether it is closed."),
    known("base", "base='main'", "The branch that it goes to."),
    known("conflict", "conflict=false", "Whether it has conflicts."),
    known("commit_message", "commit_message~='fix'", "The messages of its commits."),
    known("behind", "behind=false", "Whether it is behind its base."),
    known("status_success", "status_success='build'", "Its checks that passed."),
    known("status_failure", "status_failure!='build'", "Its checks that failed."),
    known("status_pending", "status_pending!='build'", "Its checks that run."),
    known("status_error", "status_error!='build'", "Its checks that broke."),
    known("review_approved", "review_approved>=1", "Who approved it."),
    known("review_dismissed", "review_dismissed=0", "Whose review was dismissed."),
    known("review_changes_requested", "review_changes_requested=0", "Who wants changes."),
    known("review_commented", "review_commented>=1", "Who commented."),
    known("review_pending", "review_pending=0", "Whose review is not sent yet."),
    known("review_submitted", "review_submitted>=1", "Who sent a review."),
];
