//! Files in a bucket of an S3 server on this machine: upload, proof, copy, download, and failures.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

use async_trait::async_trait;
use jobline_chat::{Arrived, Clock, DownloadGrant, Files, Keep, UploadGrant};
use jobline_files_s3::S3Files;
use jobline_files_s3::testing::{self as support, Link, LinkState};
use jobline_wire::{Code, UploadTarget};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";
const FIVE_MINUTES_MS: u64 = 300_000;

/// This machine's time, which can be shifted.
struct Shifted(AtomicU64);

#[async_trait]
impl Clock for Shifted {
    fn now_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_millis() as u64 - self.0.load(Ordering::SeqCst)
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct Bucket {
    files: S3Files,
    name: String,
    clock: Arc<Shifted>,
}

impl Bucket {
    async fn new() -> Self {
        Self::behind(support::endpoint(), support::key(), &support::bucket().await).await
    }

    async fn behind(endpoint: &str, key: &str, name: &str) -> Self {
        let clock = Arc::new(Shifted(AtomicU64::new(0)));
        let files = S3Files::new(&support::account(endpoint, key).await, name, clock.clone());
        Self { files, name: name.to_owned(), clock }
    }

    /// The upload target of `bytes`, announced as a picture.
    async fn announce(&self, id: &str, bytes: &[u8], sha256: Option<&str>) -> UploadTarget {
        let expires_ms = self.clock.now_ms() + FIVE_MINUTES_MS;
        let grant = UploadGrant { id, size: bytes.len() as u64, content_type: "image/png", sha256, expires_ms };
        self.files.upload_target(&grant).await.unwrap()
    }

    async fn download(&self, id: &str, content_type: &str, inline: bool) -> String {
        let expires_ms = self.clock.now_ms() + 12 * FIVE_MINUTES_MS;
        let grant = DownloadGrant { id, name: "Résumé.png", content_type, inline, expires_ms };
        self.files.download_url(&grant).await.unwrap()
    }

    /// Keeps the uploaded bytes under the name of this attempt.
    async fn keep(&self, id: &str, arrived: &Arrived, attempt: u32) -> Option<String> {
        let name = format!("{id}-{attempt:010}");
        let keep = Keep { id, name: &name, content_type: "image/png", bytes: None };
        let kept = self.files.keep(arrived, keep).await.unwrap();
        assert!(kept.as_ref().is_none_or(|kept| *kept == name));
        kept
    }

    /// Uploads, proves and keeps a file. Returns the name under which it is kept.
    async fn kept(&self, id: &str, bytes: &[u8]) -> String {
        assert_eq!(put(&self.announce(id, bytes, None).await, bytes), 200);
        let arrived = self.files.arrived(id, 100).await.unwrap().unwrap();
        self.keep(id, &arrived, 1).await.unwrap()
    }

