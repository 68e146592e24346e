//! Expressions of other systems, where a template is meant.

/// Beginnings of the names of variables that CI systems set.
const CI_VARIABLES: [&str; 9] =
    ["CIRCLE_", "GITHUB_", "CI_", "BUILDKITE_", "BITBUCKET_", "JENKINS_", "TRAVIS_", "SLEUTH_", "SIGNOFF_"];
/// Beginnings of CircleCI's expressions. Source:
/// <https://circleci.com/docs/guides/orchestrate/pipeline-variables/>.
const CIRCLECI: [&str; 4] = ["pipeline.", "parameters.", "matrix.", "include("];

/// Another system's expression in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Number of characters before it.
    pub(super) offset: usize,
    /// Description of the expression.
    pub(super) message: String,
    /// Correction.
    pub(super) suggestion: String,
    /// True if it can't be meant as it stands. A text may well have to name a variable of a shell.
    pub(super) is_refused: bool,
}

/// The longest expression that is looked for, in characters: a long text takes no longer for each of its
/// signs.
const LONGEST: usize = 300;
/// The most expressions that are told of one text.
const MAX_TOLD: usize = 10;

/// The expressions of other systems in `text`, in its order.
pub(super) fn find(text: &str) -> Vec<Foreign> {
    // Tags of one template follow from each other.
    let mut is_of_tags = false;
    let all = text.match_indices(['$', '<', '{', '%', '#']).filter_map(|(at, _)| {
        let before = text.get(..at)?;
        let (what, inner, is_refused) = expression(text.get(at..)?, before)?;
        let is_tag =
            ["<%", "<?", "%{", "#{if", "#{each", "#{unless", "#{/"].iter().any(|tag| what.starts_with(tag));
        if is_tag && std::mem::replace(&mut is_of_tags, true) {
            return None;
        }
        let message = format!("`{what}` is not filled in here");
        let is_secret = inner.to_ascii_lowercase().contains("secret");
        let suggestion = match is_secret {
            _ if is_tag => "the tags of a template stand between `{%` and `%}`".to_owned(),
            true => "a header of a webhook names its secret: `{secret: name-of-the-secret}`".to_owned(),
            false => format!("write {}", ours(inner)),
        };
        Some(Foreign { offset: before.chars().count(), message, suggestion, is_refused })
    });
    all.take(MAX_TOLD).collect()
}

