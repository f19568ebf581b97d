//! The states of a call and the possible next steps: pure state machines, without a row, a clock or a device.
//! The machine is [`CallRow`]; in a crew its part [`CrewCall`].
//!
//! Every step says who does it and when, and either changes the call, changes nothing, or is refused because the call
//! is over for that device. Time ends a call that nobody ended: a call that rang for too long reads as missed, and an
//! accepted one is over after twelve hours.

mod crew;
mod row;
mod running;
mod step;

pub use crew::CrewCall;
pub use row::CallRow;
pub use running::RunningCall;
pub use step::{Recorded, StepRequest, StepResult};
