//! Whoever does not belong gets nothing: forged, replayed and foreign requests against every route.

use crate::keys::created_for;
use insta::assert_snapshot;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::json;
use signoff_core::deploy::Slug;
use signoff_core::people::{Entry, Handle};
use signoff_local::github::{Delivery, Settings};
use signoff_local::oidc::{self, Issuer};
use signoff_local::slack::{InteractionRequest, NewUser};
use signoff_providers::derived::incoming_secret;
use std::collections::BTreeSet;
use std::fmt::Write;
use system_tests::routes;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

/// The request that confirms for an approval that a maker is nobody here.
const NOBODY: &str = "POST /deploys/{id}/approvals/{approval}/nobody";

/// A request that a stranger makes.
pub(crate) struct Attempt {
    pub(crate) route: &'static str,
    pub(crate) case: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Attempt {
    pub(crate) fn new(route: &'static str, case: &'static str, path: impl Into<String>) -> Self {
        Self { route, case, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn signed(self, request: InteractionRequest) -> Self {
        Self { headers: request.headers, body: request.body, ..self }
    }

    pub(crate) async fn status(&self, story: &Story) -> StatusCode {
        let method = Method::from_bytes(self.route.split(' ').next().unwrap().as_bytes()).unwrap();
        let url = format!("{}{}", story.world.front.url(), self.path);
        let mut request = story.world.http.request(method, url).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap().status()
    }
}

/// The wizard's pages.
const WIZARD: [&str; 4] = [
    "GET /deployments/{organization}/{name}/approvals/new",
    "POST /deployments/{organization}/{name}/approvals/new",
    "POST /deployments/{organization}/{name}/approvals/preview",
    "GET /deployments/{organization}/{name}/approvals/channels",
];

#[test]
fn strangers_get_nothing_by_any_route() {
    tell("strangers", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story
            .asks(&format!("votes_required: 2, break_glass: {ana}"), "webhook: 'https://example.com'")
            .await;
        let slack = &story.world.slack;
        let now = signoff_runtime::time::now();
        let click = |person: &str, button: &str, at| {
            slack.interaction_request(person, &story.name, &dialog, button, at).unwrap()
        };
        let first = click(&ana, "approve", now);
        assert_eq!(slack.send(first.clone()).await.status, Some(200));
        let before = story.settled(&deploy).await;
        let glass = story.option(&dialog, "break_glass").expect("the menu has it");
        let by_breaker = slack.option_request(&ana, &story.name, &dialog, "more", &glass, now).unwrap();
        let by_other = slack.option_request(&ben, &story.name, &dialog, "more", &glass, now).unwrap();

        let register = "POST /api/1/deployments/{org}/{deployment}/register_deploy";
        let dashed = "POST /api/1/deployments/{org}/{deployment}/register-deploy";
        let legacy = "POST /api/1/{org}/{deployment}/register_deploy";
        let health = "POST /api/1/deployments/{org}/{deployment}/{revision}/health";
        let (clicks, events) = ("POST /slack/interactions", "POST /slack/events");
        let hook = "POST /webhooks/github";
        let healthy = format!("/api/1/deployments/acme/strangers/{}/health", before.deploy.revision);
        let (asks, changes) = ("GET /graphql", "POST /graphql");
        let set_health = json!({"query": format!(
            "mutation {{ setHealth(orgSlug: \"acme\", deploymentSlug: \"strangers\", deploySlug: \"{deploy}\", health: HEALTHY) {{ success }} }}"
        )})
        .to_string();
        let history = "/deployments/acme/strangers/history".to_owned();
        let json_health = r#"{"health": "healthy"}"#;
        let json = r#"{"sha": "abcdef1", "environment": "Staging"}"#;
        let named = |name: &str| format!(r#"{{"repository": {{"full_name": "acme/{name}"}}}}"#);
        let github = &story.world.github;
        let delivery =
            github.delivery(&story.repository(), "deployment_status", "strangers", named("strangers"));
        let signature_of = |delivery: &Delivery| {
            let mut headers = delivery.headers.iter();
            let of = headers.find(|(name, _)| name.eq_ignore_ascii_case("x-hub-signature-256"));
            of.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let signed_as = |repository: &str, body: &str| {
            signature_of(&github.delivery(repository, "deployment_status", "strangers", body.to_owned()))
        };
        // Its admins know the secret of their own webhook.
        github.add_repository("acme/strangers-neighbour", "main");
        let neighbour = Slug::new("acme", "strangers-neighbour").unwrap();
        let master = Settings::default().webhook_secret;
        let theirs = incoming_secret(&master.as_str().into(), "acme/strangers-neighbour", &neighbour, 0);
        github.set_webhook("acme/strangers-neighbour", theirs.expose_secret());
        let of_others = signed_as("acme/strangers-neighbour", &named("strangers"));
        github.set_webhook("acme/of-the-stack", &master);
        let of_stack = signed_as("acme/of-the-stack", &named("strangers"));
        let nowhere = r#"{"repository": {"full_name": "nobody/strangers"}}"#;
        let of_nowhere = signed_as("acme/of-the-stack", nowhere);
        let deleted = format!(
            r#"{{"type":"event_callback","team_id":"T1","event":{{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"{dialog}"}}}}"#
        );
        let foreign = {
            let stranger = slack.add_user(NewUser::new("Zed", &story.email("Zed")).of_team("T0OTHER0001"));
            click(&stranger, "approve", now)
        };
        let guest = {
            let guest = slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
            click(&guest, "approve", now)
        };
        let bens = click(&ben, "approve", now);
        let forged = InteractionRequest { body: first.body.replace(&ana, &ben), ..first.clone() };
        let swapped = InteractionRequest { headers: first.headers.clone(), ..bens.clone() };
        let page = format!("/deploys/{deploy}");
        let vote = format!("/deploys/{deploy}/approvals/{}", before.approvals[0].id);
        let (base, nobody) = (format!("{vote}/base"), format!("{vote}/nobody"));
        let step = format!("/deploys/{deploy}/runs/{}/steps/1", before.runs[0].id);
        let (again, evaluate) = (format!("{vote}/again"), format!("{page}/evaluate"));
        let [setup, edit, disconnect, connect, repository, rules, secrets] = [
            "/deployments/acme/strangers/setup",
            "/deployments/acme/strangers/edit",
            "/deployments/acme/strangers/disconnect",
            "/deployments/acme/strangers/connect",
            "/deployments/acme/strangers/repository",
            "/deployments/acme/strangers/rules",
            "/deployments/acme/strangers/secrets",
        ];
        let whole = format!("/api/v1/deploys/{deploy}");
        let approvals = format!("/api/v1/deploys/{deploy}/approvals");
        let recorded = format!("/api/v1/deploys/{deploy}/events");
        let reports = created_for(story, "reports strangers", &["report"], "").await.0;
        let registers = created_for(story, "registers strangers", &["register"], "").await.0;
        let elsewhere =
            created_for(story, "elsewhere of strangers", &["register", "report"], "shop/*").await.0;
        let reads = created_for(story, "reads strangers", &["read"], "").await.0;
        let ends = format!("/settings/sessions/{ana}/end");
        let stranger = Issuer::start(oidc::Options::default()).await.unwrap();
        let token = stranger.token(&json!({"aud": story.world.front.url(), "repository_id": "1"})).unwrap();
        let bearer = |key: &str| format!("Bearer {key}");
        let attempts = vec![
            Attempt::new(register, "a key that reports", "/api/1/deployments/acme/strangers/register_deploy")
                .header("authorization", bearer(&reports))
                .body(json),
            Attempt::new(register, "a key for others", "/api/1/deployments/acme/strangers/register_deploy")
                .header("authorization", bearer(&elsewhere))
                .body(json),
            Attempt::new(health, "a key that registers", healthy.as_str())
                .header("authorization", bearer(&registers))
                .body(json_health),
            Attempt::new(health, "a key for others", healthy.as_str())
                .header("authorization", bearer(&elsewhere))
                .body(json_health),
            Attempt::new(register, "no key", "/api/1/deployments/acme/strangers/register_deploy").body(json),
            Attempt::new(register, "a wrong key", "/api/1/deployments/acme/strangers/register_deploy")
                .header("authorization", "Bearer wrong")
                .body(json),
            Attempt::new(register, "a token of no CI", "/api/1/deployments/acme/strangers/register_deploy")
                .header("authorization", bearer(&token))
                .body(json),
            Attempt::new(health, "a token of no CI", healthy.as_str())
                .header("authorization", bearer(&token))
                .body(json_health),
            Attempt::new(dashed, "an empty key", "/api/1/deployments/acme/strangers/register-deploy")
                .header("authorization", "Bearer ")
                .body(json),
            Attempt::new(legacy, "a key in the wrong place", "/api/1/acme/strangers/register_deploy")
                .header("x-api-key", API_KEY)
                .body(json),
            Attempt::new(health, "no key", healthy.as_str()).body(json_health),
            Attempt::new(health, "a wrong key", healthy.as_str())
                .header("authorization", "Bearer wrong")
                .body(json_health),
            Attempt::new(asks, "no key", "/graphql").body(set_health.as_str()),
            Attempt::new(changes, "a wrong key", "/graphql")
                .header("authorization", "apikey wrong")
                .body(set_health.as_str()),
            Attempt::new(changes, "a key that registers", "/graphql")
                .header("authorization", bearer(&registers))
                .body(set_health.as_str()),
            Attempt::new(changes, "a key for others", "/graphql")
                .header("authorization", bearer(&elsewhere))
                .body(set_health.as_str()),
            Attempt::new(hook, "unsigned", "/webhooks/github").body("{}"),
            Attempt::new(hook, "another body", "/webhooks/github")
                .header("x-github-event", "deployment_status")
                .header("x-hub-signature-256", signature_of(&delivery))
                .body(named("strangers ")),
            Attempt::new(hook, "another repository's secret", "/webhooks/github")
                .header("x-github-event", "deployment_status")
                .header("x-hub-signature-256", of_others)
                .body(named("strangers")),
            Attempt::new(hook, "the stack's own secret", "/webhooks/github")
                .header("x-github-event", "deployment_status")
                .header("x-hub-signature-256", of_stack)
                .body(named("strangers")),
            Attempt::new(hook, "a repository that leads nowhere", "/webhooks/github")
                .header("x-github-event", "deployment_status")
                .header("x-hub-signature-256", of_nowhere)
                .body(nowhere),
            Attempt::new(clicks, "unsigned", "/slack/interactions").body(first.body.clone()),
            Attempt::new(clicks, "unsigned, to retry", "/slack/interactions")
                .body(first.body.replace("approve", "retry")),
            Attempt::new(clicks, "unsigned, to skip", "/slack/interactions")
                .body(first.body.replace("approve", "skip_step")),
            Attempt::new(clicks, "unsigned, to mark as done", "/slack/interactions")
                .body(first.body.replace("approve", "mark_as_done")),
            Attempt::new(clicks, "in another's name", "/slack/interactions").signed(forged),
            Attempt::new(clicks, "another's signature", "/slack/interactions").signed(swapped),
            Attempt::new(clicks, "six minutes old", "/slack/interactions").signed(click(
                &ben,
                "approve",
                now - SignedDuration::from_mins(6),
            )),
            Attempt::new(clicks, "replayed", "/slack/interactions").signed(first.clone()),
            Attempt::new(clicks, "of another workspace", "/slack/interactions").signed(foreign),
            Attempt::new(clicks, "of a guest", "/slack/interactions").signed(guest),
            Attempt::new(clicks, "breaks the glass unsigned", "/slack/interactions")
                .body(by_breaker.body.clone()),
            Attempt::new(clicks, "breaks the glass in another's name", "/slack/interactions")
                .signed(InteractionRequest { body: by_other.body.replace(&ben, &ana), ..by_other.clone() }),
            Attempt::new(clicks, "breaks the glass unnamed", "/slack/interactions").signed(by_other),
            Attempt::new(events, "unsigned", "/slack/events").body(deleted.clone()),
            Attempt::new(events, "a click's signature", "/slack/events")
                .signed(InteractionRequest { body: deleted.clone(), ..bens }),
            Attempt::new(events, "six minutes old", "/slack/events")
                .signed(slack.signed_event(&deleted, now - SignedDuration::from_mins(6))),
            Attempt::new("GET /", "no session", "/"),
            Attempt::new("GET /", "a made-up session", "/").header("cookie", "session=abc.def"),
            Attempt::new(
                "GET /deployments/{organization}/{name}",
                "no session",
                "/deployments/acme/strangers",
            ),
            Attempt::new("GET /deployments/{organization}/{name}/history", "no session", history.as_str()),
            Attempt::new("GET /deploys", "no session", "/deploys"),
            Attempt::new("GET /deploys/{id}", "no session", page.as_str()),
            Attempt::new("POST /deploys/{id}/approvals/{approval}/base", "no session", base.as_str())
                .body("revision=0000000000000000000000000000000000000000"),
            Attempt::new("POST /deploys/{id}/approvals/{approval}", "no session", vote.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("what=reject"),
            Attempt::new(NOBODY, "no session", nobody.as_str()).body("subject=0&handle=github:7&version=1"),
            Attempt::new(NOBODY, "a wrong key", nobody.as_str())
                .header("authorization", "Bearer wrong")
                .body("subject=0&handle=github:7&version=1"),
            Attempt::new("POST /deploys/{id}/approvals/{approval}/again", "no session", again.as_str())
                .header("content-type", "application/x-www-form-urlencoded"),
            Attempt::new("POST /deploys/{id}/evaluate", "no session", evaluate.as_str())
                .header("content-type", "application/x-www-form-urlencoded"),
            Attempt::new("POST /deploys/{id}/approvals/{approval}", "breaks the glass", vote.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("what=break_glass&reason=mine"),
            Attempt::new("POST /deploys/{id}/approvals/{approval}", "reviews a broken glass", vote.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("what=review&reason=mine"),
            Attempt::new("POST /deploys/{id}/runs/{run}/steps/{step}", "no session", step.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("resolution=retry"),
            Attempt::new("POST /deploys/{id}/runs/{run}/steps/{step}", "no session, to skip", step.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("resolution=skip&reason=x&failed_at=0"),
            Attempt::new("POST /deploys/{id}/runs/{run}/steps/{step}", "no session, done", step.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .body("resolution=mark-as-done&failed_at=0"),
            Attempt::new(WIZARD[0], "no session", "/deployments/acme/strangers/approvals/new"),
            Attempt::new(WIZARD[1], "no session", "/deployments/acme/strangers/approvals/new"),
            Attempt::new(WIZARD[2], "no session", "/deployments/acme/strangers/approvals/preview"),
            Attempt::new(WIZARD[3], "no session", "/deployments/acme/strangers/approvals/channels"),
            Attempt::new("GET /deployments/{organization}/{name}/setup", "no session", setup),
            Attempt::new("GET /deployments/{organization}/{name}/edit", "no session", edit),
            Attempt::new("POST /deployments/{organization}/{name}/edit", "no session", edit)
                .header("content-type", "application/x-www-form-urlencoded")
                .body("repository=evil/rules&version=0"),
            Attempt::new("POST /deployments/{organization}/{name}/disconnect", "no session", disconnect),
            Attempt::new("POST /deployments/{organization}/{name}/disconnect", "a wrong key", disconnect)
                .header("authorization", "Bearer x"),
            Attempt::new("POST /deployments/{organization}/{name}/connect", "no session", connect),
            Attempt::new("POST /deployments/{organization}/{name}/repository", "no session", repository)
                .body("was=1&now=2"),
            Attempt::new("POST /deployments/{organization}/{name}/rules", "no session", rules)
                .body("file=mine&reason=mine"),
            Attempt::new("POST /deployments/{organization}/{name}/secrets", "no session", secrets)
                .body("change=new_incoming&version=0"),
            Attempt::new("POST /deployments/{organization}/{name}/secrets", "a wrong key", secrets)
                .header("authorization", "Bearer x")
                .body("change=new_incoming&version=0"),
            Attempt::new("GET /settings/keys", "no session", "/settings/keys"),
            Attempt::new("POST /settings/keys", "no session", "/settings/keys").body("name=mine&scope=admin"),
            Attempt::new("POST /settings/keys", "a key of no record", "/settings/keys")
                .header("authorization", format!("Bearer sgn_000000000000_{}", "0".repeat(64)))
                .body("name=mine&scope=admin"),
            Attempt::new("GET /settings/people", "no session", "/settings/people"),
            Attempt::new("GET /settings/people.csv", "no session", "/settings/people.csv"),
            Attempt::new("POST /settings/people", "no session", "/settings/people")
                .body("handle=7&is=left&reason=gone"),
            Attempt::new("POST /settings/people", "a wrong key", "/settings/people")
                .header("authorization", "Bearer wrong")
                .body("handle=7&is=left&reason=gone"),
            Attempt::new("POST /settings/people/confirm", "no session", "/settings/people/confirm")
                .body("handle=7&version=1"),
            Attempt::new("POST /settings/people/remove", "no session", "/settings/people/remove")
                .body("handle=github:49699333&version=0"),
            Attempt::new("POST /settings/people/import", "no session", "/settings/people/import")
                .body("file=account,member%0A7,U1"),
            Attempt::new(
                "POST /settings/keys/{id}/revoke",
                "no session",
                "/settings/keys/000000000000/revoke",
            ),
            Attempt::new("GET /settings/sessions", "no session", "/settings/sessions"),
            Attempt::new("POST /settings/sessions/{user}/end", "no session", "/settings/sessions/U1/end"),
            Attempt::new("POST /settings/sessions/{user}/end", "a key that reads", ends.as_str())
                .header("authorization", bearer(&reads)),
            Attempt::new("GET /sessions", "no session", "/sessions"),
            Attempt::new("GET /sessions", "a made-up session", "/sessions")
                .header("cookie", format!("signoff={}", "ab".repeat(32))),
            Attempt::new("POST /sessions/end", "no session", "/sessions/end"),
            Attempt::new("GET /api/v1/deployments", "no key", "/api/v1/deployments"),
            Attempt::new("GET /api/v1/deploys", "no key", "/api/v1/deploys"),
            Attempt::new("GET /api/v1/deploys", "a wrong key", "/api/v1/deploys")
                .header("authorization", "Bearer x"),
            Attempt::new("GET /api/v1/deploys/{id}", "no key", whole.as_str()),
            Attempt::new("GET /api/v1/deploys/{id}/approvals", "no key", approvals.as_str()),
            Attempt::new("GET /api/v1/deploys/{id}/events", "no key", recorded.as_str()),
            Attempt::new("GET /api/v1/approvals", "no key", "/api/v1/approvals"),
            Attempt::new("GET /api/v1/openapi.json", "anybody", "/api/v1/openapi.json"),
            Attempt::new("GET /record", "no session", "/record"),
            Attempt::new("GET /record.csv", "no session", "/record.csv"),
            Attempt::new("GET /record.jsonl", "a wrong key", "/record.jsonl")
                .header("authorization", "Bearer x"),
            Attempt::new("GET /assets/{file}", "a way out", "/assets/..%2f..%2ftemplate.yaml"),
            Attempt::new("GET /sign-in", "anybody", "/sign-in"),
            Attempt::new("POST /sign-in/slack", "from another site", "/sign-in/slack")
                .header("origin", "https://evil.example"),
            Attempt::new(
                "GET /sign-in/slack/callback",
                "a made-up code",
                "/sign-in/slack/callback?code=c&state=s",
            ),
            Attempt::new("POST /sign-out", "no session", "/sign-out"),
        ];
        let mut table = String::new();
        for attempt in &attempts {
            let status = attempt.status(story).await;
            let _ = writeln!(table, "{} | {} | {}", attempt.route, attempt.case, status.as_u16());
        }
        assert_snapshot!(table, @"
        POST /api/1/deployments/{org}/{deployment}/register_deploy | a key that reports | 403
        POST /api/1/deployments/{org}/{deployment}/register_deploy | a key for others | 403
        POST /api/1/deployments/{org}/{deployment}/{revision}/health | a key that registers | 403
        POST /api/1/deployments/{org}/{deployment}/{revision}/health | a key for others | 403
        POST /api/1/deployments/{org}/{deployment}/register_deploy | no key | 401
        POST /api/1/deployments/{org}/{deployment}/register_deploy | a wrong key | 401
        POST /api/1/deployments/{org}/{deployment}/register_deploy | a token of no CI | 401
        POST /api/1/deployments/{org}/{deployment}/{revision}/health | a token of no CI | 401
        POST /api/1/deployments/{org}/{deployment}/register-deploy | an empty key | 401
        POST /api/1/{org}/{deployment}/register_deploy | a key in the wrong place | 401
        POST /api/1/deployments/{org}/{deployment}/{revision}/health | no key | 401
        POST /api/1/deployments/{org}/{deployment}/{revision}/health | a wrong key | 401
        GET /graphql | no key | 401
        POST /graphql | a wrong key | 401
        POST /graphql | a key that registers | 403
        POST /graphql | a key for others | 403
        POST /webhooks/github | unsigned | 401
        POST /webhooks/github | another body | 401
        POST /webhooks/github | another repository's secret | 401
        POST /webhooks/github | the stack's own secret | 401
        POST /webhooks/github | a repository that leads nowhere | 401
        POST /slack/interactions | unsigned | 401
        POST /slack/interactions | unsigned, to retry | 401
        POST /slack/interactions | unsigned, to skip | 401
        POST /slack/interactions | unsigned, to mark as done | 401
        POST /slack/interactions | in another's name | 401
        POST /slack/interactions | another's signature | 401
        POST /slack/interactions | six minutes old | 401
        POST /slack/interactions | replayed | 401
        POST /slack/interactions | of another workspace | 200
        POST /slack/interactions | of a guest | 200
        POST /slack/interactions | breaks the glass unsigned | 401
        POST /slack/interactions | breaks the glass in another's name | 401
        POST /slack/interactions | breaks the glass unnamed | 200
        POST /slack/events | unsigned | 401
        POST /slack/events | a click's signature | 401
        POST /slack/events | six minutes old | 401
        GET / | no session | 303
        GET / | a made-up session | 303
        GET /deployments/{organization}/{name} | no session | 303
        GET /deployments/{organization}/{name}/history | no session | 303
        GET /deploys | no session | 303
        GET /deploys/{id} | no session | 303
        POST /deploys/{id}/approvals/{approval}/base | no session | 403
        POST /deploys/{id}/approvals/{approval} | no session | 403
        POST /deploys/{id}/approvals/{approval}/nobody | no session | 403
        POST /deploys/{id}/approvals/{approval}/nobody | a wrong key | 401
        POST /deploys/{id}/approvals/{approval}/again | no session | 403
        POST /deploys/{id}/evaluate | no session | 403
        POST /deploys/{id}/approvals/{approval} | breaks the glass | 403
        POST /deploys/{id}/approvals/{approval} | reviews a broken glass | 403
        POST /deploys/{id}/runs/{run}/steps/{step} | no session | 403
        POST /deploys/{id}/runs/{run}/steps/{step} | no session, to skip | 403
        POST /deploys/{id}/runs/{run}/steps/{step} | no session, done | 403
        GET /deployments/{organization}/{name}/approvals/new | no session | 303
        POST /deployments/{organization}/{name}/approvals/new | no session | 403
        POST /deployments/{organization}/{name}/approvals/preview | no session | 403
        GET /deployments/{organization}/{name}/approvals/channels | no session | 303
        GET /deployments/{organization}/{name}/setup | no session | 303
        GET /deployments/{organization}/{name}/edit | no session | 303
        POST /deployments/{organization}/{name}/edit | no session | 403
        POST /deployments/{organization}/{name}/disconnect | no session | 403
        POST /deployments/{organization}/{name}/disconnect | a wrong key | 401
        POST /deployments/{organization}/{name}/connect | no session | 403
        POST /deployments/{organization}/{name}/repository | no session | 403
        POST /deployments/{organization}/{name}/rules | no session | 403
        POST /deployments/{organization}/{name}/secrets | no session | 403
        POST /deployments/{organization}/{name}/secrets | a wrong key | 401
        GET /settings/keys | no session | 303
        POST /settings/keys | no session | 403
        POST /settings/keys | a key of no record | 401
        GET /settings/people | no session | 303
        GET /settings/people.csv | no session | 303
        POST /settings/people | no session | 403
        POST /settings/people | a wrong key | 401
        POST /settings/people/confirm | no session | 403
        POST /settings/people/remove | no session | 403
        POST /settings/people/import | no session | 403
        POST /settings/keys/{id}/revoke | no session | 403
        GET /settings/sessions | no session | 303
        POST /settings/sessions/{user}/end | no session | 403
        POST /settings/sessions/{user}/end | a key that reads | 403
        GET /sessions | no session | 303
        GET /sessions | a made-up session | 303
        POST /sessions/end | no session | 403
        GET /api/v1/deployments | no key | 401
        GET /api/v1/deploys | no key | 401
        GET /api/v1/deploys | a wrong key | 401
        GET /api/v1/deploys/{id} | no key | 401
        GET /api/v1/deploys/{id}/approvals | no key | 401
        GET /api/v1/deploys/{id}/events | no key | 401
        GET /api/v1/approvals | no key | 401
        GET /api/v1/openapi.json | anybody | 200
        GET /record | no session | 303
        GET /record.csv | no session | 303
        GET /record.jsonl | a wrong key | 401
        GET /assets/{file} | a way out | 404
        GET /sign-in | anybody | 200
        POST /sign-in/slack | from another site | 403
        GET /sign-in/slack/callback | a made-up code | 400
        POST /sign-out | no session | 303
        ");
        let after = story.settled(&deploy).await;
        assert_eq!(after.approvals[0].votes, before.approvals[0].votes);
        assert_eq!((after.facts, &after.approvals[0].glass), (before.facts, &before.approvals[0].glass));
        assert!(story.world.store.keys().await.unwrap().iter().all(|key| key.name != "mine"));
        let seven = story.world.store.person(&Handle::github(7)).await.unwrap();
        assert_eq!(seven, Entry::new(Handle::github(7)), "nothing is said of anybody");
        let slug = &before.deploy.deployment;
        assert_eq!(story.world.store.deployment_settings(slug).await.unwrap(), None);
        let registered = story.deploy_id("abcdef1", "Staging");
        assert!(story.world.store.page(&registered).await.unwrap().is_none());
        if let Some(stack) = story.world.aws.as_embedded() {
            let of_stack = stack.resources().routes.iter().map(|route| route.key.clone());
            let of_console =
                routes::all().into_iter().map(|route| format!("{} {}", route.method, route.pattern));
            let routes: BTreeSet<_> = of_stack.filter(|key| key != "$default").chain(of_console).collect();
            let tried: BTreeSet<_> = attempts.iter().map(|attempt| attempt.route.to_owned()).collect();
            assert_eq!(tried, routes, "every route is tried");
        }
    });
}
