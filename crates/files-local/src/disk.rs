//! The folder: `<shard>/<id>`, and `incoming/` for what is still arriving.
//!
//! A shard is the beginning of an id, as far as it stays the same for about a day. So the order of the shards is the
//! order of the ids, and no folder grows without end.

use super::folder::private_folder;
use jobline_chat::{Kept, is_file_id};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// `file_` and the first five of thirteen digits of the milliseconds: 10^8 ms, 28 hours.
const SHARD_BYTES: usize = 10;
const INCOMING: &str = "incoming";

/// The folder of the files. One process at a time uses it; the store next to it sees to that.
pub(super) struct Disk {
    root: PathBuf,
    /// Held from looking whether an id is free until it is taken.
    placing: Mutex<()>,
    /// Tells apart the temporary files of this process.
    temporary: AtomicU64,
}

/// A temporary file that is removed when it is dropped before it was put in its place.
pub(super) struct Incoming {
    path: PathBuf,
    placed: bool,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // A file that cannot be removed now is removed by the next start.
        if !self.placed && fs::remove_file(&self.path).is_err() {
            tracing::warn!(path = %self.path.display(), "a broken-off upload could not be removed");
        }
    }
}

impl Disk {
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        let incoming = root.join(INCOMING);
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => private_folder(&incoming)?,
        }
        Ok(Self { root, placing: Mutex::new(()), temporary: AtomicU64::new(0) })
    }

    fn shard(&self, id: &str) -> PathBuf {
        self.root.join(&id[..id.len().min(SHARD_BYTES)])
    }

    fn path(&self, id: &str) -> PathBuf {
        self.shard(id).join(id)
    }

    pub(super) fn contains(&self, id: &str) -> io::Result<bool> {
        self.path(id).try_exists()
    }

    /// The file and its size.
    pub(super) fn open_file(&self, id: &str) -> io::Result<Option<(File, u64)>> {
        match File::open(self.path(id)) {
            Ok(file) => {
                let size = file.metadata()?.len();
                Ok(Some((file, size)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn read(&self, id: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let Some((mut file, size)) = self.open_file(id)? else { return Ok(None) };
        file.seek(SeekFrom::Start(offset))?;
        let length = size.saturating_sub(offset).min(length as u64);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(length).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    pub(super) fn delete(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// At most `limit` files with ids after `after`, in order.
    pub(super) fn list(&self, after: &str, limit: usize) -> io::Result<Vec<Kept>> {
        let first = &after.as_bytes()[..after.len().min(SHARD_BYTES)];
        let mut shards = names(&self.root)?;
        shards.retain(|shard| shard.starts_with("file_") && shard.as_bytes() >= first);
        shards.sort_unstable();
        let mut kept = Vec::new();
        for shard in shards {
            let mut ids = names(&self.root.join(shard))?;
            ids.retain(|id| is_file_id(id) && id.as_str() > after);
            ids.sort_unstable();
            for id in ids {
                if kept.len() >= limit {
                    return Ok(kept);
                }
                // One that was deleted in between is not there.
                if let Some((_, size)) = self.open_file(&id)? {
                    kept.push(Kept { id, size });
                }
            }
        }
        Ok(kept)
    }

    /// A new temporary file, on the file system where the files are.
    pub(super) fn incoming(&self, id: &str) -> io::Result<(Incoming, File)> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(INCOMING).join(format!("{id}.{number}"));
        let file = File::create_new(&path)?;
        Ok((Incoming { path, placed: false }, file))
    }

    /// Puts a complete temporary file in its place, on stable storage; `false` when the id is taken already.
    pub(super) fn place(&self, incoming: Incoming, file: File, id: &str) -> io::Result<bool> {
        file.sync_all()?;
        drop(file);
        let _one = self.placing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.contains(id)? {
            return Ok(false);
        }
        self.put(incoming, id)?;
        Ok(true)
    }

    /// Copies the file at `from` to `id`, replacing what is there.
    pub(super) fn import(&self, id: &str, from: &Path) -> io::Result<()> {
        let (incoming, mut file) = self.incoming(id)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        file.sync_all()?;
        self.put(incoming, id)
    }

    fn put(&self, mut incoming: Incoming, id: &str) -> io::Result<()> {
        let (shard, path) = (self.shard(id), self.path(id));
        if !shard.try_exists()? {
            fs::create_dir_all(&shard)?;
            sync_folder(&self.root)?;
        }
        fs::rename(&incoming.path, &path)?;
        incoming.placed = true;
        sync_folder(&shard).inspect_err(|_| {
            // It may or may not outlive a power cut, so it must not be there at all.
            let _ = fs::remove_file(&path);
        })
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        // What is not UTF-8 is none of ours.
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// A rename lasts once its folder is on stable storage.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened; renames are journalled.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
