//! Many approvals that are open at the same time: looking at all of them again takes several invocations.

use signoff_core::approval::{Approval, Closed, Status};
use signoff_core::decision::Decision;
use signoff_core::effect::{EffectKind, Others};
use signoff_core::id::{ApprovalId, RunId};
use signoff_store::Change;
use std::collections::BTreeSet;
use system_tests::story::{rule, tell};

/// More than one look has judged again.
const MANY: usize = 60;

#[test]
fn many_open_approvals_are_judged_again_in_parts() {
    tell("many-open", async |story| {
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let asked = story.settled(&deploy).await.approvals.remove(0);
        let (store, now) = (&story.world.store, signoff_runtime::time::now());
        // Their runs are not on record: each look at one of them ends at once.
        let open: Vec<_> = (0..MANY)
            .map(|number| {
                let run = RunId::derive(&deploy, &format!("other {number}"));
                let (id, dialog) = (ApprovalId::derive(&run, 0), None);
                Approval { id, run, dialog, version: 0, ..asked.clone() }
            })
            .collect();
        let commit = async |approvals: &[Approval]| {
            let change = approvals.iter().fold(Change::to(&deploy, now), |change, approval| {
                change.approval(Decision::new(approval.clone()))
            });
            store.commit(change).await.unwrap();
        };
        commit(&open).await;
        let judge = EffectKind::judge_others(Others::MovedBy { approval: asked.id.clone() });
        let change = Change::to(&deploy, now).and("it let a revision through", vec![judge], Vec::new());
        store.commit(change).await.unwrap();
        let page = story
            .until("all of them to be judged again", async || {
                let page = story.page(&deploy).await;
                let judged = page.effects.iter().filter_map(|effect| match &effect.kind {
                    EffectKind::JudgeAgain { approval, round: 0 } => Some(approval.clone()),
                    _ => None,
                });
                let judged = judged.collect::<BTreeSet<_>>();
                (judged == open.iter().map(|approval| approval.id.clone()).collect()).then_some(page)
            })
            .await;
        let goes_on = |kind: &EffectKind| matches!(kind, EffectKind::JudgeOthers { from: Some(_), .. });
        assert!(page.effects.iter().any(|effect| goes_on(&effect.kind)), "one look judged all of them");
        // Nobody is to look at them for ever.
        let mut closed = Vec::new();
        for approval in &open {
            let approval = store.approval(&deploy, &approval.id).await.unwrap().unwrap();
            closed.push(Approval { status: Status::Closed(Closed::Expired { at: now }), ..approval });
        }
        commit(&closed).await;
    });
}
