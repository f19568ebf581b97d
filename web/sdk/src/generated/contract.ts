// Made by `npm run generate` from the OpenAPI document of the server. Do not edit.

/** Input of `addPush`: what `PushSubscription.toJSON()` gives. */
export interface AddPush {
  /** The URL of the push service for this browser. */
  readonly endpoint: string;
  /** Browsers send it. It is not used: the push service reports when a subscription has ended. */
  readonly expirationTime?: number;
  /** The keys with which notifications are encrypted. */
  readonly keys: PushKeys;
}

/** Input of `calls.accept`, `calls.decline` and `calls.end`. */
export interface AnswerCall {
  /** The call. */
  readonly callId: string;
  /** The device that answers, as in `calls.start`. */
  readonly deviceId: string;
}

/** Input of `block` and `unblock`. */
export interface BlockUser {
  /** The user. */
  readonly userId: string;
}

/** Output of `block` and `unblock`. */
export interface Blocked {
  /** The users whom the caller blocks, ordered by id. */
  readonly blocked: readonly (string)[];
}

/** The state of a call. */
export interface Call {
  /** When it was accepted. */
  readonly acceptedAt?: string;
  /** In a crew: the members who declined it or left it. Their devices do not ring. */
  readonly declinedBy?: readonly (string)[];
  /** The participants, each with their device. Of a crew's call that has ended: those who were in it last. */
  readonly devices: { readonly [key: string]: string };
  /** When it ended, for whatever reason. Also absent if no device was left to report the end. */
  readonly endedAt?: string;
  /** The id of the call, which is also the id of its message. */
  readonly id: string;
  /** Whether it began with audio alone or with video. */
  readonly media: CallMedia;
  /** When it began to ring. ISO 8601, UTC, milliseconds. */
  readonly startedAt: string;
  /** The user who started it. */
  readonly startedBy: string;
  /** Its state. */
  readonly state: CallState;
}

/** Output of `calls.config`: the configuration for a browser's `RTCPeerConnection`. */
export interface CallConfig {
  /** The STUN and TURN servers. */
  readonly iceServers: readonly (IceServer)[];
  /** Whether devices may connect without a relay, and so learn each other's addresses. */
  readonly iceTransportPolicy: IceTransportPolicy;
  /** How long a call rings, in milliseconds. */
  readonly ringMs: number;
}

/** What a call begins with: audio alone or with video. */
export type CallMedia = "audio" | "video";

/** The state of a call. */
export type CallState = "ringing" | "accepted" | "declined" | "cancelled" | "missed" | "ended";

/** Output of `calls.accept`, `calls.decline` and `calls.end`. */
export interface ChangedCall {
  /** The current state of the call. */
  readonly call: Call;
}

/** Output of `edit`, `delete` and `react`: the current state of the message. */
export interface ChangedMessage {
  /** The message. */
  readonly message: Message;
}

/** The kind of an error, for programs. */
export type Code = "invalid_request" | "content_empty" | "content_too_long" | "invalid_cursor" | "invalid_file" | "invalid_emoji" | "file_type_mismatch" | "file_not_uploaded" | "unauthenticated" | "not_job_participant" | "job_closed" | "recipient_unavailable" | "not_your_message" | "edit_window_over" | "delete_window_over" | "not_offered" | "not_found" | "method_not_allowed" | "unsupported_media_type" | "client_id_reused" | "file_already_used" | "message_deleted" | "call_over" | "payload_too_large" | "file_too_large" | "rate_limited" | "unavailable";

