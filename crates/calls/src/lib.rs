//! How far a call has come, and what may happen next: pure state machines, without a row, a clock or a device.
//!
//! Every step names who does it and when, and either changes the call, leaves it as it stands, or is refused because the
//! call is over for that device. Time ends a call that nobody ended: one that rang for too long reads as missed, and one
//! that was accepted is over after twelve hours.

mod crew;
mod row;
mod running;
mod step;

pub use crew::CrewCall;
pub use row::CallRow;
pub use running::RunningCall;
pub use step::{Asked, Recorded, Step};
