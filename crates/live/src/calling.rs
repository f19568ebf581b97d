//! Signals between the devices of a call: each goes to one named device, in order.

use crate::{frame, lookup::Lookup};
use jobline_chat::{CallDevices, UserId};
use std::collections::VecDeque;

/// For how long the participants of a call are cached, unless something changes for the user before, such as its end.
const BELIEVED_MS: u64 = 10_000;
/// The most signals that wait for a lookup of the devices. Further ones are dropped: browsers repeat a negotiation that fails.
const WAITING: usize = 32;

/// What the session has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignalStep {
    /// Find out who is in this call.
    Find(String),
    /// Hand a frame to a device of a user.
    Relay(UserId, String, String),
}

/// One device signals in one call at a time.
#[derive(Debug, Default)]
pub(crate) struct Signaller {
    /// The name of this device, if the client told one.
    device: Option<String>,
    call: String,
    devices: Option<(CallDevices, u64)>,
    lookup: Lookup,
    /// To which device, and what as JSON.
    waiting: VecDeque<(String, String)>,
}

impl Signaller {
    pub fn new(device: Option<String>) -> Self {
        Self { device, ..Self::default() }
    }

    /// A frame of the client: `data`, which is JSON, is for the device `to`.
    pub fn says(&mut self, call: String, to: String, data: String, now_ms: u64) -> Vec<SignalStep> {
        if self.call != call {
            *self = Self { device: self.device.take(), call, ..Self::default() };
        }
        if self.waiting.len() < WAITING {
            self.waiting.push_back((to, data));
        }
        self.go_on(now_ms)
    }

    /// The lookup of the devices has ended; `None` when the user may signal to nobody.
    pub fn found(&mut self, call: &str, devices: Option<CallDevices>, now_ms: u64) -> Vec<SignalStep> {
        if call != self.call {
            return Vec::new();
        }
        if !self.lookup.end() {
            return vec![SignalStep::Find(self.call.clone())];
        }
        let own = |devices: &CallDevices| self.device.as_ref().is_none_or(|device| *device == devices.own);
        self.devices = devices.filter(own).map(|devices| (devices, now_ms + BELIEVED_MS));
        if self.devices.is_none() {
            self.waiting.clear();
        }
        self.go_on(now_ms)
    }

    /// The participants may have changed: they are looked up again before another signal is relayed.
    pub fn forget_devices(&mut self) {
        self.devices = None;
        self.lookup.outdate();
    }

    fn go_on(&mut self, now_ms: u64) -> Vec<SignalStep> {
        match &self.devices {
            _ if self.waiting.is_empty() || !self.lookup.is_idle() => Vec::new(),
            Some((devices, until_ms)) if now_ms < *until_ms => {
                let call = &self.call;
                self.waiting.drain(..).filter_map(|(to, data)| relay(call, devices, &to, &data)).collect()
            }
            _ => self.lookup.begin().then(|| SignalStep::Find(self.call.clone())).into_iter().collect(),
        }
    }
}

fn relay(call: &str, devices: &CallDevices, to: &str, data: &str) -> Option<SignalStep> {
    let (user, device) = devices.others.iter().find(|(_, device)| device == to)?;
    Some(SignalStep::Relay(user.clone(), device.clone(), frame::signal(call, &devices.own, data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(own: &str) -> Option<CallDevices> {
        let others = vec![(UserId::new("ben").unwrap(), "laptop".to_owned())];
        Some(CallDevices { own: own.to_owned(), others })
    }

    fn say(signaller: &mut Signaller, to: &str, data: &str, now_ms: u64) -> Vec<SignalStep> {
        signaller.says("message_7".to_owned(), to.to_owned(), data.to_owned(), now_ms)
    }

    fn relayed(data: &str) -> SignalStep {
        let text = format!(r#"{{"op":"signal","callId":"message_7","from":"phone","data":{data}}}"#);
        SignalStep::Relay(UserId::new("ben").unwrap(), "laptop".to_owned(), text)
    }

    #[test]
    fn signals_keep_their_order_while_it_is_found_out_who_is_in_the_call() {
        let mut anna = Signaller::new(None);
        assert_eq!(say(&mut anna, "laptop", "1", 0), [SignalStep::Find("message_7".to_owned())]);
        assert!(say(&mut anna, "laptop", "2", 0).is_empty());
        assert_eq!(anna.found("message_7", devices("phone"), 5), [relayed("1"), relayed("2")]);
        assert_eq!(say(&mut anna, "laptop", "3", 6), [relayed("3")]);
        assert_eq!(say(&mut anna, "laptop", "4", 5 + BELIEVED_MS), [SignalStep::Find("message_7".to_owned())]);
    }

    #[test]
    fn nothing_goes_to_a_device_that_is_not_in_the_call_or_from_one() {
        let mut anna = Signaller::new(Some("phone".to_owned()));
        let _ = say(&mut anna, "tablet", "1", 0);
        assert!(anna.found("message_7", devices("phone"), 0).is_empty(), "the other one takes part with the laptop");
        let mut tablet = Signaller::new(Some("tablet".to_owned()));
        let _ = say(&mut tablet, "laptop", "1", 0);
        assert!(tablet.found("message_7", devices("phone"), 0).is_empty(), "the phone takes part, and not the tablet");
        let mut eve = Signaller::new(None);
        let _ = say(&mut eve, "laptop", "1", 0);
        assert!(eve.found("message_7", None, 0).is_empty());
        assert!(eve.waiting.is_empty());
    }

    #[test]
    fn after_something_moved_nothing_is_relayed_before_it_is_known_who_is_in_the_call() {
        let mut anna = Signaller::new(None);
        let _ = say(&mut anna, "laptop", "1", 0);
        assert_eq!(anna.found("message_7", devices("phone"), 0), [relayed("1")]);
        anna.forget_devices();
        assert_eq!(say(&mut anna, "laptop", "2", 1), [SignalStep::Find("message_7".to_owned())]);
        anna.forget_devices();
        assert_eq!(
            anna.found("message_7", devices("phone"), 2),
            [SignalStep::Find("message_7".to_owned())],
            "it may be older"
        );
        assert!(anna.found("message_7", None, 3).is_empty(), "the call is over");
        assert_eq!(say(&mut anna, "laptop", "3", 4), [SignalStep::Find("message_7".to_owned())]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut anna = Signaller::new(None);
        for number in 0..1_000 {
            let _ = say(&mut anna, "laptop", &number.to_string(), 0);
        }
        assert_eq!(anna.found("message_7", devices("phone"), 0).len(), WAITING);
    }
}
