//! Answers of `sync` that follow the moves: what moved since a version, and the first answers of a client that has
//! nothing yet.

use super::{
    answer::{Answer, Newest, Request, Taken, newest, of_mine},
    awake::{AwakeCrew, AwakeCrews},
    cursor::{ConversationCursor, Paging, SyncCursor, Walk, fingerprint},
    head::HeadRow,
    moves::{ConversationMoves, Moves, OldestRead, conversations_without_moves},
    read_head::read_head,
};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    conversation::row::ConversationRow,
    log::cursor::LogCursor,
};
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use jobline_store::Consistency;
use jobline_wire::Synced;
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// Of how many conversations the newest messages are read at the same time.
const READS_AT_ONCE: usize = 8;

/// The first answer of a client that has nothing, or has to begin again.
pub(super) async fn begin(cx: &Context, request: Request<'_>, reset: bool) -> Result<Synced> {
    let head = read_head(cx, request.me, Consistency::Strong).await?;
    let walk = Walk { is_first: true, ..Walk::default() };
    let cursor = SyncCursor { paging: Paging::Back(walk), ..SyncCursor::default() };
    let awake = AwakeCrews::read(cx, &head, Consistency::Strong, |_| None).await?;
    let moves = moves(cx, request, &head, &cursor).await?;
    let mut follow = Follow::new(cx, request, (&head, &awake), &moves, cursor);
    follow.answer.reset = reset;
    follow.run().await?;
    let meanwhile = follow.meanwhile().await?;
    follow.finish(meanwhile).await
}

/// What moved that the cursor's client has not got. `None` when some of it is not kept any more, or the store was restored.
pub(super) async fn resume(
    cx: &Context,
    request: Request<'_>,
    heads: (&HeadRow, &AwakeCrews),
    moves: &Moves,
    cursor: SyncCursor,
) -> Result<Option<Synced>> {
    let mut follow = Follow::new(cx, request, heads, moves, cursor);
    if follow.run().await? == Taken::Lost {
        return Ok(None);
    }
    let meanwhile = follow.meanwhile().await?;
    if !follow.walk.is_first && meanwhile.as_ref().is_some_and(|meanwhile| follow.knows_lost(&meanwhile.head)) {
        return Ok(None);
    }
    follow.finish(meanwhile).await.map(Some)
}

/// The moves that one answer to `cursor` may need.
pub(super) async fn moves(cx: &Context, request: Request<'_>, head: &HeadRow, cursor: &SyncCursor) -> Result<Moves> {
    let walk = match &cursor.paging {
        Paging::Back(walk) if walk.is_first => walk,
        Paging::Back(_) | Paging::Through(_) | Paging::Done => {
            return Moves::after(cx, request.me, head, cursor.version).await;
        }
    };
    // A conversation of which nothing was answered begins with its newest messages, wherever it was.
    let bottom = walk.answered.bottom().unwrap_or(u64::MAX);
    let enough = |moves: &Moves, reached: OldestRead| {
        let left = moves
            .conversations
            .iter()
            .filter(|moved| is_left(walk, moved, cursor.received_change(moved.fingerprint).is_some()));
        reached.version <= bottom && left.count() > request.limit
    };
    Moves::after_until(cx, request.me, head, cursor.version, enough).await
}

/// Whether `moved` has moves that are still to be answered. `is_known`: the cursor has the client's place in its log. In a first
/// answer that is a crew that was awake: it was answered since the walk began, with whatever moved before that.
fn is_left(walk: &Walk, moved: &ConversationMoves, is_known: bool) -> bool {
    let is_older = walk.answered.bottom().is_some_and(|bottom| moved.latest() <= bottom);
    let came_as_crew = walk.is_first && is_older && is_known;
    !came_as_crew && !walk.answered.contains(moved.latest())
}

/// Whether `moves` has everything that a client with this cursor has to know.
pub(super) fn is_known(moves: &Moves, cursor: &SyncCursor) -> bool {
    moves.lost.is_none_or(|lost| match &cursor.paging {
        Paging::Back(walk) if walk.is_first => walk.answered.bottom().is_none_or(|bottom| lost <= bottom),
        Paging::Back(_) | Paging::Through(_) | Paging::Done => false,
    })
}

/// An answer while it is put together from the moves.
struct Follow<'a> {
    cx: &'a Context,
    request: Request<'a>,
    head: &'a HeadRow,
    awake: &'a AwakeCrews,
    moves: &'a Moves,
    answer: Answer,
    /// The version of the head up to which all moves were answered before the walk.
    base: u64,
    walk: Walk,
    /// This is the first answer of a walk: it may be the only one.
    is_new: bool,
    /// How far the client has read conversations, by their fingerprints.
    places: HashMap<u64, ConversationCursor>,
}

