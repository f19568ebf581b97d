//! Histories of calls: the devices of two users start, accept, decline and end calls at any time, over servers that fail and
//! die, and some devices die, too. Each device follows the log.

use super::{
    Actor, Report, chaos,
    dice::Dice,
    history,
    model::{Check, conversation, ensure},
    plan::Plan,
    together,
    world::{Response, World},
};
use jobline_chat::{UserId, iso};
use jobline_wire::{
    AnswerCall, Call, CallMedia, CallState, Code, ListConversations, ListMessages, SendMessage, StartCall,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    time::Duration,
};

pub const RING_MS: u64 = 45_000;
const DEVICES: [&str; 3] = ["phone", "laptop", "tablet"];
const STEPS: usize = 14;

/// Facts that answers have established.
#[derive(Debug, Default)]
struct Known {
    /// The device that accepted a call.
    taken: BTreeMap<String, String>,
    /// Calls that are over.
    over: BTreeSet<String>,
}

struct Phone<'a> {
    world: &'a World,
    known: &'a RefCell<Known>,
    dice: Dice,
    user: UserId,
    device: &'static str,
    talk: String,
    cursor: Option<String>,
    /// The last state of each call in the log, by the number of its message.
    calls: BTreeMap<u64, Call>,
}

/// Runs a history of calls.
///
/// # Errors
/// The broken promise.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("calls", plan, live)
}

/// The plan of the calls of `seed`.
pub fn plan(seed: u64) -> Plan {
    let plan = Plan::crowd(seed);
    let settings = jobline_chat::Settings { send_rate: 0, ..plan.settings };
    Plan { pause_ms: 16_000, skew_ms: 0, settings, ..plan }
}

async fn live(world: &World) -> Check {
    let (known, mut dice) = (RefCell::default(), Dice::new(world.plan.seed, "calls"));
    while !chaos::put_job(world, &mut dice, 1, true).await? {}
    let talk = conversation(&world.plan.users[0], &world.plan.users[1]);
    let hello = SendMessage {
        receiver_id: Some(world.plan.users[1].clone()),
        content: Some("Hello".into()),
        client_id: Some("hello".into()),
        ..SendMessage::default()
    };
    greet(world, &world.plan.users[0], hello).await?;
    let mut phones = Vec::new();
    for user in &world.plan.users {
        for device in DEVICES {
            let dice = Dice::new(world.plan.seed, &format!("{user} {device}"));
            let user = UserId::new(user).expect("a user id");
            let (talk, calls) = (talk.clone(), BTreeMap::new());
            phones.push(Phone { world, known: &known, dice, user, device, talk, cursor: None, calls });
        }
    }
    let actors = phones.iter_mut().map(|phone| -> Actor<'_> { Box::pin(phone.run()) }).collect();
    together(actors, run_tasks(world)).await?;
    rest_of_time(world).await?;
    for phone in &mut phones {
        while phone.follow().await? {}
    }
    let calls = agree(&known.borrow(), world, &phones)?;
    all_calls_are_unread(world, &calls).await
}

/// The conversation begins with a message.
pub async fn greet(world: &World, user: &str, hello: SendMessage) -> Check {
    let me = UserId::new(user).expect("a user id");
    let chat = &world.servers[0].chat;
    for _ in 0..50 {
        if chat.send(&me, hello.clone()).await.is_ok() {
            return Ok(());
        }
    }
    Err("nobody could greet".into())
}

/// Servers run due tasks, and die during them.
pub async fn run_tasks(world: &World) -> Check<Infallible> {
    let mut dice = Dice::new(world.plan.seed, "tasks");
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let chat = world.server(&mut dice);
        world.hear(&mut dice, "server", "runs tasks", chat.run_due_tasks(u64::MAX)).await.answer("running tasks")?;
    }
}

