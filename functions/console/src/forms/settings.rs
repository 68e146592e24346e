//! The form of a deployment's settings.

use super::Field;
use crate::address::parameters::parameter;
use signoff_core::deploy::Slug;
use signoff_core::slug::{is_circleci_definition, is_circleci_project};
use signoff_runtime::deployments::Connection;
use signoff_store::{CiTrust, DeploymentSettings, GitHost, MOST_TRUSTS};

/// The longest text of a field, in characters.
const LONGEST: usize = 200;
/// The longest text of the lines for CI jobs, in bytes.
pub(crate) const LONGEST_CI: usize = 6_000;

/// Values of the form as they were typed, and their problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingsForm {
    pub(crate) repository: Field,
    pub(crate) channel: Field,
    pub(crate) circleci_project: Field,
    /// The id of the project's pipeline definition.
    pub(crate) circleci_definition: Field,
    /// The CI jobs whose tokens register deploys, a line each.
    pub(crate) ci: Field,
    pub(crate) git_host: GitHost,
    /// The version that it was made from; 0: nothing was saved yet.
    pub(crate) version: u64,
}

/// Values of a form that is filled in as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) repository: String,
    pub(crate) channel: Option<String>,
    pub(crate) circleci_project: Option<String>,
    pub(crate) circleci_definition: Option<String>,
    pub(crate) git_host: GitHost,
    pub(crate) ci: Vec<CiTrust>,
}

impl SettingsForm {
    /// The form of what is saved.
    pub(crate) fn saved(settings: &DeploymentSettings) -> Self {
        Self {
            repository: Field::new(&settings.repository),
            channel: Field::new(settings.channel.as_deref().unwrap_or_default()),
            circleci_project: Field::new(settings.circleci_project.as_deref().unwrap_or_default()),
            circleci_definition: Field::new(settings.circleci_definition.as_deref().unwrap_or_default()),
            ci: Field::new(settings.ci.iter().map(|line| format!("{line}\n")).collect::<String>()),
            git_host: settings.git_host,
            version: settings.version,
        }
    }

    /// The form of a deployment that nothing is saved of: what the stack's parameter has, else its own name.
    pub(crate) fn unsaved(deployment: &Slug, parameter: Option<&Connection>) -> Self {
        let (repository, channel, project) = match parameter {
            Some(known) => {
                (known.repository.as_str(), known.channel.as_deref(), known.circleci_project.as_str())
            }
            None => (deployment.as_str(), None, ""),
        };
        let own = project == format!("gh/{repository}");
        Self {
            repository: Field::new(repository),
            channel: Field::new(channel.unwrap_or_default()),
            circleci_project: Field::new(if own { "" } else { project }),
            circleci_definition: Field::default(),
            ci: Field::default(),
            git_host: parameter.map_or_else(GitHost::default, |known| known.git_host),
            version: 0,
        }
    }

    /// Reads `form`.
    pub(crate) fn read(form: &str) -> Self {
        let field = |name: &str, problem: fn(&str) -> Option<String>| {
            let text = parameter(form, name).unwrap_or_default().trim().to_owned();
            let problem = if text.chars().count() > LONGEST {
                Some(format!("At most {LONGEST} characters. Shorten it."))
            } else {
                problem(&text)
            };
            Field { text, problem }
        };
        let host = parameter(form, "git_host").unwrap_or_default();
        Self {
            ci: ci_field(parameter(form, "ci").unwrap_or_default().trim()),
            repository: field("repository", repository_problem),
            channel: field("channel", channel_problem),
            circleci_project: field("circleci_project", project_problem),
            circleci_definition: field("circleci_definition", definition_problem),
            git_host: GitHost::ALL.into_iter().find(|known| known.name() == host).unwrap_or_default(),
            version: parameter(form, "version").and_then(|text| text.parse().ok()).unwrap_or_default(),
        }
    }

