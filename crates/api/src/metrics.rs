//! Metrics, in the text formats of Prometheus.

mod calls;

pub use calls::{DONE, ProcedureMetrics, StoreCallMetrics};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Borrow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the histogram buckets in seconds: from an idle poll in memory to the time limit of a request.
const BUCKETS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    procedure: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Procedure {
    procedure: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreCall {
    call: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    call: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    code: u16,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Durations<Procedure>,
    in_flight: Gauge,
    connections: Gauge,
    store_calls: Family<StoreCall, Counter>,
    store_durations: Durations<Call>,
    commits_waiting: Gauge,
    slowdown: Gauge<f64, AtomicU64>,
    log_lines_dropped: Counter,
    live: LiveMetrics,
    deliveries: DeliveryMetrics,
}

/// A channel of deliveries to hosts and users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryChannel {
    /// The host's webhook.
    Webhook,
    /// Mail to users.
    Mail,
    /// Push notifications.
    Push,
}

impl DeliveryChannel {
    const ALL: [Self; 3] = [Self::Webhook, Self::Mail, Self::Push];

    fn label(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
            Self::Push => "push",
        }
    }
}

/// How an attempt to deliver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver has it.
    Delivered,
    /// It is tried again.
    Failed,
    /// It was refused permanently, or retried for too long.
    Refused,
    /// The browser has ended its subscription.
    Gone,
}

impl Attempt {
    const ALL: [Self; 4] = [Self::Delivered, Self::Failed, Self::Refused, Self::Gone];

    fn outcome(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Gone => "gone",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChannelLabel {
    channel: &'static str,
}

/// What is counted about deliveries.
#[derive(Default)]
struct DeliveryMetrics {
    attempts: Family<Delivery, Counter>,
    given_up: Family<ChannelLabel, Counter>,
}

impl DeliveryMetrics {
    /// Creates every label with 0: `increase()` in Prometheus misses the first event of a series that appears with it.
    fn register(&self, registry: &mut Registry) {
        for one in DeliveryChannel::ALL {
            let channel = one.label();
            drop(self.given_up.get_or_create(&ChannelLabel { channel }));
            for attempt in
                Attempt::ALL.into_iter().filter(|attempt| *attempt != Attempt::Gone || one == DeliveryChannel::Push)
            {
                drop(self.attempts.get_or_create(&Delivery { channel, outcome: attempt.outcome() }));
            }
        }
        let help = "Attempts to deliver events, mails and push notifications, by how they ended";
        registry.register("deliveries", help, self.attempts.clone());
        let help = "Events, mails and push notifications that are not tried any more";
        registry.register("deliveries_given_up", help, self.given_up.clone());
    }
}

/// What is counted about live connections.
#[derive(Default)]
struct LiveMetrics {
    connections: Gauge,
    opens: Counter,
    closes: Family<Closed, Counter>,
    pushes: Counter,
    bus_down: Gauge,
    heads_read: Counter,
}

impl LiveMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("live_connections", "Open live connections", self.connections.clone());
        registry.register("live_opens", "Live connections that began", self.opens.clone());
        let help = "Live connections that ended, by closing code; 1006 for those that broke or the client closed";
        registry.register("live_closes", help, self.closes.clone());
        registry.register("live_pushes", "Answers pushed over live connections", self.pushes.clone());
        let help = "Whether news from other servers may be late: 1 while the bus or one of them is not heard";
        registry.register("bus_down", help, self.bus_down.clone());
        let help = "Rows that were read to see whether connected users have news from other servers";
        registry.register("heads_looked_at", help, self.heads_read.clone());
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts as one in a gauge until it is dropped.
#[must_use]
pub struct InProgress<G: Borrow<Gauge> = Gauge>(G);

impl<G: Borrow<Gauge>> InProgress<G> {
    fn of(gauge: G) -> Self {
        gauge.borrow().inc();
        Self(gauge)
    }
}

impl<G: Borrow<Gauge>> Drop for InProgress<G> {
    fn drop(&mut self) {
        self.0.borrow().dec();
    }
}

impl Metrics {
    /// All metrics at zero.
    #[must_use]
    pub fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("jobline"),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            store_calls: Family::default(),
            store_durations: Family::new_with_constructor(histogram),
            commits_waiting: Gauge::default(),
            slowdown: Gauge::default(),
            log_lines_dropped: Counter::default(),
            live: LiveMetrics::default(),
            deliveries: DeliveryMetrics::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "What is running", build);
        registry.register("requests", "Requests answered", self.requests.clone());
        let help = "How long requests took";
        registry.register_with_unit("request_duration", help, Unit::Seconds, self.durations.clone());
        registry.register("requests_in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("store_calls", "Calls to the store, by outcome", self.store_calls.clone());
        let help = "How long calls to the store took";
        registry.register_with_unit("store_duration", help, Unit::Seconds, self.store_durations.clone());
        registry.register("store_commits_waiting", "Commits that are not durable yet", self.commits_waiting.clone());
        let help = "Lines of the log that nobody read in time";
        registry.register("log_lines_dropped", help, self.log_lines_dropped.clone());
        registry.register("slowdown", "How many times less often clients are asked to poll", self.slowdown.clone());
        self.live.register(registry);
        self.deliveries.register(registry);
    }

    /// A request is in flight until the result is dropped.
    pub fn request_begins(&self) -> InProgress<&Gauge> {
        InProgress::of(&self.in_flight)
    }

    /// What is counted of the requests for this procedure.
    #[must_use]
    pub fn procedure(&self, name: &'static str) -> ProcedureMetrics {
        ProcedureMetrics::new(name, &self.requests, &self.durations)
    }

    /// A request was answered that is for no procedure of the table, or for several.
    pub fn request_ends(&self, procedure: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { procedure, status }).inc();
        self.durations.get_or_create(&Procedure { procedure }).observe(took.as_secs_f64());
    }

