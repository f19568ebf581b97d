//! Several servers over one store, and a bus that fails: in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "servers/world.rs"]
mod world;

use jobline_live::{News, Seen};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;
use world::{BusState, Client, World, user};

/// The longest delay of a change, even while the bus is down.
const LATEST_MS: u64 = 3_500;

#[tokio::test(start_paused = true)]
async fn a_change_at_one_server_wakes_clients_of_another_at_once() {
    let world = World::new(2).await;
    let ben = world.client(1, "ben");
    world.settle().await;
    let head_checks = world.head_checks();
    world.commit(0, &["ben"]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(ben.seen(), world.head("ben"));
    assert_eq!(world.head_checks(), head_checks, "no head was read for it");
}

#[tokio::test(start_paused = true)]
async fn messages_on_the_bus_are_encrypted() {
    let world = World::new(2).await;
    let (anna, ben) = (world.client(0, "anna-the-customer"), world.client(1, "ben-the-worker"));
    let talk = "conv_anna-the-customer_ben-the-worker";
    ben.ticket.watch(Some(talk));
    anna.ticket.types(talk, [user("ben-the-worker")].into());
    world.commit(0, &["ben-the-worker"]);
    world.settle().await;
    assert_eq!(ben.typing(), [(user("anna-the-customer"), true)], "ben's server alone can decrypt it");
    let sent = world.sent();
    assert!(sent.len() > 2);
    for batch in sent {
        let text = String::from_utf8_lossy(&batch).into_owned();
        assert!(!text.contains("anna") && !text.contains("ben") && !text.contains("typing"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_bus_is_down_clients_poll_and_servers_check_heads() {
    for bus_state in [BusState::Down, BusState::Stalled] {
        let world = World::new(2).await;
        let ben = world.client(1, "ben");
        world.settle().await;
        world.bus(bus_state);
        world.commit(0, &["ben"]);
        tokio::time::sleep(Duration::from_millis(LATEST_MS)).await;
        assert_eq!(ben.seen(), world.head("ben"), "{bus_state:?}");
        assert_eq!(ben.degraded(), Some(true), "{bus_state:?}");
        let cy = world.client(1, "cy");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(cy.degraded(), Some(true), "one who comes meanwhile is told, too");
        world.bus(BusState::Up);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!((ben.degraded(), cy.degraded()), (Some(false), Some(false)), "{bus_state:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_cut_off_is_missed_by_the_others_until_it_says_goodbye() {
    let world = World::new(3).await;
    let ben = world.client(1, "ben");
    world.settle().await;
    world.cut_off(0, true);
    world.commit(0, &["ben"]);
    tokio::time::sleep(Duration::from_millis(LATEST_MS)).await;
    assert_eq!((ben.seen(), ben.degraded()), (world.head("ben"), Some(true)));
    world.cut_off(0, false);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(ben.degraded(), Some(false));
    world.stop(0).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(ben.degraded(), Some(false), "a server that stopped is not missed");
}

#[tokio::test(start_paused = true)]
async fn a_head_check_costs_at_most_a_thousand_reads_and_reaches_everybody() {
    let world = World::new(1).await;
    let clients: Vec<_> = (0..2_500).map(|number| world.client(0, &format!("user{number}"))).collect();
    world.bus(BusState::Down);
    world.settle().await;
    let (head_checks, reads) = (world.head_checks(), world.reads());
    let everybody: Vec<String> = (0..2_500).map(|number| format!("user{number}")).collect();
    world.commit_elsewhere(&everybody);
    tokio::time::sleep(Duration::from_secs(7)).await;
    let (head_checks, reads) = (world.head_checks() - head_checks, world.reads() - reads);
    assert!(head_checks > 0 && reads <= head_checks * 1_000, "{reads} reads in {head_checks} checks");
    assert!(clients.iter().all(|client| client.seen() == 1), "three checks reach all");
}

#[tokio::test(start_paused = true)]
async fn typing_is_seen_at_other_servers_and_ends_by_itself() {
    const TALK: &str = "conv_anna_ben";
    let world = World::new(2).await;
    let (anna, ben, eve) = (world.client(0, "anna"), world.client(1, "ben"), world.client(1, "eve"));
    for watcher in [&ben, &eve] {
        watcher.ticket.watch(Some(TALK));
    }
    anna.ticket.types(TALK, [user("ben")].into());
    world.settle().await;
    assert_eq!((ben.typing(), eve.typing()), (vec![(user("anna"), true)], vec![]));
    anna.ticket.stops_typing();
    world.settle().await;
    assert_eq!(ben.typing(), [(user("anna"), false)]);
    anna.ticket.types(TALK, [user("ben")].into());
    world.settle().await;
    assert_eq!(ben.typing(), [(user("anna"), true)]);
    world.bus(BusState::Down);
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(ben.typing(), [(user("anna"), false)], "its end was lost with the bus");
}

#[tokio::test(start_paused = true)]
async fn a_block_at_one_server_reaches_both_users_at_every_server() {
    let world = World::new(3).await;
    let (anna, ben, eve) = (world.client(1, "anna"), world.client(2, "ben"), world.client(2, "eve"));
    world.hub(0).relations_changed(&[&user("anna"), &user("ben")]);
    world.settle().await;
    assert_eq!([anna.relations(), ben.relations(), eve.relations()], [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn signals_of_a_call_reach_a_device_at_another_server() {
    let world = World::new(2).await;
    let (phone, laptop) = (world.client(1, "ben"), world.client(1, "ben"));
    phone.ticket.device("phone".to_owned());
    laptop.ticket.device("laptop".to_owned());
    for number in 0..3 {
        world.hub(0).signal(&user("ben"), "laptop", format!("signal {number}"));
    }
    world.settle().await;
    assert_eq!(laptop.signals(), ["signal 0", "signal 1", "signal 2"]);
    assert!(phone.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn online_status_is_seen_at_other_servers() {
    let world = World::new(2).await;
    let (anna, ben) = (world.client(0, "anna"), world.client(1, "ben"));
    anna.comes(&world, &["ben"]);
    world.settle().await;
    assert!(matches!(&ben.shown()[..], [Seen { online: true, .. }]), "who comes is shown");
    let late = world.client(1, "ben");
    late.ticket.show_presence(vec![user("anna")], world.now_ms());
    world.settle().await;
    assert!(matches!(&late.shown()[..], [Seen { online: true, .. }]), "and to who connects later");
    assert_eq!(world.hub(1).last_active_ms(&user("anna"), world.now_ms()), Some(world.now_ms()));
    anna.ticket.active(false, world.now_ms());
    tokio::time::sleep(Duration::from_secs(130)).await;
    world.tell_departures(&["ben"]);
    world.settle().await;
    world.tell_departures(&["ben"]);
    world.settle().await;
    assert!(matches!(&ben.shown()[..], [.., Seen { online: false, last_ms: Some(_), .. }]), "{:?}", ben.shown());
    assert_eq!(world.hub(1).last_active_ms(&user("anna"), world.now_ms()), None);
}

#[tokio::test(start_paused = true)]
async fn users_who_no_longer_see_each_other_are_notified_at_other_servers() {
    let world = World::new(2).await;
    let (anna, ben) = (world.client(0, "anna"), world.client(1, "ben"));
    anna.comes(&world, &["ben"]);
    ben.comes(&world, &["anna"]);
    world.settle().await;
    anna.ticket.show_presence(Vec::new(), world.now_ms());
    // Longer than it takes until it is told again who is online.
    tokio::time::sleep(Duration::from_secs(70)).await;
    let last = |client: &Client| client.shown().last().cloned();
    let away = |name| Some(Seen { user: user(name), online: false, last_ms: None });
    assert_eq!((last(&anna), last(&ben)), (away("ben"), away("anna")), "{:?} {:?}", anna.shown(), ben.shown());
    anna.ticket.show_presence(vec![user("ben")], world.now_ms());
    world.settle().await;
    assert!(matches!(last(&ben), Some(Seen { online: true, .. })), "{:?}", ben.shown());
}

#[tokio::test(start_paused = true)]
async fn a_user_online_at_two_servers_stays_online_when_they_leave_one() {
    let world = World::new(3).await;
    let (phone, laptop) = (world.client(0, "anna"), world.client(1, "anna"));
    let ben = world.client(2, "ben");
    phone.comes(&world, &["ben"]);
    laptop.comes(&world, &["ben"]);
    world.settle().await;
    phone.ticket.active(false, world.now_ms());
    tokio::time::sleep(Duration::from_secs(125)).await;
    world.tell_departures(&["ben"]);
    world.settle().await;
    world.tell_departures(&["ben"]);
    world.settle().await;
    assert!(ben.shown().iter().all(|seen| seen.online), "{:?}", ben.shown());
}

/// Faults of the bus come and go at any moment, servers are cut off, single batches are lost: every commit is seen in time.
#[tokio::test(start_paused = true)]
async fn whatever_happens_to_the_bus_nothing_is_seen_late() {
    let seeds = std::env::var("SIM_SEEDS").ok().map_or(30, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        let mut dice = StdRng::seed_from_u64(seed);
        let world = World::new(3).await;
        let names = ["anna", "ben", "cy"];
        let clients: Vec<_> = (0..9).map(|number| world.client(number % 3, names[number / 3])).collect();
        world.settle().await;
        let mut commits: Vec<(u64, &str, u64)> = Vec::new();
        for step in 0..200 {
            match dice.random_range(0..10) {
                0 => world.bus(BusState::Down),
                1 => world.bus(BusState::Stalled),
                2 => world.bus(BusState::LosesHalf),
                3 => world.cut_off(dice.random_range(0..3), true),
                4 | 5 => {
                    world.bus(BusState::Up);
                    (0..3).for_each(|server| world.cut_off(server, false));
                }
                _ => {
                    let name = names[dice.random_range(0..3)];
                    world.commit(dice.random_range(0..3), &[name]);
                    commits.push((world.now_ms(), name, world.head(name)));
                }
            }
            tokio::time::sleep(Duration::from_millis(dice.random_range(1..1_500))).await;
            let due = world.now_ms() - LATEST_MS;
            commits.retain(|(at_ms, name, version)| {
                let clients = clients.iter().filter(|client| client.name == *name);
                let behind = clients.filter(|client| client.seen() < *version).count();
                assert!(*at_ms > due || behind == 0, "seed {seed}, step {step}: {name} is behind at {behind} devices");
                *at_ms > due
            });
        }
        assert_eq!(clients[0].ticket.take(), News::default());
    }
}