/** A conversation of two users, or of the crew of a job. */
export interface Conversation {
  /** `true` when the caller blocks the other user. */
  readonly blocked?: boolean;
  /** When the first message was accepted. ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
  /** `conv_<a>_<b>`, or `crew_<job id>`. */
  readonly id: string;
  /** That job, as the host registered it. */
  readonly job?: Job;
  /** The job of the last message that names one; of a crew, its own job. */
  readonly jobId?: number;
  /** What kind of conversation it is. */
  readonly kind: ConversationKind;
  /** The beginning of the last message. */
  readonly lastMessage?: string;
  /** When the last message was accepted. ISO 8601, UTC, milliseconds. */
  readonly lastMessageAt?: string;
  /** The type of the last message. */
  readonly lastMessageType?: MessageType;
  /** Until when the caller has muted it. ISO 8601, UTC, milliseconds. */
  readonly mutedUntil?: string;
  /** The members: of a pair the two user ids in byte order, of a crew those who have not left. */
  readonly participants: readonly (string)[];
  /** Names and pictures of the participants; of a crew, of five of them and of everyone whom this answer mentions. */
  readonly people: readonly (Person)[];
  /** For each participant, how many messages from others come after the last one that they have read. */
  readonly unreadCount: { readonly [key: string]: number };
  /** When anything in it last changed. ISO 8601, UTC, milliseconds. */
  readonly updatedAt: string;
}

/** Output of `getConversation`. */
export interface ConversationDetails {
  /** Whether a `send` of the caller would be accepted now. */
  readonly canSend: boolean;
  /** The conversation; one that has not begun has no last message. */
  readonly conversation: Conversation;
  /** If not, the code of the refusal. */
  readonly reason?: Code;
}

/** What kind of conversation it is. */
export type ConversationKind = "pair" | "crew";

/** A member of a conversation. */
export interface ConversationMember {
  /** The URL of a picture. */
  readonly avatarUrl?: string;
  /** The user id. */
  readonly id: string;
  /** Since when they are a member. ISO 8601, UTC, milliseconds. */
  readonly joinedAt: string;
  /** The name that the host gave, or the id if it gave none. */
  readonly name: string;
  /** The number of the last message that they have read; 0 when none. */
  readonly readUpTo: number;
}

/** Output of `getConversations`. */
export interface Conversations {
  /** The conversations, the one with the newest message first. */
  readonly conversations: readonly (Conversation)[];
  /** Pass it as `since` next time. */
  readonly cursor: string;
  /** There are more: ask again at once with `since` = `cursor`. */
  readonly hasMore: boolean;
  /** When to ask again, in milliseconds. */
  readonly nextPollMs: number;
  /** `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead. */
  readonly reset?: boolean;
}

/** Input of `delete`. */
export interface DeleteMessage {
  /** The conversation. */
  readonly conversationId: string;
  /** A message that the caller wrote. */
  readonly messageId: string;
}

/** Who deleted a message. */
export type DeletedBy = "sender" | "host";

/** Input of `edit`. */
export interface EditMessage {
  /** The new text: 1 to 2,000 Unicode scalar values, not only white space. */
  readonly content: string;
  /** The conversation. */
  readonly conversationId: string;
  /** A text message that the caller wrote. */
  readonly messageId: string;
}

/** Of a message of type `event`: what happened. */
export interface Event {
  /** The `data` that the host sent, unchanged. */
  readonly data?: { readonly [key: string]: unknown };
  /** `host`: an event from the host. `joined`, `left`: a member joined or left a crew. */
  readonly kind: string;
  /** The member who joined or left. */
  readonly userId?: string;
}

/** A STUN or TURN server. */
export interface IceServer {
  /** The password for the user name. */
  readonly credential?: string;
  /** `stun:`, `turn:` or `turns:` URLs. */
  readonly urls: readonly (string)[];
  /** The user name for a TURN server, valid for an hour. */
  readonly username?: string;
}

/** How two devices may connect to each other. */
export type IceTransportPolicy = "relay" | "all";

/** A job, as its participants see it. */
export interface Job {
  /** The job id, 1 to 2^53 − 1. */
  readonly id: number;
  /** Whether its participants may write to each other. */
  readonly status: JobStatus;
  /** What the host calls it. */
  readonly title: string;
}

/** Whether the participants of a job may write to each other. */
export type JobStatus = "open" | "closed";

