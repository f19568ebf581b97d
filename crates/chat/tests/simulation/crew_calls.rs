//! Histories of the calls of one crew: the devices of six members start, accept, decline and end calls at any time, over
//! servers that fail and die, while the host adds and removes members. Each device follows the log.

use super::{
    Actor, Report,
    calls::{RING_MS, greet, is_over, rest_of_time, run_tasks, started_ms},
    dice::Dice,
    history,
    model::{Check, ensure},
    plan::Plan,
    together,
    world::{Response, World},
};
use jobline_chat::{JobId, Settings, UserId, iso};
use jobline_wire::{
    AnswerCall, Call, CallMedia, CallState, ChangedCall, Code, HostJobInput, JobStatus, ListMessages, SendMessage,
    StartCall,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

const CREW: &str = "crew_1";
/// The first two are members all the time.
const USERS: [&str; 6] = ["anna", "ben", "carl_x", "d~ora", "eve.w|1@x", "finn"];
const DEVICES: [&str; 2] = ["phone", "laptop"];
const STEPS: usize = 12;
const HOST_STEPS: usize = 3;
/// People in one call, by the contract.
const MOST: usize = 4;

struct Phone<'a> {
    world: &'a World,
    /// Calls of which an answer said that they are over.
    over: &'a RefCell<BTreeSet<String>>,
    dice: Dice,
    user: &'static str,
    device: &'static str,
    cursor: Option<String>,
    /// The last state of each call in the log, by the number of its message.
    calls: BTreeMap<u64, Call>,
}

/// Runs a history of the calls of a crew.
///
/// # Errors
/// The broken promise.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("a crew's calls", plan, live)
}

/// The plan of the calls of the crew of `seed`.
pub fn plan(seed: u64) -> Plan {
    let plan = Plan::crowd(seed);
    let settings = Settings { send_rate: 0, ..plan.settings };
    Plan { pause_ms: 16_000, skew_ms: 0, settings, ..plan }
}

async fn live(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "crew calls");
    put_job(world, &mut dice, &USERS).await?;
    let hello = SendMessage {
        conversation_id: Some(CREW.into()),
        content: Some("Hello".into()),
        client_id: Some("hello".into()),
        ..SendMessage::default()
    };
    greet(world, USERS[0], hello).await?;
    let (mut phones, over) = (Vec::new(), RefCell::default());
    for user in USERS {
        for device in DEVICES {
            let dice = Dice::new(world.plan.seed, &format!("{user} {device}"));
            phones.push(Phone { world, over: &over, dice, user, device, cursor: None, calls: BTreeMap::new() });
        }
    }
    let mut actors: Vec<Actor<'_>> = vec![Box::pin(host(world))];
    actors.extend(phones.iter_mut().map(|phone| -> Actor<'_> { Box::pin(phone.run()) }));
    together(actors, run_tasks(world)).await?;
    put_job(world, &mut dice, &USERS).await?;
    rest_of_time(world).await?;
    for phone in &mut phones {
        while phone.follow().await? {}
    }
    agree(world, &phones)
}

/// The host adds and removes people.
async fn host(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "host");
    for _ in 0..HOST_STEPS {
        for _ in 0..3 {
            world.pause(&mut dice).await;
        }
        let mut people = USERS[..2].to_vec();
        people.extend(USERS[2..].iter().filter(|_| dice.chance(0.7)));
        put_job(world, &mut dice, &people).await?;
    }
    Ok(())
}

/// Puts the job until that is answered.
async fn put_job(world: &World, dice: &mut Dice, people: &[&str]) -> Check {
    for _ in 0..60 {
        let input = HostJobInput {
            title: "Roof".into(),
            participants: people.iter().map(|user| (*user).to_owned()).collect(),
            status: JobStatus::Open,
            crew_history: None,
        };
        let chat = world.server(dice);
        let put = chat.put_job(JobId::parse(1).expect("a small number"), input);
        if let Response::Answer(_) = world.hear(dice, "host", format_args!("puts {people:?}"), put).await {
            return Ok(());
        }
    }
    Err("the host is never answered".into())
}

