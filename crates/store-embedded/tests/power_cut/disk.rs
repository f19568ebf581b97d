//! A disk whose power is cut: what was synced is kept, and any part of everything else.
//!
//! Files and names are apart: syncing a file does not make its name durable, syncing its folder does. Names that are not
//! durable are kept up to some moment and lost after it, as journaling file systems do; bytes that are not durable are kept or
//! lost in any order, whole or by sectors.

use super::trace::{Event, FileId, What};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const SECTOR: u64 = 512;
/// At how many moments the power is cut, unless `JOBLINE_POWER_CUTS` says so.
const MOMENTS: usize = 24;

/// Which part is kept of what was not synced.
#[derive(Debug, Clone, Copy)]
pub enum Rest {
    /// Nothing.
    Lost,
    /// All of it.
    Kept,
    /// All of it but one write.
    OneLost,
    /// One write alone, before those that came earlier.
    OneKept,
    /// Any writes.
    Any,
    /// Any sectors of any writes.
    AnySectors,
}

pub const RESTS: [Rest; 6] = [Rest::Lost, Rest::Kept, Rest::OneLost, Rest::OneKept, Rest::Any, Rest::AnySectors];

/// The events, and for each the line of the trace after which it is durable.
pub struct Disk<'a> {
    events: &'a [Event],
    durable: Vec<Option<usize>>,
}

impl<'a> Disk<'a> {
    /// A disk that carries out the syncs for which `counts` is true, and ignores the others.
    pub fn new(events: &'a [Event], counts: impl Fn(&What) -> bool) -> Self {
        let syncs: Vec<&Event> = events.iter().filter(|event| is_sync(&event.what) && counts(&event.what)).collect();
        let covers = |event: &Event| {
            let later = syncs.iter().filter(|sync| sync.begin > event.end && covers(&sync.what, &event.what));
            later.map(|sync| sync.end).min()
        };
        Self { events, durable: events.iter().map(covers).collect() }
    }

    /// Cuts the power at many moments, half of them right after something happened, and lets `judge` look at each folder and at
    /// what had been answered. What was wrong, if anything was.
    pub fn cut_often(
        &self,
        rests: &[Rest],
        seed: u64,
        mut judge: impl FnMut(&Path, &[u64]) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut random = StdRng::seed_from_u64(seed);
        let lines = self.events.last().unwrap().end;
        let moments = env::var("JOBLINE_POWER_CUTS").map_or(MOMENTS, |moments| moments.parse().unwrap());
        for _ in 0..moments {
            let at = match random.random_bool(0.5) {
                true => random.random_range(0..=lines + 1),
                false => self.events[random.random_range(0..self.events.len())].end + 1,
            };
            let was_answered = |event: &Event| match event.what {
                What::Answered(number) if event.begin < at => Some(number),
                _ => None,
            };
            let answered: Vec<u64> = self.events.iter().filter_map(was_answered).collect();
            for rest in rests {
                let folder = tempfile::tempdir().unwrap();
                let seed = random.random();
                self.cut(at, *rest, seed, folder.path());
                judge(folder.path(), &answered)
                    .map_err(|error| format!("cut at line {at} of {lines}, {rest:?}, seed {seed}: {error}"))?;
            }
        }
        Ok(())
    }

    /// Writes into `folder` what a power cut at the line `at` leaves, and `rest` of what was not durable.
    fn cut(&self, at: usize, rest: Rest, seed: u64, folder: &Path) {
        let mut random = StdRng::seed_from_u64(seed);
        let begun = self.events.iter().enumerate().filter(|(_, event)| event.begin < at);
        let (durable, open): (Vec<usize>, Vec<usize>) =
            begun.map(|(index, _)| index).partition(|index| self.durable[*index].is_some_and(|line| line < at));
        let kept = self.kept(&open, rest, &mut random);
        let mut state = State::default();
        let mut all: Vec<(usize, bool)> = durable.into_iter().map(|index| (index, false)).collect();
        all.extend(kept);
        all.sort_unstable();
        for (index, by_sectors) in &all {
            state.take(&self.events[*index].what, by_sectors.then(|| random.random()));
        }
        state.write(folder);
    }

