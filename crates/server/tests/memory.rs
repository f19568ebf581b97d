//! How many bytes of memory an open connection holds while nothing happens on it: one that polls, and a live one, over real
//! sockets and rows in memory. The figures may fall, and must not rise.
//!
//! `JOBLINE_MEMORY=show cargo test -p jobline --test memory -- --nocapture` prints where the bytes of live connections come from.
#![allow(unsafe_code, reason = "an allocator that counts is implemented with it")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use jobline_api::app::{App, Parts};
use jobline_api::live::{Live, Uses};
use jobline_api::metrics::Metrics;
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, Files, Random, Secrets, Settings, UserId};
use jobline_files_local::LocalFiles;
use jobline_identity::{Identity, IdentitySettings};
use jobline_live::{Hub, Limits};
use jobline_server::serve::{Listening, serve};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_store::{MemoryStore, Store};
use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::net::TcpListener;

/// The most that a connection holds on which a client has polled, and will again. Four fifths are the buffers of HTTP.
const POLLING_BYTES: usize = 20_700;
/// The most that a live connection holds whose client has everything. A few bytes vary with what ran last on it.
const LIVE_BYTES: usize = 4_200;
/// Connections that are open before those that are measured: what is made once for all is there by then.
const BEFORE: usize = 64;
/// Connections that are measured.
const MEASURED: usize = 192;

thread_local! {
    static IS_SERVER: Cell<bool> = const { Cell::new(false) };
}
static HELD: AtomicIsize = AtomicIsize::new(0);
static SHOWS: AtomicBool = AtomicBool::new(false);
/// What is held, by its address: how many bytes, and from where.
static SITES: Mutex<BTreeMap<usize, (usize, String)>> = Mutex::new(BTreeMap::new());

/// The system's allocator, counted on the threads of servers.
struct Counting;

impl Counting {
    fn take(memory: *mut u8, size: usize) {
        if IS_SERVER.try_with(Cell::get).unwrap_or(false) {
            HELD.fetch_add(size as isize, Ordering::SeqCst);
            if SHOWS.load(Ordering::SeqCst) {
                IS_SERVER.with(|is| is.set(false));
                let site = Backtrace::force_capture().to_string();
                SITES.lock().unwrap().insert(memory as usize, (size, site));
                IS_SERVER.with(|is| is.set(true));
            }
        }
    }

