//! Export: writes a store into a file, from the beginning or from where an earlier attempt stopped.

use super::error::Error;
use super::format::{CHUNK_BYTES, End, ExportLine, FileEnd, FileLine, Header, Lines, Next, RowLine, VERSION, hex};
use super::rows::Rows;
use super::sequence::Sequence;
use super::{Engines, Summary, progress, unfinished_import};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jobline_wire::Code;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Files in one page of the list.
const PAGE: usize = 100;
/// The stored type of every file. Readers get the real type from the message row.
const CONTENT_TYPE: &str = "application/octet-stream";

/// Copies every row and file of `from` into a new file at `path`; continues an interrupted copy.
///
/// # Errors
/// [`Error`], ready to be printed. What was copied stays in `FILE.partial`.
pub async fn export(from: Engines<'_>, path: &Path) -> Result<Summary, Error> {
    let partial = partial_path(path)?;
    if path.exists() {
        return Err(Error::refused(format!("{} exists already: choose another file", path.display())));
    }
    if unfinished_import(from.store).await? {
        return Err(Error::refused("this store holds an unfinished import: finish it first"));
    }
    let file = open_locked(&partial)?;
    let mut rows = Rows::new(from.scan);
    let mut out = resume(file, &partial, &mut rows, from.clock.now_ms() / 1_000).await?;
    if !out.sequence.begun {
        out.line(&header())?;
    }
    if out.sequence.ended.is_none() {
        copy_rows(from, &mut rows, &mut out).await?;
        copy_files(from, &mut out).await?;
        out.line(&out.end())?;
    }
    out.finish(path)
}

fn header() -> ExportLine {
    ExportLine::JoblineExport(Header { version: VERSION })
}

