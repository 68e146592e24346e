//! Checks of a template before there is a deploy.

use super::code::{Slip, pieces, refused};
use super::{
    Context, MAX_TEMPLATE_BYTES, Mentions, SLACK, explained, go, names, operators, render_compiled, tags,
};
use crate::problem::one_line;
use crate::reference::TEMPLATE_VARIABLES;
use jiff::Timestamp;
use minijinja::Error;
use signoff_core::approval::{Choice, Vote};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, Slug, Source};
use signoff_core::facts::Health;
use signoff_core::happened::{Decided, Happened};
use signoff_core::id::DeployId;
use signoff_core::issue::{Issue, Tracker};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Problem of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateProblem {
    /// Number of characters of the template before it, where that is known.
    pub(crate) offset: Option<usize>,
    /// Description of the problem.
    pub(crate) message: String,
    /// Correction, as a clause.
    pub(crate) suggestion: Option<String>,
}

/// Signs that other languages put around a variable.
const OTHERS: [&str; 3] = ["[[", "((", "<<"];

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
        links: BTreeMap::from([("Build".to_owned(), "https://example.com/build".to_owned())]),
        size: None,
        deployer: Some(Person { name: "Ana".to_owned(), email: None, username: None }),
        commits: vec![Commit {
            revision: "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d".to_owned(),
            title: "A change".to_owned(),
            authors: vec![Person { name: "Ana".to_owned(), email: None, username: None }],
            url: Some("https://example.com/commit".to_owned()),
            issues: Vec::new(),
        }],
        pull_requests: vec![PullRequest {
            number: 1,
            title: "A change".to_owned(),
            url: "https://example.com/1".to_owned(),
            author: "ana".to_owned(),
            merged_by: None,
            labels: vec!["fix".to_owned()],
            issues: Vec::new(),
        }],
        previous_revision: Some("645f46a0c9b8a7f6e5d4c3b2a19080716253445f".to_owned()),
        rules_change: signoff_core::deploy::RulesChange::Unknown,
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
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    };
    let context = Context::new(&deploy, "https://example.com/deploys/1", &Mentions::new());
    Some(context.with(&Happened {
        health: Some(Health::Healthy),
        failed_rules: vec!["a-rule".to_owned()],
        at_opening: None,
        decided: Some(Decided {
            name: "Promote".to_owned(),
            rule: "promote".to_owned(),
            outcome: "approved",
            opened_at: Timestamp::UNIX_EPOCH,
            closed_at: Timestamp::UNIX_EPOCH,
            reason: None,
            votes: vec![Vote {
                voter: "U1".to_owned(),
                name: "Ben".to_owned(),
                named: true,
                choice: Choice::Approve,
                reason: Some("tested".to_owned()),
                at: Timestamp::UNIX_EPOCH,
            }],
            glass: None,
        }),
    }))
});

/// Everything that is wrong with a template: its tags and operators, else its syntax, else its names, else
/// what shows when it is rendered for a sample deploy (too much work, a filter on what it does not take).
/// Where nothing is, how much work it was.
pub(crate) fn check(template: &str) -> Result<u64, Vec<TemplateProblem>> {
    // Text alone, as most messages are, needs no engine.
    let is_plain = !template.contains(['{', '$', '%']);
    if is_plain && !OTHERS.iter().any(|sign| template.contains(sign)) && template.len() <= MAX_TEMPLATE_BYTES
    {
        return Ok(0);
    }
    if template.len() > MAX_TEMPLATE_BYTES {
        let message = format!("the template is longer than {} KiB", MAX_TEMPLATE_BYTES / 1024);
        return Err(vec![TemplateProblem { offset: None, message, suggestion: None }]);
    }
    let pieces = pieces(template);
    let (mut slips, of_go) = go::slips(template, &pieces);
    let numbered = pieces.into_iter().enumerate();
    let pieces: Vec<_> =
        numbered.filter(|(number, _)| !of_go.contains(number)).map(|(_, piece)| piece).collect();
    slips.extend(tags::slips(template, &pieces));
    for slip in operators::slips(template, &pieces) {
        // One in a tag that is wrong itself is told with the tag.
        if slips.iter().all(|told| !same_code(template, told.at, slip.at)) {
            slips.push(slip);
        }
    }
    sound(template, slips)?;
    sound(template, refused(&pieces).into_iter().collect())?;
    let compiled = SLACK
        .template_from_str(template)
        .map_err(|error| vec![told(template, &error, "the template cannot be read")])?;
    let Some(sample) = SAMPLE.as_ref() else { return Ok(0) };
    let mut unknown: BTreeSet<String> = compiled.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| {
        TEMPLATE_VARIABLES.iter().all(|variable| variable.name != *name)
            && SLACK.globals().all(|(global, _)| global != name)
    });
    sound(template, names::slips(template, &pieces, unknown, sample.slack()))?;
    match render_compiled(&compiled, sample.slack()) {
        Ok((_, work)) => Ok(work),
        Err(error) => Err(vec![told(template, &error, "the template does not work")]),
    }
}

