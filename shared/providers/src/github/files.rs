//! The files that a comparison lists: those that guard a deploy, and what they move without showing it.

use super::client::{ChangedFiles, GitHub, JSON, found};
use super::comparison::LANES;
use super::first_file::{RULES, TAGS};
use super::wire;
use crate::failure::{Failure, Repeat};
use futures_util::future::try_join_all;
use reqwest::Method;
use signoff_core::deploy::{RulesChange, is_ci_file};
use signoff_core::range_files::{Moves, RangeFiles, Unread};
use std::collections::{BTreeMap, BTreeSet};

/// The file that says where submodules come from.
const SUBMODULES: &str = ".gitmodules";
/// The beginning of a line of a patch that a submodule has instead of a file's content.
///
/// Source: git-diff(1), `--submodule=short`.
const SUBPROJECT: &str = "Subproject commit ";
/// The beginning of the first line of a file in Git LFS.
///
/// Source: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
const LARGE_FILE: &str = "version https://git-lfs.github.com/spec/";
/// The line of such a file that says which content it has.
const LARGE_CONTENT: &str = "oid sha256:";
/// The key of a workflow's step or job that names an action or another workflow.
const USES: &str = "uses";
/// The beginnings of a value that stands elsewhere in the file: an alias, and a text on the lines below.
const UNSPELLED: [char; 3] = ['*', '>', '|'];
/// The length of a full SHA.
const FULL_SHA: usize = 40;

/// Tells if `files` has a file that rules or default tags are read from, or one that a CI reads: changed,
/// removed, or moved to or from there.
pub fn rules_change(files: &ChangedFiles) -> RulesChange {
    let rules = RULES.into_iter().chain(TAGS);
    let rules = rules.filter(|path| files.paths.iter().any(|changed| changed == path)).map(str::to_owned);
    let ci = files.paths.iter().filter(|path| is_ci_file(path)).cloned();
    let changed: Vec<_> = rules.chain(ci).collect();
    match changed.is_empty() {
        false => RulesChange::Yes(changed),
        true if files.truncated => RulesChange::Unknown,
        true => RulesChange::No,
    }
}

/// Returns the code that `file` brings in without showing it: submodules, large files, actions.
pub(super) fn unread(file: &wire::File) -> Vec<Unread> {
    let path = || file.filename.clone();
    let patch = file.patch.as_deref().unwrap_or_default();
    let mut lines = patch.lines().filter_map(|line| line.strip_prefix(['+', '-', ' ']));
    if lines.clone().any(|line| line.starts_with(SUBPROJECT)) {
        return vec![Unread::Submodule { path: path() }];
    }
    if file.filename == SUBMODULES {
        return vec![Unread::SubmoduleSources];
    }
    if lines.any(|line| line.starts_with(LARGE_FILE) || line.starts_with(LARGE_CONTENT)) {
        return vec![Unread::LargeFile { path: path() }];
    }
    if !is_ci_file(&file.filename) {
        return Vec::new();
    }
    let added = patch.lines().filter_map(|line| line.strip_prefix('+'));
    let moving = added.filter_map(moving_action);
    moving.map(|uses| Unread::Action { workflow: path(), uses: uses.to_owned() }).collect()
}

/// The action that a line of a workflow uses by a name that can move. A full SHA stays what it is, and a
/// folder of the repository is a part of the change.
fn moving_action(line: &str) -> Option<&str> {
    let uses = used(line)?;
    if uses.starts_with(UNSPELLED) {
        return Some(uses);
    }
    let (name, version) = match uses.strip_prefix("docker://") {
        Some(image) => image.split_once('@').unwrap_or((image, "")),
        None => uses.split_once('@')?,
    };
    let is_fixed = version.len() == FULL_SHA && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_digest = version.starts_with("sha256:");
    (!is_fixed && !is_digest && !name.is_empty()).then_some(uses)
}

