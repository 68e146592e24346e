//! Source of a build: found when its approval opens, and looked at again before the build starts.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::action::{ParameterValue, TriggerSpec};
use signoff_core::approval::{BuildSource, Start};
use signoff_core::deploy::Deploy;
use signoff_core::git_ref::GitRef;
use signoff_providers::Failure;
use signoff_providers::github::{GitHub, NamedRef, RefHead};
use signoff_rules::template;
use signoff_runtime::deployments::Connection;

/// The shortest prefix of a revision that a parameter may name it by.
const MIN_PREFIX: usize = 7;
/// Length of a full revision, in characters.
const FULL: usize = 40;
/// Advice where no ref is found to start from.
const WAY_OUT: &str = "Set `revision` of trigger_build to the branch or tag to build, or hand the revision to the build as a \
                       parameter, such as `revision: '{{ deploy_revision }}'`";

impl ActionExecution {
    /// Finds the source of a build of `deploy`. `rule` is the action as the rule has it, `spec` the same with
    /// its texts rendered.
    ///
    /// The rule's `revision` is taken first, then the default branch where its head is the revision or a
    /// parameter names the revision, then a protected branch whose head it is. A ref that somebody reported
    /// with the deploy is never chosen for that alone.
    pub(crate) async fn start(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        rule: &TriggerSpec,
        spec: &TriggerSpec,
    ) -> Tried<Start> {
        let github = self.outside.github(self.now()).await?;
        let repository = connection.repository.as_str();
        if deploy.revision.len() != FULL {
            return Ok(Start::Nothing(format!("{} is not the full SHA of a commit", deploy.revision)));
        }
        let is_told = is_told(&github, repository, deploy, (rule, spec)).await?;
        let finder = Finder { github: &github, repository, deploy, is_told };
        let name = spec.revision.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let found = match name {
            Some(name) => {
                // A branch may be called as a template is written.
                let is_template = name.contains("{{") || name.contains("{%");
                finder.named(name, rule.revision == spec.revision && !is_template).await?
            }
            None => finder.unnamed(spec.workflow.is_none()).await?,
        };
        let (head, may_move) = match found {
            Ok(found) => found,
            Err(why) => return Ok(Start::Nothing(why)),
        };
        let workflow = match &spec.workflow {
            Some(workflow) => match github.workflow_file(repository, workflow, &head.revision).await? {
                Some(file) => Some(file),
                None => return Ok(Start::Nothing(no_workflow(workflow, &head))),
            },
            None => None,
        };
        let ci_files = if is_told { github.ci_files(repository, &head.revision).await? } else { Vec::new() };
        let RefHead { name, is_tag, revision: head } = head;
        let source = BuildSource { name, is_tag, head, is_told, may_move, workflow, ci_files };
        if is_told && source.head != deploy.revision {
            // No range that anybody judges has what lies between the two.
            let approved = github.ci_files(repository, &deploy.revision).await?;
            if let Some(changed) = source.changed_files(&approved) {
                return Ok(Start::Nothing(other_ci_files(&source, deploy, &changed)));
            }
        }
        Ok(Start::From(source))
    }

    /// Looks at `source` once more: the commit that a build of `deploy` starts from now. Error: it is not
    /// what was seen, and the message says what changed.
    pub(crate) async fn look_again(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        source: &BuildSource,
        is_qualified: bool,
    ) -> Tried<String> {
        let github = self.outside.github(self.now()).await?;
        let (repository, name) = (connection.repository.as_str(), source.name.as_str());
        let Some(head) = github.head(repository, name, source.is_tag).await? else {
            return Err(nothing(&format!("{name} is not there any more")).into());
        };
        if !is_qualified && github.head(repository, name, !source.is_tag).await?.is_some() {
            return Err(nothing(&ambiguous(name)).into());
        }
        let head = head.revision;
        if !source.is_told && head != deploy.revision {
            let (now, approved) = (short(&head), deploy.short_revision());
            let why = format!(
                "{name} has moved on to {now}, and {approved} is what was deployed and approved. To build that revision, hand \
                 it to the build as a parameter, such as `revision: '{{{{ deploy_revision }}}}'`"
            );
            return Err(nothing(&why).into());
        }
        if source.is_told && head != source.head && !source.may_move {
            let why = format!(
                "{name} has moved from {} on to {}, is neither the default branch nor protected, and follows from what was \
                 reported of the deploy. Name the branch in the rule, or protect it",
                short(&source.head),
                short(&head)
            );
            return Err(nothing(&why).into());
        }
        if source.is_told && head != source.head {
            let now = github.ci_files(repository, &head).await?;
            if let Some(changed) = source.changed_files(&now) {
                let why = format!(
                    "{name} has moved from {} on to {}, and the CI files are not what they were when this was asked: {changed}. \
                     Deploy again to have it asked anew",
                    short(&source.head),
                    short(&head)
                );
                return Err(nothing(&why).into());
            }
        }
        Ok(head)
    }
}

