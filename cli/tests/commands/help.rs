//! `--help`, and arguments that mean nothing.

use crate::signoff;

#[test]
fn the_help_of_signoff() {
    insta::assert_snapshot!(signoff(&["--help"]).shown(), @"
    Signoff on the command line: check, test and replay rules, and query the record

    Usage: signoff <COMMAND>

    Commands:
      rules      Check, explain, test, replay, convert and document rules files
      deploys    List deploys on record, newest first
      approvals  List approvals on record with their voters, newest deploy first
      events     List events: who did what, when and to which deploy; newest deploy first, then in order of time
      wait       Wait until a revision's newest deploy is approved or rejected: for CIs that can't hold their own runs
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version
    ---- Fine
    ");
}

#[test]
fn the_help_of_rules() {
    insta::assert_snapshot!(signoff(&["rules", "--help"]).shown(), @"
    Check, explain, test, replay, convert and document rules files

    Usage: signoff rules <COMMAND>

    Commands:
      check      Check rules files: report every problem with its place and a correction
      explain    Explain what the rules do with a deploy: which rules match, which conditions fail, when a rule will match, what runs
      test       Test rules with cases: for a given deploy, expect these runs, dialogs and actions
      replay     Replay rules against the deploys on record: what they would ask, what would run by itself, what would be blocked
      convert    Convert a Sleuth rules file: update renamed keys and keep every other byte
      reference  Print the rules reference with examples: docs/rules.md
      schema     Print the JSON Schema of rules files, for completion and checks in editors
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help
    ---- Fine
    ");
}

#[test]
fn the_help_of_check() {
    insta::assert_snapshot!(signoff(&["rules", "check", "--help"]).shown(), @"
    Check rules files: report every problem with its place and a correction.

    Notices report features that are not supported yet and conditions that can never hold. With a policy, a rule below its floor is also a problem.

    Usage: signoff rules check [OPTIONS] [FILES]...

    Arguments:
      [FILES]...
              The rules files, or `-` for standard input. Optional with a policy

    Options:
          --format <FORMAT>
              Output format: for people, one JSON document, or GitHub Actions annotations
              
              [default: human]
              [possible values: human, json, github]

          --strict
              Treat notices as problems

          --against <FILE>
              Compare each file with this one, which is in force: show what changes and if that needs an approval

          --policy <FILE>
              Check this policy, and each rules file against it

          --deployment <OWNER/NAME>
              The deployments of the rules' repository: each binds the rules by its name. Repeat it, or separate them by commas. Required if the policy names deployments

          --name <NAME>
              The name for standard input in messages
              
              [default: .signoff/rules.yml]

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 no problems, 1 problems (with --strict: or notices), 2 usage error or unreadable file.
    ---- Fine
    ");
}

#[test]
fn the_help_of_explain() {
    insta::assert_snapshot!(signoff(&["rules", "explain", "--help"]).shown(), @"
    Explain what the rules do with a deploy: which rules match, which conditions fail, when a rule will match, what runs.

    Describe the deploy as for `register_deploy`, in JSON or YAML: sha (required), environment, date, branch, tags, email, links, commits, files, pull_requests; `deployment` (owner/name, else acme/checkout); and `issues`, as the trackers report them: key (required), title, url, priority, labels, type, tracker (jira or linear). The command asks no other system: labels and authors come from this file.

    Usage: signoff rules explain [OPTIONS] --deploy <FILE> <FILE>

    Arguments:
      <FILE>
              The rules file, or `-` for standard input

    Options:
          --deploy <FILE>
              The file with the deploy, or `-` for standard input

          --at <TIME>
              The time to explain: a time (2026-05-11T11:42:00Z), or a duration after the deploy (+10m) [default: +0s]

          --policy <FILE>
              Also show what this policy blocks

          --format <FORMAT>
              Output format: for people, or one JSON document
              
              [default: human]
              [possible values: human, json]

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 success, 1 a file has problems, 2 usage error or unreadable file.
    ---- Fine
    ");
}

#[test]
fn the_help_of_test() {
    insta::assert_snapshot!(signoff(&["rules", "test", "--help"]).shown(), @"
    Test rules with cases: for a given deploy, expect these runs, dialogs and actions

    A case file:

      rules: rules.yml                      # beside the cases
      cases:
        - name: Staging asks the team
          deploy: {sha: 7bf7226, environment: Staging, tags: ['#web']}   # or a file's name
          at: +10m                          # how long it has been deployed, or a time; optional
          expect:                           # every run that opens until then, and no other; [] for none
            - rule: promote-to-production
              first: []                     # what runs before the dialog; optional
              ask: {channel: '#releases', votes_required: 2}
              then: ['auto_approve_build: build-and-deploy']

    `ask` takes keys of slack_channel_approval and compares the ones that you give; write the prompt as people
    read it. `then` is what runs after it is approved, or all that runs in a rule without `ask`. With `ask`, a
    missing `first` means that nothing runs before people were asked. `blocked: true` expects, with a policy,
    that the rule is below its floor: then nothing that the rule would let act is done.

    Usage: signoff rules test [OPTIONS] <DIR_OR_FILE>...

    Arguments:
      <DIR_OR_FILE>...
              Case files, or folders with case files: cases.yml, NAME.cases.yml (or .yaml, .json)

    Options:
          --policy <FILE>
              Also check the rules against this policy

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 all passed, 1 a case failed or a file has problems, 2 usage error, unreadable file or no cases.
    ---- Fine
    ");
}

#[test]
fn the_help_of_replay() {
    insta::assert_snapshot!(signoff(&["rules", "replay", "--help"]).shown(), @"
    Replay rules against the deploys on record: what they would ask, what would run by itself, what would be blocked.

    Each deploy is judged by its record, until a newer deploy reached its environment. Every run counts as succeeded, so rules with `after` open, too. A rules file belongs to one repository, so name its deployment.

    Usage: signoff rules replay [OPTIONS] <FILE>

    Arguments:
      <FILE>
              The rules file, or `-` for standard input

    Options:
          --since <TIME>
              Deploys since: a duration (90d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)
              
              [default: 90d]

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --policy <FILE>
              Also show what this policy would have blocked

          --format <FORMAT>
              Output format: tables, or one JSON document
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Signoff's address: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, instead of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 success, 1 the file has problems, 2 usage error, unreadable file or Signoff unreachable.
    ---- Fine
    ");
}

#[test]
fn the_help_of_what_asks_the_record() {
    insta::assert_snapshot!(signoff(&["deploys", "--help"]).shown(), @"
    List deploys on record, newest first

    Usage: signoff deploys [OPTIONS]

    Options:
          --deployment <OWNER/NAME>  Deploys of this deployment
          --environment <NAME>       Deploys to this environment, in any case
          --revision <SHA>           Deploys of this commit: its SHA, or the first 7 characters or more
          --since <TIME>             Deploys since: a duration (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)
          --limit <N>                The maximum number of results [default: 50]
          --format <FORMAT>          Output format: a table, or one JSON array [default: table] [possible values: table, json]
          --url <URL>                Signoff's address: the stack's output ConsoleUrl [env: SIGNOFF_URL]
          --api-key-file <FILE>      A file with an API key, instead of the environment variable SIGNOFF_API_KEY
      -h, --help                     Print help

    Exit codes: 0 success, 2 usage error or Signoff unreachable.
    ---- Fine
    ");
    insta::assert_snapshot!(signoff(&["approvals", "--help"]).shown(), @"
    List approvals on record with their voters, newest deploy first.

    Without --deploy and --since: approvals of deploys in the last 7 days.

    Usage: signoff approvals [OPTIONS]

    Options:
          --deploy <ID>
              Approvals of the deploy with this id

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --revision <SHA>
              Deploys of this commit: its SHA, or the first 7 characters or more

          --since <TIME>
              Deploys since: a duration (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)

          --status <STATUS>
              Approvals with this status
              
              [possible values: pending, quorum, approved, rejected, expired, superseded, cancelled]

          --limit <N>
              The maximum number of results
              
              [default: 50]

          --format <FORMAT>
              Output format: a table, or one JSON array
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Signoff's address: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, instead of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 success, 2 usage error or Signoff unreachable.
    ---- Fine
    ");
    insta::assert_snapshot!(signoff(&["events", "--help"]).shown(), @"
    List events: who did what, when and to which deploy; newest deploy first, then in order of time.

    Without --deploy and --since: events of deploys in the last 7 days.

    Usage: signoff events [OPTIONS]

    Options:
          --deploy <ID>
              Events of the deploy with this id

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --revision <SHA>
              Deploys of this commit: its SHA, or the first 7 characters or more

          --since <TIME>
              Deploys since: a duration (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)

          --limit <N>
              The maximum number of results
              
              [default: 200]

          --format <FORMAT>
              Output format: a table, or one JSON array
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Signoff's address: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, instead of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 success, 2 usage error or Signoff unreachable.
    ---- Fine
    ");
}

#[test]
fn convert_has_its_first_name_too() {
    assert_eq!(
        signoff(&["convert", "--help"]).out.lines().next(),
        signoff(&["rules", "convert", "--help"]).out.lines().next()
    );
    let (short, long) = (
        signoff(&["convert", "tests/files/not-yet.yml"]),
        signoff(&["rules", "convert", "tests/files/not-yet.yml"]),
    );
    assert_eq!(short.shown(), long.shown());
}

#[test]
fn the_help_of_convert() {
    insta::assert_snapshot!(signoff(&["rules", "convert", "--help"]).shown(), @r"
    Convert a Sleuth rules file: update renamed keys and keep every other byte.

    The new file goes to standard output. The changes, and features that are not supported yet, go to standard error.

    Usage: signoff rules convert [OPTIONS] [FILE]

    Arguments:
      [FILE]
              The file to convert, or `-` for standard input
              
              [default: .sleuth/rules.yml]

    Options:
          --output <FILE>
              Write the new file here, for example to .signoff/rules.yml

      -h, --help
              Print help (see a summary with '-h')

    Exit codes: 0 success, 1 the file has problems, 2 usage error, or a file that can't be read or written.
    ---- Fine
    ");
}

#[test]
fn the_help_of_schema() {
    insta::assert_snapshot!(signoff(&["rules", "schema", "--help"]).shown(), @"
    Print the JSON Schema of rules files, for completion and checks in editors

    Editors with yaml-language-server use it if the rules file has this line (the path is relative to the
    rules file):

      # yaml-language-server: $schema=rules.schema.json

    Usage: signoff rules schema [OPTIONS]

    Options:
          --policy
              Describe policies instead of rules files

      -h, --help
              Print help (see a summary with '-h')
    ---- Fine
    ");
}

#[test]
fn arguments_that_mean_nothing_are_told() {
    let mut told = String::new();
    for args in [
        &["rules", "chek"][..],
        &["rules", "check"],
        &["rules", "check", "--format", "xml", "a.yml"],
        &["rules", "explain", "rules.yml"],
        &["rules", "explain", "rules.yml", "--deploy", "d.json", "--at", "10m"],
        &["rules", "explain", "-", "--deploy", "-"],
        &["rules", "check", "no-such.yml", "tests"],
        &["rules", "test", "tests"],
        &["rules", "test", "no-such.yml"],
        &["rules", "convert"],
        &["rules", "replay", "rules.yml", "--since", "yesterday"],
        &["deploys", "--deployment", "checkout"],
        &["deploys", "--limit", "0"],
        &["approvals", "--status", "open"],
        &["events", "--deploy", "d1", "--since", "7d"],
    ] {
        told.push_str(&format!("$ signoff {}\n{}\n\n", args.join(" "), signoff(args).shown()));
    }
    insta::assert_snapshot!(told, @"
    $ signoff rules chek
    ---- err
    error: unrecognized subcommand 'chek'

    Usage: signoff rules <COMMAND>

    For more information, try '--help'.
    ---- Usage

    $ signoff rules check
    ---- err
    error: the following required arguments were not provided:
      <FILES>...

    Usage: signoff rules check <FILES>...

    For more information, try '--help'.
    ---- Usage

    $ signoff rules check --format xml a.yml
    ---- err
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: human, json, github]

    For more information, try '--help'.
    ---- Usage

    $ signoff rules explain rules.yml
    ---- err
    error: the following required arguments were not provided:
      --deploy <FILE>

    Usage: signoff rules explain --deploy <FILE> <FILE>

    For more information, try '--help'.
    ---- Usage

    $ signoff rules explain rules.yml --deploy d.json --at 10m
    ---- err
    error: invalid value '10m' for '--at <TIME>': write how long after the deploy (+30s, +10m, +4h, +1d) or a time with its zone (2026-05-11T11:42:00Z)

    For more information, try '--help'.
    ---- Usage

    $ signoff rules explain - --deploy -
    ---- err
    signoff: -: standard input can only be one file; name the other
    ---- Usage

    $ signoff rules check no-such.yml tests
    ---- err
    signoff: no-such.yml: no such file
    signoff: tests: this is a folder; name a file in it
    ---- Usage

    $ signoff rules test tests
    ---- err
    signoff: tests: no case files here; they are named cases.yml or NAME.cases.yml
    ---- Usage

    $ signoff rules test no-such.yml
    ---- err
    signoff: no-such.yml: no such file
    ---- Usage

    $ signoff rules convert
    ---- err
    signoff: .sleuth/rules.yml: no such file
    ---- Usage

    $ signoff rules replay rules.yml --since yesterday
    ---- err
    error: invalid value 'yesterday' for '--since <TIME>': write a duration (12h, 7d), a date (2026-11-01) or a time with its zone (2026-11-01T10:00:00Z)

    For more information, try '--help'.
    ---- Usage

    $ signoff deploys --deployment checkout
    ---- err
    error: invalid value 'checkout' for '--deployment <OWNER/NAME>': write owner/name, for example acme/checkout

    For more information, try '--help'.
    ---- Usage

    $ signoff deploys --limit 0
    ---- err
    error: invalid value '0' for '--limit <N>': 0 is not in 1..=4294967295

    For more information, try '--help'.
    ---- Usage

    $ signoff approvals --status open
    ---- err
    error: invalid value 'open' for '--status <STATUS>'
      [possible values: pending, quorum, approved, rejected, expired, superseded, cancelled]

    For more information, try '--help'.
    ---- Usage

    $ signoff events --deploy d1 --since 7d
    ---- err
    error: the argument '--deploy <ID>' cannot be used with '--since <TIME>'

    Usage: signoff events --deploy <ID>

    For more information, try '--help'.
    ---- Usage
    ");
}
