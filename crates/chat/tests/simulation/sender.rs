//! A user who writes: with and without `clientId`, until there is an answer, twice concurrently, and to users to whom
//! they may not write.

use super::{
    dice::Dice,
    jobs::Asked,
    model::{Check, Form, Intent, Model, conversation, ensure},
    plan::Kind,
    world::{Response, World},
};
use jobline_chat::UserId;
use jobline_wire::{Code, MessageType, SendMessage, SentMessage, UploadFile};
use std::time::Duration;

/// A recording, and its duration in milliseconds.
const VOICE: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/chromium-1980ms");
const VOICE_MS: u64 = 1_980;

pub struct Sender<'a> {
    world: &'a World,
    dice: Dice,
    name: String,
    user: usize,
    me: UserId,
    /// Answered sends, to be repeated.
    done: Vec<(usize, SendMessage)>,
}

impl<'a> Sender<'a> {
    pub fn new(world: &'a World, user: usize) -> Self {
        let name = world.plan.users[user].clone();
        let dice = Dice::new(world.plan.seed, &format!("sender {name}"));
        let me = UserId::new(&name).expect("a user id");
        Self { world, dice, name, user, me, done: Vec::new() }
    }

    pub async fn run(mut self) -> Check {
        let partners = self.world.plan.partners(self.user);
        for _ in 0..self.world.plan.sends {
            self.world.pause(&mut self.dice).await;
            if self.world.plan.changes && !partners.is_empty() && self.dice.chance(0.05) {
                let to = *self.dice.pick(&partners);
                self.reply_to_nothing(to).await?;
            } else if partners.is_empty() || self.dice.chance(0.04) {
                self.write_to_a_stranger().await?;
            } else if self.dice.chance(0.08) {
                self.repeat().await?;
            } else {
                let to = *self.dice.pick(&partners);
                self.write(to).await?;
            }
        }
        Ok(())
    }

    /// Sends one message to `to`, repeating the request until it is answered.
    async fn write(&mut self, to: usize) -> Check {
        let shared = self.world.plan.shared(self.user, to);
        let job = self.dice.chance(0.3).then(|| *self.dice.pick(&shared));
        let with_client_id = self.dice.chance(0.6);
        let file = if with_client_id && self.dice.chance(0.15) { self.upload(to).await? } else { None };
        let (mut intent, mut input) = self.intend(to, job, with_client_id, file);
        for _ in 0..12 {
            let answered = if with_client_id && self.dice.chance(0.1) {
                // An impatient client repeats the send while the first request is running.
                let (one, other) = futures_util::join!(
                    request(self.world, self.dice.up_to(u64::MAX), &self.me, intent, &input),
                    request(self.world, self.dice.up_to(u64::MAX), &self.me, intent, &input),
                );
                self.world.count("sent twice at once");
                one? | other?
            } else {
                request(self.world, self.dice.up_to(u64::MAX), &self.me, intent, &input).await?
            };
            if answered {
                self.done.push((intent, input));
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(self.dice.up_to(150))).await;
            if !with_client_id {
                (intent, input) = self.intend(to, job, false, None);
            }
        }
        Ok(())
    }

    fn intend(
        &mut self,
        to: usize,
        job: Option<u64>,
        with_client_id: bool,
        file: Option<(String, Form)>,
    ) -> (usize, SendMessage) {
        let receiver = self.world.plan.users[to].clone();
        let conversation = conversation(&self.name, &receiver);
        let mut model = self.world.model.borrow_mut();
        let number = model.intents.len();
        let client_id = with_client_id.then(|| format!("client id #{number}/é"));
        let begins = model.talks[&conversation].facts.is_empty() || self.dice.chance(0.5);
        let facts = &model.talks[&conversation].facts;
        let replies = self.world.plan.changes && !facts.is_empty() && self.dice.chance(0.25);
        let reply = replies.then(|| {
            let (number, fact) = facts.iter().nth(self.dice.index(facts.len())).expect("one of them");
            (*number, fact.id.clone())
        });
        let (file_url, form) = file.map_or((None, Form::Text), |(url, form)| (Some(url), form));
        let (duration_ms, waveform) = form.voice().unzip();
        let input = SendMessage {
            receiver_id: begins.then_some(receiver),
            conversation_id: (!begins).then(|| conversation.clone()),
            content: Some(Model::text(number)),
            kind: duration_ms.map(|_| MessageType::Voice),
            file_url,
            duration_ms,
            waveform,
            job_id: job,
            client_id: client_id.clone(),
            reply_to: reply.as_ref().map(|(_, id)| id.clone()),
        };
        let reply_to = reply.map(|(number, _)| number);
        let intent = Intent { client_id, job, form, reply_to, ..Intent::new(conversation, &self.name) };
        (model.intend(intent), input)
    }