    /// Values of the form. `None`: something is wrong with one of them.
    pub(crate) fn filled(&self) -> Option<Filled> {
        let Self { repository, channel, circleci_project, circleci_definition, ci, .. } = self;
        let right = [repository, channel, circleci_project, circleci_definition, ci];
        let some = |field: &Field| Some(field.text.clone()).filter(|text| !text.is_empty());
        let trusted = ci_lines(&self.ci.text).ok()?;
        right.iter().all(|field| field.problem.is_none()).then(|| Filled {
            repository: self.repository.text.clone(),
            channel: some(&self.channel),
            circleci_project: some(&self.circleci_project),
            circleci_definition: some(&self.circleci_definition).map(|id| id.to_ascii_lowercase()),
            git_host: self.git_host,
            ci: trusted,
        })
    }
}

fn ci_field(text: &str) -> Field {
    // More would not be shown on a page that stays small.
    if text.len() > LONGEST_CI {
        return Field {
            text: String::new(),
            problem: Some(format!("These are more than {LONGEST_CI} bytes. Shorten it.")),
        };
    }
    Field { text: text.to_owned(), problem: ci_lines(text).err() }
}

/// The CI jobs of these lines. Error: what to write in the first line that is wrong.
fn ci_lines(text: &str) -> Result<Vec<CiTrust>, String> {
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let read = |(index, line)| {
        CiTrust::parse(line).map_err(|error| format!("Line {number}: {error}", number = index + 1))
    };
    let all: Vec<CiTrust> = lines.map(read).collect::<Result<_, _>>()?;
    match all.len() {
        0..=MOST_TRUSTS => Ok(all),
        more => Err(format!("These are {more} lines. Write {MOST_TRUSTS} at most.")),
    }
}

fn repository_problem(text: &str) -> Option<String> {
    let right = "Write it as owner/name, such as acme/checkout.";
    let named = text.split_once('/').is_some_and(|(owner, name)| Slug::new(owner, name).is_some());
    (!named).then(|| match text {
        "" => format!("Enter the repository. {right}"),
        text if text.contains("://") => format!("This is an address. {right}"),
        _ => format!("This isn\u{2019}t a repository\u{2019}s name. {right}"),
    })
}

fn channel_problem(text: &str) -> Option<String> {
    let name = text.strip_prefix('#');
    let right = match name {
        Some(name) => !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "#,@".contains(c)),
        None => {
            text.is_empty()
                || (text.starts_with(['C', 'G']) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        }
    };
    (!right).then(|| {
        "This isn\u{2019}t a channel\u{2019}s name. Write it as #deploys, or as the channel\u{2019}s id (C0123ABCDEF).".to_owned()
    })
}

fn project_problem(text: &str) -> Option<String> {
    let right = text.is_empty() || is_circleci_project(text);
    (!right).then(|| {
        "This isn\u{2019}t a CircleCI project. Write its slug, such as gh/acme/checkout or circleci/ORGANIZATION/PROJECT, or leave it \
         empty."
            .to_owned()
    })
}

