//! The `jobline` binary.

use std::process::ExitCode;

/// A request makes some fifty small allocations, half of which are freed on another thread; this allocator is fast at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    jobline_server::commands::main()
}
