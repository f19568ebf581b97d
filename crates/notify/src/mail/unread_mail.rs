//! A mail about the unread messages of one conversation.

use crate::texts::Language;

/// A mail about the unread messages of one conversation. All texts are plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadMail<'a> {
    /// The address that it goes to.
    pub to: &'a str,
    /// The language it is written in.
    pub language: Language,
    /// Who wrote last; `None`: the marketplace.
    pub sender: Option<&'a str>,
    /// The title of the job.
    pub job: Option<&'a str>,
    /// How many messages are unread.
    pub unread: u64,
    /// The beginnings of the last unread messages, the oldest first; empty where the operator does not allow texts in
    /// mail.
    pub lines: &'a [String],
    /// The URL of the conversation in the app.
    pub link: &'a str,
    /// Where a POST of `List-Unsubscribe=One-Click` ends this mail, and a GET shows a button for it.
    pub unsubscribe: &'a str,
    /// The first half of the message id: the same each time that the same mail is sent.
    pub id: &'a str,
    /// The same for all mail about one conversation: mail programs show them as one thread.
    pub thread: &'a str,
}
