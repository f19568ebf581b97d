//! The trace: the last lines for printing, and a hash of all.

use std::collections::VecDeque;

/// Lines that a failure prints.
const KEPT: usize = 80;

/// Tracing takes more than a tenth of the time of a history, so it is on only where the trace is used.
#[derive(Default)]
pub struct Trace {
    last: VecDeque<String>,
    hasher: blake3::Hasher,
    lines: u64,
}

impl Trace {
    /// Counts a line that is not traced.
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
