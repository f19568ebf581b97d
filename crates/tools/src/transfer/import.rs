//! Import: writes an export into a store, from the beginning or from where an earlier attempt stopped.

use super::error::Error;
use super::format::{ExportLine, FileLine, Lines, Next, RowLine};
use super::import_mark::ImportMark;
use super::rows::Rows;
use super::verify::{Verified, verify};
use super::{Engines, Summary, progress};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jobline_store::{Commit, CommitBuilder, Condition, Consistency, Outcome, Token, limits};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

/// The most rows and bytes that are written between two updates of the mark.
const ROWS_AT_ONCE: usize = 800;
const BYTES_AT_ONCE: usize = 8 * limits::COMMIT_BYTES;
/// The most files, and bytes of files, that are collected on the local disk and then written at the same time.
const FILES_AT_ONCE: usize = 16;
const FILE_BYTES_AT_ONCE: u64 = 64 << 20;
/// The partition of a deployment's secrets. The export has its own, which replace them.
const SYSTEM: &str = "SYSTEM";
/// How often a commit is tried, with exponential backoff: about 13 seconds in all.
const ATTEMPTS: u32 = 9;

/// Copies the export at `path` into the empty store `into`; continues an interrupted copy.
///
/// # Errors
/// [`Error`], ready to be printed. An incomplete or damaged export is refused before anything is written.
pub async fn import(into: Engines<'_>, path: &Path) -> Result<Summary, Error> {
    let mut file = File::open(path).map_err(Error::disk(path))?;
    let found = verify(&file, path)?;
    match claim(into, &mut file, path, &found).await? {
        Claim::Done => {}
        Claim::From(offset) => {
            file.seek(SeekFrom::Start(offset)).map_err(Error::disk(path))?;
            let lines = Lines::new(file, offset);
            Importer::new(into, path, &found.sha256, lines).run().await?;
        }
    }
    Ok(found.summary)
}

enum Claim {
    /// The store holds all of the export already.
    Done,
    /// The import starts at this byte of the export.
    From(u64),
}

/// How much of an export is in a store.
pub(super) enum ImportState {
    /// Nothing, and the store is empty.
    Empty,
    /// Everything before this byte, because an import was interrupted.
    Begun(u64),
    /// All of it.
    Complete,
}

/// Finds out whether the export may be written into the store. Writes nothing.
pub(super) async fn import_state(
    into: Engines<'_>,
    file: &mut File,
    path: &Path,
    found: &Verified,
) -> Result<ImportState, Error> {
    if let Some(mark) = ImportMark::read(into.store).await? {
        if mark.sha256 == found.sha256 {
            return Ok(ImportState::Begun(mark.offset));
        }
        return Err(Error::refused(
            "an import of another file into this store is unfinished: finish it, or begin with an empty store",
        ));
    }
    if is_empty(into).await? {
        return Ok(ImportState::Empty);
    }
    file.rewind().map_err(Error::disk(path))?;
    if holds_all(into, Lines::new(file.try_clone().map_err(Error::disk(path))?, 0), path).await? {
        return Ok(ImportState::Complete);
    }
    Err(Error::refused("the store holds other data already: import into an empty one (another --data folder or table)"))
}

/// Writes the mark into an empty store, so that nothing else writes to it.
async fn claim(into: Engines<'_>, file: &mut File, path: &Path, found: &Verified) -> Result<Claim, Error> {
    match import_state(into, file, path, found).await? {
        ImportState::Begun(offset) => return Ok(Claim::From(offset)),
        ImportState::Complete => return Ok(Claim::Done),
        ImportState::Empty => {}
    }
    let text = ImportMark::new(&found.sha256, 0).text();
    let mark = Commit::builder(Token(into.random.bits())).put(ImportMark::key(), Condition::Absent, text, None);
    match commit(into, mark).await? {
        Outcome::Committed => Ok(Claim::From(0)),
        Outcome::Conflict(_) => Err(Error::refused("another import into this store began at the same moment")),
    }
}

/// Whether the store has no rows, or only the secrets that a server creates at its first start.
async fn is_empty(into: Engines<'_>) -> Result<bool, Error> {
    let mut rows = Rows::new(into.scan);
    while let Some((key, _)) = rows.peek().await? {
        if key.partition != SYSTEM {
            return Ok(false);
        }
        rows.advance();
    }
    Ok(true)
}

