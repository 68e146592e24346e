//! A scenario while it is told: what people do, again until it is taken.
//!
//! Nothing waits for real time: where nothing happens by itself any more, leases and waits are over, hidden
//! messages are shown, and the clock is woken.

mod console;
mod facts;

use crate::scenario::{Learned, Scenario, Step, Taken};
use crate::story::{PATIENCE, Story};
use crate::world::{API_KEY, World};
use console::Session;
use serde_json::{Value, json};
use signoff_core::approval::{Approval, Blocker, Dialog, Status};
use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::message;
use signoff_local::aws::Stack;
use signoff_local::circleci::{JobStatus, NewJob, NewPipeline};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::{ClickOutcome, Message, NewUser, SentEvent};
use signoff_store::Page;
use std::collections::BTreeMap;

/// The cookie of a session.
const SESSION: &str = "signoff";
/// Number of times that time is pulled forward until everything must be done.
const ROUNDS: usize = 40;
/// A blocked approval is judged again a minute later each time. So many looks wait in the queue; the later
/// ones are left to the clock, and each of them only orders the next one until an admin sets the base.
const ROUNDS_IN_QUEUE: u32 = 10;
/// Number of times that a person clicks, and CI registers, until it is answered.
const TRIES: usize = 12;

/// A scenario while it is told.
pub struct Telling {
    /// The workflows whose tests still run.
    tests: Vec<String>,
    /// Its deployment.
    pub story: Story,
    /// Scenario that runs.
    pub scenario: Scenario,
    /// The deploys that were registered, the oldest first.
    pub deploys: Vec<DeployId>,
    /// Votes and other answers of people that were accepted, the oldest first.
    pub taken: Vec<Taken>,
    /// Facts that were taken, the oldest first.
    pub learned: Vec<Learned>,
    /// Answer for which a window asks a person for the reason.
    asked: Option<Taken>,
    people: BTreeMap<&'static str, String>,
    admin: Option<Admin>,
    /// The sessions of people who are signed in to the console.
    sessions: BTreeMap<&'static str, Session>,
    stack: &'static Stack,
}

/// An admin who is signed in to the console.
struct Admin {
    /// The cookie of the session.
    session: String,
    /// Token that the session's forms carry.
    token: String,
    /// The repository's first commit.
    first: String,
}

impl Admin {
    async fn begin(story: &Story) -> Self {
        let first = story.push("Ana", "Begin");
        let admin = NewUser::new("Admin", &story.email("Admin")).admin();
        let visitor = story.sign_in(&story.world.slack.add_user(admin)).await;
        Self { session: visitor.cookie(SESSION).unwrap(), token: visitor.token().await, first }
    }
}

impl Telling {
    pub(crate) fn begin(
        world: &'static World,
        stack: &'static Stack,
        scenario: &Scenario,
        name: &str,
    ) -> Self {
        let story = Story::begin(world, name);
        let hook = format!("{}/{name}", world.receiver.url());
        story.rules(&scenario.rules.replace("HOOK", &hook).replace("BEN", &story.email("Ben")));
        world.circleci.declare_parameters(&story.project(), &["deploy_prod"]);
        world.github.add_workflow(&story.repository(), "deploy.yml");
        let people = ["Ana", "Ben", "Cleo"].map(|name| (name, story.person(name))).into();
        Self {
            tests: Vec::new(),
            story,
            scenario: *scenario,
            deploys: Vec::new(),
            taken: Vec::new(),
            learned: Vec::new(),
            asked: None,
            people,
            admin: None,
            sessions: BTreeMap::new(),
            stack,
        }
    }

    /// The Slack user ids of the people.
    pub(crate) fn people(&self) -> impl Iterator<Item = &String> {
        self.people.values()
    }

