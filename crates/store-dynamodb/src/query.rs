//! Reading rows in their order: ranges of one partition, and the whole table.

use crate::capacity;
use crate::client::TableClient;
use crate::failure::Failure;
use crate::item::{self, Item, PARTITION, SORT};
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jobline_store::{Consistency, Direction, Error, Key, Page, Range, Row, ScanPage, limits};

/// The query to DynamoDB, which may be slightly wider than the range: its conditions have `between` with both ends
/// included, and take only values that can be keys (1 to 1,024 bytes). Rows outside of the range are dropped from the page.
#[derive(Debug, PartialEq, Eq)]
struct Bounds<'a> {
    condition: &'static str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    /// The row after which the page begins, if it is known: the last row of the previous page.
    after: Option<&'a str>,
}

impl<'a> Bounds<'a> {
    fn of(range: &'a Range) -> Self {
        // `Range::after` continues from the smallest text above the last row, which may be too long for a key.
        let ascending = range.direction == Direction::Ascending;
        let last = range.from.strip_suffix('\0').filter(|_| ascending);
        let after = last.filter(|last| (1..=limits::SORT_BYTES).contains(&last.len()));
        let from = Some(after.unwrap_or_else(|| shortened(&range.from))).filter(|from| !from.is_empty());
        let to = Some(range.to.as_str()).filter(|to| to.len() <= limits::SORT_BYTES);
        let condition = match (from, to) {
            (None, None) => "pk = :pk",
            (None, Some(_)) => "pk = :pk AND sk < :to",
            (Some(_), None) => "pk = :pk AND sk >= :from",
            (Some(_), Some(_)) => "pk = :pk AND sk BETWEEN :from AND :to",
        };
        Self { condition, from, to, after }
    }
}

/// The longest prefix of `text` that can be a sort key.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::SORT_BYTES)]
}

fn request(table: &TableClient, range: &Range) -> QueryFluentBuilder {
    let Bounds { condition, from, to, after } = Bounds::of(range);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut request = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression(condition)
        .expression_attribute_values(":pk", text(&range.partition))
        .scan_index_forward(range.direction == Direction::Ascending)
        .consistent_read(range.consistency == Consistency::Strong)
        .limit(rows_per_page(range.limit))
        .set_exclusive_start_key(after.map(|sort| item::key(&range.partition, sort)))
        .set_return_consumed_capacity(table.capacity());
    if let Some(from) = from {
        request = request.expression_attribute_values(":from", text(from));
    }
    if let Some(to) = to {
        request = request.expression_attribute_values(":to", text(to));
    }
    request
}

fn rows_per_page(limit: usize) -> i32 {
    i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}

pub(crate) async fn range(table: &TableClient, range: &Range) -> Result<Page, Error> {
    if range.from >= range.to || !(1..=limits::PARTITION_BYTES).contains(&range.partition.len()) {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let (mut retries, mut request) = (table.retries(), request(table, range));
    loop {
        let answer = match request.clone().send().await {
            Ok(answer) => answer,
            Err(error) => {
                retries.after(Failure::of("Query", &error)).await?;
                continue;
            }
        };
        capacity::read(table.options.observer.as_ref(), "Query", answer.consumed_capacity());
        let rest = answer.last_evaluated_key.clone();
        let page = page(range, answer)?;
        // A page can end outside of the range. The port's pages continue only from within it, so this reads on.
        let outside = |sort: &String| !(&range.from..&range.to).contains(&sort);
        match rest {
            Some(rest) if page.next.as_ref().is_some_and(outside) => {
                request = request.set_exclusive_start_key(Some(rest));
            }
            _ => return Ok(page),
        }
    }
}

/// The part of an answer that is in `range`.
fn page(range: &Range, answer: QueryOutput) -> Result<Page, Error> {
    let mut next = last_key(answer.last_evaluated_key.as_ref())?.map(|key| key.sort);
    let mut rows: Vec<(Key, Row)> =
        answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
    let beyond = |sort: &str| match range.direction {
        Direction::Ascending => sort >= range.to.as_str(),
        Direction::Descending => sort < range.from.as_str(),
    };
    if next.as_deref().is_some_and(beyond) {
        next = None;
    }
    rows.retain(|(key, _)| (range.from.as_str()..range.to.as_str()).contains(&key.sort.as_str()));
    Ok(Page { rows, next })
}

/// The key after which there may be more rows.
fn last_key(last: Option<&Item>) -> Result<Option<Key>, Error> {
    let Some(last) = last.filter(|last| !last.is_empty()) else { return Ok(None) };
    let unreadable = || Error::Corrupt(format!("a last evaluated key without the strings {PARTITION} and {SORT}"));
    item::key_of(last).map(Some).ok_or_else(unreadable)
}

/// Rows of the whole table, in DynamoDB's order, which is not that of the keys.
pub(crate) async fn scan(table: &TableClient, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
    let mut retries = table.retries();
    let request = table
        .client
        .scan()
        .table_name(&table.name)
        .consistent_read(true)
        .limit(rows_per_page(limit))
        .set_exclusive_start_key(after.map(|key| item::key(&key.partition, &key.sort)))
        .set_return_consumed_capacity(table.capacity());
    loop {
        match request.clone().send().await {
            Ok(answer) => {
                capacity::read(table.options.observer.as_ref(), "Scan", answer.consumed_capacity());
                let next = last_key(answer.last_evaluated_key.as_ref())?;
                let rows = answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
                return Ok(ScanPage { rows, next });
            }
            Err(error) => retries.after(Failure::of("Scan", &error)).await?,
        }
    }
}
