//! User tokens of any bytes.
#![no_main]

#[allow(dead_code, unused_imports)]
#[path = "../../crates/server/tests/it/support/mod.rs"]
mod support;
#[path = "../../crates/server/tests/fuzz/token.rs"]
mod token;

use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));
static APP: LazyLock<support::TestApp> = LazyLock::new(|| RUNTIME.block_on(support::TestApp::new()));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    RUNTIME.block_on(token::play(&APP, bytes));
});
