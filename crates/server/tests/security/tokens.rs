//! Callers without a valid token or key.

use crate::entries::Target;
use crate::program::{HOST_KEY, SECRET};
use crate::scene::{Scene, faces, procedures, rightful};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_chat::{Clock, UserId};
use jobline_identity::{Identity, IdentitySettings};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that stands still.
struct Standing(u64);

#[async_trait]
impl Clock for Standing {
    fn now_ms(&self) -> u64 {
        self.0
    }

    async fn sleep(&self, _: Duration) {}
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A token of Anna, signed with `secret` at `at_ms`, valid for a minute.
pub fn token(secret: &str, at_ms: u64) -> String {
    let settings = IdentitySettings { jwt_secret: Some(secret.to_owned()), ..IdentitySettings::default() };
    let identity = Identity::new(settings, Arc::new(Standing(at_ms))).unwrap();
    identity.mint(&UserId::new("anna").unwrap(), Duration::from_secs(60)).unwrap().token
}

/// A token that expired a minute ago, beyond the leeway.
pub fn expired() -> String {
    token(SECRET, now_ms() - 3 * 60_000)
}

/// A token that another secret signed.
pub fn of_another_secret() -> String {
    token("another secret that is long enough for the tests", now_ms())
}

/// A token of Anna without a signature, with this `alg`, such as `none`.
fn unsigned(algorithm: &str) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"sub": "anna", "exp": now_ms() / 1_000 + 3_600});
    format!("{}.{}.", part(json!({"alg": algorithm, "typ": "JWT"})), part(claims))
}

/// The claims of Anna's token, with the signature of Eve's.
fn with_other_claims(anna: &str, eve: &str) -> String {
    let (head, _) = anna.rsplit_once('.').unwrap();
    let (_, signature) = eve.rsplit_once('.').unwrap();
    format!("{head}.{signature}")
}

#[test]
fn every_procedure_refuses_every_caller_without_a_valid_token_or_key() {
    let scene = Scene::new();
    let target = scene.talk("ben");
    let (anna, eve) = (scene.program.token("anna"), scene.program.token("eve"));
    let wrong = [
        ("none", None),
        ("nonsense", Some("nonsense".to_owned())),
        ("expired", Some(expired())),
        ("another secret", Some(of_another_secret())),
        ("unsigned", Some(unsigned("none"))),
        ("unsigned HS256", Some(unsigned("HS256"))),
        ("other claims", Some(with_other_claims(&anna, &eve))),
        ("a letter more in the key", Some(format!("{HOST_KEY}x"))),
        ("a letter less in the key", Some(HOST_KEY[1..].to_owned())),
    ];
    for (procedure, asks) in procedures() {
        for &face in faces(&asks) {
            for (kind, bearer) in &wrong {
                let answer = scene.ask(face, &procedure, &asks, &target, bearer.as_deref());
                let code = (answer.status, answer.code());
                assert_eq!(code, (401, Some("unauthenticated")), "{kind}: {} over {face:?}", procedure.name);
                assert!(answer.headers.contains(&("www-authenticate".to_owned(), "Bearer".to_owned())), "{answer:?}");
            }
        }
    }
    // None of the calls had an effect.
    let list = scene.program.get(&format!("/messages/list?conversationId={}", target.conversation), &anna);
    assert_eq!(list["messages"].as_array().unwrap().len(), 2, "{list}");
    assert_eq!(list["messages"][0]["content"], "The key is under the mat");
}

#[test]
fn neither_key_opens_the_api_of_the_other() {
    let scene = Scene::new();
    let target = scene.talk("ben");
    let anna = scene.program.token("anna");
    for (procedure, asks) in procedures() {
        let other = if rightful(&scene, &asks) == HOST_KEY { &anna } else { HOST_KEY };
        for &face in faces(&asks) {
            let answer = scene.ask(face, &procedure, &asks, &target, Some(other));
            assert_eq!((answer.status, answer.code()), (401, Some("unauthenticated")), "{}", procedure.name);
        }
    }
}

#[test]
fn the_requests_of_this_suite_are_accepted_from_permitted_callers() {
    let scene = Scene::new();
    let target = Target { user: "ben".to_owned(), ..scene.talk("ben") };
    // A call has to ring for each procedure that answers it.
    let call_over = ["calls.accept", "calls.decline"];
    // The named report and event do not exist.
    let not_there = ["deleteReport", "redeliver"];
    for (procedure, asks) in procedures() {
        for &face in faces(&asks) {
            let answer = scene.ask(face, &procedure, &asks, &target, Some(&rightful(&scene, &asks)));
            let name = procedure.name;
            let works = answer.status < 300
                || call_over.contains(&name) && matches!(answer.code(), Some("call_over" | "not_found"))
                || not_there.contains(&name) && matches!(answer.code(), Some("not_found" | "not_offered"));
            assert!(works, "{name} over {face:?}: {answer:?}");
        }
    }
}
