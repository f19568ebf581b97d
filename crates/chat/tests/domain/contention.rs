//! Many devices that write into one conversation at the same time.

use crate::support::{User, World};
use jobline_chat::Settings;
use jobline_store::testing::Slow;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// With delays as over a network: other commits come between a read and a commit. Each message is conditional on the
/// previous one.
#[tokio::test(start_paused = true)]
async fn devices_that_write_into_a_pair_at_once_take_turns() {
    const DEVICES: usize = 8;
    const MESSAGES: usize = 20;
    let slow = Slow::new(crate::engine::start().await.store, 1, Duration::from_millis(5));
    let world = World::over(Arc::new(slow), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "hello").await.unwrap();
    world.store.reset();
    let device = |nth: usize| {
        let (from, to): (&User<'_>, &User<'_>) = [(&anna, &ben), (&ben, &anna)][nth % 2];
        async move {
            let mut longest = Duration::ZERO;
            for text in 0..MESSAGES {
                let begun = Instant::now();
                from.send(to, &format!("{text} from device {nth}")).await.unwrap();
                longest = longest.max(begun.elapsed());
            }
            longest
        }
    };
    let waits = futures_util::future::join_all((0..DEVICES).map(device)).await;
    let longest = waits.into_iter().max().unwrap();
    let commits = world.store.reset().commits;
    println!("{commits} commits for {} messages; the longest wait was {longest:?}", DEVICES * MESSAGES);
    assert!(commits <= 176, "{commits} commits for {} messages", DEVICES * MESSAGES);
    // A send makes three calls of up to 10 ms each. The last of the queue also waits for the sends of all others.
    assert!(longest <= Duration::from_millis(30) * u32::try_from(DEVICES).unwrap(), "{longest:?}");
}