impl Phone<'_> {
    async fn run(&mut self) -> Check {
        for _ in 0..STEPS {
            self.world.pause(&mut self.dice).await;
            self.follow().await?;
            if self.dice.chance(0.03) {
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

    fn me(&self) -> UserId {
        UserId::new(self.user).expect("a user id")
    }

    /// Applies what is new in the log. Returns whether something was.
    async fn follow(&mut self) -> Check<bool> {
        let input = ListMessages { conversation_id: CREW.into(), since: self.cursor.clone(), ..<_>::default() };
        let (world, name, me) = (self.world, self.name(), self.me());
        let chat = world.server(&mut self.dice);
        let answer = match world.hear(&mut self.dice, &name, "lists", chat.list(&me, input)).await {
            Response::Answer(answer) => answer,
            Response::Lost => return Ok(true),
            Response::Refusal(error) => return Err(format!("{name} was refused a list: {error}")),
        };
        let is_new = !answer.messages.is_empty() && self.cursor.is_some();
        self.cursor = Some(answer.cursor);
        for message in answer.messages {
            let Some(call) = message.call else { continue };
            check_call(&call)?;
            if let Some(before) = self.calls.insert(message.number, call.clone()) {
                self.follows(&before, &call)?;
            }
        }
        Ok(is_new || answer.has_more)
    }

    /// The state of a call never goes back. It does not change once the call is over, except for those who left during it.
    fn follows(&self, before: &Call, now: &Call) -> Check {
        let forward = match before.state {
            CallState::Ringing => true,
            CallState::Accepted => matches!(now.state, CallState::Accepted | CallState::Ended),
            over => now.state == over && now.ended_at == before.ended_at && now.devices == before.devices,
        };
        let stays = USERS[..2].contains(&self.user);
        ensure!(forward || !stays, "{}: {before:?}\n  became {now:?}", self.name());
        ensure!(now.started_at == before.started_at, "{before:?}\n  became {now:?}");
        Ok(())
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
        let input = StartCall { conversation_id: CREW.into(), media, device_id: self.device.to_owned() };
        let (world, name, me, over) = (self.world, self.name(), self.me(), self.over.borrow().clone());
        let chat = world.server(&mut self.dice);
        match world.hear(&mut self.dice, &name, "calls", chat.start_call(&me, input)).await {
            Response::Lost => {}
            Response::Answer(started) => {
                check_call(&started.call)?;
                ensure!(!over.contains(&started.call.id), "{name} started what was over: {:?}", started.call);
                world.count("started");
            }
            Response::Refusal(error) => {
                let expected = [Code::NotJobParticipant, Code::NotOffered, Code::NotFound];
                ensure!(expected.contains(&error.code), "{name}: {error}");
                world.count(if error.code == Code::NotOffered { "began before" } else { "refused" });
            }
        }
        Ok(())
    }

    async fn answer(&mut self, call: &Call, what: u64) -> Check {
        let input = AnswerCall { call_id: call.id.clone(), device_id: self.device.to_owned() };
        let (world, name, me) = (self.world, self.name(), self.me());
        let chat = world.server(&mut self.dice);
        let dice = &mut self.dice;
        let response = match what {
            2..=4 => world.hear(dice, &name, "accepts", chat.accept_call(&me, input)).await,
            5 => world.hear(dice, &name, "declines", chat.decline_call(&me, input)).await,
            _ => world.hear(dice, &name, "ends", chat.end_call(&me, input)).await,
        };
        match response {
            Response::Lost => Ok(()),
            Response::Answer(changed) => self.is_done(&changed, what),
            Response::Refusal(error) => {
                let expected: &[Code] = match what {
                    2..=4 => &[Code::CallOver, Code::NotOffered, Code::NotJobParticipant, Code::NotFound],
                    5 => &[Code::CallOver, Code::NotJobParticipant, Code::NotFound],
                    _ => &[Code::NotJobParticipant, Code::NotFound],
                };
                ensure!(expected.contains(&error.code), "{name}: {error}");
                world.count(match error.code {
                    Code::CallOver => "call over",
                    Code::NotOffered => "call full",
                    _ => "refused",
                });
                Ok(())
            }
        }
    }

    fn is_done(&self, changed: &ChangedCall, what: u64) -> Check {
        let call = &changed.call;
        check_call(call)?;
        let mine = call.devices.get(self.user).map(String::as_str);
        if what < 5 {
            ensure!(mine == Some(self.device), "{}: not taken with it: {call:?}", self.name());
            ensure!(!is_over(call.state), "accepted what is over: {call:?}");
            self.world.count("joined");
        } else {
            if is_over(call.state) {
                self.over.borrow_mut().insert(call.id.clone());
            }
            ensure!(is_over(call.state) || mine.is_none(), "{} is still in it: {call:?}", self.name());
        }
        Ok(())
    }
}

/// The invariants of a call.
fn check_call(call: &Call) -> Check {
    let people = call.devices.len();
    ensure!(people <= MOST, "too many in it: {call:?}");
    ensure!(call.state != CallState::Ringing || people <= 1, "rings though somebody took it: {call:?}");
    let both = call.declined_by.iter().any(|user| call.devices.contains_key(user));
    ensure!(!both || is_over(call.state), "takes part, and has declined: {call:?}");
    let taken = matches!(call.state, CallState::Accepted | CallState::Ended);
    ensure!(call.accepted_at.is_some() == taken, "taken, or not: {call:?}");
    Ok(())
}

/// The devices of permanent members saw the same calls, no two of them at the same time.
fn agree(world: &World, phones: &[Phone<'_>]) -> Check {
    let truth = &phones[0].calls;
    for phone in phones.iter().filter(|phone| USERS[..2].contains(&phone.user)) {
        ensure!(phone.calls == *truth, "{} saw {:?}\n  and others {truth:?}", phone.name(), phone.calls);
    }
    ensure!(!truth.is_empty(), "nobody called");
    let calls: Vec<&Call> = truth.values().collect();
    for pair in calls.windows(2) {
        let ended = pair[0].ended_at.as_ref().ok_or_else(|| format!("runs beside the next one: {:?}", pair[0]))?;
        ensure!(*ended <= pair[1].started_at, "two calls at a time: {pair:?}");
    }
    for call in calls {
        ensure!(call.state != CallState::Ringing, "rings for ever: {call:?}");
        let late = call.state == CallState::Missed && call.ended_at != Some(iso(started_ms(call) + RING_MS));
        ensure!(!late, "missed at another time: {call:?}");
        world.count(match call.state {
            CallState::Missed => "missed",
            CallState::Declined => "declined",
            CallState::Cancelled => "cancelled",
            _ if call.devices.len() > 2 => "three or more took part",
            _ => "accepted",
        });
    }
    Ok(())
}
