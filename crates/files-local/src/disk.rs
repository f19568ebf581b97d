//! The folder: `incoming/` for running uploads, `unsent/<id>` for complete ones, `<shard>/<name>` for kept files.
//!
//! A file that nobody sends stays in `unsent/`, so a sweep of that small folder finds it. A shard is the prefix of an id
//! that is the same for about a day. So the order of the shards is the order of the ids, and no folder grows without limit.

use super::folder::{self, private_folder, sync_folder};
use jobline_chat::{Kept, file_of, is_file_id};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// `file_` and the first five of thirteen digits of the milliseconds: 10^8 ms, 28 hours.
const SHARD_BYTES: usize = 10;
const INCOMING: &str = "incoming";
const UNSENT: &str = "unsent";

/// The folder of the files. One process at a time uses it; see [`super::LocalFiles::alone`].
pub(super) struct Disk {
    root: PathBuf,
    /// Held between checking that an id is free and using it.
    placing: Mutex<()>,
    /// The folders in it whose names are known to be on stable storage.
    named: Mutex<HashSet<PathBuf>>,
    /// Distinguishes the temporary files of this process.
    temporary: AtomicU64,
}

/// A temporary file, which is removed if it is dropped before it was moved to its place.
pub(super) struct Incoming {
    path: PathBuf,
    number: u64,
    placed: bool,
}

