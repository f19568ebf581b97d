//! Notifications about messages that a member did not read: once for each conversation until they have read it.
//!
//! When the event of a message is delivered, the lease's row records when to check, and the same commit writes a row
//! that starts the driver then. The decision is made at that time: whether something is still unread, for how long, and
//! whether the member has muted the conversation. So sends cost nothing more.

use super::{
    event::{self, Entry},
    lease::{self, Leased, Outgoing},
    notice,
    port::Port,
    pushing::{self, Attempt},
    row::Notice,
    silence::Silence,
};
use crate::{base::error::Result, context::Context, conversation::unread, keys, messages::row::MessageRow};
use jobline_store::{Consistency, Direction};

/// How many messages are read at once in search of the first unread one.
const PAGE: usize = 50;

/// Mail and push that are later than this are not sent: they were just set up, or could not be sent for so long.
const WITHIN_MS: u64 = 86_400_000;

/// The decision when a notice is due.
enum Decision {
    /// All was read, or the member wants no notification.
    Nothing,
    /// The first unread message is not old enough: check again at this instant.
    Later(u64),
    /// `count` messages are unread. `due` is when the first of them had been unread long enough to notify.
    Notify { first: Box<MessageRow>, count: u64, due: u64, silence: Silence },
}

/// Records when to check whether a delivered message is still unread.
pub(super) fn schedule_check(cx: &Context, leased: &mut Leased, entry: &Entry) {
    let Entry::Message(row) = entry else { return };
    for member in leased.conversation.all_in() {
        if row.counts_for(member)
            && row.number > leased.conversation.members[member].read.number
            && may_notify(leased, member)
        {
            check_at(leased, member, row.at.saturating_add(cx.unread_after_ms(leased.channel)));
        }
    }
}

/// Schedules checks for members who have read up to an earlier notification: of the messages after it they are not notified
/// before. Read positions of a crew are not in its log, so this compares how far each member has read, once for each position.
pub(super) fn schedule_later_checks(cx: &Context, leased: &mut Leased) {
    for member in leased.conversation.all_in() {
        let read = leased.conversation.members[member].read.number;
        let Notice { notified, read_at_check, .. } = leased.row.notices[member];
        if notified > 0 && read > read_at_check && may_notify(leased, member) {
            leased.row.notices[member].read_at_check = read;
            check_at(leased, member, cx.now());
        }
    }
}

/// Whether the member may be notified: something is unread, no check is scheduled, and the last notified message was read.
fn may_notify(leased: &Leased, member: usize) -> bool {
    let Notice { due, notified, .. } = leased.row.notices[member];
    due == 0 && leased.conversation.members[member].read.number >= notified && leased.conversation.unread(member) > 0
}

/// Records that the driver checks what `member` has not read at the instant `due`.
fn check_at(leased: &mut Leased, member: usize, due: u64) {
    leased.row.notices[member].due = due;
    let wake = keys::unread(leased.channel, due, &leased.id);
    if !leased.wake_rows.contains(&wake) {
        leased.wake_rows.push(wake);
    }
}

/// Sends what is due. Returns how much was delivered; `None` when something failed, or the lease was lost.
pub(super) async fn notify_due(cx: &Context, port: Port<'_>, leased: &mut Leased) -> Result<Option<usize>> {
    let mut delivered = 0;
    for member in leased.conversation.all_in() {
        let Notice { due, notified, .. } = leased.row.notices[member];
        if due == 0 || due > cx.now() {
            continue;
        }
        match decide(cx, leased, member).await? {
            Decision::Nothing => leased.row.notices[member] = leased.row.notices[member].after(notified),
            Decision::Later(due) => {
                leased.row.notices[member] = leased.row.notices[member].after(notified);
                check_at(leased, member, due);
            }
            Decision::Notify { first, count, due, silence } => {
                let notice = DueNotice { member, first, count, due, silence };
                match notify(cx, port, leased, &notice).await? {
                    Attempt::Done(events) => {
                        delivered += events;
                        let end = leased.conversation.log.number;
                        leased.row.notices[member] = leased.row.notices[member].after(end);
                    }
                    Attempt::Again(due) => {
                        leased.row.notices[member].since = leased.row.notices[member].begun();
                        check_at(leased, member, due);
                    }
                    Attempt::Lost => return Ok(None),
                }
            }
        }
    }
    Ok(Some(delivered))
}

