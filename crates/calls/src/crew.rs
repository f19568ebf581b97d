//! The call of a crew: members join by accepting while it runs, up to four, and it is over when only one is left.
//!
//! A member participates with one device, the first that accepts, and may rejoin after leaving. The call stops ringing
//! for a member who declines; it continues without them, and is declined when all others have.

use crate::step::{Recorded, StepRequest, StepResult};
use jobline_wire::{CallState, limits::CALL_MEMBERS};
use serde::{Deserialize, Serialize};

/// The participants of a crew's call, and those who declined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CrewCall {
    /// The participants; once it is over, the last ones.
    #[serde(default)]
    on: Vec<Participant>,
    /// The members who do not want it, or have left it.
    #[serde(default)]
    declined: Vec<usize>,
}

/// A member in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Participant {
    member: usize,
    device: String,
    /// When they joined.
    since: u64,
}

impl CrewCall {
    /// The members who take part, each with their device.
    pub fn participants(&self) -> impl Iterator<Item = (usize, &str)> {
        self.on.iter().map(|one| (one.member, one.device.as_str()))
    }

    /// The members who declined it, or have left it.
    pub fn declined(&self) -> &[usize] {
        &self.declined
    }
}

impl CrewCall {
    /// A call that the member `caller` started with this device.
    pub(crate) fn begun_by(caller: usize, device: &str, at: u64) -> Self {
        let first = Participant { member: caller, device: device.to_owned(), since: at };
        Self { on: vec![first], declined: Vec::new() }
    }

    /// A device joins, if the call runs and is not full.
    pub(crate) fn accept(&mut self, state: CallState, asked: StepRequest<'_>) -> StepResult {
        let runs = matches!(state, CallState::Ringing | CallState::Accepted);
        if !runs || !asked.members.contains(&asked.member) {
            return StepResult::Over;
        }
        match self.device_of(asked.member) {
            Some(device) if device == asked.device => return StepResult::Unchanged,
            Some(_) => return StepResult::Over,
            None => {}
        }
        self.on.retain(|one| asked.members.contains(&one.member));
        if self.on.len() >= CALL_MEMBERS {
            return StepResult::Full;
        }
        self.declined.retain(|member| *member != asked.member);
        self.on.push(Participant { member: asked.member, device: asked.device.to_owned(), since: asked.at });
        StepResult::Changed
    }

    /// A member leaves the running call, or declines it. Also returns whether that ends it for all, and how.
    pub(crate) fn end(&mut self, state: CallState, asked: StepRequest<'_>) -> (StepResult, Option<Recorded>) {
        let takes_part = self.has(asked.member);
        let over = match state {
            CallState::Ringing if takes_part => Some(Recorded::Cancelled),
            CallState::Ringing if !self.somebody_may_accept(asked) => Some(Recorded::Declined),
            CallState::Accepted if takes_part && self.remain_without(asked) <= 1 => Some(Recorded::Ended),
            _ => None,
        };
        let is_new = !self.declined.contains(&asked.member);
        if is_new {
            self.declined.push(asked.member);
        }
        if over.is_none() {
            // The last participants stay recorded.
            self.on.retain(|one| one.member != asked.member);
        }
        (if is_new || takes_part || over.is_some() { StepResult::Changed } else { StepResult::Unchanged }, over)
    }

    /// Without those who joined after `end`.
    pub(crate) fn as_left(&mut self, end: u64) {
        self.on.retain(|one| one.since <= end);
        self.declined.clear();
    }

    /// Whether the member participates.
    pub(crate) fn has(&self, member: usize) -> bool {
        self.device_of(member).is_some()
    }

    fn device_of(&self, member: usize) -> Option<&str> {
        self.on.iter().find(|one| one.member == member).map(|one| one.device.as_str())
    }

    /// Whether it still rings for somebody once this member has declined.
    fn somebody_may_accept(&self, asked: StepRequest<'_>) -> bool {
        let mut others = asked.members.iter().filter(|member| ![asked.member, asked.caller].contains(member));
        others.any(|member| !self.declined.contains(member))
    }

