//! One row: what is written is read, and conditions mean what they say.

use super::*;
use crate::limits;

pub(super) async fn all(suite: &Suite) {
    what_is_put_is_read(suite).await;
    values_come_back_byte_for_byte(suite).await;
    conditions_mean_what_they_say(suite).await;
    a_version_never_comes_back(suite).await;
    expiry_is_stored(suite).await;
    an_expired_row_is_present(suite).await;
    get_many_answers_in_order(suite).await;
    get_many_keeps_to_its_limits(suite).await;
    cached_rows_are_current(suite).await;
}

async fn what_is_put_is_read(suite: &Suite) {
    let key = Key::new(suite.partition("put"), "ROW");
    assert_eq!(suite.get(&key).await, None, "promise broken: a row that was never written is not there");
    let first = suite.must_commit("a row is put", &[put(&key, Condition::Absent, "first")]).await;
    assert_eq!(suite.get(&key).await, written(&first, "first"), "promise broken: what was put is read");
    let second = suite.must_commit("a row is replaced", &[put(&key, Condition::Any, "second")]).await;
    assert_eq!(suite.get(&key).await, written(&second, "second"), "promise broken: what replaced a row is read");
    suite.must_commit("a row is deleted", &[delete(&key, Condition::Any)]).await;
    assert_eq!(suite.get(&key).await, None, "promise broken: a deleted row is gone");
    suite.must_commit("deleting nothing is no conflict", &[delete(&key, Condition::Any)]).await;
    suite.must_commit("a row is put where one was deleted", &[put(&key, Condition::Absent, "third")]).await;
}

async fn cached_rows_are_current(suite: &Suite) {
    let key = Key::new(suite.partition("cached"), "ROW");
    let is_present = |row: &Option<Row>| match suite.store.cached(&key) {
        Cached::Row(cached) => cached == *row,
        Cached::Unknown => true,
    };
    for round in 0..3 {
        let commit = suite.must_commit("a row is put", &[put(&key, Condition::Any, format!("{round}"))]).await;
        let row = written(&commit, &format!("{round}"));
        assert!(is_present(&row), "promise broken: what is cached is what was committed last");
        assert_eq!(suite.get(&key).await, row, "promise broken: what was put is read");
        assert!(is_present(&row), "promise broken: reading changes nothing of what is cached");
    }
    suite.must_commit("a row is deleted", &[delete(&key, Condition::Any)]).await;
    assert!(is_present(&None), "promise broken: a deleted row is not cached");
    assert_eq!(suite.get(&key).await, None, "promise broken: a deleted row is gone");
    assert!(is_present(&None), "promise broken: a row that is not there is not cached");
}

async fn values_come_back_byte_for_byte(suite: &Suite) {
    let partition = suite.partition("values");
    let values =
        ["", " ", "{\"a\":\"\\u0000\"}", "line\r\nline\n", "\0", "'; --", "é\u{301} 日本 𝄞 \u{200b}", "\u{feff}x"];
    for (i, value) in values.into_iter().enumerate() {
        let key = Key::new(&*partition, format!("VALUE#{i}"));
        let commit = suite.must_commit("any text is a value", &[put(&key, Condition::Absent, value)]).await;
        let row = suite.get(&key).await;
        assert_eq!(row, written(&commit, value), "promise broken: a value comes back byte for byte");
    }
}

/// All combinations of a row, a condition and an action.
async fn conditions_mean_what_they_say(suite: &Suite) {
    let partition = suite.partition("conditions");
    for (i, present) in [false, true].into_iter().enumerate() {
        for action in [Action::Put { value: "new".into(), expires: None }, Action::Delete, Action::Check] {
            for condition in 0..4 {
                let key = Key::new(&*partition, format!("{i}{condition}{action:?}"));
                one_condition(suite, key, present, condition, action.clone()).await;
            }
        }
    }
}

async fn one_condition(suite: &Suite, key: Key, present: bool, condition: usize, action: Action) {
    let old = match present {
        true => suite.must_commit("a row is put", &[put(&key, Condition::Absent, "old")]).await,
        false => suite.commit(&[put(&key, Condition::Absent, "old")]),
    };
    let (condition, holds) = [
        (Condition::Any, true),
        (Condition::Absent, !present),
        (Condition::Version(old.version()), present),
        (Condition::Version(suite.token().version()), false),
    ][condition];
    let before = suite.get(&key).await;
    let promise = format!("{condition:?} of a row that is {} there", if present { "" } else { "not" });
    let operations = [Operation { key: key.clone(), condition, action: action.clone() }];
    let expected = if holds {
        let commit = suite.must_commit(&promise, &operations).await;
        match action {
            Action::Put { .. } => written(&commit, "new"),
            Action::Delete => None,
            Action::Check => before,
        }
    } else {
        suite.must_conflict(&promise, &operations, std::slice::from_ref(&key)).await;
        before
    };
    assert_eq!(suite.get(&key).await, expected, "promise broken: {promise}, then {action:?}");
}

