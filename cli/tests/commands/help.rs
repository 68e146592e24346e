//! `--help`, and arguments that mean nothing.

use crate::signoff;

#[test]
fn the_help_of_signoff() {
    insta::assert_snapshot!(signoff(&["--help"]).shown(), @"
    Signoff on the command line: tools that make rules safe to change, and questions to the record

    Usage: signoff <COMMAND>

    Commands:
      rules      Check, explain, test, replay, convert and describe rules files
      deploys    List deploys on record, newest first
      approvals  List approvals on record, with who voted; those of the newest deploy first
      events     List what happened: who did what, when, to which deploy; the newest deploy first, and of each what happened first
      wait       Wait until people decided about a revision's newest deploy: for a CI that can't hold its own run
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
    Check, explain, test, replay, convert and describe rules files

    Usage: signoff rules <COMMAND>

    Commands:
      check      Check rules files: every problem, with its place and what would be right
      explain    Explain what the rules do with a deploy: which hold, which part of a condition fails, when a rule will hold, what runs
      test       Test rules with cases: given this deploy, expect these runs, dialogs and actions
      replay     Replay rules against the deploys on record: what would be asked, what would run by itself, what would be blocked
      convert    Convert a rules file of Sleuth's: names that are written in another way now change, every other byte stays
      reference  Print the page that describes everything that a rules file can say, with examples: docs/rules.md
      schema     Print the JSON Schema of rules files, with which editors complete them and tell mistakes
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help
    ---- Fine
    ");
}

#[test]
fn the_help_of_check() {
    insta::assert_snapshot!(signoff(&["rules", "check", "--help"]).shown(), @"
    Check rules files: every problem, with its place and what would be right.

    Notices tell what a rule uses that is known and not supported yet, and what can never happen. With a policy, a rule below its floor is a problem, too.

    Usage: signoff rules check [OPTIONS] [FILES]...

    Arguments:
      [FILES]...
              The rules files; `-` is the standard input. With a policy, there may be none

    Options:
          --format <FORMAT>
              How to tell: for people, as one JSON document, or as annotations of GitHub Actions
              
              [default: human]
              [possible values: human, json, github]

          --strict
              Take notices for problems

          --against <FILE>
              Compare each file with this one, which is in force: what changes, and whether that needs an approval

          --policy <FILE>
              Check this policy, and each rules file against it

          --deployment <OWNER/NAME>
              The deployment that the rules are for, where the policy names deployments

          --name <NAME>
              What the standard input is called in messages
              
              [default: .signoff/rules.yml]

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 no problems, 1 problems (with --strict: or notices), 2 wrong usage or a file that cannot be read.
    ---- Fine
    ");
}

#[test]
fn the_help_of_explain() {
    insta::assert_snapshot!(signoff(&["rules", "explain", "--help"]).shown(), @"
    Explain what the rules do with a deploy: which hold, which part of a condition fails, when a rule will hold, what runs.

    The deploy is described as it is to `register_deploy`, in JSON or YAML: sha (required), environment, date, branch, tags, email, links, commits, files, pull_requests; `deployment` (owner/name, else acme/checkout); and `issues`, as the trackers would tell them: key (required), title, url, priority, labels, type, tracker (jira or linear). Nothing else is asked: labels and authors are those of the file.

    Usage: signoff rules explain [OPTIONS] --deploy <FILE> <FILE>

    Arguments:
      <FILE>
              The rules file; `-` is the standard input

    Options:
          --deploy <FILE>
              The file with the deploy; `-` is the standard input

          --at <TIME>
              When: a time (2026-05-11T11:42:00Z), or how long after the deploy (+10m) [default: +0s]

          --policy <FILE>
              Tell what this policy blocks, too

          --format <FORMAT>
              How to tell: for people, or as one JSON document
              
              [default: human]
              [possible values: human, json]

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 explained, 1 a file has problems, 2 wrong usage or a file that cannot be read.
    ---- Fine
    ");
}

#[test]
fn the_help_of_test() {
    insta::assert_snapshot!(signoff(&["rules", "test", "--help"]).shown(), @"
    Test rules with cases: given this deploy, expect these runs, dialogs and actions

    A file of cases:

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

    `ask` takes the keys of slack_channel_approval, of which those given are compared; the prompt as people
    read it. `then` is what runs after it is approved, or all that runs in a rule without `ask`. With `ask`, a
    missing `first` means that nothing runs before people were asked. `blocked: true` expects, with a policy,
    that the rule is below its floor: then nothing that the rule would let act is done.

    Usage: signoff rules test [OPTIONS] <DIR_OR_FILE>...

    Arguments:
      <DIR_OR_FILE>...
              Files of cases, or folders with such: cases.yml, NAME.cases.yml (or .yaml, .json)

    Options:
          --policy <FILE>
              Judge the rules by this policy, too

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 all passed, 1 a case failed or a file has problems, 2 wrong usage, a file that cannot be read, or no cases.
    ---- Fine
    ");
}

#[test]
fn the_help_of_replay() {
    insta::assert_snapshot!(signoff(&["rules", "replay", "--help"]).shown(), @"
    Replay rules against the deploys on record: what would be asked, what would run by itself, what would be blocked.

    Each deploy is looked at as it is on record, until a newer one came to its environment. Every run is taken to succeed, so that rules with `after` open, too. The rules are those of one repository: name its deployment.

    Usage: signoff rules replay [OPTIONS] <FILE>

    Arguments:
      <FILE>
              The rules file; `-` is the standard input

    Options:
          --since <TIME>
              Deploys from when on: how long ago (90d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)
              
              [default: 90d]

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --policy <FILE>
              Tell what this policy would have blocked, too

          --format <FORMAT>
              How to tell: as tables, or as one JSON document
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Where Signoff is: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, in place of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 replayed, 1 the file has problems, 2 wrong usage, a file that cannot be read, or a Signoff that cannot be asked.
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
          --since <TIME>             Deploys from when on: how long ago (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)
          --limit <N>                How many at most [default: 50]
          --format <FORMAT>          How to tell: as a table, or as one JSON array [default: table] [possible values: table, json]
          --url <URL>                Where Signoff is: the stack's output ConsoleUrl [env: SIGNOFF_URL]
          --api-key-file <FILE>      A file with an API key, in place of the environment variable SIGNOFF_API_KEY
      -h, --help                     Print help

    Exit code: 0 told, 2 wrong usage or a Signoff that cannot be asked.
    ---- Fine
    ");
    insta::assert_snapshot!(signoff(&["approvals", "--help"]).shown(), @"
    List approvals on record, with who voted; those of the newest deploy first.

    Without --deploy and --since: those of deploys of the last 7 days.

    Usage: signoff approvals [OPTIONS]

    Options:
          --deploy <ID>
              Those of this deploy: its id

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --revision <SHA>
              Deploys of this commit: its SHA, or the first 7 characters or more

          --since <TIME>
              Deploys from when on: how long ago (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)

          --status <STATUS>
              Those that stand so
              
              [possible values: pending, quorum, approved, rejected, expired, superseded, cancelled]

          --limit <N>
              How many at most
              
              [default: 50]

          --format <FORMAT>
              How to tell: as a table, or as one JSON array
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Where Signoff is: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, in place of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 told, 2 wrong usage or a Signoff that cannot be asked.
    ---- Fine
    ");
    insta::assert_snapshot!(signoff(&["events", "--help"]).shown(), @"
    List what happened: who did what, when, to which deploy; the newest deploy first, and of each what happened first.

    Without --deploy and --since: that of deploys of the last 7 days.

    Usage: signoff events [OPTIONS]

    Options:
          --deploy <ID>
              What happened to this deploy: its id

          --deployment <OWNER/NAME>
              Deploys of this deployment

          --environment <NAME>
              Deploys to this environment, in any case

          --revision <SHA>
              Deploys of this commit: its SHA, or the first 7 characters or more

          --since <TIME>
              Deploys from when on: how long ago (7d, 12h), a date (2026-11-01, in UTC) or a time (2026-11-01T10:00:00Z)

          --limit <N>
              How many at most
              
              [default: 200]

          --format <FORMAT>
              How to tell: as a table, or as one JSON array
              
              [default: table]
              [possible values: table, json]

          --url <URL>
              Where Signoff is: the stack's output ConsoleUrl
              
              [env: SIGNOFF_URL]

          --api-key-file <FILE>
              A file with an API key, in place of the environment variable SIGNOFF_API_KEY

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 told, 2 wrong usage or a Signoff that cannot be asked.
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
    Convert a rules file of Sleuth's: names that are written in another way now change, every other byte stays.

    The new file goes to the standard output; what was changed, and what is not supported yet, is told on the standard error.

    Usage: signoff rules convert [OPTIONS] [FILE]

    Arguments:
      [FILE]
              The file to convert; `-` is the standard input
              
              [default: .sleuth/rules.yml]

    Options:
          --output <FILE>
              Write the new file here, for example to .signoff/rules.yml

      -h, --help
              Print help (see a summary with '-h')

    Exit code: 0 converted, 1 the file has problems, 2 wrong usage or a file that cannot be read or written.
    ---- Fine
    ");
}

#[test]
fn the_help_of_schema() {
    insta::assert_snapshot!(signoff(&["rules", "schema", "--help"]).shown(), @"
    Print the JSON Schema of rules files, with which editors complete them and tell mistakes

    An editor with yaml-language-server uses it where the rules file has this line; the path is relative
    to the rules file:

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
    signoff: -: the standard input is one file: name the other
    ---- Usage

    $ signoff rules check no-such.yml tests
    ---- err
    signoff: no-such.yml: there is no such file
    signoff: tests: this is a folder: name a file in it
    ---- Usage

    $ signoff rules test tests
    ---- err
    signoff: tests: no files of cases here: they are called cases.yml or NAME.cases.yml
    ---- Usage

    $ signoff rules test no-such.yml
    ---- err
    signoff: no-such.yml: there is no such file
    ---- Usage

    $ signoff rules convert
    ---- err
    signoff: .sleuth/rules.yml: there is no such file
    ---- Usage

    $ signoff rules replay rules.yml --since yesterday
    ---- err
    error: invalid value 'yesterday' for '--since <TIME>': write how long ago (12h, 7d), a date (2026-11-01) or a time with its zone (2026-11-01T10:00:00Z)

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
