//! Repeating a read, a decision and a commit for as long as the commit loses races.

use crate::{db::Db, turns::Turn};
use jobline_base::error::{Error, Result};
use jobline_store::{Consistency, Key};

/// How often an operation that lost a race is attempted before it is refused. With the back-off between attempts this
/// takes some seconds.
const ATTEMPTS: u32 = 64;
/// The longest wait of the first operation of a queue after the first race that it lost to another server: about the
/// time of one commit. And after further ones: meanwhile the other server, which has a queue as well, commits many of
/// its own without a race. Without this, each of two servers would lose a race for most of its commits.
const CROWD_FIRST_MS: u64 = 8;
const CROWD_MS: u64 = 512;

/// The attempts at one operation: each reads, decides and commits.
///
/// The first attempt may decide on eventual reads, because the conditions of its commit detect stale rows; later attempts
/// read strongly. After a lost race an operation waits for its turn at the row that was contended, so that on one server
/// a crowd forms a queue. Where a crowd is usual, the first attempt waits as well: [`Self::in_turn`].
pub struct Attempts<'a> {
    db: &'a Db,
    made: u32,
    /// How many lost a race.
    lost: u32,
    turn: Option<Turn<'a>>,
    /// Others wait for the turn.
    is_crowd: bool,
}

impl<'a> Attempts<'a> {
    /// The first attempt reads eventually.
    pub fn new(db: &'a Db) -> Self {
        Self { db, made: 0, lost: 0, turn: None, is_crowd: false }
    }

    /// All attempts read strongly.
    pub fn strong(db: &'a Db) -> Self {
        Self { db, made: 1, lost: 0, turn: None, is_crowd: false }
    }

    /// Waits for the turn at `key` before the first attempt, so that the operations of this server do not race for that row.
    pub async fn in_turn(mut self, key: &Key) -> Self {
        self.turn = Some(match self.db.free_turn(key) {
            Some(turn) => turn,
            None => {
                // The one before has just changed the row.
                self.read_strongly();
                self.db.wait_for_turn(key).await
            }
        });
        self
    }

    /// Expects that others wait for the turn: a race that is lost is lost to another server, which has a queue as well.
    pub fn of_a_crowd(mut self) -> Self {
        self.is_crowd = true;
        self
    }

    /// How the rows of this attempt are to be read.
    pub fn consistency(&self) -> Consistency {
        if self.may_be_stale() { Consistency::Eventual } else { Consistency::Strong }
    }

    /// Whether rows that this attempt read may be older than what was committed.
    pub fn may_be_stale(&self) -> bool {
        self.made == 0
    }

    /// Makes the next attempt read strongly, without counting a lost race.
    pub fn read_strongly(&mut self) {
        self.made = self.made.max(1);
    }

    /// After a lost race: waits until the next attempt may begin.
    ///
    /// # Errors
    /// `unavailable` after too many attempts.
    pub async fn after_conflict(&mut self, conflict: &[Key]) -> Result<()> {
        self.made += 1;
        if self.made > ATTEMPTS {
            return Err(Error::unavailable(format!("{ATTEMPTS} attempts lost the race for {conflict:?}")));
        }
        self.lost += 1;
        if self.is_crowd {
            self.db.wait_up_to(if self.lost == 1 { CROWD_FIRST_MS } else { CROWD_MS }).await;
        } else if self.turn.is_none() {
            if let Some(key) = conflict.first() {
                self.turn = Some(self.db.wait_for_turn(key).await);
            }
        } else {
            self.db.back_off(self.made).await;
        }
        Ok(())
    }
}
