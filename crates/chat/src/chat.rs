//! The front of the domain: every operation there is, each in one line.

pub(crate) mod background;
mod calls;
mod connections;
mod host;
mod push;

use crate::{
    base::{
        announcer::{Announce, NoAnnouncer},
        clock::{Clock, Random},
        cursor::Sealer,
        db::Db,
        error::Result,
        flag::Flag,
        id::UserId,
        polling::Polling,
        secrets::Secrets,
        settings::Settings,
    },
    context::{Context, Memos},
    conversation::{self, receipts},
    files::{port::Files, proof_slots::ProofSlots, upload},
    host::{ended, ended_row::EndedUsers},
    inbox, keys, messages,
    outbox::{notice, signal::Signal},
    presence::{preferences, seen, status, typing},
    user,
};
use jobline_store::{Consistency, Store};
use jobline_wire::{
    BlockUser, Blocked, ChangedMessage, ConversationDetails, Conversations, DeleteMessage, EditMessage,
    GetConversation, ListConversations, ListMembers, ListMessages, ListVersions, MarkAsRead, MarkedAsRead, Members,
    Messages, Mute, Muted, Preferences, Presence, React, ReportInput, Reported, SendMessage, SentMessage,
    SetPreferences, SyncQuery, Synced, UploadFile, UploadTarget, Versions,
};
use std::{collections::BTreeSet, sync::Arc};

/// The conversations of one deployment. Clones share the same state.
#[derive(Clone)]
pub struct Chat {
    cx: Arc<Context>,
}

