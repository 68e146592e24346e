//! `signoff rules test`.

mod compare;

use crate::args::Test;
use crate::cases::{Case, Cases, Expected, read};
use crate::does::does;
use crate::explain::DEPLOY_URL;
use crate::files::{Stop, as_yaml, read_file, unreadable};
use crate::outlook::{open, outlook, reasons};
use crate::policy;
use crate::words::counted;
use crate::{Exit, Streams};
use jiff::Timestamp;
use signoff_rules::RulesFile;
use signoff_rules::policy::Policy;
use signoff_rules::problem::{Problem, Source};
use signoff_rules::suggest::did_you_mean;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Results of all files.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Files with problems.
    unread: usize,
}

/// Runs the cases of every file.
pub(crate) fn run(args: &Test, streams: &mut Streams<'_>, now: Timestamp) -> Result<Exit, Stop> {
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(files_of(path)?);
    }
    let policy = match &args.policy {
        Some(path) => match policy::sound(path, streams.err)? {
            Some(policy) => Some(policy),
            None => return Ok(Exit::Problems),
        },
        None => None,
    };
    let mut tally = Tally::default();
    for path in &files {
        file(path, policy.as_ref(), streams.out, now, &mut tally)?;
    }
    let unread = match tally.unread {
        0 => String::new(),
        count => format!(", {} with problems", counted(count, "file")),
    };
    writeln!(streams.out, "{} passed, {} failed{unread}", tally.passed, tally.failed)?;
    if tally.failed + tally.unread > 0 {
        return Ok(Exit::Problems);
    }
    if tally.passed == 0 {
        writeln!(streams.err, "signoff: no cases; write `cases:` and under it a list of cases")?;
        return Ok(Exit::Usage);
    }
    Ok(Exit::Fine)
}

/// The files of cases that a path stands for: itself, or those in the folder.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stem = name.rsplit_once('.').filter(|(_, kind)| ["yml", "yaml", "json"].contains(kind));
        if stem.is_some_and(|(stem, _)| stem == "cases" || stem.ends_with(".cases")) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Stop::file(path, "no case files here; they are named cases.yml or NAME.cases.yml"));
    }
    files.sort();
    Ok(files)
}

/// Runs the cases of one file and tells how they went.
fn file(
    path: &Path,
    policy: Option<&Policy>,
    out: &mut dyn Write,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let (name, text) = (path.display().to_string(), read_file(path)?);
    let text = as_yaml(&text);
    let source = Source::new(&name, &text);
    writeln!(out, "{name}")?;
    let (cases, rules) = match sound(&source, path, now) {
        Ok(sound) => sound,
        Err(problems) => {
            tally.unread += 1;
            for problem in &problems {
                writeln!(out, "{}\n", problem.rendered())?;
            }
            return Ok(());
        }
    };
    for case in &cases.cases {
        let failures = failures(case, &rules, policy);
        if failures.is_empty() {
            tally.passed += 1;
            writeln!(out, "  ok    {}", case.name)?;
            continue;
        }
        tally.failed += 1;
        writeln!(out, "  FAIL  {} ({name}:{})", case.name, case.at.line)?;
        for failure in failures {
            writeln!(out, "        {failure}")?;
        }
    }
    Ok(writeln!(out)?)
}

/// The cases of a file and the rules that they are about.
fn sound(source: &Source<'_>, path: &Path, now: Timestamp) -> Result<(Cases, RulesFile), Vec<Problem>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let cases = read(source, folder, now)?;
    let rules = folder.join(&cases.rules);
    let text = read_file(&rules)
        .map_err(|stop| vec![source.problem(cases.rules_at, format!("rules: {stop}"), None)])?;
    let rules = signoff_rules::parse(&text, &rules.display().to_string())?;
    let unknown = |expected: &&Expected| rules.rules.iter().all(|rule| rule.name != expected.rule);
    let problem = |expected: &Expected| {
        let names = rules.rules.iter().map(|rule| rule.name.as_str());
        let message = format!("`{}` has no rule `{}`", cases.rules, expected.rule);
        source.problem(expected.at, message, did_you_mean(&expected.rule, names))
    };
    let expected = cases.cases.iter().flat_map(|case| &case.expect);
    let mut problems: Vec<_> = expected.filter(unknown).map(problem).collect();
    for Case { expect, .. } in &cases.cases {
        let again = |(index, expected): &(usize, &Expected)| {
            expect.iter().take(*index).any(|before| before.rule == expected.rule)
        };
        problems.extend(expect.iter().enumerate().filter(again).map(|(_, expected)| {
            let message = format!("the run of `{}` is here twice", expected.rule);
            source.problem(expected.at, message, "a rule runs at most once for each deploy".to_owned())
        }));
    }
    if problems.is_empty() { Ok((cases, rules)) } else { Err(problems) }
}

/// Differences from what the case expects, one line each.
fn failures(case: &Case, file: &RulesFile, policy: Option<&Policy>) -> Vec<String> {
    let (deploy, at) = (&case.deploy, case.when.of(case.deploy.deploy.deployed_at));
    let context = deploy.context(DEPLOY_URL);
    let open = open(file, |rule| outlook(rule, deploy, at).has_opened());
    let mut failures = Vec::new();
    for rule in &file.rules {
        let expected = case.expect.iter().find(|expected| expected.rule == rule.name);
        match (expected, open.contains(rule.name.as_str())) {
            (None, false) => {}
            (None, true) => failures.push(format!("{}: opens unexpectedly", rule.name)),
            (Some(_), false) => {
                failures.push(format!("{}: does not open", rule.name));
                failures.extend(reasons(rule, deploy, at).iter().map(|reason| format!("  {reason}")));
                let before =
                    file.rules.iter().map(|rule| &rule.name).filter(|name| rule.after.contains(name));
                let waits = before.filter(|name| !open.contains(name.as_str()));
                failures.extend(waits.map(|name| format!("  it comes after {name}, which does not open")));
            }
            (Some(expected), true) => {
                let found = compare::failures(expected, &does(&rule.actions, &context));
                failures.extend(found.iter().map(|failure| format!("{}: {failure}", rule.name)));
                let below = policy::below(policy, &deploy.deploy.deployment, rule, file);
                match (expected.blocked, below.is_empty(), policy) {
                    (true, true, None) => {
                        failures.push(format!("{}: blocked: no policy says so; add --policy FILE", rule.name))
                    }
                    (true, true, Some(_)) => failures.push(format!(
                        "{}: blocked: expected true, and the policy allows it to act",
                        rule.name
                    )),
                    (false, false, _) => {
                        let texts =
                            below.iter().map(|below| format!("blocked by the policy: {}", below.text()));
                        failures.extend(texts);
                    }
                    (true, false, _) | (false, true, _) => {}
                }
            }
        }
    }
    failures
}
