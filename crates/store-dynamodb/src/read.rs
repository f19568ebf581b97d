//! Reading rows by their keys.

use crate::capacity;
use crate::client::TableClient;
use crate::failure::Failure;
use crate::item::{self, Item};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use jobline_store::{Consistency, Error, Key, Row, limits};
use std::collections::{HashMap, HashSet};

/// Whether a row can be at `key`: DynamoDB refuses other keys, and no row was ever committed there.
fn is_valid(key: &Key) -> bool {
    (1..=limits::PARTITION_BYTES).contains(&key.partition.len()) && (1..=limits::SORT_BYTES).contains(&key.sort.len())
}

pub(crate) async fn get(table: &TableClient, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
    if !is_valid(key) {
        return Ok(None);
    }
    let mut retries = table.retries();
    let request = table
        .client
        .get_item()
        .table_name(&table.name)
        .set_key(Some(item::key(&key.partition, &key.sort)))
        .consistent_read(consistency == Consistency::Strong)
        .set_return_consumed_capacity(table.capacity());
    loop {
        match request.clone().send().await {
            Ok(answer) => {
                capacity::read(table.options.observer.as_ref(), "GetItem", answer.consumed_capacity());
                return Ok(answer.item.map(item::decode).transpose()?.map(|(_, row)| row));
            }
            Err(error) => retries.after(Failure::of("GetItem", &error)).await?,
        }
    }
}

pub(crate) async fn get_many(
    table: &TableClient,
    keys: &[Key],
    consistency: Consistency,
) -> Result<Vec<Option<Row>>, Error> {
    check(keys)?;
    if let [key] = keys {
        return Ok(vec![get(table, key, consistency).await?]);
    }
    let wanted: Vec<Item> =
        keys.iter().filter(|key| is_valid(key)).map(|key| item::key(&key.partition, &key.sort)).collect();
    let mut found = batch(table, wanted, consistency).await?;
    Ok(keys.iter().map(|key| found.remove(key)).collect())
}

fn check(keys: &[Key]) -> Result<(), Error> {
    if keys.len() > limits::KEYS_PER_READ {
        return Err(Error::TooLarge(format!("{} keys in a read; the limit is {}", keys.len(), limits::KEYS_PER_READ)));
    }
    let mut seen = HashSet::with_capacity(keys.len());
    match keys.iter().find(|key| !seen.insert(*key)) {
        Some(twice) => Err(Error::TooLarge(format!("{twice} occurs twice in one read"))),
        None => Ok(()),
    }
}

/// The rows that exist at `wanted`. An answer may leave keys out because of its size or of throttling; they are asked for
/// again.
async fn batch(
    table: &TableClient,
    mut wanted: Vec<Item>,
    consistency: Consistency,
) -> Result<HashMap<Key, Row>, Error> {
    let (mut found, mut retries) = (HashMap::with_capacity(wanted.len()), table.retries());
    while !wanted.is_empty() {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(wanted.clone()))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let request = table.client.batch_get_item().request_items(&table.name, request);
        let answer = match request.set_return_consumed_capacity(table.capacity()).send().await {
            Ok(answer) => answer,
            Err(error) => {
                retries.after(Failure::of("BatchGetItem", &error)).await?;
                continue;
            }
        };
        capacity::read(table.options.observer.as_ref(), "BatchGetItem", answer.consumed_capacity());
        // Only one table was asked for; the answer may name it differently.
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        for item in items {
            found.extend([item::decode(item)?]);
        }
        let before = wanted.len();
        wanted = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|rest| rest.keys).collect();
        if wanted.len() == before && !retries.pause().await {
            return Err(Error::Unavailable("BatchGetItem: the table is throttled".into()));
        }
    }
    Ok(found)
}
