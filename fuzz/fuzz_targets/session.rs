//! Frames of clients, in any order with everything else that happens to a connection.
#![no_main]

#[path = "../../crates/live/tests/fuzz/session.rs"]
mod session;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    session::play(bytes);
});
