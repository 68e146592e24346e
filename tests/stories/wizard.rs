//! The console's wizard: what it writes is what governs the next deploy.

use reqwest::Response;
use signoff_local::fault::{Fault, FaultKind};
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

/// Sends the wizard's form, filled in with these fields.
async fn wizard(story: &Story, page: &str, fields: &[(&str, &str)]) -> Response {
    let url = format!("{}/deployments/acme/{}/approvals/{page}", story.world.front.url(), story.name);
    story.world.http.post(url).bearer_auth(API_KEY).form(fields).send().await.unwrap()
}

/// Opens a page of the wizard.
async fn opened(story: &Story, page: &str) -> Response {
    story.get(&format!("/deployments/acme/{}/approvals/{page}", story.name)).await
}

async fn text(answer: Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    answer.text().await.unwrap()
}

/// Values typed into the wizard: a prompt with everything that YAML could stumble over.
fn fields(story: &Story) -> Vec<(&'static str, &str)> {
    vec![
        ("step", "export"),
        ("name", "Promote: it's #1"),
        ("environment", "Staging"),
        ("prompt", "{{ authors_slack }}: \"go\"? It's #1 & <fine>\r\n  - *{{ environment }}* 🚀"),
        ("channel", &story.name),
        ("votes", "1"),
        ("action", "approve"),
        ("build", "build-and-deploy"),
    ]
}

#[test]
fn what_the_wizard_writes_governs_the_next_deploy() {
    tell("wizard", async |story| {
        let ana = story.person("Ana");
        let fields = fields(story);
        let first = text(opened(story, "new").await, 200).await;
        assert!(first.contains("<h1>Introduction</h1>"), "{first}");
        let form = text(opened(story, "new?step=workflow").await, 200).await;
        assert!(form.contains("<datalist id=\"channels\"><option value=\"#"), "channels are offered: {form}");
        let channels = text(opened(story, "channels?q=%23DEPLOY").await, 200).await;
        assert!(channels.contains("\"#deploys\"") && !channels.contains("wizard"), "{channels}");
        let empty = text(wizard(story, "new", &[("step", "export")]).await, 422).await;
        assert!(
            empty.contains(
                "<a href=\"#channel\">Slack channel</a>: This is empty; name a channel, such as #releases."
            ),
            "{empty}"
        );

        let page = text(wizard(story, "new", &fields).await, 200).await;
        assert!(page.contains("Save this as <code>.signoff/rules.yml</code>"), "{page}");
        let download = wizard(story, "new", &[&fields[..], &[("download", "1")]].concat()).await;
        assert_eq!(download.headers()["content-disposition"], "attachment; filename=\"rules.yml\"");
        let file = text(download, 200).await;
        assert!(file.starts_with("rules:\n  - promote-it-s-1:\n"), "{file}");

        let repository = story.repository();
        story.world.github.set_file(&repository, ".signoff/rules.yml", &file);
        let revision = story.push("Ana", "Take cards");
        story.world.circleci.add_pipeline_on_hold(
            &story.project(),
            &revision,
            "main",
            "build-and-deploy",
            "hold",
        );
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let asked = story.world.slack.messages(&story.name).last().unwrap().text.clone();
        let typed = format!("<@{ana}>: \"go\"? It's #1 & <fine>\n  - *Staging* 🚀");
        assert!(asked.starts_with(&typed), "{asked}");
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].name, "Promote: it's #1");
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0].status);

        // The dialog of the form is the one that was posted, but for the mention.
        let preview = text(wizard(story, "preview", &fields).await, 200).await;
        assert!(preview.contains("<strong>Staging</strong> 🚀"), "{preview}");
        let form = text(opened(story, "new?step=workflow").await, 200).await;
        assert!(form.contains("<option value=\"Staging\" selected>"), "{form}");
        assert!(form.contains(&format!("{} - wizard (Staging)", revision.get(..7).unwrap())), "{form}");
    });
}

