//! Objects: read in part, copied, deleted, written.

use crate::S3Files;
use crate::failure::unavailable;
use crate::prefix::Prefix;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use jobline_chat::{Error, Result};
use std::path::Path;
use std::time::Duration;

/// How long it may take to write a whole file, at import: 10 MB over a slow line.
const WRITE: Duration = Duration::from_secs(300);

/// A part of an object.
pub(crate) struct Part {
    /// Bytes of the whole.
    pub size: u64,
    pub bytes: Vec<u8>,
    /// Which bytes the whole consists of, quoted.
    pub etag: String,
}

impl S3Files {
    /// At most `length` bytes from `offset`; `None` when there is no such object.
    pub(crate) async fn part(&self, prefix: Prefix, id: &str, offset: u64, length: usize) -> Result<Option<Part>> {
        let last = offset.saturating_add((length as u64).max(1)) - 1;
        let get = self.client.get_object().bucket(&self.bucket).key(prefix.key(id));
        let mut answer = match get.range(format!("bytes={offset}-{last}")).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => return Ok(None),
            // There are no bytes: beyond the end, or in an empty object.
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 416) => {
                return Ok(Some(Part { size: 0, bytes: Vec::new(), etag: String::new() }));
            }
            Err(error) => return Err(unavailable("an object could not be read", &error)),
        };
        let body = std::mem::replace(&mut answer.body, ByteStream::from_static(b""));
        let mut bytes = body.collect().await.map_err(|error| broken_off(&error))?.to_vec();
        bytes.truncate(length);
        let size = whole(&answer).ok_or_else(|| Error::unavailable("files: S3 did not tell the size of an object"))?;
        Ok(Some(Part { size, bytes, etag: answer.e_tag.unwrap_or_default() }))
    }

    /// Copies an upload to where files are kept, if it still has this `etag`; otherwise `false`.
    pub(crate) async fn copy_to_kept(&self, id: &str, name: &str, etag: &str) -> Result<bool> {
        let copy = self
            .client
            .copy_object()
            .bucket(&self.bucket)
            .key(Prefix::Kept.key(name))
            // Bucket names and ids need no escaping.
            .copy_source(format!("{}/{}", self.bucket, Prefix::Incoming.key(id)))
            .copy_source_if_match(etag);
        match copy.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                Some("PreconditionFailed" | "NoSuchKey") => Ok(false),
                _ => Err(unavailable("an upload could not be kept", &error)),
            },
        }
    }

    /// Keeps these bytes.
    pub(crate) async fn put_kept(&self, name: &str, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(Prefix::Kept.key(name)).content_type(content_type);
        let sent = put.body(ByteStream::from(bytes)).send().await;
        sent.map(drop).map_err(|error| unavailable("an image could not be kept", &error))
    }

    pub(crate) async fn remove(&self, prefix: Prefix, id: &str) -> Result<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(prefix.key(id));
        delete.send().await.map(drop).map_err(|error| unavailable("an object could not be deleted", &error))
    }

    /// Writes the file at `path` of this machine.
    pub(crate) async fn upload(&self, name: &str, content_type: &str, path: &Path) -> Result<()> {
        let unreadable = |error: &(dyn std::error::Error + Send + Sync)| {
            Error::unavailable(format!("files: {} cannot be read: {error}", path.display()))
        };
        let body = ByteStream::from_path(path).await.map_err(|error| unreadable(&error))?;
        let put =
            self.client.put_object().bucket(&self.bucket).key(Prefix::of(name).key(name)).content_type(content_type);
        let patience = TimeoutConfig::builder().operation_attempt_timeout(WRITE).operation_timeout(WRITE).build();
        let patient = aws_sdk_s3::config::Config::builder().timeout_config(patience);
        let sent = put.body(body).customize().config_override(patient).send().await;
        sent.map(drop).map_err(|error| unavailable("an object could not be written", &error))
    }
}

/// The size of the whole: after the slash of `Content-Range`, or the length if a server answered with everything.
fn whole(answer: &GetObjectOutput) -> Option<u64> {
    match &answer.content_range {
        Some(range) => range.rsplit_once('/')?.1.parse().ok(),
        None => answer.content_length.and_then(|length| u64::try_from(length).ok()),
    }
}

fn broken_off(error: &aws_sdk_s3::primitives::ByteStreamError) -> Error {
    Error::unavailable(format!("files: an object could not be read to its end: {}", DisplayErrorContext(error)))
}
