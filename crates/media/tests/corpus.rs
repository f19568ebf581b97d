//! Replays the corpus of the fuzz target for files, as it is and with random changes. `fuzz/README.md` says how to fuzz for
//! more.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[path = "fuzz/media.rs"]
mod media;

use std::path::Path;

/// How often each case is changed.
const CHANGES: u64 = 400;

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folders = ["media", "voice_mp4", "voice_webm"];
    let folders = folders.map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// A sequence of numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % end.max(1) as u64).unwrap()
    }
}

#[test]
fn a_file_is_accepted_as_its_own_type_only() {
    let mut proved = 0;
    for (name, bytes) in corpus() {
        let types = media::play(&bytes);
        let wanted = name.rsplit('/').next().unwrap().split('.').nth(1);
        if let Some(wanted) = wanted {
            assert!(types.iter().any(|found| found.ends_with(wanted)), "{name} is {types:?}");
            proved += 1;
        }
    }
    assert!(proved >= 6, "{proved} files with an ending");
}

#[test]
fn changed_files_are_read_without_a_panic() {
    let mut dice = Dice(16);
    for (_, bytes) in corpus() {
        // Long recordings change at their beginning, where their structure is.
        let reach = bytes.len().min(4_096);
        for _ in 0..CHANGES.min(4_000_000 / (bytes.len() as u64 + 1)) {
            let mut changed = bytes.clone();
            for _ in 0..1 + dice.below(4) {
                let at = dice.below(reach.min(changed.len()));
                match dice.below(5) {
                    0 if !changed.is_empty() => changed[at] = u8::try_from(dice.below(256)).unwrap(),
                    1 if !changed.is_empty() => changed[at] = [0, 0xff, 0x7f, 0x80][dice.below(4)],
                    2 => changed.insert(at, u8::try_from(dice.below(256)).unwrap()),
                    3 => changed.truncate(changed.len() - dice.below(changed.len().min(64))),
                    _ => drop(changed.drain(at..(at + dice.below(9)).min(changed.len()))),
                }
            }
            media::play(&changed);
        }
    }
}
