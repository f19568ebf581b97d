//! The list of chats of a user with many conversations, page by page.

use super::*;
use jobline_wire::ListConversations;

#[tokio::test]
async fn the_list_of_5000_conversations_reads_little_more_than_its_page() {
    let all = scaled(5_000);
    let world = world(all, 4_000).await;
    let me = world.user(ME);
    let mut input = ListConversations { since: None, limit: Some(20) };
    world.store.reset();
    let first = world.chat.conversations(&me.id, input.clone()).await.unwrap();
    let counts = world.store.reset();
    // The head, the rows of what left its window (more than a hundred conversations), and four rows for each shown
    // conversation.
    assert!(counts.rows <= 120 && counts.reads <= 6, "{counts:?}");
    let shown: Vec<&str> = first.conversations.iter().map(|one| one.id.as_str()).collect();
    let expected: Vec<String> = (all - 20..all).rev().map(conversation).collect();
    assert_eq!(shown, expected);
    // A receipt is a move, but no new message: the order stays.
    me.read(&world.user(&name(17))).await.unwrap();
    input.since = Some(first.cursor.clone());
    let second = world.chat.conversations(&me.id, input).await.unwrap();
    let shown: Vec<&str> = second.conversations.iter().map(|one| one.id.as_str()).collect();
    let expected: Vec<String> = (all - 40..all - 20).rev().map(conversation).collect();
    assert_eq!(shown, expected);

    let (mut listed, mut since) = (Vec::new(), None);
    loop {
        let input = ListConversations { since, limit: Some(50) };
        let page = world.chat.conversations(&me.id, input).await.unwrap();
        listed.extend(page.conversations.into_iter().map(|one| one.id));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
    }
    assert!(listed.into_iter().eq((0..all).rev().map(conversation)), "each once, the one written in last first");
}

#[tokio::test]
async fn many_that_moved_since_the_list_was_read_come_newest_first() {
    let world = world(120, 850).await;
    let me = world.user(ME);
    let mut since = Some(me.conversations_since(Some("2100-01-01T00:00:00Z")).await.unwrap().cursor);
    for other in 0..120 {
        world.clock.forward(1_000);
        hear(&world, other, "again").await;
    }
    let mut listed = Vec::new();
    loop {
        let input = ListConversations { since, limit: Some(50) };
        let page = world.chat.conversations(&me.id, input).await.unwrap();
        assert_eq!(page.reset, None);
        listed.extend(page.conversations.into_iter().map(|one| one.id));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
        if listed.len() == 50 {
            world.clock.forward(1_000);
            hear(&world, 3, "meanwhile").await;
        }
    }
    let mut expected: Vec<String> = (70..120).rev().map(conversation).collect();
    expected.push(conversation(3));
    expected.extend((0..70).rev().filter(|other| *other != 3).map(conversation));
    assert_eq!(listed, expected);
}
