//! Running commands: each is printed before it starts.

use serde_json::Value;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Makes a build without the web app an error. Every cargo command of a run gets it, so that cargo does not build
/// twice.
pub(crate) const WITH_APP: (&str, &str) = ("JOBLINE_WEB", "on");

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs cargo on the workspace.
pub(crate) fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    run(&format!("cargo {}", arguments.join(" ")), cargo_command(arguments).envs(variables.iter().copied()))
}

/// Cargo with these arguments. In CI nothing is built a second time, so nothing is kept for that.
fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments);
    if env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Runs a command in the folder of the workspace, and prints `line` for it.
pub(crate) fn run(line: &str, command: &mut Command) -> Result<(), String> {
    run_in(&root(), line, command)
}

/// Runs a command in `folder`, and prints `line` for it, afterwards with the time that it took.
pub(crate) fn run_in(folder: &Path, line: &str, command: &mut Command) -> Result<(), String> {
    println!("xtask: {line}");
    let begun = Instant::now();
    match command.current_dir(folder).status() {
        Ok(status) if status.success() => {
            println!("xtask: {line}: {} s", begun.elapsed().as_secs());
            Ok(())
        }
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` did not start: {error}")),
    }
}

/// The path of a program of package `jobline` that `cargo test --workspace --all-features` builds; `kind` is `bin` or
/// `test`. Another command would build it, and the SDK of AWS, a second time with other features.
pub(crate) fn built(kind: &str, name: &str) -> Result<PathBuf, String> {
    let arguments = ["test", "--workspace", "--all-features", "--no-run", "--message-format=json"];
    let mut command = cargo_command(&arguments);
    command.envs([WITH_APP]).current_dir(root()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cargo did not start: {error}"))?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let program = lines.lines().find_map(|line| {
        let artifact: Value = serde_json::from_str(line).ok()?;
        let target = &artifact["target"];
        // A binary is listed twice: as the binary, and as the program of its own tests.
        let wanted =
            target["name"] == name && target["kind"][0] == kind && artifact["profile"]["test"] == (kind == "test");
        let ours = artifact["package_id"].as_str()?.contains("#jobline@");
        (wanted && ours).then(|| artifact["executable"].as_str().map(PathBuf::from)).flatten()
    });
    program.ok_or_else(|| format!("cargo built no {kind} {name} of jobline"))
}

/// Fails if `program` is missing, and says how to get it.
pub(crate) fn require(program: &str, how: &str) -> Result<(), String> {
    if is_there(program, &["--version"]) { Ok(()) } else { Err(format!("`{program}` is missing. Needed: {how}")) }
}

/// Whether the program starts and succeeds with these arguments.
pub(crate) fn is_there(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Installs packages of Debian, where that is possible without asking: as root. Elsewhere it does nothing.
pub(crate) fn install_on_debian(packages: &[&str]) -> Result<(), String> {
    if !is_root() || !is_there("apt-get", &["--version"]) {
        return Ok(());
    }
    run("apt-get update", Command::new("apt-get").args(["update", "--quiet"]))?;
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    run(&format!("apt-get {}", arguments.join(" ")), Command::new("apt-get").args(arguments))
}

/// Whether packages may be installed without asking.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
