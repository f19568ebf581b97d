//! `jobline bench` over the real server, in the shortest runs that measure anything.

use jobline_server::measured::EmbeddedLauncher;
use jobline_tools::bench::{self, BenchArgs};
use std::path::Path;

/// The shortest run.
fn short(folder: &Path) -> BenchArgs {
    BenchArgs {
        seconds: 0.1,
        connections: vec![1],
        messages: 0,
        shared: false,
        pollers: 0,
        live_connections: 0,
        runs: 1,
        soak: 0,
        folder: folder.to_owned(),
        json: false,
        hello: false,
        program: Some(env!("CARGO_BIN_EXE_jobline").into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_run_measures_everything_and_removes_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (shared, connections) in [(false, vec![1, 3]), (true, vec![1])] {
        let (numbers, seconds) = (connections.len(), 0.3);
        let args = BenchArgs { connections, seconds, messages: 500, shared, json: true, ..short(folder.path()) };
        let mut out = Vec::new();
        bench::run(&args, &EmbeddedLauncher, &mut out).await.unwrap();
        let reports: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        let [report] = reports.as_slice() else { panic!("one run has one report: {reports:?}") };
        let rows = report["rows"].as_array().unwrap();
        assert_eq!(rows.len(), numbers * 18);
        assert_eq!(report["paced"].as_array().unwrap().len(), numbers * 5);
        assert!(rows.iter().all(|row| row["requests"].as_u64().unwrap() > 0), "{rows:?}");
        assert!(report["messages"].as_u64().unwrap() >= 500);
    }
    let args = short(folder.path());
    let mut out = Vec::new();
    bench::run(&args, &EmbeddedLauncher, &mut out).await.unwrap();
    let table = String::from_utf8(out).unwrap();
    assert!(
        ["durable send", "of fdatasync", "ten in a batch", "of the bare log", "at a fixed rate"]
            .iter()
            .all(|one| table.contains(one)),
        "{table}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// More connections than those during which sends are measured, and two runs: messages of the first must not count in
/// the second.
#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn live_connections_are_measured_as_often_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let args = BenchArgs { live_connections: 40, runs: 2, json: true, ..short(folder.path()) };
    let mut out = Vec::new();
    bench::run(&args, &EmbeddedLauncher, &mut out).await.unwrap();
    let reports: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(reports.len(), 2);
    for report in &reports {
        let live = &report["live"];
        assert_eq!(live["connections"], 40);
        for how in ["alone", "longPoll", "atRate"] {
            assert!(live[how]["messages"].as_u64().unwrap() > 0, "{how}: {live}");
        }
        assert!(live["backMs"].as_f64().unwrap() > 0.0, "{live}");
    }
}
