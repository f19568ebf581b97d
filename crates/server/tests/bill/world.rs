//! A server over the emulator of DynamoDB, and the devices that call it.

use crate::doubles::{CountedBucket, HandClock, SeededRandom};
use crate::live::{Gateway, PatientClock};
use crate::meter::{Usage, Used, bare_read, median_ms, observer};
use crate::webhooks::Host;
use axum::body::{Body, to_bytes};
use http::{Method, Request, Response};
use jobline_api::app::{App, Parts};
use jobline_api::live::gateway::GatewayOffer;
use jobline_api::live::{Uses, connections};
use jobline_api::metrics::Metrics;
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, JobId, Random, Secrets, Settings, UserId};
use jobline_identity::{Identity, IdentitySettings};
use jobline_live::MovedUsers;
use jobline_store::testing::Counting;
use jobline_store::{Scan, Store};
use jobline_store_dynamodb::testing::Emulator;
use jobline_store_dynamodb::{Options, WINDOW_BYTES};
use jobline_wire::{HostJobInput, HostUserInput, JobStatus};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const JWT_SECRET: &str = "a jwt secret that is long enough for a test";

pub struct World {
    pub clock: Arc<HandClock>,
    service: Service,
    chat: Chat,
    identity: Arc<Identity>,
    counting: Arc<Counting>,
    /// Read and written since the last request.
    units: Arc<Mutex<(f64, f64)>>,
    emulator: Emulator,
    bucket: Arc<CountedBucket>,
    scan: Arc<dyn Scan>,
    usage: Mutex<Usage>,
    app: App,
    pub gateway: Arc<Gateway>,
    /// Where webhooks go, if the host has one.
    pub host: Option<Host>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(false, None).await
    }

    /// With live connections.
    pub async fn live() -> Self {
        Self::with(true, None).await
    }

    /// With webhooks.
    pub async fn with_webhooks() -> Self {
        Self::with(false, Some(Host::default())).await
    }

    async fn with(is_live: bool, host: Option<Host>) -> Self {
        let (clock, random) = (Arc::new(HandClock::new()), Arc::new(SeededRandom::new()));
        let units = Arc::new(Mutex::new((0.0, 0.0)));
        let emulator = Emulator::start().await;
        let observer = Some(observer(Arc::clone(&units)));
        let store = Arc::new(emulator.store("jobline", Options { observer, ..Options::default() }).await);
        let counting = Arc::new(Counting::new(store.clone()));
        let secrets = Secrets::load(&*counting, &*random).await.unwrap();
        let bucket = Arc::new(CountedBucket::default());
        let outbox = host.is_some();
        let settings = Settings { retention_days: 30, window_bytes: WINDOW_BYTES, outbox, ..Settings::default() };
        let ports: Arc<dyn Store> = counting.clone();
        let (moved, gateway) = (MovedUsers::default(), Arc::new(Gateway::default()));
        let chat = Chat::with_announcer(
            ports,
            bucket.clone(),
            clock.clone(),
            random.clone(),
            &secrets,
            settings,
            Arc::new(moved.clone()),
        );
        let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
        let identity = Arc::new(Identity::new(tokens, clock.clone()).unwrap());
        let metrics = Arc::new(Metrics::new());
        let patient: Arc<dyn Clock> = Arc::new(PatientClock(clock.clone()));
        let dice: Arc<dyn Random> = random.clone();
        let uses = Uses { chat: &chat, identity: &identity, metrics: &metrics, clock: &patient, random: &dice };
        let place = GatewayOffer { url: "wss://gateway.example/live", percent: 100, knows_own_origin: false };
        let at_gateway = is_live.then(|| connections::at_gateway(gateway.clone(), moved, &uses, &place));
        let parts = Parts::new(chat.clone(), identity.clone(), clock.clone(), random);
        let app = App::new(Parts { metrics, gateway: at_gateway, ..parts });
        let (service, usage) = (Service::new(app.clone()), Mutex::default());
        Self {
            clock,
            service,
            chat,
            identity,
            units,
            emulator,
            counting,
            bucket,
            scan: store,
            usage,
            app,
            gateway,
            host,
        }
    }

    /// Registers a customer, and a job with each of `workers` workers, who have each sent a message.
    pub async fn begin(&self, workers: u64) {
        let named = |name: &str| HostUserInput { name: name.to_owned(), ..HostUserInput::default() };
        self.chat.put_user(&UserId::new("customer-0000").unwrap(), named("Anna Berger")).await.unwrap();
        for worker in 0..workers {
            let id = format!("worker-{worker:04}");
            self.chat.put_user(&UserId::new(&id).unwrap(), named("Ben Miller")).await.unwrap();
            let participants = vec!["customer-0000".to_owned(), id];
            let job = HostJobInput {
                title: "Paint the fence".to_owned(),
                participants,
                status: JobStatus::Open,
                crew_history: None,
            };
            self.chat.put_job(JobId::parse(worker + 1).unwrap(), job).await.unwrap();
            self.worker(worker).send(self, "Hello, I am Ben.").await;
        }
        self.usage.lock().unwrap().clear();
        self.host.iter().for_each(Host::forget);
        self.forget();
    }

    pub fn customer(&self, worker: u64) -> Device {
        Device::new("customer-0000", &format!("worker-{worker:04}"))
    }

    pub fn worker(&self, worker: u64) -> Device {
        Device::new(&format!("worker-{worker:04}"), "customer-0000")
    }

    pub fn usage(&self) -> Usage {
        self.usage.lock().unwrap().clone()
    }

    /// The median times in milliseconds of an idle poll, and of the request to the table alone.
    pub async fn idle_poll_ms(&self) -> (f64, f64) {
        let mut device = self.customer(0);
        device.open(self).await;
        device.poll(self).await;
        let key = format!("CONVERSATION#{}", device.conversation_id());
        let read = json!({ "TableName": "jobline", "Key": { "pk": { "S": key }, "sk": { "S": key } } }).to_string();
        let url = format!("http://{}/", self.emulator.address());
        let (mut polls, mut reads) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let begun = Instant::now();
            device.poll(self).await;
            polls.push(begun.elapsed());
            let (url, read) = (url.clone(), read.clone());
            reads.push(tokio::task::spawn_blocking(move || bare_read(&url, &read)).await.unwrap());
        }
        (median_ms(polls), median_ms(reads))
    }

    /// Bytes of all rows as DynamoDB bills them: names, values, and 100 for each row.
    pub async fn stored_bytes(&self) -> u64 {
        let (mut bytes, mut after) = (0, None);
        loop {
            let page = self.scan.scan(after.as_ref(), 1_000).await.unwrap();
            for (key, row) in &page.rows {
                bytes += (key.partition.len() + key.sort.len() + row.value.len() + 100) as u64;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return bytes,
            }
        }
    }

    /// Sends one request; `kind` names it by its response and whether it wrote.
    async fn call(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
        kind: impl FnOnce(&Value, bool) -> &'static str,
    ) -> Value {
        let token = self.identity.mint(&UserId::new(user).unwrap(), Duration::from_secs(60)).unwrap().token;
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).unwrap();
        let sent = request.headers().clone();
        let response = self.service.handle(request).await.map(Body::new);
        connections::notify(&self.app, &sent).await;
        let (head, headers) = (response.status(), header_bytes(&response));
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(head.is_success(), "{path}: {head} {}", String::from_utf8_lossy(&bytes));
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let wrote = self.settle((headers + bytes.len()) as u64, |wrote| kind(&answer, wrote));
        if wrote {
            self.deliver("delivering, by the stream").await;
        }
        answer
    }

    /// What the schedule does besides tasks.
    pub async fn run_schedule(&self) {
        self.deliver("delivering, by the schedule").await;
    }

    /// Delivers to the webhook what is due, as an invocation of its own.
    async fn deliver(&self, kind: &'static str) {
        let Some(host) = &self.host else { return };
        let sent = host.sent().bytes;
        self.chat.deliver_events(host).await.unwrap();
        let is_due = self.counting.counts().commits > 0;
        // Without a commit nothing was due: no row for the outbox was written, so nobody invoked the function.
        if is_due {
            self.settle(host.sent().bytes - sent, |_| kind);
        } else {
            self.forget();
        }
    }

    /// Forgets the use since the last request.
    fn forget(&self) {
        self.counting.reset();
        *self.units.lock().unwrap() = (0.0, 0.0);
    }

    /// Connects `user` to the gateway.
    pub async fn connect(&self, user: &str, id: &str) {
        let token = self.identity.mint(&UserId::new(user).unwrap(), Duration::from_secs(3_600)).unwrap().token;
        let offered = format!("jobline.v1, bearer.{token}").parse().unwrap();
        let headers = [("sec-websocket-protocol".parse().unwrap(), offered)].into_iter().collect();
        connections::connect(&self.app, id, &headers).await.unwrap();
        self.settle(0, |_| "connecting");
    }

    /// Sends a frame over a connection.
    pub async fn say(&self, id: &str, frame: &str, kind: &'static str) {
        self.gateway.heard();
        connections::hear(&self.app, id, frame).await.unwrap();
        connections::notify(&self.app, &http::HeaderMap::new()).await;
        self.settle(0, |_| kind);
    }

    /// Counts the use since the last request, and returns whether it wrote.
    fn settle(&self, bytes_out: u64, kind: impl FnOnce(bool) -> &'static str) -> bool {
        let counts = self.counting.reset();
        let (puts, gets) = self.bucket.take();
        let (read_units, write_units) = std::mem::take(&mut *self.units.lock().unwrap());
        let used = Used {
            times: 1,
            read_units,
            write_units,
            reads: counts.reads,
            commits: counts.commits,
            puts,
            gets,
            bytes_out,
        };
        let wrote = counts.commits > 0;
        self.usage.lock().unwrap().entry(kind(wrote)).or_default().add(used);
        wrote
    }
}

