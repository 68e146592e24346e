//! Variables and functions that there are not, with those that may be meant.

use super::asked::by_attribute;
use super::known::{CLOCKS, Known, elsewhere};
use super::{Tokens, Walk};
use crate::reference::{FILTERS, TEMPLATE_VARIABLES};
use crate::suggest::{closest, did_you_mean};
use crate::template::code::{Kind, Slip, Token};

/// What to do without the time of now.
const NO_CLOCK: &str = "a template has no clock: Slack shows when a message was sent";
/// Names that are an attribute's more often than a variable's.
const ATTRIBUTES: [&str; 8] = ["title", "name", "url", "labels", "state", "status", "reason", "result"];

/// Values of `outcome`.
const OUTCOMES: [&str; 5] = ["approved", "rejected", "expired", "superseded", "cancelled"];

/// The functions that a template can call.
pub(super) const FUNCTIONS: [&str; 3] = ["range", "dict", "namespace"];

/// The variable that other systems call `name`.
pub(in crate::template) fn called_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "sha" | "commit" | "git_sha" => "revision",
        "commit_sha" | "short_sha" | "git_commit" | "build" => "revision",
        "ref" | "branch_name" | "git_branch" => "branch",
        "env" | "stage" | "target" => "environment",
        "app" | "service" | "project" | "repo" | "repository" | "application" => "deployment_name",
        "url" | "deploy_link" | "page" => "deploy_url",
        "title" | "name" => "deploy_name",
        "status" | "result" | "state" | "decision" => "outcome",
        "reason" => "approval.reason",
        "approved_at" | "closed_at" => "approval.closed_at",
        "jira" | "ticket" | "tickets" => "issues",
        "labels" | "pr_labels" => "prs[0].labels",
        "pr_number" | "pr_id" => "pull_request_id",
        "pr_title" => "prs[0].title",
        "user" | "username" => "deploy_author_name",
        "deployer" | "deployed_by" | "actor" | "deployer_slack" => "deploy_author_name",
        "approvers" | "approver" => "approved_by",
        "authors" | "author" => "authors_slack",
        _ => return None,
    })
}

impl<'t> Walk<'t> {
    pub(super) fn function(&self, tokens: &Tokens<'_, 't>, token: Token<'t>) -> Slip {
        let name = token.text;
        let values = self.values(tokens);
        let (value, others) = values.split_once(',').unwrap_or((values, ""));
        let is_filter = FILTERS.iter().any(|filter| filter.name == name);
        let meant = if is_filter && !value.is_empty() {
            let others = others.trim();
            Some(if others.is_empty() {
                format!("{value} | {name}")
            } else {
                format!("{value} | {name}({others})")
            })
        } else {
            elsewhere(name, value, "").filter(|_| !value.is_empty())
        };
        let suggestion = match meant {
            _ if name == "enumerate" => Some("count with `loop.index`".to_owned()),
            None if CLOCKS.contains(&name) => Some(NO_CLOCK.to_owned()),
            Some(meant) => Some(format!("write `{meant}`")),
            None => did_you_mean(name, FUNCTIONS),
        };
        let message = if is_filter {
            format!("`{name}` is a filter")
        } else {
            format!("there is no function `{name}`")
        };
        Slip::new(token.start, message, suggestion)
    }

    /// Returns the text between the brackets that come next.
    pub(super) fn values(&self, tokens: &Tokens<'_, 't>) -> &'t str {
        let mut nesting = 0_usize;
        let rest = tokens.tokens.get(tokens.at..).unwrap_or_default();
        for token in rest {
            match token.text {
                "(" => nesting += 1,
                ")" => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            if nesting == 0 {
                let start = rest.first().map_or(0, Token::end);
                return self.template.get(start..token.start).unwrap_or_default().trim();
            }
        }
        ""
    }

