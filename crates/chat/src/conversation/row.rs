//! The conversation row: where its log ends, and how far its members are.

use super::{
    crew_row::{CrewPart, Left},
    member_row::{HostLines, Member},
    watermarks::{AllRead, Watermarks},
};
use crate::{
    base::{
        id::{ConversationId, MessageId, UserId},
        rows::{Extra, LAYOUT},
    },
    log::position::{ChangeAt, Position},
};
use jobline_calls::RunningCall;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `CONVERSATION#<id>` / `CONVERSATION#<id>`. The two members of a pair are named by the id, and `members` is in its
/// order; those of a crew are named by `crew`, which is in the order of `members`. A member's place never changes.
/// `crew_row.rs` says which parts of a crew are stored elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConversationRow {
    pub v: u8,
    /// Where the log ends.
    pub log: Position,
    /// The number of the last change that was not a new message; 0 when there was none.
    #[serde(rename = "receipt")]
    pub last_change_row: u64,
    /// That change, and when it happened. Of another number where a server wrote that does not know this field.
    #[serde(default, rename = "changed", skip_serializing_if = "Option::is_none")]
    pub last_change: Option<ChangeAt>,
    /// When the first message was accepted.
    pub created: u64,
    /// When the last change happened: later than every change before it, whatever the clock said.
    pub updated: u64,
    /// The id of the last message. Its text is only in its own row, which expires.
    pub last: String,
    /// The job last written about, and the revision of it that the members were told.
    pub job: Option<(u64, u64)>,
    #[serde(rename = "sides")]
    pub members: Vec<Member>,
    /// Of a crew: who its members are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<CrewPart>,
    #[serde(default, skip_serializing_if = "HostLines::is_empty")]
    pub host: HostLines,
    /// The number of the last change that touched one message: an edit, a reaction or a deletion; 0 when there was none.
    #[serde(default, rename = "touched", skip_serializing_if = "is_zero")]
    pub last_touch: u64,
    /// The call that runs in it, or has run last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<RunningCall>,
    /// The end of the log when the first event became due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox_from: Option<Position>,
    /// For a viewer who left: how far the members had read at that time. See [`Self::viewed_by`]. Not stored.
    #[serde(skip)]
    pub read_then: Option<AllRead>,
    #[serde(flatten)]
    pub extra: Extra,
}

impl ConversationRow {
    /// A pair without a message.
    pub fn new(now: u64) -> Self {
        Self {
            v: LAYOUT,
            log: Position::default(),
            last_change_row: 0,
            last_change: None,
            created: now,
            updated: 0,
            last: String::new(),
            job: None,
            members: vec![Member::default(); 2],
            crew: None,
            host: HostLines::default(),
            last_touch: 0,
            call: None,
            outbox_from: None,
            read_then: None,
            extra: Extra::default(),
        }
    }