    /// A connection is open until the result is dropped.
    pub fn connection_opens(&self) -> InProgress {
        InProgress::of(self.connections.clone())
    }

    /// A commit is running until the result is dropped.
    pub fn commit_begins(&self) -> InProgress<&Gauge> {
        InProgress::of(&self.commits_waiting)
    }

    /// What is counted of this kind of calls to the store.
    #[must_use]
    pub fn store_calls(&self, call: &'static str) -> StoreCallMetrics {
        StoreCallMetrics::new(call, &self.store_calls, &self.store_durations)
    }

    /// A live connection began.
    pub fn live_opens(&self) {
        self.live.connections.inc();
        self.live.opens.inc();
    }

    /// A live connection ended: by the server with this code, or otherwise.
    pub fn live_closes(&self, code: Option<u16>) {
        self.live.connections.dec();
        self.live.closes.get_or_create(&Closed { code: code.unwrap_or(1006) }).inc();
    }

    /// An answer was pushed over a live connection.
    pub fn live_pushes(&self) {
        self.live.pushes.inc();
    }

    /// News from other servers may be late, or are not any more.
    pub fn bus_is_down(&self, is_down: bool) {
        self.live.bus_down.set(i64::from(is_down));
    }

    /// This many heads of connected users were read.
    pub fn heads_read(&self, users: usize) {
        self.live.heads_read.inc_by(users as u64);
    }

    /// An attempt to deliver ended.
    pub fn delivery(&self, channel: DeliveryChannel, attempt: Attempt) {
        let (channel, outcome) = (channel.label(), attempt.outcome());
        self.deliveries.attempts.get_or_create(&Delivery { channel, outcome }).inc();
    }

    /// This many deliveries were abandoned since the start.
    pub fn given_up(&self, channel: DeliveryChannel, total: u64) {
        let counter = self.deliveries.given_up.get_or_create(&ChannelLabel { channel: channel.label() });
        counter.inner().store(total, Ordering::Relaxed);
    }

    /// This many lines of the log were dropped since the start.
    pub fn log_lines_dropped(&self, total: u64) {
        self.log_lines_dropped.inner().store(total, Ordering::Relaxed);
    }

    /// The load makes clients poll `factor` times less often.
    pub fn slowdown(&self, factor: f64) {
        self.slowdown.set(factor);
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> i64 {
        self.in_flight.get()
    }

    /// Open connections.
    #[must_use]
    pub fn open_connections(&self) -> i64 {
        self.connections.get()
    }

    /// Running commits.
    #[must_use]
    pub fn waiting_commits(&self) -> i64 {
        self.commits_waiting.get()
    }

    /// All metrics in the format OpenMetrics 1.0.
    #[must_use]
    pub fn open_metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail. If it did, the scraper would notice: it expects `# EOF` at the end.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// All metrics in the Prometheus text format 0.0.4. It differs from OpenMetrics in three ways: counters have their
    /// full name in `# HELP` and `# TYPE`, and there is no `# UNIT` and no `# EOF`.
    #[must_use]
    pub fn text(&self) -> String {
        let open = self.open_metrics();
        let counters: HashSet<&str> =
            open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
        let mut text = String::with_capacity(open.len());
        for line in open.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
            let mut parts = line.splitn(4, ' ');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(name) => {
                    text.push_str(&format!("# {what} {name}_total {rest}\n"));
                }
                _ => text.extend([line, "\n"]),
            }
        }
        text
    }
}