    pub(super) fn variable(&self, tokens: &Tokens<'_, 't>, token: Token<'t>) -> Slip {
        let name = token.text;
        let message = format!("unknown template variable `{name}`");
        let next = tokens.peek().filter(|dot| dot.is(".")).and(tokens.tokens.get(tokens.at + 1));
        let known = || TEMPLATE_VARIABLES.iter().map(|variable| variable.name);
        let joined = next.map(|next| format!("{name}_{}", next.text));
        if let Some(slip) = self.emptiness(tokens, token) {
            return slip;
        }
        let suggestion = if CLOCKS.contains(&name) {
            Some(NO_CLOCK.to_owned())
        } else if name == "loop" {
            Some("put it between `{% for %}` and `{% endfor %}`".to_owned())
        } else if matches!(name, "null" | "nil" | "NULL") {
            Some("write `none`".to_owned())
        } else if let Some(joined) = joined.filter(|joined| known().any(|name| name == joined)) {
            Some(format!("write `{joined}`"))
        } else if let Some(list) = known().find(|list| list.strip_suffix('s') == Some(name)) {
            let unknown = next.and_then(|next| self.unknown_attribute(list, next));
            Some(match (next, unknown) {
                (Some(_), Some(slip)) => {
                    let right = slip.suggestion.unwrap_or_default();
                    let right =
                        right.strip_prefix("did you mean `").and_then(|right| right.strip_suffix("`?"));
                    match right {
                        Some(right) => format!("did you mean `{list}[0].{right}`?"),
                        None if matches!(next, Some(next) if next.is("message") || next.is("subject")) => {
                            format!("write `{list}[0].title`")
                        }
                        None => format!("did you mean `{list}`?"),
                    }
                }
                (Some(next), None) => {
                    format!("write `{list}[0].{}`, or `{{% for {name} in {list} %}}` before it", next.text)
                }
                (None, _) => format!("did you mean `{list}`?"),
            })
        } else if let Some(next) = next.filter(|next| {
            matches!(name, "deploy" | "env" | "ctx" | "context" | "vars" | "inputs" | "github")
                && known().any(|known| known == next.text)
        }) {
            Some(format!("write `{}`", next.text))
        } else if next.is_some()
            && matches!(name, "env" | "ctx" | "context" | "vars" | "var" | "inputs" | "secrets" | "Values")
        {
            Some("a template has variables of its own alone, for example `{{ deploy_name }}`".to_owned())
        } else if let Some(text) = self
            .as_text(tokens, token)
            .filter(|text| ATTRIBUTES.contains(&name) || OUTCOMES.contains(&name) || text.contains("map("))
        {
            Some(text)
        } else {
            let one = |name: &str| closest(name, known()).map(|meant| self.with_attribute(meant, next));
            match (name, next) {
                ("github", Some(next)) if next.text == "sha" => Some("revision".to_owned()),
                ("github", Some(next)) if next.text == "actor" => Some("deploy_author_name".to_owned()),
                ("forloop", Some(next)) => Some(match next.text {
                    "counter" => "loop.index".to_owned(),
                    "counter0" => "loop.index0".to_owned(),
                    name => format!("loop.{name}"),
                }),
                ("sha" | "commit" | "git_sha", _) => called_elsewhere(name).map(str::to_owned),
                (_, None) if called_elsewhere(name).is_some() => called_elsewhere(name).map(str::to_owned),
                ("pull_request" | "pull_requests" | "pulls", _) => Some(self.with_attribute("prs", next)),
                (_, Some(attribute)) => {
                    let whole = one(name).filter(|meant| meant.contains('.'));
                    whole.or_else(|| closest(attribute.text, known()).map(str::to_owned))
                }
                (_, None) => one(name),
            }
            .map(|meant| format!("did you mean `{meant}`?"))
            .or_else(|| self.as_text(tokens, token))
        };
        Slip::new(token.start, message, suggestion)
    }

    /// `tags != empty`, as Liquid compares.
    fn emptiness(&self, tokens: &Tokens<'_, 't>, token: Token<'t>) -> Option<Slip> {
        let sign = tokens.at.checked_sub(2).and_then(|at| tokens.tokens.get(at))?;
        let is_empty = sign.is("==");
        if !matches!(token.text, "empty" | "blank") || !(is_empty || sign.is("!=")) {
            return None;
        }
        let before = tokens.tokens.get(..tokens.at - 2)?;
        let is_of_a_name = |part: &&Token<'_>| part.kind == Kind::Name || part.is(".");
        let length = before.iter().rev().take_while(is_of_a_name).count();
        let length = before.iter().rev().take(length).position(|part| is_joiner(part.text)).unwrap_or(length);
        let (others, subject) = before.split_at_checked(before.len() - length)?;
        let start = subject.first()?.start;
        if others.last().is_some_and(|last| last.is("|") || last.is("]")) {
            return None;
        }
        let subject = self.template.get(start..subject.last()?.end())?;
        let written = self.template.get(start..token.end())?;
        let right = if is_empty { format!("not {subject}") } else { subject.to_owned() };
        let message = format!("`{written}`: there is nothing called `{}`", token.text);
        Some(Slip::new(token.start, message, format!("write `{right}`")))
    }

    /// A name that can be meant for a text: what is compared, joined, or given to a filter.
    fn as_text(&self, tokens: &Tokens<'_, 't>, token: Token<'t>) -> Option<String> {
        let before = tokens.at.checked_sub(2).and_then(|at| tokens.tokens.get(at))?;
        // `sort(reverse)`: a switch has its value behind `=`.
        let is_switch = before.is("(") && matches!(token.text, "reverse" | "case_sensitive");
        if is_switch && tokens.peek().is_some_and(|next| next.is(")")) {
            return Some(format!("write `{}=true`", token.text));
        }
        let filter = tokens.at.checked_sub(3).and_then(|at| tokens.tokens.get(at));
        if before.is("(") && filter.is_some_and(|filter| filter.is("map")) {
            return Some(by_attribute(token.text));
        }
        let is_value = ["==", "!=", "=", "(", ",", "[", "~"].iter().any(|sign| before.is(sign));
        let is_alone = tokens.peek().is_none_or(|next| !next.is(".") && !next.is("(") && !next.is("["));
        (is_value && is_alone).then(|| format!("write a text in quotes: `'{}'`", token.text))
    }

    /// The slip of an attribute that the elements of a list don't have; `None`: they have it.
    fn unknown_attribute(&self, list: &str, attribute: &Token<'_>) -> Option<Slip> {
        let element = self.look_up(list).map_or(Known::Anything, |list| list.element());
        element.attribute(attribute.text, attribute.start, list).err()
    }

    /// A variable with an attribute as far as it, or the first of its elements, has that.
    fn with_attribute(&self, variable: &str, attribute: Option<&Token<'_>>) -> String {
        let Some(attribute) = attribute else { return variable.to_owned() };
        let element = self.look_up(variable).map_or(Known::Anything, |list| list.element());
        match element.attribute(attribute.text, attribute.start, variable) {
            Ok(_) if !matches!(element, Known::Anything) => format!("{variable}[0].{}", attribute.text),
            Ok(_) | Err(_) => variable.to_owned(),
        }
    }
}

/// True for a word between the parts of a condition.
fn is_joiner(word: &str) -> bool {
    matches!(word, "and" | "or" | "not" | "if" | "elif" | "else" | "in" | "is")
}
