use super::super::tests::lines;
use super::*;
use crate::sample;
use crate::wizard::preview as dialogs;
use approval::message::Message;
use insta::assert_snapshot;
use rules::parse;
use rules::write::{FieldProblem, Workflow, file, merged};
use std::sync::LazyLock;
use store::GitHost;

fn slug() -> Slug {
    Slug::new("acme", "checkout").unwrap()
}

fn form(step: Step, query: &str) -> Form {
    Form { step, ..Form::read(query) }
}

const FILLED_IN: &str = "environment=Staging&channel=releases&build=build-and-deploy&approvers=ana%40acme.example&name=Promote+%3Cb%3E";

fn workflow() -> Workflow {
    Form::read(FILLED_IN).draft.workflow().unwrap()
}

fn channels() -> Vec<String> {
    vec!["general".to_owned(), "releases".to_owned()]
}

fn form_page(form: &Form) -> FormPage<'_> {
    FormPage {
        deployment: slug_for_good(),
        form,
        environments: &["QA", "Staging"],
        channels: None,
        problems: &[],
        too_long: None,
        dialog: sample_dialog(),
    }
}

fn sample_dialog() -> &'static Result<Message, Vec<FieldProblem>> {
    static DIALOG: LazyLock<Result<Message, Vec<FieldProblem>>> = LazyLock::new(|| {
        let deploy = dialogs::sample(slug_for_good(), "Staging", sample::at(0));
        dialogs::dialog(&workflow(), &deploy, "https://signoff.example.com/deploys/d1", sample::at(0))
    });
    &DIALOG
}

fn slug_for_good() -> &'static Slug {
    static SLUG: LazyLock<Slug> = LazyLock::new(slug);
    &SLUG
}

fn export_page(form: &Form, export: &Export) -> String {
    let page = ExportPage {
        deployment: slug_for_good(),
        repository: "acme/checkout",
        host: form.host.unwrap_or_default(),
        form,
        export,
        github_api: "https://api.github.com",
    };
    lines(&page.draw(Some(&sample::visitor())))
}

fn whole(existing: Existing) -> Export {
    let text = file(&workflow(), ".signoff/rules.yml").unwrap();
    Export::new(".signoff/rules.yml", text, existing)
}

/// The part of a page between its heading and the end.
fn body(page: &str) -> &str {
    page.split_once("<h1>").map_or(page, |(_, body)| body)
}

#[test]
fn step_introduction() {
    let page = introduction(&slug(), &form(Step::Introduction, ""), Some(&sample::visitor()));
    assert_snapshot!(lines(&page));
}

#[test]
fn step_workflow() {
    let form = form(Step::Workflow, "environment=staging");
    let channels = channels();
    let page = FormPage { channels: Some(&channels), ..form_page(&form) }.draw(Some(&sample::visitor()));
    assert_snapshot!(lines(&page));
}

#[test]
fn step_workflow_with_problems() {
    let query = "name=&environment=&other_environment=&prompt=%7B%7B+autors_slack+%7D%7D&votes=0&expires=custom&action=webhook&url=x";
    let form = form(Step::Workflow, query);
    let problems = form.draft.workflow().unwrap_err();
    let page = FormPage { problems: &problems, environments: &[], ..form_page(&form) }.draw(None);
    assert_snapshot!(body(&lines(&page)));
}

