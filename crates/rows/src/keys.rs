//! **The data model**: every row there is, with who writes and who reads it. Keys are built here and nowhere else.
//!
//! | row | partition / sort | written by | read by |
//! |---|---|---|---|
//! | secrets | `SYSTEM` / `SECRETS` | the first start | every start |
//! | key of push | `SYSTEM` / `VAPID` | the first start with push; never again | every such start |
//! | conversation | `CONVERSATION#<id>` / `CONVERSATION#<id>` | send, receipts, host's job changes | everything |
//! | who is in a crew | `CONVERSATION#<id>` / `ROSTER` | joining and leaving, the host's job changes | everything in a crew |
//! | marks of a crew's member | `CONVERSATION#<id>` / `MEMBER#<place>` | markAsRead, mute, delete, joining | list, sync, markAsRead |
//! | message | `CONVERSATION#<id>` / `MESSAGE#<createdAt>#<message id>` | send, edit, delete, react, the host's lines | list, sync, markAsRead |
//! | change | `CONVERSATION#<id>` / `CHANGE#<number>` | receipts, edit, delete, react, host's job changes | list, sync |
//! | call | `CALL#<id>` / `CALL#<id>` | calls.start | calls.accept, calls.decline, calls.end, signals |
//! | version | `CONVERSATION#<id>` / `VERSION#<message number>#<n>` | edit, delete | versions |
//! | sent | `CONVERSATION#<id>` / `SENT#<sender>#<clientId>` | send with a `clientId` | a repeated send |
//! | user's conversation | `USER#<id>` / `CONVERSATION#<id>` | the first send, joining a crew | getConversations, sync from the start |
//! | what left the head's window | `USER#<id>` / `MOVED#<version>` | a change for which the window is too full | getConversations, sync |
//! | user's head | `USER#<id>` / `HEAD` | every change of a conversation of theirs | getConversations, sync, send |
//! | user's block | `USER#<id>` / `BLOCK#<user>` | block, unblock | block, the first message of a conversation, presence |
//! | report | `REPORTS` / `<report id>` | report, the host | the host |
//! | last report | `REPORTS` / `LAST` | report | report |
//! | profile | `USER#<id>` / `PROFILE` | host | getConversations, sync |
//! | user's open job | `USER#<id>` / `OPENJOB#<job id>` | host | send, uploadFile |
//! | user's closed job | `USER#<id>` / `CLOSEDJOB#<job id>` | host | a refused send or uploadFile, to choose the error |
//! | job | `JOB#<id>` / `JOB#<id>` | host | send with a `jobId`, getConversations, sync |
//! | job's conversation | `JOB#<id>` / `CONVERSATION#<id>` | a send about another job than the last one, the first send in a crew | host's job changes |
//! | file | `FILE#<id>` / `FILE#<id>` | uploadFile, send, delete | send, uploadFile at its limit, the sweeper |
//! | preferences | `USER#<id>` / `PREFERENCES` | setPreferences | getPreferences, presence |
//! | browser that gets push | `USER#<id>` / `PUSH#<hash of its endpoint>` | addPush | addPush, the driver, which deletes it once it is gone |
//! | last seen | `USER#<id>` / `SEEN` | live connections, at most every 5 minutes | presence |
//! | live connection of a user | `USER#<id>` / `LIVE#<connection id>` | a connection on Lambda | who notifies them of a move |
//! | whose a live connection is | `CONNECTION#<id>` / `CONNECTION#<id>` | a connection on Lambda | the frames of the connection |
//! | user's limits | `USER#<id>` / `LIMITS` | report, addPush | report, addPush |
//! | end of a user | `USER#<id>` / `ENDED` | DELETE, and the next PUT of a user | every request, once a minute |
//! | user's uploads | `USER#<id>` / `UPLOADS` | uploadFile | uploadFile |
//! | removal | `REMOVALS` / `FILE#<id>` | delete, and the sweeper once the bytes are gone | the sweeper |
//! | task | `TASKS` / `<due>#<random id>` | a host's change, the server that runs it | servers, every few seconds |
//! | outbox | `OUTBOX`, of mail `MAIL`, of push `PUSH` / `<conversation id>` | every change of a conversation, where somebody gets it delivered | the driver |
//! | how far a channel has delivered | `CONVERSATION#<id>` / `OUTBOX`, `MAIL`, `PUSH` | the driver | the driver |
//! | report that the host has not got yet | `CONVERSATION#<id>` / `REPORTED#<change>#<report id>` | report | the driver |
//! | when to check for unread messages | `UNREAD`, of mail `UNREADMAIL`, of push `UNREADPUSH` / `<due>#<conversation id>` | the driver | the driver |
//! | failed event | `FAILED` / `<id>` | the driver, a day after the first failure | the host |
//! | event to be delivered again | `OUTBOX` / `<id of a failed event>` | the host | the driver |
//! | folder of the files | `SYSTEM` / `FILES` | the first start with local files over a shared table | every such start |
//! | retention of the last start | `SYSTEM` / `RETENTION` | a start with another retention | every start of a server |
//! | sweep | `SYSTEM` / `SWEEP` | the sweeper | the sweeper |
//! | clock | `SYSTEM` / `CLOCK` | servers, at the start and before each sweep | the same |
//!
//! Numbers are padded with zeros, so that rows are in their order. Values are JSON with a version in `v`.