/// Search for the ref that a build starts from.
struct Finder<'a> {
    github: &'a GitHub,
    repository: &'a str,
    deploy: &'a Deploy,
    /// True if a parameter names the revision.
    is_told: bool,
}

/// The ref, and whether it may move on before the build starts: the rule names it, or not everybody who may
/// push moves it. Or why there is none, and what to do.
type Found = Result<(RefHead, bool), String>;

impl Finder<'_> {
    /// The ref that the rule names; `is_fixed`: no template made the name.
    async fn named(&self, name: &str, is_fixed: bool) -> Result<Found, Failure> {
        let head = match self.github.named(self.repository, name).await? {
            NamedRef::One(head) => head,
            NamedRef::Both => return Ok(Err(ambiguous(name))),
            NamedRef::Neither => {
                return Ok(Err(format!("{} has no branch or tag {name}", self.repository)));
            }
        };
        let stands = head.revision == self.deploy.revision;
        if !stands && !self.is_told {
            let (at, deployed) = (short(&head.revision), self.deploy.short_revision());
            return Ok(Err(format!(
                "{name} stands at {at}, and {deployed} is what was deployed. To build that revision, hand it to the build as a \
                 parameter, such as `revision: '{{{{ deploy_revision }}}}'`"
            )));
        }
        let may_move = is_fixed || (self.is_told && self.is_guarded(&head).await?);
        if !stands && !may_move {
            return Ok(Err(format!(
                "{name} is neither the default branch nor protected, and follows from what was reported of the deploy. Name \
                 the branch in the rule, or protect it"
            )));
        }
        Ok(Ok((head, may_move)))
    }

    /// The ref where the rule names none.
    ///
    /// A tag that was reported, and that stands at the revision, is taken last.
    async fn unnamed(&self, takes_tags: bool) -> Result<Found, Failure> {
        let reported = self.deploy.branch.as_deref();
        // What is written in full is a branch or a tag, and not the other one of the name.
        let in_full = reported.filter(|name| name.starts_with("refs/")).and_then(GitRef::parse);
        let built_on = || self.deploy.reading.built_on.clone().filter(|on| on.is_tag && reported.is_none());
        let in_full = in_full.or_else(built_on);
        let reported_branch = match &in_full {
            Some(GitRef { name, is_tag: false }) => Some(name.as_str()),
            Some(GitRef { is_tag: true, .. }) => None,
            None => reported,
        };
        let name = self.github.default_branch(self.repository).await?;
        if let Some(head) = self.github.head(self.repository, &name, false).await?
            && (self.is_told || head.revision == self.deploy.revision)
        {
            return self.only_as_branch(head).await;
        }
        let protected = match self.github.protected_heads(self.repository, &self.deploy.revision).await {
            Ok(protected) => protected,
            // GitHub does not know the revision: no branch stands there.
            Err(Failure::Refusal(_)) => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let chosen = protected.iter().find(|name| Some(name.as_str()) == reported_branch);
        let chosen = chosen.or(protected.first());
        let Some(chosen) = chosen else {
            if takes_tags
                && let Some(GitRef { name, is_tag: true }) = &in_full
                && let Some(tag) = self.github.head(self.repository, name, true).await?
                && tag.revision == self.deploy.revision
            {
                return Ok(Ok((tag, false)));
            }
            if takes_tags
                && in_full.is_none()
                && let Some(name) = reported
                && let Some(tag) = self.github.head(self.repository, name, true).await?
                && tag.revision == self.deploy.revision
            {
                let branch = self.github.head(self.repository, name, false).await?;
                return Ok(if branch.is_some() { Err(ambiguous(name)) } else { Ok((tag, false)) });
            }
            let revision = self.deploy.short_revision();
            return Ok(Err(format!(
                "{revision} is the head neither of {name} nor of a protected branch of {}. {WAY_OUT}",
                self.repository
            )));
        };
        let (name, revision) = (chosen.clone(), self.deploy.revision.clone());
        self.only_as_branch(RefHead { name, is_tag: false, revision }).await
    }

    /// `branch`, unless a tag has the same name: the host would choose between them.
    async fn only_as_branch(&self, branch: RefHead) -> Result<Found, Failure> {
        let tag = self.github.head(self.repository, &branch.name, true).await?;
        Ok(if tag.is_some() { Err(ambiguous(&branch.name)) } else { Ok((branch, true)) })
    }

    /// True if only some of the people who may push can move `head`: the default branch, or a protected one.
    async fn is_guarded(&self, head: &RefHead) -> Result<bool, Failure> {
        if head.is_tag {
            return Ok(false);
        }
        if self.github.default_branch(self.repository).await? == head.name {
            return Ok(true);
        }
        Ok(self.github.protected_heads(self.repository, &head.revision).await?.contains(&head.name))
    }
}

