//! A power cut at any moment, on a disk that keeps what was synced and of the rest any part. How it is done is told in the test
//! of the store, whose disk this is.

#[path = "../../../store-embedded/tests/power_cut/disk.rs"]
mod disk;
#[path = "../../../store-embedded/tests/power_cut/trace.rs"]
mod trace;

use super::super::disk::Disk as Files;
use disk::{Disk, RESTS, Rest};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, thread};
use trace::{Event, What};

const FILES: u64 = 48;
/// Threads that keep files at the same time.
const THREADS: u64 = 4;

/// The name of a file; few of them are in one folder.
fn name(number: u64) -> String {
    format!("file_{}_V1StGXR8_Z5jdHi6B-myT", 1_000_000_000_000 + number / 2 * 97_000_000_000)
}

fn id(number: u64) -> String {
    format!("{}{number:02}", name(number))
}

fn bytes(number: u64) -> Vec<u8> {
    (0..3_000).map(|at: u64| (at * 31 + number * 7) as u8).collect()
}

/// What the process did that is traced: half of the files are kept as they arrived, the others in other bytes.
#[test]
#[ignore = "the other tests run it under strace"]
fn keeps_files_and_says_which() {
    let folder = PathBuf::from(env::var(trace::FOLDER).unwrap()).join("files");
    for half in 0..2 {
        let files = Files::open(folder.clone()).unwrap();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let files = &files;
                scope.spawn(move || {
                    for number in (half * FILES / 2..(half + 1) * FILES / 2).filter(|number| number % THREADS == thread)
                    {
                        if number % 3 == 0 {
                            files.keep_as(&id(number), &bytes(number)).unwrap();
                        } else {
                            let (incoming, mut file) = files.incoming(&id(number)).unwrap();
                            file.write_all(&bytes(number)).unwrap();
                            assert!(files.place(incoming, file, &id(number)).unwrap());
                            assert!(files.keep(&id(number)).unwrap());
                        }
                        println!("answered {number}");
                    }
                });
            }
        });
    }
}

fn recorded() -> Vec<Event> {
    let events = trace::record("tests::power_cut::keeps_files_and_says_which");
    let answered = events.iter().filter(|event| matches!(event.what, What::Answered(_))).count() as u64;
    assert_eq!(answered, FILES);
    events
}

/// Every file in `answered` has to be there as it was, and any other as it was or not at all.
fn judge(folder: &Path, answered: &[u64]) -> Result<(), String> {
    let files = Files::open(folder.join("files")).map_err(|error| format!("it does not open: {error}"))?;
    for number in 0..FILES {
        match files.read(&id(number), 0, 1 << 20).map_err(|error| error.to_string())? {
            None if answered.contains(&number) => return Err(format!("file {number} was answered and is lost")),
            Some(found) if found != bytes(number) => return Err(format!("file {number} has other bytes")),
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn a_kept_file_survives_a_power_cut_whatever_else_reached_the_disk() {
    let events = recorded();
    Disk::new(&events, |_| true).cut_often(&RESTS, 1, judge).unwrap();
}

/// That the test above sees a sync that is missing.
#[test]
fn a_sync_that_is_left_out_is_noticed() {
    let events = recorded();
    let is_file = |what: &What| matches!(what, What::SyncFile(path, _) if path.starts_with("files"));
    let is_root = |what: &What| matches!(what, What::SyncFolder(path) if path.ends_with("files"));
    let is_shard = |what: &What| matches!(what, What::SyncFolder(path) if !path.ends_with("files"));
    type Syncs<'a> = (&'a str, &'a dyn Fn(&What) -> bool);
    let left_out: [Syncs<'_>; 3] = [("files", &is_file), ("the root", &is_root), ("folders in it", &is_shard)];
    for (name, is_left_out) in left_out {
        assert!(events.iter().any(|event| is_left_out(&event.what)), "nothing syncs {name}");
        let disk = Disk::new(&events, |what| !is_left_out(what));
        let found = disk.cut_often(&[Rest::Lost, Rest::Any], 2, judge);
        println!("without the syncs of {name}: {found:?}");
        assert!(found.is_err(), "nobody noticed that {name} were not synced");
    }
}
