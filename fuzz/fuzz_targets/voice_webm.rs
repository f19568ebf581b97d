//! Voice messages in the container of `audio/webm`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = jobline_media::voice_duration_ms("audio/webm", bytes);
});
