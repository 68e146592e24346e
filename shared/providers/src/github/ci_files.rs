//! The files of a commit that CIs read, so that two commits can be compared by what a build of them runs.

use super::client::{GitHub, JSON};
use super::wire;
use crate::failure::{Failure, Repeat};
use reqwest::Method;
use sha2::{Digest, Sha256};
use signoff_core::approval::CiFile;
use signoff_core::ci_file::{action_folder, is_ci_file, is_ci_folder, is_root_action};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The most files and folders that are kept one by one: the state of an approval has them.
const MAX_KEPT: usize = 100;
/// The name for those above that number.
const FURTHER: &str = "further CI files";
/// The name for a commit whose files GitHub does not list in full: it is like no other commit.
const UNLISTED: &str = "all files, of which GitHub lists only a part";
/// The name for a commit whose CI files may read any file: it is like no other commit.
const ANY_FILE: &str = "all files, which an action at the root or a symbolic link may read";

impl GitHub {
    /// The files and folders that CIs read at a commit, with the SHAs of their blobs and trees; the folder of
    /// an action has all of its code. Where GitHub cuts its list short, the repository itself is an action,
    /// or one of them is a symbolic link, the commit itself stands in for all of them. One request.
    /// <https://docs.github.com/rest/git/trees#get-a-tree>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if the repository has no such commit, or the token may not see it.
    pub async fn ci_files(&self, repository: &str, sha: &str) -> Result<Vec<CiFile>, Failure> {
        let doing = format!("reading the files at {sha} in {repository}");
        let request = self.request(Method::GET, repository, ["git", "trees", sha], JSON)?;
        let answer = self.found_in(repository, &doing, request.query(&[("recursive", "1")])).await?;
        let tree: wire::Tree = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(match tree.truncated {
            true => vec![CiFile { path: UNLISTED.to_owned(), sha: sha.to_owned() }],
            false => folded(of_entries(&tree.tree, sha)),
        })
    }
}

/// The CI's files and folders among all files and folders of the commit `revision`.
fn of_entries(entries: &[wire::Entry], revision: &str) -> BTreeSet<CiFile> {
    let folders = entries.iter().filter(|entry| entry.is_folder());
    let folders: BTreeMap<&str, &str> =
        folders.map(|entry| (entry.path.as_str(), entry.sha.as_str())).collect();
    let in_ci_folder = |path: &str| path.split_once('/').is_some_and(|(folder, _)| is_ci_folder(folder));
    let file = |path: &str, sha: &str| Some(CiFile { path: path.to_owned(), sha: sha.to_owned() });
    let of_entry = |entry: &wire::Entry| {
        let path = entry.path.as_str();
        if is_ci_folder(path) {
            return file(path, &entry.sha);
        }
        if entry.is_folder() || in_ci_folder(path) {
            return None;
        }
        match action_folder(path).and_then(|folder| Some((folder, folders.get(folder)?))) {
            Some((folder, sha)) => file(folder, sha),
            None => is_ci_file(path).then(|| file(path, &entry.sha)).flatten(),
        }
    };
    let mut files: BTreeSet<CiFile> = entries.iter().filter_map(of_entry).collect();
    let is_in =
        |folder: &str, path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let reads_any = |entry: &wire::Entry| {
        let path = entry.path.as_str();
        let is_read =
            || is_ci_file(path) || is_ci_folder(path) || files.iter().any(|folder| is_in(&folder.path, path));
        is_root_action(path) || entry.is_link() && is_read()
    };
    if entries.iter().any(reads_any) {
        files.insert(CiFile { path: ANY_FILE.to_owned(), sha: revision.to_owned() });
    }
    files
}

