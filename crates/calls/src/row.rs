//! The call in the row of its message.

use crate::{
    crew::CrewCall,
    step::{LONGEST_MS, Recorded, StepRequest, StepResult},
};
use jobline_wire::{CallMedia, CallState, limits::RING_MS};
use serde::{Deserialize, Serialize};

/// The call in the row of its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// Whether it began with video.
    pub video: bool,
    /// The last recorded state.
    #[serde(default)]
    pub state: Recorded,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// The devices that take part in the call of a pair, one for each member.
    #[serde(default)]
    pub devices: [Option<String>; 2],
    /// In a crew: the participants, and those who declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<CrewCall>,
}

impl CallRow {
    /// A new call of a pair; the member `caller` started it.
    pub fn new(media: CallMedia, caller: usize, device: &str) -> Self {
        let mut devices = [None, None];
        devices[caller] = Some(device.to_owned());
        let video = media == CallMedia::Video;
        Self { video, state: Recorded::Ringing, accepted: None, ended: None, devices, crew: None }
    }

    /// A new call of a crew that rings from `at` on; the member `caller` started it.
    pub fn new_in_crew(media: CallMedia, caller: usize, device: &str, at: u64) -> Self {
        let crew = Some(CrewCall::begun_by(caller, device, at));
        let video = media == CallMedia::Video;
        Self { video, state: Recorded::Ringing, accepted: None, ended: None, devices: [None, None], crew }
    }

    /// The members who take part, each with their device.
    pub fn participants(&self) -> Vec<(usize, &str)> {
        match &self.crew {
            Some(crew) => crew.participants().collect(),
            None => {
                let devices = self.devices.iter().enumerate();
                devices.filter_map(|(member, device)| Some((member, device.as_deref()?))).collect()
            }
        }
    }

    /// The members who occur in it.
    pub fn members(&self) -> impl Iterator<Item = usize> {
        let declined = self.crew.iter().flat_map(|crew| crew.declined().iter().copied());
        self.participants().into_iter().map(|(member, _)| member).chain(declined)
    }

    /// What it began with.
    pub fn media(&self) -> CallMedia {
        if self.video { CallMedia::Video } else { CallMedia::Audio }
    }

    /// The state of a call that began at `started`.
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

    /// When it ended; `None` while it has not, and if nobody reported it.
    pub fn ended_at(&self, started: u64, now: u64) -> Option<u64> {
        let missed = self.state(started, now) == CallState::Missed;
        self.ended.or(missed.then_some(started + RING_MS))
    }

    /// When it ended, if that was recorded; `None` while it runs.
    pub fn over_since(&self) -> Option<u64> {
        let abandoned = self.accepted.filter(|_| self.state == Recorded::Ended).map(|accepted| accepted + LONGEST_MS);
        self.ended.or(abandoned)
    }

    /// The first device of the called user wins.
    pub fn accept(&mut self, asked: StepRequest<'_>) -> StepResult {
        let state = self.state(asked.started, asked.now);
        if let Some(crew) = &mut self.crew {
            let step = crew.accept(state, asked);
            if step == StepResult::Changed && state == CallState::Ringing {
                (self.state, self.accepted) = (Recorded::Accepted, Some(asked.at));
            }
            return step;
        }
        let own = self.devices[asked.member].as_deref() == Some(asked.device);
        match state {
            CallState::Ringing | CallState::Accepted if own => StepResult::Unchanged,
            CallState::Ringing if asked.member != asked.caller => {
                self.devices[asked.member] = Some(asked.device.to_owned());
                (self.state, self.accepted) = (Recorded::Accepted, Some(asked.at));
                StepResult::Changed
            }
            _ => StepResult::Over,
        }
    }

    /// The called user declines; for the caller this cancels the call. A call that is over does not change.
    pub fn decline(&mut self, asked: StepRequest<'_>) -> StepResult {
        let takes_part = self.crew.as_ref().is_none_or(|crew| crew.has(asked.member));
        match self.state(asked.started, asked.now) {
            CallState::Accepted if takes_part => StepResult::Over,
            _ => self.end(asked),
        }
    }

