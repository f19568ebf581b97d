//! File descriptors kept in reserve, so that the database can be opened again in a process that has run out of them.

use std::fs::File;

/// Opening takes the descriptors that closing has freed, and a few more for the folders and lists it reads meanwhile.
const COUNT: usize = 16;

pub(crate) struct SpareDescriptors(Vec<File>);

impl SpareDescriptors {
    /// As many as the process may still have.
    pub(crate) fn new() -> Self {
        let mut spare = Self(Vec::with_capacity(COUNT));
        spare.refill();
        spare
    }

    /// Takes back what was released, as far as the process may have that many.
    pub(crate) fn refill(&mut self) {
        while self.0.len() < COUNT
            && let Ok(file) = File::open("/dev/null")
        {
            self.0.push(file);
        }
    }

    /// Makes room for other descriptors until the next refill.
    pub(crate) fn release(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_descriptors_are_taken_back() {
        let mut spare = SpareDescriptors::new();
        assert_eq!(spare.0.len(), COUNT);
        spare.release();
        assert!(spare.0.is_empty());
        spare.refill();
        spare.refill();
        assert_eq!(spare.0.len(), COUNT);
    }
}
