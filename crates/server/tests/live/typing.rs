//! Typing: who sees it.

use crate::client::Live;
use crate::program::Program;
use serde_json::{Value, json};

const TALK: &str = "conv_anna_ben";

fn types(conversation: &str, typing: bool) -> Value {
    json!({"op": "typing", "conversationId": conversation, "typing": typing})
}

fn shown(typing: bool) -> Value {
    json!({"op": "typing", "conversationId": TALK, "userId": "anna", "typing": typing})
}

fn settled(program: &Program, user: &str) -> Live {
    Live::settled(program, &program.token(user)).0
}

#[test]
fn typing_starts_and_ends_by_itself() {
    let program = Program::start(&[]);
    let (mut anna, mut ben) = (settled(&program, "anna"), settled(&program, "ben"));
    ben.watch(TALK);
    anna.say(&types(TALK, true));
    assert_eq!(ben.frame(), shown(true));
    assert_eq!(ben.frame(), shown(false), "6 s later");
    anna.say(&types(TALK, true));
    assert_eq!(ben.frame(), shown(true));
    anna.say(&types(TALK, false));
    assert_eq!(ben.frame(), shown(false));
    anna.say(&types(TALK, true));
    assert_eq!(ben.frame(), shown(true));
    anna.cut();
    assert_eq!(ben.frame(), shown(false), "whose line is cut types no more");
}

#[test]
fn typing_is_shown_only_to_the_other_user_who_watches() {
    let program = Program::start(&[]);
    let mut anna = settled(&program, "anna");
    let (mut ben, mut elsewhere) = (settled(&program, "ben"), settled(&program, "ben"));
    let (mut eve, mut own) = (settled(&program, "eve"), settled(&program, "anna"));
    for live in [&mut ben, &mut eve, &mut own] {
        live.watch(TALK);
    }
    elsewhere.watch("conv_ben_cy");
    anna.say(&types(TALK, true));
    assert_eq!(ben.frame(), shown(true));
    for live in [&mut eve, &mut own, &mut elsewhere] {
        live.is_heard();
    }
}

#[test]
fn typing_of_a_stranger_or_in_a_closed_job_is_not_shown() {
    let program = Program::start(&[]);
    let (mut ben, mut eve) = (settled(&program, "ben"), settled(&program, "eve"));
    ben.watch("conv_ben_eve");
    for conversation in ["conv_ben_eve", TALK, "nonsense"] {
        eve.say(&types(conversation, true));
    }
    eve.is_heard();
    let mut anna = settled(&program, "anna");
    let closed = json!({"title": "Paint the fence", "participants": ["anna", "ben"], "status": "closed"});
    program.host("PUT", "/host/jobs/7", &closed);
    // A former participant is not shown to the others any more.
    let gone = |live: &mut Live| {
        let mut frames = [live.frame(), live.frame()];
        assert!(frames.iter().all(|frame| (&frame["op"], &frame["state"]) == (&json!("presence"), &json!("away"))));
        frames.sort_by_key(|frame| frame["userId"].to_string());
        frames.map(|frame| frame["userId"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        (gone(&mut ben), gone(&mut anna)),
        (["anna", "cy"].map(str::to_owned), ["ben", "cy"].map(str::to_owned))
    );
    ben.watch(TALK);
    anna.say(&types(TALK, true));
    anna.is_heard();
    ben.is_heard();
}
