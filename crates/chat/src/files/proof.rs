//! Proving a file before a message may use it: whose it is, and, by `accept.rs`, that its bytes are what was announced.

use super::{
    accept::{self, FileUse},
    row::FileRow,
};
use crate::{
    base::{
        error::{Error, Result},
        rows,
    },
    context::Context,
};
use jobline_media::message_type;
use jobline_store::{Condition, Row};
use jobline_wire::{Code, MessageType};

/// The row of the file, if the sender may use it here and its bytes are proved, with the condition that nobody uses it
/// meanwhile. `row` is what is stored of it.
///
/// # Errors
/// `invalid_file`, `invalid_request`, `file_already_used`, `file_not_uploaded`, `file_type_mismatch`, `unavailable`.
pub(crate) async fn prove(cx: &Context, wanted: FileUse<'_>, row: Option<&Row>) -> Result<(FileRow, Condition)> {
    let row = row.ok_or_else(not_your_file)?;
    let mut file: FileRow = rows::decode(row)?;
    check_use(&wanted, &file, cx.now())?;
    accept::accept(cx, &wanted, &mut file).await?;
    Ok((file, Condition::Version(row.version)))
}

/// Whether the sender may use the file in this message.
fn check_use(wanted: &FileUse<'_>, file: &FileRow, now: u64) -> Result<()> {
    if file.owner != wanted.sender.as_str() || file.conversation != wanted.conversation.as_str() {
        return Err(not_your_file());
    }
    if file.used.is_some() {
        let detail = "This file is already in a message. To send it again, upload it again.";
        return Err(Error::new(Code::FileAlreadyUsed, detail).at("fileUrl"));
    }
    if wanted.kind == Some(MessageType::Image) && !jobline_media::is_image(&file.content_type) {
        let detail = format!("type is image, but a file of type {} is not one. Leave type out.", file.content_type);
        return Err(Error::invalid("type", detail));
    }
    if (wanted.kind == Some(MessageType::Voice)) != (message_type(&file.content_type) == MessageType::Voice) {
        let detail = "A recording in audio/mp4 or audio/webm is sent with type voice, and nothing else is.";
        return Err(Error::invalid("type", detail));
    }
    if file.is_stale(now) {
        return Err(not_uploaded("This file waited too long for its message and is gone. Upload it again."));
    }
    Ok(())
}

fn not_uploaded(detail: &str) -> Error {
    Error::new(Code::FileNotUploaded, detail).at("fileUrl")
}

/// The file does not exist, or it is not the sender's, or it is for another conversation.
pub(crate) fn not_your_file() -> Error {
    let detail = "fileUrl is not one that uploadFile gave to you for this conversation. Call uploadFile first.";
    Error::new(Code::InvalidFile, detail).at("fileUrl")
}
