//! URLs that carry their own permission.

use crate::S3Files;
use crate::failure::unavailable;
use crate::prefix::Prefix;
use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jobline_chat::{DownloadGrant, Error, Result, UploadGrant, iso};
use jobline_wire::{UploadTarget, content_disposition, file_types::is_inline};
use std::time::{Duration, UNIX_EPOCH};

/// Signed headers that clients need not be told: browsers set them from the body and the URL.
const OF_THEMSELVES: [&str; 2] = ["content-length", "host"];

impl S3Files {
    pub(crate) async fn presign_upload(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        let size = i64::try_from(grant.size).map_err(|_| Error::unavailable("a size beyond 2^63"))?;
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(Prefix::Incoming.key(grant.id))
            .content_length(size)
            .content_type(grant.content_type)
            .set_checksum_sha256(grant.sha256.map(base64_of_hex));
        let signed = put.presigned(self.until(grant.expires_ms)?).await;
        let signed = signed.map_err(|error| unavailable("an upload could not be signed", &error))?;
        let headers = signed.headers().filter(|(name, _)| !OF_THEMSELVES.contains(name));
        let upload_url = signed.uri().to_owned();
        let file_url = upload_url.split('?').next().unwrap_or_default().to_owned();
        Ok(UploadTarget {
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            method: signed.method().to_owned(),
            upload_url,
            file_url,
            expires_at: iso(grant.expires_ms),
        })
    }

    pub(crate) async fn presign_download(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        let inline = grant.inline && is_inline(grant.content_type);
        let until = self.until(grant.expires_ms)?;
        let get = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(Prefix::of(grant.id).key(grant.id))
            .response_content_type(grant.content_type)
            .response_content_disposition(content_disposition(inline, grant.name))
            .response_cache_control(format!("private, max-age={}, immutable", until.expires().as_secs()));
        let signed = get.presigned(until).await;
        let signed = signed.map_err(|error| unavailable("a download could not be signed", &error))?;
        Ok(signed.uri().to_owned())
    }

    /// The origin of all its URLs, for the policies of pages that upload and show files: `https://bucket.s3.…`, or that of
    /// a compatible server.
    ///
    /// # Errors
    /// [`jobline_wire::Code::Unavailable`] without credentials: nothing can be signed then.
    pub async fn origin(&self) -> Result<String> {
        let soon = self.until(self.clock.now_ms())?;
        let signed = self.client.get_object().bucket(&self.bucket).key(Prefix::Files.prefix()).presigned(soon).await;
        let signed = signed.map_err(|error| unavailable("a URL could not be signed", &error))?;
        origin(signed.uri()).ok_or_else(|| Error::unavailable("files: a signed URL without a host"))
    }

    /// From now until `expires_ms`, in whole seconds, as S3 counts.
    fn until(&self, expires_ms: u64) -> Result<PresigningConfig> {
        let now_ms = self.clock.now_ms();
        // At least one second, since S3 refuses a URL without a lifetime.
        let life = Duration::from_secs((expires_ms.saturating_sub(now_ms) / 1_000).max(1));
        let config = PresigningConfig::builder().start_time(UNIX_EPOCH + Duration::from_millis(now_ms));
        config.expires_in(life).build().map_err(|error| Error::unavailable(format!("files: {error}")))
    }
}

fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?']).next().filter(|host| !host.is_empty())?;
    Some(format!("{scheme}://{host}"))
}

/// The same bytes in S3's encoding. Characters that are not hexadecimal are skipped; the domain has checked that.
fn base64_of_hex(hex: &str) -> String {
    let digits = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    STANDARD.encode((0..hex.len()).step_by(2).filter_map(digits).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_as_in_the_s3_documentation() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(base64_of_hex(empty), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
