//! The repository's number, compared before each action: another repository may take the name between the
//! vote and the action.

use crate::handler::ActionExecution;
use approval::approval::Subject;
use approval::deploy::Deploy;
use providers::Failure;
use store::StoreError;

impl ActionExecution {
    /// Compares the number of the repository of `deploy` with the one that was kept and with those that
    /// people voted on with `voted`. Another one is noted, so that the deployment's settings offer to connect
    /// it. One read and one request to GitHub, and one write where another repository came or went.
    ///
    /// # Errors
    ///
    /// The record can't be read or written. `Err` of the answer: [`Failure::Permanent`] that says which
    /// repository it is now and what to do, or the failure of the request.
    pub(crate) async fn same_repository(
        &self,
        deploy: &Deploy,
        voted: &[&Subject],
    ) -> Result<Result<(), Failure>, StoreError> {
        let (slug, repository) = (&deploy.deployment, &deploy.repository);
        let kept = self.store.kept_repository(slug, repository).await?;
        let github = match self.outside.github(self.now()).await {
            Ok(github) => github,
            Err(failure) => return Ok(Err(failure)),
        };
        let found = match github.repository(repository).await {
            Ok(found) => found.map(|found| found.id),
            Err(failure) => return Ok(Err(failure)),
        };
        let compared = compared(repository, voted, kept.as_ref().map(|kept| kept.id), found);
        if let (Some(kept), Some(found)) = (kept, found) {
            let noticed = Some(found).filter(|found| *found != kept.id);
            if kept.noticed != noticed {
                self.store.note_repository(slug, repository, kept, noticed).await?;
            }
        }
        Ok(compared.map_err(Failure::Permanent))
    }
}

/// Checks that the name `repository` leads to the repository with the id `kept`, and that people voted on
/// that one with `voted`; `found` is the id that GitHub has for the name. `Err`: a sentence with the
/// difference and the next step.
fn compared(
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
            "GitHub does not show {repository} any more: it was deleted, or the token in the GitHub secret lost its \
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
    use approval::approval::Origin;

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
        GitHub does not show acme/pay any more: it was deleted, or the token in the GitHub secret lost its access. Retry once it is back
        the id of acme/pay on GitHub is not on record. Deploy again, which keeps it, then retry
        ");
    }
}