/// The expression that `rest` begins with, what it asks for, and whether it can't be meant as it stands.
fn expression<'t>(rest: &'t str, before: &str) -> Option<(&'t str, &'t str, bool)> {
    let whole = |start: &str, end: &str| {
        let inner = rest.strip_prefix(start)?;
        let near = inner.char_indices().nth(LONGEST).map_or(Some(inner), |(at, _)| inner.get(..at))?;
        let length = near.find(end)?;
        Some((rest.get(..start.len() + length + end.len())?, inner.get(..length)?.trim()))
    };
    if let Some((what, inner)) = whole("${{", "}}") {
        return Some((what, inner, true));
    }
    // `{{ {'a': 1} }}` is a mapping of Jinja's.
    if let Some((what, inner)) = whole("{{{", "}}}").filter(|(_, inner)| is_name(inner))
        && !before.ends_with('{')
    {
        return Some((what, inner, true));
    }
    if let Some((what, inner)) = whole("<<", ">>")
        && CIRCLECI.iter().any(|start| inner.starts_with(start))
    {
        return Some((what, inner, true));
    }
    // Spinnaker's expressions; to a template, `{#` starts a comment.
    let is_spel = |inner: &str| inner.starts_with('#') || inner.contains("['");
    if let Some((what, inner)) = whole("${", "}").filter(|(_, inner)| is_spel(inner)) {
        // What it asks for can't be told from the words in it.
        return Some((what, inner.get(..0)?, true));
    }
    // The tags of Octopus and Terraform, and PHP.
    let is_tag = |inner: &str| {
        ["if ", "each ", "for ", "unless ", "/"].iter().any(|word| inner.starts_with(word))
            || matches!(inner, "endif" | "endfor" | "else")
    };
    for (start, end) in [("#{", "}"), ("%{", "}"), ("<?", "?>")] {
        if let Some((what, inner)) = whole(start, end).filter(|(_, inner)| start == "<?" || is_tag(inner)) {
            return Some((what, inner, start == "<?"));
        }
    }
    let is_shell = |inner: &str| is_variable(inner) || is_one_case(inner) && known(inner).is_some();
    if let Some((what, inner)) = whole("${", "}") {
        // `${NAME:0:7}` and `${NAME:-none}`
        let name = inner.split_once(':').map_or(inner, |(name, _)| name);
        if is_shell(name) {
            return Some((what, name, false));
        }
    }
    // Variables of Terraform, Jenkins, Azure Pipelines, GitLab, Octopus and Harness; a shell's have no dots.
    for (start, end) in [("${", "}"), ("$(", ")"), ("$[[", "]]"), ("#{", "}"), ("<+", ">"), ("%(", ")s")] {
        if let Some((what, inner)) = whole(start, end)
            && (is_dotted(inner) || start == "%(" && is_name(inner))
        {
            return Some((what, inner, false));
        }
    }
    if let Some((what, inner)) = whole("<%", "%>").filter(|(_, inner)| !inner.starts_with('=')) {
        return Some((what, inner, false));
    }
    // `%NAME%` of a Windows shell; `100%` is none.
    if let Some((what, inner)) = whole("%", "%").filter(|(_, inner)| is_variable(inner))
        && !is_encoded(rest, what.len())
    {
        return Some((what, inner, false));
    }
    let name = rest.strip_prefix('$')?;
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    let (what, inner) = (rest.get(..=length)?, name.get(..length)?);
    // `$5` and `$x` are none; a name in one case that templates have, or that says the same, is meant.
    let is_ours = is_one_case(inner) && known(inner).is_some() && !before.ends_with(['$', '\\']);
    let is_theirs = CI_VARIABLES.iter().any(|start| inner.starts_with(start));
    (is_theirs || is_ours).then_some((what, inner, false))
}

/// True if a name has no letters of the other case.
fn is_one_case(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_uppercase()) || !name.contains(|c: char| c.is_ascii_lowercase())
}

/// The variable of templates that a shell's `name` stands for.
fn known(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let same = crate::reference::TEMPLATE_VARIABLES.iter().map(|variable| variable.name);
    same.into_iter().find(|known| *known == lower).or(match lower.as_str() {
        "sha" | "commit" | "commit_sha" | "git_sha" | "git_commit" | "sha1" | "rev" | "version" => {
            Some("deploy_revision")
        }
        "env" | "stage" => Some("environment"),
        "author" | "actor" => Some("deploy_author_name"),
        "repo" | "repository" | "project" => Some("deployment_name"),
        _ => None,
    })
}

/// True if the `%` before `end` begins an encoded byte of an address: `%C3%A9`.
fn is_encoded(text: &str, end: usize) -> bool {
    let next = text.get(end..end + 2);
    next.is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ' ' | '|'))
}

/// True if a text is a path of names: `env.BUILD_NUMBER`.
fn is_dotted(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.contains('.') && text.chars().all(is_plain) && text.split('.').all(|part| !part.is_empty())
}

