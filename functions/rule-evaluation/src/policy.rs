//! The stack's policy: read where a deploy arrives, put in force where it is the first one, else asked about.

use crate::handler::{EvaluationError, RuleEvaluation, tell};
use signoff_core::action::{Action, ApprovalSpec, RangeRules, Reasons, RulesFileStep};
use signoff_core::approval::Successor;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::RunId;
use signoff_core::message;
use signoff_core::policy::{
    Found, InForce, MAX_BYTES, OWNERS, PATH, PROPOSAL, PolicyFile, Proposal, StackPolicy, Unusable,
    changed_lines,
};
use signoff_core::run::{Opening, Run, Status};
use signoff_providers::github::{GitHub, Missing};
use signoff_rules::policy::Policy;
use signoff_store::{Change, CommitError, StoreError};

/// Most times that a lost race for the policy is decided again.
const MAX_RACES: u32 = 9;
/// Number of attempts at an evaluation that wait for a host that does not tell the policy now. The next one
/// goes on without it.
const PATIENT: u32 = 2;
/// Most changed lines that the record lists.
const MAX_CHANGES: usize = 40;
/// Longest changed line on record, in characters.
const LINE: usize = 300;

/// Result of reading the policy from the default branch of its repository.
#[derive(Debug)]
enum Read {
    /// A policy.
    Policy { file: PolicyFile, policy: Box<Policy> },
    /// A file that can't be used, or none.
    Unusable { key: String, problems: Vec<String> },
    /// It is not known: the host did not tell.
    Unknown { reason: String },
}

/// The deploy that has the policy read, and what is told of it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    deploy: &'a Deploy,
    effect: &'a Effect,
    channel: Option<&'a str>,
}

/// Change that follows from the file that was read.
struct Step {
    next: StackPolicy,
    effects: Vec<EffectKind>,
    event: Option<EventKind>,
    run: Option<Vec<Action>>,
}

impl RuleEvaluation {
    /// Reads the stack's policy, where it has a repository for it, because `deploy` arrived. The first one is
    /// put in force, of another one than that in force the owners are asked, and one that can't be used is
    /// told, each once. What the authors of the deploy's rules should know of it.
    pub(crate) async fn read_policy(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        effect: &Effect,
        channel: Option<&str>,
    ) -> Result<Vec<String>, EvaluationError> {
        let Some(repository) = &self.policy_repository else { return Ok(Vec::new()) };
        let read = self.policy_file(github, repository, effect.tries()).await?;
        let reader = Reader { deploy, effect, channel };
        for _ in 0..MAX_RACES {
            match self.note_policy(repository, &read, reader).await {
                Err(EvaluationError::Commit(CommitError::Conflict)) => {}
                noted => return noted,
            }
        }
        self.note_policy(repository, &read, reader).await
    }

    async fn policy_file(
        &self,
        github: &GitHub,
        repository: &str,
        tries: u32,
    ) -> Result<Read, EvaluationError> {
        let found = match github.first_file(repository, [PATH], self).await {
            Ok(Some(file)) => Ok(Ok(file.text)),
            Ok(None) => github.missing(repository).await.map(Err).map_err(Into::into),
            Err(error) => Err(error),
        };
        let text = match found {
            Ok(Ok(text)) => text,
            Ok(Err(missing)) => {
                let (key, gone) = no_file(repository, missing);
                return Ok(Read::Unusable { key: key.to_owned(), problems: vec![gone] });
            }
            Err(EvaluationError::Provider(failure))
                if !failure.is_passing() || failure.retry_after().is_none() && tries > PATIENT =>
            {
                return Ok(Read::Unknown { reason: failure.to_string() });
            }
            Err(trouble) => return Err(trouble),
        };
        let hash = signoff_rules::file::hash(&text);
        if text.len() > MAX_BYTES {
            let large = format!("{PATH} is larger than {} KiB.", MAX_BYTES / 1024);
            return Ok(Read::Unusable { key: hash, problems: vec![large] });
        }
        Ok(match signoff_rules::policy::parse(&text, PATH) {
            Ok(policy) => {
                let file = PolicyFile { repository: repository.to_owned(), hash, text };
                Read::Policy { file, policy: Box::new(policy) }
            }
            Err(problems) => {
                let problems = problems.iter().map(ToString::to_string).collect();
                Read::Unusable { key: hash, problems }
            }
        })
    }

