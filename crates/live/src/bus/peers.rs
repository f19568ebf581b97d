//! Whether a server receives everything that the others send.
//!
//! Every server numbers its batches, and sends one at least every half second, an empty one if need be. So a lost batch
//! is detected by the number of the next one, and a bus that is down, or a server that is cut off from it, by the
//! silence.

use super::batch::Name;
use std::collections::HashMap;

/// How often a server sends at least.
pub(super) const PROBE_MS: u64 = 500;
/// After how long a silence something is missing.
const SILENT_MS: u64 = 1_500;
/// For how long batches of all servers must arrive before nothing counts as missing.
const WHOLE_MS: u64 = 3_000;
/// After how long a server that fell silent without a goodbye is removed.
const FORGOTTEN_MS: u64 = 600_000;
/// The most servers that are followed.
const SERVERS_MOST: usize = 1_000;

/// What a batch says about what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// It is the next one.
    Next,
    /// At least one before it was lost.
    Gap,
    /// The first of a server that was not known.
    New,
    /// It came before.
    Again,
}

struct Peer {
    number: u64,
    heard_ms: u64,
}

/// The servers that are known, this one among them: it receives its own batches.
pub(super) struct Peers {
    me: Name,
    all: HashMap<Name, Peer>,
    /// Since when nothing is missing.
    whole_since_ms: Option<u64>,
    is_down: bool,
}

impl Peers {
    /// This server, which begins at `now_ms`.
    pub fn new(me: Name, now_ms: u64) -> Self {
        let all = HashMap::from([(me, Peer { number: 0, heard_ms: now_ms })]);
        Self { me, all, whole_since_ms: None, is_down: false }
    }

    /// A batch arrived. A goodbye: its sender is not missed from then on.
    pub fn hear(&mut self, name: Name, number: u64, leaves: bool, now_ms: u64) -> Received {
        if leaves {
            let lost = self.all.remove(&name).is_some_and(|peer| peer.number + 1 < number);
            return if lost { Received::Gap } else { Received::Next };
        }
        match self.all.get_mut(&name) {
            Some(peer) if number <= peer.number => Received::Again,
            Some(peer) => {
                let is_next = number == peer.number + 1;
                *peer = Peer { number, heard_ms: now_ms };
                if is_next { Received::Next } else { Received::Gap }
            }
            None => {
                if self.all.len() < SERVERS_MOST {
                    self.all.insert(name, Peer { number, heard_ms: now_ms });
                }
                Received::New
            }
        }
    }

    /// Whether something may be missing now.
    pub fn is_down(&mut self, now_ms: u64) -> bool {
        self.all.retain(|name, peer| *name == self.me || now_ms < peer.heard_ms + FORGOTTEN_MS);
        if self.all.values().any(|peer| now_ms >= peer.heard_ms + SILENT_MS) {
            (self.whole_since_ms, self.is_down) = (None, true);
        } else if now_ms >= *self.whole_since_ms.get_or_insert(now_ms) + WHOLE_MS {
            self.is_down = false;
        }
        self.is_down
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_what_was_lost() {
        let mut peers = Peers::new(1, 0);
        assert_eq!(peers.hear(2, 5, false, 0), Received::New);
        assert_eq!(peers.hear(2, 6, false, 0), Received::Next);
        assert_eq!(peers.hear(2, 6, false, 0), Received::Again);
        assert_eq!(peers.hear(2, 8, false, 0), Received::Gap);
        assert_eq!(peers.hear(2, 10, true, 0), Received::Gap, "the goodbye tells it too");
        assert_eq!(peers.hear(2, 11, true, 0), Received::Next);
    }

    #[test]
    fn silence_of_any_server_is_noticed_and_mends_itself() {
        let mut peers = Peers::new(1, 1_000);
        peers.hear(2, 1, false, 1_000);
        assert!(!peers.is_down(2_499), "a moment of silence is none");
        peers.hear(1, 1, false, 2_499);
        assert!(peers.is_down(2_500), "the other one is silent");
        peers.hear(2, 2, false, 2_600);
        assert!(peers.is_down(2_600), "one word is not enough");
        for at in [3_500, 4_500, 5_500] {
            peers.hear(1, at, false, at);
            peers.hear(2, at, false, at);
            assert!(peers.is_down(at));
        }
        peers.hear(1, 9_000, false, 5_700);
        assert!(!peers.is_down(5_700));
    }

    #[test]
    fn a_server_that_says_goodbye_is_not_missed_and_one_that_dies_is_forgotten() {
        let mut peers = Peers::new(1, 0);
        peers.hear(2, 1, false, 0);
        peers.hear(3, 1, false, 0);
        peers.hear(2, 2, true, 0);
        let mut number = 1;
        let mut down_at = |peers: &mut Peers, now| {
            number += 1;
            peers.hear(1, number, false, now);
            peers.is_down(now)
        };
        assert!(down_at(&mut peers, 2_000), "server 3 died");
        assert!(down_at(&mut peers, FORGOTTEN_MS));
        assert!(!down_at(&mut peers, FORGOTTEN_MS + WHOLE_MS));
    }
}