    /// Which of the events that are not durable are kept, and whether by sectors.
    fn kept(&self, open: &[usize], rest: Rest, random: &mut StdRng) -> Vec<(usize, bool)> {
        let (names, bytes): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|index| is_name(&self.events[**index].what));
        let one = (!bytes.is_empty()).then(|| bytes[random.random_range(0..bytes.len())]);
        let names_kept = match rest {
            Rest::Lost => 0,
            Rest::Kept | Rest::OneLost => names.len(),
            Rest::OneKept | Rest::Any | Rest::AnySectors => random.random_range(0..=names.len()),
        };
        let mut kept: Vec<(usize, bool)> = names[..names_kept].iter().map(|index| (*index, false)).collect();
        for index in bytes {
            let is_kept = match rest {
                Rest::Lost => false,
                Rest::Kept => true,
                Rest::OneLost => Some(index) != one,
                Rest::OneKept => Some(index) == one,
                Rest::Any | Rest::AnySectors => random.random_bool(0.5),
            };
            if is_kept {
                kept.push((index, matches!(rest, Rest::AnySectors)));
            }
        }
        kept
    }
}

fn is_sync(what: &What) -> bool {
    matches!(what, What::SyncFile(..) | What::SyncFolder(_))
}

fn is_name(what: &What) -> bool {
    matches!(what, What::MakeFolder(_) | What::Create(..) | What::Rename(..) | What::Remove(_))
}

fn covers(sync: &What, what: &What) -> bool {
    match (sync, what) {
        (What::SyncFile(_, synced), What::Write(file, ..) | What::SetLength(file, _)) => synced == file,
        (What::SyncFolder(folder), What::MakeFolder(path) | What::Create(path, _) | What::Remove(path)) => {
            path.parent() == Some(folder)
        }
        (What::SyncFolder(folder), What::Rename(_, to, _)) => to.parent() == Some(folder),
        _ => false,
    }
}

/// Names and bytes after the power cut.
#[derive(Default)]
struct State<'a> {
    folders: BTreeSet<&'a Path>,
    names: BTreeMap<&'a Path, FileId>,
    changes: BTreeMap<FileId, Vec<(&'a What, Option<u64>)>>,
}

impl<'a> State<'a> {
    fn has_folder_of(&self, path: &Path) -> bool {
        let parent = path.parent().unwrap();
        parent == PathBuf::new() || self.folders.contains(parent)
    }

    fn take(&mut self, what: &'a What, sectors: Option<u64>) {
        match what {
            What::MakeFolder(path) if self.has_folder_of(path) => {
                self.folders.insert(path);
            }
            What::Create(path, file) if self.has_folder_of(path) => {
                self.names.insert(path, *file);
            }
            // The new name is one of the file, whether its first one was durable or not.
            What::Rename(from, to, file) if self.has_folder_of(to) => {
                self.names.remove(from.as_path());
                self.names.insert(to, *file);
            }
            What::Remove(path) => {
                self.names.remove(path.as_path());
            }
            What::Write(file, ..) | What::SetLength(file, _) => {
                self.changes.entry(*file).or_default().push((what, sectors));
            }
            _ => {}
        }
    }

    fn write(&self, folder: &Path) {
        for path in &self.folders {
            fs::create_dir(folder.join(path)).unwrap();
        }
        for (path, id) in &self.names {
            let file = File::create(folder.join(path)).unwrap();
            for (what, sectors) in self.changes.get(id).into_iter().flatten() {
                match what {
                    What::SetLength(_, length) => file.set_len(*length).unwrap(),
                    What::Write(_, at, bytes) => write(&file, *at, bytes, *sectors),
                    _ => {}
                }
            }
        }
    }
}

/// Writes `bytes`, or with a seed any of the sectors that they touch.
fn write(file: &File, at: u64, bytes: &[u8], sectors: Option<u64>) {
    let Some(seed) = sectors else { return file.write_all_at(bytes, at).unwrap() };
    let mut random = StdRng::seed_from_u64(seed);
    let mut done = 0;
    while done < bytes.len() {
        let start = at + done as u64;
        let length = ((SECTOR - start % SECTOR) as usize).min(bytes.len() - done);
        if random.random_bool(0.5) {
            file.write_all_at(&bytes[done..done + length], start).unwrap();
        }
        done += length;
    }
}
