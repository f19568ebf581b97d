//! `sync`: all that changed for a user, in every conversation, in one poll.
//!
//! The user's head tells which conversations moved since a version; the cursor tells where the client stands in each of
//! those that moved lately, and for the others the head does. Each is then read like a list of its own. Without a
//! cursor, or with one that is too old, a walk through all conversations answers the newest messages of each.

use crate::{
    base::cursor::{Known, ListCursor, Since, SyncCursor, Walk, fingerprint},
    base::error::Result,
    base::id::{ConversationId, UserId},
    base::text,
    chat::Chat,
    conversation::row::{ConversationRow, Position},
    inbox::head::HeadRow,
    inbox::list::{forgotten, named},
    keys,
    log::read::{Log, Segment},
    messages::row::View,
};
use jobline_store::Consistency;
use jobline_wire::{Message, SyncQuery, Synced};
use std::collections::HashMap;

/// In the seal of cursors: everything, not one conversation.
const SCOPE: &str = "sync";

/// An answer while it is put together.
struct Draft {
    limit: usize,
    now: u64,
    cursor: SyncCursor,
    conversations: Vec<(ConversationId, ConversationRow)>,
    messages: Vec<Message>,
    reset: bool,
}

/// How much of a conversation there was room for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// All there is.
    All,
    /// Not all: the next answer goes on there.
    Part,
    /// What comes next is not kept any more.
    Gone,
}

impl Draft {
    /// A draft for the same request with nothing in it.
    fn emptied(&self) -> Self {
        let cursor = SyncCursor::default();
        Self { limit: self.limit, now: self.now, cursor, conversations: Vec::new(), messages: Vec::new(), reset: false }
    }

    fn room(&self) -> usize {
        if self.conversations.len() >= self.limit { 0 } else { self.limit.saturating_sub(self.messages.len()) }
    }
}

impl Chat {
    /// All that changed for `me`. One read when nothing did.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `unavailable`.
    pub async fn sync(&self, me: &UserId, input: SyncQuery) -> Result<Synced> {
        let limit = text::limit(input.limit)?;
        let now = self.now();
        let draft =
            |cursor| Draft { limit, now, cursor, conversations: Vec::new(), messages: Vec::new(), reset: false };
        match self.sealer().open::<SyncCursor>(input.since.as_deref(), me, SCOPE)? {
            Since::Start => self.start(me, draft(SyncCursor::default()), 0).await,
            // 0 stands for a walk over the newest messages; nothing happened in the first millisecond of 1970.
            Since::Instant(since) => self.start(me, draft(SyncCursor::default()), since.max(1)).await,
            Since::Cursor(cursor) => {
                let head = self.head(me, cursor.version, cursor.seen).await?;
                if cursor.walk.is_none() && cursor.version == head.version && !cursor.is_handed() {
                    let as_it_was = input.since.unwrap_or_default();
                    return self.synced(as_it_was, draft(cursor), head.at, false).await;
                }
                self.go_on(me, &head, draft(cursor)).await
            }
        }
    }

    async fn go_on(&self, me: &UserId, head: &HeadRow, mut draft: Draft) -> Result<Synced> {
        self.acknowledge(me, head, &mut draft.cursor).await?;
        if draft.cursor.walk.is_some() {
            return self.walk(me, draft).await;
        }
        let begin = Draft { reset: true, ..draft.emptied() };
        if forgotten(head, draft.cursor.version) {
            return self.start(me, begin, 0).await;
        }
        match self.follow(me, head, draft).await? {
            Some(synced) => Ok(synced),
            None => self.start(me, begin, 0).await,
        }
    }

    /// Records as delivered what the cursor proves to have arrived.
    async fn acknowledge(&self, me: &UserId, head: &HeadRow, cursor: &mut SyncCursor) -> Result<()> {
        if !cursor.is_handed() {
            return Ok(());
        }
        let mut names: HashMap<u64, ConversationId> = window_names(head);
        if cursor.known.iter().any(|known| known.handed && !names.contains_key(&known.conversation)) {
            let all = self.range_all(keys::memberships(me, None, 100)).await?;
            names.extend(named(&all).into_iter().map(|id| (fingerprint(id.as_str()), id)));
        }
        for known in cursor.known.iter_mut().filter(|known| known.handed) {
            if let Some(id) = names.get(&known.conversation) {
                let side = id.side(me).expect("a user's head and memberships name only conversations they are in");
                self.deliver(id, side, known.cursor.position.mark()).await?;
            }
            known.handed = false;
        }
        Ok(())
    }

