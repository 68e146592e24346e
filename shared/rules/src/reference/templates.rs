//! Parts of templates.

use crate::template::FAILED_RULES;

/// A name that a template can use, or something that one can do.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// The name, or a description.
    pub name: &'static str,
    /// Description of its value, in one or two sentences (Markdown).
    pub about: &'static str,
    /// A template.
    pub example: &'static str,
    /// The result of the template for the deploy that the page describes, as people read it.
    pub becomes: &'static str,
}

const fn template(
    name: &'static str,
    example: &'static str,
    becomes: &'static str,
    about: &'static str,
) -> Template {
    Template { name, about, example, becomes }
}

const TITLE: &str = "7bf7226 - checkout (Staging)";
const REVISION: &str = "7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702";
const PAGE: &str = "https://signoff.example.com/deploys/1";
const PULL: &str = "https://github.com/acme/checkout/pull/12";

/// The names that a template can use.
pub const TEMPLATE_VARIABLES: [Template; 28] = [
    template(
        "authors_slack",
        "{{ authors_slack }}",
        "Ana",
        "Every author, mentioned; by name who has no Slack account.",
    ),
    template("slack_mention_authors", "{{ slack_mention_authors }}", "Ana", "The same."),
    template("deploy_slack", "{{ deploy_slack }}", TITLE, "A link to the deploy's page, with its title."),
    template("deploy_url", "{{ deploy_url }}", PAGE, "The address of the deploy's page."),
    template("deploy_name", "{{ deploy_name }}", TITLE, "The deploy's title."),
    template("deploy_revision", "{{ deploy_revision }}", REVISION, "The full SHA."),
    template("revision", "{{ revision }}", REVISION, "The full SHA."),
    template("deploy_tags", "{{ deploy_tags }}", "#web", "The list of tags."),
    template("tags", "{{ tags }}", "#web", "The list of tags."),
    template("deploy_author_name", "{{ deploy_author_name }}", "Ana", "Who deployed, else the first author."),
    template("deployment", "{{ deployment }}", "acme/checkout", "What is deployed."),
    template("deployment_name", "{{ deployment_name }}", "checkout", "Its name alone."),
    template("environment", "{{ environment }}", "Staging", "Where the deploy arrived."),
    template(
        "branch",
        "{{ branch }}",
        "main",
        "The branch or tag that the deploy was built from, as it was reported.",
    ),
    template(
        "previous_revision",
        "{{ previous_revision }}",
        "645f46a0c9b8a7f6e5d4c3b2a19080716253445f",
        "The full SHA that stood in the environment before.",
    ),
    template(
        "commits",
        "{% for commit in commits %}{{ commit.revision | truncate(7, true, '') }} {{ commit.title }}, {{ commit.author }} {{ commit.url }}{% endfor %}",
        "7bf7226 Take other currencies, Ana https://github.com/acme/checkout/commit/7bf7226",
        "The commits, oldest first, each with `revision`, `title`, `author` and `url`; of a large change the newest.",
    ),
    template(
        "links",
        "{% for link in links %}{{ link.name }}: {{ link.url }}{% endfor %}",
        "Build: https://ci.example.com/1",
        "The deploy's links, each with `name` and `url`.",
    ),
    template(
        "health",
        "{{ health }}",
        "Healthy",
        "How the deploy does when the action runs: `Healthy`, `Ailing`, `Unhealthy` or `Unknown`. An action that acts after an approval \
         has it as it was when the approval opened.",
    ),
    template(
        "outcome",
        "{{ outcome }}",
        "approved",
        "How the approval ended that the action follows: `approved`, `rejected`, `expired`, `superseded` or `cancelled`; `by_itself` \
         where it follows none.",
    ),
    template(
        "approval",
        "{{ approval.name }} of {{ approval.rule }}: {{ approval.outcome }}",
        "Promote of promote: approved",
        "That approval: its `name`, `rule`, `outcome`, `opened_at`, `closed_at` and, where there are such, the `reason` for which it was \
         cancelled or its glass was broken, and `glass_broken_by`.",
    ),
    template(
        "votes",
        "{% for vote in votes %}{{ vote.name }}: {{ vote.choice }}, {{ vote.reason }}{% endfor %}",
        "Ben: approve, tested in QA",
        "The votes that count in it, each with `name`, `choice` (`approve` or `reject`), `reason` and `at`.",
    ),
    template(
        "approved_by",
        "{{ approved_by }}",
        "Ben",
        "Everybody who approved it, mentioned; whoever broke the glass is one of them. Elsewhere, by name.",
    ),
    template(
        "pull_request_slack",
        "{{ pull_request_slack }}",
        "#12 Take other currencies",
        "A link for each pull request.",
    ),
    template("pull_request_id", "{{ pull_request_id }}", "12", "The number of the first pull request."),
    template("pr_url", "{{ pr_url }}", PULL, "The page of the first pull request."),
    template(
        "prs",
        "{% for pr in prs %}#{{ pr.number }} by {{ pr.author }}: {{ pr.title }}, {{ pr.url }} ({{ pr.labels }}){% endfor %}",
        "#12 by ana: Take other currencies, https://github.com/acme/checkout/pull/12 (fix)",
        "The pull requests, each with `number`, `title`, `author`, `url` and `labels`.",
    ),
    template(
        "issues",
        "{% for issue in issues %}{{ issue.key }} {{ issue.title }}, {{ issue.url }}: {{ issue.type }}, {{ issue.priority }} ({{ issue.labels }}){% endfor %}",
        "SHOP-7 Prices in other currencies, https://acme.atlassian.net/browse/SHOP-7: Story, High (payments)",
        "The issues that commits, pull requests and branches mention, each with `key`, `title`, `url`, `type`, `priority` and `labels`.",
    ),
    template(
        FAILED_RULES,
        "{{ failed_rules }}",
        "smoke-test",
        "The rules whose runs for this deploy stopped: an action failed, or an approval was rejected or not decided in time. An action \
         that acts after an approval has them as they were when the approval opened.",
    ),
];

/// Other things that a template can do.
pub const TEMPLATES: [Template; 4] = [
    template(
        "if",
        "{% if tags %}Tags: {{ tags }}{% else %}No tags{% endif %}",
        "Tags: #web",
        "Text for some deploys only.",
    ),
    template(
        "for",
        "{% for tag in tags %}[{{ tag }}]{% endfor %}",
        "[#web]",
        "Text for each element of a list.",
    ),
    template(
        "filters",
        "{{ environment | upper }}, {{ tags | join(' and ') }}",
        "STAGING, #web",
        "A value made into another: [filters](#filters).",
    ),
    template("comment", "Promote?{# nobody reads this #}", "Promote?", "What nobody reads."),
];
