//! What developers and CI run: `cargo xtask test`.
//!
//! Every step is an ordinary command that is printed before it runs, so that a failing one can be repeated by hand.

mod web;

use clap::{Parser, Subcommand};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

/// Developer commands of Jobline.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Formatting, lints, every test, those in a browser, the documentation: what has to pass before a change is merged.
    Test,
    /// Rewrites what is generated from the code and kept in the repository (the OpenAPI document).
    Snapshots,
    /// Draws the pictures of the documentation anew, in a browser.
    Pictures,
    /// Prints the figures of `jobline bench` as `docs/performance.md` has them; takes some minutes.
    Bench {
        /// Passed on to `jobline bench`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test => test(),
        Task::Snapshots => cargo(&["test", "--package", "jobline", "--test", "openapi"], &[("UPDATE_SNAPSHOTS", "1")]),
        Task::Pictures => web::pictures(),
        Task::Bench { rest } => {
            let mut arguments = vec!["run", "--release", "--package", "jobline", "--", "bench"];
            arguments.extend(rest.iter().map(String::as_str));
            cargo(&arguments, &[])
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All checks, the quick ones first.
fn test() -> Result<(), String> {
    require("cc", "a C compiler, for the cryptography crates: `apt-get install gcc` or Xcode's command line tools")?;
    web::require()?;
    let begun = Instant::now();
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"], &[web::WITH_APP])?;
    cargo(&["test", "--workspace", "--all-features"], &[web::WITH_APP])?;
    web::test()?;
    let doc = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    cargo(&doc, &[("RUSTDOCFLAGS", "--deny warnings"), web::WITH_APP])?;
    println!("xtask: everything passed in {} s", begun.elapsed().as_secs());
    Ok(())
}

/// Runs cargo on the workspace.
fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let line = format!("cargo {}", arguments.join(" "));
    println!("xtask: {line}");
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root()?).envs(variables.iter().copied());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` did not start: {error}")),
    }
}

/// The repository.
fn root() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.ok_or("xtask has no parent folder")?.to_owned())
}

/// Fails with how to get it when `program` is not there.
fn require(program: &str, how: &str) -> Result<(), String> {
    match Command::new(program).arg("--version").output() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("`{program}` is missing. Needed: {how}")),
    }
}