    /// Puts on record what was read. Error: among others, that another deploy did so first.
    async fn note_policy(
        &self,
        repository: &str,
        read: &Read,
        reader: Reader<'_>,
    ) -> Result<Vec<String>, EvaluationError> {
        let state = match self.store.policy().await {
            Ok(state) => state.unwrap_or_default(),
            // The row stays as it is. Rules are evaluated all the same, and what they would let act waits.
            Err(error @ StoreError::Row { .. }) => {
                return Ok(vec![message::policy_row_unreadable(&error.to_string())]);
            }
            Err(error) => return Err(error.into()),
        };
        let (step, notices) = match read {
            Read::Policy { file, policy } => self.found_policy(&state, file, policy, reader).await?,
            Read::Unusable { key, problems } => {
                (self.refused_policy(&state, repository, key, problems, false, reader), Vec::new())
            }
            Read::Unknown { reason } => {
                let problems = [format!("The file can't be read now: {reason}")];
                (self.refused_policy(&state, repository, "not told", &problems, true, reader), Vec::new())
            }
        };
        let Some(Step { next, effects, event, run }) = step else { return Ok(notices) };
        let (deploy, now) = (reader.deploy, self.now());
        let owner = format!("policy {} {}", state.version, reader.effect.id);
        let mut change = Change::to(&deploy.id, now).policy(next);
        if let (Some(actions), Read::Policy { file, .. }) = (&run, read) {
            let opening = Opening {
                deploy: &deploy.id,
                revision: &deploy.revision,
                rule: PROPOSAL,
                rule_hash: &file.hash,
                actions,
                followed: false,
            };
            change = change.run(Run::open(&opening, now));
        }
        self.store.commit(change.and(&owner, effects, event.into_iter().collect())).await?;
        Ok(notices)
    }

    /// Returns the change that a valid policy leads to, and the notices about it.
    async fn found_policy(
        &self,
        state: &StackPolicy,
        file: &PolicyFile,
        policy: &Policy,
        reader: Reader<'_>,
    ) -> Result<(Option<Step>, Vec<String>), EvaluationError> {
        let plain = |next: StackPolicy, effects| Step { next, effects, event: None, run: None };
        let in_force = match state.find(file) {
            Found::Nothing => return Ok((None, Vec::new())),
            Found::First => return Ok((Some(self.first_policy(state, file, policy, reader)), Vec::new())),
            Found::Same => {
                return Ok((Some(plain(state.withdraw(), self.close_policy(state, reader))), Vec::new()));
            }
            Found::Rejected => {
                let notices = vec![waiting(file, "an owner rejected it")];
                let is_open = state.proposal.as_ref().is_some_and(|proposal| !proposal.rejected);
                if !is_open && state.unusable.is_none() {
                    return Ok((None, notices));
                }
                return Ok((Some(plain(state.withdraw(), self.close_policy(state, reader))), notices));
            }
            Found::Known(proposal) => {
                let run = self.store.run(&proposal.deploy, &proposal.run).await?;
                let goes_on = run.is_some_and(|run| run.status == Status::Running);
                if goes_on || proposal.deploy == reader.deploy.id {
                    let notices = vec![waiting(file, &asked_on(&self.url_of(&proposal.deploy)))];
                    let mended = StackPolicy { unusable: None, ..state.clone() };
                    return Ok((state.unusable.is_some().then(|| plain(mended, Vec::new())), notices));
                }
                match &state.in_force {
                    Some(in_force) => in_force,
                    None => return Ok((None, Vec::new())),
                }
            }
            Found::New(in_force) => in_force,
        };
        let Some(channel) = reader.channel else {
            let nowhere =
                "two of its owners have to approve it, and this deployment has no channel to ask them in";
            return Ok((None, vec![waiting(file, nowhere)]));
        };
        let changes = changed_lines(&in_force.file.text, &file.text);
        let actions = asks(in_force, file, &changes, channel);
        let proposal = Proposal {
            file: file.clone(),
            owners: policy.owners.clone(),
            deploy: reader.deploy.id.clone(),
            run: RunId::derive(&reader.deploy.id, PROPOSAL),
            at: self.now(),
            rejected: false,
        };
        let changes = changes.iter().take(MAX_CHANGES).map(|change| message::shorten(change, LINE)).collect();
        let event = EventKind::PolicyProposed {
            repository: file.repository.clone(),
            hash: file.hash.clone(),
            changes,
        };
        let step = Step {
            next: state.propose(proposal),
            effects: self.close_policy(state, reader),
            event: Some(event),
            run: Some(actions),
        };
        Ok((Some(step), vec![waiting(file, &asked_on(&self.deploy_url(reader.deploy)))]))
    }

