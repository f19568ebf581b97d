//! Running commands: each is printed before it starts.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs cargo on the workspace.
pub(crate) fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(arguments).envs(variables.iter().copied());
    run(&format!("cargo {}", arguments.join(" ")), &mut command)
}

/// Runs a command in the folder of the workspace; `line` is how it is shown.
pub(crate) fn run(line: &str, command: &mut Command) -> Result<(), String> {
    run_in(&root(), line, command)
}

/// The same in another folder.
pub(crate) fn run_in(folder: &Path, line: &str, command: &mut Command) -> Result<(), String> {
    println!("xtask: {line}");
    match command.current_dir(folder).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` did not start: {error}")),
    }
}

/// Fails with how to get it when `program` is not there.
pub(crate) fn require(program: &str, how: &str) -> Result<(), String> {
    if is_there(program, &["--version"]) { Ok(()) } else { Err(format!("`{program}` is missing. Needed: {how}")) }
}

/// Whether the program starts and succeeds with these arguments.
pub(crate) fn is_there(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether packages may be installed without asking.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