    fn give_back(memory: *mut u8, size: usize) {
        if IS_SERVER.try_with(Cell::get).unwrap_or(false) {
            HELD.fetch_sub(size as isize, Ordering::SeqCst);
            if SHOWS.load(Ordering::SeqCst) {
                IS_SERVER.with(|is| is.set(false));
                SITES.lock().unwrap().remove(&(memory as usize));
                IS_SERVER.with(|is| is.set(true));
            }
        }
    }
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        let memory = unsafe { System.alloc(layout) };
        Self::take(memory, layout.size());
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::give_back(memory, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const JWT_SECRET: &str = "a JWT secret that is long enough for the tests";

/// A server, in a thread of its own until the test ends, and tokens for its users.
struct Server {
    address: SocketAddr,
    identity: Arc<Identity>,
}

impl Server {
    fn start() -> Self {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            IS_SERVER.with(|is| is.set(true));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let (service, identity) = service(&format!("http://{address}")).await;
                tell.send(Self { address, identity }).unwrap();
                let listening = Listening { tls: None, max_connections: 1_000 };
                serve(service, listener, listening, std::future::pending()).await;
            });
        });
        told.recv_timeout(PATIENCE).unwrap()
    }

    fn token(&self, number: usize) -> String {
        let user = UserId::new(&format!("user-{number:06}")).unwrap();
        self.identity.mint(&user, Duration::from_secs(3_600)).unwrap().token
    }

    /// The bytes that each of [`MEASURED`] connections holds that `open` opens.
    fn measure(&self, open: impl Fn(&Self, usize) -> TcpStream) -> usize {
        let mut opened: Vec<TcpStream> = (0..BEFORE).map(|number| open(self, number)).collect();
        let before = HELD.load(Ordering::SeqCst);
        SHOWS.store(std::env::var("JOBLINE_MEMORY").is_ok_and(|value| value == "show"), Ordering::SeqCst);
        opened.extend((BEFORE..BEFORE + MEASURED).map(|number| open(self, number)));
        let held = HELD.load(Ordering::SeqCst) - before;
        if SHOWS.swap(false, Ordering::SeqCst) {
            show();
        }
        usize::try_from(held).unwrap() / MEASURED
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

async fn service(base_url: &str) -> (Service, Arc<Identity>) {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let secrets = Secrets::load(&*store, &*random).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files: Arc<dyn Files> =
        Arc::new(LocalFiles::new(folder.path(), base_url, &secrets.derive("file urls"), Arc::clone(&clock)).unwrap());
    let hub = Hub::new(Limits::default());
    let (told, settings) = (Arc::new(hub.clone()), Settings::default());
    let chat = Chat::with_announcer(store, files, Arc::clone(&clock), Arc::clone(&random), &secrets, settings, told);
    let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
    let identity = Arc::new(Identity::new(tokens, Arc::clone(&clock)).unwrap());
    let metrics = Arc::new(Metrics::new());
    let uses = Uses { chat: &chat, identity: &identity, metrics: &metrics, clock: &clock, random: &random };
    let live = Some(Live::new(hub, &uses, 100, base_url));
    let parts = Parts::new(chat, Arc::clone(&identity), clock, random);
    (Service::new(App::new(Parts { metrics, live, ..parts })), identity)
}

/// Reads the head of an answer and, if it has one, the body whose length that says.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a request at once, as clients do. For one that comes in parts, hyper's buffer grows.
fn request(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

/// A connection on which a client has polled twice.
fn polling(server: &Server, number: usize) -> TcpStream {
    let (mut stream, token) = (connect(server), server.token(number));
    for _ in 0..2 {
        request(
            &mut stream,
            &format!("GET /messages/sync HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n"),
        );
        assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
    }
    stream
}

/// A live connection whose client has received and acknowledged what there is.
fn live(server: &Server, number: usize) -> TcpStream {
    let (mut stream, token) = (connect(server), server.token(number));
    let upgrade = format!(
        "GET /messages/live HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: jobline.v1, bearer.{token}\r\n\r\n"
    );
    request(&mut stream, &upgrade);
    assert!(answer(&mut stream).starts_with("HTTP/1.1 101"));
    say(&mut stream, r#"{"op":"start"}"#);
    let synced = hear(&mut stream, "synced");
    let cursor = synced.split_once(r#""cursor":""#).unwrap().1.split_once('"').unwrap().0;
    say(&mut stream, &format!(r#"{{"op":"have","since":"{cursor}"}}"#));
    for _ in 0..2 {
        say(&mut stream, r#"{"op":"ping"}"#);
        hear(&mut stream, "pong");
    }
    stream
}

/// Sends a text frame, under a mask of zeros.
fn say(stream: &mut TcpStream, text: &str) {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81, 0xfe];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    stream.write_all(&frame).unwrap();
}

/// The next frame with this `op`.
fn hear(stream: &mut TcpStream, op: &str) -> String {
    loop {
        let mut head = [0; 2];
        stream.read_exact(&mut head).unwrap();
        let mut longer = [0; 2];
        let length = match head[1] {
            126 => {
                stream.read_exact(&mut longer).unwrap();
                usize::from(u16::from_be_bytes(longer))
            }
            length => usize::from(length),
        };
        let mut text = vec![0; length];
        stream.read_exact(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        if text.contains(&format!(r#""op":"{op}""#)) {
            return text;
        }
    }
}

/// Prints what is held: how many bytes from where, the most first.
fn show() {
    let mut sums: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (size, site) in std::mem::take(&mut *SITES.lock().unwrap()).into_values() {
        let sum = sums.entry(format!("{size}: {}", inner(&site))).or_default();
        *sum = (sum.0 + size, sum.1 + 1);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (bytes, _))| std::cmp::Reverse(*bytes));
    for (site, (bytes, count)) in sums.iter().take(60) {
        println!("{:6.1} bytes of a connection, {count} times {site}", *bytes as f64 / MEASURED as f64);
    }
}

/// The innermost functions of a backtrace beyond the allocator, with their lines.
fn inner(site: &str) -> String {
    let places = site.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let places = places.filter(|place| !place.contains("/rustc/") && !place.contains("tests/memory.rs"));
    let short = places
        .map(|place| place.rsplit("/crates/").next().unwrap_or(place).rsplit("/src/index").next().unwrap_or(place));
    short.take(5).collect::<Vec<_>>().join(" < ")
}

#[test]
fn an_open_connection_holds_no_more_than_it_did() {
    let server = Server::start();
    let polling = server.measure(polling);
    println!("a connection that polls: {polling} bytes");
    assert!(polling <= POLLING_BYTES, "a connection that polls: {polling} bytes, which were {POLLING_BYTES}");
    let server = Server::start();
    let live = server.measure(live);
    println!("a live connection: {live} bytes");
    assert!(live <= LIVE_BYTES, "a live connection: {live} bytes, which were {LIVE_BYTES}");
}
