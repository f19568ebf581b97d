//! Why a connection ends, and when its client may come back.

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closing {
    /// The server stops.
    Stopping,
    /// The client broke the WebSocket protocol.
    BrokenProtocol,
    /// A text frame was not UTF-8.
    NotText,
    /// A frame that is no JSON object of the contract, or one out of place.
    NotUnderstood,
    /// A frame beyond [`crate::FRAME_BYTES`].
    TooLarge,
    /// The token expired, or the new one is not good for the same user.
    Token,
    /// The client did not confirm within 30 s what it was sent, or was silent for 90 s.
    TooSlow,
    /// A newer connection of the same user took its place.
    Replaced,
    /// More frames than are allowed.
    Flood,
    /// There is no room for another connection.
    Full,
    /// Live connections are not offered to this user.
    NotOffered,
}

/// The pause after which a client that broke a rule may connect again; until then it polls.
const TEN_MINUTES_MS: u64 = 600_000;

impl Closing {
    /// The closing code of the WebSocket.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Stopping => 1001,
            Self::BrokenProtocol => 1002,
            Self::NotText => 1007,
            Self::NotUnderstood => 1008,
            Self::TooLarge => 1009,
            Self::Token => 4401,
            Self::TooSlow => 4408,
            Self::Replaced => 4409,
            Self::Flood => 4429,
            Self::Full => 1013,
            Self::NotOffered => 4403,
        }
    }

    /// The reason in a word, for `bye` and the closing frame.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::BrokenProtocol => "broken_protocol",
            Self::NotText => "not_text",
            Self::NotUnderstood => "not_understood",
            Self::TooLarge => "too_large",
            Self::Token => "token",
            Self::TooSlow => "too_slow",
            Self::Replaced => "replaced",
            Self::Flood => "too_many_frames",
            Self::Full => "full",
            Self::NotOffered => "not_offered",
        }
    }

    /// When the client may connect again, in milliseconds. `connections` is how many are open and `dice` a random number: a
    /// stop tells everyone another moment, so that at most about 500 a second come back.
    #[must_use]
    pub fn retry_after_ms(self, connections: usize, dice: u64) -> u64 {
        match self {
            Self::Stopping => dice % (connections as u64 * 2).max(1_000),
            // With a fresh token, at once.
            Self::Token => 0,
            Self::TooSlow => 1_000 + dice % 4_000,
            Self::Full => 10_000 + dice % 20_000,
            Self::Replaced
            | Self::NotOffered
            | Self::Flood
            | Self::NotUnderstood
            | Self::NotText
            | Self::BrokenProtocol
            | Self::TooLarge => TEN_MINUTES_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Closing;

    #[test]
    fn a_stop_spreads_those_who_come_back_to_five_hundred_a_second() {
        let latest = (0..100_000).map(|dice| Closing::Stopping.retry_after_ms(10_000, dice)).max();
        assert_eq!(latest, Some(19_999), "10,000 connections at 500 a second");
        let latest = (0..100_000).map(|dice| Closing::Stopping.retry_after_ms(3, dice)).max();
        assert_eq!(latest, Some(999), "a few within a second");
    }
}
