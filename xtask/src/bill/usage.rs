//! Reads the first table of `docs/cost.md`.

/// One kind of request: how many a month has, and what each uses.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub name: String,
    pub times: f64,
    pub read_units: f64,
    pub write_units: f64,
    pub reads: f64,
    pub commits: f64,
    pub puts: f64,
    pub gets: f64,
    pub bytes_out: f64,
    /// Calls of the bucket that the function makes and waits for, of `puts` and `gets` together.
    pub waits: f64,
}

/// What a month uses.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub operations: Vec<Operation>,
    /// Bytes of the rows at the end of the month.
    pub stored: f64,
    /// Frames of live connections, and minutes for which these were open.
    pub messages: f64,
    pub minutes: f64,
    /// Events for the host's webhook.
    pub events: f64,
}

impl Usage {
    /// Reads the table of the polled month in the page.
    pub(super) fn parse(page: &str) -> Result<Self, String> {
        let table = table(page, "<!-- usage:", "<!-- end of usage -->")?;
        let stored = number(table, "Rows at the end of the month: ")?;
        Ok(Self { operations: operations(table)?, stored, messages: 0.0, minutes: 0.0, events: 0.0 })
    }

    /// Reads the table of the live month in the page. It leaves the same rows behind, but for those of connections, which
    /// expire.
    pub(super) fn parse_live(page: &str) -> Result<Self, String> {
        let table = table(page, "<!-- live usage:", "<!-- end of live usage -->")?;
        let (messages, minutes) = (number(table, "Messages: ")?, number(table, "Minutes of connections: ")?);
        let stored = Self::parse(page)?.stored;
        Ok(Self { operations: operations(table)?, stored, messages, minutes, events: 0.0 })
    }

    /// Reads the table of the month with webhooks in the page.
    pub(super) fn parse_with_webhooks(page: &str) -> Result<Self, String> {
        let table = table(page, "<!-- webhook usage:", "<!-- end of webhook usage -->")?;
        let (events, stored) = (number(table, "Events: ")?, number(table, "Rows at the end of the month: ")?);
        Ok(Self { operations: operations(table)?, stored, messages: 0.0, minutes: 0.0, events })
    }

    /// The sum over all requests of the month.
    pub(super) fn sum(&self, of: impl Fn(&Operation) -> f64) -> f64 {
        self.operations.iter().map(|one| one.times * of(one)).sum()
    }
}

fn table<'a>(page: &'a str, begin: &str, end: &str) -> Result<&'a str, String> {
    let table = page.split_once(begin).and_then(|(_, rest)| rest.split_once(end));
    table.map(|(table, _)| table).ok_or_else(|| format!("docs/cost.md has no table {begin}"))
}

fn operations(table: &str) -> Result<Vec<Operation>, String> {
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| operation"));
    rows.map(Operation::parse).collect()
}

/// The whole number after `words`.
fn number(table: &str, words: &str) -> Result<f64, String> {
    let rest = table.split_once(words).map(|(_, rest)| rest);
    let digits = rest.and_then(|rest| rest.split(|other: char| !other.is_ascii_digit()).next());
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| format!("docs/cost.md does not say: {words}"))
}

impl Operation {
    fn parse(line: &str) -> Result<Self, String> {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let illegible = || format!("docs/cost.md has an illegible row: {line}");
        let (name, numbers) = cells.split_first().ok_or_else(illegible)?;
        let numbers: Vec<f64> =
            numbers.iter().map(|cell| cell.parse()).collect::<Result<_, _>>().map_err(|_| illegible())?;
        let [times, read_units, write_units, reads, commits, puts, gets, bytes_out] = numbers[..] else {
            return Err(illegible());
        };
        // The client uploads and downloads; the server reads the first bytes of the file and copies it.
        let waits = if name.starts_with("send") { gets + puts / 2.0 } else { 0.0 };
        let name = (*name).to_owned();
        Ok(Self { name, times, read_units, write_units, reads, commits, puts, gets, bytes_out, waits })
    }
}
