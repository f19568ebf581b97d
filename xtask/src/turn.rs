//! coturn, through which the tests relay a call.

use crate::run::install_on_debian;
use std::process::Command;

/// Installs coturn where it is missing: on Debian, as root.
pub(crate) fn install() -> Result<(), String> {
    let found = || Command::new("turnserver").arg("--version").output().is_ok();
    if !found() {
        install_on_debian(&["coturn"])?;
    }
    if found() { Ok(()) } else { Err("coturn is missing. Needed: `apt-get install coturn`".to_owned()) }
}
