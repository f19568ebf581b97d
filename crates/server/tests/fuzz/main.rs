//! Replays the corpora of the fuzz targets, as they are and with random changes. `fuzz/README.md` says how to fuzz for more.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod request;
#[allow(dead_code, unused_imports, reason = "the tests over HTTP, which share these files, use more of them")]
#[path = "../it/support/mod.rs"]
mod support;
mod token;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::Path;
use support::TestApp;

/// How often each case is changed.
const CHANGES: usize = 200;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// Changes a few bytes: replaces, inserts, removes or duplicates a part, or takes a part of another case.
fn changed(dice: &mut StdRng, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..dice.random_range(1..5) {
        let at = dice.random_range(0..=bytes.len());
        let end = (at + dice.random_range(0..12)).min(bytes.len());
        match dice.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] = dice.random(),
            1 => bytes.insert(at, dice.random()),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            4 => bytes.insert(at, b"%{}[]\":,&=?/.\0-9"[dice.random_range(0..16)]),
            _ => {
                let from = dice.random_range(0..=other.len());
                let part = other[from..(from + 16).min(other.len())].to_vec();
                bytes.splice(at..end, part);
            }
        }
    }
    bytes
}

#[tokio::test]
async fn requests_of_any_bytes_are_answered_and_explained() {
    let server = request::Server::new().await;
    let corpus = corpus("request");
    assert!(corpus.len() >= 20, "{} cases", corpus.len());
    let mut other = Vec::new();
    for (name, case) in &corpus {
        let status = server.play(case).await.unwrap_or_else(|| panic!("{name} is no request"));
        if name.rsplit('-').next() != Some(&*status.to_string()) {
            other.push(format!("{name} was answered {status}"));
        }
    }
    assert!(other.is_empty(), "{other:#?}");
    let (mut dice, mut answered) = (StdRng::seed_from_u64(16), 0);
    for (_, case) in &corpus {
        for _ in 0..CHANGES {
            let other = &corpus[dice.random_range(0..corpus.len())].1;
            answered += usize::from(server.play(&changed(&mut dice, case, other)).await.is_some());
        }
    }
    assert!(answered > corpus.len() * CHANGES / 3, "{answered} changed cases were requests");
}

#[tokio::test]
async fn no_token_but_the_right_one_is_accepted() {
    let app = TestApp::new().await;
    let corpus = corpus("token");
    assert!(corpus.len() >= 8, "{} cases", corpus.len());
    for (name, case) in &corpus {
        assert_eq!(token::play(&app, case).await, name.ends_with("good"), "{name}");
    }
    let mut dice = StdRng::seed_from_u64(16);
    for (_, case) in &corpus {
        for _ in 0..CHANGES * 4 {
            let other = &corpus[dice.random_range(0..corpus.len())].1;
            token::play(&app, &changed(&mut dice, case, other)).await;
        }
    }
}
