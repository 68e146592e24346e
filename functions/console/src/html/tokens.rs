//! The permissions of the tokens that Signoff calls GitHub and CircleCI with, call by call.

use super::fields::with_code;
use maud::{Markup, html};
use signoff_runtime::credentials::{Credential, GITHUB_READ_TOKEN, GITHUB_WRITE_TOKEN, TABLE};

/// A call: what it is for, and the permission that it needs.
struct Call {
    call: &'static str,
    purpose: &'static str,
    permission: &'static str,
}

/// GitHub's, as the permissions of a fine-grained token are named.
///
/// Source:
/// <https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>.
const GITHUB: [Call; 19] = [
    Call {
        call: "GET /repos/{owner}/{repo}",
        purpose: "the repository's number, the default branch",
        permission: "Metadata: read",
    },
    Call {
        call: "GET …/contents/{path}",
        purpose: "the rules file, a workflow's file",
        permission: "Contents: read",
    },
    Call {
        call: "GET …/commits/{ref}", purpose: "a commit, a branch or tag", permission: "Contents: read"
    },
    Call {
        call: "GET …/compare/{basehead}",
        purpose: "a deploy's commits, and those since the last approval",
        permission: "Contents: read",
    },
    Call { call: "GET …/activity", purpose: "who pushed them", permission: "Contents: read" },
    Call {
        call: "POST /graphql",
        purpose: "their co-authors, signatures and pull requests; what was asked of assistants, also by an issue; public addresses",
        permission: "Contents: read, Pull requests: read, Issues: read",
    },
    Call {
        call: "GET …/commits/{sha}/branches-where-head",
        purpose: "the protected branches, to build and of CI jobs",
        permission: "Contents: read",
    },
    Call {
        call: "GET …/git/trees/{sha}",
        purpose: "the CI files of a build; the files that guard a deploy, where it changes more than GitHub lists",
        permission: "Contents: read",
    },
    Call {
        call: "GET …/branches", purpose: "whether one contains the commit", permission: "Contents: read"
    },
    Call { call: "GET …/tags", purpose: "whether one contains the commit", permission: "Contents: read" },
    Call {
        call: "GET …/deployments/{id}",
        purpose: "what a webhook says, read back",
        permission: "Deployments: read",
    },
    Call {
        call: "GET …/deployments/{id}/statuses",
        purpose: "what a webhook says, read back",
        permission: "Deployments: read",
    },
    Call {
        call: "GET /users/{username}",
        purpose: "the number and the public address of an account; whether GitHub has the owner, after a 404",
        permission: "none",
    },
    Call {
        call: "POST …/actions/workflows/{file}/dispatches",
        purpose: "trigger_build",
        permission: "Actions: write",
    },
    Call {
        call: "GET …/actions/workflows/{file}/runs",
        purpose: "trigger_build, after a lost answer",
        permission: "Actions: read",
    },
    Call {
        call: "POST /graphql",
        purpose: "whose the token in WriteSecret is: trigger_build, after a lost answer",
        permission: "none",
    },
    Call {
        call: "GET …/actions/runs/{id}",
        purpose: "trigger_build, what runs; who started a run",
        permission: "Actions: read",
    },
    Call {
        call: "GET …/actions/runs/{id}/attempts/{number}",
        purpose: "who started a run again",
        permission: "Actions: read",
    },
    Call {
        call: "POST …/actions/runs/{id}/cancel",
        purpose: "trigger_build, where another commit runs",
        permission: "Actions: write",
    },
];

/// CircleCI's, whose personal tokens may do all that their user may.
const CIRCLECI: [Call; 8] = [
    Call {
        call: "GET /project/{slug}/pipeline",
        purpose: "the push's pipeline",
        permission: "a user who sees the project",
    },
    Call {
        call: "GET /pipeline/{id}",
        purpose: "trigger_build, what runs; auto_approve_build, in that",
        permission: "a user who sees the project",
    },
    Call {
        call: "GET /pipeline/{id}/workflow",
        purpose: "its workflows",
        permission: "a user who sees the project",
    },
    Call { call: "GET /workflow/{id}/job", purpose: "its jobs", permission: "a user who sees the project" },
    Call {
        call: "POST /workflow/{id}/approve/{request}",
        purpose: "auto_approve_build",
        permission: "a user who may approve the job",
    },
    Call {
        call: "POST /project/{slug}/pipeline",
        purpose: "trigger_build",
        permission: "a user who may start pipelines",
    },
    Call {
        call: "POST /project/{slug}/pipeline/run",
        purpose: "trigger_build, in a project of CircleCI's GitHub App",
        permission: "a user who may start pipelines",
    },
    Call {
        call: "POST /workflow/{id}/cancel",
        purpose: "trigger_build, where another commit runs",
        permission: "a user who may cancel workflows",
    },
];

/// The credentials that Signoff has, and both tables of calls.
pub(super) fn tokens() -> Markup {
    html! {
        h2 { "Signoff\u{2019}s own tokens" }
        p {
            "The tokens in the stack\u{2019}s secrets need these permissions and no others. On GitHub, Actions: write is for a second token, \
             in " (GITHUB_WRITE_TOKEN.secret.name()) "; the one in " (GITHUB_READ_TOKEN.secret.name()) " only reads."
        }
        (credentials())
        (table("GitHub", &GITHUB))
        (table("CircleCI", &CIRCLECI))
    }
}

/// The place of each credential of the stack, and the way to get it.
fn credentials() -> Markup {
    html! {
        details {
            summary { "Where each credential goes, and how to get it" }
            ul {
                @for Credential { provider, secret, key, set_up, .. } in &TABLE {
                    li { code { (key) } " in " (secret.name()) " (" (provider) "): " (with_code(set_up)) }
                }
            }
        }
    }
}

fn table(host: &str, calls: &[Call]) -> Markup {
    html! {
        details {
            summary { "Permissions of the token for " (host) }
            ul {
                @for Call { call, purpose, permission } in calls {
                    li { code { (call) } ": " (permission) " (" (purpose) ")" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_the_same_permissions() {
        let readme = include_str!("../../../../README.md");
        for Call { call, purpose, permission } in GITHUB.iter().chain(&CIRCLECI) {
            let row = format!("| `{call}` | {purpose} | {permission} |");
            assert!(readme.contains(&row), "the README lacks the row\n{row}");
        }
    }
}
