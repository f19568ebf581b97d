//! Calls of markAsRead by one user in one conversation, and which messages are read because of them.

/// One call.
#[derive(Debug, Clone)]
struct Call {
    ended: Option<u64>,
    answered: bool,
    /// The named message; `None` for everything.
    up_to: Option<u64>,
    /// The number up to which "everything" reached at least.
    accepted: u64,
}

#[derive(Debug, Default)]
pub struct Reads(Vec<Call>);

impl Reads {
    pub fn begin(&mut self, up_to: Option<u64>, accepted: u64) -> usize {
        self.0.push(Call { ended: None, answered: false, up_to, accepted });
        self.0.len() - 1
    }

    pub fn end(&mut self, call: usize, ended: u64, answered: bool) {
        self.0[call].ended = Some(ended);
        self.0[call].answered = answered;
    }

    /// Whether some call can have made the message with this number read, whose send began at `sent`.
    ///
    /// A call for everything covers what existed when it was carried out: nothing that was sent after it ended, even if its
    /// commit arrives later.
    pub fn may_cover(&self, number: u64, sent: u64) -> bool {
        self.0.iter().any(|call| match call.up_to {
            Some(up_to) => number <= up_to,
            None => call.ended.is_none_or(|ended| sent < ended),
        })
    }

    /// The number up to which everything was read for a request that begins at `begun`.
    pub fn surely_up_to(&self, begun: u64) -> u64 {
        let done = self.0.iter().filter(|call| call.answered && call.ended.is_some_and(|ended| ended < begun));
        done.map(|call| call.up_to.unwrap_or(call.accepted)).max().unwrap_or(0)
    }
}
