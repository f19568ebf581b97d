//! Writing an export into a store, from the beginning or from where an earlier attempt stopped.

use super::error::Error;
use super::format::{FileLine, Line, Lines, Next, RowLine};
use super::mark::Mark;
use super::rows::Rows;
use super::verify::{Verified, verify};
use super::{Engines, Summary, progress};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use jobline_store::{Commit, CommitBuilder, Condition, Consistency, Outcome, Token, limits};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

/// Commits on their way at the same time: an engine that groups them pays for one sync.
const COMMITS_AT_ONCE: usize = 8;
/// The partition of a deployment's secrets: the export brings others in their place.
const SYSTEM: &str = "SYSTEM";
/// How often a commit is tried, waiting longer each time: half a minute in all.
const ATTEMPTS: u32 = 9;

/// Copies the export at `path` into the empty store `into`; goes on where an interrupted copy stopped.
///
/// # Errors
/// [`Error`], ready to be printed. A file that is not whole is refused before anything is written.
pub async fn import(into: Engines<'_>, path: &Path) -> Result<Summary, Error> {
    let mut file = File::open(path).map_err(Error::disk(path))?;
    let found = verify(&file, path)?;
    match claim(into, &mut file, path, &found).await? {
        Claim::Done => {}
        Claim::From(offset) => {
            file.seek(SeekFrom::Start(offset)).map_err(Error::disk(path))?;
            let lines = Lines::new(file, offset);
            Importer { into, path, sha256: &found.sha256, lines, rows: Vec::new(), bytes: 0, file: None }.run().await?;
        }
    }
    Ok(found.summary)
}

enum Claim {
    /// All of it is in the store already.
    Done,
    /// Everything before this byte is.
    From(u64),
}

/// Finds out whether the store is ours to write to, and marks it.
async fn claim(into: Engines<'_>, file: &mut File, path: &Path, found: &Verified) -> Result<Claim, Error> {
    if let Some(mark) = Mark::read(into.store).await? {
        if mark.sha256 == found.sha256 {
            return Ok(Claim::From(mark.offset));
        }
        return Err(Error::refused(
            "an import of another file into this store is unfinished: finish that one, or begin with an empty store",
        ));
    }
    if is_empty(into).await? {
        let mark = Commit::builder(Token(into.random.bits())).put(
            Mark::key(),
            Condition::Absent,
            Mark::new(&found.sha256, 0).text(),
            None,
        );
        return match commit(into, mark).await? {
            Outcome::Committed => Ok(Claim::From(0)),
            Outcome::Conflict(_) => Err(Error::refused("another import into this store began at the same moment")),
        };
    }
    file.rewind().map_err(Error::disk(path))?;
    if holds_all(into, Lines::new(file.try_clone().map_err(Error::disk(path))?, 0), path).await? {
        return Ok(Claim::Done);
    }
    Err(Error::refused("the store holds other data already: import into an empty one (another --data folder or table)"))
}

/// Whether there is nothing to lose: no rows, or only the secrets that the first start of a server makes.
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

