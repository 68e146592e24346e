//! The dialog that a workflow would come to.

use jiff::Timestamp;
use signoff_core::approval::{Approval, Electorate, Frozen, Status, Subject};
use signoff_core::deploy::{Commit, Deploy, Person, RulesChange, Slug, Source};
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::message::{self, Message};
use signoff_rules::template::{Context, Mentions, render};
use signoff_rules::write::{Draft, DraftAction, Field, FieldProblem, Workflow};
use std::collections::BTreeMap;

/// Workflow of the parts of a form that the dialog shows. Values with problems elsewhere are replaced by
/// those of a new form. Error: the problems of the prompt.
pub(crate) fn workflow(typed: &Draft) -> Result<Workflow, Vec<FieldProblem>> {
    // Texts of an action don't show.
    let mut draft = Draft { action: DraftAction::NotifyIssues, ..typed.clone() };
    let first = Draft::default();
    draft.comment.clone_from(&first.comment);
    let problems = match draft.workflow() {
        Ok(workflow) => return Ok(workflow),
        Err(problems) => problems,
    };
    let (of_prompt, others): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.field == Field::Prompt);
    if !of_prompt.is_empty() {
        return Err(of_prompt);
    }
    for problem in others {
        match problem.field {
            Field::Name => draft.name.clone_from(&first.name),
            Field::Environment => draft.environment = "Staging".to_owned(),
            Field::PromotesTo => draft.promotes_to.clear(),
            Field::Channel => draft.channel = "general".to_owned(),
            Field::VotesRequired => draft.votes_required.clone_from(&first.votes_required),
            Field::Approvers => draft.approvers.clear(),
            Field::BreakGlass => draft.break_glass.clear(),
            Field::ExpiresAfter => draft.expires_after.clear(),
            Field::RequireReason => draft.require_reason.clear(),
            Field::Prompt
            | Field::MessageChannel
            | Field::Message
            | Field::Comment
            | Field::Build
            | Field::Workflow
            | Field::Parameters
            | Field::Revision
            | Field::Url
            | Field::Event
            | Field::State => {}
        }
    }
    draft.workflow()
}

/// The dialog of `workflow` for `deploy`, whose page is `deploy_url`, as it would be posted at `now`. People
/// are named: who has which Slack account is found out when the dialog is posted. Error: what is wrong with
/// the prompt for this deploy.
pub(crate) fn dialog(
    workflow: &Workflow,
    deploy: &Deploy,
    deploy_url: &str,
    now: Timestamp,
) -> Result<Message, Vec<FieldProblem>> {
    let prompt = render(&workflow.prompt, &Context::new(deploy, deploy_url, &Mentions::new()));
    let prompt = prompt.map_err(|error| {
        vec![FieldProblem { field: Field::Prompt, at: None, message: error.to_string(), suggestion: None }]
    })?;
    let spec = workflow.approval();
    let name = |who: &String| who.trim_start_matches('@').to_owned();
    let makers = deploy.makers().into_iter().map(|person| person.name.clone());
    let electorate = Electorate {
        people: spec.approvers.as_ref().map(|approvers| approvers.iter().map(name).collect()),
        who: "the approvers of this rule".to_owned(),
        except: if spec.self_approval { Vec::new() } else { makers.collect() },
        ..Electorate::anyone()
    };
    let run = RunId::derive(&deploy.id, &workflow.rule);
    let approval = Approval {
        id: ApprovalId::derive(&run, 0),
        deploy: deploy.id.clone(),
        deployment: Some(deploy.deployment.clone()),
        environment: Some(deploy.environment.clone()),
        run,
        step: 0,
        name: spec.name,
        subject: Subject {
            revision: deploy.revision.clone(),
            rule: workflow.rule.clone(),
            rule_hash: String::new(),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
            ..Subject::default()
        },
        rules_change: RulesChange::No,
        comparison: None,
        prompt,
        channel: spec.channel,
        votes_required: spec.votes_required,
        rejections_required: spec.rejections_required,
        require_reason: spec.require_reason,
        undo_window: None,
        frozen: Frozen::new(Vec::new(), now),
        nobody_here: Vec::new(),
        expires_at: spec.expires_after.and_then(|after| now.checked_add(after).ok()),
        electorate,
        workspace: String::new(),
        again: None,
        votes: Vec::new(),
        struck: Vec::new(),
        glass: Default::default(),
        names: Default::default(),
        clicks: Vec::new(),
        status: Status::Pending,
        dialog: None,
        opened_at: now,
        version: 0,
    };
    Ok(message::dialog(&approval, None))
}

/// A deploy as there may be one, where none is on record yet.
pub(crate) fn sample(deployment: &Slug, environment: &str, now: Timestamp) -> Deploy {
    let person = |name: &str| Person { name: name.to_owned(), email: None, username: None };
    let revision = "7bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1";
    let commit = Commit {
        revision: revision.to_owned(),
        title: "Round taxes per line".to_owned(),
        authors: vec![person("Ana Novak")],
        url: None,
        issues: Vec::new(),
    };
    Deploy {
        id: DeployId::from_text("sample"),
        deployment: deployment.clone(),
        repository: deployment.to_string(),
        environment: environment.to_owned(),
        revision: revision.to_owned(),
        branch: Some("main".to_owned()),
        deployed_at: now,
        registered_at: now,
        source: Source::RegisterDeploy,
        tags: Vec::new(),
        links: BTreeMap::new(),
        size: None,
        deployer: Some(person("Ana Novak")),
        commits: vec![commit],
        pull_requests: Vec::new(),
        previous_revision: None,
        rules_change: RulesChange::No,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::at;

    fn text(draft: &Draft) -> String {
        let slug = Slug::new("acme", "checkout").unwrap();
        let workflow = workflow(draft).unwrap();
        let deploy = sample(&slug, &workflow.environment, at(0));
        dialog(&workflow, &deploy, "https://signoff.example.com/deploys/d1", at(0)).unwrap().text
    }

    #[test]
    fn the_dialog_is_the_one_that_will_be_posted() {
        let draft = Draft {
            environment: "QA <1>".to_owned(),
            channel: "releases".to_owned(),
            votes_required: "2".to_owned(),
            approvers: "ana@acme.example, @sre".to_owned(),
            four_eyes: true,
            expires_after: "24h".to_owned(),
            ..Draft::default()
        };
        insta::assert_snapshot!(text(&draft), @"
        Ana Novak, would you like to promote <https://signoff.example.com/deploys/d1|7bf7226 - checkout (QA &lt;1&gt;)> to production?
        0 of 2 approvals, 2 more needed. Expires on <!date^1795516920^{date} at {time}|2026-11-24 at 10:42 UTC>. Only the approvers of this rule can vote: <@ana@acme.example>, <@sre>. Can't vote on their own change: <@Ana Novak>.
        ");
    }

    #[test]
    fn what_is_wrong_elsewhere_does_not_hide_the_dialog() {
        let wrong = Draft {
            name: String::new(),
            votes_required: "many".to_owned(),
            approvers: "nobody".to_owned(),
            break_glass: "nobody".to_owned(),
            promotes_to: "two\nlines".to_owned(),
            expires_after: "soon".to_owned(),
            require_reason: "x".to_owned(),
            prompt: "Promote {{ deployment }}?".to_owned(),
            ..Draft::default()
        };
        assert_eq!(text(&wrong), "Promote acme/checkout?");
        let prompt = workflow(&Draft { prompt: "{{ nobody }}".to_owned(), ..wrong }).unwrap_err();
        assert!(prompt.len() == 1 && prompt[0].message.contains("nobody"), "{prompt:?}");
    }
}
