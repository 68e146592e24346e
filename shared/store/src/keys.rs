//! Every key of every row, in one place; a test damages each kind of this table.
//!
//! Owners, repositories, slugs and environments stand in keys in their canonical form
//! ([`signoff_core::slug::canonical`]), so that one spelling is as good as another.
//!
//! | row | pk | sk | indexes |
//! |---|---|---|---|
//! | deploy | `deploy#ID` | `deploy` | `listing`: `deploys`, by time; `environment_key`: `SLUG#ENVIRONMENT`, by time; `deployment_key`: `deploys#SLUG`, by time |
//! | run | `deploy#ID` | `run#ID` | `approvals`: `failed`, by time, while a step of it failed and waits for somebody; else `kept_back` while the policy keeps one back |
//! | approval | `deploy#ID` | `approval#ID` | `approvals`: `pending` or `closed`, by time; `deployment_key`: `approvals#SLUG`, by time |
//! | facts: what became known after it arrived | `deploy#ID` | `facts` | |
//! | effect | `deploy#ID` | `effect#ID` | `due`: `due#0` or `due#1`, by `due_at`, until it is closed |
//! | event | `deploy#ID` | `event#TIME#POSITION#OWNER#VERSION` | |
//! | evaluation of its rules | `evaluations#ID` | `TIME#EFFECT` | `deployment_key`: `evaluations#SLUG`, by time |
//! | newest deploy of an environment | `deployments` | `SLUG#ENVIRONMENT` | |
//! | latest deploy that was registered for an environment | `latest#SLUG#ENVIRONMENT` | `latest` | |
//! | number of a deployment's repository | `repository#OWNER/NAME` | `id#SLUG` | |
//! | first deployment of a repository | `repository_id#NUMBER` | `deployment` | |
//! | another deployment of a repository | `repository_id#NUMBER` | `of#SLUG` | |
//! | repository of a CircleCI project | `circleci#PROJECT` | `owner` | |
//! | newest run that asks | `newest#SLUG#ENVIRONMENT#RULE` | `newest` | |
//! | what was let through to a place | `base#SLUG#DIGEST` of the place | `base` | |
//! | range that an approval judges | `ranges#ID` | `APPROVAL` | |
//! | whose rules ask how far an environment is behind | `drift#SLUG#ENVIRONMENT` | `ENVIRONMENT` that asks | |
//! | place of a dialog | `dialog#CHANNEL#TS` | `dialog` | |
//! | place of another message of a deploy | `message#CHANNEL#TS` | `message` | |
//! | place of a revision | `revisions#SLUG` | `REVISION#ENVIRONMENT#ID` | |
//! | API key | `keys` | `key#ID` | |
//! | session of a person in the console | `sessions` | SHA-256 of the cookie's text | |
//! | settings of a deployment | `deployments` | `SLUG` | |
//! | deployment that a repository's deliveries lead to | `repository#OWNER/NAME` | `repository` | |
//! | git account or e-mail address of a person | `people` | `HANDLE` (`github:NUMBER`, the address, `circleci:UUID`, or `OWNER/NAME#NUMBER:opener`) | |
//! | rules in force of a deployment, and the proposed ones | `rules#SLUG` | `in_force` | |
//! | that a deployment has no rules was told | `without_rules#SLUG` | `told`, `file` | |
//! | reviews of broken glasses that a deployment owes | `reviews#SLUG` | `owed` | |
//! | copy of a rules file, in pieces | `rules#SLUG` | `file#ID#NUMBER` | |
//! | policy of the stack, in force and proposed | `policy` | `policy` | |
//! | header secrets of the stack, without values | `header_secrets` | `header_secrets` | |
//! | ignored delivery | `delivery#SOURCE#ID` | `delivery` | |
//! | Slack account of an e-mail address, to mention people | `account#ADDRESS` | `account` | |
//! | request for a build, as it was sent | `build_requests#REPOSITORY` or `…#PROJECT` | `TIME#EFFECT` | |
//! | step that a build belongs to | `build#CI#ID` | `step` | |
//! | part of a large range | `reading#DIGEST` | `part#NAME` | |
//! | cached rules file | `rules#REPOSITORY#PATH` (cache table) | | |

use jiff::Timestamp;
use signoff_core::approval::Dialog;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::effect::StartedBuild;
use signoff_core::id::{ApprovalId, DeployId, EffectId, RunId, digest};
use signoff_core::people::Handle;
use signoff_core::slug::canonical;

/// The partition key's attribute.
pub(crate) const PK: &str = "pk";
/// The sort key's attribute.
pub(crate) const SK: &str = "sk";
/// The attribute that DynamoDB's time to live reads, in seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "kept_until";

