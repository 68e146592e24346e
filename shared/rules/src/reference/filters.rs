//! The filters of templates, and what of Jinja a template does not have.

use Gives::{Anything, Element, Number, Same, Text, Texts};

/// Kind of a filter's result, as far as it is known before there is a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A list of texts.
    Texts,
    /// The value that it was given, or a part of that list.
    Same,
    /// One element of the list that it was given.
    Element,
    /// Anything.
    Anything,
}

/// A filter.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// The kind of its result.
    pub gives: Gives,
    /// Description of its effect, in one or two sentences (Markdown).
    pub about: &'static str,
    /// A template.
    pub example: &'static str,
    /// The result of the template for the deploy that the page describes.
    pub becomes: &'static str,
}

/// Something of Jinja that a template does not have.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut {
    /// The filter or tag.
    pub name: &'static str,
    /// Advice for what to use instead, as a clause.
    pub instead: &'static str,
}

const fn filter(
    name: &'static str,
    gives: Gives,
    example: &'static str,
    becomes: &'static str,
    about: &'static str,
) -> Filter {
    Filter { name, gives, about, example, becomes }
}

const fn left_out(name: &'static str, instead: &'static str) -> LeftOut {
    LeftOut { name, instead }
}

/// The filters. Source of what Jinja's do:
/// <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters>.
pub const FILTERS: [Filter; 56] = [
    filter("abs", Number, "{{ -3 | abs }}", "3", "A number without its sign."),
    filter(
        "attr",
        Anything,
        "{{ prs[0] | attr('title') }}",
        "Take other currencies",
        "An attribute by its name.",
    ),
    filter(
        "batch",
        Anything,
        "{% for pair in [1, 2, 3] | batch(2) %}[{{ pair }}]{% endfor %}",
        "[1, 2][3]",
        "Lists of so many elements; a second value fills up the last one.",
    ),
    filter("bool", Anything, "{{ tags | bool }}", "True", "True or false. Not one of Jinja's."),
    filter(
        "capitalize",
        Text,
        "{{ 'ON ITS WAY' | capitalize }}",
        "On its way",
        "A capital, then lower case.",
    ),
    filter(
        "center",
        Text,
        "{{ 'Go' | center(6) }}.",
        "  Go  .",
        "A text in the middle of so many characters, 80 without a number.",
    ),
    filter("count", Number, "{{ tags | count }}", "1", "The same as `length`."),
    filter("d", Same, "{{ none | d('none', true) }}", "none", "The same as `default`."),
    filter(
        "default",
        Same,
        "{{ prs[1].title | default('only one') }}",
        "only one",
        "Another value where there is none; with `true`, also for an empty one.",
    ),
    filter(
        "dictsort",
        Anything,
        "{{ {'b': 1, 'a': 2} | dictsort | first | first }}",
        "a",
        "The pairs of names and values, by name, or by value with `by='value'`.",
    ),
    filter("e", Same, "{{ environment | e }}", "Staging", "The same as `escape`."),
    filter(
        "escape",
        Same,
        "{{ environment | escape }}",
        "Staging",
        "What is done anyway: nothing in a value mentions or links.",
    ),
    filter(
        "filesizeformat",
        Text,
        "{{ 13000 | filesizeformat }}",
        "13.0 kB",
        "A number of bytes as people read it; `true` counts by 1,024.",
    ),
    filter("first", Element, "{{ tags | first }}", "#web", "The first element."),
    filter(
        "float",
        Number,
        "{{ '1.5' | float }}",
        "1.5",
        "A number with a fraction; another value where it is none.",
    ),
    filter(
        "forceescape",
        Text,
        "{{ environment | forceescape }}",
        "Staging",
        "Escaped also where it is a mention or a link: Slack shows its characters.",
    ),
    filter(
        "format",
        Text,
        "{{ '%s to %s' | format(deployment_name, environment) }}",
        "checkout to Staging",
        "Values in the places of a text, as `printf` has them.",
    ),
    filter(
        "groupby",
        Anything,
        "{% for author, theirs in prs | groupby('author') %}{{ author }}: {{ theirs | length }}{% endfor %}",
        "ana: 1",
        "A list by an attribute: pairs of its value and the elements that have it.",
    ),
    filter(
        "indent",
        Text,
        "{{ environment | indent(2, true) }}",
        "  Staging",
        "Spaces before each line but the first; with `true`, before that as well.",
    ),
    filter("int", Number, "{{ '12' | int }}", "12", "A whole number; another value where it is none."),
    filter(
        "items",
        Anything,
        "{% for name, value in {'a': 1} | items %}{{ name }}{{ value }}{% endfor %}",
        "a1",
        "The pairs of names and values.",
    ),
    filter(
        "join",
        Text,
        "{{ tags | join(' and ') }}",
        "#web",
        "The elements, with a text between them; `attribute='title'` takes that of each.",
    ),
    filter("last", Element, "{{ tags | last }}", "#web", "The last element."),
    filter("length", Number, "{{ prs | length }}", "1", "The number of elements, or of characters."),
    filter("lines", Texts, "{{ 'Go' | lines | first }}", "Go", "The lines of a text. Not one of Jinja's."),
    filter("list", Same, "{{ tags | list }}", "#web", "A list; of a text, its characters."),
    filter("lower", Text, "{{ environment | lower }}", "staging", "Lower case."),
    filter(
        "map",
        Anything,
        "{{ prs | map(attribute='title') | join(', ') }}",
        "Take other currencies",
        "An attribute of each element, or each after a filter: `map('upper')`.",
    ),
    filter("max", Element, "{{ [2, 3] | max }}", "3", "The largest element."),
    filter("min", Element, "{{ [2, 3] | min }}", "2", "The smallest element."),
    filter(
        "pprint",
        Text,
        "{{ 12 | pprint }}",
        "12",
        "A value as it is written in code, over several lines.",
    ),
    filter(
        "reject",
        Same,
        "{{ [1, 2] | reject('odd') | join }}",
        "2",
        "The elements that do not pass a test.",
    ),
    filter(
        "rejectattr",
        Same,
        "{{ prs | rejectattr('author', 'equalto', 'bot') | map(attribute='number') | join(', ') }}",
        "12",
        "The elements whose attribute does not pass a test.",
    ),
    filter(
        "replace",
        Text,
        "{{ environment | replace('ing', 'e') }}",
        "Stage",
        "A text with a part replaced by another.",
    ),
    filter("reverse", Same, "{{ [1, 2] | reverse | join }}", "21", "The other way round."),
    filter(
        "round",
        Number,
        "{{ 2.567 | round(1) }}",
        "2.6",
        "Rounded; `method='floor'` or `'ceil'` says which way.",
    ),
    filter(
        "safe",
        Same,
        "{{ environment | safe }}",
        "Staging",
        "Nothing: a deploy's texts are always escaped.",
    ),
    filter("select", Same, "{{ [1, 2] | select('odd') | join }}", "1", "The elements that pass a test."),
    filter(
        "selectattr",
        Same,
        "{{ prs | selectattr('labels') | map(attribute='number') | join(', ') }}",
        "12",
        "The elements whose attribute passes a test, or is not empty.",
    ),
    filter(
        "slice",
        Anything,
        "{% for part in [1, 2, 3] | slice(2) %}[{{ part }}]{% endfor %}",
        "[1, 2][3]",
        "So many lists of about the same length.",
    ),
    filter(
        "sort",
        Same,
        "{{ [2, 1] | sort | join }}",
        "12",
        "Sorted; `reverse=true`, and `attribute='title'` for elements that have some.",
    ),
    filter(
        "split",
        Texts,
        "{{ deployment | split('/') | last }}",
        "checkout",
        "The parts of a text between spaces, or another text. Not one of Jinja's.",
    ),
    filter("string", Text, "{{ 12 | string }}", "12", "A text."),
    filter(
        "striptags",
        Text,
        "{{ '<b>Go</b> now' | striptags }}",
        "Go now",
        "A text without the tags of HTML.",
    ),
    filter("sum", Anything, "{{ [2, 3] | sum }}", "5", "The sum; `attribute='number'` takes that of each."),
    filter("title", Text, "{{ 'on its way' | title }}", "On Its Way", "A capital for each word."),
    filter(
        "tojson",
        Text,
        "{{ {'tags': tags} | tojson }}",
        "{\"tags\": [\"#web\"]}",
        "JSON, with `<`, `>`, `&` and `'` as `\\u003c` and the like; a number of spaces indents it.",
    ),
    filter(
        "trim",
        Text,
        "{{ ' Go ' | trim }}",
        "Go",
        "A text without the spaces around it, or without other characters.",
    ),
    filter(
        "truncate",
        Text,
        "{{ prs[0].title | truncate(14) }}",
        "Take other...",
        "So many characters, 255 without a number, cut between words (`killwords=true`: anywhere) and ended by `end='...'`; not cut for fewer than `leeway=5` more. Mentions and links stay whole.",
    ),
    filter("unique", Same, "{{ [1, 1, 2] | unique | join }}", "12", "Each once."),
    filter("upper", Text, "{{ environment | upper }}", "STAGING", "Upper case."),
    filter(
        "urlencode",
        Text,
        "{{ 'a b/c' | urlencode }} {{ {'a b': 1} | urlencode }}",
        "a%20b/c a+b=1",
        "Percent-encoded; names and values become a query. In a `webhook`'s address, where every value is encoded, it does so only for names and values.",
    ),
    filter(
        "urlize",
        Text,
        "{{ 'see https://example.com' | urlize }}",
        "see https://example.com",
        "Addresses in a text become links, in Slack.",
    ),
    filter("wordcount", Number, "{{ prs[0].title | wordcount }}", "3", "The number of words."),
    filter(
        "wordwrap",
        Text,
        "{{ 'one two' | wordwrap(3, wrapstring=' / ') }}",
        "one / two",
        "Lines of at most so many characters, 79 without a number. Mentions and links stay whole.",
    ),
    filter(
        "xmlattr",
        Text,
        "<a{{ {'id': 12} | xmlattr }}>",
        "<a id=\"12\">",
        "Names and values as attributes of XML.",
    ),
];

/// The filters of Jinja that a template does not have.
pub const FILTERS_LEFT_OUT: [LeftOut; 1] =
    [left_out("random", "a template gives the same text each time; write `first`, `last` or `sort`")];

/// The tags of Jinja that a template does not have.
pub const TAGS_LEFT_OUT: [LeftOut; 12] = [
    left_out("macro", "write the text where it is used, or keep it with `{% set name %}text{% endset %}`"),
    left_out("call", "write the text where it is used"),
    left_out("do", "a template changes no list: name its values at once, `{% set names = ['a', 'b'] %}`"),
    left_out("include", "write the text here; a YAML anchor shares it between actions"),
    left_out("import", "write the text here; a YAML anchor shares it between actions"),
    left_out("from", "write the text here; a YAML anchor shares it between actions"),
    left_out("extends", "write the text here; a YAML anchor shares it between actions"),
    left_out("block", "leave the tag and its `{% endblock %}` out"),
    left_out("raw", "show braces as `{{ '{{' }}`"),
    left_out("trans", "leave the tag and its `{% endtrans %}` out"),
    left_out("break", "choose the elements before: `{% for pr in prs[:5] %}`"),
    left_out("continue", "choose the elements: `{% for pr in prs if pr.labels %}`"),
];
