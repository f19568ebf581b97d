use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use std::sync::Arc;

/// What one request consumed, as DynamoDB says it. Refused requests are billed, too, but it does not say how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consumed {
    /// The operation's name in the API of DynamoDB, such as `GetItem`.
    pub operation: &'static str,
    /// Read request units.
    pub reads: f64,
    /// Write request units.
    pub writes: f64,
}

/// Is told of every request that succeeded.
pub type Observer = Arc<dyn Fn(Consumed) + Send + Sync>;

/// What requests ask for, so that `observer` can be told.
pub(crate) fn wanted(observer: Option<&Observer>) -> Option<ReturnConsumedCapacity> {
    observer.map(|_| ReturnConsumedCapacity::Total)
}

/// Tells `observer` what a reading request consumed.
pub(crate) fn read<'a>(
    observer: Option<&Observer>,
    operation: &'static str,
    consumed: impl IntoIterator<Item = &'a ConsumedCapacity>,
) {
    let Some(observer) = observer else { return };
    observer(Consumed { operation, reads: units(consumed), writes: 0.0 });
}

/// Tells `observer` what a writing request consumed. A transaction that is repeated with its token is a read, and says
/// so.
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