/** Where and when a client may open a live connection. Polling works with or without one. */
export interface LiveOffer {
  /** How long the client should have been open before it connects, in milliseconds. */
  readonly afterMs: number;
  /** The URL of the WebSocket: `wss://…` or `ws://…`. */
  readonly url: string;
}

/** Input of `markAsRead`. */
export interface MarkAsRead {
  /** The conversation. */
  readonly conversationId: string;
  /** The id of the last message that was read; all messages when left out. */
  readonly upTo?: string;
}

/** Output of `markAsRead`. */
export interface MarkedAsRead {
  /** The conversation. */
  readonly conversationId: string;
  /** How many messages the caller has left unread. */
  readonly unreadCount: number;
}

/** Output of `members`. */
export interface Members {
  /** The members, ordered by id. */
  readonly members: readonly (ConversationMember)[];
}

/** A message, as the caller may see it. */
export interface Message {
  /** Of a message of type `call`: the call. */
  readonly call?: Call;
  /** The sender's own id for this send; seen by the sender only. */
  readonly clientId?: string;
  /** The text: at most 2,000 Unicode scalar values; may be empty when a file comes with it. */
  readonly content: string;
  /** The file's media type. */
  readonly contentType?: string;
  /** The conversation it belongs to. */
  readonly conversationId: string;
  /** When it was accepted; rises strictly with `number`. ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
  /** When it was deleted; its `content` is then empty, and its file is gone. ISO 8601, UTC, milliseconds. */
  readonly deletedAt?: string;
  /** Who deleted it. */
  readonly deletedBy?: DeletedBy;
  /** Of a voice message: its duration in milliseconds. */
  readonly durationMs?: number;
  /** When it was last edited. ISO 8601, UTC, milliseconds. */
  readonly editedAt?: string;
  /** Of a message of type `event`: what happened. */
  readonly event?: Event;
  /** `true` when the message's file was removed because it was older than files are kept. */
  readonly fileExpired?: boolean;
  /** The file's name. */
  readonly fileName?: string;
  /** The file's size in bytes, after location and device data were removed from an image. */
  readonly fileSize?: number;
  /** The URL to download the file, valid for one hour. Absent once the file has expired. */
  readonly fileUrl?: string;
  /** Its height in pixels as it is displayed, after rotation. */
  readonly height?: number;
  /** `message_<unix ms>_<nanoid>`. */
  readonly id: string;
  /** The job it is about. */
  readonly jobId?: number;
  /** 1, 2, 3 … in its conversation, without gaps. */
  readonly number: number;
  /** The reactions, in the order in which each emoji was first used. Absent without reactions. */
  readonly reactions?: readonly (Reaction)[];
  /** The user who receives it, or the crew's id. */
  readonly receiverId: string;
  /** The message that it replies to, in its current state. */
  readonly replyTo?: Quote;
  /** How often it was edited; absent when it never was. */
  readonly revision?: number;
  /** Who wrote it. */
  readonly senderId: string;
  /** Whether it was delivered and read; never goes back. */
  readonly status: Status;
  /** Its type. A client that does not know the type shows `content`. */
  readonly type: MessageType;
  /** When it last changed. ISO 8601, UTC, milliseconds. */
  readonly updatedAt: string;
  /** Of a voice message: how loud each 64th of it is, as 64 characters `0`–`9`, `a`–`v`, from silent to loudest. */
  readonly waveform?: string;
  /** Of a JPEG, PNG, GIF or WebP image: its width in pixels as it is displayed, after rotation. */
  readonly width?: number;
}

/** The type of a message. Show one of any other type, from a later version, by its `content`. */
export type MessageType = "text" | "image" | "file" | "voice" | "call" | "event";

/** Output of `list`. */
export interface Messages {
  /** Pass it as `since` next time. */
  readonly cursor: string;
  /** Without `since`: older messages exist. With `since`: there are more changes, ask again at once. */
  readonly hasMore: boolean;
  /** The messages, oldest first; with `since`, in the order of their changes. */
  readonly messages: readonly (Message)[];
  /** When to ask again, in milliseconds. */
  readonly nextPollMs: number;
  /** `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead. */
  readonly reset?: boolean;
}

