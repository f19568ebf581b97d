//! Compares a message in answers with the requested changes.

use super::{Changes, Outcome, Revision, Wish, listed, reaction_of};
use crate::histories::model::{Check, ensure};
use jobline_wire::{Message, limits::EDITS};
use std::collections::BTreeSet;

impl Changes {
    pub(super) fn see_tombstone(&mut self, message: &Message, tick: u64) -> Check {
        let by = message.deleted_by.ok_or_else(|| format!("deleted by nobody: {message:?}"))?;
        ensure!(self.may_be_gone_by(by), "{by:?} did not delete {message:?}");
        let kept = message.content.is_empty() && message.reactions.is_empty() && message.file_name.is_none();
        ensure!(kept && message.reply_to.is_none(), "a deleted message that is not empty: {message:?}");
        let data = message.event.as_ref().and_then(|event| event.data.as_ref());
        ensure!(data.is_none(), "a deleted event that still tells something: {message:?}");
        let edited = message.revision.is_some() || message.edited_at.is_some();
        ensure!(!edited, "a deleted message that tells of edits: {message:?}");
        let at = message.deleted_at.clone().unwrap_or_default();
        let known = self.gone.get_or_insert_with(|| (at.clone(), tick));
        ensure!(known.0 == at, "deleted at {} in another answer: {message:?}", known.0);
        ensure!(message.updated_at >= at, "deleted, but changed before: {message:?}");
        Ok(())
    }

    pub(super) fn see_text(&mut self, message: &Message, original: &str, tick: u64) -> Check {
        let revision = message.revision.unwrap_or(0);
        ensure!(message.revision != Some(0), "edited no times: {message:?}");
        ensure!((revision > 0) == message.edited_at.is_some(), "edited, or not: {message:?}");
        let said = if revision == 0 { message.content == original } else { self.is_wished(&message.content, original) };
        ensure!(said, "nobody made it say so: {message:?}");
        ensure!(revision as usize <= self.edits() && revision <= EDITS, "edited too often: {message:?}");
        let (text, at) = (message.content.clone(), message.edited_at.clone());
        let known = self.revisions.entry(revision).or_insert(Revision { text, at, seen: tick });
        let same = known.text == message.content && known.at == message.edited_at;
        ensure!(same, "revision {revision} is {known:?} in another answer: {message:?}");
        let times: Vec<&Option<String>> = self.revisions.values().map(|one| &one.at).collect();
        ensure!(times.windows(2).all(|two| two[0] < two[1]), "editedAt does not rise: {times:?}");
        Ok(())
    }

    fn is_wished(&self, text: &str, original: &str) -> bool {
        self.may_say(text) || text == original
    }

    pub(super) fn see_reactions(&self, message: &Message, pair: &[String; 2]) -> Check {
        let emoji: BTreeSet<&str> = message.reactions.iter().map(|one| one.emoji.as_str()).collect();
        ensure!(emoji.len() == message.reactions.len(), "an emoji twice: {message:?}");
        ensure!(message.reactions.iter().all(|one| !one.user_ids.is_empty()), "an emoji of nobody: {message:?}");
        let users: Vec<&String> = message.reactions.iter().flat_map(|one| &one.user_ids).collect();
        let different: BTreeSet<&&String> = users.iter().collect();
        ensure!(different.len() == users.len(), "two reactions of one user: {message:?}");
        for user in users {
            ensure!(pair.contains(user), "a stranger reacts: {message:?}");
            let wish = Wish::Reaction(reaction_of(message, user).and_then(listed));
            let mine = self.requests.iter().filter(|one| one.by == *user && one.wish == wish);
            let may = mine.into_iter().any(|one| one.outcome != Outcome::Refused);
            ensure!(may && wish != Wish::Reaction(None), "{user} never reacted so: {message:?}");
        }
        Ok(())
    }
}