/// Whether every row and file of the export is in the store unchanged: then it was imported before.
async fn holds_all(into: Engines<'_>, mut lines: Lines, path: &Path) -> Result<bool, Error> {
    let mut rows: Vec<RowLine> = Vec::new();
    loop {
        let line = match lines.next().map_err(Error::disk(path))? {
            Next::Line(line) => line,
            Next::Broken | Next::EndOfFile => return holds_rows(into, &rows).await,
        };
        match line {
            ExportLine::Row(row) => rows.push(row),
            ExportLine::File(file) if into.files.arrived(&file.id, 0).await?.is_none_or(|it| it.size != file.size) => {
                return Ok(false);
            }
            _ => {}
        }
        if rows.len() == limits::KEYS_PER_READ {
            if !holds_rows(into, &rows).await? {
                return Ok(false);
            }
            rows.clear();
        }
    }
}

async fn holds_rows(into: Engines<'_>, rows: &[RowLine]) -> Result<bool, Error> {
    if rows.is_empty() {
        return Ok(true);
    }
    let keys: Vec<_> = rows.iter().map(RowLine::key).collect();
    let stored = into.store.get_many(&keys, Consistency::Strong).await?;
    let same = |(row, stored): (&RowLine, &Option<jobline_store::Row>)| {
        stored.as_ref().is_some_and(|it| it.value == row.value.as_bytes() && it.expires == row.expires)
    };
    Ok(stored.len() == rows.len() && rows.iter().zip(&stored).all(same))
}

/// Tries a commit several times, which its token makes idempotent.
async fn commit(into: Engines<'_>, builder: CommitBuilder) -> Result<Outcome, Error> {
    let commit = builder.build()?;
    let mut wait = Duration::from_millis(50);
    for _ in 1..ATTEMPTS {
        match into.store.commit(&commit).await {
            Err(jobline_store::Error::Unavailable(_) | jobline_store::Error::Unknown(_)) => {
                into.clock.sleep(wait).await;
                wait *= 2;
            }
            other => return Ok(other?),
        }
    }
    Ok(into.store.commit(&commit).await?)
}

/// A file that is collected on the local disk.
struct Incoming {
    line: FileLine,
    bytes: NamedTempFile,
}

/// A running import.
struct Importer<'a> {
    into: Engines<'a>,
    path: &'a Path,
    sha256: &'a str,
    lines: Lines,
    /// Rows that were read but not written yet, and their bytes.
    rows: Vec<RowLine>,
    bytes: usize,
    /// The file whose chunks are being read.
    file: Option<Incoming>,
    /// Files that were read but not written yet.
    files: Vec<Incoming>,
}

impl<'a> Importer<'a> {
    fn new(into: Engines<'a>, path: &'a Path, sha256: &'a str, lines: Lines) -> Self {
        Self { into, path, sha256, lines, rows: Vec::new(), bytes: 0, file: None, files: Vec::new() }
    }

    async fn run(mut self) -> Result<(), Error> {
        let total = std::fs::metadata(self.path).map_err(Error::disk(self.path))?.len();
        let bar = progress::of_bytes(total, "importing");
        while let Next::Line(line) = self.lines.next().map_err(Error::disk(self.path))? {
            match line {
                ExportLine::Row(row) => self.row(row).await?,
                ExportLine::End(_) => {
                    self.write_rows().await?;
                    self.write_files().await?;
                    bar.finish_and_clear();
                    return self.unmark().await;
                }
                other => self.file_line(other).await?,
            }
            bar.set_position(self.lines.end());
        }
        Err(Error::refused(format!("{} changed while it was read", self.path.display())))
    }

