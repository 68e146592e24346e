use super::super::tests::lines;
use super::*;
use crate::sample;
use crate::wizard::{LONGEST, LONGEST_SHOWN, TooLong, offered, preview as dialogs};
use insta::assert_snapshot;
use signoff_core::message::Message;
use signoff_rules::parse;
use signoff_rules::write::{FieldProblem, Workflow, file, merged};
use signoff_store::GitHost;
use std::sync::LazyLock;

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

fn form_page(form: &Form) -> FormPage<'_> {
    FormPage {
        deployment: slug_for_good(),
        form,
        environments: &["QA", "Staging"],
        channels: None,
        problems: &[],
        too_long: None,
        dialog: Some(sample_dialog()),
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
fn introduction_keeps_what_was_typed() {
    let form = form(Step::Introduction, FILLED_IN);
    let page = lines(&introduction(&slug(), &form, Some(&sample::visitor())));
    for part in [
        "<form id=\"typed\" method=\"post\" action=\"/deployments/acme/checkout/approvals/new\">",
        "<input type=\"hidden\" name=\"at\" value=\"introduction\">",
        "<input type=\"hidden\" name=\"channel\" value=\"releases\">",
        "<button type=\"submit\" name=\"step\" value=\"workflow\">Next</button>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn step_workflow() {
    let form = form(Step::Workflow, "environment=staging");
    let page = FormPage { channels: Some(&["general", "releases"]), ..form_page(&form) }
        .draw(Some(&sample::visitor()));
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
        "<option value=\"\" selected>Another environment…",
        "name=\"other_environment\" value=\"Canary\" maxlength=\"200\"",
        "<option value=\"custom\" selected>",
        "name=\"custom_expires\" value=\"36h\" maxlength=\"20\"",
        "name=\"four_eyes\" checked",
        "Signoff can\u{2019}t load the channels from Slack right now",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn what_is_wrong_is_told_beside_the_input_that_has_it() {
    for (query, wrong, label, right) in [
        ("environment=&other_environment=", "other_environment", "Another environment", "environment"),
        ("environment=&other_environment=a%09b", "other_environment", "Another environment", "environment"),
        ("environment=it%27s+%22QA%22", "environment", "Environment", "other_environment"),
        ("environment=QA&expires=custom&custom_expires=", "custom_expires", "Custom time", "expires"),
        ("environment=QA&expires=custom&custom_expires=soon", "custom_expires", "Custom time", "expires"),
    ] {
        let form = form(Step::Workflow, query);
        let problems = form.draft.workflow().unwrap_err();
        let page = FormPage { problems: &problems, environments: &["QA", "it's \"QA\""], ..form_page(&form) };
        let page = lines(&page.draw(None));
        let input = |id: &str| page.lines().find(|line| line.contains(&format!("id=\"{id}\""))).unwrap();
        let described = format!("aria-describedby=\"{wrong}-hint {wrong}-error\" aria-invalid=\"true\"");
        assert!(input(wrong).contains(&described), "{query}: {page}");
        assert!(input(&format!("{wrong}-error")).contains("class=\"error\""), "{query}: {page}");
        assert!(page.contains(&format!("<a href=\"#{wrong}\">{label}</a>: ")), "{query}: {page}");
        assert!(input(right).contains(&format!("aria-describedby=\"{right}-hint\"")), "{query}: {page}");
        assert!(!page.contains(&format!("id=\"{right}-error\"")), "{query}: {page}");
        assert!(!input(right).contains("aria-invalid"), "{query}: {page}");
    }
}

#[test]
fn of_many_problems_the_first_ones_are_told() {
    let lines_of = (0..40).map(|number| format!("a{number}%0A")).collect::<String>();
    let form = form(Step::Workflow, &format!("{FILLED_IN}&action=trigger&parameters={lines_of}"));
    let problems = form.draft.workflow().unwrap_err();
    let page = lines(&FormPage { problems: &problems, ..form_page(&form) }.draw(None));
    assert!(page.contains("40 things need another look"), "{page}");
    assert!(page.contains("The others are told once these are right."), "{page}");
    assert_eq!(page.matches("is not a parameter").count(), 2 * 12, "{page}");
}

#[test]
fn form_that_is_too_long_says_what_to_shorten() {
    let form = form(Step::Workflow, "");
    let told = |longest| {
        let too_long = Some(TooLong { longest, length: 7000 });
        lines(&FormPage { too_long, dialog: None, ..form_page(&form) }.draw(None))
    };
    let page = told(Some("Channel of the message"));
    assert!(page.contains("the form takes 6000 bytes and now has 7000."), "{page}");
    assert!(page.contains("Shorten <strong>Channel of the message</strong>, the longest field"), "{page}");
    assert!(!told(None).contains("Shorten"));
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
    <p class="error">Signoff can’t show a dialog with this prompt. Character 4: unknown template variable `nobody`.</p>
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
fn step_export_names_secrets_that_the_stack_does_not_have() {
    let problems = parse("rules:\n  - a: {actions: [trigger_bild]}\n", ".signoff/rules.yml").unwrap_err();
    let page = export_page(&form(Step::Export, FILLED_IN), &whole(Existing::None).with_misused(problems));
    assert!(
        page.contains("secrets that the stack doesn\u{2019}t have") && page.contains("<li>.signoff"),
        "{page}"
    );
}

#[test]
fn step_export_where_the_rule_goes_in_by_hand() {
    let form = form(Step::Export, FILLED_IN);
    let problems = parse("rules:\n  - a: {actions: [trigger_bild]}\n", ".signoff/rules.yml").unwrap_err();
    for (existing, told) in [
        (Existing::Unknown, "Signoff can\u{2019}t ask GitHub right now"),
        (Existing::ByHand, "Add the new rule by hand."),
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
        assert!(page.contains("Signoff can only read repositories on GitHub"), "{page}");
        assert!(page.contains(&format!("Create the file on {}", host.title())), "{page}");
    }
}

/// A name of `letter`, as long as one of an environment can be, and another one for each number.
fn long_names(letter: &str, length: usize, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{}{number:03}", letter.repeat(length - 3))).collect()
}

/// Queries at their longest that draw the largest pages.
fn hostile() -> Vec<String> {
    let signs =
        |first: &str, sign: &str| format!("{first}{}", sign.repeat((5900 - first.len()) / sign.len()));
    let numbered = |first: &str, before: &str, after: &str| {
        (0..5900 / (before.len() + after.len() + 3))
            .fold(first.to_owned(), |query, number| format!("{query}{before}{number}{after}"))
    };
    let mut queries = Vec::new();
    for field in
        ["name", "other_environment", "prompt", "channel", "approvers", "custom_expires", "reasons", "x"]
    {
        queries.push(signs(&format!("{field}="), "%22"));
    }
    for prompt in [
        "*a*+",
        "a%0A",
        "%7B%7Ba%7D%7D",
        "%7B%7B+authors+%7D%7D",
        "%7B%7B",
        "%3C",
        "%22%0A",
        "%00",
        "%E2%80%A8",
    ] {
        queries.push(signs("prompt=", prompt));
        queries.push(signs("action=message&message_channel=releases&message=", prompt));
    }
    queries.push(numbered("approvers=", "a", "%2C"));
    queries.push(numbered("approvers=", "%40a", "%2C"));
    queries.push(numbered("action=trigger&parameters=", "a", "%0A"));
    queries.push(numbered("action=trigger&parameters=", "a", "%3D%0A"));
    queries.push(numbered("action=trigger&parameters=", "a", "%3D%7B%7Bx%7D%7D%0A"));
    queries.push(format!(
        "prompt={}&approvers={}",
        "%22".repeat(1700),
        "%22%2C%22%2Ca%2Cb%2Cc%2Cd%2Ce%2Cf%2Cg%2Ch%2Ci%2Cj"
    ));
    queries
}

#[test]
fn the_form_is_small_whatever_is_typed() {
    let environments =
        long_names("\"", 200, 100).into_iter().chain(long_names("e", 80, 100)).collect::<Vec<_>>();
    let environments = offered(environments.iter().map(String::as_str), 50);
    for name in ["c", "\u{1f680}"] {
        let channels = long_names(name, 80, 100);
        let channels = offered(channels.iter().map(String::as_str), 100);
        for query in hostile() {
            assert_eq!(Form::too_long(&query), None, "{query}");
            let form = form(Step::Workflow, &query);
            let problems = form.draft.workflow().err().unwrap_or_default();
            let deploy = dialogs::sample(slug_for_good(), "Staging", sample::at(0));
            let dialog = dialogs::workflow(&form.draft).and_then(|workflow| {
                dialogs::dialog(&workflow, &deploy, "https://signoff.example.com/deploys/d1", sample::at(0))
            });
            let page = FormPage {
                channels: Some(&channels),
                environments: &environments,
                problems: &problems,
                dialog: Some(&dialog),
                ..form_page(&form)
            };
            let size = page.draw(Some(&sample::visitor())).0.len();
            assert!(size < 60_000, "{size}: {query}");
        }
    }
}

#[test]
fn form_page_is_small_where_too_much_is_typed() {
    let environments = long_names("e", 80, 50);
    let environments = offered(environments.iter().map(String::as_str), 50);
    let query = format!("prompt={}", "%22".repeat((LONGEST_SHOWN - 7) / 3));
    let too_long = Form::too_long(&query);
    assert!(too_long.is_some_and(|address| address.length > LONGEST && address.length <= LONGEST_SHOWN));
    let form = form(Step::Workflow, &query);
    let channels = long_names("c", 80, 100);
    let channels = offered(channels.iter().map(String::as_str), 100);
    let page = FormPage {
        too_long,
        dialog: None,
        channels: Some(&channels),
        environments: &environments,
        ..form_page(&form)
    };
    let size = page.draw(Some(&sample::visitor())).0.len();
    assert!(size < 60_000, "{size}");
}

#[test]
fn the_export_is_small_whatever_is_typed_and_was_there() {
    let quotes = "\"".repeat(16 * 1024);
    let long = "# <&>\"'\n".repeat(1700);
    let wide = format!("# {quotes}\n");
    let key = "\"".repeat(9000);
    let wrong: String = (0..12).map(|number| format!("  - a{number}: {{'{key}': 1}}\n")).collect();
    let problems = parse(&format!("rules:\n{wrong}"), ".sleuth/rules.yml").unwrap_err();
    let mut sound = 0;
    for query in hostile() {
        let form = form(Step::Export, &format!("{FILLED_IN}&{query}"));
        let Ok(workflow) = form.draft.workflow() else { continue };
        sound += 1;
        let alone = || file(&workflow, ".signoff/rules.yml").unwrap();
        let between = |before: &str, after: &str| {
            let text = alone();
            let first = before.lines().count() + 1;
            let added = first..=first + text.lines().count() - 1;
            Export::new(".sleuth/rules.yml", format!("{before}{text}{after}"), Existing::Merged(added))
        };
        for export in [
            Export::new(".signoff/rules.yml", alone(), Existing::None),
            Export::new(".signoff/rules.yml", alone(), Existing::ByHand),
            Export::new(".signoff/rules.yml", alone(), Existing::Unreadable(problems.clone())),
            Export::new(".signoff/rules.yml", quotes.clone(), Existing::Unknown),
            Export::new(".signoff/rules.yml", "\"\n".repeat(8 * 1024), Existing::None),
            between(&long, &long),
            between(&wide, &wide),
        ] {
            let size = export_page(&form, &export).len();
            assert!(size < 60_000, "{size}: {query} {:?}", export.text.get(..200));
        }
    }
    assert!(sound > 5, "{sound}");
}

#[test]
fn of_a_file_that_is_too_long_the_beginning_is_shown() {
    let form = form(Step::Export, FILLED_IN);
    let page =
        export_page(&form, &Export::new(".signoff/rules.yml", "\"\n".repeat(8 * 1024), Existing::None));
    assert!(page.contains("these are its lines 1 to 2925"), "{page}");
    assert!(!page.contains("data-copy"), "{page}");
    let page = export_page(&form, &Export::new(".signoff/rules.yml", "\"".repeat(16 * 1024), Existing::None));
    assert!(page.contains("The file is too long for this page. The download has all of it."), "{page}");
    assert!(!page.contains("<pre"), "{page}");
}
