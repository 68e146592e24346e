//! Slack's mrkdwn as plain text: what the record keeps as it was said in Slack, for readers elsewhere.
//!
//! Source: <https://docs.slack.dev/messaging/formatting-message-text#advanced>, references in angle brackets.

use signoff_store::Page;
use std::collections::BTreeMap;

use signoff_core::event::EventKind;

/// Names of people, by Slack user id.
#[derive(Clone, Debug, Default)]
pub(crate) struct People<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> People<'a> {
    /// Everyone whose name is on record with a deploy: those who clicked, and those whom a lookup of an
    /// approval's people told. An event has the handle that came with the click; a vote and a lookup have
    /// what Slack calls a person.
    pub(crate) fn of(page: &'a Page) -> Self {
        let voters = page.events.iter().filter_map(|event| match &event.kind {
            EventKind::VoteCast { voter, name, .. }
            | EventKind::VoteRefused { voter, name, .. }
            | EventKind::VoteWithdrawn { voter, name, .. }
            | EventKind::VoteStruck { voter, name, .. }
            | EventKind::QuorumUndone { by: voter, name, .. }
            | EventKind::FreezeLifted { by: voter, name, .. }
            | EventKind::GlassBroken { by: voter, name, .. }
            | EventKind::BaseSet { by: voter, name, .. }
            | EventKind::GlassStruck { by: voter, name, .. }
            | EventKind::GlassReviewed { by: voter, name, .. }
            | EventKind::NobodyHereConfirmed { by: voter, name, .. }
            | EventKind::AskedAgain { by: voter, name, .. }
            | EventKind::EvaluationAsked { by: voter, name }
            | EventKind::StepResolved { by: voter, name, .. } => Some((voter.as_str(), name.as_str())),
            _ => None,
        });
        let votes = |named| {
            let votes = page.approvals.iter().flat_map(|approval| &approval.votes);
            let those = votes.filter(move |vote| vote.named == named);
            those.map(|vote| (vote.voter.as_str(), vote.name.as_str()))
        };
        let names = page.approvals.iter().flat_map(|approval| &approval.names);
        let names = names.map(|(id, name)| (id.as_str(), name.as_str()));
        Self(voters.chain(votes(false)).chain(names).chain(votes(true)).collect())
    }

    /// The name of the person with this Slack user id, where it is known.
    pub(crate) fn known(&self, id: &str) -> Option<&'a str> {
        self.0.get(id).copied()
    }

    /// The name of the person with this Slack user id, else `otherwise`.
    pub(crate) fn name<'b>(&self, id: &str, otherwise: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.known(id).unwrap_or(otherwise)
    }

    /// The same for a text of Signoff's own, in which people whose names are not on record are counted.
    pub(crate) fn told(&self, mrkdwn: &str) -> String {
        let mut text = String::new();
        let mut rest = mrkdwn;
        while let Some((before, list)) = rest.find("<@").map(|at| rest.split_at(at)) {
            text.push_str(before);
            let (people, behind) = mentions(list);
            if people.is_empty() {
                rest = list;
                break;
            }
            let is_named = |person: &&&str| person.contains('|') || self.known(person).is_some();
            let named: Vec<_> = people.iter().filter(is_named).map(|person| format!("<@{person}>")).collect();
            let unnamed = people.len() - named.len();
            let (more, behind) = if unnamed > 0 { and_more(behind) } else { (0, behind) };
            text.push_str(&named.join(", "));
            text.push_str(&match (named.is_empty(), unnamed + more) {
                (_, 0) => String::new(),
                (false, count) => format!(" and {count} more"),
                (true, 1) => "1 person".to_owned(),
                (true, count) => format!("{count} people"),
            });
            rest = behind;
        }
        text.push_str(rest);
        self.plain(&text)
    }

    /// `mrkdwn` as text: references by name, links by their labels, entities as the characters that they
    /// stand for.
    pub(crate) fn plain(&self, mrkdwn: &str) -> String {
        let mut text = String::new();
        let mut rest = mrkdwn;
        while let Some((before, after)) = rest.split_once('<') {
            let Some((reference, behind)) = after.split_once('>') else { break };
            text.push_str(before);
            text.push_str(&self.reference(reference));
            rest = behind;
        }
        text.push_str(rest);
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    /// Text of a reference, which stands in angle brackets: `@U1`, `#C1|name`, `!subteam^S1|@team`,
    /// `!date^…|fallback`, `https://…|label`.
    fn reference(&self, reference: &str) -> String {
        let (target, label) = reference.split_once('|').unwrap_or((reference, ""));
        if let Some(id) = target.strip_prefix('@') {
            let name = Some(label).filter(|label| !label.is_empty()).or_else(|| self.0.get(id).copied());
            return format!("@{}", name.unwrap_or(id));
        }
        match (target.chars().next(), label) {
            (Some('#'), "") => target.to_owned(),
            (Some('#'), label) => format!("#{label}"),
            (Some('!'), "") => format!("@{}", target.trim_start_matches('!')),
            (_, "") => target.to_owned(),
            (_, label) => label.to_owned(),
        }
    }
}