/// The value of the key `uses` in a line, however YAML lets it be written: with quotes, in a list or between
/// braces. `None`: the line has no such key, or no value after it.
fn used(line: &str) -> Option<&str> {
    let line = line.split(" #").next()?.trim();
    let mut keys = line.match_indices(USES);
    let value = keys.find_map(|(start, _)| {
        let (before, after) = (line.get(..start)?, line.get(start + USES.len()..)?);
        let bare = before.trim_end_matches(['"', '\'']);
        let is_key = bare.is_empty() || bare.ends_with(['{', ',', ' ', '?', '\t']);
        let after = after.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
        (is_key && !bare.trim_start().starts_with('#')).then_some(after)
    })?;
    let value = value.trim();
    // The value stands in the next line.
    if value.is_empty() || value.starts_with(['&', '!']) && !value.contains(' ') {
        return Some("|");
    }
    // An anchor or a tag comes before the value.
    let value = match value.starts_with(['&', '!']) {
        true => value.split_once(' ')?.1.trim(),
        false => value,
    };
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split(quote).next()?,
        // A comma or a brace ends a value between braces, and is in no name of an action.
        _ => value.split([',', '}']).next()?,
    };
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// A file that guards a deploy, or a submodule, as it is at a commit.
#[derive(PartialEq, Eq)]
struct Guarding {
    /// The SHA of the file's content, or of the submodule's commit.
    sha: String,
    is_submodule: bool,
}

/// The guarding files and the moves that `files` show, with a note where the list is cut.
fn told(files: &ChangedFiles) -> RangeFiles {
    let more = files.truncated.then_some(Unread::MoreFiles);
    let unread = files.unread.iter().cloned().chain(more).collect();
    RangeFiles { rules_change: rules_change(files), moves: Moves::new(unread) }
}

impl GitHub {
    /// The files that each of the commits `revisions` (SHAs) changes, in their order: one request a commit,
    /// several at a time.
    ///
    /// # Errors
    ///
    /// As [`GitHub::commit`].
    pub async fn files_of(&self, repository: &str, revisions: &[&str]) -> Result<Vec<ChangedFiles>, Failure> {
        let mut files = Vec::new();
        for revisions in revisions.chunks(LANES) {
            let asked = revisions.iter().map(|revision| self.commit(repository, revision));
            files.extend(try_join_all(asked).await?.into_iter().map(|(_, changed)| changed));
        }
        Ok(files)
    }

    /// Tells if the range from `base` to `head`, which changes `files`, changes a file that guards the
    /// deploy, and what the range moves without showing it. If `files` is not complete, compares the blobs
    /// and the submodules at both ends: two requests.
    ///
    /// # Errors
    ///
    /// GitHub can't be asked now.
    pub async fn guards(
        &self,
        repository: &str,
        (base, head): (&str, &str),
        files: &ChangedFiles,
    ) -> Result<RangeFiles, Failure> {
        if !files.truncated {
            return Ok(told(files));
        }
        let before = self.guarding(repository, base).await?;
        let after = self.guarding(repository, head).await?;
        let (Some(before), Some(after)) = (before, after) else { return Ok(told(files)) };
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let (mut changed, mut unread) = (Vec::new(), files.unread.clone());
        for path in paths.into_iter().filter(|path| before.get(*path) != after.get(*path)) {
            if path == SUBMODULES {
                unread.push(Unread::SubmoduleSources);
            } else if before.get(path).or(after.get(path)).is_some_and(|known| known.is_submodule) {
                unread.push(Unread::Submodule { path: path.clone() });
            } else {
                changed.push(path.clone());
            }
        }
        let rules_change = if changed.is_empty() { RulesChange::No } else { RulesChange::Yes(changed) };
        unread.push(Unread::MoreFiles);
        Ok(RangeFiles { rules_change, moves: Moves::new(unread) })
    }

