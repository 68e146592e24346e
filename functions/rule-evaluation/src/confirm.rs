//! A deploy's confirmation: which commit it is, by the source host's word. Nothing is evaluated before.

use crate::again::offer;
use crate::date_tag::is_date;
use crate::deployers::{note_creator, note_job};
use crate::handler::{EvaluationError, RuleEvaluation, Tried};
use crate::moved::other_host;
use jiff::{SignedDuration, Timestamp};
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::event::EventKind;
use signoff_core::git_ref::GitRef;
use signoff_core::id::DeployId;
use signoff_core::message;
use signoff_core::slug::canonical;
use signoff_providers::Failure;
use signoff_providers::github::{GitHub, Head, HostStatus, NamedRef};
use signoff_runtime::deployments::Connection;
use signoff_store::{Change, CommitError};

/// The length of a git SHA that is not shortened.
const FULL_SHA: usize = 40;
/// The refs of tags.
const TAGS: &str = "refs/tags/";
/// The waits between two looks at a deploy that the host does not confirm: it may be late by minutes, and a
/// person may have to push the commit.
const LOOKS: [SignedDuration; 10] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(7),
];
/// The most branches and tags, besides those that the deploy names and the default branch, whose history is
/// looked at.
const MAX_OTHERS: usize = 50;

/// The look at a deploy, from 0, that `effect` is for; `None`: it is no look, the deploy was confirmed
/// before.
pub(crate) fn look_number(effect: &Effect) -> Option<usize> {
    if let EffectKind::EvaluateRules { look } = effect.kind { look } else { None }
}

/// A look at a deploy that is still to come.
pub(crate) struct Look {
    /// Its number, from 1.
    number: usize,
    /// The wait until then.
    wait: SignedDuration,
}

/// Returns the look at the deploy that follows on the one that `effect` is for; `None`: it was the last one,
/// or is none.
pub(crate) fn next_look(effect: &Effect) -> Option<Look> {
    let number = look_number(effect)?;
    LOOKS.get(number).map(|wait| Look { number: number + 1, wait: *wait })
}

impl Look {
    /// `change`, which is committed at `now`, with the effect that takes this look.
    pub(crate) fn after(&self, change: Change, now: Timestamp) -> Change {
        let kind = EffectKind::EvaluateRules { look: Some(self.number) };
        change.later(&format!("confirm {}", self.number), kind, now + self.wait)
    }
}

impl RuleEvaluation {
    /// `deploy` as the host confirms it: with its full SHA, and for a GitHub deployment with the time,
    /// the environment and the creator that GitHub has; and the number of its repository. `Err` of the
    /// answer: why it is not confirmed.
    ///
    /// # Errors
    ///
    /// A request to the host or to the record that failed.
    pub(crate) async fn confirm(
        &self,
        github: &GitHub,
        mut deploy: Deploy,
        connection: &Connection,
    ) -> Tried<Result<(Deploy, u64), Doubt>> {
        if let Some(doubt) = other_host(connection) {
            return Ok(Err(doubt));
        }
        if let Err(doubt) = read_back(github, &mut deploy).await? {
            return Ok(Err(self.told_apart(github, &deploy, doubt).await?));
        }
        let repository = deploy.repository.as_str();
        let Some(found) = github.repository(repository).await? else {
            let doubt = Doubt::UnknownRepository;
            return Ok(Err(self.told_apart(github, &deploy, doubt).await?));
        };
        let kept = self.kept_number(&deploy.deployment, repository, found.id).await?;
        if let Some(kept) = kept.filter(|kept| *kept != found.id) {
            return Ok(Err(Doubt::AnotherRepository { kept, found: found.id }));
        }
        if kept.is_none()
            && let Some(deployment) = self.other_owner(connection, repository, found.id).await?
        {
            return Ok(Err(Doubt::OfOtherDeployment { deployment }));
        }
        let revision = match resolved(github, &deploy).await? {
            Ok(revision) => revision,
            Err(doubt) => return Ok(Err(doubt)),
        };
        // What is no SHA and no beginning of the one that was found is a tag's name.
        if !revision.starts_with(&deploy.revision) && !deploy.revision.starts_with(TAGS) {
            deploy.revision.insert_str(0, TAGS);
        }
        let contained = contained(github, &deploy, &found.default_branch, &revision).await?;
        match &contained {
            Contained::InNamed(_) | Contained::InAnother(_) => {}
            Contained::No => return Ok(Err(Doubt::NoBranch)),
            Contained::Unknown => return Ok(Err(Doubt::UnknownRevision)),
        }
        if let Some(named) = outside_token(github, &deploy, &revision).await? {
            return Ok(Err(Doubt::OutsideToken { named }));
        }
        if let Some(named) = unprotected_ref(github, &deploy, &found.default_branch).await? {
            return Ok(Err(Doubt::UnprotectedRef { named }));
        }
        if kept.is_none() && !self.store.keep_repository(&deploy.deployment, repository, found.id).await? {
            // Another deploy kept another number at this moment: which one is right is found out at the next
            // attempt.
            return Err(CommitError::Conflict.into());
        }
        note_job(github, &mut deploy).await?;
        deploy.revision = revision;
        (deploy.reading.on_branch, deploy.reading.built_on) = match contained {
            Contained::InNamed(named) => (true, named),
            Contained::InAnother(default) => (false, default),
            Contained::No | Contained::Unknown => (false, None),
        };
        deploy.confirmation = Confirmation::Confirmed;
        Ok(Ok((deploy, found.id)))
    }

