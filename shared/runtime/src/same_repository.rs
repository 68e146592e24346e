//! The number of a deploy's repository, compared with the one that was kept.

use signoff_core::approval::Subject;
use signoff_core::deploy::Deploy;
use signoff_core::same_repository::compared;
use signoff_providers::Failure;
use signoff_providers::github::GitHub;
use signoff_store::{KeptRepository, Store, StoreError};

/// `github`, which reads a repository by the number that was `kept` of it, where one was: another repository
/// by the name has the same commits, and other people's pull requests.
pub fn numbered(github: GitHub, kept: Option<&KeptRepository>) -> GitHub {
    match kept {
        Some(kept) => github.numbered(kept.id),
        None => github,
    }
}

/// Compares the number of the repository of `deploy` with the one that was kept and with those that people
/// voted on with `voted`. Another one is noted, so that the deployment's settings offer to connect it. One
/// read and one request to GitHub, and one write where another repository came or went.
///
/// # Errors
///
/// The record can't be read or written. `Err` of the answer: [`Failure::Permanent`] that says which
/// repository it is now and what to do, or the failure of the request.
pub async fn same_repository(
    store: &Store,
    github: &GitHub,
    deploy: &Deploy,
    voted: &[&Subject],
) -> Result<Result<(), Failure>, StoreError> {
    let (slug, repository) = (&deploy.deployment, &deploy.repository);
    let kept = store.kept_repository(slug, repository).await?;
    let found = match github.repository(repository).await {
        Ok(found) => found.map(|found| found.id),
        Err(failure) => return Ok(Err(failure)),
    };
    let compared = compared(repository, voted, kept.as_ref().map(|kept| kept.id), found);
    if let (Some(kept), Some(found)) = (kept, found) {
        let noticed = Some(found).filter(|found| *found != kept.id);
        if kept.noticed != noticed {
            store.note_repository(slug, repository, kept, noticed).await?;
        }
    }
    Ok(compared.map_err(Failure::Permanent))
}