    /// Does a step, and everything that comes of it.
    pub(crate) async fn take(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Begin => self.admin = Some(Admin::begin(&self.story).await),
            Step::Deploy(environment) => {
                let revision = self.story.push("Ana", "Take cards");
                let (project, build) = (self.story.project(), "build-and-deploy");
                let circleci = &self.story.world.circleci;
                circleci.add_pipeline_on_hold(&project, &revision, "main", build, "hold");
                self.deploy(&revision, environment).await?;
            }
            Step::DeployBeforeTests(environment) => {
                let revision = self.story.push("Ana", "Take cards");
                let jobs = vec![NewJob::build("test"), NewJob::approval("hold").after("test")];
                let workflows = vec![("build-and-deploy".to_owned(), jobs)];
                let pipeline =
                    NewPipeline { revision: revision.clone(), branch: "main".to_owned(), workflows };
                let (_, workflows) = self.story.world.circleci.add_pipeline(&self.story.project(), pipeline);
                self.tests = workflows;
                self.deploy(&revision, environment).await?;
            }
            Step::DeployOfIssue(environment) => self.deploy_of_issue(environment).await?,
            Step::DeployOfEarlier(environment) => self.deploy_of_earlier(environment).await?,
            Step::EndTests => {
                for workflow in std::mem::take(&mut self.tests) {
                    self.story.world.circleci.end_running(&workflow, JobStatus::Success);
                }
                let (page, _) = self.asks().await?;
                for effect in page.effects.iter().filter(|effect| is_waiting_step(effect)) {
                    self.story.make_due(effect).await;
                }
            }
            Step::DeployAgain(index, environment) => {
                let deploy = self.deploys.get(index).ok_or("it was never deployed")?;
                let revision = self.story.page(deploy).await.deploy.revision;
                self.deploy(&revision, environment).await?;
            }
            Step::SetBase => self.set_base().await?,
            Step::Click(person, button) => self.click(person, button).await?,
            Step::Choose(person, option) => self.choose(&self.person(person)?, option).await?,
            Step::Explain(reason) => self.explain(reason).await?,
            Step::LoseWebhookAnswer => {
                let lost = Fault::once(&format!("POST /{}", self.story.name), FaultKind::DropAfterHandling);
                self.story.world.receiver.faults().push(lost);
                return Ok(());
            }
            Step::LetExpire => {
                let (page, approval) = self.asks().await?;
                let is_due = |effect: &&Effect| matches!(effect.kind, EffectKind::Expire { .. });
                let effect = page.effects.iter().find(is_due).ok_or("it never expires")?;
                self.story.let_expire(&approval, effect).await;
            }
            Step::LetQuorumPass => {
                let (page, approval) = self.asks().await?;
                let is_due = |effect: &&Effect| {
                    matches!(effect.kind, EffectKind::ConfirmQuorum { .. }) && !effect.is_closed()
                };
                let effect = page.effects.iter().find(is_due).ok_or("no quorum waits")?;
                self.story.let_quorum_pass(&approval, effect).await;
            }
            Step::DeleteDialog => self.delete().await?,
            Step::Report(health) => self.report(health).await?,
            Step::QueueReport(health) => self.queue_report(health).await?,
            Step::WatchByAlarm(environment) => self.watch_by_alarm(environment).await?,
            Step::Alarm => self.alarm()?,
            Step::Applaud(person) => self.applaud(person).await?,
            Step::SignIn(person) => self.sign_in(person).await?,
            Step::VoteOnPage(person, button) => self.vote_on_page(person, button).await?,
        }
        self.settle().await
    }

    async fn deploy(&mut self, revision: &str, environment: &str) -> Result<(), String> {
        let body = json!({
            "sha": revision, "environment": environment, "branch": "main", "ignore_if_duplicate": true,
        });
        self.register(environment, &body).await
    }

    /// Registers a deploy in `environment`.
    async fn register(&mut self, environment: &str, body: &Value) -> Result<(), String> {
        self.post("register_deploy", body).await?;
        // It is the latest one, whether it is the first of its revision or not.
        let slug = Slug::new("acme", &self.story.name).ok_or("the name is no name of a deployment")?;
        let latest = self.story.world.store.latest(&slug, environment).await.unwrap();
        self.deploys.push(latest.ok_or("nothing was registered")?.moment.deploy);
        Ok(())
    }

    /// Sends a request of the deployment's API as CI does: again, until it is taken.
    async fn post(&self, path: &str, body: &Value) -> Result<(), String> {
        let (story, world) = (&self.story, self.story.world);
        let url = format!("{}/api/1/deployments/acme/{}/{path}", world.front.url(), story.name);
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let answer = world.http.post(&url).bearer_auth(API_KEY).json(body).send().await;
            let status = answer.map(|answer| answer.status().as_u16()).unwrap_or_default();
            if status == 200 {
                return Ok(());
            }
            answers.push(status);
        }
        Err(format!("{path} was never taken: {answers:?}"))
    }

    /// Sends the admin's form again, until it is taken or the base is there.
    async fn set_base(&self) -> Result<(), String> {
        let admin = self.admin.as_ref().ok_or("nobody is signed in")?;
        let (_, approval) = self.asks().await?;
        let path = format!("/deploys/{}/approvals/{}/base", approval.deploy, approval.id);
        let visitor = self.story.visitor();
        visitor.set_cookie(SESSION, &admin.session);
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let fields = [("revision", admin.first.as_str())];
            let answer = visitor.post_with(&path, &fields, Some(&admin.token)).await.status().as_u16();
            if [303, 409].contains(&answer) {
                return Ok(());
            }
            answers.push(answer);
        }
        Err(format!("the base was never set: {answers:?}"))
    }

    /// The newest deploy, and its newest approval.
    async fn asks(&self) -> Result<(Page, Approval), String> {
        let deploy = self.deploys.last().ok_or("nothing was deployed")?;
        let page = self.story.page(deploy).await;
        let newest = page.approvals.iter().max_by_key(|approval| approval.opened_at);
        let approval = newest.cloned().ok_or("nobody is asked")?;
        Ok((page, approval))
    }

    /// Returns the place of the newest dialog.
    async fn dialog(&self) -> Result<Dialog, String> {
        let (_, approval) = self.asks().await?;
        approval.dialog.ok_or_else(|| "nobody sees a dialog".to_owned())
    }

    fn person(&self, name: &str) -> Result<String, String> {
        self.people.get(name).cloned().ok_or_else(|| format!("{name} is nobody"))
    }

    async fn click(&mut self, person: &'static str, button: &'static str) -> Result<(), String> {
        let (_, Approval { id, .. }) = self.asks().await?;
        let (mut dialog, person) = (self.dialog().await?, self.person(person)?);
        let slack = &self.story.world.slack;
        if [message::RETRY, message::SKIP, message::MARK_AS_DONE].contains(&button) {
            // What can be done about a failed action stands in the thread.
            let is_offered = |offers: &Message| {
                let mut blocks = offers.blocks.iter();
                blocks.any(|block| block["type"] == "actions")
            };
            let thread = slack.thread(&dialog.channel, &dialog.ts);
            dialog.ts = thread
                .iter()
                .rev()
                .find(|message| is_offered(message))
                .ok_or("no failure is told")?
                .ts
                .clone();
        }
        until_taken(button, async || {
            let clicked = slack.click(&person, &dialog.channel, &dialog.ts, button).await;
            clicked.map_err(|missing| missing.to_string())
        })
        .await?;
        self.took(person, button, id)
    }

    async fn choose(&mut self, person: &str, option: &'static str) -> Result<(), String> {
        let (_, Approval { id, .. }) = self.asks().await?;
        let dialog = self.dialog().await?;
        let slack = &self.story.world.slack;
        let value = self.story.option(&dialog.ts, option).ok_or("the menu has no such option")?;
        until_taken(option, async || {
            let chosen = slack.click_option(person, &dialog.channel, &dialog.ts, message::MORE, &value).await;
            let chosen = chosen.map_err(|missing| missing.to_string())?;
            // Whoever Slack did not tell who they are is told to send it again, instead of being asked why.
            let unseen = option == message::LIFT_FREEZE && slack.open_views(person).is_empty();
            let problem = chosen.problem.or(unseen.then(|| "no window asks for a reason".to_owned()));
            Ok(ClickOutcome { problem, ..chosen })
        })
        .await?;
        self.took(person.to_owned(), option, id)
    }

    /// Notes that a person's answer was accepted, or that a window asks for the reason.
    fn took(&mut self, person: String, button: &'static str, approval: ApprovalId) -> Result<(), String> {
        let deploy = self.deploys.last().cloned().ok_or("nothing was deployed")?;
        let windows = self.story.world.slack.open_views(&person).len();
        let taken = Taken { deploy, approval, person, button };
        if windows == 0 {
            self.taken.push(taken);
        } else {
            self.asked = Some(taken);
        }
        Ok(())
    }

    async fn explain(&mut self, reason: &str) -> Result<(), String> {
        let asked = self.asked.take().ok_or("no window asks for a reason")?;
        let slack = &self.story.world.slack;
        // A window whose opening was not answered stands behind the one that came of clicking again.
        let mut views = slack.open_views(&asked.person);
        let view = views.pop().ok_or("no window asks for a reason")?;
        views.iter().for_each(|behind| slack.close_view(&asked.person, &behind.id));
        let mut closed = false;
        until_taken("Submit", async || {
            let given = slack.submit(&asked.person, &view.id, &[("reason", reason)]).await;
            let given = given.map_err(|missing| missing.to_string())?;
            closed = given.closed;
            // A window that says to send it again has no other button than the one that closes it.
            let told = asked.button == message::LIFT_FREEZE && given.status == Some(200);
            let problem = given.problem.or((!given.closed && !told).then(|| given.answer.clone()));
            Ok(ClickOutcome { status: given.status, answer: given.answer, elapsed: given.elapsed, problem })
        })
        .await?;
        if !closed {
            slack.close_view(&asked.person, &view.id);
            self.choose(&asked.person, asked.button).await?;
            return Box::pin(self.explain(reason)).await;
        }
        self.taken.push(asked);
        Ok(())
    }

    async fn delete(&self) -> Result<(), String> {
        let dialog = self.dialog().await?;
        let slack = &self.story.world.slack;
        let told = slack.delete_message(&dialog.channel, &dialog.ts).await;
        self.tell_again(&told.map_err(|missing| missing.to_string())?).await
    }

    /// Has Slack tell an event again that was not taken, until it is.
    async fn tell_again(&self, told: &SentEvent) -> Result<(), String> {
        if told.outcome.status == Some(200) {
            return Ok(());
        }
        let slack = &self.story.world.slack;
        let mut number = 0;
        until_taken("the event", async || {
            number += 1;
            Ok(slack.redeliver(told, number).await)
        })
        .await
    }

    /// Lets everything be done, however long it would wait.
    async fn settle(&self) -> Result<(), String> {
        let mut open = Vec::new();
        for _ in 0..ROUNDS {
            let hidden = self.stack.rest(PATIENCE).await.map_err(|busy| busy.to_string())?;
            let waiting;
            (open, waiting) = self.open().await;
            // The message of a step that waits stays hidden where its process ended before it was done with.
            if open.is_empty() && hidden <= waiting {
                return Ok(());
            }
            for effect in &open {
                self.story.make_due(effect).await;
            }
            if hidden > 0 {
                self.stack.reveal();
            }
            if hidden <= waiting {
                // It may be struck: the next round wakes it again.
                self.stack.wake().await;
            }
        }
        Err(format!("not done after everything was tried {ROUNDS} times: {open:?}"))
    }

    /// The effects that are to be done, and how many steps wait for their hold.
    async fn open(&self) -> (Vec<Effect>, usize) {
        let (mut open, mut waiting) = (Vec::new(), 0);
        for deploy in &self.deploys {
            let Page { effects, approvals, .. } = self.story.page(deploy).await;
            waiting += effects.iter().filter(|effect| is_waiting_step(effect)).count();
            open.extend(
                effects.into_iter().filter(|effect| !effect.is_closed() && !waits(effect, &approvals)),
            );
        }
        (open, waiting)
    }
}

