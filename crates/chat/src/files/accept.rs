//! A file on its way into a message: its bytes are looked at, proved, rid of what tells where a photo was taken, and kept.
//!
//! Each attempt keeps them under a name of its own, and the message names the one of its attempt. So nobody, the sender
//! included, can put other bytes in the place of those that were proved.

use crate::{
    base::clock::nanoid,
    base::error::{Error, Result},
    base::id::UserId,
    chat::Chat,
    files::media,
    files::port::{Arrived, Keep},
    files::row::{FileRow, KeptAs},
};
use futures_util::lock::{Mutex, MutexGuard};
use jobline_wire::{Code, MessageType};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::atomic::{AtomicUsize, Ordering},
};

/// How many files are looked at at a time: each may need twice its 10 MB of memory.
const LOOKS: usize = 4;
/// Users who share one of these wait for each other, so one user takes one look at a time.
const USERS: usize = 256;
/// Characters that an attempt adds to the id.
const SUFFIX: usize = 10;
/// Characters of the random part of an id.
const NANOID: usize = 21;

/// Who may look at a file now.
pub(crate) struct Looks {
    users: Box<[Mutex<()>]>,
    places: [Mutex<()>; LOOKS],
    next: AtomicUsize,
}

impl Default for Looks {
    fn default() -> Self {
        let users = (0..USERS).map(|_| Mutex::new(())).collect();
        Self { users, places: std::array::from_fn(|_| Mutex::new(())), next: AtomicUsize::new(0) }
    }
}

impl Looks {
    /// Waits for a place. First come those of other users: whoever sends many files waits for themselves alone.
    async fn wait(&self, user: &UserId) -> (MutexGuard<'_, ()>, MutexGuard<'_, ()>) {
        let mut hasher = DefaultHasher::new();
        user.as_str().hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % USERS as u64).expect("less than the number of users' places");
        let mine = self.users[index].lock().await;
        let place = self.next.fetch_add(1, Ordering::Relaxed) % LOOKS;
        (mine, self.places[place].lock().await)
    }
}

impl Chat {
    /// Proves and keeps the bytes of a file that `me` announced, for a message that is said to be of this kind; notes in
    /// `file` how.
    ///
    /// # Errors
    /// `file_not_uploaded`, `file_type_mismatch`, `invalid_file` (an image that is too large), `unavailable`.
    pub(crate) async fn accept_file(
        &self,
        me: &UserId,
        id: &str,
        file: &mut FileRow,
        kind: Option<MessageType>,
    ) -> Result<()> {
        let _place = self.looks().wait(me).await;
        let arrived = self.arrived(id, file).await?;
        let shown = media::prove(&file.content_type, &arrived.head)?;
        // What is sent as a file is wanted as it is.
        let is_picture = kind != Some(MessageType::File) && media::shown_inline(&file.content_type);
        let bytes = is_picture.then(|| media::without_metadata(&file.content_type, &arrived.head)).flatten();
        let size = bytes.as_ref().map_or(file.size, |bytes| bytes.len() as u64);
        let name = format!("{id}-{}", &nanoid(self.random())[..SUFFIX]);
        let keep = Keep { id, name: &name, content_type: &file.content_type, bytes };
        let Some(name) = self.files().keep(&arrived, keep).await? else {
            let detail = "The bytes of this file changed while they were looked at. Send again, or upload them again.";
            return Err(Error::new(Code::FileNotUploaded, detail).at("fileUrl"));
        };
        let (width, height) = (shown.map(|shown| shown.width), shown.map(|shown| shown.height));
        file.kept = Some(KeptAs { name, size, width, height });
        Ok(())
    }

    async fn arrived(&self, id: &str, file: &FileRow) -> Result<Arrived> {
        let arrived = self.files().arrived(id, media::bytes_to_see(&file.content_type)).await?;
        arrived.filter(|arrived| arrived.size == file.size).ok_or_else(|| {
            let detail = "The bytes of this file have not arrived. Upload them to uploadUrl first, then send.";
            Error::new(Code::FileNotUploaded, detail).at("fileUrl")
        })
    }

    /// Deletes what an attempt kept whose commit certainly did not happen. Should that fail, the sweep does it.
    pub(crate) async fn drop_kept(&self, id: &str, file: &FileRow) {
        if let Some(kept) = file.kept.as_ref().filter(|kept| kept.name != id) {
            let _swept_later = self.files().delete(&kept.name).await;
        }
    }
}

/// The id of the file that is kept under `name`: the name itself, or what stands before the suffix of an attempt.
#[must_use]
pub fn file_of(name: &str) -> &str {
    let Some(end) = name.len().checked_sub(SUFFIX + 1) else { return name };
    let random = name.strip_prefix("file_").and_then(|rest| rest.split_once('_')).map_or(0, |(_, random)| random.len());
    if random == NANOID + 1 + SUFFIX && name.as_bytes()[end] == b'-' { &name[..end] } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_file() {
        let id = format!("file_1763116200000_{}", "-".repeat(NANOID));
        assert_eq!(file_of(&format!("{id}-{}", "-".repeat(SUFFIX))), id);
        assert!(
            crate::files::port::is_file_id(&format!("{id}-{}", "-".repeat(SUFFIX))),
            "older servers know it as one"
        );
        for name in [&id, "file_1_a", "file_1_a-0123456789", "", "ä"] {
            assert_eq!(file_of(name), name);
        }
    }
}