/** Input of `mute`. */
export interface Mute {
  /** The conversation. */
  readonly conversationId: string;
  /** Until when no mail and no push notifications are sent; `null` unmutes. ISO 8601. Must be given. */
  readonly until: string | null;
}

/** Output of `mute`. */
export interface Muted {
  /** The conversation. */
  readonly conversationId: string;
  /** Until when it is muted; absent when it is not. ISO 8601, UTC, milliseconds. */
  readonly mutedUntil?: string;
}

/** Output of `presence`. */
export interface People {
  /** The users whose presence the caller may see; others are left out. */
  readonly people: readonly (Presence)[];
}

/** How to show a user. */
export interface Person {
  /** The URL of a picture. */
  readonly avatarUrl?: string;
  /** The user id. */
  readonly id: string;
  /** The name that the host gave, or the id if it gave none. */
  readonly name: string;
}

/** A user's preferences. */
export interface Preferences {
  /** The users whom they block, ordered by id. A user with whom they have no conversation has the id as name. Absent if they
block nobody. */
  readonly blocked?: readonly (Person)[];
  /** The language that they chose for mail and push notifications. Absent if they chose none: then it is the one that the
host gave, or English. */
  readonly language?: string;
  /** Whether they get e-mail about unread messages. */
  readonly mail: boolean;
  /** Whether they get push notifications. */
  readonly push: boolean;
  /** The `applicationServerKey` with which a browser subscribes to push notifications, base64url. Absent if this deployment
sends none. */
  readonly pushKey?: string;
  /** Whether users with whom they share an open job see when they are online, and they see it of them. */
  readonly showPresence: boolean;
}

/** Whether a user is online. */
export interface Presence {
  /** The user's id. */
  readonly id: string;
  /** When they were last online, rounded to the hour; absent if they never were. */
  readonly lastActiveAt?: string;
  /** Whether they are online, or how long ago they were. */
  readonly state: PresenceState;
}

/** How long ago a user was online. */
export type PresenceState = "online" | "recent" | "away";

/** An error, as RFC 9457 defines it (`application/problem+json`). */
export interface Problem {
  /** The kind of error, for programs. */
  readonly code: Code;
  /** What went wrong and what to do about it. Contains nothing that the caller may not see. */
  readonly detail: string;
  /** The input field that is wrong. */
  readonly field?: string;
  /** After how many milliseconds to try again. */
  readonly retryAfterMs?: number;
  /** The HTTP status. */
  readonly status: number;
  /** The kind of error in a few words, the same for every error with this code. */
  readonly title: string;
  /** `urn:jobline:problem:<code>`. */
  readonly type: string;
}

/** Output of `addPush` and `removePush`. */
export interface PushChanged {
}

/** The keys of a subscription. */
export interface PushKeys {
  /** The authentication secret of the subscription: 16 bytes, base64url. */
  readonly auth: string;
  /** The browser's public key: an uncompressed point on P-256, base64url. */
  readonly p256dh: string;
}

/** A message that another one replies to, in its current state. */
export interface Quote {
  /** The beginning of its text, up to 120 characters, or its file's name; empty when it was deleted or is no longer kept. */
  readonly content: string;
  /** When it was deleted. ISO 8601, UTC, milliseconds. */
  readonly deletedAt?: string;
  /** Its id. */
  readonly id: string;
  /** Its number in the conversation. */
  readonly number: number;
  /** Who wrote it. */
  readonly senderId: string;
  /** What it is. */
  readonly type: MessageType;
}

/** Input of `react`. */
export interface React {
  /** The conversation. */
  readonly conversationId: string;
  /** One emoji, which replaces the caller's previous reaction; `null` removes it. Must be given. */
  readonly emoji: string | null;
  /** The message. */
  readonly messageId: string;
}

