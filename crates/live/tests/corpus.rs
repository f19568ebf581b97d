//! Replays the corpus of the fuzz target for frames. `fuzz/README.md` says how to fuzz for more.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "fuzz/session.rs"]
mod session;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::Path;

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/session");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn every_case_of_the_corpus_holds() {
    let corpus = corpus();
    assert!(corpus.len() >= 8, "{} cases", corpus.len());
    let actions: usize = corpus.iter().map(|(_, bytes)| session::play(bytes)).sum();
    assert!(actions >= 2 * corpus.len(), "the corpus reaches what it is for: {actions} actions");
}

#[test]
fn cases_of_the_corpus_hold_however_they_are_changed() {
    let mut dice = StdRng::seed_from_u64(14);
    for (_, bytes) in corpus() {
        for _ in 0..500 {
            let mut changed = bytes.clone();
            for _ in 0..dice.random_range(1..4) {
                let at = dice.random_range(0..changed.len());
                match dice.random_range(0..3) {
                    0 => changed[at] = dice.random(),
                    1 => changed.insert(at, dice.random()),
                    _ => changed.truncate(at.max(1)),
                }
            }
            session::play(&changed);
        }
    }
}
