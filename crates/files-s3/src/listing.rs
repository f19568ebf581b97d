//! Everything in the bucket, in the order of the ids.

use crate::S3Files;
use crate::failure::unavailable;
use crate::prefix::Prefix;
use jobline_chat::{Kept, Result, file_of, is_file_id};

/// Keys in one answer of S3, at most.
const PAGE: usize = 1_000;

impl S3Files {
    /// The first `limit` files under a prefix with ids after `after`.
    pub(crate) async fn listed(&self, prefix: Prefix, after: &str, limit: usize) -> Result<Vec<Kept>> {
        let (mut kept, mut from) = (Vec::new(), prefix.key(after));
        while kept.len() < limit {
            let keys = i32::try_from((limit - kept.len()).min(PAGE)).unwrap_or(i32::MAX);
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix.prefix());
            let page = list.start_after(&from).max_keys(keys).send().await;
            let page = page.map_err(|error| unavailable("the bucket could not be listed", &error))?;
            let last = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
            kept.extend(page.contents().iter().filter_map(|object| {
                let id = object.key()?.strip_prefix(prefix.prefix()).filter(|id| is_file_id(id))?;
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

/// The first `limit` of all lists, each in order. An upload of which something was kept counts as what was kept.
pub(crate) fn merged(lists: [Vec<Kept>; 3], limit: usize) -> Vec<Kept> {
    // Stable: of several with one name the first list's stays in front.
    let mut all = lists.concat();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all.dedup_by(|later, earlier| later.id == earlier.id);
    let names: Vec<String> = all.iter().skip(1).map(|kept| file_of(&kept.id).to_owned()).collect();
    let mut next = names.into_iter();
    all.retain(|kept| next.next().is_none_or(|next| next != kept.id));
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
    fn several_lists_become_one_in_order() {
        let (files, incoming) = (kept(&[("a", 1), ("c", 3), ("d", 4)]), kept(&[("b", 2), ("c", 9), ("e", 5)]));
        let all = [files.clone(), Vec::new(), incoming.clone()];
        assert_eq!(merged(all, 4), kept(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]));
        assert_eq!(merged([files, Vec::new(), Vec::new()], 2), kept(&[("a", 1), ("c", 3)]));
        assert_eq!(merged([Vec::new(), Vec::new(), incoming], 9).len(), 3);
    }

    #[test]
    fn an_upload_of_which_something_was_kept_is_not_listed_beside_it() {
        let id = "file_1700000000000_V1StGXR8_Z5jdHi6B-myT";
        let name = format!("{id}-0123456789");
        let lists = [Vec::new(), kept(&[(&name, 1)]), kept(&[(id, 2), ("file_1800000000000_a", 3)])];
        assert_eq!(merged(lists, 9), kept(&[(&name, 1), ("file_1800000000000_a", 3)]));
    }
}
