//! A commit that is repeated with its token takes effect once.

use super::*;
use tokio::task::JoinSet;

pub(super) async fn all(suite: &Arc<Suite>) {
    a_repeated_commit_takes_effect_once(suite).await;
    a_repeated_commit_does_not_undo_later_ones(suite).await;
    a_repeated_delete_does_not_delete_again(suite).await;
    repeated_checks_stay_committed(suite).await;
    a_refused_commit_leaves_nothing(suite).await;
    a_commit_sent_many_times_at_once_happens_once(suite).await;
}

impl Suite {
    /// Repeats a commit that was answered with [`Outcome::Committed`] before.
    async fn repeat(&self, promise: &str, commit: &Commit) {
        let outcome = self.commit_until_decided(commit).await;
        assert_eq!(outcome, Outcome::Committed, "promise broken: {promise}: repeated, it is answered as before");
    }
}

async fn a_repeated_commit_takes_effect_once(suite: &Suite) {
    let promise = "a repeated commit takes effect once";
    let partition = suite.partition("repeat");
    for rows in [1, 3] {
        let keys: Vec<Key> = (0..rows).map(|i| Key::new(&*partition, format!("{rows}#{i}"))).collect();
        let operations: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, "once")).collect();
        let commit = suite.must_commit("rows are claimed", &operations).await;
        for _ in 0..3 {
            suite.repeat(promise, &commit).await;
        }
        let rows = suite.get_many(&keys, Consistency::Strong).await;
        assert!(rows.iter().all(|row| *row == written(&commit, "once")), "promise broken: {promise}: {rows:?}");
    }
}

async fn a_repeated_commit_does_not_undo_later_ones(suite: &Suite) {
    let promise = "a repeated commit does not undo later ones";
    let partition = suite.partition("later");
    for rows in [1, 3] {
        for condition in [Condition::Any, Condition::Absent] {
            let key = |i| Key::new(&*partition, format!("{rows}#{condition:?}#{i}"));
            let keys: Vec<Key> = (0..rows).map(key).collect();
            let first: Vec<_> = keys.iter().map(|key| put(key, condition, "first")).collect();
            let first = suite.must_commit("rows are put", &first).await;
            let later: Vec<_> = keys.iter().map(|key| put(key, is(first.version()), "later")).collect();
            let later = suite.must_commit("rows are replaced", &later).await;
            suite.repeat(promise, &first).await;
            let rows = suite.get_many(&keys, Consistency::Strong).await;
            assert!(rows.iter().all(|row| *row == written(&later, "later")), "promise broken: {promise}: {rows:?}");
        }
    }
}

async fn a_repeated_delete_does_not_delete_again(suite: &Suite) {
    let promise = "a repeated delete does not delete again";
    let partition = suite.partition("delete");
    for rows in [1, 3] {
        let keys: Vec<Key> = (0..rows).map(|i| Key::new(&*partition, format!("{rows}#{i}"))).collect();
        let puts: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, "row")).collect();
        let deletes: Vec<_> = keys.iter().map(|key| delete(key, Condition::Any)).collect();
        suite.must_commit("rows are put", &puts).await;
        let deleted = suite.must_commit("rows are deleted", &deletes).await;
        let again = suite.must_commit("rows are put again", &puts).await;
        suite.repeat(promise, &deleted).await;
        let rows = suite.get_many(&keys, Consistency::Strong).await;
        assert!(rows.iter().all(|row| *row == written(&again, "row")), "promise broken: {promise}: {rows:?}");
    }
}

async fn repeated_checks_stay_committed(suite: &Suite) {
    let partition = suite.partition("repeated_checks");
    let [checked, written_to] = ["CHECKED", "WRITTEN"].map(|sort| Key::new(&*partition, sort));
    let operations = [check(&checked, Condition::Absent), put(&written_to, Condition::Absent, "x")];
    let commit = suite.must_commit("a row is put if another is absent", &operations).await;
    suite.must_commit("the other is put", &[put(&checked, Condition::Absent, "x")]).await;
    suite.repeat("a committed commit stays committed when its conditions no longer hold", &commit).await;
}

/// Not even when it is repeated: [`Outcome::Conflict`] says that none of it happened.
async fn a_refused_commit_leaves_nothing(suite: &Suite) {
    let promise = "a refused commit leaves nothing behind";
    let partition = suite.partition("refused");
    let [there, new] = ["THERE", "NEW"].map(|sort| Key::new(&*partition, sort));
    let old = suite.must_commit("a row is put", &[put(&there, Condition::Absent, "old")]).await;
    let commit = suite.commit(&[put(&new, Condition::Any, "x"), put(&there, Condition::Absent, "x")]);
    for _ in 0..3 {
        let outcome = suite.commit_until_decided(&commit).await;
        assert!(matches!(outcome, Outcome::Conflict(_)), "promise broken: {promise}: repeated, it is refused again");
        let rows = suite.get_many(&[there.clone(), new.clone()], Consistency::Strong).await;
        assert_eq!(rows, [written(&old, "old"), None], "promise broken: {promise}");
    }
}

/// A caller may time out and repeat a commit that is still running.
async fn a_commit_sent_many_times_at_once_happens_once(suite: &Arc<Suite>) {
    let partition = suite.partition("at_once");
    for rows in [1, 3] {
        let keys: Vec<Key> = (0..rows).map(|i| Key::new(&*partition, format!("{rows}#{i}"))).collect();
        let operations: Vec<_> = keys.iter().map(|key| put(key, Condition::Absent, "once")).collect();
        let commit = suite.commit(&operations);
        let mut senders = JoinSet::new();
        for _ in 0..6 {
            let (suite, commit) = (Arc::clone(suite), commit.clone());
            senders.spawn(async move { suite.send(&commit).await });
        }
        senders.join_all().await;
        let rows = suite.get_many(&keys, Consistency::Strong).await;
        let once = rows.iter().all(|row| *row == written(&commit, "once"));
        assert!(once, "promise broken: a commit that is sent many times at once happens once: {rows:?}");
    }
}

impl Suite {
    async fn send(&self, commit: &Commit) {
        for _ in 0..self.tries() {
            if self.commit_until_decided(commit).await == Outcome::Committed {
                return;
            }
        }
        panic!("promise broken: a commit that is sent many times at once is committed for every sender")
    }
}