/// The index of all deploys by time.
pub(crate) const LISTING_INDEX: &str = "listing";
/// Its partition key's attribute, with one value.
pub(crate) const LISTING: &str = "listing";
/// The value of it that every deploy has.
pub(crate) const ALL_DEPLOYS: &str = "deploys";
/// The sort key's attribute of every index by time.
pub(crate) const LISTED_AT: &str = "listed_at";
/// The attribute of a deploy that stood in its environment: the time from which it counts as being there.
pub(crate) const ARRIVED_AT: &str = "arrived_at";

/// The index of one environment's deploys by time.
pub(crate) const ENVIRONMENT_INDEX: &str = "environment";
/// Its partition key's attribute.
pub(crate) const ENVIRONMENT_KEY: &str = "environment_key";

/// The index of all approvals by the time at which they were opened.
pub(crate) const APPROVALS_INDEX: &str = "approvals";
/// Its partition key's attribute, with four values.
pub(crate) const APPROVALS: &str = "approvals";
/// The value of it that approvals have on which people can still vote.
pub(crate) const PENDING: &str = "pending";
/// The value of it that all others have.
pub(crate) const CLOSED: &str = "closed";
/// The value of it that runs have of which a step failed and waits for somebody.
pub(crate) const FAILED: &str = "failed";
/// The value of it that other runs have while the policy keeps a step of them back.
pub(crate) const KEPT_BACK: &str = "kept_back";

/// The index of what belongs to one deployment, by time; each kind has a partition of its own.
pub(crate) const DEPLOYMENT_INDEX: &str = "deployment";
/// Its partition key's attribute.
pub(crate) const DEPLOYMENT_KEY: &str = "deployment_key";

/// The partition of all deployments: their settings and their environments.
pub(crate) const DEPLOYMENTS: &str = "deployments";

/// The sparse index of effects that the clock has to look at.
pub(crate) const DUE_INDEX: &str = "due";
/// Its partition key's attribute, with one of [`DUE_SHARDS`] values, absent from closed effects.
pub(crate) const DUE: &str = "due";
/// The number of partitions of the index. One takes 1,000 writes of up to 1 KB a second, and a row here has
/// its keys alone, so that two take 120,000 writes a minute. Each one more costs the clock a query a minute.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
pub(crate) const DUE_SHARDS: u8 = 2;
/// Its sort key's attribute.
pub(crate) const DUE_AT: &str = "due_at";

/// A row's two keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

pub(crate) fn partition(deploy: &DeployId) -> String {
    format!("deploy#{deploy}")
}

pub(crate) fn deploy(deploy: &DeployId) -> Key {
    Key { pk: partition(deploy), sk: "deploy".to_owned() }
}

pub(crate) fn run(deploy: &DeployId, run: &RunId) -> Key {
    Key { pk: partition(deploy), sk: format!("run#{run}") }
}

pub(crate) fn approval(deploy: &DeployId, approval: &ApprovalId) -> Key {
    Key { pk: partition(deploy), sk: format!("approval#{approval}") }
}

pub(crate) fn facts(deploy: &DeployId) -> Key {
    Key { pk: partition(deploy), sk: "facts".to_owned() }
}

pub(crate) fn effect(deploy: &DeployId, effect: &EffectId) -> Key {
    Key { pk: partition(deploy), sk: format!("effect#{effect}") }
}

/// `owner` at `version` put this event on record, as number `position` of all that its transaction put there:
/// events of one time keep the order in which they followed from each other.
pub(crate) fn event(deploy: &DeployId, at: Timestamp, position: usize, owner: &str, version: u64) -> Key {
    Key { pk: partition(deploy), sk: format!("event#{}#{position:03}#{owner}#{version:08}", sortable(at)) }
}

pub(crate) fn newest(deployment: &Slug, environment_name: &str, rule: &str) -> Key {
    let pk = format!("newest#{}#{rule}", environment(deployment, environment_name));
    Key { pk, sk: "newest".to_owned() }
}

/// Key of the base of a place. A place may be longer than a key.
pub(crate) fn base(deployment: &Slug, place: &str) -> Key {
    Key {
        pk: format!("base#{}#{}", deployment.canonical(), digest(&["place", place])),
        sk: "base".to_owned(),
    }
}

/// Ranges have partitions of their own: a deploy's page does not need them.
pub(crate) fn range(deploy: &DeployId, approval: &ApprovalId) -> Key {
    Key { pk: format!("ranges#{deploy}"), sk: approval.to_string() }
}

/// The latest deploy that was registered for an environment.
pub(crate) fn latest(deployment: &Slug, environment_name: &str) -> Key {
    let pk = format!("latest#{}", environment(deployment, environment_name));
    Key { pk, sk: "latest".to_owned() }
}

