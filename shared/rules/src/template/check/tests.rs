//! Tests of slips in templates: each is reported once, at its place, and a template is fine once the advice
//! is followed.

mod slips;

use super::*;
use minijinja::value::ValueKind;
use slips::SLIPS;
use std::fmt::Write;

#[test]
fn a_slip_is_told_once_where_it_stands_with_what_is_right() {
    let (mut told, mut wrong) = (String::new(), String::new());
    for (template, at, mended) in SLIPS {
        let problems = check(template).err().unwrap_or_default();
        writeln!(told, "{}", template.replace(['\u{a0}', '\u{200b}'], "·")).unwrap();
        for problem in &problems {
            let suggestion = problem.suggestion.as_deref().unwrap_or("?");
            writeln!(told, "    {}; {suggestion}", problem.message).unwrap();
        }
        let place: Vec<String> = problems
            .iter()
            .filter_map(|problem| Some(template.chars().skip(problem.offset?).collect()))
            .collect();
        if !matches!(place.as_slice(), [place] if place.starts_with(at)) {
            writeln!(wrong, "{template:?} is told at {place:?}").unwrap();
        }
        for problem in check(mended).err().unwrap_or_default() {
            writeln!(wrong, "{template:?} becomes {mended:?}: {}", problem.message).unwrap();
        }
    }
    assert_eq!(wrong, "", "\n{told}");
    insta::assert_snapshot!(told, @r##"
    {{ environment
        `{{` is never closed; end it with `}}`
    a
      {{ environment }
    b
        `{{` is not closed by `}}`; end it with `}}`
    {{ environment %}
        `{{` is not closed by `}}`; end it with `}}`
    {% if tags }}x{% endif %}
        `{%` is not closed by `%}`; end it with `%}`
    {% if tags }x{% endif %}
        `{%` is not closed by `%}`; end it with `%}`
    {{ environment {{ revision }}
        `{{` is never closed; end it with `}}`
    {{ tags | join(', ) }}
        a text starts at this `'` and never ends; end it with `'`
    {{ environment ~ "x }}
        a text starts at this `"` and never ends; end it with `"`
    {# only a comment
        `{#` starts a comment that never ends; end it with `#}`
    { { environment } }
        `{ {` has a space between its braces; write `{{ environment }}`
    { % if tags % }x{% endif %}
        `{ %` has a space between its braces; write `{% if tags %}`
    {{{ environment }}}
        `{{{` is one brace too many; write `{{ environment }}`
    {{ }}
        `{{ }}` names nothing; write, for example, `{{ environment }}`
    {% if tags %}x
        `{% if %}` is never closed; end it with `{% endif %}`
    {% for pr in prs %}x
        `{% for %}` is never closed; end it with `{% endfor %}`
    é {% if tags %}{% for pr in prs %}x{% endif %}
        `{% for %}` is not closed before this `endif`; write `{% endfor %}` before it
    {% if tags %}x{% endfor %}
        `endfor` does not end `{% if %}`; write `{% endif %}`
    x{% endfor %}
        `endfor` ends nothing: there is no `{% for %}` before it; leave it out
    x{% endif %}
        `endif` ends nothing: there is no `{% if %}` before it; leave it out
    {% set x %}text
        `{% set %}` is never closed; end it with `{% endset %}`
    {% for pr in prs %}x{% end %}
        there is no tag `end`; write `{% endfor %}`
    {% if tags %}x{% end %}
        there is no tag `end`; write `{% endif %}`
    {% if tags %}x{% end if %}
        there is no tag `end if`; write `{% endif %}`
    {% for pr in prs %}x{% end for %}
        there is no tag `end for`; write `{% endfor %}`
    {% if tags %}x{% endfi %}
        there is no tag `endfi`; write `{% endif %}`
    {% if tags %}x{% fi %}
        there is no tag `fi`; write `{% endif %}`
    {% if tags %}x{% EndIf %}
        there is no tag `EndIf`; write `{% endif %}`
    {% if tags %}x{% endif tags %}
        `endif` stands alone in its tag; write `{% endif %}`
    {% if tags %}a{% elseif prs %}b{% endif %}
        there is no tag `elseif`; write `{% elif prs %}`
    {% if tags %}a{% elsif prs %}b{% endif %}
        there is no tag `elsif`; write `{% elif prs %}`
    {% if tags %}a{% else if prs %}b{% endif %}
        `else if` is one word; write `{% elif prs %}`
    {% if tags %}a{% else prs %}b{% endif %}
        `else` has no condition; write `{% elif prs %}`, or `{% else %}`
    {% if tags %}a{% else: %}b{% endif %}
        a tag ends without `:`; write `{% else %}`
    {% if tags: %}a{% endif %}
        a tag ends without `:`; write `{% if tags %}`
    {% if tags then %}a{% endif %}
        a tag ends without `then`; write `{% if tags %}`
    {% else %}
        `else` stands in no `{% if %}`; write `{% if … %}` before it, or leave it out
    {% if tags %}a{% else %}b{% else %}c{% endif %}
        `else` stands behind `{% else %}`; put `{% else %}` last, and once
    {% if %}x{% endif %}
        `{% if %}` has no condition; write, for example, `{% if tags %}`
    {% if tags %}a{% elif %}b{% endif %}
        `{% elif %}` has no condition; write `{% else %}`, or a condition: `{% elif tags %}`
    {% fro pr in prs %}x{% endfor %}
        there is no tag `fro`; write `{% for pr in prs %}`
    {% iff tags %}x{% endif %}
        there is no tag `iff`; write `{% if tags %}`
    {% If tags %}x{% endif %}
        there is no tag `If`; write `{% if tags %}`
    {% for %}x{% endfor %}
        `{% for %}` has no list; write, for example, `{% for tag in tags %}`
    {% for tags %}x{% endfor %}
        `for` has no `in`; write `{% for tag in tags %}`
    {% for pr of prs %}x{% endfor %}
        `for` has `in`, not `of`; write `{% for pr in prs %}`
    {% for pr in prs: %}x{% endfor %}
        a tag ends without `:`; write `{% for pr in prs %}`
    {% foreach pr in prs %}x{% endforeach %}
        there is no tag `foreach`; write `{% for tag in tags %}` and `{% endfor %}`
    {% unless tags %}x{% endunless %}
        there is no tag `unless`; write `{% if not … %}` and `{% endif %}`
    {% while tags %}x{% endwhile %}
        there is no tag `while`; write `{% for tag in tags %}` and `{% endfor %}`
    {% assign x = 5 %}
        there is no tag `assign`; write `{% set name = … %}`
    {% set x 5 %}
        `{% set x 5 %}` has no `=`; write `{% set x = 5 %}`
    {% set x: 5 %}
        `{% set x: 5 %}` has no `=`; write `{% set x = 5 %}`
    {% environment %}
        `environment` is not a tag; show it with `{{ environment }}`
    {% weather %}
        there is no tag `weather`; the tags are `if`, `for`, `set`, `with`, `filter`
    {% macro x() %}a{% endmacro %}
        `macro` cannot be used in a template; write the text where it is used, or keep it with `{% set name %}text{% endset %}`
    {% raw %}a{% endraw %}
        `raw` cannot be used in a template; show braces as `{{ '{{' }}`
    {% include 'other' %}
        `include` cannot be used in a template; write the text here; a YAML anchor shares it between actions
    {% import 'other' as o %}
        `import` cannot be used in a template; write the text here; a YAML anchor shares it between actions
    {% extends 'other' %}
        `extends` cannot be used in a template; write the text here; a YAML anchor shares it between actions
    {% block x %}a{% endblock %}
        `block` cannot be used in a template; leave the tag and its `{% endblock %}` out
    {% for pr in prs %}{% break %}{% endfor %}
        `break` cannot be used in a template; choose the elements before: `{% for pr in prs[:5] %}`
    {{ if tags }}x{% endif %}
        `if` is a tag; write `{% if tags %}`
    {{ unless tags }}x{% endif %}
        `unless` is a tag; write `{% if not tags %}`
    {% if tags %}x{{ end }}
        `end` is a tag; write `{% endif %}`
    {{ .environment }}
        a name starts with no `.`; write `{{ environment }}`
    {{ $environment }}
        a name starts with no `$`; write `{{ environment }}`
    ${{ environment }}
        the `$` is shown as it is written; write `{{ environment }}`
    ${environment}
        `${environment}` is shown as it is written; write `{{ environment }}`
    $environment now
        `$environment` is shown as it is written; write `{{ environment }}`
    rev $(revision)
        `$(revision)` is shown as it is written; write `{{ revision }}`
    %environment%
        `%environment%` is shown as it is written; write `{{ environment }}`
    #{environment}
        `#{environment}` is shown as it is written; write `{{ environment }}`
    <%= environment %>
        `<%= environment %>` is shown as it is written; write `{{ environment }}`
    {{#if tags}}x{% endif %}
        `#if` is not a tag of a template; write `{% if tags %}`
    {{#each tags}}x{% endfor %}
        `#each` is not a tag of a template; write `{% for tag in tags %}`
    {% if tags %}x{{/if}}
        `/if` is not a tag of a template; write `{% endif %}`
    {{ if tags then 'a' else 'b' }}
        `if` stands behind the value that it is for; write `{{ 'a' if tags else 'b' }}`
    {{ tags | join(', ' }}
        `(` is never closed; end it with `)`
    {{ tags[0 }} x
        `[` is never closed; end it with `]`
    {% if (tags %}x{% endif %}
        `(` is never closed; end it with `)`
    to {environment}
        `{environment}` is shown as it is written; write `{{ environment }}`
    {% if tags = 'x' %}a{% endif %}
        `=` compares nothing; compare with `==`
    {% if (tags = 'x') %}a{% endif %}
        `=` compares nothing; compare with `==`
    {% if tags === 'x' %}a{% endif %}
        `===` is not an operator of a template; write `==`
    {% if tags !== 'x' %}a{% endif %}
        `!==` is not an operator of a template; write `!=`
    {% if tags <> 'x' %}a{% endif %}
        `<>` is not an operator of a template; write `!=`
    {% if pull_request_id => 1 %}a{% endif %}
        `=>` is not an operator of a template; write `>=`
    {% if tags && prs %}a{% endif %}
        `&&` is not an operator of a template; write `and`
    {% if tags || prs %}a{% endif %}
        `||` is not an operator of a template; write `or`
    {% if !tags %}a{% endif %}
        `!` is not an operator of a template; write `not`
    {% if tags AND prs %}a{% endif %}
        `AND` is not an operator of a template; write `and`
    {% if environment eq 'x' %}a{% endif %}
        `eq` is not an operator of a template; write `==`
    {% if tags contains '#web' %}a{% endif %}
        `contains` is not an operator of a template; write `'#web' in tags`
    {{ tags ? 'a' : 'b' }}
        `?` is not an operator of a template; write `'a' if tags else 'b'`
    {{ environment ?: 'b' }}
        `?` is not an operator of a template; write `environment or 'b'`
    {{ environment ?? 'b' }}
        `??` is not an operator of a template; write `environment | default('b')`
    {{ prs[0]?.title }}
        `?.` is not an operator of a template; write `.`: a value that is missing is shown as empty text
    {{ environment + '!' }}
        `+` adds only to a number as it is written, such as `loop.index + 1`; join texts with `~`
    {{ '-' * 20 }}
        `*` cannot be used in a template; write the number or the text out
    {{ '%s' % environment }}
        `%` divides numbers, and fills in no text; write `'%s' | format(environment)`
    {{ x = 5 }}
        `=` shows nothing: it gives a name to a value in `{% set %}`; write `{% set x = 5 %}`, or compare with `==`
    {% for i in 1..3 %}x{% endfor %}
        `1..3` is not a list of a template; write `range(1, 4)`
    {% set x = 1 %}{{ x++ }}
        `++` is not an operator of a template; write `{% set x = x + 1 %}`
    {% set x = 1 %}{% set x += 2 %}
        `+=` is not an operator of a template; write `{% set x = x + 2 %}`
    {{ tags | uppercase: 1 }}
        there is no filter `uppercase`; write `tags | upper`
    {{ environment revision }}
        `environment` and `revision` stand beside each other; join them with `~`: `environment ~ revision`
    {{ environment | replace('a' 'b') }}
        `'a'` and `'b'` stand beside each other; put a comma between them: `'a', 'b'`
    {{ environment | default 'x' }}
        `default` and `'x'` stand beside each other; write `default('x')`
    {{ environment | upper trim }}
        `upper` and `trim` stand beside each other; write `upper | trim`
    {{ f'to {environment}' }}
        `f` and `'to {environment}'` stand beside each other; leave the `f` out, and join texts with `~`
    {% if tags %}a{% else if %}b{% endif %}
        `else if` has no condition; write `{% else %}`
    {{ deploy url }}
        `deploy` and `url` stand beside each other; write `deploy_url`
    {{ deploy-url }}
        `deploy-url` is not a name; write `deploy_url`
    {{ tags | }}
        no filter stands behind this `|`; name one, such as `| upper`, or leave the `|` out
    {{ tags | join: ', ' }}
        `join` has its values in brackets; write `join(', ')`
    {{ environment; }}
        `;` means nothing in a template; leave it out
    {{ tags | join(‘, ’) }}
        `‘` (U+2018) means nothing in a template; write `'`
    {{·environment }}
        an invisible character (U+00A0) stands here; write a space
    {{ environment· }}
        an invisible character (U+200B) stands here; leave it out
    {{ environment.upper() }}
        `upper` is a filter; write `environment | upper`
    {{ environment.lower() }}
        `lower` is a filter; write `environment | lower`
    {{ environment.strip() }}
        there is no method `strip`; write `environment | trim`
    {{ deployment.split('/') }}
        `split` is a filter; write `deployment | split('/')`
    {{ deployment.split('/')[1] }}
        `split` is a filter; write `(deployment | split('/'))`
    {{ environment.strip().upper() }}
        there is no method `strip`; write `environment | trim | upper`
    {{ environment.replace('a', 'b') }}
        `replace` is a filter; write `environment | replace('a', 'b')`
    {{ prs[0].title.upper() }}
        `upper` is a filter; write `prs[0].title | upper`
    {% if environment.startswith('S') %}a{% endif %}
        there is no method `startswith`; write `environment is startingwith('S')`
    {% if tags.includes('#web') %}a{% endif %}
        there is no method `includes`; write `'#web' in tags`
    {{ tags.join(', ') }}
        `join` is a filter; write `tags | join(', ')`
    {{ ', '.join(tags) }}
        `join` is a filter; write `tags | join(', ')`
    {{ prs[0].get('title') }}
        there is no method `get`; write `prs[0].title`
    {% for k, v in prs[0].items() %}{{ k }}{% endfor %}
        `items` is a filter; write `prs[0] | items`
    {{ tags.length }}
        a list has no `length`; write `tags | length`
    {{ tags.size }}
        a list has no `size`; write `tags | length`
    {{ prs.first.title }}
        a list has no `first`; write `(prs | first)`
    {{ prs | first.title }}
        `.` cannot stand behind a filter; write `(prs | first).title`
    {{ (deployment | split('/')) | first[0] }}
        `[` cannot stand behind a filter; write `((deployment | split('/')) | first)[0]`
    {% if tags | first.title %}a{% endif %}
        `.` cannot stand behind a filter; put brackets around the value and its filter: `(tags | first)`
    {% if environment is == 'x' %}a{% endif %}
        `is` asks a test by its name; compare with `==`: `== 'x'`
    {{ tags | join(', ').upper() }}
        `upper` is a filter; write `| upper`
    {{ '{}!'.format(environment) }}
        `format` is a filter; write `'%s!' | format(environment)`
    {% for pr in enumerate(prs) %}x{% endfor %}
        there is no function `enumerate`; count with `loop.index`
    {{ len(tags) }}
        there is no function `len`; write `tags | length`
    {{ upper(environment) }}
        `upper` is a filter; write `environment | upper`
    {{ join(tags, ', ') }}
        `join` is a filter; write `tags | join(', ')`
    a
      {{ tags | jion }}
        there is no filter `jion`; did you mean `join`?
    {{ environment | uppercase }}
        there is no filter `uppercase`; write `environment | upper`
    {{ tags | size }}
        there is no filter `size`; write `tags | length`
    {{ tags | random }}
        `random` cannot be used in a template; a template gives the same text each time; write `first`, `last` or `sort`
    {{ prs | map('author') | list }}
        there is no filter `author`; write `map(attribute='author')`
    {% if tags is definde %}a{% endif %}
        there is no test `definde`; did you mean `defined`?
    {% if tags is not empty %}a{% endif %}
        there is no test `empty`; write `tags`
    {{ tags | select('startswith', '#') | list }}
        there is no test `startswith`; write `startingwith`
    {% if environment is 'x' %}a{% endif %}
        `is` asks a test by its name; compare with `==`: `== 'x'`
    {% if environment is not 'x' %}a{% endif %}
        `is` asks a test by its name; compare with `!=`: `!= 'x'`
    {% if environment == Production %}a{% endif %}
        unknown template variable `Production`; write a text in quotes: `'Production'`
    {{ prs | map(attribute=title) | join }}
        unknown template variable `title`; write a text in quotes: `'title'`
    {% for pr in prs %}{{ forloop.counter }}{% endfor %}
        unknown template variable `forloop`; did you mean `loop.index`?
    {% for pr in prs %}{{ loop.counter }}{% endfor %}
        `loop` has no `counter`: index, index0, revindex, revindex0, first, last, length, depth, depth0, previtem, nextitem; did you mean `index`?
    é {{ author_slack }}
        unknown template variable `author_slack`; did you mean `authors_slack`?
    {{ deploy.revision }}
        unknown template variable `deploy`; write `deploy_revision`
    {{ deploy.environment }}
        unknown template variable `deploy`; write `environment`
    {{ deploy.author_slack }}
        unknown template variable `deploy`; did you mean `authors_slack`?
    {{ pull_request.title }}
        unknown template variable `pull_request`; did you mean `prs[0].title`?
    {% if environment == null %}a{% endif %}
        unknown template variable `null`; write `none`
    {{ pr.title }}
        unknown template variable `pr`; write `prs[0].title`, or `{% for pr in prs %}` before it
    {{ prs.title }}
        a list has no `title`; write `prs[0].title`, or `{% for pr in prs %}`
    {% for pr in prs %}{{ pr.titel }}{% endfor %}
        a pull request has no `titel`: number, title, author, url, labels; did you mean `title`?
    {% if false %}{{ prs[3]['lables'] }}{% endif %}
        a pull request has no `lables`: number, title, author, url, labels; did you mean `labels`?
    {{ issues | map(attribute='prority') | join }}
        an issue has no `prority`: key, title, url, type, priority, labels; did you mean `priority`?
    {{ (issues | sort(attribute='key') | first).tilte }}
        an issue has no `tilte`: key, title, url, type, priority, labels; did you mean `title`?
    {% for pr in prs %}{{ loop.indx }}{% endfor %}
        `loop` has no `indx`: index, index0, revindex, revindex0, first, last, length, depth, depth0, previtem, nextitem; did you mean `index`?
    "##);
}

/// The advice that is code to write is in the mended template, but for what it leaves open (`…`).
#[test]
fn advice_followed_leaves_no_problem() {
    let squeezed = |text: &str| text.replace([' ', '(', ')'], "");
    for (template, _, mended) in SLIPS {
        for problem in check(template).err().unwrap_or_default() {
            let suggestion = problem.suggestion.unwrap_or_default();
            assert!(!suggestion.is_empty(), "{template}");
            let code: Vec<&str> = suggestion.split('`').skip(1).step_by(2).collect();
            let is_in = code.iter().any(|code| squeezed(mended).contains(&squeezed(code)));
            let is_open = code.is_empty()
                || code.iter().any(|code| code.contains('…'))
                || mended == "the text"
                || mended == "a";
            assert!(is_in || is_open, "{template}: {suggestion}, but {mended}");
        }
    }
}

#[test]
fn what_works_has_no_problem() {
    for template in [
        "Promote to {environment of yours}? { \"a\": { \"b\": 1 } }",
        "{{ prs[1].title }}{{ prs.7.title }}{{ prs[-2].author }}{{ tags[5] }}{{ failed_rules[3] }}",
        "{{ (prs[3:] | first).title }}{{ (prs | selectattr('author', 'equalto', 'bot') | first).title }}",
        "{{ tags | select('equalto', '#db') | first }}{{ failed_rules | first }}",
        "{% for pr in prs if pr.labels %}{{ loop.index + 1 }}{{ loop.cycle('a', 'b') }}{{ loop.previtem.title }}{% else %}-{% endfor %}",
        "{% set x = prs if tags else issues %}{% for y in x %}{{ y.anything }}{% endfor %}",
        "{% if tags %}{% set x = prs %}{% else %}{% set x = tags %}{% endif %}{{ x[0].title }}",
        "{% for author, theirs in prs | groupby('author') %}{{ author }}: {{ theirs | length }}{% endfor %}",
        "{% with a = 1, b = environment %}{{ a ~ b }}{% endwith %}",
        "{% set ns = namespace(n=0) %}{% for pr in prs %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
        "{% filter upper | trim %}x{% endfilter %}{% set y | upper %}x{% endset %}{{ y }}",
        "{{ 7 % 2 }}{{ 7 // 2 }}{{ -1 }}{{ 3 - 1 }}{{ 1 is odd }}{{ 4 is divisibleby 2 }}{{ 4 is not divisibleby(3) }}",
        "{{ environment if tags is defined and not (prs is none) else 'x' }}",
        "{{ {'a': {'b': 1}}.a.b }}{{ [1, 2][0] }}{{ dict(a=1).a }}{{ range(3) | list }}",
        "{%- if '#web' in tags and '#db' not in tags -%}x{%- endif -%}",
        "{{ '{{' }} {{ '%}' }} {{ \"it's\" }} {# {{ x } #}",
        "{% for x in prs recursive %}{{ x.title }}{% endfor %}",
        "{{ prs | map('upper') | join }}{{ prs | map(attribute='labels') | first }}{{ prs | sum('number') }}",
        "{{ prs | sort(attribute='author,number') | map(attribute='title') | unique | reverse | join(' / ') }}",
        "{{ tags | join(d=', ') }}{{ environment | replace('a', 'b', count=1) | truncate(length=5, end='\u{2026}') }}",
    ] {
        assert_eq!(check(template).map(|_| ()), Ok(()), "{template}");
    }
}

#[test]
fn two_slips_are_two_problems() {
    let problems = check("{{ tags && prs }} {% for pr in prs %}{% end %}").unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    let problems = check("{{ whatever }} {{ tags | jion }} {{ prs[0].titel }}").unwrap_err();
    let offsets: Vec<_> = problems.iter().filter_map(|problem| problem.offset).collect();
    assert_eq!(offsets, [3, 25, 43]);
}

#[test]
fn a_place_is_one_of_the_file_in_every_style() {
    for (yaml, at) in [
        ("|\n            Go?\n            {% if tags %}\n            now", "{% if"),
        (">\n            Go\n            on {% if tags %} now", "{% if"),
        ("'It''s {{ environmant }}'", "environmant"),
        ("\"a \\\"b\\\" {{ environmant }}\"", "environmant"),
        ("\"a\\n\\tb {{ environmant }}\"", "environmant"),
        ("\"\\u00e9\\x41 {{ environmant }}\"", "environmant"),
        ("Go {{ environmant }}", "environmant"),
        ("Go\n            to {{ environmant }}", "environmant"),
    ] {
        let file =
            format!("rules:\n  - a:\n      actions:\n        - add_to_deploy_message_thread: {yaml}\n");
        let problems = crate::file::parse(&file, "rules.yml").unwrap_err();
        let place = problems
            .first()
            .and_then(|problem| file.lines().nth(problem.line - 1)?.get(problem.column - 1..));
        assert!(place.is_some_and(|place| place.starts_with(at)), "{file}\n{problems:?}");
        assert_eq!(problems.len(), 1, "{file}");
    }
}

#[test]
fn the_sample_has_what_the_reference_names() {
    let sample = SAMPLE.as_ref().unwrap().slack();
    for variable in &TEMPLATE_VARIABLES {
        let value = sample.get_attr(variable.name).unwrap();
        assert!(!value.is_undefined(), "{}", variable.name);
        if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            let element = value.get_item_by_index(0).unwrap();
            assert!(!element.is_undefined(), "{} is empty", variable.name);
            for name in element.try_iter().into_iter().flatten().filter(|_| element.kind() == ValueKind::Map)
            {
                assert!(variable.about.contains(&format!("`{name}`")), "{}: {name}", variable.name);
            }
        }
    }
}
