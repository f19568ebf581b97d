//! The web step of `cargo xtask test`: types, lints, unit tests of SDK and app, and the browser tests against the server
//! that was just built.

use crate::run::{cargo, is_root, is_there, root, run, run_in};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A build without the app is an error: for every cargo command of one run, or cargo would build twice.
pub const WITH_APP: (&str, &str) = ("JOBLINE_WEB", "on");
/// Debian's name and place of the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Fails early, with how to get it, when something is missing that the web step needs.
pub fn require() -> Result<(), String> {
    let node = "Node.js 20.19 or later with npm: https://nodejs.org, or `apt-get install nodejs npm`";
    for program in ["node", "npm"] {
        crate::run::require(program, node)?;
    }
    browser()
}

/// Everything of `web/`, the quick checks first.
pub fn test() -> Result<(), String> {
    install()?;
    npm(&["run", "check"], &[])?;
    npm(&["test"], &[])?;
    // With the features that the tests of the workspace had, so that there is nothing left to build.
    end_to_end(&["build", "--workspace", "--all-features"], &[])
}

/// Draws the pictures of the documentation anew.
pub fn pictures() -> Result<(), String> {
    require()?;
    install()?;
    end_to_end(&["build", "--package", "jobline"], &["pictures.spec.ts"])
}

/// The browser tests against what `build` makes; with names, those alone.
fn end_to_end(build: &[&str], names: &[&str]) -> Result<(), String> {
    cargo(build, &[WITH_APP])?;
    let binary = target().join("debug").join(if cfg!(windows) { "jobline.exe" } else { "jobline" });
    let arguments = [&["test", "--workspace", "e2e", "--"], names].concat();
    let mut variables = vec![("JOBLINE_BIN", binary.to_string_lossy().into_owned())];
    if !names.is_empty() {
        variables.push(("UPDATE_PICTURES", "1".to_owned()));
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    npm(&arguments, &variables)
}

/// Where cargo builds, wherever that was moved to.
fn target() -> PathBuf {
    let moved = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    moved.unwrap_or_else(|| root().join("target"))
}

/// `npm ci`, unless what is installed is newer than the lock file.
fn install() -> Result<(), String> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|data| data.modified());
    let lock = changed(web().join("package-lock.json")).unwrap_or_else(|_| SystemTime::now());
    match changed(web().join("node_modules").join(".package-lock.json")) {
        Ok(installed) if installed >= lock => Ok(()),
        _ => npm(&["ci", "--no-audit", "--no-fund"], &[]),
    }
}

/// A browser for the tests: one that is named or there, or else Debian's, where that can be installed without asking.
fn browser() -> Result<(), String> {
    if env::var_os("JOBLINE_CHROMIUM").is_some() || Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    if is_root() && is_there("apt-get", &["--version"]) {
        for arguments in [&["update", "--quiet"][..], &["install", "--yes", "--no-install-recommends", "chromium"]] {
            run(&format!("apt-get {}", arguments.join(" ")), Command::new("apt-get").args(arguments))?;
        }
        return Ok(());
    }
    Err("a browser is missing. Needed: `apt-get install chromium`, or JOBLINE_CHROMIUM=/path/to/chrome".to_owned())
}

fn web() -> PathBuf {
    root().join("web")
}

fn npm(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).envs(variables.iter().copied());
    run_in(&web(), &format!("npm {}", arguments.join(" ")), &mut command)
}