/// The status line and the headers, as HTTP/1.1 writes them.
fn header_bytes(response: &Response<Body>) -> usize {
    let headers = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    "HTTP/1.1 200 OK\r\n\r\n".len() + headers.sum::<usize>()
}

/// The app of one user, with one chat open.
#[derive(Clone)]
pub struct Device {
    user: String,
    other: String,
    /// The cursor of the chat.
    cursor: String,
    /// The cursor of the list of chats.
    overview: String,
    sent: u64,
}

impl Device {
    fn new(user: &str, other: &str) -> Self {
        let (user, other) = (user.to_owned(), other.to_owned());
        Self { user, other, cursor: String::new(), overview: String::new(), sent: 0 }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    fn conversation_id(&self) -> String {
        let (first, second) =
            if self.user < self.other { (&self.user, &self.other) } else { (&self.other, &self.user) };
        format!("conv_{first}_{second}")
    }

    /// Opens the app and the chat in it, from the stored cursors, or without them the first time.
    pub async fn open(&mut self, world: &World) {
        let known = !self.overview.is_empty();
        let since = if known { format!("?since={}", self.overview) } else { String::new() };
        let path = format!("/messages/conversations{since}");
        let all = world.call(&self.user, Method::GET, &path, None, |_, _| "getConversations, on opening").await;
        all["cursor"].as_str().unwrap().clone_into(&mut self.overview);
        if known {
            self.poll(world).await;
            return;
        }
        let path = format!("/messages/list?conversationId={}", self.conversation_id());
        let newest = world.call(&self.user, Method::GET, &path, None, |_, _| "list, the first time").await;
        newest["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
        self.mark_as_read(world).await;
    }

    /// Polls for new messages and marks them as read. Returns whether there were any.
    pub async fn poll(&mut self, world: &World) -> bool {
        let path = format!("/messages/list?conversationId={}&since={}", self.conversation_id(), self.cursor);
        let kind = |answer: &Value, wrote: bool| {
            let messages = answer["messages"].as_array().unwrap();
            match (messages.is_empty(), wrote) {
                (_, true) => "list, proves delivery",
                (true, false) => "list, nothing new",
                (false, false) if messages.iter().all(|one| one["senderId"] == self.user.as_str()) => {
                    "list, own messages or their status"
                }
                (false, false) => "list, new messages",
            }
        };
        let answer = world.call(&self.user, Method::GET, &path, None, kind).await;
        answer["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
        let messages = answer["messages"].as_array().unwrap();
        let news = |one: &Value| one["senderId"] != self.user.as_str() && one["status"] != "read";
        let has_news = messages.iter().any(news);
        if has_news {
            if messages.iter().any(|one| one["fileUrl"].is_string()) {
                world.bucket.download();
            }
            self.mark_as_read(world).await;
        }
        has_news
    }

    async fn mark_as_read(&self, world: &World) {
        let body = json!({ "conversationId": self.conversation_id() });
        world.call(&self.user, Method::POST, "/messages/markAsRead", Some(body), |_, _| "markAsRead").await;
    }

    /// The expected number.
    pub async fn send_without_client_id(&mut self, world: &World, text: &str) {
        let body = json!({ "receiverId": self.other, "content": text });
        world.call(&self.user, Method::POST, "/messages/send", Some(body), |_, _| "send without a clientId").await;
    }

    pub async fn send(&mut self, world: &World, text: &str) {
        let body = json!({ "receiverId": self.other, "content": text, "clientId": self.client_id(world) });
        world.call(&self.user, Method::POST, "/messages/send", Some(body), |_, _| "send").await;
    }

    pub async fn send_file(&mut self, world: &World, text: &str, size: u64) {
        let announced = json!({
            "receiverId": self.other, "fileName": "IMG_20251114_103000.jpg", "fileSize": size, "contentType": "image/jpeg",
        });
        let path = "/messages/uploadFile";
        let target = world.call(&self.user, Method::POST, path, Some(announced), |_, _| "uploadFile").await;
        let url = target["fileUrl"].as_str().unwrap();
        world.bucket.upload(url, size);
        let body =
            json!({ "receiverId": self.other, "content": text, "fileUrl": url, "clientId": self.client_id(world) });
        world.call(&self.user, Method::POST, "/messages/send", Some(body), |_, _| "send with a file").await;
    }

    /// As long as a UUID, which is what clients use.
    fn client_id(&mut self, world: &World) -> String {
        self.sent += 1;
        format!("{:032x}-{:03}", jobline_chat::Clock::now_ms(&*world.clock), self.sent)
    }
}
