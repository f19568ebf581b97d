//! Files of messages.

use crate::support::World;
use jobline_wire::{Code, MessageType, SendMessage};

#[tokio::test]
async fn a_message_can_carry_a_file() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let sent = anna.send_file(&ben, "roof.png", "image/png", png).await.unwrap().message;
    assert_eq!((sent.kind, sent.file_size, sent.content.as_str()), (MessageType::Image, Some(16), ""));
    assert_eq!(ben.only_conversation().await.last_message.as_deref(), Some("roof.png"));
    assert!(ben.list(&anna).await.unwrap().messages[0].file_url.as_ref().unwrap().starts_with("memory:down/"));

    let target = anna.announce(&ben, "plan.pdf", "application/pdf", 5).await.unwrap();
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileNotUploaded);
    world.files.upload(&target, b"<html");
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileTypeMismatch);
    world.files.upload(&target, b"%PDF-");
    assert_eq!(ben.send_uploaded(&anna, &target).await.unwrap_err().code, Code::InvalidFile, "not Ben's");
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap().message.kind, MessageType::File);
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileAlreadyUsed);
    let foreign =
        SendMessage { receiver_id: Some("ben".into()), file_url: Some("https://x/y".into()), ..Default::default() };
    assert_eq!(anna.send_as(foreign).await.unwrap_err().code, Code::InvalidFile);
}

#[tokio::test]
async fn bytes_that_are_replaced_after_the_proof_are_never_sent() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let target = anna.announce(&ben, "plan.pdf", "application/pdf", 5).await.unwrap();
    world.files.upload(&target, b"%PDF-");
    world.files.replace_after_the_proof(b"<html");
    // They are not the bytes that were proved, so they are proved again.
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileTypeMismatch);
    assert_eq!(ben.list(&anna).await.unwrap_err().code, Code::NotFound, "nothing was sent");
}

#[tokio::test]
async fn files_that_were_not_sent_are_swept() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send_file(&ben, "a.txt", "text/plain", b"kept").await.unwrap();
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"lost");
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (0, 2));
    world.clock.forward(26 * 3_600_000);
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 1));
}

#[tokio::test]
async fn an_image_may_be_sent_as_a_file_but_a_file_not_as_an_image() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let as_kind = |target: &jobline_wire::UploadTarget, kind| SendMessage {
        receiver_id: Some("ben".into()),
        file_url: Some(target.file_url.clone()),
        kind: Some(kind),
        ..Default::default()
    };
    let png = anna.announce(&ben, "a.png", "image/png", 16).await.unwrap();
    world.files.upload(&png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert_eq!(anna.send_as(as_kind(&png, MessageType::File)).await.unwrap().message.kind, MessageType::File);
    let pdf = anna.announce(&ben, "a.pdf", "application/pdf", 5).await.unwrap();
    world.files.upload(&pdf, b"%PDF-");
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Image)).await.unwrap_err().field, Some("type"));
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Text)).await.unwrap_err().field, Some("type"));
}

#[tokio::test]
async fn a_file_that_waited_a_day_is_not_sent() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"late");
    world.clock.forward(24 * 3_600_000 + 1);
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileNotUploaded);
    assert_eq!(world.chat.sweep().await.unwrap(), 0, "the bytes stay for sends that are under way");
    world.clock.forward(3_600_000);
    assert_eq!(world.chat.sweep().await.unwrap(), 1);
}
