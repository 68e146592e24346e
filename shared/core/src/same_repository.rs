//! The number of a repository, compared with the one that was kept: another repository may take its name.

use crate::approval::Subject;

/// That the name `repository` leads to the one with the number that was `kept`, and that people voted on that
/// one with `voted`; `found` is the number that GitHub has by that name.
///
/// # Errors
///
/// It does not: a sentence without its full stop that says what it is now and what to do.
pub fn compared(
    repository: &str,
    voted: &[&Subject],
    kept: Option<u64>,
    found: Option<u64>,
) -> Result<(), String> {
    let Some(kept) = kept else {
        return Err(format!(
            "the id of {repository} on GitHub is not on record. Deploy again, which keeps it, then retry"
        ));
    };
    let mut seen = voted.iter().filter_map(|subject| subject.origin.as_ref()?.repository_id);
    let has_vote = seen.clone().next().is_some();
    if let Some(other) = seen.find(|seen| *seen != kept) {
        return Err(format!(
            "people voted on repository {other}, and an admin connected repository {kept} as {repository} since. Ask again"
        ));
    }
    let Some(found) = found else {
        return Err(format!(
            "GitHub does not show {repository} any more: it was deleted, or Signoff's GitHub token lost its \
             access. Retry once it is back"
        ));
    };
    if found == kept {
        return Ok(());
    }
    let then = if has_vote { "ask again" } else { "retry" };
    Err(format!(
        "{repository} is another repository than before: its id on GitHub was {kept} and is {found}. If that is intended, an \
         admin connects it anew in the deployment's settings; then {then}. If it is not, retry once the name is back with \
         repository {kept}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::Origin;

    fn voted_on(id: u64) -> Subject {
        let origin = Origin {
            host: "Github".to_owned(),
            repository: "acme/pay".to_owned(),
            repository_id: Some(id),
            circleci_project: "gh/acme/pay".to_owned(),
            circleci_definition: None,
        };
        Subject { origin: Some(origin), ..Subject::default() }
    }

    #[test]
    fn only_the_repository_that_was_kept_and_voted_on_passes() {
        let (seven, eight) = (voted_on(7), voted_on(8));
        let of = |voted: &[&Subject], kept: Option<u64>, found: Option<u64>| {
            compared("acme/pay", voted, kept, found).err().unwrap_or_else(|| "passes".to_owned())
        };
        let told = [
            of(&[&seven], Some(7), Some(7)),
            of(&[], Some(7), Some(7)),
            of(&[], Some(7), Some(8)),
            of(&[&seven], Some(7), Some(8)),
            of(&[&seven, &eight], Some(7), Some(7)),
            of(&[], Some(7), None),
            of(&[&seven], None, Some(7)),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        passes
        passes
        acme/pay is another repository than before: its id on GitHub was 7 and is 8. If that is intended, an admin connects it anew in the deployment's settings; then retry. If it is not, retry once the name is back with repository 7
        acme/pay is another repository than before: its id on GitHub was 7 and is 8. If that is intended, an admin connects it anew in the deployment's settings; then ask again. If it is not, retry once the name is back with repository 7
        people voted on repository 8, and an admin connected repository 7 as acme/pay since. Ask again
        GitHub does not show acme/pay any more: it was deleted, or Signoff's GitHub token lost its access. Retry once it is back
        the id of acme/pay on GitHub is not on record. Deploy again, which keeps it, then retry
        ");
    }
}
