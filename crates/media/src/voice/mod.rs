//! Voice messages: one audio track in a container, and its duration.
//!
//! Both parsers compute the duration from the times of the audio packets. The duration in a header is ignored: recorders
//! that stream leave it out, and a sender could put any value there.

mod aac;
mod mp4;
mod webm;

/// The duration of a voice message in milliseconds. `None` if the bytes are no voice message of this type: a complete file
/// with one track, of AAC in MP4 or Opus in WebM.
#[must_use]
pub fn voice_duration_ms(content_type: &str, bytes: &[u8]) -> Option<u64> {
    match content_type {
        "audio/mp4" => mp4::duration_ms(bytes),
        "audio/webm" => webm::duration_ms(bytes),
        _ => None,
    }
}
