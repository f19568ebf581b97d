//! The `jobline` binary.
fn main() {}
