//! Reading rows by their keys.

use crate::failure::Failure;
use crate::item::{self, Item};
use crate::{DynamoDbStore, capacity};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use jobline_store::{Consistency, Error, Key, Row, limits};
use std::collections::{HashMap, HashSet};

/// Whether a row can be at `key`: DynamoDB refuses to look at others, and none was ever committed there.
fn possible(key: &Key) -> bool {
    (1..=limits::PARTITION_BYTES).contains(&key.partition.len()) && (1..=limits::SORT_BYTES).contains(&key.sort.len())
}

pub(crate) async fn get(store: &DynamoDbStore, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
    if !possible(key) {
        return Ok(None);
    }
    let mut patience = store.patience();
    let request = store
        .client
        .get_item()
        .table_name(&store.table)
        .set_key(Some(item::key(&key.partition, &key.sort)))
        .consistent_read(consistency == Consistency::Strong)
        .set_return_consumed_capacity(store.capacity());
    loop {
        match request.clone().send().await {
            Ok(answer) => {
                capacity::read(store.options.observer.as_ref(), "GetItem", answer.consumed_capacity());
                return Ok(answer.item.map(item::decode).transpose()?.map(|(_, row)| row));
            }
            Err(error) => patience.after(Failure::of("GetItem", &error)).await?,
        }
    }
}

pub(crate) async fn get_many(
    store: &DynamoDbStore,
    keys: &[Key],
    consistency: Consistency,
) -> Result<Vec<Option<Row>>, Error> {
    check(keys)?;
    if let [key] = keys {
        return Ok(vec![get(store, key, consistency).await?]);
    }
    let wanted: Vec<Item> =
        keys.iter().filter(|key| possible(key)).map(|key| item::key(&key.partition, &key.sort)).collect();
    let mut found = batch(store, wanted, consistency).await?;
    Ok(keys.iter().map(|key| found.remove(key)).collect())
}

fn check(keys: &[Key]) -> Result<(), Error> {
    if keys.len() > limits::KEYS_PER_READ {
        return Err(Error::TooLarge(format!("{} keys; the limit is {}", keys.len(), limits::KEYS_PER_READ)));
    }
    let mut seen = HashSet::with_capacity(keys.len());
    match keys.iter().find(|key| !seen.insert(*key)) {
        Some(twice) => Err(Error::TooLarge(format!("{twice} is asked for twice"))),
        None => Ok(()),
    }
}

/// The rows that are there at `wanted`. An answer may leave keys out, for their size or because of throttling; they are
/// asked for again.
async fn batch(
    store: &DynamoDbStore,
    mut wanted: Vec<Item>,
    consistency: Consistency,
) -> Result<HashMap<Key, Row>, Error> {
    let (mut found, mut patience) = (HashMap::with_capacity(wanted.len()), store.patience());
    while !wanted.is_empty() {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(wanted.clone()))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let request = store.client.batch_get_item().request_items(&store.table, request);
        let answer = match request.set_return_consumed_capacity(store.capacity()).send().await {
            Ok(answer) => answer,
            Err(error) => {
                patience.after(Failure::of("BatchGetItem", &error)).await?;
                continue;
            }
        };
        capacity::read(store.options.observer.as_ref(), "BatchGetItem", answer.consumed_capacity());
        // Of one table that is asked for, whatever name it is answered under.
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        for item in items {
            found.extend([item::decode(item)?]);
        }
        let before = wanted.len();
        wanted = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|rest| rest.keys).collect();
        if wanted.len() == before && !patience.pause().await {
            return Err(Error::Unavailable("BatchGetItem: the table is throttled".into()));
        }
    }
    Ok(found)
}
