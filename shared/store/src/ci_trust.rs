//! The CI jobs whose tokens register a deployment's deploys: settings that name them by ids that nobody can
//! take over.
//!
//! An admin writes each as a line: `github repository_id=2002`.

use serde::{Deserialize, Serialize};
use signoff_core::ci_job::{BUILDKITE, GITHUB_ACTIONS};
use std::fmt;
use thiserror::Error;

/// The most lines of a deployment.
pub const MOST_TRUSTS: usize = 10;
/// The longest line, in bytes.
const LONGEST_LINE: usize = 500;

/// The jobs of one CI project, and what their tokens are good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiTrust {
    /// The project.
    pub project: CiProject,
    /// The tokens' `iss`, byte for byte.
    pub issuer: String,
    /// Full names of the branches and tags whose jobs count, besides those that their tokens call protected.
    /// None: the default branch and the protected ones, by the source host's word where the token does not
    /// say.
    #[serde(default)]
    pub refs: Vec<String>,
    /// True if the tokens may also report health, and tags that count.
    #[serde(default)]
    pub report: bool,
}

/// A project of a CI, by its ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ci", rename_all = "snake_case")]
pub enum CiProject {
    /// GitHub Actions.
    Github {
        /// The repository's number.
        repository_id: String,
    },
    /// GitLab CI.
    Gitlab {
        /// The project's number.
        project_id: String,
    },
    /// CircleCI.
    Circleci {
        /// The organization's UUID.
        organization: String,
        /// The project's UUID.
        project: String,
        /// The repository as CircleCI writes it: `github.com/acme/checkout`.
        origin: String,
    },
    /// Buildkite.
    Buildkite {
        /// The organization's UUID.
        organization: String,
        /// The pipeline's UUID.
        pipeline: String,
    },
}

/// A line that can't be read: a sentence that says what to write.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct CiTrustError(String);

/// The words of a line after the CI's name.
struct Words<'a> {
    ci: &'a str,
    values: Vec<(&'a str, &'a str)>,
    refs: Vec<String>,
    report: bool,
}

impl CiTrust {
    /// Reads a line: the CI, then `name=value` for each id, any number of `ref=`, an `issuer=` where it is
    /// not the usual one, and `report` where the tokens may report health.
    ///
    /// # Errors
    ///
    /// The CI is unknown, an id is missing or malformed, or a word is unknown: what to write instead.
    pub fn parse(line: &str) -> Result<Self, CiTrustError> {
        if line.len() > LONGEST_LINE {
            return Err(CiTrustError(format!("A line is longer than {LONGEST_LINE} bytes. Shorten it.")));
        }
        let mut words = Words::read(line)?;
        let uuid = (is_uuid as fn(&str) -> bool, "a UUID in lower case");
        let number = (is_number as fn(&str) -> bool, "a number");
        let (project, usual_issuer) = match words.ci {
            "github" => {
                let repository_id = words.take("repository_id", number)?;
                (
                    CiProject::Github { repository_id },
                    "https://token.actions.githubusercontent.com".to_owned(),
                )
            }
            "gitlab" => {
                let project_id = words.take("project_id", number)?;
                (CiProject::Gitlab { project_id }, "https://gitlab.com".to_owned())
            }
            "circleci" => {
                let organization = words.take("organization", uuid)?;
                let project = words.take("project", uuid)?;
                let origin =
                    words.take("origin", (is_origin, "the repository, such as github.com/acme/checkout"))?;
                let issuer = format!("https://oidc.circleci.com/org/{organization}");
                (CiProject::Circleci { organization, project, origin }, issuer)
            }
            "buildkite" => {
                let organization = words.take("organization", uuid)?;
                let pipeline = words.take("pipeline", uuid)?;
                (CiProject::Buildkite { organization, pipeline }, "https://agent.buildkite.com".to_owned())
            }
            other => {
                return Err(CiTrustError(format!(
                    "\u{201c}{other}\u{201d} is not a CI whose tokens Signoff takes. Begin the line with github, gitlab, circleci \
                     or buildkite."
                )));
            }
        };
        let issuer = match words.values.iter().any(|(key, _)| *key == "issuer") {
            true => words.take("issuer", (is_issuer, "an address such as https://gitlab.example.com"))?,
            false => usual_issuer,
        };
        if let Some((key, _)) = words.values.first() {
            return Err(CiTrustError(format!(
                "\u{201c}{key}\u{201d} is unknown, or there twice. Take it out."
            )));
        }
        if words.report && matches!(project, CiProject::Buildkite { .. }) {
            return Err(CiTrustError(
                "A token of Buildkite does not say if its build is a fork\u{2019}s pull request, so it can\u{2019}t report. Take out \
                 report, and report with an API key."
                    .to_owned(),
            ));
        }
        Ok(Self { project, issuer, refs: words.refs, report: words.report })
    }
}

impl<'a> Words<'a> {
    fn read(line: &'a str) -> Result<Self, CiTrustError> {
        let mut words = line.split_whitespace();
        let ci = words.next().unwrap_or_default();
        let (mut values, mut refs, mut report) = (Vec::new(), Vec::new(), false);
        for word in words {
            match word.split_once('=') {
                Some(("ref", value)) if is_full_ref(value) => refs.push(value.to_owned()),
                Some(("ref", value)) => {
                    return Err(CiTrustError(format!(
                        "\u{201c}{value}\u{201d} is not a full ref. Write it as refs/heads/main or refs/tags/v1."
                    )));
                }
                Some(value) => values.push(value),
                None if word == "report" => report = true,
                None => {
                    return Err(CiTrustError(format!(
                        "\u{201c}{word}\u{201d} is unknown. Write ids as name=value."
                    )));
                }
            }
        }
        Ok(Self { ci, values, refs, report })
    }

