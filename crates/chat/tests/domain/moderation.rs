//! Moderation by users: blocks, mutes, and reports to the host.

use crate::support::{User, World, texts};
use jobline_wire::{
    BlockUser, Code, DeleteMessage, EditMessage, HostMessageInput, ListMembers, ListReports, Message, Mute, React,
    ReportInput, SendMessage,
};

const HOUR: u64 = 3_600_000;

fn user(id: &str) -> BlockUser {
    BlockUser { user_id: id.to_owned() }
}

fn report(conversation: &str, message: Option<&str>) -> ReportInput {
    ReportInput {
        conversation_id: conversation.to_owned(),
        message_id: message.map(str::to_owned),
        reason: "spam".to_owned(),
        comment: Some("Again and again".to_owned()),
    }
}

async fn code_of_a_send(from: &User<'_>, to: &User<'_>) -> Option<Code> {
    from.send(to, "Hi").await.err().map(|error| error.code)
}

#[tokio::test]
async fn a_blocked_user_cannot_write_and_their_messages_stay() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    ben.send(&anna, "Buy this").await.unwrap();
    let blocked = world.chat.block(&anna.id, user("ben")).await.unwrap().blocked;
    assert_eq!(blocked, ["ben"]);
    assert_eq!(world.chat.block(&anna.id, user("ben")).await.unwrap().blocked, ["ben"], "again changes nothing");
    assert_eq!(code_of_a_send(&ben, &anna).await, Some(Code::RecipientUnavailable));
    assert_eq!(ben.announce(&anna, "a.txt", "text/plain", 4).await.unwrap_err().code, Code::RecipientUnavailable);
    let input = jobline_wire::GetConversation { receiver_id: Some("anna".into()), ..Default::default() };
    let details = world.chat.conversation(&ben.id, input).await.unwrap();
    assert_eq!((details.can_send, details.reason), (false, Some(Code::RecipientUnavailable)));
    assert_eq!(details.conversation.blocked, None, "the blocked one is not told");
    assert_eq!(texts(&ben.list(&anna).await.unwrap().messages), ["Buy this"]);
    assert_eq!(anna.only_conversation().await.blocked, Some(true));
    assert_eq!(code_of_a_send(&anna, &ben).await, None, "who blocks can still write");

    assert!(world.chat.unblock(&anna.id, user("ben")).await.unwrap().blocked.is_empty());
    assert_eq!(code_of_a_send(&ben, &anna).await, None);
    assert_eq!(anna.only_conversation().await.blocked, None);
    for wrong in ["anna", "", "with space"] {
        assert_eq!(world.chat.block(&anna.id, user(wrong)).await.unwrap_err().code, Code::InvalidRequest, "{wrong:?}");
    }
}

fn edit(message: &Message, content: &str) -> EditMessage {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    EditMessage { conversation_id, message_id, content: content.to_owned() }
}

fn react(message: &Message, emoji: Option<&str>) -> React {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    React { conversation_id, message_id, emoji: emoji.map(str::to_owned) }
}

#[tokio::test]
async fn a_blocked_user_can_change_what_i_see_only_by_removing_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let (his, hers) = (ben.send(&anna, "Nice").await.unwrap().message, anna.send(&ben, "Mine").await.unwrap().message);
    world.chat.react(&ben.id, react(&hers, Some("👍"))).await.unwrap();
    world.chat.block(&anna.id, user("ben")).await.unwrap();
    let before = anna.list(&ben).await.unwrap();

    let refused = [
        world.chat.edit(&ben.id, edit(&his, "Insult")).await.unwrap_err(),
        world.chat.react(&ben.id, react(&hers, Some("🖕"))).await.unwrap_err(),
        world.chat.react(&ben.id, react(&his, Some("🖕"))).await.unwrap_err(),
    ];
    let of_a_send = ben.send(&anna, "Insult").await.unwrap_err();
    for error in refused {
        let said = (error.code, error.detail.as_str(), error.field);
        assert_eq!(
            said,
            (of_a_send.code, of_a_send.detail.as_str(), of_a_send.field),
            "nothing tells what was refused"
        );
        assert_eq!(error.code, Code::RecipientUnavailable);
    }
    world.chat.edit(&ben.id, edit(&his, "Nice")).await.expect("a repetition changes nothing");
    world.chat.react(&ben.id, react(&hers, Some("👍"))).await.expect("a repetition changes nothing");
    let after = anna.list_since(&ben, &before.cursor).await.unwrap();
    assert_eq!(after.messages, [], "she is shown nothing");

    world.chat.react(&ben.id, react(&hers, None)).await.expect("a reaction can be taken back");
    let (conversation_id, message_id) = (his.conversation_id.clone(), his.id.clone());
    world.chat.delete(&ben.id, DeleteMessage { conversation_id, message_id }).await.expect("it can be deleted");
    world.chat.edit(&anna.id, edit(&hers, "Still mine")).await.expect("who blocks can still edit");
    world.chat.unblock(&anna.id, user("ben")).await.unwrap();
    world.chat.react(&ben.id, react(&hers, Some("👍"))).await.expect("nobody blocks him any more");
}