    /// Ends it, whether it rings or runs: also from another device of a member, since the one that took part may be gone.
    pub fn end(&mut self, asked: StepRequest<'_>) -> StepResult {
        let state = self.state(asked.started, asked.now);
        if let Some(crew) = self.crew.as_mut().filter(|_| matches!(state, CallState::Ringing | CallState::Accepted)) {
            let (step, over) = crew.end(state, asked);
            if let Some(over) = over {
                (self.state, self.ended) = (over, Some(asked.at));
            }
            return step;
        }
        let over = match state {
            CallState::Ringing if asked.member == asked.caller => Recorded::Cancelled,
            CallState::Ringing => Recorded::Declined,
            CallState::Accepted => Recorded::Ended,
            CallState::Missed => return self.miss(asked),
            CallState::Declined | CallState::Cancelled | CallState::Ended => return StepResult::Unchanged,
        };
        (self.state, self.ended) = (over, Some(asked.at));
        StepResult::Changed
    }

    /// Records that it was missed, if it was, so that all who follow the log see it.
    pub fn miss(&mut self, asked: StepRequest<'_>) -> StepResult {
        if self.state != Recorded::Ringing || asked.now < asked.started + RING_MS {
            return StepResult::Unchanged;
        }
        (self.state, self.ended) = (Recorded::Missed, Some(asked.started + RING_MS));
        StepResult::Changed
    }
}

impl CallRow {
    /// The call as a former member sees it who left the crew at `end`: over then, and without those who joined later.
    pub fn as_left(&mut self, started: u64, end: u64) {
        let Some(crew) = &mut self.crew else { return };
        crew.as_left(end);
        if self.ended.is_some_and(|ended| ended <= end) {
            return;
        }
        self.accepted = self.accepted.filter(|accepted| *accepted <= end);
        self.state = if self.accepted.is_some() { Recorded::Ended } else { Recorded::Missed };
        self.ended = Some(end.max(started));
    }

    /// When it ends by itself; `None` unless it was accepted and nobody has ended it.
    pub fn abandoned_at(&self) -> Option<u64> {
        self.accepted.filter(|_| self.state == Recorded::Accepted).map(|accepted| accepted + LONGEST_MS)
    }

    /// Records that both have left it, if they have, so that all who follow the log see it. The time is unknown.
    pub fn abandon(&mut self, asked: StepRequest<'_>) -> StepResult {
        if self.abandoned_at().is_none_or(|over| asked.now < over) {
            return StepResult::Unchanged;
        }
        self.state = Recorded::Ended;
        StepResult::Changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunningCall;
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

    fn ask(call: &mut CallRow, what: What, member: usize, device: &str, now: u64) -> StepResult {
        let asked = StepRequest { member, device, members: &[0, 1], caller: CALLER, started: STARTED, now, at: now };
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
    fn one_device_wins_and_the_others_are_notified() {
        let mut call = call();
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 1), StepResult::Changed);
        assert_eq!(ask(&mut call, What::Accept, 0, "tablet", STARTED + 2), StepResult::Over);
        assert_eq!(ask(&mut call, What::Decline, 0, "tablet", STARTED + 3), StepResult::Over);
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 4), StepResult::Unchanged);
        assert_eq!(call.state(STARTED, STARTED + 100_000), CallState::Accepted);
    }

    #[test]
    fn the_caller_cannot_accept_and_cancels_by_ending() {
        let mut call = call();
        assert_eq!(ask(&mut call, What::Accept, CALLER, "tablet", STARTED + 1), StepResult::Over);
        assert_eq!(ask(&mut call, What::End, CALLER, "phone", STARTED + 2), StepResult::Changed);
        assert_eq!(call.state(STARTED, STARTED + 3), CallState::Cancelled);
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", STARTED + 3), StepResult::Over);
    }

    #[test]
    fn a_call_that_rings_too_long_is_missed_without_a_request() {
        let mut call = call();
        let late = STARTED + RING_MS;
        assert_eq!(call.state(STARTED, late - 1), CallState::Ringing);
        assert_eq!((call.state(STARTED, late), call.ended_at(STARTED, late)), (CallState::Missed, Some(late)));
        assert_eq!(ask(&mut call, What::Accept, 0, "laptop", late), StepResult::Over);
        assert_eq!(ask(&mut call, What::Miss, CALLER, "", late), StepResult::Changed);
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
        /// Any order of accepts, declines, ends and deaths (a dead device does nothing more).
        #[test]
        fn in_any_order_of_steps_a_call_never_goes_back_and_never_reopens(
            steps in prop::collection::vec((what(), 0..2_usize, 0..3_usize, 0..20_000_u64), 0..20)
        ) {
            let (mut call, mut now, mut states) = (call(), STARTED, vec![CallState::Ringing]);
            for (what, member, device, later) in steps {
                now += later;
                let (before, stood) = (call.clone(), call.state(STARTED, now));
                let step = ask(&mut call, what, member, ["phone", "laptop", "tablet"][device], now);
                prop_assert_eq!(step == StepResult::Changed, call != before);
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
