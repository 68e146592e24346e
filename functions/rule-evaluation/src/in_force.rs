//! Rules that a deploy is judged by: those of the file in force, and those of a proposed file that ask
//! already.

use crate::handler::{EvaluationError, RuleEvaluation, Tried, tell};
use crate::plan::Scope;
use crate::siblings::Candidate;
use crate::unread::{Proposed, Unread};
use jiff::Timestamp;
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::message;
use signoff_core::rules_in_force::{FileCopy, How, InForce, Refusal, RulesInForce};
use signoff_providers::Failure;
use signoff_providers::github::{FirstFile, GitHub, Missing};
use signoff_rules::difference::difference;
use signoff_rules::file::over;
use signoff_rules::proposed::{ProposedRule, proposed};
use signoff_rules::tags::DefaultTags;
use signoff_rules::{Rule, RulesFile};
use signoff_store::{Change, CommitError, RulesTexts};
use std::borrow::Cow;

/// Most times that a lost race for the rules of a deployment is decided again.
const MAX_RACES: u32 = 9;
/// The ref of the default branch's head.
const HEAD: &str = "HEAD";

/// The rules that a deploy is judged by.
#[derive(Debug)]
pub(crate) enum Law {
    /// These.
    Rules(Box<Judged>),
    /// None: the file has mistakes, and none was in force before, or the one in force can't be read any more.
    Refused {
        /// Its path.
        path: String,
        /// Its SHA-256.
        hash: String,
        /// Its problems, each with its place.
        problems: Vec<String>,
        /// The reason, where it is the copy in force that can't be read.
        unread: Option<Unread>,
    },
}

/// The rules in force, and what a proposed file has asked beside them.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The rules in force, then those that only ask because of a proposed file.
    pub(crate) rules: RulesFile,
    /// The path of the file in force.
    pub(crate) path: Option<String>,
    /// The default tags in force.
    tags: DefaultTags,
    /// The rules of `rules` that only a proposed file has asked.
    asked: Vec<ProposedRule>,
    /// Sentences about what waits for a proposed file.
    pub(crate) notices: Vec<String>,
    /// The file that needs an approval before it counts.
    pub(crate) proposal: Option<Box<Found>>,
    /// The problems of the file on the default branch, where it has mistakes.
    refused: Vec<String>,
}

/// A file that needs an approval before it counts.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) state: RulesInForce,
    /// The approvals that it touches: of the file in force, or of other deployments of the repository.
    pub(crate) touched: Vec<ApprovalSpec>,
    /// The changes, in sentences.
    pub(crate) changes: Vec<String>,
    pub(crate) file: FileCopy,
    pub(crate) texts: RulesTexts,
    /// The head of the default branch, where the host says so.
    pub(crate) head: Option<String>,
    /// True if the file in force can't be read, so that an admin has to accept this one.
    pub(crate) is_instead_of_unread: bool,
}

impl Law {
    /// The default tags in force.
    pub(crate) fn tags(&self) -> Option<&DefaultTags> {
        match self {
            Self::Rules(judged) => Some(&judged.tags),
            Self::Refused { .. } => None,
        }
    }
}

impl Judged {
    /// The rules of `texts` as of `now`, with the freezes that are over then.
    fn by(rules: RulesFile, texts: &RulesTexts, now: Timestamp) -> Self {
        let tags = default_tags(texts);
        let over = texts.path.as_ref().map(|path| over(&texts.rules, path, now)).unwrap_or_default();
        let notices = over.iter().map(ToString::to_string).collect();
        let (path, asked, refused) = (texts.path.clone(), Vec::new(), Vec::new());
        Self { rules, path, tags, asked, notices, proposal: None, refused }
    }

    /// The default tags in force.
    pub(crate) fn tags(&self) -> &DefaultTags {
        &self.tags
    }

    /// Every approval of the rules in force that deploys open, with its rule.
    pub(crate) fn approvals_in_force(&self) -> impl Iterator<Item = (&Rule, &ApprovalSpec)> {
        let opens = move |rule: &&Rule| {
            rule.applies_to_deploys() && rule.unsupported.is_empty() && self.is_in_force(&rule.name)
        };
        self.rules
            .rules
            .iter()
            .filter(opens)
            .flat_map(|rule| rule.actions.iter().flat_map(Action::approvals).map(move |spec| (rule, spec)))
    }

