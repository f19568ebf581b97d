//! Commits: `TransactWriteItems`, or `PutItem` for one new row.
//!
//! A transaction is sent with the commit's token, so DynamoDB itself knows a repetition for ten minutes; after that, and
//! whenever a condition fails, the versions of the rows tell: a row that has the version of this commit was written by it.
//!
//! `PutItem` costs half and knows no tokens. It serves where the row itself tells what became of a request whose answer
//! was lost: one row is put where there was none. A repetition that is refused looks at the row that is in the way, which
//! DynamoDB answers with the refusal:
//!
//! - its version, or the one that it replaced (`p`), is that of this commit: done;
//! - it replaced nothing: somebody else was first, refused;
//! - otherwise it was written at least twice since, and nobody knows. That takes a lost answer and two writers of a row
//!   that nobody knew of, within one deadline.
//!
//! Rows that are written again and again would come to that often, deletions leave no row to look at, and writes without
//! a condition would be made twice: these are always transactions.

use crate::failure::{Effect, Failure};
use crate::item::{self, Item, PARTITION, VERSION};
use crate::{DynamoDbStore, capacity};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use jobline_store::{Action, Commit, Condition, Error, Key, Operation, Outcome, Row, Token};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How often a commit that meets another one at work is sent again before the other one counts as the winner.
const BUSY_TRIES: u32 = 4;
/// How many commits of unknown outcome are remembered: far more than can be under way at once.
const UNSETTLED: usize = 1_000;
/// DynamoDB cuts tokens at 36 characters; 128 bits are 32 hexadecimal digits.
const TOKEN_DIGITS: usize = 32;

/// What one request says about the commit.
enum Said {
    Done,
    /// These conditions do not hold; `certain`: and never did, for this commit.
    Refused {
        keys: Vec<Key>,
        certain: bool,
    },
    /// Another transaction is at work on these rows. Nothing happened.
    Busy(Vec<Key>),
    Failed(Failure),
    /// A fault of this program.
    Wrong(Error),
}

/// The commits that were answered `Unknown` lately: a repetition that meets other writers must not call it a conflict.
#[derive(Default)]
pub(crate) struct Unsettled(Mutex<VecDeque<Token>>);

impl Unsettled {
    fn contains(&self, token: Token) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&token)
    }

    fn remember(&self, token: Token) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.contains(&token) {
            return;
        }
        if tokens.len() == UNSETTLED {
            tokens.pop_front();
        }
        tokens.push_back(token);
    }
}

