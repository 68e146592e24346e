//! People whose votes on several approvals count together.

use crate::{ask, file, policy, slug};
use signoff_core::action::Action;
use signoff_core::approval::{Electorate, Part, Quota};
use signoff_rules::policy::{Approved, Judged, LackingKind};
use std::collections::BTreeMap;

/// Approvals of a rule: the keys of each, its voters, and the makers of the parts of the change.
type Looks<'a> = &'a [(&'a str, &'a [&'a str], &'a [&'a [&'a str]])];

/// The votes that `looks` lack of `floor`. `groups` have these members.
fn lacking(floor: &str, groups: &[(&str, &[&str])], looks: Looks<'_>) -> String {
    let groups: BTreeMap<&str, &[&str]> = groups.iter().copied().collect();
    let approvals: Vec<String> = looks.iter().map(|(keys, ..)| ask(keys)).collect();
    let rules = format!("  - a: {{actions: [{}, trigger_build]}}", approvals.join(", "));
    let (policy, file) = (policy(&format!("default: {{{floor}}}")), file(&rules));
    let (slug, judged) = (slug("acme/checkout"), Judged::of(&file.rules[0], &file));
    assert_eq!(policy.judge_rule(&slug, &judged), [], "each of these rules can meet the floor");
    let together = policy.votes_together(&slug, &judged);
    let specs: Vec<_> = file.rules[0].actions.iter().flat_map(Action::approvals).collect();
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let electorates: Vec<Electorate> = specs
        .iter()
        .zip(looks)
        .map(|(spec, (_, _, parts))| {
            let quotas = spec.quotas.iter().map(|quota| {
                let people = quota.from.iter().flat_map(|name| texts(groups[name.as_str()])).collect();
                Quota { from: quota.from.join(", "), people, votes: quota.votes }
            });
            let part = |makers: &&[&str]| Part {
                makers: texts(makers),
                commits: 1,
                pull_requests: 0,
                title: "A".to_owned(),
            };
            let parts = parts.iter().map(part);
            Electorate { quotas: quotas.collect(), parts: parts.collect(), ..Electorate::anyone() }
        })
        .collect();
    let approved: Vec<_> = (specs.iter().zip(&electorates).zip(looks))
        .map(|((spec, electorate), (_, voters, _))| Approved { spec, electorate, voters: voters.to_vec() })
        .collect();
    let lacking = together.iter().flat_map(|together| together.lacking(&approved));
    let shown = lacking.map(|lacking| match lacking.kind {
        LackingKind::People { needed, found } => format!("{found} of {needed} people"),
        LackingKind::Groups { asked, missing } => format!("{missing} of {asked}"),
    });
    shown.collect::<Vec<_>>().join("; ")
}

#[test]
fn each_person_gives_one_vote_of_a_floor() {
    let groups: &[(&str, &[&str])] =
        &[("@sre", &["sam", "sue"]), ("@qa", &["quinn", "sue"]), ("@dev", &["dev"])];
    let (sre, qa) = ("votes_required: 1, approvers: ['@sre']", "votes_required: 1, approvers: ['@qa']");
    let (sre_dev, sre_qa) = (
        "votes_required: [{from: '@sre'}, {from: '@dev'}]",
        "votes_required: [{from: '@sre'}, {from: '@qa', votes: 2}]",
    );
    let two_sre = "votes_required: [{from: '@sre', votes: 2}]";
    let two_sre_one_qa = "votes_required: [{from: '@sre', votes: 2}, {from: '@qa'}]";
    let by_sre = "votes_required: 2, approvers: ['@sre']";
    let none: &[&[&str]] = &[];
    let cases: [(&str, Looks<'_>, &str); 12] = [
        ("votes_required: 2", &[("name: A", &["sam"], none), ("name: B", &["sam"], none)], "1 of 2 people"),
        ("votes_required: 2", &[("name: A", &["sam"], none), ("name: B", &["dev"], none)], ""),
        // One SRE votes twice, and a developer fills the number up.
        (
            two_sre,
            &[(sre_dev, &["sam", "dev"], none), (sre, &["sam"], none)],
            "1 vote from @sre of 2 votes from @sre",
        ),
        (two_sre, &[(sre_dev, &["sam", "dev"], none), (sre, &["sue"], none)], ""),
        (two_sre_one_qa, &[(sre_qa, &["sam", "quinn", "sue"], none), (sre, &["sam"], none)], ""),
        (
            two_sre_one_qa,
            &[(sre_qa, &["sam", "quinn"], none), (sre, &["sam"], none)],
            "1 vote from @sre of 2 votes from @sre, 1 vote from @qa",
        ),
        // Sue is of both groups, and is one person.
        (
            "votes_required: [{from: '@sre'}, {from: '@qa'}]",
            &[(sre, &["sue"], none), (qa, &["sue"], none)],
            "1 vote from @sre or @qa of 1 vote from @sre, 1 vote from @qa",
        ),
        (
            "votes_required: [{from: '@sre'}, {from: '@qa'}]",
            &[(sre, &["sue"], none), (qa, &["quinn"], none)],
            "",
        ),
        // Who counts is found among the others.
        (by_sre, &[(sre_dev, &["sam", "dev"], none), (sre, &["sue"], none)], ""),
        (by_sre, &[(sre_dev, &["sam", "dev"], none), (sre, &["sam"], none)], "1 of 2 people"),
        // Of the part of the change that lacks most.
        (
            "votes_required: [{from: '@sre', votes: 2}], self_approval: false",
            &[
                (
                    "votes_required: 1, approvers: ['@sre'], self_approval: false",
                    &["sam"],
                    &[&["dev"], &["sue"]],
                ),
                (
                    "votes_required: 1, approvers: ['@sre'], self_approval: false",
                    &["sue"],
                    &[&["dev"], &["sue"]],
                ),
            ],
            "1 vote from @sre of 2 votes from @sre",
        ),
        (
            "votes_required: 2, self_approval: false",
            &[
                // An approval without four eyes counts for nothing here.
                ("name: A", &["dev"], none),
                ("self_approval: false", &["sam"], &[&["quinn"]]),
                ("self_approval: false, name: C", &["sam"], &[&["quinn"]]),
            ],
            "1 of 2 people",
        ),
    ];
    for (floor, looks, expected) in cases {
        assert_eq!(lacking(floor, groups, looks), expected, "{floor}: {looks:?}");
    }
}
