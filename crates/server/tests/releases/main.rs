//! Data folders of earlier releases, opened by this one. `crates/server/tests/fixtures/README.md` says how to make the next.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod answers;
mod content;
#[allow(dead_code, reason = "the tests of live connections, which share this file, use more of it")]
#[path = "../live/program.rs"]
mod program;

use answers::{contains, everything};
use program::Program;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Starts this release on a data folder.
fn open(data: &Path) -> Program {
    Program::start(&["--data", data.to_str().unwrap(), "--upload-rate", "0"])
}

/// Stops it in an orderly way.
fn close(program: Program) {
    program.terminate();
    assert_eq!(program.ended().0, Some(0));
}

#[test]
fn every_release_can_be_followed_by_this_one() {
    let releases: Vec<PathBuf> = fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let releases: Vec<PathBuf> = releases.into_iter().filter(|path| path.is_dir()).collect();
    assert!(!releases.is_empty(), "there is no fixture");
    for release in releases {
        let temporary = TempDir::new().unwrap();
        let data = temporary.path().join("data");
        copy(&release.join("data"), &data);
        let expected: Value = serde_json::from_slice(&fs::read(release.join("answers.json")).unwrap()).unwrap();
        let program = open(&data);
        contains(&release.display().to_string(), &everything(&program), &expected);
        // It continues where the earlier release ended, and earlier answers stay the same after this release has written.
        let last = expected["anna"]["lists"]["conv_anna_ben"].as_array().unwrap().len() as u64;
        let sent = program.send(&program.token("anna"), "ben", "Still here");
        assert_eq!(sent["number"], last + 1, "numbers have no gap");
        close(program);
        let program = open(&data);
        let list = everything(&program)["anna"]["lists"]["conv_anna_ben"].clone();
        let before = &expected["anna"]["lists"]["conv_anna_ben"];
        let (first, rest) = list.as_array().unwrap().split_at(usize::try_from(last).unwrap());
        contains("after a message of this release", &Value::Array(first.to_vec()), before);
        assert_eq!((rest.len(), &rest[0]["content"]), (1, &Value::from("Still here")));
        close(program);
    }
}

#[test]
#[ignore = "makes the fixture of a release: see crates/server/tests/fixtures/README.md"]
fn make_the_fixture_of_this_release() {
    let release = fixtures().join(env!("CARGO_PKG_VERSION"));
    let data = release.join("data");
    assert!(!data.exists(), "{} is there already; fixtures are not changed", data.display());
    fs::create_dir_all(&release).unwrap();
    let program = open(&data);
    content::fill(&program);
    let answers = everything(&program);
    close(program);
    fs::write(release.join("answers.json"), serde_json::to_string_pretty(&answers).unwrap() + "\n").unwrap();
}
