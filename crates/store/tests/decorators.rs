//! Each decorator has its effect: a test over a decorator that did nothing would prove nothing.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use jobline_store::testing::{Counting, Counts, FaultRates, Faulty, Slow, WeaklyVisible};
use jobline_store::{
    Commit, Condition, Consistency, Direction, Error, Key, MemoryStore, Outcome, Range, Row, Store, Token,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const TRIES: u128 = 1_000;

fn key(sort: &str) -> Key {
    Key::new("P", sort)
}

fn put(token: u128, sort: &str) -> Commit {
    Commit::builder(Token(token)).put(key(sort), Condition::Any, token.to_string(), None).build().unwrap()
}

fn delete(token: u128, sort: &str) -> Commit {
    Commit::builder(Token(token)).delete(key(sort), Condition::Any).build().unwrap()
}

/// Commits, and expects success.
async fn done(store: &dyn Store, commit: Commit) {
    assert_eq!(store.commit(&commit).await.unwrap(), Outcome::Committed);
}

async fn value(store: &dyn Store, sort: &str, consistency: Consistency) -> Option<u128> {
    number(store.get(&key(sort), consistency).await.unwrap())
}

fn number(row: Option<Row>) -> Option<u128> {
    row.map(|row| std::str::from_utf8(&row.value).unwrap().parse().unwrap())
}

fn rates(change: impl FnOnce(&mut FaultRates)) -> FaultRates {
    let mut rates = FaultRates::default();
    change(&mut rates);
    rates
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new())
}

#[tokio::test]
async fn memory_cuts_pages_and_shows_empty_ones() {
    let store = memory();
    let (mut short, mut empty) = (0, 0);
    for token in 0..30 {
        let partition = format!("P{token}");
        let sorts = (0..20).map(|i| Key::new(&*partition, format!("R{i:02}")));
        let commit = sorts.fold(Commit::builder(Token(token)), |b, key| b.put(key, Condition::Any, "x", None));
        done(&*store, commit.build().unwrap()).await;
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut range = Range { direction, ..Range::prefix(&*partition, "R", 15) };
            loop {
                let page = store.range(&range).await.unwrap();
                let Some(next) = page.next else { break };
                short += usize::from(page.rows.len() < 15);
                empty += usize::from(page.rows.is_empty());
                range = range.after(&next);
            }
        }
    }
    assert!(short >= 120, "20 rows are at least two short pages that are not last: {short}");
    assert!((5..short / 2).contains(&empty), "some pages are empty and not last: {empty}");
}

#[tokio::test]
async fn memory_with_long_pages_answers_at_once() {
    let store = MemoryStore::with_page_cap(usize::MAX);
    for i in 0..100 {
        done(&store, put(i, &format!("R{i:02}"))).await;
    }
    for limit in 1..=99 {
        assert_eq!(store.range(&Range::prefix("P", "R", limit)).await.unwrap().rows.len(), limit);
    }
    let page = store.range(&Range::prefix("P", "R", 101)).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (100, None));
}

#[tokio::test]
async fn memory_checks_the_conditions_of_a_refused_commit_again() {
    let store = memory();
    done(&*store, put(1, "A")).await;
    let claim = Commit::builder(Token(2)).put(key("A"), Condition::Absent, "2", None).build().unwrap();
    assert_eq!(store.commit(&claim).await.unwrap(), Outcome::Conflict(vec![key("A")]));
    done(&*store, delete(3, "A")).await;
    done(&*store, claim).await;
    assert_eq!(value(&*store, "A", Consistency::Strong).await, Some(2));
}

#[tokio::test]
async fn memory_forgets_only_old_tokens() {
    let store = memory();
    for token in 0..=100_000 {
        done(&*store, put(token, "A")).await;
    }
    done(&*store, put(1, "A")).await;
    assert_eq!(value(&*store, "A", Consistency::Strong).await, Some(100_000), "token 1 is remembered");
    done(&*store, put(0, "A")).await;
    assert_eq!(value(&*store, "A", Consistency::Strong).await, Some(0), "token 0 was forgotten: memory is bounded");
}

