//! Many writers at once: each check fails if the conditions and the effects of a commit are not one atomic step.

use super::*;
use std::collections::HashMap;
use tokio::task::JoinSet;

/// Writers in each race.
const WRITERS: usize = 8;
/// How often a writer that loses tries again: far more often than a fair race needs.
const ROUNDS: usize = 20_000;

pub(super) async fn all(suite: &Arc<Suite>) {
    increments_are_not_lost(suite).await;
    a_claim_has_one_winner(suite).await;
    overlapping_claims_are_whole(suite).await;
    opposite_orders_keep_the_sum(suite).await;
    a_check_holds_until_the_commit(suite).await;
    strong_reads_do_not_go_back(suite).await;
}

/// The answers of `count` tasks that run at once.
async fn at_once<T, F>(suite: &Arc<Suite>, count: usize, task: impl Fn(Arc<Suite>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for i in 0..count {
        tasks.spawn(task(Arc::clone(suite), i));
    }
    tasks.join_all().await
}

/// Tries `attempt`, which reads and commits, until it wins or has nothing more to do.
async fn until_done<F: Future<Output = Option<Commit>>>(suite: &Suite, attempt: impl Fn() -> F) {
    for _ in 0..ROUNDS {
        let Some(commit) = attempt().await else { return };
        match suite.commit_until_decided(&commit).await {
            Outcome::Committed => return,
            Outcome::Conflict(keys) => suite.named("a race", &commit, &keys),
        }
        tokio::task::yield_now().await;
    }
    panic!("promise broken: a writer that reads and tries again wins within {ROUNDS} rounds")
}

fn number(row: &Row) -> i64 {
    std::str::from_utf8(&row.value).ok().and_then(|text| text.parse().ok()).expect("promise broken: a value is kept")
}

async fn there(suite: &Suite, key: &Key) -> Row {
    suite.get(key).await.expect("promise broken: a row that nobody deletes is there")
}

async fn increment(suite: &Suite, key: &Key) {
    let attempt = || async {
        let row = there(suite, key).await;
        Some(suite.commit(&[put(key, is(row.version), (number(&row) + 1).to_string())]))
    };
    until_done(suite, attempt).await;
}

async fn increments_are_not_lost(suite: &Arc<Suite>) {
    let key = Key::new(suite.partition("counter"), "COUNTER");
    suite.must_commit("a counter is put", &[put(&key, Condition::Absent, "0")]).await;
    let each = 5;
    let writer = |suite: Arc<Suite>, _| {
        let key = key.clone();
        async move {
            for _ in 0..each {
                increment(&suite, &key).await;
            }
        }
    };
    at_once(suite, WRITERS, writer).await;
    let sum = number(&there(suite, &key).await);
    assert_eq!(sum, (WRITERS * each) as i64, "promise broken: increments by compare-and-swap happen exactly once each");
}

async fn a_claim_has_one_winner(suite: &Arc<Suite>) {
    for round in 0..5 {
        let key = Key::new(suite.partition("claim"), format!("CLAIM#{round}"));
        let writer = |suite: Arc<Suite>, i: usize| {
            let key = key.clone();
            async move { claim(&suite, &key, i).await }
        };
        let claims = at_once(suite, WRITERS, writer).await;
        let winners: Vec<String> = claims.into_iter().flatten().collect();
        let holder = there(suite, &key).await;
        let promise = "of those who claim a row that is absent, one wins";
        assert_eq!(winners.len(), 1, "promise broken: {promise}; these did: {winners:?}");
        assert_eq!(holder.value, winners[0], "promise broken: the row is the winner's");
    }
}

/// The name under which writer `i` won `key`, if it did.
async fn claim(suite: &Suite, key: &Key, i: usize) -> Option<String> {
    for _ in 0..ROUNDS {
        let commit = suite.commit(&[put(key, Condition::Absent, i.to_string())]);
        if suite.commit_until_decided(&commit).await == Outcome::Committed {
            return Some(i.to_string());
        }
        // A conflict without a holder is spurious, or a race that nobody won.
        if suite.get(key).await.is_some() {
            return None;
        }
    }
    panic!("promise broken: a claim on an absent row is decided within {ROUNDS} rounds")
}

async fn overlapping_claims_are_whole(suite: &Arc<Suite>) {
    let partition = suite.partition("overlap");
    let keys: Vec<Key> = (0..WRITERS).map(|i| Key::new(&*partition, i.to_string())).collect();
    let claimed = |i: usize| [i, i + 1, i + 2].map(|n| keys[n % WRITERS].clone());
    let writer = |suite: Arc<Suite>, i: usize| {
        let claimed = claimed(i);
        async move {
            let commit = suite.commit(&claimed.each_ref().map(|key| put(key, Condition::Absent, i.to_string())));
            (i, suite.commit_until_decided(&commit).await == Outcome::Committed)
        }
    };
    let outcomes = at_once(suite, WRITERS, writer).await;
    let winners = outcomes.into_iter().filter(|(_, won)| *won).map(|(i, _)| i);
    let expected: HashMap<Key, i64> = winners.flat_map(|i| claimed(i).map(|key| (key, i as i64))).collect();
    let rows = suite.range(&whole(&partition, 10, Direction::Ascending)).await;
    let found: HashMap<Key, i64> = rows.iter().map(|(key, row)| (key.clone(), number(row))).collect();
    assert_eq!(found, expected, "promise broken: of overlapping commits each happens whole or not at all");
}

async fn opposite_orders_keep_the_sum(suite: &Arc<Suite>) {
    let partition = suite.partition("sum");
    let keys = ["LEFT", "RIGHT"].map(|sort| Key::new(&*partition, sort));
    suite.must_commit("two accounts are put", &keys.each_ref().map(|key| put(key, Condition::Absent, "100"))).await;
    let writer = |suite: Arc<Suite>, i: usize| {
        let mut keys = keys.clone();
        if i % 2 == 1 {
            keys.reverse();
        }
        async move {
            for amount in 1..=5 {
                until_done(&suite, || async { Some(transfer(&suite, &keys, amount).await) }).await;
            }
        }
    };
    at_once(suite, WRITERS, writer).await;
    let rows = suite.get_many(&keys, Consistency::Strong).await;
    let sum: i64 = rows.iter().flatten().map(number).sum();
    assert_eq!(sum, 200, "promise broken: commits that touch two rows in opposite order keep their sum: {rows:?}");
}

/// A commit that moves `amount` from the first of `keys` to the second.
async fn transfer(suite: &Suite, keys: &[Key; 2], amount: i64) -> Commit {
    let (from, to) = (there(suite, &keys[0]).await, there(suite, &keys[1]).await);
    suite.commit(&[
        put(&keys[0], is(from.version), (number(&from) - amount).to_string()),
        put(&keys[1], is(to.version), (number(&to) + amount).to_string()),
    ])
}

/// Two writers each delete their row if the other's exists: if the check is not a part of the commit, both are deleted.
async fn a_check_holds_until_the_commit(suite: &Arc<Suite>) {
    for _ in 0..10 {
        let partition = suite.partition("check");
        let keys = ["LEFT", "RIGHT"].map(|sort| Key::new(&*partition, sort));
        suite.must_commit("two rows are put", &keys.each_ref().map(|key| put(key, Condition::Absent, "1"))).await;
        let writer = |suite: Arc<Suite>, i: usize| {
            let (own, other) = (keys[i].clone(), keys[1 - i].clone());
            async move {
                let leave = || async {
                    let other_row = suite.get(&other).await?;
                    Some(suite.commit(&[check(&other, is(other_row.version)), delete(&own, Condition::Any)]))
                };
                until_done(&suite, leave).await;
            }
        };
        at_once(suite, 2, writer).await;
        let left = suite.get_many(&keys, Consistency::Strong).await.into_iter().flatten().count();
        assert_eq!(left, 1, "promise broken: a check holds until its commit has happened");
    }
}

async fn strong_reads_do_not_go_back(suite: &Arc<Suite>) {
    let key = Key::new(suite.partition("forward"), "COUNTER");
    suite.must_commit("a counter is put", &[put(&key, Condition::Absent, "0")]).await;
    let task = |suite: Arc<Suite>, i: usize| {
        let key = key.clone();
        async move {
            for _ in 0..20 {
                match i {
                    0 => increment(&suite, &key).await,
                    _ => see_no_less(&suite, &key).await,
                }
                tokio::task::yield_now().await;
            }
        }
    };
    at_once(suite, 4, task).await;
}

/// Reads a number that only grows in all three ways, one after another.
async fn see_no_less(suite: &Suite, key: &Key) {
    let got = number(&there(suite, key).await);
    let many = suite.get_many(std::slice::from_ref(key), Consistency::Strong).await;
    let many = many.iter().flatten().map(number).sum();
    let ranged = suite.range(&whole(&key.partition, 1, Direction::Descending)).await;
    let ranged = ranged.iter().map(|(_, row)| number(row)).sum();
    let again = number(&there(suite, key).await);
    let forward = got <= many && many <= ranged && ranged <= again;
    assert!(forward, "promise broken: strong reads do not go back in time: {got}, {many}, {ranged}, {again}");
}