/// True if a parameter names the deploy's revision: in full, or by a prefix that the host gives to no other
/// commit. The rule has to put it there: a reported branch may have the name of a commit.
async fn is_told(
    github: &GitHub,
    repository: &str,
    deploy: &Deploy,
    (rule, spec): (&TriggerSpec, &TriggerSpec),
) -> Result<bool, Failure> {
    let puts_revision = |value: Option<&ParameterValue>| match value {
        Some(ParameterValue::Text(template)) => template::is_of_revision(template),
        Some(ParameterValue::Bool(_) | ParameterValue::Integer(_)) | None => false,
    };
    let texts = spec.parameters.iter().filter_map(|(name, value)| match value {
        ParameterValue::Text(text) if puts_revision(rule.parameters.get(name)) => Some(text.as_str()),
        ParameterValue::Text(_) | ParameterValue::Bool(_) | ParameterValue::Integer(_) => None,
    });
    for text in texts {
        if text == deploy.revision {
            return Ok(true);
        }
        if text.len() < MIN_PREFIX || !deploy.revision.starts_with(text) {
            continue;
        }
        match github.commit(repository, text).await {
            Ok((commit, _)) if commit.revision == deploy.revision => return Ok(true),
            // The prefix stands for another commit, for several or for none.
            Ok(_) | Err(Failure::Refusal(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(false)
}

/// The reason to start nothing where the CI files at the head of `source` are not those of the revision.
fn other_ci_files(source: &BuildSource, deploy: &Deploy, changed: &str) -> String {
    let (name, head, revision) = (&source.name, short(&source.head), deploy.short_revision());
    format!(
        "{name} stands at {head}, and its CI files are not those of {revision}, which is deployed: {changed}. Deploy {head}, or \
         set `revision` of trigger_build to a branch or tag with the CI files of {revision}"
    )
}

/// The reason to start nothing where GitHub shows no file of the workflow. It would take the number of one
/// all the same, and nobody would have seen what runs.
fn no_workflow(workflow: &str, head: &RefHead) -> String {
    format!(
        "{} has no workflow .github/workflows/{workflow} at {}. Name its file, as it is spelt there",
        head.name,
        short(&head.revision)
    )
}

fn ambiguous(name: &str) -> String {
    format!(
        "{name} is the name of a branch and of a tag. Name it `refs/heads/{name}` or `refs/tags/{name}` in the rule"
    )
}

/// Failure for a build that was not started, with the reason.
pub(crate) fn nothing(why: &str) -> Failure {
    Failure::Permanent(format!("nothing was started: {why}"))
}

/// A revision as people read it.
pub(crate) fn short(revision: &str) -> &str {
    revision.get(..MIN_PREFIX).unwrap_or(revision)
}
