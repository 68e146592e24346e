//! Deployments that this stack knows, each with its repository and its channel: the setting `DEPLOYMENTS`.
//!
//! Entries separated by commas: `SLUG[=OWNER/REPOSITORY] [#CHANNEL] [circleci:PROJECT-SLUG]`. `acme/*` stands
//! for every deployment of `acme`, each with the repository of its own name; the most specific entry counts.

use signoff_core::deploy::Slug;
use signoff_core::slug::{canonical, is_circleci_project};
use signoff_store::{CiTrust, GitHost, SecretNumbers};
use thiserror::Error;

/// The deployments of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployments(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    organization: String,
    /// `None`: all of the organization.
    name: Option<String>,
    repository: Option<String>,
    channel: Option<String>,
    circleci_project: Option<String>,
}

/// A deployment's repository, and where its problems are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// True if only an entry for a whole organization connects it.
    pub is_of_organization: bool,
    /// The deployment, as it was first connected.
    pub deployment: Slug,
    /// The repository, `owner/name`.
    pub repository: String,
    /// The channel for what no dialog can show; `None`: the record only.
    pub channel: Option<String>,
    /// CircleCI's slug of the project.
    pub circleci_project: String,
    /// The id of the project's pipeline definition, which projects of CircleCI's GitHub App need. The
    /// setting says nothing of it.
    pub circleci_definition: Option<String>,
    /// Host of the repository. The setting does not name it: GitHub.
    pub git_host: GitHost,
    /// The numbers that its secrets are derived with.
    pub secrets: SecretNumbers,
    /// The CI jobs whose tokens register its deploys.
    pub ci: Vec<CiTrust>,
}

/// An entry that can't be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "has the entry `{entry}`, which {problem}; an entry is `owner/name`, `owner/*` or `owner/name=owner/repository`, then optionally `#channel` and `circleci:project-slug`"
)]
pub struct DeploymentsError {
    entry: String,
    problem: String,
}

