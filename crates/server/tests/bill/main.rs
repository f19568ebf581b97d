//! A small part of a month of use, through the real router over the emulator of DynamoDB: the use of each operation must be
//! that in the table of `docs/cost.md`. `cargo xtask bill` multiplies it by the prices.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod doubles;
mod live;
mod meter;
mod month;
mod table;
mod webhooks;
mod world;

use month::{CONVERSATIONS, DAYS, SMALLER};
use table::Table;
use world::World;

#[tokio::test]
async fn the_month_uses_what_the_page_says() {
    let world = World::new().await;
    let usage = month::run(&world).await;
    let table = Table::of(&usage, SMALLER, world.stored_bytes().await);

    let polls: u64 = usage.iter().filter(|(name, _)| name.starts_with("list")).map(|(_, used)| used.times).sum();
    let sends: u64 = usage.iter().filter(|(name, _)| name.starts_with("send")).map(|(_, used)| used.times).sum();
    assert_eq!((polls * SMALLER, sends * SMALLER), (1_000_000, 30_000), "the founding document's month");
    assert_eq!(CONVERSATIONS * DAYS * SMALLER, 100 * 30);

    let idle = &usage["list, nothing new"];
    // Once a minute the server reads whether the user was deleted: with a poll every 3 s, a twentieth more.
    let reads = 1.06 * idle.times_f64();
    assert!(idle.read_units <= 0.5 * reads, "an idle poll is half a read unit: {idle:?}");
    assert!(idle.write_units == 0.0 && idle.read_units == 0.5 * idle.reads as f64, "and reads alone: {idle:?}");
    // With a clientId. A file adds one row.
    let send = &usage["send"];
    assert!(send.write_units <= 10.0 * send.times_f64() && send.read_units <= 2.6 * send.times_f64(), "{send:?}");
    table.compare_or_update();

    world.customer(0).send_without_client_id(&world, "Hi!").await;
    let plain = world.usage()["send without a clientId"].write_units;
    assert_eq!(plain, send.write_units / send.times_f64() - 2.0, "a clientId is one row, as `cargo xtask bill` has it");
}

/// The messages are the same; only the polls differ.
#[tokio::test]
async fn the_live_month_uses_what_the_page_says() {
    let world = World::live().await;
    let (usage, charged) = live::run(&world).await;
    let sends: u64 = usage.iter().filter(|(name, _)| name.starts_with("send")).map(|(_, used)| used.times).sum();
    assert_eq!(sends * SMALLER, 30_000, "the founding document's month");
    let connections = usage["connecting"];
    assert_eq!(connections.times * SMALLER, 12_000, "one for each session");
    assert!(connections.write_units <= 2.0 * connections.times_f64(), "two rows: {connections:?}");
    assert!(charged.messages > 0 && charged.open_ms > 0, "{charged:?}");
    Table::of_live(&usage, SMALLER, charged).compare_or_update();
}

/// The same month again, and the host gets every event.
#[tokio::test]
async fn the_month_with_webhooks_uses_what_the_page_says() {
    let world = World::with_webhooks().await;
    let usage = month::run(&world).await;
    let sent = world.host.as_ref().unwrap().sent();
    let times = |begins: &str| -> u64 {
        usage.iter().filter(|(name, _)| name.starts_with(begins)).map(|(_, used)| used.times).sum()
    };
    assert_eq!(
        (times("list") * SMALLER, times("send") * SMALLER),
        (1_000_000, 30_000),
        "the founding document's month"
    );
    // Each message is sent and read, and one of each day is unread for so long that the host is told.
    let unread = CONVERSATIONS * DAYS;
    assert!(usage["delivering, by the schedule"].times >= unread, "{usage:?}");
    let told = times("send") + unread;
    assert!(sent.events > told && sent.events <= 2 * times("send") + unread, "and what was read: {sent:?}");
    let delivered = usage["delivering, by the stream"];
    assert!(
        delivered.times >= times("send") && delivered.times <= times("send") + times("markAsRead"),
        "{delivered:?}"
    );
    Table::with_webhooks(&usage, SMALLER, world.stored_bytes().await, sent).compare_or_update();
}

/// A poll is billed for its own time and for that of the table. This test measures the same request to the table without
/// the program, and subtracts it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_poll_takes_less_than_3_ms_besides_the_table() {
    let world = World::new().await;
    world.begin(1).await;
    let (poll, read) = world.idle_poll_ms().await;
    println!("an idle poll takes {poll:.2} ms, of which {read:.2} ms are the emulator's");
    assert!(poll - read < 3.0, "{poll:.2} ms, of which {read:.2} ms are the emulator's");
}
