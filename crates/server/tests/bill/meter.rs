//! Measures what requests use: units of the table, round trips, calls of the bucket, bytes to the internet.

use std::collections::BTreeMap;

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