fn definition_problem(text: &str) -> Option<String> {
    let right = text.is_empty() || is_circleci_definition(text);
    (!right).then(|| {
        "This isn\u{2019}t the id of a pipeline definition. Copy it from Project settings, Pipelines on CircleCI, such as \
         2338d0ae-5541-4bbf-88a2-55e9f7281f80, or leave it empty."
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in() {
        let form = SettingsForm::read(
            "repository=+acme/checkout&channel=%23deploys&circleci_project=&git_host=gitlab&version=3",
        );
        assert_eq!(form.version, 3);
        let filled = Filled {
            repository: "acme/checkout".to_owned(),
            channel: Some("#deploys".to_owned()),
            circleci_project: None,
            circleci_definition: None,
            git_host: GitHost::Gitlab,
            ci: Vec::new(),
        };
        assert_eq!(form.filled(), Some(filled));
        for right in [
            "repository=a/b&channel=C0123ABC&circleci_project=circleci/a-1/b",
            "repository=a/b&channel=%23caf%C3%A9&circleci_project=gh/a/b.c",
            "repository=a/b&circleci_definition=2338D0AE-5541-4bbf-88a2-55e9f7281f80",
        ] {
            assert!(SettingsForm::read(right).filled().is_some(), "{right}");
        }
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let mut told = String::new();
        for form in [
            "",
            "repository=https://github.com/acme/checkout&channel=deploys",
            "repository=acme/a/b&channel=%23a+b&circleci_project=checkout",
            "repository=acme/a+b&channel=%23&circleci_project=gh/acme/a%22b",
            "repository=a/b&circleci_definition=build",
        ] {
            let form = SettingsForm::read(form);
            assert_eq!(form.filled(), None);
            for field in [form.repository, form.channel, form.circleci_project, form.circleci_definition] {
                told.extend(field.problem.map(|problem| format!("{}: {problem}\n", field.text)));
            }
        }
        insta::assert_snapshot!(told, @r#"
        : Enter the repository. Write it as owner/name, such as acme/checkout.
        https://github.com/acme/checkout: This is an address. Write it as owner/name, such as acme/checkout.
        deploys: This isn’t a channel’s name. Write it as #deploys, or as the channel’s id (C0123ABCDEF).
        acme/a/b: This isn’t a repository’s name. Write it as owner/name, such as acme/checkout.
        #a b: This isn’t a channel’s name. Write it as #deploys, or as the channel’s id (C0123ABCDEF).
        checkout: This isn’t a CircleCI project. Write its slug, such as gh/acme/checkout or circleci/ORGANIZATION/PROJECT, or leave it empty.
        acme/a b: This isn’t a repository’s name. Write it as owner/name, such as acme/checkout.
        #: This isn’t a channel’s name. Write it as #deploys, or as the channel’s id (C0123ABCDEF).
        gh/acme/a"b: This isn’t a CircleCI project. Write its slug, such as gh/acme/checkout or circleci/ORGANIZATION/PROJECT, or leave it empty.
        build: This isn’t the id of a pipeline definition. Copy it from Project settings, Pipelines on CircleCI, such as 2338d0ae-5541-4bbf-88a2-55e9f7281f80, or leave it empty.
        "#);
        let long = SettingsForm::read(&format!("repository=a/b&channel=%23{}", "x".repeat(200)));
        assert!(long.channel.problem.is_some_and(|problem| problem.contains("200")));
    }

    #[test]
    fn ci_jobs_are_read_line_by_line() {
        let of = |ci: &str| {
            let ci: String = form_urlencoded::byte_serialize(ci.as_bytes()).collect();
            SettingsForm::read(&format!("repository=a/b&ci={ci}"))
        };
        let form = of("github repository_id=1 report\r\n\r\n  gitlab project_id=2\r\n");
        let filled = form.filled().unwrap();
        let lines: Vec<_> = filled.ci.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "github repository_id=1 issuer=https://token.actions.githubusercontent.com report",
                "gitlab project_id=2 issuer=https://gitlab.com"
            ]
        );
        assert!(of("").filled().unwrap().ci.is_empty());
        let wrong = of("github repository_id=1\n\ngithub owner=acme");
        assert_eq!(wrong.filled(), None);
        let problem = wrong.ci.problem.unwrap();
        assert_eq!(problem, "Line 3: A line of github needs repository_id= (a number).");
        assert!(wrong.ci.text.contains("owner=acme"), "what was typed stays");
        let long = of(&"x".repeat(6_001));
        assert!(long.filled().is_none() && long.ci.text.is_empty());
        let many = of(&"github repository_id=1\n".repeat(11));
        assert_eq!(many.ci.problem.as_deref(), Some("These are 11 lines. Write 10 at most."));
    }

    #[test]
    fn what_nothing_is_saved_of() {
        let slug = Slug::new("acme", "web").unwrap();
        let unknown = SettingsForm::unsaved(&slug, None);
        assert_eq!((unknown.repository.text.as_str(), unknown.version), ("acme/web", 0));
        let known = |project: &str| Connection {
            is_of_organization: false,
            deployment: slug.clone(),
            repository: "acme/store".to_owned(),
            channel: Some("#web".to_owned()),
            circleci_project: project.to_owned(),
            circleci_definition: None,
            git_host: GitHost::Github,
            secrets: signoff_store::SecretNumbers::default(),
            ci: Vec::new(),
        };
        let own = SettingsForm::unsaved(&slug, Some(&known("gh/acme/store")));
        assert_eq!((own.channel.text.as_str(), own.circleci_project.text.as_str()), ("#web", ""));
        let other = SettingsForm::unsaved(&slug, Some(&known("circleci/a/b")));
        assert_eq!(other.circleci_project.text, "circleci/a/b");
    }
}
