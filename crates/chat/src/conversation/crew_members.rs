//! Joining and leaving, in the row of a crew.

use super::{
    crew_row::{CrewMember, CrewPart, JobThen, Left, Roster},
    member_row::Member,
    row::ConversationRow,
};
use crate::{base::id::UserId, host::job_row::JobRow};
use std::sync::Arc;

impl ConversationRow {
    /// A crew of `users` without a message.
    pub fn new_crew(users: &[UserId], shows_all: bool, job: Option<JobThen>, now: u64) -> Self {
        let roster = Roster { shows_all, job, ..Roster::default() };
        let crew = CrewPart { roster: Arc::new(roster), ..CrewPart::default() };
        let mut row = Self { members: Vec::new(), crew: Some(crew), ..Self::new(now) };
        for user in users {
            row.join(user, now);
        }
        row
    }

    /// Adds `user`, who sees the log from here on. Returns their place: the same as before, if they were a member
    /// already.
    pub fn join(&mut self, user: &UserId, now: u64) -> usize {
        let from = self.log;
        let crew = Arc::make_mut(&mut self.crew.get_or_insert_default().roster);
        let one = CrewMember { user: user.clone(), joined: now, from, left: None };
        match crew.people.iter().position(|known| known.user == *user) {
            Some(member) => {
                crew.people[member] = one;
                member
            }
            None => {
                crew.people.push(one);
                self.members.push(Member::default());
                self.members.len() - 1
            }
        }
    }

    /// Marks everything so far as read by `member`.
    pub fn read_all(&mut self, member: usize) {
        let (message, count) = (self.log.last_message(), self.counted_for(member));
        let mine = &mut self.members[member];
        (mine.read, mine.read_count, mine.unread_deleted) = (message, count, 0);
    }

    /// Removes `member`, who keeps seeing the job as `job`, and nothing of the log after this.
    pub fn leave(&mut self, member: usize, job: Option<JobThen>) {
        let read = self.all_read(|one| one != member);
        let left = Left { log: self.log, last: self.last.clone(), host: self.host, job, read };
        if let Some(one) = self.crew.as_mut().and_then(|crew| Arc::make_mut(&mut crew.roster).people.get_mut(member)) {
            one.left = Some(left);
        }
    }
}

impl JobThen {
    pub fn of(job: &JobRow) -> Self {
        Self { title: job.title.clone(), status: job.status }
    }
}
