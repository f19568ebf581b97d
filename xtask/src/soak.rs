//! `cargo xtask soak`: a test of endurance.

use crate::run::{WITH_APP, cargo, install_on_debian, root, run};
use std::{fs, path::PathBuf, process::Command};

/// How much faster the clock runs: a day takes twelve minutes. The server removes what has expired every ten minutes, and removes
/// nothing if its clock advanced by more than a day in between.
const SPEED: &str = "+0 x120";

/// Runs the mix for `minutes` in a release build.
pub(crate) fn run_for(minutes: u64) -> Result<(), String> {
    let library = match library() {
        Some(library) => library,
        None => {
            install_on_debian(&["libfaketime"])?;
            library().ok_or("libfaketime is missing. Needed: `apt-get install libfaketime`")?
        }
    };
    cargo(&["build", "--release", "--package", "jobline"], &[WITH_APP])?;
    let folder = root().join("target/soak");
    fs::create_dir_all(&folder).map_err(|error| format!("target/soak: {error}"))?;
    let seconds = (minutes * 60).to_string();
    let mut command = Command::new(root().join("target/release/jobline"));
    command.args(["bench", "--soak", &seconds, "--connections", "16", "--folder"]).arg(folder);
    // Only the time of day is faked: pauses use the monotonic clock, which is real.
    command.env("LD_PRELOAD", library).env("FAKETIME", SPEED).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    run(&format!("FAKETIME=\"{SPEED}\" jobline bench --soak {seconds}"), &mut command)
}

/// Where Debian puts the library.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists())
}