    /// The other deployment that the repository belongs to, by its name or its number `id`, where no admin
    /// connected it to this one: a name that fits an entry for a whole organization must not start without
    /// rules in force.
    async fn other_owner(&self, connection: &Connection, repository: &str, id: u64) -> Tried<Option<Slug>> {
        let this = &connection.deployment;
        if connection.is_of_organization
            && let Some(owner) = self.store.deployment_of(repository).await?.filter(|owner| owner != this)
        {
            return Ok(Some(owner));
        }
        let owner = self.store.own_repository(id, this).await?;
        Ok(Some(owner).filter(|owner| connection.is_of_organization && owner != this))
    }

    /// The number that is kept of `repository`. That GitHub says `found` of it by now is noted where it
    /// differs, so that the deployment's settings show it, and no more where it does not.
    async fn kept_number(&self, deployment: &Slug, repository: &str, found: u64) -> Tried<Option<u64>> {
        let Some(kept) = self.store.kept_repository(deployment, repository).await? else {
            return Ok(None);
        };
        let (id, noticed) = (kept.id, Some(found).filter(|found| *found != kept.id));
        if kept.noticed != noticed {
            self.store.note_repository(deployment, repository, kept, noticed).await?;
        }
        Ok(Some(id))
    }

    /// Looks again for the branch or tag that `deploy`, which is confirmed, names, where it did not contain
    /// the revision before: it may have been pushed since.
    ///
    /// # Errors
    ///
    /// A request to the host that failed.
    pub(crate) async fn look_for_branch(&self, github: &GitHub, deploy: &mut Deploy) -> Tried<()> {
        if deploy.branch.is_none() || deploy.reading.on_branch {
            return Ok(());
        }
        let Some(repository) = github.repository(&deploy.repository).await? else { return Ok(()) };
        match contained(github, deploy, &repository.default_branch, &deploy.revision).await? {
            Contained::InNamed(named) => {
                deploy.reading.on_branch = true;
                // An approval may be open for the branch that it was found on before.
                deploy.reading.built_on = deploy.reading.built_on.take().or(named);
            }
            Contained::InAnother(_) | Contained::No | Contained::Unknown => {}
        }
        Ok(())
    }

    /// Puts on record that `deploy` is confirmed. An earlier attempt may have done so.
    pub(crate) async fn note_confirmed(&self, deploy: &Deploy) -> Tried<()> {
        let change = Change::to(&deploy.id, self.now()).confirmed(deploy);
        Ok(self.store.commit(change).await?)
    }

