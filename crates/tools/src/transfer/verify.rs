//! Reading an export once from end to end, before a byte of it is believed.

use super::error::Error;
use super::format::{Lines, Next};
use super::walk::Walk;
use super::{Summary, progress};
use std::fs::File;
use std::path::Path;

/// What a sound export holds.
pub(super) struct Verified {
    pub summary: Summary,
    /// The checksum that its last line tells: the export's identity.
    pub sha256: String,
}

/// Reads the whole of `file`, which is at `path`, and refuses what is cut, damaged or something else.
pub(super) fn verify(file: &File, path: &Path) -> Result<Verified, Error> {
    let name = path.display();
    let file = file.try_clone().map_err(Error::disk(path))?;
    let bar = progress::of_bytes(file.metadata().map_err(Error::disk(path))?.len(), "reading");
    let mut lines = Lines::new(file, 0);
    let mut walk = Walk::default();
    loop {
        let next = lines.next().map_err(Error::disk(path))?;
        bar.set_position(lines.end());
        match next {
            Next::Line(line) => walk.take(&line, || lines.hash_before()).map_err(|why| {
                Error::refused(if lines.begin() == 0 {
                    format!("{name} is not a Jobline export: {why}")
                } else {
                    format!("{name} is damaged at byte {}: {why}. Nothing was imported", lines.begin())
                })
            })?,
            Next::Broken if lines.begin() == 0 => {
                return Err(Error::refused(format!(
                    "{name} is not a Jobline export: its first line is not one of ours"
                )));
            }
            Next::Broken if walk.ended.is_none() && lines.at_end().map_err(Error::disk(path))? => break,
            Next::Broken => {
                let at = lines.begin();
                return Err(Error::refused(format!(
                    "{name} is damaged at byte {at}: no line of an export stands there. Nothing was imported"
                )));
            }
            Next::Nothing => break,
        }
    }
    bar.finish_and_clear();
    match walk.ended {
        Some(sha256) => Ok(Verified { summary: walk.summary, sha256 }),
        None => Err(Error::refused(format!(
            "{name} is cut: its end is missing (an unfinished export, or one that was not copied whole). \
             Nothing was imported"
        ))),
    }
}