/// What happened while an answer was put together.
struct Meanwhile {
    head: Arc<HeadRow>,
    /// What moved after the head that the answer was made from.
    moves: Moves,
}

/// A conversation with news.
#[derive(Clone, Copy)]
struct ConversationNews<'a> {
    id: &'a ConversationId,
    /// The [`fingerprint`] of the id.
    fingerprint: u64,
    /// Its moves in the head, if the head has any.
    moves: Option<&'a ConversationMoves>,
    /// All moves after this version of the head are of conversations that come before this one.
    below: u64,
}

impl<'a> ConversationNews<'a> {
    fn of_crew(crew: &'a AwakeCrew, moves: &'a Moves, below: u64) -> Self {
        Self { id: &crew.id, fingerprint: crew.fingerprint, moves: moves.of(crew.fingerprint), below }
    }
}

impl<'a> Follow<'a> {
    fn new(
        cx: &'a Context,
        request: Request<'a>,
        (head, awake): (&'a HeadRow, &'a AwakeCrews),
        moves: &'a Moves,
        mut cursor: SyncCursor,
    ) -> Self {
        let places = cursor.conversations.drain(..).map(|one| (one.conversation, one)).collect();
        let (walk, is_new) = match std::mem::take(&mut cursor.paging) {
            Paging::Back(walk) => (walk, false),
            Paging::Through(_) | Paging::Done => (Walk::default(), true),
        };
        let base = cursor.version;
        let answer = Answer::from(cursor);
        Self { cx, request, head, awake, moves, answer, base, walk, is_new, places }
    }

    /// Takes as much as there is room for, what happened last first.
    async fn run(&mut self) -> Result<Taken> {
        let (taken, below) = self.take_news().await?;
        if taken == Taken::Lost {
            return Ok(taken);
        }
        let complete = taken == Taken::All && self.take_rest().await?;
        if complete {
            self.answer.cursor.version = self.head.version;
            if self.is_new {
                self.answer.turn();
            }
            return Ok(Taken::All);
        }
        self.walk.answered.add(below, self.head.version);
        self.answer.has_more = true;
        Ok(Taken::Part)
    }

