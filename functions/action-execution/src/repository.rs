//! The repository's number, compared before each action: another repository may take the name between the
//! vote and the action.

use approval::approval::Subject;
use providers::Failure;
use providers::github::RepositoryIdentity;
use store::KeptRepository;

/// The number of another repository than the one that was `kept`, where GitHub `found` one by the name.
pub(crate) fn noticed(kept: &KeptRepository, found: Option<&RepositoryIdentity>) -> Option<u64> {
    found.map(|found| found.id).filter(|found| *found != kept.id)
}

/// That the name `repository` leads to the one that was `kept` and that people voted on with `voted`; `found`
/// is what GitHub has by that name.
///
/// # Errors
///
/// [`Failure::Permanent`] that says which repository it is now and what to do.
pub(crate) fn same_repository(
    repository: &str,
    voted: &[&Subject],
    kept: Option<&KeptRepository>,
    found: Option<&RepositoryIdentity>,
) -> Result<(), Failure> {
    let Some(kept) = kept else {
        return Err(refused(format!(
            "the id of {repository} on GitHub is not on record. Deploy again, which keeps it, then retry"
        )));
    };
    let id = kept.id;
    let mut seen = voted.iter().filter_map(|subject| subject.origin.as_ref()?.repository_id);
    let has_vote = seen.clone().next().is_some();
    if let Some(other) = seen.find(|seen| *seen != id) {
        return Err(refused(format!(
            "people voted on repository {other}, and an admin connected repository {id} as {repository} since. Ask again"
        )));
    }
    if found.is_none() {
        return Err(refused(format!(
            "GitHub does not show {repository} any more: it was deleted, or the token in the GitHub secret lost its \
             access. Retry once it is back"
        )));
    }
    let Some(other) = noticed(kept, found) else { return Ok(()) };
    let then = if has_vote { "ask again" } else { "retry" };
    Err(refused(format!(
        "{repository} is another repository than before: its id on GitHub was {id} and is {other}. If that is intended, an \
         admin connects it anew in the deployment's settings; then {then}. If it is not, retry once the name is back with \
         repository {id}"
    )))
}

fn refused(why: String) -> Failure {
    Failure::Permanent(format!("nothing was done: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::approval::Origin;

    fn found(id: u64) -> Option<RepositoryIdentity> {
        Some(RepositoryIdentity { id, default_branch: "main".to_owned() })
    }

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
        let of = |voted: &[&Subject], kept: Option<u64>, found: Option<RepositoryIdentity>| {
            let kept = kept.map(KeptRepository::first);
            match same_repository("acme/pay", voted, kept.as_ref(), found.as_ref()) {
                Ok(()) => "passes".to_owned(),
                Err(failure) => failure.to_string(),
            }
        };
        let told = [
            of(&[&seven], Some(7), found(7)),
            of(&[], Some(7), found(7)),
            of(&[], Some(7), found(8)),
            of(&[&seven], Some(7), found(8)),
            of(&[&seven, &eight], Some(7), found(7)),
            of(&[], Some(7), None),
            of(&[&seven], None, found(7)),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        passes
        passes
        nothing was done: acme/pay is another repository than before: its id on GitHub was 7 and is 8. If that is intended, an admin connects it anew in the deployment's settings; then retry. If it is not, retry once the name is back with repository 7
        nothing was done: acme/pay is another repository than before: its id on GitHub was 7 and is 8. If that is intended, an admin connects it anew in the deployment's settings; then ask again. If it is not, retry once the name is back with repository 7
        nothing was done: people voted on repository 8, and an admin connected repository 7 as acme/pay since. Ask again
        nothing was done: GitHub does not show acme/pay any more: it was deleted, or the token in the GitHub secret lost its access. Retry once it is back
        nothing was done: the id of acme/pay on GitHub is not on record. Deploy again, which keeps it, then retry
        ");
    }
}
