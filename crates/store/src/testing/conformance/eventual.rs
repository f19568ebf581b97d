//! Eventual reads promise one thing: they show the last state once nobody writes.

use super::*;

/// Checks a row that was replaced and one that was deleted.
pub(super) async fn all(suite: &Suite) {
    let partition = suite.partition("eventual");
    let [kept, gone] = ["KEPT", "GONE"].map(|sort| Key::new(&*partition, sort));
    let both = [put(&kept, Condition::Absent, "old"), put(&gone, Condition::Absent, "old")];
    suite.must_commit("two rows are put", &both).await;
    let both = [put(&kept, Condition::Any, "new"), delete(&gone, Condition::Any)];
    let commit = suite.must_commit("one row is replaced, one deleted", &both).await;
    let keys = [kept, gone];
    let there = written(&commit, "new");
    let range = Range { consistency: Consistency::Eventual, ..whole(&partition, 10, Direction::Ascending) };
    let listed = [(keys[0].clone(), row(&commit, "new"))];
    eventually("get", || async { suite.get_with(&keys[0], Consistency::Eventual).await == there }).await;
    eventually("get of a deleted row", || async { suite.get_with(&keys[1], Consistency::Eventual).await.is_none() })
        .await;
    let many = [there.clone(), None];
    eventually("get_many", || async { suite.get_many(&keys, Consistency::Eventual).await == many }).await;
    eventually("range", || async { suite.range(&range).await == listed }).await;
}

async fn eventually<F: Future<Output = bool>>(read: &str, right: impl Fn() -> F) {
    for _ in 0..EVENTUAL_READS {
        if right().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("promise broken: an eventual {read} shows the last state within {EVENTUAL_READS} tries")
}