#[tokio::test]
async fn counting_counts_round_trips() {
    let store = Counting::new(memory());
    done(&store, put(1, "A")).await;
    let two = Commit::builder(Token(2)).delete(key("X"), Condition::Any).check(key("A"), Condition::Absent);
    let conflict = store.commit(&two.build().unwrap()).await.unwrap();
    assert_eq!(conflict, Outcome::Conflict(vec![key("A")]));
    store.get(&key("A"), Consistency::Eventual).await.unwrap();
    store.get(&key("X"), Consistency::Strong).await.unwrap();
    store.get_many(&[key("A"), key("X")], Consistency::Strong).await.unwrap();
    store.range(&Range::prefix("P", "Q", 10)).await.unwrap();
    let counts = Counts { reads: 4, strong_reads: 3, rows: 2, commits: 2, operations: 3 };
    assert_eq!(store.counts(), counts);
    assert_eq!(store.reset(), counts);
    assert_eq!(store.counts(), Counts::default());
}

#[tokio::test]
async fn faulty_is_unavailable_before_any_effect() {
    let inner = memory();
    let store = Faulty::new(inner.clone(), 1, rates(|r| r.unavailable = 1.0));
    assert!(matches!(store.commit(&put(1, "A")).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.get(&key("A"), Consistency::Strong).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.get_many(&[key("A")], Consistency::Strong).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.range(&Range::prefix("P", "A", 1)).await, Err(Error::Unavailable(_))));
    assert_eq!(value(&*inner, "A", Consistency::Strong).await, None, "nothing happened");
}

#[tokio::test]
async fn faulty_loses_commits_and_answers() {
    let inner = memory();
    let store = Faulty::new(inner.clone(), 1, rates(|r| r.unknown_lost = 1.0));
    assert!(matches!(store.commit(&put(1, "A")).await, Err(Error::Unknown(_))));
    assert_eq!(value(&*inner, "A", Consistency::Strong).await, None, "the commit was lost");
    store.set_rates(rates(|r| r.unknown_done = 1.0));
    assert!(matches!(store.commit(&put(1, "A")).await, Err(Error::Unknown(_))));
    assert_eq!(value(&*inner, "A", Consistency::Strong).await, Some(1), "only the answer was lost");
}

#[tokio::test]
async fn faulty_delays_commits() {
    let inner = memory();
    let store = Faulty::new(inner.clone(), 1, rates(|r| r.unknown_late = 1.0));
    assert!(matches!(store.commit(&put(1, "A")).await, Err(Error::Unknown(_))));
    assert_eq!(value(&*inner, "A", Consistency::Strong).await, None, "it is delayed");
    let mut reads = 0;
    while value(&store, "A", Consistency::Strong).await.is_none() {
        reads += 1;
        assert!(reads < TRIES, "it never arrives");
    }
    assert!(store.commit(&put(2, "B")).await.is_err() && store.commit(&put(3, "B")).await.is_err());
    store.calm();
    done(&store, put(2, "C")).await;
    assert_eq!(value(&*inner, "B", Consistency::Strong).await, Some(3), "all have arrived, in order");
}

#[tokio::test]
async fn faulty_lets_a_repetition_take_the_place_of_a_delayed_commit() {
    let inner = memory();
    done(&*inner, put(1, "A")).await;
    let store = Faulty::new(inner.clone(), 1, rates(|r| r.unknown_late = 1.0));
    let claim = Commit::builder(Token(2)).put(key("A"), Condition::Absent, "2", None).build().unwrap();
    assert!(store.commit(&claim).await.is_err());
    // Not zero, or every delayed commit would arrive at once.
    store.set_rates(rates(|r| r.unknown_late = f64::MIN_POSITIVE));
    assert_eq!(store.commit(&claim).await.unwrap(), Outcome::Conflict(vec![key("A")]));
    store.calm();
    done(&*inner, delete(3, "A")).await;
    assert_eq!(value(&store, "A", Consistency::Strong).await, None, "what was refused never arrives");
}

