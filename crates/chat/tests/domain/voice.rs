//! Voice messages.

use crate::support::{User, World};
use jobline_chat::{Error, Result};
use jobline_wire::{Code, DeleteMessage, EditMessage, Message, MessageType, SendMessage};

const WAVEFORM: &str = "0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstuv";
const WEBM: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/chromium-1980ms");
const MP4: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_mp4/aac-fragments-5034ms");
const VIDEO: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/with-video");

fn voice(file_url: &str, ms: u64) -> SendMessage {
    SendMessage {
        receiver_id: Some("ben".into()),
        kind: Some(MessageType::Voice),
        file_url: Some(file_url.to_owned()),
        duration_ms: Some(ms),
        waveform: Some(WAVEFORM.to_owned()),
        ..Default::default()
    }
}

async fn uploaded(world: &World, anna: &User<'_>, ben: &User<'_>, content_type: &str, bytes: &[u8]) -> String {
    let name = if content_type.starts_with("audio/mp4") { "voice.m4a" } else { "voice.webm" };
    let target = anna.announce(ben, name, content_type, bytes.len() as u64).await.unwrap();
    world.files.upload(&target, bytes);
    target.file_url
}

fn refused(sent: Result<impl Sized>) -> (Code, Option<&'static str>) {
    let Error { code, field, .. } = sent.err().unwrap();
    (code, field)
}

#[tokio::test]
async fn a_voice_message_carries_its_duration_and_its_waveform() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for (content_type, bytes, ms) in [("audio/webm;codecs=opus", WEBM, 2_000), ("audio/mp4", MP4, 5_034)] {
        let url = uploaded(&world, &anna, &ben, content_type, bytes).await;
        anna.send_as(voice(&url, ms)).await.unwrap();
        let Message { kind, duration_ms, waveform, content, .. } =
            ben.list(&anna).await.unwrap().messages.pop().unwrap();
        assert_eq!((kind, duration_ms, waveform.as_deref()), (MessageType::Voice, Some(ms), Some(WAVEFORM)));
        assert_eq!(content, "");
    }
}

#[tokio::test]
async fn a_duration_other_than_that_of_the_recording_is_refused_and_may_be_corrected() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let url = uploaded(&world, &anna, &ben, "audio/webm", WEBM).await;
    for wrong in [0, 1, 979, 2_981, 300_000, 300_001] {
        let sent = anna.send_as(voice(&url, wrong)).await;
        assert_eq!(refused(sent), (Code::InvalidRequest, Some("durationMs")), "{wrong}");
    }
    assert_eq!(anna.send_as(voice(&url, 2_980)).await.unwrap().message.duration_ms, Some(2_980));
}

#[tokio::test]
async fn a_video_and_a_recording_that_is_cut_are_refused() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for lie in [VIDEO, &WEBM[..WEBM.len() - 1], &MP4[..MP4.len() / 2], b"OggS"] {
        let content_type = if lie.starts_with(&MP4[..8]) { "audio/mp4" } else { "audio/webm" };
        let url = uploaded(&world, &anna, &ben, content_type, lie).await;
        assert_eq!(refused(anna.send_as(voice(&url, 2_000)).await).0, Code::FileTypeMismatch);
    }
}

#[tokio::test]
async fn fields_of_voice_messages_are_refused_elsewhere_and_must_be_complete() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let url = uploaded(&world, &anna, &ben, "audio/webm", WEBM).await;
    let right = voice(&url, 2_000);
    let wrong = [
        (SendMessage { waveform: None, ..right.clone() }, "waveform"),
        (SendMessage { waveform: Some(WAVEFORM[1..].to_owned()), ..right.clone() }, "waveform"),
        (SendMessage { waveform: Some(WAVEFORM.replace('v', "w")), ..right.clone() }, "waveform"),
        (SendMessage { duration_ms: None, ..right.clone() }, "durationMs"),
        (SendMessage { file_url: None, ..right.clone() }, "type"),
        (SendMessage { kind: None, ..right.clone() }, "durationMs"),
        (SendMessage { kind: None, duration_ms: None, ..right.clone() }, "waveform"),
        (SendMessage { kind: None, duration_ms: None, waveform: None, ..right.clone() }, "type"),
    ];
    for (input, field) in wrong {
        assert_eq!(refused(anna.send_as(input).await), (Code::InvalidRequest, Some(field)));
    }
    let text = anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&text, b"text");
    assert_eq!(refused(anna.send_as(voice(&text.file_url, 2_000)).await), (Code::InvalidRequest, Some("type")));
    anna.send_as(right).await.unwrap();
}

#[tokio::test]
async fn another_duration_or_waveform_under_a_used_client_id_is_refused() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let url = uploaded(&world, &anna, &ben, "audio/webm", WEBM).await;
    let first = SendMessage { client_id: Some("c1".into()), ..voice(&url, 2_000) };
    let sent = anna.send_as(first.clone()).await.unwrap().message;
    assert_eq!(anna.send_as(first.clone()).await.unwrap().message.id, sent.id);
    let others = [
        SendMessage { duration_ms: Some(2_001), ..first.clone() },
        SendMessage { waveform: Some("0".repeat(64)), ..first.clone() },
    ];
    for other in others {
        assert_eq!(refused(anna.send_as(other).await), (Code::ClientIdReused, Some("clientId")));
    }
}

#[tokio::test]
async fn a_voice_message_is_quoted_listed_and_deleted_and_cannot_be_edited() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let url = uploaded(&world, &anna, &ben, "audio/mp4", MP4).await;
    let sent = anna.send_as(voice(&url, 5_000)).await.unwrap().message;
    let listed = ben.only_conversation().await;
    assert_eq!((listed.last_message_type, listed.unread_count["ben"]), (Some(MessageType::Voice), 1));
    let reply = SendMessage {
        receiver_id: Some("anna".into()),
        content: Some("Yes".into()),
        reply_to: Some(sent.id.clone()),
        ..Default::default()
    };
    let quote = ben.send_as(reply).await.unwrap().message.reply_to.unwrap();
    assert_eq!((quote.id.as_str(), quote.kind), (sent.id.as_str(), MessageType::Voice));
    let (conversation_id, message_id) = (sent.conversation_id, sent.id);
    let edit =
        EditMessage { conversation_id: conversation_id.clone(), message_id: message_id.clone(), content: "x".into() };
    assert_eq!(refused(world.chat.edit(&anna.id, edit).await), (Code::InvalidRequest, Some("messageId")));
    let gone = world.chat.delete(&anna.id, DeleteMessage { conversation_id, message_id }).await.unwrap().message;
    assert_eq!((gone.duration_ms, gone.waveform, gone.file_url), (None, None, None));
    assert_eq!(world.files.count(), 0, "the recording is gone");
}
