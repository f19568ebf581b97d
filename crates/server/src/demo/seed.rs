//! The conversations of the demo.

use super::{JANE, JOHN, MIKE, PEOPLE, PastClock, YOU, person};
use jobline_chat::{Chat, ConversationId, Error, JobId, Result, UserId};
use jobline_wire::{Code, EditMessage, HostJobInput, HostUserInput, JobStatus, MarkAsRead, SendMessage};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What somebody did: how many seconds ago, who, in which conversation, about which job, what; and who has read up to there.
struct DemoEvent(u64, &'static str, DemoChat, u64, Act, &'static [&'static str]);

/// A conversation.
#[derive(Clone, Copy)]
enum DemoChat {
    /// With this person.
    With(&'static str),
    /// The group chat of the job.
    Crew,
}

/// What is done. A number is that of the event whose message it is about.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    Reply(usize, &'static str),
    Edit(usize, &'static str),
    React(usize, &'static str),
}

use Act::{Edit, React, Reply, Say};
use DemoChat::{Crew, With};

const JOBS: [(u64, &str, &[&str]); 3] = [
    (42, "Paint the living room", &[YOU, JOHN]),
    (57, "Repair the garden fence", &[YOU, JANE, MIKE]),
    (63, "Tile the bathroom", &[YOU, JOHN, MIKE]),
];

/// The events, in order.
const EVENTS: [DemoEvent; 18] = [
    DemoEvent(2 * DAY + 50 * MINUTE, YOU, With(MIKE), 57, Say("Hi Mike! How is the fence coming along?"), &[MIKE]),
    DemoEvent(2 * DAY + 5 * MINUTE, MIKE, With(YOU), 57, Say("Job completed ✓"), &[YOU]),
    DemoEvent(HOUR + 40 * MINUTE, JOHN, Crew, 63, Say("Morning! The tiles come at ten. Who helps me carry them?"), &[]),
    DemoEvent(HOUR + 34 * MINUTE, MIKE, Crew, 63, Say("I do. I'm around the corner"), &[]),
    DemoEvent(HOUR + 33 * MINUTE, JOHN, Crew, 63, React(3, "👍"), &[]),
    DemoEvent(HOUR + 31 * MINUTE, YOU, Crew, 63, Say("Me too. I bring the tile cutter at nine"), &[]),
    DemoEvent(HOUR + 30 * MINUTE, YOU, Crew, 63, Edit(5, "Me too. I bring the tile cutter at half past nine"), &[]),
    DemoEvent(HOUR + 22 * MINUTE, MIKE, Crew, 63, Reply(2, "How many boxes are there?"), &[YOU, JOHN]),
    DemoEvent(HOUR + 21 * MINUTE, YOU, Crew, 63, React(3, "👍"), &[]),
    DemoEvent(
        HOUR + 9 * MINUTE,
        YOU,
        With(JANE),
        57,
        Say("Hello Jane! The fence is done. The gate still needs new hinges."),
        &[JANE],
    ),
    DemoEvent(HOUR + MINUTE, JANE, With(YOU), 57, Say("When can you come?"), &[YOU]),
    DemoEvent(44 * MINUTE, JOHN, Crew, 63, Reply(7, "Twelve, and the grout. See you both there!"), &[MIKE]),
    DemoEvent(43 * MINUTE, MIKE, Crew, 63, React(11, "❤️"), &[]),
    DemoEvent(26 * MINUTE, JOHN, With(YOU), 42, Say("The living room is 20 m², white. Would you do it?"), &[YOU]),
    DemoEvent(16 * MINUTE, YOU, With(JOHN), 42, Say("Hi! I can start tomorrow"), &[JOHN]),
    DemoEvent(14 * MINUTE, JOHN, With(YOU), 42, Say("Great! What time?"), &[YOU]),
    DemoEvent(13 * MINUTE, YOU, With(JOHN), 42, Say("8 AM works?"), &[JOHN]),
    DemoEvent(2 * MINUTE, JOHN, With(YOU), 42, Say("Great! I'll start tomorrow"), &[]),
];

/// Writes people, jobs and conversations through `chat`, whose clock is `clock`, unless they exist already. After an
/// interruption it writes the rest, and nothing twice.
///
/// # Errors
/// The error of the domain.
pub async fn seed(chat: &Chat, clock: &PastClock) -> Result<()> {
    let you = person(YOU)?;
    // The mail address of `you` is written last: if it is stored, everything is. Names are written before conversations,
    // which would otherwise get a change for each.
    match chat.get_user(&you).await {
        Ok(user) if user.email.is_some() => return Ok(()),
        Ok(_) => {}
        Err(error) if error.code == Code::NotFound => {}
        Err(error) => return Err(error),
    }
    for (id, name) in PEOPLE {
        put_user(chat, &person(id)?, name, None).await?;
    }
    for (id, title, participants) in JOBS {
        let participants = participants.iter().map(ToString::to_string).collect();
        let input = HostJobInput { title: title.to_owned(), participants, status: JobStatus::Open, crew_history: None };
        chat.put_job(JobId::parse(id)?, input).await?;
    }
    // The messages of the events so far; empty for events that sent none.
    let mut sent = Vec::with_capacity(EVENTS.len());
    for event in &EVENTS {
        clock.set_back(Duration::from_secs(event.0));
        let message = perform(chat, event, &sent).await?;
        sent.push(message);
    }
    clock.set_back(Duration::ZERO);
    put_user(chat, &you, "You", Some("you@example.com")).await
}

async fn put_user(chat: &Chat, id: &UserId, name: &str, email: Option<&str>) -> Result<()> {
    let input = HostUserInput { name: name.to_owned(), email: email.map(str::to_owned), ..HostUserInput::default() };
    chat.put_user(id, input).await.map(drop)
}

/// Performs an event, after the events with the messages `sent`. Returns the id of the message that it sent.
async fn perform(chat: &Chat, event: &DemoEvent, sent: &[String]) -> Result<String> {
    let DemoEvent(_, from, place, job, act, readers) = *event;
    let me = person(from)?;
    let (receiver, conversation_id) = conversation(&me, place, job)?;
    let message = match act {
        Say(content) | Reply(_, content) => {
            let input = SendMessage {
                receiver_id: receiver,
                conversation_id: matches!(place, Crew).then(|| conversation_id.clone()),
                content: Some(content.to_owned()),
                job_id: Some(job),
                client_id: Some(format!("demo-{}", sent.len())),
                reply_to: if let Reply(to, _) = act { sent.get(to).cloned() } else { None },
                ..SendMessage::default()
            };
            chat.send(&me, input).await?.message.id
        }
        Edit(of, content) => {
            let (message_id, content) = (sent[of].clone(), content.to_owned());
            let edit = EditMessage { conversation_id: conversation_id.clone(), message_id, content };
            match chat.edit(&me, edit).await {
                Ok(_) => String::new(),
                // An earlier start was interrupted right here.
                Err(error) if error.code == Code::EditWindowOver => String::new(),
                Err(error) => return Err(error),
            }
        }
        React(to, emoji) => {
            let (message_id, emoji) = (sent[to].clone(), Some(emoji.to_owned()));
            chat.react(&me, jobline_wire::React { conversation_id: conversation_id.clone(), message_id, emoji })
                .await?;
            String::new()
        }
    };
    for reader in readers {
        let read = MarkAsRead { conversation_id: conversation_id.clone(), up_to: Some(message.clone()) };
        chat.mark_as_read(&person(reader)?, read).await?;
    }
    Ok(message)
}

/// To whom `me` writes there, in a pair, and the id of the conversation.
fn conversation(me: &UserId, place: DemoChat, job: u64) -> Result<(Option<String>, String)> {
    match place {
        Crew => Ok((None, format!("crew_{job}"))),
        With(other) => {
            let pair = ConversationId::of(me, &person(other)?).ok_or_else(|| Error::not_found("conversation"))?;
            Ok((Some(other.to_owned()), pair.as_str().to_owned()))
        }
    }
}
