//! A scenario: what people do with one deployment, as data, so that it can be told again and again with a fault at any
//! call of the functions.
//!
//! Nothing waits for real time: where nothing happens by itself any more, leases and waits are over, hidden messages are
//! shown, and the clock is woken.

use crate::invariants;
use crate::story::{PATIENCE, Story};
use crate::world::{API_KEY, World};
use approval::effect::Effect;
use approval::id::DeployId;
use approval::run::Status;
use serde_json::json;
use signoff_local::aws::Stack;
use signoff_local::calls::{Call, Heard, Strike};
use std::collections::BTreeMap;
use store::Page;

/// How often time is pulled forward until everything must have been done.
const ROUNDS: usize = 40;
/// How often a person clicks, and CI registers, until it is answered.
const TRIES: usize = 12;

/// What people do, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, of letters, digits and `-`.
    pub name: &'static str,
    /// The rules file; `#CHANNEL` stands for the scenario's channel, `HOOK` for an address that takes webhooks.
    pub rules: &'static str,
    /// What people do, one after the other; each waits until nothing happens by itself any more.
    pub steps: &'static [Step],
    /// The calls of the steps before this one are another scenario's too: nothing befalls them.
    pub swept_from: usize,
    /// Whether it begins without any process: the calls that a process makes only once are struck then, and no others.
    pub cold: bool,
    /// What comes of it.
    pub ends: Ends,
}

/// What somebody does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// CI pushes a commit of Ana's, holds its build, and registers its deploy in this environment.
    Deploy(&'static str),
    /// A person clicks a button (an action id) of the newest deploy's newest dialog.
    Click(&'static str, &'static str),
}

/// What comes of a scenario, whatever befalls a call.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// How each approval ends, in a word, the oldest first.
    pub approvals: &'static [&'static str],
    /// How each run ends, the oldest first. A run may stop instead of succeeding at a step that nobody knows the end of,
    /// where its action can neither be repeated nor looked for.
    pub runs: &'static [Status],
    /// Whether the rules file is refused.
    pub refused: bool,
}

/// A scenario that was told.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it broke.
    pub violations: Vec<String>,
    /// What the functions called.
    pub heard: Heard,
    /// Whether a step's end is not known.
    pub unknown: bool,
}

/// A click that was answered as taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The deploy whose dialog it was.
    pub deploy: DeployId,
    /// The Slack user id.
    pub person: String,
    /// The button's action id.
    pub button: &'static str,
}

/// A scenario while it is told.
pub struct Telling {
    /// Its deployment.
    pub story: Story,
    /// What is told.
    pub scenario: Scenario,
    /// The deploys that were registered, the oldest first.
    pub deploys: Vec<DeployId>,
    /// The clicks that were taken, the oldest first.
    pub taken: Vec<Taken>,
    people: BTreeMap<&'static str, String>,
    stack: &'static Stack,
}

/// Tells `scenario` as the deployment `name`, while `order` befalls one of the functions' calls.
pub async fn tell(
    world: &'static World,
    scenario: &Scenario,
    name: &str,
    order: Option<(Call, Strike)>,
) -> Told {
    let stack = world.aws.as_embedded().expect("only the embedded local AWS can strike a call");
    let before = invariants::Before::of(world);
    let mut telling = Telling::begin(world, stack, scenario, name);
    if scenario.cold {
        for function in &stack.resources().functions {
            stack.kill(&function.logical_id).await.expect("the function is there");
        }
    }
    let mut order = Some(order);
    let mut ended = Ok(());
    for (index, step) in scenario.steps.iter().enumerate() {
        if index >= scenario.swept_from
            && let Some(order) = order.take()
        {
            world.calls.begin(order);
        }
        ended = telling.take(step).await;
        if ended.is_err() {
            break;
        }
    }
    let heard = world.calls.end();
    let mut violations: Vec<String> = ended.err().into_iter().collect();
    let mut pages = Vec::new();
    for deploy in &telling.deploys {
        pages.extend(world.store.page(deploy).await.unwrap());
    }
    violations.extend(invariants::broken(&telling, &pages, &before));
    let unknown = pages.iter().any(invariants::has_unknown);
    Told { violations, heard, unknown }
}