    fn first_policy(
        &self,
        state: &StackPolicy,
        file: &PolicyFile,
        policy: &Policy,
        reader: Reader<'_>,
    ) -> Step {
        let (file, owners, since) = (file.clone(), policy.owners.clone(), self.now());
        let in_force = InForce { file, owners, since, approved_for: None };
        let event = EventKind::PolicyInForce {
            repository: in_force.file.repository.clone(),
            hash: in_force.file.hash.clone(),
            why: in_force.why().to_owned(),
        };
        let told = tell(reader.channel, message::policy_now_in_force(&in_force));
        let effects = told.into_iter().chain([EffectKind::ApplyPolicy { from: None }]).collect();
        Step { next: state.adopt(in_force), effects, event: Some(event), run: None }
    }

    /// Returns the change that follows from a file that can't be used; `None`: it was reported already. With
    /// `stays`, the dialog of the proposed policy stays open.
    fn refused_policy(
        &self,
        state: &StackPolicy,
        repository: &str,
        key: &str,
        problems: &[String],
        stays: bool,
        reader: Reader<'_>,
    ) -> Option<Step> {
        if state.unusable.as_ref().is_some_and(|known| known.key == key) {
            return None;
        }
        let in_force = state.in_force.as_ref();
        let text = message::policy_refused(repository, in_force, problems);
        let mut effects: Vec<_> = tell(reader.channel, text).into_iter().collect();
        if !stays {
            effects.extend(self.close_policy(state, reader));
        }
        let event = EventKind::PolicyRefused {
            repository: repository.to_owned(),
            in_force: in_force.map(|in_force| in_force.file.hash.clone()),
            problems: problems.to_vec(),
        };
        let unusable = Unusable { key: key.to_owned(), problems: problems.to_vec(), at: self.now() };
        Some(Step { next: state.refuse(unusable, stays), effects, event: Some(event), run: None })
    }

    /// Returns the effect that closes the dialog of the proposed policy: `reader` found another one.
    fn close_policy(&self, state: &StackPolicy, reader: Reader<'_>) -> Vec<EffectKind> {
        let Some(proposal) = state.proposal.as_ref().filter(|proposal| !proposal.rejected) else {
            return Vec::new();
        };
        let deploy = reader.deploy;
        let by = Successor { deploy: deploy.id.clone(), title: deploy.title(), url: self.deploy_url(deploy) };
        vec![EffectKind::Supersede { deploy: proposal.deploy.clone(), run: proposal.run.clone(), by }]
    }
}

/// A key for the absence of the policy's file, so that each kind of it is told once, and the absence as a
/// sentence.
fn no_file(repository: &str, missing: Missing) -> (&'static str, String) {
    match missing {
        Missing::Part => (
            "no file",
            format!(
                "{repository} has no {PATH} on its default branch, or Signoff's GitHub token can't read files there."
            ),
        ),
        Missing::Repository => {
            ("no repository", format!("{repository} is not there, or Signoff's GitHub token may not see it."))
        }
        Missing::Owner => {
            let owner = repository.split('/').next().unwrap_or(repository);
            let told = format!("GitHub has no user or organization {owner}, so {repository} is not there.");
            ("no owner", told)
        }
    }
}

/// Notice that a policy is not in force, with the reason.
fn waiting(file: &PolicyFile, why: &str) -> String {
    format!("the policy in {} ({}) is not in force: {why}", file.repository, file.short())
}

/// The reason for which a policy is not in force whose owners are asked on the page `url`.
fn asked_on(url: &str) -> String {
    format!("two of its owners have to approve it. They can vote on {url}")
}

/// An approval by the owners that `in_force` names, and then the step that puts `file` in force.
fn asks(in_force: &InForce, file: &PolicyFile, changes: &[String], channel: &str) -> Vec<Action> {
    let policy = || file.hash.clone();
    vec![Action::SlackChannelApproval(ApprovalSpec {
        name: format!("Policy {}", file.short()),
        prompt: message::policy_proposed(in_force, file, changes),
        channel: channel.to_owned(),
        votes_required: OWNERS,
        quotas: Vec::new(),
        rejections_required: 1,
        authors_only: false,
        approvers: Some(in_force.owners.clone()),
        self_approval: true,
        range: RangeRules::default(),
        ask_again: true,
        require_reason: Reasons::Never,
        expires_after: None,
        remind_after: None,
        supersede: false,
        undo_window: None,
        freeze: Vec::new(),
        break_glass: Vec::new(),
        on_success: vec![Action::RulesFile(RulesFileStep::PutPolicyInForce { policy: policy() })],
        on_reject: vec![Action::RulesFile(RulesFileStep::RejectPolicy { policy: policy() })],
        on_expire: Vec::new(),
    })]
}
