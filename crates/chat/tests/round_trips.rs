//! What every operation costs, in round trips to the store. `docs/costs.md` has the table.

mod support;

use support::World;

#[tokio::test]
async fn an_idle_poll_is_one_read_and_a_send_two_reads_and_one_commit() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let cost = |world: &World| {
        let counts = world.store.counts();
        world.store.reset();
        (counts.reads, counts.commits)
    };
    world.store.reset();
    anna.send(&ben, "the first").await.unwrap();
    assert!(cost(&world).0 <= 2 && world.store.counts().commits == 0);
    anna.send(&ben, "another").await.unwrap();
    let (reads, commits) = cost(&world);
    assert!(reads <= 2 && commits == 1, "{reads} reads and {commits} commits");
    ben.send_once(&anna, "with a client id", "x").await.unwrap();
    let (reads, commits) = cost(&world);
    assert!(reads <= 2 && commits == 1, "{reads} reads and {commits} commits");
}
