//! `jobline bench`: the load generator behind the published figures.
//!
//! The real server (router, serve loop, embedded store, files, checked HS256 tokens) runs in this process on a loopback
//! port, over a new folder that is removed at the end. The load comes from the same process over real sockets, so its
//! cost is part of every figure. The same client measures a hello-world on the same HTTP stack in the same run, once in
//! the server's serve loop and once on axum alone. What matters is the ratio to the latter, which hardly depends on the
//! machine. Start and memory are measured on a child process, the program alone.

mod args;
mod client;
mod dataset;
mod fill;
mod hello;
mod histogram;
mod load;
mod machine;
mod pollers;
mod program;
mod report;
mod rounds;
mod server;

pub use args::BenchArgs;
pub use server::{JWT_SECRET, Launcher, Server, Serving, Stopped, listen};

use dataset::Dataset;
use program::Program;
use report::Report;
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
        // Returning removes the folder.
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
    let dataset = Dataset::fill(&*server, widest, args.messages).await?;
    report.filled(dataset.messages, begun.elapsed());
    server.stop().await?;

    if let Some(program) = &args.program {
        starts(program, folder, &dataset, length, &mut report).await?;
    }

    let server = launcher.start(folder).await?;
    for connections in &args.connections {
        report.add(*connections, &rounds::measure(&*server, &dataset, folder, *connections, args).await?);
    }
    report.resident = machine::resident("self");
    server.stop().await?;
    if let (Some(program), 1..) = (&args.program, args.pollers) {
        let server = Program::start(program, folder).await?;
        dataset.first_answer(server.address).await?;
        report.pollers = Some(pollers::measure(&server, dataset.idle(args.pollers), length).await?);
    }
    Ok(report)
}

/// Measures a start after an orderly stop, and one after the program was killed while messages were sent.
async fn starts(
    program: &Path,
    folder: &Path,
    dataset: &Dataset,
    length: Duration,
    report: &mut Report,
) -> Result<(), String> {
    let server = Program::start(program, folder).await?;
    dataset.first_answer(server.address).await?;
    report.started(server.since_start());
    server.kill_under(dataset.senders(dataset.writers(), false, "killed"), length).await?;
    let mut server = Program::start(program, folder).await?;
    dataset.first_answer(server.address).await?;
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
