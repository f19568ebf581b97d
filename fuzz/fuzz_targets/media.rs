//! Files of any bytes, taken for each accepted type.
#![no_main]

#[path = "../../crates/media/tests/fuzz/media.rs"]
mod media;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    media::play(bytes);
});
