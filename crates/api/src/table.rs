//! The whole API on one page.
//!
//! Each row is a procedure. Its route, its description in OpenAPI and its name in metrics and logs all come from here.
//! Another face of the API is another loop over this table.

use crate::handlers::{calls, host, messages, presence};
use crate::procedure::Procedure;
use http::Method;
use jobline_wire::Code;

const SEND_FAILS: &[Code] = &[
    Code::ContentEmpty,
    Code::ContentTooLong,
    Code::FileTypeMismatch,
    Code::FileNotUploaded,
    Code::NotJobParticipant,
    Code::JobClosed,
    Code::RecipientUnavailable,
    Code::NotFound,
    Code::ClientIdReused,
    Code::FileAlreadyUsed,
    Code::RateLimited,
];

/// The user API.
#[must_use]
pub fn user_api() -> Vec<Procedure> {
    let mut all = messages_api();
    all.extend(people_api());
    all.extend(calls_api());
    all
}

/// Messages, from sending to their earlier versions.
fn messages_api() -> Vec<Procedure> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        Procedure::user("send", POST, "/messages/send", messages::send)
            .does("Sends a message. Repeated with the same `clientId` it returns the first message and stores nothing.")
            .fails(SEND_FAILS),
        Procedure::user("list", GET, "/messages/list", messages::list)
            .does("The newest messages of a conversation, older ones, or what changed since a cursor.")
            .fails(&[Code::InvalidCursor, Code::NotFound])
            .polled(),
        Procedure::user("getConversations", GET, "/messages/conversations", messages::conversations)
            .does("My conversations, or those that changed since a cursor.")
            .fails(&[Code::InvalidCursor])
            .polled(),
        Procedure::user("getConversation", GET, "/messages/conversation", messages::conversation)
            .does("A conversation with its people and job, also before it begins, and whether I may write in it.")
            .fails(&[Code::NotFound]),
        Procedure::user("markAsRead", POST, "/messages/markAsRead", messages::mark_as_read)
            .does("Marks messages to me in a conversation as read, up to a message.")
            .fails(&[Code::NotFound]),
        Procedure::user("uploadFile", POST, "/messages/uploadFile", messages::upload_file)
            .does("A URL that accepts exactly this file, for five minutes. Put the bytes there, then send the message.")
            .fails(&[
                Code::InvalidFile,
                Code::NotJobParticipant,
                Code::JobClosed,
                Code::RecipientUnavailable,
                Code::NotFound,
                Code::FileTooLarge,
                Code::RateLimited,
            ]),
        Procedure::user("edit", POST, "/messages/edit", messages::edit)
            .does("Replaces the text of a message that I sent. The same text again changes nothing.")
            .fails(&[
                Code::ContentEmpty,
                Code::ContentTooLong,
                Code::NotFound,
                Code::NotYourMessage,
                Code::RecipientUnavailable,
                Code::EditWindowOver,
                Code::MessageDeleted,
                Code::RateLimited,
            ]),
        Procedure::user("delete", POST, "/messages/delete", messages::delete)
            .does("Deletes a message that I sent, for everyone. Repeating it changes nothing.")
            .fails(&[Code::NotFound, Code::NotYourMessage, Code::DeleteWindowOver]),
        Procedure::user("react", POST, "/messages/react", messages::react)
            .does("Sets my one reaction to a message; `null` removes it.")
            .fails(&[
                Code::InvalidEmoji,
                Code::RecipientUnavailable,
                Code::NotFound,
                Code::MessageDeleted,
                Code::RateLimited,
            ]),
        Procedure::user("versions", GET, "/messages/versions", messages::versions)
            .does("Every text that a message has had, the current one last.")
            .fails(&[Code::NotFound, Code::MessageDeleted]),
    ]
}

/// Members and what one does about other people; what oneself prefers; and `sync`.
fn people_api() -> Vec<Procedure> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        Procedure::user("members", GET, "/messages/members", messages::members)
            .does("The members of a conversation, and how far each has read.")
            .fails(&[Code::NotFound]),
        Procedure::user("mute", POST, "/messages/mute", messages::mute)
            .does("Mutes a conversation until an instant: no mail and no push about it; `null` ends it.")
            .fails(&[Code::NotFound]),
        Procedure::user("block", POST, "/messages/block", messages::block)
            .does("Blocks a user: they cannot write to me any more. Repeating it changes nothing."),
        Procedure::user("unblock", POST, "/messages/unblock", messages::unblock)
            .does("Ends a block. Repeating it changes nothing."),
        Procedure::user("report", POST, "/messages/report", messages::report)
            .does("Reports a conversation, or one of its messages, to the host, with the messages around it.")
            .fails(&[Code::ContentTooLong, Code::NotFound, Code::RateLimited]),
        Procedure::user("presence", GET, "/messages/presence", presence::presence)
            .does("Whether people with whom I share an open job are online.")
            .fails(&[Code::NotOffered])
            .polled(),
        Procedure::user("getPreferences", GET, "/messages/preferences", presence::preferences)
            .does("My preferences: what others see of me, and how I am notified."),
        Procedure::user("setPreferences", Method::PUT, "/messages/preferences", presence::set_preferences)
            .does("Changes my preferences; what is left out stays."),
        Procedure::user("addPush", POST, "/messages/push", presence::add_push)
            .does(
                "Subscribes this browser to push notifications about my unread messages. Repeating it changes nothing.",
            )
            .fails(&[Code::NotOffered, Code::RateLimited]),
        Procedure::user("removePush", POST, "/messages/removePush", presence::remove_push)
            .does("Ends the push notifications of a browser. Repeating it changes nothing."),
        Procedure::user("sync", GET, "/messages/sync", messages::sync)
            .does("All that changed for me, in every conversation, since a cursor.")
            .fails(&[Code::InvalidCursor])
            .polled(),
    ]
}