    /// The names of the rules that a proposed file has asked and that are not, as the file in force asks for
    /// their approvals. `opened`: whether the rule in force of this name is opened for the deploy.
    pub(crate) fn covered(&self, opened: impl Fn(&str) -> bool) -> Vec<String> {
        let is_covered = |asked: &&ProposedRule| {
            asked.instead_of.as_ref().is_some_and(|instead| instead.opened != opened(&instead.rule))
        };
        self.asked.iter().filter(is_covered).map(|asked| asked.rule.name.clone()).collect()
    }

    /// True if a rule in force has this name.
    pub(crate) fn is_in_force(&self, name: &str) -> bool {
        let is_asked = self.asked.iter().any(|asked| asked.rule.name == name);
        !is_asked && self.rules.rules.iter().any(|rule| rule.name == name)
    }

    /// The rules without those whose names are `covered`.
    pub(crate) fn shown(&self, covered: &[String]) -> Cow<'_, [Rule]> {
        if covered.is_empty() {
            return Cow::Borrowed(&self.rules.rules);
        }
        let stays = |rule: &&Rule| !covered.contains(&rule.name);
        Cow::Owned(self.rules.rules.iter().filter(stays).cloned().collect())
    }
}

impl RuleEvaluation {
    /// The rules that `deploy` is judged by. The first file of a deployment, and one that changes nothing of
    /// weight, is put in force here. `None`: its repository has no rules file, and never had one.
    ///
    /// A file that is not the one in force counts once the repository's number was compared after it was
    /// read.
    pub(crate) async fn law(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        effect: &Effect,
        scope: Scope,
    ) -> Result<Option<Law>, EvaluationError> {
        let rules = self.rules_file(github, &deploy.repository).await?;
        if let (Scope::Waiting, FirstFile::Found(file)) = (scope, &rules)
            && let Some(state) = self.store.rules_in_force(&deploy.deployment).await?
            && state.are_of(github.number())
            && state.in_force.file.path.as_deref() == Some(file.path)
            && state.in_force.file.hash == signoff_rules::file::hash(&file.text)
        {
            // The deploy has its default tags since it arrived: those of the repository need not be read
            // again.
            let texts = RulesTexts { path: Some(file.path.to_owned()), rules: file.text.clone(), tags: None };
            return Ok(Some(judged_alone(&texts, &state.in_force.file, self.now())));
        }
        let tags = self.tags_file(github, &deploy.repository).await?;
        for _ in 0..MAX_RACES {
            match self.decide_law(github, deploy, effect, &rules, &tags).await {
                Err(EvaluationError::Commit(CommitError::Conflict)) => {}
                decided => return decided,
            }
        }
        self.decide_law(github, deploy, effect, &rules, &tags).await
    }

    /// The head of the default branch that has `rules` and `tags`; `None`: the host does not say. The files
    /// are read again after the head: a commit that came in between would else stand for a text that nobody
    /// judged.
    ///
    /// # Errors
    /// The files changed meanwhile, which passes; or the host can't be asked.
    pub(crate) async fn head_of(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        rules: &FirstFile,
        tags: &FirstFile,
    ) -> Result<Option<String>, EvaluationError> {
        let head = head(github, &deploy.repository).await?;
        let (rules_now, tags_now) = (
            self.rules_file(github, &deploy.repository).await?,
            self.tags_file(github, &deploy.repository).await?,
        );
        if rules_now != *rules || tags_now != *tags {
            return Err(Failure::retryable("the rules file changed while it was read").into());
        }
        Ok(head)
    }