/// What is sent for a commit.
enum Request<'a> {
    /// `PutItem` of a row that is absent.
    One { key: &'a Key, row: Item },
    /// `TransactWriteItems`, and what its items are.
    Many { operations: Vec<&'a Operation>, items: Vec<TransactWriteItem> },
}

impl<'a> Request<'a> {
    /// `None`: there is nothing to do.
    fn of(store: &DynamoDbStore, commit: &'a Commit) -> Option<Self> {
        if let [operation] = commit.operations()
            && let Some(row) = written(commit, operation)
            && operation.condition == Condition::Absent
        {
            return Some(Self::One { key: &operation.key, row });
        }
        let looks_at_nothing = |one: &&Operation| one.action == Action::Check && one.condition == Condition::Any;
        let operations: Vec<_> = commit.operations().iter().filter(|one| !looks_at_nothing(one)).collect();
        let items: Vec<_> = operations.iter().map(|operation| write(store, commit, operation)).collect();
        (!items.is_empty()).then_some(Self::Many { operations, items })
    }

    async fn send(&self, store: &DynamoDbStore, commit: &Commit) -> Said {
        match self {
            Self::One { key, row } => put_item(store, commit, key, row).await,
            Self::Many { operations, items } => transact(store, commit, operations, items).await,
        }
    }
}

/// Carries out a commit, in as many requests as the deadline allows.
pub(crate) async fn commit(store: &DynamoDbStore, commit: &Commit) -> Result<Outcome, Error> {
    let Some(request) = Request::of(store, commit) else { return Ok(Outcome::Committed) };
    let unclear = store.unsettled.contains(commit.token());
    let outcome = decide(store, commit, &request, unclear).await;
    if matches!(outcome, Err(Error::Unknown(_))) {
        store.unsettled.remember(commit.token());
    }
    outcome
}

/// Sends a commit until it is decided. `unclear`: a request before these may have taken effect.
async fn decide(
    store: &DynamoDbStore,
    commit: &Commit,
    request: &Request<'_>,
    mut unclear: bool,
) -> Result<Outcome, Error> {
    let mut patience = store.patience();
    let mut busy = 0;
    loop {
        let (lost, reason) = match request.send(store, commit).await {
            Said::Done => return Ok(Outcome::Committed),
            Said::Wrong(error) => return Err(error),
            Said::Refused { keys, certain } if certain || !unclear => return Ok(Outcome::Conflict(keys)),
            Said::Refused { .. } => return Err(Error::Unknown("the row was written by others since".into())),
            Said::Busy(keys) => {
                busy += 1;
                (Some(keys), "TransactionConflict".to_owned())
            }
            Said::Failed(Failure { effect, reason }) => {
                unclear |= effect == Effect::Unclear;
                if effect == Effect::Refused {
                    return Err(given_up(unclear, reason));
                }
                (None, reason)
            }
        };
        let enough = lost.is_some() && busy > BUSY_TRIES;
        if enough || !patience.pause().await {
            return match lost {
                Some(keys) if !unclear => Ok(Outcome::Conflict(keys)),
                _ => Err(given_up(unclear, reason)),
            };
        }
    }
}

fn given_up(unclear: bool, reason: String) -> Error {
    if unclear { Error::Unknown(reason) } else { Error::Unavailable(reason) }
}

/// The item that an operation writes, if it does.
fn written(commit: &Commit, operation: &Operation) -> Option<Item> {
    let Action::Put { value, expires } = &operation.action else { return None };
    let row = Row { value: value.clone(), version: commit.version(), expires: *expires };
    Some(item::encode(&operation.key, &row, operation.condition))
}

/// A condition in DynamoDB's words, and the values in it.
fn expression(condition: Condition) -> (Option<String>, Option<HashMap<String, AttributeValue>>) {
    match condition {
        Condition::Any => (None, None),
        Condition::Absent => (Some(format!("attribute_not_exists({PARTITION})")), None),
        Condition::Version(version) => {
            (Some(format!("{VERSION} = :{VERSION}")), Some([(format!(":{VERSION}"), item::version(version))].into()))
        }
    }
}

async fn put_item(store: &DynamoDbStore, commit: &Commit, key: &Key, row: &Item) -> Said {
    let request = store
        .client
        .put_item()
        .table_name(&store.table)
        .set_item(Some(row.clone()))
        .set_condition_expression(expression(Condition::Absent).0)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .set_return_consumed_capacity(store.capacity());
    let error = match request.send().await {
        Ok(answer) => {
            capacity::written(store.options.observer.as_ref(), "PutItem", answer.consumed_capacity());
            return Said::Done;
        }
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
            let old = refusal.item();
            match old.is_some_and(|old| item::shows(old, commit.version())) {
                true => Said::Done,
                false => Said::Refused { keys: vec![key.clone()], certain: old.is_some_and(item::is_first) },
            }
        }
        Some(service) if is_conflict(service.code()) => Said::Busy(vec![key.clone()]),
        _ => Said::Failed(Failure::of("PutItem", &error)),
    }
}

/// Another request is at work on the row; nothing happened.
fn is_conflict(code: Option<&str>) -> bool {
    matches!(code, Some("TransactionConflict" | "TransactionConflictException" | "ReplicatedWriteConflictException"))
}

/// One operation of a transaction.
fn write(store: &DynamoDbStore, commit: &Commit, operation: &Operation) -> TransactWriteItem {
    const BUILT: &str = "table, key and expression are set";
    let (table, old) = (&store.table, ReturnValuesOnConditionCheckFailure::AllOld);
    let (expression, values) = expression(operation.condition);
    let Key { partition, sort } = &operation.key;
    let builder = TransactWriteItem::builder();
    let builder = match (&operation.action, written(commit, operation)) {
        (_, Some(item)) => {
            let put = Put::builder().table_name(table).set_item(Some(item));
            let put = put.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.put(put.return_values_on_condition_check_failure(old).build().expect(BUILT))
        }
        (Action::Check, None) => {
            let check = ConditionCheck::builder().table_name(table).set_key(Some(item::key(partition, sort)));
            let check = check.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.condition_check(check.build().expect(BUILT))
        }
        (_, None) => {
            let delete = Delete::builder().table_name(table).set_key(Some(item::key(partition, sort)));
            let delete = delete.set_condition_expression(expression).set_expression_attribute_values(values);
            builder.delete(delete.build().expect(BUILT))
        }
    };
    builder.build()
}

