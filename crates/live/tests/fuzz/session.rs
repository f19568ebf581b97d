//! A session that gets any events in any order. Shared by the replay of the corpus and by the fuzz target.

use jobline_chat::{CallDevices, UserId};
use jobline_live::{Action, Answer, Event, FRAME_BYTES, Incoming, News, Refusal, Session, Token};

/// Plays `bytes` to a session: a byte that says what happens, and what that needs. Checks after each step what must hold
/// whatever the client does. Answers how many actions there were.
///
/// # Panics
/// When something does not hold.
pub fn play(bytes: &[u8]) -> usize {
    let user = UserId::new("ben").expect("an id");
    let mut now_ms = 1_000_000;
    let token = |expires_ms| Token { user: user.clone(), expires_ms, issued_ms: None };
    let mut session = Session::new(token(now_ms + 500_000), now_ms, 7);
    let (mut rest, mut actions) = (bytes, 0);
    // What was begun and has not ended; and whether an answer is on its way.
    let (mut reads, mut delivers, mut checks, mut finds, mut device_lookups) = (0, 0, 0, Vec::new(), Vec::new());
    let (mut closed, mut unconfirmed) = (false, false);
    while let Some((what, after)) = rest.split_first() {
        rest = after;
        let mut take = |most: usize| {
            let (taken, after) = rest.split_at(rest.len().min(most));
            rest = after;
            taken
        };
        let event = match what % 16 {
            0..=5 => {
                let length = take(2).iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                let text = String::from_utf8_lossy(take(length)).into_owned();
                unconfirmed &= !text.contains("have");
                Event::Incoming(Incoming::Text(text))
            }
            6 => Event::Incoming(Incoming::Control),
            7 => Event::Incoming([Incoming::Binary, Incoming::TooLarge][usize::from(take(1) == [1])].clone()),
            8 => Event::News(News {
                moved: true,
                relations: now_ms.is_multiple_of(3),
                degraded: take(1).first().map(|byte| byte % 2 == 0),
                ..News::default()
            }),
            9 if reads > 0 => {
                reads -= 1;
                Event::Answered(answer(take(2)))
            }
            10 if delivers > 0 => {
                delivers -= 1;
                Event::Delivered(Ok(()))
            }
            11 if checks > 0 => {
                checks -= 1;
                Event::Checked(Ok(token(now_ms + 100_000)))
            }
            12 if !finds.is_empty() => Event::Audience(finds.remove(0), Some(vec![user.clone()])),
            14 if !device_lookups.is_empty() => {
                Event::CallDevices(device_lookups.remove(0), take(1).first().map(|_| devices(&user)))
            }
            13 => {
                now_ms += take(1).iter().map(|byte| u64::from(*byte) * 200).sum::<u64>();
                Event::Tick
            }
            _ => Event::Tick,
        };
        for action in session.handle(event, now_ms) {
            assert!(!closed, "something after the end: {action:?}");
            actions += 1;
            match action {
                Action::Push(text) => {
                    assert!(!std::mem::replace(&mut unconfirmed, true), "two answers on their way");
                    is_frame(&text);
                }
                Action::Send(text) => is_frame(&text),
                Action::Read(..) => reads += 1,
                Action::Deliver(_) => delivers += 1,
                Action::Check(_) => checks += 1,
                Action::FindAudience(conversation) => finds.push(conversation),
                Action::FindCallDevices(call) => device_lookups.push(call),
                Action::Signal(_, _, text) => is_frame(&text),
                Action::Close(_) => closed = true,
                _ => {}
            }
            assert!(
                reads <= 1 && delivers <= 1 && checks <= 1 && finds.len() + device_lookups.len() <= 60,
                "too much at a time"
            );
        }
    }
    actions
}

fn devices(user: &UserId) -> CallDevices {
    CallDevices { own: "phone".to_owned(), others: vec![(user.clone(), "laptop".to_owned())] }
}

fn answer(dice: &[u8]) -> Result<Answer, Refusal> {
    let dice = |at: usize| dice.get(at).copied().unwrap_or_default();
    match dice(0) % 8 {
        0 => Err(Refusal::Unavailable),
        1 => Err(Refusal::Invalid),
        kind => {
            let json = format!(r#"{{"cursor":"c{}","messages":[]}}"#, dice(1));
            Ok(Answer { json, cursor: format!("c{}", dice(1)), has_more: kind == 2, is_empty: kind == 3 })
        }
    }
}

fn is_frame(text: &str) {
    assert!(text.len() <= FRAME_BYTES, "a frame of {} bytes", text.len());
    let frame: serde_json::Value = serde_json::from_str(text).expect("a frame is JSON");
    assert!(frame["op"].is_string(), "{text}");
}
