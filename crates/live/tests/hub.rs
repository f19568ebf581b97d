//! Whom the hub notifies of what, and that it forgets everybody who has gone.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use jobline_chat::UserId;
use jobline_live::{Full, Hub, Kind, Limits, News, Seen, Ticket};
use std::sync::Arc;

const TALK: &str = "conv_anna_ben";

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn join(hub: &Hub, name: &str) -> Ticket {
    hub.join(user(name), Kind::Connection).unwrap_or_else(|_| panic!("no room for {name}"))
}

fn all(names: &[&str]) -> Arc<[UserId]> {
    names.iter().map(|name| user(name)).collect()
}

fn moved() -> News {
    News { moved: true, ..News::default() }
}

fn typing(who: &[(&str, bool)]) -> News {
    let who = who.iter().map(|(name, typing)| (user(name), *typing)).collect();
    News { typing: Some((TALK.to_owned(), who)), ..News::default() }
}

#[test]
fn all_devices_of_affected_users_are_notified_once() {
    let hub = Hub::default();
    let (phone, laptop, ben) = (join(&hub, "anna"), join(&hub, "anna"), join(&hub, "ben"));
    for _ in 0..1_000 {
        hub.moved(&[user("anna"), user("nobody")]);
    }
    assert_eq!((phone.take(), phone.take()), (moved(), News::default()), "one flag, however often");
    assert_eq!((laptop.take(), ben.take()), (moved(), News::default()));
}

#[tokio::test]
async fn notifications_before_a_listener_are_not_lost() {
    let hub = Hub::default();
    let anna = join(&hub, "anna");
    hub.moved(&[user("anna")]);
    assert_eq!(anna.news().await, moved());
    let (news, ()) = tokio::join!(anna.news(), async { hub.moved(&[user("anna")]) });
    assert_eq!(news, moved());
    hub.moved(&[user("anna")]);
    drop(anna.news());
    assert_eq!(anna.take(), moved(), "nor when the listener has stopped");
}

#[test]
fn the_eleventh_of_a_user_takes_the_place_of_the_oldest() {
    let hub = Hub::default();
    let tickets: Vec<Ticket> = (0..10).map(|_| join(&hub, "anna")).collect();
    let polls: Vec<Ticket> = (0..10).map(|_| hub.join(user("anna"), Kind::Poll).ok().unwrap()).collect();
    assert!(tickets.iter().chain(&polls).all(|ticket| ticket.take() == News::default()), "polls are counted apart");
    let replaced = News { replaced: true, ..News::default() };
    let eleventh = join(&hub, "anna");
    assert_eq!(tickets[0].take(), replaced);
    let twelfth = join(&hub, "anna");
    assert_eq!(tickets[1].take(), replaced, "the first has been told, and does not count any more");
    drop(tickets);
    let again: Vec<Ticket> = (0..8).map(|_| join(&hub, "anna")).collect();
    assert!([&eleventh, &twelfth].into_iter().chain(&again).all(|ticket| ticket.take() == News::default()));
    assert_eq!(join(&hub, "ben").take(), News::default());
}

#[test]
fn no_more_connections_are_accepted_than_there_is_room_for() {
    let hub = Hub::new(Limits { of_a_user: 10, in_all: 2 });
    let (anna, _ben) = (join(&hub, "anna"), join(&hub, "ben"));
    assert_eq!(hub.join(user("cy"), Kind::Connection).err(), Some(Full));
    assert!(hub.join(user("cy"), Kind::Poll).is_ok(), "each kind has its own room");
    drop(anna);
    assert_eq!(hub.open(Kind::Connection), 1);
    assert!(hub.join(user("cy"), Kind::Connection).is_ok());
}

#[test]
fn a_stop_notifies_everyone_and_accepts_no_connection() {
    let hub = Hub::default();
    let anna = join(&hub, "anna");
    hub.stop();
    assert_eq!(anna.take(), News { stops: true, ..News::default() });
    assert_eq!(hub.join(user("ben"), Kind::Connection).err(), Some(Full));
}

