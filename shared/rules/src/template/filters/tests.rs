//! Tests of the filters' results against Jinja's documentation:
//! <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters>.

use crate::reference::FILTERS;
use crate::template::tests::context;
use crate::template::{MAX_OUTPUT_BYTES, TemplateError, check, render, render_address, render_plain};

fn plain(template: &str) -> Result<String, TemplateError> {
    render_plain(template, &context())
}

#[test]
fn filters_give_what_jinja_documents() {
    for (template, expected) in [
        // The documentation's own examples.
        ("{{ 'foo bar baz qux'|truncate(9) }}", "foo..."),
        ("{{ 'foo bar baz qux'|truncate(9, True) }}", "foo ba..."),
        ("{{ 'foo bar baz qux'|truncate(11) }}", "foo bar baz qux"),
        ("{{ 'foo bar baz qux'|truncate(11, False, '...', 0) }}", "foo bar..."),
        ("{{ '%s, %s!'|format('Hello', 'World') }}", "Hello, World!"),
        (
            "<ul{{ {'class': 'my_list', 'missing': none, 'id': 'list-%d'|format(42)}|xmlattr }}>",
            "<ul class=\"my_list\" id=\"list-42\">",
        ),
        ("{{ 'one two'|capitalize }}", "One two"),
        ("{{ 42.55|round }}", "43.0"),
        ("{{ 42.55|round(1, 'floor') }}", "42.5"),
        ("{{ {'a': 1, 'b': [true, none, 'c']}|tojson }}", "{\"a\": 1, \"b\": [true, null, \"c\"]}"),
        ("{{ [1]|tojson(indent=2) }}", "[\n  1\n]"),
        ("{{ '<script>&'|tojson }}", "\"\\u003cscript\\u003e\\u0026\""),
        ("{{ \"it's\"|tojson }}", "\"it\\u0027s\""),
        // Python's `str.center`, `textwrap.wrap` and `urllib.parse.quote`, which the documentation names.
        ("{{ 'foo'|center(9) }}|", "   foo   |"),
        ("{{ 'ab'|center(5) }}|", "  ab |"),
        ("{{ 'abc'|center(4) }}|", "abc |"),
        ("{{ 'abc'|center(2) }}|", "abc|"),
        ("{{ 'Hello World'|wordwrap(5) }}", "Hello\nWorld"),
        ("{{ 'one two three'|wordwrap(7, wrapstring='/') }}", "one two/three"),
        ("{{ 'abcdefgh'|wordwrap(3) }}", "abc\ndef\ngh"),
        ("{{ 'abcdefgh i'|wordwrap(3, false) }}", "abcdefgh\ni"),
        ("{{ 'well-known fact'|wordwrap(6) }}", "well-\nknown\nfact"),
        ("{{ 'well-known fact'|wordwrap(6, break_on_hyphens=false) }}", "well-k\nnown\nfact"),
        ("{{ 'a\\n\\nb c'|wordwrap(1) }}", "a\n\nb\nc"),
        ("{{ 'a b/c?é'|urlencode }}", "a%20b/c%3F%C3%A9"),
        ("{{ {'a b': 'c/d', 'e': 1}|urlencode }}", "a+b=c%2Fd&e=1"),
        ("{{ [['a', 'b c'], ['a', 2]]|urlencode }}", "a=b+c&a=2"),
        (
            "{{ 1|filesizeformat }} {{ 0|filesizeformat }} {{ 102|filesizeformat }}",
            "1 Byte 0 Bytes 102 Bytes",
        ),
        (
            "{{ 300|filesizeformat }} {{ 3000|filesizeformat }} {{ 4100000|filesizeformat }}",
            "300 Bytes 3.0 kB 4.1 MB",
        ),
        ("{{ 3000|filesizeformat(true) }} {{ 1000|filesizeformat(binary=true) }}", "2.9 KiB 1000 Bytes"),
        ("{{ 3e30|filesizeformat }}", "3000000.0 YB"),
        ("{{ 'foo bar-baz'|wordcount }} {{ ''|wordcount }}", "3 0"),
        (
            "{{ '<p>just a small   \\n <a href=\\'x\\'>example</a> link</p>\\n<!-- no -->&lt;3'|striptags }}",
            "just a small example link <3",
        ),
        ("{{ 'a < b'|striptags }}", "a < b"),
        ("{{ 'see https://example.com/a, now'|urlize }}", "see https://example.com/a, now"),
        ("{{ '<b>'|forceescape }}", "<b>"),
        ("{{ 12|string|length }} {{ none|truncate }}", "2 "),
        ("{{ '%(a)s: %.2f %5d|%-4s|%x%%'|format(a=1) }}", ""),
        ("{{ '%.2f %5d|%-4s|%x%%'|format(1.5, 42, 'ab', 255) }}", "1.50    42|ab  |ff%"),
        ("{{ '%(a)s-%(b)s'|format(a=1, b='x') }}", "1-x"),
    ] {
        if expected.is_empty() {
            assert!(plain(template).is_err(), "{template}");
        } else {
            assert_eq!(plain(template), Ok(expected.to_owned()), "{template}");
        }
    }
}

