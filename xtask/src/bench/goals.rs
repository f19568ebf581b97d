//! The goals, and whether they are met.

use super::figures::{Figures, Row, value};

const KIB: f64 = 1_024.0;
const MIB: f64 = 1_048_576.0;

/// A figure and its goal.
pub(super) struct Goal {
    pub what: &'static str,
    pub bound: Bound,
    /// `None`: not measured.
    pub measured: Option<f64>,
    pub unit: &'static str,
}

/// The goal itself.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Least(f64),
    Most(f64),
}

impl Goal {
    /// Whether the goal is met; `None`: not measured.
    pub(super) fn is_met(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(match self.bound {
            Bound::Least(least) => measured >= least,
            Bound::Most(most) => measured <= most,
        })
    }
}

const fn at_64(what: &'static str) -> Row {
    Row { connections: 64, what }
}

const fn alone(what: &'static str) -> Row {
    Row { connections: 1, what }
}

const GET: &str = "hello GET, bare";
const POST: &str = "hello POST, bare";
const SEND: &str = "durable send";

/// All goals, over the store with the fewest messages, with those of most figures, and with the most.
pub(super) fn all(least: &Figures, middle: &Figures, most: &Figures) -> Vec<Goal> {
    [sends(middle), reads(middle), changes(middle), history(least, most), memory(least, middle, most), live(middle)]
        .into_iter()
        .flatten()
        .collect()
}

fn goal(what: &'static str, bound: Bound, measured: Option<f64>, unit: &'static str) -> Goal {
    Goal { what, bound, measured, unit }
}

fn sends(figures: &Figures) -> Vec<Goal> {
    let of_sync =
        |row, field| figures.median(|report| Some(value(report, row, field)? / report["fdatasyncP50Us"].as_f64()?));
    let rate = |other| figures.ratio(at_64(SEND), at_64(other), "perSecond");
    let longest = figures.largest(at_64(SEND), "longestUs").map(|longest| longest / 1e3);
    vec![
        goal("durable sends, C = 64, of bare POST", Bound::Least(0.25), rate(POST), ""),
        goal("durable sends, C = 64, of the bare log, grouped", Bound::Least(0.35), rate("bare log, grouped"), ""),
        goal("their p99, of one `fdatasync`", Bound::Most(40.0), of_sync(at_64(SEND), "p99Us"), ""),
        goal("their slowest", Bound::Most(50.0), longest, "ms"),
        goal("one send alone, p50, of one `fdatasync`", Bound::Most(2.0), of_sync(alone(SEND), "p50Us"), ""),
    ]
}

fn reads(figures: &Figures) -> Vec<Goal> {
    let rate = |one, other| figures.ratio(at_64(one), at_64(other), "perSecond");
    let trpc = |connections| {
        let [rest, trpc] = ["idle poll", "idle poll, tRPC"].map(|what| Row { connections, what });
        figures.ratio(rest, trpc, "perSecond")
    };
    let batch = figures.ratio(at_64("idle poll"), at_64("10 in a batch"), "perSecond").map(|ratio| ratio / 10.0);
    vec![
        goal(
            "idle poll, C = 64, of bare GET of as many bytes",
            Bound::Least(0.80),
            rate("idle poll", "idle bytes, bare"),
            "",
        ),
        goal(
            "poll of 50, C = 64, of bare GET of as many bytes",
            Bound::Least(0.50),
            rate("poll of 50", "page bytes, bare"),
            "",
        ),
        goal("a poll by tRPC takes, of one by REST, C = 1", Bound::Most(1.10), trpc(1), ""),
        goal("a poll by tRPC takes, of one by REST, C = 64", Bound::Most(1.10), trpc(64), ""),
        goal("ten polls in a batch take, of ten polls, C = 64", Bound::Most(1.0), batch, ""),
    ]
}

fn changes(figures: &Figures) -> Vec<Goal> {
    let p50 = |what| figures.ratio(alone(what), alone(SEND), "p50Us");
    let crew = figures.ratio(at_64(SEND), at_64("send to 50"), "perSecond");
    vec![
        goal("react, C = 1, p50 of a send", Bound::Most(1.1), p50("react"), ""),
        goal("edit, C = 1, p50 of a send", Bound::Most(1.1), p50("edit"), ""),
        goal("send to a crew of 50 takes, of one to a pair, C = 64", Bound::Most(1.1), crew, ""),
    ]
}

