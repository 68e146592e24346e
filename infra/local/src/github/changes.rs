//! Combined changes of several commits.

use super::state::ChangedFile;
use std::collections::BTreeMap;

/// The files that `commits` (the changes of each, oldest first) leave changed: one that was added and removed
/// again is none of them, one that was renamed twice has its first name as the previous one.
pub fn together<'c>(commits: impl IntoIterator<Item = &'c [ChangedFile]>) -> Vec<ChangedFile> {
    let mut changed: BTreeMap<String, ChangedFile> = BTreeMap::new();
    for change in commits.into_iter().flatten() {
        let before = changed.remove(change.previous.as_ref().unwrap_or(&change.path));
        if let Some(file) = after(before, change) {
            changed.insert(file.path.clone(), file);
        }
    }
    changed.into_values().collect()
}

/// Returns a file's change after one more commit. `before` is its change so far. `None`: the two cancel each
/// other out.
fn after(before: Option<ChangedFile>, change: &ChangedFile) -> Option<ChangedFile> {
    let Some(before) = before else { return Some(change.clone()) };
    let first = before.previous.clone().unwrap_or_else(|| before.path.clone());
    let (status, path, previous) = match (before.status, change.status) {
        ("added", "removed") => return None,
        ("added", _) => ("added", change.path.clone(), None),
        (_, "removed") => ("removed", first, None),
        ("removed", _) => ("modified", change.path.clone(), None),
        _ if first == change.path => ("modified", change.path.clone(), None),
        _ => ("renamed", change.path.clone(), Some(first)),
    };
    let additions = before.additions + change.additions;
    Some(ChangedFile { path, previous, status, additions, deletions: before.deletions + change.deletions })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(text: &str) -> Vec<ChangedFile> {
        let change = |word: &str| {
            let (status, paths) = word.split_once(':').unwrap();
            let status = ["added", "modified", "removed", "renamed"]
                .into_iter()
                .find(|known| *known == status)
                .unwrap();
            let (previous, path) =
                paths.split_once('>').map_or((None, paths), |(old, new)| (Some(old.to_owned()), new));
            ChangedFile { path: path.to_owned(), previous, status, additions: 1, deletions: 0 }
        };
        text.split_whitespace().map(change).collect()
    }

    #[test]
    fn commits_change_what_they_leave_changed() {
        for (commits, expected) in [
            ("added:a modified:b", "added:a modified:b"),
            ("added:a removed:a", ""),
            ("added:a modified:a", "added:a"),
            ("modified:a removed:a", "removed:a"),
            ("removed:a added:a", "modified:a"),
            ("added:a renamed:a>b", "added:b"),
            ("renamed:a>b", "renamed:a>b"),
            ("renamed:a>b modified:b", "renamed:a>b"),
            ("renamed:a>b renamed:b>c", "renamed:a>c"),
            ("renamed:a>b renamed:b>a", "modified:a"),
            ("renamed:a>b removed:b", "removed:a"),
        ] {
            let changed = together([changes(commits).as_slice()]);
            let shown = |file: &ChangedFile| match &file.previous {
                Some(previous) => format!("{}:{previous}>{}", file.status, file.path),
                None => format!("{}:{}", file.status, file.path),
            };
            assert_eq!(changed.iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{commits}");
        }
    }
}
