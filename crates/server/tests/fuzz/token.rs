//! User tokens of any bytes. Shared by the replay of the corpus and by the fuzz target.

use super::support::TestApp;

/// Sends a request with `case` as a token, in which `{head}`, `{claims}` and `{signature}` stand for the parts of Ben's.
/// Only Ben's whole token may be accepted. Returns whether it was.
///
/// # Panics
/// When another one is accepted, or Ben's is not.
pub async fn play(app: &TestApp, case: &[u8]) -> bool {
    let good = app.user("ben").key;
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let text = String::from_utf8_lossy(case);
    let token = text.replace("{head}", head).replace("{claims}", claims).replace("{signature}", signature);
    let accepted = app.service.app().identity.authenticate(&*token).await;
    let is_good = token == good;
    assert_eq!(accepted.is_ok(), is_good, "{token:?}: {accepted:?}");
    if let Ok(user) = accepted {
        assert_eq!(user.as_str(), "ben");
    }
    is_good
}