    /// Puts on record that `deploy` is not confirmed for `doubt`, tells its channel the first time and when
    /// the reason changes, and has it looked at again, unless `effect` was the last look.
    pub(crate) async fn note_doubt(
        &self,
        effect: &Effect,
        mut deploy: Deploy,
        doubt: Doubt,
        channel: Option<&str>,
    ) -> Result<(), EvaluationError> {
        let now = self.now();
        let next = next_look(effect);
        let reason = doubt.sentence(&deploy.revision, &deploy.repository);
        let before = std::mem::replace(&mut deploy.confirmation, Confirmation::Unconfirmed { doubt });
        let is_news = before != deploy.confirmation;
        let (mut effects, mut events) = (Vec::new(), Vec::new());
        if is_news || next.is_none() {
            let looks_again = next.is_some() || self.looks_again(effect).await?;
            let text = message::unconfirmed(&deploy, &self.deploy_url(&deploy), &reason, looks_again);
            effects.extend(offer(channel, text));
            events.push(EventKind::NotEvaluated { reason: format!("the revision is unconfirmed. {reason}") });
        }
        let state = EffectState::Succeeded;
        let mut change = Change::to(&deploy.id, now).deploy(&deploy);
        change = change.effect(effect, effect.closed(state, Some(reason)));
        if let Some(look) = next {
            change = look.after(change, now);
        }
        Ok(self.store.commit(change.and(effect.id.as_str(), effects, events)).await?)
    }

    /// True if somebody asked for this look at the deploy of `effect` and a scheduled one is still to come.
    pub(crate) async fn looks_again(&self, effect: &Effect) -> Tried<bool> {
        if look_number(effect).is_some() {
            return Ok(false);
        }
        let page = self.store.page(&effect.deploy).await?;
        let is_look =
            |other: &Effect| other.id != effect.id && !other.is_closed() && look_number(other).is_some();
        Ok(page.is_some_and(|page| page.effects.iter().any(is_look)))
    }

    /// Puts on record that `deploy` is another report of the deploy `of`: nothing of its own is opened.
    pub(crate) async fn note_repeat(
        &self,
        effect: &Effect,
        mut deploy: Deploy,
        of: &DeployId,
    ) -> Result<(), EvaluationError> {
        deploy.confirmation = Confirmation::Repeat { of: of.clone() };
        let (revision, environment, url) = (deploy.short_revision(), &deploy.environment, self.url_of(of));
        let reason = match deploy.reading.repeats {
            Some(_) => format!("{revision} was registered again: this is another report of the deploy {url}"),
            None => format!(
                "{revision} stands in {environment} already: this is another report of the deploy {url}"
            ),
        };
        if !deploy.deployed_by().is_empty() {
            // Whoever deployed it by this report is a maker of what the other one asks about.
            self.store.commit(Change::to(&deploy.id, self.now()).confirmed(&deploy)).await?;
            self.judge_repeated(of, effect).await?;
        }
        let change = Change::to(&deploy.id, self.now()).confirmed(&deploy).done(effect);
        let events = vec![EventKind::NotEvaluated { reason }];
        Ok(self.store.commit(change.and(effect.id.as_str(), Vec::new(), events)).await?)
    }
}

/// The full SHA that the revision of `deploy` stands for: a SHA, its beginning, or the name of a tag. The
/// answer says why it can't be told.
async fn resolved(github: &GitHub, deploy: &Deploy) -> Result<Result<String, Doubt>, Failure> {
    let (repository, revision) = (deploy.repository.as_str(), deploy.revision.as_str());
    if let Some(tag) = revision.strip_prefix("refs/") {
        return Ok(github.sha_of(repository, tag).await?.ok_or(Doubt::UnknownRevision));
    }
    if deploy.is_named() {
        return Ok(match github.named(repository, revision).await? {
            NamedRef::One(head) if head.is_tag => Ok(head.revision),
            NamedRef::One(_) => Err(Doubt::BranchName),
            NamedRef::Both => Err(Doubt::AmbiguousName),
            NamedRef::Neither => Err(Doubt::UnknownRevision),
        });
    }
    if revision.len() >= FULL_SHA {
        return Ok(Ok(revision.to_owned()));
    }
    match github.sha_of(repository, revision).await? {
        Some(sha) if sha.starts_with(revision) => Ok(Ok(sha)),
        // A release is often tagged with its date. GitHub took the name for the tag as well.
        Some(sha) if is_date(revision) => Ok(match github.named(repository, revision).await? {
            NamedRef::One(head) if head.is_tag && head.revision == sha => Ok(sha),
            NamedRef::One(_) | NamedRef::Both => Err(Doubt::AmbiguousName),
            NamedRef::Neither => Err(Doubt::UnknownRevision),
        }),
        // A branch or tag may be called as a SHA begins, and then hides the commit.
        Some(_) if github.sha_of(repository, &format!("tags/{revision}")).await?.is_some() => {
            Ok(Err(Doubt::AmbiguousName))
        }
        Some(_) | None => Ok(Err(Doubt::UnknownRevision)),
    }
}