async fn a_version_never_comes_back(suite: &Suite) {
    let key = Key::new(suite.partition("versions"), "ROW");
    let old = suite.must_commit("a row is put", &[put(&key, Condition::Absent, "same")]).await.version();
    suite.must_commit("a row is deleted", &[delete(&key, is(old))]).await;
    let new = suite.must_commit("a row is put again", &[put(&key, Condition::Absent, "same")]).await.version();
    let promise = "a row that was deleted and written again is not mistaken for the old one";
    for operation in [put(&key, is(old), "x"), delete(&key, is(old)), check(&key, is(old))] {
        suite.must_conflict(promise, &[operation], std::slice::from_ref(&key)).await;
    }
    suite.must_commit(promise, &[check(&key, is(new))]).await;
    let newer = suite.must_commit("a row is replaced by itself", &[put(&key, is(new), "same")]).await.version();
    suite.must_conflict("every write makes a new version", &[check(&key, is(new))], std::slice::from_ref(&key)).await;
    suite.must_commit("every write makes a new version", &[check(&key, is(newer))]).await;
}

async fn expiry_is_stored(suite: &Suite) {
    let key = Key::new(suite.partition("expiry"), "ROW");
    // The year 2100: no engine deletes it meanwhile, and it does not fit into 32 bits with a sign.
    for expires in [Some(4_102_444_800), None, Some(4_102_444_801)] {
        let action = Action::Put { value: "x".into(), expires };
        let operation = Operation { key: key.clone(), condition: Condition::Any, action };
        suite.must_commit("a row with an expiry is put", &[operation]).await;
        let row = suite.get(&key).await.expect("promise broken: a row is there before it expires");
        assert_eq!(row.expires, expires, "promise broken: `expires` comes back as it was written");
        let rows = suite.range(&whole(&key.partition, 10, Direction::Ascending)).await;
        assert_eq!(rows, [(key.clone(), row)], "promise broken: a range shows `expires` as a get does");
    }
}

/// The engine may delete an expired row between any two calls, so the check fails only if such a row *never* counts.
async fn an_expired_row_is_present(suite: &Suite) {
    let partition = suite.partition("expired");
    let mut seen = 0;
    for i in 0..20 {
        let key = Key::new(&*partition, format!("ROW#{i}"));
        let action = Action::Put { value: "x".into(), expires: Some(1) };
        let expired = Operation { key: key.clone(), condition: Condition::Absent, action };
        suite.must_commit("an expired row is put", &[expired]).await;
        if suite.get(&key).await.is_none() {
            continue;
        }
        seen += 1;
        let commit = suite.commit(&[put(&key, Condition::Absent, "y")]);
        if suite.commit_until_decided(&commit).await != Outcome::Committed && suite.get(&key).await.is_some() {
            return;
        }
    }
    assert_eq!(seen, 0, "promise broken: an expired row that is still there counts as present");
}

async fn get_many_answers_in_order(suite: &Suite) {
    let partition = suite.partition("get_many");
    let keys: Vec<Key> =
        (0..limits::KEYS_PER_READ).map(|i| Key::new(format!("{partition}#{}", i % 7), format!("ROW#{i}"))).collect();
    let there = |i: usize| i % 3 != 1;
    let operations = keys.iter().enumerate().filter(|(i, _)| there(*i));
    let operations: Vec<_> = operations.map(|(i, key)| put(key, Condition::Absent, i.to_string())).collect();
    let commit = suite.must_commit("rows of many partitions are put at once", &operations).await;
    // An order that is neither that of the keys nor that of the writes.
    let asked: Vec<usize> = (0..keys.len()).map(|i| i * 37 % keys.len()).collect();
    let asked_keys: Vec<Key> = asked.iter().map(|i| keys[*i].clone()).collect();
    let expected: Vec<_> =
        asked.iter().map(|i| there(*i).then(|| written(&commit, &i.to_string())).flatten()).collect();
    let rows = suite.get_many(&asked_keys, Consistency::Strong).await;
    assert_eq!(rows, expected, "promise broken: get_many answers in the order of its keys, and None for missing rows");
    let none = suite.get_many(&[], Consistency::Strong).await;
    assert!(none.is_empty(), "promise broken: get_many of no keys is no rows");
}

async fn get_many_keeps_to_its_limits(suite: &Suite) {
    let partition = suite.partition("limits");
    let keys: Vec<Key> = (0..=limits::KEYS_PER_READ).map(|i| Key::new(&*partition, i.to_string())).collect();
    let twice = [keys[0].clone(), keys[1].clone(), keys[0].clone()];
    for (promise, keys) in [("too many keys", &keys[..]), ("one key twice", &twice[..])] {
        let refused = suite.read(|| async {
            match suite.store.get_many(keys, Consistency::Strong).await {
                Err(Error::TooLarge(_)) => Ok(true),
                other => other.map(|_| false),
            }
        });
        assert!(refused.await, "promise broken: get_many refuses {promise} with TooLarge");
    }
}
