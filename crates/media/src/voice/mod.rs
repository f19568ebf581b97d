//! Voice messages: one track of sound in a container, and how long it plays.
//!
//! Both readers take the duration from the times of the pieces of sound themselves. What a header says of it is left aside:
//! recorders that write while they record leave it out, and a liar would write whatever suits.

mod aac;
mod mp4;
mod webm;

/// How long the sound of a voice message plays, in milliseconds, if these are the bytes of a voice message of this type: a
/// whole file with one track, of AAC in MP4 or Opus in WebM. `None`: they are not.
#[must_use]
pub fn voice_duration_ms(content_type: &str, bytes: &[u8]) -> Option<u64> {
    match content_type {
        "audio/mp4" => mp4::duration_ms(bytes),
        "audio/webm" => webm::duration_ms(bytes),
        _ => None,
    }
}
