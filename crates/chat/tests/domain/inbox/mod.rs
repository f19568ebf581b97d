//! Users with many conversations, and a device that applies the answers of `sync`.

mod catching_up;
mod histories;
mod late_reads;
mod list;

use crate::engine;
use crate::support::{User, World};
use jobline_chat::Settings;
use jobline_wire::{JobStatus, Message, Synced};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const ME: &str = "me";

/// The length of a cursor that fits into a request's URL behind any proxy.
pub(crate) const CURSOR_BYTES: usize = 6_000;

/// `many`, or fewer for a slower engine.
pub(crate) fn scaled(many: usize) -> usize {
    many * engine::LONG_CASES as usize / 256
}

pub(crate) fn name(number: usize) -> String {
    format!("user{number:04}")
}

/// A user with conversations with `others` people, in each of which the last message is "hello".
pub(crate) async fn world(others: usize, window_bytes: usize) -> World {
    let engine = engine::start_with_whole_pages().await;
    let settings = Settings { send_rate: 0, window_bytes, ..Settings::default() };
    let world = World::over(engine.store, settings, 1).await;
    let all: Vec<usize> = (0..others).collect();
    for (job, some) in (1..).zip(all.chunks(99)) {
        let names: Vec<String> = some.iter().map(|other| name(*other)).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push(ME);
        world.job(job, &names, JobStatus::Open).await;
    }
    for other in all {
        world.clock.forward(1_000);
        hear(&world, other, "hello").await;
    }
    world
}

/// `other` writes to me.
pub(crate) async fn hear(world: &World, other: usize, text: &str) {
    world.user(&name(other)).send(&world.user(ME), text).await.unwrap();
}

/// The state of a device, by conversation, from the answers of its polls alone.
#[derive(Default, Clone)]
pub(crate) struct Device {
    pub(crate) cursor: Option<String>,
    pub(crate) known: BTreeMap<String, BTreeMap<u64, Message>>,
    pub(crate) conversations: BTreeMap<String, jobline_wire::Conversation>,
    pub(crate) requests: usize,
}

impl Device {
    /// Polls once. Every message must be new, follow the last one, or have changed.
    pub(crate) async fn poll(&mut self, me: &User<'_>, limit: u32) -> Synced {
        let answer = me.sync_limit(self.cursor.as_deref(), Some(limit)).await.unwrap();
        self.requests += 1;
        assert_eq!(answer.reset, None, "nothing was lost");
        assert!(answer.cursor.len() <= CURSOR_BYTES, "a cursor of {} bytes", answer.cursor.len());
        assert!(answer.messages.len() <= limit as usize && answer.conversations.len() <= limit as usize);
        for message in &answer.messages {
            let known = self.known.entry(message.conversation_id.clone()).or_default();
            if let Some((last, _)) = known.last_key_value() {
                assert!(message.number <= last + 1, "after {last} came {message:?}");
            }
            let before = known.insert(message.number, message.clone());
            assert!(before.is_none_or(|before| before.updated_at < message.updated_at), "again: {message:?}");
        }
        let told = answer.conversations.iter().map(|one| (one.id.clone(), one.clone()));
        self.conversations.extend(told);
        self.cursor = Some(answer.cursor.clone());
        answer
    }

    /// Polls until there is nothing more.
    pub(crate) async fn catch_up(&mut self, me: &User<'_>, limit: u32) -> Vec<Synced> {
        let mut answers = Vec::new();
        loop {
            answers.push(self.poll(me, limit).await);
            if !answers.last().unwrap().has_more {
                return answers;
            }
            assert!(answers.len() < 5_000, "syncs without an end");
        }
    }

    /// The message with this text of each conversation on the device.
    pub(crate) fn heard(&self, text: &str) -> BTreeSet<&str> {
        let with_text = self.known.iter().filter(|(_, known)| known.values().any(|message| message.content == text));
        with_text.map(|(id, _)| id.as_str()).collect()
    }
}

pub(crate) fn ids(answers: &[Synced]) -> Vec<&str> {
    answers.iter().flat_map(|answer| &answer.conversations).map(|one| one.id.as_str()).collect()
}

pub(crate) fn conversation(other: usize) -> String {
    format!("conv_{ME}_{}", name(other))
}
