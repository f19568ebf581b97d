//! A small part of a month of use.
//!
//! Every conversation has ten messages a day, one of them a picture of 1 MB, in two sessions of about four minutes:
//!
//! - **together**: both have the chat open, five messages are sent in turn, and each is read at once;
//! - **apart**: one sends five messages and closes the app; hours later the other opens it and reads them.
//!
//! An app that is opened gets the changed conversations and the new messages of the chat from its stored cursors, marks
//! them as read, and polls every three seconds until it is closed.

use crate::meter::Usage;
use crate::world::{Device, World};

/// The real month has this many times the conversations and days.
pub const SMALLER: u64 = 100;
pub const CONVERSATIONS: u64 = 5;
pub const DAYS: u64 = 6;

pub const POLL_MS: u64 = 3_000;
pub const FILE_BYTES: u64 = 1_000_000;
/// Polls of one device in a session. Four sessions make 333⅓ polls a day for each conversation.
pub const POLLS: u64 = 83;
pub const HOUR_MS: u64 = 3_600_000;

pub const TEXTS: [&str; 5] = [
    "Hi! I can start on Monday, if that suits you.",
    "Great! What time would be good? The gate is open from seven, and somebody is at home the whole morning.",
    "8 AM works.",
    "Could you bring the long ladder? The wall behind the garage is about five metres high, and the neighbour has lent ours \
     to his brother. The paint is here already, two buckets of ten litres.",
    "Sure, no problem. See you then!",
];

/// Runs the month, with webhooks if `world` has a host for them, and returns what each kind of request used.
pub async fn run(world: &World) -> Usage {
    world.begin(CONVERSATIONS).await;
    let mut pairs: Vec<_> = (0..CONVERSATIONS).map(|worker| (world.customer(worker), world.worker(worker))).collect();
    for day in 0..DAYS {
        for (customer, worker) in &mut pairs {
            together(world, customer, worker, u64::from(day % 3 == 0)).await;
            world.clock.forward(HOUR_MS);
            world.run_schedule().await;
            let (writer, reader) = if day % 2 == 0 { (customer, worker) } else { (worker, customer) };
            left_for_later(world, writer, reader).await;
            world.clock.forward(HOUR_MS);
            world.run_schedule().await;
        }
        world.clock.forward(14 * HOUR_MS);
    }
    world.usage()
}

/// One of them makes `more` polls than usual.
async fn together(world: &World, one: &mut Device, other: &mut Device, more: u64) {
    one.open(world).await;
    other.open(world).await;
    // `open` was the first poll.
    for poll in 1..POLLS + more {
        world.clock.forward(POLL_MS / 2);
        one.poll(world).await;
        world.clock.forward(POLL_MS / 2);
        if poll < POLLS {
            other.poll(world).await;
        }
        if let Some(message) = due(poll) {
            let sender = if message % 2 == 0 { &mut *one } else { &mut *other };
            match message {
                2 => sender.send_file(world, TEXTS[message], FILE_BYTES).await,
                _ => sender.send(world, TEXTS[message]).await,
            }
        }
    }
}

async fn left_for_later(world: &World, writer: &mut Device, reader: &mut Device) {
    writer.open(world).await;
    for poll in 1..POLLS {
        world.clock.forward(POLL_MS);
        writer.poll(world).await;
        if let Some(message) = due(poll) {
            writer.send(world, TEXTS[message]).await;
        }
    }
    world.clock.forward(4 * HOUR_MS);
    world.run_schedule().await;
    reader.open(world).await;
    // One poll more than the writer, for the remaining third of a poll a day.
    for _ in 1..=POLLS {
        world.clock.forward(POLL_MS);
        reader.poll(world).await;
    }
}

/// The message that is sent after this poll of a session: one every 45 seconds.
pub fn due(poll: u64) -> Option<usize> {
    let message = usize::try_from(poll / 15).ok()?;
    (poll % 15 == 7 && message < TEXTS.len()).then_some(message)
}
