//! The demo: four people, three jobs, the group chat of one of them, and a token for each person on request.
//!
//! A server is a demo when it has no user tokens configured, only this machine can reach it, and its folder is empty or
//! was made by a demo. [`prepare`] decides the last point and keeps the secrets in `demo.env`, which a shell can `source`.
//! [`seed()`] writes the conversations through the domain, so they obey its rules. [`routes()`] is what the web app needs
//! besides the public API, so that you can choose who you are. [`page`] replaces the app in a build without it.

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
