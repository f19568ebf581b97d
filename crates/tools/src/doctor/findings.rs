//! The findings, one line for each.

use crate::check::outcome::printable;
use std::fmt::Display;
use std::io::Write;

/// Writes the findings, and counts those that are wrong.
pub struct Findings<'a> {
    out: &'a mut (dyn Write + Send),
    wrong: usize,
}

impl<'a> Findings<'a> {
    /// Writes to `out`.
    pub fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, wrong: 0 }
    }

    /// `name` is right.
    pub fn ok(&mut self, name: &str, what: impl Display) {
        self.line("ok     ", name, &what.to_string());
    }

    /// `name` is wrong, and what to do about it.
    pub fn wrong(&mut self, name: &str, what: impl Display, to_do: impl Display) {
        self.wrong += 1;
        self.line("WRONG  ", name, &format!("{what}. {to_do}"));
    }

    /// `name` was not checked.
    pub fn skipped(&mut self, name: &str, why: impl Display) {
        self.line("skipped", name, &why.to_string());
    }

    /// Writes the total, and returns how many things are wrong.
    pub fn end(self) -> usize {
        // It is fine if nobody reads it.
        let _ = match self.wrong {
            0 => writeln!(self.out, "nothing is wrong"),
            1 => writeln!(self.out, "1 thing is wrong"),
            wrong => writeln!(self.out, "{wrong} things are wrong"),
        };
        self.wrong
    }

    fn line(&mut self, verdict: &str, name: &str, text: &str) {
        let _ = writeln!(self.out, "{verdict} {name}: {}", printable(text));
    }
}
