//! Tools and tests of the cloud: a Python environment with doubles of AWS, the lint of the template, a whole
//! deployment.

mod deployment;
mod emulator;

use crate::run::{built, install_on_debian, is_there, root, run};
use std::{env, fs, path::PathBuf, process::Command};

/// The files with pinned versions.
const TEST: &str = "deploy/requirements.txt";
const BUILD: &str = "deploy/build-requirements.txt";

/// The folder of the tools, a Python virtual environment.
pub(crate) fn folder() -> PathBuf {
    root().join("target/cloud-tools")
}

/// Installs the tools of the tests, and with `build` those that build the zip, unless they are installed.
pub(crate) fn tools(build: bool) -> Result<(), String> {
    environment()?;
    install(TEST)?;
    if build { install(BUILD) } else { Ok(()) }
}

/// Builds the zip of the function where the template expects it: `target/lambda/jobline/bootstrap.zip`.
pub(crate) fn zip(arm64: bool) -> Result<(), String> {
    tools(true)?;
    let machine = if arm64 { "--arm64" } else { "--x86-64" };
    let arguments = ["lambda", "build", "--release", "--package", "jobline", "--bin", "jobline", "--features", "aws"];
    let path = format!("{}:{}", folder().join("bin").display(), env::var("PATH").unwrap_or_default());
    let mut command = Command::new(folder().join("bin/cargo-lambda"));
    command.args(arguments).args([machine, "--output-format", "zip"]).env("PATH", path);
    // Without the web app only if JOBLINE_WEB says so.
    command.env("JOBLINE_WEB", env::var("JOBLINE_WEB").unwrap_or_else(|_| "on".to_owned()));
    run(&format!("cargo {} {machine} --output-format zip", arguments.join(" ")), &mut command)
}

/// Lints the template, and deploys it end to end. The tools must be installed.
pub(crate) fn test() -> Result<(), String> {
    let line = "target/cloud-tools/bin/cfn-lint deploy/template.yaml";
    run(line, Command::new(folder().join("bin/cfn-lint")).arg("deploy/template.yaml"))?;
    let line = "target/cloud-tools/bin/hadolint deploy/Dockerfile";
    run(line, Command::new(folder().join("bin/hadolint")).arg("deploy/Dockerfile"))?;
    // The program that the tests of the workspace have built, so that nothing is built again.
    let program = built("bin", "jobline")?;
    println!("xtask: docs/deploy.md, against doubles of the services");
    deployment::run_through(&program)
}

/// Makes the virtual environment of the tools.
fn environment() -> Result<(), String> {
    environment_in("target/cloud-tools")
}

/// Makes a virtual environment, unless it is there. On Debian, as root, installs the packages that it needs.
fn environment_in(place: &str) -> Result<(), String> {
    let folder = root().join(place);
    if folder.join("bin/pip").exists() {
        return Ok(());
    }
    let usable = || is_there("python3", &["-c", "import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))"]);
    if !usable() {
        install_on_debian(&["python3", "python3-venv"])?;
    }
    if !usable() {
        return Err("these tests need Python 3.10 or later with its module venv: \
                    `apt-get install python3 python3-venv`, `brew install python`, or https://www.python.org"
            .to_owned());
    }
    let shown = format!("python3 -m venv {place}");
    run(&shown, Command::new("python3").args(["-m", "venv"]).arg(&folder))
}

/// Makes a separate environment for the quick start in Python. Returns its path.
pub(crate) fn host_tools() -> Result<PathBuf, String> {
    let place = "target/host-tools";
    environment_in(place)?;
    install_in(place, "web/hosts/requirements.txt")?;
    Ok(root().join(place))
}

fn install(file: &str) -> Result<(), String> {
    install_in("target/cloud-tools", file)
}

/// Installs the versions that a file pins into an environment, once for each content of the file.
fn install_in(place: &str, file: &str) -> Result<(), String> {
    let folder = root().join(place);
    let wanted = fs::read_to_string(root().join(file)).map_err(|error| format!("{file}: {error}"))?;
    let stamp = folder.join(file.replace('/', "-"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let line = format!("{place}/bin/pip install --requirement {file}");
    let arguments = ["install", "--quiet", "--disable-pip-version-check", "--requirement", file];
    run(&line, Command::new(folder.join("bin/pip")).args(arguments))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}
