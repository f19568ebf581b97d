//! `jobline bench`: the load generator behind the published figures.
//!
//! The store is filled in this process, which is also the load generator. The measured programs are separate processes,
//! over real sockets: the release server over that store, with checked HS256 tokens, and a hello-world on the same HTTP
//! stack, on axum alone and in the server's serve loop. The ratios to axum alone and to a bare log on the same disk are what
//! counts, since they depend least on the machine.

mod args;
mod audience;
mod changes;
mod client;
mod dataset;
mod fill;
mod grouped_log;
mod hello;
mod histogram;
mod live;
mod load;
mod machine;
mod mix;
mod pollers;
mod program;
mod report;
mod rounds;
mod server;
mod soak;
mod socket;
mod units;
mod uploads;
mod writer;

pub use args::BenchArgs;
pub use server::{JWT_SECRET, Launcher, Server, Serving, StopSignal, listen};

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
    let reports = tokio::select! {
        reports = measure(args, program, launcher, (folder.path(), out)) => reports?,
        // Returning removes the folder.
        _ = tokio::signal::ctrl_c() => return Err("interrupted".to_owned()),
    };
    let text = if args.json { report::json(&reports) } else { reports.iter().map(Report::table).collect() };
    out.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

/// Fills a store, and measures the program over it as often as `args` says.
async fn measure(
    args: &BenchArgs,
    program: &Path,
    launcher: &dyn Launcher,
    (folder, out): (&Path, &mut (dyn Write + Send)),
) -> Result<Vec<Report>, String> {
    let server = launcher.start(folder).await?;
    let begun = Instant::now();
    let widest = args.connections.iter().copied().max().unwrap_or(1).max(args.pollers);
    let dataset = Dataset::fill(&*server, widest, args).await?;
    let filled = begun.elapsed();
    server.stop().await?;
    if args.soak > 0 {
        soak::run(&Run { program, folder, dataset: &dataset, args, number: 0 }, out).await?;
        return Ok(Vec::new());
    }
    let mut reports = Vec::new();
    for number in 0..args.runs {
        let mut report = Report::new(args);
        report.filled(dataset.messages, filled);
        let run = Run { program, folder, dataset: &dataset, args, number };
        run.measure(&mut report).await?;
        reports.push(report);
    }
    Ok(reports)
}

/// One of the measurements of everything.
struct Run<'a> {
    program: &'a Path,
    folder: &'a Path,
    dataset: &'a Dataset,
    args: &'a BenchArgs,
    /// A number in the client ids and texts of messages, which no other run may have.
    number: u32,
}

impl Run<'_> {
    async fn measure(&self, report: &mut Report) -> Result<(), String> {
        let Self { program, folder, dataset, args, .. } = *self;
        let length = Duration::from_secs_f64(args.seconds);
        self.starts(length, report).await?;
        let hellos = HelloProgram::start(program, folder).await?;
        let mut server = self.start().await?;
        for connections in &args.connections {
            let measured = rounds::measure(&server, &hellos, self, *connections).await?;
            report.add(*connections, &measured);
        }
        report.resident = server.resident();
        server.kill().await?;
        if args.pollers > 0 {
            let mut server = self.start().await?;
            report.pollers = Some(pollers::measure(&server, dataset.idle(args.pollers), length).await?);
            server.kill().await?;
        }
        if args.live_connections > 0 {
            report.live = Some(live::measure(self.start().await?, &hellos, self).await?);
        }
        Ok(())
    }

    /// Starts the program, and waits for its first answer.
    async fn start(&self) -> Result<Program, String> {
        let server = Program::start(self.program, self.folder).await?;
        self.dataset.first_answer(server.address).await?;
        Ok(server)
    }

    /// Measures a start after an orderly stop, and one after the program was killed while messages were sent.
    async fn starts(&self, length: Duration, report: &mut Report) -> Result<(), String> {
        let dataset = self.dataset;
        let server = self.start().await?;
        report.started(server.since_start());
        report.idle = server.resident();
        let senders = dataset.senders(dataset.writers(), false, &format!("killed-{}", self.number));
        server.kill_under(senders, length).await?;
        let mut server = self.start().await?;
        report.recovered(server.since_start());
        server.kill().await
    }
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
            live_connections: 0,
            runs: 1,
            soak: 0,
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
