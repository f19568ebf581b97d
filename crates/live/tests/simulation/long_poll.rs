//! Polls that wait until something changed.

use super::{Check, Mutation, Way, World, number};
use jobline_live::{Kind, Ticket};

/// A poll that is answered when something moved.
pub struct LongPoll {
    /// `None`: it is not told of anything yet.
    ticket: Option<Ticket>,
    has_read: bool,
}

impl World {
    /// A poll that waits, and the next one after each answer, until the client turns to something else.
    pub fn long_poll(&mut self) -> Check {
        if self.connection.is_some() || self.long_poll.is_some() {
            return Ok(());
        }
        self.turn(Way::LongPoll);
        self.delivered = self.delivered.max(self.client.kept);
        // Its first read brings what was lost before it.
        self.lost = false;
        let ticket = if self.mutation == Mutation::WaitsLate { None } else { Some(self.join(Kind::Poll)?) };
        self.long_poll = Some(LongPoll { ticket, has_read: false });
        Ok(())
    }

    /// The poll that waits reads, is told of something, or is answered; `false` when it goes on waiting.
    pub fn go_on_waiting(&mut self) -> Result<bool, String> {
        let Some(LongPoll { ticket, has_read }) = &self.long_poll else { return Ok(false) };
        match (ticket, has_read) {
            (_, false) => {
                let answer = self.sync(Some(self.client.kept.to_string()), 50);
                self.client.kept = number(Some(&answer.cursor));
                if !answer.is_empty {
                    self.long_poll = None;
                    self.long_poll()?;
                } else if let Some(waiting) = &mut self.long_poll {
                    waiting.has_read = true;
                }
            }
            (None, true) => {
                let ticket = Some(self.join(Kind::Poll)?);
                self.long_poll = Some(LongPoll { ticket, has_read: true });
            }
            (Some(ticket), true) => {
                let is_told = ticket.take().moved;
                if let Some(waiting) = self.long_poll.as_mut().filter(|_| is_told) {
                    waiting.has_read = false;
                }
                return Ok(is_told);
            }
        }
        Ok(true)
    }
}
