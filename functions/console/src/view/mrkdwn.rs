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
    /// Everyone whose name is on record with a deploy: those who clicked. A vote has what Slack calls a
    /// person, an event the handle that came with the click.
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
        let votes = page.approvals.iter().flat_map(|approval| &approval.votes);
        Self(voters.chain(votes.map(|vote| (vote.voter.as_str(), vote.name.as_str()))).collect())
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
}
