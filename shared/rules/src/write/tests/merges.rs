//! Files that there are, and what becomes of them.

use super::super::merge::{Merged, NotMerged, merged};
use super::draft;
use insta::assert_snapshot;

const OLD: &str = "  - promote-deploy-to-production:\n      actions: [trigger_build]\n";

fn merge(existing: &str) -> Result<Merged, NotMerged> {
    merged(existing, "rules.yml", &draft().workflow().unwrap())
}

/// The merged file, new lines marked as a diff marks them; of the new rule the first line and the last.
fn shown(existing: &str) -> String {
    match merge(existing) {
        Ok(merged) => {
            let mut shown = String::new();
            for (index, line) in merged.text.split_inclusive('\n').enumerate() {
                let number = index + 1;
                if !merged.added.contains(&number) {
                    shown.push_str(&format!("  {}\n", line.escape_debug()));
                } else if line.contains("rules:")
                    || line.contains("promote-deploy")
                    || number == *merged.added.end()
                {
                    shown.push_str(&format!("+ {}\n", line.escape_debug()));
                }
            }
            shown
        }
        Err(NotMerged::ByHand(rule)) => format!("{rule}: by hand\n"),
        Err(NotMerged::Unreadable(problems)) => {
            problems.iter().map(|problem| format!("{problem}\n")).collect()
        }
    }
}