    /// The conversations with news, the one in which something happened last first: those that the head tells of, and the crews
    /// that are awake, of which it does not tell.
    ///
    /// What the cursor says was answered are versions of the head, so the former keep the order of their moves. A crew can be at
    /// any place between them, since the cursor has its place in the log. It is never after the move with which it woke: when that
    /// was answered, all of the crew was.
    fn news(&self) -> Vec<ConversationNews<'a>> {
        let known = |fingerprint: u64| self.places.get(&fingerprint).map(|place| place.cursor.position.change);
        let moves = self.moves;
        let (awake, mut news) = (self.awake, Vec::new());
        let mut crews: VecDeque<&AwakeCrew> = awake.news(known).collect();
        let with_news: HashSet<u64> = crews.iter().map(|crew| crew.fingerprint).collect();
        let is_known = |moved: &ConversationMoves| self.places.contains_key(&moved.fingerprint);
        for moved in moves.conversations.iter().filter(|moved| is_left(&self.walk, moved, is_known(moved))) {
            let below = moved.latest();
            while let Some(crew) = crews.pop_front_if(|crew| crew.moved_at() >= moved.moved_at()) {
                news.push(ConversationNews::of_crew(crew, moves, below));
            }
            match crews.iter().position(|crew| crew.fingerprint == moved.fingerprint).and_then(|at| crews.remove(at)) {
                Some(crew) => news.push(ConversationNews::of_crew(crew, moves, below)),
                None if with_news.contains(&moved.fingerprint) => {}
                None => news.push(ConversationNews {
                    id: &moved.id,
                    fingerprint: moved.fingerprint,
                    moves: Some(moved),
                    below,
                }),
            }
        }
        news.extend(crews.into_iter().map(|crew| ConversationNews::of_crew(crew, moves, self.base)));
        news
    }

    /// Answers conversations with news. How far it came, and the version down to which all moves were answered.
    async fn take_news(&mut self) -> Result<(Taken, u64)> {
        let mut news = self.news();
        let next = news.get(self.request.limit).map(|one| one.below);
        news.truncate(self.request.limit);
        let rows = self.rows(news.iter().map(|one| one.id.clone()).collect()).await?;
        let mut left: VecDeque<_> = news.into_iter().filter_map(|one| Some((one, rows.get(one.id)?))).collect();
        while let Some((one, row)) = left.front().copied() {
            let Some(place) = self.place(one) else {
                let unknown =
                    |(one, row): &(ConversationNews<'a>, _)| self.place(*one).is_none().then_some((one.id, *row));
                let begun: Vec<_> = left.iter().map_while(unknown).collect();
                let taken = self.take_newest(&begun).await?;
                left.drain(..taken);
                match left.front() {
                    Some((next, _)) if taken < begun.len() => return Ok((Taken::Part, next.below)),
                    _ => continue,
                }
            };
            match self.take(one.id, row, place).await? {
                Taken::All => left.pop_front(),
                taken @ (Taken::Part | Taken::Lost) => return Ok((taken, one.below)),
            };
        }
        Ok(next.map_or((Taken::All, self.base), |next| (Taken::Part, next)))
    }

    /// Answers conversations of which no move is known, in the order of their ids. Whether that were all.
    async fn take_rest(&mut self) -> Result<bool> {
        let some_unknown = self.head.floor > 0 || self.moves.lost.is_some();
        if !self.walk.is_first || !some_unknown {
            return Ok(true);
        }
        loop {
            let after = Some(self.walk.rest.as_str()).filter(|after| !after.is_empty());
            let (ids, last) =
                conversations_without_moves(self.cx, self.request.me, self.moves, after, self.request.limit).await?;
            // All crews that are awake were answered before.
            let ids: Vec<_> = ids.into_iter().filter(|id| !self.awake.contains(fingerprint(id.as_str()))).collect();
            let rows = self.rows(ids.clone()).await?;
            let of: Vec<_> = ids.iter().filter_map(|id| Some((id, rows.get(id)?))).collect();
            let taken = self.take_newest(&of).await?;
            if let Some((id, _)) = of[..taken].last() {
                id.as_str().clone_into(&mut self.walk.rest);
            }
            match last {
                _ if taken < of.len() => return Ok(false),
                Some(last) => last.as_str().clone_into(&mut self.walk.rest),
                None => return Ok(true),
            }
        }
    }

    /// Answers one conversation from `place` on, as far as there is room.
    async fn take(
        &mut self,
        id: &ConversationId,
        row: &ConversationRow,
        mut place: ConversationCursor,
    ) -> Result<Taken> {
        let log = self.request.view(id, row);
        // The row was read strongly. Of one who has left a crew the log has ended, whatever moves in it tell of.
        let is_of_row = if log.follows() { place.cursor.is_of(row) } else { place.cursor.may_be_of(row) };
        let taken = if !is_of_row {
            return Ok(Taken::Lost);
        } else if place.cursor.position.change < row.log.change {
            self.answer.take(self.cx, self.request, log, &mut place).await?
        } else {
            // It moved, though its log did not: a mute or a block by another device of the user.
            self.answer.show(log, self.request.limit)
        };
        self.places.insert(place.conversation, place);
        Ok(taken)
    }

    /// Answers the newest messages of conversations, of each as many as there is room for, but one at least. For how many
    /// there was room.
    async fn take_newest(&mut self, of: &[(&ConversationId, &ConversationRow)]) -> Result<usize> {
        let count = of.len().min(self.answer.conversations_left(self.request.limit));
        let wanted: Vec<u64> = of.iter().map(|(_, row)| row.log.number).collect();
        let shares = shares(self.answer.room(self.request.limit), &wanted);
        let logs: Vec<_> = of[..count].iter().map(|(id, row)| self.request.view(id, row)).collect();
        let mut reads: Vec<BoxFuture<'_, Result<Newest>>> = Vec::with_capacity(count);
        for (log, share) in logs.iter().zip(shares) {
            reads.push(Box::pin(newest(self.cx, *log, share)));
        }
        let found: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        for (log, (place, messages)) in logs.into_iter().zip(found) {
            self.answer.push(log, messages);
            self.places.insert(place.conversation, place);
        }
        Ok(count)
    }

    /// How far the client has read a conversation: as its cursor says. Where the cursor says nothing, it has read it up
    /// to where it was before the first move that it was not answered, because it has what was before that, and the
    /// conversation was not in the window then. `None` when the client has nothing of it.
    fn place(&self, one: ConversationNews<'_>) -> Option<ConversationCursor> {
        if let Some(place) = self.places.get(&one.fingerprint) {
            return Some(place.clone());
        }
        let moved = one.moves?;
        let is_begun = !self.walk.is_first || moved.id.as_str() <= self.walk.rest.as_str();
        let next = moved.after(&self.walk.answered).or_else(|| is_begun.then(|| moved.oldest()))?;
        Some(ConversationCursor::new(moved.id.as_str(), LogCursor::at(next.from)))
    }

    async fn rows(&self, ids: Vec<ConversationId>) -> Result<HashMap<ConversationId, ConversationRow>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(of_mine(self.cx, self.request.me, ids).await?.into_iter().collect())
    }

    /// The places that the next answer may not need.
    fn unneeded(&self) -> impl Iterator<Item = &ConversationCursor> {
        let window: HashSet<u64> = self.head.window_by_fingerprint().into_keys().collect();
        self.places.values().filter(move |one| !self.is_needed(one, &window))
    }

    /// What moved after the head. The rows of conversations are read after it, and the head itself may be late, so the
    /// client may have more of a conversation than the head tells, from this answer or an earlier one. While the
    /// conversation is in the window, its place is kept; before it is forgotten, the newest head is asked. `None` where nothing is
    /// to be forgotten.
    async fn meanwhile(&self) -> Result<Option<Meanwhile>> {
        if self.unneeded().next().is_none() {
            return Ok(None);
        }
        let head = read_head(self.cx, self.request.me, Consistency::Strong).await?;
        let moves = Moves::after(self.cx, self.request.me, &head, self.head.version).await?;
        Ok(Some(Meanwhile { head, moves }))
    }

    /// Whether the client has a message that `head`, which was read after it, does not know of: the store was restored to an earlier
    /// state.
    fn knows_lost(&self, head: &HeadRow) -> bool {
        let window = head.window_by_fingerprint();
        let awake: HashSet<u64> = head.awake_crews().map(|id| fingerprint(id.as_str())).collect();
        let has_left =
            |one: &&ConversationCursor| !window.contains_key(&one.conversation) && !awake.contains(&one.conversation);
        self.unneeded().filter(has_left).any(|one| !head.may_have_evicted(one.cursor.position.at))
    }

    async fn finish(mut self, meanwhile: Option<Meanwhile>) -> Result<Synced> {
        self.answer.cursor.see(self.head.stamp());
        if let Some(Meanwhile { head, moves }) = meanwhile {
            self.answer.cursor.see(head.stamp());
            let forgotten: HashSet<u64> = self
                .unneeded()
                .map(|one| one.conversation)
                .filter(|fingerprint| !moves.may_have(*fingerprint))
                .collect();
            self.places.retain(|fingerprint, _| !forgotten.contains(fingerprint));
        }
        self.answer.cursor.conversations = self.places.into_values().collect();
        self.answer.cursor.paging = if self.answer.has_more { Paging::Back(self.walk) } else { Paging::Done };
        self.answer.finish(self.cx, self.request, self.awake.moved_at(self.head)).await
    }

    /// Whether the next answer may need to know how far the client has read a conversation, as far as `head` tells.
    fn is_needed(&self, one: &ConversationCursor, window: &HashSet<u64>) -> bool {
        let is_unanswered =
            |moved: &ConversationMoves| self.answer.has_more && !self.walk.answered.contains(moved.latest());
        one.proves_delivery
            || one.cursor.within > 0
            || one.cursor.snapshot.is_some()
            || !one.cursor.ahead.is_empty()
            || one.cursor.shown.is_some()
            || window.contains(&one.conversation)
            || self.awake.contains(one.conversation)
            || self.moves.of(one.conversation).is_some_and(is_unanswered)
    }
}

/// Divides `room` among conversations that want so many messages: what one does not want goes to the others. Each gets at
/// least one.
fn shares(room: usize, wanted: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| (wanted[*at], Reverse(*at)));
    let (mut shares, mut room) = (vec![1; wanted.len()], room);
    for (nth, at) in order.into_iter().enumerate() {
        let equal = (room / (wanted.len() - nth)).max(1);
        shares[at] = usize::try_from(wanted[at]).unwrap_or(equal).clamp(1, equal);
        room = room.saturating_sub(shares[at]);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn what_some_conversations_do_not_need_goes_to_the_others() {
        assert_eq!(shares(50, &[100, 1, 1]), [48, 1, 1]);
        assert_eq!(shares(50, &[100, 100, 1]), [25, 24, 1]);
        assert_eq!(shares(50, &[7, 3]), [7, 3]);
        assert_eq!(shares(4, &[9, 9, 9, 9]), [1, 1, 1, 1]);
        assert_eq!(shares(2, &[9, 9, 9]), [1, 1, 1], "only the first two are read");
        assert_eq!(shares(50, &[]), [0_usize; 0]);
        assert_eq!(shares(50, &[0]), [1]);
    }
}
