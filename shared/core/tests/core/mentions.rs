//! The issues that a deploy mentions.

use crate::samples::deploy;
use signoff_core::deploy::{Commit, Deploy};

#[test]
fn issue_of_a_branch_counts_where_the_host_confirms_it() {
    for (on_branch, counts) in [(false, false), (true, true)] {
        let mut deploy = Deploy { branch: Some("x/shop-4711".to_owned()), ..deploy() };
        deploy.reading.on_branch = on_branch;
        assert_eq!(deploy.mentioned_issues().contains(&"SHOP-4711".to_owned()), counts);
    }
}

#[test]
fn long_list_of_issues_in_one_text_is_known_to_be_cut() {
    for (count, is_more) in [(11, false), (30, false), (31, true), (100, true)] {
        let text: String = (1..=count).map(|number| format!("AA-{number} ")).collect();
        let issues = signoff_core::issue::mentioned(&text);
        let commit = Commit { revision: String::new(), title: text, authors: Vec::new(), url: None, issues };
        let deploy = Deploy { commits: vec![commit], pull_requests: Vec::new(), branch: None, ..deploy() };
        assert_eq!(deploy.mentions_more_issues(), is_more, "{count}");
    }
}
