//! The plan of a history, which its seed decides.

use super::{dice::Dice, mutant::Mutant};
use jobline_chat::Settings;

/// The kinds of histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A few users and jobs; every kind of event.
    Mixed,
    /// Two users with 16 devices in one busy conversation.
    Crowd,
    /// One user with more conversations than fit into the window of the head.
    Wide,
    /// Messages expire while devices are away.
    Expiring,
}

/// Which procedure a device polls with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polls {
    List,
    Sync,
    Conversations,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub kind: Kind,
    pub users: Vec<String>,
    /// The participants of job 1, 2, …, as indices into `users`.
    pub jobs: Vec<Vec<usize>>,
    /// The user of the device, and how it polls.
    pub devices: Vec<(usize, Polls)>,
    pub servers: usize,
    /// By how many commits eventual reads lag.
    pub lag: u64,
    /// The longest wait before and after a store call.
    pub delay_ms: u64,
    /// Rows on a page of the store.
    pub page_cap: usize,
    /// The chance that the server dies during a request.
    pub crash: f64,
    /// The chance that the answer is lost.
    pub lost: f64,
    /// Messages that each user intends to send.
    pub sends: usize,
    /// Steps of each device.
    pub steps: usize,
    /// Calls of the host.
    pub host_steps: usize,
    /// The longest wait of an actor between two steps.
    pub pause_ms: u64,
    /// How far a server's clock may be ahead or behind.
    pub skew_ms: u64,
    pub settings: Settings,
    /// Whether messages are edited, deleted, reacted and replied to.
    pub changes: bool,
    /// Lines that the host posts, and messages that it deletes.
    pub host_lines: usize,
    /// How often a user blocks or unblocks another.
    pub blocks: usize,
    /// The fault of the store, if it has one.
    pub mutant: Option<Mutant>,
    /// Whether everything that happens is traced. This does not change what happens.
    pub traced: bool,
}

const NAMES: [&str; 5] = ["anna", "ben", "carl_x", "d~ora", "eve.w|1@x"];
const HOUR_MS: u64 = 3_600_000;

impl Plan {
    /// The plan of `seed`.
    pub fn of(seed: u64) -> Self {
        match seed % 8 {
            5 => Self::crowd(seed),
            6 => Self::wide(seed),
            7 => Self::expiring(seed),
            _ => Self::mixed(seed),
        }
    }

