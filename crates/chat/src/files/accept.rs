//! Accepting the file of a message: its bytes are proved, the location in a photo is removed, and the result is kept.
//!
//! Each attempt to send keeps the bytes under a name of its own, and the message names the one of its attempt. So
//! nobody, not even the sender, can replace verified bytes.

use super::{
    port::{Arrived, Keep},
    row::{FileRow, KeptAs, Voice},
};
use crate::{
    base::{
        clock::nanoid,
        error::{Error, Result},
        id::{ConversationId, UserId},
    },
    context::Context,
};
use jobline_media::{self as media, Dimensions, Proved};
use jobline_wire::{Code, MessageType, limits::VOICE_MS};

/// Characters that an attempt adds to the id.
const SUFFIX: usize = 10;
/// By how much `durationMs` may differ from how long a recording plays, in milliseconds.
const DURATION_MS: u64 = 1_000;
/// Characters of the random part of an id.
const NANOID: usize = 21;

/// A file that a message is to carry.
pub(crate) struct FileUse<'a> {
    pub id: &'a str,
    pub sender: &'a UserId,
    pub conversation: &'a ConversationId,
    /// The type of message that the sender asked for.
    pub kind: Option<MessageType>,
    /// What the sender says of a voice message.
    pub voice: Option<&'a Voice>,
}

/// Proves and keeps the bytes of a file for the message that wants it, and records in `file` how.
///
/// # Errors
/// `file_not_uploaded`, `file_type_mismatch`, `invalid_file` (an image that is too large, a recording that is too long),
/// `invalid_request` (another duration), `unavailable`.
pub(crate) async fn accept(cx: &Context, wanted: &FileUse<'_>, file: &mut FileRow) -> Result<()> {
    let FileUse { id, kind, .. } = wanted;
    let _place = cx.proof_slots.wait(wanted.sender).await;
    let arrived = arrived(cx, id, file).await?;
    let proved = media::prove(&file.content_type, &arrived.head)?;
    if let (Proved::Voice(plays_ms), Some(voice)) = (proved, wanted.voice) {
        check_duration(voice, plays_ms)?;
    }
    // An image that is sent as a file keeps its metadata.
    let is_image = *kind != Some(MessageType::File) && media::is_image(&file.content_type);
    let bytes = is_image.then(|| media::without_metadata(&file.content_type, &arrived.head)).flatten();
    let size = bytes.as_ref().map_or(file.size, |bytes| bytes.len() as u64);
    let name = format!("{id}-{}", &nanoid(&*cx.random)[..SUFFIX]);
    let keep = Keep { id, name: &name, content_type: &file.content_type, bytes };
    let Some(name) = cx.files.keep(&arrived, keep).await? else {
        let detail = "The bytes of this file changed while they were checked. Send again, or upload the file again.";
        return Err(Error::new(Code::FileNotUploaded, detail).at("fileUrl"));
    };
    let (width, height) = match proved {
        Proved::Image(Dimensions { width, height, .. }) => (Some(width), Some(height)),
        Proved::Voice(_) | Proved::Other => (None, None),
    };
    file.kept = Some(KeptAs { name, size, width, height });
    Ok(())
}

/// Whether a recording that plays for `plays` milliseconds may be sent as this. A recording with another duration than
/// announced is an error of the request, not of the file.
fn check_duration(voice: &Voice, plays: u64) -> Result<()> {
    if plays > VOICE_MS + DURATION_MS {
        let detail = format!("The recording plays for {plays} ms; at most {VOICE_MS} (5 minutes) are accepted.");
        return Err(Error::new(Code::InvalidFile, detail).at("fileUrl"));
    }
    if plays.abs_diff(voice.ms) > DURATION_MS {
        let detail = format!("The recording plays for {plays} ms. Send that as durationMs, which says {}.", voice.ms);
        return Err(Error::invalid("durationMs", detail));
    }
    Ok(())
}

async fn arrived(cx: &Context, id: &str, file: &FileRow) -> Result<Arrived> {
    let arrived = cx.files.arrived(id, media::bytes_to_see(&file.content_type)).await?;
    arrived.filter(|arrived| arrived.size == file.size).ok_or_else(|| {
        let detail = "The bytes of this file have not arrived. Upload them to uploadUrl first, then send.";
        Error::new(Code::FileNotUploaded, detail).at("fileUrl")
    })
}

/// Deletes what an attempt kept whose commit certainly did not happen. If that fails, the sweep deletes it.
pub(crate) async fn delete_kept(cx: &Context, id: &str, file: &FileRow) {
    if let Some(kept) = file.kept.as_ref().filter(|kept| kept.name != id) {
        let _ = cx.files.delete(&kept.name).await;
    }
}

/// The id of the file that is kept under `name`: the name itself, or what stands before the suffix of an attempt.
#[must_use]
pub fn file_of(name: &str) -> &str {
    let Some(end) = name.len().checked_sub(SUFFIX + 1) else { return name };
    let random = name.strip_prefix("file_").and_then(|rest| rest.split_once('_')).map_or(0, |(_, random)| random.len());
    if random == NANOID + 1 + SUFFIX && name.as_bytes()[end] == b'-' { &name[..end] } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_id_is_parsed_from_a_name() {
        let id = format!("file_1763116200000_{}", "-".repeat(NANOID));
        assert_eq!(file_of(&format!("{id}-{}", "-".repeat(SUFFIX))), id);
        assert!(
            crate::files::port::is_file_id(&format!("{id}-{}", "-".repeat(SUFFIX))),
            "older servers know it as one"
        );
        for name in [&id, "file_1_a", "file_1_a-0123456789", "", "ä"] {
            assert_eq!(file_of(name), name);
        }
    }
}