mod live;
mod outbox;
mod push;

pub use live::{connection, is_connection, live, live_connection, lives};
pub use outbox::{
    all_reported, conversation_of_outbox, delivery_progress, due_unread, failed, failed_after, outbox, outbox_rows,
    redelivery, reported, unread,
};
pub use push::{push, pushes, vapid};

use jobline_base::id::{ConversationId, JobId, MessageId, UserId};
use jobline_store::{Consistency, Direction, Key, Range, Row};
use std::fmt::Write as _;

/// The row of random bits from which all keys of this deployment are derived.
pub fn secrets() -> Key {
    Key::new("SYSTEM", "SECRETS")
}

/// The row of a conversation: the end of its log, and of a pair its members.
pub fn conversation(id: &ConversationId) -> Key {
    let name = conversation_partition(id);
    Key::new(name.clone(), name)
}

/// Who is and was in a crew.
pub fn roster(id: &ConversationId) -> Key {
    Key::new(conversation_partition(id), "ROSTER")
}

/// How far the member of a crew at this place has read.
pub fn marks(id: &ConversationId, place: usize) -> Key {
    Key::new(conversation_partition(id), format!("MEMBER#{place:04}"))
}

/// [`marks`] of all members who have any.
pub fn all_marks(id: &ConversationId) -> Range {
    Range { consistency: Consistency::Strong, ..Range::prefix(conversation_partition(id), "MEMBER#", 100) }
}

/// The place that a key of [`all_marks`] names.
pub fn marked_member(key: &Key) -> Option<usize> {
    key.sort.strip_prefix("MEMBER#")?.parse().ok()
}

/// The row of a message, among those of its conversation in the order of time.
pub fn message(conversation: &ConversationId, id: &MessageId) -> Key {
    Key::new(conversation_partition(conversation), message_sort(id.at_ms()) + "#" + id.as_str())
}

/// The row of what changed with this number of the log, other than a new message.
pub fn change(conversation: &ConversationId, number: u64) -> Key {
    Key::new(conversation_partition(conversation), change_sort(number))
}

/// In which conversation a call is.
pub fn call(id: &MessageId) -> Key {
    let name = ["CALL#", id.as_str()].concat();
    Key::new(name.clone(), name)
}

/// A former text of a message, of which `before` came earlier.
pub fn version(conversation: &ConversationId, message: u64, before: u32) -> Key {
    Key::new(conversation_partition(conversation), format!("{}{before:04}", version_prefix(message)))
}

/// The former texts of a message, the oldest first.
pub fn versions(conversation: &ConversationId, message: u64) -> Range {
    Range::prefix(conversation_partition(conversation), version_prefix(message), 100)
}

/// That the bytes of a file are to be removed, since its message was deleted.
pub fn removal(file: &str) -> Key {
    Key::new("REMOVALS", format!("FILE#{file}"))
}

/// All files whose bytes are still to be removed.
pub fn removals() -> Range {
    Range::prefix("REMOVALS".to_owned(), "FILE#", 100)
}

/// The file that a key of [`removals`] names.
pub fn removed_file(key: &Key) -> Option<&str> {
    key.sort.strip_prefix("FILE#")
}

