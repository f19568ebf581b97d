//! The call in the row of its message: how far it has come, and what it lets happen next.
//!
//! Every step names who does it and when, and either changes the call, leaves it as it stands, or is refused because the
//! call is over for that device. Time ends a call that nobody ended: one that rang for too long reads as missed, and one
//! that was accepted is over after twelve hours.

use jobline_wire::{CallMedia, CallState, limits::RING_MS};
use serde::{Deserialize, Serialize};

/// After how long a call that nobody ended is over.
const LONGEST_MS: u64 = 12 * 3_600_000;

/// How far a call has come, as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Recorded {
    Ringing,
    Accepted,
    Declined,
    Cancelled,
    Missed,
    Ended,
    /// One of a later version: over, as far as this one can tell.
    #[default]
    #[serde(other)]
    Unknown,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallRow {
    pub video: bool,
    #[serde(default)]
    pub state: Recorded,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// The devices that take part, one for each member.
    #[serde(default)]
    pub devices: [Option<String>; 2],
}

/// What a member wants, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub member: usize,
    pub device: &'a str,
    /// Who called, and when.
    pub caller: usize,
    pub started: u64,
    /// The time that decides.
    pub now: u64,
    /// The time that is recorded: later than everything before it.
    pub at: u64,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The call was changed.
    Changed,
    /// It is as it was asked to be already.
    Stands,
    /// It is over, or another device has it.
    Over,
}

impl CallRow {
    /// A call of the member `caller` that begins to ring.
    pub fn new(media: CallMedia, caller: usize, device: &str) -> Self {
        let mut devices = [None, None];
        devices[caller] = Some(device.to_owned());
        Self { video: media == CallMedia::Video, state: Recorded::Ringing, accepted: None, ended: None, devices }
    }

    pub fn media(&self) -> CallMedia {
        if self.video { CallMedia::Video } else { CallMedia::Audio }
    }

    /// How far a call that began at `started` has come.
    pub fn state(&self, started: u64, now: u64) -> CallState {
        match self.state {
            Recorded::Ringing if now >= started + RING_MS => CallState::Missed,
            Recorded::Ringing => CallState::Ringing,
            Recorded::Accepted if now >= self.accepted.unwrap_or(started) + LONGEST_MS => CallState::Ended,
            Recorded::Accepted => CallState::Accepted,
            Recorded::Declined => CallState::Declined,
            Recorded::Cancelled => CallState::Cancelled,
            Recorded::Missed => CallState::Missed,
            Recorded::Ended | Recorded::Unknown => CallState::Ended,
        }
    }

    /// Whether time has ended it, and nobody has recorded that yet.
    pub fn is_over_by_time(&self, started: u64, now: u64) -> bool {
        let runs = matches!(self.state, Recorded::Ringing | Recorded::Accepted);
        runs && !matches!(self.state(started, now), CallState::Ringing | CallState::Accepted)
    }

    /// When it was over; `None` while it is not, and when nobody said so.
    pub fn ended_at(&self, started: u64, now: u64) -> Option<u64> {
        let missed = self.state(started, now) == CallState::Missed;
        self.ended.or(missed.then_some(started + RING_MS))
    }

    /// The first device of who was called wins.
    pub fn accept(&mut self, asked: Asked<'_>) -> Step {
        let own = self.devices[asked.member].as_deref() == Some(asked.device);
        match self.state(asked.started, asked.now) {
            CallState::Ringing | CallState::Accepted if own => Step::Stands,
            CallState::Ringing if asked.member != asked.caller => {
                self.devices[asked.member] = Some(asked.device.to_owned());
                (self.state, self.accepted) = (Recorded::Accepted, Some(asked.at));
                Step::Changed
            }
            _ => Step::Over,
        }
    }

    /// Who was called does not want it; by who called, it gives up. What is over stays as it is.
    pub fn decline(&mut self, asked: Asked<'_>) -> Step {
        match self.state(asked.started, asked.now) {
            CallState::Accepted => Step::Over,
            _ => self.end(asked),
        }
    }

    /// Ends it, whatever it does: also from another device of a member, for the one that took part may be gone.
    pub fn end(&mut self, asked: Asked<'_>) -> Step {
        let over = match self.state(asked.started, asked.now) {
            CallState::Ringing if asked.member == asked.caller => Recorded::Cancelled,
            CallState::Ringing => Recorded::Declined,
            CallState::Accepted => Recorded::Ended,
            CallState::Missed => return self.miss(asked),
            CallState::Declined | CallState::Cancelled | CallState::Ended => return Step::Stands,
        };
        (self.state, self.ended) = (over, Some(asked.at));
        Step::Changed
    }

    /// Records that it was missed, if it was, so that all who follow the log see it.
    pub fn miss(&mut self, asked: Asked<'_>) -> Step {
        if self.state != Recorded::Ringing || asked.now < asked.started + RING_MS {
            return Step::Stands;
        }
        (self.state, self.ended) = (Recorded::Missed, Some(asked.started + RING_MS));
        Step::Changed
    }
}

impl CallRow {
    /// When it is over though nobody ends it; `None` unless it was accepted and nobody has.
    pub fn abandoned_at(&self) -> Option<u64> {
        self.accepted.filter(|_| self.state == Recorded::Accepted).map(|accepted| accepted + LONGEST_MS)
    }

