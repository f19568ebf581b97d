//! The domain of Jobline: what users may say to each other, and how everyone comes to agree on it.
//!
//! It knows neither HTTP nor AWS nor the wall clock: rows go through the store port, bytes through the [`Files`] port,
//! time and chance through [`Clock`] and [`Random`].

mod clock;
mod error;
mod files;
mod id;

pub use clock::{Clock, Random};
pub use error::{Error, Result};
pub use files::{Arrived, DownloadGrant, Files, Kept, UploadGrant};
pub use id::{ConversationId, JOB_ID_MAX, JobId, MessageId, USER_ID_BYTES, UserId};
