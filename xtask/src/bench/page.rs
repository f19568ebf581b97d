//! The tables of the page.

use super::figures::{Figures, Row};
use super::goals::{Bound, Goal};
use std::fmt::Write as _;

/// The rows of the tables, in this order.
const ROWS: [&str; 18] = [
    "hello GET, bare",
    "hello GET",
    "idle bytes, bare",
    "idle poll",
    "idle sync",
    "idle poll, tRPC",
    "10 in a batch",
    "page bytes, bare",
    "poll of 50",
    "hello POST, bare",
    "hello POST",
    "bare log, grouped",
    "durable send",
    "send to 50",
    "react",
    "edit",
    "a third of a file",
    "mix",
];

/// Everything that follows from the figures.
pub(super) fn write(figures: &[Figures], goals: &[Goal]) -> String {
    let runs = figures.first().map_or(0, |figures| figures.reports.len());
    let sizes: Vec<String> = figures.iter().map(|figures| thousands(figures.messages as f64)).collect();
    let medians = if runs == 1 { "One run".to_owned() } else { format!("Medians of {runs} runs") };
    let mut text = format!("{medians}, with {} messages stored.\n\n", sizes.join(" and "));
    write_goals(&mut text, goals);
    for connections in [1, 64] {
        write_rows(&mut text, figures, connections);
    }
    text += "![Rates by the number of stored messages](pictures/bench-history.svg)\n\n";
    text += "![Times of sends by the rate](pictures/bench-latency.svg)\n\n";
    text += "![Memory by the number of live connections](pictures/bench-memory.svg)\n";
    text
}

fn write_goals(text: &mut String, goals: &[Goal]) {
    text.push_str("| figure | goal | measured | |\n|---|---|---|---|\n");
    for goal in goals {
        let bound = match goal.bound {
            Bound::Least(least) => format!("≥ {least}"),
            Bound::Most(most) => format!("≤ {most}"),
        };
        let measured =
            goal.measured.map_or("not measured".to_owned(), |value| format!("{} {}", short(value), goal.unit));
        let met = match goal.is_met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let _ = writeln!(text, "| {} | {bound} {} | {} | {met} |", goal.what, goal.unit, measured.trim_end());
    }
    text.push('\n');
}

fn write_rows(text: &mut String, figures: &[Figures], connections: u64) {
    let _ = write!(text, "| C = {connections}, a second (p50, p99 in ms) |");
    for figures in figures {
        let _ = write!(text, " {} messages |", thousands(figures.messages as f64));
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(figures.len()));
    for what in ROWS {
        let row = Row { connections, what };
        let cells = figures.iter().map(|figures| {
            let of = |field| figures.row(row, field).unwrap_or(f64::NAN);
            format!(" {} ({:.2}, {:.2}) |", thousands(of("perSecond")), of("p50Us") / 1e3, of("p99Us") / 1e3)
        });
        let _ = writeln!(text, "| {what} |{}", cells.collect::<String>());
    }
    text.push('\n');
}

/// Three significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

/// A whole number with a comma before each three digits.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.254, 12.34, 1_234_567.0, 100.0].map(short), ["0.25", "12.3", "1,234,567", "100"]);
    }

    #[test]
    fn a_missed_goal_is_named() {
        let goal = Goal { what: "start", bound: Bound::Most(100.0), measured: Some(120.0), unit: "ms" };
        let mut text = String::new();
        write_goals(&mut text, &[goal]);
        assert!(text.ends_with("| start | ≤ 100 ms | 120 ms | **missed** |\n\n"), "{text}");
    }
}
