//! Answers of a function that is not set up.

use std::process::Command;
use system_tests::story::tell;

#[test]
fn a_missing_setting_is_one_line_that_names_it_and_its_place() {
    tell("settings", async |_| {
        let program = std::env::current_exe().unwrap();
        let bin_dir = program.parent().unwrap().parent().unwrap();
        for (function, setting) in [
            ("deploy-webhook", "DEPLOYMENTS"),
            ("rule-evaluation", "DEPLOYMENTS"),
            ("slack-interaction", "RECORD_TABLE"),
            ("action-execution", "DEPLOYMENTS"),
            ("clock", "DEPLOYS_QUEUE_URL"),
            ("console", "PUBLIC_URL"),
            ("alarm", "DEPLOYS_QUEUE_URL"),
        ] {
            let mut started = Command::new(bin_dir.join(function));
            let lambda = [("AWS_REGION", "x"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
            let ended = started.env_clear().envs(lambda).output().unwrap();
            let told = String::from_utf8_lossy(&ended.stdout).into_owned();
            assert!(!ended.status.success(), "{function}");
            assert_eq!((told.lines().count(), ended.stderr.len()), (1, 0), "{function}: {told}");
            assert!(
                told.contains(&format!("{setting} is not set. It is set under Environment")),
                "{function}: {told}"
            );
            assert!(told.contains("template.yaml"), "{function}: {told}");
        }
    });
}