    /// Records that both have left it, if they have, so that all who follow the log see it. Nobody knows when they did.
    pub fn abandon(&mut self, asked: Asked<'_>) -> Step {
        if self.abandoned_at().is_none_or(|over| asked.now < over) {
            return Step::Stands;
        }
        self.state = Recorded::Ended;
        Step::Changed
    }
}

/// The call that runs in a conversation, in its row: a second one finds it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunningCall {
    /// Its message.
    pub id: String,
    pub started: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
}

impl RunningCall {
    /// Whether it still runs.
    pub fn runs(&self, now: u64) -> bool {
        match self.accepted {
            Some(accepted) => now < accepted + LONGEST_MS,
            None => now < self.started + RING_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CALLER: usize = 1;
    const STARTED: u64 = 1_000_000;

    #[derive(Debug, Clone, Copy)]
    enum What {
        Accept,
        Decline,
        End,
        Miss,
    }

    fn ask(call: &mut CallRow, what: What, member: usize, device: &str, now: u64) -> Step {
        let asked = Asked { member, device, caller: CALLER, started: STARTED, now, at: now };
        match what {
            What::Accept => call.accept(asked),
            What::Decline => call.decline(asked),
            What::End => call.end(asked),
            What::Miss => call.miss(asked),
        }
    }

    fn call() -> CallRow {
        CallRow::new(CallMedia::Video, CALLER, "phone")
    }

    #[test]
    fn one_device_wins_and_the_others_are_told() {
        let mut call = call();
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 1), Step::Changed);
        assert_eq!(ask(&mut call, What::Accept, 0, "tablet", STARTED + 2), Step::Over);
        assert_eq!(ask(&mut call, What::Decline, 0, "tablet", STARTED + 3), Step::Over);
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 4), Step::Stands);
        assert_eq!(call.state(STARTED, STARTED + 100_000), CallState::Accepted);
    }

    #[test]
    fn who_called_cannot_accept_and_gives_up_by_ending() {
        let mut call = call();
        assert_eq!(ask(&mut call, What::Accept, CALLER, "tablet", STARTED + 1), Step::Over);
        assert_eq!(ask(&mut call, What::End, CALLER, "phone", STARTED + 2), Step::Changed);
        assert_eq!(call.state(STARTED, STARTED + 3), CallState::Cancelled);
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 3), Step::Over);
    }

    #[test]
    fn what_rings_too_long_is_missed_though_nobody_says_so() {
        let mut call = call();
        let late = STARTED + RING_MS;
        assert_eq!(call.state(STARTED, late - 1), CallState::Ringing);
        assert_eq!((call.state(STARTED, late), call.ended_at(STARTED, late)), (CallState::Missed, Some(late)));
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", late), Step::Over);
        assert_eq!(ask(&mut call, What::Miss, CALLER, "", late), Step::Changed);
        assert_eq!(call.ended_at(STARTED, late + 9), Some(late));
    }

    #[test]
    fn a_call_that_both_have_left_is_over_without_a_duration() {
        let mut call = call();
        let _ = ask(&mut call, What::Accept, 0, "laptop", STARTED + 1);
        let late = STARTED + 1 + LONGEST_MS;
        assert_eq!((call.state(STARTED, late), call.ended_at(STARTED, late)), (CallState::Ended, None));
        let running = RunningCall { id: String::new(), started: STARTED, accepted: call.accepted };
        assert!(running.runs(late - 1) && !running.runs(late));
    }

    fn what() -> impl Strategy<Value = What> {
        prop::sample::select(vec![What::Accept, What::Decline, What::End, What::Miss])
    }

    proptest! {
        /// Any order of accepts, declines, ends and deaths (nothing more comes of who is dead).
        #[test]
        fn in_any_order_a_call_goes_forward_and_stays_over(
            steps in prop::collection::vec((what(), 0..2_usize, 0..3_usize, 0..20_000_u64), 0..20)
        ) {
            let (mut call, mut now, mut states) = (call(), STARTED, vec![CallState::Ringing]);
            for (what, member, device, later) in steps {
                now += later;
                let (before, stood) = (call.clone(), call.state(STARTED, now));
                let step = ask(&mut call, what, member, ["phone", "laptop", "tablet"][device], now);
                prop_assert_eq!(step == Step::Changed, call != before);
                let stands = call.state(STARTED, now);
                let is_over = |state| !matches!(state, CallState::Ringing | CallState::Accepted);
                prop_assert!(!is_over(stood) || stands == stood, "what is over stays as it was: {:?}", stood);
                prop_assert!(stood != CallState::Accepted || matches!(stands, CallState::Accepted | CallState::Ended));
                prop_assert_eq!(call.devices[CALLER].as_deref(), Some("phone"));
                prop_assert_eq!(call.devices[0].is_some(), call.accepted.is_some());
                prop_assert!(before.devices[0].is_none() || before.devices == call.devices, "one device has it");
                states.push(stands);
            }
            let accepted = states.contains(&CallState::Accepted);
            prop_assert!(!accepted || !states.contains(&CallState::Missed));
            if let (Some(accepted), Some(ended)) = (call.accepted, call.ended) {
                prop_assert!(ended >= accepted);
            }
        }
    }
}