    /// Takes the value of `key` out. Error: it is missing, or not as `right` says.
    fn take(&mut self, key: &str, right: (fn(&str) -> bool, &str)) -> Result<String, CiTrustError> {
        let (is_right, like) = right;
        let at = self.values.iter().position(|(known, _)| *known == key);
        let missing = || CiTrustError(format!("A line of {} needs {key}= ({like}).", self.ci));
        let (_, value) = self.values.remove(at.ok_or_else(missing)?);
        match is_right(value) {
            true => Ok(value.to_owned()),
            false => Err(CiTrustError(format!("{key}=\u{201c}{value}\u{201d} is not right. Write {like}."))),
        }
    }
}

impl CiProject {
    /// The CI's name for people.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Github { .. } => GITHUB_ACTIONS,
            Self::Gitlab { .. } => "GitLab CI",
            Self::Circleci { .. } => "CircleCI",
            Self::Buildkite { .. } => BUILDKITE,
        }
    }
}

/// The line that [`CiTrust::parse`] reads.
impl fmt::Display for CiTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.project {
            CiProject::Github { repository_id } => write!(f, "github repository_id={repository_id}")?,
            CiProject::Gitlab { project_id } => write!(f, "gitlab project_id={project_id}")?,
            CiProject::Circleci { organization, project, origin } => {
                write!(f, "circleci organization={organization} project={project} origin={origin}")?;
            }
            CiProject::Buildkite { organization, pipeline } => {
                write!(f, "buildkite organization={organization} pipeline={pipeline}")?;
            }
        }
        write!(f, " issuer={}", self.issuer)?;
        self.refs.iter().try_for_each(|name| write!(f, " ref={name}"))?;
        if self.report { f.write_str(" report") } else { Ok(()) }
    }
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_origin(text: &str) -> bool {
    text.split('/').count() == 3 && text.split('/').all(|part| !part.is_empty())
}

/// An address over TLS; the issuer of a local stack has none, and a function on AWS does not ask it.
fn is_issuer(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://127.0.0.1:"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/') && !rest.contains(['?', '#', '@', '"']))
}

fn is_full_ref(text: &str) -> bool {
    let name = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("refs/tags/"));
    name.is_some_and(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "00000000-0000-4000-8000-000000001001";

    #[test]
    fn a_line_reads_as_it_is_written() {
        for line in [
            "github repository_id=2002 issuer=https://token.actions.githubusercontent.com".to_owned(),
            "gitlab project_id=7 issuer=https://gitlab.example.com ref=refs/heads/main ref=refs/tags/v1 report".to_owned(),
            format!(
                "circleci organization={UUID} project={UUID} origin=github.com/acme/pay \
                 issuer=https://oidc.circleci.com/org/{UUID} ref=refs/heads/main"
            ),
            format!("buildkite organization={UUID} pipeline={UUID} issuer=https://agent.buildkite.com ref=refs/heads/main"),
        ] {
            assert_eq!(CiTrust::parse(&line).unwrap().to_string(), line);
        }
        let short = CiTrust::parse("  github   repository_id=2002 ").unwrap();
        assert_eq!(short.issuer, "https://token.actions.githubusercontent.com");
        assert!(!short.report && short.refs.is_empty());
        assert!(
            CiTrust::parse(&format!("buildkite organization={UUID} pipeline={UUID}"))
                .unwrap()
                .refs
                .is_empty()
        );
    }

    #[test]
    fn a_line_with_a_mistake_says_what_to_write() {
        let uuid = UUID;
        for (line, told) in [
            (
                "",
                "“” is not a CI whose tokens Signoff takes. Begin the line with github, gitlab, circleci or buildkite.",
            ),
            (
                "jenkins id=1",
                "“jenkins” is not a CI whose tokens Signoff takes. Begin the line with github, gitlab, circleci or buildkite.",
            ),
            ("github", "A line of github needs repository_id= (a number)."),
            ("github repository_id=acme/pay", "repository_id=“acme/pay” is not right. Write a number."),
            (
                "github repository_id=1 repository_id=2",
                "“repository_id” is unknown, or there twice. Take it out.",
            ),
            ("github repository_id=1 owner=acme", "“owner” is unknown, or there twice. Take it out."),
            ("github repository_id=1 admin", "“admin” is unknown. Write ids as name=value."),
            (
                "github repository_id=1 ref=main",
                "“main” is not a full ref. Write it as refs/heads/main or refs/tags/v1.",
            ),
            (
                "github repository_id=1 issuer=https://example.com/",
                "issuer=“https://example.com/” is not right. Write an address such as https://gitlab.example.com.",
            ),
            (
                "github repository_id=1 issuer=http://example.com",
                "issuer=“http://example.com” is not right. Write an address such as https://gitlab.example.com.",
            ),
            (
                &format!("circleci organization=acme project={uuid} origin=a/b/c"),
                "organization=“acme” is not right. Write a UUID in lower case.",
            ),
            (
                &format!("circleci organization={uuid} project={uuid} origin=acme/checkout"),
                "origin=“acme/checkout” is not right. Write the repository, such as github.com/acme/checkout.",
            ),
            (
                &format!("buildkite organization={uuid} pipeline={uuid} report"),
                "A token of Buildkite does not say if its build is a fork’s pull request, so it can’t report. Take out report, and \
                 report with an API key.",
            ),
            (&"github ".repeat(100), "A line is longer than 500 bytes. Shorten it."),
        ] {
            assert_eq!(CiTrust::parse(line).unwrap_err().to_string(), told);
        }
    }
}