#[tokio::test]
async fn in_a_crew_a_block_does_not_keep_anyone_from_editing_or_reacting() {
    let world = World::new().await;
    world.job(1, &["anna", "ben"], jobline_wire::JobStatus::Open).await;
    let (anna, ben) = (world.user("anna"), world.user("ben"));
    let write = |text: &str| SendMessage {
        conversation_id: Some("crew_1".into()),
        content: Some(text.to_owned()),
        ..SendMessage::default()
    };
    let hers = anna.send_as(write("Monday")).await.unwrap().message;
    let his = ben.send_as(write("Tuesday")).await.unwrap().message;
    world.chat.block(&anna.id, user("ben")).await.unwrap();
    world.chat.edit(&ben.id, edit(&his, "Wednesday")).await.unwrap();
    world.chat.react(&ben.id, react(&hers, Some("👍"))).await.unwrap();
}

#[tokio::test]
async fn a_block_holds_for_a_conversation_that_begins_after_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.chat.block(&anna.id, user("ben")).await.unwrap();
    assert_eq!(code_of_a_send(&ben, &anna).await, Some(Code::RecipientUnavailable));
    let user_ids = Some(vec!["anna".into(), "ben".into()]);
    let line = HostMessageInput { user_ids, content: "You are matched".into(), ..Default::default() };
    world.chat.post_host_message(line).await.unwrap();
    assert_eq!(code_of_a_send(&ben, &anna).await, Some(Code::RecipientUnavailable), "begun by the host");
    assert_eq!(anna.only_conversation().await.blocked, Some(true));
    world.chat.unblock(&anna.id, user("ben")).await.unwrap();
    assert_eq!(code_of_a_send(&ben, &anna).await, None);
}

#[tokio::test]
async fn other_devices_of_the_user_learn_of_a_mute_by_sync() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    ben.send(&anna, "1").await.unwrap();
    let synced = anna.sync(None).await.unwrap();
    let synced = anna.sync(Some(&synced.cursor)).await.unwrap();
    let until = "2025-11-14T12:00:00.000Z";
    let input = Mute { conversation_id: anna.conversation(&ben), until: Some(until.into()) };
    world.chat.mute(&anna.id, input).await.unwrap();
    let moved = anna.sync(Some(&synced.cursor)).await.unwrap();
    assert_eq!((moved.conversations.len(), moved.messages.len()), (1, 0));
    assert_eq!(moved.conversations[0].muted_until.as_deref(), Some(until));
    assert_eq!(anna.sync(Some(&moved.cursor)).await.unwrap().conversations.len(), 0, "once");
}

