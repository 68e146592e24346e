//! `--policy`: the floor that rules have to meet.

use crate::files::{Stop, read_file};
use crate::words::counted;
use signoff_core::deploy::Slug;
use signoff_rules::policy::{Judged, Policy, Shortfall, parse};
use signoff_rules::problem::{Position, Source};
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

/// The deployments that rules are judged for.
#[derive(Debug)]
pub(crate) struct JudgedFor {
    names: Vec<Slug>,
    /// True if the policy's word may depend on the deployment.
    depends: bool,
}

impl JudgedFor {
    /// Those of `named`, each once. Without any, a policy that names deployments can't be asked; another one
    /// says the same of all.
    pub(crate) fn of(policy: &Policy, named: &[Slug], has_rules: bool) -> Result<Self, Stop> {
        let depends = policy.names_deployments();
        let mut names: Vec<Slug> = Vec::new();
        for name in named {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if names.is_empty() && !(depends && has_rules) {
            names.extend(Slug::new("acme", "checkout"));
        }
        match names.is_empty() {
            false => Ok(Self { names, depends }),
            true => Err(Stop::Ask(
                "the policy names deployments; pass --deployment OWNER/NAME for each deployment of these rules"
                    .to_owned(),
            )),
        }
    }

    /// The hint that a single deployment may not be all that bind the rules.
    pub(crate) fn hint(&self) -> Option<String> {
        let [name] = self.names.as_slice() else { return None };
        self.depends.then(|| {
            format!(
                "Checked for {name} only. Signoff also applies what the policy asks of other deployments of the repository: if there are any, pass --deployment for each."
            )
        })
    }

    /// The rules of `file`, whose text is `text`, that are below the floor of one of the deployments, as
    /// problems at the lines of the rules. With several deployments, each says which ones.
    pub(crate) fn below(&self, policy: &Policy, file: &RulesFile, text: &str, name: &str) -> Vec<Problem> {
        let mut found: Vec<(Shortfall, Vec<&str>)> = Vec::new();
        for deployment in &self.names {
            for shortfall in policy.judge(deployment, file) {
                match found.iter_mut().find(|(known, _)| *known == shortfall) {
                    Some((_, names)) => names.push(deployment.as_str()),
                    None => found.push((shortfall, vec![deployment.as_str()])),
                }
            }
        }
        let at = |rule: &str| {
            file.rules.iter().find(|other| other.name == rule).map_or(Position::default(), |rule| rule.at)
        };
        let source = Source::new(name, text);
        let problem = |(shortfall, names): (Shortfall, Vec<&str>)| {
            let of = match self.names.len() {
                1 => String::new(),
                _ => format!(" for {}", names.join(", ")),
            };
            let message = format!("rule `{}`{of}: {}", shortfall.rule, shortfall.message);
            source.problem(at(&shortfall.rule), message, shortfall.suggestion)
        };
        found.into_iter().map(problem).collect()
    }
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
