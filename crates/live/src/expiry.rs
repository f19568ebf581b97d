//! When a token ends, and with it the connection.

/// How long before its end the client is notified.
const TOLD_BEFORE_MS: u64 = 30_000;
/// How far the clocks of issuer and server may be apart, as for every request.
const LEEWAY_MS: u64 = 60_000;

/// The expiry of a connection's token.
#[derive(Debug)]
pub(crate) struct Expiry {
    expires_ms: u64,
    told: bool,
}

impl Expiry {
    pub fn new(expires_ms: u64) -> Self {
        Self { expires_ms, told: false }
    }

    /// `exp` of the token, in Unix milliseconds.
    pub fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    /// Whether the connection has to end.
    pub fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.ends_ms()
    }

    /// Whether the client is to be told now that the token ends soon; said once for each token.
    pub fn tells(&mut self, now_ms: u64) -> bool {
        let tells = !self.told && now_ms >= self.tells_ms();
        self.told |= tells;
        tells
    }

    /// When something is to be done next.
    pub fn due_ms(&self) -> u64 {
        if self.told { self.ends_ms() } else { self.tells_ms() }
    }

    fn tells_ms(&self) -> u64 {
        self.expires_ms.saturating_sub(TOLD_BEFORE_MS)
    }

    fn ends_ms(&self) -> u64 {
        self.expires_ms.saturating_add(LEEWAY_MS)
    }
}
