//! Delivery outside of Jobline: signed webhooks, mail and Web Push.
//!
//! This crate knows protocols. The caller decides what to send to whom, when, and whether it is still current, and retries
//! failed deliveries: a delivery here is one attempt, and ends in an [`Outcome`].

mod address;
mod client;
mod hmac;
pub mod mail;
mod outcome;
pub mod push;
mod resolve;
mod texts;
pub mod webhook;

pub use outcome::Outcome;
pub use resolve::{Resolve, SystemResolver};
pub use texts::{Language, Texts};