/// Whether every row and file of the export is in the store as it stands there: then it was imported before.
async fn holds_all(into: Engines<'_>, mut lines: Lines, path: &Path) -> Result<bool, Error> {
    let mut rows: Vec<RowLine> = Vec::new();
    loop {
        let line = match lines.next().map_err(Error::disk(path))? {
            Next::Line(line) => line,
            Next::Broken | Next::Nothing => return holds_rows(into, &rows).await,
        };
        match line {
            Line::Row(row) => rows.push(row),
            Line::File(file) if into.files.arrived(&file.id, 0).await?.is_none_or(|it| it.size != file.size) => {
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

/// Tries until it is done or hopeless; the token makes repeating harmless.
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

/// A file whose bytes are being collected.
struct Incoming {
    line: FileLine,
    bytes: NamedTempFile,
}

/// The import as it goes on.
struct Importer<'a> {
    into: Engines<'a>,
    path: &'a Path,
    sha256: &'a str,
    lines: Lines,
    /// Rows that were read and not written, and their size.
    rows: Vec<RowLine>,
    bytes: usize,
    file: Option<Incoming>,
}

impl Importer<'_> {
    async fn run(mut self) -> Result<(), Error> {
        let total = std::fs::metadata(self.path).map_err(Error::disk(self.path))?.len();
        let bar = progress::of_bytes(total, "importing");
        while let Next::Line(line) = self.lines.next().map_err(Error::disk(self.path))? {
            match line {
                Line::Row(row) => self.row(row).await?,
                Line::End(_) => {
                    self.write_rows().await?;
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
        let full = self.rows.len() >= limits::OPERATIONS_PER_COMMIT * COMMITS_AT_ONCE
            || self.bytes >= limits::COMMIT_BYTES * COMMITS_AT_ONCE;
        if full {
            self.write_rows().await?;
            self.mark(self.lines.end()).await?;
        }
        Ok(())
    }

    /// Writes the rows that were collected, several commits at once.
    async fn write_rows(&mut self) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        let commits = pack(rows, || Token(self.into.random.bits()));
        try_join_all(commits.into_iter().map(|builder| self.put(builder))).await.map(drop)
    }

    async fn file_line(&mut self, line: Line) -> Result<(), Error> {
        let temporary = |error| Error::Disk { path: std::env::temp_dir().display().to_string(), source: error };
        match (line, self.file.take()) {
            (Line::File(line), None) => {
                // From here on the mark may only stand before or behind a whole file.
                self.write_rows().await?;
                let bytes = NamedTempFile::new().map_err(temporary)?;
                self.file = Some(Incoming { line, bytes });
            }
            (Line::Chunk(text), Some(mut file)) => {
                let bytes = STANDARD.decode(text).map_err(|error| Error::refused(error.to_string()))?;
                file.bytes.write_all(&bytes).map_err(temporary)?;
                self.file = Some(file);
            }
            (Line::FileEnd(_), Some(file)) => {
                let Incoming { line, bytes } = file;
                self.into.files.write(&line.id, &line.content_type, bytes.path()).await?;
                self.mark(self.lines.end()).await?;
            }
            // A file that went away while it was exported, and the header.
            _ => {}
        }
        Ok(())
    }

    async fn mark(&self, offset: u64) -> Result<(), Error> {
        let text = Mark::new(self.sha256, offset).text();
        self.put(Commit::builder(Token(self.into.random.bits())).put(Mark::key(), Condition::Any, text, None)).await
    }

    async fn unmark(&self) -> Result<(), Error> {
        self.put(Commit::builder(Token(self.into.random.bits())).delete(Mark::key(), Condition::Any)).await
    }

    async fn put(&self, builder: CommitBuilder) -> Result<(), Error> {
        match commit(self.into, builder).await? {
            Outcome::Committed => Ok(()),
            Outcome::Conflict(_) => Err(Error::Engine("something else is writing to this store".to_owned())),
        }
    }
}

/// Unconditional commits of `rows`, each within the limits.
fn pack(rows: Vec<RowLine>, token: impl Fn() -> Token) -> Vec<CommitBuilder> {
    let mut commits = Vec::new();
    let mut open: Option<(CommitBuilder, usize, usize)> = None;
    for row in rows {
        let size = row.partition.len() + row.sort.len() + row.value.len();
        let (builder, count, bytes) = match open.take() {
            Some((builder, count, bytes))
                if count < limits::OPERATIONS_PER_COMMIT && bytes + size <= limits::COMMIT_BYTES =>
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
            let commits = pack((0..count).map(|i| row(i, bytes)).collect(), || Token(1));
            commits.into_iter().map(|builder| builder.build().unwrap().operations().len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(10, 0), Vec::<usize>::new());
        assert_eq!(sizes(10, 250), [100, 100, 50]);
        assert_eq!(sizes(390 * 1024, 12), [10, 2]);
    }
}
