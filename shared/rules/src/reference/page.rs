//! The reference page.

mod policy;

pub use policy::policy_page;

use super::{
    ACTIONS, ACTIONS_NOT_YET, APPROVAL, ASKING, Absent, Action, CONDITION, FILE, FILTERS, FILTERS_LEFT_OUT,
    FREEZE, Filter, Key, Kind, Known, OF_PULL_REQUESTS, ON_FAILURE, ON_FAILURE_EXAMPLES, OPERATORS, QUOTA,
    RULE, TAGS_LEFT_OUT, TELLING, TEMPLATE_VARIABLES, TEMPLATES, TRIGGERS, TRIGGERS_NOT_YET, Takes, Template,
    VALUES, VARIABLES, VARIABLES_NOT_YET, WATCHING,
};
use crate::tags::STANDARD;
use jiff::SignedDuration;

const BEGIN: &str = "\
<!-- Printed by `signoff rules reference`: change the description in shared/rules/src/reference, not this page. -->

# The rules

What a rules file (`.signoff/rules.yml`, or `.sleuth/rules.yml`) can say. `signoff rules check` tells what is wrong in one, and shows
the corrected lines.

- [The file](#the-file) · [Rules](#rules) · [Conditions](#conditions) · [Actions](#actions) · [Templates](#templates) ·
  [Not supported yet](#not-supported-yet)

## The file

It is YAML 1.2, with anchors and merge keys, at most 512 KiB, one document. An unknown key is a mistake, and none of the rules of a
file with a mistake run. In a rule that never opens, because it uses something that is [not supported yet](#not-supported-yet) or is only for pull
requests, a mistake is a notice, and the other rules run.

An editor with [yaml-language-server](https://github.com/redhat-developer/yaml-language-server) completes the file and shows mistakes by the
schema that `signoff rules schema` prints ([rules.schema.json](rules.schema.json)). Keep it beside your rules,
`signoff rules schema > .signoff/rules.schema.json`, and let the rules begin with this line; its path is relative to the rules file:

```yaml
# yaml-language-server: $schema=rules.schema.json
```

";

const FREEZES: &str = "\
A window of `freeze` is open when everything that it says is so, and says at least one of `days`, `from`, `to` and `dates`. One that crosses
midnight belongs to the day on which it begins.

";

const CONDITIONS: &str = "\
## Conditions

A condition compares variables with values. All entries of `conditions` have to hold. Every example of a variable, an operator and a value holds for
this deploy: `7bf7226` of acme/checkout, ten minutes ago on Staging, tagged `#web`, with pull request #12 of ana, labelled `fix`, which
mentions the issue SHOP-7: a Story of priority High, labelled `payments`.

A comparison that never holds or always does is a notice, and so are several that never hold together, such as
`branch='main' and branch='dev'`, in one condition or in two of a rule.

A condition that is a mapping has these keys:

";

const ON_FAILURES: &str = "\
Every action but `slack_channel_approval` and `monitor_drift` has this key. It stands beside the action's name, or among its keys. A failed
action is told in the thread of its dialog, or in the deployment's channel where there is none. Whoever may vote on the approval
before it can retry it, skip it with a reason, or mark it as done; where the rule asks nobody, an admin can. The rest of the
actions go on from there.

";

const TAGS: &str = "\
### Default tags

`.signoff/TAGS` (or `.sleuth/TAGS`) gives a deploy tags by the files that it changes: lines such as `*.sql #database`, with patterns as in
`.gitignore` and `CODEOWNERS`. A repository without that file has these, which are Sleuth's:

";

const TEMPLATES_BEGIN: &str = "\
## Templates

Texts of actions are [Jinja](https://jinja.palletsprojects.com/templates/) templates. What they become is shown for the deploy above, as
people read it: in Slack, people are mentioned and deploys are links. A pull request's title is shown as it is written, and mentions nobody.

";

const LEFT_OUT: &str = "\
### Left out

Jinja has these, and a template of a rule does not. `+` adds only to a number as it is written (`loop.index + 1`), and there is no `*`:
lists would grow without end.

";

const NOT_YET: &str = "\
## Not supported yet

What other rules files use and Signoff does not do yet. A file with it is read and its other rules are opened; the rule that
uses it is not, and `signoff rules check` tells so.

";

/// The page that describes everything that a rules file can say, in Markdown.
pub fn page() -> String {
    let mut page = Page(BEGIN.to_owned());
    page.keys(&FILE);
    page.text("Keys that start with `x-` may stand beside it, for what anchors point to.\n\n## Rules\n\n");
    page.keys(&RULE);
    page.text(FREEZES);
    page.keys(&FREEZE);
    page.text(CONDITIONS);
    page.keys(&CONDITION);
    page.text("### Variables\n\n");
    page.table(
        ["variable", "kind", "what it is", "examples"],
        VARIABLES.iter().map(|variable| {
            let kind = match variable.kind {
                Kind::Text => "text",
                Kind::List => "list",
                Kind::Number => "number",
                Kind::Bool => "yes or no",
                Kind::Duration => "time",
                Kind::Behind => "time, or number",
            };
            [code(variable.name), kind.to_owned(), variable.about.to_owned(), codes(variable.examples)]
        }),
    );
    page.text("A comparison of what can't be compared does not hold.\n\n### Operators\n\n");
    page.known("operator", &OPERATORS);
    page.text("### Values\n\n");
    page.known("value", &VALUES);
    page.text(TAGS);
    page.table(["pattern", "tag"], STANDARD.iter().map(|(pattern, tag)| [code(pattern), code(tag)]));
    page.text("## Actions\n\nThey run in order. Where one fails, its key `on_failure` says whether those after it still run.\n\n");
    page.kinds();
    page.text(ON_FAILURES);
    page.keys(&[ON_FAILURE]);
    page.yaml(&ON_FAILURE_EXAMPLES);
    for action in &ACTIONS {
        page.action(action);
    }
    page.text(TEMPLATES_BEGIN);
    page.templates("variable", &TEMPLATE_VARIABLES);
    page.text("They can do more:\n\n");
    page.templates("", &TEMPLATES);
    page.text("### Filters\n\n");
    let filter = |filter: &Filter| {
        [code(filter.name), filter.about.to_owned(), code(filter.example), code(filter.becomes)]
    };
    page.table(["filter", "what it does", "example", "becomes"], FILTERS.iter().map(filter));
    page.text(LEFT_OUT);
    let left_out = TAGS_LEFT_OUT.iter().map(|left_out| ("tag", left_out));
    let left_out = left_out.chain(FILTERS_LEFT_OUT.iter().map(|left_out| ("filter", left_out)));
    page.table(
        ["", "name", "what to do instead"],
        left_out.map(|(what, left_out)| [what.to_owned(), code(left_out.name), left_out.instead.to_owned()]),
    );
    page.text(NOT_YET);
    page.text("### Actions that are not supported yet\n\n");
    let examples = ACTIONS_NOT_YET.map(|action| format!("- {}: {}", action.name, action.example));
    page.table(
        ["action", "what it is", "example"],
        ACTIONS_NOT_YET
            .iter()
            .zip(&examples)
            .map(|(action, example)| [code(action.name), action.about.to_owned(), code(example)]),
    );
    page.text("### Variables that are not supported yet\n\n");
    page.known("variable", &VARIABLES_NOT_YET);
    page.text("### Variables of pull requests\n\n");
    page.known("variable", &OF_PULL_REQUESTS);
    page.text("### Triggers\n\nRules for deploys have none. Rules with triggers of pull requests alone are for no deploy.\n\n");
    page.known("trigger", &TRIGGERS);
    page.known("trigger, not supported yet", &TRIGGERS_NOT_YET);
    page.0.truncate(page.0.trim_end().len());
    page.0 + "\n"
}

struct Page(String);

impl Page {
    fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A table with these columns, and an empty line after it.
    fn table<const N: usize>(&mut self, head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        self.text(&format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N)));
        for row in rows {
            self.text(&format!("| {} |\n", row.map(|cell| cell.replace('|', "\\|")).join(" | ")));
        }
        self.text("\n");
    }

    /// Which actions tell, and which act.
    fn kinds(&mut self) {
        let list = |tells: bool| {
            let names = ACTIONS.iter().filter(|action| TELLING.contains(&action.name) == tells);
            let names = names
                .filter(|action| ![ASKING, WATCHING].contains(&action.name))
                .map(|action| format!("`{}`", action.name));
            names.collect::<Vec<_>>().join(", ")
        };
        self.text(&format!(
            "*Telling* actions are Slack messages and comments on issues: {}. All others *act*: {}. An approval asks, and acts by \
             what follows it; `monitor_drift` watches, and acts by what it has done. A change of the rules file that lets nothing \
             new act and touches no approval counts at once; any other needs an approval first.\n\n",
            list(true),
            list(false)
        ));
    }

    fn known(&mut self, what: &str, known: &[Known]) {
        let row = |known: &Known| [code(known.name), known.about.to_owned(), code(known.example)];
        self.table([what, "what it is", "example"], known.iter().map(row));
    }

    fn templates(&mut self, what: &str, templates: &[Template]) {
        let row = |template: &Template| {
            [
                code(template.name),
                template.about.to_owned(),
                code(template.example),
                template.becomes.to_owned(),
            ]
        };
        self.table([what, "what it is", "example", "becomes"], templates.iter().map(row));
    }

    /// A table of keys with the examples that are one line, then the others.
    fn keys(&mut self, keys: &[Key]) {
        let row = |key: &Key| {
            let absent = match key.absent {
                Absent::Refused => "**required**".to_owned(),
                Absent::Value(value) => code(value),
                Absent::Means(means) => means.to_owned(),
            };
            let lines: Vec<&str> =
                key.examples.iter().copied().filter(|example| !example.contains('\n')).collect();
            let examples = if lines.is_empty() { "below".to_owned() } else { codes(&lines) };
            [code(key.name), takes(&key.takes), absent, key.about.to_owned(), examples]
        };
        self.table(["key", "value", "default", "description", "examples"], keys.iter().map(row));
        let blocks = keys.iter().flat_map(|key| key.examples).copied();
        self.yaml(&blocks.filter(|example| example.contains('\n')).collect::<Vec<_>>());
    }

    fn yaml(&mut self, examples: &[&str]) {
        if !examples.is_empty() {
            self.text(&format!("```yaml\n{}\n```\n\n", examples.join("\n")));
        }
    }

    fn action(&mut self, action: &Action) {
        self.text(&format!("### `{}`\n\n{}\n\n", action.name, action.about));
        self.yaml(action.examples);
        for takes in action.takes {
            let Takes::Keys(keys) = takes else { continue };
            self.keys(keys);
            if keys.len() == APPROVAL.len() {
                self.text("An entry of a list under `votes_required`:\n\n");
                self.keys(&QUOTA);
            }
        }
    }
}

/// Returns the kind of value in words.
fn takes(takes: &Takes) -> String {
    match takes {
        Takes::Text => "a text".to_owned(),
        Takes::OptionalText => "a text, or nothing".to_owned(),
        Takes::Template => "a [template](#templates)".to_owned(),
        Takes::Count => "a whole number from 1".to_owned(),
        Takes::Truth => "`true` or `false`".to_owned(),
        Takes::Channel => "`'#name'`, or an id".to_owned(),
        Takes::Wait(longest) => format!("a time, up to `'{}'`", shown(*longest)),
        Takes::Word(words) => words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", "),
        Takes::Address => "an address".to_owned(),
        Takes::Recipients => "a person, or a list".to_owned(),
        Takes::People => "a person or a user group, or a list".to_owned(),
        Takes::Votes => "a whole number from 1, or a list".to_owned(),
        Takes::Rules => "a list of [rules](#rules)".to_owned(),
        Takes::OtherRules => "the name of another rule, or a list".to_owned(),
        Takes::Triggers => "a list of [triggers](#triggers)".to_owned(),
        Takes::Freeze => "a window, or a list".to_owned(),
        Takes::Days => "days of the week: a list, or a text with commas".to_owned(),
        Takes::FromTime => "a time of the day".to_owned(),
        Takes::ToTime => "a time of the day, up to `'24:00'`".to_owned(),
        Takes::TimeZone => "a time zone".to_owned(),
        Takes::Dates => "a date, `first..last`, or a list".to_owned(),
        Takes::Conditions => "a list of [conditions](#conditions)".to_owned(),
        Takes::Expression => "a [condition](#conditions)".to_owned(),
        Takes::Actions => "a list of [actions](#actions)".to_owned(),
        Takes::Parameters => "names with values".to_owned(),
        Takes::Details => "names with [templates](#templates)".to_owned(),
        Takes::Body => "a [template](#templates), or names with such".to_owned(),
        Takes::Headers => "names with [templates](#templates), or with `{secret: name}`".to_owned(),
        Takes::Bus => "a name, or an ARN".to_owned(),
        Takes::Owners => "a list of at least two people".to_owned(),
        Takes::Deployments => "`owner/name`, `owner/*`, or a list".to_owned(),
        Takes::Patterns => "a text in which `*` stands for any text, or a list".to_owned(),
        Takes::Hosts => "a host in which `*` stands for any text, or a list".to_owned(),
        Takes::ActionNames => "the name of an action, or a list".to_owned(),
        Takes::Floors => "a list of floors".to_owned(),
        Takes::Keys(_) => "keys with values".to_owned(),
    }
}

/// A time as rules files have it.
fn shown(time: SignedDuration) -> String {
    let hours = time.as_hours();
    if hours % 24 == 0 { format!("{}d", hours / 24) } else { format!("{hours}h") }
}

fn codes(texts: &[&str]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_of_the_page_is_made_of_examples_that_are_read() {
        // `super::super::tests` reads each of them.
        let of_keys =
            [FILE.as_slice(), &RULE, &FREEZE, &CONDITION, &APPROVAL, &QUOTA, &[ON_FAILURE]].concat();
        let of_actions = ACTIONS.iter().flat_map(|action| action.takes).filter_map(|takes| match takes {
            Takes::Keys(keys) => Some(*keys),
            _ => None,
        });
        let keys = of_keys.iter().chain(of_actions.flatten());
        let mut examples: Vec<&str> = keys.flat_map(|key| key.examples).copied().collect();
        examples.extend(ACTIONS.iter().flat_map(|action| action.examples));
        examples.extend(ON_FAILURE_EXAMPLES);
        examples.sort_by_key(|example| std::cmp::Reverse(example.len()));
        let page = page();
        let blocks: Vec<&str> =
            page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks[0], "# yaml-language-server: $schema=rules.schema.json\n");
        for block in &blocks[1..] {
            let rest = examples.iter().fold((*block).to_owned(), |rest, example| rest.replace(example, ""));
            assert_eq!(rest.trim(), "", "{block}");
        }
    }
}
