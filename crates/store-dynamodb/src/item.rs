//! Rows as items, and back.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jobline_store::{Bytes, Condition, Error, Key, Row, Version};
use std::collections::HashMap;
use std::sync::LazyLock;

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Every item is made from a copy of this, so that attributes always have the same order: DynamoDB compares a request with
/// an earlier one of the same token, and does not document that the order may differ.
static LAYOUT: LazyLock<Item> = LazyLock::new(|| {
    let names = [PARTITION, SORT, VALUE, VERSION, BEFORE, EXPIRES];
    names.map(|name| (name.to_owned(), AttributeValue::Null(true))).into()
});

pub(crate) const PARTITION: &str = "pk";
pub(crate) const SORT: &str = "sk";
const VALUE: &str = "v";
pub(crate) const VERSION: &str = "r";
const BEFORE: &str = "p";
/// Stands for the replaced version when the write had no condition.
const ANYTHING: &str = "any";
pub(crate) const EXPIRES: &str = "expires";

/// The primary key of an item.
pub(crate) fn key(partition: &str, sort: &str) -> Item {
    in_layout([(PARTITION, partition), (SORT, sort)].map(|(name, text)| (name, AttributeValue::S(text.to_owned()))))
}

/// An item with these attributes, in the order that all items have.
fn in_layout(attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>) -> Item {
    let mut item = LAYOUT.clone();
    for (name, value) in attributes {
        item.insert(name.to_owned(), value);
    }
    item.retain(|_, value| *value != AttributeValue::Null(true));
    item
}

/// A version as it is stored.
pub(crate) fn version(version: Version) -> AttributeValue {
    AttributeValue::S(format!("{:016x}", version.0))
}

/// The item that holds `row` after a write under `condition`.
pub(crate) fn encode(at: &Key, row: &Row, condition: Condition) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let value = match std::str::from_utf8(&row.value) {
        Ok(value) => text(value),
        Err(_) => AttributeValue::B(Blob::new(row.value.to_vec())),
    };
    let before = match condition {
        Condition::Absent => None,
        Condition::Version(before) => Some(version(before)),
        Condition::Any => Some(text(ANYTHING)),
    };
    let expires = row.expires.map(|expires| AttributeValue::N(expires.to_string()));
    let always =
        [(PARTITION, text(&at.partition)), (SORT, text(&at.sort)), (VALUE, value), (VERSION, version(row.version))];
    let sometimes = [(BEFORE, before), (EXPIRES, expires)];
    in_layout(always.into_iter().chain(sometimes.into_iter().filter_map(|(name, value)| Some((name, value?)))))
}

/// The key and the row that an item holds.
pub(crate) fn decode(mut item: Item) -> Result<(Key, Row), Error> {
    let at = key_of(&item).ok_or_else(|| Error::Corrupt("an item without the strings pk and sk".into()))?;
    let broken = |attribute: &str| Error::Corrupt(format!("the item at {at} has no readable {attribute}"));
    let version = parse(item.get(VERSION)).ok_or_else(|| broken(VERSION))?;
    let expires = match item.get(EXPIRES) {
        None => None,
        Some(AttributeValue::N(number)) => Some(number.parse().map_err(|_| broken(EXPIRES))?),
        Some(_) => return Err(broken(EXPIRES)),
    };
    let value = match item.remove(VALUE) {
        Some(AttributeValue::S(text)) => Bytes::from(text),
        Some(AttributeValue::B(blob)) => Bytes::from(blob.into_inner()),
        _ => return Err(broken(VALUE)),
    };
    Ok((at, Row { value, version, expires }))
}

/// The key of an item, or of what DynamoDB calls the last evaluated key.
pub(crate) fn key_of(item: &Item) -> Option<Key> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(Key { partition: text(PARTITION)?, sort: text(SORT)? })
}

/// Whether the item proves that `version` was written: it is the item's own version, or the one that the item replaced.
pub(crate) fn proves_written(item: &Item, version: Version) -> bool {
    [VERSION, BEFORE].into_iter().any(|name| parse(item.get(name)) == Some(version))
}

/// Whether the item was written where there was none.
pub(crate) fn is_first_write(item: &Item) -> bool {
    !item.contains_key(BEFORE)
}

fn parse(value: Option<&AttributeValue>) -> Option<Version> {
    let digits = value?.as_s().ok().filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok().map(Version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: &'static [u8], expires: Option<u64>) -> Row {
        Row { value: Bytes::from_static(value), version: Version(0xbeef), expires }
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let at = Key::new("USER#anna", "HEAD");
        for row in [row(b"{\"v\":1}", None), row(b"", Some(4_102_444_800)), row(b"\xff\0", Some(0))] {
            let item = encode(&at, &row, Condition::Absent);
            assert_eq!(decode(item).unwrap(), (at.clone(), row));
        }
    }

    #[test]
    fn a_row_is_readable_in_the_console_of_dynamodb() {
        let item = encode(&Key::new("A", "B"), &row(b"{}", Some(9)), Condition::Version(Version(7)));
        let text = |name: &str| item[name].as_s().unwrap().clone();
        assert_eq!([text("pk"), text("sk"), text("v")], ["A", "B", "{}"]);
        assert_eq!([text("r"), text("p")], ["000000000000beef", "0000000000000007"]);
        assert!(
            proves_written(&item, Version(0xbeef))
                && proves_written(&item, Version(7))
                && !proves_written(&item, Version(8))
        );
        assert_eq!(item["expires"], AttributeValue::N("9".into()), "what TTL needs is a number of seconds");
    }

    #[test]
    fn the_same_row_is_the_same_text_whenever_it_is_written() {
        let at = Key::new("USER#anna", "HEAD");
        let order = |item: Item| item.into_keys().collect::<Vec<_>>();
        let whole = || order(encode(&at, &row(b"{}", Some(9)), Condition::Any));
        assert_eq!(whole().len(), 6);
        for _ in 0..100 {
            assert_eq!(whole(), whole());
            assert_eq!(order(key("A", "B")), order(key("C", "D")));
        }
    }

    #[test]
    fn a_row_shows_whether_it_was_the_first() {
        let first = |condition| is_first_write(&encode(&Key::new("A", "B"), &row(b"{}", None), condition));
        assert!(first(Condition::Absent));
        assert!(!first(Condition::Any) && !first(Condition::Version(Version(7))));
    }

    #[test]
    fn an_unreadable_row_is_reported_with_its_key() {
        let whole = encode(&Key::new("A", "B"), &row(b"{}", Some(9)), Condition::Absent);
        for (name, value) in [("v", AttributeValue::Bool(true)), ("r", AttributeValue::S("7".into()))] {
            let mut item = whole.clone();
            item.insert(name.to_owned(), value);
            let Err(Error::Corrupt(said)) = decode(item) else { panic!("{name} was accepted") };
            assert!(said.contains("A / B") && said.contains(name), "{said}");
        }
        assert!(matches!(decode(Item::new()), Err(Error::Corrupt(_))));
    }
}
