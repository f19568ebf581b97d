//! Drives a session over a socket.

use crate::{
    action::Action,
    closing::Closing,
    frame,
    hub::{Kind, Ticket},
    ports::{Answer, Incoming, Ports, Refusal, Socket, Token},
    session::{Event, Session},
};
use futures_util::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::FuturesUnordered,
};
use jobline_chat::UserId;
use std::{pin::pin, sync::Arc, time::Duration};

/// How often a blocked send is checked, and how many checks it gets: 30 s.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const SEND_WITHIN_LOOKS: u32 = 30;
/// How long goodbye, closing frame and the client's answer to it may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// How a connection ended.
enum End {
    /// By the server.
    Closed(Closing),
    /// By the client or the network.
    Gone,
}

/// Serves one connection to its end, then records what was proved to be delivered. `ticket` registers
/// `token.user` with the hub: before anything is read, so that no change is missed.
///
/// Boxed, as the task that serves it may be up to twice as large as what it holds, for as long as the connection is open.
pub fn serve<S: Socket>(socket: S, token: Token, ticket: Ticket, ports: Arc<Ports>) -> impl Future<Output = ()> + Send {
    let now_ms = ports.clock.now_ms();
    let issued_ms = token.issued_ms;
    let session = Session::new(token, now_ms, dice(&ports));
    let clock = Steady { last_ms: now_ms, lost_ms: 0 };
    let work = FuturesUnordered::new();
    let mut connection = Box::new(Connection { socket, session, issued_ms, ticket, work, ports, clock });
    async move { connection.serve().await }
}

/// Ends a connection that is not served: for a client that would not see the answer to a refused upgrade.
pub async fn refuse<S: Socket>(mut socket: S, closing: Closing, ports: &Ports) {
    say_goodbye(&mut socket, closing, 0, ports).boxed().await;
}

async fn say_goodbye<S: Socket>(socket: &mut S, closing: Closing, connections: usize, ports: &Ports) {
    let bye = frame::bye(closing, closing.retry_after_ms(connections, dice(ports)));
    let close = async {
        if socket.send(bye).await {
            socket.close(closing.code(), closing.reason()).await;
        }
    };
    tokio::select! {
        () = close => {}
        () = ports.clock.sleep(CLOSE_WITHIN) => {}
    }
}

struct Connection<S> {
    socket: S,
    session: Session,
    /// When the connection's token was issued.
    issued_ms: Option<u64>,
    ticket: Ticket,
    /// Work that was started for the session: one read, one delivery, checks of tokens, and searches that the limit of
    /// frames bounds.
    work: FuturesUnordered<BoxFuture<'static, Event>>,
    ports: Arc<Ports>,
    clock: Steady,
}

impl<S: Socket> Connection<S> {
    async fn serve(&mut self) {
        self.ports.meter.opened();
        let end = self.run().await;
        self.ports.meter.closed(match end {
            End::Closed(closing) => Some(closing.code()),
            End::Gone => None,
        });
        self.deliver_the_rest().boxed().await;
    }

    async fn run(&mut self) -> End {
        loop {
            let Some(event) = self.next().await else { return End::Gone };
            for action in self.decide(event) {
                if let Some(end) = self.act(action).await {
                    return end;
                }
            }
        }
    }

    fn decide(&mut self, event: Event) -> Vec<Action> {
        if let Event::Checked(Ok(token)) = &event {
            self.issued_ms = token.issued_ms;
        }
        let now_ms = self.clock.of(self.ports.clock.now_ms());
        self.session.handle(event, now_ms)
    }

    /// What happens next; `None` when the client has disconnected.
    async fn next(&mut self) -> Option<Event> {
        let now_ms = self.clock.of(self.ports.clock.now_ms());
        let wait = Duration::from_millis(self.session.due_ms().saturating_sub(now_ms));
        tokio::select! {
            biased;
            // Before what the client says: after a block was answered, nothing is relayed by what was known before it.
            // Flags are taken all at once, so news never starve incoming frames.
            news = self.ticket.news() => Some(Event::News(news)),
            incoming = self.socket.receive() => match incoming {
                Incoming::Gone => None,
                incoming => Some(Event::Incoming(incoming)),
            },
            Some(event) = self.work.next(), if !self.work.is_empty() => Some(event),
            () = self.ports.clock.sleep(wait) => Some(Event::Tick),
        }
    }

