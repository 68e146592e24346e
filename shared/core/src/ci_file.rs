//! The files that CIs read: those that say what a build runs.

/// The files outside folders of their own that CIs read, in lower case.
///
/// Sources: <https://docs.gitlab.com/ci/>, <https://www.jenkins.io/doc/book/pipeline/jenkinsfile/>,
/// <https://learn.microsoft.com/azure/devops/pipelines/>,
/// <https://support.atlassian.com/bitbucket-cloud/docs/configure-bitbucket-pipelinesyml/>,
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html>,
/// <https://docs.travis-ci.com/user/customizing-the-build/>, <https://docs.drone.io/pipeline/configuration/>,
/// <https://cloud.google.com/build/docs/build-config-file-schema>,
/// <https://www.appveyor.com/docs/build-configuration/>,
/// <https://docs.bitrise.io/en/bitrise-ci/configure-builds/>,
/// <https://cirrus-ci.org/guide/programming-tasks/>, <https://devcenter.wercker.com/>,
/// <https://docs.codefresh.io/docs/pipelines/>, <https://docs.screwdriver.cd/user-guide/configuration/>,
/// <https://man.sr.ht/builds.sr.ht/>, <https://zuul-ci.org/docs/zuul/latest/project-config.html>,
/// <https://docs.prow.k8s.io/docs/inrepoconfig/>,
/// <https://docs.taskcluster.net/docs/reference/integrations/github>, <https://go-vela.github.io/docs/>,
/// <https://buddy.works/docs/yaml>, <https://docs.onedev.io/>,
/// <https://github.com/evergreen-ci/evergreen>,
/// <https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax> (an action in a folder
/// of the repository).
const CI_FILES: [&str; 50] = [
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    "jenkinsfile",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".vsts-ci.yml",
    "bitbucket-pipelines.yml",
    "buildspec.yml",
    "buildspec.yaml",
    ".travis.yml",
    ".drone.yml",
    ".drone.yaml",
    ".drone.star",
    ".drone.jsonnet",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    "cloudbuild.json",
    "appveyor.yml",
    ".appveyor.yml",
    "codemagic.yaml",
    ".cirrus.yml",
    ".cirrus.yaml",
    ".cirrus.star",
    ".semaphore.yml",
    "bitrise.yml",
    "bitrise.yaml",
    "wercker.yml",
    "codefresh.yml",
    "screwdriver.yaml",
    ".build.yml",
    "buildkite.yml",
    ".buildkite.yml",
    "zuul.yaml",
    ".zuul.yaml",
    "circle.yml",
    ".scrutinizer.yml",
    ".prow.yaml",
    ".taskcluster.yml",
    ".vela.yml",
    ".vela.yaml",
    ".vela.star",
    "buddy.yml",
    ".onedev-buildspec.yml",
    "evergreen.yml",
    ".evergreen.yml",
    ".ci-operator.yaml",
    "action.yml",
    "action.yaml",
];
/// The files that make an action of GitHub Actions of their folder, in lower case.
const ACTIONS: [&str; 2] = ["action.yml", "action.yaml"];
/// Beginnings of names of which teams keep several, such as `azure-pipelines-prod.yml`, in lower case.
const CI_PREFIXES: [&str; 4] = ["jenkinsfile", "buildspec", "azure-pipelines", "cloudbuild"];
/// Ends of such names, in lower case; GoCD reads every file that ends so
/// (<https://github.com/tomzo/gocd-yaml-config-plugin>,
/// <https://github.com/tomzo/gocd-json-config-plugin>).
const CI_SUFFIXES: [&str; 6] = [
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".gocd.yaml",
    ".gocd.yml",
    ".gopipeline.json",
    ".goenvironment.json",
];
/// The folders that CIs read, in lower case.
const CI_FOLDERS: [&str; 19] = [
    ".github/",
    ".circleci/",
    ".gitlab/",
    ".buildkite/",
    ".teamcity/",
    ".azure-pipelines/",
    ".azuredevops/",
    ".semaphore/",
    ".woodpecker/",
    ".harness/",
    ".gitea/",
    ".forgejo/",
    ".tekton/",
    ".builds/",
    ".zuul.d/",
    "zuul.d/",
    "bamboo-specs/",
    ".prow/",
    ".buddy/",
];

