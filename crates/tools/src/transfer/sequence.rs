//! The order of lines: which line may follow which, and whether counts and checksums match.

use super::Summary;
use super::format::{CHUNK_BYTES, End, ExportLine, FileLine, VERSION, hex};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A file whose chunks are being read.
pub(super) struct OpenFile {
    pub file: FileLine,
    pub done: u64,
    pub hash: Sha256,
}

/// The state after the lines so far.
#[derive(Default)]
pub(super) struct Sequence {
    pub begun: bool,
    pub summary: Summary,
    pub open: Option<OpenFile>,
    /// The id of the last file that began.
    pub last_file: Option<String>,
    /// The checksum of the export, after its end line.
    pub ended: Option<String>,
    /// The bytes of the last `chunk` line.
    pub chunk: Vec<u8>,
}

impl Sequence {
    /// Checks the next line; `before` is the hash of all bytes before it. The error says what is wrong with the export.
    pub(super) fn take(&mut self, line: &ExportLine, before: impl FnOnce() -> Sha256) -> Result<(), String> {
        if self.ended.is_some() {
            return Err("there are lines after its end".into());
        }
        match line {
            ExportLine::JoblineExport(header) if !self.begun => self.begin(header.version),
            _ if !self.begun => Err("its first line is not that of an export".into()),
            ExportLine::Row(_) if self.last_file.is_none() => {
                self.summary.rows += 1;
                Ok(())
            }
            ExportLine::File(file) if self.open.is_none() => self.open_file(file),
            ExportLine::Chunk(text) if self.open.is_some() => self.take_chunk(text),
            ExportLine::FileEnd(end) if self.open.is_some() => self.close_file(&end.sha256),
            ExportLine::FileGone {} if self.open.is_some() => {
                self.open = None;
                Ok(())
            }
            ExportLine::End(end) if self.open.is_none() => self.end(end, hex(before())),
            _ => Err("its lines are in a wrong order".into()),
        }
    }

    fn begin(&mut self, version: u32) -> Result<(), String> {
        self.begun = true;
        if version == VERSION {
            return Ok(());
        }
        Err(format!("it has version {version}, this program reads version {VERSION}: use the jobline that wrote it"))
    }

    fn open_file(&mut self, file: &FileLine) -> Result<(), String> {
        if self.last_file.as_ref().is_some_and(|last| *last >= file.id) {
            return Err(format!("file {} is out of order", file.id));
        }
        self.last_file = Some(file.id.clone());
        self.open = Some(OpenFile { file: file.clone(), done: 0, hash: Sha256::new() });
        Ok(())
    }

    fn take_chunk(&mut self, text: &str) -> Result<(), String> {
        self.chunk.clear();
        STANDARD.decode_vec(text, &mut self.chunk).map_err(|_| "a piece of a file is not base64".to_owned())?;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.done += self.chunk.len() as u64;
        open.hash.update(&self.chunk);
        if self.chunk.len() > CHUNK_BYTES || open.done > open.file.size {
            return Err(format!("file {} is longer than it says", open.file.id));
        }
        Ok(())
    }

    fn close_file(&mut self, sha256: &str) -> Result<(), String> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.done != open.file.size || hex(open.hash) != sha256 {
            return Err(format!("the bytes of file {} are not those that were written", open.file.id));
        }
        self.summary.files += 1;
        self.summary.bytes += open.done;
        Ok(())
    }

    fn end(&mut self, end: &End, sha256: String) -> Result<(), String> {
        let told = Summary { rows: end.rows, files: end.files, bytes: end.bytes };
        if told != self.summary || end.sha256 != sha256 {
            return Err("its counts or its checksum are wrong".into());
        }
        self.ended = Some(sha256);
        Ok(())
    }
}