    /// How many participants remain once this member has left. Former members of the crew count as having left the call.
    fn remain_without(&self, asked: StepRequest<'_>) -> usize {
        self.on.iter().filter(|one| one.member != asked.member && asked.members.contains(&one.member)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallRow;
    use jobline_wire::{CallMedia, limits::RING_MS};
    use proptest::prelude::*;

    const STARTED: u64 = 1_000_000;
    const MEMBERS: [usize; 6] = [0, 1, 2, 3, 4, 5];

    fn asked(member: usize, device: &'static str, later: u64) -> StepRequest<'static> {
        let now = STARTED + later;
        StepRequest { member, device, members: &MEMBERS, caller: 0, started: STARTED, now, at: now }
    }

    fn call() -> CallRow {
        CallRow::new_in_crew(CallMedia::Audio, 0, "phone", STARTED)
    }

    fn on(call: &CallRow) -> Vec<usize> {
        call.participants().into_iter().map(|(member, _)| member).collect()
    }

    #[test]
    fn members_join_by_accepting_until_four_participate() {
        let mut call = call();
        assert_eq!(call.accept(asked(1, "laptop", 1)), StepResult::Changed);
        assert_eq!(call.accept(asked(1, "tablet", 2)), StepResult::Over, "the laptop has it");
        assert_eq!(call.accept(asked(2, "watch", RING_MS + 5)), StepResult::Changed, "it runs, so it can be joined");
        assert_eq!(call.accept(asked(3, "phone", RING_MS + 6)), StepResult::Changed);
        assert_eq!(call.accept(asked(4, "phone", RING_MS + 7)), StepResult::Full);
        assert_eq!(call.end(asked(2, "watch", RING_MS + 8)), StepResult::Changed);
        assert_eq!(call.accept(asked(4, "phone", RING_MS + 9)), StepResult::Changed, "there is a place again");
        assert_eq!(on(&call), [0, 1, 3, 4]);
    }

    #[test]
    fn declining_again_with_nobody_left_to_accept_ends_the_call() {
        let mut call = call();
        let with = |member, members| StepRequest { members, ..asked(member, "phone", 1) };
        assert_eq!(call.decline(with(1, &[0, 1, 2])), StepResult::Changed);
        assert_eq!(call.state, Recorded::Ringing, "it rings on for the other one");
        assert_eq!(call.decline(with(1, &[0, 1])), StepResult::Changed, "who has left the crew since");
        assert_eq!(call.state, Recorded::Declined);
    }

    #[test]
    fn a_call_of_a_crew_ends_when_only_one_is_left_and_not_before() {
        let mut call = call();
        let _ = call.accept(asked(1, "laptop", 1));
        let _ = call.accept(asked(2, "laptop", 2));
        assert_eq!(call.end(asked(0, "phone", 3)), StepResult::Changed, "who called may go, and the others stay");
        assert_eq!((call.state, on(&call)), (Recorded::Accepted, vec![1, 2]));
        assert_eq!(call.end(asked(0, "phone", 4)), StepResult::Unchanged);
        assert_eq!(call.accept(asked(0, "phone", 5)), StepResult::Changed, "and may come back");
        let _ = call.end(asked(1, "laptop", 6));
        assert_eq!(call.end(asked(2, "tablet", 7)), StepResult::Changed);
        assert_eq!((call.state, call.ended, on(&call)), (Recorded::Ended, Some(STARTED + 7), vec![2, 0]));
        assert_eq!(call.accept(asked(1, "laptop", 8)), StepResult::Over);
    }

    #[test]
    fn a_call_of_a_crew_is_declined_when_all_have_declined() {
        let mut call = call();
        for member in 1..5 {
            assert_eq!(call.decline(asked(member, "phone", 1)), StepResult::Changed);
            assert_eq!(call.decline(asked(member, "tablet", 1)), StepResult::Unchanged);
            assert_eq!(call.state, Recorded::Ringing);
        }
        assert_eq!(call.decline(asked(5, "phone", 2)), StepResult::Changed);
        assert_eq!((call.state, call.ended), (Recorded::Declined, Some(STARTED + 2)));
    }

    #[test]
    fn members_who_declined_may_join_and_former_members_do_not_count_towards_the_limit() {
        let mut call = call();
        let _ = call.decline(asked(1, "phone", 1));
        assert_eq!(call.accept(asked(1, "phone", 2)), StepResult::Changed);
        let _ = call.accept(asked(2, "phone", 3));
        let _ = call.accept(asked(3, "phone", 3));
        let without_two = StepRequest { members: &[0, 1, 3, 4, 5], ..asked(4, "phone", 4) };
        assert_eq!(call.accept(without_two), StepResult::Changed);
        assert_eq!(on(&call), [0, 1, 3, 4]);
        let alone = StepRequest { members: &[4, 5], ..asked(4, "phone", 5) };
        assert_eq!((call.end(alone), call.state), (StepResult::Changed, Recorded::Ended), "the others left the crew");
    }

    #[test]
    fn the_caller_cancels_and_a_call_that_rings_too_long_is_missed() {
        let mut call = call();
        assert_eq!(call.accept(asked(0, "tablet", 1)), StepResult::Over);
        let mut given_up = call.clone();
        assert_eq!(given_up.end(asked(0, "tablet", 1)), StepResult::Changed);
        assert_eq!(given_up.state, Recorded::Cancelled);
        assert_eq!(call.accept(asked(1, "phone", RING_MS)), StepResult::Over);
        assert_eq!(call.end(asked(1, "phone", RING_MS)), StepResult::Changed);
        assert_eq!((call.state, call.ended), (Recorded::Missed, Some(STARTED + RING_MS)));
    }

    #[test]
    fn former_members_see_nothing_that_came_after_they_left() {
        let mut call = call();
        let _ = call.accept(asked(1, "phone", 10));
        let _ = call.accept(asked(2, "phone", 20));
        let _ = call.end(asked(0, "phone", 30));
        let mut seen = call.clone();
        seen.as_left(STARTED, STARTED + 15);
        assert_eq!((seen.state, seen.ended, on(&seen)), (Recorded::Ended, Some(STARTED + 15), vec![1]));
        let mut seen = call;
        seen.as_left(STARTED, STARTED + 5);
        assert_eq!((seen.state, seen.accepted, on(&seen)), (Recorded::Missed, None, vec![]));
    }

    proptest! {
        /// Any order of accepts, declines, ends and deaths (a dead device does nothing more).
        #[test]
        fn in_any_order_of_steps_a_call_never_goes_back_and_never_reopens(
            steps in prop::collection::vec((0..4_u8, 0..6_usize, 0..3_usize, 0..20_000_u64), 0..40)
        ) {
            let (mut call, mut later) = (call(), 0);
            for (what, member, device, passed) in steps {
                later += passed;
                let (before, asked) = (call.clone(), asked(member, ["phone", "laptop", "tablet"][device], later));
                let stood = call.state(STARTED, asked.now);
                let step = match what {
                    0 | 1 => call.accept(asked),
                    2 => call.decline(asked),
                    _ => call.end(asked),
                };
                let stands = call.state(STARTED, asked.now);
                prop_assert_eq!(step == StepResult::Changed, call != before);
                let ran = matches!(stood, CallState::Ringing | CallState::Accepted);
                prop_assert!(ran || stands == stood, "what is over stays as it was: {:?}", stood);
                prop_assert!(stood != CallState::Accepted || matches!(stands, CallState::Accepted | CallState::Ended));
                let members = on(&call);
                prop_assert!(members.len() <= CALL_MEMBERS);
                let twice = members.iter().enumerate().any(|(nth, one)| members[..nth].contains(one));
                prop_assert!(!twice, "one device for each: {:?}", members);
                prop_assert!(stands != CallState::Accepted || members.len() >= 2, "one alone is no call");
                prop_assert_eq!(call.over_since().is_some(), !matches!(call.state, Recorded::Ringing | Recorded::Accepted));
            }
        }
    }
}
