//! For the tests of every engine and of everything above the port (feature `testing`).
//!
//! [`conformance`] checks what the port promises. The decorators make use of what it does *not* promise, so that code
//! which relies on more is found out: [`Faulty`] fails and forgets to answer, [`WeaklyVisible`] reads the past,
//! [`Slow`] lets calls overtake each other, [`Counting`] says how many round trips were made. Each is a
//! [`Store`](crate::Store) over an `Arc<dyn Store>`, so they stack in any order; what they do is decided by a seed, and
//! a single-threaded run with the same seed repeats exactly.

pub mod conformance;
mod counting;
mod faulty;
mod rng;
mod slow;
mod weak;

pub use counting::{Counting, Counts};
pub use faulty::{FaultRates, Faulty};
pub use slow::Slow;
pub use weak::WeaklyVisible;
