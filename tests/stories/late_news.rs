//! News that GitHub tells late: what was read when the approval opened is read once more before the first
//! action.

use insta::assert_snapshot;
use signoff_core::approval::Status;
use signoff_local::github::{Author, NewPullRequest};
use system_tests::receiver::Receiver;
use system_tests::story::{rule, tell};

#[test]
fn merge_that_is_known_late_takes_its_mergers_vote_away() {
    tell("late-news", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [_, ben, chiara] = ["Ana", "Ben", "Chiara"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &format!("webhook: '{}/hook'", receiver.url())));
        let base = story.push("Chiara", "Begin");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
        let read = async || {
            let approval = story.page(&deploy).await.approvals[0].id.clone();
            story.world.store.range(&deploy, &approval).await.unwrap().unwrap().read_at
        };
        let at_opening = read().await;
        // Ben merged it, and GitHub names the pull request only now.
        let merger = Author::new("Ben", &story.email("Ben"), "merges-late");
        story.world.github.show_email("merges-late", &story.email("Ben"));
        let pull_request = NewPullRequest {
            title: "Take cards".to_owned(),
            body: None,
            author: story.author("Ana"),
            labels: Vec::new(),
            commits: vec![revision],
            merged: true,
            merger: Some(merger),
        };
        story.world.github.add_pull_request(&story.repository(), pull_request);
        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].status, Status::Pending);
        assert_eq!(receiver.deliveries().len(), 0);
        let before_acting = read().await;
        assert!(before_acting > at_opening, "it is read once more");
        let told = story.world.slack.thread(&story.name, &dialog);
        let told = told.last().map(|message| message.text.clone()).unwrap_or_default();
        let set_by = &page.approvals[0].electorate.judged.as_ref().unwrap().set_by.clone().unwrap();
        let told = told.replace(&ben, "BEN").replace(set_by, "ADMIN");
        assert_snapshot!(told, @"
        :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
        Votes don't count for the voter's own changes. Votes still needed: 1 for what <@BEN> made (merged “Take cards”).
        The votes that count are kept: 0 of 1 approval. Anyone in this channel can vote, except <@ADMIN>.
        ");

        story.click(&chiara, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0].status);
        assert_eq!(receiver.deliveries().len(), 1);
    });
}