    /// The plan of `seed`, over a store with this fault.
    pub fn with(seed: u64, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..Self::mixed(seed) }
    }

    /// The same history, over a store with this fault.
    pub fn over(self, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }

    /// The same history with tracing.
    pub fn written_down(&self) -> Self {
        Self { traced: true, ..self.clone() }
    }

    /// The plan of `seed` as it was before messages could change.
    pub fn without_changes(seed: u64) -> Self {
        Self { changes: false, host_lines: 0, ..Self::without_blocks(seed) }
    }

    /// The plan of `seed` as it was before users could block each other.
    pub fn without_blocks(seed: u64) -> Self {
        Self { blocks: 0, ..Self::of(seed) }
    }

    pub fn mixed(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let users: Vec<String> = NAMES[..dice.between(2, 5) as usize].iter().map(|name| (*name).to_owned()).collect();
        let jobs = (0..dice.between(1, 4)).map(|_| Self::some_of(users.len(), &mut dice)).collect();
        let mut devices = Vec::new();
        for user in 0..users.len() {
            for _ in 0..dice.between(2, 4) {
                devices.push((user, *dice.pick(&[Polls::List, Polls::List, Polls::Sync, Polls::Conversations])));
            }
        }
        let send_rate = if dice.chance(0.2) { 30 } else { 0 };
        let window_bytes = Self::window_bytes(seed, 4_000);
        let mut later = Dice::new(seed, "changes");
        let (edit_minutes, delete_hours) = (*later.pick(&[15, 20_000]), *later.pick(&[24, 1_000]));
        let defaults = Settings { edit_minutes, delete_hours, ..Settings::default() };
        let settings = Settings { send_rate, upload_rate: 0, window_bytes, ..defaults };
        Self {
            seed,
            kind: Kind::Mixed,
            users,
            jobs,
            devices,
            servers: dice.between(1, 4) as usize,
            lag: dice.up_to(12),
            delay_ms: dice.up_to(25),
            page_cap: *dice.pick(&[1, 3, 7, 50, usize::MAX]),
            crash: 0.06,
            lost: 0.06,
            sends: 10,
            steps: 22,
            host_steps: 6,
            pause_ms: dice.between(20, 400),
            skew_ms: *dice.pick(&[0, 2_000, 90_000, HOUR_MS]),
            settings,
            changes: true,
            host_lines: 10,
            blocks: 8,
            mutant: None,
            traced: false,
        }
    }

    pub fn crowd(seed: u64) -> Self {
        let kinds = [Polls::List, Polls::Sync, Polls::Conversations, Polls::List];
        Self {
            kind: Kind::Crowd,
            users: vec!["anna".into(), "ben".into()],
            jobs: vec![vec![0, 1]],
            devices: (0..16).map(|n| (n % 2, kinds[n / 2 % 4])).collect(),
            servers: 3,
            sends: 25,
            steps: 20,
            pause_ms: 60,
            delay_ms: 20,
            ..Self::mixed(seed)
        }
    }

    pub fn wide(seed: u64) -> Self {
        let plan = Self::mixed(seed);
        let partners = 22;
        let mut users = vec!["hub".to_owned()];
        users.extend((0..partners).map(|n| format!("a-partner-with-a-rather-long-id-{n:02}")));
        let mut devices =
            vec![(0, Polls::Sync), (0, Polls::Sync), (0, Polls::Conversations), (0, Polls::Conversations)];
        devices.extend((1..=partners).step_by(5).map(|user| (user, Polls::List)));
        devices.extend([(0, Polls::List), (3, Polls::Sync)]);
        Self {
            kind: Kind::Wide,
            users,
            jobs: (1..=partners).map(|partner| vec![0, partner]).collect(),
            devices,
            sends: 3,
            steps: 14,
            pause_ms: 300,
            settings: Settings {
                send_rate: 0,
                upload_rate: 0,
                window_bytes: Self::window_bytes(seed, 850),
                ..plan.settings
            },
            ..plan
        }
    }

    pub fn expiring(seed: u64) -> Self {
        let plan = Self::mixed(seed);
        let users = plan.users.iter().take(3).cloned().collect::<Vec<_>>();
        Self {
            kind: Kind::Expiring,
            jobs: vec![(0..users.len()).collect()],
            devices: plan.devices.iter().copied().filter(|(user, _)| *user < users.len()).collect(),
            users,
            pause_ms: 8 * HOUR_MS,
            skew_ms: plan.skew_ms.min(90_000),
            settings: Settings { send_rate: 0, upload_rate: 0, retention_days: 1, ..plan.settings },
            ..plan
        }
    }

    /// A random selection of at least two of `count`.
    fn some_of(count: usize, dice: &mut Dice) -> Vec<usize> {
        let mut some: Vec<usize> = (0..count).filter(|_| dice.chance(0.6)).collect();
        if some.len() < 2 {
            some = (0..count).collect();
        }
        some
    }

    /// The jobs that two users share, by id.
    pub fn shared(&self, one: usize, other: usize) -> Vec<u64> {
        let both = |users: &Vec<usize>| users.contains(&one) && users.contains(&other);
        (1..).zip(&self.jobs).filter(|(_, users)| both(users)).map(|(id, _)| id).collect()
    }

    /// The users with whom a user shares a job.
    pub fn partners(&self, user: usize) -> Vec<usize> {
        (0..self.users.len()).filter(|other| *other != user && !self.shared(user, *other).is_empty()).collect()
    }

    /// How long messages are kept.
    pub fn retention_ms(&self) -> Option<u64> {
        (self.settings.retention_days > 0).then(|| u64::from(self.settings.retention_days) * 24 * HOUR_MS)
    }

    /// The length of a head's window. In a third of the histories it is too short for four conversations.
    fn window_bytes(seed: u64, longer: usize) -> usize {
        if seed.is_multiple_of(3) { 10 } else { longer }
    }
}