/// `FILE.partial`. The extension is kept, so that `a.1` and `a.2` have different partial files.
fn partial_path(path: &Path) -> Result<PathBuf, Error> {
    if path.file_name().is_none() || path.extension().is_some_and(|extension| extension == "partial") {
        return Err(Error::refused(format!("{} cannot be the name of an export", path.display())));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    Ok(PathBuf::from(name))
}

/// Opens and locks the partial file. It holds all messages, so only its owner can read it.
fn open_locked(partial: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(partial).map_err(Error::disk(partial))?;
    file.try_lock()
        .map_err(|_| Error::refused(format!("{} is being written by another process", partial.display())))?;
    Ok(file)
}

/// Reads the file of an earlier attempt, compares its rows with the store, and truncates it after the last complete line.
async fn resume(file: File, partial: &Path, rows: &mut Rows<'_>, now: u64) -> Result<Writer, Error> {
    let mut sequence = Sequence::default();
    let mut lines = Lines::new(file.try_clone().map_err(Error::disk(partial))?, 0);
    while let Next::Line(line) = lines.next().map_err(Error::disk(partial))? {
        sequence.take(&line, || lines.hash_before()).map_err(|why| {
            let name = partial.display();
            Error::refused(format!("{name} is damaged: {why}. Delete it to start again"))
        })?;
        if let ExportLine::Row(row) = &line {
            confirm(rows, row, partial, now).await?;
        }
    }
    if !sequence.begun && !lines.is_start_of(&header()) {
        return Err(Error::refused(format!("{} is not an unfinished export: move it elsewhere", partial.display())));
    }
    if sequence.last_file.is_some() || sequence.ended.is_some() {
        exhausted(rows, partial).await?;
    }
    // The interruption may have torn the last line.
    let mut out = Writer { file: BufWriter::new(file), path: partial.to_owned(), hash: lines.hash_before(), sequence };
    let inner = out.file.get_mut();
    inner.set_len(lines.begin()).map_err(Error::disk(partial))?;
    inner.seek(SeekFrom::End(0)).map_err(Error::disk(partial))?;
    Ok(out)
}

fn changed(partial: &Path) -> Error {
    let name = partial.display();
    Error::refused(format!("the store has changed since {name} was begun: delete that file to start again"))
}

/// Checks that a row of the partial file is still in the store, unless it has expired.
async fn confirm(rows: &mut Rows<'_>, row: &RowLine, partial: &Path, now: u64) -> Result<(), Error> {
    let same = rows.peek().await?.is_some_and(|(key, stored)| RowLine::of(key, stored).as_ref() == Some(row));
    if same {
        rows.advance();
    }
    if same || row.expires.is_some_and(|expires| expires <= now) { Ok(()) } else { Err(changed(partial)) }
}

async fn exhausted(rows: &mut Rows<'_>, partial: &Path) -> Result<(), Error> {
    if rows.peek().await?.is_none() { Ok(()) } else { Err(changed(partial)) }
}

async fn copy_rows(from: Engines<'_>, rows: &mut Rows<'_>, out: &mut Writer) -> Result<(), Error> {
    let bar = progress::of_rows(from.scan.estimate().await?);
    bar.set_message("copying");
    while let Some((key, row)) = rows.peek().await? {
        let line = RowLine::of(key, row)
            .ok_or_else(|| Error::refused(format!("the row at {key} is not text: the store is damaged")))?;
        out.line(&ExportLine::Row(line))?;
        rows.advance();
        bar.set_position(out.sequence.summary.rows);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn copy_files(from: Engines<'_>, out: &mut Writer) -> Result<(), Error> {
    let bar = progress::of_files();
    bar.set_message("copying");
    if out.sequence.open.is_some() {
        copy_file(from, out).await?;
    }
    loop {
        let page = from.files.list(out.sequence.last_file.as_deref(), PAGE).await?;
        if page.is_empty() {
            break;
        }
        for kept in page {
            let file = FileLine { id: kept.id, size: kept.size, content_type: CONTENT_TYPE.to_owned() };
            out.line(&ExportLine::File(file))?;
            copy_file(from, out).await?;
            bar.set_position(out.sequence.summary.files);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Copies the rest of the file that is open in `out`.
async fn copy_file(from: Engines<'_>, out: &mut Writer) -> Result<(), Error> {
    while let Some(open) = &out.sequence.open {
        let (id, left) = (open.file.id.clone(), open.file.size - open.done);
        if left == 0 {
            let sha256 = hex(open.hash.clone());
            return out.line(&ExportLine::FileEnd(FileEnd { sha256 }));
        }
        let length = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        match from.files.read(&id, open.done, length).await {
            Ok(bytes) if bytes.is_empty() => {
                return Err(Error::refused(format!("file {id} is shorter than its size says: it is damaged")));
            }
            Ok(bytes) => out.line(&ExportLine::Chunk(STANDARD.encode(bytes)))?,
            Err(error) if error.code == Code::NotFound => out.line(&ExportLine::FileGone {})?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes lines, and counts and hashes them.
struct Writer {
    file: BufWriter<File>,
    path: PathBuf,
    hash: Sha256,
    sequence: Sequence,
}

impl Writer {
    fn line(&mut self, line: &ExportLine) -> Result<(), Error> {
        self.sequence.take(line, || self.hash.clone()).map_err(Error::refused)?;
        let mut text = serde_json::to_vec(line).map_err(|error| Error::refused(error.to_string()))?;
        text.push(b'\n');
        self.hash.update(&text);
        self.file.write_all(&text).map_err(Error::disk(&self.path))
    }

    fn end(&self) -> ExportLine {
        let Summary { rows, files, bytes } = self.sequence.summary;
        ExportLine::End(End { rows, files, bytes, sha256: hex(self.hash.clone()) })
    }

    /// Makes everything durable and renames the file.
    fn finish(mut self, path: &Path) -> Result<Summary, Error> {
        self.file.flush().and_then(|()| self.file.get_ref().sync_all()).map_err(Error::disk(&self.path))?;
        std::fs::rename(&self.path, path).map_err(Error::disk(path))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::disk(folder))?;
        Ok(self.sequence.summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_names_have_different_partial_files() {
        let partial = |name: &str| partial_path(Path::new(name)).unwrap();
        assert_eq!(partial("backup.1"), Path::new("backup.1.partial"));
        assert_ne!(partial("backup.1"), partial("backup.2"));
        assert!(partial_path(Path::new("backup.partial")).is_err());
        assert!(partial_path(Path::new("..")).is_err());
    }
}
