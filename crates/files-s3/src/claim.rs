//! A bucket belongs to one deployment: files that one does not know may belong to another.

use crate::failure::unavailable;
use crate::{S3Files, Unusable};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_s3::primitives::ByteStream;
use jobline_chat::{Error, Result};

/// The object that names the owner of the bucket.
const MARKER: &str = "jobline-deployment";

impl S3Files {
    /// Claims the bucket for this deployment and its rows in `store`, or checks that it is claimed. If the service does
    /// not answer, the server starts anyway.
    ///
    /// # Errors
    /// [`Unusable`], when it is another's.
    pub async fn claim(&self, deployment: &str, store: &str) -> std::result::Result<(), Unusable> {
        let mine = format!("deployment {deployment}\nrows {store}\n");
        let found = match self.marker().await {
            Ok(Some(found)) => found,
            Ok(None) => {
                if self.put_marker(&mine).await.is_err() {
                    return Ok(());
                }
                // If two start at the same time, the last write decides.
                self.marker().await.ok().flatten().unwrap_or_default()
            }
            Err(_) => return Ok(()),
        };
        if found == mine || found.is_empty() {
            return Ok(());
        }
        let same = found.starts_with(&format!("deployment {deployment}\n"));
        let rows = found.lines().find_map(|line| line.strip_prefix("rows ")).unwrap_or("unknown");
        Err(Unusable(if same {
            format!(
                "belongs to this deployment's rows in {rows}, and these are in {store}: if they replace the others, as after \
                 a restore, delete the object {MARKER} and start again; to try something out, use another bucket"
            )
        } else {
            format!("belongs to another deployment, with its rows in {rows}: use a bucket of this one's own")
        }))
    }

    async fn marker(&self) -> Result<Option<String>> {
        let get = self.client.get_object().bucket(&self.bucket).key(MARKER).send().await;
        match get {
            Ok(answer) => {
                let bytes = answer.body.collect().await.map_err(|error| {
                    Error::unavailable(format!("files: {MARKER} could not be read: {}", DisplayErrorContext(&error)))
                })?;
                Ok(Some(String::from_utf8_lossy(&bytes.into_bytes()).into_owned()))
            }
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => Ok(None),
            Err(error) => Err(unavailable("the bucket's owner could not be read", &error)),
        }
    }

    async fn put_marker(&self, text: &str) -> Result<()> {
        let body = ByteStream::from(text.as_bytes().to_vec());
        let put = self.client.put_object().bucket(&self.bucket).key(MARKER).content_type("text/plain").body(body);
        match put.if_none_match("*").send().await {
            Err(error) if error.code() != Some("PreconditionFailed") => {
                Err(unavailable("the bucket's owner could not be written", &error))
            }
            _ => Ok(()),
        }
    }
}
