//! The web step of `cargo xtask test`: types, lints, unit tests of SDK, hooks and app, and, against the server that was just
//! built, the clients of tRPC, what hosts install and run, and the browser tests.

use crate::hosts;
use crate::run::{built, install_on_debian, root, run_in};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The path of the browser on Debian.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Fails if something is missing that the web step needs, and says how to get it.
pub fn require() -> Result<(), String> {
    let node = "Node.js 20.19 or later with npm: https://nodejs.org, or `apt-get install nodejs npm`";
    for program in ["node", "npm"] {
        crate::run::require(program, node)?;
    }
    browser()
}

/// Runs all checks of `web/`, the quick ones first.
pub fn test() -> Result<(), String> {
    install()?;
    npm(&["run", "check"], &[])?;
    npm(&["test"], &[])?;
    let binary = built("bin", "jobline")?;
    npm(&["test", "--workspace", "trpc"], &[("JOBLINE_BIN", &binary.to_string_lossy())])?;
    hosts(&binary)?;
    end_to_end(&["--grep-invert", "@timing"], &[])?;
    // Tests that measure time run alone.
    end_to_end(&["--grep", "@timing", "--workers", "1"], &[])
}

/// Makes the types of the SDK from the OpenAPI document.
pub fn generate() -> Result<(), String> {
    install()?;
    npm(&["run", "generate", "--workspace", "sdk"], &[])
}

/// Makes the pictures of the documentation.
pub fn pictures() -> Result<(), String> {
    require()?;
    install()?;
    end_to_end(&["pictures.spec.ts"], &[("UPDATE_PICTURES", "1")])
}

/// Runs those of the browser tests that the arguments choose.
fn end_to_end(chosen: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let binary = built("bin", "jobline")?;
    let arguments = [&["test", "--workspace", "e2e", "--"], chosen].concat();
    npm(&arguments, &[variables, &[("JOBLINE_BIN", &*binary.to_string_lossy())]].concat())
}

/// Runs what the developers of hosts do: install the packages, follow the quick starts, generate clients, watch
/// the server. Its packages are installed apart from all others, since nothing else needs them.
fn hosts(binary: &Path) -> Result<(), String> {
    let folder = web().join("hosts");
    install_in(&folder)?;
    npm_in(&folder, &["run", "types"], &[])?;
    let python = crate::cloud::host_tools()?;
    hosts::go()?;
    let promtool = hosts::promtool(&python)?;
    let [binary, python, promtool] = [binary, &python, &promtool].map(|path| path.to_string_lossy());
    let variables = [("JOBLINE_BIN", &*binary), ("JOBLINE_PYTHON", &*python), ("JOBLINE_PROMTOOL", &*promtool)];
    npm_in(&folder, &["test"], &variables)
}

fn install() -> Result<(), String> {
    install_in(&web())
}

/// Runs `npm ci`, unless the installed packages are newer than the lock file.
fn install_in(folder: &Path) -> Result<(), String> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|data| data.modified());
    let lock = changed(folder.join("package-lock.json")).unwrap_or_else(|_| SystemTime::now());
    match changed(folder.join("node_modules").join(".package-lock.json")) {
        Ok(installed) if installed >= lock => Ok(()),
        _ => npm_in(folder, &["ci", "--no-audit", "--no-fund"], &[]),
    }
}

/// Finds a browser for the tests. On Debian, as root, installs one if there is none.
fn browser() -> Result<(), String> {
    if env::var_os("JOBLINE_CHROMIUM").is_some() || Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    install_on_debian(&["chromium"])?;
    if Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    Err("a browser is missing. Needed: `apt-get install chromium`, or JOBLINE_CHROMIUM=/path/to/chrome".to_owned())
}

fn web() -> PathBuf {
    root().join("web")
}

fn npm(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    npm_in(&web(), arguments, variables)
}

fn npm_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).envs(variables.iter().copied());
    run_in(folder, &format!("npm {}", arguments.join(" ")), &mut command)
}
