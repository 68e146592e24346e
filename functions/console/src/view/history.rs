//! Outcomes of a deployment's rules in each evaluation, a part at a time.

use super::{ActionView, weight};
use crate::address::parameters::{BadQuery, parameter, query, text};
use ::signoff_core::evaluation::{Evaluated, Evaluation, Finding};
use ::signoff_core::id::{DeployId, RunId};
use ::signoff_core::message::shorten;
use ::signoff_core::run::Run;
use signoff_store::{EvaluationPlace, ListedEvaluation};

/// Number of rules in one part.
const MOST_RULES: usize = 25;
/// Size in bytes of HTML that one part's texts reach at most before its last rule.
const MOST_BYTES: usize = 12_000;
/// Longest line of an action, in characters.
const MOST_OF_AN_ACTION: usize = 120;
/// Longest result of an action, in characters.
const MOST_OF_A_RESULT: usize = 200;
/// Size of a step beside its texts, in bytes of HTML.
const BYTES_A_STEP: usize = 300;
/// Largest size of all steps of a part, in bytes of HTML.
pub(crate) const MOST_OF_STEPS: usize = 12_000;

/// Filter and place of the history that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HistoryWanted {
    /// The rule of this name; `None`: every one.
    pub(crate) rule: Option<String>,
    /// Only rules that held.
    pub(crate) held: bool,
    /// Place at which it begins; `None`: with the newest.
    pub(crate) from: Option<Start>,
}

/// Place at which a part begins: an evaluation, after so many of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) place: EvaluationPlace,
    after: usize,
}

/// A part of the history, newest first.
#[derive(Clone, Debug)]
pub(crate) struct HistoryPart {
    /// The evaluations, each with those of its rules that are shown.
    pub(crate) evaluations: Vec<Evaluation>,
    /// Place at which the next part begins; `None` at the end.
    pub(crate) next: Option<Start>,
}

impl HistoryWanted {
    /// Reads a query: `rule`, `held`, `from` and `after`.
    pub(crate) fn of(asked: &str) -> Result<Self, BadQuery> {
        let start = |place: String| {
            let after = parameter(asked, "after").map_or(Some(0), |after| after.parse().ok());
            Some(Start { place: EvaluationPlace::parse(&place)?, after: after? })
        };
        let problem = "The parameters `from` and `after` must be those of a link to older evaluations.";
        let from = text(asked, "from").map(|place| start(place).ok_or_else(|| BadQuery(problem.to_owned())));
        let held = text(asked, "held").is_some();
        Ok(Self { rule: text(asked, "rule"), held, from: from.transpose()? })
    }

    /// The query that asks for this, from `from` on.
    pub(crate) fn query(&self, from: Option<&Start>) -> String {
        let after = from.map(|from| from.after.to_string());
        let mut pairs = Vec::new();
        pairs.extend(self.rule.as_deref().map(|rule| ("rule", rule)));
        pairs.extend(self.held.then_some(("held", "yes")));
        pairs.extend(from.map(|from| ("from", from.place.as_str())));
        pairs.extend(after.as_deref().map(|after| ("after", after)));
        query(&pairs)
    }

    fn takes(&self, rule: &Evaluated) -> bool {
        self.rule.as_ref().is_none_or(|wanted| *wanted == rule.rule) && (!self.held || rule.finding.held())
    }
}

impl HistoryPart {
    /// The runs that these evaluations opened, with their deploys.
    pub(crate) fn runs(&self) -> Vec<(&DeployId, &RunId)> {
        let opened = self.evaluations.iter().flat_map(|evaluation| {
            evaluation.rules.iter().filter_map(|rule| match &rule.finding {
                Finding::Opened { run } => Some((&evaluation.deploy, run)),
                Finding::OpenBefore { .. }
                | Finding::Frozen { .. }
                | Finding::After { .. }
                | Finding::Fails { .. }
                | Finding::Outdated
                | Finding::Unsupported { .. }
                | Finding::NotForDeploys => None,
            })
        });
        opened.collect()
    }
}

/// The part of `evaluations` that is `wanted` and fits on a page. `older`: whether there are older ones on
/// record.
pub(crate) fn history(
    evaluations: Vec<ListedEvaluation>,
    older: bool,
    wanted: &HistoryWanted,
) -> HistoryPart {
    let (mut shown, mut rules, mut bytes) = (Vec::new(), 0, 0);
    let mut last = None;
    for ListedEvaluation { place, evaluation } in evaluations {
        let began = wanted.from.as_ref().filter(|from| from.place == place).map_or(0, |from| from.after);
        let count = evaluation.rules.len();
        let mut part = Evaluation { rules: Vec::new(), ..evaluation };
        for (index, rule) in evaluation.rules.into_iter().enumerate().skip(began) {
            if !wanted.takes(&rule) {
                continue;
            }
            if rules == MOST_RULES || bytes > MOST_BYTES {
                shown.extend((!part.rules.is_empty()).then_some(Evaluation { more: 0, ..part }));
                return HistoryPart { evaluations: shown, next: Some(Start { place, after: index }) };
            }
            rules += 1;
            bytes += weight(&rule.rule) + finding_weight(&rule.finding);
            part.rules.push(rule);
        }
        // Of a file that could not be read there is no rule to show.
        if count == 0 && began == 0 && !wanted.held {
            if rules == MOST_RULES {
                return HistoryPart { evaluations: shown, next: Some(Start { place, after: 0 }) };
            }
            rules += 1;
            shown.push(part);
        } else if !part.rules.is_empty() {
            shown.push(part);
        }
        last = Some(Start { place, after: count.max(1) });
    }
    HistoryPart { evaluations: shown, next: last.filter(|_| older) }
}

