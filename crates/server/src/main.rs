//! The `jobline` binary.

use std::process::ExitCode;

/// A request allocates and frees some fifty small things, and half of them on another thread than they came from.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    jobline_server::commands::main()
}