#[tokio::test]
async fn faulty_has_spurious_conflicts_but_not_after_a_commit_that_may_have_happened() {
    let inner = memory();
    let store = Faulty::new(inner.clone(), 1, rates(|r| r.conflict = 1.0));
    let mut named = HashSet::new();
    for token in 0..TRIES {
        let two = Commit::builder(Token(token)).delete(key("A"), Condition::Any).delete(key("B"), Condition::Any);
        let Outcome::Conflict(keys) = store.commit(&two.build().unwrap()).await.unwrap() else { panic!("no conflict") };
        named.insert(keys);
    }
    assert_eq!(named, HashSet::from([vec![key("A")], vec![key("B")], vec![key("A"), key("B")]]));
    store.set_rates(rates(|r| r.unknown_done = 1.0));
    assert!(store.commit(&put(TRIES, "A")).await.is_err());
    store.set_rates(rates(|r| r.conflict = 1.0));
    done(&store, put(TRIES, "A")).await;
    assert!(matches!(store.commit(&put(TRIES + 1, "A")).await.unwrap(), Outcome::Conflict(_)));
    store.calm();
    done(&store, put(TRIES + 1, "A")).await;
}

/// The outcomes of many commits, in one letter each.
async fn history(seed: u64) -> String {
    let store = Faulty::new(memory(), seed, FaultRates::all());
    let mut history = String::new();
    for token in 0..TRIES {
        history.push(match store.commit(&put(token, "A")).await {
            Ok(Outcome::Committed) => 'c',
            Ok(Outcome::Conflict(_)) => 'x',
            Err(Error::Unavailable(_)) => 'u',
            Err(_) => '?',
        });
    }
    history
}

#[tokio::test]
async fn faulty_repeats_with_its_seed() {
    let first = history(1).await;
    assert_eq!(first, history(1).await);
    assert_ne!(first, history(2).await);
    for (fault, expected) in [('u', 50), ('x', 45), ('?', 140)] {
        let count = first.chars().filter(|c| *c == fault).count();
        assert!((expected / 2..expected * 2).contains(&count), "{fault}: {count} of {TRIES}");
    }
}

#[tokio::test]
async fn weakly_visible_shows_each_row_as_it_was_up_to_its_lag_ago() {
    let store = WeaklyVisible::new(memory(), 1, 3);
    for token in 0..10 {
        done(&store, put(token, "A")).await;
        done(&store, put(100 + token, "B")).await;
    }
    let (mut a, mut pairs) = (HashSet::new(), HashSet::new());
    for _ in 0..TRIES {
        a.insert(value(&store, "A", Consistency::Eventual).await);
        let rows = store.get_many(&[key("A"), key("B")], Consistency::Eventual).await.unwrap();
        pairs.insert(rows.into_iter().map(number).collect::<Vec<_>>());
        assert_eq!(value(&store, "A", Consistency::Strong).await, Some(9));
    }
    // Of the last four states of the store, A was written in every second.
    assert_eq!(a, HashSet::from([Some(8), Some(9)]));
    assert!(pairs.contains(&vec![Some(8), Some(109)]) && pairs.contains(&vec![Some(9), Some(108)]), "{pairs:?}");
}

#[tokio::test]
async fn weakly_visible_goes_back_in_time_and_catches_up() {
    let store = WeaklyVisible::new(memory(), 1, 3);
    done(&store, put(1, "A")).await;
    done(&store, put(2, "A")).await;
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        seen.push(value(&store, "A", Consistency::Eventual).await);
    }
    assert!(seen.contains(&None), "the row was not there before the first commit");
    assert!(seen.windows(2).any(|pair| pair[0] > pair[1]), "a later read sees an older state");
    for token in 3..=6 {
        done(&store, put(token, "OTHER")).await;
    }
    for _ in 0..TRIES {
        assert_eq!(value(&store, "A", Consistency::Eventual).await, Some(2), "no state older than the lag is shown");
    }
}