/// The steps of a run that fit into `left` bytes of HTML, shortened, and how many more it has.
pub(crate) fn steps(run: &Run, left: &mut usize) -> (Vec<ActionView>, usize) {
    let short = |text: Option<String>| text.map(|text| shorten(&text, MOST_OF_A_RESULT));
    let mut steps = Vec::new();
    for index in 0..run.steps.len() {
        let Some(step) = ActionView::of_run(run, index) else { break };
        let action = shorten(&step.action, MOST_OF_AN_ACTION);
        let step = ActionView { action, summary: short(step.summary), reason: short(step.reason), ..step };
        let under = step.under.as_ref().map(|under| under.name.as_str());
        let texts = [step.summary.as_deref(), step.reason.as_deref(), step.url.as_deref(), under];
        let bytes =
            BYTES_A_STEP + weight(&step.action) + texts.into_iter().flatten().map(weight).sum::<usize>();
        let Some(rest) = left.checked_sub(bytes) else { break };
        *left = rest;
        steps.push(step);
    }
    let more = run.steps.len() - steps.len();
    (steps, more)
}

fn finding_weight(finding: &Finding) -> usize {
    match finding {
        Finding::Opened { .. } | Finding::OpenBefore { .. } | Finding::Outdated | Finding::NotForDeploys => 0,
        Finding::Frozen { freeze, .. } => weight(freeze),
        Finding::After { rules } => rules.iter().map(|rule| weight(rule) + 2).sum(),
        Finding::Fails { why, .. } => weight(why),
        Finding::Unsupported { uses } => weight(uses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// Rules that a part shows, a line for each evaluation, and the query of the next part.
    fn told(evaluations: &[ListedEvaluation], older: bool, asked: &str) -> (Vec<String>, Option<String>) {
        let wanted = HistoryWanted::of(asked).unwrap();
        let from = wanted.from.as_ref().map(|from| from.place.clone());
        let read = evaluations.iter().filter(|known| from.as_ref().is_none_or(|from| known.place <= *from));
        let part = history(read.cloned().collect(), older, &wanted);
        let line = |evaluation: &Evaluation| {
            let rules = evaluation.rules.iter().map(|rule| rule.rule.as_str());
            std::iter::once(evaluation.at.strftime("%M:%S").to_string())
                .chain(rules.map(str::to_owned))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let next = part.next.as_ref().map(|next| wanted.query(Some(next)));
        (part.evaluations.iter().map(line).collect(), next)
    }

    /// All that the parts show, one after the other, and how many there were.
    fn walk(evaluations: &[ListedEvaluation], asked: &str) -> (Vec<String>, usize) {
        let (mut lines, mut parts, mut query) = (Vec::new(), 0, asked.to_owned());
        loop {
            let (part, next) = told(evaluations, false, &query);
            lines.extend(part);
            parts += 1;
            match next {
                Some(next) => query = next,
                None => return (lines, parts),
            }
        }
    }

    #[test]
    fn what_is_wanted_is_shown() {
        let evaluations = sample::evaluations();
        for (asked, expected) in [
            (
                "",
                "42:05 promote soaked | 42:04 promote soaked after other old ours frozen pulls | 41:00 | 40:00",
            ),
            ("held=yes", "42:05 promote soaked | 42:04 promote frozen"),
            ("rule=soaked", "42:05 soaked | 42:04 soaked | 41:00 | 40:00"),
            ("rule=soaked&held=yes", "42:05 soaked"),
            ("rule=nothing&held=yes", ""),
        ] {
            assert_eq!(told(&evaluations, false, asked), (told_lines(expected), None), "{asked}");
        }
        let (_, next) = told(&evaluations, true, "held=yes");
        assert_eq!(next.as_deref(), Some("held=yes&from=2026-11-23T10%3A40%3A00.000000Z%23e4&after=1"));
    }

    fn told_lines(lines: &str) -> Vec<String> {
        lines.split(" | ").filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn each_rule_is_in_one_part_however_many_there_are() {
        let mut evaluations = sample::evaluations();
        let rules: Vec<_> = (0..60)
            .map(|number| Evaluated {
                rule: format!("rule-{number}"),
                finding: Finding::Outdated,
                asks: false,
                expected: false,
            })
            .collect();
        evaluations[1].evaluation.rules = rules;
        let (lines, parts) = walk(&evaluations, "");
        let found: Vec<_> = lines.iter().flat_map(|line| line.split(' ').skip(1)).collect();
        assert_eq!((found.len(), parts), (62, 3), "{lines:?}");
        assert!(found[2..].iter().enumerate().all(|(number, rule)| *rule == format!("rule-{number}")));
        assert_eq!(lines.iter().filter(|line| !line.contains(' ')).count(), 2);
        let long = Finding::Fails { why: "<".repeat(500), from: None };
        for rule in &mut evaluations[1].evaluation.rules {
            rule.finding = long.clone();
        }
        let (lines, parts) = walk(&evaluations, "");
        assert_eq!((lines.iter().flat_map(|line| line.split(' ').skip(1)).count(), parts), (62, 10));
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        for query in
            ["from=x", "from=2026-11-23T10%3A40%3A00Z%23e4&after=-1", "from=2026-11-23T10%3A40%3A00Z"]
        {
            assert!(
                matches!(HistoryWanted::of(query), Err(BadQuery(text)) if text.contains("`from`")),
                "{query}"
            );
        }
        assert_eq!(HistoryWanted::of("rule=+&held=&from="), Ok(HistoryWanted::default()));
    }
}
