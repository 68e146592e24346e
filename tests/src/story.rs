//! A story: one deployment of one team, from its rules to what people see.

mod plain;
mod time;

use self::plain::plain;
use crate::contract::violation;
use crate::world::{API_KEY, PROBLEMS_CHANNEL, SIGNING_KEY, World, WorldOptions};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::id::DeployId;
use signoff_local::aws::Stack;
use signoff_local::fault::Fault;
use signoff_local::github::{self, Author, ChangedFile, NewCommit};
use signoff_local::slack::{Message, NewChannel, NewUser, SubmitOutcome};
use signoff_providers::derived::{incoming_secret, signing_key};
use signoff_store::Page;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// Longest time that anything may take before the story says what it was waiting for.
pub const PATIENCE: Duration = Duration::from_secs(100);
/// A rules file that has a rule for deploys, which none of them opens.
pub const NO_RULE_HOLDS: &str = "rules:\n  - elsewhere:\n      conditions: [\"environment='Nowhere'\"]\n      actions: [{add_deploy_tag: '#never'}]\n";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// One deployment, `acme/NAME`, its channel `#NAME` and its people.
pub struct Story {
    /// The world that it happens in.
    pub world: &'static World,
    /// The deployment's name, and its channel's.
    pub name: String,
}

/// A rules file with one rule: deploys on Staging open an approval in the story's channel with the options
/// `approval` (a YAML map, in flow style or one entry), and on success `action` runs (a YAML entry).
pub fn rule(approval: &str, action: &str) -> String {
    let options = approval.trim_start_matches('{').trim_end_matches('}');
    format!(
        "rules:\n  - promote-to-production:\n      conditions:\n        - environment='Staging'\n      actions:\n        \
         - slack_channel_approval: {{name: 'Promote deploy to production', channel: '#CHANNEL', {options}, \
         on_success: [{{{action}}}]}}\n"
    )
}

/// Held while a story runs: shared by stories that run side by side, alone by a crowd's.
static MACHINE: RwLock<()> = RwLock::new(());

/// Tells a story, and checks at its end that nothing of it is left over.
pub fn tell<F>(name: &str, story: F)
where
    F: AsyncFnOnce(&Story),
{
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    tell_in(World::get(), name, story);
}

/// The same while no other story runs. A crowd takes the whole machine for seconds, and Slack would not
/// wait for the answers to the clicks of the others.
pub fn tell_alone<F>(name: &str, story: F)
where
    F: AsyncFnOnce(&Story),
{
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    tell_in(World::get(), name, story);
}

/// The same in a world of its own, whose stack has a repository for its policy.
pub fn tell_with_policy<F>(name: &str, story: F)
where
    F: AsyncFnOnce(&Story),
{
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let options = WorldOptions { has_policy: true, ..WorldOptions::default() };
    tell_in(Box::leak(Box::new(World::start(&options).unwrap())), name, story);
}

