//! Approvals that nobody, or not enough people, can give.

use super::reader::Reader;
use super::values::is_group;
use crate::yaml::{Entry, Node};
use signoff_core::action::{ApprovalSpec, QuotaSpec};
use std::collections::BTreeMap;

/// Longest section of a Slack message, in characters.
/// Source: <https://docs.slack.dev/reference/block-kit/blocks/section-block>, `text`.
const SLACK_SECTION: usize = 3000;
/// Expected length of a variable's value, in characters, at least.
const FILLED_IN: usize = 20;
/// Most people among whom entries of `votes_required` that want the same ones are looked for.
const MAX_PEOPLE: usize = 200;

impl Reader<'_> {
    /// Notices of an approval that can never be given.
    pub(super) fn possible_electorate(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        if let (true, false, Some(at)) = (spec.authors_only, spec.self_approval, at(entries, "authors_only"))
        {
            let message = "nobody can vote: `authors_only` is for the authors of the change alone, and `self_approval: false` is for \
                           everybody but them";
            self.notice(at, message, "take one of the two out".to_owned());
        }
        self.enough_for_quotas(entries, spec);
        self.enough_approvers(entries, spec);
    }

    /// A vote counts for one entry of `votes_required`: all that want votes of the same people need as many
    /// people as votes.
    fn enough_for_quotas(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        let Some(at) = at(entries, "votes_required") else { return };
        let named: Vec<&QuotaSpec> =
            spec.quotas.iter().filter(|quota| !quota.from.iter().any(|from| is_group(from))).collect();
        let is_many = named.iter().map(|quota| quota.from.len()).sum::<usize>() > MAX_PEOPLE;
        let mut sets: Vec<Vec<&QuotaSpec>> = vec![Vec::new()];
        for quota in named {
            let grown = sets.iter().filter(|set| !is_many || set.is_empty());
            let more: Vec<_> = grown.map(|set| [set.as_slice(), &[quota]].concat()).collect();
            sets.extend(more);
        }
        let too_few = sets.iter().filter_map(|set| {
            let people = people(set.iter().flat_map(|quota| &quota.from));
            let votes: u64 = set.iter().map(|quota| u64::from(quota.votes)).sum();
            (votes > people.len() as u64).then_some((set.len(), votes, people))
        });
        if let Some((_, votes, people)) = too_few.min_by_key(|(entries, ..)| *entries) {
            let listed = people.into_values().collect::<Vec<_>>();
            let (count, listed) = (listed.len(), listed.join(", "));
            let message = format!("{votes} votes are required from {count}: {listed}");
            self.notice(at, message, "require fewer, or name more people".to_owned());
        }
    }

    /// More votes than there are people can never come together. Groups may have any number of members.
    fn enough_approvers(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        let of_quotas = || spec.quotas.iter().flat_map(|quota| &quota.from).collect();
        let approvers: Vec<&String> =
            spec.approvers.as_ref().map_or_else(of_quotas, |of| of.iter().collect());
        if approvers.is_empty() || approvers.iter().any(|approver| is_group(approver)) {
            return;
        }
        let count = people(approvers).len();
        // Entries of `votes_required` are looked at by themselves.
        let votes = Some(("votes_required", spec.votes_required)).filter(|_| spec.quotas.is_empty());
        for (key, votes) in votes.into_iter().chain([("rejections_required", spec.rejections_required)]) {
            if let (Some(at), true) = (at(entries, key), votes as usize > count) {
                let message = format!("{key} is {votes}, and only {count} may vote");
                self.notice(at, message, "require fewer, or name more approvers".to_owned());
            }
        }
    }

    /// A prompt of which Slack shows a part only. What it fills in is known when it is asked, and makes it
    /// longer.
    pub(super) fn short_enough(&mut self, node: &Node, prompt: &str) {
        let fixed = fixed_length(prompt);
        let filled_in = if prompt.contains("{%") { 0 } else { prompt.matches("{{").count() * FILLED_IN };
        if fixed + filled_in > SLACK_SECTION {
            let (about, with) = match filled_in {
                0 => ("", ""),
                _ => ("about ", " with what it fills in"),
            };
            let length = fixed + filled_in;
            let message =
                format!("the prompt has {about}{length} characters{with}, and Slack shows {SLACK_SECTION}");
            let right = "shorten it, and put the rest into a `slack_channel_message`".to_owned();
            self.notice(node.start, message, right);
        }
    }
}

/// The people that are named, each once and as they are written first: an address in another case is the
/// same person's.
fn people<'a>(named: impl IntoIterator<Item = &'a String>) -> BTreeMap<String, &'a str> {
    let mut people = BTreeMap::new();
    for name in named {
        people.entry(name.to_lowercase()).or_insert(name.as_str());
    }
    people
}

