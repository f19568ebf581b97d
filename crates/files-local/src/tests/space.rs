//! Free space of the disk, and when an upload is refused for lack of it.

use super::upload::*;
use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A disk with so much room.
struct Disk(AtomicU64, u64);

impl FreeSpace for Arc<Disk> {
    fn of(&self, _: &Path) -> std::io::Result<Space> {
        Ok(Space { free: self.0.load(Ordering::SeqCst), total: self.1 })
    }
}

const GB: u64 = 1 << 30;

fn stage_on(disk: &Arc<Disk>) -> Stage {
    let mut stage = Stage::new();
    let files = LocalFiles::new(&stage.folder, BASE, &KEY, Arc::clone(&stage.clock) as _).unwrap();
    stage.files = Arc::new(files.with_space(Box::new(Arc::clone(disk))));
    stage
}

#[tokio::test]
async fn uploads_leave_room_for_messages() {
    for (total, reserved) in [(10 * GB, GB / 2), (20 * GB, GB), (1_000 * GB, GB)] {
        let disk = Arc::new(Disk(AtomicU64::new(reserved + MIB_10), total));
        let stage = stage_on(&disk);
        let target = stage.grant(ID, MIB_10, "application/zip").await;
        disk.0.store(reserved + MIB_10 - 1, Ordering::SeqCst);
        let grant =
            UploadGrant { id: ID, size: MIB_10, content_type: "image/png", sha256: None, expires_ms: NOW_MS + 1 };
        let refusal = stage.files.upload_target(&grant).await.unwrap_err();
        assert_eq!((refusal.code.status(), refusal.retry_after_ms), (503, Some(60_000)), "told before it is uploaded");
        let (taken, blocks) = counted(MIB_10);
        let (status, code, detail) = problem(stage.send(upload(&target, Body::from_stream(blocks))).await).await;
        assert_eq!((status, code.as_str(), taken.load(Ordering::SeqCst)), (503, "unavailable", 0));
        assert!(detail.contains("no room for files"), "{detail}");
        assert!(stage.left_over().is_empty());
        disk.0.store(reserved + MIB_10, Ordering::SeqCst);
        stage.put(b"hello").await;
    }
}

#[tokio::test]
async fn uploads_in_progress_count_towards_the_used_space() {
    let disk = Arc::new(Disk(AtomicU64::new(GB + MIB_10), 100 * GB));
    let stage = Arc::new(stage_on(&disk));
    let target = stage.grant(ID, MIB_10, "image/png").await;
    let (sender, body) = piecewise();
    let (there, request) = (Arc::clone(&stage), upload(&target, body));
    let put = tokio::spawn(async move { there.send(request).await });
    sender.send(Ok(Bytes::from("x"))).await.unwrap();
    drop(sender.reserve().await.unwrap());
    let grant = UploadGrant { id: "file_1_x", size: 1, content_type: "x", sha256: None, expires_ms: NOW_MS + 1 };
    assert_eq!(stage.files.upload_target(&grant).await.unwrap_err().code.status(), 503);
    put.abort();
    assert!(put.await.unwrap_err().is_cancelled());
    stage.files.upload_target(&grant).await.expect("there is room again");
}

#[tokio::test]
async fn a_newer_request_takes_an_upload_over() {
    let stage = Arc::new(Stage::new());
    let target = stage.grant(ID, 5, "image/png").await;
    let (sender, body) = piecewise();
    let (there, request) = (Arc::clone(&stage), upload(&target, body));
    let hangs = tokio::spawn(async move { problem(there.send(request).await).await });
    sender.send(Ok(Bytes::from("hel"))).await.unwrap();
    drop(sender.reserve().await.unwrap());
    stage.put(b"hello").await;
    let (status, code, detail) = hangs.await.unwrap();
    assert_eq!((status, code.as_str()), (409, "file_already_used"));
    assert!(detail.contains("newer request"), "{detail}");
    assert!(stage.left_over().is_empty());
}
