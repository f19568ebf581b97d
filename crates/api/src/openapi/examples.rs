//! Examples of what goes in and what comes out, one conversation through all of them.

use serde_json::{Value, json};

const CONVERSATION: &str = "conv_anna_ben";
const MESSAGE: &str = "message_1763114400000_V1StGXR8Z5jdHi6BmyTxx";
const AT: &str = "2025-11-14T10:00:00.000Z";
const ENDPOINT: &str = "https://fcm.googleapis.com/fcm/send/dK1vN2qQ0xY";
const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const CURSOR: &str = "cAQUDAhYzR0o5ZmtQd0Fz";

/// What could go into a procedure.
pub fn input(procedure: &str) -> Option<Value> {
    Some(match procedure {
        "send" => {
            json!({"receiverId": "ben", "content": "Is the kitchen job still open?", "jobId": 7, "clientId": "a1"})
        }
        "markAsRead" => json!({"conversationId": CONVERSATION, "upTo": MESSAGE}),
        "uploadFile" => json!({"conversationId": CONVERSATION, "fileName": "kitchen.png", "fileSize": 48213,
            "contentType": "image/png"}),
        "putUser" => json!({"name": "Anna Berg", "avatarUrl": "https://example.com/anna.jpg"}),
        "edit" => json!({"conversationId": CONVERSATION, "messageId": MESSAGE, "content": "Is the kitchen job open?"}),
        "delete" => json!({"conversationId": CONVERSATION, "messageId": MESSAGE}),
        "react" => json!({"conversationId": CONVERSATION, "messageId": MESSAGE, "emoji": "👍"}),
        "postMessage" => json!({"userIds": ["anna", "ben"], "content": "You are matched for Kitchen renovation.",
            "type": "event", "data": {"step": "matched"}, "clientId": "match-7"}),
        "mute" => json!({"conversationId": CONVERSATION, "until": "2025-11-15T08:00:00.000Z"}),
        "block" | "unblock" => json!({"userId": "ben"}),
        "report" => json!({"conversationId": CONVERSATION, "messageId": MESSAGE, "reason": "spam"}),
        "setPreferences" => json!({"mail": false}),
        "addPush" => json!({"endpoint": ENDPOINT, "keys": {"p256dh": P256DH, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}),
        "removePush" => json!({"endpoint": ENDPOINT}),
        "mintToken" => json!({"ttlSeconds": 3600}),
        "putJob" => json!({"title": "Kitchen renovation", "participants": ["anna", "ben"], "status": "open"}),
        _ => return None,
    })
}

/// What could come out of it.
pub fn output(procedure: &str) -> Option<Value> {
    let polled = |mut value: Value| {
        value["hasMore"] = json!(false);
        value["cursor"] = json!(CURSOR);
        value["nextPollMs"] = json!(3000);
        value
    };
    Some(match procedure {
        "send" | "postMessage" => json!({"message": message(), "conversationId": CONVERSATION}),
        "edit" | "delete" | "react" => json!({"message": message()}),
        "versions" => json!({"versions": [{"content": "Is the kitchen job still open?", "at": AT}]}),
        "members" => json!({"members": [
            {"id": "anna", "name": "Anna Berg", "joinedAt": AT, "readUpTo": 1},
            {"id": "ben", "name": "Ben Okafor", "joinedAt": AT, "readUpTo": 0}]}),
        "mute" => json!({"conversationId": CONVERSATION, "mutedUntil": "2025-11-15T08:00:00.000Z"}),
        "block" => json!({"blocked": ["ben"]}),
        "unblock" => json!({"blocked": []}),
        "report" => json!({"reportId": "report_01763114400000_V1StGXR8Z5jdHi6BmyTxx"}),
        "getPreferences" | "setPreferences" => json!({"showPresence": true, "mail": false, "push": true}),
        "addPush" | "removePush" => json!({}),
        "listReports" => json!({"reports": [{"id": "report_01763114400000_V1StGXR8Z5jdHi6BmyTxx", "reporterId": "ben",
            "conversationId": CONVERSATION, "messageId": MESSAGE, "reason": "spam", "messages": [message()],
            "createdAt": AT}], "hasMore": false, "cursor": "report_01763114400000_V1StGXR8Z5jdHi6BmyTxx"}),
        "listFailedEvents" => json!({"events": [{"id": "failed_01763200800000_V1StGXR8Z5jdHi6BmyTxx",
            "webhookId": "conv_anna_ben/1/message.sent", "failedAt": "2025-11-15T10:00:00.000Z",
            "reason": "it answered 500", "isDue": false, "event": {"type": "message.sent", "timestamp": AT,
            "data": {"conversationId": CONVERSATION, "messageId": MESSAGE, "number": 1, "senderId": "anna",
            "type": "text", "jobId": 7}}}], "hasMore": false, "cursor": "failed_01763200800000_V1StGXR8Z5jdHi6BmyTxx"}),
        "getConversation" => json!({"conversation": conversation(), "canSend": true}),
        "list" => polled(json!({"messages": [message()]})),
        "getConversations" => polled(json!({"conversations": [conversation()]})),
        "sync" => polled(json!({"conversations": [conversation()], "messages": [message()]})),
        "markAsRead" => json!({"conversationId": CONVERSATION, "unreadCount": 0}),
        "putUser" | "getUser" => {
            json!({"id": "anna", "name": "Anna Berg", "avatarUrl": "https://example.com/anna.jpg"})
        }
        "putJob" | "getJob" => json!({"id": 7, "title": "Kitchen renovation", "participants": ["anna", "ben"],
            "status": "open"}),
        "mintToken" => json!({"token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl", "expiresAt": AT}),
        _ => return None,
    })
}

fn message() -> Value {
    json!({"id": MESSAGE, "conversationId": CONVERSATION, "senderId": "anna", "receiverId": "ben",
        "content": "Is the kitchen job still open?", "type": "text", "status": "sent", "jobId": 7, "clientId": "a1",
        "number": 1, "createdAt": AT, "updatedAt": AT})
}

fn conversation() -> Value {
    json!({"id": CONVERSATION, "kind": "pair", "participants": ["anna", "ben"], "jobId": 7,
        "people": [{"id": "anna", "name": "Anna Berg"}, {"id": "ben", "name": "Ben Okafor"}],
        "job": {"id": 7, "title": "Kitchen renovation", "status": "open"},
        "lastMessage": "Is the kitchen job still open?", "lastMessageType": "text", "lastMessageAt": AT, "unreadCount": {"anna": 0, "ben": 1},
        "createdAt": AT, "updatedAt": AT})
}
