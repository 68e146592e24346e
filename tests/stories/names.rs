//! People on the page of record, by the names that a lookup of them told: most have not clicked yet.

use serde_json::Value;
use system_tests::story::tell;

/// The text between the tags of `page`.
fn text(page: &str) -> String {
    page.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect()
}

#[test]
fn page_names_people_who_have_not_clicked() {
    tell("names", async |story| {
        let people = ["Ana", "Ben", "Cleo", "Dora"].map(|name| story.person(name));
        story.world.slack.add_usergroup("names-crew", &[&people[2], &people[3]]);
        let options = format!("{{self_approval: false, approvers: [{}, '@names-crew']}}", story.email("Ben"));
        let (deploy, _) = story.asks(&options, "add_deploy_tag: named").await;
        let visitor = story.sign_in(&story.person("Finn")).await;
        for tab in ["approvals", "timeline"] {
            let page = text(&visitor.page(&format!("/deploys/{deploy}?tab={tab}")).await);
            for id in &people {
                assert!(!page.contains(id), "{id} is in {tab}: {page}");
            }
            let may_vote = "Only the approvers of this rule can vote: Ben and 2 members of @names-crew.";
            assert!(page.contains(may_vote), "{page}");
        }
        let page = text(&visitor.page(&format!("/deploys/{deploy}")).await);
        for part in [
            "@Ana, would you like to promote",
            "You can’t vote: only the approvers of this rule can vote: @Ben and 2 more.",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }

        let path = format!("/api/v1/deploys/{deploy}/approvals");
        let approvals: Value = story.get(&path).await.json().await.unwrap();
        let people = approvals["approvals"][0]["electorate"]["people"].as_array().unwrap();
        let names: Vec<&Value> = people.iter().map(|person| &person["name"]).collect();
        assert!(names.contains(&&Value::from("Ben")), "{names:?}");
    });
}
