//! What a registration may say in place of a SHA, and what of it can't be read.

use crate::identity::{doubt, send};
use serde_json::json;
use signoff_core::confirmation::{Confirmation, Doubt};
use system_tests::story::tell;

#[test]
fn bare_name_is_resolved_as_a_tag_alone() {
    tell("identity-bare-tag", async |story| {
        story.rules("rules: []");
        let sha = story.push("Ana", "Begin");
        let github = &story.world.github;
        for tag in ["v1.2.3", "twin-2", "20261130", "20261201", "4711"] {
            github.add_tag(&story.repository(), tag, &sha);
        }
        for branch in ["twin-2", "topic-3", "20261201"] {
            github.add_branch(&story.repository(), branch);
        }
        for (name, expected) in [
            ("twin-2", Doubt::AmbiguousName),
            ("20261201", Doubt::AmbiguousName),
            ("4711", Doubt::AmbiguousName),
            ("topic-3", Doubt::BranchName),
            ("v9.9.9", Doubt::UnknownRevision),
        ] {
            let body = json!({"sha": name, "environment": "Staging"});
            assert_eq!(send(story, &body).await, (200, "Success".to_owned()), "{name}");
            let deploy = story.deploy_id(name, "Staging");
            assert_eq!(doubt(story, &deploy).await, expected, "{name}");
            assert_eq!(story.page(&deploy).await.runs, [], "{name}");
            let told = story.until("the channel to be told", async || {
                story.problems().into_iter().find(|told| told.contains(name))
            });
            assert!(told.await.contains("unconfirmed"), "{name}");
        }
        for (tag, environment) in [("v1.2.3", "Staging"), ("20261130", "Production")] {
            let body = json!({"sha": tag, "environment": environment});
            assert_eq!(send(story, &body).await.0, 200);
            let deploy = story.settled(&story.deploy_id(tag, environment)).await.deploy;
            assert_eq!((deploy.confirmation, &deploy.revision), (Confirmation::Confirmed, &sha), "{tag}");
        }
    });
}

#[test]
fn odd_addresses_are_left_out_and_noted() {
    tell("identity-odd-addresses", async |story| {
        story.rules("rules: []");
        let sha = story.push("Ana", "Begin");
        let body = json!({
            "sha": sha,
            "environment": "Staging",
            "email": "jenkins",
            "commits": [{"revision": sha, "author": "Ana"}],
            "pull_requests": [{"number": 1, "url": "n/a"}],
        });
        let (status, told) = send(story, &body).await;
        insta::assert_snapshot!(format!("{status} {told}"), @"
        200 Success
        Left out: email: `jenkins` is not an e-mail address
        Left out: commits[0].author: it must be an object with name, email and username, not text
        Left out: pull_requests[0].url: `n/a` is not an address: it must start with https:// or http://
        ");
        let deploy = story.settled(&story.deploy_id(&sha, "Staging")).await.deploy;
        assert_eq!(deploy.confirmation, Confirmation::Confirmed);
        let noted = ["email", "commits[0].author", "pull_requests[0].url"];
        assert_eq!(deploy.reading.reported.ignored, noted);
    });
}