/// Does something as people and Slack do: again, until it is answered as taken.
async fn until_taken(
    what: &str,
    mut send: impl AsyncFnMut() -> Result<ClickOutcome, String>,
) -> Result<(), String> {
    let mut answers = Vec::new();
    for _ in 0..TRIES {
        let outcome = send().await?;
        if (outcome.status, &outcome.problem) == (Some(200), &None) {
            return Ok(());
        }
        answers.push(outcome);
    }
    Err(format!("{what} was never taken: {answers:?}"))
}

/// True if an effect waits for a time of its approval that has not come.
pub(crate) fn waits(effect: &Effect, approvals: &[Approval]) -> bool {
    let now = signoff_runtime::time::now();
    let of = |id: &ApprovalId| approvals.iter().find(|approval| approval.id == *id);
    match &effect.kind {
        EffectKind::Expire { approval } => {
            of(approval).and_then(|approval| approval.expires_at).is_some_and(|at| at > now)
        }
        EffectKind::ConfirmQuorum { approval } => {
            let status = of(approval).map(|approval| &approval.status);
            matches!(status, Some(Status::Quorum { until, .. }) if *until > now)
        }
        EffectKind::WatchFreeze { approval } => {
            of(approval).is_some_and(|approval| approval.status.is_open() && approval.frozen.lifted.is_none())
        }
        EffectKind::JudgeAgain { approval, round } => {
            let lacks_base = |approval: &Approval| approval.electorate.blocked.contains(&Blocker::NoBase);
            *round > ROUNDS_IN_QUEUE && of(approval).is_some_and(|it| it.status.is_open() && lacks_base(it))
        }
        EffectKind::WatchApprovers { .. } => effect.is_waiting(now),
        EffectKind::RunStep { .. } => is_waiting_step(effect),
        _ => false,
    }
}

/// True if `effect` runs a step that waits for its hold: its time is not pulled forward until the tests
/// ended.
fn is_waiting_step(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::RunStep { .. })
        && effect.is_waiting(signoff_runtime::time::now())
        && effect.note.as_ref().is_some_and(|note| note.ends_with("does not wait for approval yet"))
}
