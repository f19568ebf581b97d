//! Commits: `TransactWriteItems`, or `PutItem` for one new row.
//!
//! A transaction is sent with the commit's token, by which DynamoDB recognises a repetition for ten minutes. After that,
//! and whenever a condition fails, the versions of the rows decide: a row that has this commit's version was written by it.
//!
//! `PutItem` costs half and takes no token. It is used only where the row itself shows whether a request whose answer was
//! lost took effect: for one row that is put where there was none. When a repetition is refused, DynamoDB returns the row
//! that is there:
//!
//! - its version, or the version that it replaced (`p`), is this commit's: the commit took effect;
//! - it replaced nothing: another writer was first, and the commit is refused;
//! - otherwise the row was written at least twice since, and the outcome is unknown. That needs a lost answer and two other
//!   writers of a new row, all within one deadline.
//!
//! Rows that are written repeatedly would often end in the third case, deletions leave no row to check, and writes
//! without a condition could be made twice: all of these are transactions.

use crate::capacity;
use crate::client::TableClient;
use crate::failure::{Effect, Failure};
use crate::item::{self, Item, PARTITION, VERSION};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use jobline_store::{Action, Commit, Condition, Error, Key, Operation, Outcome, Row, Token};
use std::collections::HashMap;

/// How often a commit is sent again while another transaction holds its rows, before it is a conflict.
const BUSY_TRIES: u32 = 4;
/// DynamoDB takes tokens of up to 36 characters; 128 bits are 32 hexadecimal digits.
const TOKEN_DIGITS: usize = 32;

/// What one request shows about the commit.
enum Verdict {
    Done,
    /// These conditions do not hold. `certain` says that the commit did not take effect earlier either.
    Refused {
        keys: Vec<Key>,
        certain: bool,
    },
    /// Another transaction holds these rows. This one took no effect.
    Busy(Vec<Key>),
    Failed(Failure),
    /// The commit itself is at fault.
    Invalid(Error),
}