async fn transact(store: &DynamoDbStore, commit: &Commit, sent: &[&Operation], items: &[TransactWriteItem]) -> Said {
    let request = store
        .client
        .transact_write_items()
        .set_transact_items(Some(items.to_vec()))
        .client_request_token(format!("{:0TOKEN_DIGITS$x}", commit.token().0))
        .set_return_consumed_capacity(store.capacity());
    let error = match request.send().await {
        Ok(answer) => {
            capacity::written(store.options.observer.as_ref(), "TransactWriteItems", answer.consumed_capacity());
            return Said::Done;
        }
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let said = cancelled.message().unwrap_or_default();
            cancellation(commit, sent, cancelled.cancellation_reasons(), said)
        }
        Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => {
            Said::Wrong(Error::TooLarge("two different commits with one token".into()))
        }
        _ => Said::Failed(Failure::of("TransactWriteItems", &error)),
    }
}

/// What the reasons of a cancelled transaction say; they are in the order of its operations.
fn cancellation(commit: &Commit, sent: &[&Operation], reasons: &[CancellationReason], said: &str) -> Said {
    let mut codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or_default()).collect();
    if codes.len() != sent.len() {
        codes = codes_in_words(said);
    }
    if codes.len() != sent.len() {
        let keys = commit.operations().iter().map(|operation| operation.key.clone()).collect();
        return Said::Busy(keys);
    }
    let with = |is: &dyn Fn(&str) -> bool| -> Vec<Key> {
        let told = sent.iter().zip(&codes).filter(|(_, code)| is(code));
        told.map(|(operation, _)| operation.key.clone()).collect()
    };
    let failed = with(&|code| code == "ConditionalCheckFailed");
    if !failed.is_empty() {
        // The token is forgotten, the rows are not.
        let done = reasons.iter().filter_map(CancellationReason::item).any(|old| item::shows(old, commit.version()));
        return if done { Said::Done } else { Said::Refused { keys: failed, certain: true } };
    }
    let busy = with(&|code| is_conflict(Some(code)));
    if !busy.is_empty() {
        return Said::Busy(busy);
    }
    let reason = format!("TransactWriteItems: {said}");
    match with(&|code| matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded")).is_empty() {
        false => Said::Wrong(Error::TooLarge(reason)),
        // Throttled, or a reason that is not known here: either way nothing happened.
        true => Said::Failed(Failure { effect: Effect::None, reason }),
    }
}

/// The codes as the message has them, `… for specific reasons [None, ConditionalCheckFailed]`: the list of reasons is
/// documented for one SDK only.
fn codes_in_words(said: &str) -> Vec<&str> {
    let list = said.rsplit_once('[').and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(codes, _)| codes.split(',').map(str::trim).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(said: &Said) -> Vec<&str> {
        match said {
            Said::Refused { keys, .. } | Said::Busy(keys) => keys.iter().map(|key| key.sort.as_str()).collect(),
            _ => panic!("neither refused nor busy"),
        }
    }

    #[test]
    fn a_cancellation_without_a_list_of_reasons_is_read_from_its_message() {
        let put = |b: jobline_store::CommitBuilder, sort| b.put(Key::new("P", sort), Condition::Absent, "x", None);
        let commit = ["A", "B", "C"].into_iter().fold(Commit::builder(Token(1)), put).build().expect("a commit");
        let sent: Vec<_> = commit.operations().iter().collect();
        let told = |codes: &str| {
            let said = "Transaction cancelled, please refer cancellation reasons for specific reasons";
            cancellation(&commit, &sent, &[], &format!("{said} {codes}"))
        };
        let refused = told("[None, ConditionalCheckFailed, None]");
        assert!(matches!(refused, Said::Refused { certain: true, .. }));
        assert_eq!(names(&refused), ["B"]);
        assert_eq!(names(&told("[TransactionConflict, None, TransactionConflict]")), ["A", "C"]);
        assert!(matches!(told("[None, ThrottlingError, None]"), Said::Failed(Failure { effect: Effect::None, .. })));
        assert_eq!(names(&told("")), ["A", "B", "C"], "nobody knows which");
    }
}
