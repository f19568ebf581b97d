//! Counting calls of one kind. Finding a counter by its labels takes longer than counting, and there are several calls in
//! every request: so the counter of the usual outcome and the histogram are found once. What is never called has no series.

use super::{Call, Durations, Procedure, Request, StoreCall};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::sync::OnceLock;
use std::time::Duration;

/// The usual status of an answer.
const OK: u16 = 200;
/// The usual outcome of a call to the store.
const DONE: &str = "done";

/// What is counted of the requests for one procedure.
pub struct ProcedureMetrics {
    procedure: &'static str,
    requests: Family<Request, Counter>,
    durations: Durations<Procedure>,
    answered_ok: OnceLock<Counter>,
    duration: OnceLock<Histogram>,
}

impl ProcedureMetrics {
    pub(super) fn new(
        procedure: &'static str,
        requests: &Family<Request, Counter>,
        durations: &Durations<Procedure>,
    ) -> Self {
        let (requests, durations) = (requests.clone(), durations.clone());
        Self { procedure, requests, durations, answered_ok: OnceLock::new(), duration: OnceLock::new() }
    }

    /// A request was answered.
    pub fn request_ends(&self, status: u16, took: Duration) {
        let procedure = self.procedure;
        let labels = Request { procedure, status };
        if status == OK {
            self.answered_ok.get_or_init(|| self.requests.get_or_create_owned(&labels)).inc();
        } else {
            self.requests.get_or_create(&labels).inc();
        }
        let duration = self.duration.get_or_init(|| self.durations.get_or_create_owned(&Procedure { procedure }));
        duration.observe(took.as_secs_f64());
    }
}

/// What is counted of one kind of calls to the store.
pub struct StoreCallMetrics {
    call: &'static str,
    calls: Family<StoreCall, Counter>,
    durations: Durations<Call>,
    done: OnceLock<Counter>,
    duration: OnceLock<Histogram>,
}

impl StoreCallMetrics {
    pub(super) fn new(call: &'static str, calls: &Family<StoreCall, Counter>, durations: &Durations<Call>) -> Self {
        let (calls, durations) = (calls.clone(), durations.clone());
        Self { call, calls, durations, done: OnceLock::new(), duration: OnceLock::new() }
    }

    /// A call was carried out.
    pub fn done(&self, took: Duration) {
        let labels = StoreCall { call: self.call, outcome: DONE };
        self.done.get_or_init(|| self.calls.get_or_create_owned(&labels)).inc();
        self.observe(took);
    }

    /// A call had another outcome.
    pub fn not_done(&self, outcome: &'static str, took: Duration) {
        self.calls.get_or_create(&StoreCall { call: self.call, outcome }).inc();
        self.observe(took);
    }

    fn observe(&self, took: Duration) {
        let duration = self.duration.get_or_init(|| self.durations.get_or_create_owned(&Call { call: self.call }));
        duration.observe(took.as_secs_f64());
    }
}
