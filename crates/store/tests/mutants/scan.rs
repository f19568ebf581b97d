//! Broken scans, each with the promise that the suite has to find broken.

use crate::*;
use async_trait::async_trait;
use jobline_store::testing::conformance;
use jobline_store::{Consistency, Error, Key, MemoryStore, Scan, ScanPage, Store};
use std::sync::Arc;

#[derive(Debug, Clone, Copy)]
enum ScanDefect {
    Restarts,
    Repeats,
    Skips,
    ShortPageIsLast,
    LimitIgnored,
    NeedsItsRow,
}

struct MutantScan(Arc<MemoryStore>, ScanDefect);

#[async_trait]
impl Scan for MutantScan {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let Self(memory, defect) = self;
        let mut page = memory.scan(after, limit).await?;
        match defect {
            ScanDefect::Restarts => page = memory.scan(None, limit).await?,
            ScanDefect::Repeats if page.rows.len() > 1 && page.next.is_some() => {
                page.next = Some(page.rows[page.rows.len() - 2].0.clone());
            }
            ScanDefect::Skips if after.is_some() && !page.rows.is_empty() => drop(page.rows.remove(0)),
            ScanDefect::ShortPageIsLast if page.rows.len() < limit => page.next = None,
            ScanDefect::LimitIgnored => page = memory.scan(after, limit + 1).await?,
            ScanDefect::NeedsItsRow => {
                if let Some(after) = after
                    && memory.get(after, Consistency::Strong).await?.is_none()
                {
                    page.rows.clear();
                    page.next = None;
                }
            }
            _ => {}
        }
        Ok(page)
    }

    async fn estimate(&self) -> Result<u64, Error> {
        self.0.estimate().await
    }
}

#[tokio::test]
async fn every_defect_of_a_scan_is_caught_by_its_promise() {
    for (defect, words) in [
        (ScanDefect::Restarts, "a scan moves on"),
        (ScanDefect::Repeats, "every row exactly once"),
        (ScanDefect::Skips, "every row exactly once"),
        (ScanDefect::ShortPageIsLast, "every row exactly once"),
        (ScanDefect::LimitIgnored, "at most `limit` rows"),
        (ScanDefect::NeedsItsRow, "goes on where the row of `next` was deleted"),
    ] {
        let memory = Arc::new(MemoryStore::new());
        let scan = Arc::new(MutantScan(memory.clone(), defect));
        let complaint = complaint(conformance::scan_all(memory, scan, 1)).await;
        assert!(complaint.as_ref().is_some_and(|complaint| complaint.contains(words)), "{defect:?}: {complaint:?}");
    }
}