/// Compares what was delivered of a GitHub deployment with what GitHub has by its id, and takes GitHub's time
/// and creator. The answer says what differs.
async fn read_back(github: &GitHub, deploy: &mut Deploy) -> Result<Result<(), Doubt>, Failure> {
    let Some(id) = deploy.host_deployment else { return Ok(Ok(())) };
    let differs = |what: &str, reported: &str, host: &str| {
        let (reported, host) = (reported.to_owned(), host.to_owned());
        Ok(Err(Doubt::Differs { what: what.to_owned(), reported, host }))
    };
    let Some(found) = github.deployment(&deploy.repository, id).await? else {
        if github.repository(&deploy.repository).await?.is_none() {
            return Ok(Err(Doubt::UnknownRepository));
        }
        return differs("the deployment", &id.to_string(), "unknown");
    };
    if found.sha != deploy.revision {
        return differs("sha", &deploy.revision, &found.sha);
    }
    if found.branch != deploy.branch {
        let name = |branch: &Option<String>| branch.clone().unwrap_or_default();
        return differs("ref", &name(&deploy.branch), &name(&found.branch));
    }
    let statuses = github.deployment_statuses(&deploy.repository, id).await?;
    let successes: Vec<&HostStatus> = statuses.iter().filter(|status| status.state == "success").collect();
    let Some(newest) = successes.first() else {
        let state = statuses.first().map_or("unknown", |newest| newest.state.as_str());
        return differs("state", "success", state);
    };
    let environment = |status: &HostStatus| status.environment.clone().unwrap_or(found.environment.clone());
    let here = |status: &&&HostStatus| canonical(&environment(status)) == canonical(&deploy.environment);
    // A delivery says when its own status was set; of a clock that is ahead of ours, ours counted.
    let at = |status: &&HostStatus| status.created_at.min(deploy.registered_at) == deploy.deployed_at;
    let there: Vec<&HostStatus> = successes.iter().filter(here).copied().collect();
    if there.is_empty() {
        return differs("environment", &deploy.environment, &environment(newest));
    }
    if !there.iter().any(at) {
        let host = there.iter().map(|status| status.created_at.to_string()).collect::<Vec<_>>().join(", ");
        return differs("the time of the success", &deploy.deployed_at.to_string(), &host);
    }
    note_creator(github, deploy, found.creator, &statuses).await?;
    Ok(Ok(()))
}

/// The commit, branch or tag that the token of the CI job behind `deploy` names, if it does not contain
/// `revision`.
async fn outside_token(github: &GitHub, deploy: &Deploy, revision: &str) -> Result<Option<String>, Failure> {
    let Some(job) = &deploy.reading.ci_job else { return Ok(None) };
    let of_ref = async || {
        let named = job.git_ref.strip_prefix("refs/").unwrap_or(&job.git_ref);
        github.sha_of(&deploy.repository, named).await
    };
    let head = match &job.commit {
        // The branch of Buildkite's tokens may be a fork's: only a commit that the repository's own has is
        // the repository's.
        Some(commit) if !job.tells_forks() => match of_ref().await? {
            Some(own) if github.contains(&deploy.repository, &own, commit).await? => Some(commit.clone()),
            Some(_) | None => None,
        },
        Some(commit) => Some(commit.clone()),
        None => of_ref().await?,
    };
    let contains = match head {
        Some(head) => github.contains(&deploy.repository, &head, revision).await?,
        None => false,
    };
    Ok((!contains).then(|| job.bound().to_owned()))
}

