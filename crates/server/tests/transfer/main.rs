//! `jobline export` and `jobline import`: complete, interrupted at every byte, damaged, repeated.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod clients;
mod damage;
mod exports;
mod folder;
mod imports;
mod place;
mod whole;