/// The mentions that `list` begins with, without their brackets, and the text behind them.
fn mentions(list: &str) -> (Vec<&str>, &str) {
    let (mut people, mut rest) = (Vec::new(), list);
    while let Some((person, behind)) = rest.strip_prefix("<@").and_then(|rest| rest.split_once('>')) {
        people.push(person);
        match behind.strip_prefix(", ").filter(|next| next.starts_with("<@")) {
            Some(next) => rest = next,
            None => return (people, behind),
        }
    }
    (people, rest)
}

/// The number in the words "and 3 more" that `text` begins with, and the text behind them; 0: it doesn't.
fn and_more(text: &str) -> (usize, &str) {
    let found = text.strip_prefix(" and ").and_then(|rest| rest.split_once(" more"));
    let read = found.and_then(|(count, behind)| Some((count.parse().ok()?, behind)));
    read.unwrap_or((0, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_as_what_they_stand_for() {
        let people = People(BTreeMap::from([("U1", "Mato Zgajner")]));
        for (mrkdwn, plain) in [
            ("Promote *it*?", "Promote *it*?"),
            ("<@U1>, <@U2> and <@U3|jo>", "@Mato Zgajner, @U2 and @jo"),
            ("<#C1|deploys> <#C2> <!here> <!subteam^S1|@web>", "#deploys #C2 @here @web"),
            ("<https://ci.example/1|Build 1> <https://ci.example/2>", "Build 1 https://ci.example/2"),
            (
                "on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.",
                "on 2021-05-11 at 11:42 UTC.",
            ),
            ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
            ("1 < 2, never closed", "1 < 2, never closed"),
            ("", ""),
        ] {
            assert_eq!(people.plain(mrkdwn), plain);
        }
    }

    #[test]
    fn unnamed_people_are_counted_in_own_texts() {
        let people = People(BTreeMap::from([("U1", "Ana"), ("U2", "Ben")]));
        for (mrkdwn, told) in [
            ("Only <@U1>, <@U2> can vote.", "Only @Ana, @Ben can vote."),
            ("Only <@U7>, <@U1>, <@U8> can vote.", "Only @Ana and 2 more can vote."),
            ("Only <@U1>, <@U7> and 480 more can vote.", "Only @Ana and 481 more can vote."),
            ("Only <@U1>, <@U2> and 2 more can.", "Only @Ana, @Ben and 2 more can."),
            ("Approvers: <@U7>.", "Approvers: 1 person."),
            ("Approvers: <@U7>, <@U8> and others.", "Approvers: 2 people and others."),
            ("<@U3|jo> and <@U1>, &lt;<https://ci.example|CI>", "@jo and @Ana, <CI"),
            ("a <@U7", "a <@U7"),
        ] {
            assert_eq!(people.told(mrkdwn), told);
        }
    }
}
