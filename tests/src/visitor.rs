//! A person's browser, as far as a story needs one: it keeps cookies, and sends forms as a page of the
//! console would.

use crate::story::Story;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{RequestBuilder, Response, Url};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// One browser. It follows no redirects by itself.
pub struct Visitor<'s> {
    story: &'s Story,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Story {
    /// A browser that nobody is signed in with.
    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { story: self, cookies: Mutex::default() }
    }

    /// The browser of `person` (a Slack user id), who signed in to the console with Slack.
    pub async fn sign_in(&self, person: &str) -> Visitor<'_> {
        let visitor = self.visitor();
        let answer = visitor.come_back(&visitor.picks(person).await).await;
        let status = answer.status().as_u16();
        assert_eq!((status, location(&answer).as_str()), (303, "/"), "{person} signs in");
        visitor
    }
}

impl Visitor<'_> {
    /// GETs a page of the console.
    pub async fn get(&self, path: &str) -> Response {
        self.send(self.story.world.http.get(self.url(path))).await
    }

    /// The text of a page of the console that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Sends a form of the session: these fields, and the token that each of its pages' forms carries.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.token().await;
        self.post_with(path, fields, Some(&token)).await
    }

    /// Sends a form with this token in it, or with none.
    pub async fn post_with(&self, path: &str, fields: &[(&str, &str)], token: Option<&str>) -> Response {
        let fields: Vec<_> = fields.iter().copied().chain(token.map(|token| ("token", token))).collect();
        let request = self.story.world.http.post(self.url(path)).form(&fields);
        self.send(request.header(ORIGIN, self.story.world.front.url())).await
    }

    /// Returns the token that the session's forms carry, as a page has it.
    pub async fn token(&self) -> String {
        let page = self.page("/deploys").await;
        let (_, token) = page.split_once("name=\"token\" value=\"").expect("a form of the page has a token");
        token.split('"').next().unwrap_or_default().to_owned()
    }

    /// Presses "Sign in with Slack" on the sign-in page; where the browser goes then.
    pub async fn goes_to_slack(&self, next: &str) -> Url {
        let answer = self.post_with("/sign-in/slack", &[("next", next)], None).await;
        assert_eq!(answer.status(), 200, "the way to Slack");
        let page = answer.text().await.unwrap();
        let (_, address) = page.split_once("content=\"0; url=").expect("the page leads on");
        let address = address.split('"').next().unwrap_or_default();
        Url::parse(&address.replace("&amp;", "&")).unwrap()
    }

    /// Goes to Slack, where somebody picks `person` (a Slack user id); the address of the console that Slack
    /// sends them to.
    pub async fn picks(&self, person: &str) -> String {
        let address = self.goes_to_slack("/").await;
        self.picks_at(address, Some(person)).await
    }

    /// Picks `person` at this address of Slack's, or nobody: Cancel. The address of the console that Slack
    /// sends them to.
    pub async fn picks_at(&self, address: Url, person: Option<&str>) -> String {
        let fields: Vec<_> = person.into_iter().map(|person| ("user", person)).collect();
        let answer = self.story.world.http.post(address).form(&fields).send().await.unwrap();
        assert_eq!(answer.status(), 302, "Slack sends people back");
        let address = location(&answer);
        let path =
            address.strip_prefix(self.story.world.front.url()).expect("Slack sends them to the console");
        path.to_owned()
    }

    /// Comes back to the console at `path`, as Slack said.
    pub async fn come_back(&self, path: &str) -> Response {
        self.get(path).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Puts a cookie into the browser.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            if attributes.contains("Max-Age=0;") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.story.world.front.url())
    }
}

/// Returns the address that an answer redirects to; empty if it does not.
pub fn location(answer: &Response) -> String {
    answer.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
