//! When a token ends, and with it the connection.

/// How long before the token expires the client is warned.
const WARNED_BEFORE_MS: u64 = 30_000;
/// How far the clocks of issuer and server may be apart, as for every request.
const LEEWAY_MS: u64 = 60_000;

/// The expiry of a connection's token.
#[derive(Debug)]
pub(crate) struct Expiry {
    expires_ms: u64,
    warned: bool,
}

impl Expiry {
    pub fn new(expires_ms: u64) -> Self {
        Self { expires_ms, warned: false }
    }

    /// `exp` of the token, in Unix milliseconds.
    pub fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    /// Whether the connection has to end.
    pub fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.ends_ms()
    }

    /// Whether the client is to be warned now that the token expires soon: `true` once for each token.
    pub fn takes_warning(&mut self, now_ms: u64) -> bool {
        let is_due = !self.warned && now_ms >= self.warns_ms();
        self.warned |= is_due;
        is_due
    }

    /// When something is to be done next.
    pub fn due_ms(&self) -> u64 {
        if self.warned { self.ends_ms() } else { self.warns_ms() }
    }

    fn warns_ms(&self) -> u64 {
        self.expires_ms.saturating_sub(WARNED_BEFORE_MS)
    }

    fn ends_ms(&self) -> u64 {
        self.expires_ms.saturating_add(LEEWAY_MS)
    }
}