    async fn row(&mut self, row: RowLine) -> Result<(), Error> {
        self.bytes += row.partition.len() + row.sort.len() + row.value.len();
        self.rows.push(row);
        if self.rows.len() >= ROWS_AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            self.write_rows().await?;
            self.mark(self.lines.end()).await?;
        }
        Ok(())
    }

    /// Writes the collected rows, several commits at a time.
    async fn write_rows(&mut self) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        let commits = pack(rows, self.into.pace.rows, || Token(self.into.random.bits()));
        let this = &*self;
        let writes = stream::iter(commits).map(|builder| this.put(builder));
        writes.buffer_unordered(self.into.pace.commits).try_collect::<()>().await
    }

    /// Writes the collected files, all at the same time.
    async fn write_files(&mut self) -> Result<(), Error> {
        let files = std::mem::take(&mut self.files);
        let into = self.into.files;
        try_join_all(
            files.iter().map(|Incoming { line, bytes }| into.write(&line.id, &line.content_type, bytes.path())),
        )
        .await?;
        Ok(())
    }

    async fn file_line(&mut self, line: ExportLine) -> Result<(), Error> {
        let temporary = |error| Error::Disk { path: std::env::temp_dir().display().to_string(), source: error };
        match (line, self.file.take()) {
            (ExportLine::File(line), None) => {
                // From here on, the mark moves only by whole files.
                self.write_rows().await?;
                let bytes = NamedTempFile::new().map_err(temporary)?;
                self.file = Some(Incoming { line, bytes });
            }
            (ExportLine::Chunk(text), Some(mut file)) => {
                let bytes = STANDARD.decode(text).map_err(|error| Error::refused(error.to_string()))?;
                file.bytes.write_all(&bytes).map_err(temporary)?;
                self.file = Some(file);
            }
            (ExportLine::FileEnd(_), Some(file)) => {
                self.files.push(file);
                let bytes: u64 = self.files.iter().map(|file| file.line.size).sum();
                if self.files.len() >= FILES_AT_ONCE || bytes >= FILE_BYTES_AT_ONCE {
                    self.write_files().await?;
                    self.mark(self.lines.end()).await?;
                }
            }
            // A file that was deleted during the export, and the header.
            _ => {}
        }
        Ok(())
    }

    async fn mark(&self, offset: u64) -> Result<(), Error> {
        let text = ImportMark::new(self.sha256, offset).text();
        self.put(Commit::builder(Token(self.into.random.bits())).put(ImportMark::key(), Condition::Any, text, None))
            .await
    }

    async fn unmark(&self) -> Result<(), Error> {
        self.put(Commit::builder(Token(self.into.random.bits())).delete(ImportMark::key(), Condition::Any)).await
    }

    async fn put(&self, builder: CommitBuilder) -> Result<(), Error> {
        match commit(self.into, builder).await? {
            Outcome::Committed => Ok(()),
            Outcome::Conflict(_) => Err(Error::Engine("something else is writing to this store".to_owned())),
        }
    }
}

/// Packs rows into unconditional commits of at most `most` rows, within the limits of the store.
fn pack(rows: Vec<RowLine>, most: usize, token: impl Fn() -> Token) -> Vec<CommitBuilder> {
    let mut commits = Vec::new();
    let mut open: Option<(CommitBuilder, usize, usize)> = None;
    for row in rows {
        let size = row.partition.len() + row.sort.len() + row.value.len();
        let (builder, count, bytes) = match open.take() {
            Some((builder, count, bytes))
                if count < most.min(limits::OPERATIONS_PER_COMMIT) && bytes + size <= limits::COMMIT_BYTES =>
            {
                (builder, count, bytes)
            }
            full => {
                commits.extend(full.map(|(builder, ..)| builder));
                (Commit::builder(token()), 0, 0)
            }
        };
        let builder = builder.put(row.key(), Condition::Any, row.value, row.expires);
        open = Some((builder, count + 1, bytes + size));
    }
    commits.extend(open.map(|(builder, ..)| builder));
    commits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_keep_to_the_limits() {
        let row = |i: usize, bytes: usize| RowLine {
            partition: "p".into(),
            sort: format!("{i:04}"),
            value: "x".repeat(bytes),
            expires: None,
        };
        let sizes = |bytes: usize, count: usize| {
            let commits = pack((0..count).map(|i| row(i, bytes)).collect(), 100, || Token(1));
            commits.into_iter().map(|builder| builder.build().unwrap().operations().len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(10, 0), Vec::<usize>::new());
        assert_eq!(sizes(10, 250), [100, 100, 50]);
        assert_eq!(sizes(390 * 1024, 12), [10, 2]);
        assert_eq!(pack(vec![row(1, 1), row(2, 1), row(3, 1)], 1, || Token(1)).len(), 3);
    }
}
