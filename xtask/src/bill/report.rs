//! The tables of the bill.

use super::{Prices, Usage, usage::Operation};
use std::fmt::Write as _;

pub(super) const MILLION: f64 = 1e6;
const GB: f64 = 1_073_741_824.0;

/// Write units of the `clientId` row in the transaction of a send; a test of the server measures them.
const CLIENT_ID_UNITS: f64 = 2.0;

/// A line of the bill.
pub(super) struct CostLine {
    pub name: &'static str,
    pub quantity: String,
    pub dollars: f64,
}

/// All priced tables.
pub(super) fn report(usage: &Usage, prices: &Prices) -> String {
    let lines = lines(usage, prices);
    let total = sum(&lines);
    let requests = usage.sum(|_| 1.0);
    let http = requests / MILLION * prices.dollars("http api requests, a million");
    let mut text = format!(
        "Prices of {}, without free tiers.\n\n| service | quantity | $ a month |\n|---|---|---|\n",
        prices.of()
    );
    for CostLine { name, quantity, dollars } in &lines {
        let _ = writeln!(text, "| {name} | {quantity} | {dollars:.4} |");
    }
    let _ = writeln!(text, "| **behind the function URL** | | **{total:.3}** |");
    let _ = writeln!(text, "| HTTP API in front instead | {requests:.0} requests | {http:.4} |");
    let _ = writeln!(text, "| **behind the HTTP API** | | **{:.3}** |\n", total + http);
    text += &sums(usage, prices, total);
    text += &shares(usage, prices, total);
    text += &not_included(usage, prices);
    text
}

pub(super) fn lines(usage: &Usage, prices: &Prices) -> Vec<CostLine> {
    let line = |name, quantity, dollars| CostLine { name, quantity, dollars };
    let requests = usage.sum(|_| 1.0);
    let (reads, writes) = (usage.sum(|one| one.read_units), usage.sum(|one| one.write_units));
    let (puts, gets) = (usage.sum(|one| one.puts), usage.sum(|one| one.gets));
    let seconds = usage.sum(|one| gb_seconds(one, prices));
    let (rows, files) = (usage.stored / GB, kept(prices) / GB);
    vec![
        line(
            "Lambda, requests",
            format!("{requests:.0}"),
            requests / MILLION * prices.dollars("lambda requests, a million"),
        ),
        line("Lambda, time", format!("{seconds:.0} GB-s"), seconds * prices.dollars("lambda arm64, a GB-second")),
        line(
            "DynamoDB, reads",
            format!("{reads:.0} units"),
            reads / MILLION * prices.dollars("dynamodb read request units, a million"),
        ),
        line(
            "DynamoDB, writes",
            format!("{writes:.0} units"),
            writes / MILLION * prices.dollars("dynamodb write request units, a million"),
        ),
        line("DynamoDB, rows kept", format!("{rows:.3} GB"), rows * prices.dollars("dynamodb storage, a GB-month")),
        line(
            "DynamoDB, point-in-time recovery",
            format!("{rows:.3} GB"),
            rows * prices.dollars("dynamodb point-in-time recovery, a GB-month"),
        ),
        line("S3, files kept", format!("{files:.3} GB"), files * prices.dollars("s3 storage, a GB-month")),
        line("S3, PUT and COPY", format!("{puts:.0}"), puts / 1e3 * prices.dollars("s3 PUT and COPY, a thousand")),
        line("S3, GET", format!("{gets:.0}"), gets / 1e3 * prices.dollars("s3 GET, a thousand")),
    ]
}

/// The month, polled and without webhooks, beside another one: what each service costs in both, and the sums. `another`
/// names the other.
pub(super) fn beside(before: &[CostLine], another: &str, after: &[CostLine]) -> String {
    let mut text = format!("\n| service | polled, $ | {another}: quantity | {another}, $ |\n|---|---|---|---|\n");
    for CostLine { name, quantity, dollars } in after {
        let polled = before.iter().find(|one| one.name == *name).map_or(0.0, |one| one.dollars);
        let _ = writeln!(text, "| {name} | {polled:.4} | {quantity} | {dollars:.4} |");
    }
    let _ = writeln!(text, "| **behind the function URL** | **{:.3}** | | **{:.3}** |\n", sum(before), sum(after));
    text
}

/// What these lines cost together.
pub(super) fn sum(lines: &[CostLine]) -> f64 {
    lines.iter().map(|line| line.dollars).sum()
}

/// Bytes of files at the end of the month.
fn kept(prices: &Prices) -> f64 {
    prices.assumed("files, a month") * prices.assumed("size of a file, bytes")
}

/// The billed duration of one request of a kind.
fn gb_seconds(one: &Operation, prices: &Prices) -> f64 {
    let ms = prices.assumed("own time of a request, ms")
        + one.reads * prices.assumed("a read of the table, ms")
        + one.commits * prices.assumed("a commit to the table, ms")
        + one.waits * prices.assumed("a call of the bucket, ms");
    ms / 1e3 * prices.assumed("memory of the function, MB") / 1_024.0
}