/// True if a CI reads the file at `path`, or may: by its folder at the root, or by its name at any depth.
pub fn is_ci_file(path: &str) -> bool {
    let path = path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_pipeline = CI_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || CI_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    CI_FOLDERS.iter().any(|folder| path.starts_with(folder)) || CI_FILES.contains(&name) || is_pipeline
}

/// True if `path` is one of the folders at the root that CIs read as a whole.
pub fn is_ci_folder(path: &str) -> bool {
    let path = path.to_lowercase();
    CI_FOLDERS.iter().any(|folder| folder.trim_end_matches('/') == path)
}

/// The folder that is an action of GitHub Actions by its file at `path`: everything in it is the action's
/// code. `None`: the file makes no action, or stands at the root.
pub fn action_folder(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    ACTIONS.contains(&name.to_lowercase().as_str()).then_some(folder)
}

/// True if the file at `path` makes an action of GitHub Actions of the whole repository.
pub fn is_root_action(path: &str) -> bool {
    ACTIONS.contains(&path.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_files_are_known_by_folder_or_name() {
        for path in [
            ".github/workflows/promote.yml",
            ".github/actions/build/action.yml",
            ".circleci/config.yml",
            ".gitlab-ci.yml",
            "services/pay/Jenkinsfile",
            "Jenkinsfile.prod",
            ".buildkite/pipeline.yml",
            "azure-pipelines.yml",
            "bitbucket-pipelines.yml",
            "deploy/buildspec-prod.yml",
            "actions/deploy/action.yml",
            "bamboo-specs/bamboo.yml",
            ".tekton/push.yaml",
            ".forgejo/workflows/promote.yml",
            ".azuredevops/pipelines.yml",
            "bitrise.yml",
            ".drone.star",
            ".drone.jsonnet",
            ".cirrus.star",
            "wercker.yml",
            ".vsts-ci.yml",
            ".prow.yaml",
            ".prow/jobs.yaml",
            ".taskcluster.yml",
            ".vela.star",
            "buddy.yml",
            ".buddy/deploy.yml",
            ".onedev-buildspec.yml",
            "deploy/shop.gocd.yaml",
            "deploy/shop.gopipeline.json",
            "evergreen.yml",
            "ci/azure-pipelines-prod.yml",
            "cloudbuild-prod.yaml",
            "deploy.gitlab-ci.yml",
        ] {
            assert!(is_ci_file(path), "{path}");
        }
        for path in ["src/main.rs", "docs/.github/x.md", "github/workflows/x.yml", "build.rs", "ci.md"] {
            assert!(!is_ci_file(path), "{path}");
        }
    }

    #[test]
    fn action_folder_is_where_its_file_stands() {
        for (path, folder) in [
            ("deploy/action.yml", Some("deploy")),
            ("tools/ci/deploy/Action.YAML", Some("tools/ci/deploy")),
            ("action.yml", None),
            ("deploy/reaction.yml", None),
            ("deploy/action.yml/readme", None),
        ] {
            assert_eq!(action_folder(path), folder, "{path}");
            assert_eq!(is_root_action(path), path == "action.yml", "{path}");
        }
    }

    #[test]
    fn ci_folder_stands_at_the_root() {
        for (path, expected) in [
            (".github", true),
            (".CircleCI", true),
            ("bamboo-specs", true),
            ("docs/.github", false),
            (".github/workflows", false),
            ("src", false),
        ] {
            assert_eq!(is_ci_folder(path), expected, "{path}");
        }
    }
}