/// `clientId` is any text: bytes other than letters, digits, `-`, `.` and `_` are written as `%` and two hex digits.
pub fn sent(conversation: &ConversationId, sender: &str, client_id: &str) -> Key {
    let mut sort = String::with_capacity("SENT##".len() + sender.len() + client_id.len()) + "SENT#" + sender + "#";
    for byte in client_id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            sort.push(char::from(byte));
        } else {
            let _ = write!(sort, "%{byte:02X}");
        }
    }
    Key::new(conversation_partition(conversation), sort)
}

/// That `user` is in a conversation.
pub fn membership(user: &UserId, conversation: &ConversationId) -> Key {
    Key::new(user_partition(user), conversation_partition(conversation))
}

/// The row that a user's poll of everything reads.
pub fn head(user: &UserId) -> Key {
    Key::new(user_partition(user), "HEAD")
}

/// What left the window of a user's head at once, of which the last moved with `version`.
pub fn evicted(user: &UserId, version: u64) -> Key {
    Key::new(user_partition(user), evicted_sort(version))
}

/// What left the window of a user's head and moved after the version `after`, up to the row of `up_to`: the last first.
pub fn all_evicted(user: &UserId, after: u64, up_to: u64, limit: usize) -> Range {
    Range {
        partition: user_partition(user),
        from: evicted_sort(after.saturating_add(1)),
        to: evicted_sort(up_to.saturating_add(1)),
        direction: Direction::Descending,
        limit,
        // A row that is missing would be taken for one that has expired.
        consistency: Consistency::Strong,
    }
}

/// What the host says of a user.
pub fn profile(user: &UserId) -> Key {
    Key::new(user_partition(user), "PROFILE")
}

/// That `user` blocks `other`.
pub fn block(user: &UserId, other: &UserId) -> Key {
    Key::new(user_partition(user), format!("BLOCK#{other}"))
}

/// Everybody whom `user` blocks.
pub fn blocks(user: &UserId) -> Range {
    Range::prefix(user_partition(user), "BLOCK#", 100)
}

/// The user that a key of [`blocks`] names.
pub fn blocked_user(key: &Key) -> Option<&str> {
    key.sort.strip_prefix("BLOCK#")
}

/// What a user wishes: online status, mail, push.
pub fn preferences(user: &UserId) -> Key {
    Key::new(user_partition(user), "PREFERENCES")
}

/// How many reports and push subscriptions a user may still make.
pub fn limits(user: &UserId) -> Key {
    Key::new(user_partition(user), "LIMITS")
}

/// Ids of reports begin with the time, so they are in its order.
pub fn report(id: &str) -> Key {
    Key::new("REPORTS", id)
}

/// When the last report was made.
pub fn last_report() -> Key {
    Key::new("REPORTS", "LAST")
}

/// The reports after the one with the id `after`.
pub fn reports(after: Option<&str>, limit: usize) -> Range {
    let range = Range { consistency: Consistency::Strong, ..Range::prefix("REPORTS", "report_", limit) };
    match after {
        Some(id) => range.after(id),
        None => range,
    }
}

/// When a device of the user was active last.
pub fn seen(user: &UserId) -> Key {
    Key::new(user_partition(user), "SEEN")
}

/// That a user takes part in an open job.
pub fn open_job(user: &UserId, job: JobId) -> Key {
    Key::new(user_partition(user), format!("OPENJOB#{:016}", job.get()))
}

/// That a user takes part in a closed job.
pub fn closed_job(user: &UserId, job: JobId) -> Key {
    Key::new(user_partition(user), format!("CLOSEDJOB#{:016}", job.get()))
}

/// What the host says of a job.
pub fn job(id: JobId) -> Key {
    let name = format!("JOB#{:016}", id.get());
    Key::new(name.clone(), name)
}

/// That a conversation shows this job: it is told of its changes.
pub fn job_conversation(id: JobId, conversation: &ConversationId) -> Key {
    Key::new(format!("JOB#{:016}", id.get()), conversation_partition(conversation))
}

/// A file that was announced, and what became of it.
pub fn file(id: &str) -> Key {
    let name = format!("FILE#{id}");
    Key::new(name.clone(), name)
}

/// What a user announced lately.
pub fn uploads(user: &UserId) -> Key {
    Key::new(user_partition(user), "UPLOADS")
}

/// Since when a user who was deleted needs another token.
pub fn ended(user: &UserId) -> Key {
    Key::new(user_partition(user), "ENDED")
}

