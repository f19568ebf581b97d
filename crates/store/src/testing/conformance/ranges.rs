//! Ranges: byte order, bounds, pages, and partitions that do not leak.

use super::*;

const BOTH: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// Sort keys, in byte order, that come out of order if anything but bytes is compared: prefixes of each other,
/// numbers as text, upper and lower case, accents, and a pair that UTF-16 orders the other way round (the last two).
const SORTS: [&str; 18] = [
    " ",
    "#",
    "A",
    "A#",
    "A#1",
    "A#1#",
    "A#10",
    "A#2",
    "A$",
    "AA",
    "B",
    "Z",
    "a",
    "e\u{301}",
    "é",
    "日本",
    "\u{fffd}",
    "\u{1d11e}",
];

pub(super) async fn all(suite: &Suite) {
    let partition = suite.partition("order");
    // Written out of order.
    let keys: Vec<Key> = SORTS.iter().map(|sort| Key::new(&*partition, *sort)).collect();
    let operations = (0..keys.len()).map(|i| &keys[i * 7 % keys.len()]);
    let operations: Vec<_> = operations.map(|key| put(key, Condition::Absent, key.sort.clone())).collect();
    suite.must_commit("rows are put in any order", &operations).await;
    rows_are_in_byte_order(suite, &partition).await;
    bounds_are_kept(suite, &partition).await;
    a_prefix_selects_its_rows(suite, &partition).await;
    an_empty_range_is_empty(suite, &partition).await;
    partitions_do_not_leak(suite).await;
    long_ranges_are_paged(suite).await;
    next_outlives_its_row(suite).await;
}

fn sorts(rows: &[(Key, Row)]) -> Vec<&str> {
    rows.iter().map(|(key, _)| &*key.sort).collect()
}

/// What a range of `SORTS` must have.
fn expected<'a>(from: &str, to: &str, direction: Direction) -> Vec<&'a str> {
    let inside = SORTS.into_iter().filter(|sort| from <= *sort && *sort < to);
    match direction {
        Direction::Ascending => inside.collect(),
        Direction::Descending => inside.rev().collect(),
    }
}

async fn rows_are_in_byte_order(suite: &Suite, partition: &str) {
    for direction in BOTH {
        for limit in [1, 2, 3, 7, SORTS.len() - 1, SORTS.len(), SORTS.len() + 1, 1000] {
            let rows = suite.range(&whole(partition, limit, direction)).await;
            let promise = "pages of any limit make up all rows in byte order";
            assert_eq!(sorts(&rows), expected("", "\u{10ffff}", direction), "promise broken: {promise} ({limit})");
            let own = rows.iter().all(|(key, row)| row.value == key.sort.as_bytes());
            assert!(own, "promise broken: a range shows each row with its own value");
        }
    }
}

async fn bounds_are_kept(suite: &Suite, partition: &str) {
    let bounds = ["A", "A#", "A#1", "A#1\0", "A#10", "A#3", "B", "é", "\u{ffff}"];
    for from in bounds {
        for to in bounds {
            for direction in BOTH {
                let range = Range { from: from.into(), to: to.into(), ..whole(partition, 4, direction) };
                let rows = suite.range(&range).await;
                let promise = "a range begins with `from` and ends before `to`";
                assert_eq!(sorts(&rows), expected(from, to, direction), "promise broken: {promise}: {range:?}");
            }
        }
    }
}

async fn a_prefix_selects_its_rows(suite: &Suite, partition: &str) {
    for prefix in ["A", "A#", "A#1", "A#1#", "Q"] {
        for limit in [1, 100] {
            let rows = suite.range(&Range::prefix(partition, prefix, limit)).await;
            let expected: Vec<_> = SORTS.into_iter().filter(|sort| sort.starts_with(prefix)).collect();
            assert_eq!(sorts(&rows), expected, "promise broken: Range::prefix has the rows that begin with {prefix:?}");
        }
    }
}

async fn an_empty_range_is_empty(suite: &Suite, partition: &str) {
    for direction in BOTH {
        let turned = Range { from: "B".into(), to: "A".into(), ..whole(partition, 10, direction) };
        let nowhere = whole(&suite.partition("nowhere"), 10, direction);
        for range in [turned, nowhere] {
            let rows = suite.range(&range).await;
            assert_eq!(sorts(&rows), [""; 0], "promise broken: a range with nothing in it is empty: {range:?}");
        }
    }
}

/// Pairs whose concatenation is the same, and partitions that begin with each other.
async fn partitions_do_not_leak(suite: &Suite) {
    let p = suite.partition("leak");
    let partitions = ["", "#", "\u{1}", "#A", "#A#", "A", "B", "é"].map(|end| format!("{p}{end}"));
    let sorts_there = ["#", "#A", "#A#1", "A", "A#1", "1", "\u{1}"];
    let keys: Vec<Key> = partitions.iter().flat_map(|p| sorts_there.map(|sort| Key::new(&**p, sort))).collect();
    let name = |key: &Key| format!("{}|{}", key.partition, key.sort);
    let operations: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, name(key))).collect();
    suite.must_commit("rows of many partitions are put", &operations).await;
    for partition in &partitions {
        for direction in BOTH {
            let rows = suite.range(&whole(partition, 5, direction)).await;
            let own = rows.iter().all(|(key, row)| row.value == name(key));
            let complete = rows.len() == sorts_there.len();
            assert!(own && complete, "promise broken: a partition has its own rows and no others: {rows:?}");
        }
    }
    for key in &keys {
        let value = suite.get(key).await.map(|row| row.value);
        assert_eq!(value, Some(name(key).into()), "promise broken: keys with the same text in all are different rows");
    }
}

/// More rows than any page has, from any position on.
async fn long_ranges_are_paged(suite: &Suite) {
    let partition = suite.partition("pages");
    let keys: Vec<Key> = (0..250).map(|i| Key::new(&*partition, format!("ROW#{i:03}"))).collect();
    for part in keys.chunks(100) {
        let operations: Vec<_> = part.iter().map(|key| put(key, Condition::Absent, "x")).collect();
        suite.must_commit("a hundred rows are put", &operations).await;
    }
    for direction in BOTH {
        for limit in [9, 100, 1000] {
            let rows = suite.range(&whole(&partition, limit, direction)).await;
            let mut expected: Vec<_> = keys.iter().map(|key| &*key.sort).collect();
            if direction == Direction::Descending {
                expected.reverse();
            }
            assert_eq!(sorts(&rows), expected, "promise broken: following `next` skips nothing ({limit} at a time)");
        }
    }
}

/// A cursor may be used long after the row that it names was deleted.
async fn next_outlives_its_row(suite: &Suite) {
    for direction in BOTH {
        let partition = suite.partition("cursor");
        let keys: Vec<Key> = (0..10).map(|i| Key::new(&*partition, i.to_string())).collect();
        let operations: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, "x")).collect();
        suite.must_commit("rows are put", &operations).await;
        let mut rest = whole(&partition, 2, direction);
        let mut seen = Vec::new();
        for _ in 0..PAGES {
            let page = suite.page(&rest).await;
            let deletes: Vec<_> = page.rows.iter().map(|(key, _)| delete(key, Condition::Any)).collect();
            seen.extend(page.rows);
            if !deletes.is_empty() {
                suite.must_commit("the rows of a page are deleted", &deletes).await;
            }
            let Some(next) = page.next else { break };
            rest = rest.after(&next);
        }
        in_order(&whole(&partition, 2, direction), &seen);
        assert_eq!(seen.len(), keys.len(), "promise broken: `next` stays valid when the row that it names is deleted");
    }
}