/** One emoji on a message, and the users who chose it. */
export interface Reaction {
  /** One emoji of Unicode's list of those recommended for general interchange (RGI). */
  readonly emoji: string;
  /** The users who chose it, in the order in which they did. Each user has at most one reaction to a message. */
  readonly userIds: readonly (string)[];
}

/** Input of `removePush`. */
export interface RemovePush {
  /** The endpoint of the subscription. */
  readonly endpoint: string;
}

/** Input of `report`. */
export interface ReportInput {
  /** A comment, up to 2,000 Unicode scalar values. */
  readonly comment?: string;
  /** The conversation. */
  readonly conversationId: string;
  /** The reported message; the whole conversation when left out. */
  readonly messageId?: string;
  /** The reason, a word or a line such as `spam`: 1 to 200 characters. */
  readonly reason: string;
}

/** Output of `report`. */
export interface Reported {
  /** The id of the report, as the host sees it. */
  readonly reportId: string;
}

/** Input of `send`. Exactly one of `receiverId` and `conversationId` says who receives it. */
export interface SendMessage {
  /** The sender's own id for this send, 1 to 64 bytes: repeating it answers the first message again. */
  readonly clientId?: string;
  /** The text: 1 to 2,000 Unicode scalar values, not only white space; may be left out when a file comes with it. */
  readonly content?: string;
  /** An existing conversation, or a crew's id. */
  readonly conversationId?: string;
  /** Of a voice message: the duration of the recording in milliseconds, to within a second; at most 5 minutes. */
  readonly durationMs?: number;
  /** The `fileUrl` that `uploadFile` answered, after the bytes were uploaded. */
  readonly fileUrl?: string;
  /** The job it is about: an open job of which both users are participants. */
  readonly jobId?: number;
  /** The user who receives it; the conversation is created if there is none. */
  readonly receiverId?: string;
  /** The id of a message of the same conversation that this one replies to. */
  readonly replyTo?: string;
  /** The type of the message; derived from the file when left out. `voice` must be given. */
  readonly type?: MessageType;
  /** Of a voice message: how loud each 64th of it is, as 64 characters `0`–`9`, `a`–`v`, from silent to loudest. */
  readonly waveform?: string;
}

/** Output of `send`. */
export interface SentMessage {
  /** The conversation it is in. */
  readonly conversationId: string;
  /** The message that is stored now. */
  readonly message: Message;
}

/** Input of `setPreferences`: what is left out stays unchanged. */
export interface SetPreferences {
  /** The language of mail and push notifications, such as `es` or `ar-EG`. English is used for languages without texts. `null`
removes the choice: the language is again the one that the host gave. */
  readonly language?: string | null;
  /** Whether they get e-mail about unread messages. */
  readonly mail?: boolean;
  /** Whether they get push notifications. */
  readonly push?: boolean;
  /** Whether users with whom they share an open job see when they are online, and they see it of them. */
  readonly showPresence?: boolean;
}

/** Input of `calls.start`. */
export interface StartCall {
  /** The conversation whose other members are called. */
  readonly conversationId: string;
  /** The client's own name for the device that calls: 1 to 64 visible ASCII characters. */
  readonly deviceId: string;
  /** Whether it begins with audio alone or with video. */
  readonly media: CallMedia;
}

/** Output of `calls.start`. */
export interface StartedCall {
  /** The call: a new one, or the one already in progress in the conversation. */
  readonly call: Call;
  /** Its message. */
  readonly message: Message;
}

/** Whether a message was delivered and read. */
export type Status = "sent" | "delivered" | "read";

