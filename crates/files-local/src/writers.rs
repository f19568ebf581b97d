//! One writer for each upload: a later one takes over.
//!
//! A client whose network changed tries again while its first request still hangs, so the newest request wins. However many
//! requests use one URL at the same time, they take the disk space of one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// The uploads that are being written.
#[derive(Default)]
pub(super) struct Writers(Mutex<HashMap<String, (u64, oneshot::Sender<()>)>>);

/// The right to write one upload, until it is dropped or another takes over.
pub(super) struct Writer<'a> {
    writers: &'a Writers,
    id: String,
    number: u64,
    replaced: oneshot::Receiver<()>,
}

impl Writers {
    /// Takes over the upload of `id`. `number` is one that no other writer has.
    pub(super) fn begin(&self, id: &str, number: u64) -> Writer<'_> {
        let (sender, replaced) = oneshot::channel();
        let mut writers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropping its channel notifies an earlier writer.
        writers.insert(id.to_owned(), (number, sender));
        Writer { writers: self, id: id.to_owned(), number, replaced }
    }
}

impl Writer<'_> {
    /// Returns when another has taken over.
    pub(super) async fn replaced(&mut self) {
        let _its_sender_is_gone = (&mut self.replaced).await;
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        let mut writers = self.writers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if writers.get(&self.id).is_some_and(|(number, _)| *number == self.number) {
            writers.remove(&self.id);
        }
    }
}
