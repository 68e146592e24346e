use std::time::Duration;

use super::*;

fn settings() -> resources::Queue {
    resources::Queue {
        logical_id: "Q".to_owned(),
        name: "q.fifo".to_owned(),
        url: String::new(),
        arn: "arn:q".to_owned(),
        fifo: true,
        content_based_deduplication: false,
        visibility_timeout: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        redrive: Some(resources::Redrive { target_arn: "arn:dead".to_owned(), max_receives: 2 }),
    }
}

fn sent(group: &str, body: &str) -> Sent {
    Sent {
        body: body.to_owned(),
        group: (!group.is_empty()).then(|| group.to_owned()),
        deduplication_id: (!group.is_empty()).then(|| body.to_owned()),
        ..Sent::default()
    }
}

/// A queue that holds `(group, body)` messages; the body is the id.
fn queue(messages: &[(&str, &str)]) -> Queue {
    let mut queue = Queue::default();
    for (group, body) in messages {
        queue.send((*body).to_owned(), sent(group, body), 0);
    }
    queue
}

fn receive(queue: &mut Queue, max: usize, now: i64) -> Vec<Delivery> {
    queue.receive(&settings(), max, 1000, now, None).0
}

fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.message.body.as_str()).collect()
}

#[test]
fn batch_takes_the_oldest_group_first() {
    let mut queue = queue(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("b", "b2")]);
    assert_eq!(bodies(&receive(&mut queue, 4, 0)), ["a1", "a2", "b1", "b2"]);
    assert_eq!(bodies(&receive(&mut queue, 4, 0)), ["c1"]);
}

#[test]
fn a_group_gives_its_messages_up_to_the_first_that_is_hidden() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2"), ("a", "a3")]);
    let first = receive(&mut queue, 2, 0);
    assert_eq!(queue.hide(&first[0].receipt, 5, 10), Found::Done);
    assert!(receive(&mut queue, 10, 14).is_empty());
    let again = receive(&mut queue, 10, 15);
    assert_eq!(bodies(&again), ["a1"], "a2 is in flight still");
    assert_eq!(queue.delete(&again[0].receipt, 16), Found::Done);
    assert!(receive(&mut queue, 10, 999).is_empty());
    assert_eq!(bodies(&receive(&mut queue, 10, 1000)), ["a2", "a3"]);
}

#[test]
fn a_group_with_its_oldest_message_in_flight_gives_no_more() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2"), ("a", "a3")]);
    let first = receive(&mut queue, 2, 0);
    assert_eq!(bodies(&first), ["a1", "a2"]);
    assert!(receive(&mut queue, 10, 0).is_empty());
    assert_eq!(queue.delete(&first[0].receipt, 10), Found::Done);
    assert!(receive(&mut queue, 10, 10).is_empty(), "a2 is in flight still");
    assert_eq!(queue.hide(&first[1].receipt, 0, 20), Found::Done);
    assert_eq!(bodies(&receive(&mut queue, 10, 20)), ["a2", "a3"]);
}

#[test]
fn a_message_comes_back_in_its_place_when_its_time_is_over() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2")]);
    let first = receive(&mut queue, 1, 0);
    assert_eq!(queue.next_change(500), Some(1000));
    assert!(receive(&mut queue, 10, 999).is_empty());
    let again = receive(&mut queue, 10, 1000);
    assert_eq!(bodies(&again), ["a1", "a2"]);
    assert_eq!((again[0].message.receives, again[0].message.first_received_ms), (2, Some(0)));
    assert_eq!(queue.delete(&first[0].receipt, 1001), Found::Expired, "the first receiver is too late");
    assert_eq!(queue.hide(&first[0].receipt, 0, 1001), Found::Expired);
    assert_eq!(queue.delete(&again[0].receipt, 1001), Found::Done);
    assert_eq!(queue.delete(&again[0].receipt, 1001), Found::Gone);
}

#[test]
fn a_hidden_message_waits_as_long_as_it_was_told() {
    let mut queue = queue(&[("a", "a1")]);
    let first = receive(&mut queue, 1, 0);
    assert_eq!(queue.hide(&first[0].receipt, 5000, 100), Found::Done);
    assert_eq!(queue.depth(5099), Depth { visible: 0, in_flight: 1, delayed: 0 });
    assert_eq!(queue.depth(5100), Depth { visible: 1, in_flight: 0, delayed: 0 });
}

