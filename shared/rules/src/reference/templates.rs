//! What templates are made of.

use crate::template::FAILED_RULES;

/// A name that a template can use, or something that one can do.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// The name, or what it is.
    pub name: &'static str,
    /// What it stands for, in one or two sentences (Markdown).
    pub about: &'static str,
    /// A template.
    pub example: &'static str,
    /// What that becomes for the deploy that the page describes, as people read it.
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
pub const TEMPLATE_VARIABLES: [Template; 19] = [
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

/// What else a template can do.
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
