//! Users who block others for a while, and the writes and changes that this allows.

use super::{
    dice::Dice,
    model::{Check, ensure},
    switch::{Asked, Switch},
    world::{Response, World},
};
use jobline_chat::UserId;
use jobline_wire::BlockUser;
use std::{collections::BTreeMap, time::Duration};

/// Who blocks whom, by their ids.
#[derive(Debug, Default)]
pub struct Blocks(BTreeMap<(String, String), Switch>);

impl Blocks {
    /// `user` was blocked by `by` all the time.
    pub fn surely_blocked(&self, by: &str, user: &str, asked: Asked) -> bool {
        self.switch(by, user).is_some_and(|switch| switch.settled(asked) == Some(true))
    }

    /// `user` was not blocked by `by` at any time.
    pub fn surely_free(&self, by: &str, user: &str, asked: Asked) -> bool {
        self.switch(by, user).is_none_or(|switch| switch.is_untouched(asked) || switch.settled(asked) == Some(false))
    }

    /// Whether `by` blocks `user`, now that no request is running. `None` if that is unknown.
    pub fn stands(&self, by: &str, user: &str) -> Option<bool> {
        self.switch(by, user).map_or(Some(false), Switch::last)
    }

    /// Whether `by` ever asked to block `user`.
    pub fn was_ever(&self, by: &str, user: &str) -> bool {
        self.switch(by, user).is_some_and(Switch::was_ever_on)
    }

    fn switch(&self, by: &str, user: &str) -> Option<&Switch> {
        self.0.get(&(by.to_owned(), user.to_owned()))
    }
}

/// Some users block and unblock others, with whom they may share a job or not.
pub async fn run(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "blocks");
    // Only a few pairs, so that a blocked one is often unblocked again.
    let few = world.plan.users.len().min(3);
    for _ in 0..world.plan.blocks {
        for _ in 0..2 {
            world.pause(&mut dice).await;
        }
        let by = dice.index(few);
        let other = (by + 1 + dice.index(few - 1)) % few;
        let mut blocks = dice.chance(0.5);
        while !set(world, &mut dice, [by, other], blocks).await? {
            let wait = dice.up_to(200);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            if dice.chance(0.3) {
                blocks = !blocks;
            }
        }
    }
    Ok(())
}

/// Blocks or unblocks; answers whether the call was answered.
async fn set(world: &World, dice: &mut Dice, pair: [usize; 2], blocks: bool) -> Check<bool> {
    let [by, other] = pair.map(|place| world.plan.users[place].clone());
    let begun = world.tick();
    world.model.borrow_mut().blocks.0.entry((by.clone(), other.clone())).or_default().begin(blocks, begun);
    let me = UserId::new(&by).expect("a user id");
    let input = BlockUser { user_id: other.clone() };
    let chat = world.server(dice);
    let what = format_args!("blocks={blocks} {other}");
    let response = match blocks {
        true => world.hear(dice, &by, what, chat.block(&me, input)).await,
        false => world.hear(dice, &by, what, chat.unblock(&me, input)).await,
    };
    let answered = matches!(response, Response::Answer(_));
    let ended = world.tick();
    let mut model = world.model.borrow_mut();
    model.blocks.0.get_mut(&(by.clone(), other.clone())).expect("it began").end(answered, ended);
    if let Some(answer) = response.answer("a block")? {
        world.count(if blocks { "blocked" } else { "unblocked" });
        // An abandoned call may have taken effect in between.
        let told = answer.blocked.contains(&other);
        let certain = model.blocks.stands(&by, &other).is_some();
        ensure!(!certain || told == blocks, "{by} blocks {other}: {blocks}, but is told {answer:?}");
    }
    Ok(answered)
}

/// Checks the list of blocked users that every user gets.
pub async fn are_as_last_said(world: &World) -> Check {
    for by in &world.plan.users {
        let me = UserId::new(by).expect("a user id");
        let told = world.servers[0].chat.preferences(&me).await.map_err(|error| error.to_string())?.blocked;
        let is_told = |user: &String| told.iter().any(|person| person.id == *user);
        let model = world.model.borrow();
        for user in world.plan.users.iter().filter(|user| *user != by) {
            let stands = model.blocks.stands(by, user);
            let right = stands.is_none_or(|stands| stands == is_told(user));
            ensure!(right, "{by} blocks {user}: {stands:?}, but is told {told:?}");
        }
    }
    Ok(())
}
