//! `--policy`: the floor that rules have to meet.

use crate::check::counted;
use crate::files::{Stop, read_file};
use signoff_core::deploy::Slug;
use signoff_rules::policy::{Judged, Policy, Shortfall, parse};
use signoff_rules::{Problem, Rule, RulesFile};
use std::io::Write;
use std::path::Path;

/// Reads a policy for a command that needs a sound one. `None`: it has problems, and they are told on `err`.
pub(crate) fn sound(path: &Path, err: &mut dyn Write) -> Result<Option<Policy>, Stop> {
    match read(path)? {
        Ok(policy) => Ok(Some(policy)),
        Err(problems) => {
            for problem in &problems {
                writeln!(err, "{}\n", problem.rendered())?;
            }
            writeln!(err, "{}, can't check against it", counted(problems.len(), "problem"))?;
            Ok(None)
        }
    }
}

/// Reads a policy, or its problems.
pub(crate) fn read(path: &Path) -> Result<Result<Policy, Vec<Problem>>, Stop> {
    Ok(parse(&read_file(path)?, &path.display().to_string()))
}

/// Every way in which `rule` of `file` is below the floor of `deployment`; none without a policy.
pub(crate) fn below(
    policy: Option<&Policy>,
    deployment: &Slug,
    rule: &Rule,
    file: &RulesFile,
) -> Vec<Shortfall> {
    policy.map(|policy| policy.judge_rule(deployment, &Judged::of(rule, file))).unwrap_or_default()
}
