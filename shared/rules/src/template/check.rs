//! What can be said about a template before there is a deploy.

use super::scan::{refused, word_offset};
use super::{Context, MAX_TEMPLATE_BYTES, Mentions, Target, environment, explained, render_in};
use crate::reference::TEMPLATE_VARIABLES;
use crate::suggest::did_you_mean;
use approval::deploy::{Deploy, Person, PullRequest, Slug, Source};
use approval::id::DeployId;
use approval::issue::{Issue, Tracker};
use jiff::Timestamp;
use minijinja::{Environment, UndefinedBehavior};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateProblem {
    /// How many characters of the template stand before it, where that is known.
    pub(crate) offset: Option<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right, as a clause.
    pub(crate) suggestion: Option<String>,
}

/// The engine for trying a template: what does not exist is an error.
static STRICT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(Target::Slack, UndefinedBehavior::SemiStrict));

/// A deploy that has everything once, for trying templates.
static SAMPLE: LazyLock<Option<Context>> = LazyLock::new(|| {
    let deploy = Deploy {
        id: DeployId::from_text("sample"),
        deployment: Slug::new("acme", "checkout")?,
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision: "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d".to_owned(),
        branch: Some("main".to_owned()),
        deployed_at: Timestamp::UNIX_EPOCH,
        registered_at: Timestamp::UNIX_EPOCH,
        source: Source::RegisterDeploy,
        tags: vec!["#web".to_owned()],
        links: BTreeMap::new(),
        size: None,
        deployer: Some(Person { name: "Ana".to_owned(), email: None, username: None }),
        commits: Vec::new(),
        pull_requests: vec![PullRequest {
            number: 1,
            title: "A change".to_owned(),
            url: "https://example.com/1".to_owned(),
            author: "ana".to_owned(),
            merged_by: None,
            labels: vec!["fix".to_owned()],
            issues: Vec::new(),
        }],
        previous_revision: None,
        rules_change: approval::deploy::RulesChange::Unknown,
        issues: vec![Issue {
            key: "A-1".to_owned(),
            title: "A change".to_owned(),
            url: "https://example.com/A-1".to_owned(),
            priority: Some("High".to_owned()),
            labels: vec!["payments".to_owned()],
            kind: Some("Story".to_owned()),
            tracker: Tracker::Jira,
        }],
        silent_trackers: Vec::new(),
        confirmation: approval::confirmation::Confirmation::Confirmed,
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    };
    Some(Context::new(&deploy, "https://example.com/deploys/1", &Mentions::new()))
});

/// Everything that is wrong with a template: its syntax, unknown variables, and what shows when it is rendered for a
/// sample deploy (unknown filters, attributes that do not exist, too much work). Where nothing is, how much work it was.
pub(crate) fn check(template: &str) -> Result<u64, Vec<TemplateProblem>> {
    // Text alone, as most messages are, needs no engine.
    if !template.contains("{{")
        && !template.contains("{%")
        && !template.contains("{#")
        && template.len() <= MAX_TEMPLATE_BYTES
    {
        return Ok(0);
    }
    let in_line = |error: super::TemplateError, what: &str| TemplateProblem {
        offset: error.line.map(|line| line_offset(template, line)),
        message: format!("{what}: {}", error.message),
        suggestion: None,
    };
    let compiled = match STRICT.template_from_str(template) {
        Ok(compiled) if template.len() <= MAX_TEMPLATE_BYTES => compiled,
        Ok(_) => {
            let message = format!("the template is longer than {} KiB", MAX_TEMPLATE_BYTES / 1024);
            return Err(vec![TemplateProblem { offset: None, message, suggestion: None }]);
        }
        Err(error) => return Err(vec![in_line(explained(&error), "the template cannot be read")]),
    };
    if let Some((offset, message)) = refused(template) {
        let message = message.to_owned();
        return Err(vec![TemplateProblem { offset: Some(offset), message, suggestion: None }]);
    }
    let mut unknown: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| {
        TEMPLATE_VARIABLES.iter().all(|variable| variable.name != *name)
            && STRICT.globals().all(|(global, _)| global != name)
    });
    unknown.sort_unstable();
    if !unknown.is_empty() {
        return Err(unknown.iter().map(|name| unknown_variable(template, name)).collect());
    }
    let tried = SAMPLE.as_ref().map(|sample| render_in(&STRICT, template, sample.slack()));
    match tried {
        Some(Err(error)) => Err(vec![in_line(error, "the template does not work")]),
        Some(Ok((_, work))) => Ok(work),
        None => Ok(0),
    }
}

fn unknown_variable(template: &str, name: &str) -> TemplateProblem {
    TemplateProblem {
        offset: word_offset(template, name),
        message: format!("unknown template variable `{name}`"),
        suggestion: did_you_mean(name, TEMPLATE_VARIABLES.iter().map(|variable| variable.name)),
    }
}

/// How many characters stand before the first character of a line (from 1) that is not a space.
fn line_offset(template: &str, line: usize) -> usize {
    let before: usize =
        template.split_inclusive('\n').take(line.saturating_sub(1)).map(|line| line.chars().count()).sum();
    let spaces = template.chars().skip(before).take_while(|c| matches!(c, ' ' | '\t')).count();
    before + spaces
}