    async fn decide_law(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        effect: &Effect,
        rules: &FirstFile,
        tags: &FirstFile,
    ) -> Result<Option<Law>, EvaluationError> {
        let kept = self.store.rules_in_force(&deploy.deployment).await?;
        // Those of another repository say nothing of this one.
        let (state, elsewhere) = match kept {
            Some(kept) if kept.are_of(github.number()) => (Some(kept), None),
            kept => (None, kept),
        };
        let unusable = [rules, tags].into_iter().find_map(|file| match file {
            FirstFile::Unusable { path, why } => Some((*path, format!("{path} {why}."))),
            FirstFile::Missing | FirstFile::Found(_) => None,
        });
        if let Some((path, problem)) = unusable {
            self.check_repository(github, deploy).await?;
            return self.law_beside(deploy, state.as_ref(), path, problem).await.map(Some);
        }
        let (found, found_tags) = (rules.found(), tags.found());
        let texts = RulesTexts {
            path: found.map(|file| file.path.to_owned()),
            rules: found.map(|file| file.text.clone()).unwrap_or_default(),
            tags: found_tags.map(|file| (file.path.to_owned(), file.text.clone())),
        };
        let file = texts.copy(signoff_rules::file::hash(&texts.rules));
        let Some(state) = state else {
            let Some(path) = &texts.path else {
                self.check_repository(github, deploy).await?;
                return Ok(None);
            };
            let parsed = match self.with_secrets(deploy, effect, parse(&texts)).await? {
                Ok(parsed) => parsed,
                Err(problems) => {
                    self.check_repository(github, deploy).await?;
                    let (path, hash, unread) = (path.clone(), file.hash, None);
                    return Ok(Some(Law::Refused { path, hash, problems, unread }));
                }
            };
            let head = self.head_of(github, deploy, rules, tags).await?;
            self.check_repository(github, deploy).await?;
            let effects = elsewhere.iter().flat_map(|before| self.close_proposal(deploy, before)).collect();
            let placed = |first: RulesInForce| {
                let first = first.of_repository(github.number());
                match &elsewhere {
                    Some(before) => first.in_place_of(before),
                    None => first,
                }
            };
            let known = [file.id.as_str()];
            let candidate = Candidate { file: &file, texts: &texts, rules: &parsed, known: &known };
            let (this, number) = (&deploy.deployment, github.number());
            if let Some(first) = self.first_beside(this, number, elsewhere.as_ref(), candidate).await? {
                self.put_in_force(deploy, effect, placed(first), effects).await?;
                // What the default branch has is a proposal from here on.
                return Err(CommitError::Conflict.into());
            }
            let file = self.store.keep_rules(&deploy.deployment, file, &texts).await?;
            let first = RulesInForce::first(&deploy.deployment, file, head, self.now());
            self.put_in_force(deploy, effect, placed(first), effects).await?;
            return Ok(Some(Law::Rules(Box::new(Judged::by(parsed, &texts, self.now())))));
        };
        if file.id == state.in_force.file.id {
            if state.proposal.is_some() {
                let effects = self.close_proposal(deploy, &state);
                let owner = format!("rules {} withdrawn {}", state.version, effect.id);
                let head = self.head_of(github, deploy, rules, tags).await?;
                self.check_repository(github, deploy).await?;
                let change = Change::to(&deploy.id, self.now()).rules(state.withdraw(head));
                self.store.commit(change.and(&owner, effects, Vec::new())).await?;
            }
            return Ok(Some(judged_alone(&texts, &file, self.now())));
        }
        let kept = self.kept_texts(deploy, &state).await?;
        let mut judged = match judged_alone(&kept, &state.in_force.file, self.now()) {
            Law::Rules(judged) => judged,
            Law::Refused { path, hash, problems, .. } => {
                let proposed = Proposed { files: (rules, tags), state, file, texts };
                let (problems, unread) = self.unread(github, deploy, effect, proposed, problems).await?;
                return Ok(Some(Law::Refused { path, hash, problems, unread: Some(unread) }));
            }
        };
        let proposed_rules = match self.with_secrets(deploy, effect, parse(&texts)).await? {
            Ok(parsed) => parsed,
            Err(problems) => {
                self.check_repository(github, deploy).await?;
                judged.refused = problems;
                return Ok(Some(Law::Rules(judged)));
            }
        };
        let head = self.head_of(github, deploy, rules, tags).await?;
        if texts.path.is_none() && head.is_none() {
            let gone = match github.missing(&deploy.repository).await? {
                Missing::Part => {
                    "the rules file is gone from the default branch, or Signoff's GitHub token can't read files"
                }
                Missing::Repository => {
                    "GitHub does not show the repository any more: it is gone, or the token lost its access"
                }
                Missing::Owner => "the repository is gone, with its owner",
            };
            judged
                .notices
                .push(format!("{gone}{}; the file in force still counts", was_there(&state.in_force)));
            return Ok(Some(Law::Rules(judged)));
        }
        self.check_repository(github, deploy).await?;
        let difference = difference(&judged.rules, &proposed_rules, kept.tags != texts.tags);
        let (mut touched, mut changes) = (Vec::new(), Vec::new());
        if difference.needs_approval() {
            touched.extend(difference.touched(&judged.rules).into_iter().map(|(_, spec)| spec.clone()));
            changes.extend(difference.changes.iter().map(|change| change.text.clone()));
        }
        // The file in force has no word on what other deployments guard unless it came after theirs.
        let decides = difference.is_guarded && !state.is_copied();
        let newer_than = decides.then_some(state.in_force.compared_at);
        let known = [file.id.as_str(), state.in_force.file.id.as_str()];
        let candidate = Candidate { file: &file, texts: &texts, rules: &proposed_rules, known: &known };
        for guard in self.guards(&deploy.deployment, github.number(), candidate, newer_than).await? {
            let asked = guard.difference.touched(&guard.sibling.rules);
            touched.extend(asked.into_iter().map(|(_, spec)| spec.clone()));
            changes.extend(guard.changes());
        }
        if changes.is_empty() {
            let how = if difference.is_guarded { How::Harmless } else { How::NothingGuarded };
            let file = self.store.keep_rules(&deploy.deployment, file, &texts).await?;
            let effects = self.close_proposal(deploy, &state);
            let next = state.adopt(file, head, how, self.now());
            self.put_in_force(deploy, effect, next, effects).await?;
            return Ok(Some(Law::Rules(Box::new(Judged::by(proposed_rules, &texts, self.now())))));
        }
        let other = match &texts.path {
            Some(_) => {
                format!("the rules file on the default branch ({})", file.hash.get(..7).unwrap_or_default())
            }
            None => {
                format!("the removal of the rules file from the default branch{}", was_there(&state.in_force))
            }
        };
        if state.proposed(&file.id) == Err(Refusal::Rejected) {
            // What only this file has is not asked: no vote could let it act.
            judged.notices.push(format!("{other} is not in force: its voters rejected it"));
            return Ok(Some(Law::Rules(judged)));
        }
        let only_proposed = proposed(&judged.rules, &proposed_rules, &file.id);
        judged.notices.push(format!("{other} is not in force: it needs an approval"));
        judged.notices.extend(only_proposed.waiting.iter().map(|rule| {
            format!("the rule `{rule}` of the proposed rules file acts: it waits until that file is in force")
        }));
        judged.rules.rules.extend(only_proposed.asked.iter().map(|asked| asked.rule.clone()));
        judged.asked = only_proposed.asked;
        judged.proposal =
            Some(Box::new(Found { state, touched, changes, file, texts, head, is_instead_of_unread: false }));
        Ok(Some(Law::Rules(judged)))
    }

