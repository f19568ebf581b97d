//! Requests of any bytes to a whole server in memory.
#![no_main]

#[path = "../../crates/server/tests/fuzz/request.rs"]
mod request;
#[allow(dead_code, unused_imports)]
#[path = "../../crates/server/tests/it/support/mod.rs"]
mod support;

use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));
static SERVER: LazyLock<request::Server> = LazyLock::new(|| RUNTIME.block_on(request::Server::new()));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    RUNTIME.block_on(SERVER.play(bytes));
});
