//! Measures what requests use: units of the table, round trips, calls of the bucket, bytes to the internet.

use jobline_store_dynamodb::{Consumed, Observer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The total use of the requests of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// The number of requests.
    pub times: u64,
    /// Read request units, as the table reported them.
    pub read_units: f64,
    /// Write request units of the table.
    pub write_units: f64,
    /// Round trips to the table that read.
    pub reads: u64,
    /// Round trips to the table that commit.
    pub commits: u64,
    /// Calls of the bucket that are priced as PUT: uploads and copies, the client's included.
    pub puts: u64,
    /// Calls of the bucket that are priced as GET, the client's included.
    pub gets: u64,
    /// Bytes of the function's answers, headers included.
    pub bytes_out: u64,
}

/// The kinds of requests, by name.
pub type Usage = BTreeMap<&'static str, Used>;

impl Used {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    pub fn times_f64(&self) -> f64 {
        self.times as f64
    }

    pub fn add(&mut self, other: Self) {
        self.times += other.times;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
        self.reads += other.reads;
        self.commits += other.commits;
        self.puts += other.puts;
        self.gets += other.gets;
        self.bytes_out += other.bytes_out;
    }
}

/// Adds the capacity that the table reports.
pub fn observer(units: Arc<Mutex<(f64, f64)>>) -> Observer {
    Arc::new(move |consumed: Consumed| {
        let mut units = units.lock().unwrap();
        *units = (units.0 + consumed.reads, units.1 + consumed.writes);
    })
}

/// The duration of a read that is sent directly to the table.
pub fn bare_read(url: &str, read: &str) -> Duration {
    thread_local!(static AGENT: ureq::Agent = ureq::Agent::new_with_defaults());
    AGENT.with(|agent| {
        let request = agent.post(url).header("x-amz-target", "DynamoDB_20120810.GetItem");
        let request = request.header("content-type", "application/x-amz-json-1.0");
        let signature = "AWS4-HMAC-SHA256 Credential=test/20251114/eu-central-1/dynamodb/aws4_request, \
                         SignedHeaders=host;x-amz-date, Signature=00";
        let request = request.header("authorization", signature).header("x-amz-date", "20251114T103000Z");
        let begun = Instant::now();
        let answer = request.send(read).unwrap().body_mut().read_to_string().unwrap();
        let took = begun.elapsed();
        assert!(answer.contains("Item"), "{answer}");
        took
    })
}

pub fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