#[tokio::test]
async fn weakly_visible_ranges_miss_rows_keep_deleted_ones_and_are_cut() {
    for direction in [Direction::Ascending, Direction::Descending] {
        let store = WeaklyVisible::new(Arc::new(MemoryStore::with_page_cap(usize::MAX)), 1, 4);
        for (token, sort) in ["A", "B", "C"].into_iter().enumerate() {
            done(&store, put(token as u128, sort)).await;
        }
        done(&store, delete(3, "A")).await;
        done(&store, put(4, "D")).await;
        let range = Range { from: "A".into(), direction, ..Range::prefix("P", "", 10) };
        let eventual = Range { consistency: Consistency::Eventual, ..range.clone() };
        let (mut seen, mut cut) = (HashSet::new(), false);
        for _ in 0..TRIES {
            let page = store.range(&eventual).await.unwrap();
            let sorts: String = page.rows.into_iter().map(|(key, _)| key.sort).collect();
            cut |= page.next.is_some();
            seen.insert(sorts);
            let strong = store.range(&range).await.unwrap();
            let sorts: String = strong.rows.into_iter().map(|(key, _)| key.sort).collect();
            let whole = if direction == Direction::Ascending { "BCD" } else { "DCB" };
            assert!(whole.starts_with(&sorts) && (sorts == whole || strong.next.is_some()), "{sorts}");
        }
        assert!(cut, "pages are cut");
        assert!(seen.iter().any(|sorts| sorts.contains('A')), "a deleted row is still there: {seen:?}");
        assert!(seen.iter().any(|sorts| sorts.len() == 2 && !sorts.contains('C')), "a row is missing: {seen:?}");
        assert!(seen.contains(if direction == Direction::Ascending { "BCD" } else { "DCB" }), "the present: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_lets_calls_overtake_each_other() {
    async fn order(seed: u64) -> Vec<Option<u128>> {
        let store = Arc::new(Slow::new(memory(), seed, Duration::from_millis(10)));
        let mut last = Vec::new();
        for round in 0..20 {
            let (a, b) = (put(2 * round, "A"), put(2 * round + 1, "A"));
            let (a, b) = tokio::join!(store.commit(&a), store.commit(&b));
            assert_eq!((a.unwrap(), b.unwrap()), (Outcome::Committed, Outcome::Committed));
            last.push(value(&*store, "A", Consistency::Strong).await.map(|token| token % 2));
        }
        last
    }
    let first = order(1).await;
    assert!(first.contains(&Some(0)) && first.contains(&Some(1)), "either may come last: {first:?}");
    assert_eq!(first, order(1).await, "the seed decides");
}

#[tokio::test(start_paused = true)]
async fn slow_waits_before_and_after() {
    let inner = memory();
    let store = Slow::new(inner.clone(), 1, Duration::from_millis(10));
    let (mut before, mut after) = (Duration::ZERO, Duration::ZERO);
    for token in 0..100 {
        let begun = Instant::now();
        let commit = put(token, "A");
        let mut call = std::pin::pin!(store.commit(&commit));
        while value(&*inner, "A", Consistency::Strong).await != Some(token) {
            assert!(tokio::time::timeout(Duration::from_micros(100), &mut call).await.is_err(), "done without effect");
        }
        before += begun.elapsed();
        let effect = Instant::now();
        assert_eq!(call.await.unwrap(), Outcome::Committed);
        after += effect.elapsed();
    }
    assert!(before > Duration::from_millis(300) && after > Duration::from_millis(300), "{before:?}, {after:?}");
}
