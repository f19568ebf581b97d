//! Everything in the bucket, in the order of the ids.

use crate::S3Files;
use crate::failure::unavailable;
use crate::place::Place;
use jobline_chat::{Kept, Result, is_file_id};

/// Keys in one answer of S3, at most.
const PAGE: usize = 1_000;

impl S3Files {
    /// The first `limit` files in a place with ids after `after`.
    pub(crate) async fn listed(&self, place: Place, after: &str, limit: usize) -> Result<Vec<Kept>> {
        let (mut kept, mut from) = (Vec::new(), place.key(after));
        while kept.len() < limit {
            let keys = i32::try_from((limit - kept.len()).min(PAGE)).unwrap_or(i32::MAX);
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(place.prefix());
            let page = list.start_after(&from).max_keys(keys).send().await;
            let page = page.map_err(|error| unavailable("the bucket could not be listed", &error))?;
            let last = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
            kept.extend(page.contents().iter().filter_map(|object| {
                let id = object.key()?.strip_prefix(place.prefix()).filter(|id| is_file_id(id))?;
                Some(Kept { id: id.to_owned(), size: u64::try_from(object.size()?).ok()? })
            }));
            match last {
                Some(last) if page.is_truncated().unwrap_or(false) => from = last,
                _ => break,
            }
        }
        Ok(kept)
    }
}

/// The first `limit` of both lists, each in order. What is in both was uploaded and kept, and counts as kept.
pub(crate) fn merged(files: Vec<Kept>, incoming: Vec<Kept>, limit: usize) -> Vec<Kept> {
    let mut all = files;
    // Stable: of two with one id the kept one stays in front.
    all.extend(incoming);
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all.dedup_by(|later, earlier| later.id == earlier.id);
    all.truncate(limit);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(files: &[(&str, u64)]) -> Vec<Kept> {
        files.iter().map(|(id, size)| Kept { id: (*id).to_owned(), size: *size }).collect()
    }

    #[test]
    fn two_lists_become_one_in_order() {
        let (files, incoming) = (kept(&[("a", 1), ("c", 3), ("d", 4)]), kept(&[("b", 2), ("c", 9), ("e", 5)]));
        assert_eq!(merged(files.clone(), incoming.clone(), 4), kept(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]));
        assert_eq!(merged(files.clone(), Vec::new(), 2), kept(&[("a", 1), ("c", 3)]));
        assert_eq!(merged(Vec::new(), incoming, 9).len(), 3);
    }
}
