//! The inbox in random histories.

use super::*;
use crate::engine;
use crate::properties::runtime;
use crate::support::World;
use jobline_chat::Settings;
use jobline_wire::JobStatus;
use proptest::prelude::*;

/// An event of a history.
#[derive(Debug, Clone)]
enum Step {
    Hear(usize),
    Write(usize),
    /// The other user reads my messages.
    IsRead(usize),
    Read(usize),
    /// A device polls once.
    Poll(usize, u32),
    /// A device gets the state of another one, as if it had slept since then.
    Copy(usize, usize),
    /// A device is reset to having nothing.
    New(usize),
}

const OTHERS: usize = 12;

const DEVICES: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..OTHERS).prop_map(Step::Hear),
        4 => (0..OTHERS).prop_map(Step::Write),
        1 => (0..OTHERS).prop_map(Step::IsRead),
        1 => (0..OTHERS).prop_map(Step::Read),
        4 => (0..DEVICES, prop_oneof![1..4_u32, 4..13_u32, Just(50)]).prop_map(|(one, limit)| Step::Poll(one, limit)),
        1 => (0..DEVICES, 0..DEVICES).prop_map(|(device, from)| Step::Copy(device, from)),
        1 => (0..DEVICES).prop_map(Step::New),
    ]
}

/// Every message comes once to every device, whenever it polls, and in the end all have what is stored.
async fn every_message_comes_once(steps: Vec<Step>, window_bytes: usize) {
    let settings = Settings { send_rate: 0, window_bytes, ..Settings::default() };
    let world = World::over(engine::start().await.store, settings, 1).await;
    let names: Vec<String> = (0..OTHERS).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let me = world.user(ME);
    let mut devices = vec![Device::default(); DEVICES];
    for (number, step) in steps.into_iter().enumerate() {
        let text = format!("m{number}");
        match step {
            Step::Hear(other) => hear(&world, other, &text).await,
            Step::Write(other) => drop(me.send(&world.user(&name(other)), &text).await.unwrap()),
            Step::IsRead(other) => drop(world.user(&name(other)).read(&me).await),
            Step::Read(other) => drop(me.read(&world.user(&name(other))).await),
            Step::Poll(device, limit) => drop(devices[device].poll(&me, limit).await),
            Step::Copy(device, from) => devices[device] = devices[from].clone(),
            Step::New(device) => devices[device] = Device::default(),
        }
    }
    for device in &mut devices {
        device.catch_up(&me, 5).await;
    }
    let listed = me.conversations().await.unwrap().conversations;
    for device in &mut devices {
        device.catch_up(&me, 50).await;
        assert_eq!(device.known.len(), listed.len());
        for stored in &listed {
            let shown = &device.conversations[&stored.id];
            assert_eq!((&shown.last_message, &shown.unread_count), (&stored.last_message, &stored.unread_count));
            let other = world.user(stored.participants.iter().find(|user| *user != ME).unwrap());
            let stored = me.list(&other).await.unwrap().messages;
            let known = &device.known[&stored[0].conversation_id];
            assert_eq!(known.last_key_value().unwrap().1, stored.last().unwrap());
            // A receipt also brings messages from before the device's first one.
            let of_known = stored.iter().filter(|message| known.contains_key(&message.number));
            assert!(known.values().eq(of_known), "not as they are stored");
        }
    }
    world.store.reset();
    for device in &mut devices {
        device.poll(&me, 50).await;
    }
    let counts = world.store.reset();
    assert_eq!((counts.reads, counts.commits), (DEVICES as u64, 0), "an idle poll is one read");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: engine::LONG_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_comes_once_to_every_device(
        steps in prop::collection::vec(step(), 1..120),
        window_bytes in prop_oneof![Just(10), Just(200), Just(850), Just(4_000)],
    ) {
        runtime().block_on(every_message_comes_once(steps, window_bytes));
    }
}
