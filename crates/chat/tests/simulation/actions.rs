//! What devices do to existing messages: edit, delete and react, until there is an answer, also where it is forbidden.

use super::{
    changes::{EMOJI, Outcome, Wish, reaction_of},
    device::Client,
    jobs::Asked,
    model::{Check, HOST, Model, ensure},
    world::{Response, World},
};
use jobline_wire::{ChangedMessage, Code, DeleteMessage, EditMessage, ListVersions, Message, React, limits};
use std::time::Duration;

/// The message that a device acts on.
#[derive(Debug, Clone)]
pub struct Target {
    pub conversation: String,
    pub number: u64,
    pub id: String,
}

impl Client<'_> {
    /// Does something to one of `known`, the messages of a conversation that the device has.
    pub async fn change(&mut self, conversation: &str, known: &[(u64, String)]) -> Check {
        if known.is_empty() {
            return Ok(());
        }
        if self.dice.chance(0.05) {
            return self.change_what_does_not_exist(conversation).await;
        }
        let mine: Vec<&(u64, String)> = {
            let model = self.world.model.borrow();
            let talk = &model.talks[conversation];
            let sender = |number: &u64| &model.intents[talk.facts[number].intent].sender;
            known.iter().filter(|(number, _)| sender(number) == self.user()).collect()
        };
        let act = self.dice.up_to(9);
        let own = act >= 5 && !mine.is_empty() && self.dice.chance(0.85);
        let (number, id) = if own { (*self.dice.pick(&mine)).clone() } else { self.dice.pick(known).clone() };
        let target = Target { conversation: conversation.to_owned(), number, id };
        let wish = match act {
            0..=2 => Wish::Reaction(Some(*self.dice.pick(&EMOJI))),
            3 => Wish::Reaction(None),
            4 => return self.look_at_versions(&target).await,
            5..=7 => Wish::Text(self.text_for(&target)),
            _ => Wish::Gone,
        };
        self.insist(&target, &wish).await
    }

    /// A text that no message has had, or sometimes this message's first text.
    fn text_for(&mut self, target: &Target) -> String {
        let mut model = self.world.model.borrow_mut();
        let edit = model.tick();
        let intent = model.talks[&target.conversation].facts[&target.number].intent;
        if self.dice.chance(0.15) { Model::text(intent) } else { format!("{}e{edit}", Model::text(intent)) }
    }

    /// Repeats a request until it is answered, sometimes once more, or gives up.
    pub async fn insist(&mut self, target: &Target, wish: &Wish) -> Check {
        for _ in 0..4 {
            if self.request(target, wish).await?.is_some() {
                if self.dice.chance(0.2) {
                    self.request(target, wish).await?;
                }
                return Ok(());
            }
            let wait = self.dice.up_to(150);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Ok(())
    }

    /// One request. `None` if it was not answered; otherwise the message in the answer, if it was not refused.
    pub async fn request(&mut self, target: &Target, wish: &Wish) -> Check<Option<Option<Message>>> {
        let world = self.world;
        let Target { conversation, number, id } = target;
        let request = world.model.borrow_mut().ask(conversation, *number, self.me.as_str(), wish.clone());
        let response = self.call(conversation, id, wish).await;
        let outcome = match &response {
            Response::Answer(_) => Outcome::Answered,
            Response::Refusal(_) => Outcome::Refused,
            Response::Lost => Outcome::Unknown,
        };
        let mut model = world.model.borrow_mut();
        let asked = model.asked(conversation, *number, request, outcome);
        let begun = asked.begun;
        match response {
            Response::Lost => Ok(None),
            Response::Refusal(error) => {
                drop(model);
                self.is_refused(target, wish, &error, asked)?;
                Ok(Some(None))
            }
            Response::Answer(ChangedMessage { message }) => {
                ensure!(message.number == *number && message.id == *id, "{target:?} became {message:?}");
                model.see(self.me.as_str(), &message, begun)?;
                model.is_fresh(self.me.as_str(), &message, begun)?;
                let talk = &model.talks[conversation];
                let first = talk.changes[number].is_first(request)
                    && *wish != Wish::Text(Model::text(talk.facts[number].intent));
                let other = &talk.pair[1 - talk.side(self.user())];
                let blocked = wish.needs_leave() && model.blocks.surely_blocked(other, self.user(), asked);
                ensure!(
                    !first || !blocked,
                    "{wish:?} was answered, though {other} blocks {}: {message:?}",
                    self.user()
                );
                drop(model);
                self.is_done(target, wish, &message)?;
                Ok(Some(Some(message)))
            }
        }
    }

    async fn call(&mut self, conversation: &str, id: &str, wish: &Wish) -> Response<ChangedMessage> {
        let (conversation_id, message_id) = (conversation.to_owned(), id.to_owned());
        let world = self.world;
        let chat = world.server(&mut self.dice);
        let (dice, name, me) = (&mut self.dice, &self.name, &self.me);
        let what = format!("{conversation} {id} {wish:?}");
        match wish {
            Wish::Text(text) => {
                let input = EditMessage { conversation_id, message_id, content: text.clone() };
                world.hear(dice, name, &what, chat.edit(me, input)).await
            }
            Wish::Gone => {
                let input = DeleteMessage { conversation_id, message_id };
                world.hear(dice, name, &what, chat.delete(me, input)).await
            }
            Wish::Reaction(emoji) => {
                let input = React { conversation_id, message_id, emoji: emoji.map(str::to_owned) };
                world.hear(dice, name, &what, chat.react(me, input)).await
            }
        }
    }

    /// Checks that the answer is the requested change, and that it was allowed.
    fn is_done(&self, target: &Target, wish: &Wish, message: &Message) -> Check {
        let world = self.world;
        let mine = message.sender_id == self.user();
        let model = world.model.borrow();
        let over = |ms| model.is_over(&target.conversation, target.number, ms, world.now_ms());
        match wish {
            Wish::Text(text) => {
                world.count("edited");
                ensure!(mine, "edited what another one sent: {message:?}");
                ensure!(model.is_text(&target.conversation, target.number), "edited a file: {message:?}");
                ensure!(message.content == *text && message.deleted_at.is_none(), "not {text}: {message:?}");
                let same = Some(text.as_str()) == message.revision.is_none().then_some(message.content.as_str());
                ensure!(same || !over(2 * edit_ms(world)), "edited too late: {message:?}");
            }
            Wish::Gone => {
                world.count("deleted");
                ensure!(mine, "deleted what another one sent: {message:?}");
                ensure!(message.deleted_at.is_some(), "not deleted: {message:?}");
            }
            Wish::Reaction(emoji) => {
                world.count("reacted");
                ensure!(message.deleted_at.is_none(), "reacted to a deleted message: {message:?}");
                ensure!(reaction_of(message, self.user()) == *emoji, "not {emoji:?}: {message:?}");
            }
        }
        Ok(())
    }

    /// Checks that there was a reason to refuse.
    fn is_refused(&self, target: &Target, wish: &Wish, error: &jobline_chat::Error, asked: Asked) -> Check {
        let world = self.world;
        let model = world.model.borrow();
        let talk = &model.talks[&target.conversation];
        let fact = &talk.facts[&target.number];
        let mine = model.intents[fact.intent].sender == self.user();
        let now = world.now_ms();
        let over = |ms| model.may_be_over(&target.conversation, target.number, ms, now);
        let changes = &talk.changes[&target.number];
        let with_reason = match (error.code, wish) {
            (Code::NotFound, _) => model.may_be_gone(fact.created_ms, now),
            (Code::NotYourMessage, Wish::Text(_) | Wish::Gone) => {
                world.count("not your message");
                !mine
            }
            (Code::MessageDeleted, Wish::Text(_) | Wish::Reaction(_)) => {
                world.count("deleted before");
                changes.may_be_gone()
            }
            (Code::EditWindowOver, Wish::Text(_)) => mine && over(edit_ms(world)),
            (Code::DeleteWindowOver, Wish::Gone) => mine && over(delete_ms(world)),
            (Code::RateLimited, Wish::Text(_) | Wish::Reaction(_)) => {
                model.limited_requests(self.user()) > limits::CHANGES_PER_MINUTE as usize
            }
            (Code::RecipientUnavailable, wish) if wish.needs_leave() => {
                world.count("blocked from changing");
                !model.blocks.surely_free(&talk.pair[1 - talk.side(self.user())], self.user(), asked)
            }
            (Code::InvalidRequest, Wish::Text(_)) => !model.is_text(&target.conversation, target.number),
            _ => false,
        };
        ensure!(with_reason, "{target:?} {wish:?} was refused: {error}");
        Ok(())
    }

    /// Acts on a message that nobody sent, which must be refused.
    async fn change_what_does_not_exist(&mut self, conversation: &str) -> Check {
        let wish = self.dice.pick(&[Wish::Text("m0".into()), Wish::Gone, Wish::Reaction(Some(EMOJI[0]))]).clone();
        match self.call(conversation, "message_1700000000000_AAAAAAAAAAAAAAAAAAAAA", &wish).await {
            Response::Answer(answer) => Err(format!("a message that nobody sent: {answer:?}")),
            Response::Refusal(error) if error.code != Code::NotFound => Err(format!("refused with {error}")),
            _ => Ok(()),
        }
    }

    async fn look_at_versions(&mut self, target: &Target) -> Check {
        let world = self.world;
        let begun = world.tick();
        let input = ListVersions { conversation_id: target.conversation.clone(), message_id: target.id.clone() };
        let chat = world.server(&mut self.dice);
        let what = format!("versions of {target:?}");
        let response = world.hear(&mut self.dice, &self.name, &what, chat.versions(&self.me, input)).await;
        let model = world.model.borrow();
        match response {
            Response::Lost => Ok(()),
            Response::Answer(answer) => {
                let texts: Vec<String> = answer.versions.into_iter().map(|version| version.content).collect();
                world.count(if texts.len() > 1 { "versions" } else { "one version" });
                model.see_versions(&target.conversation, target.number, &texts, begun)
            }
            Response::Refusal(error) => {
                let talk = &model.talks[&target.conversation];
                let fact = &talk.facts[&target.number];
                let gone = talk.changes.get(&target.number).is_some_and(super::changes::Changes::may_be_gone);
                let with_reason = match error.code {
                    Code::MessageDeleted => gone,
                    Code::NotFound => model.may_be_gone(fact.created_ms, world.now_ms()),
                    _ => false,
                };
                ensure!(with_reason, "{what} were refused: {error}");
                Ok(())
            }
        }
    }
}

