//! Helpers of tests of crews.

mod history;
mod permission;
mod writing;

use crate::support::{User, World};
use jobline_chat::{JobId, Result};
use jobline_wire::{
    ConversationDetails, ConversationMember, CrewHistory, DeleteMessage, EditMessage, GetConversation, HostJobInput,
    JobStatus, ListMembers, ListMessages, MarkAsRead, Message, React, SendMessage, Synced,
};

pub(crate) const CREW: &str = "crew_1";

impl World {
    pub(crate) async fn crew(&self, participants: &[&str]) {
        self.job(1, participants, JobStatus::Open).await;
    }

    pub(crate) async fn crew_with_history(&self, participants: &[&str]) {
        let participants = participants.iter().map(|id| (*id).to_owned()).collect();
        let crew_history = Some(CrewHistory::All);
        let input = HostJobInput { title: "Job 1".into(), participants, status: JobStatus::Open, crew_history };
        self.chat.put_job(JobId::parse(1).unwrap(), input).await.unwrap();
    }
}

impl User<'_> {
    pub(crate) async fn say(&self, text: &str) -> Result<Message> {
        let input =
            SendMessage { conversation_id: Some(CREW.into()), content: Some(text.into()), ..SendMessage::default() };
        Ok(self.send_as(input).await?.message)
    }

    pub(crate) async fn reply(&self, text: &str, to: &Message) -> Result<Message> {
        let input = SendMessage {
            conversation_id: Some(CREW.into()),
            content: Some(text.into()),
            reply_to: Some(to.id.clone()),
            ..SendMessage::default()
        };
        Ok(self.send_as(input).await?.message)
    }

    pub(crate) async fn crew_list(&self) -> Result<Vec<Message>> {
        Ok(self.list_as(ListMessages { conversation_id: CREW.into(), ..ListMessages::default() }).await?.messages)
    }

    /// What the user sees, in one line: texts, and events as `+user` and `-user`.
    pub(crate) async fn sees(&self) -> String {
        self.crew_list().await.unwrap().iter().map(said).collect::<Vec<_>>().join(" ")
    }

    pub(crate) async fn read_crew(&self, up_to: Option<&Message>) -> Result<u64> {
        let input = MarkAsRead { conversation_id: CREW.into(), up_to: up_to.map(|message| message.id.clone()) };
        Ok(self.chat().mark_as_read(&self.id, input).await?.unread_count)
    }

    pub(crate) async fn details(&self) -> Result<ConversationDetails> {
        let input = GetConversation { conversation_id: Some(CREW.into()), ..GetConversation::default() };
        self.chat().conversation(&self.id, input).await
    }

    pub(crate) async fn members(&self) -> Result<Vec<ConversationMember>> {
        Ok(self.chat().members(&self.id, ListMembers { conversation_id: CREW.into() }).await?.members)
    }

    /// The unread count, which has to be the same in every answer.
    pub(crate) async fn unread(&self) -> u64 {
        let me = self.id.as_str();
        let listed = self.conversations().await.unwrap().conversations;
        let listed = listed.iter().find(|one| one.id == CREW).expect("the crew is in the list").unread_count[me];
        assert_eq!(self.details().await.unwrap().conversation.unread_count[me], listed);
        let synced = self.sync(None).await.unwrap().conversations;
        assert_eq!(synced.iter().find(|one| one.id == CREW).unwrap().unread_count[me], listed);
        listed
    }

    pub(crate) async fn react(&self, to: &Message, emoji: &str) -> Result<Message> {
        let (conversation_id, message_id) = (CREW.into(), to.id.clone());
        let input = React { conversation_id, message_id, emoji: Some(emoji.into()) };
        Ok(self.chat().react(&self.id, input).await?.message)
    }

    pub(crate) async fn edit_to(&self, message: &Message, content: &str) -> Result<Message> {
        let input =
            EditMessage { conversation_id: CREW.into(), message_id: message.id.clone(), content: content.into() };
        Ok(self.chat().edit(&self.id, input).await?.message)
    }

    pub(crate) async fn remove(&self, message: &Message) -> Result<Message> {
        let input = DeleteMessage { conversation_id: CREW.into(), message_id: message.id.clone() };
        Ok(self.chat().delete(&self.id, input).await?.message)
    }
}

pub(crate) fn said(message: &Message) -> String {
    match &message.event {
        Some(event) if event.kind == "joined" => format!("+{}", event.user_id.as_deref().unwrap()),
        Some(event) if event.kind == "left" => format!("-{}", event.user_id.as_deref().unwrap()),
        _ => message.content.clone(),
    }
}

/// A device that applies the answers of `sync`: the messages in their last state, by number.
pub(crate) struct Device<'a> {
    pub(crate) user: &'a User<'a>,
    pub(crate) cursor: Option<String>,
    pub(crate) messages: std::collections::BTreeMap<u64, Message>,
}

impl<'a> Device<'a> {
    pub(crate) fn of(user: &'a User<'a>) -> Self {
        Self { user, cursor: None, messages: std::collections::BTreeMap::new() }
    }

    /// Polls up to the end, and returns what came, in one line.
    pub(crate) async fn poll(&mut self) -> String {
        let mut came = Vec::new();
        loop {
            let Synced { messages, has_more, cursor, reset, .. } =
                self.user.sync_limit(self.cursor.as_deref(), Some(3)).await.unwrap();
            assert!(reset.is_none() || self.cursor.is_none(), "no reset");
            for message in messages.into_iter().filter(|message| message.conversation_id == CREW) {
                came.push(said(&message));
                self.messages.insert(message.number, message);
            }
            self.cursor = Some(cursor);
            if !has_more {
                return came.join(" ");
            }
        }
    }

    pub(crate) fn holds(&self) -> String {
        self.messages.values().map(said).collect::<Vec<_>>().join(" ")
    }
}
