//! The limit of the disk: a bare log, to which many threads append, with one sync for all that wait.

use super::histogram::Histogram;
use super::load::Figures;
use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// About how many bytes a send writes to the journal of the store.
const ENTRY_BYTES: usize = 1_536;
/// The file is written once before, so that a sync writes nothing but the entries.
const FILE_BYTES: usize = 32 << 20;

/// Lets `writers` threads append for `length`: each appends its next entry as soon as its last one is on the disk of
/// `folder`.
pub(super) fn measure(folder: &Path, writers: usize, length: Duration) -> io::Result<Figures> {
    let path = folder.join("log");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    file.write_all(&vec![b'-'; FILE_BYTES])?;
    file.sync_all()?;
    let (entries, queue) = mpsc::sync_channel::<SyncSender<()>>(writers);
    let log = thread::spawn(move || append_all(&mut file, &queue));
    let begin = Instant::now();
    let times = thread::scope(|scope| {
        let running: Vec<_> = (0..writers)
            .map(|_| {
                let entries = entries.clone();
                scope.spawn(move || append_until(&entries, begin + length))
            })
            .collect();
        let mut all = Histogram::new();
        for times in running {
            all.merge(&times.join().map_err(|_| io::Error::other("a writer of the log panicked"))?);
        }
        Ok::<_, io::Error>(all)
    })?;
    drop(entries);
    log.join().map_err(|_| io::Error::other("the log panicked"))??;
    std::fs::remove_file(&path)?;
    Ok(Figures { times, length: begin.elapsed() })
}

fn append_until(entries: &SyncSender<SyncSender<()>>, end: Instant) -> Histogram {
    let mut times = Histogram::new();
    let (done, synced) = mpsc::sync_channel(1);
    loop {
        let begun = Instant::now();
        // The log ends after its writers, or with an error that it returns itself.
        if begun >= end || entries.send(done.clone()).is_err() || synced.recv().is_err() {
            return times;
        }
        times.add(begun.elapsed());
    }
}

fn append_all(file: &mut std::fs::File, queue: &Receiver<SyncSender<()>>) -> io::Result<()> {
    let mut at = 0;
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
        let bytes = vec![b'x'; group.len() * ENTRY_BYTES];
        if at + bytes.len() > FILE_BYTES {
            at = 0;
        }
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        at += bytes.len();
        for done in group {
            // Its writer waits for it.
            let _ = done.send(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_share_syncs() {
        let folder = tempfile::tempdir().unwrap();
        let figures = measure(folder.path(), 8, Duration::from_millis(100)).unwrap();
        assert!(figures.times.total() >= 8 && figures.times.percentile(50.0) > Duration::ZERO);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