/** Output of `sync`: everything that changed for the caller, in all conversations. */
export interface Synced {
  /** The conversations that changed, in their current state. */
  readonly conversations: readonly (Conversation)[];
  /** Pass it as `since` next time. */
  readonly cursor: string;
  /** There is more: ask again at once with `since` = `cursor`. */
  readonly hasMore: boolean;
  /** Where to open a live connection; absent if none is offered. */
  readonly live?: LiveOffer;
  /** The messages that changed, grouped by conversation, in the order of their changes. */
  readonly messages: readonly (Message)[];
  /** When to ask again, in milliseconds. */
  readonly nextPollMs: number;
  /** `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead. */
  readonly reset?: boolean;
}

/** Input of `uploadFile`. Exactly one of `conversationId` and `receiverId` says who receives it. */
export interface UploadFile {
  /** The file's media type, one of the accepted ones. Parameters are ignored; if it is empty or
`application/octet-stream`, the extension of the name decides. */
  readonly contentType: string;
  /** An existing conversation. */
  readonly conversationId?: string;
  /** The file's name. Characters that are not allowed in names are removed, and a name longer than 255 bytes is
shortened before its extension. */
  readonly fileName: string;
  /** The file's exact size in bytes, 1 to 10,485,760. */
  readonly fileSize: number;
  /** The user who receives it. */
  readonly receiverId?: string;
  /** The SHA-256 of the bytes, 64 hexadecimal digits: the uploaded bytes must match it. */
  readonly sha256?: string;
}

/** Output of `uploadFile`: where to upload the bytes, and the `fileUrl` to send afterwards. */
export interface UploadTarget {
  /** Until when the bytes are accepted. ISO 8601, UTC, milliseconds. */
  readonly expiresAt: string;
  /** What to pass as `fileUrl` in `send`. */
  readonly fileUrl: string;
  /** The headers to send, exactly. */
  readonly headers: { readonly [key: string]: string };
  /** The HTTP method to use. */
  readonly method: string;
  /** The URL to upload the bytes to. */
  readonly uploadUrl: string;
}

/** One text that a message has had. */
export interface Version {
  /** When the message got this text. ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** The text. */
  readonly content: string;
}

/** Output of `versions`. */
export interface Versions {
  /** Every text that the message has had, the current one last. */
  readonly versions: readonly (Version)[];
}

