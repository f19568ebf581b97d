//! The lines of an export, and a reader for them.

use jobline_store::{Key, Row};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// The version that this program writes, and the only one that it reads.
pub(super) const VERSION: u32 = 1;
/// Bytes of a file in one `chunk` line.
pub(super) const CHUNK_BYTES: usize = 192 * 1024;
/// Bytes of the longest line. A row of the largest allowed size stays below it even if every byte of it is escaped.
const LINE_BYTES: u64 = 4 * 1024 * 1024;

/// One line of an export; the documentation of this module says what each kind means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ExportLine {
    JoblineExport(Header),
    Row(RowLine),
    File(FileLine),
    Chunk(String),
    FileEnd(FileEnd),
    FileGone {},
    End(End),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowLine {
    pub partition: String,
    pub sort: String,
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FileLine {
    pub id: String,
    pub size: u64,
    pub content_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileEnd {
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub rows: u64,
    pub files: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl RowLine {
    /// The line of a row; `None` if the value is not text, as in no row of the domain.
    pub(super) fn of(key: &Key, row: &Row) -> Option<Self> {
        let value = std::str::from_utf8(&row.value).ok()?.to_owned();
        Some(Self { partition: key.partition.clone(), sort: key.sort.clone(), value, expires: row.expires })
    }

    pub(super) fn key(&self) -> Key {
        Key::new(self.partition.clone(), self.sort.clone())
    }
}

/// Hexadecimal digits of a finished hash.
pub(super) fn hex(hash: Sha256) -> String {
    use std::fmt::Write;
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The next line of an export.
#[derive(Debug)]
pub(super) enum Next {
    /// A whole and valid line.
    Line(ExportLine),
    /// Bytes that are no valid line: without a line feed, too long, or in another format.
    Broken,
    /// The end of the file.
    EndOfFile,
}

/// Reads a file line by line, and keeps the position and the hash of everything before it.
pub(super) struct Lines {
    file: BufReader<File>,
    buffer: Vec<u8>,
    begin: u64,
    before: Sha256,
}

impl Lines {
    /// Reads from the position of `file`, which is byte `at`.
    pub(super) fn new(file: File, at: u64) -> Self {
        let file = BufReader::with_capacity(256 * 1024, file);
        Self { file, buffer: Vec::new(), begin: at, before: Sha256::new() }
    }

    /// The next line. Do not call it again after `Broken`.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        self.before.update(&self.buffer);
        self.begin += self.buffer.len() as u64;
        self.buffer.clear();
        let length = (&mut self.file).take(LINE_BYTES).read_until(b'\n', &mut self.buffer)?;
        if length == 0 {
            return Ok(Next::EndOfFile);
        }
        let whole = self.buffer.ends_with(b"\n");
        Ok(match serde_json::from_slice(&self.buffer) {
            Ok(line) if whole => Next::Line(line),
            _ => Next::Broken,
        })
    }

    /// Whether the line that was read last is at the end of the file.
    pub(super) fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.file.fill_buf()?.is_empty())
    }

    /// Whether the bytes that were read last are the beginning of `line`, or none.
    pub(super) fn is_start_of(&self, line: &ExportLine) -> bool {
        serde_json::to_vec(line).is_ok_and(|whole| whole.starts_with(&self.buffer))
    }

    /// Where the line that was read last begins.
    pub(super) fn begin(&self) -> u64 {
        self.begin
    }

    /// Where the line that was read last ends.
    pub(super) fn end(&self) -> u64 {
        self.begin + self.buffer.len() as u64
    }

    /// The hash of every byte before the line that was read last.
    pub(super) fn hash_before(&self) -> Sha256 {
        self.before.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_documented() {
        let row = RowLine { partition: "p".into(), sort: "s".into(), value: "{\"v\":1}".into(), expires: None };
        let text = |line: &ExportLine| serde_json::to_string(line).unwrap();
        assert_eq!(text(&ExportLine::JoblineExport(Header { version: 1 })), r#"{"joblineExport":{"version":1}}"#);
        assert_eq!(text(&ExportLine::Row(row)), r#"{"row":{"partition":"p","sort":"s","value":"{\"v\":1}"}}"#);
        assert_eq!(text(&ExportLine::Chunk("AA==".into())), r#"{"chunk":"AA=="}"#);
        assert_eq!(text(&ExportLine::FileGone {}), r#"{"fileGone":{}}"#);
        assert_eq!(text(&ExportLine::FileEnd(FileEnd { sha256: "00".into() })), r#"{"fileEnd":{"sha256":"00"}}"#);
    }

    #[test]
    fn the_longest_row_stays_below_the_longest_line() {
        let value = "\u{1}".repeat(jobline_store::limits::ROW_BYTES);
        let line = ExportLine::Row(RowLine { partition: "p".into(), sort: "s".into(), value, expires: Some(u64::MAX) });
        assert!((serde_json::to_string(&line).unwrap().len() as u64) < LINE_BYTES);
    }
}
