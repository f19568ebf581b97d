//! For the tests of every engine and of everything above the port (feature `testing`).
//!
//! [`conformance`] checks what the port promises; [`MemoryStore`] is the reference engine. The decorators do what the
//! port allows, so that code which relies on more than the port promises fails: [`Faulty`] fails and loses answers,
//! [`WeaklyVisible`] returns stale rows, [`Slow`] lets calls overtake each other. [`Counting`] counts round trips, and
//! [`Altered`] changes single calls as a test says. Each is a
//! [`Store`](crate::Store) over an `Arc<dyn Store>`, so they can be combined in any order. A seed decides what they do,
//! and a single-threaded run with the same seed repeats exactly.

mod altered;
pub mod conformance;
mod counting;
mod faulty;
mod memory;
mod random;
mod slow;
mod weak;

pub use altered::{Alteration, Altered};
pub use counting::{Counting, Counts};
pub use faulty::{FaultRates, Faulty};
pub use memory::MemoryStore;
pub use slow::Slow;
pub use weak::WeaklyVisible;
