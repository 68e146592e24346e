//! Table of the stack's secrets: each provider's credentials, the secret that holds them, and the functions
//! that read them.
//!
//! Secrets are cut by need: a function's role reads a secret only if the function uses one of its
//! credentials. [`Secrets`](crate::secrets::Secrets) loads by this table. Tests hold the template, the local
//! stack, the README and docs/reference/secrets.md to it.

use StackFunction::{ActionExecution, Console, DeployWebhook, RuleEvaluation, SlackInteraction};
use std::collections::BTreeSet;

/// Function of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StackFunction {
    /// Takes deploys and reports of health.
    DeployWebhook,
    /// Evaluates rules.
    RuleEvaluation,
    /// Takes what people do in Slack.
    SlackInteraction,
    /// Draws dialogs and runs actions.
    ActionExecution,
    /// Wakes what is due.
    Clock,
    /// Hears alarms.
    Alarm,
    /// Serves the pages and the record.
    Console,
}

/// Secret of the stack, in Secrets Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StackSecret {
    /// Proves that Slack sent a request.
    SlackSigning,
    /// The Slack app.
    SlackApp,
    /// Proves webhooks.
    Inbound,
    /// Tokens that read.
    Read,
    /// Tokens that write.
    Write,
}

/// Credential of a provider: one key in one of the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Name of the provider, such as `GitHub`.
    pub provider: &'static str,
    /// Secret that holds it.
    pub secret: StackSecret,
    /// Key in that secret's JSON object.
    pub key: &'static str,
    /// Form of its value.
    pub form: Form,
    /// Functions that use it.
    pub readers: &'static [StackFunction],
    /// Power that it gives to whoever has it.
    pub may: &'static str,
    /// Instructions for getting one: plain text, with code in backticks.
    pub set_up: &'static str,
}