#[test]
fn added_rule_keeps_the_rest_of_the_file() {
    tell("wizard-merge", async |story| {
        let old = "# Ours.\r\nrules:   # all of them\r\n    - promote-it-s-1: # the first\r\n        conditions: [ environment='Staging' ]\r\n        \
                   actions: [ add_deploy_tag: '#old' ]\r\n# The end.";
        let repository = story.repository();
        story.world.github.set_file(&repository, ".sleuth/rules.yml", old);
        story.person("Ana");
        let fields = fields(story);
        let page = text(wizard(story, "new", &fields).await, 200).await;
        assert!(page.contains("<mark>    - promote-it-s-1-2:"), "{page}");
        assert!(page.contains(&format!("/{repository}/edit/HEAD/.sleuth/rules.yml")), "{page}");
        let download = wizard(story, "new", &[&fields[..], &[("download", "1")]].concat()).await;
        let file = text(download, 200).await;
        assert!(file.starts_with(&format!("{old}\r\n    - promote-it-s-1-2:\r\n")), "{file}");

        story.world.github.set_file(&repository, ".sleuth/rules.yml", &file);
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        let page = story.settled(&deploy).await;
        let mut opened: Vec<_> = page.runs.iter().map(|run| run.rule.as_str()).collect();
        opened.sort_unstable();
        assert_eq!(opened, ["promote-it-s-1", "promote-it-s-1-2"]);

        // A file with a mistake is not touched.
        story.world.github.set_file(&repository, ".sleuth/rules.yml", "rules:\n  - a: {actions: [x]}\n");
        let page = text(wizard(story, "new", &fields).await, 200).await;
        assert!(page.contains("<li>.sleuth/rules.yml:2:19: unknown action `x`"), "{page}");
    });
}

#[test]
fn where_github_does_not_answer_the_new_rule_is_shown_alone() {
    tell("wizard-alone", async |story| {
        let down = FaultKind::Status { code: 503, headers: Vec::new(), body: String::new() };
        story.world.github.faults().push(Fault::once("wizard-alone/contents/.signoff/rules.yml", down));
        let page = text(wizard(story, "new", &fields(story)).await, 200).await;
        assert!(page.contains("Signoff can\u{2019}t ask GitHub right now"), "{page}");
        assert!(page.contains("- promote-it-s-1:"), "{page}");
        let unknown = story.get("/deployments/other/checkout/approvals/new").await;
        assert_eq!(unknown.status(), 404);
    });
}

#[test]
fn wizard_links_to_the_repository_of_the_settings() {
    tell("wizard-host", async |story| {
        let fields = fields(story);
        let page = text(wizard(story, "new", &fields).await, 200).await;
        assert!(page.contains("Create the file on GitHub"), "{page}");
        let settings =
            [("repository", "acme/wizard-host"), ("channel", ""), ("git_host", "gitlab"), ("version", "0")];
        let url = format!("{}/deployments/acme/wizard-host/edit", story.world.front.url());
        let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&settings).send().await.unwrap();
        assert_eq!(saved.status(), 303);

        let page = text(wizard(story, "new", &fields).await, 200).await;
        assert!(page.contains("Create the file on GitLab"), "{page}");
        assert!(page.contains("href=\"https://gitlab.com/acme/wizard-host/-/new/HEAD?"), "{page}");
        let other = [&fields[..], &[("host", "bitbucket")]].concat();
        let page = text(wizard(story, "new", &other).await, 200).await;
        assert!(page.contains("Create the file on Bitbucket"), "{page}");
    });
}

#[test]
fn wizard_takes_a_draft_only_by_post_with_a_token() {
    tell("wizard-post", async |story| {
        let ana = story.person("Ana");
        let visitor = story.sign_in(&ana).await;
        let path = "/deployments/acme/wizard-post/approvals/new";
        let linked = format!("{path}?step=workflow&name=Injected&channel=injected");
        let linked = text(visitor.get(&linked).await, 200).await;
        assert!(!linked.to_lowercase().contains("injected"), "a link fills nothing in: {linked}");
        let fields = fields(story);
        for page in [path, "/deployments/acme/wizard-post/approvals/preview"] {
            let refused = visitor.post_with(page, &fields, None).await;
            assert_eq!(refused.status(), 403, "{page} without its token");
        }
        let page = text(visitor.post(path, &fields).await, 200).await;
        assert!(page.contains("Save this as <code>.signoff/rules.yml</code>"), "{page}");
        // Going back keeps what was typed.
        let back = [&fields[..], &[("step", "workflow")]].concat();
        let back: Vec<_> = back.into_iter().filter(|field| *field != ("step", "export")).collect();
        let form = text(visitor.post(path, &back).await, 200).await;
        assert!(
            form.contains("value=\"Promote: it&#39;s #1\"") || form.contains("value=\"Promote: it's #1\""),
            "{form}"
        );

        let long = "x".repeat(7000);
        let form = text(visitor.post(path, &[("step", "export"), ("prompt", &long)]).await, 422).await;
        assert!(form.contains("Shorten <strong>Prompt</strong>"), "{form}");
        let longer = "x".repeat(11_000);
        let page = text(visitor.post(path, &[("step", "export"), ("prompt", &longer)]).await, 413).await;
        assert!(page.contains("You typed more than the wizard can take."), "{page}");
    });
}
