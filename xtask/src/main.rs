//! What developers and CI run: `cargo xtask test`.
//!
//! Every step is an ordinary command that is printed before it runs, so that you can repeat a failing one by hand.

mod bench;
mod bill;
mod cloud;
mod hosts;
mod mutants;
mod run;
mod sim;
mod soak;
mod turn;
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
    /// Everything that has to pass before a change is merged: formatting, lints, all tests, browsers, documentation.
    Test,
    /// Rewrites generated files that are in the repository: the OpenAPI document, from it the types of the SDK, and the emoji
    /// that the app offers.
    Snapshots,
    /// Installs what the tests of the cloud need (doubles of AWS, the lint of the template) into `target/cloud-tools`.
    CloudTools {
        /// Also installs what builds the zip of the function: cargo-lambda, with its linker for other targets.
        #[arg(long)]
        build: bool,
    },
    /// Lints the template and deploys it end to end, with the commands of `docs/deploy.md`, against doubles of AWS.
    Cloud,
    /// Builds the Lambda function: `target/lambda/jobline/bootstrap.zip`.
    Zip {
        /// For arm64 instead of x86-64; needs `rustup target add aarch64-unknown-linux-gnu`.
        #[arg(long)]
        arm64: bool,
    },
    /// Measures a small part of a month, multiplies it by the prices and writes `docs/cost.md`.
    Bill,
    /// Makes the pictures of the documentation in a browser.
    Pictures,
    /// Runs histories of the simulation in a release build on every core; prints the first that breaks a promise, made
    /// shorter. `docs/proof.md` has the figures.
    Sim(sim::Arguments),
    /// Makes mistakes in a copy of the domain, one after the other, and says after how many histories the simulation
    /// detects each.
    Mutants,
    /// Runs `jobline bench` in a release build, each measurement several times, and writes `docs/performance.md` with its
    /// plots; takes about an hour.
    Bench(bench::Arguments),
    /// Keeps a mix of everything going over a store from which messages expire, by a clock that makes a day of twelve minutes; fails
    /// when memory, open files or the disk grow.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
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
        Task::Sim(arguments) => sim::run(&arguments),
        Task::Mutants => mutants::run(),
        Task::Soak { minutes } => soak::run_for(minutes),
        Task::Bench(arguments) => bench::bench(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Rewrites the document first, because the types are made from it.
fn snapshots() -> Result<(), String> {
    for test in [["jobline", "it", "openapi"], ["jobline-chat", "emoji", "emoji"]] {
        let [package, suite, name] = test;
        cargo(&["test", "--package", package, "--test", suite, name], &[("UPDATE_SNAPSHOTS", "1")])?;
    }
    web::generate()
}

/// Installs strace, by which a test sees what the engine writes: on Debian, as root.
fn strace() -> Result<(), String> {
    let is_there = || run::is_there("strace", &["--version"]);
    if !is_there() {
        run::install_on_debian(&["strace"])?;
    }
    if is_there() { Ok(()) } else { Err("strace is missing. Needed: `apt-get install strace`".to_owned()) }
}

/// Runs all checks, the quick ones first.
fn test() -> Result<(), String> {
    require("cc", "a C compiler, for the cryptography crates: `apt-get install gcc` or Xcode's command line tools")?;
    web::require()?;
    let begun = Instant::now();
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"], &[WITH_APP])?;
    // With every kind of target named, the features of the dependencies are those of the lints: nothing is checked twice.
    let doc = ["doc", "--workspace", "--all-features", "--lib", "--bins", "--examples", "--no-deps"];
    let doc = [&doc[..], &["--document-private-items"]].concat();
    cargo(&doc, &[("RUSTDOCFLAGS", "--deny warnings"), WITH_APP])?;
    cloud::tools(false)?;
    turn::install()?;
    strace()?;
    cargo(&["test", "--workspace", "--all-features"], &[WITH_APP])?;
    // The tests over HTTP once more, on DynamoDB.
    let line = "JOBLINE_TEST_STORE=dynamodb cargo test --workspace --all-features --test it";
    let suite = run::built("test", "it")?;
    run::run_in(&run::root().join("crates/server"), line, Command::new(suite).env("JOBLINE_TEST_STORE", "dynamodb"))?;
    cloud::test()?;
    web::test()?;
    println!("xtask: everything passed in {} s", begun.elapsed().as_secs());
    Ok(())
}