/// The number of a repository, as a deployment knows it.
pub(crate) fn repository_id(deployment: &Slug, repository_name: &str) -> Key {
    let Key { pk, .. } = repository(repository_name);
    Key { pk, sk: format!("id#{}", deployment.canonical()) }
}

/// The deployment that a repository was confirmed for first, by the repository's number.
pub(crate) fn repository_owner(id: u64) -> Key {
    Key { pk: repository_partition(id), sk: "deployment".to_owned() }
}

/// Another deployment of the repository with this number.
pub(crate) fn repository_deployment(id: u64, deployment: &Slug) -> Key {
    Key { pk: repository_partition(id), sk: format!("of#{}", deployment.canonical()) }
}

/// The partition of every deployment of the repository with this number.
pub(crate) fn repository_partition(id: u64) -> String {
    format!("repository_id#{id}")
}

/// The repository that has a project of CircleCI's GitHub App.
pub(crate) fn project_owner(project: &str) -> Key {
    Key { pk: format!("circleci#{}", canonical(project)), sk: "owner".to_owned() }
}

/// The partition of those that ask how far `environment` is behind.
pub(crate) fn drift(deployment: &Slug, environment_name: &str) -> String {
    format!("drift#{}", environment(deployment, environment_name))
}

pub(crate) fn dialog(dialog: &Dialog) -> Key {
    Key { pk: format!("dialog#{}#{}", dialog.channel, dialog.ts), sk: "dialog".to_owned() }
}

pub(crate) fn message(message: &Dialog) -> Key {
    Key { pk: format!("message#{}#{}", message.channel, message.ts), sk: "message".to_owned() }
}

/// Partition key of the places of all revisions of a deployment.
pub(crate) fn revisions(deployment: &Slug) -> String {
    format!("revisions#{}", deployment.canonical())
}

pub(crate) fn revision(deploy: &Deploy) -> Key {
    let (environment, id) = (canonical(&deploy.environment), &deploy.id);
    Key { pk: revisions(&deploy.deployment), sk: format!("{}#{environment}#{id}", deploy.revision) }
}

/// Partition key of all API keys.
pub(crate) const API_KEYS: &str = "keys";

pub(crate) fn api_key(id: &str) -> Key {
    Key { pk: API_KEYS.to_owned(), sk: format!("key#{id}") }
}

/// The partition of all sessions in the console. The template names it, too: no other function may read it.
pub(crate) const SESSIONS: &str = "sessions";

pub(crate) fn session(digest: &str) -> Key {
    Key { pk: SESSIONS.to_owned(), sk: digest.to_owned() }
}

/// The partition of all people's accounts and addresses.
pub(crate) const PEOPLE: &str = "people";

pub(crate) fn person(handle: &Handle) -> Key {
    Key { pk: PEOPLE.to_owned(), sk: handle.to_string() }
}

pub(crate) fn deployment(deployment: &Slug) -> Key {
    Key { pk: DEPLOYMENTS.to_owned(), sk: deployment.canonical() }
}

/// The rules of a deployment: the file in force, and the one that was proposed.
pub(crate) fn rules_in_force(deployment: &Slug) -> Key {
    Key { pk: format!("rules#{}", deployment.canonical()), sk: "in_force".to_owned() }
}

/// Key of the row which says that the channel of a deployment was told of its missing rules.
pub(crate) fn without_rules(deployment: &Slug, has_file: bool) -> Key {
    let sk = if has_file { "file" } else { "told" }.to_owned();
    Key { pk: format!("without_rules#{}", deployment.canonical()), sk }
}

/// The reviews of broken glasses that a deployment owes.
pub(crate) fn owed_reviews(deployment: &Slug) -> Key {
    Key { pk: format!("reviews#{}", deployment.canonical()), sk: "owed".to_owned() }
}

/// The policy of the stack.
pub(crate) fn policy() -> Key {
    Key { pk: "policy".to_owned(), sk: "policy".to_owned() }
}

/// The header secrets of the stack.
pub(crate) fn header_secrets() -> Key {
    Key { pk: "header_secrets".to_owned(), sk: "header_secrets".to_owned() }
}

/// A piece of the copy of a rules file.
pub(crate) fn rules_piece(deployment: &Slug, file: &str, number: usize) -> Key {
    Key { pk: format!("rules#{}", deployment.canonical()), sk: format!("file#{file}#{number:03}") }
}

pub(crate) fn repository(repository: &str) -> Key {
    Key { pk: format!("repository#{}", canonical(repository)), sk: "repository".to_owned() }
}

pub(crate) fn delivery(source: &str, id: &str) -> Key {
    Key { pk: format!("delivery#{source}#{id}"), sk: "delivery".to_owned() }
}