impl Incoming {
    /// A number that is unique in this process.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Hands the file over to `put`.
    fn put(&mut self, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        put(&self.path)?;
        self.placed = true;
        Ok(())
    }
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
        private_folder(&root.join(UNSENT))?;
        let incoming = root.join(INCOMING);
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            // Each start makes it anew, and must not wait for a sync.
            _ => folder::create(&incoming)?,
        }
        Ok(Self { root, placing: Mutex::new(()), temporary: AtomicU64::new(0), named: Mutex::default() })
    }

    fn shard(&self, id: &str) -> PathBuf {
        self.root.join(&id[..id.len().min(SHARD_BYTES)])
    }

    /// Where a file is kept.
    fn path(&self, name: &str) -> PathBuf {
        self.shard(name).join(name)
    }

    /// Where an upload is that has not been kept yet.
    fn unsent(&self, id: &str) -> PathBuf {
        self.root.join(UNSENT).join(id)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn contains(&self, id: &str) -> io::Result<bool> {
        Ok(self.path(id).try_exists()? || self.unsent(id).try_exists()?)
    }

    /// The bytes of a file, kept or not.
    pub(super) fn size(&self, name: &str) -> io::Result<Option<u64>> {
        self.first(name, |path| fs::metadata(path).map(|file| file.len()))
    }

    /// What `look` finds of a file, kept or not.
    fn first<T>(&self, name: &str, look: impl Fn(&Path) -> io::Result<T>) -> io::Result<Option<T>> {
        for path in [self.path(name), self.unsent(name)] {
            match look(&path) {
                Ok(found) => return Ok(Some(found)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    pub(super) fn read(&self, name: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(mut file) = self.first(name, |path| File::open(path))? else { return Ok(None) };
        file.seek(SeekFrom::Start(offset))?;
        let length = file.metadata()?.len().saturating_sub(offset).min(length as u64);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(length).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    pub(super) fn delete(&self, name: &str) -> io::Result<()> {
        for path in [self.path(name), self.unsent(name)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// At most `limit` files with names after `after`, in order: kept and uploaded ones.
    pub(super) fn list(&self, after: &str, limit: usize) -> io::Result<Vec<Kept>> {
        let mut found = self.kept(after, limit)?;
        let mut unsent = later(&self.root.join(UNSENT), after)?;
        unsent.truncate(limit);
        found.extend(unsent);
        found.sort_unstable();
        found.dedup();
        // An upload is not needed any more once a file of its id is kept.
        let superseded = |at: usize| found.get(at + 1).is_some_and(|next| file_of(next) == found[at]);
        let names = (0..found.len()).filter(|at| !superseded(*at)).map(|at| &found[at]).take(limit);
        let mut kept = Vec::with_capacity(limit.min(found.len()));
        for name in names {
            // A file that was deleted in between is absent.
            kept.extend(self.size(name)?.map(|size| Kept { id: name.clone(), size }));
        }
        Ok(kept)
    }

    /// The first `limit` names that files are kept under, after `after`.
    fn kept(&self, after: &str, limit: usize) -> io::Result<Vec<String>> {
        let first = &after.as_bytes()[..after.len().min(SHARD_BYTES)];
        let mut shards = names(&self.root)?;
        shards.retain(|shard| shard.starts_with("file_") && shard.as_bytes() >= first);
        shards.sort_unstable();
        let mut kept = Vec::new();
        for shard in shards {
            kept.extend(later(&self.root.join(shard), after)?);
            if kept.len() >= limit {
                break;
            }
        }
        kept.truncate(limit);
        Ok(kept)
    }

    /// Deletes the uploads with ids from before this time.
    pub(super) fn drop_uploads(&self, before_ms: u64) -> io::Result<usize> {
        let ids = later(&self.root.join(UNSENT), "")?;
        let made = |id: &str| id.split('_').nth(1).and_then(|ms| ms.parse::<u64>().ok());
        let mut dropped = 0;
        for id in ids.iter().filter(|id| made(id).is_some_and(|made| made < before_ms)) {
            fs::remove_file(self.unsent(id))?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// Keeps an upload as it is, on stable storage; `false` when it is gone.
    pub(super) fn keep(&self, id: &str) -> io::Result<bool> {
        let _one = self.placing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.path(id).try_exists()? {
            return Ok(true);
        }
        if !self.unsent(id).try_exists()? {
            return Ok(false);
        }
        self.move_to(&self.unsent(id), &self.shard(id), id).map(|()| true)
    }

    /// Keeps these bytes, on stable storage.
    pub(super) fn keep_as(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (mut incoming, mut file) = self.incoming(name)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        incoming.put(|path| self.move_to(path, &self.shard(name), name))
    }

    /// A new temporary file, on the file system where the files are.
    pub(super) fn incoming(&self, id: &str) -> io::Result<(Incoming, File)> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(INCOMING).join(format!("{id}.{number}"));
        let file = File::create_new(&path)?;
        Ok((Incoming { path, number, placed: false }, file))
    }

    /// Puts a complete temporary file among the uploads, on stable storage; `false` when the id is taken already.
    pub(super) fn place(&self, mut incoming: Incoming, file: File, id: &str) -> io::Result<bool> {
        file.sync_all()?;
        drop(file);
        let _one = self.placing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.contains(id)? {
            return Ok(false);
        }
        incoming.put(|path| self.move_to(path, &self.root.join(UNSENT), id))?;
        Ok(true)
    }

    /// Copies the file at `from` to where `name` is kept, replacing what is there.
    pub(super) fn import(&self, name: &str, from: &Path) -> io::Result<()> {
        let (mut incoming, mut file) = self.incoming(name)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        file.sync_all()?;
        incoming.put(|path| self.move_to(path, &self.shard(name), name))
    }

    /// Makes a folder in the root where it is missing. Its name is on stable storage, also when another thread, or a process that
    /// was killed, has just made it.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(folder) || !folder.try_exists()? {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
            named.insert(folder.to_owned());
        }
        Ok(())
    }

    fn move_to(&self, from: &Path, folder: &Path, name: &str) -> io::Result<()> {
        let to = folder.join(name);
        self.make_folder(folder)?;
        fs::rename(from, &to)?;
        sync_folder(folder).inspect_err(|_| {
            // It may not survive a power cut, so it is removed.
            let _ = fs::remove_file(&to);
        })
    }
}

/// The names of files in a folder, after `after`, in order.
fn later(folder: &Path, after: &str) -> io::Result<Vec<String>> {
    let mut ids = names(folder)?;
    ids.retain(|id| is_file_id(id) && id.as_str() > after);
    ids.sort_unstable();
    Ok(ids)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        // A name that is not UTF-8 is not one of ours.
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}
