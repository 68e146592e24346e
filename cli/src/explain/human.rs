//! The explanation for people.

use super::{Explained, ExplainedRule};
use crate::does::{Asks, Does, printable, votes};
use crate::outlook::{ForecastTime, RuleForecast, frozen};
use jiff::Timestamp;
use signoff_core::action::Reasons;
use signoff_rules::explain::{Explanation, shown_duration};
use std::io::{self, Write};

/// Writes what the rules do with the deploy.
pub(super) fn write(out: &mut dyn Write, explained: &Explained<'_>) -> io::Result<()> {
    let title = explained.deploy.title();
    writeln!(out, "{title}, deployed for {}", shown_duration(explained.deployed_for()))?;
    if explained.rules.is_empty() {
        writeln!(out, "\nThe file has no rules.")?;
    }
    explained.rules.iter().try_for_each(|rule| one(out, rule, explained.at))
}

fn one(out: &mut dyn Write, explained: &ExplainedRule<'_>, at: Timestamp) -> io::Result<()> {
    let rule = explained.rule;
    writeln!(out, "\n{}: {}", rule.name, verdict(&explained.outlook))?;
    match explained.outlook {
        RuleForecast::NotForDeploys => {
            return writeln!(out, "  its triggers are {}", rule.triggers.join(", "));
        }
        RuleForecast::NotSupported => {
            for problem in &rule.unsupported {
                writeln!(out, "  line {}: {}", problem.line, problem.message)?;
            }
        }
        RuleForecast::Opens
        | RuleForecast::Opened(_)
        | RuleForecast::Later(_)
        | RuleForecast::Frozen(_)
        | RuleForecast::Never => {}
    }
    for window in &rule.freeze {
        writeln!(out, "  doesn't act in: {window}")?;
    }
    if let Some(frozen) = frozen(rule, at) {
        let held = if rule.opens_after_freeze() { "" } else { "; people can vote, and actions wait" };
        writeln!(out, "  {frozen}{held}")?;
    }
    if !rule.after.is_empty() {
        writeln!(out, "  waits for these rules to succeed: {}", rule.after.join(", "))?;
    }
    if rule.conditions.is_empty() {
        writeln!(out, "  no conditions: matches every deploy")?;
    }
    for (entry, explanation) in rule.conditions.iter().zip(&explained.conditions) {
        let about = entry.description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        tree(out, explanation, 2, &about)?;
    }
    for below in &explained.below {
        writeln!(out, "  blocked by the policy: {}", printable(below))?;
    }
    if explained.does.is_empty() {
        return Ok(());
    }
    let it = if explained.outlook == RuleForecast::Opens { "does" } else { "would do" };
    writeln!(out, "  {it}:")?;
    actions(out, &explained.does, 4)
}

fn verdict(outlook: &RuleForecast) -> String {
    match outlook {
        RuleForecast::Opens => "opens".to_owned(),
        RuleForecast::Opened(ForecastTime { deployed_for, at }) => {
            format!(
                "no longer matches; it opened when deployed for {}, at {at}",
                shown_duration(*deployed_for)
            )
        }
        RuleForecast::Later(ForecastTime { deployed_for, at }) => {
            format!("opens once deployed for {}, at {at}", shown_duration(*deployed_for))
        }
        RuleForecast::Frozen(ForecastTime { at, .. }) => format!("opens when its freeze ends, at {at}"),
        RuleForecast::Never => "does not open".to_owned(),
        RuleForecast::NotForDeploys => "never opens for deploys".to_owned(),
        RuleForecast::NotSupported => "does not open: it uses features that are not supported yet".to_owned(),
    }
}

/// A condition and under it its parts, each on a line with its verdict. `about` is what the condition is for.
fn tree(out: &mut dyn Write, explanation: &Explanation, indent: usize, about: &str) -> io::Result<()> {
    let verdict = if explanation.holds() { "holds" } else { "fails" };
    match explanation {
        Explanation::Comparison(compared) => {
            let (comparison, values) = (&compared.comparison, compared.values());
            writeln!(out, "{:indent$}{comparison}{about} {verdict}: {values}", "")
        }
        Explanation::All { parts, .. } | Explanation::Any { parts, .. } => {
            writeln!(out, "{:indent$}{}{about} {verdict}:", "", explanation.condition())?;
            parts.iter().try_for_each(|part| tree(out, part, indent + 2, ""))
        }
    }
}

fn actions(out: &mut dyn Write, does: &[Does], indent: usize) -> io::Result<()> {
    for action in does {
        writeln!(out, "{:indent$}- {}", "", action.line)?;
        let inner = indent + 4;
        if let Some(message) = &action.message {
            text(out, "says", message, inner)?;
        }
        if let Some(detail_type) = &action.event {
            text(out, "sends", detail_type, inner)?;
        }
        for (name, value) in &action.parameters {
            text(out, name, value, inner)?;
        }
        if let Some(asks) = &action.asks {
            dialog(out, asks, inner)?;
        }
    }
    Ok(())
}

/// `name: text`, or the lines of the text under the name.
fn text(out: &mut dyn Write, name: &str, text: &str, indent: usize) -> io::Result<()> {
    if !text.contains('\n') {
        return writeln!(out, "{:indent$}{name}: {text}", "");
    }
    writeln!(out, "{:indent$}{name}:", "")?;
    text.lines().try_for_each(|line| writeln!(out, "{:indent$}  | {line}", ""))
}

fn dialog(out: &mut dyn Write, asks: &Asks, indent: usize) -> io::Result<()> {
    text(out, "asks", &asks.prompt, indent)?;
    let mut line = |name: &str, value: &str| writeln!(out, "{:indent$}{name}: {value}", "");
    line("in", &asks.channel)?;
    let between = if asks.quotas.is_empty() { "," } else { ";" };
    line("needs", &format!("{}{between} {} to reject", asks.needs(), votes(asks.rejections_required)))?;
    line("may vote", &asks.voters())?;
    if !asks.break_glass.is_empty() {
        line("can break the glass", &asks.break_glass.join(", "))?;
    }
    if let Some(environment) = &asks.promotes_to {
        line("promotes to", environment)?;
    }
    if asks.verified_commits {
        line("commits", "each needs a valid signature")?;
    }
    if !asks.self_approval && asks.unknown_makers == "allow" {
        line("makers", "makers without a Slack member don't block it")?;
    }
    if asks.rollback.is_some() {
        line("rollback", "makers of what it takes out can't approve it")?;
    }
    match asks.require_reason {
        Reasons::Never => {}
        Reasons::Approve => line("reason", "required to approve")?,
        Reasons::Reject => line("reason", "required to reject")?,
        Reasons::Both => line("reason", "from everybody")?,
    }
    for (name, time) in [
        ("reminds after", &asks.remind_after),
        ("expires after", &asks.expires_after),
        ("can be undone for", &asks.undo_window),
    ] {
        if let Some(time) = time {
            line(name, time)?;
        }
    }
    if !asks.supersede {
        line("stays open", "when a newer deploy is asked about")?;
    }
    for (name, then) in [
        ("if approved", &asks.on_success),
        ("if rejected", &asks.on_reject),
        ("if it expires", &asks.on_expire),
    ] {
        if !then.is_empty() {
            writeln!(out, "{:indent$}{name}:", "")?;
            actions(out, then, indent + 2)?;
        }
    }
    Ok(())
}
