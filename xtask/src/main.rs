//! What developers and CI run: `cargo xtask test`.
//!
//! Every step is an ordinary command that is printed before it runs, so that a failing one can be repeated by hand.

mod bill;
mod cloud;
mod run;
mod web;

use clap::{Parser, Subcommand};
use run::{WITH_APP, cargo, require};
use std::{
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
    /// Rewrites what is generated from the code and kept in the repository: the OpenAPI document, and the SDK's types from it.
    Snapshots,
    /// Installs what the cloud's tests need (doubles of AWS, the template's lint) into `target/cloud-tools`.
    CloudTools {
        /// Also what builds the function's zip: cargo-lambda, with its linker for other targets.
        #[arg(long)]
        build: bool,
    },
    /// Lints the template and deploys it end to end, with the commands of `docs/deploy.md`, against doubles of AWS.
    Cloud,
    /// Builds the Lambda function: `target/lambda/jobline/bootstrap.zip`.
    Zip {
        /// For arm64, which `rustup target add aarch64-unknown-linux-gnu` prepares; left out, for x86-64.
        #[arg(long)]
        arm64: bool,
    },
    /// Measures the founding document's month in small, multiplies by the prices and writes `docs/cost.md`.
    Bill,
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
        Task::Snapshots => snapshots(),
        Task::CloudTools { build } => cloud::tools(build),
        Task::Cloud => cloud::tools(false).and_then(|()| cloud::test()),
        Task::Zip { arm64 } => cloud::zip(arm64),
        Task::Bill => bill::bill(),
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

/// The document first: the types are made from it.
fn snapshots() -> Result<(), String> {
    let arguments = ["test", "--package", "jobline", "--test", "it", "openapi"];
    cargo(&arguments, &[("UPDATE_SNAPSHOTS", "1")])?;
    web::generate()
}

/// All checks, the quick ones first.
fn test() -> Result<(), String> {
    require("cc", "a C compiler, for the cryptography crates: `apt-get install gcc` or Xcode's command line tools")?;
    web::require()?;
    let begun = Instant::now();
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"], &[WITH_APP])?;
    cloud::tools(false)?;
    cargo(&["test", "--workspace", "--all-features"], &[WITH_APP])?;
    // Everything over HTTP once more, on DynamoDB.
    let line = "JOBLINE_TEST_STORE=dynamodb cargo test --workspace --all-features --test it";
    let suite = run::built("test", "it")?;
    run::run_in(&run::root().join("crates/server"), line, Command::new(suite).env("JOBLINE_TEST_STORE", "dynamodb"))?;
    cloud::test()?;
    web::test()?;
    let doc = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    cargo(&doc, &[("RUSTDOCFLAGS", "--deny warnings"), WITH_APP])?;
    println!("xtask: everything passed in {} s", begun.elapsed().as_secs());
    Ok(())
}