/// A notification: `member` has not read `count` messages. At `due` the first of them had been unread long enough.
struct DueNotice {
    member: usize,
    first: Box<MessageRow>,
    count: u64,
    due: u64,
    silence: Silence,
}

/// Sends an event to the host, or mail or push to the member, unless they want none or it is too late.
async fn notify(cx: &Context, port: Port<'_>, leased: &mut Leased, due_notice: &DueNotice) -> Result<Attempt> {
    let DueNotice { member, first, count, due, silence } = due_notice;
    let users = leased.conversation.users(&leased.id);
    let Some(user) = users.get(*member) else { return Ok(Attempt::Done(0)) };
    let event = event::of_unread(&leased.id, user, first, *count, *due);
    let is_too_late = leased.row.notices[*member].begun() + WITHIN_MS < cx.now();
    let delivered = match port {
        Port::Webhook(receiver) => lease::deliver(cx, leased, Outgoing::Event(receiver, &event)).await?,
        Port::Mail(_) | Port::Push(_) if is_too_late => {
            // Otherwise nobody tried: no server ran for a day.
            if leased.row.failures > 0 || leased.row.notices[*member].failures > 0 {
                cx.signal(leased.channel).gave_up();
            }
            Some(0)
        }
        Port::Mail(mail) => {
            let notice =
                notice::notice(cx, leased, (*member, silence), &event.id, *count, mail.takes_content()).await?;
            let Some(notice) = notice else { return Ok(Attempt::Done(0)) };
            lease::deliver(cx, leased, Outgoing::Notice(mail, &notice)).await?
        }
        Port::Push(push) => return pushing::push(cx, leased, (*member, silence), *count, push).await,
    };
    Ok(delivered.map_or(Attempt::Lost, Attempt::Done))
}

async fn decide(cx: &Context, leased: &Leased, member: usize) -> Result<Decision> {
    let (row, now) = (&leased.conversation, cx.now());
    if row.members[member].muted_until > now {
        return Ok(Decision::Nothing);
    }
    let count = unread::count(cx, &leased.id, row, member, now).await?;
    if count == 0 {
        return Ok(Decision::Nothing);
    }
    let silence = Silence::of(cx, leased, member).await?;
    let Some(first) = first_unread(cx, leased, member, &silence).await? else { return Ok(Decision::Nothing) };
    let due = first.at.saturating_add(cx.unread_after_ms(leased.channel));
    Ok(match due > now {
        true => Decision::Later(due),
        false => Decision::Notify { first: Box::new(first), count, due, silence },
    })
}

/// The first message that counts as unread for `member` and is not of somebody whom they block, unless it has expired.
async fn first_unread(cx: &Context, leased: &Leased, member: usize, silence: &Silence) -> Result<Option<MessageRow>> {
    let row = &leased.conversation;
    let mut after = row.members[member].read.at.max(cx.retention.horizon(cx.now()).saturating_sub(1));
    loop {
        let end = row.log.at.saturating_add(1);
        let range = keys::messages(&leased.id, after, end, Direction::Ascending, PAGE, Consistency::Strong);
        let rows: Vec<MessageRow> = cx.db.decode_range(range).await?;
        let (is_full, last) = (rows.len() == PAGE, rows.last().map_or(after, |row| row.at));
        let is_counted =
            |row: &MessageRow| row.counts_for(member) && row.deleted.is_none() && silence.lets_through(row);
        let first = rows.into_iter().find(is_counted);
        if first.is_some() || !is_full {
            return Ok(first);
        }
        after = last;
    }
}