#[test]
fn typing_is_shown_to_those_who_watch_and_may_see_it() {
    let hub = Hub::default();
    let anna = join(&hub, "anna");
    let (watches, elsewhere, idle) = (join(&hub, "ben"), join(&hub, "ben"), join(&hub, "ben"));
    let (stranger, own) = (join(&hub, "eve"), join(&hub, "anna"));
    for ticket in [&watches, &stranger, &own] {
        ticket.watch(Some(TALK));
    }
    elsewhere.watch(Some("conv_ben_cy"));
    anna.types(TALK, all(&["anna", "ben"]));
    assert_eq!(watches.take(), typing(&[("anna", true)]));
    for other in [&elsewhere, &idle, &stranger, &own, &anna] {
        assert_eq!(other.take(), News::default());
    }
    anna.stops_typing();
    anna.stops_typing();
    assert_eq!((watches.take(), watches.take()), (typing(&[("anna", false)]), News::default()));
}

#[test]
fn only_the_latest_state_of_each_user_is_delivered() {
    let hub = Hub::default();
    let (anna, cy, ben) = (join(&hub, "anna"), join(&hub, "cy"), join(&hub, "ben"));
    ben.watch(Some(TALK));
    for _ in 0..1_000 {
        cy.types(TALK, all(&["ben"]));
        anna.types(TALK, all(&["ben"]));
        anna.stops_typing();
    }
    assert_eq!(ben.take(), typing(&[("cy", true), ("anna", false)]));
}

#[test]
fn a_new_watcher_learns_who_is_already_typing() {
    let hub = Hub::default();
    let (anna, ben) = (join(&hub, "anna"), join(&hub, "ben"));
    anna.types(TALK, all(&["ben"]));
    ben.watch(Some(TALK));
    assert_eq!(ben.take(), typing(&[("anna", true)]));
    ben.watch(None);
    anna.stops_typing();
    assert_eq!(ben.take(), News::default(), "looks elsewhere by now");
}

#[test]
fn typing_of_a_conversation_that_is_no_longer_watched_is_not_shown() {
    let hub = Hub::default();
    let (anna, ben) = (join(&hub, "anna"), join(&hub, "ben"));
    ben.watch(Some(TALK));
    anna.types(TALK, all(&["ben"]));
    ben.watch(Some("conv_ben_cy"));
    assert_eq!(ben.take(), News::default());
}

#[test]
fn a_user_types_as_long_as_one_of_their_devices_does() {
    let hub = Hub::default();
    let (phone, laptop, ben) = (join(&hub, "anna"), join(&hub, "anna"), join(&hub, "ben"));
    ben.watch(Some(TALK));
    phone.types(TALK, all(&["ben"]));
    laptop.types(TALK, all(&["ben"]));
    assert_ne!(ben.take(), News::default());
    phone.stops_typing();
    assert_eq!(ben.take(), News::default());
    drop(laptop);
    assert_eq!(ben.take(), typing(&[("anna", false)]), "whose connection ends types no more");
}

#[test]
fn typing_elsewhere_ends_it_here() {
    let hub = Hub::default();
    let (anna, ben) = (join(&hub, "anna"), join(&hub, "ben"));
    ben.watch(Some(TALK));
    anna.types(TALK, all(&["ben"]));
    assert_ne!(ben.take(), News::default());
    anna.types("conv_anna_cy", all(&["cy"]));
    assert_eq!(ben.take(), typing(&[("anna", false)]));
}

