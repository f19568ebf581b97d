//! Reads an export once from beginning to end and checks it, before any of it is used.

use super::error::Error;
use super::format::{Lines, Next};
use super::sequence::Sequence;
use super::{Summary, progress};
use std::fs::File;
use std::path::Path;

/// The content of a valid export.
pub(super) struct Verified {
    pub summary: Summary,
    /// The checksum in its last line, which identifies the export.
    pub sha256: String,
}

/// Reads the whole of `file`, which is at `path`, and refuses it if it is truncated, damaged or not an export.
pub(super) fn verify(file: &File, path: &Path) -> Result<Verified, Error> {
    let name = path.display();
    let file = file.try_clone().map_err(Error::disk(path))?;
    let bar = progress::of_bytes(file.metadata().map_err(Error::disk(path))?.len(), "reading");
    let mut lines = Lines::new(file, 0);
    let mut sequence = Sequence::default();
    loop {
        let next = lines.next().map_err(Error::disk(path))?;
        bar.set_position(lines.end());
        match next {
            Next::Line(line) => sequence.take(&line, || lines.hash_before()).map_err(|why| {
                Error::refused(if lines.begin() == 0 {
                    format!("{name} is not a Jobline export: {why}")
                } else {
                    format!("{name} is damaged at byte {}: {why}. Nothing was imported", lines.begin())
                })
            })?,
            Next::Broken if lines.begin() == 0 => {
                return Err(Error::refused(format!(
                    "{name} is not a Jobline export: its first line is not that of an export"
                )));
            }
            Next::Broken if sequence.ended.is_none() && lines.at_end().map_err(Error::disk(path))? => break,
            Next::Broken => {
                let at = lines.begin();
                return Err(Error::refused(format!(
                    "{name} is damaged at byte {at}: there is no valid line. Nothing was imported"
                )));
            }
            Next::EndOfFile => break,
        }
    }
    bar.finish_and_clear();
    match sequence.ended {
        Some(sha256) => Ok(Verified { summary: sequence.summary, sha256 }),
        None => Err(Error::refused(format!(
            "{name} is cut: its end is missing (an unfinished export, or one that was not copied whole). \
             Nothing was imported"
        ))),
    }
}