#[test]
fn step_workflow_with_another_environment_and_time() {
    let form = form(
        Step::Workflow,
        "environment=&other_environment=Canary&expires=custom&custom_expires=36h&four_eyes=on",
    );
    let page = lines(&form_page(&form).draw(None));
    for part in [
        "<option value=\"\" selected>Another one",
        "name=\"other_environment\" maxlength=\"200\" autocomplete=\"off\" value=\"Canary\"",
        "<option value=\"custom\" selected>",
        "name=\"custom_expires\" maxlength=\"20\" autocomplete=\"off\" value=\"36h\"",
        "name=\"four_eyes\" checked",
        "Slack can\u{2019}t be asked for its channels now",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn what_does_not_fit_into_an_address_is_told() {
    let form = form(Step::Workflow, "");
    let page = lines(&FormPage { too_long: Some(("prompt", 7000)), ..form_page(&form) }.draw(None));
    assert!(page.contains("at most 7000 characters. Shorten <strong>Prompt</strong>"), "{page}");
}

#[test]
fn the_preview_shows_the_dialog_as_slack_does() {
    let draft = Form::read(
        "environment=Staging&channel=releases&votes=2&prompt=*Promote*+%7B%7B+deploy_slack+%7D%7D+%3Cb%3E%3F",
    )
    .draft;
    let workflow = dialogs::workflow(&draft).unwrap();
    let deploy = dialogs::sample(&slug(), "Staging", sample::at(0));
    let dialog = dialogs::dialog(&workflow, &deploy, "https://signoff.example.com/deploys/d1", sample::at(0));
    assert_snapshot!(lines(&preview(&dialog)));
    let draft = Form::read("prompt=%7B%7B+nobody+%7D%7D").draft;
    let wrong = dialogs::workflow(&draft).map(|_| unreachable!());
    assert_snapshot!(lines(&preview(&wrong)), @r#"
    <div class="preview" id="preview">
    <p class="error">There is no dialog with this prompt. Character 4: unknown template variable `nobody`.</p>
    </div>
    "#);
}

#[test]
fn step_export() {
    let form = form(Step::Export, FILLED_IN);
    assert_snapshot!(export_page(&form, &whole(Existing::None)));
}

#[test]
fn step_export_where_there_is_a_file() {
    let form = form(Step::Export, FILLED_IN);
    let old = "# Ours <!>\nrules:\n  - a: {actions: [trigger_build]}\n";
    let export = Export::merged(".sleuth/rules.yml", merged(old, ".sleuth/rules.yml", &workflow()).unwrap());
    assert_snapshot!(body(&export_page(&form, &export)));
    let long = format!("{old}{}", "  # more\n".repeat(4000));
    let export =
        Export::merged(".sleuth/rules.yml", merged(&long, ".sleuth/rules.yml", &workflow()).unwrap());
    let page = export_page(&form, &export);
    assert!(page.len() < 20_000 && page.contains("these are its lines 4001 to 4015"), "{page}");
    assert!(
        page.contains("<mark>  - promote-b:\n      conditions:") && !page.contains("data-copy"),
        "{page}"
    );
}

#[test]
fn step_export_where_the_rule_goes_in_by_hand() {
    let form = form(Step::Export, FILLED_IN);
    let problems = parse("rules:\n  - a: {actions: [trigger_bild]}\n", ".signoff/rules.yml").unwrap_err();
    for (existing, told) in [
        (Existing::Unknown, "GitHub can\u{2019}t be asked now"),
        (Existing::ByHand, "Put the new one in by hand."),
        (Existing::Unreadable(problems), "<li>.signoff/rules.yml:2:19: unknown action `trigger_bild`"),
    ] {
        let page = export_page(&form, &whole(existing));
        assert!(page.contains(told), "{told}: {page}");
        assert!(page.contains("- promote-b:"), "{page}");
    }
}

#[test]
fn a_repository_elsewhere_is_not_looked_into() {
    for host in [GitHost::Gitlab, GitHost::Bitbucket] {
        let form = Form { host: Some(host), ..form(Step::Export, FILLED_IN) };
        let page = export_page(&form, &whole(Existing::None));
        assert!(page.contains("Signoff looks into repositories on GitHub only"), "{page}");
        assert!(page.contains(&format!("Create the file on {}", host.title())), "{page}");
    }
}

#[test]
fn pages_are_small() {
    let channels: Vec<String> = (0..100).map(|number| format!("{number:0>80}")).collect();
    let environments: Vec<String> = (0..50).map(|number| format!("{number:0>100}")).collect();
    let environments: Vec<&str> = environments.iter().map(String::as_str).collect();
    // All that the gateway takes.
    let long = form(Step::Workflow, &format!("prompt={}", "%27".repeat(3300)));
    let page = FormPage { channels: Some(&channels), environments: &environments, ..form_page(&long) };
    let size = page.draw(None).0.len();
    assert!(size < 60_000, "{size}");
    let full = form(Step::Export, &format!("{FILLED_IN}&message={}", "%27".repeat(1900)));
    let old = format!("rules:\n  - a: {{actions: [trigger_build]}}\n{}", "# <&>\"'\n".repeat(1700));
    let export = Export::merged(".sleuth/rules.yml", merged(&old, ".sleuth/rules.yml", &workflow()).unwrap());
    let size = export_page(&full, &export).len();
    assert!(size < 60_000, "{size}");
}