#[test]
fn what_is_received_too_often_is_given_up_and_frees_its_group() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2")]);
    receive(&mut queue, 1, 0);
    receive(&mut queue, 1, 1000);
    let (deliveries, given_up) = queue.receive(&settings(), 10, 1000, 2000, None);
    assert_eq!(bodies(&deliveries), ["a2"]);
    let [message] = given_up.as_slice() else { panic!("{given_up:?}") };
    assert_eq!((&*message.body, message.receives), ("a1", 2));

    let mut dead = Queue::default();
    dead.move_to_dead_letters(message.clone(), "arn:q", 2000);
    let settings = resources::Queue { redrive: None, ..settings() };
    let (deliveries, _) = dead.receive(&settings, 10, 1000, 2000, None);
    assert_eq!(deliveries[0].message.dead_letter_of.as_deref(), Some("arn:q"));
}

#[test]
fn deduplication_id_lasts_five_minutes() {
    let mut queue = queue(&[("a", "x")]);
    let first = receive(&mut queue, 1, 0);
    queue.delete(&first[0].receipt, 1);
    assert_eq!(queue.send("other".to_owned(), sent("a", "x"), DEDUPLICATION_MS - 1), ("x".to_owned(), 1));
    assert!(receive(&mut queue, 1, DEDUPLICATION_MS - 1).is_empty());
    assert_eq!(queue.send("other".to_owned(), sent("a", "x"), DEDUPLICATION_MS), ("other".to_owned(), 2));
}

#[test]
fn messages_without_a_group_do_not_wait_for_each_other() {
    let mut queue = queue(&[("", "1"), ("", "2"), ("", "3")]);
    assert_eq!(bodies(&receive(&mut queue, 1, 0)), ["1"]);
    assert_eq!(bodies(&receive(&mut queue, 10, 0)), ["2", "3"]);
    let delayed = Sent { delay_ms: 50, ..sent("", "4") };
    queue.send("4".to_owned(), delayed, 0);
    assert_eq!(queue.depth(49).delayed, 1);
    assert_eq!(bodies(&receive(&mut queue, 10, 50)), ["4"]);
}

#[test]
fn restart_shows_messages_that_were_in_flight() {
    let mut queue = queue(&[("a", "a1")]);
    receive(&mut queue, 1, 0);
    let mut kept: Queue = serde_json::from_str(&serde_json::to_string(&queue).unwrap()).unwrap();
    kept.recover();
    assert_eq!(bodies(&receive(&mut kept, 1, 1)), ["a1"]);
    assert!(receive(&mut queue, 1, 3_600_001).is_empty());
    assert_eq!(queue.messages().count(), 0);
}

#[test]
fn shuffle_skips_groups_in_flight() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")]);
    let mut shuffle = Shuffle::new(3);
    let (first, _) = queue.receive(&settings(), 2, 1000, 0, Some(&mut shuffle));
    assert_eq!(bodies(&first), ["a3", "b1"]);
    assert!(queue.receive(&settings(), 10, 1000, 0, Some(&mut shuffle)).0.is_empty());
    assert!(queue.is_busy(0, true), "two are in their receiver's hands");
    assert_eq!(queue.delete(&first[0].receipt, 1), Found::Done);
    assert!(queue.is_busy(1, true), "a1 and a2 can be received");
    let (rest, _) = queue.receive(&settings(), 10, 1000, 1, Some(&mut shuffle));
    assert_eq!(rest.len(), 2);
}

#[test]
fn what_is_given_back_stays_hidden_until_it_is_revealed() {
    let mut queue = queue(&[("a", "a1"), ("a", "a2")]);
    let first = receive(&mut queue, 1, 0);
    assert!(queue.is_busy(1, false));
    assert!(!queue.give_back(&first[0].message.id, 1));
    assert!(!queue.is_busy(1, false), "a1 is hidden, and a2 behind it");
    assert!(receive(&mut queue, 10, 1).is_empty());
    queue.reveal(2);
    assert_eq!(bodies(&receive(&mut queue, 10, 2)), ["a1", "a2"]);
}

#[test]
fn revealed_message_waits_for_its_receiver() {
    let mut queue = queue(&[("a", "a1"), ("b", "b1"), ("c", "c1")]);
    let first = receive(&mut queue, 3, 0);
    assert_eq!(queue.hide(&first[0].receipt, 90_000, 1), Found::Done);
    queue.reveal_those("a1", 2);
    assert!(receive(&mut queue, 10, 2).is_empty(), "its receiver may still work on it");
    assert!(queue.give_back("a1", 3), "nothing shows it before its time");
    assert!(!queue.give_back("b1", 3));
    assert_eq!(bodies(&receive(&mut queue, 10, 3)), ["a1"]);
    assert!(!queue.give_back("a1", 4), "it is shown once");
    queue.reveal_those("b1", 5);
    assert_eq!(bodies(&receive(&mut queue, 10, 5)), ["b1"], "nobody works on it");
}
