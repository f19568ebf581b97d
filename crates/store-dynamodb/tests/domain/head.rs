//! A user's head, of which every send writes two, is billed as one unit however many conversations the user has.

use crate::engine;
use crate::support::World;
use jobline_chat::Settings;
use jobline_store_dynamodb::WINDOW_BYTES;
use jobline_wire::JobStatus;

/// As long as a UUID.
fn user(number: usize) -> String {
    format!("018f3c1e-7b2a-7c44-9d21-{number:012}")
}

#[tokio::test]
async fn a_send_costs_the_same_with_many_conversations() {
    let engine::Engine { store, units } = engine::start_with_whole_pages().await;
    let units = units.unwrap();
    let settings = Settings { send_rate: 10_000, window_bytes: WINDOW_BYTES, ..Settings::default() };
    let world = World::over(store, settings, 1).await;
    let ids: Vec<String> = (0..30).map(user).collect();
    let me = world.user(&ids[0]);
    for (number, id) in (1..).zip(&ids[1..]) {
        world.job(number, &[&ids[0], id], JobStatus::Open).await;
        let other = world.user(id);
        me.send(&other, "Hello").await.unwrap();
    }
    let mut longer = 0;
    for id in &ids[1..] {
        let other = world.user(id);
        *units.lock().unwrap() = (0.0, 0.0);
        me.send_once(&other, "And again", "01890a5d-ac96-774b-bcce-b302099a8057").await.unwrap();
        let (_, written) = *units.lock().unwrap();
        assert!(written <= 12.0, "{written} write units");
        longer += usize::from(written > 10.0);
    }
    assert!(longer * 4 <= ids.len(), "one in four sends makes room in the window: {longer} of {}", ids.len() - 1);
}
