//! What the tests of `web/hosts` need besides packages of npm and PyPI: Go, and Prometheus' tool for checks.

use crate::run::{install_on_debian, is_there, run_in};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs Go where it is missing: on Debian, as root.
pub(crate) fn go() -> Result<(), String> {
    let found = || is_there("go", &["version"]);
    if !found() {
        install_on_debian(&["golang-go"])?;
    }
    if found() {
        return Ok(());
    }
    Err("Go is missing, for a client that is generated. Needed: `apt-get install golang-go`, or https://go.dev"
        .to_owned())
}

/// Where promtool is, which checks alert rules and metrics. On Debian it is unpacked into `folder`: installing its package
/// would start a server.
pub(crate) fn promtool(folder: &Path) -> Result<PathBuf, String> {
    if is_there("promtool", &["--version"]) {
        return Ok("promtool".into());
    }
    let place = folder.join("prometheus");
    let program = place.join("usr/bin/promtool");
    if !program.exists() && is_there("apt-get", &["--version"]) {
        fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        unpack(&place)?;
    }
    if program.exists() {
        return Ok(program);
    }
    Err("promtool is missing. Needed: `apt-get install prometheus`, or https://prometheus.io/download".to_owned())
}

fn unpack(place: &Path) -> Result<(), String> {
    let download =
        || run_in(place, "apt-get download prometheus", Command::new("apt-get").args(["download", "prometheus"]));
    // On a new machine the lists of packages are missing.
    download().or_else(|_| {
        run_in(place, "apt-get update", Command::new("apt-get").args(["update", "--quiet"]))?;
        download()
    })?;
    let line = "dpkg-deb --extract prometheus_*.deb .";
    run_in(place, line, Command::new("sh").args(["-c", line]))
}
