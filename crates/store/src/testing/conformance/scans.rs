//! Scans: each row once, resumable anywhere.

use super::*;
use crate::ScanPage;

pub(super) async fn all(suite: &Suite, scan: &dyn Scan) {
    let prefix = suite.partition("scan");
    let expected = fill(suite, &prefix).await;
    for limit in [1, 2, 7, 1000] {
        let pages = follow(suite, scan, None, limit).await;
        assert_eq!(
            own(&pages, &prefix),
            expected,
            "promise broken: a scan has every row exactly once, {limit} at a time"
        );
    }
    any_next_resumes(suite, scan, &prefix).await;
    next_outlives_its_row(suite, scan, &prefix).await;
    suite.read(|| scan.estimate()).await;
}

/// Writes rows in several partitions, replaces some and deletes some. Answers those that are left, in order.
async fn fill(suite: &Suite, prefix: &str) -> Vec<(Key, Row)> {
    let keys: Vec<Key> = (0..40).map(|i| Key::new(format!("{prefix}#{}", i % 5), format!("ROW#{i:02}"))).collect();
    let puts: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, "old")).collect();
    let old = suite.must_commit("rows are put", &puts).await;
    let change = |(i, key): (usize, &Key)| match i % 4 {
        0 => Some(put(key, Condition::Any, "new")),
        1 => Some(delete(key, Condition::Any)),
        _ => None,
    };
    let changes: Vec<_> = keys.iter().enumerate().filter_map(change).collect();
    let new = suite.must_commit("rows are replaced and deleted", &changes).await;
    let left = |(i, key): (usize, Key)| match i % 4 {
        0 => Some((key, row(&new, "new"))),
        1 => None,
        _ => Some((key, row(&old, "old"))),
    };
    let mut rows: Vec<_> = keys.into_iter().enumerate().filter_map(left).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// The pages from `after` on.
async fn follow(suite: &Suite, scan: &dyn Scan, after: Option<Key>, limit: usize) -> Vec<ScanPage> {
    let (mut pages, mut after) = (Vec::new(), after);
    // Other rows may be in the store, so the bound is high; a scan that repeats itself shows a row twice.
    loop {
        let page = suite.read(|| scan.scan(after.as_ref(), limit)).await;
        assert!(page.rows.len() <= limit, "promise broken: a page of a scan has at most `limit` rows");
        let stuck = page.next.is_some() && page.next == after;
        assert!(!stuck, "promise broken: a scan moves on from {after:?}");
        after.clone_from(&page.next);
        pages.push(page);
        if after.is_none() {
            return pages;
        }
        assert!(pages.len() < 1_000_000, "promise broken: a scan comes to an end");
    }
}

/// The rows of the suite in `pages`, in order.
fn own(pages: &[ScanPage], prefix: &str) -> Vec<(Key, Row)> {
    let rows = pages.iter().flat_map(|page| &page.rows).filter(|(key, _)| key.partition.starts_with(prefix));
    let mut rows: Vec<_> = rows.cloned().collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

async fn any_next_resumes(suite: &Suite, scan: &dyn Scan, prefix: &str) {
    let pages = follow(suite, scan, None, 3).await;
    let ours = |rows: &[(Key, Row)]| rows.iter().any(|(key, _)| key.partition.starts_with(prefix));
    for (i, ScanPage { rows, next }) in pages.iter().enumerate() {
        if let Some(next) = next
            && ours(rows)
        {
            let rest = follow(suite, scan, Some(next.clone()), 1000).await;
            let expected = own(&pages[i + 1..], prefix);
            assert_eq!(own(&rest, prefix), expected, "promise broken: a scan goes on from any `next`");
        }
    }
}

async fn next_outlives_its_row(suite: &Suite, scan: &dyn Scan, prefix: &str) {
    let pages = follow(suite, scan, None, 5).await;
    let named = pages.iter().enumerate().find_map(|(i, page)| {
        page.next.as_ref().filter(|key| key.partition.starts_with(prefix)).map(|key| (i, key.clone()))
    });
    // An engine may name a key that is not a row of this suite.
    let Some((i, next)) = named else { return };
    suite.must_commit("the row that `next` names is deleted", &[delete(&next, Condition::Any)]).await;
    let rest = follow(suite, scan, Some(next), 5).await;
    let expected = own(&pages[i + 1..], prefix);
    assert_eq!(own(&rest, prefix), expected, "promise broken: a scan goes on where the row of `next` was deleted");
}
