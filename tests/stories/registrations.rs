//! What a registration may say in place of a SHA, and what of it can't be read.

use crate::identity::{doubt, send, stands};
use serde_json::json;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Slug;
use system_tests::story::{rule, tell};

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
fn moved_tag_by_its_bare_name_is_a_new_deploy() {
    tell("identity-moving-tag", async |story| {
        story.rules("rules: []");
        let github = &story.world.github;
        let plain = json!({"sha": "stable", "environment": "Staging"});
        let with = |more: serde_json::Value| {
            let mut body = plain.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let date = "2026-05-11T11:40:00Z";
        let another = json!({"date": date, "email": story.email("Ben"), "ignore_if_duplicate": true});
        let mut before = None;
        for (title, body) in [
            ("Begin", plain.clone()),
            ("Take cards", plain.clone()),
            ("Take tea", with(json!({"date": date}))),
            // By its date, it is somebody else's report of the one before. By its commit, it is not.
            ("Take vouchers", with(another)),
        ] {
            let sha = story.push("Ana", title);
            github.add_tag(&story.repository(), "stable", &sha);
            let (status, told) = send(story, &body).await;
            assert_eq!(status, 200, "{title}: {told}");
            let slug = Slug::new("acme", &story.name).unwrap();
            let deploy = story.until("the deploy of the commit", async || {
                let found = story.world.store.of_revision(&slug, &sha).await.unwrap();
                found.into_iter().find(|deploy| deploy.revision == sha)
            });
            let deploy = story.settled(&deploy.await.id).await.deploy;
            assert_eq!(deploy.confirmation, Confirmation::Confirmed, "{title}");
            if body.get("date").is_none() {
                assert_eq!(stands(story).await.as_ref(), Some(&deploy.id), "{title}");
            }
            assert_ne!(before.replace(deploy.id.clone()), Some(deploy.id), "{title}");
        }
    });
}

#[test]
fn name_in_place_of_an_address_is_a_maker() {
    tell("identity-odd-makers", async |story| {
        story.rules(&rule("{votes_required: 1, self_approval: false}", "webhook: 'https://example.com'"));
        let ana = story.person("Ana");
        let base = story.push("Ben", "Begin");
        let texts = [format!("Ana Odd <{}>", story.email("Ana")), "jenkins-odd".to_owned()];
        for (number, email) in texts.iter().enumerate() {
            let sha = story.push("Ben", &format!("Change {number}"));
            let body = json!({"sha": sha, "environment": "Staging", "email": email});
            assert_eq!(send(story, &body).await.0, 200);
            let deploy = story.deploy_id(&sha, "Staging");
            story.settled(&deploy).await;
            if number == 0 {
                story.sets_base(&deploy, &base).await;
            }
            let electorate = story.settled(&deploy).await.approvals[0].electorate.clone();
            let is_maker = electorate.makers().any(|maker| *maker == ana);
            let is_named = format!("{electorate:?}").contains("jenkins-odd");
            assert_eq!((is_maker, is_named), (number == 0, number == 1), "{electorate:?}");
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
