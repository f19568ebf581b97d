//! The speed of the disk, and the memory of a process.

use super::histogram::Histogram;
use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes written before each sync: about the size of a message in a log.
const WRITE_BYTES: usize = 1_024;
/// Bytes of the file that is overwritten repeatedly. Its blocks are allocated before the measurement, as in a log that
/// grows in steps, so that a sync only writes the bytes.
const FILE_BYTES: usize = 4 << 20;

/// The times of bare `fdatasync` calls on the disk of `folder`, each after a small write.
pub(super) fn fdatasync(folder: &Path, length: Duration) -> io::Result<Histogram> {
    let path = folder.join("fdatasync");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    file.write_all(&vec![b'-'; FILE_BYTES])?;
    file.sync_all()?;
    let mut times = Histogram::new();
    let end = Instant::now() + length;
    for at in (0..FILE_BYTES).step_by(WRITE_BYTES).cycle() {
        let begin = Instant::now();
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&[b'x'; WRITE_BYTES])?;
        file.sync_data()?;
        times.add(begin.elapsed());
        if Instant::now() >= end {
            break;
        }
    }
    std::fs::remove_file(&path)?;
    Ok(times)
}

/// The resident memory of the process with this id, or of this process for `self`, in bytes; `None` if unknown.
pub(super) fn resident(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Ticks of processor time in a second, as `/proc` counts them on every Linux.
const TICKS: f64 = 100.0;

/// The processor time that the process with this id has used; `None` if unknown.
pub(super) fn busy(process: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may have spaces; after it the times are the twelfth and thirteenth field.
    let fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11).take(2);
    let ticks: u64 = fields.map(str::parse::<u64>).sum::<Result<_, _>>().ok()?;
    Some(Duration::from_secs_f64(ticks as f64 / TICKS))
}

/// How many files and sockets the process with this id has open; `None` if unknown.
pub(super) fn descriptors(process: &str) -> Option<u64> {
    Some(std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count() as u64)
}

/// The bytes that the files in `folder` take on the disk. Files that are removed meanwhile do not count.
pub(super) fn bytes_in(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(found, path)| if found.is_dir() { bytes_in(&path) } else { found.blocks() * 512 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syncing_takes_time_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        assert!(fdatasync(folder.path(), Duration::from_millis(20)).unwrap().percentile(50.0) > Duration::ZERO);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn files_in_folders_of_folders_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/file"), vec![1; 100_000]).unwrap();
        assert!(bytes_in(folder.path()) >= 100_000);
        assert_eq!(bytes_in(&folder.path().join("missing")), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_uses_memory() {
        assert!(resident("self").unwrap() > 1_000_000);
        assert!(descriptors("self").unwrap() > 2);
        let before = busy("self").unwrap();
        let begun = Instant::now();
        while busy("self").unwrap() == before {
            assert!(begun.elapsed() < Duration::from_secs(60), "this loop keeps a processor busy");
        }
    }
}
