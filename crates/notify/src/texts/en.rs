//! English.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    tag: "en",
    direction: "ltr",
    message_from: "New message from {}",
    message: "You have a new message",
    marketplace: "The marketplace",
    about: "About: {}",
    unread: "Unread messages: {}",
    photo: "Photo",
    voice: "Voice message",
    file: "File",
    audio_call: "Audio call",
    video_call: "Video call",
    missed: "missed",
    reply: "Read and reply",
    use_the_link: "Please reply in the conversation: answers to this e-mail reach nobody.",
    unsubscribe: "No more e-mail about unread messages",
    unsubscribe_ask: "No more e-mail about unread messages?",
    unsubscribe_yes: "No more e-mail",
    unsubscribed: "You get no more e-mail about unread messages. You can change that in the settings of the chat.",
    unsubscribe_unknown: "This link is not complete. Use the one in the e-mail, or the settings of the chat.",
};