fn at(entries: &[Entry], key: &str) -> Option<crate::problem::Position> {
    entries.iter().find(|entry| entry.key == key).map(|entry| entry.at)
}

/// Returns the number of characters of a template outside of its tags, and outside of its blocks, which may
/// leave text out.
fn fixed_length(template: &str) -> usize {
    let (mut count, mut rest, mut blocks) = (0, template, 0_usize);
    let shown = |text: &str, blocks: usize| if blocks == 0 { text.chars().count() } else { 0 };
    while let Some(start) = ["{{", "{%", "{#"].iter().filter_map(|sign| rest.find(sign)).min() {
        let (before, tag) = rest.split_at(start);
        count += shown(before, blocks);
        let end = if tag.starts_with("{{") {
            "}}"
        } else if tag.starts_with("{%") {
            "%}"
        } else {
            "#}"
        };
        let Some(length) = tag.find(end) else { return count };
        if end == "%}" {
            let code = tag.get(2..length).unwrap_or_default().trim_start_matches(['-', '+']).trim();
            let word = code.split_whitespace().next().unwrap_or_default();
            match word {
                _ if word.starts_with("end") => blocks = blocks.saturating_sub(1),
                "if" | "for" | "with" | "filter" => blocks += 1,
                "set" if !code.contains('=') => blocks += 1,
                _ => {}
            }
        }
        rest = tag.get(length + end.len()..).unwrap_or_default();
    }
    count + shown(rest, blocks)
}

#[cfg(test)]
mod tests {
    use crate::parse;

    /// The notices of a file whose only rule asks for an approval with these lines.
    fn notices(lines: &str) -> Vec<String> {
        let text = format!(
            "rules:\n- a:\n    actions:\n    - slack_channel_approval:\n        channel: '#a'\n        {lines}\n"
        );
        parse(&text, "f").unwrap().notices.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_impossible_electorate_is_told() {
        for (lines, expected) in [
            (
                "authors_only: true\n        self_approval: false",
                Some(
                    "f:6:9: nobody can vote: `authors_only` is for the authors of the change alone, and `self_approval: false` is for everybody but them; take one of the two out",
                ),
            ),
            ("authors_only: false\n        self_approval: false", None),
            ("authors_only: true\n        self_approval: true", None),
            (
                "votes_required: [{from: [a@b.co, c@b.co], votes: 2}, {from: '@sre', votes: 9}, {from: d@b.co}]",
                None,
            ),
            (
                "votes_required: [{from: a@b.co}, {from: A@b.co}]",
                Some("f:6:9: 2 votes are required from 1: a@b.co; require fewer, or name more people"),
            ),
            (
                "approvers: [a@b.co, A@b.co]\n        votes_required: 2",
                Some(
                    "f:7:9: votes_required is 2, and only 1 may vote; require fewer, or name more approvers",
                ),
            ),
            (
                "votes_required: [{from: a@b.co}]\n        rejections_required: 2",
                Some(
                    "f:7:9: rejections_required is 2, and only 1 may vote; require fewer, or name more approvers",
                ),
            ),
            ("votes_required: [{from: a@b.co}, {from: '@sre'}]\n        rejections_required: 2", None),
            (
                "votes_required: [{from: [a@b.co, c@b.co], votes: 2}, {from: '@sre', votes: 9}, {from: c@b.co}]",
                Some(
                    "f:6:9: 3 votes are required from 2: a@b.co, c@b.co; require fewer, or name more people",
                ),
            ),
            (
                "votes_required: [{from: a@b.co, votes: 2}, {from: a@b.co}]",
                Some("f:6:9: 2 votes are required from 1: a@b.co; require fewer, or name more people"),
            ),
        ] {
            assert_eq!(notices(lines).first().map(String::as_str), expected, "{lines}");
        }
    }

    #[test]
    fn a_prompt_that_slack_cuts_is_told() {
        let prompt = |fixed: usize, rest: &str| notices(&format!("prompt: '{}{rest}'", "é".repeat(fixed)));
        assert_eq!(prompt(2980, "{{ deploy_name }}{# a comment #}"), [""; 0]);
        assert_eq!(
            prompt(2990, "{{ deploy_name }} is on its way"),
            [
                "f:6:17: the prompt has about 3024 characters with what it fills in, and Slack shows 3000; shorten it, and put the rest into a `slack_channel_message`"
            ]
        );
        assert_eq!(prompt(2990, "{{ deploy_slack }}").len(), 1);
        assert_eq!(prompt(3001, "{% if tags %}x{% endif %}").len(), 1);
        assert_eq!(prompt(2999, "{% if tags %}long{% else %}text{% endif %}"), [""; 0]);
    }
}
