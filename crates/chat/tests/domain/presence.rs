//! Presence: who sees whose online status, and who hides it.

use crate::support::{User, World};
use jobline_chat::{Settings, UserId};
use jobline_wire::{Code, JobStatus, Preferences, Presence, PresenceState, SetPreferences};
use std::collections::BTreeSet;

const HOUR: u64 = 3_600_000;

/// What `me` sees of these users, from stored rows alone.
async fn sees(world: &World, me: &User<'_>, users: &[&str]) -> Vec<Presence> {
    let users: BTreeSet<UserId> = users.iter().map(|id| UserId::new(id).unwrap()).collect();
    world.chat.presence(&me.id, &users, |_| None).await.unwrap()
}

async fn shows(world: &World, me: &User<'_>, show: bool) -> Preferences {
    let input = SetPreferences { show_presence: Some(show), ..SetPreferences::default() };
    world.chat.set_preferences(&me.id, input).await.unwrap()
}

#[tokio::test]
async fn a_user_is_online_then_recent_then_away() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let state = async || sees(&world, &anna, &["ben"]).await.remove(0);
    let never = state().await;
    assert_eq!((never.id.as_str(), never.state, never.last_active_at), ("ben", PresenceState::Away, None));
    world.chat.record_seen(&ben.id).await.unwrap();
    let now = state().await;
    assert_eq!(now.state, PresenceState::Online);
    assert_eq!(now.last_active_at.as_deref(), Some("2025-11-14T10:00:00.000Z"), "to the hour");
    world.clock.forward(120_000);
    assert_eq!(state().await.state, PresenceState::Recent);
    world.clock.forward(24 * HOUR);
    assert_eq!(state().await.state, PresenceState::Away);
}

#[tokio::test]
async fn what_the_server_has_in_memory_counts_if_it_is_newer() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.chat.record_seen(&ben.id).await.unwrap();
    world.clock.forward(10 * HOUR);
    let users = BTreeSet::from([ben.id.clone()]);
    let active = world.chat.presence(&anna.id, &users, |_| Some(1_763_116_200_000 + 10 * HOUR)).await.unwrap();
    assert_eq!(active[0].state, PresenceState::Online);
}

#[tokio::test]
async fn presence_of_strangers_and_of_users_who_hide_is_not_shown() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    for user in [&anna, &ben, &carl] {
        world.chat.record_seen(&user.id).await.unwrap();
    }
    assert_eq!(sees(&world, &anna, &["carl", "nobody", "anna"]).await, [], "strangers, and oneself");
    assert_eq!(sees(&world, &anna, &["ben"]).await.len(), 1);
    shows(&world, &ben, false).await;
    assert_eq!(sees(&world, &anna, &["ben"]).await, [], "hidden");
    assert_eq!(sees(&world, &ben, &["anna"]).await, [], "who hides does not see");
    assert!(world.chat.presence_peers(&anna.id).await.unwrap().is_empty());
    shows(&world, &ben, true).await;
    assert_eq!(world.chat.presence_peers(&anna.id).await.unwrap(), std::slice::from_ref(&ben.id));
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(sees(&world, &anna, &["ben"]).await, [], "the job is closed");
}

#[tokio::test]
async fn preferences_are_on_until_they_are_changed_one_by_one() {
    let world = World::new().await;
    let anna = world.user("anna");
    let all = Preferences {
        show_presence: true,
        mail: true,
        push: true,
        language: None,
        push_key: None,
        blocked: Vec::new(),
    };
    assert_eq!(world.chat.preferences(&anna.id).await.unwrap(), all);
    let mail = SetPreferences { mail: Some(false), ..SetPreferences::default() };
    let without_mail = Preferences { mail: false, ..all.clone() };
    assert_eq!(world.chat.set_preferences(&anna.id, mail.clone()).await.unwrap(), without_mail);
    world.store.reset();
    assert_eq!(world.chat.set_preferences(&anna.id, mail).await.unwrap(), without_mail);
    assert_eq!(world.store.reset().commits, 0, "the same again");
    let neither = Preferences { show_presence: false, ..without_mail };
    assert_eq!(shows(&world, &anna, false).await, neither);
    let language = |tag: &str| SetPreferences { language: Some(Some(tag.to_owned())), ..SetPreferences::default() };
    let in_spanish = Preferences { language: Some("es-MX".to_owned()), ..neither };
    assert_eq!(world.chat.set_preferences(&anna.id, language("es-MX")).await.unwrap(), in_spanish);
    let refusal = world.chat.set_preferences(&anna.id, language("Spanish, please")).await.unwrap_err();
    assert_eq!((refusal.code, refusal.field), (Code::InvalidRequest, Some("language")));
    assert_eq!(shows(&world, &anna, false).await, in_spanish);
    assert_eq!(world.chat.preferences(&world.user("ben").id).await.unwrap(), all);
}

#[tokio::test]
async fn with_presence_off_nobody_is_shown_and_nothing_is_recorded() {
    let world = World::with(Settings { presence: false, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    world.store.reset();
    world.chat.record_seen(&ben.id).await.unwrap();
    assert!(world.chat.presence_peers(&anna.id).await.unwrap().is_empty());
    assert_eq!(world.store.reset().commits, 0);
    let refusal = world.chat.presence(&anna.id, &BTreeSet::from([ben.id]), |_| None).await.unwrap_err();
    assert_eq!(refusal.code, Code::NotOffered);
}

#[tokio::test]
async fn a_block_hides_both_from_each_other() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for user in [&anna, &ben] {
        world.chat.record_seen(&user.id).await.unwrap();
    }
    let input = || jobline_wire::BlockUser { user_id: "ben".to_owned() };
    world.chat.block(&anna.id, input()).await.unwrap();
    assert_eq!(sees(&world, &ben, &["anna"]).await, []);
    assert_eq!(sees(&world, &anna, &["ben"]).await, []);
    world.chat.unblock(&anna.id, input()).await.unwrap();
    assert_eq!(sees(&world, &ben, &["anna"]).await.len(), 1);
}