    /// The members, in their order, those of a crew who left included.
    pub fn users<'a>(&self, id: &'a ConversationId) -> Cow<'a, [UserId]> {
        match (id.pair(), &self.crew) {
            (Some(pair), _) => Cow::Borrowed(pair),
            (None, crew) => crew.iter().flat_map(|crew| &crew.roster.people).map(|one| one.user.clone()).collect(),
        }
    }

    /// Which member `user` is or was.
    pub fn member(&self, id: &ConversationId, user: &UserId) -> Option<usize> {
        match (id.pair(), &self.crew) {
            (Some(_), _) => id.side(user).map(|(member, _)| member),
            (None, crew) => crew.as_ref()?.roster.people.iter().position(|one| one.user == *user),
        }
    }

    /// Whether the member has not left.
    pub fn is_in(&self, member: usize) -> bool {
        self.crew.as_ref().is_none_or(|crew| crew.roster.people.get(member).is_some_and(|one| one.left.is_none()))
    }

    /// The members who have not left.
    pub fn all_in(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|member| self.is_in(*member)).collect()
    }

    /// The members whom `viewer` knows of: those who have not left; for one who has, those who were in then.
    pub fn members_for(&self, viewer: usize) -> Vec<usize> {
        if self.is_in(viewer) {
            return self.all_in();
        }
        let end = self.ends_for(viewer).change;
        let from = |member: usize| {
            self.crew.as_ref().and_then(|crew| crew.roster.people.get(member)).map(|one| one.from.change)
        };
        let was_in =
            |member: &usize| from(*member).is_some_and(|from| from < end) && self.ends_for(*member).change >= end;
        (0..self.members.len()).filter(was_in).collect()
    }

    /// The conversation as `member` may see it: for a former member, as it was when they left.
    pub fn viewed_by(mut self, member: usize) -> Self {
        if let Some(left) = self.left(member).cloned() {
            (self.log, self.last, self.host, self.updated) = (left.log, left.last, left.host, left.log.at);
            self.read_then = Some(left.read);
        }
        self
    }

    /// The state of the conversation when `member` left; `None` of one who has not.
    pub fn left(&self, member: usize) -> Option<&Left> {
        self.crew.as_ref()?.roster.people.get(member)?.left.as_ref()
    }

    /// How far `viewer` is shown that `member` has read: a former member does not see read marks after that.
    pub fn read_for(&self, viewer: usize, member: usize) -> u64 {
        let read = self.members.get(member).map_or(0, |one| one.read.number);
        match self.left(viewer) {
            Some(left) if viewer == member => read.min(left.log.number),
            Some(left) => read.min(left.log.number).min(left.read.at_least(member)),
            None => read,
        }
    }

    /// Where the log ends for a member: for a former member of a crew, where it ended when they left.
    pub fn ends_for(&self, member: usize) -> Position {
        self.left(member).map_or(self.log, |left| left.log)
    }

    /// The position before the first entry of the log that a member sees; its end for one who is not there, as in an
    /// old row.
    pub fn begins_for(&self, member: usize) -> Position {
        self.crew.as_ref().map_or_else(Position::default, |crew| crew.roster.begins_for(member).unwrap_or(self.log))
    }

    /// Whether it is shown to somebody who has not left.
    pub fn is_followed(&self) -> bool {
        self.read_then.is_none()
    }

    /// When the last change of the log happened. `None` to one who has left, whose log ends before that.
    pub fn last_changed(&self) -> Option<u64> {
        self.is_followed().then_some(self.updated)
    }

    /// Whether it is a crew that sleeps: what is written in it next tells everybody's head.
    pub fn is_asleep(&self) -> bool {
        self.crew.as_ref().is_some_and(|crew| crew.awake.is_none())
    }

    /// Whether anything was written in it. A crew has its row a moment before that.
    pub fn has_messages(&self) -> bool {
        self.log.number > 0
    }

    pub fn watermarks(&self) -> Watermarks {
        match (&self.crew, self.members.as_slice()) {
            (None, [one, other]) => {
                Watermarks::Pair([one, other].map(|member| [member.delivered.number, member.read.number]))
            }
            _ => Watermarks::Crew(self.read_then.unwrap_or_else(|| self.all_read(|_| true))),
        }
    }

    /// How far those of the members who are in have read for whom `counts` holds.
    pub fn all_read(&self, counts: impl Fn(usize) -> bool) -> AllRead {
        let members = self.all_in().into_iter().filter(|member| counts(*member));
        AllRead::of(members.map(|member| (member, self.members[member].read.number)))
    }

    /// When the next change happens: now, but always after the last one, so that times are in the order of numbers.
    pub fn next_at(&self, now: u64) -> u64 {
        now.max(self.updated + 1)
    }

    /// How many messages count as unread for `member` until they have read them, from the first message on.
    pub fn counted_for(&self, member: usize) -> u64 {
        self.log.number.saturating_sub(self.host.events + self.members[member].sent)
    }

    /// How many messages `member` has not read, expired ones included, deleted ones not.
    pub fn unread(&self, member: usize) -> u64 {
        let Member { read_count, unread_deleted, .. } = self.members[member];
        self.counted_for(member).saturating_sub(read_count + unread_deleted)
    }

    /// Whether `member` has received messages up to `number` and the row does not record it yet. Never in a crew.
    pub fn is_undelivered(&self, member: usize, number: u64) -> bool {
        let last = self.other(member).map_or(0, |other| other.last);
        self.members.get(member).is_some_and(|one| one.delivered.number < number.min(last))
    }

    /// The other member of a pair.
    pub fn other(&self, member: usize) -> Option<&Member> {
        match (&self.crew, self.members.as_slice()) {
            (None, [one, other]) => Some(if member == 0 { other } else { one }),
            _ => None,
        }
    }

    /// Takes the next number of the log for a new message of `member`.
    ///
    /// A member who has received everything has received their own message, too. Recording it here costs nothing, and
    /// saves a change row: otherwise a cursor past their own message would move the watermark as soon as the other
    /// member answers.
    pub fn append_message(&mut self, member: usize, id: &MessageId) {
        let last = self.other(member).map(|other| other.last);
        let up_to_date = last.is_some_and(|last| self.members[member].delivered.number >= last);
        self.log = Position { change: self.log.change + 1, number: self.log.number + 1, at: id.at_ms() };
        self.updated = id.at_ms();
        id.as_str().clone_into(&mut self.last);
        self.members[member].sent += 1;
        self.members[member].last = self.log.number;
        if up_to_date {
            self.members[member].delivered = self.log.last_message();
        }
    }

    /// Takes the next number of the log for a line from the host.
    pub fn append_host_line(&mut self, id: &MessageId, is_event: bool) {
        self.log = Position { change: self.log.change + 1, number: self.log.number + 1, at: id.at_ms() };
        self.updated = id.at_ms();
        id.as_str().clone_into(&mut self.last);
        if is_event {
            self.host.events += 1;
        } else {
            self.host.texts += 1;
        }
    }

    /// Takes the next number of the log for a change other than a new message, which happens at `at`.
    pub fn append_change(&mut self, at: u64) {
        self.log.change += 1;
        self.last_change_row = self.log.change;
        self.last_change = Some(ChangeAt { change: self.log.change, at });
        self.updated = at;
    }
}