/// True if a text is written like the name of a variable of a shell.
fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The template that stands for what another system calls `name`, as it is written.
fn ours(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let same = known(&lower).or_else(|| known(lower.rsplit('.').next()?));
    let variable = match same {
        Some(same) => same,
        None if has(&["sha", "revision", "commit"]) => "deploy_revision",
        None if has(&["actor", "author", "username"]) => "deploy_author_name",
        None if has(&["pull", "pr_", "merge_request"]) => "pr_url",
        None if has(&["environment", "stage"]) => "environment",
        None if has(&["url", "run_id", "build_num"]) => "deploy_url",
        None if has(&["repo", "project"]) => "deployment_name",
        None => return "a variable of Signoff's templates: `{{ deploy_name }}`, for example".to_owned(),
    };
    format!("`{{{{ {variable} }}}}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_other_systems_are_named() {
        for (text, expected) in [
            (
                "é ${{ github.sha }}",
                Some((2, "`${{ github.sha }}` is not filled in here", "write `{{ deploy_revision }}`", true)),
            ),
            (
                "<< pipeline.parameters.environment >>",
                Some((
                    0,
                    "`<< pipeline.parameters.environment >>` is not filled in here",
                    "write `{{ environment }}`",
                    true,
                )),
            ),
            (
                "by {{{ deploy_name }}}",
                Some((3, "`{{{ deploy_name }}}` is not filled in here", "write `{{ deploy_name }}`", true)),
            ),
            (
                "$CIRCLE_SHA1 is out",
                Some((0, "`$CIRCLE_SHA1` is not filled in here", "write `{{ deploy_revision }}`", false)),
            ),
            (
                "${GITHUB_ACTOR}",
                Some((
                    0,
                    "`${GITHUB_ACTOR}` is not filled in here",
                    "write `{{ deploy_author_name }}`",
                    false,
                )),
            ),
            (
                "${REGION}",
                Some((
                    0,
                    "`${REGION}` is not filled in here",
                    "write a variable of Signoff's templates: `{{ deploy_name }}`, for example",
                    false,
                )),
            ),
            (
                "$GITHUB_SHA {{{ revision }}}",
                Some((0, "`$GITHUB_SHA` is not filled in here", "write `{{ deploy_revision }}`", false)),
            ),
            (
                "100% of %TEAM%",
                Some((
                    8,
                    "`%TEAM%` is not filled in here",
                    "write a variable of Signoff's templates: `{{ deploy_name }}`, for example",
                    false,
                )),
            ),
            (
                "v ${env.BUILD_NUMBER}",
                Some((2, "`${env.BUILD_NUMBER}` is not filled in here", "write `{{ deploy_url }}`", false)),
            ),
            (
                "$(Build.SourceVersion)",
                Some((
                    0,
                    "`$(Build.SourceVersion)` is not filled in here",
                    "write a variable of Signoff's templates: `{{ deploy_name }}`, for example",
                    false,
                )),
            ),
            (
                "${{ secrets.KEY }}",
                Some((
                    0,
                    "`${{ secrets.KEY }}` is not filled in here",
                    "a header of a webhook names its secret: `{secret: name-of-the-secret}`",
                    true,
                )),
            ),
            (
                "$REVISION is out",
                Some((0, "`$REVISION` is not filled in here", "write `{{ revision }}`", false)),
            ),
            ("v$sha", Some((1, "`$sha` is not filled in here", "write `{{ deploy_revision }}`", false))),
            (
                "${environment}",
                Some((0, "`${environment}` is not filled in here", "write `{{ environment }}`", false)),
            ),
            (
                "${CI_COMMIT_SHA:0:7}",
                Some((
                    0,
                    "`${CI_COMMIT_SHA:0:7}` is not filled in here",
                    "write `{{ deploy_revision }}`",
                    false,
                )),
            ),
            ("$Revision, $$tags, \\$tags", None),
            ("#{x}, $(date +%s), <+1>, 5%(or so)", None),
            ("{{ {'a': 1}['a'] }} {{ revision }} for $5, << see above >>, $PATH, ${x}", None),
            ("${{", None),
            ("", None),
        ] {
            let found = find(text);
            let told = found.first().map(|found| {
                (found.offset, found.message.as_str(), found.suggestion.as_str(), found.is_refused)
            });
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn each_expression_is_told() {
        let offsets = find("$GITHUB_SHA {{{ revision }}} ${REGION}").into_iter().map(|found| found.offset);
        assert_eq!(offsets.collect::<Vec<_>>(), [0, 12, 29]);
    }
}
