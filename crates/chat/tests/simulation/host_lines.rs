//! What the host writes into conversations and deletes from them.

use super::{
    actions::{self, Target},
    dice::Dice,
    model::{Check, Form, HOST, Intent, Model, ensure},
    world::{Response, World},
};
use jobline_wire::{Code, HostMessageInput, HostMessageType, SentMessage, Status};
use std::time::Duration;

/// The host posts lines, and deletes messages of anybody.
pub async fn run(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "lines of the host");
    for _ in 0..world.plan.host_lines {
        world.pause(&mut dice).await;
        world.pause(&mut dice).await;
        let talks: Vec<String> = world.model.borrow().talks.keys().cloned().collect();
        if talks.is_empty() {
            return Ok(());
        }
        let conversation = dice.pick(&talks).clone();
        let known: Vec<(u64, String)> = {
            let model = world.model.borrow();
            model.talks[&conversation].facts.iter().map(|(number, fact)| (*number, fact.id.clone())).collect()
        };
        if known.is_empty() || dice.chance(0.6) {
            post(world, &mut dice, &conversation, known.is_empty()).await?;
        } else {
            let (number, id) = dice.pick(&known).clone();
            actions::delete_as_host(world, &mut dice, &Target { conversation, number, id }).await?;
        }
    }
    Ok(())
}

/// Posts one line under one `clientId` until that is answered.
async fn post(world: &World, dice: &mut Dice, conversation: &str, begins: bool) -> Check {
    let is_event = dice.chance(0.4);
    let (intent, input) = {
        let mut model = world.model.borrow_mut();
        let number = model.intents.len();
        let client_id = Some(format!("line {number}"));
        let begins = begins || dice.chance(0.3);
        let input = HostMessageInput {
            conversation_id: (!begins).then(|| conversation.to_owned()),
            user_ids: begins.then(|| model.talks[conversation].pair.to_vec()),
            content: Model::text(number),
            kind: Some(if is_event { HostMessageType::Event } else { HostMessageType::Text }),
            data: None,
            client_id: client_id.clone(),
        };
        let form = if is_event { Form::Event } else { Form::Text };
        let intent = Intent { client_id, form, ..Intent::new(conversation.to_owned(), HOST) };
        (model.intend(intent), input)
    };
    for _ in 0..8 {
        if request(world, dice, intent, &input).await? {
            // Once more, which changes nothing.
            if dice.chance(0.2) {
                request(world, dice, intent, &input).await?;
            }
            return Ok(());
        }
        let wait = dice.up_to(150);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    Ok(())
}

async fn request(world: &World, dice: &mut Dice, intent: usize, input: &HostMessageInput) -> Check<bool> {
    let begun = world.tick();
    {
        let mut model = world.model.borrow_mut();
        model.intents[intent].begun.get_or_insert(begun);
        model.intents[intent].in_flight += 1;
    }
    let chat = world.server(dice);
    let what = format!("posts m{intent} {input:?}");
    let response = world.hear(dice, HOST, &what, chat.post_host_message(input.clone())).await;
    let ended = world.tick();
    let mut model = world.model.borrow_mut();
    model.intents[intent].in_flight -= 1;
    match response {
        Response::Lost => {
            model.intents[intent].uncertain = true;
            Ok(false)
        }
        Response::Refusal(error) => {
            // The conversation was named by its id, and its first message has expired or does not exist yet.
            let none = model.accepted_before(&model.intents[intent].conversation, begun) == 0;
            ensure!(error.code == Code::NotFound && none, "{what}: refused with {error}");
            model.intents[intent].refused = true;
            Ok(true)
        }
        Response::Answer(SentMessage { mut message, .. }) => {
            world.count("lines of the host");
            model.intents[intent].accepted.get_or_insert(ended);
            ensure!(message.client_id == input.client_id, "clientId: {message:?}");
            ensure!(message.status == Status::Sent, "the host has no receipts: {message:?}");
            // A member sees everything but this.
            message.client_id = None;
            let viewer = message.receiver_id.clone();
            model.see_but_for_status(&viewer, &message, begun)?;
            Ok(true)
        }
    }
}
