//! Another repository that took the name: nothing of it counts.

use super::*;

#[tokio::test]
async fn range_of_another_repository_by_the_name_is_not_read() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let head = host.push(commit("ben", "new"));
    let number = host.client.repository(REPOSITORY).await.unwrap().unwrap().id;
    let client = host.client.clone().numbered(number);
    let range = client.range(REPOSITORY, &base, &head).await.unwrap().range;
    assert_eq!((range.added.len(), range.missing.len()), (1, 0));
    host.github.replace_repository(REPOSITORY);
    let failure = client.range(REPOSITORY, &base, &head).await.unwrap_err();
    let RangeFailure::Other(failure) = failure else { panic!("{failure:?}") };
    let expected = format!(
        "acme/checkout is another repository than before: its id on GitHub was {number} and is {}",
        number + 1
    );
    assert_eq!((failure.to_string(), failure.is_passing()), (expected.clone(), false));
    assert_eq!(client.single(REPOSITORY, &head).await.unwrap_err().to_string(), expected);
    host.github.give_name_back(REPOSITORY);
    assert!(client.range(REPOSITORY, &base, &head).await.is_ok());
}
