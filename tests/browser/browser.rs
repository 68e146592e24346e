//! Actions of a person in a browser, and what they see there.

use crate::judge;
use crate::session::{Session, left_out};
use crate::webdriver::{Element, WebDriver};
use serde_json::{Value, json};
use signoff_local::slack::NewUser;
use system_tests::story::{Story, tell};

/// Most times that Tab is pressed before something counts as out of its reach.
const MOST_TABS: usize = 80;
/// Keys that are no letters, as WebDriver writes them: <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// A person's browser, at one story's stack.
pub struct Browser<'a> {
    story: &'a Story,
    session: Session,
}

/// Tells a story that needs a browser, unless those are left out.
pub fn tell_in_browser<F>(name: &str, story: F)
where
    F: AsyncFnOnce(&Story),
{
    if left_out() {
        eprintln!("{name}: left out by SIGNOFF_TEST_BROWSER=off");
    } else {
        tell(name, story);
    }
}

/// The story's admin of the workspace: their Slack user id.
pub fn admin(story: &Story) -> String {
    story.world.slack.add_user(NewUser::new("Olga", &story.email("Olga")).admin())
}

impl<'a> Browser<'a> {
    /// A browser in which nobody is signed in.
    pub async fn open(story: &'a Story) -> Self {
        Self { story, session: Session::open(true).await }
    }

    /// The browser of `person` (a Slack user id), who signed in with Slack and is at `path`.
    pub async fn of(story: &'a Story, person: &str, path: &str) -> Self {
        let browser = Self::open(story).await;
        browser.sign_in_as(person, path).await;
        browser
    }

    /// A browser in which nobody is signed in and no page's JavaScript runs.
    pub async fn without_javascript(story: &'a Story) -> Self {
        Self { story, session: Session::open(false).await }
    }

    /// Returns the driver of the browser.
    pub fn driver(&self) -> &WebDriver {
        &self.session.driver
    }

    /// The console's address, without a slash at the end.
    pub fn site(&self) -> &str {
        self.story.world.front.url()
    }

    /// Signs in as an admin, and is then at `path`.
    pub async fn sign_in(&self, path: &str) {
        self.sign_in_as(&admin(self.story), path).await;
    }

    async fn sign_in_as(&self, person: &str, path: &str) {
        self.go(path).await;
        self.press("Sign in with Slack").await;
        self.until_shows("Who are you?").await;
        self.pick(person).await;
        self.until_at(path).await;
    }

    /// Goes to a path of the console.
    pub async fn go(&self, path: &str) {
        self.driver().goto(&format!("{}{path}", self.site())).await;
    }

    /// Goes to a path, and holds the page there to what holds for all pages.
    pub async fn visit(&self, path: &str) {
        self.visit_with(path, 200).await;
    }

    /// The same, of a page with another status.
    pub async fn visit_with(&self, path: &str, status: u16) {
        judge::forget(self).await;
        self.go(path).await;
        judge::page(self, status).await;
    }

    /// The path and query of the page that is open.
    pub async fn path(&self) -> String {
        let url = self.driver().page_url().await;
        url.strip_prefix(self.site()).unwrap_or(&url).to_owned()
    }

    /// The text that the page shows.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText", &[]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `text`.
    pub async fn until_shows(&self, text: &str) {
        let looked = format!("the page to show {text:?}");
        self.story.until(&looked, async || self.text().await.contains(text).then_some(())).await;
    }

    /// Waits until the page at this path is open.
    pub async fn until_at(&self, path: &str) {
        let looked = format!("the page {path}");
        self.story.until(&looked, async || (self.path().await == path).then_some(())).await;
    }

    /// Types into the field with this label, over what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        self.driver().clear(&field).await;
        self.driver().type_into(&field, text).await;
    }

    /// Presses Enter in the field with this label.
    pub async fn enter(&self, label: &str) {
        let field = self.field(label).await;
        self.driver().type_into(&field, ENTER).await;
    }

    /// The field with this label.
    pub async fn field(&self, label: &str) -> Element {
        let labels = self.driver().find(&format!("//label[normalize-space()={}]", quoted(label))).await;
        let [label_element] = labels.as_slice() else {
            panic!("{} fields are labelled {label:?} on {}", labels.len(), self.path().await)
        };
        let control = self.run("return arguments[0].control", &[label_element.json()]).await;
        Element::from_json(&control).unwrap_or_else(|| panic!("the label {label:?} has no field"))
    }

    /// Ticks the box, or takes the option, with this label.
    pub async fn choose(&self, label: &str) {
        let field = self.field(label).await;
        self.driver().click(&field).await.unwrap_or_else(|refused| panic!("{label:?}: {refused}"));
    }

    /// Picks `person` (a Slack user id) among those who can sign in with Slack.
    pub async fn pick(&self, person: &str) {
        let buttons = self.driver().find(&format!("//button[@value={}]", quoted(person))).await;
        let [button] = buttons.as_slice() else { panic!("{person} is not among those who can sign in") };
        self.driver().click(button).await.unwrap_or_else(|refused| panic!("{person}: {refused}"));
    }

    /// Presses the button, or follows the link, with this text; it must be the only one that is shown.
    pub async fn press(&self, name: &str) {
        let path =
            format!("//*[self::a or self::button or self::summary][normalize-space()={}]", quoted(name));
        let mut shown = Vec::new();
        for element in self.driver().find(&path).await {
            if self.run("return arguments[0].checkVisibility()", &[element.json()]).await == true {
                shown.push(element);
            }
        }
        let [element] = shown.as_slice() else {
            panic!("{} are called {name:?} on {}:\n{}", shown.len(), self.path().await, self.text().await)
        };
        self.driver().click(element).await.unwrap_or_else(|refused| panic!("{name:?}: {refused}"));
    }

    /// Presses what is labelled so for those who do not see it.
    pub async fn press_labelled(&self, label: &str) {
        let found = self.driver().find(&format!("//*[@aria-label={}]", quoted(label))).await;
        let [element] = found.as_slice() else { panic!("{} are labelled {label:?}", found.len()) };
        self.driver().click(element).await.unwrap_or_else(|refused| panic!("{label:?}: {refused}"));
    }

    /// Presses Tab until what has the focus shows this name, or is labelled with it.
    pub async fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            self.driver().keys(TAB).await;
            let focus = self.run(include_str!("focus.js"), &[]).await;
            let shown = focus["name"].as_str().unwrap_or_default().to_owned();
            assert_eq!(focus["outlined"], true, "the focus on {shown:?} can't be seen: {focus}");
            if shown == name {
                return;
            }
            passed.push(shown);
        }
        panic!("Tab does not lead to {name:?} on {}, but to {passed:?}", self.path().await);
    }

    /// Runs a script in the page, beside its own; what it returns.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        let ran = self.driver().run(script, arguments).await;
        ran.unwrap_or_else(|refused| panic!("a script of the tests: {refused}"))
    }

    /// Gives the page this many CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.driver().command("Emulation.setDeviceMetricsOverride", &metrics).await;
    }

    /// Prefers `light` or `dark` pages.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver().command("Emulation.setEmulatedMedia", &features).await;
    }
}

/// A text as XPath writes it, which has no escapes.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}
