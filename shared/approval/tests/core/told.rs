//! What people and channels are told.

use crate::samples::{approval, at, authors, deploy};
use approval::approval::{Electorate, Refusal, Status};
use approval::deploy::Deploy;
use approval::message::{
    NO_SUCH_APPROVAL, deploy_link, dialog_not_shown, refusal, rule_not_opened, rules_not_read, rules_refused,
    shorten,
};
use approval::mrkdwn::escape;

const URL: &str = "https://signoff.example.com/deploys/d";

fn told(why: Refusal) -> String {
    refusal(&why).expect("something to tell")
}

fn not_eligible(count: usize) -> Refusal {
    match authors(count) {
        Electorate::Only { who, people } => Refusal::NotEligible { who, people },
        Electorate::Anyone => panic!("anyone may vote"),
    }
}

#[test]
fn a_repeated_click_is_told_nothing() {
    assert_eq!(refusal(&Refusal::Repeated), None);
    assert_eq!(refusal(&Refusal::Closed(Status::Pending)), None);
}

#[test]
fn a_late_click_is_told_how_it_ended() {
    insta::assert_snapshot!(told(Refusal::Closed(Status::Approved { at: at(0) })), @"Your vote was not counted: this was already approved on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.");
    insta::assert_snapshot!(told(Refusal::Closed(Status::Rejected { at: at(0) })), @"Your vote was not counted: this was already rejected on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.");
    let cancelled = Status::Cancelled { at: at(0), reason: "the channel is gone".to_owned() };
    insta::assert_snapshot!(told(Refusal::Closed(cancelled)), @"Your vote was not counted: this was cancelled on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>: the channel is gone.");
}

#[test]
fn a_stranger_is_told_whose_votes_count() {
    insta::assert_snapshot!(told(Refusal::Stranger), @"Your vote was not counted: only members of the workspace that this app belongs to may vote.");
}

#[test]
fn who_may_not_vote_is_told_who_may() {
    insta::assert_snapshot!(told(not_eligible(1)), @"Your vote was not counted: only the authors of this deploy may vote: <@U1>.");
    insta::assert_snapshot!(told(not_eligible(3)), @"Your vote was not counted: only the authors of this deploy may vote: <@U1>, <@U2>, <@U3>.");
    insta::assert_snapshot!(told(not_eligible(0)), @"Your vote was not counted: only the authors of this deploy may vote, and none of them has a Slack account.");
}

#[test]
fn who_may_not_vote_is_told_how_many_more_may() {
    assert!(told(not_eligible(20)).ends_with("<@U19>, <@U20>."));
    assert!(told(not_eligible(23)).ends_with("<@U19>, <@U20> and 3 more."));
}

#[test]
fn a_click_on_what_is_not_on_record_is_told_so() {
    insta::assert_snapshot!(NO_SUCH_APPROVAL, @"Your vote was not counted: this approval is not on record any more. Deploy again to be asked again.");
}

#[test]
fn a_channel_is_told_what_is_wrong_with_a_rules_file() {
    let problems = vec![
        ".signoff/rules.yml:3:1: a tab; YAML takes spaces".to_owned(),
        ".signoff/rules.yml:7:9: unknown action <slack>; did you mean `slack_channel_message`?".to_owned(),
    ];
    insta::assert_snapshot!(rules_refused(&deploy(), URL, &problems), @r"
    :warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules file of `acme/checkout` can't be used. Correct it on the default branch; the next deploy reads it again.
    ```.signoff/rules.yml:3:1: a tab; YAML takes spaces
    .signoff/rules.yml:7:9: unknown action &lt;slack&gt;; did you mean `slack_channel_message`?```
    ");
}

#[test]
fn a_channel_is_told_the_first_ten_problems() {
    let problems: Vec<_> = (1..=13).map(|line| format!("rules.yml:{line}:1: no")).collect();
    let text = rules_refused(&deploy(), URL, &problems);
    assert!(text.contains("rules.yml:10:1") && !text.contains("rules.yml:11:1"), "{text}");
    assert!(text.ends_with("\nand 3 more, on the deploy's page```"), "{text}");
    assert!(!rules_refused(&deploy(), URL, &problems[..10]).contains("more"));
}

#[test]
fn a_problem_can_not_end_the_block_it_stands_in() {
    let text = rules_refused(&deploy(), URL, &["unknown action ```<!channel>".to_owned()]);
    assert_eq!(text.matches("```").count(), 2, "{text}");
    assert!(text.contains("'''&lt;!channel&gt;"), "{text}");
}

#[test]
fn a_channel_is_told_that_a_rules_file_could_not_be_read() {
    insta::assert_snapshot!(rules_not_read(&deploy(), URL, "GitHub answered 401 while reading the file"), @":warning: No rule was run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: the rules file of `acme/checkout` could not be read: GitHub answered 401 while reading the file. Deploy again once that is mended.");
    let (with, without) = (rules_not_read(&deploy(), URL, "why."), rules_not_read(&deploy(), URL, "why"));
    assert_eq!(with, without);
}

#[test]
fn a_channel_is_told_which_rule_is_not_supported_yet() {
    let reasons = vec![".signoff/rules.yml:12:11: known, not supported yet: monitor_drift".to_owned()];
    insta::assert_snapshot!(rule_not_opened(&deploy(), URL, "promote `now`", &reasons), @r"
    :warning: The rule `promote 'now'` was not run for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>: it uses what Signoff does not support yet. Take that out of the rule on the default branch; the next deploy reads it again.
    ```.signoff/rules.yml:12:11: known, not supported yet: monitor_drift```
    ");
}

#[test]
fn a_channel_is_told_which_dialog_is_not_shown_and_why() {
    let reason = "Signoff is not in #deploys: invite it with /invite";
    insta::assert_snapshot!(dialog_not_shown(&approval(), &deploy(), URL, reason), @":warning: The dialog “Promote deploy to production” for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)> can't be shown in #deploys: Signoff is not in #deploys: invite it with /invite. Signoff tries again for a day; nothing runs before people have voted.");
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
