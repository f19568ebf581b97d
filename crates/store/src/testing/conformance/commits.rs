//! Commits of many rows: as a whole or not at all, up to the limits.

use super::*;
use crate::limits::{OPERATIONS_PER_COMMIT, PARTITION_BYTES, ROW_BYTES, SORT_BYTES};

pub(super) async fn all(suite: &Suite) {
    a_commit_mixes_actions_and_partitions(suite).await;
    checks_change_nothing(suite).await;
    one_failing_condition_stops_everything(suite).await;
    all_failing_conditions_are_named(suite).await;
    committed_rows_are_seen_at_once(suite).await;
    the_largest_rows_and_keys_are_kept(suite).await;
}

async fn a_commit_mixes_actions_and_partitions(suite: &Suite) {
    let partition = suite.partition("mixed");
    let [new, replaced, deleted, checked] = ["1", "2", "3", "4"].map(|p| Key::new(format!("{partition}#{p}"), "ROW"));
    let rows = [&replaced, &deleted, &checked].map(|key| put(key, Condition::Absent, "old"));
    let old = suite.must_commit("rows of several partitions are put", &rows).await;
    let operations = [
        put(&new, Condition::Absent, "new"),
        put(&replaced, is(old.version()), "new"),
        delete(&deleted, is(old.version())),
        check(&checked, is(old.version())),
    ];
    let promise = "a commit mixes put, delete and check over partitions";
    let commit = suite.must_commit(promise, &operations).await;
    let rows = suite.get_many(&[new, replaced, deleted, checked], Consistency::Strong).await;
    let expected = [written(&commit, "new"), written(&commit, "new"), None, written(&old, "old")];
    assert_eq!(rows, expected, "promise broken: {promise}");
}

async fn checks_change_nothing(suite: &Suite) {
    let partition = suite.partition("checks");
    let [there, missing] = ["THERE", "MISSING"].map(|sort| Key::new(&*partition, sort));
    let old = suite.must_commit("a row is put", &[put(&there, Condition::Absent, "old")]).await;
    let hold = [check(&there, is(old.version())), check(&missing, Condition::Absent)];
    suite.must_commit("a commit may consist of checks", &hold).await;
    let fail = [check(&there, Condition::Absent), check(&missing, is(old.version()))];
    let failing = [missing.clone(), there.clone()];
    suite.must_conflict("a commit of checks fails as any other", &fail, &failing).await;
    let rows = suite.get_many(&[there, missing], Consistency::Strong).await;
    assert_eq!(rows, [written(&old, "old"), None], "promise broken: a check changes nothing");
}

async fn one_failing_condition_stops_everything(suite: &Suite) {
    for failing in [0, OPERATIONS_PER_COMMIT / 2, OPERATIONS_PER_COMMIT - 1] {
        for action in [Action::Put { value: "new".into(), expires: None }, Action::Delete, Action::Check] {
            let partition = suite.partition("atomic");
            let keys: Vec<Key> = (0..OPERATIONS_PER_COMMIT).map(|i| Key::new(&*partition, format!("{i:03}"))).collect();
            nothing_happens(suite, &keys, failing, action).await;
        }
    }
}

/// A commit over `keys`, half of which exist, in which only the condition on one does not hold.
async fn nothing_happens(suite: &Suite, keys: &[Key], failing: usize, action: Action) {
    let promise = "a commit with one failing condition does nothing and names its key";
    let there: Vec<_> = keys.iter().step_by(2).map(|key| put(key, Condition::Absent, "old")).collect();
    let old = suite.must_commit("a hundred operations in one commit", &there).await;
    let mut operations: Vec<_> = keys.iter().enumerate().map(|(i, key)| suite.harmful(i, key, &old)).collect();
    let condition = match failing % 2 {
        0 => Condition::Absent,
        _ => is(old.version()),
    };
    operations[failing] = Operation { key: keys[failing].clone(), condition, action };
    suite.must_conflict(promise, &operations, &keys[failing..=failing]).await;
    let rows = suite.range(&whole(&keys[0].partition, OPERATIONS_PER_COMMIT, Direction::Ascending)).await;
    let before: Vec<_> = keys.iter().step_by(2).map(|key| (key.clone(), row(&old, "old"))).collect();
    assert!(rows == before, "promise broken: {promise} (number {failing} of {})", keys.len());
}

