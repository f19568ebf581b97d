//! Reads all rows of a store, one at a time.

use super::error::Error;
use jobline_store::{Key, Row, Scan};
use std::collections::VecDeque;

/// Rows in one page: at most 40 MB, with rows of the largest size.
const PAGE: usize = 100;

/// A scan, row by row. Holds one page at a time.
pub(super) struct Rows<'a> {
    scan: &'a dyn Scan,
    page: VecDeque<(Key, Row)>,
    after: Option<Key>,
    done: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(scan: &'a dyn Scan) -> Self {
        Self { scan, page: VecDeque::new(), after: None, done: false }
    }

    /// The next row, which stays the next one until [`Rows::advance`].
    pub(super) async fn peek(&mut self) -> Result<Option<&(Key, Row)>, Error> {
        while self.page.is_empty() && !self.done {
            let page = self.scan.scan(self.after.as_ref(), PAGE).await?;
            self.page = page.rows.into();
            self.done = page.next.is_none();
            self.after = page.next;
        }
        Ok(self.page.front())
    }

    pub(super) fn advance(&mut self) {
        self.page.pop_front();
    }
}
