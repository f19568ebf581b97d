//! `jobline bench`: the load generator behind the published figures.
//!
//! The store is filled in this process. What is measured runs in processes of their own, over real sockets: the server as
//! it is delivered, over that store, with checked HS256 tokens, and beside it a hello-world on the same HTTP stack, on axum
//! alone and in the server's serve loop. What matters is the ratio to axum alone, and to a bare log on the same disk, which
//! depend on the machine less than anything else. The load is this process.

mod args;
mod client;
mod dataset;
mod fill;
mod grouped_log;
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
use program::{HelloProgram, Program};
use report::Report;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures `args.program` over a store that is filled through a server of `launcher`, and writes the report to `out`.
///
/// # Errors
/// One line that says what could not be measured, and why.
pub async fn run(args: &BenchArgs, launcher: &dyn Launcher, out: &mut (dyn Write + Send)) -> Result<(), String> {
    let program = args.check()?;
    let folder = tempfile::Builder::new()
        .prefix("jobline-bench-")
        .tempdir_in(&args.folder)
        .map_err(|error| format!("{}: {error}", args.folder.display()))?;
    if args.hello {
        return hello::serve(launcher, folder.path(), out).await;
    }
    let report = tokio::select! {
        report = measure(args, program, launcher, folder.path()) => report?,
        // Returning removes the folder.
        _ = tokio::signal::ctrl_c() => return Err("interrupted".to_owned()),
    };
    let text = if args.json { report.json() } else { report.table() };
    out.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

async fn measure(args: &BenchArgs, program: &Path, launcher: &dyn Launcher, folder: &Path) -> Result<Report, String> {
    let length = Duration::from_secs_f64(args.seconds);
    let mut report = Report::new(args);
    let server = launcher.start(folder).await?;
    let begun = Instant::now();
    let widest = args.connections.iter().copied().max().unwrap_or(1).max(args.pollers);
    let dataset = Dataset::fill(&*server, widest, args.messages).await?;
    report.filled(dataset.messages, begun.elapsed());
    server.stop().await?;
    starts(program, folder, &dataset, length, &mut report).await?;

    let hellos = HelloProgram::start(program, folder).await?;
    let mut server = Program::start(program, folder).await?;
    dataset.first_answer(server.address).await?;
    report.idle = server.resident();
    for connections in &args.connections {
        let measured = rounds::measure(&server, &hellos, &dataset, folder, *connections, args).await?;
        report.add(*connections, &measured);
    }
    report.resident = server.resident();
    server.kill().await?;
    if args.pollers > 0 {
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
            hello: false,
            program: Some("jobline".into()),
        };
        assert!(args.check().unwrap_err().contains("--connections"));
        assert!(BenchArgs { connections: vec![1], ..args.clone() }.check().is_ok());
        let unknown = BenchArgs { connections: vec![1], program: None, ..args.clone() };
        assert!(unknown.check().unwrap_err().contains("path"));
        assert!(BenchArgs { connections: vec![1], seconds: f64::NAN, ..args }.check().is_err());
    }
}