impl Phone<'_> {
    async fn run(&mut self) -> Check {
        for _ in 0..STEPS {
            self.world.pause(&mut self.dice).await;
            self.follow().await?;
            if self.dice.chance(0.04) {
                self.world.count("device died");
                return Ok(());
            }
            self.act().await?;
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("{} {}", self.user, self.device)
    }

    /// Applies what is new in the log. Returns whether something was.
    async fn follow(&mut self) -> Check<bool> {
        let input = ListMessages { conversation_id: self.talk.clone(), since: self.cursor.clone(), ..<_>::default() };
        let (world, name) = (self.world, self.name());
        let chat = world.server(&mut self.dice);
        let response = world.hear(&mut self.dice, &name, "lists", chat.list(&self.user, input)).await;
        let Some(answer) = response.answer("list")? else { return Ok(true) };
        let is_new = !answer.messages.is_empty() && self.cursor.is_some();
        self.cursor = Some(answer.cursor);
        for message in answer.messages {
            let Some(call) = message.call else { continue };
            ensure!(call.id == message.id, "the call of another message: {call:?}");
            if let Some(before) = self.calls.insert(message.number, call.clone()) {
                follows(&before, &call)?;
            }
        }
        Ok(is_new || answer.has_more)
    }

    async fn act(&mut self) -> Check {
        let newest = self.calls.values().next_back().cloned();
        let what = self.dice.up_to(6);
        match newest {
            Some(call) if what > 1 => self.answer(&call, what).await,
            _ if what < 3 => self.start().await,
            _ => Ok(()),
        }
    }

    async fn start(&mut self) -> Check {
        let media = *self.dice.pick(&[CallMedia::Audio, CallMedia::Video]);
        let input = StartCall { conversation_id: self.talk.clone(), media, device_id: self.device.to_owned() };
        let over = self.known.borrow().over.clone();
        let (world, name) = (self.world, self.name());
        let chat = world.server(&mut self.dice);
        let response = world.hear(&mut self.dice, &name, "calls", chat.start_call(&self.user, input)).await;
        let Some(started) = response.answer("a call")? else { return Ok(()) };
        let call = started.call;
        ensure!(!over.contains(&call.id), "started a call that was over before: {call:?}");
        let own = call.devices.get(self.user.as_str()).map(String::as_str) == Some(self.device);
        world.count(if own && call.started_by == self.user.as_str() { "started" } else { "met a call that runs" });
        Ok(())
    }

    async fn answer(&mut self, call: &Call, what: u64) -> Check {
        let input = AnswerCall { call_id: call.id.clone(), device_id: self.device.to_owned() };
        let was_over = self.known.borrow().over.contains(&call.id);
        let (world, name, me) = (self.world, self.name(), &self.user);
        let chat = world.server(&mut self.dice);
        let dice = &mut self.dice;
        let response = match what {
            2..=4 => world.hear(dice, &name, "accepts", chat.accept_call(me, input)).await,
            5 => world.hear(dice, &name, "declines", chat.decline_call(me, input)).await,
            _ => world.hear(dice, &name, "ends", chat.end_call(me, input)).await,
        };
        match response {
            Response::Lost => Ok(()),
            Response::Refusal(error) => {
                ensure!(error.code == Code::CallOver && what < 6, "{name}: {error}");
                world.count("call over");
                Ok(())
            }
            Response::Answer(changed) => self.is_done(&changed.call, what, was_over),
        }
    }

    fn is_done(&self, call: &Call, what: u64, was_over: bool) -> Check {
        let mut known = self.known.borrow_mut();
        if what < 5 {
            ensure!(!was_over, "accepted what was over: {call:?}");
            ensure!(
                call.devices.get(self.user.as_str()).map(String::as_str) == Some(self.device),
                "{}: not taken with it: {call:?}",
                self.name()
            );
            if call.started_by != self.user.as_str() {
                let taken = known.taken.entry(call.id.clone()).or_insert_with(|| self.device.to_owned());
                ensure!(taken == self.device, "taken by {taken} before: {call:?}");
            }
        } else {
            ensure!(is_over(call.state), "not over: {call:?}");
            known.over.insert(call.id.clone());
        }
        Ok(())
    }
}

