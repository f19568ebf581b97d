//! A clock that tests move, random numbers from a seed, and a bucket that counts calls.

use async_trait::async_trait;
use jobline_chat::{Arrived, Clock, DownloadGrant, Error, Files, Keep, Kept, Random, Result, UploadGrant, iso};
use jobline_wire::UploadTarget;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// 2025-11-14T10:30:00Z.
const MORNING: u64 = 1_763_116_200_000;

pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn new() -> Self {
        Self(AtomicU64::new(MORNING))
    }

    pub fn forward(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Sleeps for the real duration: only late calls sleep here.
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The SplitMix64 sequence: the same bits in every run.
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    pub fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn bits(&self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

/// The first bytes of a JPEG of 4,000 by 3,000 pixels without metadata, as the app makes them.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x0b\x08\x0b\xb8\x0f\xa0\x01\x01\x11\x00";

/// A bucket that stores only the sizes of objects. As in `files-s3`, one ranged GET reads a file and one copy keeps it.
#[derive(Default)]
pub struct CountedBucket {
    sizes: Mutex<BTreeMap<String, u64>>,
    puts: AtomicU64,
    gets: AtomicU64,
}

impl CountedBucket {
    /// The PUT of a client.
    pub fn upload(&self, file_url: &str, size: u64) {
        self.puts.fetch_add(1, Ordering::SeqCst);
        let id = self.file_id(file_url).expect("a URL of this bucket");
        self.sizes.lock().unwrap().insert(id, size);
    }

    /// The GET of a client.
    pub fn download(&self) {
        self.gets.fetch_add(1, Ordering::SeqCst);
    }

    /// PUTs and GETs since the last call.
    pub fn take(&self) -> (u64, u64) {
        (self.puts.swap(0, Ordering::SeqCst), self.gets.swap(0, Ordering::SeqCst))
    }
}

/// A URL about as long as a presigned one.
fn signed(path: &str) -> String {
    format!("https://jobline-bucket-0123456789ab.s3.us-east-1.amazonaws.com/{path}?{}", "X-Amz-Signature=".repeat(90))
}

#[async_trait]
impl Files for CountedBucket {
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        Ok(UploadTarget {
            upload_url: signed(&format!("incoming/{}", grant.id)),
            method: "PUT".to_owned(),
            headers: BTreeMap::from([("content-type".to_owned(), grant.content_type.to_owned())]),
            file_url: format!("s3:{}", grant.id),
            expires_at: iso(grant.expires_ms),
        })
    }

    fn file_id(&self, file_url: &str) -> Option<String> {
        file_url.strip_prefix("s3:").map(str::to_owned)
    }

    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        Ok(signed(&format!("files/{}", grant.id)))
    }

    async fn arrived(&self, id: &str, _head: usize) -> Result<Option<Arrived>> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let size = self.sizes.lock().unwrap().get(id).copied();
        Ok(size.map(|size| Arrived { size, head: JPEG.to_vec(), tag: "etag".to_owned() }))
    }

    async fn keep(&self, _arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>> {
        self.puts.fetch_add(1, Ordering::SeqCst);
        Ok(Some(keep.name.to_owned()))
    }

    async fn delete(&self, _id: &str) -> Result<()> {
        Err(unused())
    }

    async fn list(&self, _after: Option<&str>, _limit: usize) -> Result<Vec<Kept>> {
        Err(unused())
    }

    async fn read(&self, _id: &str, _offset: u64, _length: usize) -> Result<Vec<u8>> {
        Err(unused())
    }

    async fn write(&self, _id: &str, _content_type: &str, _path: &Path) -> Result<()> {
        Err(unused())
    }
}

/// The error of calls that do not occur in a month.
fn unused() -> Error {
    Error::unavailable("not part of the month")
}