    /// What moved after the cursor's version, the first move first; `None` when some of it is not kept any more.
    async fn follow(&self, me: &UserId, head: &HeadRow, mut draft: Draft) -> Result<Option<Synced>> {
        let moved: Vec<_> = head.after(draft.cursor.version).collect();
        let ids: Vec<_> = moved.iter().filter_map(|one| ConversationId::new(&one.conversation)).collect();
        let rows: HashMap<_, _> = match ids.is_empty() {
            true => HashMap::new(),
            false => self
                .load_conversations(ids)
                .await?
                .into_iter()
                .map(|(id, row)| (id.as_str().to_owned(), (id, row)))
                .collect(),
        };
        let mut places = places(head, &draft.cursor);
        let mut has_more = false;
        for one in moved {
            let Some((id, row)) = rows.get(&one.conversation) else { continue };
            let Some(place) = places.get_mut(&fingerprint(&one.conversation)) else { continue };
            match self.take_in(me, id, row, place, &mut draft).await? {
                Taken::All => draft.cursor.version = one.version,
                Taken::Part => {
                    has_more = true;
                    break;
                }
                Taken::Gone => return Ok(None),
            }
        }
        if !has_more {
            draft.cursor.version = head.version;
        }
        draft.cursor.seen = head.version;
        draft.cursor.known = places.into_values().collect();
        let cursor = self.seal_sync(me, &draft.cursor);
        self.synced(cursor, draft, head.at, has_more).await.map(Some)
    }

    /// Reads one conversation on from `place`, as far as there is room.
    async fn take_in(
        &self,
        me: &UserId,
        id: &ConversationId,
        row: &ConversationRow,
        place: &mut Known,
        draft: &mut Draft,
    ) -> Result<Taken> {
        if place.cursor.position.change >= row.log.change {
            return Ok(Taken::All);
        }
        let side = id.side(me).expect("a user's head and memberships name only conversations they are in");
        let log = Log { id, row, viewer: side, now: draft.now };
        let room = draft.room();
        if room == 0 {
            return Ok(Taken::Part);
        }
        let Some(segment) = self.read_log(log, place.cursor, room).await? else { return Ok(Taken::Gone) };
        let complete = !segment.has_more(row);
        self.hand_over(log, place, segment, draft).await?;
        Ok(if complete { Taken::All } else { Taken::Part })
    }

    async fn hand_over(&self, log: Log<'_>, place: &mut Known, segment: Segment, draft: &mut Draft) -> Result<()> {
        place.cursor = segment.cursor;
        place.handed |= log.row.undelivered(log.viewer, segment.cursor.position.number);
        let view = View { conversation: log.id, viewer: log.viewer, marks: segment.marks, now: log.now };
        draft.messages.extend(self.show_all(view, segment.shown).await?);
        draft.conversations.push((log.id.clone(), log.row.clone()));
        Ok(())
    }

    /// Begins a walk. What moves while it goes on has a later version, and is answered by the polls that follow it.
    async fn start(&self, me: &UserId, mut draft: Draft, since: u64) -> Result<Synced> {
        draft.cursor.version = self.read_head(me, Consistency::Strong).await?.version;
        draft.cursor.walk = Some(Walk { since, ..Walk::default() });
        self.walk(me, draft).await
    }

    /// Goes through all conversations in the order of their ids.
    async fn walk(&self, me: &UserId, mut draft: Draft) -> Result<Synced> {
        let mut walk = draft.cursor.walk.take().unwrap_or_default();
        let after = Some(walk.after.as_str()).filter(|after| !after.is_empty());
        let page = self.range(keys::memberships(me, after, draft.limit + 1)).await?;
        let found = self.load_conversations(named(&page)).await?;
        // Read after the conversations: whatever of them is newer than the cursor's version, the window knows.
        let head = self.read_head(me, Consistency::Strong).await?;
        let mut places: HashMap<u64, Known> =
            draft.cursor.known.iter().map(|known| (known.conversation, *known)).collect();
        let mut has_more = page.len() > draft.limit;
        for (id, row) in &found {
            let print = fingerprint(id.as_str());
            let mut place = places.get(&print).copied();
            let taken = self.visit(me, id, row, &mut place, walk.since, &mut draft).await?;
            let begun = taken != Taken::All;
            places.extend(place.map(|place| (print, Known { begun, ..place })));
            if begun {
                has_more = true;
                break;
            }
            walk.after = id.as_str().to_owned();
        }
        // The place in a conversation that has not moved lately is where it ends: the head will know it when it moves.
        let window = window_names(&head);
        let needed = |known: &Known| known.handed || known.begun || window.contains_key(&known.conversation);
        draft.cursor.known = places.into_values().filter(needed).collect();
        draft.cursor.seen = head.version;
        draft.cursor.walk = has_more.then_some(walk);
        let cursor = self.seal_sync(me, &draft.cursor);
        self.synced(cursor, draft, head.at, has_more).await
    }