/// A task that is due at an instant.
pub fn task(due: u64, id: &str) -> Key {
    Key::new("TASKS", format!("{due:016}#{id}"))
}

/// The tasks that are due at `now`, the oldest first.
pub fn due_tasks(now: u64) -> Range {
    due_at("TASKS", now, 50)
}

/// The tasks that are due after `now` and up to `until`.
pub fn later_tasks(now: u64, until: u64) -> Range {
    Range { from: format!("{:016}", now.saturating_add(1)), ..due_tasks(until) }
}

/// The rows of `partition` whose sort keys begin with an instant up to `now`.
fn due_at(partition: &str, now: u64, limit: usize) -> Range {
    Range {
        partition: partition.to_owned(),
        from: format!("{:016}", 0),
        to: format!("{:016}", now.saturating_add(1)),
        direction: Direction::Ascending,
        limit,
        consistency: Consistency::Eventual,
    }
}

/// Under which retention rows were written last.
pub fn retention() -> Key {
    Key::new("SYSTEM", "RETENTION")
}

/// Which folder the files are in, where several servers could each have their own.
pub fn folder() -> Key {
    Key::new("SYSTEM", "FILES")
}

/// How far the sweeper has come.
pub fn sweep() -> Key {
    Key::new("SYSTEM", "SWEEP")
}

/// What the clock said when a server last looked at it.
pub fn clock() -> Key {
    Key::new("SYSTEM", "CLOCK")
}

/// The messages of a conversation with `after < createdAt < before`.
pub fn messages(
    id: &ConversationId,
    after: u64,
    before: u64,
    direction: Direction,
    limit: usize,
    consistency: Consistency,
) -> Range {
    let (from, to) = (message_sort(after.saturating_add(1)), message_sort(before));
    Range { partition: conversation_partition(id), from, to, direction, limit, consistency }
}

/// The changes of a conversation that are no new messages, from number `from` on.
pub fn changes(id: &ConversationId, from: u64, limit: usize) -> Range {
    Range {
        partition: conversation_partition(id),
        from: change_sort(from),
        to: "CHANGE$".to_owned(),
        direction: Direction::Ascending,
        limit,
        // The status of a message is derived from the changes after it, so a missing one would be answered wrongly.
        consistency: Consistency::Strong,
    }
}

/// The conversations of a user, after the one with the id `after`.
pub fn memberships(user: &UserId, after: Option<&str>, limit: usize) -> Range {
    let range = Range::prefix(user_partition(user), "CONVERSATION#", limit);
    match after {
        Some(id) => range.after(&format!("CONVERSATION#{id}")),
        None => range,
    }
}

/// The open jobs of a user.
pub fn open_jobs(user: &UserId, consistency: Consistency) -> Range {
    Range { consistency, ..Range::prefix(user_partition(user), "OPENJOB#", 100) }
}

/// The closed jobs of a user.
pub fn closed_jobs(user: &UserId) -> Range {
    Range::prefix(user_partition(user), "CLOSEDJOB#", 100)
}

/// The conversations that show a job.
pub fn job_conversations(id: JobId) -> Range {
    Range::prefix(format!("JOB#{:016}", id.get()), "CONVERSATION#", 50)
}

/// The conversation that a key of [`memberships`] or [`job_conversations`] names.
pub fn named_conversation(key: &Key) -> Option<ConversationId> {
    ConversationId::new(key.sort.strip_prefix("CONVERSATION#")?)
}

/// The conversations that the rows of [`memberships`] or [`job_conversations`] name.
pub fn named_conversations(rows: &[(Key, Row)]) -> Vec<ConversationId> {
    rows.iter().filter_map(|(key, _)| named_conversation(key)).collect()
}

fn conversation_partition(id: &ConversationId) -> String {
    ["CONVERSATION#", id.as_str()].concat()
}

fn user_partition(id: &UserId) -> String {
    ["USER#", id.as_str()].concat()
}

fn message_sort(ms: u64) -> String {
    let mut sort = String::with_capacity(80); // With room for the id that follows in the key of a message.
    let _ = write!(sort, "MESSAGE#{:014}", ms.min(99_999_999_999_999));
    sort
}

fn version_prefix(message: u64) -> String {
    format!("VERSION#{message:016}#")
}

fn evicted_sort(version: u64) -> String {
    format!("MOVED#{version:016}")
}

fn change_sort(number: u64) -> String {
    format!("CHANGE#{number:016}")
}
