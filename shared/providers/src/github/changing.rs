//! The commits that change one of a few files, told by the files' blobs before and after each.

use super::client::GitHub;
use super::graphql;
use crate::failure::Failure;
use serde_json::Value;
use std::collections::BTreeSet;

/// The commits in a query: each brings a few files of itself and of its parents.
const BATCH: usize = 50;
/// The mode of a symbolic link. Its blob has the path of its target, and stays the same while the target
/// changes.
///
/// Source: gitformat-index(5), "Index entry".
const SYMBOLIC_LINK: u64 = 0o120_000;

/// The commits among those asked for that change one of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changing {
    /// Their SHAs. A commit of which the host does not tell is among them.
    pub commits: BTreeSet<String>,
    /// Facts that the source host did not tell, a sentence each.
    pub missing: Vec<String>,
}

impl GitHub {
    /// The commits among `shas` of `repository` (`owner/name`) after which one of the files `paths` is
    /// another one than before: for a merge, than at any of its parents.
    /// <https://docs.github.com/graphql/reference/objects#commit>
    ///
    /// # Errors
    ///
    /// A query that GitHub did not answer, or answered with an error.
    pub async fn changing(
        &self,
        repository: &str,
        shas: &[&str],
        paths: &[&str],
    ) -> Result<Changing, Failure> {
        let field = |sha: &&str| graphql::of_files(sha, paths);
        let answers = self.ask(repository, (shas, BATCH), "the files of the commits", field).await?;
        let mut changing = Changing { commits: BTreeSet::new(), missing: answers.missing };
        let (mut untold, mut links) = (0_usize, BTreeSet::new());
        for (sha, commit) in answers.found {
            links.extend(symbolic_links(&commit, paths));
            let changes = changes(&commit, paths.len());
            untold += usize::from(changes.is_none());
            if changes.unwrap_or(true) {
                changing.commits.insert(sha.to_owned());
            }
        }
        changing.missing.extend(links.into_iter().map(|path| {
            format!(
                "`{path}` is a symbolic link, so that GitHub does not tell who changed what it leads to. Put the file itself there."
            )
        }));
        if untold > 0 {
            let of = if untold == 1 { "one commit".to_owned() } else { format!("{untold} commits") };
            changing.missing.push(format!("GitHub did not tell the files of {of}."));
        }
        Ok(changing)
    }
}

/// True if one of the first `count` files differs between a commit and one of its parents; `None`: GitHub did
/// not tell.
fn changes(commit: &Value, count: usize) -> Option<bool> {
    let own = blobs(commit, count)?;
    let parents = commit.get("parents")?;
    let nodes = parents.get("nodes")?.as_array()?;
    if parents.get("totalCount")?.as_u64() != u64::try_from(nodes.len()).ok() {
        return None;
    }
    if nodes.is_empty() {
        return Some(own.iter().any(Option::is_some));
    }
    let before: Option<Vec<_>> = nodes.iter().map(|parent| blobs(parent, count)).collect();
    Some(before?.iter().any(|before| *before != own))
}

/// Those of `paths` that are symbolic links at a commit.
fn symbolic_links<'p>(commit: &Value, paths: &[&'p str]) -> Vec<&'p str> {
    let is_link = |index: usize| {
        let mode = commit.get(format!("f{index}")).and_then(|file| file.get("mode"));
        mode.and_then(Value::as_u64) == Some(SYMBOLIC_LINK)
    };
    let links = paths.iter().enumerate().filter(|(index, _)| is_link(*index));
    links.map(|(_, path)| *path).collect()
}

/// The blobs of the first `count` files at a commit; of a file that it does not have, none.
fn blobs(commit: &Value, count: usize) -> Option<Vec<Option<&str>>> {
    let blob = |index| match commit.get(format!("f{index}"))? {
        Value::Null => Some(None),
        file => Some(Some(file.get("oid")?.as_str()?)),
    };
    (0..count).map(blob).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_changed_where_its_blob_is_another_one() {
        let file = |oid: &str| if oid.is_empty() { Value::Null } else { json!({ "oid": oid }) };
        let at = |oids: [&str; 2]| json!({"f0": file(oids[0]), "f1": file(oids[1])});
        let commit = |own: [&str; 2], parents: &[[&str; 2]]| {
            let nodes: Vec<Value> = parents.iter().map(|oids| at(*oids)).collect();
            let mut commit = at(own);
            commit["parents"] = json!({"totalCount": nodes.len(), "nodes": nodes});
            commit
        };
        for (own, parents, expected) in [
            (["a", ""], &[["a", ""]][..], false),
            (["b", ""], &[["a", ""]], true),
            (["a", "t"], &[["a", ""]], true),
            (["", ""], &[["a", ""]], true),
            (["a", ""], &[["a", ""], ["b", ""]], true),
            (["a", ""], &[["a", ""], ["a", ""]], false),
            (["a", ""], &[], true),
            (["", ""], &[], false),
        ] {
            assert_eq!(changes(&commit(own, parents), 2), Some(expected), "{own:?} {parents:?}");
        }
        let mut linked = commit(["a", "t"], &[["a", "t"]]);
        linked["f0"]["mode"] = json!(0o100_644);
        linked["f1"]["mode"] = json!(0o120_000);
        assert_eq!(symbolic_links(&linked, &["rules.yml", "TAGS"]), ["TAGS"]);
        let mut cut = commit(["a", ""], &[["a", ""]]);
        cut["parents"]["totalCount"] = json!(11);
        for untold in [cut, Value::Null, json!({"f0": {"oid": "a"}}), at(["a", ""])] {
            assert_eq!(changes(&untold, 2), None, "{untold}");
        }
    }
}