impl Chat {
    /// The domain over its ports.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        files: Arc<dyn Files>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        secrets: &Secrets,
        settings: Settings,
    ) -> Self {
        Self::with_announcer(store, files, clock, random, secrets, settings, Arc::new(NoAnnouncer))
    }

    /// [`Chat::new`] that tells `announcer` of every commit that moved somebody.
    #[must_use]
    pub fn with_announcer(
        store: Arc<dyn Store>,
        files: Arc<dyn Files>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        secrets: &Secrets,
        settings: Settings,
        announcer: Arc<dyn Announce>,
    ) -> Self {
        let db = Db::new(store, clock.clone(), random.clone());
        let sealer = Sealer::new(secrets.derive("cursors"));
        let (polling, memos, proof_slots) = (Polling::default(), Memos::default(), ProofSlots::default());
        let retention = settings.retention();
        let (unfinished, ended) = (Flag::default(), EndedUsers::default());
        let cx = Context {
            db,
            files,
            clock,
            random,
            announcer,
            sealer,
            settings,
            retention,
            polling,
            memos,
            proof_slots,
            unfinished,
            webhook: Signal::default(),
            mail: Signal::default(),
            push: Signal::default(),
            ended,
        };
        Self { cx: Arc::new(cx) }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn ready(&self) -> Result<()> {
        self.cx.db.get(&keys::secrets(), Consistency::Strong).await.map(drop)
    }

    /// Makes clients poll `factor` times less often, 1 to 100: for a server that is under pressure.
    pub fn set_slowdown(&self, factor: f64) {
        self.cx.polling.set_slowdown(factor);
    }

    /// Sends a message. When it answers, the message is durable. Repeated with the same `clientId` it answers the first
    /// message again.
    ///
    /// # Errors
    /// All of the contract's that a send can meet; then nothing was stored.
    pub async fn send(&self, me: &UserId, input: SendMessage) -> Result<SentMessage> {
        messages::send::send(&self.cx, me, input).await
    }

    /// Replaces the text of a message that `me` sent. The same text again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `content_empty`, `content_too_long`, `not_found`, `not_your_message`, `message_deleted`,
    /// `recipient_unavailable`, `edit_window_over`, `rate_limited`, `unavailable`.
    pub async fn edit(&self, me: &UserId, input: EditMessage) -> Result<ChangedMessage> {
        messages::edit::edit(&self.cx, me, input).await
    }

    /// Deletes a message that `me` sent, for everyone. Repeating it changes nothing.
    ///
    /// # Errors
    /// `not_found`, `not_your_message`, `delete_window_over`, `unavailable`.
    pub async fn delete(&self, me: &UserId, input: DeleteMessage) -> Result<ChangedMessage> {
        messages::delete::delete(&self.cx, me, input).await
    }

    /// Sets the one reaction of `me` to a message, or takes it back. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_emoji`, `not_found`, `message_deleted`, `recipient_unavailable`, `rate_limited`, `unavailable`.
    pub async fn react(&self, me: &UserId, input: React) -> Result<ChangedMessage> {
        messages::react::react(&self.cx, me, input).await
    }

    /// Every text that a message has had, the present one last.
    ///
    /// # Errors
    /// `not_found`, `message_deleted`, `unavailable`.
    pub async fn versions(&self, me: &UserId, input: ListVersions) -> Result<Versions> {
        messages::versions::versions(&self.cx, me, input).await
    }

    /// A conversation of `me` with its people and job, also one that has not begun, and whether `me` may write in it.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `unavailable`.
    pub async fn conversation(&self, me: &UserId, input: GetConversation) -> Result<ConversationDetails> {
        conversation::details::details(&self.cx, me, input).await
    }

    /// The members of a conversation, and how far each has read.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn members(&self, me: &UserId, input: ListMembers) -> Result<Members> {
        conversation::members::members(&self.cx, me, input).await
    }

    /// Mutes a conversation for `me` until an instant, or ends that.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `unavailable`.
    pub async fn mute(&self, me: &UserId, input: Mute) -> Result<Muted> {
        user::mute::mute(&self.cx, me, input).await
    }

    /// Blocks a user: they cannot write to `me` any more. Repeating it changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn block(&self, me: &UserId, input: BlockUser) -> Result<Blocked> {
        user::blocks::block(&self.cx, me, input).await
    }

    /// Ends a block. Repeating it changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn unblock(&self, me: &UserId, input: BlockUser) -> Result<Blocked> {
        user::blocks::unblock(&self.cx, me, input).await
    }

    /// Shows a conversation, or one of its messages, to the host.
    ///
    /// # Errors
    /// `invalid_request`, `content_too_long`, `not_found`, `rate_limited`, `unavailable`.
    pub async fn report(&self, me: &UserId, input: ReportInput) -> Result<Reported> {
        user::reports::report(&self.cx, me, input).await
    }

    /// The messages of a conversation: without `since` the newest, with it what changed. One read when nothing did.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `not_found`, `unavailable`.
    pub async fn list(&self, me: &UserId, input: ListMessages) -> Result<Messages> {
        messages::list::list(&self.cx, me, input).await
    }

    /// Records that `me` has read a conversation, up to one message or all of it. A watermark never goes back; the same
    /// request again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `unavailable`.
    pub async fn mark_as_read(&self, me: &UserId, input: MarkAsRead) -> Result<MarkedAsRead> {
        receipts::mark_as_read(&self.cx, me, input).await
    }

    /// A user's conversations. One read when none moved since the cursor.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `unavailable`.
    pub async fn conversations(&self, me: &UserId, input: ListConversations) -> Result<Conversations> {
        inbox::list::list(&self.cx, me, input).await
    }

    /// All that changed for `me`, in every conversation. One read when nothing did.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `unavailable`.
    pub async fn sync(&self, me: &UserId, input: SyncQuery) -> Result<Synced> {
        inbox::sync::sync(&self.cx, me, input).await
    }

    /// [`Chat::sync`] for somebody who was told that something moved: it sees every commit that was answered before. One
    /// strong read when nothing changed.
    ///
    /// # Errors
    /// As [`Chat::sync`].
    pub async fn sync_after_news(&self, me: &UserId, input: SyncQuery) -> Result<Synced> {
        inbox::sync::sync_after_news(&self.cx, me, input).await
    }

    /// [`Chat::sync_after_news`], but what the cursor proves to have arrived is not recorded as delivered:
    /// [`Chat::record_delivery`] does that, once for several cursors, or not at all when they were read meanwhile.
    ///
    /// # Errors
    /// As [`Chat::sync`].
    pub async fn sync_unrecorded(&self, me: &UserId, input: SyncQuery) -> Result<Synced> {
        inbox::sync::sync_unrecorded(&self.cx, me, input).await
    }

    /// For each of `users`, who must be different, a number that changes with all that [`Chat::sync`] answers them. One read
    /// of a small row for each, a hundred in a round trip.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn versions_of_heads(&self, users: &[UserId]) -> Result<Vec<u64>> {
        inbox::read_head::versions(&self.cx, users).await
    }

    /// Records as delivered what this cursor of `sync` proves to have arrived. Writes nothing for what was recorded or read
    /// before.
    ///
    /// # Errors
    /// `invalid_cursor`, `unavailable`.
    pub async fn record_delivery(&self, me: &UserId, cursor: &str) -> Result<()> {
        inbox::sync::record_delivery(&self.cx, me, cursor).await
    }

    /// The users who may see that `me` writes in a conversation: nobody when `me` may not write there now.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn typing_audience(&self, me: &UserId, conversation: &str) -> Result<Vec<UserId>> {
        typing::audience(&self.cx, me, conversation).await
    }

    /// A user's preferences.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn preferences(&self, me: &UserId) -> Result<Preferences> {
        preferences::get(&self.cx, me).await
    }

    /// The tag of the language that a user reads: what they chose, or else what the host gave for them.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn language(&self, me: &UserId) -> Result<Option<String>> {
        notice::language(&self.cx, me, preferences::stored(&self.cx, me).await?).await
    }

    /// Changes the preferences that are named; the others stay.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn set_preferences(&self, me: &UserId, input: SetPreferences) -> Result<Preferences> {
        preferences::set(&self.cx, me, input).await
    }

    /// Records that `me` is there now, for others to see later. One write; make it at most every few minutes.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn record_seen(&self, me: &UserId) -> Result<()> {
        seen::record(&self.cx, me).await
    }

    /// The users whose presence `me` sees, and who see that of `me`: both share an open job and show theirs.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn presence_peers(&self, me: &UserId) -> Result<Vec<UserId>> {
        status::presence_peers(&self.cx, me).await
    }

    /// What `me` sees of `users`; those whom `me` does not see are left out. `active` says when a user was last active, in
    /// Unix milliseconds, for those of whom the caller knows.
    ///
    /// # Errors
    /// `not_offered` where presence is off; `unavailable`.
    pub async fn presence(
        &self,
        me: &UserId,
        users: &BTreeSet<UserId>,
        active: impl Fn(&UserId) -> Option<u64> + Send,
    ) -> Result<Vec<Presence>> {
        status::of(&self.cx, me, users, active).await
    }

    /// Where to put a file's bytes, for five minutes, and what to name in `send` afterwards.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_file`, `file_too_large`, `not_found`, `not_job_participant`, `job_closed`,
    /// `rate_limited`, `unavailable`.
    pub async fn upload_file(&self, me: &UserId, input: UploadFile) -> Result<UploadTarget> {
        upload::upload_file(&self.cx, me, input).await
    }

    /// Whether a token of `user` that was issued at `issued_ms`, in Unix milliseconds, is from before the user was deleted. What
    /// another server deleted is noticed within a minute.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn has_ended(&self, user: &UserId, issued_ms: Option<u64>) -> Result<bool> {
        ended::has_ended(&self.cx, user, issued_ms).await
    }
}
