//! When a session reads, and when it pushes.
//!
//! At most one answer is on its way to the client. Changes in the meantime set one flag, whatever their number; the
//! client's `have` lets the next read begin, from the cursor that it names.

use crate::{
    frame::FRAME_BYTES,
    ports::{Answer, Refusal},
};

/// How long the client may take to say that it has an answer.
const HAVE_WITHIN_MS: u64 = 30_000;
/// How many messages are asked for; when they do not fit in a frame, fewer. One message always fits.
const SIZES: [u32; 3] = [20, 5, 1];
/// The first and the longest pause after a read that failed.
const PAUSE_MS: [u64; 2] = [1_000, 30_000];

/// What to do with an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Push it.
    Push(String),
    /// Nothing: it is empty, or another read is needed.
    Nothing,
    /// Close: the client's cursor is not valid.
    Refused,
}

#[derive(Debug)]
enum State {
    /// Neither a read nor an answer is under way.
    Idle,
    /// A read is running. Its answer is outdated when the client has named another cursor meanwhile.
    Reading { outdated: bool },
    /// An answer is on its way.
    Pushed { cursor: String, has_more: bool, at_ms: u64 },
    /// A read failed.
    Failed { again_ms: u64 },
}

/// The position of a client, and what it has to get.
#[derive(Debug)]
pub(crate) struct Flow {
    cursor: Option<String>,
    state: State,
    /// Something changed that the running read may not see.
    moved: bool,
    /// Until the client is known to have everything, even an empty answer is pushed.
    is_catching_up: bool,
    size: usize,
    failures: u32,
    /// A random number from which pauses after failures are made, so that sessions do not all retry at once.
    jitter: u64,
}

impl Flow {
    /// A client at `since`, for which nothing was read yet.
    pub fn new(since: Option<String>, jitter: u64) -> Self {
        let state = State::Idle;
        Self { cursor: since, state, moved: true, is_catching_up: true, size: 0, failures: 0, jitter }
    }

    /// The cursor up to which the client is known to have everything.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Whether the client does not have everything yet, as far as is known.
    pub fn is_catching_up(&self) -> bool {
        self.is_catching_up
    }

    /// Something moved.
    pub fn moved(&mut self) {
        self.moved = true;
    }

    /// Whether an answer was pushed and the client has not confirmed it.
    pub fn awaits_have(&self) -> bool {
        matches!(self.state, State::Pushed { .. })
    }

    /// The client has all up to `since`.
    pub fn have(&mut self, since: String) {
        match &mut self.state {
            State::Pushed { cursor, has_more, .. } => {
                self.moved |= *has_more || *cursor != since;
                self.state = State::Idle;
            }
            State::Reading { outdated } => *outdated = true,
            State::Idle | State::Failed { .. } => self.moved |= self.cursor.as_ref() != Some(&since),
        }
        self.cursor = Some(since);
    }

    /// Begins a read, if one is due: from which cursor, and of how many. The flag is cleared here, before the read: what
    /// moves from now on sets it again.
    pub fn begin(&mut self, now_ms: u64) -> Option<(Option<String>, u32)> {
        let free = match self.state {
            State::Idle => true,
            State::Failed { again_ms } => now_ms >= again_ms,
            State::Reading { .. } | State::Pushed { .. } => false,
        };
        if !free || !self.moved {
            return None;
        }
        self.moved = false;
        self.state = State::Reading { outdated: false };
        Some((self.cursor.clone(), SIZES[self.size]))
    }

    /// The running read has ended.
    pub fn answered(&mut self, answer: Result<Answer, Refusal>, now_ms: u64) -> Verdict {
        let outdated = matches!(self.state, State::Reading { outdated: true });
        self.state = State::Idle;
        match answer {
            _ if outdated => self.read_again(),
            Ok(answer) => self.take(answer, now_ms),
            Err(Refusal::Invalid) => Verdict::Refused,
            Err(Refusal::Unavailable) => {
                self.state = State::Failed { again_ms: now_ms + self.pause_ms() };
                self.failures += 1;
                self.read_again()
            }
        }
    }

    /// Whether the client takes too long.
    pub fn is_too_slow(&self, now_ms: u64) -> bool {
        matches!(self.state, State::Pushed { at_ms, .. } if now_ms >= at_ms + HAVE_WITHIN_MS)
    }

    /// When something is to be done next, if nothing happens before.
    pub fn due_ms(&self) -> Option<u64> {
        match self.state {
            State::Pushed { at_ms, .. } => Some(at_ms + HAVE_WITHIN_MS),
            State::Failed { again_ms } => Some(again_ms),
            State::Idle | State::Reading { .. } => None,
        }
    }

    fn take(&mut self, answer: Answer, now_ms: u64) -> Verdict {
        self.failures = 0;
        if answer.json.len() > FRAME_BYTES - 32 && self.size + 1 < SIZES.len() {
            self.size += 1;
            return self.read_again();
        }
        self.size = 0;
        let has_advanced = answer.has_more && self.cursor.as_ref() != Some(&answer.cursor);
        if answer.is_empty && (has_advanced || !self.is_catching_up) {
            self.cursor = Some(answer.cursor);
            self.moved |= has_advanced;
            return Verdict::Nothing;
        }
        self.is_catching_up = answer.has_more;
        self.state = State::Pushed { cursor: answer.cursor, has_more: answer.has_more, at_ms: now_ms };
        Verdict::Push(answer.json)
    }

    fn read_again(&mut self) -> Verdict {
        self.moved = true;
        Verdict::Nothing
    }

    /// Twice as long after each failure, and different for each session, for all fail at once.
    fn pause_ms(&self) -> u64 {
        let longest = (PAUSE_MS[0] << self.failures.min(10)).min(PAUSE_MS[1]);
        longest / 2 + self.jitter % (longest / 2 + 1)
    }
}
