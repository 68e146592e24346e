//! Events on an EventBridge bus.

use insta::assert_snapshot;
use serde_json::Value;
use signoff_core::run::{Status, StepState};
use signoff_store::Page;
use system_tests::story::{Story, tell};

/// A deploy of Ana's on Staging, whose only rule does `action`; what is on record once it is done.
async fn deployed(story: &Story, action: &str) -> Page {
    story.rules(&format!("rules:\n  - tell:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        - {action}\n"));
    let revision = story.push("Ana", "Take cards");
    let deploy = story.deploys(&revision, "Staging").await;
    story.settled(&deploy).await
}

/// Returns the reason why the first step of the only run failed.
fn reason(page: &Page) -> &str {
    match &page.runs[0].steps[0].state {
        StepState::Failed { reason, .. } => reason,
        _ => "it did not fail",
    }
}

#[test]
fn an_event_describes_the_deploy_to_who_listens() {
    tell("event-sent", async |story| {
        let action = "send_event: {detail_type: 'promoted {{ deployment_name }}', detail: {team: payments, title: '{{ deploy_name }}'}}";
        let page = deployed(story, action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let StepState::Succeeded { summary, url, .. } = &page.runs[0].steps[0].state else {
            panic!("it succeeded")
        };
        assert_eq!((summary.as_str(), url), ("sent to the event bus default as promoted event-sent.", &None));
        if story.world.aws.as_embedded().is_none() {
            eprintln!("not looked at: only the embedded local AWS shows what is on a bus");
            return;
        }
        let events = story.events();
        let [event] = events.as_slice() else { panic!("one event, and not {events:?}") };
        let step = page.effects.iter().find(|effect| event["detail"]["id"] == effect.id.as_str());
        assert!(step.is_some(), "the event carries the id of an effect: {event}");
        let mut shown = event.clone();
        for name in ["id", "time"] {
            shown[name] = Value::from(name.to_uppercase());
        }
        for name in ["id", "on", "revision", "url", "commits"] {
            shown["detail"][name] = Value::from(name.to_uppercase());
        }
        shown["detail"]["name"] = Value::from("NAME");
        shown["detail"]["title"] = Value::from("TITLE");
        assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
        {
          "account": "000000000000",
          "detail": {
            "approval": null,
            "approved_by": [],
            "author": {
              "email": "ana.event-sent@acme.example"
            },
            "branch": "main",
            "changeSource": {
              "slug": "event-sent"
            },
            "commits": "COMMITS",
            "commits_left_out": 0,
            "environment": {
              "slug": "staging"
            },
            "health": "unknown",
            "id": "ID",
            "links": {},
            "name": "NAME",
            "on": "ON",
            "organization": {
              "slug": "acme"
            },
            "outcome": "by_itself",
            "previous_revision": null,
            "revision": "REVISION",
            "team": "payments",
            "title": "TITLE",
            "url": "URL",
            "votes": [],
            "votes_left_out": 0
          },
          "detail-type": "promoted event-sent",
          "id": "ID",
          "region": "us-east-1",
          "resources": [],
          "source": "signoff",
          "time": "TIME",
          "version": "0"
        }
        "#);
        assert_eq!(event["detail"]["revision"], page.deploy.revision.as_str());
        assert_eq!(event["detail"]["title"], event["detail"]["name"]);
    });
}

#[test]
fn an_event_that_is_throttled_is_sent_again() {
    tell("event-throttled", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not told: only the embedded local AWS refuses an event on purpose");
            return;
        };
        for code in ["ThrottlingException", "InternalFailure"] {
            stack.refuse_next_event("throttled", code);
        }
        let page = deployed(story, "send_event: throttled").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.events().len(), 1);
    });
}

#[test]
fn what_eventbridge_does_not_take_is_told_and_not_tried_again() {
    tell("event-refused", async |story| {
        if let Some(stack) = story.world.aws.as_embedded() {
            stack.refuse_next_event("refused", "NotAuthorizedForDetailTypeException");
            let page = deployed(story, "send_event: refused").await;
            assert_snapshot!(reason(&page), @r#"EventBridge did not take the event for the bus default: NotAuthorizedForDetailTypeException ("The local EventBridge was told to say so.")."#);
        }
        let page = deployed(story, "send_event: '{% for word in range(30) %}long {% endfor %}'").await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_snapshot!(reason(&page), @"nothing was sent: the event's detail type has 150 characters, and EventBridge takes 128 at most; put what is long under `detail` of the rule.");
        assert_eq!(story.events(), Vec::<Value>::new());
    });
}

#[test]
fn the_stack_may_send_to_its_own_bus_only() {
    tell("event-other-bus", async |story| {
        let page = deployed(story, "send_event: {bus: payroll}").await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        let reason = reason(&page);
        let begin = "EventBridge did not take the event for the bus payroll: AccessDeniedException";
        let end = "the stack's role may send to the bus of the stack's parameter EventBusName; name this one there, or take \
                   `bus` out of the rule.";
        assert!(reason.starts_with(begin) && reason.ends_with(end), "{reason}");
        assert_eq!(story.events(), Vec::<Value>::new());
    });
}
