//! What happened, line by line: the last lines to print, all of them as a hash.

use std::collections::VecDeque;

/// Lines that a failure prints.
const KEPT: usize = 80;

/// Writing everything down costs more than a tenth of a history, so it is done where somebody reads it.
#[derive(Default)]
pub struct Trace {
    last: VecDeque<String>,
    hasher: blake3::Hasher,
    lines: u64,
}

impl Trace {
    /// Counts a line that is not written down.
    pub fn count(&mut self) {
        self.lines += 1;
    }

    /// Adds a line; `more` goes only into the hash.
    pub fn add(&mut self, line: String, more: &str) {
        self.hasher.update(line.as_bytes()).update(more.as_bytes()).update(b"\n");
        self.lines += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    pub fn hash(&self) -> String {
        self.hasher.finalize().to_hex()[..16].to_owned()
    }

    pub fn lines(&self) -> u64 {
        self.lines
    }

    pub fn last(&self) -> String {
        self.last.iter().map(|line| format!("  {line}\n")).collect()
    }
}
