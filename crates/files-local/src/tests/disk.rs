//! The folder: order, leftovers, and what happens when it is full.

use super::*;
use std::process::Command;

fn id(ms: u64, nanoid: &str) -> String {
    format!("file_{ms}_{nanoid}")
}

#[tokio::test]
async fn files_are_listed_in_the_order_of_their_ids() {
    let stage = Stage::new();
    let source = stage.folder.join("source");
    let mut ids = Vec::new();
    for ms in
        [1_u64, 99, 1_689_999_999_999, 1_690_000_000_000, 1_690_000_000_001, 1_790_000_000_000, 10_000_000_000_000]
    {
        for nanoid in ["A", "-", "_", "a", "Zz"] {
            let id = id(ms, nanoid);
            std::fs::write(&source, &id).unwrap();
            stage.files.write(&id, "text/plain", &source).await.unwrap();
            ids.push(id);
        }
    }
    // Other files are not listed.
    std::fs::write(stage.folder.join("file_17900").join("notes.txt"), "").unwrap();
    std::fs::create_dir(stage.folder.join("other")).unwrap();
    ids.sort();
    for limit in [1, 2, 7, 1_000] {
        let mut seen: Vec<String> = Vec::new();
        loop {
            let page = stage.files.list(seen.last().map(String::as_str), limit).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            assert!(page.iter().all(|kept| kept.size == kept.id.len() as u64));
            seen.extend(page.into_iter().map(|kept| kept.id));
        }
        assert_eq!(seen, ids);
    }
    // `after` need not be an id.
    for (after, first) in [("", &ids[0]), ("file_1", &ids[0]), ("file_1690", &ids[10]), ("a", &ids[0])] {
        assert_eq!(&stage.files.list(Some(after), 1).await.unwrap()[0].id, first, "{after}");
    }
    assert!(stage.files.list(Some("x"), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn files_are_read_written_and_deleted() {
    let stage = Stage::new();
    let source = stage.folder.join("source");
    for text in ["0123456789", "replaced"] {
        std::fs::write(&source, text).unwrap();
        stage.files.write(ID, "text/plain", &source).await.unwrap();
        assert_eq!(stage.files.read(ID, 0, 99).await.unwrap(), text.as_bytes());
    }
    assert_eq!(stage.files.read(ID, 2, 3).await.unwrap(), b"pla");
    assert_eq!(stage.files.read(ID, 7, 3).await.unwrap(), b"d");
    for offset in [8, 9, u64::from(u32::MAX)] {
        assert!(stage.files.read(ID, offset, 3).await.unwrap().is_empty());
    }
    assert_eq!(stage.files.read(ID, 0, usize::MAX).await.unwrap(), b"replaced");
    for _ in 0..2 {
        stage.files.delete(ID).await.unwrap();
        assert_eq!(stage.files.read(ID, 0, 1).await.unwrap_err().code.status(), 404);
        assert_eq!(stage.files.arrived(ID, 1).await.unwrap(), None);
    }
    let missing = stage.files.write(ID, "text/plain", Path::new("/nowhere")).await.unwrap_err();
    assert_eq!(missing.code.status(), 503);
    assert!(stage.left_over().is_empty());
}

#[tokio::test]
async fn leftovers_are_removed_at_the_start_and_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::at(folder.path());
    stage.put(b"hello").await;
    std::fs::write(stage.folder.join("incoming").join("file_1_x.0"), "half").unwrap();
    let again = Stage::at(folder.path());
    assert!(again.left_over().is_empty());
    assert_eq!(again.kept().await, [(ID.to_owned(), 5)]);
}

#[test]
fn one_process_uses_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let clock = Arc::new(Manual(watch::Sender::new(NOW_MS)));
        LocalFiles::alone(folder.path().join("files"), BASE, &KEY, clock)
    };
    let first = open().unwrap();
    let Err(refusal) = open() else { panic!("a second one was let in") };
    assert!(refusal.to_string().contains("another process uses the files in"), "{refusal}");
    drop(first);
    open().unwrap();
}

#[test]
fn each_folder_has_an_id_that_stays() {
    struct Count(std::sync::atomic::AtomicU64);
    impl jobline_chat::Random for Count {
        fn bits(&self) -> u128 {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst).into()
        }
    }
    let (one, other, random) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Count(1.into()));
    let first = super::super::folder_id(one.path(), &random).unwrap();
    assert_eq!(super::super::folder_id(one.path(), &random).unwrap(), first, "the same at each start");
    assert_ne!(super::super::folder_id(other.path(), &random).unwrap(), first);
    assert!(super::super::folder_id(&other.path().join("missing"), &random).is_err());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("occupied");
    std::fs::write(&occupied, "").unwrap();
    let clock = Arc::new(Manual(watch::Sender::new(NOW_MS)));
    assert!(LocalFiles::new(occupied.join("files"), BASE, &KEY, clock).is_err());
}

/// A mounted file system that is unmounted in the end.
struct Mounted(TempDir);

impl Mounted {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|done| done.status.success()).then(|| Self(folder))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_for_now_and_leaves_nothing() {
    let Some(mounted) = Mounted::new("1m") else {
        println!("skipped: a small file system cannot be mounted here");
        return;
    };
    let stage = Stage::at(mounted.0.path());
    let size = 2 << 20;
    let target = stage.grant(ID, size, "application/zip").await;
    let body = vec![b'x'; usize::try_from(size).unwrap()];
    let (status, code, detail) = problem(stage.send(upload(&target, Body::from(body))).await).await;
    assert_eq!((status, code.as_str()), (503, "unavailable"));
    assert!(!detail.contains("space"), "for the log only: {detail}");
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
    stage.put(&vec![b'y'; 500_000]).await;
    assert_eq!(stage.kept().await, [(ID.to_owned(), 500_000)]);
}