impl Telling {
    fn begin(world: &'static World, stack: &'static Stack, scenario: &Scenario, name: &str) -> Self {
        let story = Story::begin(world, name);
        story.rules(&scenario.rules.replace("HOOK", &format!("{}/{name}", world.receiver.url())));
        world.circleci.declare_parameters(&story.project(), &["deploy_prod"]);
        world.github.add_workflow(&story.repository(), "deploy.yml");
        let (deploys, taken) = (Vec::new(), Vec::new());
        let people = ["Ana", "Ben", "Cleo"].map(|name| (name, story.person(name))).into();
        Self { story, scenario: *scenario, deploys, taken, people, stack }
    }

    async fn take(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Deploy(environment) => self.deploy(environment).await?,
            Step::Click(person, button) => self.click(person, button).await?,
        }
        self.settle().await
    }

    /// Registers a deploy as CI does: again, until it is taken.
    async fn deploy(&mut self, environment: &str) -> Result<(), String> {
        let (story, world) = (&self.story, self.story.world);
        let revision = story.push("Ana", "Take cards");
        let (project, build) = (story.project(), "build-and-deploy");
        world.circleci.add_pipeline_on_hold(&project, &revision, "main", build, "hold");
        let url = format!("{}/api/1/deployments/acme/{}/register_deploy", world.front.url(), story.name);
        let body = json!({
            "sha": revision, "environment": environment, "branch": "main", "ignore_if_duplicate": true,
        });
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let answer = world.http.post(&url).bearer_auth(API_KEY).json(&body).send().await;
            let status = answer.map(|answer| answer.status().as_u16()).unwrap_or_default();
            if status == 200 {
                let deploy = story.deploy_id(&revision, environment);
                self.deploys.push(deploy);
                return Ok(());
            }
            answers.push(status);
        }
        Err(format!("the deploy was never taken: {answers:?}"))
    }

    /// Clicks as people do: again, until it is answered.
    async fn click(&mut self, person: &'static str, button: &'static str) -> Result<(), String> {
        let (story, slack) = (&self.story, &self.story.world.slack);
        let deploy = self.deploys.last().ok_or("nothing was deployed")?.clone();
        let page = story.page(&deploy).await;
        let dialog = page.approvals.last().and_then(|approval| approval.dialog.clone());
        let dialog = dialog.ok_or_else(|| format!("{person} sees no dialog to click {button} in"))?;
        let person = self.people.get(person).ok_or("nobody of that name")?.clone();
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let outcome = slack.click(&person, &dialog.channel, &dialog.ts, button).await;
            let outcome = outcome.map_err(|missing| missing.to_string())?;
            if (outcome.status, &outcome.problem) == (Some(200), &None) {
                self.taken.push(Taken { deploy, person, button });
                return Ok(());
            }
            answers.push(outcome);
        }
        Err(format!("the click on {button} was never taken: {answers:?}"))
    }

    /// Lets everything be done, however long it would wait.
    async fn settle(&self) -> Result<(), String> {
        let mut open = Vec::new();
        for _ in 0..ROUNDS {
            let hidden = self.stack.rest(PATIENCE).await.map_err(|busy| busy.to_string())?;
            open = self.open().await;
            if open.is_empty() && hidden == 0 {
                return Ok(());
            }
            for effect in &open {
                self.story.pull_forward(effect).await;
            }
            if hidden == 0 {
                // It may be struck: the next round wakes it again.
                self.stack.wake().await;
            } else {
                self.stack.reveal();
            }
        }
        Err(format!("not done after everything was tried {ROUNDS} times: {open:?}"))
    }

    async fn open(&self) -> Vec<Effect> {
        let mut open = Vec::new();
        for deploy in &self.deploys {
            let Page { effects, .. } = self.story.page(deploy).await;
            open.extend(effects.into_iter().filter(|effect| !effect.is_closed()));
        }
        open
    }
}
