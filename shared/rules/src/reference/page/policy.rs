//! The page of policies.

use super::Page;
use crate::reference::{FLOOR, POLICY, QUOTA, SECTION};

const BEGIN: &str = "\
<!-- Printed by `signoff rules reference --policy`: change the description in shared/rules/src/reference/policy.rs, not this page. -->

# The policy

A policy is a floor that repositories can't lower. It is one file for the whole stack, `.signoff/policy.yml` in a repository of its own, and it
binds the [rules](rules.md) of every deployment. A rule below the floor still asks, but nothing that it would let act is done.

- [The file](#the-file) · [What a floor is for](#what-a-floor-is-for) · [What a floor asks](#what-a-floor-asks) ·
  [How rules are judged](#how-rules-are-judged)

## The file

It is YAML 1.2, read like a rules file. `signoff rules check --policy .signoff/policy.yml` tells what is wrong in it. With rules files behind it,
the command tells which of their rules are below the floor. `signoff rules test`, `replay` and `explain` take `--policy` too.

The schema is [policy.schema.json](policy.schema.json), which `signoff rules schema --policy` prints.

";

const SECTIONS: &str = "\
## What a floor is for

An entry of `floors` has at least one of `deployments`, `places` and `actions`, and names what fits all of those that it has. A `*` in a place
stands for any text. An action that more than one entry names is bound by all of them. One that no entry names is bound by `default`. Where a
template keeps it open what an action acts on, it is bound by every entry that may fit, and by `default`.

";

const FLOORS: &str = "\
## What a floor asks

These keys stand under `default` and in each entry of `floors`. Of a number or a time the strictest counts, and of several lists each one binds.

";

const JUDGED: &str = "\
## How rules are judged

- The policy binds what acts: builds, webhooks, events, tags and changes of issues. Slack messages and comments on issues are free.
- The votes behind an action are those of each approval that has to be approved before it runs: earlier in the rule, around it, or in a rule
  that this one names in `after`, also by way of other rules. They are added up. `signoff rules check` counts votes, and can't tell whether one
  person would give two of them.
- What stands before an approval, or runs because an approval was rejected or expired, has no vote of that approval behind it.
- The votes of an approval count only where it has every key that the floor asks for.
- A rule that can't be shown to meet the floor is below it: a job, branch or host that a template makes up, or a group that the floor doesn't
  name.
- Each shortfall names the line of the policy, the line of the rule and what to write.
";

/// The page that describes everything that a policy can say, in Markdown.
pub fn policy_page() -> String {
    let mut page = Page(BEGIN.to_owned());
    page.keys(&POLICY);
    page.text("Keys that start with `x-` may stand beside them, for what anchors point to.\n\n");
    page.text(SECTIONS);
    page.keys(&SECTION);
    page.text(FLOORS);
    page.keys(&FLOOR);
    page.text("An entry of a list under `votes_required`:\n\n");
    page.keys(&QUOTA);
    page.text(JUDGED);
    page.0
}