#[tokio::test]
async fn a_mute_ends_by_itself_and_only_its_member_sees_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    ben.send(&anna, "Hi").await.unwrap();
    let mute = async |until: Option<&str>| {
        let input = Mute { conversation_id: "conv_anna_ben".into(), until: until.map(str::to_owned) };
        world.chat.mute(&anna.id, input).await
    };
    let until = "2025-11-14T12:30:00.000Z";
    assert_eq!(mute(Some(until)).await.unwrap().muted_until.as_deref(), Some(until));
    assert_eq!(anna.only_conversation().await.muted_until.as_deref(), Some(until));
    assert_eq!(ben.only_conversation().await.muted_until, None);
    world.clock.forward(3 * HOUR);
    assert_eq!(anna.only_conversation().await.muted_until, None);
    assert_eq!(mute(Some(until)).await.unwrap().muted_until, None, "an instant that has passed");
    mute(Some("2025-11-15T00:00:00Z")).await.unwrap();
    assert_eq!(mute(None).await.unwrap().muted_until, None);
    assert_eq!(mute(Some("tomorrow")).await.unwrap_err().code, Code::InvalidRequest);
    let elsewhere = Mute { conversation_id: "conv_ben_carl".into(), until: None };
    assert_eq!(world.chat.mute(&anna.id, elsewhere).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn thirty_reports_a_minute_whatever_else_the_user_does() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = ben.send(&anna, "Hello").await.unwrap().message;
    let react = |emoji: &str| React {
        conversation_id: "conv_anna_ben".into(),
        message_id: sent.id.clone(),
        emoji: Some(emoji.to_owned()),
    };
    for number in 0..30 {
        world.chat.react(&anna.id, react(if number % 2 == 0 { "👍" } else { "🎉" })).await.unwrap();
    }
    assert_eq!(world.chat.react(&anna.id, react("👍")).await.unwrap_err().code, Code::RateLimited);
    for _ in 0..30 {
        world.chat.report(&anna.id, report("conv_anna_ben", None)).await.unwrap();
    }
    let error = world.chat.report(&anna.id, report("conv_anna_ben", None)).await.unwrap_err();
    assert_eq!((error.code, error.retry_after_ms), (Code::RateLimited, Some(2_000)));
    assert!(error.detail.contains("30 reports a minute"), "{}", error.detail);
    world.chat.report(&ben.id, report("conv_anna_ben", None)).await.unwrap();
    world.clock.forward(2_000);
    world.chat.report(&anna.id, report("conv_anna_ben", None)).await.unwrap();
}

#[tokio::test]
async fn a_report_keeps_the_messages_as_they_stood() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let mut sent = Vec::new();
    for number in 1..=30 {
        sent.push(ben.send(&anna, &number.to_string()).await.unwrap().message);
    }
    let reported = world.chat.report(&anna.id, report("conv_anna_ben", Some(&sent[14].id))).await.unwrap();
    let input = DeleteMessage { conversation_id: "conv_anna_ben".into(), message_id: sent[14].id.clone() };
    world.chat.delete(&ben.id, input).await.unwrap();
    let listed = world.chat.reports(ListReports::default()).await.unwrap();
    assert_eq!((listed.reports.len(), listed.has_more), (1, false));
    let kept = &listed.reports[0];
    assert_eq!((&kept.id, kept.reporter_id.as_str(), kept.reason.as_str()), (&reported.report_id, "anna", "spam"));
    let numbers: Vec<u64> = kept.messages.iter().map(|message| message.number).collect();
    assert_eq!(numbers, (5..=25).collect::<Vec<u64>>());
    assert_eq!(kept.messages[10].content, "15", "what was deleted since is in it");

    let whole = world.chat.report(&anna.id, report("conv_anna_ben", None)).await.unwrap();
    let since = ListReports { since: listed.cursor, limit: Some(1) };
    let next = world.chat.reports(since).await.unwrap();
    assert_eq!((next.reports[0].id.as_str(), next.reports[0].messages.len()), (whole.report_id.as_str(), 20));
    world.chat.delete_report(&reported.report_id).await.unwrap();
    world.chat.delete_report(&reported.report_id).await.unwrap();
    assert_eq!(world.chat.reports(ListReports::default()).await.unwrap().reports.len(), 1);
    let stranger = world.user("eve");
    let refused = world.chat.report(&stranger.id, report("conv_anna_ben", None)).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let unknown = report("conv_anna_ben", Some("message_1_x"));
    assert_eq!(world.chat.report(&anna.id, unknown).await.unwrap_err().code, Code::NotFound);
    let empty = ReportInput { reason: " ".into(), ..report("conv_anna_ben", None) };
    assert_eq!(world.chat.report(&anna.id, empty).await.unwrap_err().field, Some("reason"));
}

#[tokio::test]
async fn members_are_listed_with_the_number_they_have_read_up_to() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.name("ben", "Ben Smith").await;
    anna.send(&ben, "1").await.unwrap();
    let second = anna.send(&ben, "2").await.unwrap().message;
    ben.read_up_to(&anna, &second).await.unwrap();
    let input = ListMembers { conversation_id: "conv_anna_ben".into() };
    let members = world.chat.members(&anna.id, input.clone()).await.unwrap().members;
    let shown: Vec<_> = members.iter().map(|one| (one.id.as_str(), one.name.as_str(), one.read_up_to)).collect();
    assert_eq!(shown, [("anna", "anna", 0), ("ben", "Ben Smith", 2)]);
    assert_eq!(world.chat.members(&world.user("eve").id, input).await.unwrap_err().code, Code::NotFound);
}