pub fn is_over(state: CallState) -> bool {
    !matches!(state, CallState::Ringing | CallState::Accepted)
}

/// The state of a call never goes back, and does not change once the call is over.
fn follows(before: &Call, now: &Call) -> Check {
    let forward = match before.state {
        CallState::Ringing => true,
        CallState::Accepted => matches!(now.state, CallState::Accepted | CallState::Ended),
        over => now.state == over && now.ended_at == before.ended_at,
    };
    let kept = before.devices.iter().all(|(user, device)| now.devices.get(user) == Some(device));
    ensure!(forward && kept && now.started_at == before.started_at, "{before:?}\n  became {now:?}");
    Ok(())
}

/// Nothing fails any more, ringing ends, and tasks are done.
pub async fn rest_of_time(world: &World) -> Check {
    world.stop_faults();
    for server in &world.servers {
        server.chat.ready().await.map_err(|error| format!("not ready: {error}"))?;
    }
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(RING_MS)).await;
        for server in &world.servers {
            server.chat.run_due_tasks(u64::MAX).await.map_err(|error| format!("tasks: {error}"))?;
        }
    }
    Ok(())
}

/// All devices saw the same calls, no two of them at the same time, and the facts from answers hold.
fn agree<'a>(known: &Known, world: &World, phones: &'a [Phone<'_>]) -> Check<Vec<&'a Call>> {
    let truth = &phones[0].calls;
    for phone in phones {
        ensure!(phone.calls == *truth, "{} saw {:?}\n  and others {truth:?}", phone.name(), phone.calls);
    }
    let calls: Vec<&Call> = truth.values().collect();
    for pair in calls.windows(2) {
        let ended = pair[0].ended_at.as_ref().ok_or_else(|| format!("runs beside the next one: {:?}", pair[0]))?;
        ensure!(*ended <= pair[1].started_at, "two calls at a time: {pair:?}");
    }
    for call in &calls {
        ensure!(call.state != CallState::Ringing, "rings for ever: {call:?}");
        ensure!(call.accepted_at.is_some() == (call.devices.len() == 2), "taken, or not: {call:?}");
        let late = call.state == CallState::Missed && call.ended_at != Some(iso(started_ms(call) + RING_MS));
        ensure!(!late, "missed at another time: {call:?}");
        world.count(match call.state {
            CallState::Missed => "missed",
            CallState::Declined => "declined",
            CallState::Cancelled => "cancelled",
            _ => "accepted",
        });
        let other = call.devices.iter().find(|(user, _)| **user != call.started_by).map(|(_, device)| device);
        ensure!(known.taken.get(&call.id).is_none_or(|taken| Some(taken) == other), "taken by another: {call:?}");
        ensure!(!known.over.contains(&call.id) || is_over(call.state), "goes on though it was over: {call:?}");
    }
    ensure!(!calls.is_empty(), "nobody called");
    Ok(calls)
}

pub fn started_ms(call: &Call) -> u64 {
    call.id.split('_').nth(1).and_then(|ms| ms.parse().ok()).unwrap_or_default()
}

/// Nobody has marked anything as read: the other's calls and the greeting are unread for each.
async fn all_calls_are_unread(world: &World, calls: &[&Call]) -> Check {
    for (place, user) in world.plan.users.iter().enumerate() {
        let me = UserId::new(user).expect("a user id");
        let answer = world.servers[0].chat.conversations(&me, ListConversations::default()).await;
        let conversations = answer.map_err(|error| error.to_string())?.conversations;
        let unread = conversations.first().and_then(|one| one.unread_count.get(user)).copied();
        let expected = calls.iter().filter(|call| call.started_by != *user).count() as u64 + place as u64;
        ensure!(unread == Some(expected), "{user} has {unread:?} unread of {expected}: {calls:?}");
    }
    Ok(())
}
