//! Builds the web app and writes `assets.rs`, the table of its files.
//!
//! Everything happens in a copy below `OUT_DIR`: the tree is never written to, a build of another profile or a developer's
//! own `node_modules` is never in the way, and installing takes only what building needs.

mod node;
mod table;
mod tree;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why there is no app in this build: one line.
type Absent = String;

fn main() -> ExitCode {
    for name in ["JOBLINE_WEB", "JOBLINE_WEB_DIST", "DOCS_RS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build");
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: run this with cargo")?);
    let wanted = env::var("JOBLINE_WEB").unwrap_or_default();
    let built = match wanted.as_str() {
        "" | "on" if env::var_os("DOCS_RS").is_none() => dist(&out),
        "" | "on" | "off" => return table::write(&out, Err("it was left out when this was built")),
        other => return Err(format!("JOBLINE_WEB is \"{other}\"; accepted are on and off")),
    };
    match built {
        Ok(dist) => table::write(&out, Ok(&dist)),
        Err(why) if wanted == "on" => Err(format!("JOBLINE_WEB is on, but the web app cannot be built: {why}")),
        Err(why) => {
            println!("cargo::warning=API alone, without the web app: {why}; then build with JOBLINE_WEB=on");
            table::write(&out, Err(&why))
        }
    }
}

/// The folder with the built app, every file compressed beside itself.
fn dist(out: &Path) -> Result<PathBuf, Absent> {
    let dist = out.join("dist");
    if let Some(ready) = env::var_os("JOBLINE_WEB_DIST").filter(|ready| !ready.is_empty()) {
        let ready = PathBuf::from(ready);
        println!("cargo::rerun-if-changed={}", ready.display());
        if !ready.join("index.html").is_file() {
            return Err(format!("JOBLINE_WEB_DIST is {}, where no index.html is", ready.display()));
        }
        tree::replace(&ready, &dist).map_err(|error| format!("{} cannot be copied: {error}", ready.display()))?;
        // Without Node it is served as it is, larger and no worse.
        let _ = node::compress(&dist);
        return Ok(dist);
    }
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    if !web.join("package-lock.json").is_file() {
        return Err("its sources (web/) are not here, get the whole repository".to_owned());
    }
    tree::watch(&web);
    let built = node::build(&web, &out.join("web"))?;
    tree::replace(&built, &dist).map_err(|error| format!("{} cannot be copied: {error}", built.display()))?;
    node::compress(&dist)?;
    Ok(dist)
}