/// The Slack account of an e-mail address.
pub(crate) fn account(address: &str) -> Key {
    Key { pk: format!("account#{address}"), sk: "account".to_owned() }
}

/// Partition key of the requests for builds of `source`: a repository, or a project of CircleCI.
pub(crate) fn build_requests(source: &str) -> String {
    format!("build_requests#{}", canonical(source))
}

/// A request for a build of `source`, which `effect` sent at `at`.
pub(crate) fn build_request(source: &str, at: Timestamp, effect: &EffectId) -> Key {
    Key { pk: build_requests(source), sk: format!("{}#{effect}", sortable(at)) }
}

/// The step that a build belongs to. The ids of runs and of pipelines are those of their whole host.
pub(crate) fn build(build: &StartedBuild) -> Key {
    let ci = match build {
        StartedBuild::Pipeline { .. } => "circleci",
        StartedBuild::Run { .. } => "github",
    };
    Key { pk: format!("build#{ci}#{}", build.id()), sk: "step".to_owned() }
}

/// A part of a large range.
pub(crate) fn reading_part(reading: &str, name: &str) -> Key {
    Key { pk: format!("reading#{}", digest(&[reading])), sk: format!("part#{name}") }
}

pub(crate) fn cached_rules(repository: &str, path: &str) -> String {
    format!("rules#{}#{path}", canonical(repository))
}

pub(crate) fn environment(deployment: &Slug, environment: &str) -> String {
    format!("{}#{}", deployment.canonical(), canonical(environment))
}

/// The newest deploy of an environment. Rows of a deployment lie between its slug and its [`end`].
pub(crate) fn newest_of(deployment: &Slug, environment_name: &str) -> Key {
    Key { pk: DEPLOYMENTS.to_owned(), sk: environment(deployment, environment_name) }
}

/// The value of the partition `shard` of the clock's index.
pub(crate) fn due_shard(shard: u8) -> String {
    format!("due#{shard}")
}

/// The partition of the clock's index that an effect is in. Ids are digests, so that they are spread evenly.
pub(crate) fn due(effect: &EffectId) -> String {
    let sum = effect.as_str().bytes().fold(0_u8, u8::wrapping_add);
    due_shard(sum % DUE_SHARDS)
}

/// Sort key after every row of a deployment in the partition of all deployments, and before any other: no
/// slug has a `$`, which follows on `#`.
pub(crate) fn end(deployment: &Slug) -> String {
    format!("{}$", deployment.canonical())
}

/// The partition of a deployment's deploys in its index.
pub(crate) fn deploys_of(deployment: &Slug) -> String {
    format!("deploys#{}", deployment.canonical())
}

/// Sort key of a deploy in lists: its time; in case two have the same time, the id of its GitHub deployment,
/// or else the time at which it was reported; and its id. It sorts deploys as [`Moment::is_after`] does, but
/// for a GitHub deployment and a registration of the same second.
///
/// [`Moment::is_after`]: signoff_core::moment::Moment::is_after
pub(crate) fn listed_at(deploy: &Deploy) -> String {
    let (at, id) = (sortable(deploy.deployed_at), &deploy.id);
    match deploy.host_deployment {
        Some(number) => format!("{at}#{number:020}#{id}"),
        None => format!("{at}#{}#{id}", sortable(deploy.registered_at)),
    }
}

/// Evaluations have partitions of their own: what is kept of a large file would make a deploy's page several
/// requests.
pub(crate) fn evaluation(deploy: &DeployId, at: Timestamp, effect: &EffectId) -> Key {
    Key { pk: evaluations_of_deploy(deploy), sk: evaluated(at, effect) }
}

/// The partition of the evaluations of a deploy's rules.
pub(crate) fn evaluations_of_deploy(deploy: &DeployId) -> String {
    format!("evaluations#{deploy}")
}

/// Partition key of the evaluations of a deployment's rules.
pub(crate) fn evaluations_of(deployment: &Slug) -> String {
    format!("evaluations#{}", deployment.canonical())
}

/// Sort key of an evaluation in lists: its time, and the effect that asked for it in case two have the same
/// time.
pub(crate) fn evaluated(at: Timestamp, effect: &EffectId) -> String {
    format!("{}#{effect}", sortable(at))
}

/// Partition key of the approvals of a deployment.
pub(crate) fn approvals_of(deployment: &Slug) -> String {
    format!("approvals#{}", deployment.canonical())
}

/// Sort key of an approval or a run in lists: the time at which it was opened, and its id in case two have
/// the same time.
pub(crate) fn opened(at: Timestamp, id: &impl std::fmt::Display) -> String {
    format!("{}#{id}", sortable(at))
}

/// A time that sorts as text: UTC with microseconds, always of the same length.
pub(crate) fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests;