/// The ref of the CI job behind `deploy`, where neither its token nor the settings vouch for it and GitHub
/// has it neither as the default branch nor as a protected one. Up to two requests.
async fn unprotected_ref(
    github: &GitHub,
    deploy: &Deploy,
    default_branch: &str,
) -> Result<Option<String>, Failure> {
    let Some(job) = deploy.reading.ci_job.as_ref().filter(|job| !job.is_vouched) else { return Ok(None) };
    let named = || Ok(Some(job.git_ref.clone()));
    let Some(branch) = job.git_ref.strip_prefix("refs/heads/") else { return named() };
    if branch == default_branch {
        return Ok(None);
    }
    let head = github.sha_of(&deploy.repository, &format!("heads/{branch}")).await?;
    let Some(head) = head else { return named() };
    let protected = github.protected_heads(&deploy.repository, &head).await?;
    if protected.iter().any(|name| name == branch) { Ok(None) } else { named() }
}

/// A branch or tag that contains a revision.
enum Contained {
    /// The one that the deploy names, which this is.
    InNamed(Option<GitRef>),
    /// Another one of the repository; this is the default branch, if it is that.
    InAnother(Option<GitRef>),
    /// None that was looked at.
    No,
    /// None: the host has no such commit.
    Unknown,
}

/// The branch or tag of the repository that contains `revision`: the one that the deploy names, else the
/// default branch, else one of the others, of which a few are looked at.
async fn contained(
    github: &GitHub,
    deploy: &Deploy,
    default_branch: &str,
    revision: &str,
) -> Result<Contained, Failure> {
    let repository = deploy.repository.as_str();
    let mut looked_at: Vec<String> = Vec::new();
    // A tag may be given in place of a commit: then that is the one which it was built on.
    let tag = || deploy.revision.starts_with("refs/").then_some(deploy.revision.as_str());
    let named = deploy.branch.as_deref().or_else(tag);
    let named = named.map(|name| name.strip_prefix("refs/").unwrap_or(name));
    let of_name = |name: &str| match name.starts_with("heads/") || name.starts_with("tags/") {
        true => vec![name.to_owned()],
        false => vec![format!("heads/{name}"), format!("tags/{name}")],
    };
    let default = format!("heads/{default_branch}");
    let mut names: Vec<String> = named.map(of_name).unwrap_or_default();
    names.retain(|name| *name != default);
    // A branch of the name comes before a tag of it; the default branch has no tag's look.
    let names_default = named == Some(default_branch) || named == Some(default.as_str());
    if names_default {
        names.clear();
    }
    names.push(default.clone());
    for name in names {
        let Some(head) = github.sha_of(repository, &name).await? else { continue };
        if looked_at.contains(&head) {
            continue;
        }
        if github.contains(repository, &head, revision).await? {
            let is_named = name != default || names_default;
            let found = GitRef::parse(&name);
            return Ok(if is_named { Contained::InNamed(found) } else { Contained::InAnother(found) });
        }
        looked_at.push(head);
    }
    if github.sha_of(repository, revision).await?.is_none() {
        return Ok(Contained::Unknown);
    }
    for others in [github.branches(repository).await?, github.tags(repository).await?] {
        if others.iter().any(|other| other.sha == revision) {
            return Ok(Contained::InAnother(None));
        }
        let mut heads: Vec<String> = Vec::new();
        for Head { sha, .. } in others {
            if heads.len() < MAX_OTHERS && !looked_at.contains(&sha) && !heads.contains(&sha) {
                heads.push(sha);
            }
        }
        if github.any_contains(repository, &heads, revision).await? {
            return Ok(Contained::InAnother(None));
        }
        looked_at.append(&mut heads);
    }
    Ok(Contained::No)
}