/// Dollars for all requests of a kind, without storage.
pub(super) fn dollars(one: &Operation, prices: &Prices) -> f64 {
    let each = prices.dollars("lambda requests, a million") / MILLION
        + gb_seconds(one, prices) * prices.dollars("lambda arm64, a GB-second")
        + one.read_units / MILLION * prices.dollars("dynamodb read request units, a million")
        + one.write_units / MILLION * prices.dollars("dynamodb write request units, a million")
        + one.puts / 1e3 * prices.dollars("s3 PUT and COPY, a thousand")
        + one.gets / 1e3 * prices.dollars("s3 GET, a thousand");
    one.times * each
}

/// The cost of the month, and the assumptions behind it.
fn sums(usage: &Usage, prices: &Prices, total: f64) -> String {
    let of = |prefix: &str| -> f64 {
        let named = usage.operations.iter().filter(|one| one.name.starts_with(prefix));
        named.map(|one| dollars(one, prices)).sum()
    };
    let sends: f64 = usage.operations.iter().filter(|one| one.name.starts_with("send")).map(|one| one.times).sum();
    let ids = sends * CLIENT_ID_UNITS / MILLION * prices.dollars("dynamodb write request units, a million");
    let (opening, read) = (of("getConversations"), of("markAsRead"));
    let mut text = "| | $ a month |\n|---|---|\n".to_owned();
    let _ = writeln!(
        text,
        "| **1 M polls, 30 K sends, 3,000 files, as the founding document has them** | **{:.3}** |",
        total - ids - opening - read
    );
    let _ = writeln!(text, "| a `clientId` with each send | {ids:.4} |");
    let _ = writeln!(text, "| marking as read | {read:.4} |");
    let _ = writeln!(text, "| asking for the list of chats when the app is opened | {opening:.4} |");
    let _ = writeln!(text, "| **all of it** | **{total:.3}** |\n");
    text
}

/// The cost of each kind of request, and of an hour of polling.
fn shares(usage: &Usage, prices: &Prices, total: f64) -> String {
    let mut text = "| operation | a month | $ a month | share | $ a million |\n|---|---|---|---|---|\n".to_owned();
    let mut row = |name: &str, times: String, cost: f64, million: String| {
        let _ = writeln!(text, "| {name} | {times} | {cost:.4} | {:.1} % | {million} |", 100.0 * cost / total);
    };
    for one in &usage.operations {
        let cost = dollars(one, prices);
        row(&one.name, format!("{:.0}", one.times), cost, format!("{:.3}", cost / one.times * MILLION));
    }
    let requests: f64 = usage.operations.iter().map(|one| dollars(one, prices)).sum();
    row("what is kept", String::new(), total - requests, String::new());
    let idle = usage.operations.iter().find(|one| one.name == "list, nothing new");
    let poll = idle.map_or(0.0, |one| dollars(one, prices) / one.times);
    let http = prices.dollars("http api requests, a million") / MILLION;
    let _ = writeln!(
        text,
        "\nAn hour of one open chat, polled every 3 s while nothing happens: ${:.6} behind the function URL, ${:.6} behind the \
         HTTP API.\n",
        poll * 1_200.0,
        (poll + http) * 1_200.0
    );
    text
}

/// The costs that are not in the sum, and why.
fn not_included(usage: &Usage, prices: &Prices) -> String {
    let answers = usage.sum(|one| one.bytes_out) / GB;
    let files = kept(prices) / GB;
    let transfer = (answers + files) * prices.dollars("transfer to the internet, a GB");
    let mut text = "| not in the sum | quantity | $ a month | because |\n|---|---|---|---|\n".to_owned();
    let mut row = |name: &str, quantity: &str, cost: f64, because: &str| {
        let _ = writeln!(text, "| {name} | {quantity} | {cost:.2} | {because} |");
    };
    let quantity = format!("{:.2} GB of answers and files", answers + files);
    row("transfer to the internet", &quantity, transfer, "the first 100 GB of a month are not charged to any account");
    row("alarms", "4", 4.0 * prices.dollars("alarm, a month"), "only with `AlarmEmail`; ten are free");
    row("dashboard", "1", prices.dollars("dashboard, a month"), "only with `Dashboard=yes`; three are free");
    row(
        "Secrets Manager",
        "1",
        prices.dollars("secret in secrets manager, a month"),
        "only with `SecretsManagerSecret`",
    );
    let logs = usage.sum(|_| 300.0) / GB * prices.dollars("logs taken in, a GB");
    row(
        "logs",
        "a line of 300 bytes for each request",
        logs,
        "only with `LogLevel=debug`; warnings alone are a few KB",
    );
    text
}
