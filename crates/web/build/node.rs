//! Node and npm: found, asked for their version, run, and quoted when they fail.

use crate::tree;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// The first versions that the app's bundler runs on: 20.19, and 22.12 of the odd line between.
const NODE: &str = "Node.js 20.19 or later with npm";
/// Installs exactly the lock file, runs no package's scripts, and of all packages only what the app is built with.
const INSTALL: [&str; 9] = [
    "ci",
    "--workspace",
    "sdk",
    "--workspace",
    "app",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
];
const BUILD: [&str; 4] = ["run", "build", "--workspace", "app"];

/// Builds the app of `web` in `work`, and answers the folder with the result.
///
/// # Errors
/// One line: what is missing or what failed.
pub fn build(web: &Path, work: &Path) -> Result<PathBuf, String> {
    let version = version()?;
    copy(web, work).map_err(|error| format!("{} cannot be copied: {error}", web.display()))?;
    install(work, &version)?;
    run(npm(), &BUILD, work)?;
    Ok(work.join("app").join("dist"))
}

/// Of the browser tests only what npm wants to see of every package that the lock file knows.
fn copy(web: &Path, work: &Path) -> io::Result<()> {
    tree::replace(web, work)?;
    fs::create_dir_all(work.join("e2e"))?;
    fs::copy(web.join("e2e/package.json"), work.join("e2e/package.json")).map(drop)
}

/// Compresses every file below `dist` beside itself; Node has both Brotli and gzip.
///
/// # Errors
/// One line: what failed.
pub fn compress(dist: &Path) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build").join("compress.mjs");
    run("node", &[&script.to_string_lossy(), &dist.to_string_lossy()], dist)
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// What `node --version` says, if it is recent enough.
fn version() -> Result<String, String> {
    let output = Command::new("node").arg("--version").output().map_err(|_| format!("install {NODE}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        (20, 19..) | (22, 12..) | (23.., _) => Ok(version),
        _ => Err(format!("install {NODE}, for this is {version}")),
    }
}

/// `npm ci`, unless what is installed was made from the same files by the same Node.
fn install(work: &Path, version: &str) -> Result<(), String> {
    let stamp = work.join("node_modules").join(".jobline");
    let read = |path: &str| fs::read_to_string(work.join(path)).unwrap_or_default();
    let files = ["package-lock.json", "package.json", "sdk/package.json", "app/package.json"];
    let now = files.map(read).join("\n") + version;
    if fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    run(npm(), &INSTALL, work)?;
    // Unwritten, the next build installs again.
    let _ = fs::write(&stamp, now);
    Ok(())
}

/// Runs a command in `folder`; a failure is told by the line of its output that says most.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("FORCE_COLOR", "0")
        .env("NO_UPDATE_NOTIFIER", "1");
    let output = command.output().map_err(|error| format!("install {NODE}, for {program} does not start ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
    let log = folder.with_extension("log");
    let kept = fs::write(&log, &said).is_ok();
    let shown = arguments.first().copied().unwrap_or_default();
    let whole = if kept { format!(" (all of it: {})", log.display()) } else { String::new() };
    Err(format!("`{program} {shown}` failed: {}{whole}", error_line(&said)))
}

/// The first line that speaks of an error, or else the last.
fn error_line(said: &str) -> &str {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    // "error during build:" only announces one.
    let error = lines().find(|line| line.to_lowercase().contains("error") && !line.ends_with(':'));
    error.or_else(|| lines().next_back()).unwrap_or("it said nothing")
}
