//! Checks for every page of the console: it fits the window, axe finds nothing wrong, it calls no other host,
//! the browser reports nothing, and the policy that it is sent with leaves it nothing inline.

use crate::browser::Browser;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;
use system_tests::local_aws::root;

/// A phone and a desk, each in one of the two colour schemes.
const WINDOWS: [(u32, u32, &str); 2] = [(375, 812, "dark"), (1280, 800, "light")];
/// The most that a page's HTML may have.
const MOST_BYTES: u64 = 60_000;

/// Script of axe-core, as npm installed it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let file: PathBuf = root().join("tests/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}\nthe browser tests need axe-core: `npm ci --prefix tests/browser`, or leave them out with \
             SIGNOFF_TEST_BROWSER=off",
            file.display()
        )
    })
});

/// Forgets what the browser did so far.
pub async fn forget(browser: &Browser<'_>) {
    for log in ["browser", "performance"] {
        browser.driver().log(log).await;
    }
}

/// Holds the page that somebody came to by pressing something to all of it.
pub async fn open_page(browser: &Browser<'_>) {
    open_page_with(browser, 200).await;
}

/// The same, of a page with another status.
pub async fn open_page_with(browser: &Browser<'_>, status: u16) {
    page(browser, status).await;
    forget(browser).await;
}

/// Holds the page that is open to all of it. `status` is what it must have been answered with.
pub async fn page(browser: &Browser<'_>, status: u16) {
    let mut problems = traffic(browser, status).await;
    problems.extend(complaints(browser, status).await);
    problems.extend(facts(browser).await);
    for (width, height, scheme) in WINDOWS {
        browser.resize(width, height).await;
        browser.prefer(scheme).await;
        let found = [fit(browser).await, axe(browser).await].concat();
        problems.extend(found.into_iter().map(|problem| format!("at {width} px, {scheme}: {problem}")));
    }
    problems.extend(complaints(browser, status).await);
    assert!(problems.is_empty(), "{}:\n{}", browser.path().await, problems.join("\n"));
}

/// Returns the mistakes in the browser's requests and the answers to them.
async fn traffic(browser: &Browser<'_>, status: u16) -> Vec<String> {
    let mut problems = Vec::new();
    let mut answered = None;
    let site = format!("{}/", browser.site());
    for entry in browser.driver().log("performance").await {
        let entry: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
        let (event, told) = (&entry["message"]["method"], &entry["message"]["params"]);
        let ours = |url: &Value| url.as_str().is_some_and(|url| url.starts_with(&site));
        // Chromium's own first page asks for things, too.
        if event == "Network.requestWillBeSent" && ours(&told["documentURL"]) {
            let url = &told["request"]["url"];
            // The icons of Chromium's own fields ask nobody.
            if !ours(url) && !url.as_str().is_some_and(|url| url.starts_with("data:")) {
                problems.push(format!("the page asks for {url}"));
            }
        } else if event == "Network.responseReceived"
            && told["type"] == "Document"
            && ours(&told["response"]["url"])
        {
            answered = told["response"]["status"].as_u64();
        }
    }
    if answered != Some(status.into()) {
        problems.push(format!("it is answered with {answered:?}, not {status}"));
    }
    problems
}

/// Returns the browser's messages about the page in its console.
async fn complaints(browser: &Browser<'_>, status: u16) -> Vec<String> {
    let expected = format!("the server responded with a status of {status}");
    let log = browser.driver().log("browser").await;
    let said = log.iter().map(|entry| format!("{}: {}", entry["level"], entry["message"]));
    said.filter(|said| status == 200 || !said.contains(&expected)).collect()
}

async fn facts(browser: &Browser<'_>) -> Vec<String> {
    let facts = browser.run(include_str!("facts.js"), &[]).await;
    let mut problems = Vec::new();
    let bytes = facts["bytes"].as_u64().unwrap();
    if bytes >= MOST_BYTES {
        problems.push(format!("its HTML has {bytes} bytes"));
    }
    if facts["headings"].as_array().unwrap().len() != 1 {
        problems.push(format!("its first headings are {}", facts["headings"]));
    }
    problems.extend(facts["inline"].as_array().unwrap().iter().map(|element| format!("inline: {element}")));
    problems
}

async fn fit(browser: &Browser<'_>) -> Vec<String> {
    let wide = browser.run(include_str!("wide.js"), &[]).await;
    match wide["over"].as_i64().unwrap() {
        0 => Vec::new(),
        over => vec![format!("it is {over} px too wide: {}", wide["reach"])],
    }
}

async fn axe(browser: &Browser<'_>) -> Vec<String> {
    if browser.run("return typeof axe", &[]).await == "undefined" {
        browser.run(&AXE, &[]).await;
    }
    let found = browser.driver().run_until_done(include_str!("axe.js")).await;
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}