#[test]
fn no_state_is_kept_of_users_who_have_gone() {
    let hub = Hub::default();
    let tickets: Vec<Ticket> = (0..500).map(|number| join(&hub, &format!("user{}", number % 50))).collect();
    for (number, ticket) in tickets.iter().enumerate() {
        ticket.watch(Some(&format!("conv_{}", number % 7)));
        ticket.types(&format!("conv_{}", number % 11), all(&["user1"]));
    }
    assert_eq!(hub.remembered(), (50, 11, 500));
    drop(tickets);
    assert_eq!((hub.remembered(), hub.open(Kind::Connection)), ((0, 0, 0), 0));
}

#[test]
fn a_user_who_may_no_longer_see_another_gets_what_strangers_get() {
    let hub = Hub::default();
    let (anna, ben, cy) = (join(&hub, "anna"), join(&hub, "ben"), join(&hub, "cy"));
    anna.active(true, 1_000);
    anna.show_presence(vec![user("ben"), user("cy")], 1_000);
    let online = Seen { user: user("anna"), online: true, last_ms: Some(1_000) };
    assert_eq!((ben.take().seen, cy.take().seen), (vec![online.clone()], vec![online]));
    anna.active(false, 5_000);
    assert_eq!(hub.departures(124_999).len(), 0);
    let mut gone = hub.departures(125_000);
    hub.tell_departure(gone.remove(0), &[user("ben")]);
    let left = |last_ms| vec![Seen { user: user("anna"), online: false, last_ms }];
    assert_eq!((ben.take().seen, cy.take().seen), (left(Some(5_000)), left(None)));
}

#[test]
fn users_who_no_longer_see_each_other_are_notified_of_that_alone() {
    let hub = Hub::default();
    let (anna, ben, cy) = (join(&hub, "anna"), join(&hub, "ben"), join(&hub, "cy"));
    for (one, others) in [(&anna, ["ben", "cy"]), (&ben, ["anna", "cy"]), (&cy, ["anna", "ben"])] {
        one.active(true, 1_000);
        one.show_presence(others.map(user).to_vec(), 1_000);
    }
    let online = |name| Seen { user: user(name), online: true, last_ms: Some(2_000) };
    let away = |name| Seen { user: user(name), online: false, last_ms: None };
    let seen = |ticket: &Ticket| ticket.take().seen;
    for one in [&anna, &ben, &cy] {
        seen(one);
    }
    anna.show_presence(vec![user("cy")], 2_000);
    assert_eq!(seen(&ben), [away("anna")]);
    assert_eq!(seen(&anna), [away("ben"), online("cy")], "also whose own session has not found it out");
    assert_eq!(seen(&cy), [online("anna")]);

    anna.active(false, 3_000);
    ben.active(false, 3_000);
    for departure in hub.departures(200_000) {
        hub.tell_departure(departure, &[user("cy")]);
    }
    assert_eq!((seen(&anna), seen(&ben)), (vec![], vec![]), "they hear nothing more of each other");
    assert_eq!(seen(&cy).len(), 2);

    ben.active(true, 300_000);
    ben.show_presence(vec![user("anna"), user("cy")], 2_000);
    assert_eq!(seen(&anna), [online("ben")], "and of those who may be seen again");
}

#[test]
fn a_user_is_online_as_long_as_one_device_is_and_is_recorded_every_five_minutes() {
    let hub = Hub::default();
    let (phone, laptop) = (join(&hub, "anna"), join(&hub, "anna"));
    phone.active(true, 0);
    laptop.active(true, 0);
    assert_eq!([phone.takes_record(0), laptop.takes_record(1), phone.takes_record(300_000)], [true, false, true]);
    phone.active(false, 301_000);
    drop(phone);
    assert_eq!(hub.last_active_ms(&user("anna"), 900_000), Some(900_000), "the laptop is active");
    laptop.active(false, 900_000);
    assert_eq!(hub.last_active_ms(&user("anna"), 950_000), Some(900_000));
    assert_eq!((hub.departures(1_020_000).len(), hub.present()), (1, 0));
    assert!(!laptop.takes_record(1_020_000), "nobody is there");
}