    /// One conversation of a walk: its newest messages, or what changed in it since an instant. `place` is where the
    /// client stands in it; none before it was visited, and none afterwards when there was no room for it.
    async fn visit(
        &self,
        me: &UserId,
        id: &ConversationId,
        row: &ConversationRow,
        place: &mut Option<Known>,
        since: u64,
        draft: &mut Draft,
    ) -> Result<Taken> {
        let at = |cursor| Known { conversation: fingerprint(id.as_str()), cursor, handed: false, begun: false };
        if since > 0 {
            let mut known = match *place {
                Some(known) => known,
                None => at(ListCursor::at(self.position_at(id, row, since, draft.now).await?)),
            };
            let mut taken = self.take_in(me, id, row, &mut known, draft).await?;
            if taken == Taken::Gone {
                // What comes next is not kept any more: the oldest message that is comes after it, and none is left out.
                let kept = self.before_first(id, row, self.horizon(draft.now)).await?;
                if kept.change > known.cursor.position.change {
                    known = at(ListCursor::at(kept));
                    taken = self.take_in(me, id, row, &mut known, draft).await?;
                }
            }
            *place = Some(known);
            return Ok(if taken == Taken::Gone { Taken::All } else { taken });
        }
        if draft.room() < draft.limit.min(usize::try_from(row.log.number).unwrap_or(usize::MAX)) {
            return Ok(Taken::Part);
        }
        let side = id.side(me).expect("a user's head and memberships name only conversations they are in");
        let log = Log { id, row, viewer: side, now: draft.now };
        let (shown, _) = self.page(log, u64::MAX, draft.limit).await?;
        let mut known = at(ListCursor::at(row.log));
        let segment = Segment { shown, cursor: known.cursor, marks: row.marks() };
        self.hand_over(log, &mut known, segment, draft).await?;
        *place = Some(known);
        Ok(Taken::All)
    }

    fn seal_sync(&self, me: &UserId, cursor: &SyncCursor) -> String {
        let mut cursor = cursor.clone();
        cursor.known.sort_by_key(|known| known.conversation);
        self.sealer().seal(&cursor, me, SCOPE)
    }

    async fn synced(&self, cursor: String, draft: Draft, moved_at: u64, has_more: bool) -> Result<Synced> {
        let conversations = match draft.conversations.is_empty() {
            true => Vec::new(),
            false => self.show_conversations(&draft.conversations, draft.now).await?,
        };
        Ok(Synced {
            conversations,
            messages: draft.messages,
            has_more,
            cursor,
            next_poll_ms: self.next_poll_ms(moved_at, draft.now),
            reset: draft.reset.then_some(true),
        })
    }
}

/// Where the client stands in each conversation that the next poll may be about: as its cursor says; where that says
/// nothing, the conversation had not moved when the cursor was made, so the client stands where it was before it came
/// into the window.
fn places(head: &HeadRow, cursor: &SyncCursor) -> HashMap<u64, Known> {
    let window = head.window.iter().map(|moved| {
        let from: Position = moved.from;
        let conversation = fingerprint(&moved.conversation);
        Known { conversation, cursor: ListCursor::at(from), handed: false, begun: false }
    });
    let mut places: HashMap<u64, Known> = window.map(|known| (known.conversation, known)).collect();
    for known in &cursor.known {
        // A conversation that has left the window has not moved since, or the cursor is too old by now.
        if known.handed
            || known.cursor.within > 0
            || known.cursor.target.is_some()
            || places.contains_key(&known.conversation)
        {
            places.insert(known.conversation, *known);
        }
    }
    places
}

fn window_names(head: &HeadRow) -> HashMap<u64, ConversationId> {
    let ids = head.window.iter().filter_map(|moved| ConversationId::new(&moved.conversation));
    ids.map(|id| (fingerprint(id.as_str()), id)).collect()
}