#[test]
fn no_filter_makes_a_long_text_of_a_short_one() {
    for (template, message) in [
        ("{{ 'x' | center(1000000000) }}", "`center(1000000000)` is too wide: at most 32768"),
        ("{{ '%1000000000s' | format('x') }}", "`%1000000000` is too wide: at most 1000"),
        ("{{ '%0999999999d' | format(1) }}", "`%999999999` is too wide: at most 1000"),
        ("{{ '%.999999999f' | format(1.5) }}", "`%999999999` is too wide: at most 1000"),
        (
            "{{ '%(a)99999999999999999999999s' | format(a=1) }}",
            "`%99999999999999999999999` is too wide: at most 1000",
        ),
        ("{{ 'x y' | wordwrap(0) }}", "`wordwrap` takes a width of at least 1"),
        ("{{ 'x y' | truncate(2) }}", "`truncate(2)` leaves no room for its end, `...`"),
        ("{{ tags | tojson(1000000000) }}", "`tojson` indents by at most 16 spaces"),
        ("{{ 'x' | indent(999999999) }}", "it takes too much work; shorten its loops"),
        ("{{ {'a b': 1} | xmlattr }}", "`a b` cannot be the name of an attribute"),
        ("{{ 'x' | filesizeformat }}", "`filesizeformat` takes a number of bytes"),
        ("{{ 'x' | truncate(9, length=9) }}", "too many arguments"),
        ("{{ 'x' | center(9, 9) }}", "too many arguments"),
    ] {
        let told = plain(template).map_err(|error| error.message);
        if message == "too many arguments" {
            assert!(told.is_err(), "{template}");
        } else {
            assert_eq!(told, Err(message.to_owned()), "{template}");
        }
    }
}

#[test]
fn nested_lists_make_no_text_without_end() {
    let doubled = "{% set a = ['xxxxxxxxxxxxxxxx'] %}".to_owned() + &"{% set a = [a, a, a, a] %}".repeat(20);
    for filter in [
        "string",
        "pprint",
        "tojson",
        "truncate",
        "forceescape",
        "wordcount",
        "striptags",
        "center",
        "wordwrap",
        "format",
    ] {
        assert!(plain(&format!("{doubled}{{{{ a | {filter} }}}}")).is_err(), "{filter}");
    }
    let wrapped =
        format!("{{{{ '{}' | wordwrap(1, wrapstring='{}') }}}}", "x".repeat(5000), "y".repeat(5000));
    assert_eq!(
        plain(&wrapped).unwrap_err().message,
        format!("its text is longer than {} KiB", MAX_OUTPUT_BYTES / 1024)
    );
}

#[test]
fn mentions_and_links_stay_whole() {
    let link = "<https://signoff.example.com/deploys/d1?a=1&amp;b=2|7bf7226 - checkout (Staging)>";
    for (template, expected) in [
        ("{{ deploy_slack | truncate(10) }}", link.to_owned()),
        ("{{ deploy_slack | wordwrap(10) }}", link.to_owned()),
        ("{{ deploy_slack | urlize }}", link.to_owned()),
        (
            "{{ '%s: <%s>' | format(deploy_slack, prs[0].title) }}",
            format!("{link}: &lt;Pay &gt; 1 &lt;!channel&gt;&gt;"),
        ),
        ("{{ '<%s>' | format('!here') }}", "&lt;!here&gt;".to_owned()),
        (
            "{{ deploy_slack | forceescape | truncate(8, true) }}",
            "&lt;https://signoff.example.com/deploys/d1?a=1&amp;amp;b=2|7bf7226 - checkout (Staging)&gt;"
                .to_owned(),
        ),
        (
            "{{ 'see (https://example.com/a?b=1&c=2), <!here>' | urlize }}",
            "see (<https://example.com/a?b=1&amp;c=2|https://example.com/a?b=1&amp;c=2>), &lt;!here&gt;"
                .to_owned(),
        ),
        (
            "{{ 'https://example.com/abcdef' | urlize(11) }}",
            "<https://example.com/abcdef|https://exa...>".to_owned(),
        ),
    ] {
        assert_eq!(render(template, &context()), Ok(expected), "{template}");
    }
    for text in ["%c%s", "%5c%s", "%-5.1lc%s"] {
        assert!(
            render(&format!("{{{{ '{text}' | format(60, deploy_slack) }}}}"), &context()).is_err(),
            "{text}"
        );
    }
}

#[test]
fn no_filter_keeps_a_value_from_being_encoded_once() {
    for (template, expected) in [
        ("{{ 'a/b c' | urlencode }}", "a%2Fb%20c"),
        ("{{ {'a': 'b/c d'} | urlencode }}", "a=b%2Fc+d"),
        ("{{ ['a/b'] | tojson }}", "%5B%22a%2Fb%22%5D"),
        ("{{ 'a/b' | forceescape }}", "a%2Fb"),
        ("{{ {'a': '/'} | xmlattr }}", "%20a%3D%22%2F%22"),
        ("{{ '%s/' | format('a') }}", "a%2F"),
        ("{{ '%s|%s' | format({'a': 1} | urlencode, 'b/&c') }}", "a%3D1%7Cb%2F%26c"),
        ("{{ ({'a': 1} | urlencode) ~ 'b/&c' }}", "a=1b%2F%26c"),
        ("{{ 'https://a' | urlize }}", "https%3A%2F%2Fa"),
    ] {
        assert_eq!(render_address(template, &context()), Ok(expected.to_owned()), "{template}");
    }
}

#[test]
fn filters_are_those_that_are_described() {
    for filter in &FILTERS {
        assert!(filter.example.contains(filter.name), "{}", filter.name);
        assert_eq!(check(filter.example).map(|_| ()), Ok(()), "{}", filter.name);
    }
    let mut names: Vec<&str> = FILTERS.iter().map(|filter| filter.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FILTERS.len());
    // Jinja's own: <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters>.
    let jinja = "abs attr batch capitalize center default dictsort escape filesizeformat first float forceescape format \
        groupby indent int items join last length list lower map max min pprint reject rejectattr replace reverse round \
        safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode urlize \
        wordcount wordwrap xmlattr count d e";
    for name in jinja.split_whitespace() {
        assert!(names.contains(&name), "{name}");
    }
    assert!(check("{{ tags | random }}").is_err());
}
