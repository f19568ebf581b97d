//! `jobline bench`: the load generator behind the published figures.
//!
//! The real server (router, serve loop, embedded store, files, checked HS256 tokens) runs in this process on a loopback
//! port over a new folder that is removed at the end. The load comes from the same process over real sockets, so whatever
//! it costs is part of every figure. A hello-world is measured in the same run, by the same client, on the same HTTP
//! stack, once through the server's own serve loop and once bare; what matters is the ratio to it, for that hardly depends
//! on the machine.

mod args;
mod client;
mod furnish;
mod hello;
mod histogram;
mod load;
mod machine;
mod pollers;
mod report;
mod scenarios;
mod server;

pub use args::BenchArgs;

use report::Report;
use scenarios::Stage;
use server::Running;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures, and writes the report to `out`.
///
/// # Errors
/// One line that says what could not be measured, and why.
pub async fn run(args: &BenchArgs, out: &mut (dyn Write + Send)) -> Result<(), String> {
    args.check()?;
    let folder = tempfile::Builder::new()
        .prefix("jobline-bench-")
        .tempdir_in(&args.folder)
        .map_err(|error| format!("{}: {error}", args.folder.display()))?;
    let report = tokio::select! {
        report = measure(args, folder.path()) => report?,
        // The folder is removed on the way out.
        _ = tokio::signal::ctrl_c() => return Err("interrupted".to_owned()),
    };
    let text = if args.json { report.json() } else { report.table() };
    out.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

async fn measure(args: &BenchArgs, folder: &Path) -> Result<Report, String> {
    let length = Duration::from_secs_f64(args.seconds);
    let mut report = Report::new(args);
    let server = Running::start(folder).await?;
    let begun = Instant::now();
    let widest = args.connections.iter().copied().max().unwrap_or(1).max(args.pollers);
    let stage = Stage::furnish(&server, widest, args.messages).await?;
    report.furnished(stage.messages, begun.elapsed());
    server.stop().await?;

    let begun = Instant::now();
    let server = Running::start(folder).await?;
    stage.first_answer(&server).await?;
    report.started(begun.elapsed());

    report.synced(sync_alone(folder, length).await?);
    for connections in &args.connections {
        let baseline = hello::measure(&server, *connections, length).await?;
        let figures = stage.measure(&server, *connections, length, args.shared).await?;
        report.add(*connections, &baseline, &figures);
    }
    // A disk that others use too has good and bad moments: the better of two is what it can do.
    report.synced(sync_alone(folder, length).await?);
    report.resident = machine::resident();
    if args.pollers > 0 {
        report.pollers = Some(pollers::measure(&server, &stage, args.pollers, length).await?);
    }
    server.stop().await?;
    Ok(report)
}

async fn sync_alone(folder: &Path, length: Duration) -> Result<Duration, String> {
    let (folder, length) = (folder.to_owned(), length.min(Duration::from_secs(2)));
    let measured = tokio::task::spawn_blocking(move || machine::fdatasync(&folder, length)).await;
    measured.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_short_run_measures_everything_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        for shared in [false, true] {
            let args = BenchArgs {
                seconds: 0.1,
                connections: vec![1, 3],
                messages: 500,
                shared,
                pollers: 0,
                folder: folder.path().to_owned(),
                json: true,
            };
            let mut out = Vec::new();
            run(&args, &mut out).await.unwrap();
            let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let rows = report["rows"].as_array().unwrap();
            assert_eq!(rows.len(), 14);
            assert!(rows.iter().all(|row| row["requests"].as_u64().unwrap() > 0), "{rows:?}");
            assert!(report["messages"].as_u64().unwrap() >= 500);
        }
        let args = BenchArgs {
            seconds: 0.1,
            connections: vec![1],
            messages: 0,
            shared: false,
            pollers: 0,
            folder: folder.path().to_owned(),
            json: false,
        };
        let mut out = Vec::new();
        run(&args, &mut out).await.unwrap();
        let table = String::from_utf8(out).unwrap();
        assert!(table.contains("durable send") && table.contains("of fdatasync"), "{table}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn options_have_bounds() {
        let args = BenchArgs {
            seconds: 1.0,
            connections: vec![0],
            messages: 0,
            shared: false,
            pollers: 0,
            folder: ".".into(),
            json: false,
        };
        assert!(args.check().unwrap_err().contains("--connections"));
        assert!(BenchArgs { connections: vec![1], ..args.clone() }.check().is_ok());
        assert!(BenchArgs { connections: vec![1], seconds: f64::NAN, ..args }.check().is_err());
    }
}
