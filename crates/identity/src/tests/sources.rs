//! Keys that appear, change and cannot be fetched.

use super::super::HttpFetch;
use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

#[tokio::test]
async fn a_new_key_is_found_by_its_first_token() {
    let (clock, old, new) = (Manual::new(), Signing::ec(), Signing::ed());
    let fetch = Scripted::new([Ok(set([old.jwk("old")])), Ok(set([old.jwk("old"), new.jwk("new")]))]);
    let identity = by_url(&clock, &fetch).await;
    assert!(user(&identity, &old.token("old", &claims("a"))).await.is_ok());
    clock.pass(31);
    assert_eq!(user(&identity, &new.token("new", &claims("b"))).await.unwrap(), "b");
    assert_eq!(fetch.asked(), 2);
}

#[tokio::test]
async fn unknown_kids_trigger_at_most_two_fetches_a_minute() {
    let (clock, key) = (Manual::new(), Signing::ec());
    let fetch = Scripted::new([Ok(set([key.jwk("k")]))]);
    let identity = Arc::new(by_url(&clock, &fetch).await);
    let storm = async |from: usize| {
        let asks = (from..from + 50).map(|number| {
            let (identity, token) = (Arc::clone(&identity), key.token(&format!("k{number}"), &claims("x")));
            async move { assert!(identity.authenticate(token.as_str()).await.is_err()) }
        });
        futures_util::future::join_all(asks).await;
    };
    storm(0).await;
    assert_eq!(fetch.asked(), 1, "the first fetch was just now");
    clock.pass(30);
    storm(50).await;
    assert_eq!(fetch.asked(), 2, "many at once ask once");
    storm(100).await;
    clock.pass(29);
    storm(150).await;
    assert_eq!(fetch.asked(), 2);
    // Bad signatures and tokens without a kid do not trigger a fetch.
    clock.pass(30);
    let other = Signing::ec();
    for token in [other.token("k", &claims("x")), other.sign(&json!({ "alg": "ES256" }), &claims("x"))] {
        refused(&identity, &token).await;
    }
    assert_eq!(fetch.asked(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_even_for_cached_tokens() {
    let (clock, key) = (Manual::new(), Signing::ec());
    let fetch = Scripted::new([Ok(set([key.jwk("k")])), Ok(set([Signing::ec().jwk("other")]))]);
    let identity = by_url(&clock, &fetch).await;
    let token = key.token("k", &claims("a"));
    assert!(user(&identity, &token).await.is_ok());
    assert_eq!(identity.verified.len(), 1);
    clock.pass(600);
    identity.load_keys().await;
    assert_eq!(identity.verified.len(), 0);
    assert!(refused(&identity, &token).await.contains("known key"));
}

#[tokio::test]
async fn unchanged_keys_keep_the_cache() {
    let (clock, key) = (Manual::new(), Signing::ec());
    let fetch = Scripted::new([Ok(set([key.jwk("k")]))]);
    let identity = by_url(&clock, &fetch).await;
    assert!(user(&identity, &key.token("k", &claims("a"))).await.is_ok());
    clock.pass(600);
    identity.load_keys().await;
    assert_eq!((fetch.asked(), identity.verified.len()), (2, 1));
}

#[tokio::test]
async fn when_the_fetch_fails_the_old_keys_stay() {
    let (clock, key) = (Manual::new(), Signing::ec());
    for failure in [Err("no route to host"), Ok(json!({ "keys": "none" })), Ok(json!("<html>"))] {
        let fetch = Scripted::new([Ok(set([key.jwk("k")])), failure]);
        let identity = by_url(&clock, &fetch).await;
        for round in 0..50 {
            clock.pass(700);
            identity.load_keys().await;
            let exp = clock.now_ms() / 1_000 + round;
            assert!(user(&identity, &key.token("k", &json!({ "sub": "a", "exp": exp }))).await.is_ok());
        }
        assert!(fetch.asked() > 40);
    }
}

#[tokio::test]
async fn without_any_keys_tokens_are_unavailable_not_unauthenticated() {
    let (clock, key) = (Manual::new(), Signing::ec());
    let fetch = Scripted::new([Err("refused"), Ok(set([key.jwk("k")]))]);
    let identity = by_url(&clock, &fetch).await;
    let token = key.token("k", &claims("a"));
    let error = user(&identity, &token).await.unwrap_err();
    assert_eq!((error.code, error.retry_after_ms.is_some()), (Code::Unavailable, true));
    // A token that no key could verify is refused without waiting.
    assert!(refused(&identity, "x.y.z").await.contains("malformed"));
    assert_eq!(fetch.asked(), 1, "a failure is not repeated at once");
    clock.pass(5);
    assert_eq!(user(&identity, &token).await.unwrap(), "a", "the request that finds it due fetches");
}

#[tokio::test]
async fn keys_are_refreshed_before_they_are_old() {
    let clock = Manual::new();
    let fetch = Scripted::new([Ok(set([Signing::ec().jwk("k")]))]);
    let identity = by_url(&clock, &fetch).await;
    let end_ms = clock.now_ms() + 3_600_000;
    tokio::select! {
        () = identity.keep_fresh() => unreachable!("it never returns"),
        () = async { while clock.now_ms() < end_ms { tokio::task::yield_now().await } } => (),
    }
    assert!((6..=8).contains(&fetch.asked()), "every ten minutes, not {} times in an hour", fetch.asked());
}

#[tokio::test]
async fn without_background_refreshes_requests_refresh_overdue_keys() {
    let (clock, key, other) = (Manual::new(), Signing::ec(), Signing::ec());
    let fetch = Scripted::new([Ok(set([key.jwk("k")])), Ok(set([other.jwk("k")]))]);
    let identity = by_url(&clock, &fetch).await;
    let token = key.token("k", &claims("a"));
    clock.pass(659);
    assert!(user(&identity, &token).await.is_ok());
    assert_eq!(fetch.asked(), 1, "left to the background");
    clock.pass(1);
    assert!(refused(&identity, &token).await.contains("known key"));
    assert_eq!(fetch.asked(), 2);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_refreshing() {
    let (clock, key) = (Manual::new(), Signing::ec());
    clock.pass(100_000);
    let fetch = Scripted::new([Ok(set([key.jwk("k")]))]);
    let identity = by_url(&clock, &fetch).await;
    clock.0.fetch_sub(100_000_000, Ordering::SeqCst);
    assert!(user(&identity, &key.token("k", &claims("a"))).await.is_ok());
    assert_eq!(fetch.asked(), 2);
}

#[tokio::test]
async fn a_key_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let settings = IdentitySettings { jwks_file: Some(path.clone()), ..Default::default() };
    let clock = Manual::new();
    let error = Identity::new(settings.clone(), Arc::clone(&clock) as _).err().unwrap();
    assert!(error.contains("--jwks-file") && error.contains("jwks.json"), "{error}");

    let (old, new) = (Signing::ed(), Signing::rsa());
    std::fs::write(&path, set([old.jwk("old")]).to_string()).unwrap();
    let identity = Identity::new(settings, Arc::clone(&clock) as _).unwrap();
    let (old_token, new_token) = (old.token("old", &claims("a")), new.token("new", &claims("b")));
    assert!(user(&identity, &old_token).await.is_ok());

    // A half-written file is ignored.
    std::fs::write(&path, &set([new.jwk("new")]).to_string()[..100]).unwrap();
    clock.pass(10);
    assert!(user(&identity, &old_token).await.is_ok());
    std::fs::write(&path, set([new.jwk("new")]).to_string()).unwrap();
    clock.pass(10);
    assert_eq!(user(&identity, &new_token).await.unwrap(), "b");
    assert!(refused(&identity, &old_token).await.contains("known key"));
    std::fs::remove_file(&path).unwrap();
    clock.pass(10);
    assert!(user(&identity, &new_token).await.is_ok(), "a file that is gone changes nothing");

    std::fs::write(&path, vec![b' '; (1 << 20) + 1]).unwrap();
    let huge = IdentitySettings { jwks_file: Some(path), ..Default::default() };
    assert!(Identity::new(huge, clock).err().unwrap().contains("larger"));
}

/// A server that gives each connection the next of `answers`; returns its URL.
fn serve(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                connection.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            assert!(request.starts_with(b"GET /jwks HTTP/1.1\r\n"));
            // The client may close before the end.
            let _ = connection.write_all(&answer);
        }
    });
    url
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn keys_are_fetched_over_http() {
    let key = Signing::ec();
    let jwks = set([key.jwk("k")]).to_string();
    let settings = IdentitySettings { jwks_url: Some(serve(vec![ok("", jwks.as_bytes())])), ..Default::default() };
    let identity = Identity::new(settings, Manual::new()).unwrap();
    identity.load_keys().await;
    assert_eq!(user(&identity, &key.token("k", &claims("a"))).await.unwrap(), "a");
}

#[test]
fn an_answer_must_be_a_small_200() {
    let fetched = |answer: Vec<u8>| HttpFetch.fetch(&serve(vec![answer]));
    let good = fetched(ok("cache-control: public, max-age=60\r\n", b"{}")).unwrap();
    assert_eq!((good.body.as_slice(), good.cache_control.as_deref()), (&b"{}"[..], Some("public, max-age=60")));
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec();
    assert!(fetched(redirect).unwrap_err().contains("302"));
    assert!(fetched(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_vec()).unwrap_err().contains("500"));
    assert!(fetched(ok("", &vec![b' '; (1 << 20) + 1])).is_err());
    assert!(fetched(ok("", &vec![b' '; 1 << 20])).is_ok());
    assert!(fetched(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_vec()).is_err(), "cut short");
    assert!(HttpFetch.fetch("http://host.example/jwks").is_err(), "no plain http beyond this machine");
}
