//! Demo mode: four people, two jobs, and their tokens for whoever asks.
//!
//! A demo starts where nobody configured who may call, nobody else can reach the server, and no real conversations are:
//! in an empty folder or in one that a demo made. [`prepare`] decides that and keeps the demo's secrets in `demo.env`,
//! which a shell can `source`; [`seed()`] writes the conversations through the domain, so that they obey all its rules;
//! [`routes()`] are what the web app needs beyond the public API to let you pick who you are. [`page`] stands in for the
//! app where a build has none.

mod folder;
mod past;
mod routes;
mod seed;

pub use folder::{DemoSecrets, ENV_FILE, prepare};
pub use past::PastClock;
pub use routes::{page, routes};
pub use seed::seed;

use jobline_chat::{Error, Result, UserId};

/// The people of the demo: id and name.
const PEOPLE: [(&str, &str); 4] = [(YOU, "You"), (JOHN, "John Smith"), (JANE, "Jane Doe"), (MIKE, "Mike Worker")];
const YOU: &str = "you";
const JOHN: &str = "john";
const JANE: &str = "jane";
const MIKE: &str = "mike";

/// One of [`PEOPLE`].
fn person(id: &str) -> Result<UserId> {
    let known = PEOPLE.iter().any(|(known, _)| *known == id);
    UserId::new(id).filter(|_| known).ok_or_else(|| Error::not_found("person"))
}