/// The first of `files` one by one, and the others as one.
fn folded(files: BTreeSet<CiFile>) -> Vec<CiFile> {
    let mut files: Vec<CiFile> = files.into_iter().collect();
    if files.len() <= MAX_KEPT {
        return files;
    }
    let mut hash = Sha256::new();
    for file in files.drain(MAX_KEPT..) {
        hash.update(format!("{}\0{}\0", file.path, file.sha));
    }
    let mut sha = String::new();
    for byte in hash.finalize() {
        let _ = write!(sha, "{byte:02x}");
    }
    files.push(CiFile { path: FURTHER.to_owned(), sha });
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder};
    use serde_json::json;

    fn entries(listed: &[(&str, &str, &str)]) -> Vec<wire::Entry> {
        let entry = |(kind, path, sha): &(&str, &str, &str)| wire::Entry {
            path: (*path).to_owned(),
            sha: (*sha).to_owned(),
            kind: if *kind == "link" { "blob" } else { kind }.to_owned(),
            mode: if *kind == "link" { "120000" } else { "100644" }.to_owned(),
        };
        listed.iter().map(entry).collect()
    }

    /// The files of a commit, without what is not asked for.
    fn read(listed: &[(&str, &str, &str)]) -> Vec<String> {
        let files = of_entries(&entries(listed), "c9").into_iter();
        files.map(|file| format!("{} {}", file.path, file.sha)).collect()
    }

    #[test]
    fn files_of_a_ci_are_found_at_any_depth() {
        let listed = [
            ("tree", ".github", "t1"),
            ("tree", ".github/workflows", "t2"),
            ("blob", ".github/workflows/promote.yml", "b1"),
            ("tree", ".circleci", "t3"),
            ("blob", ".gitlab-ci.yml", "b2"),
            ("tree", "deploy", "t4"),
            ("blob", "deploy/action.yml", "b3"),
            ("tree", "deploy/dist", "t5"),
            ("blob", "deploy/dist/index.js", "b4"),
            ("tree", "tools", "t6"),
            ("tree", "tools/ci", "t7"),
            ("blob", "tools/ci/Jenkinsfile", "b5"),
            ("tree", "tools/ci/notify", "t8"),
            ("blob", "tools/ci/notify/Action.yaml", "b6"),
            ("commit", ".woodpecker", "c1"),
            ("tree", "src", "t9"),
            ("blob", "src/main.rs", "b8"),
        ];
        assert_eq!(
            read(&listed),
            [
                ".circleci t3",
                ".github t1",
                ".gitlab-ci.yml b2",
                ".woodpecker c1",
                "deploy t4",
                "tools/ci/Jenkinsfile b5",
                "tools/ci/notify t8",
            ]
        );
        assert_eq!(read(&[("blob", "deploy/action.yml", "b3")]), ["deploy/action.yml b3"]);
    }

    #[test]
    fn link_or_root_action_makes_a_commit_like_no_other() {
        let any_file = format!("{ANY_FILE} c9");
        let actions = [("tree", "deploy", "t4"), ("blob", "deploy/action.yml", "b3")];
        for (listed, expected) in [
            (("blob", "action.yml", "b7"), true),
            (("link", ".github/workflows/promote.yml", "b1"), true),
            (("link", ".circleci", "b1"), true),
            (("link", "Jenkinsfile", "b1"), true),
            (("link", "deploy/dist", "b1"), true),
            (("link", "deployed", "b1"), false),
            (("link", "docs/readme.md", "b1"), false),
            (("blob", "src/main.rs", "b8"), false),
        ] {
            let files = read(&[actions[0], actions[1], listed]);
            assert_eq!(files.contains(&any_file), expected, "{listed:?}: {files:?}");
        }
    }

    #[test]
    fn many_files_fold_into_one_that_changes_with_each() {
        let of = |count: usize, last: &str| {
            let files = (0..count).map(|number| CiFile {
                path: format!("actions/{number:04}"),
                sha: if number + 1 == count { last.to_owned() } else { "t".to_owned() },
            });
            folded(files.collect())
        };
        assert_eq!((of(100, "t").len(), of(101, "t").len(), of(3_000, "t").len()), (100, 101, 101));
        assert_eq!(of(3_000, "t"), of(3_000, "t"));
        for other in [of(3_000, "u"), of(3_001, "t"), of(2_999, "t")] {
            assert_ne!(of(3_000, "t"), other);
        }
    }

    #[tokio::test]
    async fn cut_list_makes_a_commit_like_no_other() {
        let server = Responder::start(|_, _| {
            let file = json!({"path": "src/main.rs", "type": "blob", "sha": "b1"});
            let tree = json!({"sha": "t1", "truncated": true, "tree": [file]});
            Reply::Answer(200, vec![], tree.to_string().into_bytes())
        })
        .await;
        let github = GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into());
        let of = async |sha: &str| github.ci_files("acme/pay", sha).await.unwrap();
        assert_eq!(of("aaaa").await, of("aaaa").await);
        assert_ne!(of("aaaa").await, of("bbbb").await);
    }
}