/// Each rate as a share of the limit that was measured in the same run, so that the speed of the machine does not count.
fn history(least: &Figures, most: &Figures) -> Vec<Goal> {
    let against = |what, limit| {
        let [least, most] = [least, most].map(|figures| figures.ratio(at_64(what), at_64(limit), "perSecond"));
        Some(most? / least?)
    };
    vec![
        goal("sends with the most messages, of those with the fewest", Bound::Least(0.90), against(SEND, POST), ""),
        goal("idle polls, likewise", Bound::Least(0.90), against("idle poll", GET), ""),
        goal("polls of 50, likewise", Bound::Least(0.90), against("poll of 50", "page bytes, bare"), ""),
        goal("start with the most messages", Bound::Most(100.0), most.at("/startMs"), "ms"),
        goal("start after a kill under load", Bound::Most(500.0), most.at("/recoveryMs"), "ms"),
    ]
}

fn memory(least: &Figures, middle: &Figures, most: &Figures) -> Vec<Goal> {
    let megabytes = |bytes: Option<f64>| bytes.map(|bytes| bytes / MIB);
    vec![
        goal("memory of the server at rest", Bound::Most(14.0), megabytes(least.at("/idle")), "MB"),
        goal("with 1,000 pollers", Bound::Most(45.0), megabytes(middle.at("/pollers/resident")), "MB"),
        goal("with the most messages, after the load", Bound::Most(120.0), megabytes(most.at("/resident")), "MB"),
    ]
}

fn live(figures: &Figures) -> Vec<Goal> {
    let of_echo = |field: &str, echo: &str| {
        figures.median(|report| Some(report.pointer(field)?.as_f64()? / report.pointer(echo)?.as_f64()?))
    };
    let thousandth = |pointer: &str| figures.at(pointer).map(|value| value / 1e3);
    let kib = figures.at("/live/bytes").map(|bytes| bytes / KIB);
    vec![
        goal("an idle live connection", Bound::Most(8.0), kib, "KiB"),
        goal("the same, of one of an echo server", Bound::Most(2.0), of_echo("/live/bytes", "/live/echoBytes"), ""),
        goal("its processor time in a second", Bound::Most(3.0), figures.at("/live/busyUs"), "µs"),
        goal(
            "accepted to seen, p50, of an echo",
            Bound::Most(2.0),
            of_echo("/live/alone/acceptedP50Us", "/live/echoP50Us"),
            "",
        ),
        goal("sent to seen, p50, of a send and an echo", Bound::Most(2.0), sent_to_seen(figures), ""),
        goal(
            "accepted to seen at 1,000 sends a second, p99",
            Bound::Most(10.0),
            thousandth("/live/atRate/acceptedP99Us"),
            "ms",
        ),
        goal(
            "sends beside 1,000 live connections, of those without",
            Bound::Least(0.9),
            figures.at("/live/sendsBeside"),
            "",
        ),
        goal("all connections live after a new start", Bound::Most(30.0), thousandth("/live/backMs"), "s"),
        goal("polls meanwhile, p99", Bound::Most(50.0), thousandth("/live/backPollP99Us"), "ms"),
    ]
}

/// From the beginning of a send until it is seen, against a send alone and an echo after it.
fn sent_to_seen(figures: &Figures) -> Option<f64> {
    figures.median(|report| {
        let send = value(report, alone(SEND), "p50Us")?;
        let of = |pointer: &str| report.pointer(pointer)?.as_f64();
        Some(of("/live/alone/sentP50Us")? / (send + of("/live/echoP50Us")?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_the_right_side_of_its_bound() {
        let met = |bound, measured| goal("x", bound, measured, "").is_met();
        assert_eq!(met(Bound::Least(0.5), Some(0.5)), Some(true));
        assert_eq!(met(Bound::Least(0.5), Some(0.4)), Some(false));
        assert_eq!(met(Bound::Most(0.5), Some(0.6)), Some(false));
        assert_eq!(met(Bound::Most(0.5), None), None);
    }

    #[test]
    fn a_goal_without_a_measurement_is_not_met() {
        let nothing = Figures::new(0, vec![serde_json::json!({"rows": []})]);
        assert!(all(&nothing, &nothing, &nothing).iter().all(|goal| goal.is_met().is_none()));
    }
}
