//! A scenario: what people do with one deployment, as data, so that it can be told again and again with a
//! fault at any call of the functions. How each step is done is in `telling`.

use signoff_core::facts::Health;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::run::Status;

/// Steps that people take, and their expected outcome.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, of letters, digits and `-`.
    pub name: &'static str,
    /// The rules file; `#CHANNEL` stands for the scenario's channel, `HOOK` for an address that takes
    /// webhooks, `BEN` for Ben's e-mail address.
    pub rules: &'static str,
    /// Steps that people take, one after the other; each waits until nothing happens by itself any more.
    pub steps: &'static [Step],
    /// The calls of the steps before this one are another scenario's too: nothing befalls them.
    pub swept_from: usize,
    /// True if it begins without any process: then only the calls that a process makes once are struck.
    pub cold: bool,
    /// The faults that befall its calls.
    pub faults: Faults,
    /// Expected outcome.
    pub ends: Ends,
}

/// The faults that befall the calls of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// Every fault that makes a difference.
    All,
    /// Those in which the process ends at a call that writes, and a refusal at calls to providers: the others
    /// strike the same code in another scenario.
    Ends,
}

/// Step of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Ana pushes the repository's first commit, and an admin signs in to the console.
    Begin,
    /// CI pushes a commit of Ana's, holds its build, and registers its deploy in this environment.
    Deploy(&'static str),
    /// The same, while the tests before its hold still run.
    DeployBeforeTests(&'static str),
    /// CI registers a deploy of a commit of Ana's that mentions an issue of Jira.
    DeployOfIssue(&'static str),
    /// CI registers a deploy of a commit of Ana's that arrived two hours ago.
    DeployOfEarlier(&'static str),
    /// The tests before the newest deploy's hold end, and the step that waits for it is due.
    EndTests,
    /// CI registers the revision of this deploy once more, the first being 0, after others stood in its
    /// environment.
    DeployAgain(usize, &'static str),
    /// The admin sets the first commit as the base of the newest deploy's newest approval.
    SetBase,
    /// A person clicks a button (an action id) of the newest deploy's newest dialog.
    Click(&'static str, &'static str),
    /// A person chooses from the menu of the newest deploy's newest dialog: `withdraw`, `cancel`,
    /// `break_glass` or `ask_again`.
    Choose(&'static str, &'static str),
    /// A person gives the reason that a window asks them for since their last click or choice.
    Explain(&'static str),
    /// The next webhook arrives, and its answer is lost.
    LoseWebhookAnswer,
    /// The time until the newest deploy's approval expires is over.
    LetExpire,
    /// The time in which the quorum of the newest deploy's approval can be undone is over.
    LetQuorumPass,
    /// Somebody deletes the newest deploy's newest dialog in Slack.
    DeleteDialog,
    /// Monitoring reports the health of the newest deploy.
    Report(Health),
    /// A report of the newest deploy's health loses its races, and its process ends before it sends it on.
    QueueReport(Health),
    /// An admin has the CloudWatch alarm of the deployment's name watch this environment.
    WatchByAlarm(&'static str),
    /// That alarm goes off.
    Alarm,
    /// A person reacts to the newest deploy's newest dialog with `:+1:`.
    Applaud(&'static str),
    /// A person signs in to the console.
    SignIn(&'static str),
    /// A person who is signed in sends a vote (a button's action id) from the page of the newest deploy's
    /// newest approval.
    VoteOnPage(&'static str, &'static str),
}

/// Expected outcome of a scenario, whatever strikes a call.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// End of each approval, in a word, the oldest first.
    pub approvals: &'static [&'static str],
    /// End of each run, the oldest first. A run may wait instead at a step with an unknown end, if its action
    /// can neither be repeated nor looked up.
    pub runs: &'static [Status],
    /// True if the rules file is refused.
    pub refused: bool,
}

/// A click, choice or reason that was answered as taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The deploy whose dialog it was.
    pub deploy: DeployId,
    /// The approval that the dialog showed.
    pub approval: ApprovalId,
    /// The Slack user id.
    pub person: String,
    /// The button's action id, or the menu's option.
    pub button: &'static str,
}

/// A fact of a deploy that was taken.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The deploy.
    pub deploy: DeployId,
    /// The fact.
    pub fact: Fact,
}

/// Something that becomes known of a deploy after it arrived.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The health that a source reports.
    Health(String, Health),
    /// A person (a Slack user id) who reacted with `:+1:`.
    Applause(String),
}
