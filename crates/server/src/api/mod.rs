//! The procedures of the API: how one is declared, who may call it, and the handlers.

mod caller;
pub mod host;
pub mod messages;
pub mod operations;
mod procedure;

pub use caller::{Caller, Host, Target, User};
pub use procedure::{Incoming, Parameter, Place, Procedure, SchemaOf, Scheme};
