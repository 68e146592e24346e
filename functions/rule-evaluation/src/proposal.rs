//! The dialogs of a proposed rules file: one for each group of voters whose approvals it touches.

use crate::evaluate::EvaluationContext;
use crate::handler::{EvaluationError, RuleEvaluation};
use crate::in_force::Found;
use crate::plan::Scope;
use signoff_core::action::{Action, ApprovalSpec, RangeRules, Reasons, RulesFileStep};
use signoff_core::approval::Successor;
use signoff_core::deploy::Deploy;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::RunId;
use signoff_core::message;
use signoff_core::rules_in_force::{MAX_CHANGE, MAX_CHANGES, PROPOSAL, Proposal, RulesInForce};
use signoff_core::run::{Opening, Run, Status};
use signoff_store::{Change, CommitError};

impl RuleEvaluation {
    /// Opens the dialog of the file that was `found` proposed, once for each file. One that ended without
    /// a decision is opened again for the next deploy; a rejected one is not.
    pub(crate) async fn propose(
        &self,
        look: &EvaluationContext<'_>,
        deploy: &Deploy,
        found: Option<&Found>,
    ) -> Result<(), EvaluationError> {
        let Some(found) = found.filter(|_| look.scope == Scope::All) else {
            return Ok(());
        };
        let Found { state, touched, changes, file, texts, head, .. } = found;
        if let Some(known) = state.proposal.as_ref().filter(|known| known.file.id == file.id) {
            let run = self.store.run(&known.deploy, &known.run).await?;
            // Once the file in force can be read again, its voters decide.
            let is_answered = |run: &Run| found.is_instead_of_unread || !is_asked_of_nobody(run);
            let goes_on = run.is_some_and(|run| run.status == Status::Running && is_answered(&run));
            if goes_on || known.deploy == deploy.id {
                return Ok(());
            }
        }
        let file = self.store.keep_rules(&deploy.deployment, file.clone(), texts).await?;
        let now = self.now();
        let (changes, rest) = changes.split_at(changes.len().min(MAX_CHANGES));
        let proposal = Proposal {
            file: file.clone(),
            revision: head.clone(),
            deploy: deploy.id.clone(),
            run: RunId::derive(&deploy.id, PROPOSAL),
            at: now,
            changes: changes.iter().map(|change| message::shorten(change, MAX_CHANGE)).collect(),
            comparison: comparison(deploy, state.in_force.revision.as_deref(), head.as_deref()),
            more: rest.len(),
            rejected: false,
        };
        let page = format!("{}/deployments/{}", self.public_url, deploy.deployment);
        let prompt = message::rules_proposed(&state.in_force, &proposal, &page, &deploy.repository);
        let unread = found.is_instead_of_unread.then(|| unread_voters(look.channel.as_deref()));
        let touched: Vec<_> = touched.iter().cloned().chain(unread).collect();
        let actions = asks(&touched, &prompt, &file.id);
        let opening = Opening {
            deploy: &deploy.id,
            revision: &deploy.revision,
            rule: PROPOSAL,
            rule_hash: &file.id,
            actions: &actions,
            followed: false,
        };
        let event = EventKind::RulesProposed {
            path: file.path.clone(),
            hash: file.hash.clone(),
            changes: proposal.changes.clone(),
        };
        let closed = self.close_proposal(deploy, state);
        let owner = format!("rules {} proposed {}", state.version, look.attempt.effect.id);
        let change = Change::to(&deploy.id, now).run(Run::open(&opening, now)).rules(state.propose(proposal));
        match self.store.commit(change.and(&owner, closed, vec![event])).await {
            // Another deploy brought it to light at the same time, or an earlier attempt did.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the effect that closes the dialogs of the file that `state` has proposed: `deploy` found
    /// another one.
    pub(crate) fn close_proposal(&self, deploy: &Deploy, state: &RulesInForce) -> Vec<EffectKind> {
        let Some(proposal) = state.proposal.as_ref().filter(|proposal| !proposal.rejected) else {
            return Vec::new();
        };
        let by = Successor { deploy: deploy.id.clone(), title: deploy.title(), url: self.deploy_url(deploy) };
        let (closed, run) = (proposal.deploy.clone(), proposal.run.clone());
        vec![EffectKind::Supersede { deploy: closed, run, by }]
    }
}

/// The host's page that compares the commit of the file in force with that of the proposed one.
fn comparison(deploy: &Deploy, in_force: Option<&str>, proposed: Option<&str>) -> Option<String> {
    let of_proposed = Deploy { revision: proposed?.to_owned(), ..deploy.clone() };
    of_proposed.comparison_since(in_force?)
}

/// An approval by the voters of each of `touched`, one after the other, and then the step that puts `file` in
/// force. Approvals with the same voters are one, the strictest of them.
fn asks(touched: &[ApprovalSpec], prompt: &str, file: &str) -> Vec<Action> {
    let mut groups: Vec<(ApprovalSpec, Vec<String>)> = Vec::new();
    for spec in touched {
        let known = groups.iter_mut().find(|(group, _)| same_voters(group, spec));
        match known {
            Some((group, names)) => {
                group.votes_required = group.votes_required.max(spec.votes_required);
                group.rejections_required = group.rejections_required.min(spec.rejections_required);
                group.self_approval &= spec.self_approval;
                group.range.verified_commits |= spec.range.verified_commits;
                group.range.allow_unknown_makers &= spec.range.allow_unknown_makers;
                if !names.contains(&spec.name) {
                    names.push(spec.name.clone());
                }
            }
            None => groups.push((spec.clone(), vec![spec.name.clone()])),
        }
    }
    let step = |step: RulesFileStep| Action::RulesFile(step);
    let mut then = vec![step(RulesFileStep::PutInForce { file: file.to_owned() })];
    for (group, names) in groups.into_iter().rev() {
        let asked = ApprovalSpec {
            name: format!("Rules file: {}", names.join(", ")),
            prompt: match is_of_nobody(&group) {
                true => format!("{prompt}\n{}", message::NO_RULES_VOTERS),
                false => format!("{prompt}\n{}", message::rules_voters(&names)),
            },
            expires_after: None,
            supersede: false,
            undo_window: None,
            freeze: Vec::new(),
            on_success: then,
            on_reject: vec![step(RulesFileStep::Reject { file: file.to_owned() })],
            on_expire: Vec::new(),
            ..group
        };
        then = vec![Action::SlackChannelApproval(asked)];
    }
    then
}

/// The approval that stands for those of a file in force that can't be read. Nobody can vote on it, and it
/// comes last: an acceptance stands for nobody who is still to be asked.
fn unread_voters(channel: Option<&str>) -> ApprovalSpec {
    ApprovalSpec {
        name: "the file in force".to_owned(),
        prompt: String::new(),
        channel: channel.unwrap_or_default().to_owned(),
        votes_required: 1,
        quotas: Vec::new(),
        rejections_required: 1,
        authors_only: false,
        approvers: Some(Vec::new()),
        self_approval: false,
        range: RangeRules::default(),
        ask_again: false,
        require_reason: Reasons::default(),
        expires_after: None,
        remind_after: None,
        supersede: false,
        undo_window: None,
        freeze: Vec::new(),
        break_glass: Vec::new(),
        on_success: Vec::new(),
        on_reject: Vec::new(),
        on_expire: Vec::new(),
    }
}

/// True if the run asks for an approval that nobody can vote on.
fn is_asked_of_nobody(run: &Run) -> bool {
    run.steps.iter().flat_map(|step| step.action.approvals()).any(is_of_nobody)
}

/// True if nobody can vote on the approval. No rules file has one like that.
fn is_of_nobody(spec: &ApprovalSpec) -> bool {
    spec.approvers.as_ref().is_some_and(Vec::is_empty)
}

/// True if the same people vote on both, by the same rules.
fn same_voters(one: &ApprovalSpec, other: &ApprovalSpec) -> bool {
    let anyone = one.approvers.is_none() && one.quotas.is_empty();
    one.approvers == other.approvers
        && one.quotas == other.quotas
        && one.authors_only == other.authors_only
        && one.require_reason == other.require_reason
        && (!anyone || one.channel == other.channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approvals_of_the_same_voters_are_asked_once_strictly() {
        let text = "rules:\n\
            - a: {actions: [slack_channel_approval: {name: A, channel: '#c', on_success: [trigger_build]}]}\n\
            - b: {actions: [slack_channel_approval: {name: B, channel: '#c', votes_required: 2, self_approval: false}]}\n\
            - c: {actions: [slack_channel_approval: {name: C, channel: '#d'}]}\n\
            - d: {actions: [slack_channel_approval: {name: D, channel: '#d', approvers: [ana@x.io], expires_after: 1h}]}\n\
            - e: {actions: [slack_channel_approval: {name: E, channel: '#e', approvers: [ana@x.io], \
            verified_commits: true}]}\n";
        let file = signoff_rules::parse(text, "rules.yml").unwrap();
        let touched: Vec<_> =
            file.rules.iter().flat_map(|rule| rule.actions[0].approvals()).cloned().collect();
        let opening = Opening {
            deploy: &signoff_core::id::DeployId::from_text("d"),
            revision: "r",
            rule: PROPOSAL,
            rule_hash: "h",
            actions: &asks(&touched, "Prompt", "0123456789"),
            followed: false,
        };
        let run = Run::open(&opening, jiff::Timestamp::UNIX_EPOCH).next;
        let steps = run.steps.iter().map(|step| match &step.action {
            Action::SlackChannelApproval(spec) => format!(
                "{} {} {} {:?} {:?} {} {}",
                spec.name,
                spec.channel,
                spec.votes_required,
                spec.approvers,
                spec.expires_after,
                spec.self_approval,
                spec.range.verified_commits
            ),
            other => other.to_string(),
        });
        insta::assert_snapshot!(steps.collect::<Vec<_>>().join("\n"), @r#"
        Rules file: A, B #c 2 None None false false
        Rules file: C #d 1 None None true false
        Rules file: D, E #d 1 Some(["ana@x.io"]) None true true
        put the rules file 0123456 in force
        keep the rules file 0123456 out of force
        keep the rules file 0123456 out of force
        keep the rules file 0123456 out of force
        "#);
    }
}
