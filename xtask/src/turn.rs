//! coturn, through which the tests relay a call.

use crate::run::{is_root, is_there, run};
use std::process::Command;

/// Installs coturn where it is missing: on Debian, as root.
pub(crate) fn install() -> Result<(), String> {
    let found = || Command::new("turnserver").arg("--version").output().is_ok();
    if !found() && is_root() && is_there("apt-get", &["--version"]) {
        run("apt-get update", Command::new("apt-get").arg("update"))?;
        let arguments = ["install", "--yes", "--no-install-recommends", "coturn"];
        run(&format!("apt-get {}", arguments.join(" ")), Command::new("apt-get").args(arguments))?;
    }
    if found() { Ok(()) } else { Err("coturn is missing. Needed: `apt-get install coturn`".to_owned()) }
}
