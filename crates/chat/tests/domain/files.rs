//! Files of messages.

use crate::support::World;
use jobline_chat::{Files as _, Settings};
use jobline_wire::{Code, MessageType, SendMessage};

const HOUR: u64 = 3_600_000;
const MB: u64 = 1_048_576;
/// The part of a PNG of four by three pixels that is checked here.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x02\0\0\0sum.\0\0\0\0IEND\xaeB`\x82";

#[tokio::test]
async fn a_message_can_carry_a_file() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send_file(&ben, "roof.png", "image/png", PNG).await.unwrap().message;
    assert_eq!((sent.kind, sent.file_size, sent.content.as_str()), (MessageType::Image, Some(PNG.len() as u64), ""));
    assert_eq!((sent.width, sent.height), (Some(4), Some(3)));
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
    // They are not the proved bytes, so they are proved again.
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
    let png = anna.announce(&ben, "a.png", "image/png", PNG.len() as u64).await.unwrap();
    world.files.upload(&png, PNG);
    assert_eq!(anna.send_as(as_kind(&png, MessageType::File)).await.unwrap().message.kind, MessageType::File);
    let pdf = anna.announce(&ben, "a.pdf", "application/pdf", 5).await.unwrap();
    world.files.upload(&pdf, b"%PDF-");
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Image)).await.unwrap_err().field, Some("type"));
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Text)).await.unwrap_err().field, Some("type"));
}

#[tokio::test]
async fn a_file_cannot_be_sent_long_after_its_upload() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"late");
    world.clock.forward(3 * HOUR + 1);
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileNotUploaded);
    assert_eq!(world.chat.sweep().await.unwrap(), 0, "the bytes stay for sends that are under way");
    world.clock.forward(5 * 60_000);
    assert_eq!(world.chat.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn a_sweep_reads_only_new_files_and_leaves_files_without_a_row() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send_file(&ben, "a.txt", "text/plain", b"kept").await.unwrap();
    world.files.put(&format!("file_{}_ofAnotherTable", crate::support::MORNING), b"unknown");
    world.clock.forward(4 * HOUR);
    world.store.reset();
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (0, 2));
    let reads = world.store.reset().reads;
    assert_eq!(reads, 3, "what deletions left, how far the last sweep came, and the rows of what came since");
    world.clock.forward(HOUR);
    assert_eq!(world.chat.sweep().await.unwrap(), 0);
    assert_eq!(world.store.reset().reads, 2, "nothing came since");
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"lost");
    world.clock.forward(4 * HOUR);
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 2));
}

#[tokio::test]
async fn twenty_files_a_minute_may_be_announced() {
    let world = World::with(Settings::default()).await;
    let (anna, ben) = world.pair().await;
    for _ in 0..20 {
        anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap();
    }
    let refusal = anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after_ms), (Code::RateLimited, Some(3_000)));
    ben.announce(&anna, "a.txt", "text/plain", 4).await.expect("it is hers alone");
    world.clock.forward(3_000);
    anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap();
    assert_eq!(anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap_err().code, Code::RateLimited);
}

#[tokio::test]
async fn a_hundred_megabytes_may_wait_for_their_messages() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let announce = async || anna.announce(&ben, "a.txt", "text/plain", 10 * MB).await;
    for _ in 0..10 {
        announce().await.unwrap();
        world.clock.forward(60_000);
    }
    let refusal = announce().await.unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after_ms), (Code::RateLimited, Some(50 * 60_000)));
    assert!(refusal.detail.contains("100 MB"), "{}", refusal.detail);
    world.clock.forward(50 * 60_000);
    announce().await.expect("the first one has expired");
    assert_eq!(announce().await.unwrap_err().code, Code::RateLimited);
}

