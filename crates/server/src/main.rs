//! The `jobline` binary.

use std::process::ExitCode;

/// A request makes some fifty small allocations, and half of them are freed on another thread, which this allocator does fast.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    jobline_server::commands::main()
}