#[test]
fn a_rule_goes_behind_the_last_one_and_all_else_stays() {
    let files = [
        format!("# Ours.\n\nrules:\n{OLD}  # the end\n"),
        // Behind what is written above the next key, and with the indentation that there is.
        format!("x-a: &a 1\nrules:   # all\n\n    # first\n{}    # of b\n\n# Later.\n\nx-b: 2\n", OLD.replace("  - ", "    - ").replace("      a", "        a")),
        "rules:\n- a:\n    actions: [trigger_build]\n".to_owned(),
        format!("rules:\r\n{}", OLD.replace('\n', "\r\n")),
        format!("\u{feff}rules:\n{}", OLD.trim_end()),
        "rules:\n  - promote-deploy-to-production: {actions: [trigger_build]}\n  - promote-deploy-to-production-2: {actions: [trigger_build]}".to_owned(),
        // The empty lines are part of a text.
        "rules:\n  - a:\n      actions:\n        - slack_deploy_message: |+\n            Hello\n\n\nx-b: 2\n".to_owned(),
        format!("---\nrules:\n{OLD}...\n"),
        "x-rule: &rule\n  b:\n    actions: [trigger_build]\nrules:\n  - *rule\n".to_owned(),
        // Another rule is made of a monitor.
        "rules:\n  -\n    a:\n      actions:\n        - monitor_drift: {environment: P, threshold: 1h, on_over: [trigger_build]}\n".to_owned(),
    ];
    assert_snapshot!(files.map(|file| shown(&file)).join("\n"), @r"
      # Ours.\n
      \n
      rules:\n
        - promote-deploy-to-production:\n
            actions: [trigger_build]\n
        # the end\n
    +   - promote-deploy-to-production-2:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      x-a: &a 1\n
      rules:   # all\n
      \n
          # first\n
          - promote-deploy-to-production:\n
              actions: [trigger_build]\n
          # of b\n
    +     - promote-deploy-to-production-2:\n
    +                 - auto_approve_build: \'example-circleci-build\'\n
      \n
      # Later.\n
      \n
      x-b: 2\n

      rules:\n
      - a:\n
          actions: [trigger_build]\n
    + - promote-deploy-to-production:\n
    +             - auto_approve_build: \'example-circleci-build\'\n

      rules:\r\n
        - promote-deploy-to-production:\r\n
            actions: [trigger_build]\r\n
    +   - promote-deploy-to-production-2:\r\n
    +               - auto_approve_build: \'example-circleci-build\'\r\n

      \u{feff}rules:\n
        - promote-deploy-to-production:\n
            actions: [trigger_build]\n
    +   - promote-deploy-to-production-2:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      rules:\n
        - promote-deploy-to-production: {actions: [trigger_build]}\n
        - promote-deploy-to-production-2: {actions: [trigger_build]}\n
    +   - promote-deploy-to-production-3:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      rules:\n
        - a:\n
            actions:\n
              - slack_deploy_message: |+\n
                  Hello\n
      \n
      \n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
      x-b: 2\n

      ---\n
      rules:\n
        - promote-deploy-to-production:\n
            actions: [trigger_build]\n
    +   - promote-deploy-to-production-2:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
      ...\n

      x-rule: &rule\n
        b:\n
          actions: [trigger_build]\n
      rules:\n
        - *rule\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      rules:\n
        -\n
          a:\n
            actions:\n
              - monitor_drift: {environment: P, threshold: 1h, on_over: [trigger_build]}\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
    ");
}

#[test]
fn a_file_without_rules_gets_them() {
    let files = [
        "",
        "\n",
        "\u{feff}",
        "# Nothing yet.",
        "---\r\n# Nothing yet.\r\n",
        "rules:",
        "rules: # none\n\nx-a: 1\n",
        "rules: []\n",
        "rules: [ \n ]  # none\nx-a: 1\n",
        "x-a: 1\nrules: ~  # none",
        "rules: null\n# The end.\n",
        "x-a: [1,\n  2]\n",
    ];
    assert_snapshot!(files.map(shown).join("\n"), @r"
    + rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      \n
    + rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

    + \u{feff}rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      # Nothing yet.\n
    + rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      ---\r\n
      # Nothing yet.\r\n
    + rules:\r\n
    +   - promote-deploy-to-production:\r\n
    +               - auto_approve_build: \'example-circleci-build\'\r\n

      rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      rules: # none\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
      \n
      x-a: 1\n

      rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

    promote-deploy-to-production: by hand

      x-a: 1\n
      rules:  # none\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      rules:\n
      # The end.\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n

      x-a: [1,\n
        2]\n
    + rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
    ");
}

#[test]
fn what_is_written_in_another_way_is_left_to_people() {
    let files = [
        "rules: [{a: {actions: [trigger_build]}}]\n",
        "rules:\n  [\n    {a: {actions: [trigger_build]}},\n  ]\n",
        "{rules: [{a: {actions: [trigger_build]}}]}\n",
        "{x-a: 1}\n",
        "? rules\n: - a: {actions: [trigger_build]}\n",
        "x-a: &rules\n  - a: {actions: [trigger_build]}\nrules: *rules\n",
        "rules: [ # none\n]\n",
        "rules: []\n...\n# The end.\n",
    ];
    assert_snapshot!(files.map(shown).join("\n"), @r"
    promote-deploy-to-production: by hand

    promote-deploy-to-production: by hand

    promote-deploy-to-production: by hand

    promote-deploy-to-production: by hand

    promote-deploy-to-production: by hand

    promote-deploy-to-production: by hand

    rules.yml:2:1: this line is indented unlike its neighbours; keys of one mapping start in the same column

      rules:\n
    +   - promote-deploy-to-production:\n
    +               - auto_approve_build: \'example-circleci-build\'\n
      ...\n
      # The end.\n
    ");
}

#[test]
fn a_file_with_problems_is_not_touched() {
    let files = [
        "rules:\n  - a:\n      actions: [trigger_bild]\n",
        "rule:\n  - a:\n      actions: [trigger_build]\n",
        "- a\n",
        "rules: {a: {actions: [trigger_build]}}\n",
        "rules: [",
        "x-a: 1\nother: 2\n",
    ];
    assert_snapshot!(files.map(shown).join("\n"), @"
    rules.yml:3:17: unknown action `trigger_bild`; did you mean `trigger_build`?

    rules.yml:1:1: a rules file takes no key `rule`; did you mean `rules`?

    rules.yml:1:1: a rules file takes keys with values, not a list; write `rules:` and under it a list of rules

    rules.yml:1:8: `rules` takes a list, not keys with values; put each rule into braces of its own, and square brackets around all: `[{…}, {…}]`

    rules.yml:1:9: not YAML: while parsing a node, did not find expected node content

    rules.yml:1:1: no key `rules`; write `rules:` and under it a list of rules
    rules.yml:2:1: a rules file takes no key `other`; it takes rules
    ");
}
