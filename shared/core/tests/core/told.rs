//! Messages to channels and threads.

use crate::samples::{after, all_may, approval, at, authors, deploy, except, of_three, voted};
use signoff_core::approval::{Approval, Choice, Electorate};
use signoff_core::deploy::Deploy;
use signoff_core::message::{
    deploy_link, dialog_never_shown, dialog_not_shown, news_not_judged, reminder, rule_not_opened,
    rules_not_read, rules_refused, shorten,
};
use signoff_core::mrkdwn::escape;

const URL: &str = "https://signoff.example.com/deploys/d";

#[test]
fn a_channel_is_told_what_is_wrong_with_a_rules_file() {
    let problems = vec![
        ".signoff/rules.yml:3:1: a tab; YAML takes spaces".to_owned(),
        ".signoff/rules.yml:7:9: unknown action <slack>; did you mean `slack_channel_message`?".to_owned(),
    ];
    insta::assert_snapshot!([false, true].map(|again| rules_refused(&deploy(), URL, &problems, again)).join("\n"), @"
    :warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules file of `acme/checkout` is invalid. Correct it on the default branch, then choose *Evaluate again*. The next deploy reads it again, too.
    ```.signoff/rules.yml:3:1: a tab; YAML takes spaces
    .signoff/rules.yml:7:9: unknown action &lt;slack&gt;; did you mean `slack_channel_message`?```
    :warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules file of `acme/checkout` is invalid. Correct it on the default branch. Signoff reads it again for a day; to have it read now, choose *Evaluate again*.
    ```.signoff/rules.yml:3:1: a tab; YAML takes spaces
    .signoff/rules.yml:7:9: unknown action &lt;slack&gt;; did you mean `slack_channel_message`?```
    ");
}

#[test]
fn a_channel_is_told_the_first_ten_problems() {
    let problems: Vec<_> = (1..=13).map(|line| format!("rules.yml:{line}:1: no")).collect();
    let text = rules_refused(&deploy(), URL, &problems, true);
    assert!(text.contains("rules.yml:10:1") && !text.contains("rules.yml:11:1"), "{text}");
    assert!(text.ends_with("\nand 3 more, on the deploy's page```"), "{text}");
    assert!(!rules_refused(&deploy(), URL, &problems[..10], true).contains("more"));
}

#[test]
fn a_problem_can_not_end_the_block_it_stands_in() {
    let text = rules_refused(&deploy(), URL, &["unknown action ```<!channel>".to_owned()], true);
    assert_eq!(text.matches("```").count(), 2, "{text}");
    assert!(text.contains("'''&lt;!channel&gt;"), "{text}");
}

#[test]
fn a_channel_is_told_that_a_rules_file_could_not_be_read() {
    let until = Some(at(86_400));
    let read = |reason, until| rules_not_read(&deploy(), URL, reason, until);
    let news = |until| news_not_judged(&deploy(), URL, "GitHub answered 503", until);
    let texts =
        [read("GitHub answered 401", until), read("GitHub answered 401", None), news(until), news(None)];
    insta::assert_snapshot!(texts.join("\n"), @"
    :warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules of `acme/checkout` could not be evaluated. GitHub answered 401. Signoff tries again until <!date^1620819720^{date} at {time}|2021-05-12 at 11:42 UTC>. To try now, choose *Evaluate again*.
    :warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules of `acme/checkout` could not be evaluated for a day. GitHub answered 401. Choose *Evaluate again* once that is fixed.
    :warning: The rules of <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)> that still wait could not be evaluated. GitHub answered 503. Signoff tries again until <!date^1620819720^{date} at {time}|2021-05-12 at 11:42 UTC>. To try now, choose *Evaluate again*.
    :warning: The rules of <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)> that still wait could not be evaluated. GitHub answered 503. Signoff tried for a day and stopped. Once that is fixed, choose *Evaluate again*.
    ");
    let (with, without) = (read("why.", until), read("why", until));
    assert_eq!(with, without);
}