impl Suite {
    /// The operation number `i` of a commit whose conditions hold if every second row exists.
    fn harmful(&self, i: usize, key: &Key, old: &Commit) -> Operation {
        match i % 4 {
            0 => put(key, is(old.version()), "new"),
            1 => put(key, Condition::Absent, "new"),
            2 => delete(key, Condition::Any),
            _ => put(key, Condition::Any, "new"),
        }
    }
}

async fn all_failing_conditions_are_named(suite: &Suite) {
    let partition = suite.partition("named");
    let keys = ["1", "2", "3", "4"].map(|sort| Key::new(&*partition, sort));
    let operations = [
        put(&keys[0], Condition::Absent, "x"),
        put(&keys[1], is(suite.token().version()), "x"),
        delete(&keys[2], Condition::Any),
        check(&keys[3], is(suite.token().version())),
    ];
    let failing = [keys[1].clone(), keys[3].clone()];
    suite.must_conflict("a conflict names every condition that is not met", &operations, &failing).await;
}

async fn committed_rows_are_seen_at_once(suite: &Suite) {
    let promise = "a strong read sees every commit that was answered before it began";
    let partition = suite.partition("fresh");
    let keys = ["1", "2"].map(|sort| Key::new(&*partition, sort));
    for round in 0..10 {
        let value = round.to_string();
        let operations = keys.each_ref().map(|key| put(key, Condition::Any, value.clone()));
        let commit = suite.must_commit("rows are replaced", &operations).await;
        let expected = vec![written(&commit, &value); 2];
        let got = vec![suite.get(&keys[0]).await, suite.get(&keys[1]).await];
        assert_eq!(got, expected, "promise broken: {promise} (get)");
        assert_eq!(suite.get_many(&keys, Consistency::Strong).await, expected, "promise broken: {promise} (get_many)");
        let rows = suite.range(&whole(&partition, 10, Direction::Descending)).await;
        let rows: Vec<_> = rows.into_iter().map(|(_, row)| Some(row)).collect();
        assert_eq!(rows, expected, "promise broken: {promise} (range)");
    }
}

/// Ten rows as large as rows may be, with keys as long as keys may be, in one commit.
async fn the_largest_rows_and_keys_are_kept(suite: &Suite) {
    let mut partition = suite.partition("large");
    partition.push_str(&"p".repeat(PARTITION_BYTES - partition.len()));
    let keys: Vec<Key> = (0..10).map(|i| Key::new(&*partition, format!("{i}{}", "s".repeat(SORT_BYTES - 1)))).collect();
    let value = crate::Bytes::from(vec![b'x'; ROW_BYTES - PARTITION_BYTES - SORT_BYTES]);
    let operations: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, value.clone())).collect();
    let commit = suite.must_commit("ten of the largest rows in one commit", &operations).await;
    let row = Row { value, version: commit.version(), expires: None };
    for (limit, direction) in [(1, Direction::Ascending), (3, Direction::Descending), (100, Direction::Ascending)] {
        let mut rows = suite.range(&whole(&partition, limit, direction)).await;
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let whole = rows.len() == keys.len() && rows.iter().zip(&keys).all(|((k, r), key)| k == key && *r == row);
        assert!(whole, "promise broken: a range over the largest rows and keys has all of them, {limit} at a time");
    }
    let rows = suite.get_many(&keys, Consistency::Strong).await;
    let whole = rows.iter().all(|r| r.as_ref() == Some(&row));
    assert!(whole, "promise broken: get_many answers the largest rows");
    let deletes: Vec<_> = keys.iter().map(|key| delete(key, is(commit.version()))).collect();
    suite.must_commit("ten of the largest rows are deleted", &deletes).await;
}