    async fn ids(&self, after: Option<&str>, limit: usize) -> Vec<String> {
        self.files.list(after, limit).await.unwrap().into_iter().map(|kept| kept.id).collect()
    }
}

fn put(target: &UploadTarget, bytes: &[u8]) -> u16 {
    put_as(target, bytes, None)
}

/// An upload as a client does it, with another content type if one is given. Returns the status.
fn put_as(target: &UploadTarget, bytes: &[u8], content_type: Option<&str>) -> u16 {
    assert_eq!(target.method, "PUT");
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.put(&target.upload_url);
    for (name, value) in &target.headers {
        let other = content_type.filter(|_| name == "content-type");
        request = request.header(name, other.unwrap_or(value));
    }
    request.send(bytes).unwrap().status().as_u16()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_proved_kept_and_fetched() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000000_V1StGXR8_Z5jdHi6B-myT";
    let target = bucket.announce(id, PNG, Some(&sha256(PNG))).await;
    assert_eq!(target.headers["content-type"], "image/png");
    assert!(target.headers.contains_key("x-amz-checksum-sha256"));
    assert!(!target.headers.contains_key("content-length"), "browsers refuse to have it set");
    assert_eq!(bucket.files.file_id(&target.file_url).as_deref(), Some(id));
    assert_eq!(bucket.files.arrived(id, 100).await.unwrap(), None);

    assert_eq!(put(&target, PNG), 200);
    let arrived = bucket.files.arrived(id, 8).await.unwrap().unwrap();
    assert_eq!((arrived.size, arrived.head.as_slice()), (PNG.len() as u64, &PNG[..8]));
    let name = bucket.keep(id, &arrived, 1).await.unwrap();
    assert!(bucket.keep(id, &arrived, 1).await.is_some(), "again, after an answer that was lost");

    let mut answer = ureq::get(bucket.download(&name, "image/png", true).await).call().unwrap();
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-disposition"), "inline; filename=\"R_sum_.png\"; filename*=UTF-8''R%C3%A9sum%C3%A9.png");
    assert!(header("cache-control").starts_with("private, max-age=3"));
    assert_eq!(answer.body_mut().read_to_vec().unwrap(), PNG);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unannounced_file_is_refused() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000001_V1StGXR8_Z5jdHi6B-myT";
    let plain = bucket.announce(id, PNG, None).await;
    assert_eq!(put(&plain, &PNG[1..]), 403, "a byte too few");
    assert_eq!(put(&plain, &[PNG, b"x"].concat()), 403, "a byte too many");
    assert_eq!(put_as(&plain, PNG, Some("text/html")), 403, "another type");
    let proved = bucket.announce(id, PNG, Some(&sha256(PNG))).await;
    let other: Vec<u8> = PNG.iter().rev().copied().collect();
    assert_eq!(put(&proved, &other), 400, "other bytes of the same length");
    let elsewhere = plain.upload_url.replace("/incoming/", "/files/");
    assert_eq!(put(&UploadTarget { upload_url: elsewhere, ..plain.clone() }, PNG), 403, "where files are kept");
    assert_eq!(bucket.files.arrived(id, 100).await.unwrap(), None, "nothing of all that arrived");
    assert_eq!(put(&plain, PNG), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_expire() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000002_V1StGXR8_Z5jdHi6B-myT";
    let name = bucket.kept(id, PNG).await;
    let url = bucket.download(&name, "image/png", true).await;
    assert_eq!(ureq::get(&url).call().unwrap().status(), 200);
    bucket.clock.0.store(2 * 3_600_000, Ordering::SeqCst);
    let (upload, url) = (bucket.announce(id, PNG, None).await, bucket.download(&name, "image/png", true).await);
    assert_eq!(put(&upload, PNG), 403, "made two hours ago, for five minutes");
    assert!(matches!(ureq::get(&url).call(), Err(ureq::Error::StatusCode(403))), "made two hours ago, for one");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_images_and_recordings_are_shown_inline() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000003_V1StGXR8_Z5jdHi6B-myT";
    let name = bucket.kept(id, PNG).await;
    for (content_type, inline, expected) in [
        ("image/png", true, "inline"),
        ("audio/mp4", true, "inline"),
        ("audio/webm", true, "inline"),
        ("image/png", false, "attachment"),
        ("application/pdf", true, "attachment"),
        ("text/plain", true, "attachment"),
    ] {
        let answer = ureq::get(bucket.download(&name, content_type, inline).await).call().unwrap();
        let disposition = answer.headers().get("content-disposition").unwrap().to_str().unwrap();
        assert_eq!(disposition.split(';').next(), Some(expected), "{content_type}");
        assert_eq!(answer.headers().get("content-type").unwrap(), content_type);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_were_swapped_are_not_kept_and_kept_bytes_are_not_swapped() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000004_V1StGXR8_Z5jdHi6B-myT";
    let target = bucket.announce(id, PNG, None).await;
    let other: Vec<u8> = PNG.iter().rev().copied().collect();
    assert_eq!(put(&target, PNG), 200);
    let looked_at = bucket.files.arrived(id, 100).await.unwrap().unwrap();
    assert_eq!(put(&target, &other), 200, "a URL is good for five minutes, however often");
    assert_eq!(bucket.keep(id, &looked_at, 1).await, None, "these are not the bytes that were looked at");
    assert_eq!(put(&target, PNG), 200);
    let looked_at = bucket.files.arrived(id, 100).await.unwrap().unwrap();
    let name = bucket.keep(id, &looked_at, 2).await.unwrap();
    assert_eq!(put(&target, &other), 200);
    assert_eq!(bucket.files.read(&name, 0, 100).await.unwrap(), PNG, "what is kept stays");
    let looked_at = bucket.files.arrived(id, 100).await.unwrap().unwrap();
    bucket.keep(id, &looked_at, 3).await.expect("another attempt");
    assert_eq!(bucket.files.read(&name, 0, 100).await.unwrap(), PNG, "also when another attempt keeps other bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_can_be_kept_in_the_place_of_what_arrived() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000008_V1StGXR8_Z5jdHi6B-myT";
    assert_eq!(put(&bucket.announce(id, PNG, None).await, PNG), 200);
    let arrived = bucket.files.arrived(id, 100).await.unwrap().unwrap();
    let name = format!("{id}-0123456789");
    let keep = Keep { id, name: &name, content_type: "image/png", bytes: Some(b"without metadata".to_vec()) };
    assert_eq!(bucket.files.keep(&arrived, keep).await.unwrap(), Some(name.clone()));
    assert_eq!(bucket.files.read(&name, 0, 100).await.unwrap(), b"without metadata");
    bucket.files.delete(&name).await.unwrap();
    assert_eq!(bucket.files.read(&name, 0, 100).await.unwrap_err().code, Code::NotFound);
    assert_eq!(bucket.files.read(id, 0, 100).await.unwrap(), PNG, "the upload is another file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_belongs_to_one_deployment_and_one_store() {
    let bucket = Bucket::new().await;
    let claim = async |deployment, store| bucket.files.claim(deployment, store).await.map_err(|why| why.0);
    claim("one", "dynamodb jobline").await.unwrap();
    claim("one", "dynamodb jobline").await.expect("a second server of the same");
    let why = claim("two", "dynamodb staging").await.unwrap_err();
    assert!(why.starts_with("belongs to another deployment, with its rows in dynamodb jobline"), "{why}");
    let why = claim("one", "dynamodb restored").await.unwrap_err();
    assert!(why.contains("delete the object jobline-deployment"), "{why}");
    assert_eq!(bucket.ids(None, 10).await, [""; 0], "the marker is no file");
    let client = support::client().await;
    client.delete_object().bucket(&bucket.name).key("jobline-deployment").send().await.unwrap();
    claim("one", "dynamodb restored").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_an_older_server_kept_is_found_by_its_id() {
    let bucket = Bucket::new().await;
    let id = "file_1700000000005_V1StGXR8_Z5jdHi6B-myT";
    let key = format!("files/{id}");
    let put = support::client().await.put_object().bucket(&bucket.name).key(key).body(PNG.to_vec().into());
    put.send().await.unwrap();
    let arrived = bucket.files.arrived(id, 4).await.unwrap().unwrap();
    assert_eq!((arrived.size, arrived.head.as_slice()), (PNG.len() as u64, &PNG[..4]));
    assert_eq!(bucket.files.read(id, 0, 100).await.unwrap(), PNG);
    assert_eq!(ureq::get(bucket.download(id, "image/png", true).await).call().unwrap().status(), 200);
    assert_eq!(bucket.ids(None, 10).await, [id]);
    bucket.files.delete(id).await.unwrap();
    assert_eq!(bucket.ids(None, 10).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_listed_once_and_in_order() {
    let bucket = Bucket::new().await;
    assert_eq!(bucket.ids(None, 10).await, [""; 0]);
    for id in ["file_4_d", "file_2_b", "file_3_c"] {
        let put = support::client().await.put_object().bucket(&bucket.name).key(format!("files/{id}"));
        put.body(PNG.to_vec().into()).send().await.unwrap();
    }
    for id in ["file_1_a", "file_3_c", "file_5_e"] {
        assert_eq!(put(&bucket.announce(id, PNG, None).await, PNG), 200);
    }
    for key in ["files/README", "incoming/file_1_", "other/file_9_x"] {
        support::client().await.put_object().bucket(&bucket.name).key(key).send().await.unwrap();
    }
    let all = ["file_1_a", "file_2_b", "file_3_c", "file_4_d", "file_5_e"];
    assert_eq!(bucket.ids(None, 10).await, all);
    assert_eq!(bucket.ids(None, 2).await, all[..2]);
    assert_eq!(bucket.ids(Some("file_2_b"), 2).await, all[2..4]);
    assert_eq!(bucket.ids(Some("file_4_d"), 2).await, all[4..]);
    assert_eq!(bucket.ids(Some("file_5_e"), 2).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_written_read_and_deleted() {
    let bucket = Bucket::new().await;
    let (folder, id) = (tempfile::tempdir().unwrap(), "file_1700000000006_V1StGXR8_Z5jdHi6B-myT");
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at * 31) as u8).collect();
    let path = folder.path().join("file");
    std::fs::write(&path, &bytes).unwrap();
    bucket.files.write(id, "application/octet-stream", &path).await.unwrap();
    assert_eq!(bucket.files.list(None, 1).await.unwrap()[0].size, 1_000_000);
    assert_eq!(bucket.files.read(id, 0, 2_000_000).await.unwrap(), bytes);
    assert_eq!(bucket.files.read(id, 999_990, 100).await.unwrap(), bytes[999_990..]);
    assert_eq!(bucket.files.read(id, 1_000_000, 100).await.unwrap(), b"", "behind the end");
    bucket.files.delete(id).await.unwrap();
    bucket.files.delete(id).await.unwrap();
    assert_eq!(bucket.files.read(id, 0, 1).await.unwrap_err().code, Code::NotFound);
    assert_eq!(bucket.files.arrived(id, 1).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_not_ids_lead_to_no_object() {
    let bucket = Bucket::new().await;
    for id in ["../secret", "", "file_1_a/../b", "file_x_y"] {
        assert_eq!(bucket.files.arrived(id, 1).await.unwrap(), None);
        assert_eq!(bucket.files.read(id, 0, 1).await.unwrap_err().code, Code::NotFound);
        bucket.files.delete(id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_policy_names_the_origin_of_the_bucket() {
    let bucket = Bucket::new().await;
    let origin = bucket.files.origin().await.unwrap();
    assert_eq!(origin, support::endpoint().trim_end_matches('/'));
    let target = bucket.announce("file_1_a", b"x", None).await;
    assert!(target.upload_url.starts_with(&format!("{origin}/")), "{}", target.upload_url);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_says_what_is_wrong_with_the_bucket() {
    let bucket = Bucket::new().await;
    assert_eq!(bucket.files.check().await, Ok(()));
    let missing = Bucket::behind(support::endpoint(), support::key(), "jobline-never-made").await;
    assert!(missing.files.check().await.unwrap_err().0.starts_with("does not exist"));
    let stranger = Bucket::behind(support::endpoint(), "AKIAIOSFODNN7EXAMPLE", &bucket.name).await;
    let why = stranger.files.check().await.unwrap_err().0;
    assert!(why.starts_with("may not be used with these credentials (InvalidAccessKeyId)"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_gone_or_closed_is_unavailable() {
    let stranger = Bucket::behind(support::endpoint(), "AKIAIOSFODNN7EXAMPLE", &support::bucket().await).await;
    let missing = Bucket::behind(support::endpoint(), support::key(), "jobline-never-made").await;
    for bucket in [stranger, missing] {
        let files = &bucket.files;
        for error in [
            files.arrived("file_1_a", 1).await.unwrap_err(),
            files.read("file_1_a", 0, 1).await.unwrap_err(),
            files.list(None, 1).await.unwrap_err(),
        ] {
            assert_eq!((error.code, error.retry_after_ms), (Code::Unavailable, Some(1_000)));
            assert!(!error.detail.contains("jobline-"), "callers need not know the bucket: {}", error.detail);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_answered_unavailable_in_time_and_ends_by_itself() {
    let link = Link::to(support::endpoint()).await;
    let bucket = Bucket::behind(&link.endpoint, support::key(), &support::bucket().await).await;
    let id = "file_1700000000007_V1StGXR8_Z5jdHi6B-myT";
    bucket.kept(id, PNG).await;
    for way in [LinkState::Cut, LinkState::Silent] {
        link.set(way);
        let begun = Instant::now();
        let error = bucket.files.arrived(id, 10).await.unwrap_err();
        assert_eq!((error.code, error.retry_after_ms), (Code::Unavailable, Some(1_000)), "{way:?}");
        assert!(begun.elapsed() < Duration::from_secs(9), "{way:?} took {:?}", begun.elapsed());
        assert_eq!(bucket.files.check().await, Ok(()), "an outage is no reason not to start");
        link.set(LinkState::Open);
        assert!(bucket.files.arrived(id, 10).await.unwrap().is_some(), "{way:?} is over");
    }
}
