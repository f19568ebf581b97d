//! `jobline bench`: the load generator behind the published figures.
//!
//! The real server (router, serve loop, embedded store, files, checked HS256 tokens) runs in this process on a loopback
//! port over a new folder that is removed at the end. The load comes from the same process over real sockets, so whatever
//! it costs is part of every figure. A hello-world is measured in the same run, by the same client, on the same HTTP
//! stack, once through the server's own serve loop and once bare; what matters is the ratio to the bare one, for that
//! hardly depends on the machine. What a start takes and what the server has in memory is measured on the program by
//! itself, as a child of this one.

mod args;
mod client;
mod furnish;
mod hello;
mod histogram;
mod load;
mod machine;
mod pollers;
mod program;
mod report;
mod rounds;
mod scenarios;
mod server;

pub use args::BenchArgs;
pub use server::{JWT_SECRET, Launcher, Server, Serving, Stopped, listen};

use program::Program;
use report::Report;
use scenarios::Stage;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures servers that `launcher` starts, and writes the report to `out`.
///
/// # Errors
/// One line that says what could not be measured, and why.
pub async fn run(args: &BenchArgs, launcher: &dyn Launcher, out: &mut (dyn Write + Send)) -> Result<(), String> {
    args.check()?;
    let folder = tempfile::Builder::new()
        .prefix("jobline-bench-")
        .tempdir_in(&args.folder)
        .map_err(|error| format!("{}: {error}", args.folder.display()))?;
    let report = tokio::select! {
        report = measure(args, launcher, folder.path()) => report?,
        // The folder is removed on the way out.
        _ = tokio::signal::ctrl_c() => return Err("interrupted".to_owned()),
    };
    let text = if args.json { report.json() } else { report.table() };
    out.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

async fn measure(args: &BenchArgs, launcher: &dyn Launcher, folder: &Path) -> Result<Report, String> {
    let length = Duration::from_secs_f64(args.seconds);
    let mut report = Report::new(args);
    let server = launcher.start(folder).await?;
    let begun = Instant::now();
    let widest = args.connections.iter().copied().max().unwrap_or(1).max(args.pollers);
    let stage = Stage::furnish(&*server, widest, args.messages).await?;
    report.furnished(stage.messages, begun.elapsed());
    server.stop().await?;

    if let Some(program) = &args.program {
        starts(program, folder, &stage, length, &mut report).await?;
    }

    let server = launcher.start(folder).await?;
    for connections in &args.connections {
        report.add(*connections, &rounds::measure(&*server, &stage, folder, *connections, args).await?);
    }
    report.resident = machine::resident("self");
    server.stop().await?;
    if let (Some(program), 1..) = (&args.program, args.pollers) {
        let server = Program::start(program, folder).await?;
        stage.first_answer(server.address).await?;
        report.pollers = Some(pollers::measure(&server, stage.idle(args.pollers), length).await?);
    }
    Ok(report)
}

/// Measures a start after the store was closed in order, and one after the program was killed while it was written to.
async fn starts(
    program: &Path,
    folder: &Path,
    stage: &Stage,
    length: Duration,
    report: &mut Report,
) -> Result<(), String> {
    let server = Program::start(program, folder).await?;
    stage.first_answer(server.address).await?;
    report.started(server.since_start());
    server.kill_under(stage.senders(stage.writers(), false, "killed"), length).await?;
    let mut server = Program::start(program, folder).await?;
    stage.first_answer(server.address).await?;
    report.recovered(server.since_start());
    server.kill().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_bounds() {
        let args = BenchArgs {
            seconds: 0.1,
            connections: vec![0],
            messages: 0,
            shared: false,
            pollers: 0,
            folder: ".".into(),
            json: false,
            program: None,
        };
        assert!(args.check().unwrap_err().contains("--connections"));
        assert!(BenchArgs { connections: vec![1], ..args.clone() }.check().is_ok());
        assert!(BenchArgs { connections: vec![1], seconds: f64::NAN, ..args }.check().is_err());
    }
}
