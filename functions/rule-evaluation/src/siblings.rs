//! The rules in force of the other deployments of a repository. All of them read the same rules file, and may
//! act on the same workflows and projects. So a deployment that was never deployed, or that goes by an old
//! file, must not let something act that the others' rules guard.

use crate::handler::{RuleEvaluation, Tried};
use crate::in_force::parse;
use jiff::Timestamp;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::rules_in_force::{FileCopy, RulesInForce};
use signoff_providers::Failure;
use signoff_providers::github::GitHub;
use signoff_rules::RulesFile;
use signoff_rules::difference::{Difference, Touches, difference};
use signoff_store::RulesTexts;
use std::collections::BTreeSet;

/// The file in force of another deployment of the repository. It asks for approvals.
#[derive(Debug)]
pub(crate) struct Sibling {
    /// The other deployment.
    pub(crate) deployment: Slug,
    /// The file.
    file: FileCopy,
    /// The head of the default branch when the file was read there, where the host said so.
    revision: Option<String>,
    /// The texts of the file.
    texts: RulesTexts,
    /// The rules.
    pub(crate) rules: RulesFile,
}

/// The files in force of other deployments.
#[derive(Debug, Default)]
struct Siblings {
    /// Those that this version of Signoff can read, and that ask for approvals.
    readable: Vec<Sibling>,
    /// The failure about the first one that it can't read.
    unreadable: Option<Failure>,
}

impl Siblings {
    /// All of them. Error: one can't be read, so nobody knows what it guards.
    fn all_readable(self) -> Result<Vec<Sibling>, Failure> {
        self.unreadable.map_or(Ok(self.readable), Err)
    }
}

/// A sibling whose approvals a file touches.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) sibling: Sibling,
    pub(crate) difference: Difference,
}

/// A file that may come into force for a deployment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) file: &'a FileCopy,
    pub(crate) texts: &'a RulesTexts,
    pub(crate) rules: &'a RulesFile,
    /// The ids of files that need no comparison with it: its own, and that of the file in force.
    pub(crate) known: &'a [&'a str],
}

impl Candidate<'_> {
    /// `sibling`, if this file touches its approvals.
    fn guard(&self, sibling: Sibling) -> Option<Guard> {
        let tags_changed = sibling.texts.tags != self.texts.tags;
        let difference = difference(&sibling.rules, self.rules, tags_changed);
        difference.needs_approval().then_some(Guard { sibling, difference })
    }
}

impl Guard {
    /// The changes that touch its approvals, in sentences that name its deployment.
    pub(crate) fn changes(&self) -> impl Iterator<Item = String> {
        let touching = self.difference.changes.iter().filter(|change| change.touches != Touches::Nothing);
        touching
            .map(|change| format!("{} (by the rules in force for {})", change.text, self.sibling.deployment))
    }
}

impl RuleEvaluation {
    /// The other deployments of the repository that `candidate` has to be approved for: their files in force
    /// ask for approvals that it touches. The newest file comes first. `newer_than`: only files that came
    /// into force after that time. One request, one for each other deployment, and one for each piece of a
    /// file that differs.
    ///
    /// # Errors
    ///
    /// The record can't be read, or the rules in force of another deployment can't.
    pub(crate) async fn guards(
        &self,
        this: &Slug,
        repository: Option<u64>,
        candidate: Candidate<'_>,
        newer_than: Option<Timestamp>,
    ) -> Tried<Vec<Guard>> {
        let others = self.other_deployments(this, repository).await?;
        let siblings =
            self.siblings(&others, repository, candidate.known, newer_than).await?.all_readable()?;
        Ok(siblings.into_iter().filter_map(|sibling| candidate.guard(sibling)).collect())
    }

