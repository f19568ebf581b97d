//! `PUT /files/{id}`: the bytes that a grant announced, exactly once.

use super::disk::Disk;
use super::grant::Upload;
use super::{LocalFiles, failed, refuse, text};
use axum::body::{Body, BodyDataStream};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use futures_util::StreamExt as _;
use http::{HeaderMap, header};
use jobline_chat::{Clock, Error, Result, is_file_id};
use jobline_wire::Code;
use ring::digest;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// How long a body may pause.
const IDLE: Duration = Duration::from_secs(30);
/// How long a body may take in all, so that a client that trickles bytes does not stay for ever.
const WHOLE_MS: u64 = 30 * 60_000;
/// How much of a refused body is still read, and for how long: a client that writes before it reads must get to see why.
const DRAINED_BYTES: usize = 16 << 20;
const DRAINED: Duration = Duration::from_secs(10);

/// Accepts an upload.
pub(super) async fn put(
    State(files): State<Arc<LocalFiles>>,
    id: std::result::Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let mut body = body.into_data_stream();
    match files.receive(&id, query.as_deref(), &headers, &mut body).await {
        Ok(()) => Response::new(Body::empty()),
        Err(error) => {
            // A client that asks first (100-continue) sends no body before this answer.
            if !headers.contains_key(header::EXPECT) {
                drain(body, Arc::clone(&files.clock));
            }
            refuse(error)
        }
    }
}

impl LocalFiles {
    async fn receive(
        &self,
        id: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &mut BodyDataStream,
    ) -> Result<()> {
        let grant = self.signer.upload(id, query, self.clock.now_ms())?;
        // A signature covers any text; ids are what may become a path.
        if !is_file_id(id) {
            return Err(Error::not_found("file"));
        }
        check_headers(&grant, headers)?;
        let owned = id.to_owned();
        if self.on_disk(move |disk| disk.contains(&owned)).await? {
            return Err(taken());
        }
        self.take_in(id, &grant, body).await
    }

    async fn take_in(&self, id: &str, grant: &Upload, body: &mut BodyDataStream) -> Result<()> {
        let _room = self.room.promise(self.disk.root(), grant.size)?;
        let owned = id.to_owned();
        let (incoming, file) = self.on_disk(move |disk| disk.incoming(&owned)).await?;
        let mut writer = self.writers.begin(id, incoming.number());
        let mut file = tokio::fs::File::from_std(file);
        let digest = tokio::select! {
            digest = self.copy(grant, body, &mut file) => digest?,
            () = writer.replaced() => return Err(replaced()),
        };
        if grant.sha256.as_ref().is_some_and(|promised| !promised.eq_ignore_ascii_case(&hex(&digest))) {
            let detail = "The bytes do not hash to the sha256 that was announced. Send the right ones to the same URL.";
            return Err(Error::new(Code::InvalidFile, detail).at("sha256"));
        }
        let (file, owned) = (file.into_std().await, id.to_owned());
        let place = move |disk: &Disk| disk.place(incoming, file, &owned);
        if self.on_disk(place).await? { Ok(()) } else { Err(taken()) }
    }

    /// Writes the body as it comes, up to the byte that is one too many.
    async fn copy(
        &self,
        grant: &Upload,
        body: &mut BodyDataStream,
        file: &mut tokio::fs::File,
    ) -> Result<digest::Digest> {
        let ends_ms = self.clock.now_ms().saturating_add(WHOLE_MS);
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut came = 0_u64;
        loop {
            let chunk = tokio::select! {
                chunk = body.next() => chunk,
                () = self.clock.sleep(IDLE) => return Err(broken_off(grant, came)),
            };
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| broken_off(grant, came))?;
            came += chunk.len() as u64;
            if came > grant.size {
                return Err(too_large(grant));
            }
            if self.clock.now_ms() > ends_ms {
                return Err(broken_off(grant, came));
            }
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(|error| failed(&error))?;
        }
        // Only this shows whether the last write succeeded.
        file.flush().await.map_err(|error| failed(&error))?;
        if came < grant.size {
            return Err(broken_off(grant, came));
        }
        Ok(hash.finish())
    }
}

/// What can be refused before the body is read.
fn check_headers(grant: &Upload, headers: &HeaderMap) -> Result<()> {
    let content_type = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    if !content_type.eq_ignore_ascii_case(&grant.content_type) {
        let detail = format!("{} was announced. Send it with exactly that Content-Type.", grant.content_type);
        return Err(Error::new(Code::InvalidFile, detail).at("contentType"));
    }
    let length = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    match length {
        Some(length) if length > grant.size => Err(too_large(grant)),
        Some(length) if length < grant.size => Err(wrong_size(format!(
            "{} bytes were announced and the body has {length}. Send the whole file, or call uploadFile with its size.",
            grant.size
        ))),
        _ => Ok(()),
    }
}

fn too_large(grant: &Upload) -> Error {
    let detail = format!("{} bytes were announced and more came. Call uploadFile with the file's size.", grant.size);
    Error::new(Code::FileTooLarge, detail).at("fileSize")
}

fn broken_off(grant: &Upload, came: u64) -> Error {
    wrong_size(format!("{} bytes were announced and {came} came. Send the file again to the same URL.", grant.size))
}

fn wrong_size(detail: String) -> Error {
    Error::new(Code::InvalidFile, detail).at("fileSize")
}

/// An uploaded file may have been verified and shown, so it is never replaced, not even by the same bytes. A client that
/// sends them again after a lost answer learns from this one that they have arrived.
fn taken() -> Error {
    let detail = "The bytes for this URL have arrived already. Go on and send the message with its fileUrl.";
    Error::new(Code::FileAlreadyUsed, detail)
}

fn replaced() -> Error {
    let detail = "A newer request uploads to this URL. Wait for its answer.";
    Error::new(Code::FileAlreadyUsed, detail)
}

fn hex(digest: &digest::Digest) -> String {
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Continues reading, within limits, while the answer is sent.
fn drain(mut body: BodyDataStream, clock: Arc<dyn Clock>) {
    tokio::spawn(async move {
        let read = async {
            let mut came = 0;
            while let Some(Ok(chunk)) = body.next().await {
                came += chunk.len();
                if came > DRAINED_BYTES {
                    break;
                }
            }
        };
        tokio::select! {
            () = read => (),
            () = clock.sleep(DRAINED) => (),
        }
    });
}