#[test]
fn a_channel_is_told_which_rule_is_not_supported_yet() {
    let reasons = vec![".signoff/rules.yml:12:11: known, not supported yet: monitor_drift".to_owned()];
    let told = |again| rule_not_opened(&deploy(), URL, "promote `now`", &reasons, again);
    insta::assert_snapshot!([false, true].map(told).join("\n"), @r"
    :warning: The rule `promote 'now'` was not run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: it uses something that Signoff does not support yet. Take that out of the rule on the default branch; the next deploy reads it again.
    ```.signoff/rules.yml:12:11: known, not supported yet: monitor_drift```
    :warning: The rule `promote 'now'` was not run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: it uses something that Signoff does not support yet. Take that out of the rule on the default branch, then choose *Evaluate again*.
    ```.signoff/rules.yml:12:11: known, not supported yet: monitor_drift```
    ");
}

#[test]
fn a_channel_is_told_which_dialog_is_not_shown_and_why() {
    let reason = "Signoff is not in #deploys: invite it with /invite";
    insta::assert_snapshot!(dialog_not_shown(&approval(), &deploy(), URL, reason), @":warning: The dialog “Promote deploy to production” for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)> can't be shown in #deploys: Signoff is not in #deploys: invite it with /invite. Signoff tries again for a day; nothing runs before people have voted.");
}

#[test]
fn approval_of_named_people_goes_on_without_dialog() {
    let reason = "Signoff is not in #deploys: invite it with /invite";
    let mut named = approval();
    named.electorate.people = Some(Vec::new());
    assert!(!named.goes_on_without_dialog(), "nobody can vote");
    named.electorate.people = Some(vec!["U1".to_owned()]);
    assert!(named.goes_on_without_dialog() && !approval().goes_on_without_dialog());
    let told = dialog_not_shown(&named, &deploy(), URL, reason);
    let way = "Signoff keeps trying; nothing runs before people have voted. The people who can vote can do so on the deploy\u{2019}s page.";
    assert!(told.ends_with(way), "{told}");
}

#[test]
fn channel_is_told_that_an_unseen_approval_was_cancelled() {
    let reason = "Signoff is not in #deploys: invite it with /invite";
    insta::assert_snapshot!(dialog_never_shown(&approval(), &deploy(), URL, reason), @":warning: Signoff cancelled the approval “Promote deploy to production” for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>, and nothing ran: its dialog could not be shown in #deploys for a day. Signoff is not in #deploys: invite it with /invite. Once that is fixed, choose *Ask again* on the deploy’s page.");
    // Nobody can ask again about a rules file or a policy: the next deploy does.
    let mut proposal = approval();
    proposal.subject.rule = signoff_core::rules_in_force::PROPOSAL.to_owned();
    let told = dialog_never_shown(&proposal, &deploy(), URL, reason);
    let way = "the next deploy asks again. An admin who made none of the file can accept it on the deployment’s page.";
    assert!(told.ends_with(&format!("Once that is fixed, {way}")), "{told}");
    proposal.subject.rule = signoff_core::policy::PROPOSAL.to_owned();
    let told = dialog_never_shown(&proposal, &deploy(), URL, reason);
    assert!(told.contains("Once that is fixed, the next deploy asks again."), "{told}");
    // A rule may be called nearly so.
    for rule in ["policy checks", "rules file checks"] {
        proposal.subject.rule = rule.to_owned();
        assert!(!proposal.is_of_policy() && !proposal.is_of_rules_file(), "{rule}");
    }
}

#[test]
fn a_thread_is_reminded_of_who_is_still_needed() {
    let remind = |approval: &Approval| reminder(approval).expect("a reminder");
    insta::assert_snapshot!(remind(&approval()), @":bell: Reminder: waiting for a decision: 0 of 1 approval. Anyone in this channel can vote.");
    let expires = Approval { expires_at: Some(at(3600)), ..voted(of_three(), &[("U2", Choice::Approve)]) };
    insta::assert_snapshot!(remind(&expires), @":bell: Reminder: waiting for a decision: 1 of 2 approvals. Still to vote: <@U1>, <@U3>. It expires on <!date^1620736920^{date} at {time}|2021-05-11 at 12:42 UTC>.");
    let own =
        |electorate| Approval { electorate: except(electorate, &["U1"]), votes_required: 2, ..approval() };
    insta::assert_snapshot!(remind(&own(Electorate::anyone())), @":bell: Reminder: waiting for a decision: 0 of 2 approvals. Anyone in this channel can vote, except <@U1>.");
    insta::assert_snapshot!(remind(&own(authors(2))), @":bell: Reminder: waiting for a decision: 0 of 2 approvals. Still to vote: <@U2>.");
    insta::assert_snapshot!(remind(&voted(own(authors(2)), &[("U2", Choice::Approve)])), @":bell: Reminder: waiting for a decision: 1 of 2 approvals. No approver is left: somebody has to change their vote or cancel this.");
}

#[test]
fn nobody_is_reminded_of_what_is_decided() {
    let quorum = voted(approval(), &[("U1", Choice::Approve)]);
    assert_eq!(reminder(&quorum), None);
    assert_eq!(reminder(&after(&quorum, all_may(&quorum), 61)), None);
}

#[test]
fn a_deploys_name_can_not_break_its_link() {
    let deploy = Deploy { environment: "Staging|<1>".to_owned(), ..deploy() };
    assert_eq!(deploy_link(&deploy, URL), format!("<{URL}|7bf7226 - checkout (Staging|&lt;1&gt;)>"));
}

#[test]
fn what_slack_reads_as_markup_is_escaped_once() {
    assert_eq!(escape("<!channel> & &amp;"), "&lt;!channel&gt; &amp; &amp;amp;");
}

#[test]
fn text_is_cut_where_it_is_longer_than_its_limit() {
    let cases = [
        ("", 3, ""),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab\u{2026}"),
        ("\u{17d}gajner", 2, "\u{17d}\u{2026}"),
        ("abc", 0, "\u{2026}"),
    ];
    for (text, limit, expected) in cases {
        assert_eq!(shorten(text, limit), expected, "{text} {limit}");
    }
}