impl Deployments {
    /// Reads the setting.
    pub fn parse(text: &str) -> Result<Self, DeploymentsError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Entry::parse).collect::<Result<_, _>>().map(Self)
    }

    /// The connection of `deployment`, if the stack knows it. An entry for a whole organization connects no
    /// repository that another entry names: that one has the rules in force of the deployment there.
    pub fn connection(&self, deployment: &Slug) -> Option<Connection> {
        let same = |one: &str, other: &str| canonical(one) == canonical(other);
        let of_organization =
            || self.0.iter().filter(|entry| same(&entry.organization, deployment.organization()));
        let exact = of_organization()
            .find(|entry| entry.name.as_deref().is_some_and(|name| same(name, deployment.name())));
        let entry = exact.or_else(|| of_organization().find(|entry| entry.name.is_none()))?;
        let name = entry.name.as_deref().unwrap_or(deployment.name());
        let deployment = Slug::new(&entry.organization, name)?;
        let is_of_organization = entry.name.is_none();
        let of_another = |other: &Entry| {
            other.repository.as_deref().is_some_and(|repository| same(repository, deployment.as_str()))
        };
        if is_of_organization && self.0.iter().any(of_another) {
            return None;
        }
        let repository = entry.repository.clone().unwrap_or_else(|| deployment.to_string());
        let circleci_project = entry.circleci_project.clone().unwrap_or_else(|| format!("gh/{repository}"));
        let channel = entry.channel.clone();
        Some(Connection {
            is_of_organization,
            deployment,
            repository,
            channel,
            circleci_project,
            circleci_definition: None,
            git_host: GitHost::Github,
            secrets: SecretNumbers::default(),
            ci: Vec::new(),
        })
    }

    /// The deployment whose repository is `repository`, `owner/name`, if the stack knows it.
    pub fn of_repository(&self, repository: &str) -> Option<Slug> {
        let same = |other: &str| canonical(other) == canonical(repository);
        let mapped = self.0.iter().find(|entry| entry.repository.as_deref().is_some_and(same));
        if let Some(Entry { organization, name: Some(name), .. }) = mapped {
            return Slug::new(organization, name);
        }
        let (owner, name) = repository.split_once('/')?;
        let slug = Slug::new(owner, name)?;
        let connected = self.connection(&slug)?;
        same(&connected.repository).then_some(connected.deployment)
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, DeploymentsError> {
        let error = |problem: &str| DeploymentsError { entry: text.to_owned(), problem: problem.to_owned() };
        let mut words = text.split_whitespace();
        let head = words.next().unwrap_or_default();
        let (slug, repository) = match head.split_once('=') {
            Some((slug, repository)) => (slug, Some(repository)),
            None => (head, None),
        };
        let (organization, name) = slug.split_once('/').ok_or_else(|| error("has no `/`"))?;
        let all = name == "*";
        if Slug::new(organization, if all { "x" } else { name }).is_none() {
            return Err(error("is not `owner/name`"));
        }
        if repository.is_some() && all {
            return Err(error("maps every deployment to one repository"));
        }
        if let Some(repository) = repository
            && repository.split_once('/').and_then(|(owner, name)| Slug::new(owner, name)).is_none()
        {
            return Err(error("does not name a repository after `=`"));
        }
        let (mut channel, mut circleci_project) = (None, None);
        for word in words {
            match word.strip_prefix("circleci:") {
                Some(project) if !is_circleci_project(project) => {
                    return Err(error("names no project of CircleCI"));
                }
                Some(project) => circleci_project = Some(project.to_owned()),
                None if channel.is_none() => channel = Some(word.to_owned()),
                None => return Err(error("names two channels")),
            }
        }
        Ok(Self {
            organization: organization.to_owned(),
            name: (!all).then(|| name.to_owned()),
            repository: repository.map(str::to_owned),
            channel,
            circleci_project,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(deployments: &str, slug: (&str, &str)) -> Option<Connection> {
        Deployments::parse(deployments).unwrap().connection(&Slug::new(slug.0, slug.1).unwrap())
    }

    #[test]
    fn repository_of_another_entry_is_not_connected_again() {
        let setting = "acme/*, shop/web=acme/storefront, acme/pay=acme/Billing";
        for (slug, is_known) in [
            (("acme", "storefront"), false),
            (("ACME", "Storefront"), false),
            (("acme", "billing"), false),
            (("acme", "pay"), true),
            (("shop", "web"), true),
            (("acme", "other"), true),
        ] {
            assert_eq!(connected(setting, slug).is_some(), is_known, "{slug:?}");
        }
        // Said in so many words, a repository may have two deployments.
        assert!(connected("acme/mono, acme/web=acme/mono", ("acme", "mono")).is_some());
    }

    #[test]
    fn the_most_specific_entry_counts() {
        let setting = "acme/* #deploys, acme/web=acme/storefront #web-team circleci:circleci/a/b";
        let web = connected(setting, ("acme", "web")).unwrap();
        assert_eq!(
            (web.repository.as_str(), web.circleci_project.as_str()),
            ("acme/storefront", "circleci/a/b")
        );
        let checkout = connected(setting, ("acme", "checkout")).unwrap();
        assert_eq!(checkout.repository, "acme/checkout");
        assert_eq!(checkout.channel.as_deref(), Some("#deploys"));
        assert_eq!(checkout.circleci_project, "gh/acme/checkout");
        assert_eq!(connected(setting, ("other", "web")), None);
        assert_eq!(connected("", ("acme", "web")), None);
    }

    #[test]
    fn a_repository_leads_to_its_deployment() {
        let deployments = Deployments::parse("acme/*, shop/web=acme/storefront").unwrap();
        let of = |repository| deployments.of_repository(repository).map(|slug| slug.to_string());
        assert_eq!(of("acme/storefront").as_deref(), Some("shop/web"));
        assert_eq!(of("acme/checkout").as_deref(), Some("acme/checkout"));
        assert_eq!(of("other/checkout"), None);
        assert_eq!(of("ACME/Storefront").as_deref(), Some("shop/web"));
        assert_eq!(of("Acme/Checkout").as_deref(), Some("acme/Checkout"));
    }

    #[test]
    fn a_deployment_is_connected_in_any_case() {
        let setting = "Acme/* #deploys, acme/Web=acme/storefront";
        let web = connected(setting, ("ACME", "wEB")).unwrap();
        assert_eq!((web.deployment.as_str(), web.repository.as_str()), ("acme/Web", "acme/storefront"));
        let checkout = connected(setting, ("acme", "Checkout")).unwrap();
        assert_eq!(checkout.deployment.as_str(), "Acme/Checkout");
        let problem = Deployments::parse("acme/..").unwrap_err().problem;
        assert_eq!(problem, "is not `owner/name`");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (setting, problem) in [
            ("acme", "has no `/`"),
            ("acme/a b c", "names two channels"),
            ("acme/*=acme/x", "maps every deployment to one repository"),
            ("acme/a circleci:gh/acme/..", "names no project of CircleCI"),
            ("acme/a circleci:gh/acme", "names no project of CircleCI"),
            ("acme/a=b", "does not name a repository after `=`"),
            ("ac me/x", "has no `/`"),
        ] {
            let error = Deployments::parse(setting).unwrap_err();
            assert_eq!(error.problem, problem, "{setting}");
        }
    }
}
