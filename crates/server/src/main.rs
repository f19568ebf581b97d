//! The `jobline` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobline_server::commands::main()
}
