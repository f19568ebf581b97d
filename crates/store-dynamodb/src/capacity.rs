use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use std::sync::Arc;

/// What one request consumed, as DynamoDB reports it. It also bills refused requests, and reports nothing for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consumed {
    /// The operation's name in the API of DynamoDB, such as `GetItem`.
    pub operation: &'static str,
    /// Read request units.
    pub reads: f64,
    /// Write request units.
    pub writes: f64,
}

/// Called for every request that succeeded.
pub type Observer = Arc<dyn Fn(Consumed) + Send + Sync>;

/// The report that requests ask for, if there is an observer.
pub(crate) fn wanted(observer: Option<&Observer>) -> Option<ReturnConsumedCapacity> {
    observer.map(|_| ReturnConsumedCapacity::Total)
}

/// Reports to `observer` what a reading request consumed.
pub(crate) fn read<'a>(
    observer: Option<&Observer>,
    operation: &'static str,
    consumed: impl IntoIterator<Item = &'a ConsumedCapacity>,
) {
    let Some(observer) = observer else { return };
    observer(Consumed { operation, reads: units(consumed), writes: 0.0 });
}

/// Reports to `observer` what a writing request consumed. A transaction that is repeated with its token is billed as a
/// read, and reported as one.
pub(crate) fn written<'a>(
    observer: Option<&Observer>,
    operation: &'static str,
    consumed: impl IntoIterator<Item = &'a ConsumedCapacity>,
) {
    let Some(observer) = observer else { return };
    let consumed: Vec<_> = consumed.into_iter().collect();
    let reads: f64 = consumed.iter().filter_map(|table| table.read_capacity_units()).sum();
    observer(Consumed { operation, reads, writes: units(consumed) - reads });
}

fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum()
}
