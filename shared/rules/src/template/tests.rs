//! Tests of the results of templates.

use super::*;
use proptest::prelude::*;
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, Slug, Source};
use signoff_core::id::DeployId;
use signoff_core::issue::{Issue, Tracker};
use std::fmt::Write;

mod late;

fn person(name: &str, email: Option<&str>) -> Person {
    Person { name: name.to_owned(), email: email.map(str::to_owned), username: None }
}

/// A deploy by two authors, one of whom is in Slack, with a pull request whose title tries to mention
/// everybody.
fn deploy() -> Deploy {
    let commit = |author: Person| Commit {
        revision: "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d".to_owned(),
        title: "Fix".to_owned(),
        authors: vec![author],
        url: None,
        issues: Vec::new(),
    };
    Deploy {
        id: DeployId::from_text("d1"),
        deployment: Slug::new("acme", "checkout").unwrap(),
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision: "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d".to_owned(),
        branch: None,
        deployed_at: "2026-05-11T11:42:00Z".parse().unwrap(),
        registered_at: "2026-05-11T11:42:01Z".parse().unwrap(),
        source: Source::RegisterDeploy,
        tags: vec!["#web".to_owned(), "#a<b".to_owned()],
        links: Default::default(),
        size: None,
        deployer: None,
        commits: vec![commit(person("Ana", Some("ana@example.com"))), commit(person("B <!here> & co", None))],
        pull_requests: vec![
            PullRequest {
                number: 42,
                title: "Pay > 1 <!channel>".to_owned(),
                url: "https://git.example.com/pull/42?a=1&b=2".to_owned(),
                author: "ana".to_owned(),
                merged_by: None,
                labels: vec!["fix".to_owned()],
                issues: Vec::new(),
            },
            PullRequest {
                number: 43,
                title: "Tidy".to_owned(),
                url: "javascript:alert(1)".to_owned(),
                author: "ben".to_owned(),
                merged_by: None,
                labels: vec![],
                issues: Vec::new(),
            },
        ],
        previous_revision: None,
        rules_change: signoff_core::deploy::RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}

pub(super) fn context() -> Context {
    let mut mentions = Mentions::new();
    mentions.insert(&person("Ana", Some("Ana@Example.com")), "U0ANA");
    mentions.insert(&person("B <!here> & co", None), "!channel");
    Context::new(&deploy(), "https://signoff.example.com/deploys/d1?a=1&b=2", &mentions)
}

#[test]
fn every_variable_in_slack_and_in_plain() {
    let context = context().with(&late::happened());
    let mut told = String::new();
    for name in crate::reference::TEMPLATE_VARIABLES.map(|variable| variable.name) {
        let template = format!("{{{{ {name} }}}}");
        writeln!(told, "{name}\n  {}", render(&template, &context).unwrap()).unwrap();
        writeln!(told, "  {}", render_plain(&template, &context).unwrap()).unwrap();
    }
    insta::assert_snapshot!(told, @r"
    authors_slack
      <@U0ANA>, B &lt;!here&gt; &amp; co
      Ana, B <!here> & co
    slack_mention_authors
      <@U0ANA>, B &lt;!here&gt; &amp; co
      Ana, B <!here> & co
    deploy_slack
      <https://signoff.example.com/deploys/d1?a=1&amp;b=2|7bf7226 - checkout (Staging)>
      7bf7226 - checkout (Staging)
    deploy_url
      https://signoff.example.com/deploys/d1?a=1&amp;b=2
      https://signoff.example.com/deploys/d1?a=1&b=2
    deploy_name
      7bf7226 - checkout (Staging)
      7bf7226 - checkout (Staging)
    deploy_revision
      7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d
      7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d
    revision
      7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d
      7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d
    deploy_tags
      #web, #a&lt;b
      #web, #a<b
    tags
      #web, #a&lt;b
      #web, #a<b
    deploy_author_name
      Ana
      Ana
    deployment
      acme/checkout
      acme/checkout
    deployment_name
      checkout
      checkout
    environment
      Staging
      Staging
    branch
      
      
    previous_revision
      
      
    commits
      {'author': 'Ana', 'revision': '7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d', 'title': 'Fix', 'url': ''}, {'author': 'B &lt;!here&gt; &amp; co', 'revision': '7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d', 'title': 'Fix', 'url': ''}
      {'author': 'Ana', 'revision': '7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d', 'title': 'Fix', 'url': ''}, {'author': 'B <!here> & co', 'revision': '7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d', 'title': 'Fix', 'url': ''}
    links
      
      
    health
      Unhealthy
      Unhealthy
    outcome
      approved
      approved
    approval
      {'closed_at': '2026-05-11T12:00:00Z', 'glass_broken_by': '', 'name': 'Promote &lt;it&gt;', 'opened_at': '2026-05-11T11:50:00Z', 'outcome': 'approved', 'reason': '', 'rule': 'promote'}
      {'closed_at': '2026-05-11T12:00:00Z', 'glass_broken_by': '', 'name': 'Promote <it>', 'opened_at': '2026-05-11T11:50:00Z', 'outcome': 'approved', 'reason': '', 'rule': 'promote'}
    votes
      {'at': '2026-05-11T12:00:00Z', 'choice': 'approve', 'name': 'Ben', 'reason': '&lt;!channel&gt; ok'}, {'at': '2026-05-11T12:00:00Z', 'choice': 'approve', 'name': 'Eve &lt;3', 'reason': '&lt;!channel&gt; ok'}
      {'at': '2026-05-11T12:00:00Z', 'choice': 'approve', 'name': 'Ben', 'reason': '<!channel> ok'}, {'at': '2026-05-11T12:00:00Z', 'choice': 'approve', 'name': 'Eve <3', 'reason': '<!channel> ok'}
    approved_by
      <@U0BEN>, Eve &lt;3
      Ben, Eve <3
    pull_request_slack
      <https://git.example.com/pull/42?a=1&amp;b=2|#42 Pay &gt; 1 &lt;!channel&gt;>, #43 Tidy
      #42 Pay > 1 <!channel>, #43 Tidy
    pull_request_id
      42
      42
    pr_url
      https://git.example.com/pull/42?a=1&amp;b=2
      https://git.example.com/pull/42?a=1&b=2
    prs
      {'author': 'ana', 'labels': ['fix'], 'number': 42, 'title': 'Pay &gt; 1 &lt;!channel&gt;', 'url': 'https://git.example.com/pull/42?a=1&amp;b=2'}, {'author': 'ben', 'labels': [], 'number': 43, 'title': 'Tidy', 'url': 'javascript:alert(1)'}
      {'author': 'ana', 'labels': ['fix'], 'number': 42, 'title': 'Pay > 1 <!channel>', 'url': 'https://git.example.com/pull/42?a=1&b=2'}, {'author': 'ben', 'labels': [], 'number': 43, 'title': 'Tidy', 'url': 'javascript:alert(1)'}
    issues
      
      
    failed_rules
    ");
}

#[test]
fn what_a_deploy_says_never_becomes_a_mention() {
    for (template, expected) in [
        ("{{ authors_slack }}: go?", "<@U0ANA>, B &lt;!here&gt; &amp; co: go?"),
        ("<!here> {{ environment }}", "<!here> Staging"),
        (
            "{% for pr in prs %}- {{ pr.title }} ({{ pr.author }})\n{% endfor %}",
            "- Pay &gt; 1 &lt;!channel&gt; (ana)\n- Tidy (ben)\n",
        ),
        ("{{ prs[0].title | safe }}", "Pay &gt; 1 &lt;!channel&gt;"),
        ("{{ prs[0].title | escape }}", "Pay &gt; 1 &lt;!channel&gt;"),
        ("{{ prs[0].title | upper }}", "PAY &gt; 1 &lt;!CHANNEL&gt;"),
        (
            "{{ authors_slack ~ prs[0].title }}",
            "<@U0ANA>, B &lt;!here&gt; &amp; coPay &gt; 1 &lt;!channel&gt;",
        ),
        ("{% autoescape false %}{{ prs[0].title }}{% endautoescape %}", "Pay &gt; 1 &lt;!channel&gt;"),
        ("{% set x %}{{ prs[0].title }}{% endset %}{{ x }}", "Pay &gt; 1 &lt;!channel&gt;"),
        (
            "{% autoescape false %}{% set x %}{{ prs[0].title }}{% endset %}{% endautoescape %}{{ x }}",
            "Pay &amp;gt; 1 &amp;lt;!channel&amp;gt;",
        ),
        ("{% filter safe %}{{ prs[0].title }}{% endfilter %}", "Pay &gt; 1 &lt;!channel&gt;"),
        ("{{ prs | map(attribute='title') | join(' / ') }}", "Pay &gt; 1 &lt;!channel&gt; / Tidy"),
        (
            "{{ [deploy_slack, prs[0].title] | join(' ') }}",
            "<https://signoff.example.com/deploys/d1?a=1&amp;b=2|7bf7226 - checkout (Staging)> Pay &gt; 1 &lt;!channel&gt;",
        ),
        (
            "{{ prs[0].title | replace('Pay', authors_slack) }}",
            "<@U0ANA>, B &lt;!here&gt; &amp; co &gt; 1 &lt;!channel&gt;",
        ),
        ("{{ prs[0].title | default(authors_slack) }}", "Pay &gt; 1 &lt;!channel&gt;"),
        ("{{ prs[0].labels }}{{ [prs[0].title] }}", "fixPay &gt; 1 &lt;!channel&gt;"),
    ] {
        assert_eq!(render(template, &context()).unwrap(), expected, "{template}");
    }
}

#[test]
fn the_title_of_an_issue_never_becomes_a_mention() {
    let mut deploy = deploy();
    deploy.issues.push(Issue {
        key: "SHOP-7".to_owned(),
        title: "Stop <!channel>".to_owned(),
        url: "https://acme.atlassian.net/browse/SHOP-7".to_owned(),
        priority: None,
        labels: vec!["a".to_owned(), "b".to_owned()],
        kind: Some("Bug".to_owned()),
        tracker: Tracker::Jira,
    });
    let context = Context::new(&deploy, "https://x.example.com", &Mentions::new());
    let template = "{% for issue in issues %}{{ issue.key }} {{ issue.title }} ({{ issue.type }}{{ issue.priority }}, {{ issue.labels }}){% endfor %}";
    assert_eq!(render(template, &context).unwrap(), "SHOP-7 Stop &lt;!channel&gt; (Bug, a, b)");
    assert_eq!(render_plain(template, &context).unwrap(), "SHOP-7 Stop <!channel> (Bug, a, b)");
}

#[test]
fn what_there_is_not_renders_to_nothing() {
    let mut bare = deploy();
    bare.pull_requests.clear();
    bare.commits.clear();
    bare.tags.clear();
    let context = Context::new(&bare, "https://x.example.com", &Mentions::new());
    for (template, expected) in [
        ("{{ authors_slack }}, go?", "the authors, go?"),
        ("[{{ pr_url }}|{{ pull_request_id }}|{{ tags }}|{{ deploy_author_name }}]", "[|||]"),
        ("{% for issue in issues %}{{ issue.key }}{% else %}none{% endfor %}", "none"),
        ("{{ prs[0].title }}{{ nothing.at.all }}", ""),
        ("{{ failed_rules | length }}", "0"),
        ("no template at all", "no template at all"),
    ] {
        assert_eq!(render(template, &context).unwrap(), expected, "{template}");
    }
}

#[test]
fn a_template_cannot_work_or_grow_without_end() {
    let long = "x".repeat(MAX_TEMPLATE_BYTES + 1);
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000));
    let big = format!(
        "{{% set x = '{}' %}}{{{{ x }}}}{{{{ x }}}}{{{{ x }}}}",
        "x".repeat(MAX_TEMPLATE_BYTES - 100)
    );
    let mut told = String::new();
    for template in [
        "{% for i in range(100000000) %}{% endfor %}",
        "{% for i in range(999) %}{% for j in range(999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 100000000 }}",
        "{{ range(100000000) | list | length }}",
        "{{ range(100000000) | join(',') }}",
        "{{ [1] * 100000000 }}",
        "{{ tags + tags }}",
        "{% set x = [tags] %}{% for i in x recursive %}{{ loop([i, i]) }}{% endfor %}",
        "{{ tags | chain(tags) }}",
        "{% for i in range(1000) %}x{% endfor %}",
        "{{ range(1, 10, 0) }}",
        "{{ range(5, 0, -2) }}",
        "{% set r = range(1000) %}{% set x = [r, r, r, r, r, r, r, r] %}{% for i in r %}{% if x == x %}{% endif %}{% endfor %}",
        "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{{ '%0999999999d' | format(1) }}",
        "{{ 'x' | indent(999999999) }}",
        &big,
        &long,
        &deep,
        "{% include 'other' %}",
        "{% macro x() %}{{ x() }}{% endmacro %}",
        "{{ debug() }}",
        "{{ open",
        "line one\n{% if %}",
    ] {
        let outcome = render(template, &context())
            .map_or_else(|error| error.to_string(), |text| format!("{} bytes", text.len()));
        let template: String = template.chars().take(70).collect();
        writeln!(told, "{template:?}\n    {outcome}").unwrap();
    }
    insta::assert_snapshot!(told, @r#"
    "{% for i in range(100000000) %}{% endfor %}"
        template, line 1: a range has at most 1000 numbers
    "{% for i in range(999) %}{% for j in range(999) %}x{% endfor %}{% endf"
        template, line 1: it takes too much work; shorten its loops
    "{{ 'x' * 100000000 }}"
        template, line 1: `*` cannot be used in a template; write the number or the text out
    "{{ range(100000000) | list | length }}"
        template, line 1: a range has at most 1000 numbers
    "{{ range(100000000) | join(',') }}"
        template, line 1: a range has at most 1000 numbers
    "{{ [1] * 100000000 }}"
        template, line 1: `*` cannot be used in a template; write the number or the text out
    "{{ tags + tags }}"
        template, line 1: `+` adds only to a number as it is written, such as `loop.index + 1`; join texts with `~`
    "{% set x = [tags] %}{% for i in x recursive %}{{ loop([i, i]) }}{% end"
        template, line 1: recursion limit exceeded
    "{{ tags | chain(tags) }}"
        template, line 1: filter chain is unknown
    "{% for i in range(1000) %}x{% endfor %}"
        1000 bytes
    "{{ range(1, 10, 0) }}"
        0 bytes
    "{{ range(5, 0, -2) }}"
        7 bytes
    "{% set r = range(1000) %}{% set x = [r, r, r, r, r, r, r, r] %}{% for "
        0 bytes
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = "
        template, line 1: it takes too much work; shorten its loops
    "{{ '%0999999999d' | format(1) }}"
        template, line 1: `%999999999` is too wide: at most 1000
    "{{ 'x' | indent(999999999) }}"
        template, line 1: it takes too much work; shorten its loops
    "{% set x = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        template: its text is longer than 32 KiB
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        template: longer than 16 KiB
    "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
        template, line 1: template exceeds maximum recursion limits
    "{% include 'other' %}"
        template, line 1: unknown statement include
    "{% macro x() %}{{ x() }}{% endmacro %}"
        template, line 1: unknown statement macro
    "{{ debug() }}"
        template, line 1: debug is unknown
    "{{ open"
        template, line 1: unexpected end of input, expected end of variable block
    "line one\n{% if %}"
        template, line 2: unexpected end of block
    "#);
}

#[test]
fn a_title_is_not_taken_for_a_format() {
    let mut deploy = deploy();
    deploy.pull_requests[0].title = "100%(é) done".to_owned();
    let context = Context::new(&deploy, "https://x.example.com", &Mentions::new());
    let error = render("{{ prs[0].title | format(1) }}", &context).unwrap_err();
    assert_eq!(error.message, "`%(é)` is not a name: letters a to z, digits and `_`");
    assert!(check("{{ '%(é)' | format(1) }}").is_err());
    assert!(check("{{ '%(1, 100%9 é' | format(1) }}").is_err(), "a name goes on past a percent sign");
}

#[test]
fn a_template_is_checked_before_there_is_a_deploy() {
    let mut told = String::new();
    for template in [
        "{{ authors_slack }}, promote {{ deploy_slack }}?",
        "{% for pr in prs %}{{ loop.index }}. {{ pr.title }} {{ pr.labels | join(', ') }}{% endfor %}",
        "{% for issue in issues %}{{ issue.url }}{% endfor %}",
        "{% set x = 5 %}{{ x }} {{ range(3) | list }}",
        "{{ author_slack }}",
        "author_slack: {{ deploy.author_slack }} {{ author_slack }} {{ whatever }}",
        "{% for pr in prs %}{{ pr.titel }}{% endfor %}",
        "a\n  {{ tags | jion }}",
        "{{ tags | }}",
        "a\nb {% for pr in prs %}",
        "{% for i in range(100000000) %}{% endfor %}",
        "{{ tags.join(',') }}",
        "{{ undefined_function() }}",
        "{# only a comment",
    ] {
        writeln!(told, "{template:?}").unwrap();
        for problem in check(template).err().unwrap_or_default() {
            let at = problem.offset.map_or("?".to_owned(), |offset| offset.to_string());
            writeln!(told, "    {at}: {} {}", problem.message, problem.suggestion.unwrap_or_default())
                .unwrap();
        }
    }
    insta::assert_snapshot!(told, @r#"
    "{{ authors_slack }}, promote {{ deploy_slack }}?"
    "{% for pr in prs %}{{ loop.index }}. {{ pr.title }} {{ pr.labels | join(', ') }}{% endfor %}"
    "{% for issue in issues %}{{ issue.url }}{% endfor %}"
    "{% set x = 5 %}{{ x }} {{ range(3) | list }}"
    "{{ author_slack }}"
        3: unknown template variable `author_slack` did you mean `authors_slack`?
    "author_slack: {{ deploy.author_slack }} {{ author_slack }} {{ whatever }}"
        17: unknown template variable `deploy` did you mean `authors_slack`?
        43: unknown template variable `author_slack` did you mean `authors_slack`?
        62: unknown template variable `whatever` 
    "{% for pr in prs %}{{ pr.titel }}{% endfor %}"
        25: a pull request has no `titel`: number, title, author, url, labels did you mean `title`?
    "a\n  {{ tags | jion }}"
        14: there is no filter `jion` did you mean `join`?
    "{{ tags | }}"
        8: no filter stands behind this `|` name one, such as `| upper`, or leave the `|` out
    "a\nb {% for pr in prs %}"
        4: `{% for %}` is never closed end it with `{% endfor %}`
    "{% for i in range(100000000) %}{% endfor %}"
        12: the template does not work: a range has at most 1000 numbers 
    "{{ tags.join(',') }}"
        8: `join` is a filter write `tags | join(',')`
    "{{ undefined_function() }}"
        3: there is no function `undefined_function` 
    "{# only a comment"
        0: `{#` starts a comment that never ends end it with `#}`
    "#);
}

proptest! {
    #[test]
    fn rendering_never_panics(template in "(\\PC|\\{\\{ ?|%\\}| ?\\}\\}|\\{% (if|for|set) |tags|prs|\\||\\n){0,20}") {
        let _ = render(&template, &context());
        let _ = check(&template);
    }

    #[test]
    fn no_title_gets_a_control_sequence_through(title in "\\PC{0,30}", filter in proptest::sample::select(vec!["", "|safe", "|e", "|trim", "|title", "|replace('a','<')"])) {
        let mut deploy = deploy();
        deploy.pull_requests[0].title = title;
        let context = Context::new(&deploy, "https://x.example.com", &Mentions::new());
        let text = render(&format!("{{{{ prs[0].title{filter} }}}}"), &context).unwrap();
        prop_assert!(!text.contains(['<', '>']), "{}", text);
    }
}

proptest! {
    #[test]
    fn a_literal_renders_to_its_text(text in r#"(\{\{|\}\}|\{%|%\}|\{#|#\}|["'\\ \r\n a-z/#]|[[:print:]]){0,24}"#) {
        let context = Context::new(&deploy(), "https://signoff.example.com/deploys/d1", &Mentions::default());
        prop_assert_eq!(render_plain(&literal(&text), &context), Ok(text));
    }
}

/// Returns the result of an address template for this deploy with another environment and branch.
fn address(template: &str, environment: &str) -> String {
    let mut deploy = deploy();
    environment.clone_into(&mut deploy.environment);
    deploy.branch = Some(environment.to_owned());
    let context = Context::new(&deploy, "https://signoff.example.com/deploys/d1", &Mentions::new());
    render_address(template, &context).unwrap()
}

#[test]
fn a_value_stays_where_it_stands_in_an_address() {
    let template = "https://hooks.example.com/{{ environment }}/x?to={{ environment }}&by=1";
    for (value, written) in [
        ("Staging", "Staging"),
        ("a/../..?x#y", "a%2F..%2F..%3Fx%23y"),
        ("QA & EU", "QA%20%26%20EU"),
        ("100%", "100%25"),
        ("a+b=c", "a%2Bb%3Dc"),
        ("\\\\evil.example\\x", "%5C%5Cevil.example%5Cx"),
        ("caf\u{e9}", "caf%C3%A9"),
        ("a\r\nb\tc", "a%0D%0Ab%09c"),
    ] {
        let expected = format!("https://hooks.example.com/{written}/x?to={written}&by=1");
        assert_eq!(address(template, value), expected, "{value:?}");
    }
}

#[test]
fn nothing_keeps_a_value_from_being_encoded() {
    for template in [
        "{{ environment | safe }}",
        "{{ environment | escape }}",
        "{{ environment | e }}",
        "{{ environment ~ '' }}",
        "{% set x = environment %}{{ x }}",
        "{% set x %}{{ environment }}{% endset %}{{ x }}",
        "{% for x in [environment] %}{{ x }}{% endfor %}",
        "{% if environment %}{{ environment }}{% endif %}",
    ] {
        assert_eq!(address(template, "a/b?c"), "a%2Fb%3Fc", "{template}");
    }
    assert_eq!(address("{{ ['a/b', environment] }}", "c/d"), "a%2Fb%2C%20c%2Fd");
}

#[test]
fn every_variable_is_encoded_in_an_address() {
    for variable in &crate::reference::TEMPLATE_VARIABLES {
        let written = address(&format!("{{{{ {} }}}}", variable.name), "a/b");
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
        assert!(written.bytes().all(unreserved), "{}: {written}", variable.name);
    }
}

proptest! {
    #[test]
    fn an_encoded_value_decodes_to_itself(value in "\\PC{0,40}") {
        let written = address("{{ environment }}", &value);
        prop_assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        let decoded = percent_encoding::percent_decode_str(&written).decode_utf8().unwrap();
        prop_assert_eq!(decoded.as_ref(), value.as_str());
    }
}
