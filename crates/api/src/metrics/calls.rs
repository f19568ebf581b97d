//! Counting calls of one kind. Finding a counter by its labels takes longer than counting, and there are several calls in
//! every request: so the counter of the usual outcome and the histogram are found once. What is never called has no series.

use super::{Call, Durations, Procedure, Request, StoreCall};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::hash::Hash;
use std::sync::OnceLock;
use std::time::Duration;

/// The usual status of an answer.
const OK: u16 = 200;
/// The usual outcome of a call to the store.
pub const DONE: &str = "done";

/// The counters and the histogram of one kind of calls, with those that are used most once they are found.
struct Found<C, D> {
    calls: Family<C, Counter>,
    durations: Durations<D>,
    usual: OnceLock<Counter>,
    duration: OnceLock<Histogram>,
}

impl<C, D> Found<C, D>
where
    C: Clone + Eq + Hash,
    D: Clone + Eq + Hash,
{
    fn of(calls: &Family<C, Counter>, durations: &Durations<D>) -> Self {
        let (calls, durations) = (calls.clone(), durations.clone());
        Self { calls, durations, usual: OnceLock::new(), duration: OnceLock::new() }
    }

    fn count(&self, labels: &C, is_usual: bool, kind: &D, took: Duration) {
        if is_usual {
            self.usual.get_or_init(|| self.calls.get_or_create_owned(labels)).inc();
        } else {
            self.calls.get_or_create(labels).inc();
        }
        self.duration.get_or_init(|| self.durations.get_or_create_owned(kind)).observe(took.as_secs_f64());
    }
}

/// What is counted of the requests for one procedure.
pub struct ProcedureMetrics {
    procedure: &'static str,
    found: Found<Request, Procedure>,
}

impl ProcedureMetrics {
    pub(super) fn new(
        procedure: &'static str,
        requests: &Family<Request, Counter>,
        durations: &Durations<Procedure>,
    ) -> Self {
        Self { procedure, found: Found::of(requests, durations) }
    }

    /// A request was answered.
    pub fn request_ends(&self, status: u16, took: Duration) {
        let procedure = self.procedure;
        self.found.count(&Request { procedure, status }, status == OK, &Procedure { procedure }, took);
    }
}

/// What is counted of one kind of calls to the store.
pub struct StoreCallMetrics {
    call: &'static str,
    found: Found<StoreCall, Call>,
}

impl StoreCallMetrics {
    pub(super) fn new(call: &'static str, calls: &Family<StoreCall, Counter>, durations: &Durations<Call>) -> Self {
        Self { call, found: Found::of(calls, durations) }
    }

    /// A call ended.
    pub fn call_ends(&self, outcome: &'static str, took: Duration) {
        let call = self.call;
        self.found.count(&StoreCall { call, outcome }, outcome == DONE, &Call { call }, took);
    }
}