#[tokio::test]
async fn sent_files_no_longer_count_as_waiting_and_small_files_count_too() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for _ in 0..10 {
        anna.send_file(&ben, "a.txt", "text/plain", &vec![b'x'; 10 * MB as usize]).await.unwrap();
    }
    for _ in 0..200 {
        anna.announce(&ben, "a.txt", "text/plain", 1).await.unwrap();
    }
    assert_eq!(anna.announce(&ben, "a.txt", "text/plain", 1).await.unwrap_err().code, Code::RateLimited);
}

#[tokio::test]
async fn a_photo_loses_its_location_unless_it_is_sent_as_a_file() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let text = b"\0\0\0\x09tEXtGPS 52.52sum.";
    let photo = [&PNG[..33], &text[..], &PNG[33..]].concat();
    let sent = anna.send_file(&ben, "roof.png", "image/png", &photo).await.unwrap().message;
    assert_eq!(sent.file_size, Some(PNG.len() as u64));
    let bytes_of = async |url: Option<String>| {
        let url = url.unwrap();
        let name = url.strip_prefix("memory:down/").unwrap().split('?').next().unwrap().to_owned();
        world.files.read(&name, 0, usize::MAX).await.unwrap()
    };
    assert_eq!(bytes_of(sent.file_url).await, PNG);

    let target = anna.announce(&ben, "roof.png", "image/png", photo.len() as u64).await.unwrap();
    world.files.upload(&target, &photo);
    let as_file = SendMessage {
        receiver_id: Some("ben".into()),
        file_url: Some(target.file_url),
        kind: Some(MessageType::File),
        ..Default::default()
    };
    let sent = anna.send_as(as_file).await.unwrap().message;
    assert_eq!(sent.file_size, Some(photo.len() as u64));
    assert_eq!(bytes_of(sent.file_url).await, photo);
}

#[tokio::test]
async fn when_one_file_is_sent_twice_the_bytes_of_the_stored_message_are_kept() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "first").await.unwrap();
    let text = b"\0\0\0\x09tEXtGPS 52.52sum.";
    let photo = [&PNG[..33], &text[..], &PNG[33..]].concat();
    let target = anna.announce(&ben, "roof.png", "image/png", photo.len() as u64).await.unwrap();
    world.files.upload(&target, &photo);
    let (one, other) = tokio::join!(anna.send_uploaded(&ben, &target), anna.send_uploaded(&ben, &target));
    let refusals: Vec<_> = [&one, &other].into_iter().filter_map(|sent| sent.as_ref().err()).collect();
    assert_eq!(refusals.iter().map(|error| error.code).collect::<Vec<_>>(), [Code::FileAlreadyUsed]);
    assert_eq!(world.files.count(), 2, "the upload and what was kept of it: the other attempt left nothing");
    world.clock.forward(4 * HOUR);
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 1), "the upload is not needed any more");
}

#[tokio::test]
async fn names_and_types_are_taken_as_systems_give_them() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let name = format!("\u{200e}{}.csv ", "x".repeat(264));
    let sent = anna.send_file(&ben, &name, "application/vnd.ms-excel", b"a,b\n").await.unwrap().message;
    assert_eq!(sent.file_name.unwrap(), format!("{}.csv", "x".repeat(251)));
    assert_eq!(sent.content_type.as_deref(), Some("text/csv"));
    let target = anna.announce(&ben, "a.txt", "text/plain;charset=utf-8", 4).await.unwrap();
    assert_eq!(target.headers["content-type"], "text/plain");
}

#[tokio::test]
async fn repeated_announcements_of_a_file_are_limited_too() {
    let world = World::with(Settings::default()).await;
    let (anna, ben) = world.pair().await;
    let announce = async || anna.announce(&ben, "a.txt", "text/plain", 10 * MB).await;
    for _ in 0..10 {
        announce().await.unwrap();
    }
    for _ in 0..10 {
        let refusal = announce().await.unwrap_err();
        assert!(refusal.detail.contains("100 MB"), "{}", refusal.detail);
    }
    world.store.reset();
    let refusal = announce().await.unwrap_err();
    assert!(refusal.detail.contains("20 files a minute"), "{}", refusal.detail);
    assert_eq!(world.store.counts().commits, 0);
}