/** Every procedure of the user API. */
export interface Procedures {
/** Accepts a call on this device. The first device wins. */
'calls.accept': { method: 'POST'; path: '/calls/accept'; input: AnswerCall; output: ChangedCall };
/** The configuration for a browser's `RTCPeerConnection`. Its credentials are valid for an hour. */
'calls.config': { method: 'GET'; path: '/calls/config'; input: {
}; output: CallConfig };
/** Declines a call. Repeating it changes nothing. */
'calls.decline': { method: 'POST'; path: '/calls/decline'; input: AnswerCall; output: ChangedCall };
/** Ends a call, or cancels it before it was accepted. Repeating it changes nothing. */
'calls.end': { method: 'POST'; path: '/calls/end'; input: AnswerCall; output: ChangedCall };
/** Calls the other members of a conversation, or returns the call that is running there already. */
'calls.start': { method: 'POST'; path: '/calls/start'; input: StartCall; output: StartedCall };
/** Blocks a user: they cannot write to me any more. Repeating it changes nothing. */
block: { method: 'POST'; path: '/messages/block'; input: BlockUser; output: Blocked };
/** A conversation with its people and job, also before it begins, and whether I may write in it. */
getConversation: { method: 'GET'; path: '/messages/conversation'; input: {
  /** A conversation of the caller's. */
  readonly conversationId?: string;
  /** The job that a message would be about. */
  readonly jobId?: number;
  /** A user whom the caller may write to; the conversation need not have begun. */
  readonly receiverId?: string;
}; output: ConversationDetails };
/** My conversations, or those that changed since a cursor. */
getConversations: { method: 'GET'; path: '/messages/conversations'; input: {
  /** At most how many conversations, 1 to 50; 50 when left out. */
  readonly limit?: number;
  /** The `cursor` of the last answer, or an ISO 8601 timestamp: answers the conversations that have changed since. */
  readonly since?: string;
}; output: Conversations };
/** Deletes a message that I sent, for everyone. Repeating it changes nothing. */
delete: { method: 'POST'; path: '/messages/delete'; input: DeleteMessage; output: ChangedMessage };
/** Replaces the text of a message that I sent. The same text again changes nothing. */
edit: { method: 'POST'; path: '/messages/edit'; input: EditMessage; output: ChangedMessage };
/** The newest messages of a conversation, older ones, or what changed since a cursor. */
list: { method: 'GET'; path: '/messages/list'; input: {
  /** A message id: answers the messages before it. */
  readonly before?: string;
  /** The conversation. */
  readonly conversationId: string;
  /** At most how many messages, 1 to 50; 50 when left out. */
  readonly limit?: number;
  /** The `cursor` of the last answer, or an ISO 8601 timestamp: answers what has changed since. */
  readonly since?: string;
}; output: Messages };
/** Marks messages to me in a conversation as read, up to a message. */
markAsRead: { method: 'POST'; path: '/messages/markAsRead'; input: MarkAsRead; output: MarkedAsRead };
/** The members of a conversation, and how far each has read. */
members: { method: 'GET'; path: '/messages/members'; input: {
  /** The conversation. */
  readonly conversationId: string;
}; output: Members };
/** Mutes a conversation until an instant: no mail and no push about it; `null` ends it. */
mute: { method: 'POST'; path: '/messages/mute'; input: Mute; output: Muted };
/** My preferences: what others see of me, and how I am notified. */
getPreferences: { method: 'GET'; path: '/messages/preferences'; input: {
}; output: Preferences };
/** Changes my preferences; what is left out stays. */
setPreferences: { method: 'PUT'; path: '/messages/preferences'; input: SetPreferences; output: Preferences };
/** Whether people with whom I share an open job are online. */
presence: { method: 'GET'; path: '/messages/presence'; input: {
  /** Up to 50 user ids, separated by commas. */
  readonly userIds: string;
}; output: People };
/** Subscribes this browser to push notifications about my unread messages. Repeating it changes nothing. */
addPush: { method: 'POST'; path: '/messages/push'; input: AddPush; output: PushChanged };
/** Sets my one reaction to a message; `null` removes it. */
react: { method: 'POST'; path: '/messages/react'; input: React; output: ChangedMessage };
/** Ends the push notifications of a browser. Repeating it changes nothing. */
removePush: { method: 'POST'; path: '/messages/removePush'; input: RemovePush; output: PushChanged };
/** Reports a conversation, or one of its messages, to the host, with the messages around it. */
report: { method: 'POST'; path: '/messages/report'; input: ReportInput; output: Reported };
/** Sends a message. Repeated with the same `clientId` it returns the first message and stores nothing. */
send: { method: 'POST'; path: '/messages/send'; input: SendMessage; output: SentMessage };
/** All that changed for me, in every conversation, since a cursor. */
sync: { method: 'GET'; path: '/messages/sync'; input: {
  /** At most how many conversations and how many messages, 1 to 50; 50 when left out. */
  readonly limit?: number;
  /** The `cursor` of the last answer, or an ISO 8601 timestamp: answers what has changed since. */
  readonly since?: string;
  /** Waits for up to this many seconds, at most 25, until something has changed. 0 when left out: answers at once. */
  readonly wait?: number;
}; output: Synced };
/** Ends a block. Repeating it changes nothing. */
unblock: { method: 'POST'; path: '/messages/unblock'; input: BlockUser; output: Blocked };
/** A URL that accepts exactly this file, for five minutes. Put the bytes there, then send the message. */
uploadFile: { method: 'POST'; path: '/messages/uploadFile'; input: UploadFile; output: UploadTarget };
/** Every text that a message has had, the current one last. */
versions: { method: 'GET'; path: '/messages/versions'; input: {
  /** The conversation. */
  readonly conversationId: string;
  /** The message. */
  readonly messageId: string;
}; output: Versions };
}