    /// Repeats an answered send, or sends something else under its `clientId`.
    async fn repeat(&mut self) -> Check {
        // If messages expire, an old `clientId` may be free again.
        let known: Vec<_> = self.done.iter().filter(|(_, input)| input.client_id.is_some()).cloned().collect();
        if known.is_empty() || self.world.plan.kind == Kind::Expiring {
            return Ok(());
        }
        let (intent, mut input) = self.dice.pick(&known).clone();
        if self.world.model.borrow().intents[intent].accepted.is_none() {
            return Ok(());
        }
        if self.dice.chance(0.5) {
            self.world.count("repeated");
            return request(self.world, self.dice.up_to(u64::MAX), &self.me, intent, &input).await.map(drop);
        }
        match input.waveform.as_mut().filter(|_| self.dice.chance(0.5)) {
            Some(waveform) => waveform.replace_range(..1, "v"),
            None => input.content = Some("something else".into()),
        }
        let chat = self.world.server(&mut self.dice);
        let response =
            self.world.hear(&mut self.dice, &self.name, "another under a used clientId", chat.send(&self.me, input));
        match response.await {
            Response::Answer(sent) => Err(format!("a used clientId was accepted: {sent:?}")),
            Response::Refusal(error) if error.code != Code::ClientIdReused => Err(format!("refused with {error}")),
            _ => Ok(()),
        }
    }

    /// Replies to a message that nobody sent, which must be refused.
    async fn reply_to_nothing(&mut self, to: usize) -> Check {
        let input = SendMessage {
            receiver_id: Some(self.world.plan.users[to].clone()),
            content: Some("to nothing".into()),
            reply_to: Some("message_1700000000000_AAAAAAAAAAAAAAAAAAAAA".into()),
            ..SendMessage::default()
        };
        let chat = self.world.server(&mut self.dice);
        match self.world.hear(&mut self.dice, &self.name, "a reply to nothing", chat.send(&self.me, input)).await {
            Response::Answer(sent) => Err(format!("a reply to nothing: {sent:?}")),
            Response::Refusal(error)
                if ![Code::NotFound, Code::JobClosed, Code::RecipientUnavailable].contains(&error.code) =>
            {
                Err(format!("refused with {error}"))
            }
            _ => Ok(()),
        }
    }

    /// Uploads a text or a recording for `to`. Returns its URL, and the fields for the send.
    async fn upload(&mut self, to: usize) -> Check<Option<(String, Form)>> {
        let (bytes, name, content_type, form) = if self.dice.chance(0.5) {
            let ms = self.dice.between(VOICE_MS - 1_000, VOICE_MS + 1_000);
            (VOICE, "voice.webm", "audio/webm", Form::Voice(ms))
        } else {
            (b"text".as_slice(), "notes.txt", "text/plain", Form::File)
        };
        let input = UploadFile {
            receiver_id: Some(self.world.plan.users[to].clone()),
            file_name: name.into(),
            file_size: bytes.len() as u64,
            content_type: content_type.into(),
            ..UploadFile::default()
        };
        let chat = self.world.server(&mut self.dice);
        let begun = self.world.tick();
        let response = self.world.hear(&mut self.dice, &self.name, "upload", chat.upload_file(&self.me, input)).await;
        let asked = Asked { begun, ended: self.world.tick() };
        let (blocks, receiver) = (&self.world.model.borrow().blocks, &self.world.plan.users[to]);
        match response {
            Response::Answer(target) => {
                let blocked = blocks.surely_blocked(receiver, &self.name, asked);
                ensure!(!blocked, "a file for {receiver}, who blocks {}: {target:?}", self.name);
                self.world.files.upload(&target, bytes);
                Ok(Some((target.file_url, form)))
            }
            Response::Refusal(error) if error.code == Code::RecipientUnavailable => {
                let free = blocks.surely_free(receiver, &self.name, asked);
                ensure!(!free, "a file was refused, though {receiver} does not block {}: {error}", self.name);
                Ok(None)
            }
            Response::Refusal(error) if error.code != Code::JobClosed => Err(format!("upload was refused: {error}")),
            _ => Ok(None),
        }
    }

    async fn write_to_a_stranger(&mut self) -> Check {
        let partners = self.world.plan.partners(self.user);
        let strangers = (0..self.world.plan.users.len()).filter(|user| *user != self.user && !partners.contains(user));
        let strangers: Vec<usize> = strangers.collect();
        if strangers.is_empty() {
            return Ok(());
        }
        let receiver = self.world.plan.users[*self.dice.pick(&strangers)].clone();
        let by_id = self.dice.chance(0.5);
        let input = SendMessage {
            conversation_id: by_id.then(|| conversation(&self.name, &receiver)),
            receiver_id: (!by_id).then_some(receiver),
            content: Some("hello, stranger".into()),
            ..SendMessage::default()
        };
        let expected = if by_id { Code::NotFound } else { Code::NotJobParticipant };
        let chat = self.world.server(&mut self.dice);
        match self.world.hear(&mut self.dice, &self.name, "to a stranger", chat.send(&self.me, input)).await {
            Response::Answer(sent) => Err(format!("a stranger was written to: {sent:?}")),
            Response::Refusal(error) if error.code != expected => Err(format!("refused with {error}")),
            _ => Ok(()),
        }
    }
}