fn tell_in<F>(world: &'static World, name: &str, story: F)
where
    F: AsyncFnOnce(&Story),
{
    world.block_on(async {
        let told = Story::begin(world, name);
        story(&told).await;
        told.end().await;
    });
}

/// True if a message is a dialog whose text contains `words`.
fn shows(message: &Message, words: &str) -> bool {
    !message.blocks.is_empty() && message.text.contains(words)
}

impl Story {
    /// A story that nobody tells yet: its channel, repository and project are there.
    pub fn begin(world: &'static World, name: &str) -> Self {
        let story = Self { world, name: name.to_owned() };
        world.slack.add_channel(NewChannel::new(name));
        world.github.add_repository(&story.repository(), "main");
        world.circleci.add_project(&story.project());
        story.set_webhook(&story.repository(), "acme", 0);
        story
    }

    /// `acme/NAME`: the deployment, and its repository.
    pub fn repository(&self) -> String {
        format!("acme/{}", self.name)
    }

    /// Makes the webhook of `repository` on GitHub, with the secret that the setup page of
    /// `organization/NAME` shows for its number `number`; the secret.
    pub fn set_webhook(&self, repository: &str, organization: &str, number: u32) -> String {
        let master = github::Settings::default().webhook_secret.into();
        let deployment = Slug::new(organization, &self.name).unwrap();
        let secret = incoming_secret(&master, repository, &deployment, number);
        let secret = secret.expose_secret();
        self.world.github.set_webhook(repository, secret);
        self.world.keeps_secret(secret);
        secret.to_owned()
    }

    /// The key that signs this deployment's `webhook` actions.
    pub fn signing_key(&self, number: u32) -> String {
        let deployment = Slug::new("acme", &self.name).unwrap();
        let key = signing_key(&SIGNING_KEY.into(), &deployment, number);
        self.world.keeps_secret(key.expose_secret());
        key.expose_secret().to_owned()
    }

    /// The project on CircleCI.
    pub fn project(&self) -> String {
        format!("gh/acme/{}", self.name)
    }

    /// `PERSON.NAME@acme.example`: people of different stories are different people.
    pub fn email(&self, person: &str) -> String {
        format!("{person}.{}@acme.example", self.name).to_lowercase()
    }

    /// A person of the workspace with this first name; their Slack user id.
    pub fn person(&self, person: &str) -> String {
        self.world.slack.add_user(NewUser::new(person, &self.email(person)))
    }

    /// An author of commits with this first name.
    pub fn author(&self, person: &str) -> Author {
        Author::new(person, &self.email(person), &person.to_lowercase())
    }

    /// Puts `rules` into the repository; `#CHANNEL` stands for the story's channel.
    pub fn rules(&self, rules: &str) {
        let text = rules.replace("#CHANNEL", &format!("#{}", self.name));
        self.world.github.set_file(&self.repository(), ".signoff/rules.yml", &text);
    }

    /// Puts `rules` into the repository by a commit of `person`; its SHA.
    pub fn pushes_rules(&self, person: &str, rules: &str) -> String {
        self.rules(rules);
        let path = ".signoff/rules.yml".to_owned();
        let file = ChangedFile { path, previous: None, status: "modified", additions: 1, deletions: 1 };
        let (author, message) = (self.author(person), "Change the rules".to_owned());
        let commit = NewCommit { author, message, branch: None, files: vec![file] };
        self.world.github.push(&self.repository(), commit)
    }

    /// Puts `rules` into the repository, and has the deployment go by them from its next deploy on, as if it
    /// had none before.
    pub async fn new_rules(&self, rules: &str) {
        self.rules(rules);
        let key = |text: String| AttributeValue::S(text);
        let delete = self.world.dynamodb.delete_item().table_name(&self.world.record_table);
        let delete =
            delete.key("pk", key(format!("rules#{}", self.repository()))).key("sk", key("in_force".into()));
        delete.send().await.unwrap();
    }

    /// Waits for a dialog in the channel whose text has `words` in it; its timestamp.
    pub async fn dialog_of(&self, words: &str) -> String {
        self.until(&format!("a dialog with \u{201c}{words}\u{201d}"), async || {
            let messages = self.world.slack.messages(&self.name);
            let is_it = |message: &&_| shows(message, words);
            messages.iter().rev().find(is_it).map(|message| message.ts.clone())
        })
        .await
    }

    /// A commit of `person` on main; its SHA.
    pub fn push(&self, person: &str, message: &str) -> String {
        self.world.github.push(
            &self.repository(),
            NewCommit {
                author: self.author(person),
                message: message.to_owned(),
                branch: None,
                files: Vec::new(),
            },
        )
    }

    /// Registers a deploy of `revision` in `environment`, as CI does; the answer.
    pub async fn register(&self, revision: &str, environment: &str) -> Response {
        self.post(
            &format!("/api/1/deployments/acme/{}/register_deploy", self.name),
            &json!({"sha": revision, "environment": environment, "branch": "main"}),
        )
        .await
    }

    /// Registers a deploy that must be taken; its id.
    pub async fn deploys(&self, revision: &str, environment: &str) -> DeployId {
        let answer = self.register(revision, environment).await;
        assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "Success"));
        self.deploy_id(revision, environment)
    }

    /// The id that a registered deploy has.
    pub fn deploy_id(&self, revision: &str, environment: &str) -> DeployId {
        let slug = Slug::new("acme", &self.name).unwrap();
        DeployId::derive("register", &[slug.as_str(), &environment.to_lowercase(), revision])
    }

    /// POSTs JSON with the API key. A revision that is registered is known to the git host by then.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        if let Some(sha) = body["sha"].as_str().filter(|_| path.ends_with("/register_deploy")) {
            self.knows(sha);
        }
        self.post_as_it_is(path, body).await
    }

    /// Has the git host know a commit with this SHA, on the default branch of the story's repository; its
    /// full SHA.
    pub fn knows(&self, sha: &str) -> String {
        let is_sha = (4..=40).contains(&sha.len()) && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_sha {
            return sha.to_owned();
        }
        self.world.github.knows(&self.repository(), &sha.to_ascii_lowercase())
    }

    /// POSTs JSON with the API key, whatever the git host knows.
    pub async fn post_as_it_is(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}{path}", self.world.front.url());
        self.world.http.post(url).bearer_auth(API_KEY).json(body).send().await.unwrap()
    }

    /// GETs with the API key.
    pub async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.world.front.url());
        self.world.http.get(url).bearer_auth(API_KEY).send().await.unwrap()
    }

    /// Everything on record about a deploy.
    pub async fn page(&self, deploy: &DeployId) -> Page {
        self.world.store.page(deploy).await.unwrap().expect("the deploy is on record")
    }

    /// Waits until `look` finds what it looks for.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(Instant::now() < deadline, "{}: waited {PATIENCE:?} in vain for {what}", self.name);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until everything that was to be done for a deploy is done, but for deadlines that have not come;
    /// what is on record then.
    pub async fn settled(&self, deploy: &DeployId) -> Page {
        let rests = |effect: &Effect| {
            let deadline = matches!(
                effect.kind,
                EffectKind::Expire { .. }
                    | EffectKind::Remind { .. }
                    | EffectKind::WatchFreeze { .. }
                    | EffectKind::WatchApprovers { .. }
                    | EffectKind::RemindReview { .. }
            );
            // A deploy that the host does not confirm, and an approval that is blocked, are looked at again
            // for hours.
            let later =
                matches!(effect.kind, EffectKind::EvaluateRules { .. } | EffectKind::JudgeAgain { .. })
                    && effect.not_before > effect.created_at + SignedDuration::from_secs(30);
            // So is a step that waits: its attempts are counted anew.
            let waits = matches!(effect.kind, EffectKind::RunStep { .. } | EffectKind::RetryStep { .. })
                && effect.attempts == 1
                && effect.not_before > effect.created_at + SignedDuration::from_secs(30);
            // So is what could not be told: it is tried again for a day.
            let tells = matches!(
                effect.kind,
                EffectKind::TellFailure { .. }
                    | EffectKind::DrawStep { .. }
                    | EffectKind::TellThread { .. }
                    | EffectKind::TellMember { .. }
                    | EffectKind::TellChannel { .. }
                    | EffectKind::OfferEvaluation { .. }
            );
            let told = tells
                && effect.note.is_some()
                && effect.not_before > effect.created_at + SignedDuration::from_secs(55);
            effect.is_closed()
                || ((deadline || later || waits || told) && effect.state == EffectState::Pending)
        };
        self.until("every effect to be closed", async || {
            let page = self.world.store.page(deploy).await.unwrap()?;
            (!page.effects.is_empty() && page.effects.iter().all(rests)).then_some(page)
        })
        .await
    }

    /// A deploy of Ana's that is asked about with the options `approval`, and after whose approval `action`
    /// runs (both as [`rule`] takes them); its id, and the dialog.
    pub async fn asks(&self, approval: &str, action: &str) -> (DeployId, String) {
        self.new_rules(&rule(approval, action)).await;
        let revision = self.push("Ana", "Take cards");
        let deploy = self.deploys(&revision, "Staging").await;
        let dialog = self.dialog().await;
        self.settled(&deploy).await;
        (deploy, dialog)
    }

    /// An admin sets the base of the place that the first approval of `deploy` leads to, and the approval is
    /// judged again.
    pub async fn sets_base(&self, deploy: &DeployId, revision: &str) {
        let approval = self
            .until("the approval to be open", async || {
                let page = self.world.store.page(deploy).await.unwrap()?;
                page.approvals.first().cloned()
            })
            .await;
        self.settled(deploy).await;
        let admin = NewUser::new("Base admin", &self.email("Base admin")).admin();
        let visitor = self.sign_in(&self.world.slack.add_user(admin)).await;
        let path = format!("/deploys/{deploy}/approvals/{}/base", approval.id);
        let answer = visitor.post(&path, &[("revision", revision)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "the base is set");
        self.settled(deploy).await;
    }

    /// A deploy of 250 commits, as many as are kept, about which many people voted.
    pub async fn much(&self) -> DeployId {
        // What is deployed first has no commits since the one before.
        let first = self.push("Ana", "Begin");
        let first = self.deploys(&first, "Staging").await;
        self.settled(&first).await;
        self.rules(&rule("votes_required: 30", "webhook: 'https://example.com'"));
        for number in 0..249 {
            self.push(&format!("Person{number}"), &format!("Commit {number}: {}", "words ".repeat(30)));
        }
        let revision = self.push("Ana", "Take cards");
        let deploy = self.deploys(&revision, "Staging").await;
        let dialog = self.dialog().await;
        for number in 0..20 {
            let voter = self.person(&format!("Person{number}"));
            self.click(&voter, &dialog, "approve").await;
        }
        self.settled(&deploy).await;
        deploy
    }

    /// `person` chooses from the dialog's menu, and the choice must be taken.
    pub async fn choose(&self, person: &str, dialog: &str, option: &str) {
        let value = self.option(dialog, option).expect("the dialog's menu has this option");
        let chosen = self.world.slack.click_option(person, &self.name, dialog, "more", &value).await.unwrap();
        assert_eq!((chosen.status, chosen.problem), (Some(200), None), "{person} chooses {option}");
    }

    /// The value of an option of the dialog's menu, by its first word.
    pub fn option(&self, dialog: &str, option: &str) -> Option<String> {
        let messages = self.world.slack.messages(&self.name);
        let message = messages.iter().find(|message| message.ts == dialog)?;
        let blocks = Value::Array(message.blocks.clone()).to_string();
        let (_, from) = blocks.split_once(&format!("\"{option} "))?;
        let (rest, _) = from.split_once('"')?;
        Some(format!("{option} {rest}"))
    }

    /// `person` gives `reason` in the window that asks them for one; what came of it.
    pub async fn gives_reason(&self, person: &str, reason: &str) -> SubmitOutcome {
        let views = self.world.slack.open_views(person);
        let view = views.last().expect("a window asks for the reason");
        self.world.slack.submit(person, &view.id, &[("reason", reason)]).await.unwrap()
    }

    /// Waits until the dialogs of a deploy show their newest state, though actions may still be running.
    pub async fn until_drawn(&self, deploy: &DeployId) -> Page {
        self.until("the dialog to be drawn", async || {
            let page = self.world.store.page(deploy).await.unwrap()?;
            let drawn =
                |effect: &Effect| !matches!(effect.kind, EffectKind::DrawDialog { .. }) || effect.is_closed();
            page.effects.iter().all(drawn).then_some(page)
        })
        .await
    }

    /// Returns the text that `person` (a Slack user id) sees in the story's channel: messages, replies behind
    /// `↳`, and messages that only they see. Dates read DATE, revisions REVISION.
    pub fn sees(&self, person: &str) -> String {
        plain(&self.world.slack.user_sees(person, &self.name))
    }

    /// Waits for the dialog that the channel shows as its last message; its timestamp.
    pub async fn dialog(&self) -> String {
        self.until("a dialog in the channel", async || {
            let messages = self.world.slack.messages(&self.name);
            messages.last().filter(|message| !message.blocks.is_empty()).map(|message| message.ts.clone())
        })
        .await
    }

    /// `person` clicks `button` of the dialog, and the click must be taken.
    pub async fn click(&self, person: &str, dialog: &str, button: &str) {
        let outcome = self.world.slack.click(person, &self.name, dialog, button).await.unwrap();
        assert_eq!((outcome.status, outcome.problem), (Some(200), None), "{person} clicks {button}");
    }

    /// Waits for the newest message in the thread of `dialog` that offers something about a failed action;
    /// its timestamp.
    pub async fn failure(&self, dialog: &str) -> String {
        self.until("a failure with buttons in the thread", async || {
            let has_buttons = |message: &&Message| {
                let blocks = message.blocks.iter();
                blocks.into_iter().any(|block| block["type"] == "actions")
            };
            let thread = self.world.slack.thread(&self.name, dialog);
            thread.iter().rev().find(has_buttons).map(|message| message.ts.clone())
        })
        .await
    }

    /// Returns the events on the event buses about this deployment, as rules of EventBridge see them; none if
    /// the local AWS does not show them.
    pub fn events(&self) -> Vec<Value> {
        let stack = self.world.aws.as_embedded();
        let events = stack.map(Stack::events).unwrap_or_default().into_iter().map(|taken| taken.event);
        events.filter(|event| event["detail"]["changeSource"]["slug"] == self.name).collect()
    }

    /// Returns the messages about this deployment in the deployments' channel.
    pub fn problems(&self) -> Vec<String> {
        let slack = &self.world.slack;
        let told = slack.messages(PROBLEMS_CHANNEL);
        let mine = told.iter().filter(|message| message.text.contains(&self.name));
        mine.map(|message| plain(&slack.render_text(message, &TimeZone::UTC))).collect()
    }

    /// Checks for leftovers: a secret in a message or a log, a request that the real service would reject, an
    /// answer that the API's description does not know, a fault that struck nothing.
    async fn end(&self) {
        let world = self.world;
        let mine = |text: &str| text.contains(&self.name);
        let waiting = |faults: Vec<Fault>| {
            let left = faults.into_iter().filter(|fault| {
                mine(&fault.method_and_path_contains) || fault.body_contains.as_deref().is_some_and(mine)
            });
            left.count()
        };
        let faults = waiting(world.slack.faults().waiting())
            + waiting(world.github.faults().waiting())
            + waiting(world.circleci.faults().waiting())
            + waiting(world.jira.faults().waiting())
            + waiting(world.linear.faults().waiting());
        assert_eq!(faults, 0, "{}: faults were ordered that never struck", self.name);
        assert_eq!(world.leaks(), Vec::<String>::new(), "{}: secrets were told", self.name);
        // Of all stories: an address on CircleCI does not name the project.
        let violations = [
            world.github.violations(),
            world.circleci.violations(),
            world.jira.violations(),
            world.linear.violations(),
        ]
        .concat();
        assert_eq!(violations, Vec::<String>::new(), "{}: requests that the real services refuse", self.name);
        let heard = world.front.heard();
        if !heard.is_empty() {
            let document: Value = self.get("/api/v1/openapi.json").await.json().await.unwrap();
            let otherwise: Vec<String> =
                heard.iter().filter_map(|heard| violation(&document, heard)).collect();
            assert_eq!(otherwise, Vec::<String>::new(), "{}: JSON otherwise than described", self.name);
        }
    }
}
