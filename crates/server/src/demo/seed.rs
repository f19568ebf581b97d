//! The conversations of the demo.

use super::{JANE, JOHN, MIKE, PEOPLE, PastClock, YOU, person};
use jobline_chat::{Chat, ConversationId, JobId, Result, UserId};
use jobline_wire::{Code, HostJobInput, HostUserInput, JobStatus, MarkAsRead, SendMessage};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A line of a conversation: how many seconds ago, who, to whom, about which job, what; and whether it was read.
struct Line(u64, &'static str, &'static str, u64, &'static str, bool);

const JOBS: [(u64, &str, &[&str]); 2] =
    [(42, "Paint the living room", &[YOU, JOHN]), (57, "Repair the garden fence", &[YOU, JANE, MIKE])];

/// In the order in which they were sent.
const LINES: [Line; 9] = [
    Line(2 * DAY + 50 * MINUTE, YOU, MIKE, 57, "Hi Mike! How is the fence coming along?", true),
    Line(2 * DAY + 5 * MINUTE, MIKE, YOU, 57, "Job completed ✓", true),
    Line(HOUR + 9 * MINUTE, YOU, JANE, 57, "Hello Jane! The fence is done. The gate still needs new hinges.", true),
    Line(HOUR + MINUTE, JANE, YOU, 57, "When can you come?", true),
    Line(26 * MINUTE, JOHN, YOU, 42, "The living room is 20 m², white. Would you do it?", true),
    Line(16 * MINUTE, YOU, JOHN, 42, "Hi! I can start tomorrow", true),
    Line(14 * MINUTE, JOHN, YOU, 42, "Great! What time?", true),
    Line(13 * MINUTE, YOU, JOHN, 42, "8 AM works?", true),
    Line(2 * MINUTE, JOHN, YOU, 42, "Great! I'll start tomorrow", false),
];

/// Writes people, jobs and conversations through `chat`, whose clock is `clock`, unless they exist already. After an
/// interruption it writes the rest, and nothing twice.
///
/// # Errors
/// The error of the domain.
pub async fn seed(chat: &Chat, clock: &PastClock) -> Result<()> {
    let you = person(YOU)?;
    // The address of `you` is written last: if it is there, everything is. Names come before conversations, which would be
    // told of them.
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
    for (number, line) in LINES.iter().enumerate() {
        clock.set_back(Duration::from_secs(line.0));
        send(chat, number, line).await?;
    }
    clock.set_back(Duration::ZERO);
    put_user(chat, &you, "You", Some("you@example.com")).await
}

async fn put_user(chat: &Chat, id: &UserId, name: &str, email: Option<&str>) -> Result<()> {
    let input = HostUserInput { name: name.to_owned(), email: email.map(str::to_owned), ..HostUserInput::default() };
    chat.put_user(id, input).await.map(drop)
}

async fn send(chat: &Chat, number: usize, line: &Line) -> Result<()> {
    let Line(_, from, to, job, content, read) = *line;
    let (from, to) = (person(from)?, person(to)?);
    let input = SendMessage {
        receiver_id: Some(to.to_string()),
        content: Some(content.to_owned()),
        job_id: Some(job),
        client_id: Some(format!("demo-{number}")),
        ..SendMessage::default()
    };
    let sent = chat.send(&from, input).await?;
    if let Some(conversation) = ConversationId::of(&from, &to).filter(|_| read) {
        let conversation_id = conversation.as_str().to_owned();
        chat.mark_as_read(&to, MarkAsRead { conversation_id, up_to: Some(sent.message.id) }).await?;
    }
    Ok(())
}