    /// The files at a commit that guard a deploy, with the SHAs of their blobs, and the submodules with those
    /// of their commits; `None`: GitHub does not list all files.
    /// <https://docs.github.com/rest/git/trees#get-a-tree>
    async fn guarding(
        &self,
        repository: &str,
        sha: &str,
    ) -> Result<Option<BTreeMap<String, Guarding>>, Failure> {
        let doing = format!("reading the files at {sha} in {repository}");
        let request = self.request(Method::GET, repository, ["git", "trees", sha], JSON)?;
        let answer = match found(&doing, request.query(&[("recursive", "1")])).await {
            Ok(answer) => answer,
            Err(failure) if failure.is_passing() => return Err(failure),
            Err(_) => return Ok(None),
        };
        let tree: wire::Tree = answer.json("GitHub", &doing, Repeat::Harmless)?;
        if tree.truncated {
            return Ok(None);
        }
        let guards = |path: &str| {
            RULES.contains(&path) || TAGS.contains(&path) || is_ci_file(path) || path == SUBMODULES
        };
        let is_ours = |entry: &wire::Entry| entry.is_submodule() || !entry.is_folder() && guards(&entry.path);
        let ours = tree.tree.into_iter().filter(is_ours);
        let known = ours.map(|entry| {
            let is_submodule = entry.is_submodule();
            (entry.path, Guarding { sha: entry.sha, is_submodule })
        });
        Ok(Some(known.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Responder, json as reply};
    use serde_json::json;

    #[tokio::test]
    async fn submodule_behind_a_cut_list_is_named() {
        let entry = |path: &str, kind: &str, sha: &str| json!({"path": path, "type": kind, "sha": sha});
        let tree = move |module: &str, sources: &str, rules: &str| {
            let entries = [
                entry("lib", "tree", module),
                entry("lib/pay", "commit", module),
                entry("lib/same", "commit", "a"),
                entry(".gitmodules", "blob", sources),
                entry(".signoff/rules.yml", "blob", rules),
                entry("src/main.rs", "blob", module),
            ];
            reply(200, &json!({"truncated": false, "tree": entries}))
        };
        let server = Responder::start(move |line, _| match line.split('?').next().unwrap_or_default() {
            "GET /repos/acme/shop/git/trees/old" => tree("1", "1", "1"),
            "GET /repos/acme/shop/git/trees/new" => tree("2", "2", "1"),
            "GET /repos/acme/shop/git/trees/cut" => reply(200, &json!({"truncated": true, "tree": []})),
            other => reply(500, &json!({"message": other})),
        })
        .await;
        let github = GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into());
        let files = ChangedFiles { truncated: true, ..ChangedFiles::default() };
        let moved = github.guards("acme/shop", ("old", "new"), &files).await.unwrap();
        let all = vec![
            Unread::MoreFiles,
            Unread::Submodule { path: "lib/pay".to_owned() },
            Unread::SubmoduleSources,
        ];
        assert_eq!(moved, RangeFiles { rules_change: RulesChange::No, moves: Moves::new(all) });
        let same = github.guards("acme/shop", ("old", "old"), &files).await.unwrap();
        assert_eq!(same.moves, Moves::new(vec![Unread::MoreFiles]));
        let cut = github.guards("acme/shop", ("old", "cut"), &files).await.unwrap();
        assert_eq!(
            (cut.rules_change, cut.moves),
            (RulesChange::Unknown, Moves::new(vec![Unread::MoreFiles]))
        );
        let whole = ChangedFiles::default();
        let whole = github.guards("acme/shop", ("old", "new"), &whole).await.unwrap();
        assert_eq!(whole, RangeFiles { rules_change: RulesChange::No, ..RangeFiles::default() });
    }

    #[test]
    fn a_change_of_the_rules_is_known_or_said_to_be_unknown() {
        let both = ["src/main.rs", ".sleuth/rules.yml", ".signoff/rules.yml"];
        let yes = |paths: &[&str]| RulesChange::Yes(paths.iter().map(|path| (*path).to_owned()).collect());
        for (paths, truncated, expected) in [
            (&[][..], false, RulesChange::No),
            (&[], true, RulesChange::Unknown),
            (&["src/main.rs", "docs/.signoff/rules.yml", ".signoff/rules.yml.orig"], false, RulesChange::No),
            (&["src/main.rs"], true, RulesChange::Unknown),
            (&["src/main.rs", ".signoff/rules.yml"], false, yes(&[".signoff/rules.yml"])),
            (&[".sleuth/rules.yml"], true, yes(&[".sleuth/rules.yml"])),
            (
                &[".github/workflows/promote.yml", ".signoff/TAGS"],
                false,
                yes(&[".signoff/TAGS", ".github/workflows/promote.yml"]),
            ),
            (&both, false, yes(&[".signoff/rules.yml", ".sleuth/rules.yml"])),
        ] {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            let files = ChangedFiles { paths, truncated, ..ChangedFiles::default() };
            assert_eq!(rules_change(&files), expected, "{files:?}");
        }
    }

    #[test]
    fn what_a_patch_moves_and_does_not_show_is_named() {
        let sha = "a".repeat(40);
        let action = |uses: &str| Unread::Action {
            workflow: ".github/workflows/ci.yml".to_owned(),
            uses: uses.to_owned(),
        };
        let workflow = |line: &str| (".github/workflows/ci.yml", format!("@@ -1 +1 @@\n-  old\n{line}\n"));
        for ((path, patch), expected) in [
            (
                ("lib/pay", format!("@@ -1 +1 @@\n-Subproject commit {sha}\n+Subproject commit {sha}\n")),
                vec![Unread::Submodule { path: "lib/pay".to_owned() }],
            ),
            ((".gitmodules", String::new()), vec![Unread::SubmoduleSources]),
            (
                (
                    "model.bin",
                    format!(
                        "@@ -1,3 +1,3 @@\n version https://git-lfs.github.com/spec/v1\n-oid sha256:{sha}\n"
                    ),
                ),
                vec![Unread::LargeFile { path: "model.bin".to_owned() }],
            ),
            (workflow("+      - uses: actions/checkout@v4"), vec![action("actions/checkout@v4")]),
            (
                workflow("+    uses: 'acme/flows/.github/workflows/deploy.yml@main'  # shared"),
                vec![action("acme/flows/.github/workflows/deploy.yml@main")],
            ),
            (workflow(&format!("+      - uses: actions/checkout@{sha} # v4")), vec![]),
            (workflow("+      - uses: ./.github/actions/build"), vec![]),
            (
                workflow("+      - uses: docker://ghcr.io/acme/deploy:1"),
                vec![action("docker://ghcr.io/acme/deploy:1")],
            ),
            (workflow(&format!("+      - uses: docker://ghcr.io/acme/deploy@sha256:{sha}")), vec![]),
            (workflow("-      - uses: actions/checkout@v4"), vec![]),
            (
                workflow("+      - {uses: acme/deploy@main, with: {to: prod}}"),
                vec![action("acme/deploy@main")],
            ),
            (workflow("+      - { name: Deploy, uses: acme/deploy@main }"), vec![action("acme/deploy@main")]),
            (workflow("+      - \"uses\": acme/deploy@main"), vec![action("acme/deploy@main")]),
            (workflow("+        'uses' : \"acme/deploy@main\" # ours"), vec![action("acme/deploy@main")]),
            (
                workflow("+      - {\"name\": \"x\",\"uses\":\"acme/deploy@main\"}"),
                vec![action("acme/deploy@main")],
            ),
            (workflow("+      - uses: &deploy acme/deploy@main"), vec![action("acme/deploy@main")]),
            (workflow("+      - uses: *deploy"), vec![action("*deploy")]),
            (workflow("+      - uses: >-"), vec![action(">-")]),
            (workflow(&format!("+      - {{uses: acme/deploy@{sha}}}")), vec![]),
            (workflow("+      # uses: acme/deploy@main"), vec![]),
            (workflow("+      - reuses: acme/deploy@main"), vec![]),
            (workflow("+      - run: echo uses nothing@all"), vec![]),
            (("README.md", "+uses: actions/checkout@v4\n".to_owned()), vec![]),
        ] {
            let file = wire::File {
                filename: path.to_owned(),
                status: "modified".to_owned(),
                changes: 2,
                previous_filename: None,
                patch: Some(patch.clone()),
            };
            assert_eq!(unread(&file), expected, "{path}: {patch}");
        }
    }
}
