//! The table in `docs/cost.md`.

use crate::live::Charged;
use crate::meter::{Usage, Used};
use crate::webhooks::Sent;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const BEGIN: &str = "<!-- usage: measured by `cargo xtask bill` -->\n";
const END: &str = "<!-- end of usage -->\n";
const LIVE_BEGIN: &str = "<!-- live usage: measured by `cargo xtask bill` -->\n";
const LIVE_END: &str = "<!-- end of live usage -->\n";
const WEBHOOK_BEGIN: &str = "<!-- webhook usage: measured by `cargo xtask bill` -->\n";
const WEBHOOK_END: &str = "<!-- end of webhook usage -->\n";

/// A table, and the comments of the page around it.
pub struct Table {
    text: String,
    begin: &'static str,
    end: &'static str,
}

impl Table {
    /// The table of a month that is `larger` times the measured part, after which `stored` bytes remain.
    pub fn of(usage: &Usage, larger: u64, stored: u64) -> Self {
        let rest = format!("Rows at the end of the month: {} bytes.", stored * larger);
        Self { text: format!("{BEGIN}{}\n\n{rest}\n{END}", rows(usage, larger)), begin: BEGIN, end: END }
    }

    /// The table of a month with live connections.
    pub fn of_live(usage: &Usage, larger: u64, charged: Charged) -> Self {
        let (messages, minutes) = (charged.messages * larger, charged.open_ms * larger / 60_000);
        let rest = format!("Messages: {messages}. Minutes of connections: {minutes}.");
        let text = format!("{LIVE_BEGIN}{}\n\n{rest}\n{LIVE_END}", rows(usage, larger));
        Self { text, begin: LIVE_BEGIN, end: LIVE_END }
    }

    /// The table of a month with webhooks.
    pub fn with_webhooks(usage: &Usage, larger: u64, stored: u64, sent: Sent) -> Self {
        let (events, stored) = (sent.events * larger, stored * larger);
        let rest = format!("Events: {events}. Rows at the end of the month: {stored} bytes.");
        let text = format!("{WEBHOOK_BEGIN}{}\n\n{rest}\n{WEBHOOK_END}", rows(usage, larger));
        Self { text, begin: WEBHOOK_BEGIN, end: WEBHOOK_END }
    }

    /// Fails if the page has another table; with `UPDATE_SNAPSHOTS=1`, writes this one into it.
    pub fn compare_or_update(&self) {
        // Three tests write to the page.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cost.md"));
        let page = fs::read_to_string(&path).unwrap();
        let begin = page.find(self.begin).expect("docs/cost.md has the beginning of the table");
        let end = page.find(self.end).expect("docs/cost.md has the end of the table") + self.end.len();
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&path, format!("{}{}{}", &page[..begin], self.text, &page[end..])).unwrap();
        } else {
            let hint = "is it meant? then `cargo xtask bill` writes it";
            assert_eq!(&page[begin..end], self.text, "what a month uses is not what docs/cost.md says; {hint}");
        }
    }
}

fn rows(usage: &Usage, larger: u64) -> String {
    let mut lines = vec![
        "| operation | a month | read units | write units | reads | commits | S3 PUT | S3 GET | bytes out |".to_owned(),
        "|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(usage.iter().map(|(name, used)| row(name, used, larger)));
    lines.join("\n")
}

/// Averages for one request, except for the number of requests.
fn row(name: &str, used: &Used, larger: u64) -> String {
    let each = |total: u64| average(u32::try_from(total).map(f64::from).unwrap(), used);
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {:.0} |",
        used.times * larger,
        average(used.read_units, used),
        average(used.write_units, used),
        each(used.reads),
        each(used.commits),
        each(used.puts),
        each(used.gets),
        u32::try_from(used.bytes_out).map(f64::from).unwrap() / used.times_f64(),
    )
}

/// Formats with at most three decimals and no trailing zeros.
fn average(total: f64, used: &Used) -> String {
    let text = format!("{:.3}", total / used.times_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
