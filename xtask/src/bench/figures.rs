//! What `jobline bench --json` reports, and the medians of it.

use serde_json::Value;

/// The reports of several runs over one store.
pub(super) struct Figures {
    pub messages: u64,
    pub reports: Vec<Value>,
}

/// A row of the report: one kind of request, by so many connections.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub connections: u64,
    pub what: &'static str,
}

impl Figures {
    pub(super) fn new(messages: u64, reports: Vec<Value>) -> Self {
        Self { messages, reports }
    }

    /// The median of what `get` finds in each report; `None` where none has it.
    pub(super) fn median(&self, get: impl Fn(&Value) -> Option<f64>) -> Option<f64> {
        median(self.reports.iter().filter_map(get).collect())
    }

    /// The median of the value at a JSON pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<f64> {
        self.median(|report| report.pointer(pointer)?.as_f64())
    }

    /// The median of `field` of a row.
    pub(super) fn row(&self, row: Row, field: &str) -> Option<f64> {
        self.median(|report| value(report, row, field))
    }

    /// The median of the ratio of `field` of two rows, each taken in one run.
    pub(super) fn ratio(&self, one: Row, other: Row, field: &str) -> Option<f64> {
        self.median(|report| Some(value(report, one, field)? / value(report, other, field)?))
    }

    /// The largest value of `field` of a row in any run.
    pub(super) fn largest(&self, row: Row, field: &str) -> Option<f64> {
        self.reports.iter().filter_map(|report| value(report, row, field)).reduce(f64::max)
    }
}

/// `field` of a row of one report.
pub(super) fn value(report: &Value, row: Row, field: &str) -> Option<f64> {
    let mut rows = report.get("rows")?.as_array()?.iter();
    rows.find(|one| one["connections"] == row.connections && one["what"] == row.what)?.get(field)?.as_f64()
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(send: f64, post: f64) -> Value {
        let row = |what, per_second: f64| json!({"connections": 64, "what": what, "perSecond": per_second});
        json!({"startMs": send, "rows": [row("durable send", send), row("hello POST, bare", post)]})
    }

    #[test]
    fn a_median_is_the_middle_of_what_there_is() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn a_ratio_is_taken_in_each_run_by_itself() {
        let figures = Figures::new(0, vec![run(1.0, 10.0), run(4.0, 20.0), run(30.0, 100.0)]);
        let [send, post] = ["durable send", "hello POST, bare"].map(|what| Row { connections: 64, what });
        assert_eq!(figures.ratio(send, post, "perSecond"), Some(0.2));
        assert_eq!(figures.row(send, "perSecond"), Some(4.0));
        assert_eq!(figures.largest(send, "perSecond"), Some(30.0));
        assert_eq!(figures.at("/startMs"), Some(4.0));
        assert_eq!(figures.row(Row { connections: 1, what: "durable send" }, "perSecond"), None);
    }
}