    async fn act(&mut self, action: Action) -> Option<End> {
        match action {
            Action::Send(text) => return self.send(text).await,
            Action::Push(text) => {
                self.ports.meter.pushed();
                return self.send(text).await;
            }
            Action::Ping => {
                self.check_again();
                return sent(self.socket.ping(), &self.ports, &self.ticket).boxed().await;
            }
            Action::Close(closing) => {
                self.close(closing).await;
                return Some(End::Closed(closing));
            }
            Action::Device(name) => self.ticket.device(name),
            Action::Signal(user, device, text) => self.ticket.hub().signal(&user, &device, text),
            Action::Watch(conversation) => self.ticket.watch(conversation.as_deref()),
            Action::Types(conversation, audience) => self.ticket.types(&conversation, audience),
            Action::StopsTyping => self.ticket.stops_typing(),
            Action::ShowPresence(presence_peers) => {
                self.ticket.show_presence(presence_peers, self.ports.clock.now_ms())
            }
            Action::Active(active) => self.ticket.active(active, self.ports.clock.now_ms()),
            Action::Record if !self.ticket.takes_record(self.ports.clock.now_ms()) => {}
            work => self.begin(work),
        }
        None
    }

    /// With each heartbeat: a token also ends with its user.
    fn check_again(&self) {
        let (ports, user, issued_ms) = (Arc::clone(&self.ports), self.ticket.user().clone(), self.issued_ms);
        let check = async move {
            match ports.tokens.has_ended(&user, issued_ms).await {
                true => Event::Checked(Err(Refusal::Invalid)),
                false => Event::Done,
            }
        };
        self.work.push(check.boxed());
    }

    /// Begins what takes time.
    fn begin(&self, action: Action) {
        let (ports, user) = (Arc::clone(&self.ports), self.ticket.user().clone());
        let work = match action {
            Action::Read(since, limit) => {
                async move { Event::Answered(read(&ports, &user, since, limit).await) }.boxed()
            }
            Action::Deliver(cursor) => {
                async move { Event::Delivered(ports.feed.deliver(&user, &cursor).await) }.boxed()
            }
            Action::Check(token) => async move { Event::Checked(ports.tokens.check(&token).await) }.boxed(),
            Action::FindAudience(conversation) => async move {
                let audience = ports.audiences.of(&user, &conversation).await.ok();
                Event::Audience(conversation, audience)
            }
            .boxed(),
            Action::FindCallDevices(call) => async move {
                let devices = ports.calls.devices(&user, &call).await.ok().flatten();
                Event::CallDevices(call, devices)
            }
            .boxed(),
            Action::FindPresencePeers => {
                async move { Event::PresencePeers(ports.presence_peers.of(&user).await.ok()) }.boxed()
            }
            Action::Record => async move {
                // If it fails now, it is recorded in five minutes.
                let _ = ports.presence_peers.record(&user).await;
                Event::Done
            }
            .boxed(),
            _ => return,
        };
        self.work.push(work);
    }

    /// Boxed, as every open connection would otherwise have room for a frame that is on its way.
    fn send(&mut self, text: String) -> BoxFuture<'_, Option<End>> {
        sent(self.socket.send(text), &self.ports, &self.ticket).boxed()
    }

    async fn close(&mut self, closing: Closing) {
        let connections = self.ticket.hub().open(Kind::Connection);
        // Boxed, as what ends a connection would otherwise be a part of every open one.
        say_goodbye(&mut self.socket, closing, connections, &self.ports).boxed().await;
    }

    /// Records the last confirmed delivery: the device may never connect again to confirm it.
    async fn deliver_the_rest(&mut self) {
        let Self { session, ticket, ports, .. } = self;
        ticket.active(false, ports.clock.now_ms());
        if let Some(cursor) = session.undelivered() {
            let _ = ports.feed.deliver(ticket.user(), cursor).await;
        }
    }
}

/// The result of `sending`. A client that takes nothing for too long is cut off, for no goodbye would reach it either;
/// when the server stops, it is cut off sooner.
async fn sent(sending: impl Future<Output = bool>, ports: &Ports, ticket: &Ticket) -> Option<End> {
    let mut sending = pin!(sending);
    for _ in 0..SEND_WITHIN_LOOKS {
        tokio::select! {
            biased;
            sent = &mut sending => return (!sent).then_some(End::Gone),
            () = ports.clock.sleep(LOOK_EVERY) => {}
        }
        if ticket.hub().stops() {
            return Some(End::Closed(Closing::Stopping));
        }
    }
    Some(End::Closed(Closing::TooSlow))
}

fn dice(ports: &Ports) -> u64 {
    (ports.random.bits() >> 64) as u64
}

async fn read(ports: &Ports, user: &UserId, since: Option<String>, limit: u32) -> Result<Answer, Refusal> {
    // It is never closed; should it be, that is no reason not to read.
    let _turn = ports.readers.acquire().await.ok();
    ports.feed.sync(user, since, limit).await
}

/// A clock that never goes back, over one that may: what the other one goes back by is added from then on.
struct Steady {
    last_ms: u64,
    lost_ms: u64,
}

impl Steady {
    fn of(&mut self, now_ms: u64) -> u64 {
        self.lost_ms += self.last_ms.saturating_sub(now_ms + self.lost_ms);
        self.last_ms = now_ms + self.lost_ms;
        self.last_ms
    }
}