/// The request that carries out a commit.
enum Request<'a> {
    /// `PutItem` of a row that is absent.
    One { key: &'a Key, row: Item },
    /// `TransactWriteItems`, and the operation behind each of its items.
    Many { operations: Vec<&'a Operation>, items: Vec<TransactWriteItem> },
}

impl<'a> Request<'a> {
    /// `None` if the commit does nothing.
    fn of(table: &TableClient, commit: &'a Commit) -> Option<Self> {
        if let [operation] = commit.operations()
            && let Some(row) = item_written(commit, operation)
            && operation.condition == Condition::Absent
        {
            return Some(Self::One { key: &operation.key, row });
        }
        let is_empty = |one: &&Operation| one.action == Action::Check && one.condition == Condition::Any;
        let operations: Vec<_> = commit.operations().iter().filter(|one| !is_empty(one)).collect();
        let items: Vec<_> = operations.iter().map(|operation| transact_item(table, commit, operation)).collect();
        (!items.is_empty()).then_some(Self::Many { operations, items })
    }

    async fn send(&self, table: &TableClient, commit: &Commit) -> Verdict {
        match self {
            Self::One { key, row } => put_item(table, commit, key, row).await,
            Self::Many { operations, items } => transact(table, commit, operations, items).await,
        }
    }
}

/// Carries out a commit, in as many requests as the deadline allows.
pub(crate) async fn commit(table: &TableClient, commit: &Commit) -> Result<Outcome, Error> {
    let Some(request) = Request::of(table, commit) else { return Ok(Outcome::Committed) };
    let maybe_done = table.unknown_commits.contains(commit.token());
    let outcome = decide(table, commit, &request, maybe_done).await;
    if matches!(outcome, Err(Error::Unknown(_))) {
        table.unknown_commits.remember(commit.token());
    }
    outcome
}

/// Sends a commit until its outcome is known or the deadline is over. `maybe_done` says that an earlier request may have
/// taken effect.
async fn decide(
    table: &TableClient,
    commit: &Commit,
    request: &Request<'_>,
    mut maybe_done: bool,
) -> Result<Outcome, Error> {
    let mut retries = table.retries();
    let mut busy = 0;
    loop {
        let (contended, reason) = match request.send(table, commit).await {
            Verdict::Done => return Ok(Outcome::Committed),
            Verdict::Invalid(error) => return Err(error),
            Verdict::Refused { keys, certain } if certain || !maybe_done => return Ok(Outcome::Conflict(keys)),
            Verdict::Refused { .. } => {
                return Err(Error::Unknown(
                    "other commits have written the row since, so it does not show whether this one did".into(),
                ));
            }
            Verdict::Busy(keys) => {
                busy += 1;
                (Some(keys), "TransactionConflict".to_owned())
            }
            Verdict::Failed(Failure { effect, reason }) => {
                maybe_done |= effect == Effect::Unknown;
                if effect == Effect::Refused {
                    return Err(give_up(maybe_done, reason));
                }
                (None, reason)
            }
        };
        let enough = contended.is_some() && busy > BUSY_TRIES;
        if enough || !retries.pause().await {
            return match contended {
                Some(keys) if !maybe_done => Ok(Outcome::Conflict(keys)),
                _ => Err(give_up(maybe_done, reason)),
            };
        }
    }
}

fn give_up(maybe_done: bool, reason: String) -> Error {
    if maybe_done { Error::Unknown(reason) } else { Error::Unavailable(reason) }
}

/// The item that an operation writes, if it does.
fn item_written(commit: &Commit, operation: &Operation) -> Option<Item> {
    let Action::Put { value, expires } = &operation.action else { return None };
    let row = Row { value: value.clone(), version: commit.version(), expires: *expires };
    Some(item::encode(&operation.key, &row, operation.condition))
}

/// A condition as an expression of DynamoDB, and the values in it.
fn expression(condition: Condition) -> (Option<String>, Option<HashMap<String, AttributeValue>>) {
    match condition {
        Condition::Any => (None, None),
        Condition::Absent => (Some(format!("attribute_not_exists({PARTITION})")), None),
        Condition::Version(version) => {
            (Some(format!("{VERSION} = :{VERSION}")), Some([(format!(":{VERSION}"), item::version(version))].into()))
        }
    }
}

async fn put_item(table: &TableClient, commit: &Commit, key: &Key, row: &Item) -> Verdict {
    let request = table
        .client
        .put_item()
        .table_name(&table.name)
        .set_item(Some(row.clone()))
        .set_condition_expression(expression(Condition::Absent).0)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .set_return_consumed_capacity(table.capacity());
    let error = match request.send().await {
        Ok(answer) => {
            capacity::written(table.options.observer.as_ref(), "PutItem", answer.consumed_capacity());
            return Verdict::Done;
        }
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
            let old = refusal.item();
            match old.is_some_and(|old| item::proves_written(old, commit.version())) {
                true => Verdict::Done,
                false => Verdict::Refused { keys: vec![key.clone()], certain: old.is_some_and(item::is_first_write) },
            }
        }
        Some(service) if is_conflict(service.code()) => Verdict::Busy(vec![key.clone()]),
        _ => Verdict::Failed(Failure::of("PutItem", &error)),
    }
}

/// Whether the code says that another transaction holds the row. Nothing was written then.
fn is_conflict(code: Option<&str>) -> bool {
    matches!(code, Some("TransactionConflict" | "TransactionConflictException" | "ReplicatedWriteConflictException"))
}

/// An operation as an item of a transaction.
fn transact_item(table: &TableClient, commit: &Commit, operation: &Operation) -> TransactWriteItem {
    const BUILT: &str = "table, key and expression are set";
    let (name, old) = (&table.name, ReturnValuesOnConditionCheckFailure::AllOld);
    let (expression, values) = expression(operation.condition);
    let Key { partition, sort } = &operation.key;
    let builder = TransactWriteItem::builder();
    let builder = match (&operation.action, item_written(commit, operation)) {
        (_, Some(item)) => {
            let put = Put::builder().table_name(name).set_item(Some(item));
            let put = put.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.put(put.return_values_on_condition_check_failure(old).build().expect(BUILT))
        }
        (Action::Check, None) => {
            let check = ConditionCheck::builder().table_name(name).set_key(Some(item::key(partition, sort)));
            let check = check.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.condition_check(check.build().expect(BUILT))
        }
        (_, None) => {
            let delete = Delete::builder().table_name(name).set_key(Some(item::key(partition, sort)));
            let delete = delete.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.delete(delete.build().expect(BUILT))
        }
    };
    builder.build()
}

async fn transact(table: &TableClient, commit: &Commit, sent: &[&Operation], items: &[TransactWriteItem]) -> Verdict {
    let request = table
        .client
        .transact_write_items()
        .set_transact_items(Some(items.to_vec()))
        .client_request_token(request_token(&table.name, commit.token()))
        .set_return_consumed_capacity(table.capacity());
    let error = match request.send().await {
        Ok(answer) => {
            capacity::written(table.options.observer.as_ref(), "TransactWriteItems", answer.consumed_capacity());
            return Verdict::Done;
        }
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let message = cancelled.message().unwrap_or_default();
            cancellation(commit, sent, cancelled.cancellation_reasons(), message)
        }
        Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => Verdict::Invalid(Error::TooLarge(
            "a different commit was sent with the same token; give each commit a token of its own".into(),
        )),
        _ => Verdict::Failed(Failure::of("TransactWriteItems", &error)),
    }
}