fn edit_ms(world: &World) -> u64 {
    u64::from(world.plan.settings.edit_minutes) * 60_000
}

fn delete_ms(world: &World) -> u64 {
    u64::from(world.plan.settings.delete_hours) * 3_600_000
}

/// Deletes a message on behalf of the host, until that is answered.
pub async fn delete_as_host(world: &World, dice: &mut super::dice::Dice, target: &Target) -> Check {
    for _ in 0..4 {
        let Target { conversation, number, id } = target;
        let request = world.model.borrow_mut().ask(conversation, *number, HOST, Wish::Gone);
        let input = jobline_wire::HostDeleteMessage { conversation_id: conversation.clone() };
        let chat = world.server(dice);
        let what = format!("deletes {conversation} {id}");
        let response = world.hear(dice, HOST, &what, chat.delete_host_message(id, input)).await;
        if let Some(check) = answered_to_host(world, target, request, &what, response) {
            return check;
        }
        let wait = dice.up_to(150);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    Ok(())
}

/// Records the outcome of a deletion by the host. `None` if its answer was lost.
fn answered_to_host(
    world: &World,
    Target { conversation, number, .. }: &Target,
    request: usize,
    what: &str,
    response: Response<()>,
) -> Option<Check> {
    let mut model = world.model.borrow_mut();
    let outcome = match &response {
        Response::Answer(()) => Outcome::Answered,
        Response::Refusal(_) => Outcome::Refused,
        Response::Lost => Outcome::Unknown,
    };
    model.asked(conversation, *number, request, outcome);
    match response {
        Response::Answer(()) => {
            world.count("deleted by the host");
            Some(Ok(()))
        }
        Response::Refusal(error) => {
            let expired = model.may_be_gone(model.talks[conversation].facts[number].created_ms, world.now_ms());
            Some(refused_only(error.code == Code::NotFound && expired, what, &error))
        }
        Response::Lost => None,
    }
}

/// A correct refusal, or a failure of the history.
fn refused_only(is_right: bool, what: &str, error: &jobline_chat::Error) -> Check {
    ensure!(is_right, "{what}: refused with {error}");
    Ok(())
}