/// One request of a send. Returns whether it was answered, even with a refusal.
async fn request(world: &World, seed: u64, me: &UserId, intent: usize, input: &SendMessage) -> Check<bool> {
    let mut dice = Dice::new(seed, "request");
    let begun = world.tick();
    {
        let mut model = world.model.borrow_mut();
        let meant = &mut model.intents[intent];
        meant.begun.get_or_insert(begun);
        meant.in_flight += 1;
    }
    let what = format_args!("send m{intent} {input:?}");
    let chat = world.server(&mut dice);
    let response = world.hear(&mut dice, me.as_str(), what, chat.send(me, input.clone())).await;
    let asked = Asked { begun, ended: world.tick() };
    world.model.borrow_mut().intents[intent].in_flight -= 1;
    match response {
        Response::Lost => {
            world.model.borrow_mut().intents[intent].uncertain = true;
            Ok(false)
        }
        Response::Answer(sent) => accepted(world, me, intent, input, asked, &sent).map(|()| true),
        Response::Refusal(error) => refused(world, intent, input, asked, &error).map(|()| true),
    }
}

fn accepted(world: &World, me: &UserId, intent: usize, input: &SendMessage, asked: Asked, sent: &SentMessage) -> Check {
    world.count("accepted");
    let mut model = world.model.borrow_mut();
    let alone = {
        let meant = &model.intents[intent];
        meant.accepted.is_none() && !meant.uncertain && meant.in_flight == 0
    };
    if alone {
        let jobs = candidates(world, &model, intent, input);
        let closed = jobs.iter().all(|job| model.jobs.surely_closed(*job, asked));
        ensure!(!closed, "accepted though all of the jobs {jobs:?} are closed: {sent:?}");
        let blocked = model.blocks.surely_blocked(&sent.message.receiver_id, me.as_str(), asked);
        ensure!(!blocked, "accepted though its recipient blocks the sender: {sent:?}");
    }
    ensure!(sent.conversation_id == sent.message.conversation_id, "two conversations: {sent:?}");
    let repeated = model.intents[intent].seen.is_some_and(|(number, _)| number == sent.message.number);
    let first = sent.message.content == Model::text(intent);
    ensure!(first || repeated, "another message was answered: {sent:?}");
    // Of two concurrent requests, one may have been refused because the job was being closed.
    model.intents[intent].accepted.get_or_insert(asked.ended);
    model.see(me.as_str(), &sent.message, asked.begun)?;
    if sent.message.reply_to.is_some() {
        world.count("replied");
    }
    model.is_fresh(me.as_str(), &sent.message, asked.begun)
}

fn refused(world: &World, intent: usize, input: &SendMessage, asked: Asked, error: &jobline_chat::Error) -> Check {
    world.count("refused");
    let mut model = world.model.borrow_mut();
    let meant = &model.intents[intent];
    let stored = model.was_accepted(intent, asked.begun);
    ensure!(!stored || model.retention_ms.is_some(), "m{intent} was stored, but its repetition refused: {error}");
    let jobs = candidates(world, &model, intent, input);
    match error.code {
        Code::JobClosed => {
            let open = jobs.iter().find(|job| model.jobs.surely_open(**job, asked));
            ensure!(open.is_none(), "refused, though job {open:?} is open: {error}");
        }
        Code::NotFound if meant.reply_to.is_some() => {
            let facts = &model.talks[&meant.conversation].facts;
            let gone =
                meant.reply_to.is_some_and(|number| model.may_be_gone(facts[&number].created_ms, world.now_ms()));
            ensure!(gone, "refused, though what m{intent} replies to is kept: {error}");
        }
        Code::RecipientUnavailable => {
            world.count("blocked from sending");
            let talk = &model.talks[&meant.conversation];
            let receiver = &talk.pair[1 - talk.side(&meant.sender)];
            let free = model.blocks.surely_free(receiver, &meant.sender, asked);
            ensure!(!free, "refused, though {receiver} does not block {}: {error}", meant.sender);
        }
        Code::RateLimited => ensure!(world.plan.settings.send_rate > 0, "refused without a limit: {error}"),
        // The conversation was named by its id, and its first message has expired or does not exist yet.
        _ => return Err(format!("m{intent} {meant:?} was refused with {error}")),
    }
    model.intents[intent].refused = true;
    Ok(())
}

/// The jobs, at least one of which has to be open.
fn candidates(world: &World, model: &Model, intent: usize, input: &SendMessage) -> Vec<u64> {
    if let Some(job) = input.job_id {
        return vec![job];
    }
    let meant = &model.intents[intent];
    let talk = &model.talks[&meant.conversation];
    let place = |user: &String| world.plan.users.iter().position(|one| one == user).expect("a user of the plan");
    world.plan.shared(place(&talk.pair[0]), place(&talk.pair[1]))
}