/// Form of a credential's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text that the provider makes; with its first letters, if they are always the same.
    Text(&'static str),
    /// Any random text that nobody else has.
    Random,
    /// Values of headers by name, as this example.
    Headers(&'static str),
}

/// Slack's signature of a request is checked with it.
pub const SLACK_SIGNING_SECRET: Credential = Credential {
    provider: "Slack",
    secret: StackSecret::SlackSigning,
    key: "signing_secret",
    form: Form::Text(""),
    readers: &[SlackInteraction],
    may: "Cast a vote as any member of the workspace",
    set_up: "The app's Basic Information → Signing Secret.",
};

/// The app's token.
pub const SLACK_BOT_TOKEN: Credential = Credential {
    provider: "Slack",
    secret: StackSecret::SlackApp,
    key: "bot_token",
    form: Form::Text("xoxb-"),
    readers: &[SlackInteraction, ActionExecution, Console],
    may: "Read who people are. Write messages as Signoff",
    set_up: "The app's OAuth & Permissions → Bot User OAuth Token.",
};

/// The app's client id, for signing in.
pub const SLACK_CLIENT_ID: Credential = Credential {
    provider: "Slack",
    secret: StackSecret::SlackApp,
    key: "client_id",
    form: Form::Text(""),
    readers: &[Console],
    may: "Nothing without the client secret",
    set_up: "The app's Basic Information → Client ID. Without it and `client_secret`, nobody can sign in to the console with Slack.",
};

/// The client secret that goes with it.
pub const SLACK_CLIENT_SECRET: Credential = Credential {
    provider: "Slack",
    secret: StackSecret::SlackApp,
    key: "client_secret",
    form: Form::Text(""),
    readers: &[Console],
    may: "Learn who signs in, from a code that Slack gave for this app",
    set_up: "The app's Basic Information → Client Secret.",
};

/// Master of the deployments' webhook secrets.
pub const GITHUB_WEBHOOK_SECRET: Credential = Credential {
    provider: "GitHub",
    secret: StackSecret::Inbound,
    key: "github_webhook_secret",
    form: Form::Random,
    readers: &[DeployWebhook, Console],
    may: "Send a delivery in the name of any connected repository",
    set_up: "Any random text. Use it nowhere else: Signoff derives the secret of each deployment's webhook from it.",
};

/// Token that reads repositories.
pub const GITHUB_READ_TOKEN: Credential = Credential {
    provider: "GitHub",
    secret: StackSecret::Read,
    key: "github_token",
    form: Form::Text(""),
    readers: &[RuleEvaluation, ActionExecution, Console],
    may: "Read the repositories that it is for",
    set_up: "A fine-grained token for the repositories with Contents: read, Pull requests: read, Deployments: read, Issues: read \
             (who assigned an issue to an assistant) and Actions: read (who started a run whose token deployed).",
};

/// Address of the account that reads Jira.
pub const JIRA_READ_EMAIL: Credential = Credential {
    provider: "Jira",
    secret: StackSecret::Read,
    key: "jira_email",
    form: Form::Text(""),
    readers: &[RuleEvaluation],
    may: "Nothing without the token",
    set_up: "The e-mail address of a user who may see the issues and nothing more. The stack's parameter `JiraUrl` names the site.",
};

/// Token of the account that reads Jira.
pub const JIRA_READ_TOKEN: Credential = Credential {
    provider: "Jira",
    secret: StackSecret::Read,
    key: "jira_token",
    form: Form::Text(""),
    readers: &[RuleEvaluation],
    may: "Do anything that its user may do in Jira",
    set_up: "An API token (https://id.atlassian.com/manage-profile/security/api-tokens) of that user.",
};

/// Key that reads Linear.
pub const LINEAR_READ_KEY: Credential = Credential {
    provider: "Linear",
    secret: StackSecret::Read,
    key: "linear_key",
    form: Form::Text(""),
    readers: &[RuleEvaluation],
    may: "Read issues",
    set_up: "Settings → Security & access → Personal API keys, with the permission Read alone.",
};

/// Master of the keys that sign `webhook` actions.
pub const WEBHOOK_SIGNING_KEY: Credential = Credential {
    provider: "Signoff",
    secret: StackSecret::Read,
    key: "webhook_signing_key",
    form: Form::Random,
    readers: &[ActionExecution, Console],
    may: "Sign a `webhook` action in the name of any deployment",
    set_up: "Any random text. Signoff derives each deployment's signing key for the `webhook` action from it.",
};

/// Token that starts and cancels workflows.
pub const GITHUB_WRITE_TOKEN: Credential = Credential {
    provider: "GitHub",
    secret: StackSecret::Write,
    key: "github_token",
    form: Form::Text(""),
    readers: &[ActionExecution],
    may: "Start and cancel workflows of the repositories that it is for",
    set_up: "For `trigger_build` on GitHub Actions: a second fine-grained token, with Actions: write alone.",
};

/// Token that finds, releases, starts and cancels pipelines.
pub const CIRCLECI_TOKEN: Credential = Credential {
    provider: "CircleCI",
    secret: StackSecret::Write,
    key: "circleci_token",
    form: Form::Text(""),
    readers: &[ActionExecution],
    may: "Do anything that its user may do on CircleCI",
    set_up: "User settings → Personal API tokens of a user who may approve the jobs. CircleCI has no token that only reads.",
};

/// Address of the account that changes Jira's issues.
pub const JIRA_WRITE_EMAIL: Credential = Credential {
    provider: "Jira",
    secret: StackSecret::Write,
    key: "jira_email",
    form: Form::Text(""),
    readers: &[ActionExecution],
    may: "Nothing without the token",
    set_up: "For actions on issues: the e-mail address of a user who may see, comment on and change them.",
};

/// Token of the account that changes Jira's issues.
pub const JIRA_WRITE_TOKEN: Credential = Credential {
    provider: "Jira",
    secret: StackSecret::Write,
    key: "jira_token",
    form: Form::Text(""),
    readers: &[ActionExecution],
    may: "Do anything that its user may do in Jira",
    set_up: "An API token (https://id.atlassian.com/manage-profile/security/api-tokens) of that user.",
};

/// Key that changes Linear's issues.
pub const LINEAR_WRITE_KEY: Credential = Credential {
    provider: "Linear",
    secret: StackSecret::Write,
    key: "linear_key",
    form: Form::Text(""),
    readers: &[ActionExecution],
    may: "Read and change issues",
    set_up: "For actions on issues: Settings → Security & access → Personal API keys, with the permissions Read and Write.",
};

/// Values of headers that rules may name.
pub const WEBHOOK_HEADERS: Credential = Credential {
    provider: "Receivers of webhooks",
    secret: StackSecret::Write,
    key: "webhook_headers",
    form: Form::Headers(
        r#"{"pager": {"value": "Bearer …", "hosts": ["events.example.com"], "deployments": ["acme/checkout"]}}"#,
    ),
    readers: &[ActionExecution],
    may: "Do anything that the receiver allows",
    set_up: "Values that rules may send with `webhook`, by the names that rules use (`headers: {Authorization: {secret: pager}}`). Each \
             value goes only to its `hosts` (`events.example.com`, `*.example.com`) and only from its `deployments` (`acme/checkout`, \
             `acme/*`).",
};

/// All credentials, secret by secret.
pub static TABLE: [Credential; 16] = [
    SLACK_SIGNING_SECRET,
    SLACK_BOT_TOKEN,
    SLACK_CLIENT_ID,
    SLACK_CLIENT_SECRET,
    GITHUB_WEBHOOK_SECRET,
    GITHUB_READ_TOKEN,
    JIRA_READ_EMAIL,
    JIRA_READ_TOKEN,
    LINEAR_READ_KEY,
    WEBHOOK_SIGNING_KEY,
    GITHUB_WRITE_TOKEN,
    CIRCLECI_TOKEN,
    JIRA_WRITE_EMAIL,
    JIRA_WRITE_TOKEN,
    LINEAR_WRITE_KEY,
    WEBHOOK_HEADERS,
];

impl StackFunction {
    /// All functions.
    pub const ALL: [Self; 7] =
        [DeployWebhook, RuleEvaluation, SlackInteraction, ActionExecution, Self::Clock, Self::Alarm, Console];

    /// Name in the template, before `Function` and `Role`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeployWebhook => "DeployWebhook",
            Self::RuleEvaluation => "RuleEvaluation",
            Self::SlackInteraction => "SlackInteraction",
            Self::ActionExecution => "ActionExecution",
            Self::Clock => "Clock",
            Self::Alarm => "Alarm",
            Self::Console => "Console",
        }
    }

    /// Secrets that it reads: those with a credential that it uses.
    pub fn secrets(self) -> BTreeSet<StackSecret> {
        TABLE.iter().filter(|row| row.readers.contains(&self)).map(|row| row.secret).collect()
    }
}

impl StackSecret {
    /// All secrets.
    pub const ALL: [Self; 5] = [Self::SlackSigning, Self::SlackApp, Self::Inbound, Self::Read, Self::Write];

    /// Logical id in the template.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SlackSigning => "SlackSigningSecret",
            Self::SlackApp => "SlackAppSecret",
            Self::Inbound => "InboundSecret",
            Self::Read => "ReadSecret",
            Self::Write => "WriteSecret",
        }
    }

    /// Setting of a function that has its ARN.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::SlackSigning => "SLACK_SIGNING_SECRET",
            Self::SlackApp => "SLACK_APP_SECRET",
            Self::Inbound => "INBOUND_SECRET",
            Self::Read => "READ_SECRET",
            Self::Write => "WRITE_SECRET",
        }
    }

    /// Functions that read it.
    pub fn readers(self) -> BTreeSet<StackFunction> {
        StackFunction::ALL.into_iter().filter(|function| function.secrets().contains(&self)).collect()
    }

    /// Credentials that it holds.
    pub fn credentials(self) -> impl Iterator<Item = &'static Credential> {
        TABLE.iter().filter(move |row| row.secret == self)
    }
}

#[cfg(test)]
mod tests;