    /// The rules that count while something stands at `path` on the default branch that can't be used: those
    /// in force, and none where none ever were.
    async fn law_beside(
        &self,
        deploy: &Deploy,
        state: Option<&RulesInForce>,
        path: &str,
        problem: String,
    ) -> Tried<Law> {
        let Some(state) = state else {
            return Ok(Law::Refused {
                path: path.to_owned(),
                hash: signoff_rules::file::hash(""),
                problems: vec![problem],
                unread: None,
            });
        };
        let kept = self.kept_texts(deploy, state).await?;
        Ok(match judged_alone(&kept, &state.in_force.file, self.now()) {
            Law::Rules(judged) => Law::Rules(Box::new(Judged { refused: vec![problem], ..*judged })),
            refused @ Law::Refused { .. } => refused,
        })
    }

    /// The texts of the file in force by `state`.
    async fn kept_texts(&self, deploy: &Deploy, state: &RulesInForce) -> Tried<RulesTexts> {
        let kept = self.store.kept_rules(&deploy.deployment, &state.in_force.file).await?;
        Ok(kept.ok_or_else(|| {
            Failure::Permanent("the copy of the rules file in force can't be read from the record".to_owned())
        })?)
    }

    /// The default tags in force for the deployment of `deploy`, from the record.
    pub(crate) async fn tags_in_force(&self, github: &GitHub, deploy: &Deploy) -> Tried<DefaultTags> {
        let kept = self.store.rules_in_force(&deploy.deployment).await?;
        let Some(state) = kept.filter(|state| state.are_of(github.number())) else {
            return Ok(DefaultTags::standard());
        };
        let kept =
            self.store.kept_rules(&deploy.deployment, &state.in_force.file).await?.ok_or_else(|| {
                Failure::Permanent(
                    "the copy of the default tags in force can't be read from the record".to_owned(),
                )
            })?;
        Ok(default_tags(&kept))
    }