/// What a template becomes for a deploy that has everything once; `None`: it does not work.
pub(crate) fn sample_of(template: &str) -> Option<String> {
    super::render_plain(template, SAMPLE.as_ref()?).ok()
}

/// The problems that these slips are, in the order in which they stand.
fn sound(template: &str, mut slips: Vec<Slip>) -> Result<(), Vec<TemplateProblem>> {
    if slips.is_empty() {
        return Ok(());
    }
    slips.sort_by_key(|slip| slip.at);
    let problem = |slip: Slip| TemplateProblem {
        offset: Some(characters(template, slip.at)),
        message: one_line(slip.message),
        suggestion: slip.suggestion.map(one_line),
    };
    Err(slips.into_iter().map(problem).collect())
}

/// True if two places lie in the same `{{ … }}` or `{% … %}`.
fn same_code(template: &str, one: usize, other: usize) -> bool {
    let between = template.get(one.min(other)..one.max(other)).unwrap_or_default();
    !between.contains("}}") && !between.contains("%}")
}

/// The engine's error, at its place.
fn told(template: &str, error: &Error, what: &str) -> TemplateProblem {
    let at = error.range().map(|range| characters(template, range.start));
    let mut message = explained(error);
    for (engines, ours) in [
        ("end of variable block", "`}}`"),
        ("end of block", "`%}`"),
        ("end of input", "the end of the template"),
        ("identifier", "a name"),
    ] {
        message = message.replace(engines, ours);
    }
    let known = ENGINES.iter().find(|(engines, ..)| message.contains(engines));
    TemplateProblem {
        offset: at.or_else(|| error.line().map(|line| line_offset(template, line))),
        message: format!("{what}: {}", known.map_or(message.as_str(), |(_, ours, _)| ours)),
        suggestion: known.map(|(.., right)| (*right).to_owned()),
    }
}

/// Errors that the engine finds when it renders: a part of its words, the cause, and what to do.
const ENGINES: [(&str, &str, &str); 5] = [
    (
        "sequence of wrong length",
        "each entry of this list is one value",
        "put one name before `in`, and count with `loop.index`",
    ),
    (
        "cannot convert value into pair",
        "a list has no keys",
        "leave the filter out, and use `{% for pr in prs %}` or `prs | map(attribute='title')`",
    ),
    ("can only sum numbers", "`sum` adds numbers alone", "count a list with `length`"),
    (
        "missing an argument for format spec",
        "the text has more places than `format` has values",
        "give `format` a value for each place",
    ),
    ("is not callable", "this value is not a function", "leave the brackets behind it out"),
];

/// Returns the number of characters in the first `bytes` of a template.
fn characters(template: &str, bytes: usize) -> usize {
    template.char_indices().take_while(|(at, _)| *at < bytes).count()
}

/// Returns the number of characters before the first character of a line (from 1) that is not a space.
fn line_offset(template: &str, line: usize) -> usize {
    let before: usize =
        template.split_inclusive('\n').take(line.saturating_sub(1)).map(|line| line.chars().count()).sum();
    let spaces = template.chars().skip(before).take_while(|c| matches!(c, ' ' | '\t')).count();
    before + spaces
}

#[cfg(test)]
mod tests;