/// Calls. Devices exchange signals over live connections.
fn calls_api() -> Vec<Procedure> {
    const POST: Method = Method::POST;
    vec![
        Procedure::user("calls.start", POST, "/calls/start", calls::start)
            .does("Calls the other members of a conversation, or returns the call that is running there already.")
            .fails(&[
                Code::NotOffered,
                Code::NotJobParticipant,
                Code::JobClosed,
                Code::RecipientUnavailable,
                Code::NotFound,
                Code::RateLimited,
            ]),
        Procedure::user("calls.accept", POST, "/calls/accept", calls::accept)
            .does("Accepts a call on this device. The first device wins.")
            .fails(&[Code::NotOffered, Code::NotFound, Code::CallOver]),
        Procedure::user("calls.decline", POST, "/calls/decline", calls::decline)
            .does("Declines a call. Repeating it changes nothing.")
            .fails(&[Code::NotOffered, Code::NotFound, Code::CallOver]),
        Procedure::user("calls.end", POST, "/calls/end", calls::end)
            .does("Ends a call, or cancels it before it was accepted. Repeating it changes nothing.")
            .fails(&[Code::NotOffered, Code::NotFound]),
        Procedure::user("calls.config", Method::GET, "/calls/config", calls::config)
            .does("The configuration for a browser's `RTCPeerConnection`. Its credentials are valid for an hour.")
            .fails(&[Code::NotOffered]),
    ]
}

/// The host API.
#[must_use]
pub fn host_api() -> Vec<Procedure> {
    const GET: Method = Method::GET;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    vec![
        Procedure::host("putUser", PUT, "/host/users/{userId}", host::put_user)
            .does("Creates or replaces a user's display data."),
        Procedure::host("getUser", GET, "/host/users/{userId}", host::get_user)
            .does("A user's display data.")
            .fails(&[Code::NotFound]),
        Procedure::host("deleteUser", DELETE, "/host/users/{userId}", host::delete_user)
            .does("Deletes a user's display data; messages stay."),
        Procedure::host("mintToken", Method::POST, "/host/users/{userId}/token", host::mint_token)
            .does("Mints a user token. Needs the JWT secret."),
        Procedure::host("postMessage", Method::POST, "/host/messages", host::post_message)
            .does(
                "Adds a message from the host to a conversation. Repeated with the same `clientId` it returns the first one.",
            )
            .fails(&[Code::ContentEmpty, Code::ContentTooLong, Code::NotFound, Code::ClientIdReused, Code::NotOffered]),
        Procedure::host("deleteMessage", DELETE, "/host/messages/{messageId}", host::delete_message)
            .does("Deletes a message for everyone, at any time.")
            .fails(&[Code::NotFound]),
        Procedure::host("listReports", GET, "/host/reports", host::reports)
            .does("Reports of users, the oldest first, with the messages around them at that time.")
            .fails(&[Code::InvalidCursor]),
        Procedure::host("deleteReport", DELETE, "/host/reports/{reportId}", host::delete_report)
            .does("Deletes a report.")
            .fails(&[Code::NotFound]),
        Procedure::host("listFailedEvents", GET, "/host/webhooks/failed", host::failed_events)
            .does("Events that the webhook did not accept within a day, or refused permanently, the oldest first.")
            .fails(&[Code::InvalidCursor]),
        Procedure::host("redeliver", Method::POST, "/host/webhooks/failed/{eventId}/redeliver", host::redeliver)
            .does("Makes one more attempt shortly. When it fails, the event stays listed with the new reason.")
            .fails(&[Code::NotFound, Code::NotOffered]),
        Procedure::host("putJob", PUT, "/host/jobs/{jobId}", host::put_job).does("Creates or replaces a job."),
        Procedure::host("getJob", GET, "/host/jobs/{jobId}", host::get_job).does("A job.").fails(&[Code::NotFound]),
        Procedure::host("deleteJob", DELETE, "/host/jobs/{jobId}", host::delete_job)
            .does("Deletes a job; conversations stay, and can be read."),
    ]
}

/// Every procedure.
#[must_use]
pub fn procedures() -> Vec<Procedure> {
    let mut all = user_api();
    all.extend(host_api());
    all
}