    /// Puts `next` on record for the deployment of `deploy`.
    async fn put_in_force(
        &self,
        deploy: &Deploy,
        effect: &Effect,
        next: RulesInForce,
        effects: Vec<EffectKind>,
    ) -> Result<(), EvaluationError> {
        let event = EventKind::RulesInForce {
            path: next.in_force.file.path.clone(),
            hash: next.in_force.file.hash.clone(),
            why: next.in_force.how.to_string(),
        };
        let owner = format!("rules {} {}", next.version, effect.id);
        let change = Change::to(&deploy.id, self.now()).rules(next);
        Ok(self.store.commit(change.and(&owner, effects, vec![event])).await?)
    }

    /// Returns the message and the event about an invalid file on the default branch, while another one is in
    /// force.
    pub(crate) fn proposal_refused(
        &self,
        look: &crate::evaluate::EvaluationContext<'_>,
        deploy: &Deploy,
        judged: &Judged,
    ) -> (Option<EffectKind>, Option<EventKind>) {
        if judged.refused.is_empty() {
            return (None, None);
        }
        let problems = judged.refused.clone();
        let text = message::proposal_refused(deploy, &self.deploy_url(deploy), &problems);
        (tell(look.channel.as_deref(), text), Some(EventKind::ProposalRefused { problems }))
    }
}

/// The commit at which the default branch had the file in force, as the end of a sentence about its absence;
/// empty where it is not known.
fn was_there(in_force: &InForce) -> String {
    let (path, revision) = (in_force.file.path.as_ref(), in_force.revision.as_deref());
    let known = path.zip(revision.map(|revision| revision.get(..7).unwrap_or(revision)));
    known.map(|(path, revision)| format!(" ({path} was there at {revision})")).unwrap_or_default()
}

/// The default tags that stand beside a rules file.
fn default_tags(texts: &RulesTexts) -> DefaultTags {
    let read = |(path, text): &(String, String)| DefaultTags::parse(text, path);
    texts.tags.as_ref().map_or_else(DefaultTags::standard, read)
}

/// The rules in force where nothing else is proposed.
fn judged_alone(texts: &RulesTexts, file: &FileCopy, now: Timestamp) -> Law {
    match parse(texts) {
        Ok(parsed) => Law::Rules(Box::new(Judged::by(parsed, texts, now))),
        Err(problems) => {
            let path = texts.path.clone().unwrap_or_default();
            Law::Refused { path, hash: file.hash.clone(), problems, unread: Some(Unread { proposal: None }) }
        }
    }
}

/// The rules of a file; one that is not there has none.
pub(crate) fn parse(texts: &RulesTexts) -> Result<RulesFile, Vec<String>> {
    let Some(path) = &texts.path else {
        let (rules, notices, header_secrets) = (Vec::new(), Vec::new(), Vec::new());
        let hash = signoff_rules::file::hash(&texts.rules);
        return Ok(RulesFile { rules, notices, header_secrets, hash });
    };
    let told = |problems: Vec<signoff_rules::Problem>| problems.iter().map(ToString::to_string).collect();
    signoff_rules::parse(&texts.rules, path).map_err(told)
}

/// The head of the default branch; `None`: the host does not say.
async fn head(github: &GitHub, repository: &str) -> Result<Option<String>, Failure> {
    match github.commit(repository, HEAD).await {
        Ok((commit, _)) => Ok(Some(commit.revision)),
        Err(Failure::Permanent(_) | Failure::Refusal(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}