/// The token under which DynamoDB recognises a repetition in `table`. Tokens are valid for a whole account, so the table is
/// mixed in: a commit that is copied to another table, with its token, is a new one there.
fn request_token(table: &str, token: Token) -> String {
    format!("{:0TOKEN_DIGITS$x}", token.0 ^ fnv1a(table.as_bytes()))
}

/// FNV-1a of 128 bits, the same in every version of this program.
fn fnv1a(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

/// What a cancelled transaction shows. `reasons` are in the order of its operations.
fn cancellation(commit: &Commit, sent: &[&Operation], reasons: &[CancellationReason], message: &str) -> Verdict {
    let mut codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or_default()).collect();
    if codes.len() != sent.len() {
        codes = codes_in_message(message);
    }
    if codes.len() != sent.len() {
        let keys = commit.operations().iter().map(|operation| operation.key.clone()).collect();
        return Verdict::Busy(keys);
    }
    let with = |is: &dyn Fn(&str) -> bool| -> Vec<Key> {
        let told = sent.iter().zip(&codes).filter(|(_, code)| is(code));
        told.map(|(operation, _)| operation.key.clone()).collect()
    };
    let failed = with(&|code| code == "ConditionalCheckFailed");
    if !failed.is_empty() {
        // DynamoDB may have forgotten the token; the rows still show it.
        let done =
            reasons.iter().filter_map(CancellationReason::item).any(|old| item::proves_written(old, commit.version()));
        return if done { Verdict::Done } else { Verdict::Refused { keys: failed, certain: true } };
    }
    let busy = with(&|code| is_conflict(Some(code)));
    if !busy.is_empty() {
        return Verdict::Busy(busy);
    }
    let reason = format!("TransactWriteItems: {message}");
    match with(&|code| matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded")).is_empty() {
        false => Verdict::Invalid(Error::TooLarge(reason)),
        // Throttled, or a code that is not known here: either way nothing was written.
        true => Verdict::Failed(Failure { effect: Effect::None, reason }),
    }
}

/// The codes in the message, `… for specific reasons [None, ConditionalCheckFailed]`: not every engine of the protocol
/// sends the list of reasons.
fn codes_in_message(message: &str) -> Vec<&str> {
    let list = message.rsplit_once('[').and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(codes, _)| codes.split(',').map(str::trim).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(verdict: &Verdict) -> Vec<&str> {
        match verdict {
            Verdict::Refused { keys, .. } | Verdict::Busy(keys) => keys.iter().map(|key| key.sort.as_str()).collect(),
            _ => panic!("neither refused nor busy"),
        }
    }

    #[test]
    fn tokens_belong_to_their_table() {
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964, "the published test vector");
        let token = Token(u128::MAX);
        assert_eq!(request_token("rows", token), request_token("rows", token));
        assert_ne!(request_token("rows", token), request_token("rows-2", token));
        assert_ne!(request_token("rows", token), request_token("rows", Token(1)));
        assert!((0..100).all(|token| request_token("rows", Token(token)).len() == TOKEN_DIGITS));
    }

    #[test]
    fn a_cancellation_without_a_list_of_reasons_is_read_from_its_message() {
        let put = |b: jobline_store::CommitBuilder, sort| b.put(Key::new("P", sort), Condition::Absent, "x", None);
        let commit = ["A", "B", "C"].into_iter().fold(Commit::builder(Token(1)), put).build().expect("a commit");
        let sent: Vec<_> = commit.operations().iter().collect();
        let cancelled = |codes: &str| {
            let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
            cancellation(&commit, &sent, &[], &format!("{message} {codes}"))
        };
        let refused = cancelled("[None, ConditionalCheckFailed, None]");
        assert!(matches!(refused, Verdict::Refused { certain: true, .. }));
        assert_eq!(sorts(&refused), ["B"]);
        assert_eq!(sorts(&cancelled("[TransactionConflict, None, TransactionConflict]")), ["A", "C"]);
        assert!(matches!(
            cancelled("[None, ThrottlingError, None]"),
            Verdict::Failed(Failure { effect: Effect::None, .. })
        ));
        assert_eq!(sorts(&cancelled("")), ["A", "B", "C"], "without codes, all rows");
    }
}