    /// The same of all others whose files in force can be read.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn readable_guards(
        &self,
        this: &Slug,
        repository: Option<u64>,
        candidate: Candidate<'_>,
    ) -> Tried<Vec<Guard>> {
        let others = self.other_deployments(this, repository).await?;
        let siblings = self.siblings(&others, repository, candidate.known, None).await?;
        Ok(siblings.readable.into_iter().filter_map(|sibling| candidate.guard(sibling)).collect())
    }

    /// The rules in force of the other deployments of the repository that came into force after those of
    /// `deploy` were compared with them. One request where the repository has one deployment.
    ///
    /// # Errors
    ///
    /// As of [`RuleEvaluation::guards`].
    pub(crate) async fn newer_siblings(&self, github: &GitHub, deploy: &Deploy) -> Tried<Vec<Sibling>> {
        let others = self.other_deployments(&deploy.deployment, github.number()).await?;
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let Some(own) = self.store.rules_in_force(&deploy.deployment).await? else { return Ok(Vec::new()) };
        let own = &own.in_force;
        Ok(self
            .siblings(&others, github.number(), &[&own.file.id], Some(own.compared_at))
            .await?
            .all_readable()?)
    }

    /// The rules that the deployment `this` starts with where it has none of the repository in force, and
    /// `found`, on the default branch, can't come into force at once. `None`: `found` comes into force.
    ///
    /// `elsewhere` are its rules of the repository that it had last. If `found` touches an approval of these,
    /// it starts with a copy of them: else whoever points a deployment at another repository would take its
    /// guard away, and act in its name. If `found` touches an approval of another deployment of the
    /// repository, it starts with a copy of the file in force there. Else with the file that it had when it
    /// had the repository before, which stands for `found` in all of this.
    ///
    /// # Errors
    ///
    /// As of [`RuleEvaluation::guards`].
    pub(crate) async fn first_beside(
        &self,
        this: &Slug,
        repository: Option<u64>,
        elsewhere: Option<&RulesInForce>,
        found: Candidate<'_>,
    ) -> Tried<Option<RulesInForce>> {
        let Some(number) = repository else { return Ok(None) };
        // An admin may have connected it without a confirmed deploy.
        self.store.own_repository(number, this).await?;
        let before = elsewhere.and_then(|before| before.file_of(number));
        let before = match before.filter(|(known, _)| known.id != found.file.id) {
            Some((known, revision)) => {
                let texts = self.sound_texts(this, known).await?;
                let rules = sound(this, &texts)?;
                Some((known.clone(), revision.map(str::to_owned), texts, rules))
            }
            None => None,
        };
        let own_id: [&str; 1];
        let candidate = match &before {
            Some((file, _, texts, rules)) => {
                own_id = [&file.id];
                Candidate { file, texts, rules, known: &own_id }
            }
            None => found,
        };
        if let Some(last) = elsewhere.filter(|last| last.in_force.file.id != candidate.file.id) {
            let (file, deployment) = (last.in_force.file.clone(), this.clone());
            let texts = self.sound_texts(this, &file).await?;
            let rules = sound(this, &texts)?;
            let last = Sibling { deployment, file, revision: None, texts, rules };
            if let Some(guard) = candidate.guard(last) {
                return Ok(Some(RulesInForce::taken_along(this, guard.sibling.file, self.now())));
            }
        }
        let guards = self.guards(this, repository, candidate, None).await?;
        if let Some(Guard { sibling, .. }) = guards.into_iter().next() {
            let Sibling { deployment, file, revision, texts, .. } = sibling;
            let file = self.store.keep_rules(this, FileCopy { pieces: 0, ..file }, &texts).await?;
            return Ok(Some(RulesInForce::copied(this, file, &deployment, revision, self.now())));
        }
        Ok(before.map(|(file, revision, ..)| RulesInForce::as_before(this, file, revision, self.now())))
    }

    /// The deployments of the repository beside `this`. One request.
    async fn other_deployments(&self, this: &Slug, repository: Option<u64>) -> Tried<Vec<Slug>> {
        let Some(number) = repository else { return Ok(Vec::new()) };
        let mut all = self.store.deployments_of(number).await?;
        all.retain(|other| other != this);
        Ok(all)
    }

    /// The files in force of `deployments` that ask for approvals, but for those with the ids `known`: each
    /// once, the newest first.
    ///
    /// With `newer_than`, only those that came into force after that time. A copy of another deployment's
    /// file is no newer than that one, and a deployment that has another repository by now decides nothing.
    async fn siblings(
        &self,
        deployments: &[Slug],
        repository: Option<u64>,
        known: &[&str],
        newer_than: Option<Timestamp>,
    ) -> Tried<Siblings> {
        let mut found = Siblings::default();
        let Some(number) = repository else { return Ok(found) };
        let mut states = Vec::new();
        for deployment in deployments {
            let Some(state) = self.store.rules_in_force(deployment).await? else { continue };
            let is_newer = |than: Timestamp| {
                state.are_of(repository) && !state.is_copied() && state.in_force.since > than
            };
            if newer_than.is_none_or(is_newer) {
                states.push((deployment, state));
            }
        }
        states.sort_by_key(|(_, state)| std::cmp::Reverse(state.in_force.since));
        let mut seen: BTreeSet<String> = known.iter().map(|id| (*id).to_owned()).collect();
        for (deployment, state) in states {
            let Some((file, revision)) = state.file_of(number) else { continue };
            if !seen.insert(file.id.clone()) {
                continue;
            }
            let texts = self.sound_texts(deployment, file).await?;
            let rules = match sound(deployment, &texts) {
                Ok(rules) => rules,
                Err(failure) => {
                    found.unreadable.get_or_insert(failure);
                    continue;
                }
            };
            if rules.rules.iter().flat_map(|rule| &rule.actions).any(|action| !action.approvals().is_empty())
            {
                let (file, revision) = (file.clone(), revision.map(str::to_owned));
                found.readable.push(Sibling { deployment: deployment.clone(), file, revision, texts, rules });
            }
        }
        Ok(found)
    }

    /// The texts of `file`, which is or was in force for `deployment`.
    async fn sound_texts(&self, deployment: &Slug, file: &FileCopy) -> Tried<RulesTexts> {
        let kept = self.store.kept_rules(deployment, file).await?;
        Ok(kept.ok_or_else(|| unreadable(deployment, "from the record"))?)
    }
}

/// The rules of `texts`. Error: they can't be read, so nobody knows what they guard.
fn sound(deployment: &Slug, texts: &RulesTexts) -> Result<RulesFile, Failure> {
    parse(texts).map_err(|problems| {
        let problem = problems.first().map_or("any more", |problem| problem.as_str());
        let then = format!("Deploy {deployment}, and have an admin accept a corrected file on its page");
        unreadable(deployment, &format!("{problem}. {then}"))
    })
}

fn unreadable(deployment: &Slug, why: &str) -> Failure {
    Failure::Permanent(format!("the rules file in force of {deployment} can't be read: {why}"))
}
